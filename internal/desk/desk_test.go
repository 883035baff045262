package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// claimant is an administrator with a case in a state, taken by sam, approved first by
// sam and picked for ida.
func claimant(state standing.CaseState) standing.Standing {
	s := standing.Standing{
		Member:         org.Member{ID: "ann", Organisation: "bakery", Email: "ann@bakery.example", Phone: "030", Name: "Ann", State: org.Active, Stored: org.Administrator},
		Organisation:   org.Organisation{ID: "bakery", Kind: org.Customer},
		Password:       standing.Password{Set: noon.Add(-1000 * time.Hour), Long: true},
		MFASince:       noon.Add(-900 * time.Hour),
		Authenticators: []factor.Authenticator{{ID: "phone"}},
		Status:         standing.Settled, Desk: true, PhoneSince: noon.Add(-1000 * time.Hour),
		Pass: standing.Pass{ID: "waits", Given: noon.Add(-48 * time.Hour), From: noon.Add(-time.Hour), Expires: noon.Add(24 * time.Hour)},
	}
	if state == "" {
		return s
	}
	s.Case = standing.Case{
		ID: "case", Number: "2026-0042", Member: "ann", State: state, Created: noon.Add(-72 * time.Hour), Heard: noon.Add(-time.Hour), Pin: "123456", Agent: "sam",
		Opens: noon.Add(-time.Hour), PickedAt: noon.Add(-time.Hour), Destroy: noon,
	}
	if state != standing.CaseOpen {
		s.Case.First, s.Case.Second = "sam", "ida"
	}
	for _, who := range []org.MemberID{"sam", "ida"} {
		for _, item := range Items {
			s.Case.Checked = append(s.Case.Checked, standing.Check{Item: item, How: "seen", By: who})
		}
	}
	return s
}

// by is somebody of the desk who has just proved MFA.
func by(id org.MemberID, role org.Role) standing.Giver {
	return standing.Colleague{
		Viewer: standing.Viewer{
			Member:       org.Member{ID: id, Organisation: "desk", Name: string(id), Email: org.Email(id) + "@desk.example", State: org.Active, Stored: role},
			Organisation: org.Organisation{ID: "desk", Kind: org.Desk}, MFASince: noon.Add(-900 * time.Hour), Status: standing.Settled,
		},
		Session: session.Session{ID: "here", Member: id, CameBy: session.ByFactor, Reach: session.Everything, PasswordProved: noon, FactorProved: noon, PowersFrom: noon},
	}.Gives()
}

// step is one with all that it needs, taken by whoever takes it in a state.
func step(kind StepKind, state standing.CaseState) Step {
	st := Step{
		Kind: kind, Entry: standing.Entry{Text: "words"}, Browser: "browser", Evidence: standing.Evidence{Kind: standing.Selfie}, Pages: [][]byte{{1}},
		Have: Needed, To: "ida", Checks: []standing.Check{{Item: "face", How: "looked"}}, Pass: standing.Pass{ID: "halves"}, Half: "ACDEFGH346",
		Verified: NumberOnFile, Zone: time.UTC, Keep: 7 * 24 * time.Hour, NewPin: standing.Case{Pin: "654321"},
		Agents: []standing.Agent{{ID: "sam"}, {ID: "joe", Own: true}, {ID: "ida"}, {ID: "kim"}},
		Case:   standing.Case{ID: "new", Number: "2026-0043", Begun: standing.ByChat},
	}
	switch kind {
	case Open, Return, Write, Bring, Turned, Withdraw, Abandon, Destroy:
	case Release:
		st.By, st.Verified = by("lea", org.Lead), ladder.ByCall
	case Pick:
		st.By = by("lea", org.Lead)
	default:
		st.By = by("sam", org.Agent)
		if state == standing.CaseSecond {
			st.By = by("ida", org.Agent)
		}
		if state == standing.CaseFrozen || state == standing.CaseWaiting || state == standing.CaseHanded {
			if kind == Reject {
				st.By = by("lea", org.Lead)
			}
		}
	}
	return st
}

func TestEveryStepInEveryStateIsAllowedOrRefusedAsListed(t *testing.T) {
	const no = ""
	// In the order of States: none, open, second, waiting, handed, frozen, done, rejected, abandoned, withdrawn.
	same := func(from, to int) [10]standing.CaseState {
		var row [10]standing.CaseState
		for i := range row {
			if i >= from && i <= to {
				row[i] = States[i]
			}
		}
		return row
	}
	all := func(to standing.CaseState, from ...int) [10]standing.CaseState {
		var row [10]standing.CaseState
		for _, i := range from {
			row[i] = to
		}
		return row
	}
	open, second, waiting := standing.CaseOpen, standing.CaseSecond, standing.CaseWaiting
	table := map[StepKind][10]standing.CaseState{
		Open:     all(open, 0, 6, 7, 8, 9),
		Return:   same(1, 9),
		Write:    same(1, 5),
		Bring:    same(1, 1),
		Turned:   same(1, 1),
		Withdraw: all(standing.CaseWithdrawn, 1, 2, 3, 4, 5),
		See:      same(1, 9),
		Take:     {no, open, no, no, no, standing.CaseFrozen},
		HandOn:   same(1, 1),
		Say:      same(1, 5),
		Note:     same(1, 9),
		Call:     same(1, 5),
		View:     same(1, 5),
		Tick:     same(1, 2),
		AskMore:  all(open, 1, 2),
		Approve:  all(second, 1),
		Confirm:  all(waiting, 2),
		Reject:   all(standing.CaseRejected, 1, 2, 3, 4, 5),
		Hand:     all(standing.CaseHanded, 3, 4),
		Release:  all(open, 5),
		Pick:     all(second, 2),
		Abandon:  all(standing.CaseAbandoned, 1, 2, 3, 4, 5),
		Destroy:  same(6, 9),
	}
	if len(table) != len(Steps) {
		t.Fatalf("the table has %d steps, the desk %d", len(table), len(Steps))
	}
	for kind, row := range table {
		for i, state := range States {
			s := claimant(state)
			if kind == Abandon {
				s.Case.Heard, s.Pass.Expires = noon.Add(-Quiet), noon
			}
			d, err := Decide(s, step(kind, state), noon)
			got := state
			for _, e := range d.Effects {
				switch e := e.(type) {
				case standing.SetCase:
					if e.From != state {
						t.Errorf("%s from %q is saved from %q", kind, state, e.From)
					}
					got = e.Case.State
				case standing.AddCase:
					got = e.Case.State
				}
			}
			if err != nil {
				got = no
			}
			if got != row[i] {
				t.Errorf("%s from %q leads to %q, want %q: %v", kind, state, got, row[i], err)
			}
		}
	}
}

func TestWhoMayNotAndWhy(t *testing.T) {
	type change = func(*standing.Standing, *Step)
	agent := func(f func(*standing.Colleague)) change { return func(_ *standing.Standing, st *Step) { f(st.By.As) } }
	for _, c := range []struct {
		name   string
		kind   StepKind
		state  standing.CaseState
		change change
		want   ladder.Reason
	}{
		{"an employee opens a case", Open, "", func(s *standing.Standing, _ *Step) { s.Member.Stored = org.Employee }, ladder.NotForRole},
		{"there is no desk", Open, "", func(s *standing.Standing, _ *Step) { s.Desk = false }, ladder.OperatorOnly},
		{"MFA is off", Open, "", func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, ladder.MFAIsOff},
		{"somebody objected", Open, "", func(s *standing.Standing, _ *Step) { s.Status = standing.Frozen }, ladder.FrozenNow},
		{"the password came by mail", Open, "", func(s *standing.Standing, _ *Step) { s.Password.Set, s.Password.ByMail = noon.Add(-time.Hour), true }, ladder.PasswordByMail},
		{"somebody who was deactivated", Open, "", func(s *standing.Standing, _ *Step) { s.Member.State = org.Deactivated }, ladder.NotActive},
		{"no words", Write, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Entry = standing.Entry{} }, NoWords},
		{"too many words", Write, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Written = MaxEntries }, TooMuch},
		{"too many files", Bring, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Files = MaxFiles }, TooMuch},
		{"too many files that are no good", Turned, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Files = MaxFiles }, TooMuch},

		{"nobody in particular looks", See, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.By = standing.Giver{} }, ladder.Unknown},
		{"an administrator of a customer looks", See, standing.CaseOpen, agent(func(c *standing.Colleague) { c.Organisation.Kind = org.Customer }), ladder.Unknown},
		{"an agent without MFA looks", See, standing.CaseOpen, agent(func(c *standing.Colleague) { c.MFASince = time.Time{} }), ladder.Unknown},
		{"an agent who was deactivated looks", See, standing.CaseOpen, agent(func(c *standing.Colleague) { c.Member.State = org.Deactivated }), ladder.Unknown},
		{"an agent who came by a backup looks", See, standing.CaseOpen, agent(func(c *standing.Colleague) {
			c.Session.CameBy, c.Session.FactorProved = session.ByBackupCode, time.Time{}
		}), ladder.CameByBackup},
		{"an agent of the same organisation takes it", Take, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Foreign = true }, OwnColleague},
		{"an agent with the claimant's address looks at a face", View, standing.CaseOpen, func(s *standing.Standing, _ *Step) { s.BackupEmail.Address = "sam@desk.example" }, OwnColleague},
		{"an agent of the same organisation answers", Say, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Foreign = true }, OwnColleague},
		{"it is handed on to one of the same organisation", HandOn, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.To = "joe" }, ladder.Unknown},
		{"it is handed on to nobody of the desk", HandOn, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.To = "ann" }, ladder.Unknown},
		{"another agent ticks", Tick, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.By = by("kim", org.Agent) }, NotTaken},
		{"the first agent ticks for the second", Tick, standing.CaseSecond, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, NotTaken},
		{"a check that there is none of", Tick, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Checks[0].Item = "shoe size" }, ladder.Unknown},
		{"a check without how", Tick, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Checks[0].How = "" }, NoWords},
		{"evidence is missing", Approve, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Have = Needed[:2] }, EvidenceLacks},
		{"a row is not ticked", Approve, standing.CaseOpen, func(s *standing.Standing, _ *Step) { s.Case.Checked = s.Case.Checked[1:] }, Unchecked},
		{"the second ticked nothing", Confirm, standing.CaseSecond, func(s *standing.Standing, _ *Step) { s.Case.Checked = s.Case.Checked[:len(Items)] }, Unchecked},
		{"there is nobody else", Approve, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Agents = st.Agents[:2] }, NoSecond},
		{"an old proof", Approve, standing.CaseOpen, agent(func(c *standing.Colleague) { c.Session.FactorProved = noon.Add(-6 * time.Minute) }), ladder.StaleProof},
		{"a new authenticator", Approve, standing.CaseOpen, agent(func(c *standing.Colleague) { c.Session.PowersFrom = noon.Add(time.Hour) }), ladder.FactorTooNew},
		{"whoever has not taken it approves", Approve, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.By = by("ida", org.Agent) }, NotTaken},
		{"the first approves again", Confirm, standing.CaseSecond, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, ladder.GaveItYourself},
		{"another approves as second", Confirm, standing.CaseSecond, func(s *standing.Standing, st *Step) {
			st.By = by("kim", org.Agent)
			for _, item := range Items {
				s.Case.Checked = append(s.Case.Checked, standing.Check{Item: item, How: "x", By: "kim"})
			}
		}, ladder.NotYours},
		{"an agent rejects what waits", Reject, standing.CaseWaiting, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, ladder.NotForRole},
		{"an agent rejects what is stopped", Reject, standing.CaseFrozen, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, ladder.NotForRole},
		{"it is rejected without a reason", Reject, standing.CaseOpen, func(_ *standing.Standing, st *Step) { st.Entry = standing.Entry{} }, NoWords},
		{"an agent releases", Release, standing.CaseFrozen, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, ladder.NotForRole},
		{"another agent hands over", Hand, standing.CaseWaiting, func(_ *standing.Standing, st *Step) { st.By = by("kim", org.Agent) }, ladder.NotYours},
		{"the halves go nowhere in particular", Hand, standing.CaseWaiting, func(_ *standing.Standing, st *Step) { st.Verified = "" }, ladder.NotVerified},
		{"the second half goes by mail too", Hand, standing.CaseWaiting, func(_ *standing.Standing, st *Step) { st.Verified = "mail" }, ladder.NotVerified},
		{"a new number", Hand, standing.CaseWaiting, func(s *standing.Standing, _ *Step) { s.PhoneSince = noon.Add(-FileTime + time.Second) }, ladder.PhoneTooNew},
		{"a number of 30 days", Hand, standing.CaseWaiting, func(s *standing.Standing, _ *Step) { s.PhoneSince = noon.Add(-FileTime) }, ""},
		{"no number", Hand, standing.CaseWaiting, func(s *standing.Standing, _ *Step) { s.Member.Phone = "" }, ladder.NoPhone},
		{"no number, but that of the register", Hand, standing.CaseWaiting, func(s *standing.Standing, st *Step) { s.Member.Phone, st.Verified = "", RegisterNumber }, ""},
		{"while one can object", Hand, standing.CaseWaiting, func(s *standing.Standing, _ *Step) { s.Pass.From = noon.Add(time.Second) }, ladder.NotWaiting},
		{"the program picks another second too early", Pick, standing.CaseSecond, func(s *standing.Standing, st *Step) {
			st.By, s.Case.PickedAt = standing.Giver{}, noon.Add(-SecondTime+time.Second)
		}, NotOverdue},
		{"the program picks another second", Pick, standing.CaseSecond, func(s *standing.Standing, st *Step) { st.By, s.Case.PickedAt = standing.Giver{}, noon.Add(-SecondTime) }, ""},
		{"an agent picks another second", Pick, standing.CaseSecond, func(_ *standing.Standing, st *Step) { st.By = by("sam", org.Agent) }, ladder.NotForRole},
		{"heard of just now", Abandon, standing.CaseOpen, func(s *standing.Standing, _ *Step) { s.Case.Heard = noon.Add(-Quiet + time.Second) }, NotOverdue},
		{"its pass is open yet", Abandon, standing.CaseHanded, func(s *standing.Standing, _ *Step) { s.Case.Heard = noon.Add(-2 * Quiet) }, NotOverdue},
		{"destroyed too early", Destroy, standing.CaseDone, func(s *standing.Standing, _ *Step) { s.Case.Since, s.Case.Destroy = noon, noon.Add(time.Second) }, NotOverdue},
		{"destroyed where nothing is kept", Destroy, standing.CaseDone, func(s *standing.Standing, st *Step) {
			s.Case.Destroy, s.Case.Since, st.Keep = noon.Add(time.Hour), noon, 0
		}, ""},
		{"destroyed twice", Destroy, standing.CaseDone, func(s *standing.Standing, _ *Step) { s.Case.Destroyed = noon }, NotOverdue},
	} {
		s, st := claimant(c.state), step(c.kind, c.state)
		if c.kind == Abandon {
			s.Case.Heard = noon.Add(-Quiet)
		}
		c.change(&s, &st)
		_, err := Decide(s, st, noon)
		refusal, refused := errors.AsType[*ladder.Refusal](err)
		if refused != (c.want != "") || refused && refusal.Reason != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTheQueueAndNotTheFirstAgentPicksTheSecond(t *testing.T) {
	picked := func(agents ...standing.Agent) org.MemberID {
		st := step(Approve, standing.CaseOpen)
		st.Agents, st.To = agents, "kim"
		d, err := Decide(claimant(standing.CaseOpen), st, noon)
		if err != nil {
			t.Fatal(err)
		}
		return d.Effects[0].(standing.SetCase).Case.Second
	}
	if got := picked(standing.Agent{ID: "sam"}, standing.Agent{ID: "joe", Own: true}, standing.Agent{ID: "bob", Email: "ann@bakery.example"}, standing.Agent{ID: "ida"}, standing.Agent{ID: "kim"}); got != "ida" {
		t.Errorf("%s is picked", got)
	}
	s := claimant(standing.CaseSecond)
	d, err := Decide(s, step(Pick, standing.CaseSecond), noon)
	if err != nil || d.Effects[0].(standing.SetCase).Case.Second != "kim" {
		t.Errorf("after ida comes %+v, %v", d.Effects, err)
	}
}

func TestAThirdWrongPinGivesTheCaseAnother(t *testing.T) {
	s := claimant(standing.CaseOpen)
	call := func(right bool) string {
		st := step(Call, standing.CaseOpen)
		st.PinRight = right
		d, err := Decide(s, st, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Effects {
			if set, ok := e.(standing.SetCase); ok {
				s.Case = set.Case
			}
			if add, ok := e.(standing.AddEntry); ok && (!add.Entry.Inner() || !strings.HasSuffix(add.Entry.Text, ": words")) {
				t.Errorf("a call is %+v", add.Entry)
			}
		}
		return d.Events[0].Facts["pin"]
	}
	var said []string
	for _, right := range []bool{false, false, true, false, false, false} {
		said = append(said, call(right))
	}
	if want := []string{"wrong", "wrong", "right", "wrong", "wrong", "wrong-new"}; !slices.Equal(said, want) || !s.Case.Pin.Equal("654 321") {
		t.Errorf("%v, then %+v", said, s.Case)
	}
}

// TestEveryGrantTracesToTwoPeopleAReasonAndAMessage looks at what each weighty step
// leaves behind.
func TestEveryGrantTracesToTwoPeopleAReasonAndAMessage(t *testing.T) {
	for kind, state := range map[StepKind]standing.CaseState{
		Open: "", Confirm: standing.CaseSecond, Hand: standing.CaseWaiting, Reject: standing.CaseOpen, Withdraw: standing.CaseOpen, Destroy: standing.CaseDone,
	} {
		st := step(kind, state)
		st.Helpers = []standing.Helper{{ID: "bea", Name: "Bea", Email: "bea@bakery.example", Language: org.Dutch, Role: org.Administrator}}
		d, err := Decide(claimant(state), st, noon)
		if err != nil {
			t.Fatal(kind, err)
		}
		var to []string
		for _, m := range d.Notices {
			to = append(to, string(m.To))
			if m.Facts.Code != "" != (m.Kind == notice.CasePass) {
				t.Errorf("%s: %s carries half a pass", kind, m.Kind)
			}
			if kind != Open && m.Facts.Link != "" {
				t.Errorf("%s: %s carries a link", kind, m.Kind)
			}
		}
		if len(d.Events) == 0 || !slices.Contains(to, "ann@bakery.example") {
			t.Errorf("%s: events %v, told %v", kind, d.Events, to)
		}
		if told := kind == Open || kind == Confirm || kind == Hand; told != slices.Contains(to, "bea@bakery.example") {
			t.Errorf("%s: the other administrator is told: %v", kind, to)
		}
		if kind == Confirm {
			facts := fmt.Sprint(d.Events)
			if !strings.Contains(facts, "first:sam") || !strings.Contains(facts, "second:ida") {
				t.Errorf("the grant does not name both: %s", facts)
			}
		}
	}
}

func TestOtherEvidenceMakesWhatWasTickedVoid(t *testing.T) {
	d, err := Decide(claimant(standing.CaseOpen), step(Bring, standing.CaseOpen), noon)
	if err != nil {
		t.Fatal(err)
	}
	s := claimant(standing.CaseOpen)
	for _, e := range d.Effects {
		if set, ok := e.(standing.SetCase); ok {
			s.Case = set.Case
		}
	}
	_, err = Decide(s, step(Approve, standing.CaseOpen), noon)
	if refusal, ok := errors.AsType[*ladder.Refusal](err); !ok || refusal.Reason != Unchecked {
		t.Errorf("approved after the evidence was changed: %v", err)
	}
}

func TestAClaimantWhoWaitsIsMailedOnce(t *testing.T) {
	for asked, want := range map[time.Time]int{{}: 0, noon.Add(-time.Minute): 1} {
		s := claimant(standing.CaseOpen)
		s.Case.Asked = asked
		d, err := Decide(s, step(Say, standing.CaseOpen), noon)
		if err != nil || len(d.Notices) != want {
			t.Errorf("waiting since %v: %d mails, %v", asked, len(d.Notices), err)
		}
	}
}

func TestEvidenceIsKeptNoLongerThanMay(t *testing.T) {
	for keep, want := range map[time.Duration]time.Duration{0: 0, 7 * 24 * time.Hour: 7 * 24 * time.Hour, 90 * 24 * time.Hour: ladder.MostEvidence, -time.Hour: 0} {
		st := step(Withdraw, standing.CaseOpen)
		st.Keep = keep
		d, err := Decide(claimant(standing.CaseOpen), st, noon)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Effects[0].(standing.SetCase).Case.Destroy; !got.Equal(noon.Add(want)) {
			t.Errorf("kept for %v: until %v", keep, got)
		}
	}
}

func TestAnObjectionMakesApprovalsVoid(t *testing.T) {
	s := claimant(standing.CaseWaiting)
	d, err := ladder.Decide(s, ladder.Step{Kind: ladder.Object, Address: "ann@bakery.example"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.Effects {
		switch e := e.(type) {
		case standing.SetCase:
			s.Case = e.Case
		case standing.SetStatus:
			s.Status = e.Status
		case standing.SetPass:
			s.Pass = e.Pass
		}
	}
	if _, err := Decide(s, step(Hand, standing.CaseWaiting), noon); err == nil {
		t.Error("half a pass is handed over after an objection")
	}
	d, err = Decide(s, step(Release, standing.CaseFrozen), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.Effects {
		switch e := e.(type) {
		case standing.SetCase:
			s.Case = e.Case
		case standing.SetStatus:
			s.Status = e.Status
		}
	}
	if s.Case.State != standing.CaseOpen || s.Case.First != "" || s.Case.Second != "" || s.Status == standing.Frozen {
		t.Errorf("released: %+v, %s", s.Case, s.Status)
	}
}
