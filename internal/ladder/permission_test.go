package ladder

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// instant is the shortest time that is kept.
const instant = time.Millisecond

func TestWhatTheSessionOfWhoeverActsHasToBe(t *testing.T) {
	for _, c := range []struct {
		name            string
		change          func(*standing.Colleague)
		sees, does      Reason
		until           time.Time
		shown, itPasses bool
	}{
		{"a factor proved just now", func(*standing.Colleague) {}, "", "", time.Time{}, true, false},
		{"MFA off", func(who *standing.Colleague) {
			who.MFASince, who.Session.CameBy, who.Session.FactorProved = time.Time{}, session.ByPassword, time.Time{}
		}, "", OwnMFAFirst, time.Time{}, false, false},
		{"MFA turned off in another session since", func(who *standing.Colleague) { who.MFASince = time.Time{} }, "", OwnMFAFirst, time.Time{}, false, false},
		{"while their MFA is disabled", func(who *standing.Colleague) {
			who.Session.CameBy, who.Session.FactorProved = session.BySuspension, time.Time{}
		}, "", CameBySuspension, time.Time{}, false, false},
		{"the same, a factor proved since", func(who *standing.Colleague) { who.Session.CameBy = session.BySuspension }, "", "", time.Time{}, true, false},
		{"by a backup code", func(who *standing.Colleague) {
			who.Session.CameBy, who.Session.FactorProved = session.ByBackupCode, time.Time{}
		}, "", CameByBackup, time.Time{}, false, false},
		{"by the backup e-mail", func(who *standing.Colleague) {
			who.Session.CameBy, who.Session.FactorProved = session.ByBackupEmail, time.Time{}
		}, "", CameByBackup, time.Time{}, false, false},
		{"by an enrolment pass", func(who *standing.Colleague) {
			who.Session.CameBy, who.Session.FactorProved = session.ByPass, time.Time{}
		}, "", CameByPass, time.Time{}, false, false},
		{"on a remembered device", func(who *standing.Colleague) {
			who.Session.CameBy, who.Session.FactorProved = session.ByRemembered, time.Time{}
		}, "", StaleProof, time.Time{}, true, false},
		{"the factor proved in the last of the five minutes", func(who *standing.Colleague) {
			who.Session.FactorProved = noon.Add(-session.FreshFor + instant)
		}, "", "", time.Time{}, true, false},
		{"the factor proved five minutes ago", func(who *standing.Colleague) { who.Session.FactorProved = noon.Add(-session.FreshFor) }, "", StaleProof, time.Time{}, true, false},
		{"the password typed five minutes ago", func(who *standing.Colleague) { who.Session.PasswordProved = noon.Add(-session.FreshFor) }, "", StaleProof, time.Time{}, true, false},
		{"the clock set back by five minutes since", func(who *standing.Colleague) { who.Session.FactorProved = noon.Add(session.FreshFor) }, "", StaleProof, time.Time{}, true, false},
		{"another machine's clock is a little ahead", func(who *standing.Colleague) {
			who.Session.FactorProved = noon.Add(session.FreshFor - instant)
		}, "", "", time.Time{}, true, false},
		{"a factor that gives powers from now on", func(who *standing.Colleague) { who.Session.PowersFrom = noon }, "", "", time.Time{}, true, false},
		{"a factor that gives none yet", func(who *standing.Colleague) { who.Session.PowersFrom = noon.Add(instant) }, "", FactorTooNew, noon.Add(instant), false, true},
		{"only to set up MFA", func(who *standing.Colleague) { who.Session.Reach = session.SetUpOnly }, Unknown, Unknown, time.Time{}, false, false},
		{"frozen", func(who *standing.Colleague) { who.Status = standing.Frozen }, "", OwnMFAFirst, time.Time{}, false, false},
		{"deactivated", func(who *standing.Colleague) { who.Member.State = org.Deactivated }, Unknown, Unknown, time.Time{}, false, false},
		{"invited", func(who *standing.Colleague) { who.Member.State = org.Invited }, Unknown, Unknown, time.Time{}, false, false},
		{"in the session of somebody else", func(who *standing.Colleague) { who.Session.Member = "eva" }, Unknown, Unknown, time.Time{}, false, false},
		{"in none", func(who *standing.Colleague) { who.Session = session.Session{} }, Unknown, Unknown, time.Time{}, false, false},
	} {
		for _, role := range []org.Role{org.Supervisor, org.Administrator, org.Lead} {
			who := colleague(role)
			c.change(&who)
			whom := target(lowestOf(who), OwnTeam, who)
			if got, _ := Permit(who, SeeEmployee, whom, noon); got != c.sees {
				t.Errorf("%s, %s: sees %q, want %q", role, c.name, got, c.sees)
			}
			got, until := Permit(who, GiveEnrolmentPass, whom, noon)
			if got != c.does || !until.Equal(c.until) || Offered(got) != c.shown || until.IsZero() == c.itPasses {
				t.Errorf("%s, %s: gives %q until %v, want %q", role, c.name, got, until, c.does)
			}
		}
	}
}

// TestOnesOwnAddressWaitsUntilNothingCanBeUndone: also where the factor gives powers
// at once, as behind a pass; of others, and in all else, it does not matter.
func TestOnesOwnAddressWaitsUntilNothingCanBeUndone(t *testing.T) {
	for _, c := range []struct {
		name  string
		added time.Time
		proof time.Duration // ago
		from  time.Duration // until the factor gives powers
		want  Reason
		until time.Time
	}{
		{"a factor of just now", noon, 0, 0, FactorTooNew, noon.Add(UndoneFor)},
		{"of almost a day ago", noon.Add(instant - UndoneFor), 0, 0, FactorTooNew, noon.Add(instant)},
		{"of a day ago", noon.Add(-UndoneFor), 0, 0, "", time.Time{}},
		{"of just now, and the proof too old", noon, session.FreshFor, 0, FactorTooNew, noon.Add(UndoneFor)},
		{"of just now, without powers for longer", noon, 0, 2 * UndoneFor, FactorTooNew, noon.Add(2 * UndoneFor)},
		{"of a day ago, and the proof too old", noon.Add(-UndoneFor), session.FreshFor, 0, StaleProof, time.Time{}},
	} {
		who := colleague(org.Administrator)
		who.Session.FactorProved = noon.Add(-c.proof)
		if c.from > 0 {
			who.Session.PowersFrom = noon.Add(c.from)
		}
		st := standing.Standing{Member: who.Member, Organisation: who.Organisation, Authenticators: []factor.Authenticator{
			{Added: noon.AddDate(-1, 0, 0)}, {Added: c.added}, {Added: noon.AddDate(0, -1, 0)},
		}}
		if got, until := Permit(who, EditAddress, About(st, noon), noon); got != c.want || !until.Equal(c.until) {
			t.Errorf("%s: %q until %v, want %q until %v", c.name, got, until, c.want, c.until)
		}
		if c.proof == 0 && c.from == 0 {
			if got, _ := Permit(who, EditEmployee, About(st, noon), noon); got != "" {
				t.Errorf("%s: their name: %q", c.name, got)
			}
			st.Member.ID, st.Member.Stored = "other", org.Employee
			if got, _ := Permit(who, EditAddress, About(st, noon), noon); got != "" {
				t.Errorf("%s: the address of another: %q", c.name, got)
			}
		}
	}
}

func TestAnUnknownActionIsRefused(t *testing.T) {
	who := colleague(org.Administrator)
	for _, do := range []Action{"", "rule the world"} {
		if got, _ := Permit(who, do, target(org.Employee, Other, who), noon); got != Unknown {
			t.Errorf("%q: %q", do, got)
		}
	}
	if got, _ := Permit(who, SeeEmployee, Whom{}, noon); got != Unknown {
		t.Errorf("about nobody: %q", got)
	}
	if got, _ := Permit(who, SeeLog, target(org.Employee, Other, who), noon); got != Unknown {
		t.Errorf("the organisation's, about a member: %q", got)
	}
	if got, _ := Permit(standing.Colleague{}, SeeEmployees, Whom{}, noon); got != Unknown {
		t.Errorf("by nobody: %q", got)
	}
}

func TestWhoMayHelpWhom(t *testing.T) {
	by := func(m org.MemberID) audit.Actor { return audit.Actor{Kind: audit.Member, Member: m} }
	week := standing.ChangesKept
	for _, c := range []struct {
		name   string
		giver  org.Role
		do     Action
		change func(*standing.Colleague, *Whom)
		want   Reason
		until  time.Time
	}{
		{"a supervisor helps one of their team", org.Supervisor, DisableMFA, nil, "", time.Time{}},
		{"who has not asked", org.Supervisor, DisableMFA, func(_ *standing.Colleague, w *Whom) { w.Asked = false }, OnlyWhenAsked, time.Time{}},
		{"an administrator needs no request", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) { w.Asked = false }, "", time.Time{}},
		{"where supervisors do not help", org.Supervisor, DisableMFA, func(who *standing.Colleague, _ *Whom) {
			who.Organisation.Policy.SupervisorsBarred = true
		}, SupervisorsBarred, time.Time{}},
		{"where they will not from the next instant", org.Supervisor, DisableMFA, func(who *standing.Colleague, _ *Whom) {
			who.Organisation.NextPolicy.SupervisorsBarred, who.Organisation.NextFrom = true, noon.Add(instant)
		}, "", time.Time{}},
		{"where they will again from the next instant", org.Supervisor, DisableMFA, func(who *standing.Colleague, _ *Whom) {
			who.Organisation.Policy.SupervisorsBarred, who.Organisation.NextFrom = true, noon.Add(instant)
		}, SupervisorsBarred, time.Time{}},
		{"where they do again from this one", org.Supervisor, DisableMFA, func(who *standing.Colleague, _ *Whom) {
			who.Organisation.Policy.SupervisorsBarred, who.Organisation.NextFrom = true, noon
		}, "", time.Time{}},
		{"the administrator still does", org.Administrator, DisableMFA, func(who *standing.Colleague, _ *Whom) {
			who.Organisation.Policy.SupervisorsBarred = true
		}, "", time.Time{}},
		{"a supervisor in their own team", org.Supervisor, DisableMFA, func(who *standing.Colleague, w *Whom) { w.Member = who.Member }, Yourself, time.Time{}},
		{"an administrator themselves", org.Administrator, GiveEnrolmentPass, func(who *standing.Colleague, w *Whom) { w.Member = who.Member }, Yourself, time.Time{}},
		{"another supervisor, in their team", org.Supervisor, DisableMFA, func(_ *standing.Colleague, w *Whom) { w.Member.Supervises = true }, "", time.Time{}},
		{"an administrator, in their team", org.Supervisor, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) {
			w.Member.Stored = org.Administrator
		}, HigherRole, time.Time{}},
		{"who was an administrator this week", org.Supervisor, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) {
			w.Highest = org.Administrator
		}, HigherRole, time.Time{}},
		{"an administrator's MFA is disabled by nobody", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) {
			w.Member.Stored = org.Administrator
		}, HigherRole, time.Time{}},
		{"nor that of who was one this week", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) { w.Highest = org.Administrator }, HigherRole, time.Time{}},
		{"an administrator gets a pass of another", org.Administrator, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) {
			w.Member.Stored = org.Administrator
		}, "", time.Time{}},
		{"one who moved to another team", org.Supervisor, DisableMFA, func(_ *standing.Colleague, w *Whom) { w.Member.Team = "cake" }, Unknown, time.Time{}},
		{"one who is in no team", org.Supervisor, DisableMFA, func(who *standing.Colleague, w *Whom) {
			w.Member.Team, who.Teams = "", []org.TeamID{""}
		}, Unknown, time.Time{}},
		{"a supervisor of two teams, in the second", org.Supervisor, DisableMFA, func(who *standing.Colleague, w *Whom) {
			w.Member.Team, who.Teams = "cake", []org.TeamID{"bread", "cake"}
		}, "", time.Time{}},
		{"a supervisor of no team any more", org.Supervisor, DisableMFA, func(who *standing.Colleague, _ *Whom) { who.Teams = nil }, Unknown, time.Time{}},
		{"an administrator who supervises too, beyond their team", org.Administrator, DisableMFA, func(who *standing.Colleague, w *Whom) {
			who.Member.Supervises, who.Teams, w.Member.Team = true, []org.TeamID{"bread"}, "cake"
		}, "", time.Time{}},
		{"whose phone they changed a moment less than a week ago", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.PhoneOf, At: noon.Add(-week + instant), By: by("sam")}}
		}, ChangedByYou, noon.Add(instant)},
		{"whose phone they changed a week ago", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.PhoneOf, At: noon.Add(-week), By: by("sam")}}
		}, "", time.Time{}},
		{"whose role they changed twice: the later counts", org.Administrator, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.RoleOf, At: noon.Add(-time.Hour), By: by("sam")}, {What: standing.RoleOf, At: noon.Add(-2 * time.Hour), By: by("sam")}}
		}, ChangedByYou, noon.Add(week - time.Hour)},
		{"whose team somebody else changed", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.TeamOf, At: noon, By: by("ann")}}
		}, "", time.Time{}},
		{"whom they changed by a clock that was ahead", org.Administrator, DisableMFA, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.TeamOf, At: noon.Add(time.Hour), By: by("sam")}}
		}, ChangedByYou, noon.Add(week + time.Hour)},
		{"a freeze of the help that they gave", org.Administrator, ReleaseEmployee, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.HelpOf, At: noon.Add(-week + instant), By: by("sam")}}
		}, PartyToIt, noon.Add(instant)},
		{"one of the help that somebody else gave", org.Administrator, ReleaseEmployee, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.HelpOf, At: noon, By: by("ann")}}
		}, "", time.Time{}},
		{"a new pass after an objection", org.Administrator, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) {
			w.Changes = []standing.Change{{What: standing.HelpOf, At: noon, By: by("sam")}}
		}, "", time.Time{}},
		{"an agent at the desk, by a lead", org.Lead, GiveEnrolmentPass, func(_ *standing.Colleague, w *Whom) { w.Member.Stored = org.Agent }, "", time.Time{}},
		{"an agent who supervises a team of the desk", org.Agent, GiveEnrolmentPass, func(who *standing.Colleague, w *Whom) {
			who.Member.Supervises, who.Teams, w.Member.Stored = true, []org.TeamID{"bread"}, org.Agent
		}, Unknown, time.Time{}},
	} {
		who := colleague(c.giver)
		whom := target(lowestOf(who), OwnTeam, who)
		if c.change != nil {
			c.change(&who, &whom)
		}
		if got, until := Permit(who, c.do, whom, noon); got != c.want || !until.Equal(c.until) {
			t.Errorf("%s: %q until %v, want %q until %v", c.name, got, until, c.want, c.until)
		}
	}
}

func TestTheHighestRoleOfSevenDaysIsToTheMillisecond(t *testing.T) {
	s := withMFA()
	for _, c := range []struct {
		name string
		at   time.Time
		want org.Role
	}{
		{"a moment less than a week ago", noon.Add(-standing.ChangesKept + instant), org.Administrator},
		{"a week ago", noon.Add(-standing.ChangesKept), org.Employee},
		{"by a clock that was ahead", noon.Add(time.Hour), org.Administrator},
	} {
		s.Changes = []standing.Change{{What: standing.RoleOf, Was: org.Administrator, At: c.at}}
		if got := s.HighestRole(noon); got != c.want || About(s, noon).Highest != c.want {
			t.Errorf("lowered %s: %s, want %s", c.name, got, c.want)
		}
	}
	s.Changes = []standing.Change{{What: standing.TeamOf, Was: org.Administrator, At: noon}}
	if got := s.HighestRole(noon); got != org.Employee {
		t.Errorf("another team makes them %s", got)
	}
}

// byColleague is the step with a colleague in a role as whoever takes it.
func byColleague(kind StepKind, r org.Role) (standing.Standing, Step) {
	who := colleague(r)
	s := withMFA()
	s.Member.Organisation, s.Member.Team, s.Organisation.ID, s.Organisation.Kind = "here", "bread", "here", org.Customer
	s.Member.Phone, s.Member.Created = "+31 6 1234 5678", noon.Add(-1000*time.Hour)
	s.Requests = []standing.Request{{ID: "asked", Browser: "asker", Code: rightCode, State: standing.Asked, Expires: noon.Add(time.Hour)}}
	st := step(kind)
	st.By, st.Zone, st.Request.ID, st.Matching = who.Gives(), time.UTC, "asked", rightCode
	return s, st
}

func TestACallProvesNothingToANumberThatIsNew(t *testing.T) {
	week := standing.ChangesKept
	for _, c := range []struct {
		name   string
		change func(*standing.Standing)
		want   Reason
	}{
		{"on file for long", func(*standing.Standing) {}, ""},
		{"none", func(s *standing.Standing) { s.Member.Phone = "" }, NoPhone},
		{"changed a moment less than a week ago", func(s *standing.Standing) {
			s.Changes = []standing.Change{{What: standing.PhoneOf, At: noon.Add(-week + instant)}}
		}, PhoneTooNew},
		{"changed a week ago", func(s *standing.Standing) {
			s.Changes = []standing.Change{{What: standing.PhoneOf, At: noon.Add(-week)}}
		}, ""},
		{"of a member who was added a moment less than a week ago", func(s *standing.Standing) { s.Member.Created = noon.Add(-week + instant) }, PhoneTooNew},
		{"of one who was added a week ago", func(s *standing.Standing) { s.Member.Created = noon.Add(-week) }, ""},
		{"of one whose team changed", func(s *standing.Standing) {
			s.Changes = []standing.Change{{What: standing.TeamOf, At: noon}}
		}, ""},
	} {
		for _, kind := range []StepKind{Suspend, GivePass} {
			s, st := byColleague(kind, org.Administrator)
			st.Verified = ByCall
			c.change(&s)
			if got := reasonOf(t, s, st); got != c.want {
				t.Errorf("%s, a number %s: %q, want %q", kind, c.name, got, c.want)
			}
		}
	}
}

func TestAPassForAnAdministratorWaits(t *testing.T) {
	given := func(change func(*standing.Standing, *Step)) standing.Pass {
		s, st := byColleague(GivePass, org.Administrator)
		change(&s, &st)
		d, err := Decide(s, st, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Effects {
			if set, ok := e.(standing.SetPass); ok {
				return set.Pass
			}
		}
		t.Fatal("no pass was given")
		return standing.Pass{}
	}
	for _, c := range []struct {
		name   string
		change func(*standing.Standing, *Step)
		waits  bool
	}{
		{"an employee's", func(*standing.Standing, *Step) {}, false},
		{"an administrator's", func(s *standing.Standing, _ *Step) { s.Member.Stored = org.Administrator }, true},
		{"that of who was made an employee a moment ago by somebody else", func(s *standing.Standing, _ *Step) {
			s.Changes = []standing.Change{{What: standing.RoleOf, Was: org.Administrator, At: noon, By: audit.Actor{Kind: audit.Member, Member: "ann"}}}
		}, true},
		{"an administrator's, from the operator", func(s *standing.Standing, st *Step) {
			s.Member.Stored, st.By = org.Administrator, theOperator
		}, false},
	} {
		if pass := given(c.change); pass.Open(noon) == c.waits || pass.Open(pass.Expires.Add(-instant)) != true {
			t.Errorf("%s waits until %v", c.name, pass.From)
		}
	}
}

func TestWhetherSupervisorsHelpIsAskedAsItIsSaved(t *testing.T) {
	s, st := byColleague(GivePass, org.Supervisor)
	if got := reasonOf(t, s, st); got != "" {
		t.Fatal(got)
	}
	s.Organisation.Policy.SupervisorsBarred = true
	if got := reasonOf(t, s, st); got != SupervisorsBarred {
		t.Errorf("barred since the page was opened: %q", got)
	}
}

func TestAnObjectionRemembersWhoseHelpItWas(t *testing.T) {
	sam := audit.Actor{Kind: audit.Member, Member: "sam"}
	noted := standing.NoteChange{Change: standing.Change{What: standing.HelpOf, At: noon, By: sam}}
	for _, c := range []struct {
		name   string
		change func(*standing.Standing)
		want   bool
	}{
		{"a suspension", func(s *standing.Standing) { s.Suspension.By = sam }, true},
		{"a pass", func(s *standing.Standing) { s.Pass.By = sam }, true},
		{"of the operator", func(s *standing.Standing) { s.Pass.By = theOperator.Actor }, false},
		{"of long ago", func(s *standing.Standing) {
			s.Suspension = standing.Suspension{By: sam, Since: noon.Add(-standing.ChangesKept - time.Hour), Until: noon.Add(-standing.ChangesKept)}
		}, false},
		{"a pass that waited for a week", func(s *standing.Standing) {
			s.Pass.By, s.Pass.Given = sam, noon.Add(-standing.ChangesKept-time.Minute)
		}, true},
	} {
		s := withMFA()
		c.change(&s)
		d, err := Decide(s, step(Object), noon)
		if err != nil || hasEffect(d, noted) != c.want {
			t.Errorf("%s: %v, %v", c.name, d.Effects, err)
		}
	}
}

// Help that was used, or ended, is empty when the objection comes.
func TestWhoseHelpWasUsedDoesNotReleaseTheFreezeThatFollows(t *testing.T) {
	sam := audit.Actor{Kind: audit.Member, Member: "sam"}
	given := standing.NoteChange{Change: standing.Change{What: standing.GivenBy, At: noon, By: sam}}
	for _, c := range []struct {
		name   string
		change func(*standing.Standing)
		step   Step
	}{
		{"a pass, used", func(s *standing.Standing) { s.Pass.By = sam }, step(UsePass)},
		{"a pass that another agreed to, used", func(s *standing.Standing) { s.Pass.AgreedBy = "sam" }, step(UsePass)},
		{"a suspension, ended", func(s *standing.Standing) { s.Suspension.By = sam }, answer(EndSuspension, org.Administrator)},
	} {
		s := asking()
		s.Requests, s.Suspension, s.Pass = nil, withMFA().Suspension, withMFA().Pass
		c.change(&s)
		if d, err := Decide(s, c.step, noon); err != nil || !hasEffect(d, given) {
			t.Errorf("%s: %v %v", c.name, d.Effects, err)
		}
	}
	s := asking()
	s.Requests = nil
	s.Status, s.Changes = standing.Frozen, []standing.Change{given.Change}
	if got := reasonOf(t, s, answer(Release, org.Administrator)); got != PartyToIt {
		t.Errorf("the giver releases: %q", got)
	}
	s.Status = standing.Settled
	if got := reasonOf(t, s, answer(SignOut, org.Administrator)); got != "" {
		t.Errorf("the giver signs them out: %q", got)
	}
}

func TestStoppingAPassTakesNoFactorAway(t *testing.T) {
	s, st := ready(Stop)
	s.MFASince = noon.Add(-2 * time.Hour)
	s.Authenticators[0].Added, s.Authenticators[0].PowersFrom = s.MFASince, noon.Add(22*time.Hour)
	if d, err := Decide(s, step(Object), noon); err != nil || !hasEffect(d, standing.SetMFA{}) {
		t.Errorf("an objection by mail leaves what is two hours old: %v %v", d.Effects, err)
	}
	d, err := Decide(s, st, noon)
	if err != nil || hasEffect(d, standing.SetMFA{}) || hasEffect(d, standing.RemoveAuthenticator{ID: "phone"}) || hasEffect(d, standing.SetCodes{}) {
		t.Errorf("%v %v", d.Effects, err)
	}
}

func TestNobodyHelpsWhomTheyShareAnAddressWith(t *testing.T) {
	for _, kind := range []StepKind{Suspend, GivePass} {
		s, st := asking(), answer(kind, org.Administrator)
		s.Requests, st.Request = nil, standing.Request{}
		if got := reasonOf(t, s, st); got != "" {
			t.Fatalf("%s: %q", kind, got)
		}
		st.By.As.Member.Email = s.BackupEmail.Address
		if got := reasonOf(t, s, st); got != SecondAccount {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

func TestASuspensionThatWasToldAsOverStaysOver(t *testing.T) {
	s := withMFA()
	if !Suspended(s, noon) {
		t.Fatal("it does not run")
	}
	if s.Suspension.Over = true; Suspended(s, noon) { // the clock was set back since
		t.Error("it runs again")
	}
}

func TestFromWhenAnAdministratorsAgreementCounts(t *testing.T) {
	who := colleague(org.Administrator)
	who.RoleSince, who.MFASince = noon.Add(-8*24*time.Hour), noon.Add(-9*24*time.Hour)
	if got := AgreesFrom(who); !got.Equal(noon.Add(-24 * time.Hour)) {
		t.Errorf("by the role: %v", got)
	}
	who.MFASince = noon
	if got := AgreesFrom(who); !got.Equal(noon.Add(standing.ChangesKept)) {
		t.Errorf("by MFA: %v", got)
	}
	who.MFASince = time.Time{}
	if got := AgreesFrom(who); !got.IsZero() {
		t.Errorf("without MFA: %v", got)
	}
	if got := AgreesFrom(colleague(org.Supervisor)); !got.IsZero() {
		t.Errorf("a supervisor: %v", got)
	}
}
