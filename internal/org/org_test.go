package org

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAddressesAreTakenAsMailReallyUsesThem(t *testing.T) {
	for typed, want := range map[string]Email{
		"eva@bakery.example":                "eva@bakery.example",
		"  EVA@Bakery.Example\n":            "eva@bakery.example",
		"e.v-a+shop_1@sub.bakery.example":   "e.v-a+shop_1@sub.bakery.example",
		"o'brien@bakery.example":            "o'brien@bakery.example",
		strings.Repeat("a", 64) + "@b.nl":   Email(strings.Repeat("a", 64) + "@b.nl"),
		strings.Repeat("a", 65) + "@b.nl":   "",
		"":                                  "",
		"eva":                               "",
		"@bakery.example":                   "",
		"eva@":                              "",
		"eva@localhost":                     "",
		"eva@bakery..example":               "",
		"eva@.example":                      "",
		"eva@bakery.example.":               "",
		"eva@-bakery.example":               "",
		"eva@bakery-.example":               "",
		".eva@bakery.example":               "",
		"eva.@bakery.example":               "",
		"e..va@bakery.example":              "",
		"eva@bakery@example.nl":             "",
		"eva jansen@bakery.example":         "",
		"Eva <eva@bakery.example>":          "",
		"eva@bakery.example,bram@x.example": "",
		"eva@[192.0.2.1]":                   "",
		`"eva"@bakery.example`:              "",
		"eva@bakery.example\r\nBcc: x@y.nl": "",
		"eva\x00@bakery.example":            "",
		"eva\u202e@bakery.example":          "",
		"eva\u00a0@bakery.example":          "",
		"eva\xff@bakery.example":            "",
	} {
		got, err := ParseEmail(typed)
		if got != want || (want == "") != errors.Is(err, ErrEmail) {
			t.Errorf("%q: %q, %v", typed, string(got), err)
		}
	}
	longest := "a@" + strings.Repeat("b.", 124) + "com"
	for over := range 3 {
		text := strings.Repeat("a", over) + longest
		if _, err := ParseEmail(text); (err == nil) != (len(text) <= MaxEmail) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"eva@bakery.example", "É@é.nl", "\u212a@x.nl", "\u0130@x.nl", "a@b.c\u202e", strings.Repeat("\u0130", 32) + "@x.nl", "a@xn--e1afmkfd.nl"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEmail(text)
		if err != nil {
			return
		}
		if again, err := ParseEmail(string(e)); err != nil || again != e {
			t.Errorf("%q is taken as %q, and that as %q, %v", text, string(e), string(again), err)
		}
		if len(e) > MaxEmail || strings.ContainsAny(string(e), "\r\n\x00 <>,") || strings.Count(string(e), "@") != 1 {
			t.Errorf("%q is taken as %q", text, string(e))
		}
		for _, text := range []string{fmt.Sprint(e), fmt.Sprintf("%v %s %q %#v", e, e, e, e)} {
			if len(e) > 12 && strings.Contains(text, string(e)) {
				t.Errorf("%s shows itself", text)
			}
		}
	})
}

func TestNamesAreTakenUnlessTheyDeceive(t *testing.T) {
	for typed, want := range map[string]string{
		"Eva":                    "Eva",
		"  Eva   de\tVries \n":   "Eva de Vries",
		"José":                   "José",
		"Jose\u0301":             "José",
		"王秀英":                    "王秀英",
		"O'Brien-Çelik 3":        "O'Brien-Çelik 3",
		strings.Repeat("é", 120): strings.Repeat("é", 120),
		strings.Repeat("é", 121): "",
		"":                       "",
		" \t ":                   "",
		"a\x00b":                 "",
		"a\x1b[31mb":             "",
		"\u202eavE":              "",
		"Eva\u2066x\u2069":       "",
		"Eva\u200e":              "",
		"\xff\xfe":               "",
	} {
		got, err := ParseName(typed)
		if got != want || (want == "") != errors.Is(err, ErrName) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"Eva de Vries", "\u202eavE", "a\u00a0b", strings.Repeat("e\u0301", 121), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := ParseName(text)
		if err != nil {
			return
		}
		if again, err := ParseName(name); err != nil || again != name {
			t.Errorf("%q is taken as %q, and that as %q, %v", text, name, again, err)
		}
	})
}

func TestAnAddressHidesItself(t *testing.T) {
	const e = Email("eva.jansen@mail.bakery.nl")
	for _, text := range []string{fmt.Sprint(e), fmt.Sprintf("%v|%s|%q|%#v", e, e, e, e), e.Masked(), fmt.Errorf("mail to %v", e).Error()} {
		if strings.Contains(text, "jansen") || strings.Contains(text, "bakery") {
			t.Errorf("%s shows the address", text)
		}
	}
	if e.Masked() != "e…@…nl" || Email("").Masked() != "…" {
		t.Errorf("%s, %s", e.Masked(), Email("").Masked())
	}
}

func TestAnOrganisationForcesFromItsDayOn(t *testing.T) {

	for _, c := range []struct {
		name string
		o    Organisation
		want bool
	}{
		{"nothing set", Organisation{}, false},
		{"forced", Organisation{MFA: MFAPolicy{Forced: true}}, true},
		{"grace until a second from now", Organisation{MFA: MFAPolicy{Forced: true, GraceUntil: noon.Add(time.Second)}}, false},
		{"grace until now", Organisation{MFA: MFAPolicy{Forced: true, GraceUntil: noon}}, true},
		{"grace without force", Organisation{MFA: MFAPolicy{GraceUntil: noon}}, false},
		{"the desk", Organisation{Kind: Desk, MFA: MFAPolicy{GraceUntil: noon.Add(time.Hour)}}, true},
	} {
		if got := c.o.Forces(noon); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTheRoleIsTheHighestHeld(t *testing.T) {
	for _, c := range []struct {
		m    Member
		want Role
	}{
		{Member{Stored: Employee}, Employee}, {Member{Stored: Employee, Supervises: true}, Supervisor},
		{Member{Stored: Administrator, Supervises: true}, Administrator}, {Member{Stored: Lead, Supervises: true}, Lead}, {Member{Stored: Agent}, Agent},
	} {
		if got := c.m.Role(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.m, got, c.want)
		}
	}
}

func TestNumbersAndLanguages(t *testing.T) {
	for typed, want := range map[string]KvK{"12345678": "12345678", "1234.56 78": "12345678", "1234567": "", "123456789": "", "1234567a": "", "١٢٣٤٥٦٧٨": "", "": ""} {
		if got, err := ParseKvK(typed); got != want || (want == "") != errors.Is(err, ErrKvK) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for tag, ok := range map[string]bool{"nl": true, "en": true, "": false, "NL": false, "fr": false, "nl-NL": false} {
		if _, got := ParseLanguage(tag); got != ok {
			t.Errorf("%q: %v", tag, got)
		}
	}
}
