package web

import "testing"

func TestInitialsAreThoseOfTheFirstAndTheLastName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Anna van der Berg": "AB", "José Élan": "JÉ", "élodie ijsbrand": "ÉI", "Cher": "C", "  Jan  Smit ": "JS", "李 明": "李明", "": "",
	} {
		if got := (Person{Name: name}).Initials(); got != want {
			t.Errorf("of %q: %q, want %q", name, got, want)
		}
	}
}
