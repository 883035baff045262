package mrz

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEachFormatIsTakenApart(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  Document
	}{
		{ // Doc 9303 part 4, appendix B
			[]string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
			Document{Format: TD3, Code: "P", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "L898902C3", Nationality: "UTO",
				Birth: Date{74, 8, 12}, Sex: "F", Expiry: Date{12, 4, 15}, Optional: []string{"ZE184226B"}},
		},
		{ // Doc 9303 part 5, appendix B
			[]string{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
			Document{Format: TD1, Code: "I", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "D23145890", Nationality: "UTO",
				Birth: Date{74, 8, 12}, Sex: "F", Expiry: Date{12, 4, 15}, Optional: []string{"", ""}},
		},
		{ // Doc 9303 part 5, section 4.2.4: a number of more than nine characters
			[]string{"I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"},
			Document{Format: TD1, Code: "I", Issuer: "UTO", Surname: "STEVENSON", Given: "PETER JOHN", Number: "D23145890734", Nationality: "UTO",
				Birth: Date{34, 7, 12}, Sex: "M", Expiry: Date{95, 7, 12}, Optional: []string{"", ""}},
		},
		{ // Doc 9303 part 6, appendix B
			[]string{"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"},
			Document{Format: TD2, Code: "I", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "D23145890", Nationality: "UTO",
				Birth: Date{74, 8, 12}, Sex: "F", Expiry: Date{12, 4, 15}, Optional: []string{""}},
		},
		{ // Doc 9303 part 7, appendix B
			[]string{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"},
			Document{Format: MRVA, Code: "V", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "L8988901C", Nationality: "XXX",
				Birth: Date{40, 9, 7}, Sex: "F", Expiry: Date{96, 12, 10}, Optional: []string{"6ZE184226B"}},
		},
		{
			[]string{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"},
			Document{Format: MRVB, Code: "V", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "L8988901C", Nationality: "XXX",
				Birth: Date{40, 9, 7}, Sex: "F", Expiry: Date{96, 12, 10}, Optional: []string{""}},
		},
		{
			[]string{"d1nld1 1234567890 ABCDEFGH12345 " + fmt.Sprint(Digit("D1NLD11234567890ABCDEFGH12345"))},
			Document{Format: Licence, Code: "D1", Issuer: "NLD", Configuration: "1", Number: "1234567890"},
		},
		{ // an unknown day of birth
			[]string{"I<UTOD231458907<<<<<<<<<<<<<<<", "74<<<<1F1204159UTO<<<<<<<<<<<4", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
			Document{Format: TD1, Code: "I", Issuer: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "D23145890", Nationality: "UTO",
				Birth: Date{74, 0, 0}, Sex: "F", Expiry: Date{12, 4, 15}, Optional: []string{"", ""}},
		},
	} {
		got, err := Parse(c.lines)
		if err != nil {
			t.Errorf("%s: %v", c.want.Format, err)
			continue
		}
		type plain Document
		if g, w := fmt.Sprintf("%+v", plain(got)), fmt.Sprintf("%+v", plain(c.want)); g != w {
			t.Errorf("%s:\n got %s\nwant %s", c.want.Format, g, w)
		}
	}
}

func TestTheDutchSpecimensAgreeWithTheirCheckDigits(t *testing.T) {
	names := "P<NLDDE<BRUIJN<<WILLEKE<LISELOTTE<<<<<<<<<<<"
	for _, low := range []string{"SPECI20142NLD6503101F2403096999999990<<<<<84", "SPECI20142NLD6503101F2401151999999990<<<<<82"} {
		d, err := Parse([]string{names, low})
		if err != nil || len(d.Wrong) != 0 || d.Optional[0] != "999999990" || !Elfproef(d.Optional[0]) {
			t.Errorf("wrong %v, error %v", d.Wrong, err)
		}
	}
	card, err := Parse([]string{"I<NLDSPECI20142999999990<<<<<8", "6503101F2403096NLD<<<<<<<<<<<8", "DE<BRUIJN<<WILLEKE<LISELOTTE<<"})
	if err != nil || slices.Contains(card.Wrong, NumberPart) || !strings.HasPrefix(card.Optional[0], "999999990") {
		t.Errorf("wrong %v, error %v", card.Wrong, err)
	}
}

func TestEveryCheckDigitNoticesAChange(t *testing.T) {
	for _, lines := range [][]string{
		{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
		{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
		{"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"},
	} {
		f := formatOf(lines)
		for _, c := range f.Checks() {
			changed := slices.Clone(lines)
			line := []byte(changed[c.At.Line])
			line[c.At.Index] = '0' + byte(Value(line[c.At.Index])+1)%10
			changed[c.At.Line] = string(line)
			if !slices.Contains(Wrong(f, changed), c.Part) {
				t.Errorf("%s: a wrong check digit of %s is not noticed", f, c.Part)
			}
		}
	}
}

func TestTheCoveredSpansLeaveNoCheckDigitThatGivesTheNumberAway(t *testing.T) {
	for _, f := range Formats() {
		covered := func(p Position) bool {
			return slices.ContainsFunc(Optional(f), func(s Span) bool { return s.Line == p.Line && p.Index >= s.From && p.Index < s.To })
		}
		for _, c := range f.Checks() {
			for _, over := range c.Over {
				for i := over.From; i < over.To; i++ {
					if covered(Position{over.Line, i}) && !covered(c.At) {
						t.Errorf("%s: the check digit of %s stays beside covered characters", f, c.Part)
					}
				}
			}
		}
	}
}

func TestTextThatIsNoZoneIsRefused(t *testing.T) {
	for name, lines := range map[string][]string{
		"nothing":                nil,
		"one short line":         {"P<UTO"},
		"a line missing":         {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"},
		"a digit in the name":    {"P<UTOERIKSS0N<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
		"a letter in the date":   {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO74O8122F1204159ZE184226B<<<<<10"},
		"lines of other lengths": {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
		"a licence of elsewhere": {"D1FRA11234567890ABCDEFGH123450"},
	} {
		if _, err := Parse(lines); !errors.Is(err, ErrNoZone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestElfproef(t *testing.T) {
	for digits, want := range map[string]bool{
		"123456782": true, "111222333": true, "999999990": true, "010464554": true, "10464554": true,
		"123456783": false, "000000000": false, "00000000": false, "12345678": false,
		"": false, "1234567821": false, "12345678a": false, "1234567٨": false,
	} {
		if Elfproef(digits) != want {
			t.Errorf("Elfproef(%q) = %v", digits, !want)
		}
	}
	for eight := 10_000_000; eight < 10_000_300; eight++ {
		text := fmt.Sprint(eight)
		if Elfproef(text) != Elfproef("0"+text) {
			t.Errorf("eight digits and nine with a leading zero disagree: %s", text)
		}
	}
}

func TestADocumentDoesNotPrintItsHolder(t *testing.T) {
	d, err := Parse([]string{"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, d); strings.Contains(text, "D2314") || strings.Contains(text, "ANNA") {
			t.Errorf("%s shows %q", verb, text)
		}
	}
	if text := d.LogValue().String(); strings.Contains(text, "ANNA") {
		t.Errorf("the log shows %q", text)
	}
}

// Specimens are public images beside the repository, each with its zone as
// typed by hand.
func TestTheTypedLinesOfTheSpecimensParse(t *testing.T) {
	folder := cmp.Or(os.Getenv("SPAREKEY_SPECIMENS"), filepath.FromSlash("../../../../shared/specimens"))
	data, err := os.ReadFile(filepath.Join(folder, "truth.json"))
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
	for _, s := range truth {
		if len(s.Lines) == 0 {
			continue
		}
		d, err := Parse(s.Lines)
		if s.File == "mrz-detection_id_fail.png" {
			if !errors.Is(err, ErrNoZone) { // it lacks the check digit of the expiry
				t.Errorf("%s: %v", s.File, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", s.File, err)
		} else if len(d.Wrong) > 0 {
			t.Logf("%s: check digits of %v disagree on the specimen itself", s.File, d.Wrong)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10")
	f.Add("I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<")
	f.Add("D1NLD11234567890ABCDEFGH123450")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(strings.Split(text, "\n"))
		if (err == nil) != (d.Format != None) {
			t.Errorf("format %v with error %v", d.Format, err)
		}
	})
}

func TestNamesAreWhereTheyAreRead(t *testing.T) {
	for _, f := range Formats() {
		s := Names(f)
		if s == (Span{}) {
			if f != Licence {
				t.Errorf("%s has no names", f)
			}
			continue
		}
		if s.To != f.Width() || !strings.Contains(f.Alphabet(Position{Line: s.Line, Index: s.From}), "A") {
			t.Errorf("%s has its names at %v", f, s)
		}
		for i := s.From; i < s.To; i++ {
			if strings.ContainsAny(f.Alphabet(Position{Line: s.Line, Index: i}), "0123456789") {
				t.Errorf("%s: a digit can stand in names, at %d", f, i)
			}
		}
	}
}
