package web

import "time"

// MFA asks for the code of the authenticator, after a right password.
//
//	POST /mfa       code, remember ("yes"; where Remember is set)
//	POST /sign-out  (no fields): "not you?"
//
// Problems (Field "code"): WrongCode, ClockMayBeOff, CodeUsed, CodeNotSix, and
// Throttled. Too many wrong codes are no problem here but NoticeBeginAgain on
// SignIn.
type MFA struct {
	Frame
	Name     string // of the member who gave the password
	Email    string // masked
	NoFactor bool   // said lost: there is no authenticator now; leads to /backup
	// Authenticators are the names given to them, to recognise the right one.
	Authenticators []string
	Remember       bool // the device may be remembered
	Ticked         bool // as it was sent before
}

func (MFA) template() string { return "mfa" }
func (v MFA) title() string  { return v.Say("mfa.title") }

// A RungKind names a rung of the ladder. It chooses "rung.KIND.…".
type RungKind string

// The rungs, in order.
const (
	RungFactor        RungKind = "factor"
	RungBackupCode    RungKind = "backup-code"
	RungBackupEmail   RungKind = "backup-email"
	RungHelper        RungKind = "helper"        // supervisor or administrator
	RungAdministrator RungKind = "administrator" // another administrator
	RungDesk          RungKind = "desk"
	RungOperator      RungKind = "operator"
)

// A RungReason says why a rung is not open. It chooses "reason.REASON" (why)
// and "reason.REASON.next" (what to do instead).
type RungReason string

// The reasons why a rung is not open.
const (
	ReasonNoOtherFactor      RungReason = "no-other-factor"
	ReasonNoCodes            RungReason = "no-codes"               // none were ever made
	ReasonCodesSpent         RungReason = "codes-spent"            // all are used
	ReasonNoBackupEmail      RungReason = "no-backup-email"        // none confirmed
	ReasonEmailTooNew        RungReason = "backup-email-too-new"   // carries UsableFrom
	ReasonEmailClosed        RungReason = "backup-email-closed"    // by the organisation
	ReasonPasswordByMail     RungReason = "password-by-mail"       // carries Until
	ReasonFrozen             RungReason = "frozen"                 // someone said "this was not me"
	ReasonNotForRole         RungReason = "not-for-role"           // the rung is for others
	ReasonNoHelper           RungReason = "no-helper"              // nobody else in the organisation
	ReasonOthersFirst        RungReason = "others-first"           // another administrator can help
	ReasonOperatorOnly       RungReason = "operator-only"          // only whoever runs the installation
	ReasonAtTheMachine       RungReason = "at-the-machine"         // the operator's own rung: not on a page
	ReasonSignInAgain        RungReason = "sign-in-again"          // too many tries in this sign-in
	ReasonThrottled          RungReason = "throttled"              // carries Until
	ReasonHelpersTooRecent   RungReason = "helpers-too-recent"     // those there are were made so less than 7 days ago
	ReasonOnlyAdministrators RungReason = "supervisor-not-allowed" // the organisation lets only administrators help
)

// A Rung is one way back in, open or not.
type Rung struct {
	Kind       RungKind
	Open       bool
	Reason     RungReason // where not Open
	UsableFrom time.Time  // ReasonEmailTooNew
	Until      time.Time  // ReasonPasswordByMail, ReasonThrottled
	CodesLeft  int        // RungBackupCode
	Masked     string     // RungBackupEmail: the address, masked
	People     []Person   // whom to turn to: RungHelper, RungAdministrator, RungOperator; may be empty
}

// Why returns what chooses the sentences for a rung that is not open: its
// reason and, where the rung is for others, which rung it is.
func (r Rung) Why() string {
	if r.Reason == ReasonNotForRole {
		switch r.Kind {
		case RungHelper, RungAdministrator, RungDesk:
			return string(r.Reason) + "." + string(r.Kind)
		}
	}
	return string(r.Reason)
}

// Backup is the ladder: every way back in, in order, the closed ones with
// their reason and the next step.
//
//	POST /backup/code   code  (rung 2)
//	POST /backup/email        (rung 3, no fields: mails a code, then /backup/email)
//	POST /sign-out            (no fields: "not you?")
//
// Problems: WrongBackup, BackupSpent (Field "code"), Throttled, Refused,
// SentTooOften, MailNotSent.
type Backup struct {
	Frame
	Name  string // of the member who gave the password
	Email string // sign-in address, masked
	Rungs []Rung // in the order of the ladder
	Kept  bool   // signed in, and still: no way is open to whoever has no phone
	Again bool   // a remembered device is not asked for the code at the next sign-in
}

func (Backup) template() string { return "backup" }
func (v Backup) title() string  { return v.Say("backup.title") }

// OwnCount returns how many rungs are open that the member climbs alone.
func (v Backup) OwnCount() int {
	n := 0
	for _, r := range v.Rungs {
		if r.Open && len(r.People) == 0 {
			n++
		}
	}
	return n
}

// OpenCount returns how many rungs are open.
func (v Backup) OpenCount() int {
	n := 0
	for _, r := range v.Rungs {
		if r.Open {
			n++
		}
	}
	return n
}

// BackupEmailCode asks for the code mailed to the backup e-mail.
//
//	GET  /backup/email
//	POST /backup/email/code  code
//	POST /backup/email       (no fields: sends a new one)
//
// Problems (Field "code"): WrongMailCode, MailCodeEnded, CodeNotEight, and
// Throttled, SentTooOften.
type BackupEmailCode struct {
	Frame
	MailedCode
}

func (BackupEmailCode) template() string { return "backup-email" }
func (v BackupEmailCode) title() string  { return v.Say("backup-email.title") }

// A MailedCode is an 8-digit code on its way to an address.
type MailedCode struct {
	Masked     string        // the address: masked where the reader may be a stranger, else in full
	ValidUntil time.Time     // zero: not said
	TriesLeft  int           // 0: not said
	AgainIn    time.Duration // a new one may be asked for after this; 0: now
}

// AgainSeconds returns AgainIn in whole seconds, rounded up.
func (m MailedCode) AgainSeconds() int { return wholeSeconds(m.AgainIn) }

// A By says by what a session came in instead of the authenticator.
type By string

// What a session may have come in by.
const (
	ByBackupCode  By = "backup-code"
	ByBackupEmail By = "backup-email"
	ByRemembered  By = "remembered"
)

// LostPhone asks, after a backup was used: "Have you lost your phone?"
//
//	POST /lost-phone  lost ("yes" or "no"), factor (repeated: ids that are lost)
//
// With one authenticator, factor is sent with its id. Problems: NothingChosen
// (Field "factor") where lost=yes and several are there.
type LostPhone struct {
	Frame
	By        By
	CodesLeft int
	Factors   []FactorChoice
}

// A FactorChoice is an authenticator that may be ticked.
type FactorChoice struct {
	ID      string
	Name    string
	Used    time.Time // last; zero: never
	Checked bool
}

func (LostPhone) template() string { return "lost-phone" }
func (v LostPhone) title() string  { return v.Say("lost-phone.title") }
