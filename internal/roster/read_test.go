package roster_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
)

// zoe is a person as every form of a file below says her.
var zoe = roster.Line{Number: 2, Name: "Zoë d’Été", Email: "zoe@bakery.example", Phone: "+31 6 1234 5678", Team: "Café", Role: org.Administrator, Shown: "Zoë d’Été"}

func utf16Of(text string, little bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		hi, lo := byte(unit>>8), byte(unit)
		if little {
			hi, lo = lo, hi
		}
		b.WriteByte(hi)
		b.WriteByte(lo)
	}
	return b.String()
}

func TestOnePersonIsReadFromEveryFormOfFile(t *testing.T) {
	const plain = "naam;e-mail;telefoon;team;rol\nZoë d’Été;Zoe@Bakery.example;+31 6 1234 5678;Café;beheerder\n"
	commas := strings.ReplaceAll(plain, ";", ",")
	for name, file := range map[string]string{
		"UTF-8":                    plain,
		"UTF-8 with its mark":      "\xEF\xBB\xBF" + plain,
		"UTF-16, low byte first":   "\xFF\xFE" + utf16Of(plain, true),
		"UTF-16, high byte first":  "\xFE\xFF" + utf16Of(plain, false),
		"Windows-1252":             "naam;e-mail;telefoon;team;rol\r\nZo\xEB d\x92\xC9t\xE9;zoe@bakery.example;+31 6 1234 5678;Caf\xE9;beheerder\r\n",
		"commas":                   commas,
		"tabs":                     strings.ReplaceAll(plain, ";", "\t"),
		"ends of lines of DOS":     strings.ReplaceAll(plain, "\n", "\r\n"),
		"ends of lines of old Mac": strings.ReplaceAll(plain, "\n", "\r"),
		"no end of the last line":  strings.TrimSuffix(plain, "\n"),
		"quotation marks":          `"naam","e-mail","telefoon","team","rol"` + "\n" + `"Zoë d’Été","zoe@bakery.example","+31 6 1234 5678","Café","beheerder"`,
		"English headings":         "Full name,E-mail address,Phone number,Department,Role\nZoë d’Été,zoe@bakery.example,+31 6 1234 5678,Café,Administrator\n",
		"another order":            "ROL;Team;E-mailadres;Telefoonnummer;Naam\nAdmin;Café;zoe@bakery.example;+31 6 1234 5678;Zoë d’Été\n",
		"more columns":             "salaris;naam;e-mail;telefoon;team;rol;;schoen\n1;Zoë d’Été;zoe@bakery.example;+31 6 1234 5678;Café;beheerder;;41\n",
		"cells with spaces":        "naam; e-mail;telefoon ;team;rol\n Zoë  d’Été ;  \"zoe@bakery.example\" ;+31 6  1234 5678; Café;beheerder ;;\n",
		"letters in two pieces":    "naam;e-mail;telefoon;team;rol\nZoe\u0308 d’E\u0301te\u0301;zoe@bakery.example;+31 6 1234 5678;Cafe\u0301;beheerder\n",
	} {
		list, err := roster.Read([]byte(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(list.Lines) != 1 {
			t.Errorf("%s: %d lines", name, len(list.Lines))
			continue
		}
		got := list.Lines[0]
		got.Shown = zoe.Shown
		if !reflect.DeepEqual(got, zoe) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, zoe)
		}
	}
}

func TestALineIsKnownByItsNumberInTheFile(t *testing.T) {
	list, err := roster.Read([]byte("sep=,\n\nname,email,team\n\n\"Ann\nde\nWit\",ann@x.example,\n\n,,\nBob,bob@x.example,\"Day, \"\"early\"\"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range list.Lines {
		got = append(got, fmt.Sprintf("%d %s/%s", l.Number, l.Name, l.Team))
	}
	if want := []string{"5 Ann de Wit/", `10 Bob/Day, "early"`}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsWrongIsSaidOnItsLine(t *testing.T) {
	const head = "name,e-mail,phone,team,role\n"
	long := strings.Repeat("a", 121)
	for _, c := range []struct {
		name, line string
		want       []roster.Problem
	}{
		{"nothing", "Ann,ann@x.example,,,", nil},
		{"fewer cells than headings", "Ann,ann@x.example", nil},
		{"empty cells more than headings", "Ann,ann@x.example,,,,,,", nil},
		{"no name", " ,ann@x.example,,,", []roster.Problem{{What: roster.Missing, Column: roster.Name}}},
		{"no address", "Ann,,,,", []roster.Problem{{What: roster.Missing, Column: roster.Email}}},
		{"a long name", long + ",ann@x.example,,,", []roster.Problem{{What: roster.NoName, Column: roster.Name}}},
		{"the longest name", long[:120] + ",ann@x.example,,,", nil},
		{"a hidden character", "An\u200bn,ann@x.example,,,", []roster.Problem{{What: roster.NoName, Column: roster.Name}}},
		{"a control character", "An\x07n,ann@x.example,,,", []roster.Problem{{What: roster.NoName, Column: roster.Name}}},
		{"text that turns round", "Ann\u202e,ann@x.example,,,", []roster.Problem{{What: roster.NoName, Column: roster.Name}}},
		{"no e-mail address", "Ann,ann at x,,,", []roster.Problem{{What: roster.NoEmail, Column: roster.Email}}},
		{"no phone", "Ann,ann@x.example,ask Bob,,", []roster.Problem{{What: roster.NoPhone, Column: roster.Phone}}},
		{"a phone that is a formula", "Ann,ann@x.example,=1234567,,", []roster.Problem{{What: roster.NoPhone, Column: roster.Phone}}},
		{"a phone with a plus", "Ann,ann@x.example,+31201234567,,", nil},
		{"no role", "Ann,ann@x.example,,,owner", []roster.Problem{{What: roster.NoRole, Column: roster.Role}}},
		{"a role of the desk", "Ann,ann@x.example,,,lead", []roster.Problem{{What: roster.NoRole, Column: roster.Role}}},
		{"no role but a number", "Ann,ann@x.example,,,3", []roster.Problem{{What: roster.NoRole, Column: roster.Role}}},
		{"a formula for a name", "\"=cmd|' /C calc'!A0\",ann@x.example,,,", []roster.Problem{{What: roster.Formula, Column: roster.Name}}},
		{"formulas everywhere", "+Ann,@ann@x.example,,-Day,=1", []roster.Problem{
			{What: roster.Formula, Column: roster.Name}, {What: roster.Formula, Column: roster.Email},
			{What: roster.Formula, Column: roster.Team}, {What: roster.Formula, Column: roster.Role}}},
		{"a formula behind a space and a tab", "\" \t=Ann\",ann@x.example,,,", []roster.Problem{{What: roster.Formula, Column: roster.Name}}},
		{"a name that begins with an apostrophe", "'t Hart,ann@x.example,,,", nil},
		{"a cell too many", "Wit, Ann,ann@x.example,,,,Day", []roster.Problem{
			{What: roster.Cells}, {What: roster.NoEmail, Column: roster.Email}, {What: roster.NoPhone, Column: roster.Phone}}},
		{"text behind quotation marks", `"Ann" de Wit,ann@x.example,,,`, []roster.Problem{{What: roster.Quotes}}},
		{"quotation marks inside", `Ann "Nan" de Wit,ann@x.example,,,`, nil},
	} {
		list, err := roster.Read([]byte(head + c.line + "\nBob,bob@x.example\n"))
		if err != nil || len(list.Lines) != 2 {
			t.Errorf("%s: %d lines, %v", c.name, len(list.Lines), err)
			continue
		}
		if got := list.Lines[0].Problems; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if !list.Lines[1].Right() || list.Lines[1].Name != "Bob" {
			t.Errorf("%s: the line after it came as %+v", c.name, list.Lines[1])
		}
	}
}

func TestAnAddressOnTwoLinesIsSaidOnBoth(t *testing.T) {
	list, err := roster.Read([]byte("name,e-mail\nAnn,ann@x.example\nBob,bob@x.example\nAn,  ANN@X.example\nNan,ann@x.EXAMPLE\nNo,ann@\nNo,ann@\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, l := range list.Lines {
		other := 0
		for _, p := range l.Problems {
			if p.What == roster.Twice {
				other = p.Line
			}
		}
		got = append(got, other)
	}
	if want := []int{4, 0, 2, 2, 0, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("the other line is %v, want %v", got, want)
	}
}

func TestASupervisorIsInvitedAsAnEmployee(t *testing.T) {
	list, err := roster.Read([]byte("name,e-mail,role\nAnn,ann@x.example,Leidinggevende\n"))
	if err != nil || list.Lines[0].Role != org.Employee || !list.Lines[0].Supervisor || !list.Lines[0].Right() {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestWhatIsShownOfAFileHidesNothing(t *testing.T) {
	list, err := roster.Read([]byte("name,e-mail,pay\u202eroll\x07 of\tlast \"year\"," + strings.Repeat("x", 9999) + "\n" + strings.Repeat("ë", 200) + "\u2066,no\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{`payroll of last "year"`, strings.Repeat("x", 60) + "…"}; !reflect.DeepEqual(list.Unused, want) {
		t.Errorf("unused: %q", list.Unused)
	}
	if want := strings.Repeat("ë", 60) + "…"; list.Lines[0].Shown != want {
		t.Errorf("shown: %q", list.Lines[0].Shown)
	}
}

func TestAFileThatCannotBeReadSaysWhy(t *testing.T) {
	const head = "name,e-mail\n"
	for name, c := range map[string]struct {
		file string
		want roster.UnreadableError
	}{
		"nothing":               {"", roster.UnreadableError{Reason: roster.Empty}},
		"a mark alone":          {"\xEF\xBB\xBF", roster.UnreadableError{Reason: roster.Empty}},
		"blank lines":           {"\n;;\n \n", roster.UnreadableError{Reason: roster.Empty}},
		"headings alone":        {head + "\n,\n", roster.UnreadableError{Reason: roster.Empty}},
		"a separator alone":     {"sep=;", roster.UnreadableError{Reason: roster.Empty}},
		"a byte too long":       {strings.Repeat("a", roster.MaxBytes+1), roster.UnreadableError{Reason: roster.TooLarge}},
		"a workbook":            {"PK\x03\x04rest", roster.UnreadableError{Reason: roster.Spreadsheet}},
		"an older workbook":     {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", roster.UnreadableError{Reason: roster.Spreadsheet}},
		"zeros":                 {head + "An\x00n,ann@x.example\n", roster.UnreadableError{Reason: roster.NoText}},
		"half a letter":         {"\xFF\xFEn\x00a\x00m", roster.UnreadableError{Reason: roster.NoText}},
		"half a pair":           {"\xFF\xFEn\x00\x00\xD8", roster.UnreadableError{Reason: roster.NoText}},
		"no headings":           {"Ann,ann@x.example\n", roster.UnreadableError{Reason: roster.NoHeading, Column: roster.Name}},
		"no heading for e-mail": {"name,phone\nAnn,\n", roster.UnreadableError{Reason: roster.NoHeading, Column: roster.Email}},
		"a heading twice":       {"name,mail,e-mail\nAnn,,ann@x.example\n", roster.UnreadableError{Reason: roster.SameHeading, Column: roster.Email}},
		"quotes without end":    {head + "Ann,ann@x.example\n\"Bob,bob@x.example\nCas,cas@x.example\n", roster.UnreadableError{Reason: roster.OpenQuotes, Line: 3}},
		"quotes that end wrong": {head + "\"Bob,bob@x.example\n\"Cas\",cas@x.example\n", roster.UnreadableError{Reason: roster.OpenQuotes, Line: 2}},
		"quoted headings":       {"\"name,e-mail\nBob,bob@x.example\n", roster.UnreadableError{Reason: roster.OpenQuotes, Line: 1}},
		"too many columns":      {strings.Repeat(",", 101) + "name,e-mail\nAnn,ann@x.example\n", roster.UnreadableError{Reason: roster.NoHeading, Column: roster.Name}},
		"a person too many":     {head + people(roster.MaxLines+1), roster.UnreadableError{Reason: roster.TooMany}},
	} {
		list, err := roster.Read([]byte(c.file))
		got, ok := errors.AsType[*roster.UnreadableError](err)
		if !ok || *got != c.want || len(list.Lines) > 0 {
			t.Errorf("%s: %+v, %d lines", name, err, len(list.Lines))
		}
	}
}

// people are lines of different people.
func people(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "Person %d,person-%d@x.example\n", i, i)
	}
	return b.String()
}

func TestAHundredThousandPeopleAreReadAndPlannedAtOnce(t *testing.T) {
	began := time.Now()
	list, err := roster.Read([]byte("name,e-mail\n" + people(roster.MaxLines)))
	if err != nil || len(list.Lines) != roster.MaxLines {
		t.Fatalf("%d lines, %v", len(list.Lines), err)
	}
	plan := roster.NewPlan(list, nil, nil)
	if plan.Count[roster.Joins] != roster.MaxLines {
		t.Fatal(plan.Count)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	} else {
		t.Log(took)
	}
}

func TestNothingButSeparatorsTakesLittle(t *testing.T) {
	for _, file := range []string{
		strings.Repeat(",", roster.MaxBytes), "name,e-mail\n" + strings.Repeat(",", roster.MaxBytes-20) + "x",
		strings.Repeat("\n", roster.MaxBytes), strings.Repeat(`"`, roster.MaxBytes), strings.Repeat(`"",`, roster.MaxBytes/3),
	} {
		count := testing.AllocsPerRun(1, func() { _, _ = roster.Read([]byte(file)) })
		if count > 20*roster.MaxLines {
			t.Errorf("%.0f allocations for %q…", count, file[:20])
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("naam;e-mail;telefoon;team;rol\nZoë;zoe@x.example;;;\n"))
	f.Add([]byte("\xFF\xFEn\x00a\x00"))
	f.Add([]byte("sep=,\nname,e-mail\n\"a\"\"b\nc\" ,x@y.example,\"\n"))
	f.Add([]byte("name,mail\n=1,\x92\xEB@x.example\r\rx"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := roster.Read(file)
		if err != nil {
			if _, ok := errors.AsType[*roster.UnreadableError](err); !ok || len(list.Lines) > 0 {
				t.Fatalf("%T with %d lines", err, len(list.Lines))
			}
			return
		}
		again, _ := roster.Read(file)
		plan := roster.NewPlan(list, nil, nil)
		if len(list.Lines) == 0 || !reflect.DeepEqual(list, again) || roster.NewPlan(again, nil, nil).Digest != plan.Digest {
			t.Fatal("nobody, or another list the second time")
		}
		seen, before := make(map[org.Email]bool), 0
		for _, p := range plan.Places {
			if p.Number <= before {
				t.Fatalf("line %d after line %d", p.Number, before)
			}
			before = p.Number
			if p.Fate != roster.Joins {
				continue
			}
			name, nameErr := org.ParseName(p.Name)
			address, emailErr := org.ParseEmail(string(p.Email))
			phone, phoneErr := org.ParsePhone(p.Phone)
			if nameErr != nil || emailErr != nil || phoneErr != nil || name != p.Name || address != p.Email || phone != p.Phone ||
				seen[p.Email] || strings.ContainsAny(p.Name[:1]+p.Team+" ", "=") && strings.HasPrefix(p.Name, "=") ||
				p.Role != org.Employee && p.Role != org.Administrator {
				t.Fatalf("joins: %+v", p)
			}
			seen[p.Email] = true
		}
	})
}
