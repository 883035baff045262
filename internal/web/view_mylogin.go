package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// A BarrierKind says why a control cannot be used now. It chooses
// "barrier.KIND".
type BarrierKind string

// The barriers.
const (
	BarrierCameByBackup  BarrierKind = "came-by-backup" // prove the authenticator first
	BarrierSuspended     BarrierKind = "suspended"      // MFA is: set up an authenticator first
	BarrierFactorTooNew  BarrierKind = "factor-too-new" // carries From
	BarrierForcedLast    BarrierKind = "forced-last"    // MFA is forced: the last authenticator stays
	BarrierForced        BarrierKind = "forced"         // MFA is forced: it cannot be switched off
	BarrierPasswordShort BarrierKind = "password-short" // without MFA a password needs MinLength characters
	BarrierEmailClosed   BarrierKind = "email-closed"   // the organisation uses no backup e-mail
	BarrierNeedsMFA      BarrierKind = "needs-mfa"      // only of use with MFA on
	BarrierFrozen        BarrierKind = "frozen"         // someone said "this was not me"
	BarrierTooMany       BarrierKind = "too-many"       // carries MinLength: how many authenticators at most
)

// A Barrier keeps a control from being used. The zero Barrier keeps nothing.
type Barrier struct {
	Kind  BarrierKind
	From  time.Time // BarrierFactorTooNew: when it opens
	Count int       // BarrierPasswordShort: characters; BarrierTooMany: authenticators
}

// Is reports whether the control is closed.
func (b Barrier) Is() bool { return b.Kind != "" }

// A ReadyRisk says what would go wrong if the phone were gone now. It chooses
// "ready.RISK".
type ReadyRisk string

// What may be said of a member's readiness. Those below ReadyPeople are good.
const (
	ReadyCodes     ReadyRisk = "codes"      // backup codes would carry; carries CodesLeft
	ReadyEmail     ReadyRisk = "email"      // the backup e-mail would carry
	ReadyBoth      ReadyRisk = "both"       // either would
	ReadyFactor    ReadyRisk = "factor"     // another authenticator would
	ReadyPeople    ReadyRisk = "people"     // only other people would: make a backup
	ReadyNobody    ReadyRisk = "nobody"     // nobody and nothing would: make a backup now
	ReadyNoMFA     ReadyRisk = "no-mfa"     // the password alone signs in: no phone needed, nor protected
	ReadyEmailSoon ReadyRisk = "email-soon" // only the backup e-mail would, from UsableFrom
)

// Readiness says what would happen if the phone were gone now.
type Readiness struct {
	Risk       ReadyRisk
	CodesLeft  int
	UsableFrom time.Time
}

// Good reports whether the member could come back in alone.
func (r Readiness) Good() bool {
	switch r.Risk {
	case ReadyCodes, ReadyEmail, ReadyBoth, ReadyFactor:
		return true
	}
	return false
}

// MyLogin is where a member sees and changes how they sign in.
//
//	POST /my-login/language              language
//	POST /my-login/sessions/{id}/end     (no fields)
//	POST /my-login/sessions/others/end   (no fields)
//	POST /my-login/remembered/{id}/forget (no fields)
//	POST /my-login/remembered/all/forget  (no fields)
//	POST /prove/no-phone                 (no fields; where PhoneAsked)
//	GET  /setup-mfa                      turn on, or add another authenticator
//	GET  /my-login/mfa-off, /my-login/password, /my-login/authenticators/{id},
//	     /my-login/backup-codes, /my-login/backup-email
type MyLogin struct {
	Frame
	Email     string // sign-in address, in full
	Readiness Readiness

	MFASince time.Time // zero: MFA is off
	// SuspendedUntil is until when it is disabled; zero: it is not.
	SuspendedUntil time.Time
	TurnOn         Barrier
	TurnOff        Barrier

	Authenticators []Authenticator
	AddAnother     Barrier
	// PhoneAsked: a change asks for the code, so it is said where to go without.
	PhoneAsked bool

	CodesLeft int // of CodesMade
	CodesMade int // 0: none were made
	MakeCodes Barrier

	BackupEmail       string    // in full; empty: none
	EmailConfirmed    time.Time // zero: not yet
	EmailUsableFrom   time.Time // zero or past: usable now
	EmailWaits        bool      // EmailUsableFrom is still to come
	ChangeBackupEmail Barrier

	PasswordChanged time.Time // zero: not known
	ChangePassword  Barrier

	Sessions []Session

	Remembered  []Remembered
	MayRemember bool // the organisation allows it, and MFA is on
}

// A Remembered is a browser that asks this member for no code.
type Remembered struct {
	ID      string
	Browser string // "Firefox on Android"; empty: unknown
	Address string // network address of its last sign-in
	Since   time.Time
	Until   time.Time
	Used    time.Time // last
	This    bool      // this session runs on it
}

// An Authenticator is an authenticator app of this member.
type Authenticator struct {
	ID     string
	Name   string
	Added  time.Time
	Used   time.Time // last; zero: never
	Remove Barrier
}

// A Session is a browser in which this member is signed in.
type Session struct {
	ID      string
	Browser string // "Firefox on Android"; empty: unknown
	Address string // network address
	First   time.Time
	Last    time.Time
	This    bool
	By      By // came in without a factor; empty: not
}

func (MyLogin) template() string { return "my-login" }
func (v MyLogin) title() string  { return v.Say("my-login.title") }

// HasMFA reports whether MFA is on.
func (v MyLogin) HasMFA() bool { return !v.MFASince.IsZero() }

// OtherSessions reports whether there is a session besides this one.
func (v MyLogin) OtherSessions() bool {
	for _, s := range v.Sessions {
		if !s.This {
			return true
		}
	}
	return false
}

// Languages are the languages to choose from, in which each names itself.
func (Frame) Languages() []org.Language { return []org.Language{org.Dutch, org.English} }

// ChangePassword asks for a new password of someone who proved who they are.
//
//	POST /my-login/password  password
//
// Problems as in NewPassword.
type ChangePassword struct {
	Frame
	Email     string // in full, for password managers
	MinLength int    // characters
	MFA       bool   // MinLength is shorter because MFA is on
}

func (ChangePassword) template() string { return "my-password" }
func (v ChangePassword) title() string  { return v.Say("my-password.title") }

// MyAuthenticator renames or removes one authenticator.
//
//	POST /my-login/authenticators/{id}/rename  name
//	POST /my-login/authenticators/{id}/remove  (no fields)
//
// Problems: NoName, NameTaken (Field "name"), NotAllowedNow.
type MyAuthenticator struct {
	Frame
	Authenticator
	Last bool // the only one: removing it switches MFA off
}

func (MyAuthenticator) template() string { return "my-authenticator" }
func (v MyAuthenticator) title() string  { return v.Say("my-authenticator.title") }

// TurnOffMFA asks whether MFA shall be switched off: all authenticators are
// removed.
//
//	POST /my-login/mfa-off  (no fields)
//
// Problems: NotAllowedNow.
type TurnOffMFA struct {
	Frame
	Barrier Barrier
}

func (TurnOffMFA) template() string { return "my-mfa-off" }
func (v TurnOffMFA) title() string  { return v.Say("my-mfa-off.title") }

// MyBackupCodes asks whether a new set shall be made.
//
//	POST /my-login/backup-codes  (no fields)
type MyBackupCodes struct {
	Frame
	CodesLeft int // of CodesMade
	CodesMade int // 0: none were made
	Barrier   Barrier
}

func (MyBackupCodes) template() string { return "my-backup-codes" }
func (v MyBackupCodes) title() string  { return v.Say("my-backup-codes.title") }

// MyNewCodes shows a new set and asks to type one back; until then the old set
// works.
//
//	POST /my-login/backup-codes/confirm  code
//	POST /my-login/backup-codes/stop     (no fields)
//	GET  Codes.Download
//
// Problems (Field "code"): NotYourCode.
type MyNewCodes struct {
	Frame
	Codes
	OldSet bool // there is an old set, which works until one of these is typed back
}

func (MyNewCodes) template() string { return "my-new-codes" }
func (v MyNewCodes) title() string  { return v.Say("my-new-codes.title") }

// MyBackupEmail sets, changes or removes the backup e-mail.
//
//	POST /my-login/backup-email         email
//	POST /my-login/backup-email/remove  (no fields; where Current is set)
//
// Problems (Field "email"): NoEmail, EmailIsSignIn, EmailIsTaken; Throttled.
type MyBackupEmail struct {
	Frame
	Current    string    // in full; empty: none
	UsableFrom time.Time // zero: now
	Email      string    // as typed
	Barrier    Barrier
}

func (MyBackupEmail) template() string { return "my-backup-email" }
func (v MyBackupEmail) title() string  { return v.Say("my-backup-email.title") }

// MyBackupEmailCode asks for the code mailed to the new backup e-mail.
//
//	POST /my-login/backup-email/code   code
//	POST /my-login/backup-email/again  (no fields): mails a new one
//	POST /my-login/backup-email/other  (no fields): back to MyBackupEmail
//
// Problems as in BackupEmailCode.
type MyBackupEmailCode struct {
	Frame
	MailedCode
}

func (MyBackupEmailCode) template() string { return "my-backup-email-code" }
func (v MyBackupEmailCode) title() string  { return v.Say("my-backup-email-code.title") }
