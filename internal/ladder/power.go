package ladder

import (
	"errors"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// An Act is something a member does to their own login.
type Act string

// The acts under My login.
const (
	AddAuthenticator    Act = "add authenticator"
	RenameAuthenticator Act = "rename authenticator"
	RemoveAuthenticator Act = "remove authenticator"
	TurnOffMFA          Act = "turn off MFA"
	MakeCodes           Act = "make backup codes"
	ChangeBackupEmail   Act = "change backup e-mail"
	ChangePassword      Act = "change password"
	ChangeLanguage      Act = "change language"
	EndSessions         Act = "end sessions"
)

// Acts lists every act.
var Acts = []Act{
	AddAuthenticator, RenameAuthenticator, RemoveAuthenticator, TurnOffMFA, MakeCodes,
	ChangeBackupEmail, ChangePassword, ChangeLanguage, EndSessions,
}

// PowersDelay is how long a factor gives no powers that was set up neither
// through an invitation or a pass nor with an existing factor.
const PowersDelay = 24 * time.Hour

// May returns why the member may not do act in session at now, and until when
// that holds if it passes by itself; the empty Reason: they may. Whether the
// proof is fresh enough is Fresh's answer.
func May(s standing.Standing, in session.Session, act Act, now time.Time) (Reason, time.Time) {
	switch act {
	case ChangeLanguage, EndSessions:
		return "", time.Time{}
	case AddAuthenticator:
		return mayAddAuthenticator(s, in, now)
	}
	if reason := withoutFactor(in); reason != "" {
		return reason, time.Time{}
	}
	if (act == ChangePassword || act == MakeCodes) && in.CameBy == session.BySuspension && now.Before(in.PowersFrom) {
		return FactorTooNew, in.PowersFrom // the banner says so
	}
	if act == ChangePassword {
		return "", time.Time{}
	}
	if !s.MFA() {
		return MFAIsOff, time.Time{}
	}
	if act == TurnOffMFA || (act == RemoveAuthenticator && len(s.Authenticators) == 1) {
		if reason := keepsMFA(s, now); reason != "" {
			return reason, time.Time{}
		}
	}
	switch act {
	case ChangeBackupEmail, RemoveAuthenticator, TurnOffMFA:
		// Taking away is a way of changing: without MFA the next set-up would ask
		// for a new backup e-mail.
		if now.Before(in.PowersFrom) {
			return FactorTooNew, in.PowersFrom
		}
	}
	return "", time.Time{}
}

// withoutFactor returns why a session has no powers that was opened past MFA
// and in which no factor has been proved since, or the empty Reason.
func withoutFactor(in session.Session) Reason {
	switch {
	case in.CameByBackup():
		return CameByBackup
	case in.CameBySuspension():
		return CameBySuspension
	case in.CameByPass():
		return CameByPass
	}
	return ""
}

func mayAddAuthenticator(s standing.Standing, in session.Session, now time.Time) (Reason, time.Time) {
	switch {
	case in.CameByPass():
		if !s.MFA() || !s.Pass.Opened(in) || !s.Pass.Open(now) {
			return PassEnded, time.Time{}
		}
		return "", time.Time{}
	case !s.MFA():
		return "", time.Time{}
	case in.CameBySuspension():
		// A question that is open elsewhere is answered by a new factor.
		if !Suspended(s, now) {
			return NotSuspended, time.Time{}
		}
		return "", time.Time{}
	case s.Status == standing.Answering:
		return QuestionUnanswered, time.Time{}
	case s.Status == standing.Replacing && (in.CameByBackup() || !in.FactorProved.IsZero()):
		return "", time.Time{}
	case in.CameByBackup():
		return CameByBackup, time.Time{}
	case in.CameByRemembered() && s.Status == standing.Settled:
		return "", time.Time{} // Fresh asks for the factor
	case in.FactorProved.IsZero():
		return BackupFirst, time.Time{}
	}
	return "", time.Time{}
}

// keepsMFA returns why MFA has to stay on.
func keepsMFA(s standing.Standing, now time.Time) Reason {
	switch {
	case s.Organisation.Enforces(now):
		return MFAForced
	case !s.Password.Long:
		return PasswordTooShort
	}
	return ""
}

// Holds reports whether a session is still good for whom it shows: one that a
// suspension or a pass opened ends with that, however it ends, and one in which
// a remembered device stood in for the factor when the organisation remembers
// none any longer.
func Holds(v standing.Viewer, in session.Session, now time.Time) bool {
	switch {
	case in.CameBySuspension():
		return Suspended(seen(v), now) && !in.Created.Before(v.Suspension.Since)
	case in.CameByPass():
		return v.MFA() && v.Pass.Opened(in) && v.Pass.Open(now)
	case in.CameByRemembered():
		return v.Organisation.Remembers(now) && !in.Created.Before(v.Organisation.RememberFrom)
	}
	return true
}

// Holding returns those of the member's sessions that hold at now, in their order.
func Holding(s standing.Standing, sessions []session.Session, now time.Time) []session.Session {
	shown := standing.Viewer{
		Member: s.Member, Organisation: s.Organisation, Status: s.Status, MFASince: s.MFASince, Suspension: s.Suspension, Pass: s.Pass,
	}
	return slices.DeleteFunc(slices.Clone(sessions), func(in session.Session) bool { return !Holds(shown, in, now) })
}

// Bounded returns a session that is about to be opened, ending with the
// suspension or the pass that opens it at the latest.
func Bounded(s standing.Standing, in session.Session) session.Session {
	end := in.Ends
	switch in.CameBy {
	case session.BySuspension:
		end = s.Suspension.Until
	case session.ByPass:
		end = s.Pass.Expires
	}
	if end.Before(in.Ends) {
		in.Ends = end
	}
	return in
}

// ErrStale says that the last proof is not fresh enough for a change.
var ErrStale = errors.New("the last proof is too old")

// Fresh reports whether the proofs of a session are recent enough for a change:
// the password, and MFA where it is on. In a session that a backup, a suspension
// or a pass opened, that stands in for the factor: May allows little there, and asking for the
// phone that is gone would be a dead end. The password is asked all the same.
func Fresh(s standing.Standing, in session.Session, now time.Time) bool {
	if !session.Fresh(in.PasswordProved, now) {
		return false
	}
	return !FactorAsked(s, in) || session.Fresh(in.FactorProved, now)
}

// FactorAsked reports whether renewing a proof asks for a factor too.
func FactorAsked(s standing.Standing, in session.Session) bool {
	return s.MFA() && withoutFactor(in) == ""
}

// GuardsSetUp reports whether a set-up of MFA first asks for a code mailed to
// the sign-in address, so that a stolen password does not enrol the thief.
func GuardsSetUp(s standing.Standing, in session.Session, now time.Time) bool {
	return in.CameBySuspension() || !s.MFA() && !in.FreshInvitation(now)
}

// PowersFrom returns the instant from which a factor that is set up in session
// at now gives powers. A factor set up with another inherits that one's, so a
// new factor is never a way round the delay.
func PowersFrom(s standing.Standing, in session.Session, now time.Time) time.Time {
	switch {
	case !s.MFA() && in.FreshInvitation(now), in.CameByPass():
		return now
	case !in.FactorProved.IsZero():
		return in.PowersFrom
	}
	return now.Add(PowersDelay)
}
