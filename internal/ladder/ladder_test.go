package ladder

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// withMFA is a member for whom every rung of their own is open.
func withMFA() standing.Standing {
	return standing.Standing{
		Member:         org.Member{ID: "eva", Email: "eva@korenaar.example", State: org.Active, Stored: org.Employee},
		Password:       standing.Password{Set: noon.Add(-1000 * time.Hour), Long: true},
		MFASince:       noon.Add(-500 * time.Hour),
		Authenticators: []factor.Authenticator{{ID: "phone"}},
		Codes:          factor.CodeSet{Salt: []byte{1}, Codes: []factor.StoredCode{{ID: "c1"}, {ID: "c2"}, {ID: "c3"}, {ID: "c4"}}},
		BackupEmail:    factor.BackupEmail{Address: "eva@home.example", Confirmed: noon.Add(-400 * time.Hour), UsableFrom: noon.Add(-400 * time.Hour)},
		Status:         standing.Settled,
		Suspension:     standing.Suspension{Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)},
		Pass:           standing.Pass{ID: "pass", Given: noon.Add(-time.Hour), Expires: noon.Add(time.Hour)},
	}
}

// theOperator gives; ann and eva, whom it may be about, are told.
var theOperator = standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}

// step returns a step of a kind that fits withMFA.
func step(kind StepKind) Step {
	return Step{
		Kind: kind, Authenticator: "phone", Counter: 7, Code: "c1", Lost: []factor.AuthenticatorID{"phone"},
		New: factor.Authenticator{ID: "new"}, Address: "eva@korenaar.example", Session: "here",
		By: theOperator, Verified: InPerson,
		Administrators: []standing.Helper{{ID: "ann", Name: "Ann", Email: "ann@korenaar.example", Language: org.Dutch}},
		Suspension:     standing.Suspension{Until: noon.Add(24 * time.Hour)},
		Pass:           standing.Pass{ID: "pass", Expires: noon.Add(standing.PassLifetime)},
		Link:           "/enrolment-pass/token",
	}
}

func TestEveryStepFromEveryStatusIsAllowedOrRefusedAsListed(t *testing.T) {
	const refused standing.Status = "refused"
	settled, answering, replacing, frozen := standing.Settled, standing.Answering, standing.Replacing, standing.Frozen
	table := map[StepKind][4]standing.Status{ // from settled, answering, replacing, frozen
		ProveFactor:       {settled, settled, settled, settled},
		SpendBackupCode:   {answering, answering, replacing, refused},
		AskMailCode:       {settled, answering, replacing, refused},
		SpendMailCode:     {answering, answering, replacing, refused},
		SayLost:           {refused, replacing, refused, refused},
		SayNotLost:        {refused, settled, refused, refused},
		FinishSetUp:       {settled, settled, settled, refused},
		Object:            {frozen, frozen, frozen, frozen},
		SetPasswordByMail: {settled, answering, replacing, settled},

		Suspend:            {settled, settled, replacing, refused},
		EndSuspension:      {settled, answering, replacing, refused},
		AskSuspendedCode:   {settled, answering, replacing, refused},
		SpendSuspendedCode: {settled, answering, replacing, refused},
		GivePass:           {settled, answering, replacing, refused},
		OpenPass:           {settled, answering, replacing, refused},
		UsePass:            {settled, settled, settled, refused},
		Release:            {refused, refused, refused, settled},
		SignOut:            {settled, answering, replacing, frozen},
		Deactivate:         {settled, answering, replacing, frozen},

		AskHelp:      {settled, answering, replacing, refused},
		WithdrawHelp: {settled, answering, replacing, refused},
		RefuseHelp:   {settled, answering, replacing, refused},
		Mistype:      {settled, answering, replacing, refused},
		CarryOn:      {settled, answering, replacing, refused},
		Agree:        {settled, answering, replacing, refused},
		Stop:         {frozen, frozen, frozen, refused},

		GrantPass: {settled, answering, replacing, refused},
		HandPass:  {settled, answering, replacing, refused},
	}
	if len(table) != len(Steps) {
		t.Fatalf("the table has %d steps, the ladder %d", len(table), len(Steps))
	}
	for kind, row := range table {
		for i, from := range Statuses {
			s, st := ready(kind)
			s.Status = from
			d, err := Decide(s, st, noon)
			got := from
			for _, e := range d.Effects {
				if set, ok := e.(standing.SetStatus); ok {
					got = set.Status
				}
			}
			if refusal, ok := errors.AsType[*Refusal](err); ok {
				got = refused
				if want := map[bool]Reason{true: FrozenNow, false: NotNow}[from == frozen]; refusal.Reason != want {
					t.Errorf("%s from %s is refused with %q, want %q", kind, from, refusal.Reason, want)
				}
			}
			if got != row[i] {
				t.Errorf("%s from %s leads to %s, want %s", kind, from, got, row[i])
			}
		}
	}
}

func TestTheZeroStandingClimbsNothing(t *testing.T) {
	for _, kind := range Steps {
		if _, err := Decide(standing.Standing{}, step(kind), noon); err == nil {
			t.Errorf("%s is allowed to nobody in particular", kind)
		}
	}
}

func TestEachRungOfTheMembersOwnIsClosedForItsReason(t *testing.T) {
	changed := func(change func(*standing.Standing)) standing.Standing {
		s := withMFA()
		change(&s)
		return s
	}
	day := 24 * time.Hour
	for _, c := range []struct {
		name  string
		s     standing.Standing
		rung  Rung
		want  Reason
		until time.Time
	}{
		{"a second authenticator", changed(func(s *standing.Standing) {
			s.Authenticators = append(s.Authenticators, factor.Authenticator{ID: "tablet"})
		}), OtherFactor, "", time.Time{}},
		{"one authenticator", withMFA(), OtherFactor, NoOtherFactor, time.Time{}},
		{"codes left", withMFA(), BackupCode, "", time.Time{}},
		{"no codes made", changed(func(s *standing.Standing) { s.Codes = factor.CodeSet{} }), BackupCode, NoCodes, time.Time{}},
		{"codes spent", changed(func(s *standing.Standing) { s.Codes.Codes = []factor.StoredCode{{Spent: true}} }), BackupCode, CodesSpent, time.Time{}},
		{"codes, frozen", changed(func(s *standing.Standing) { s.Status = standing.Frozen }), BackupCode, FrozenNow, time.Time{}},
		{"codes, MFA off", changed(func(s *standing.Standing) { s.MFASince = time.Time{} }), BackupCode, MFAIsOff, time.Time{}},
		{"e-mail", withMFA(), BackupEmail, "", time.Time{}},
		{"no e-mail", changed(func(s *standing.Standing) { s.BackupEmail = factor.BackupEmail{} }), BackupEmail, NoBackupEmail, time.Time{}},
		{"e-mail not confirmed", changed(func(s *standing.Standing) { s.BackupEmail.Confirmed = time.Time{} }), BackupEmail, NoBackupEmail, time.Time{}},
		{"e-mail usable from this second", changed(func(s *standing.Standing) { s.BackupEmail.UsableFrom = noon }), BackupEmail, "", time.Time{}},
		{"e-mail a second too new", changed(func(s *standing.Standing) { s.BackupEmail.UsableFrom = noon.Add(time.Second) }), BackupEmail, BackupEmailTooNew, noon.Add(time.Second)},
		{"e-mail closed by the organisation", changed(func(s *standing.Standing) { s.Organisation.Policy.BackupEmailClosed = true }), BackupEmail, BackupEmailClosed, time.Time{}},
		{"e-mail, frozen", changed(func(s *standing.Standing) { s.Status = standing.Frozen }), BackupEmail, FrozenNow, time.Time{}},
		{"password by mail a second less than 72 h ago", changed(func(s *standing.Standing) {
			s.Password.ByMail, s.Password.Set = true, noon.Add(-3*day+time.Second)
		}), BackupEmail, PasswordByMail, noon.Add(time.Second)},
		{"password by mail 72 h ago", changed(func(s *standing.Standing) { s.Password.ByMail, s.Password.Set = true, noon.Add(-3*day) }), BackupEmail, "", time.Time{}},
		{"password by mail, a factor proved before", changed(func(s *standing.Standing) {
			s.Password.ByMail, s.Password.Set, s.Proved = true, noon.Add(-time.Hour), noon.Add(-time.Hour)
		}), BackupEmail, PasswordByMail, noon.Add(-time.Hour + 3*day)},
		{"password by mail, a factor proved since", changed(func(s *standing.Standing) {
			s.Password.ByMail, s.Password.Set, s.Proved = true, noon.Add(-time.Hour), noon.Add(-time.Minute)
		}), BackupEmail, "", time.Time{}},
		{"password by mail closes no codes", changed(func(s *standing.Standing) { s.Password.ByMail, s.Password.Set = true, noon }), BackupCode, "", time.Time{}},
	} {
		way := Ways(c.s, nil, noon)[c.rung-1]
		if way.Reason != c.want || way.Open != (c.want == "") || !way.Until.Equal(c.until) {
			t.Errorf("%s: open %v, %q until %v; want %q until %v", c.name, way.Open, way.Reason, way.Until, c.want, c.until)
		}
	}
}

func TestARungThatIsClosedCannotBeClimbedByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := withMFA()
		s.Status = rapid.SampledFrom(Statuses).Draw(t, "status")
		s.Organisation.Policy.BackupEmailClosed = rapid.Bool().Draw(t, "closed")
		s.Password.ByMail = rapid.Bool().Draw(t, "by mail")
		s.Password.Set = noon.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		if rapid.Bool().Draw(t, "no codes") {
			s.Codes = factor.CodeSet{}
		}
		if rapid.Bool().Draw(t, "MFA off") {
			s.MFASince = time.Time{}
		}
		s.BackupEmail.UsableFrom = noon.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "usable")) * time.Hour)
		ways := Ways(s, nil, noon)
		for kind, rung := range map[StepKind]Rung{SpendBackupCode: BackupCode, AskMailCode: BackupEmail, SpendMailCode: BackupEmail} {
			_, err := Decide(s, step(kind), noon)
			if (err == nil) != ways[rung-1].Open {
				t.Fatalf("rung %d open %v, but %s: %v", rung, ways[rung-1].Open, kind, err)
			}
		}
	})
}

func TestWhoMayBeTurnedTo(t *testing.T) {
	sam := standing.Helper{ID: "sam", Role: org.Supervisor}
	ann := standing.Helper{ID: "ann", Role: org.Administrator}
	bea := standing.Helper{ID: "bea", Role: org.Administrator}
	all := []standing.Helper{sam, ann, bea}
	for _, c := range []struct {
		name    string
		id      org.MemberID
		stored  org.Role
		helpers []standing.Helper
		rung    Rung
		reason  Reason
		want    []org.MemberID
	}{
		{"an employee: supervisor and administrators", "eva", org.Employee, all, Helper, "", []org.MemberID{"sam", "ann", "bea"}},
		{"a supervisor: not themselves", "sam", org.Employee, all, Helper, "", []org.MemberID{"ann", "bea"}},
		{"an employee whom nobody can help", "eva", org.Employee, nil, Helper, NoHelper, nil},
		{"an administrator is never a supervisor's to help", "ann", org.Administrator, all, Helper, NotForRole, nil},
		{"an administrator: the other one", "ann", org.Administrator, all, OtherAdministrator, "", []org.MemberID{"bea"}},
		{"the only administrator", "ann", org.Administrator, []standing.Helper{sam, ann}, OtherAdministrator, NoHelper, nil},
		{"an employee: not the administrators' rung", "eva", org.Employee, all, OtherAdministrator, NotForRole, nil},
		{"the desk, where there is one: beside the others, who are named first", "ann", org.Administrator, all, Desk, "", []org.MemberID{"bea"}},
		{"the desk: the only administrator", "ann", org.Administrator, []standing.Helper{sam, ann}, Desk, "", nil},
		{"the desk, where there is none", "abe", org.Administrator, all, Desk, OperatorOnly, []org.MemberID{"ann", "bea"}},
		{"the desk is not for employees", "eva", org.Employee, all, Desk, NotForRole, nil},
		{"the shell is the operator's", "eva", org.Employee, all, OperatorShell, AtTheMachine, nil},
	} {
		s := withMFA()
		s.Member.ID, s.Member.Stored, s.Desk = c.id, c.stored, c.id != "abe"
		way := Ways(s, c.helpers, noon)[c.rung-1]
		var got []org.MemberID
		for _, h := range way.Helpers {
			got = append(got, h.ID)
		}
		if way.Open != (c.reason == "") || way.Reason != c.reason || !slices.Equal(got, c.want) {
			t.Errorf("%s: open %v %q %v, want %q %v", c.name, way.Open, way.Reason, got, c.reason, c.want)
		}
	}
}

func TestSecondFactorIsOneQuestion(t *testing.T) {
	forced := org.Organisation{MFA: org.MFAPolicy{Forced: true}}
	graced := org.Organisation{MFA: org.MFAPolicy{Forced: true, GraceUntil: noon}}
	for _, c := range []struct {
		name string
		s    standing.Standing
		at   time.Time
		want Ask
	}{
		{"MFA on", standing.Standing{MFASince: noon}, noon, AskFactor},
		{"MFA on, phone lost", standing.Standing{MFASince: noon, Status: standing.Replacing}, noon, AskFactor},
		{"MFA on, frozen", standing.Standing{MFASince: noon, Status: standing.Frozen}, noon, AskFactor},
		{"MFA off", standing.Standing{}, noon, AskNothing},
		{"MFA off, frozen", standing.Standing{Status: standing.Frozen}, noon, AskNewPassword},
		{"MFA off, forced", standing.Standing{Organisation: forced}, noon, AskSetUp},
		{"MFA off, last second of grace", standing.Standing{Organisation: graced}, noon.Add(-time.Second), AskNothing},
		{"MFA off, grace over", standing.Standing{Organisation: graced}, noon, AskSetUp},
		{"MFA off, the desk", standing.Standing{Organisation: org.Organisation{Kind: org.Desk}}, noon, AskSetUp},
	} {
		if got := SecondFactor(c.s, Browser{}, c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSayingLostEndsWhatTheThiefHolds(t *testing.T) {
	s := withMFA()
	s.Status = standing.Answering
	d, err := Decide(s, step(SayLost), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []standing.Effect{
		standing.RemoveAuthenticator{ID: "phone"}, standing.EndSessions{Except: "here"}, standing.ForgetDevices{},
		standing.CloseChallenges{}, standing.ForgetMailCodes{}, standing.SetStatus{Status: standing.Replacing, At: noon},
	} {
		if !slices.ContainsFunc(d.Effects, func(e standing.Effect) bool { return reflect.DeepEqual(e, want) }) {
			t.Errorf("%T is missing", want)
		}
	}
	for name, lost := range map[string][]factor.AuthenticatorID{"nothing": nil, "another member's": {"theirs"}} {
		wrong := step(SayLost)
		wrong.Lost = lost
		if _, err := Decide(s, wrong, noon); err == nil {
			t.Errorf("losing %s is allowed", name)
		}
	}
}

func TestAnAddressObjectsOnceByMailAndAgainOnlyWithAFactor(t *testing.T) {
	s := withMFA()
	s.Objected = []standing.Objection{{Address: "eva@korenaar.example", At: noon.Add(-ObjectionMemory + time.Second)}}
	if _, err := Decide(s, step(Object), noon); err == nil {
		t.Error("a second objection by mail is allowed")
	}
	other := step(Object)
	other.Address = "eva@home.example"
	byFactor := step(Object)
	byFactor.ByFactor = true
	old := s
	old.Objected = []standing.Objection{{Address: "eva@korenaar.example", At: noon.Add(-ObjectionMemory)}}
	if _, err := Decide(old, step(Object), noon); err != nil {
		t.Errorf("thirty days later: %v", err)
	}
	for name, allowed := range map[string]Step{"from the other address": other, "with a factor": byFactor} {
		if _, err := Decide(s, allowed, noon); err != nil {
			t.Errorf("an objection %s: %v", name, err)
		}
	}
}

func TestEveryStepThatConcernsSecurityIsAnEventAndIsTold(t *testing.T) {
	quiet := map[StepKind]bool{
		ProveFactor: true, AskMailCode: true, SayNotLost: true, AskSuspendedCode: true, SpendSuspendedCode: true, OpenPass: true,
		WithdrawHelp: true, Mistype: true, CarryOn: true,
	}
	administrators := map[StepKind]bool{Suspend: true, EndSuspension: true, GivePass: true, UsePass: true, Release: true, SignOut: true, Deactivate: true, Agree: true, Stop: true,
		GrantPass: true, HandPass: true}
	for _, kind := range Steps {
		s, st := ready(kind)
		if kind == SayLost || kind == SayNotLost {
			s.Status = standing.Answering
		}
		if kind == Release {
			s.Status = standing.Frozen
		}
		d, err := Decide(s, st, noon)
		if err != nil {
			t.Fatal(kind, err)
		}
		if len(d.Events) == 0 {
			t.Errorf("%s leaves no event", kind)
		}
		want := 2
		if administrators[kind] {
			want = 3
			if last := d.Notices[2]; last.To != "ann@korenaar.example" || last.Language != org.Dutch || last.ToName != "Ann" || last.Kind.MayObject() {
				t.Errorf("%s is told to the administrators as %+v", kind, last)
			}
		}
		if kind == AskHelp {
			want = 4 // and the two who can help
		}
		if told := len(d.Notices); !quiet[kind] && told != want {
			t.Errorf("%s is told to %d addresses, want %d", kind, told, want)
		}
	}
}

func TestAnObjectionUndoesWhatWasSetUpLately(t *testing.T) {
	last, over := noon.Add(-UndoneFor+time.Second), noon.Add(-UndoneFor)
	for _, c := range []struct {
		name                 string
		change               func(*standing.Standing)
		phone, codes, e, mfa bool // what is taken away
	}{
		{"what was there for long stays", func(*standing.Standing) {}, false, false, false, false},
		{"a factor of the last day, whatever its powers", func(s *standing.Standing) {
			s.Authenticators[0].Added, s.Authenticators[0].PowersFrom = last, last
		}, true, false, false, false},
		{"one of a day ago stays", func(s *standing.Standing) {
			s.Authenticators[0].Added, s.Authenticators[0].PowersFrom = over, over
		}, false, false, false, false},
		{"one without powers takes the codes along", func(s *standing.Standing) {
			s.Authenticators[0].Added, s.Authenticators[0].PowersFrom = last, noon.Add(time.Second)
		}, true, true, false, false},
		{"the first one, that gives no powers, and with it MFA and the backup e-mail", func(s *standing.Standing) {
			s.Authenticators[0].Added, s.MFASince, s.Authenticators[0].PowersFrom = last, last, noon.Add(time.Second)
		}, true, true, true, true},
		{"the first one, that counts, and MFA stays on", func(s *standing.Standing) {
			s.Authenticators[0].Added, s.MFASince, s.Authenticators[0].PowersFrom = last, last, last
		}, true, false, false, false},
		{"codes of the last day", func(s *standing.Standing) { s.CodesMade = last }, false, true, false, false},
		{"codes of a day ago stay", func(s *standing.Standing) { s.CodesMade = over }, false, false, false, false},
		{"a backup e-mail of the last day", func(s *standing.Standing) { s.BackupEmail.Confirmed = last }, false, false, true, false},
		{"one of a day ago stays", func(s *standing.Standing) { s.BackupEmail.Confirmed = over }, false, false, false, false},
	} {
		s := withMFA()
		s.Authenticators[0].Added = noon.Add(-400 * time.Hour)
		c.change(&s)
		d, err := Decide(s, step(Object), noon)
		if err != nil {
			t.Fatal(err)
		}
		for what, w := range map[standing.Effect]bool{
			standing.RemoveAuthenticator{ID: "phone"}: c.phone, standing.SetBackupEmail{}: c.e, standing.SetMFA{}: c.mfa,
		} {
			if got := hasEffect(d, what); got != w {
				t.Errorf("%s: %T %v", c.name, what, got)
			}
		}
		if got := hasEffect(d, standing.SetCodes{}); got != c.codes {
			t.Errorf("%s: codes removed: %v", c.name, got)
		}
	}
}

func TestWhoeverIsReleasedWithoutAFactorReplacesIt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*standing.Standing)
		to     standing.Status
		why    Reason
	}{
		"a factor is left": {func(*standing.Standing) {}, standing.Settled, ""},
		"none is left":     {func(s *standing.Standing) { s.Authenticators = nil }, standing.Replacing, ""},
		"MFA is off":       {func(s *standing.Standing) { s.MFASince = time.Time{} }, "", MFAIsOff},
		"deactivated":      {func(s *standing.Standing) { s.Member.State = org.Deactivated }, "", NotActive},
	} {
		s := withMFA()
		s.Status = standing.Frozen
		c.change(&s)
		d, err := Decide(s, step(Release), noon)
		if c.why != "" {
			if got := reasonOf(t, s, step(Release)); got != c.why {
				t.Errorf("%s: refused with %q", name, got)
			}
			continue
		}
		if err != nil || !hasEffect(d, standing.SetStatus{Status: c.to, At: noon}) {
			t.Errorf("%s: %v, %v", name, d.Effects, err)
		}
	}
}

func TestAFactorSetUpWithAnotherInheritsItsDelay(t *testing.T) {
	late := noon.Add(5 * time.Hour)
	off := standing.Standing{Status: standing.Settled}
	for _, c := range []struct {
		name string
		s    standing.Standing
		in   session.Session
		want time.Time
	}{
		{"first, by invitation", off, session.Session{CameBy: session.ByInvitation, Created: noon}, noon},
		{"first, invitation an hour ago", off, session.Session{CameBy: session.ByInvitation, Created: noon.Add(-session.InvitationFresh)}, noon.Add(PowersDelay)},
		{"first, by password and mailed code", off, session.Session{CameBy: session.ByPassword}, noon.Add(PowersDelay)},
		{"with an enrolment pass", withMFA(), session.Session{CameBy: session.ByPass}, noon},
		{"while MFA is suspended", withMFA(), session.Session{CameBy: session.BySuspension}, noon.Add(PowersDelay)},
		{"after a backup", withMFA(), session.Session{CameBy: session.ByBackupCode}, noon.Add(PowersDelay)},
		{"with an older factor", withMFA(), session.Session{FactorProved: noon, PowersFrom: noon.Add(-time.Hour)}, noon.Add(-time.Hour)},
		{"with a factor that has to wait", withMFA(), session.Session{FactorProved: noon, PowersFrom: late}, late},
	} {
		if got := PowersFrom(c.s, c.in, noon); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAProofIsFreshForFiveMinutes(t *testing.T) {
	lost := withMFA()
	lost.Status, lost.Authenticators = standing.Replacing, nil
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	last, over := session.FreshFor-time.Second, session.FreshFor
	for _, c := range []struct {
		name string
		s    standing.Standing
		in   session.Session
		want bool
	}{
		{"both proofs at their last second", withMFA(), session.Session{PasswordProved: ago(last), FactorProved: ago(last)}, true},
		{"password too old", withMFA(), session.Session{PasswordProved: ago(over), FactorProved: ago(last)}, false},
		{"factor too old", withMFA(), session.Session{PasswordProved: ago(last), FactorProved: ago(over)}, false},
		{"no factor proved", withMFA(), session.Session{PasswordProved: noon}, false},
		{"MFA off", standing.Standing{}, session.Session{PasswordProved: ago(last)}, true},
		{"came by a backup and the phone is lost", lost, session.Session{CameBy: session.ByBackupCode, PasswordProved: ago(last)}, true},
		{"came by a backup and the phone is only not at hand", withMFA(), session.Session{CameBy: session.ByBackupCode, PasswordProved: ago(last)}, true},
		{"came by a backup, password too old", withMFA(), session.Session{CameBy: session.ByBackupCode, PasswordProved: ago(over)}, false},
		{"came by a backup, a factor proved since and too old", withMFA(), session.Session{CameBy: session.ByBackupCode, PasswordProved: ago(last), FactorProved: ago(over)}, false},
		{"came by a suspension", withMFA(), session.Session{CameBy: session.BySuspension, PasswordProved: ago(last)}, true},
		{"came by a suspension, a factor proved since and too old", withMFA(), session.Session{CameBy: session.BySuspension, PasswordProved: ago(last), FactorProved: ago(over)}, false},
		{"came by a pass", withMFA(), session.Session{CameBy: session.ByPass, PasswordProved: ago(last)}, true},
		{"came by a password alone and the phone is lost", lost, session.Session{CameBy: session.ByPassword, PasswordProved: noon}, false},
	} {
		if got := Fresh(c.s, c.in, noon); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestAFactorThatIsTooNewTakesNothingAway(t *testing.T) {
	s := withMFA()
	s.Authenticators = append(s.Authenticators, factor.Authenticator{ID: "tablet"})
	for _, act := range []Act{ChangeBackupEmail, RemoveAuthenticator, TurnOffMFA} {
		for name, c := range map[string]struct {
			powers time.Time
			want   Reason
		}{"from now": {noon, ""}, "a second later": {noon.Add(time.Second), FactorTooNew}} {
			in := session.Session{CameBy: session.ByFactor, FactorProved: noon, PowersFrom: c.powers}
			if reason, _ := May(s, in, act, noon); reason != c.want {
				t.Errorf("%s with powers %s: %q", act, name, reason)
			}
		}
	}
}

func TestWithoutMFAAShortPasswordKeepsMFAOn(t *testing.T) {
	s := withMFA()
	in := session.Session{CameBy: session.ByFactor, FactorProved: noon, PowersFrom: noon}
	s.Password.Long = false
	if reason, _ := May(s, in, RemoveAuthenticator, noon); reason != PasswordTooShort {
		t.Errorf("the last authenticator: %q", reason)
	}
	s.Authenticators = append(s.Authenticators, factor.Authenticator{ID: "tablet"})
	if reason, _ := May(s, in, RemoveAuthenticator, noon); reason != "" {
		t.Errorf("one of two: %q", reason)
	}
}

func TestTheShellHelpsWhoeverIsActiveAndHasMFA(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*standing.Standing)
		want   Reason
	}{
		"active with MFA": {func(*standing.Standing) {}, AtTheMachine},
		"frozen":          {func(s *standing.Standing) { s.Status = standing.Frozen }, AtTheMachine},
		"without MFA":     {func(s *standing.Standing) { s.MFASince = time.Time{} }, MFAIsOff},
		"invited":         {func(s *standing.Standing) { s.Member.State = org.Invited }, NotActive},
		"deactivated":     {func(s *standing.Standing) { s.Member.State = org.Deactivated }, NotActive},
	} {
		s := withMFA()
		c.change(&s)
		for _, w := range Ways(s, nil, noon) {
			if w.Rung == OperatorShell && w.Reason != c.want {
				t.Errorf("%s: %s", name, w.Reason)
			}
		}
	}
}
