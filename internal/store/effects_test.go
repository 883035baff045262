package store

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// A saving is one effect, and what must be true once it is saved.
type saving struct {
	effect standing.Effect
	holds  func(ctx context.Context, s *Store) (bool, error)
}

// ofAna makes a claim about ana's standing.
func ofAna(claim func(st standing.Standing) bool) func(context.Context, *Store) (bool, error) {
	return func(ctx context.Context, s *Store) (bool, error) {
		st, err := s.Standing(ctx, "ana")
		return err == nil && claim(st), err
	}
}

// equal claims that get returns want.
func equal[T any](want T, get func(context.Context, *Store) (T, error)) func(context.Context, *Store) (bool, error) {
	return func(ctx context.Context, s *Store) (bool, error) {
		got, err := get(ctx, s)
		if err == nil && !reflect.DeepEqual(got, want) {
			err = fmt.Errorf("kept %#v, want %#v", got, want)
		}
		return err == nil, err
	}
}

// gone claims that get finds nothing.
func gone[T any](get func(context.Context, *Store) (T, error)) func(context.Context, *Store) (bool, error) {
	return func(ctx context.Context, s *Store) (bool, error) {
		_, err := get(ctx, s)
		if errors.Is(err, org.ErrNotFound) {
			return true, nil
		}
		return false, err
	}
}

func theSession(name string) func(context.Context, *Store) (session.Session, error) {
	return func(ctx context.Context, s *Store) (session.Session, error) {
		in, _, err := s.Session(ctx, hash(name), noon)
		return in, err
	}
}

func theChallenge(name string) func(context.Context, *Store) (session.Challenge, error) {
	return func(ctx context.Context, s *Store) (session.Challenge, error) { return s.Challenge(ctx, hash(name)) }
}

func theMailCode(ctx context.Context, s *Store) (standing.MailCode, error) {
	return s.MailCode(ctx, standing.ForSignIn, hash("challenge"))
}

func theSetUp(name string) func(context.Context, *Store) (standing.SetUp, error) {
	return func(ctx context.Context, s *Store) (standing.SetUp, error) { return s.SetUp(ctx, hash(name)) }
}

func theLink(name string) func(context.Context, *Store) (standing.Link, error) {
	return func(ctx context.Context, s *Store) (standing.Link, error) { return s.Link(ctx, hash(name)) }
}

func devices(ctx context.Context, s *Store) ([]org.MemberID, error) {
	return s.KnownDevice(ctx, hash("device"), noon)
}

func remembered(ctx context.Context, s *Store) ([]session.Remembered, error) {
	st, err := s.Standing(ctx, "ana")
	return st.Remembered, err
}

var passwordKey = throttle.Key{Kind: throttle.Password, Subject: "keyed hash", Device: "d"}

// savings walks every effect, each on what those before it left.
func savings() []saving {
	another := anAuthenticator("tablet")
	another.Added = noon.Add(time.Minute)
	raised := aSession("raised")
	raised.Reach, raised.FactorProved, raised.Ends = session.SetUpOnly, noon.Add(time.Minute), noon.Add(time.Hour)
	chosen, choosing := aChallenge("chosen"), aChallenge("choosing")
	replaced, again := aMailCode("second"), aSetUp("s1")
	replaced.Code, again.Codes, again.Set = "87654321", nil, factor.CodeSet{}
	reset := aLink("reset", standing.ForReset)
	used := reset
	used.Used = noon
	choosing.Member, choosing.Candidates = "", []org.MemberID{"bob", "ana"}
	backup := factor.BackupEmail{Address: "b@x.example", Confirmed: noon, UsableFrom: noon.Add(time.Hour)}
	password := standing.Password{Hash: "$argon2id$x", Set: noon, ByMail: true, Long: true, Ended: true}
	device := session.Device{ID: hash("device"), Member: "ana", Created: noon, Expires: noon.Add(time.Hour)}
	codes := aCodeSet()
	turned, elsewhere := aRemembered("laptop"), aSession("elsewhere")
	turned.Token, turned.Before, turned.Turned, turned.Used = hash("laptop 2"), hash("laptop 1"), noon.Add(time.Minute), noon.Add(time.Minute)
	turned.Origin.Address = "198.51.100.9"
	elsewhere.Remembered = hash("tablet")

	return slices.Concat([]saving{
		{standing.SetStatus{Status: standing.Frozen, At: noon}, ofAna(func(st standing.Standing) bool { return st.Status == standing.Frozen && st.StatusSince.Equal(noon) })},
		{standing.SetPassword{Password: password}, ofAna(func(st standing.Standing) bool { return st.Password == password })},
		{standing.SetLanguage{Language: org.Dutch}, ofAna(func(st standing.Standing) bool { return st.Member.Language == org.Dutch })},
		{standing.Activate{}, ofAna(func(st standing.Standing) bool { return st.Member.State == org.Active })},
		{standing.SetMFA{Since: noon}, ofAna(func(st standing.Standing) bool { return st.MFASince.Equal(noon) })},
		{standing.SetMFA{}, ofAna(func(st standing.Standing) bool { return st.MFASince.IsZero() })},
		{standing.SetBackupEmail{BackupEmail: backup}, ofAna(func(st standing.Standing) bool { return st.BackupEmail == backup })},
		{standing.SetBackupEmail{}, ofAna(func(st standing.Standing) bool { return st.BackupEmail == factor.BackupEmail{} })},
		{standing.MarkProved{At: noon}, ofAna(func(st standing.Standing) bool { return st.Proved.Equal(noon) && st.WrongCodes == 0 })},
		{standing.NoteObjection{Objection: standing.Objection{Address: "one@x.example", At: noon}}, ofAna(func(st standing.Standing) bool { return len(st.Objected) == 1 })},
		{standing.CountWrongCode{}, ofAna(func(st standing.Standing) bool { return st.WrongCodes == 1 })},
		{standing.ForgetWrongCodes{}, ofAna(func(st standing.Standing) bool { return st.WrongCodes == 0 })},
		{standing.NoteObjection{Objection: standing.Objection{Address: "two@x.example", At: noon}}, ofAna(func(st standing.Standing) bool {
			return len(st.Objected) == 2 && st.Objected[1].Address == "two@x.example" && st.Objected[1].At.Equal(noon)
		})},

		{standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}, ofAna(func(st standing.Standing) bool {
			return reflect.DeepEqual(st.Authenticators, []factor.Authenticator{anAuthenticator("phone")})
		})},
		{standing.AddAuthenticator{Authenticator: another}, ofAna(func(st standing.Standing) bool {
			return len(st.Authenticators) == 2 && st.Authenticators[1].ID == "tablet"
		})},
		{standing.RenameAuthenticator{ID: "phone", Name: "Other"}, ofAna(func(st standing.Standing) bool { return st.Authenticators[0].Name == "Other" })},
		{standing.SpendStep{ID: "phone", Step: 8, At: noon.Add(time.Hour)}, ofAna(func(st standing.Standing) bool {
			a := st.Authenticators[0]
			return a.LastStep == 8 && a.LastUsed.Equal(noon.Add(time.Hour)) && st.Authenticators[1].LastStep == 7
		})},
		{standing.RemoveAuthenticator{ID: "tablet"}, ofAna(func(st standing.Standing) bool { return len(st.Authenticators) == 1 })},
		{standing.SetCodes{Set: codes, At: noon}, ofAna(func(st standing.Standing) bool { return reflect.DeepEqual(st.Codes, codes) && st.CodesMade.Equal(noon) })},
		{standing.SpendCode{ID: "code-3", At: noon}, ofAna(func(st standing.Standing) bool { return st.Codes.Left() == 9 && st.Codes.Codes[3].Spent })},
		{standing.SetCodes{Set: codes, At: noon}, ofAna(func(st standing.Standing) bool { return st.Codes.Left() == 10 })},
		{standing.SetCodes{}, ofAna(func(st standing.Standing) bool {
			return reflect.DeepEqual(st.Codes, factor.CodeSet{}) && st.CodesMade.IsZero()
		})},

		{standing.SetSuspension{Suspension: aSuspension()}, ofAna(func(st standing.Standing) bool { return st.Suspension == aSuspension() })},
		{standing.MarkEnd{}, ofAna(func(st standing.Standing) bool { return st.Suspension.Reminded && !st.Suspension.Over })},
		{standing.MarkEnd{Over: true}, ofAna(func(st standing.Standing) bool { return st.Suspension.Reminded && st.Suspension.Over })},
		{standing.SetSuspension{}, ofAna(func(st standing.Standing) bool { return st.Suspension == standing.Suspension{} })},
		{standing.SetName{Name: "Ána"}, ofAna(func(st standing.Standing) bool { return st.Member.Name == "Ána" })},
		{standing.SetPhone{Phone: "112"}, ofAna(func(st standing.Standing) bool { return st.Member.Phone == "112" })},
		{standing.SetPass{Pass: aPass()}, ofAna(func(st standing.Standing) bool { return st.Pass == aPass() })},
		{standing.SetPass{}, ofAna(func(st standing.Standing) bool { return st.Pass == standing.Pass{} })},
		{standing.SetPass{Pass: aPass()}, ofAna(func(st standing.Standing) bool { return st.Pass == aPass() })},
		{standing.SpendPass{ID: aPass().ID}, ofAna(func(st standing.Standing) bool { return st.Pass == standing.Pass{} })},

		{standing.OpenSession{Session: aSession("s1")}, equal(aSession("s1"), theSession("s1"))},
		{standing.NeedSession{ID: hash("s1")}, equal(aSession("s1"), theSession("s1"))},
		{standing.OpenSession{Session: aSession("s2")}, equal(aSession("s2"), theSession("s2"))},
		{standing.RaiseSession{Old: hash("s2"), Session: raised}, equal(raised, theSession("raised"))},
		{standing.EndSession{ID: hash("s2")}, gone(theSession("s2"))},
		{standing.EndSessions{Except: hash("s1")}, gone(theSession("raised"))},
		{standing.EndSessions{Except: hash("s1")}, equal(aSession("s1"), theSession("s1"))},
		{standing.EndSessions{}, gone(theSession("s1"))},
		{standing.OpenChallenge{Challenge: aChallenge("c")}, equal(aChallenge("c"), theChallenge("c"))},
		{standing.CloseChallenge{ID: hash("c")}, gone(theChallenge("c"))},
		{standing.OpenChallenge{Challenge: chosen}, func(ctx context.Context, s *Store) (bool, error) {
			return true, s.StartChallenge(ctx, choosing)
		}},
		{standing.CloseChallenges{}, gone(theChallenge("chosen"))},
		{standing.CloseChallenges{}, gone(theChallenge("choosing"))},
		{standing.KnowDevice{Device: device}, equal([]org.MemberID{"ana"}, devices)},
		{standing.Remember{Device: aRemembered("laptop")}, equal([]session.Remembered{aRemembered("laptop")}, remembered)},
		{standing.TurnToken{ID: hash("laptop"), From: hash("laptop 1"), To: hash("laptop 2"), At: noon.Add(time.Minute), Origin: turned.Origin}, equal([]session.Remembered{turned}, remembered)},
		{standing.Remember{Device: aRemembered("tablet")}, ofAna(func(st standing.Standing) bool { return len(st.Remembered) == 2 })},
		{standing.ForgetAllRemembered{Except: hash("tablet")}, equal([]session.Remembered{aRemembered("tablet")}, remembered)},
		{standing.OpenSession{Session: elsewhere}, equal(elsewhere, theSession("elsewhere"))},
		{standing.OpenSession{Session: aSession("laptop's")}, equal(aSession("laptop's"), theSession("laptop's"))},
		{standing.ForgetRemembered{ID: hash("tablet"), Except: hash("elsewhere")}, equal(elsewhere, theSession("elsewhere"))},
		{standing.ForgetRemembered{ID: hash("tablet")}, gone(theSession("elsewhere"))},
		{standing.ForgetRemembered{ID: hash("tablet")}, equal(aSession("laptop's"), theSession("laptop's"))},
		{standing.ForgetRemembered{ID: hash("tablet")}, equal([]session.Remembered(nil), remembered)},
		{standing.Remember{Device: aRemembered("laptop")}, equal([]session.Remembered{aRemembered("laptop")}, remembered)},
		{standing.ForgetAllRemembered{}, equal([]session.Remembered(nil), remembered)},
		{standing.Remember{Device: aRemembered("laptop")}, equal([]session.Remembered{aRemembered("laptop")}, remembered)},
		{standing.ForgetDevices{}, equal([]org.MemberID{}, devices)},
		{standing.ForgetDevices{}, equal([]session.Remembered(nil), remembered)},
	}, []saving{
		{standing.CountMail{Mail: standing.Mail{Purpose: standing.ForWarning, At: noon}}, func(ctx context.Context, s *Store) (bool, error) {
			st, err := s.Standing(ctx, "ana")
			return st.Mailed(standing.ForWarning, noon.Add(-1)), err
		}},
		{standing.SaveMailCode{MailCode: aMailCode("first")}, equal(aMailCode("first"), theMailCode)},
		{standing.SaveMailCode{MailCode: replaced}, equal(replaced, theMailCode)},
		{standing.UseMailCode{ID: "second"}, gone(theMailCode)},
		{standing.SaveMailCode{MailCode: aMailCode("third")}, equal(aMailCode("third"), theMailCode)},
		{standing.ForgetMailCodes{}, gone(theMailCode)},
		{standing.SaveSetUp{SetUp: aSetUp("s1")}, equal(aSetUp("s1"), theSetUp("s1"))},
		{standing.SaveSetUp{SetUp: again}, equal(again, theSetUp("s1"))},
		{standing.DropSetUp{Session: hash("s1")}, gone(theSetUp("s1"))},
		{standing.SaveSetUp{SetUp: again}, equal(again, theSetUp("s1"))},
		{standing.DropSetUps{}, gone(theSetUp("s1"))},
		{standing.SaveLink{Link: reset}, equal(reset, theLink("reset"))},
		{standing.UseLink{ID: reset.ID}, equal(used, theLink("reset"))},
		{standing.SaveLink{Link: aLink("unused", standing.ForReset)}, equal(aLink("unused", standing.ForReset), theLink("unused"))},
		{standing.DropLinks{Purpose: standing.ForInvitation}, equal(aLink("unused", standing.ForReset), theLink("unused"))},
		{standing.DropLinks{Purpose: standing.ForReset}, gone(theLink("unused"))},
		{standing.DropLinks{Purpose: standing.ForReset}, equal(used, theLink("reset"))},
		{standing.ForgetFailures{Key: passwordKey}, func(ctx context.Context, s *Store) (bool, error) {
			var left int
			err := s.read.row(ctx, `SELECT COUNT(*) FROM throttles`).Scan(&left)
			return left == 0, err
		}},
		{standing.NoteChange{Change: aChange(noon)}, ofAna(func(st standing.Standing) bool {
			return reflect.DeepEqual(st.Changes, []standing.Change{aChange(noon)})
		})},
		{standing.NoteChange{Change: aChange(noon.Add(time.Hour))}, ofAna(func(st standing.Standing) bool {
			return len(st.Changes) == 1 && st.Changes[0] == aChange(noon.Add(time.Hour))
		})},
		{standing.AddRequest{Request: aRequest()}, ofAna(func(st standing.Standing) bool { return reflect.DeepEqual(st.Requests, []standing.Request{aRequest()}) })},
		{standing.SetRequest{From: standing.Asked, Request: answered()}, ofAna(func(st standing.Standing) bool { return reflect.DeepEqual(st.Requests, []standing.Request{answered()}) })},
		{standing.TurnBrowser{From: answered().Browser, To: hash("turned")}, ofAna(func(st standing.Standing) bool {
			return st.Requests[0].Browser == hash("turned") && st.Requests[0].ID == answered().ID
		})},
		{standing.AddCase{Case: aCase()}, ofAna(func(st standing.Standing) bool { return reflect.DeepEqual(st.Case, aCase()) })},
		{standing.SetCase{From: standing.CaseOpen, Case: goingOn()}, ofAna(func(st standing.Standing) bool { return reflect.DeepEqual(st.Case, goingOn()) })},
		{standing.AddEntry{Case: "case", Entry: anEntry()}, equal([]standing.Entry{withSeq(anEntry(), 1)}, func(ctx context.Context, s *Store) ([]standing.Entry, error) {
			return s.Entries(ctx, "case", 0)
		})},
		{standing.AddEntry{Case: "case", Entry: anEntry()}, equal(1, func(ctx context.Context, s *Store) (int, error) {
			list, err := s.Entries(ctx, "case", 0) // the same one, sent again
			return len(list), err
		})},
		{standing.KeepEvidence{Case: "case", Evidence: anEvidence(), Pages: [][]byte{[]byte("a page"), []byte("another")}}, equal([]byte("another"), func(ctx context.Context, s *Store) ([]byte, error) {
			list, err := s.EvidenceOf(ctx, "case")
			if err == nil && !reflect.DeepEqual(list, []standing.Evidence{anEvidence()}) {
				err = fmt.Errorf("kept %+v", list)
			}
			if err != nil {
				return nil, err
			}
			return s.EvidencePage(ctx, "case", "evidence", 2)
		})},
		{standing.DropEvidence{Case: "case", Kind: standing.Selfie}, gone(func(ctx context.Context, s *Store) ([]byte, error) { return s.EvidencePage(ctx, "case", "evidence", 1) })},
		{standing.AdmitBrowser{Case: "case", Browser: hash("browser"), Until: noon.Add(time.Hour)}, equal("2026-0042", func(ctx context.Context, s *Store) (string, error) {
			if _, err := s.CaseIn(ctx, hash("browser"), noon.Add(time.Hour)); !errors.Is(err, org.ErrNotFound) {
				return "", fmt.Errorf("at its end: %w", err)
			}
			return s.CaseIn(ctx, hash("browser"), noon)
		})},
		{standing.DismissBrowsers{Case: "case"}, gone(func(ctx context.Context, s *Store) (string, error) { return s.CaseIn(ctx, hash("browser"), noon) })},
		{standing.DestroyEvidence{Case: "case", At: noon}, gone(func(ctx context.Context, s *Store) (int, error) {
			var key []byte
			err := s.read.row(ctx, `SELECT key FROM case_keys WHERE case_id = 'case'`).Scan(&key)
			return 0, missing(err)
		})},
		{standing.NeedColleague{Member: "bea"}, ofAna(func(standing.Standing) bool { return true })},
		{standing.SetRole{From: org.Administrator, To: org.Employee, At: noon.Add(time.Hour)}, func(ctx context.Context, s *Store) (bool, error) {
			ana, err := s.Colleague(ctx, "ana")
			return ana.Member.Stored == org.Employee && ana.RoleSince.Equal(noon.Add(time.Hour)), err
		}},
		{standing.MakeTeam{Team: org.Team{ID: "day", Organisation: "bakery", Name: "Day"}}, teamsAre("Day")},
		{standing.RenameTeam{ID: "day", Was: "Day", To: "Night"}, teamsAre("Night")},
		{standing.SetTeam{To: "day"}, ofAna(func(st standing.Standing) bool { return st.Member.Team == "day" })},
		{standing.SetTeam{From: "day"}, ofAna(func(st standing.Standing) bool { return st.Member.Team == "" })},
		{standing.SetEmail{From: "ana@bakery.example", To: "new@bakery.example"}, ofAna(func(st standing.Standing) bool { return st.Member.Email == "new@bakery.example" })},
		{standing.Supervise{Team: "day"}, ofAna(func(st standing.Standing) bool { return st.Member.Supervises })},
		{standing.StopSupervising{Team: "day"}, ofAna(func(st standing.Standing) bool { return !st.Member.Supervises })},
		{standing.RemoveTeam{ID: "day"}, teamsAre()},
		{standing.Deactivate{}, ofAna(func(st standing.Standing) bool { return st.Member.State == org.Deactivated })},
		{standing.Reinvite{Name: "Ana", Role: org.Employee, Language: org.Dutch}, ofAna(func(st standing.Standing) bool {
			return st.Member.State == org.Invited && st.Member.Name == "Ana" && st.Member.Language == org.Dutch
		})},
		{standing.Deactivate{}, ofAna(func(st standing.Standing) bool { return st.Member.State == org.Deactivated })},
		{standing.Erase{}, func(ctx context.Context, s *Store) (bool, error) {
			_, err := s.Standing(ctx, "ana")
			return errors.Is(err, org.ErrNotFound), nil
		}},
	})
}

// teamsAre says which teams the bakery has.
func teamsAre(names ...string) func(context.Context, *Store) (bool, error) {
	return func(ctx context.Context, s *Store) (bool, error) {
		teams, err := s.Teams(ctx, "bakery")
		var got []string
		for _, t := range teams {
			got = append(got, t.Name)
		}
		return slices.Equal(got, names), err
	}
}

func TestEveryEffectIsSaved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		if _, err := s.TakeTry(t.Context(), passwordKey, noon); err != nil {
			t.Fatal(err)
		}
		for i, saving := range savings() {
			if err := tryApply(t, s, saving.effect); err != nil {
				t.Fatalf("%d %T: %v", i, saving.effect, err)
			}
			if ok, err := saving.holds(t.Context(), s); !ok || err != nil {
				t.Errorf("%d %T is not kept: %v", i, saving.effect, err)
			}
		}
	})
}

// TestEveryEffectIsWalked keeps savings complete: it reads the list of effects
// from their source.
func TestEveryEffectIsWalked(t *testing.T) {
	walked := make(map[string]bool)
	for _, s := range savings() {
		walked[reflect.TypeOf(s.effect).Name()] = true
	}
	var declared []ast.Decl
	for _, name := range []string{"standing", "grant", "request", "team", "person", "case"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../standing/"+name+".go", nil, 0)
		must(t, err)
		declared = append(declared, file.Decls...)
	}
	found := 0
	for _, d := range declared {
		method, ok := d.(*ast.FuncDecl)
		if !ok || method.Recv == nil || method.Name.Name != "effect" {
			continue
		}
		found++
		if name := method.Recv.List[0].Type.(*ast.Ident).Name; !walked[name] {
			t.Errorf("effect %s is not walked", name)
		}
	}
	if found < 30 {
		t.Errorf("found only %d effects", found)
	}
}

func TestWhatCanBeDoneOnceIsTakenTheSecondTime(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}, standing.SetCodes{Set: aCodeSet(), At: noon},
			standing.OpenSession{Session: aSession("s")}, standing.OpenChallenge{Challenge: aChallenge("c")},
			standing.SaveMailCode{MailCode: aMailCode("m")}, standing.SaveSetUp{SetUp: aSetUp("s")},
			standing.SaveLink{Link: aLink("l", standing.ForReset)}, standing.SetPass{Pass: aPass()},
			standing.Remember{Device: aRemembered("laptop")}, standing.AddRequest{Request: aRequest()})
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		for _, once := range []standing.Effect{
			standing.SpendStep{ID: "phone", Step: 8, At: noon},
			standing.SpendCode{ID: "code-1", At: noon},
			standing.CloseChallenge{ID: hash("c")},
			standing.TurnToken{ID: hash("laptop"), From: hash("laptop 1"), To: hash("laptop 2"), At: noon},
			standing.UseMailCode{ID: "m"},
			standing.DropSetUp{Session: hash("s")},
			standing.UseLink{ID: hash("l")},
			standing.RaiseSession{Old: hash("s"), Session: aSession("raised")},
			standing.SpendPass{ID: aPass().ID},
			standing.SetRole{From: org.Administrator, To: org.Employee},
			standing.SetRequest{From: standing.Asked, Request: answered()},
			standing.NeedColleague{Member: "bea"},
		} {
			if err := tryApply(t, s, once); err != nil {
				t.Errorf("%T: %v", once, err)
			}
			// What stands beside it must not be saved.
			if err := tryApply(t, s, standing.SetLanguage{Language: org.Dutch}, once); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%T a second time: %v", once, err)
			}
		}
		if st := anasStanding(t, s); st.Member.Language != org.English {
			t.Error("a change was saved with an effect that came too late")
		}
	})
}

func TestOnlyALaterTimeStepCanBeSpent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}) // step 7 is spent
		for _, c := range []struct {
			step uint64
			ok   bool
		}{{6, false}, {7, false}, {8, true}, {8, false}, {7, false}, {9, true}} {
			err := tryApply(t, s, standing.SpendStep{ID: "phone", Step: c.step, At: noon})
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, standing.ErrTaken) {
				t.Errorf("step %d: %v", c.step, err)
			}
		}
	})
}

func TestNobodySavesForAnotherMember(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bob", org.Employee), standing.Decision{}))
		apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")},
			standing.OpenSession{Session: aSession("s")}, standing.OpenChallenge{Challenge: aChallenge("c")},
			standing.SaveLink{Link: aLink("l", standing.ForReset)}, standing.SaveSetUp{SetUp: aSetUp("s")},
			standing.Remember{Device: aRemembered("laptop")})
		for _, e := range []standing.Effect{
			standing.OpenSession{Session: aSession("x")}, standing.OpenChallenge{Challenge: aChallenge("x")},
			standing.SaveMailCode{MailCode: aMailCode("x")}, standing.SaveSetUp{SetUp: aSetUp("x")},
			standing.SaveLink{Link: aLink("x", standing.ForReset)}, standing.KnowDevice{Device: session.Device{ID: "x", Member: "ana"}},
			standing.Remember{Device: aRemembered("x")}, standing.TurnToken{ID: hash("laptop"), From: hash("laptop 1"), To: hash("x"), At: noon},
			standing.SpendStep{ID: "phone", Step: 9, At: noon}, standing.CloseChallenge{ID: hash("c")},
			standing.UseLink{ID: hash("l")}, standing.DropSetUp{Session: hash("s")},
			standing.RaiseSession{Old: hash("s"), Session: aSession("x")},
		} {
			err := s.Update(t.Context(), "bob", func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{e}}, nil
			})
			if err == nil {
				t.Errorf("bob saves ana's %T", e)
			}
		}
	})
}

func TestAnEffectThatNobodyKnowsIsAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		if err := tryApply(t, s, struct{ standing.Effect }{}); err == nil || errors.Is(err, standing.ErrTaken) {
			t.Errorf("error %v", err)
		}
	})
}

func TestARaisedSessionTakesItsSetUpAndItsMailedCodesAlong(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		code := aMailCode("m")
		code.Bound = hash("s")
		apply(t, s, standing.OpenSession{Session: aSession("s")}, standing.SaveSetUp{SetUp: aSetUp("s")}, standing.SaveMailCode{MailCode: code})
		apply(t, s, standing.RaiseSession{Old: hash("s"), Session: aSession("raised")})
		want := aSetUp("raised")
		if got, err := s.SetUp(t.Context(), hash("raised")); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("the set-up: %+v %v", got, err)
		}
		if got, err := s.MailCode(t.Context(), standing.ForSignIn, hash("raised")); err != nil || got.ID != "m" || got.Code != code.Code {
			t.Errorf("the mailed code: %+v %v", got, err)
		}
	})
}

func TestNothingIsSavedInASessionThatHasEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.OpenSession{Session: aSession("s")}, standing.NeedSession{ID: hash("s")})
		err := tryApply(t, s, standing.SetLanguage{Language: org.Dutch}, standing.NeedSession{ID: hash("ended")})
		if st := anasStanding(t, s); !errors.Is(err, standing.ErrTaken) || st.Member.Language == org.Dutch {
			t.Errorf("%v, and the language is %q", err, st.Member.Language)
		}
	})
}

func TestWhoeverIsInvitedAgainBeginsAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		must(t, s.AddTeam(t.Context(), org.Team{ID: "ovens", Organisation: "bakery", Name: "Ovens"}))
		must(t, s.AddSupervisor(t.Context(), "ovens", "ana"))
		fresh := anasStanding(t, s)
		reinvite := standing.Reinvite{Name: "Ana", Role: org.Employee, Team: "ovens", Language: org.Dutch}
		if err := tryApply(t, s, reinvite); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("whoever was not deactivated: %v", err)
		}
		choosing := aChallenge("choosing")
		choosing.Member, choosing.Candidates = "", []org.MemberID{"ana", "bob"}
		must(t, s.StartChallenge(t.Context(), choosing))
		apply(t, s, standing.Deactivate{},
			standing.SetStatus{Status: standing.Frozen, At: noon}, standing.SetPassword{Password: standing.Password{Hash: "h", Set: noon, ByMail: true, Long: true, Ended: true}},
			standing.SetMFA{Since: noon}, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}, standing.SetCodes{Set: aCodeSet(), At: noon},
			standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "b@x.example", Confirmed: noon, UsableFrom: noon}},
			standing.MarkProved{At: noon}, standing.CountWrongCode{}, standing.NoteObjection{Objection: standing.Objection{Address: "one@x.example", At: noon}},
			standing.SetSuspension{Suspension: aSuspension()}, standing.SetPass{Pass: aPass()},
			standing.OpenSession{Session: aSession("s")}, standing.OpenChallenge{Challenge: aChallenge("c")}, standing.SaveMailCode{MailCode: aMailCode("m")},
			standing.SaveSetUp{SetUp: aSetUp("s")}, standing.SaveLink{Link: aLink("l", standing.ForObjection)}, standing.Remember{Device: aRemembered("laptop")},
			standing.KnowDevice{Device: session.Device{ID: hash("device"), Member: "ana", Created: noon, Expires: noon.Add(time.Hour)}})
		apply(t, s, reinvite)
		want := fresh
		want.Member.State, want.Member.Name, want.Member.Stored, want.Member.Supervises = org.Invited, "Ana", org.Employee, false
		want.Member.Team, want.Member.Language = "ovens", org.Dutch
		if got := anasStanding(t, s); !reflect.DeepEqual(got.Member, want.Member) || !reflect.DeepEqual(withoutMails(got), withoutMails(want)) {
			t.Errorf("is\n%+v\nwant\n%+v", got, want)
		}
		for _, table := range []string{"authenticators", "backup_codes", "sessions", "devices", "remembered", "challenges", "mail_codes", "set_ups", "links", "team_supervisors"} {
			var left int
			must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&left))
			if left != 0 {
				t.Errorf("%d are left in %s", left, table)
			}
		}
	})
}

// withoutMails leaves out the mails of the last hour: what wrongly went too often
// before still does.
func withoutMails(st standing.Standing) standing.Standing {
	st.Mails = nil
	return st
}
