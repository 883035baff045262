package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Rung is one way back in, numbered from the one to try first.
type Rung int

// The rungs.
const (
	OtherFactor        Rung = 1
	BackupCode         Rung = 2
	BackupEmail        Rung = 3
	Helper             Rung = 4
	OtherAdministrator Rung = 5
	Desk               Rung = 6
	OperatorShell      Rung = 7
)

// PasswordByMailDelay is how long a password set through mail keeps the rungs
// closed that rest on a mailbox.
const PasswordByMailDelay = 72 * time.Hour

// A Way is one rung as it stands for one member now.
type Way struct {
	Rung    Rung
	Open    bool
	Reason  Reason            // why not, where Open is false
	Until   time.Time         // when Reason passes by itself; zero: not
	Helpers []standing.Helper // whom to turn to, on the rungs where people help
}

// A way is one row of the ladder: what decides whether a rung is open.
type way struct {
	rung   Rung
	name   string // for docs/ladder.md
	proves string
	open   func(standing.Standing, []standing.Helper, time.Time) (Reason, time.Time)
	helps  func(standing.Standing, standing.Helper, time.Time) bool
}

// ways is the ladder from the lowest rung up.
var ways = []way{
	{OtherFactor, "another factor", "a code of an authenticator", otherFactorWay, nobody},
	{BackupCode, "backup code", "password and one unused backup code", func(s standing.Standing, _ []standing.Helper, now time.Time) (Reason, time.Time) {
		return backupCodeRung(s, now)
	}, nobody},
	{BackupEmail, "backup e-mail", "password and an 8-digit code mailed to the backup e-mail", func(s standing.Standing, _ []standing.Helper, now time.Time) (Reason, time.Time) {
		return backupEmailRung(s, now)
	}, nobody},
	{Helper, "supervisor or administrator", "password and a helper who has met or called the member", helperWay, helpsEmployee},
	{OtherAdministrator, "another administrator", "as rung 4, and the waiting time or a second administrator", otherAdministratorWay, helpsAdministrator},
	{Desk, "the desk", "password and a case with evidence", deskWay, helpsAdministrator},
	{OperatorShell, "the operator's shell", "access to the machine", operatorWay, nobody},
}

// Ways returns every rung, the lowest first, as it stands for the member at
// now. Helpers are all who may be turned to in the organisation: the
// supervisors of the member's team and the administrators.
func Ways(s standing.Standing, helpers []standing.Helper, now time.Time) []Way {
	list := make([]Way, len(ways))
	for i, w := range ways {
		mine := make([]standing.Helper, 0, len(helpers))
		for _, h := range helpers {
			if h.ID != s.Member.ID && w.helps(s, h, now) {
				mine = append(mine, h)
			}
		}
		reason, until := w.open(s, mine, now)
		list[i] = Way{Rung: w.rung, Open: reason == "", Reason: reason, Until: until, Helpers: mine}
	}
	return list
}

func otherFactorWay(s standing.Standing, _ []standing.Helper, _ time.Time) (Reason, time.Time) {
	// The first authenticator is the one that is gone; a second carries.
	if len(s.Authenticators) < 2 {
		return NoOtherFactor, time.Time{}
	}
	return "", time.Time{}
}

func backupCodeRung(s standing.Standing, _ time.Time) (Reason, time.Time) {
	switch {
	case !s.MFA():
		return MFAIsOff, time.Time{}
	case s.Status == standing.Frozen:
		return FrozenNow, time.Time{}
	case len(s.Codes.Codes) == 0:
		return NoCodes, time.Time{}
	case s.Codes.Left() == 0:
		return CodesSpent, time.Time{}
	}
	return "", time.Time{}
}

func backupEmailRung(s standing.Standing, now time.Time) (Reason, time.Time) {
	b := s.BackupEmail
	switch {
	case !s.MFA():
		return MFAIsOff, time.Time{}
	case s.Status == standing.Frozen:
		return FrozenNow, time.Time{}
	case s.Organisation.Recovery(now).BackupEmailClosed:
		return BackupEmailClosed, time.Time{}
	case b.Address == "" || b.Confirmed.IsZero():
		return NoBackupEmail, time.Time{}
	case now.Before(b.UsableFrom):
		return BackupEmailTooNew, b.UsableFrom
	}
	return passwordByMail(s, now)
}

// passwordByMail closes what rests on a mailbox for whoever may just have used
// one to take the password, until a factor or backup code shows otherwise.
func passwordByMail(s standing.Standing, now time.Time) (Reason, time.Time) {
	until := s.Password.Set.Add(PasswordByMailDelay)
	if s.Password.ByMail && now.Before(until) && !s.Proved.After(s.Password.Set) {
		return PasswordByMail, until
	}
	return "", time.Time{}
}

// PasswordByMailLately reports whether the password was set through a mailed link
// so lately that whoever helps has to know it.
func PasswordByMailLately(s standing.Standing, now time.Time) bool {
	reason, _ := passwordByMail(s, now)
	return reason != ""
}

func helperWay(s standing.Standing, mine []standing.Helper, _ time.Time) (Reason, time.Time) {
	switch {
	case isAdministrator(s.Member):
		return NotForRole, time.Time{}
	case len(mine) == 0:
		return NoHelper, time.Time{}
	}
	return maySignInByHelp(s), time.Time{}
}

func otherAdministratorWay(s standing.Standing, mine []standing.Helper, _ time.Time) (Reason, time.Time) {
	switch {
	case !isAdministrator(s.Member):
		return NotForRole, time.Time{}
	case len(mine) == 0:
		return NoHelper, time.Time{}
	}
	return maySignInByHelp(s), time.Time{}
}

// maySignInByHelp returns why nobody can help now, or the empty Reason.
func maySignInByHelp(s standing.Standing) Reason {
	switch {
	case !s.MFA():
		return MFAIsOff
	case s.Status == standing.Frozen:
		return FrozenNow
	}
	return ""
}

// deskWay is open beside the other administrators: the page names them first.
func deskWay(s standing.Standing, _ []standing.Helper, now time.Time) (Reason, time.Time) {
	switch {
	case s.Member.Stored != org.Administrator:
		return NotForRole, time.Time{}
	case !s.Desk:
		return OperatorOnly, time.Time{}
	}
	if reason := maySignInByHelp(s); reason != "" {
		return reason, time.Time{}
	}
	return passwordByMail(s, now)
}

func operatorWay(s standing.Standing, _ []standing.Helper, _ time.Time) (Reason, time.Time) {
	switch {
	case s.Member.State != org.Active:
		return NotActive, time.Time{}
	case !s.MFA():
		return MFAIsOff, time.Time{}
	}
	return AtTheMachine, time.Time{}
}

func nobody(standing.Standing, standing.Helper, time.Time) bool { return false }

// helpsEmployee: a supervisor of the own team, where the organisation lets them,
// and any administrator.
func helpsEmployee(s standing.Standing, h standing.Helper, now time.Time) bool {
	if isAdministrator(s.Member) {
		return false
	}
	supervisor := h.Role == org.Supervisor && !s.Organisation.Recovery(now).SupervisorsBarred
	return supervisor || h.Role == org.Administrator || h.Role == org.Lead
}

func helpsAdministrator(s standing.Standing, h standing.Helper, _ time.Time) bool {
	return isAdministrator(s.Member) && h.Role == s.Member.Role()
}

func isAdministrator(m org.Member) bool { return m.Stored == org.Administrator || m.Stored == org.Lead }
