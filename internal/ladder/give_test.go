package ladder

import (
	"errors"
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

func hasEffect(d standing.Decision, want standing.Effect) bool {
	return slices.ContainsFunc(d.Effects, func(e standing.Effect) bool { return reflect.DeepEqual(e, want) })
}

func reasonOf(t *testing.T, s standing.Standing, step Step) Reason {
	t.Helper()
	_, err := Decide(s, step, noon)
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		t.Fatal(err)
	}
	return refusal.Reason
}

func TestWhatIsGivenIsGuarded(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name   string
		kind   StepKind
		change func(*standing.Standing, *Step)
		want   Reason
	}{
		{"a suspension", Suspend, nil, ""},
		{"by nobody", Suspend, func(_ *standing.Standing, step *Step) { step.By = standing.Giver{} }, NotYours},
		{"by another member", Suspend, func(_ *standing.Standing, step *Step) { step.By.Actor = audit.Actor{Kind: audit.Member, Member: "ann"} }, NotYours},
		{"a pass by the member", GivePass, func(_ *standing.Standing, step *Step) { step.By.Actor = audit.Actor{Kind: audit.Member, Member: "eva"} }, NotYours},
		{"signing out by a stranger", SignOut, func(_ *standing.Standing, step *Step) { step.By.Actor.Kind = audit.Stranger }, NotYours},
		{"deactivating by the system", Deactivate, func(_ *standing.Standing, step *Step) { step.By.Actor.Kind = audit.System }, NotYours},
		{"MFA off", Suspend, func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, MFAIsOff},
		{"a pass, MFA off", GivePass, func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, MFAIsOff},
		{"forced", Suspend, func(s *standing.Standing, _ *Step) { s.Organisation.MFA.Forced = true }, MFAForced},
		{"forced, with grace", Suspend, func(s *standing.Standing, _ *Step) {
			s.Organisation.MFA = org.MFAPolicy{Forced: true, GraceUntil: noon.Add(time.Hour)}
		}, MFAForced},
		{"the desk", Suspend, func(s *standing.Standing, _ *Step) { s.Organisation.Kind = org.Desk }, MFAForced},
		{"a pass while forced", GivePass, func(s *standing.Standing, _ *Step) { s.Organisation.MFA.Forced = true }, ""},
		{"invited", Suspend, func(s *standing.Standing, _ *Step) { s.Member.State = org.Invited }, NotActive},
		{"a pass, invited", GivePass, func(s *standing.Standing, _ *Step) { s.Member.State = org.Invited }, NotActive},
		{"not said how verified", Suspend, func(_ *standing.Standing, step *Step) { step.Verified = "" }, NotVerified},
		{"they called me", GivePass, func(_ *standing.Standing, step *Step) { step.Verified = "they called me" }, NotVerified},
		{"verified by a call", GivePass, func(_ *standing.Standing, step *Step) { step.Verified = ByCall }, ""},
		{"by a call, password by mail lately", GivePass, func(s *standing.Standing, step *Step) {
			step.Verified, s.Password.ByMail, s.Password.Set = ByCall, true, noon.Add(-PasswordByMailDelay+second)
		}, PasswordByMail},
		{"by a call, password by mail 72 h ago", Suspend, func(s *standing.Standing, step *Step) {
			step.Verified, s.Password.ByMail, s.Password.Set = ByCall, true, noon.Add(-PasswordByMailDelay)
		}, ""},
		{"by video, password by mail lately", Suspend, func(s *standing.Standing, step *Step) {
			step.Verified, s.Password.ByMail, s.Password.Set = ByVideo, true, noon.Add(-second)
		}, ""},
		{"no length", Suspend, func(_ *standing.Standing, step *Step) { step.Suspension.Until = time.Time{} }, BadLength},
		{"a length of nothing", Suspend, func(_ *standing.Standing, step *Step) { step.Suspension.Until = noon }, BadLength},
		{"the longest", Suspend, func(_ *standing.Standing, step *Step) { step.Suspension.Until = noon.Add(org.MaxSuspension) }, ""},
		{"a second longer", Suspend, func(_ *standing.Standing, step *Step) { step.Suspension.Until = noon.Add(org.MaxSuspension + second) }, BadLength},
		{"a pass without id", GivePass, func(_ *standing.Standing, step *Step) { step.Pass.ID = "" }, PassEnded},
		{"a pass in its last second", OpenPass, func(s *standing.Standing, _ *Step) { s.Pass.Expires = noon.Add(second) }, ""},
		{"a pass that expires now", OpenPass, func(s *standing.Standing, _ *Step) { s.Pass.Expires = noon }, PassEnded},
		{"a pass used in its last second", UsePass, func(s *standing.Standing, _ *Step) { s.Pass.Expires = noon.Add(second) }, ""},
		{"a pass used as it expires", UsePass, func(s *standing.Standing, _ *Step) { s.Pass.Expires = noon }, PassEnded},
		{"another pass", OpenPass, func(s *standing.Standing, _ *Step) { s.Pass.ID = "newer" }, PassEnded},
		{"no pass", UsePass, func(s *standing.Standing, step *Step) { s.Pass, step.Pass = standing.Pass{}, standing.Pass{} }, PassEnded},
		{"a pass, MFA off since", OpenPass, func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, PassEnded},
		{"a code, suspended for one more second", SpendSuspendedCode, func(s *standing.Standing, _ *Step) { s.Suspension.Until = noon.Add(second) }, ""},
		{"a code, the suspension ends now", SpendSuspendedCode, func(s *standing.Standing, _ *Step) { s.Suspension.Until = noon }, NotSuspended},
		{"a code, forced since", SpendSuspendedCode, func(s *standing.Standing, _ *Step) { s.Organisation.MFA.Forced = true }, NotSuspended},
		{"nothing to end", EndSuspension, func(s *standing.Standing, _ *Step) { s.Suspension.Until = noon }, NotSuspended},
		{"the last administrator", Deactivate, func(s *standing.Standing, step *Step) {
			s.Member.Stored, step.Administrators[0].ID = org.Administrator, "eva"
		}, LastAdministrator},
		{"the last lead", Deactivate, func(s *standing.Standing, step *Step) { s.Member.Stored, step.Administrators = org.Lead, nil }, LastAdministrator},
		{"an administrator of two", Deactivate, func(s *standing.Standing, _ *Step) { s.Member.Stored = org.Administrator }, ""},
		{"an invited administrator", Deactivate, func(s *standing.Standing, step *Step) {
			s.Member.Stored, s.Member.State, step.Administrators = org.Administrator, org.Invited, nil
		}, ""},
		{"an employee without administrators", Deactivate, func(_ *standing.Standing, step *Step) { step.Administrators = nil }, ""},
	} {
		s, st := withMFA(), step(c.kind)
		if c.change != nil {
			c.change(&s, &st)
		}
		if got := reasonOf(t, s, st); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestADeactivatedMemberTakesNoStep(t *testing.T) {
	s := withMFA()
	s.Member.State = org.Deactivated
	for _, kind := range Steps {
		if got := reasonOf(t, s, step(kind)); got != NotActive {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

func TestWhatASuspensionAsks(t *testing.T) {
	until := withMFA().Suspension.Until
	for _, c := range []struct {
		name          string
		at            time.Time
		change        func(*standing.Standing)
		known, others Ask
	}{
		{"while it lasts", noon, nil, AskSuspended, AskMailedCode},
		{"from its first instant", withMFA().Suspension.Since, nil, AskSuspended, AskMailedCode},
		{"the clock set back before it", withMFA().Suspension.Since.Add(-time.Second), nil, AskFactor, AskFactor},
		{"in its last second", until.Add(-time.Second), nil, AskSuspended, AskMailedCode},
		{"as it ends", until, nil, AskFactor, AskFactor},
		{"forced since", noon, func(s *standing.Standing) { s.Organisation.MFA.Forced = true }, AskFactor, AskFactor},
		{"forced since, and no more", noon, func(s *standing.Standing) { s.Organisation.MFA.ForcedSince = s.Suspension.Since }, AskFactor, AskFactor},
		{"forced before it", noon, func(s *standing.Standing) { s.Organisation.MFA.ForcedSince = s.Suspension.Since.Add(-time.Second) }, AskSuspended, AskMailedCode},
		{"forced since, with grace", noon, func(s *standing.Standing) {
			s.Organisation.MFA = org.MFAPolicy{Forced: true, GraceUntil: noon.Add(time.Hour)}
		}, AskFactor, AskFactor},
		{"objected", noon, func(s *standing.Standing) { s.Status = standing.Frozen }, AskFactor, AskFactor},
		{"the phone lost", noon, func(s *standing.Standing) { s.Status, s.Authenticators = standing.Replacing, nil }, AskSuspended, AskMailedCode},
		{"MFA off", noon, func(s *standing.Standing) { s.MFASince = time.Time{} }, AskNothing, AskNothing},
	} {
		s := withMFA()
		if c.change != nil {
			c.change(&s)
		}
		if known, others := SecondFactor(s, Browser{Known: true}, c.at), SecondFactor(s, Browser{}, c.at); known != c.known || others != c.others {
			t.Errorf("%s: %s and %s, want %s and %s", c.name, known, others, c.known, c.others)
		}
	}
}

func TestALostPhoneIsOutAtOnceAndTheBackupsStay(t *testing.T) {
	lost := step(Suspend)
	lost.Suspension.Lost = true
	for _, from := range []standing.Status{standing.Settled, standing.Answering, standing.Replacing} {
		s := withMFA()
		s.Status = from
		d, err := Decide(s, lost, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []standing.Effect{
			standing.RemoveAuthenticator{ID: "phone"}, standing.EndSessions{}, standing.ForgetDevices{}, standing.CloseChallenges{},
			standing.SetSuspension{Suspension: standing.Suspension{Since: noon, Until: lost.Suspension.Until, Lost: true, By: theOperator.Actor}},
		} {
			if !hasEffect(d, want) {
				t.Errorf("from %s: %T is missing", from, want)
			}
		}
		if (from != standing.Replacing) != hasEffect(d, standing.SetStatus{Status: standing.Replacing, At: noon}) || hasEffect(d, standing.SetCodes{}) {
			t.Errorf("from %s: %+v", from, d.Effects)
		}
	}
	d, err := Decide(withMFA(), step(Suspend), noon)
	if err != nil || hasEffect(d, standing.RemoveAuthenticator{ID: "phone"}) || hasEffect(d, standing.EndSessions{}) {
		t.Errorf("only not at hand: %+v, %v", d.Effects, err)
	}
}

func TestObjectingAndAPasswordByMailTakeAwayWhatWasGiven(t *testing.T) {
	for _, kind := range []StepKind{Object, SetPasswordByMail, FinishSetUp} {
		d, err := Decide(withMFA(), step(kind), noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []standing.Effect{standing.SetSuspension{}, standing.SetPass{}, standing.DropLinks{Purpose: standing.ForPass}} {
			if !hasEffect(d, want) {
				t.Errorf("%s leaves %T", kind, want)
			}
		}
		s := withMFA()
		s.Suspension, s.Pass = standing.Suspension{}, standing.Pass{}
		if d, err = Decide(s, step(kind), noon); err != nil || hasEffect(d, standing.SetPass{}) || hasEffect(d, standing.SetSuspension{}) {
			t.Errorf("%s ends what is not there: %v", kind, err)
		}
	}
}

func TestAPassReplacesEveryFactor(t *testing.T) {
	s := withMFA()
	s.Authenticators = append(s.Authenticators, factor.Authenticator{ID: "tablet"})
	d, err := Decide(s, step(UsePass), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []standing.Effect{
		standing.SpendPass{ID: "pass"}, standing.RemoveAuthenticator{ID: "phone"}, standing.RemoveAuthenticator{ID: "tablet"},
		standing.AddAuthenticator{Authenticator: factor.Authenticator{ID: "new"}}, standing.EndSessions{Except: "here"},
		standing.ForgetDevices{}, standing.SetSuspension{},
	} {
		if !hasEffect(d, want) {
			t.Errorf("%T is missing", want)
		}
	}
}

func TestTheLinkOfAPassGoesToTheSignInAddressAlone(t *testing.T) {
	d, err := Decide(withMFA(), step(GivePass), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range d.Notices {
		if (m.Facts.Link != "") != (m.To == "eva@korenaar.example") {
			t.Errorf("%s → %s: link %q", m.Kind, string(m.To), m.Facts.Link)
		}
	}
	unmailed := step(GivePass)
	unmailed.Link = ""
	d, err = Decide(withMFA(), unmailed, noon)
	if err != nil || len(d.Notices) != 3 || slices.ContainsFunc(d.Effects, func(e standing.Effect) bool { _, is := e.(standing.SaveLink); return is }) {
		t.Errorf("a pass that waits in a browser: %+v, %v", d, err)
	}
}

func TestASessionEndsWithWhatLetItIn(t *testing.T) {
	s := withMFA()
	view := func(s standing.Standing) standing.Viewer {
		return standing.Viewer{Member: s.Member, Organisation: s.Organisation, Status: s.Status, MFASince: s.MFASince, Suspension: s.Suspension, Pass: s.Pass}
	}
	in := session.Session{CameBy: session.BySuspension, Created: noon}
	forced, ended, replaced := s, s, s
	forced.Organisation.MFA.Forced = true
	ended.Suspension = standing.Suspension{}
	replaced.Suspension.Since = noon.Add(time.Second)
	proved := in
	proved.FactorProved = noon
	remembered := session.Session{CameBy: session.ByRemembered, Created: noon}
	remembers := func(from time.Time) standing.Standing {
		s := withMFA()
		s.Organisation.RememberFrom = from
		return s
	}
	ofPass, renewed := session.Session{CameBy: session.ByPass, Created: noon, Pass: "pass"}, s
	renewed.Pass.ID = "newer"
	before := s.Pass.Given.Add(-time.Minute) // by the clock of another machine
	was := s
	was.Organisation.MFA.ForcedSince = s.Suspension.Since
	for _, c := range []struct {
		name string
		s    standing.Standing
		in   session.Session
		at   time.Time
		want bool
	}{
		{"while it lasts", s, in, noon, true},
		{"its last second", s, in, s.Suspension.Until.Add(-time.Second), true},
		{"as it ends", s, in, s.Suspension.Until, false},
		{"forced since", forced, in, noon, false},
		{"forced for a while since", was, in, noon, false},
		{"ended", ended, in, noon, false},
		{"replaced", replaced, in, noon.Add(time.Minute), false},
		{"a factor proved since", ended, proved, noon, true},
		{"a pass", s, ofPass, noon, true},
		{"a pass given by a clock that is ahead", s, ofPass, before, true},
		{"a session of no pass", s, session.Session{CameBy: session.ByPass, Created: noon}, noon, false},
		{"a pass in its last second", s, ofPass, s.Pass.Expires.Add(-time.Second), true},
		{"a pass as it expires", s, ofPass, s.Pass.Expires, false},
		{"a pass that was replaced", renewed, ofPass, noon.Add(time.Minute), false},
		{"remembered, from the first instant", remembers(noon), remembered, noon, true},
		{"remembered, allowed again since", remembers(noon.Add(time.Second)), remembered, noon.Add(time.Second), false},
		{"remembered, forbidden since", remembers(time.Time{}), remembered, noon, false},
		{"remembered and forbidden, a factor proved since", remembers(time.Time{}), session.Session{CameBy: session.ByRemembered, FactorProved: noon}, noon, true},
		{"opened otherwise", ended, session.Session{CameBy: session.ByPassword}, noon, true},
	} {
		if got := Holds(view(c.s), c.in, c.at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	in.Ends = noon.Add(24 * time.Hour)
	if got := Bounded(s, in).Ends; !got.Equal(s.Suspension.Until) {
		t.Errorf("ends %v", got)
	}
	in.Ends = noon.Add(time.Minute)
	if got := Bounded(s, in).Ends; !got.Equal(in.Ends) {
		t.Errorf("a shorter one ends %v", got)
	}
	in.CameBy, in.Ends = session.ByPass, noon.Add(24*time.Hour)
	if got := Bounded(s, in).Ends; !got.Equal(s.Pass.Expires) {
		t.Errorf("one of a pass ends %v", got)
	}
	in.CameBy = session.ByFactor
	if got := Bounded(s, in).Ends; !got.Equal(in.Ends) {
		t.Errorf("one with a factor ends %v", got)
	}
}

func TestWhoMaySetUpAnAuthenticatorWithWhatTheyWereGiven(t *testing.T) {
	older := session.Session{CameBy: session.ByPass, Created: noon, Pass: "older"}
	pass := session.Session{CameBy: session.ByPass, Created: noon, Pass: "pass"}
	suspended := session.Session{CameBy: session.BySuspension, Created: noon}
	over := withMFA()
	over.Pass.Expires, over.Suspension.Until = noon, noon
	answering := withMFA()
	answering.Status = standing.Answering
	for _, c := range []struct {
		name    string
		s       standing.Standing
		in      session.Session
		want    Reason
		guarded bool
	}{
		{"with the pass", withMFA(), pass, "", false},
		{"with the pass before it", withMFA(), older, PassEnded, false},
		{"with a pass that is over", over, pass, PassEnded, false},
		{"while MFA is suspended", withMFA(), suspended, "", true},
		{"when it is not any more", over, suspended, NotSuspended, true},
		{"while a backup's question is open", answering, suspended, "", true},
	} {
		if got, _ := May(c.s, c.in, AddAuthenticator, noon); got != c.want || GuardsSetUp(c.s, c.in, noon) != c.guarded {
			t.Errorf("%s: %q, guarded %v", c.name, got, GuardsSetUp(c.s, c.in, noon))
		}
	}
}

func TestAFactorOfASuspensionChangesNothingForADay(t *testing.T) {
	s := withMFA()
	for _, c := range []struct {
		name   string
		by     session.CameBy
		powers time.Time
		want   Reason
	}{
		{"a second too soon", session.BySuspension, noon.Add(time.Second), FactorTooNew},
		{"a day later", session.BySuspension, noon, ""},
		{"after a backup", session.ByBackupCode, noon.Add(time.Second), ""},
	} {
		in := session.Session{CameBy: c.by, FactorProved: noon, PowersFrom: c.powers}
		for _, act := range []Act{MakeCodes, ChangePassword} {
			if got, _ := May(s, in, act, noon); got != c.want {
				t.Errorf("%s %s: %q, want %q", act, c.name, got, c.want)
			}
		}
	}
}

func TestADeactivationEndsWhatWasGiven(t *testing.T) {
	d, err := Decide(withMFA(), step(Deactivate), noon)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(map[audit.Kind]string)
	for _, e := range d.Events {
		ended[e.Kind] = e.Reason
	}
	if ended[audit.PassEnded] != "deactivated" || ended[audit.SuspensionEnded] != "deactivated" {
		t.Errorf("the log says %v", ended)
	}
}

func TestHowLongASuspensionLasts(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	spring := time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC) // half past midnight, and the clocks go forward that night
	for _, c := range []struct {
		length Length
		at     time.Time
		want   time.Time
	}{
		{OneHour, noon, noon.Add(time.Hour)}, {OneDay, noon, noon.Add(day)}, {ThreeDays, noon, noon.Add(3 * day)}, {SevenDays, noon, noon.Add(7 * day)},
		{UntilMidnight, noon, time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC)},
		{UntilMidnight, time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 23, 0, 0, 0, time.UTC)},
		{UntilMidnight, spring, time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC)},
		{"", noon, time.Time{}}, {"10y", noon, time.Time{}},
	} {
		if got := c.length.Until(c.at, zone); !got.Equal(c.want) {
			t.Errorf("%q from %v: %v, want %v", c.length, c.at, got, c.want)
		}
	}
}

func TestWhatTheDeskGivesAsksTwoAgentsAndTheTimeToObject(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   StepKind
		change func(*standing.Standing, *Step)
		want   Reason
	}{
		{"the second agent, whom the queue picked", GrantPass, nil, ""},
		{"an agent who approved it first", GrantPass, func(s *standing.Standing, _ *Step) { s.Case.First = "sam" }, GaveItYourself},
		{"an agent whom nobody picked", GrantPass, func(s *standing.Standing, _ *Step) { s.Case.Second = "ida" }, NotYours},
		{"nobody approved it first", GrantPass, func(s *standing.Standing, _ *Step) { s.Case.State = standing.CaseOpen }, NotNow},
		{"an employee's case", GrantPass, func(s *standing.Standing, _ *Step) { s.Member.Stored = org.Employee }, NotForRole},
		{"no case", GrantPass, func(s *standing.Standing, _ *Step) { s.Case = standing.Case{} }, NotYours},
		{"a case that is over", GrantPass, func(s *standing.Standing, _ *Step) { s.Case.State = standing.CaseRejected }, NotYours},
		{"an administrator of the organisation", GrantPass, func(_ *standing.Standing, st *Step) { st.By = colleague(org.Administrator).Gives() }, NotYours},
		{"the operator", GrantPass, func(_ *standing.Standing, st *Step) { st.By = theOperator }, NotYours},
		{"an agent with the claimant's own address", GrantPass, func(s *standing.Standing, _ *Step) { s.BackupEmail.Address = "sam@desk.example" }, SecondAccount},
		{"an agent who came by a backup", GrantPass, func(_ *standing.Standing, st *Step) {
			st.By.As.Session.CameBy = session.ByBackupCode
			st.By.As.Session.FactorProved = time.Time{}
		}, CameByBackup},
		{"an old proof", GrantPass, func(_ *standing.Standing, st *Step) { st.By.As.Session.FactorProved = noon.Add(-6 * time.Minute) }, StaleProof},
		{"a password that came by mail", GrantPass, func(s *standing.Standing, _ *Step) { s.Password.Set, s.Password.ByMail = noon.Add(-time.Hour), true }, PasswordByMail},
		{"MFA that is off", GrantPass, func(s *standing.Standing, _ *Step) { s.MFASince = time.Time{} }, MFAIsOff},
		{"handing over", HandPass, nil, ""},
		{"handing over while one can object", HandPass, func(s *standing.Standing, _ *Step) { s.Pass.From = noon.Add(time.Second) }, NotWaiting},
		{"handing over by another agent", HandPass, func(s *standing.Standing, _ *Step) { s.Case.Second = "joe" }, NotYours},
		{"handing over a pass that has ended", HandPass, func(s *standing.Standing, _ *Step) { s.Pass.Expires = noon }, PassEnded},
		{"handing over again, a pass that has ended", HandPass, func(s *standing.Standing, _ *Step) { s.Case.State, s.Pass.Expires = standing.CaseHanded, noon }, ""},
		{"handing over again, too late", HandPass, func(s *standing.Standing, _ *Step) {
			s.Case.State, s.Case.Opens = standing.CaseHanded, noon.Add(-HandTime)
		}, PassEnded},
	} {
		s, st := atTheDesk(c.kind)
		if c.change != nil {
			c.change(&s, &st)
		}
		d, err := Decide(s, st, noon)
		refusal, refused := errors.AsType[*Refusal](err)
		if refused != (c.want != "") || refused && refusal.Reason != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		for _, m := range d.Notices {
			if c.kind == HandPass && m.Facts.Code != "" != (m.Kind == notice.CasePass) {
				t.Errorf("%s: %s carries half a pass", c.name, m.Kind)
			}
		}
	}
}

func TestAnObjectionOrAProofEndsWhatTheDeskGave(t *testing.T) {
	s, _ := atTheDesk(HandPass)
	changed := func(kind StepKind) (standing.Case, bool) {
		d, err := Decide(s, step(kind), noon)
		if err != nil {
			t.Fatal(err)
		}
		gone := false
		var c standing.Case
		for _, e := range d.Effects {
			if set, ok := e.(standing.SetCase); ok {
				c = set.Case
			}
			if set, ok := e.(standing.SetPass); ok {
				gone = set.Pass.ID == ""
			}
		}
		return c, gone
	}
	if c, gone := changed(Object); c.State != standing.CaseFrozen || c.First != "" || c.Second != "" || !gone {
		t.Errorf("after an objection the case is %+v, its pass gone: %v", c, gone)
	}
	if c, gone := changed(ProveFactor); c.State != standing.CaseWithdrawn || !gone || !c.Destroy.Equal(noon.Add(KeepEvidence)) {
		t.Errorf("after a proof the case is %+v, its pass gone: %v", c, gone)
	}
}
