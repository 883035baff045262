package org

import (
	"slices"
	"testing"
)

func TestNamesFoldAsPeopleTypeThem(t *testing.T) {
	for name, want := range map[string][]string{
		"José García":             {"jose", "garcia"},
		"Jose\u0301 GARCI\u0301A": {"jose", "garcia"},
		"Eva van der  Berg":       {"eva", "van", "der", "berg"},
		"Anne-Marie 't Hart":      {"anne", "marie", "t", "hart"},
		"Sinéad O’Brien":          {"sinead", "obrien"},
		"Bjørn Łukasz Æbelø":      {"bjorn", "lukasz", "aebelo"},
		"IJsbrand Ĳsselstein":     {"ijsbrand", "ijsselstein"},
		"STRAẞE Weiß":             {"strasse", "weiss"},
		"İpek Işık":               {"ipek", "isik"},
		"王秀英":                     {"王秀英"},
		"Ｅｖａ":                     {"eva"},
		"J.P. de Boer (Jr.)":      {"j", "p", "de", "boer", "jr"},
		"3M Nederland":            {"3", "m", "nederland"},
		"jansen12@b2b":            {"jansen", "12", "b", "2", "b"},
		" — ":                     {},
		"":                        {},
	} {
		if got := Words(name); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"José", "ẞ ĳ", "\u1e9e\u0301", "ﬃ", "\xff", "K", "Ǆ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if once := Fold(text); Fold(once) != once {
			t.Errorf("%q folds to %q, and that to %q", text, once, Fold(once))
		}
	})
}
