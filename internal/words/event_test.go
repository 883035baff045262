package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

var cast = map[org.MemberID]string{"eva": "Eva Jansen", "sam": "Sam de Boer"}

func byEva(kind audit.Kind, about org.MemberID) audit.Event {
	return audit.Event{Kind: kind, Actor: audit.Actor{Kind: audit.Member, Member: "eva"}, Subject: about}
}

func TestEveryKindOfEventHasASentenceInEveryLanguage(t *testing.T) {
	raw := regexp.MustCompile(`\[|<no value>|{{|eva|sam`)
	for _, l := range Languages {
		v := Speak(l, nil)
		for _, k := range audit.Kinds {
			for name, e := range map[string]audit.Event{
				"oneself": byEva(k, "eva"), "another": byEva(k, "sam"), "someone gone": byEva(k, "gone"), "nobody": byEva(k, ""),
				"the operator": {Kind: k, Actor: audit.Actor{Kind: audit.Operator}, Subject: "sam"},
				"a stranger":   {Kind: k, Actor: audit.Actor{Kind: audit.Stranger}, Subject: "sam"},
				"the system":   {Kind: k, Actor: audit.Actor{Kind: audit.System}, Subject: "sam"},
			} {
				a := v.Tell(e, cast)
				if a.Unsaid != 0 || raw.MatchString(a.Sentence) || !strings.HasSuffix(a.Sentence, ".") || strings.Contains(a.Sentence, "  ") {
					t.Errorf("%s in %s, %s: %+v", k, l, name, a)
				}
				if first := a.Sentence[:1]; first != strings.ToUpper(first) {
					t.Errorf("%s in %s, %s: begins without a capital: %s", k, l, name, a.Sentence)
				}
			}
		}
	}
}

func TestAnEventIsToldWithWhoWhomWhyAndFacts(t *testing.T) {
	e := byEva(audit.MFASuspended, "sam")
	e.Reason = "lost"
	e.Facts = map[string]string{"until": time.Date(2026, 3, 4, 12, 30, 0, 0, time.UTC).Format(time.RFC3339), "verified": "in-person"}
	e.Origin.Note = "sat at my desk"
	for l, want := range map[org.Language]Account{
		org.English: {
			Who: "Eva Jansen", Whom: "Sam de Boer", Sentence: "Eva Jansen disabled MFA for Sam de Boer.",
			Details: []Detail{{"Why", "the phone is lost"}, {"Until", "4 March 2026, 12:30"}, {"Verified", "in person"}, {"In their own words", "sat at my desk"}},
		},
		org.Dutch: {
			Who: "Eva Jansen", Whom: "Sam de Boer", Sentence: "Eva Jansen zette MFA uit voor Sam de Boer.",
			Details: []Detail{{"Reden", "de telefoon is kwijt"}, {"Tot", "4 maart 2026, 12:30"}, {"Herkend", "in persoon"}, {"In eigen woorden", "sat at my desk"}},
		},
	} {
		if got := Speak(l, nil).Tell(e, cast); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, want\n%+v", l, got, want)
		}
	}
}

func TestWhatHasNoWordsIsNotShownRaw(t *testing.T) {
	v := Speak(org.English, nil)
	for name, c := range map[string]struct {
		event  audit.Event
		unsaid int
	}{
		"kind":         {audit.Event{Kind: "raw.kind"}, 1},
		"reason":       {audit.Event{Kind: audit.SignedIn, Reason: "raw-reason"}, 1},
		"fact":         {audit.Event{Kind: audit.SignedIn, Facts: map[string]string{"raw": "1"}}, 1},
		"value":        {audit.Event{Kind: audit.SignedIn, Facts: map[string]string{"role": "raw"}}, 1},
		"long number":  {audit.Event{Kind: audit.SignedIn, Facts: map[string]string{"count": "1234567890123"}}, 1},
		"id":           {audit.Event{Kind: audit.AuthenticatorAdded, Facts: map[string]string{"authenticator": "raw"}}, 0},
		"failed mail":  {audit.Event{Kind: audit.MailFailed, Reason: "raw"}, 0},
		"every detail": {audit.Event{Kind: "raw.kind", Reason: "raw", Facts: map[string]string{"raw": "raw", "count": "raw"}}, 4},
	} {
		a := v.Tell(c.event, nil)
		text := a.Sentence
		for _, d := range a.Details {
			text += d.Name + d.Value
		}
		if a.Unsaid != c.unsaid || strings.Contains(text, "raw") || strings.Contains(text, "[") || strings.Contains(text, "1234567890123") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// words returns the texts of the constants of a type in the package in folder.
func constants(t *testing.T, folder, of string) []string {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(folder, err)
	}
	var texts []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == of && len(spec.Values) == 1 {
				if text, ok := spec.Values[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
					texts = append(texts, strings.Trim(text.Value, `"`))
				}
			}
			return true
		})
	}
	if len(texts) == 0 {
		t.Fatalf("no %s in %s", of, folder)
	}
	return texts
}

func TestWhatEventsCarryHasWords(t *testing.T) {
	for _, l := range Languages {
		v := Speak(l, nil)
		check := func(e audit.Event) {
			t.Helper()
			if a := v.Tell(e, cast); a.Unsaid != 0 {
				t.Errorf("%s: no words for %s, reason %q, facts %v", l, e.Kind, e.Reason, e.Facts)
			}
		}
		for _, reason := range constants(t, "../ladder", "Reason") {
			check(audit.Event{Kind: audit.RecoveryRefused, Reason: reason})
		}
		for _, of := range []string{"StepKind", "Action"} {
			if of == "Action" && !declares(t, "../ladder", of) {
				continue
			}
			for _, step := range constants(t, "../ladder", of) {
				check(audit.Event{Kind: audit.RecoveryRefused, Facts: map[string]string{"step": step}})
			}
		}
		for _, step := range constants(t, "../desk", "StepKind") {
			check(audit.Event{Kind: audit.RecoveryRefused, Facts: map[string]string{"step": step}})
		}
		for _, state := range constants(t, "../standing", "CaseState") {
			check(audit.Event{Kind: audit.CaseEnded, Facts: map[string]string{"state": state, "case": "2026-0042"}})
		}
		for _, kind := range constants(t, "../standing", "EvidenceKind") {
			check(audit.Event{Kind: audit.EvidenceKept, Facts: map[string]string{"kind": kind, "sha256": "00ff"}})
		}
		for _, verified := range []string{"number-on-file", "register-number", "letter"} {
			check(audit.Event{Kind: audit.CaseHanded, Facts: map[string]string{"verified": verified, "first": "eva", "second": "sam"}})
		}
		for _, item := range []string{"organisation", "name", "power", "date", "seal", "identity", "face", "contact"} {
			check(audit.Event{Kind: audit.CaseChecked, Facts: map[string]string{"item": item, "agent": "eva"}})
		}
		for _, said := range []string{"right", "wrong", "wrong-new"} {
			check(audit.Event{Kind: audit.CaseCalled, Facts: map[string]string{"pin": said}})
		}
		for _, reason := range []string{"chat", "mail", "phone", "first", "second", "rejected", "objected", "other-answer", "proved", "set-up", "deactivated", "doubtful",
			"unfit", "unsafe", "cannot-tell", "no-case", "case-over", "case-frozen", "too-much", "not-taken", "unchecked", "evidence-lacks", "no-second",
			"own-colleague", "no-words", "not-overdue", "withdrawn", "abandoned", "done"} {
			check(audit.Event{Kind: audit.CaseEnded, Reason: reason})
		}
		for _, verified := range constants(t, "../ladder", "Verified") {
			check(audit.Event{Kind: audit.PassGiven, Facts: map[string]string{"verified": verified}})
		}
		for _, ask := range constants(t, "../ladder", "Ask") {
			check(audit.Event{Kind: audit.PasswordRight, Reason: ask})
		}
		for _, by := range constants(t, "../session", "CameBy") {
			check(audit.Event{Kind: audit.SignedIn, Reason: by})
			check(audit.Event{Kind: audit.CodeWrong, Reason: by, Facts: map[string]string{"left": "3"}})
		}
		for _, kind := range constants(t, "../standing", "SetUpKind") {
			check(audit.Event{Kind: audit.SetUpBegun, Reason: kind})
		}
		for _, role := range constants(t, "../org", "Role") {
			check(audit.Event{Kind: audit.RoleChanged, Facts: map[string]string{"from": role, "to": role}})
		}
	}
}

func declares(t *testing.T, folder, name string) bool {
	t.Helper()
	names, _ := filepath.Glob(folder + "/*.go")
	for _, file := range names {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Scope.Lookup(name) != nil {
			return true
		}
	}
	return false
}

func TestTheLogSaysTheSameInEachLanguage(t *testing.T) {
	said := map[org.Language]map[string]any{}
	for _, l := range Languages {
		var sentences map[string]any
		if _, err := toml.DecodeFile("log."+string(l)+".toml", &sentences); err != nil {
			t.Fatal(err)
		}
		said[l] = sentences
	}
	for l, other := range map[org.Language]org.Language{org.English: org.Dutch, org.Dutch: org.English} {
		for id := range said[l] {
			if _, ok := said[other][id]; !ok {
				t.Errorf("%q is said in %s and not in %s", id, l, other)
			}
			if kind, ok := strings.CutPrefix(id, "event."); ok && kind != "unknown" && !isKind(kind) {
				t.Errorf("%s: %q is about no kind of event", l, id)
			}
		}
	}
}

func isKind(text string) bool {
	for _, k := range audit.Kinds {
		if string(k) == text {
			return true
		}
	}
	return false
}
