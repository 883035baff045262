package web

import (
	"html/template"
	"time"
)

// A Step is one of the steps of setting up MFA.
type Step string

// The steps, in order.
const (
	StepCheck Step = "check" // the mailed code; only where it is needed
	StepScan  Step = "scan"
	StepCodes Step = "codes"
	StepEmail Step = "email"
)

// Progress says which steps there are this time and which is now.
//
// On every step: POST /setup-mfa/stop (no fields), unless Required, where the
// button posts to /sign-out instead.
type Progress struct {
	Steps    []Step
	Now      Step // empty: all are done
	Required bool // the organisation forces MFA: stopping means signing out
}

// Number returns the place of Now among the steps, from 1, or 0.
func (p Progress) Number() int {
	for i, s := range p.Steps {
		if s == p.Now {
			return i + 1
		}
	}
	return 0
}

// Total returns how many steps there are.
func (p Progress) Total() int { return len(p.Steps) }

// Done reports whether step s comes before Now.
func (p Progress) Done(s Step) bool {
	if p.Now == "" {
		return true
	}
	for _, t := range p.Steps {
		if t == p.Now {
			return false
		}
		if t == s {
			return true
		}
	}
	return false
}

// A SetupReason says why MFA is being set up. It chooses "setup-begin.REASON".
type SetupReason string

// The reasons.
const (
	SetupChosen  SetupReason = "chosen"  // the member wants it
	SetupForced  SetupReason = "forced"  // the organisation asks it
	SetupLost    SetupReason = "lost"    // the phone is lost
	SetupAnother SetupReason = "another" // one more authenticator
	SetupPass    SetupReason = "pass"    // an enrolment pass
)

// SetupBegin says what is about to happen and what is needed for it.
//
//	GET  /setup-mfa
//	POST /setup-mfa/begin  (no fields): mails the code where StepCheck is among the steps
//	POST /setup-mfa/stop   (no fields)
type SetupBegin struct {
	Frame
	Progress
	Reason SetupReason
	Masked string // where the code will be mailed; empty: no code is needed
}

func (SetupBegin) template() string { return "setup-begin" }
func (v SetupBegin) title() string  { return v.Say("setup-begin.title") }

// SetupCheck asks for the code mailed to the sign-in address, so that a stolen
// password does not enrol the thief.
//
//	POST /setup-mfa/check        code
//	POST /setup-mfa/check/again  (no fields): mails a new one
//
// Problems as in BackupEmailCode.
type SetupCheck struct {
	Frame
	Progress
	MailedCode
}

func (SetupCheck) template() string { return "setup-check" }
func (v SetupCheck) title() string  { return v.Say("setup-check.title") }

// SetupScan shows the key to scan and asks for the first code.
//
//	POST /setup-mfa/scan  name, code
//
// Problems: WrongCode, ClockMayBeOff, CodeNotSix (Field "code"), NoName,
// NameTaken (Field "name").
type SetupScan struct {
	Frame
	Progress
	QR   template.HTML // inline <svg>, dark on white, without style attributes
	Key  string        // base 32 in groups of four, spaces between
	Link template.URL  // otpauth: link, for someone who reads this on the phone itself; empty: none
	Name string        // filled in already
}

func (SetupScan) template() string { return "setup-scan" }
func (v SetupScan) title() string  { return v.Say("setup-scan.title") }

// Codes are backup codes at the one moment they are shown.
type Codes struct {
	List     []string  // ten, each four groups of four
	Download string    // path of the same codes as text
	Account  string    // sign-in address, for the print
	Made     time.Time // for the print
}

// SetupCodes shows ten backup codes and asks to type one back.
//
//	POST /setup-mfa/codes      code
//	GET  /setup-mfa/codes.txt  (Codes.Download)
//
// Problems (Field "code"): NotYourCode.
type SetupCodes struct {
	Frame
	Progress
	Codes
}

func (SetupCodes) template() string { return "setup-codes" }
func (v SetupCodes) title() string  { return v.Say("setup-codes.title") }

// SetupEmail asks for a backup e-mail.
//
//	POST /setup-mfa/email       email
//	POST /setup-mfa/email/skip  (no fields): later
//
// Problems (Field "email"): NoEmail, EmailIsSignIn; Throttled.
type SetupEmail struct {
	Frame
	Progress
	Email string
}

func (SetupEmail) template() string { return "setup-email" }
func (v SetupEmail) title() string  { return v.Say("setup-email.title") }

// SetupEmailCode asks for the code mailed to the new backup e-mail.
//
//	POST /setup-mfa/email/code   code
//	POST /setup-mfa/email/again  (no fields): mails a new one
//	POST /setup-mfa/email/other  (no fields): back to SetupEmail
//	POST /setup-mfa/email/skip   (no fields): later
//
// Problems as in BackupEmailCode.
type SetupEmailCode struct {
	Frame
	Progress
	MailedCode
}

func (SetupEmailCode) template() string { return "setup-email-code" }
func (v SetupEmailCode) title() string  { return v.Say("setup-email-code.title") }

// SetupDone says what the member has now. No forms.
type SetupDone struct {
	Frame
	Progress
	Authenticator string    // its name
	CodesLeft     int       // 0: none
	Masked        string    // backup e-mail; empty: none
	UsableFrom    time.Time // of the backup e-mail; zero: now
	Replaced      bool      // the old authenticator was removed, other sessions ended
	Next          string    // path to go on to
}

func (SetupDone) template() string { return "setup-done" }
func (v SetupDone) title() string  { return v.Say("setup-done.title") }

// A Left says what a stopped set-up left behind. It chooses "setup-stopped.LEFT".
type Left string

// What a stopped set-up may leave behind.
const (
	LeftNothing Left = "nothing"  // nothing was changed
	LeftNoCodes Left = "no-codes" // MFA is on, but there are no backup codes yet
	LeftNoEmail Left = "no-email" // MFA and codes are there, no backup e-mail
)

// SetupStopped says what a stopped set-up left behind. No forms.
type SetupStopped struct {
	Frame
	Left Left
	MFA  bool // the member has MFA on (LeftNothing: an authenticator from before still works)
}

func (SetupStopped) template() string { return "setup-stopped" }
func (v SetupStopped) title() string  { return v.Say("setup-stopped.title") }
