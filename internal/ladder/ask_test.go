package ladder

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

const rightCode = factor.MatchingCode("ACD346")

// asking is eva, an employee whose supervisor is sam, with one request that waits.
func asking() standing.Standing {
	s := withMFA()
	s.Member.Organisation, s.Member.Team, s.Organisation.ID = "here", "bread", "here"
	s.Suspension, s.Pass = standing.Suspension{}, standing.Pass{}
	s.Requests = []standing.Request{aRequest()}
	return s
}

func aRequest() standing.Request {
	return standing.Request{
		ID: "req", Browser: "asker", Code: rightCode, State: standing.Asked,
		Created: noon.Add(-time.Hour), Expires: noon.Add(23 * time.Hour),
	}
}

// approvedWith is eva's request after it was answered, with what answered it.
func approvedWith(given standing.Given) standing.Standing {
	s := asking()
	r := &s.Requests[0]
	r.State, r.Given, r.Answered, r.By, r.Opens = standing.Approved, given, noon.Add(-time.Minute), "sam", noon.Add(-time.Minute)
	by := audit.Actor{Kind: audit.Member, Member: "sam"}
	if given == standing.GivenPass {
		s.Pass = standing.Pass{ID: "pass", Given: r.Answered, Expires: r.Expires, By: by, Browser: "asker"}
	} else {
		s.Suspension = standing.Suspension{Since: r.Answered, Until: noon.Add(24 * time.Hour), By: by, Browser: "asker"}
	}
	return s
}

// waitingPass is ann, an administrator, to whose pass there is time to object.
func waitingPass() standing.Standing {
	s := approvedWith(standing.GivenPass)
	s.Member.Stored = org.Administrator
	s.Pass.By.Member, s.Pass.From, s.Pass.Expires = "bob", noon.Add(24*time.Hour), noon.Add(96*time.Hour)
	s.Requests[0].By, s.Requests[0].Opens, s.Requests[0].Expires = "bob", s.Pass.From, s.Pass.Expires
	return s
}

// answer is a step by a colleague in a role about eva's request.
func answer(kind StepKind, by org.Role) Step {
	st := step(kind)
	who := colleague(by)
	st.By, st.Zone, st.Link = who.Gives(), time.UTC, ""
	st.Request, st.Matching = standing.Request{ID: "req"}, rightCode
	st.Helpers = []standing.Helper{{ID: "sam", Role: org.Supervisor, Email: "sam@korenaar.example"}, {ID: "ann", Role: org.Administrator, Email: "ann@korenaar.example"}}
	return st
}

// ready returns a standing in which a step is allowed, and the step.
func ready(kind StepKind) (standing.Standing, Step) {
	st := answer(kind, org.Administrator)
	switch kind {
	case AskHelp:
		s := asking()
		s.Requests = nil
		st.Request, st.Browser = standing.Request{ID: "new", Browser: "asker", Code: rightCode}, "asker"
		return s, st
	case WithdrawHelp:
		st.Browser = "asker"
		return asking(), st
	case RefuseHelp, Mistype:
		return asking(), st
	case CarryOn:
		st.Browser = "asker"
		return approvedWith(standing.GivenSuspension), st
	case Agree, Stop:
		return waitingPass(), st
	case GrantPass, HandPass:
		return atTheDesk(kind)
	}
	return withMFA(), step(kind)
}

// atTheDesk returns an administrator whose case a second agent may approve, or whose
// halves may be handed over, and the step.
func atTheDesk(kind StepKind) (standing.Standing, Step) {
	s, who := withMFA(), colleague(org.Agent)
	s.Member.Stored, s.Desk = org.Administrator, true
	s.Member.Organisation, s.Organisation.ID = "bakery", "bakery"
	who.Organisation.ID, who.Member.Organisation, who.Member.Email = "desk", "desk", "sam@desk.example"
	s.Case = standing.Case{ID: "case", Number: "2026-0042", State: standing.CaseSecond, First: "ida", Second: "sam"}
	if kind == HandPass {
		s.Case.State, s.Case.Opens = standing.CaseWaiting, noon.Add(-time.Hour)
		s.Pass.From = noon.Add(-time.Hour)
	}
	st := step(kind)
	st.By, st.Zone, st.Pass, st.Half, st.Link = who.Gives(), time.UTC, standing.Pass{ID: "halves"}, "ACDEFGH346", ""
	return s, st
}

func changedRequest(d standing.Decision, id string) (standing.Request, bool) {
	var r standing.Request
	found := false
	for _, e := range d.Effects {
		if set, ok := e.(standing.SetRequest); ok && set.Request.ID == id {
			r, found = set.Request, true
		}
	}
	return r, found
}

func TestWhoMayAskAndHowOften(t *testing.T) {
	made := func(n int, known bool, state standing.RequestState, ago time.Duration) []standing.Request {
		var list []standing.Request
		for i := range n {
			list = append(list, standing.Request{
				ID: "r" + string(rune('a'+i)), Browser: session.Hash("b" + string(rune('a'+i))), State: state, Known: known,
				Created: noon.Add(-ago), Expires: noon.Add(standing.RequestLifetime - ago),
			})
		}
		return list
	}
	hour := time.Hour
	for _, c := range []struct {
		name   string
		change func(*standing.Standing, *Step)
		want   Reason
	}{
		{"a first one", nil, ""},
		{"MFA off", func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, MFAIsOff},
		{"frozen", func(s *standing.Standing, _ *Step) { s.Status = standing.Frozen }, FrozenNow},
		{"invited", func(s *standing.Standing, _ *Step) { s.Member.State = org.Invited }, NotActive},
		{"nobody there", func(_ *standing.Standing, st *Step) { st.Helpers = nil }, NoHelper},
		{"only the member", func(_ *standing.Standing, st *Step) {
			st.Helpers = []standing.Helper{{ID: "eva", Role: org.Administrator}}
		}, NoHelper},
		{"only a supervisor", func(_ *standing.Standing, st *Step) { st.Helpers = st.Helpers[:1] }, ""},
		{"only a supervisor who may not", func(s *standing.Standing, st *Step) {
			st.Helpers, s.Organisation.Policy.SupervisorsBarred = st.Helpers[:1], true
		}, NoHelper},
		{"an administrator whose supervisor is there", func(s *standing.Standing, st *Step) {
			s.Member.Stored, st.Helpers = org.Administrator, st.Helpers[:1]
		}, NoHelper},
		{"an administrator and another", func(s *standing.Standing, _ *Step) { s.Member.Stored = org.Administrator }, ""},
		{"again in the same browser", func(s *standing.Standing, _ *Step) { s.Requests = []standing.Request{aRequest()} }, AlreadyAsked},
		{"again, its last second past", func(s *standing.Standing, _ *Step) {
			r := aRequest()
			r.Expires = noon
			s.Requests = []standing.Request{r}
		}, ""},
		{"again after it was refused", func(s *standing.Standing, _ *Step) {
			r := aRequest()
			r.State = standing.Refused
			s.Requests = []standing.Request{r}
		}, ""},
		{"with two more that live", func(s *standing.Standing, _ *Step) { s.Requests = made(2, false, standing.Asked, hour) }, ""},
		{"with three more that live", func(s *standing.Standing, _ *Step) { s.Requests = made(3, false, standing.Asked, hour) }, TooManyRequests},
		{"the same, in a known device", func(s *standing.Standing, st *Step) {
			s.Requests, st.Request.Known = made(3, false, standing.Asked, hour), true
		}, ""},
		{"three from known devices", func(s *standing.Standing, st *Step) {
			s.Requests, st.Request.Known = made(3, true, standing.Asked, hour), true
		}, TooManyRequests},
		{"three that were answered", func(s *standing.Standing, st *Step) {
			s.Requests, st.Request.Known = made(3, false, standing.Approved, hour), true
		}, TooManyRequests},
		{"five today", func(s *standing.Standing, _ *Step) { s.Requests = made(5, false, standing.Withdrawn, hour) }, ""},
		{"six today", func(s *standing.Standing, _ *Step) { s.Requests = made(6, false, standing.Withdrawn, hour) }, TooManyRequests},
		{"six in the last second of a day", func(s *standing.Standing, _ *Step) {
			s.Requests = made(6, false, standing.Withdrawn, 24*hour-time.Second)
		}, TooManyRequests},
		{"six a day ago", func(s *standing.Standing, _ *Step) { s.Requests = made(6, false, standing.Withdrawn, 24*hour) }, ""},
		{"six today by strangers, in a known device", func(s *standing.Standing, st *Step) {
			s.Requests, st.Request.Known = made(6, false, standing.Withdrawn, hour), true
		}, ""},
	} {
		s, st := ready(AskHelp)
		if c.change != nil {
			c.change(&s, &st)
		}
		if got := reasonOf(t, s, st); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestARequestTellsTheMemberAndThoseWhoCanHelpAndHidesItsCode(t *testing.T) {
	s, st := ready(AskHelp)
	st.Helpers = append(st.Helpers, standing.Helper{ID: "eva", Role: org.Administrator, Email: "eva@korenaar.example"})
	d, err := Decide(s, st, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := st.Request
	want.State, want.Created, want.Expires = standing.Asked, noon, noon.Add(24*time.Hour)
	if !hasEffect(d, standing.AddRequest{Request: want}) {
		t.Errorf("%+v", d.Effects)
	}
	told := make(map[notice.Kind][]org.Email)
	for _, m := range d.Notices {
		told[m.Kind] = append(told[m.Kind], m.To)
		if m.Facts.Code != "" {
			t.Error("a mail carries a code")
		}
	}
	if !reflect.DeepEqual(told, map[notice.Kind][]org.Email{
		notice.HelpAsked:          {"eva@korenaar.example", "eva@home.example"},
		notice.HelpAskedToHelpers: {"sam@korenaar.example", "ann@korenaar.example"},
	}) {
		t.Errorf("%v", told)
	}
}

func TestAStrangersRequestsGiveWayToOneFromAKnownDevice(t *testing.T) {
	s, st := ready(AskHelp)
	st.Request.Known = true
	for _, id := range []string{"newest", "older", "oldest"} {
		s.Requests = append(s.Requests, standing.Request{ID: id, Browser: session.Hash(id), State: standing.Asked, Created: noon, Expires: noon.Add(time.Hour)})
	}
	s.Requests[0].Known = true
	d, err := Decide(s, st, noon)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := changedRequest(d, "oldest"); !ok || r.State != standing.Withdrawn {
		t.Errorf("%+v", d.Effects)
	}
	if _, ok := changedRequest(d, "newest"); ok {
		t.Error("that of a known device gave way")
	}
}

func TestAnAnswerIsHeldToTheRequestAndItsCode(t *testing.T) {
	for _, kind := range []StepKind{Suspend, GivePass} {
		for _, c := range []struct {
			name   string
			by     org.Role
			change func(*standing.Standing, *Step)
			want   Reason
		}{
			{"by the supervisor", org.Supervisor, nil, ""},
			{"by an administrator", org.Administrator, nil, ""},
			{"not named, by the supervisor", org.Supervisor, func(_ *standing.Standing, st *Step) { st.Request.ID = "" }, RequestOpen},
			{"not named, by an administrator", org.Administrator, func(_ *standing.Standing, st *Step) { st.Request.ID = "" }, RequestOpen},
			{"not named and over, by an administrator", org.Administrator, func(s *standing.Standing, st *Step) {
				st.Request.ID, s.Requests[0].Expires = "", noon
			}, ""},
			{"not named and over, by the supervisor", org.Supervisor, func(s *standing.Standing, st *Step) {
				st.Request.ID, s.Requests[0].Expires = "", noon
			}, OnlyWhenAsked},
			{"not named and answered, by the supervisor", org.Supervisor, func(s *standing.Standing, st *Step) {
				st.Request.ID, s.Requests[0].State = "", standing.Approved
			}, OnlyWhenAsked},
			{"one that is not the member's", org.Administrator, func(_ *standing.Standing, st *Step) { st.Request.ID = "another" }, Unknown},
			{"a wrong code", org.Supervisor, func(_ *standing.Standing, st *Step) { st.Matching = "ACD347" }, WrongMatching},
			{"no code", org.Supervisor, func(_ *standing.Standing, st *Step) { st.Matching = "" }, WrongMatching},
			{"the code of another request", org.Administrator, func(s *standing.Standing, st *Step) {
				other := aRequest()
				other.ID, other.Browser, other.Code = "other", "elsewhere", "QRT349"
				s.Requests, st.Matching = append(s.Requests, other), other.Code
			}, WrongMatching},
			{"withdrawn", org.Supervisor, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Withdrawn }, OnlyWhenAsked},
			{"withdrawn, by an administrator", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Withdrawn }, RequestWithdrawn},
			{"refused", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Refused }, RequestAnswered},
			{"answered", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Approved }, RequestAnswered},
			{"done", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Done }, RequestAnswered},
			{"closed", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Closed }, RequestClosed},
			{"stopped", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].State = standing.Stopped }, FrozenNow},
			{"in its last second", org.Supervisor, func(s *standing.Standing, _ *Step) { s.Requests[0].Expires = noon.Add(time.Second) }, ""},
			{"a second later", org.Administrator, func(s *standing.Standing, _ *Step) { s.Requests[0].Expires = noon }, RequestExpired},
			{"out of the team since", org.Supervisor, func(s *standing.Standing, _ *Step) { s.Member.Team = "cake" }, Unknown},
			{"another organisation's", org.Administrator, func(s *standing.Standing, _ *Step) { s.Member.Organisation = "elsewhere" }, Unknown},
			{"oneself", org.Administrator, func(s *standing.Standing, _ *Step) { s.Member.ID = "sam" }, Yourself},
			{"a second account in the same browser", org.Administrator, func(_ *standing.Standing, st *Step) { st.Browser = "asker" }, SecondAccount},
			{"a second account with the backup e-mail", org.Administrator, func(s *standing.Standing, st *Step) {
				st.By.As.Member.Email = s.BackupEmail.Address
			}, SecondAccount},
		} {
			s, st := asking(), answer(kind, c.by)
			if c.change != nil {
				c.change(&s, &st)
			}
			if got := reasonOf(t, s, st); got != c.want {
				t.Errorf("%s, %s: %q, want %q", kind, c.name, got, c.want)
			}
		}
	}
}

func TestAnAnswerIsBoundToTheBrowserThatAskedAndEndsTheOtherRequests(t *testing.T) {
	s := asking()
	other := aRequest()
	other.ID, other.Browser = "other", "elsewhere"
	s.Requests = append(s.Requests, other)
	d, err := Decide(s, answer(Suspend, org.Supervisor), noon)
	if err != nil {
		t.Fatal(err)
	}
	until := noon.Add(24 * time.Hour)
	by := audit.Actor{Kind: audit.Member, Member: "sam"}
	if !hasEffect(d, standing.SetSuspension{Suspension: standing.Suspension{Since: noon, Until: until, By: by, Browser: "asker"}}) || hasEffect(d, standing.CloseChallenges{}) {
		t.Errorf("%+v", d.Effects)
	}
	if r, _ := changedRequest(d, "req"); r.State != standing.Approved || r.By != "sam" || r.Given != standing.GivenSuspension || r.Expires != until || r.Opens != noon {
		t.Errorf("%+v", r)
	}
	if r, _ := changedRequest(d, "other"); r.State != standing.Withdrawn {
		t.Errorf("%+v", r)
	}
	long := answer(Suspend, org.Supervisor)
	long.Suspension.Until = noon.Add(7 * 24 * time.Hour)
	if d, err = Decide(s, long, noon); err != nil {
		t.Fatal(err)
	}
	if r, _ := changedRequest(d, "req"); r.Expires != noon.Add(72*time.Hour) {
		t.Errorf("an answer waits until %s", r.Expires)
	}

	withLink := answer(GivePass, org.Supervisor)
	withLink.Link = "/enrolment-pass/token"
	if d, err = Decide(s, withLink, noon); err != nil {
		t.Fatal(err)
	}
	if !hasEffect(d, standing.SetPass{Pass: standing.Pass{ID: "pass", Given: noon, Expires: noon.Add(72 * time.Hour), By: by, Browser: "asker"}}) {
		t.Errorf("%+v", d.Effects)
	}
	for _, m := range d.Notices {
		if m.Facts.Link != "" || m.Kind == notice.EnrolmentPass {
			t.Errorf("a link is mailed with %s", m.Kind)
		}
	}
	for _, e := range d.Effects {
		if _, ok := e.(standing.SaveLink); ok {
			t.Error("a link would open the pass elsewhere")
		}
	}
}

func TestAnAdministratorsPassWaitsUntilItMayBeObjectedToNoLonger(t *testing.T) {
	s := asking()
	s.Member.Stored = org.Administrator
	d, err := Decide(s, answer(GivePass, org.Administrator), noon) // a Monday
	if err != nil {
		t.Fatal(err)
	}
	opens := WaitUntil(noon, org.RecoveryPolicy{}, time.UTC)
	if r, _ := changedRequest(d, "req"); r.Opens != opens || r.Expires != opens.Add(72*time.Hour) || !opens.After(noon.Add(24*time.Hour-1)) {
		t.Errorf("%+v", r)
	}
	if got := reasonOf(t, s, answer(Suspend, org.Administrator)); got != HigherRole {
		t.Errorf("an administrator's MFA is disabled: %q", got)
	}
}

func TestThreeWrongCodesCloseTheRequest(t *testing.T) {
	s := asking()
	for wrong := range factor.MatchingTries {
		s.Requests[0].Wrong = wrong
		d, err := Decide(s, answer(Mistype, org.Supervisor), noon)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := changedRequest(d, "req")
		closed := wrong == factor.MatchingTries-1
		if r.Wrong != wrong+1 || (r.State == standing.Closed) != closed || (len(d.Notices) > 0) != closed {
			t.Errorf("after %d: %+v, %d mails", wrong+1, r, len(d.Notices))
		}
	}
}

func TestWhatWasGivenOpensInItsBrowserAlone(t *testing.T) {
	pass, suspended := approvedWith(standing.GivenPass), approvedWith(standing.GivenSuspension)
	open := Step{Kind: OpenPass, Pass: standing.Pass{ID: "pass"}, Browser: "asker"}
	carry := Step{Kind: CarryOn, Request: standing.Request{ID: "req"}, Browser: "asker"}
	early, late, ended := pass, pass, suspended
	early.Pass.From = noon.Add(time.Second)
	late.Pass.Expires = noon
	ended.Suspension.Until = noon
	forced := suspended
	forced.Organisation.MFA.Forced = true
	done := approvedWith(standing.GivenSuspension)
	done.Requests[0].State = standing.Done
	elsewhere := func(st Step, browser session.Hash) Step { st.Browser = browser; return st }
	for _, c := range []struct {
		name string
		s    standing.Standing
		step Step
		want Reason
	}{
		{"the pass in its browser", pass, open, ""},
		{"the pass elsewhere", pass, elsewhere(open, "thief"), PassEnded},
		{"the pass nowhere", pass, elsewhere(open, ""), PassEnded},
		{"the pass a second before it opens", early, open, PassEnded},
		{"the pass as it ends", late, open, PassEnded},
		{"the suspension in its browser", suspended, carry, ""},
		{"the suspension elsewhere", suspended, elsewhere(carry, "thief"), Unknown},
		{"the suspension nowhere", suspended, elsewhere(carry, ""), Unknown},
		{"the suspension as it ends", ended, carry, NotSuspended},
		{"the suspension, forced since", forced, carry, NotSuspended},
		{"twice", done, carry, RequestExpired},
	} {
		if got := reasonOf(t, c.s, c.step); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for browser, want := range map[session.Hash]Ask{"asker": AskSuspended, "thief": AskMailedCode, "": AskMailedCode} {
		if got := SecondFactor(suspended, Browser{Asked: AskedIn(suspended, browser)}, noon); got != want {
			t.Errorf("%q: %s", browser, got)
		}
	}
}

func TestAProofAnywhereEndsEveryRequestAndOpensNothing(t *testing.T) {
	for _, kind := range []StepKind{ProveFactor, SpendBackupCode} {
		for name, s := range map[string]standing.Standing{
			"asked": asking(), "pass": approvedWith(standing.GivenPass), "waiting pass": waitingPass(), "suspension": approvedWith(standing.GivenSuspension),
		} {
			d, err := Decide(s, step(kind), noon)
			if err != nil {
				t.Fatal(err)
			}
			if r, _ := changedRequest(d, "req"); r.State != standing.Withdrawn {
				t.Errorf("%s, %s: %+v", kind, name, r)
			}
			for _, e := range d.Effects {
				if set, ok := e.(standing.SetPass); ok && set.Pass != (standing.Pass{}) {
					t.Errorf("%s, %s: a proof elsewhere opens %+v", kind, name, set.Pass)
				}
			}
			if hasEffect(d, standing.SetPass{}) != (s.Pass.ID != "") || hasEffect(d, standing.SetSuspension{}) != !s.Suspension.Until.IsZero() {
				t.Errorf("%s, %s: %+v", kind, name, d.Effects)
			}
		}
	}
	used := approvedWith(standing.GivenSuspension)
	used.Requests[0].State = standing.Done
	linked := withMFA() // given without a request: its link waits in the member's mailbox
	for name, s := range map[string]standing.Standing{"a suspension that is used": used, "what was given without a request": linked} {
		if d, err := Decide(s, step(ProveFactor), noon); err != nil || hasEffect(d, standing.SetSuspension{}) || hasEffect(d, standing.SetPass{}) {
			t.Errorf("%s: %+v, %v", name, d.Effects, err)
		}
	}
	// A code from the backup e-mail proves a mailbox only.
	if d, err := Decide(asking(), step(SpendMailCode), noon); err != nil || len(d.Effects) != 2 {
		t.Errorf("%+v, %v", d.Effects, err)
	}
}

func TestWithdrawingTakesBackWhatWasGiven(t *testing.T) {
	_, st := ready(WithdrawHelp)
	for _, s := range []standing.Standing{asking(), approvedWith(standing.GivenPass), approvedWith(standing.GivenSuspension)} {
		d, err := Decide(s, st, noon)
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := changedRequest(d, "req"); r.State != standing.Withdrawn || hasEffect(d, standing.SetPass{}) != (s.Pass.ID != "") || hasEffect(d, standing.SetSuspension{}) != !s.Suspension.Until.IsZero() {
			t.Errorf("%+v", d.Effects)
		}
	}
	st.Browser = "thief"
	if got := reasonOf(t, asking(), st); got != Unknown {
		t.Errorf("elsewhere: %q", got)
	}
}

func TestASecondAdministratorEndsTheTimeToObject(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*standing.Standing, *Step)
		want   Reason
	}{
		{"another administrator", nil, ""},
		{"the operator", func(_ *standing.Standing, st *Step) { st.By = theOperator }, NotYours},
		{"whoever gave it", func(s *standing.Standing, _ *Step) { s.Pass.By.Member = "sam" }, GaveItYourself},
		{"the member", func(s *standing.Standing, _ *Step) { s.Member.ID = "sam" }, Yourself},
		{"a supervisor", func(_ *standing.Standing, st *Step) { st.By = colleague(org.Supervisor).Gives() }, Unknown},
		{"an administrator for a second less than 7 days", func(_ *standing.Standing, st *Step) {
			st.By.As.RoleSince = noon.Add(-standing.ChangesKept + time.Second)
		}, TooNewToAgree},
		{"an administrator for 7 days", func(_ *standing.Standing, st *Step) { st.By.As.RoleSince = noon.Add(-standing.ChangesKept) }, ""},
		{"MFA for less than 7 days", func(_ *standing.Standing, st *Step) {
			st.By.As.MFASince = noon.Add(-standing.ChangesKept + time.Second)
		}, TooNewToAgree},
		{"who changed their phone", func(s *standing.Standing, _ *Step) {
			s.Changes = []standing.Change{{What: standing.PhoneOf, At: noon.Add(-time.Hour), By: audit.Actor{Kind: audit.Member, Member: "sam"}}}
		}, ChangedByYou},
		{"in the browser that asked", func(_ *standing.Standing, st *Step) { st.Browser = "asker" }, SecondAccount},
		{"with a stale proof", func(_ *standing.Standing, st *Step) { st.By.As.Session.FactorProved = noon.Add(-5 * time.Minute) }, StaleProof},
		{"in the last second", func(s *standing.Standing, _ *Step) { s.Pass.From = noon.Add(time.Second) }, ""},
		{"when it is open", func(s *standing.Standing, _ *Step) { s.Pass.From = noon }, NotWaiting},
		{"when there is none", func(s *standing.Standing, _ *Step) { s.Pass = standing.Pass{} }, NotWaiting},
	} {
		s, st := ready(Agree)
		if c.change != nil {
			c.change(&s, &st)
		}
		if got := reasonOf(t, s, st); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	s, st := ready(Agree)
	d, err := Decide(s, st, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := s.Pass
	want.From, want.Expires, want.AgreedBy = noon, noon.Add(72*time.Hour), "sam"
	r, _ := changedRequest(d, "req")
	if !hasEffect(d, standing.SetPass{Pass: want}) || r.Opens != noon || r.AgreedBy != "sam" || r.Expires != want.Expires {
		t.Errorf("%+v", d.Effects)
	}
}

func TestAnObjectionStopsTheRequestsAndRemembersWhoHadAPart(t *testing.T) {
	s, st := ready(Stop)
	s.Pass.AgreedBy, s.Requests[0].AgreedBy, s.Requests[0].Agreed = "cas", "cas", noon.Add(-time.Minute)
	for _, step := range []Step{st, step(Object)} {
		d, err := Decide(s, step, noon)
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := changedRequest(d, "req"); r.State != standing.Stopped || !hasEffect(d, standing.SetPass{}) || !hasEffect(d, standing.EndSessions{}) {
			t.Errorf("%s: %+v", step.Kind, d.Effects)
		}
		var noted []org.MemberID
		for _, e := range d.Effects {
			if n, ok := e.(standing.NoteChange); ok && n.Change.What == standing.HelpOf {
				noted = append(noted, n.Change.By.Member)
			}
		}
		if slices.Sort(noted); !slices.Equal(noted, []org.MemberID{"bob", "cas"}) {
			t.Errorf("%s: parties %v", step.Kind, noted)
		}
	}
	frozen := s
	frozen.Status = standing.Frozen
	frozen.Changes = []standing.Change{{What: standing.HelpOf, At: noon, By: audit.Actor{Kind: audit.Member, Member: "sam"}}}
	if got := reasonOf(t, frozen, answer(Release, org.Administrator)); got != PartyToIt {
		t.Errorf("a party releases: %q", got)
	}
	if got := reasonOf(t, frozen, step(Release)); got != "" {
		t.Errorf("the operator: %q", got)
	}
}

func TestARequestIsDoneWhenItsPassIsUsed(t *testing.T) {
	d, err := Decide(approvedWith(standing.GivenPass), step(UsePass), noon)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := changedRequest(d, "req"); r.State != standing.Done {
		t.Errorf("%+v", d.Effects)
	}
}
