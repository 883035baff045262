// Package standing is what the product knows of one member at one instant (who
// they are, their organisation's rules, what they can prove with, what
// recovery is under way), and the effects by which one step changes it.
//
// It owns those shapes, so that a decision can be taken by pure code and saved
// by a store that decides nothing. It refuses to say what may happen (ladder
// and the flows do).
package standing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/throttle"
)

// ErrTaken says that an effect came too late: what can be done once had been
// done by someone else. Nothing of the change was saved.
var ErrTaken = errors.New("already done")

// A PasswordHash is an Argon2id hash in the PHC string format. It shows itself
// to no log. The empty hash fits no password.
type PasswordHash string

// String hides the hash.
func (PasswordHash) String() string { return "[password hash]" }

// GoString hides the hash from %#v.
func (PasswordHash) GoString() string { return "standing.PasswordHash{}" }

// LogValue hides the hash.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue("[password hash]") }

// A Password is what is kept of a member's password.
type Password struct {
	Hash   PasswordHash
	Set    time.Time
	ByMail bool // set through a mailed reset link
	Long   bool // at least as long as a password without MFA must be
	Ended  bool // opens nothing any more: a new one is to be set by mail
}

// Exists reports whether there is a password that could fit.
func (p Password) Exists() bool { return p.Hash != "" }

// Status says where a member's recovery stands.
type Status string

// The statuses of a recovery.
const (
	// Settled: none is under way.
	Settled Status = "settled"
	// Answering: a backup let the member in; whether the phone is lost is open.
	Answering Status = "answering"
	// Replacing: the phone is lost, its factors are gone, MFA stays on, and a
	// new factor is to be set up.
	Replacing Status = "replacing"
	// Frozen: someone objected. Only a factor, a new password by mail or whoever
	// releases it goes on.
	Frozen Status = "frozen"
)

// A Standing is a member's standing. It is a value: nobody changes it in place.
type Standing struct {
	Member         org.Member
	Organisation   org.Organisation
	Password       Password
	MFASince       time.Time // zero: MFA is off
	Authenticators []factor.Authenticator
	Codes          factor.CodeSet
	CodesMade      time.Time // zero: there are none
	BackupEmail    factor.BackupEmail
	Status         Status
	StatusSince    time.Time
	Proved         time.Time   // a factor or backup code was last proved
	WrongCodes     int         // in a row, after a right password
	Objected       []Objection // those made by mail, each address' last
	Mails          []Mail      // of the last hour, that anyone can have sent
	Suspension     Suspension
	Pass           Pass
	Remembered     []session.Remembered // devices, the oldest first, expired or not
	Changes        []Change             // by others, of the last 7 days or longer, the newest first
	Requests       []Request            // for help of the last 30 days: those that have not ended, then the others, the newest first
	Case           Case                 // the newest at the desk; its ID is empty where there never was one
	PhoneSince     time.Time            // the phone number has been on file
	Desk           bool                 // of an administrator: there is a desk that can be turned to
}

// An Objection is that "This was not me" was pressed in a mail to an address.
type Objection struct {
	Address org.Email `json:"address"`
	At      time.Time `json:"at"`
}

// A Mail is when a code or link for a purpose went to the member.
type Mail struct {
	Purpose Purpose
	Bound   session.Hash // of a code: the challenge or session that asked
	At      time.Time
}

// MailWait returns how long a further code or link for a purpose has to wait, of
// a code that the challenge or session bound asks for. Codes to sign in or to set
// up with count for each browser, and up to a higher bound in all: whoever has
// the password uses up few of the member's own.
func (s Standing) MailWait(p Purpose, bound session.Hash, now time.Time) time.Duration {
	apart := p == ForSignIn || p == ForSuspended || p == ForSetUp
	var here, all []time.Time
	for _, m := range s.Mails {
		if m.Purpose != p {
			continue
		}
		all = append(all, m.At)
		if !apart || m.Bound == bound {
			here = append(here, m.At)
		}
	}
	return max(throttle.MailWait(here, now), throttle.MailWaitInAll(all, now))
}

// MFA reports whether MFA is on.
func (s Standing) MFA() bool { return !s.MFASince.IsZero() }

// Language is the language the member is told things in: their own, else the
// organisation's.
func (s Standing) Language() org.Language {
	if s.Member.Language != "" {
		return s.Member.Language
	}
	return s.Organisation.Language
}

// Authenticator returns the authenticator id, or false.
func (s Standing) Authenticator(id factor.AuthenticatorID) (factor.Authenticator, bool) {
	for _, a := range s.Authenticators {
		if a.ID == id {
			return a, true
		}
	}
	return factor.Authenticator{}, false
}

// Addresses returns every address that messages about security go to: the
// sign-in address and the backup e-mail.
func (s Standing) Addresses() []org.Email {
	addresses := []org.Email{s.Member.Email}
	if b := s.BackupEmail.Address; b != "" && b != s.Member.Email {
		addresses = append(addresses, b)
	}
	return addresses
}

// A Keeper loads and saves standings. Update locks the member, calls decide and
// saves what it returns in one transaction; decide may run again after a
// conflict, so it does no I/O. Both return an error wrapping org.ErrNotFound
// where there is no such member; Update wraps ErrTaken where an effect came
// too late, and then nothing was saved.
type Keeper interface {
	Standing(ctx context.Context, m org.MemberID) (Standing, error)
	Update(ctx context.Context, m org.MemberID, decide func(Standing) (Decision, error)) error
}

// Mailed reports whether a code or link for a purpose went after an instant.
func (s Standing) Mailed(p Purpose, after time.Time) bool {
	for _, m := range s.Mails {
		if m.Purpose == p && m.At.After(after) {
			return true
		}
	}
	return false
}

// A Helper is someone who may help a member: their supervisor or an
// administrator of the organisation.
type Helper struct {
	ID       org.MemberID
	Name     string
	Role     org.Role
	Phone    string
	Email    org.Email
	Language org.Language // in which they are told: their own, else the organisation's
}

// A Decision is everything that one step saves, in one transaction.
type Decision struct {
	Effects []Effect
	Events  []audit.Event
	Notices []notice.Message
}

// And returns the decision with more effects.
func (d Decision) And(effects ...Effect) Decision {
	d.Effects = append(d.Effects[:len(d.Effects):len(d.Effects)], effects...)
	return d
}

// Merge returns both decisions as one, d's effects first.
func (d Decision) Merge(other Decision) Decision {
	d = d.And(other.Effects...)
	d.Events = append(d.Events[:len(d.Events):len(d.Events)], other.Events...)
	d.Notices = append(d.Notices[:len(d.Notices):len(d.Notices)], other.Notices...)
	return d
}

// An Effect is one thing that a decision changes about the member it is for.
// The store knows how to save each of the types below.
type Effect interface{ effect() }

// The effects on what the member is and proves with.
type (
	// SetStatus moves the recovery at an instant.
	SetStatus struct {
		Status Status
		At     time.Time
	}
	// SetPassword replaces the password. One that has not ended forgets the wrong
	// codes after the one before.
	SetPassword struct{ Password Password }
	// SetLanguage sets the member's own language.
	SetLanguage struct{ Language org.Language }
	// Activate turns an invited member into an active one.
	Activate struct{}
	// SetMFA turns MFA on since an instant, or with the zero Time off.
	SetMFA struct{ Since time.Time }
	// AddAuthenticator adds one.
	AddAuthenticator struct{ Authenticator factor.Authenticator }
	// RenameAuthenticator gives one another name.
	RenameAuthenticator struct {
		ID   factor.AuthenticatorID
		Name string
	}
	// SpendStep uses an authenticator's code: ErrTaken unless Step is after the
	// last one spent.
	SpendStep struct {
		ID   factor.AuthenticatorID
		Step uint64
		At   time.Time
	}
	// RemoveAuthenticator takes one away.
	RemoveAuthenticator struct{ ID factor.AuthenticatorID }
	// SpendCode uses a backup code: ErrTaken if it was spent.
	SpendCode struct {
		ID factor.BackupCodeID
		At time.Time
	}
	// SetCodes replaces the set of backup codes; the zero set removes it.
	SetCodes struct {
		Set factor.CodeSet
		At  time.Time
	}
	// SetBackupEmail sets the backup e-mail; the zero value removes it.
	SetBackupEmail struct{ BackupEmail factor.BackupEmail }
	// MarkProved notes when a factor or backup code was proved and forgets the
	// wrong codes before it. The zero Time: none counts any longer.
	MarkProved struct{ At time.Time }
	// ForgetWrongCodes forgets the wrong codes before a right one that proves
	// neither factor nor backup code.
	ForgetWrongCodes struct{}
	// CountWrongCode counts one that was tried outside a challenge.
	CountWrongCode struct{}
	// NoteObjection notes that an address has objected, in place of its last.
	NoteObjection struct{ Objection Objection }
)

// The effects on what ties browsers to the member.
type (
	// NeedSession saves nothing: ErrTaken if the session has ended. Member is whose
	// it is; empty: the member's that the decision is about.
	NeedSession struct {
		ID     session.Hash
		Member org.MemberID
	}
	// OpenSession begins a session.
	OpenSession struct{ Session session.Session }
	// RaiseSession saves the proofs, reach and id of a session that was Old:
	// whoever gains something in a session gets a new token.
	RaiseSession struct {
		Old     session.Hash
		Session session.Session
	}
	// EndSession ends one session; it may have ended already.
	EndSession struct{ ID session.Hash }
	// EndSessions ends all sessions but one; Except may be empty.
	EndSessions struct{ Except session.Hash }
	// OpenChallenge begins a sign-in.
	OpenChallenge struct{ Challenge session.Challenge }
	// CloseChallenge ends a sign-in: ErrTaken if it has ended.
	CloseChallenge struct{ ID session.Hash }
	// CloseChallenges ends all sign-ins under way.
	CloseChallenges struct{}
	// KnowDevice notes a browser as known, or again until its new expiry.
	KnowDevice struct{ Device session.Device }
	// ForgetDevices forgets all known browsers, and with them every remembered
	// device.
	ForgetDevices struct{}
	// Remember has a device remembered.
	Remember struct{ Device session.Remembered }
	// TurnToken gives a remembered device its next token at an instant: ErrTaken
	// unless From is the one that counts.
	TurnToken struct {
		ID       session.Hash
		From, To session.Hash
		At       time.Time
		Origin   audit.Origin
	}
	// ForgetRemembered has a device remembered no longer, and ends the sessions
	// that run on it but one; Except may be empty.
	ForgetRemembered struct{ ID, Except session.Hash }
	// ForgetAllRemembered has no device but one remembered any longer, and leaves
	// their sessions; Except may be empty.
	ForgetAllRemembered struct{ Except session.Hash }
	// CountMail notes that a mail went which anyone can have sent, where neither
	// a code nor a link that is saved says so.
	CountMail struct{ Mail Mail }
	// SaveMailCode keeps a mailed code; it replaces the one for the same Bound
	// and Purpose.
	SaveMailCode struct{ MailCode MailCode }
	// UseMailCode uses a mailed code: ErrTaken if it was used or replaced.
	UseMailCode struct{ ID string }
	// ForgetMailCodes ends all codes that are under way.
	ForgetMailCodes struct{}
	// SaveSetUp keeps a set-up of MFA under way; it replaces the one of the
	// same session.
	SaveSetUp struct{ SetUp SetUp }
	// DropSetUp ends the set-up of a session: ErrTaken if there is none.
	DropSetUp struct{ Session session.Hash }
	// DropSetUps ends every set-up under way.
	DropSetUps struct{}
	// SaveLink keeps the right behind a mailed link.
	SaveLink struct{ Link Link }
	// UseLink uses a link: ErrTaken if it was used.
	UseLink struct{ ID session.Hash }
	// DropLinks ends the unused links of a purpose.
	DropLinks struct{ Purpose Purpose }
	// ForgetFailures starts a throttle's counter anew.
	ForgetFailures struct{ Key throttle.Key }
)

func (SetStatus) effect()           {}
func (SetPassword) effect()         {}
func (SetLanguage) effect()         {}
func (Activate) effect()            {}
func (SetMFA) effect()              {}
func (AddAuthenticator) effect()    {}
func (RenameAuthenticator) effect() {}
func (SpendStep) effect()           {}
func (RemoveAuthenticator) effect() {}
func (SpendCode) effect()           {}
func (SetCodes) effect()            {}
func (SetBackupEmail) effect()      {}
func (MarkProved) effect()          {}
func (ForgetWrongCodes) effect()    {}
func (CountWrongCode) effect()      {}
func (NoteObjection) effect()       {}
func (NeedSession) effect()         {}
func (OpenSession) effect()         {}
func (RaiseSession) effect()        {}
func (EndSession) effect()          {}
func (EndSessions) effect()         {}
func (OpenChallenge) effect()       {}
func (CloseChallenge) effect()      {}
func (CloseChallenges) effect()     {}
func (KnowDevice) effect()          {}
func (ForgetDevices) effect()       {}
func (Remember) effect()            {}
func (TurnToken) effect()           {}
func (ForgetRemembered) effect()    {}
func (ForgetAllRemembered) effect() {}
func (CountMail) effect()           {}
func (SaveMailCode) effect()        {}
func (UseMailCode) effect()         {}
func (ForgetMailCodes) effect()     {}
func (SaveSetUp) effect()           {}
func (DropSetUp) effect()           {}
func (DropSetUps) effect()          {}
func (SaveLink) effect()            {}
func (UseLink) effect()             {}
func (DropLinks) effect()           {}
func (ForgetFailures) effect()      {}
