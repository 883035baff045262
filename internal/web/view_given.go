package web

import "time"

// MFAEmail asks for a code mailed to the sign-in address, in a browser that is
// not known while MFA is suspended.
//
//	GET  /mfa/email
//	POST /mfa/email       (no fields): mails a code, or a new one
//	POST /mfa/email/code  code
//
// Problems as in BackupEmailCode.
type MFAEmail struct {
	Frame
	MailedCode
	Name  string    // of the member who gave the password
	Email string    // sign-in address, masked
	Until time.Time // of the suspension
	Sent  bool      // a code was mailed
	Phone bool      // there is an authenticator to use instead
}

func (MFAEmail) template() string { return "mfa-email" }
func (v MFAEmail) title() string  { return v.Say("mfa-email.title") }

// EnrolmentPass is the page behind the link of an enrolment pass. Opening it
// does nothing; the password begins the set-up.
//
//	POST Action  password
//
// Problems: WrongPassword (Field "password"), PasswordEnded, Throttled.
type EnrolmentPass struct {
	Frame
	Action string // "/enrolment-pass/TOKEN"
	Name   string // of the member
	Email  string // sign-in address in full, for password managers
	Until  time.Time
	From   time.Time // until then there is time to object, and it opens nothing; zero: it works
}

func (EnrolmentPass) template() string { return "enrolment-pass" }
func (v EnrolmentPass) title() string {
	if !v.From.IsZero() {
		return v.Say("enrolment-pass.waits-title")
	}
	return v.Say("enrolment-pass.title")
}
