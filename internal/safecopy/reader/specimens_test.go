package reader

import (
	"cmp"
	"encoding/json"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"testing"
)

// specimenFolder holds the public specimen images, which stay out of the repository.
var specimenFolder = cmp.Or(os.Getenv("SPAREKEY_SPECIMENS"), filepath.FromSlash("../../../../shared/specimens"))

// The specimens are public images beside the repository, each with its zone as
// typed by hand.
func TestEverySpecimenWithAZoneIsFoundAndTheOneWithoutIsNot(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(specimenFolder, "truth.json"))
	if err != nil {
		t.Skip("the specimen images are not on this machine")
	}
	var truth []struct {
		File  string
		Lines []string
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	exact := 0
	for _, s := range truth {
		img := specimen(t, s.File)
		zones := Zones(img)
		if found := len(zones) > 0; found != (len(s.Lines) > 0) {
			t.Errorf("%s: found %v", s.File, found)
		}
		if len(zones) == 0 {
			continue
		}
		wrong := wrongCharacters(zones[0], s.Lines)
		if wrong == 0 {
			exact++
		}
		t.Logf("%-40s %-8s wrong %3d, check digits right %v, sure %.2f", s.File, zones[0].Format, wrong, zones[0].Exact, zones[0].Sure)
	}
	t.Logf("%d of %d read exactly", exact, len(truth)-1)
}

func specimen(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join(specimenFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func wrongCharacters(z Zone, lines []string) int {
	if len(z.Lines) != len(lines) {
		return 999
	}
	wrong := 0
	for i, line := range lines {
		for j := range line {
			if j >= len(z.Lines[i].Text) || z.Lines[i].Text[j] != line[j] {
				wrong++
			}
		}
	}
	return wrong
}
