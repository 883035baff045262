package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// Welcome is the start page of an installation without any organisation. It
// says how to begin. No forms.
type Welcome struct {
	Frame
}

func (Welcome) template() string { return "welcome" }
func (v Welcome) title() string  { return v.Say("welcome.title") }

// SignIn asks for address and password.
//
//	POST /sign-in  email, password, next
//
// Problems: WrongSignIn (Field "password"), Throttled, PasswordEnded.
// Notices that belong here: NoticeSignedOut, NoticeSignInExpired,
// NoticeSessionEnded, NoticeBeginAgain, NoticePasswordSet, NoticeNoPhone.
type SignIn struct {
	Frame
	Email string // filled in already; empty: not
	Next  string // path to go to afterwards; empty: the usual one
}

func (SignIn) template() string { return "sign-in" }
func (v SignIn) title() string  { return v.Say("sign-in.title") }

// ChooseOrganisation asks which organisation is meant where one address and
// password fit several. Each choice is a button.
//
//	POST /sign-in/organisation  organisation (a Choice's Value)
type ChooseOrganisation struct {
	Frame
	Choices []OrganisationChoice
}

// An OrganisationChoice is one organisation that the address and password fit.
type OrganisationChoice struct {
	Value string // what the button sends
	Name  string
	Role  org.Role
}

func (ChooseOrganisation) template() string { return "choose-organisation" }
func (v ChooseOrganisation) title() string  { return v.Say("choose-organisation.title") }

// ForgottenPassword asks for the address to mail a link to.
//
//	POST /password/forgotten  email
//
// Problems: NoEmail (Field "email"), Throttled.
type ForgottenPassword struct {
	Frame
	Email string
}

func (ForgottenPassword) template() string { return "forgotten-password" }
func (v ForgottenPassword) title() string  { return v.Say("forgotten-password.title") }

// ForgottenPasswordSent says the same for known and unknown addresses. No forms.
type ForgottenPasswordSent struct {
	Frame
	Email string // as typed
}

func (ForgottenPasswordSent) template() string { return "forgotten-password-sent" }
func (v ForgottenPasswordSent) title() string  { return v.Say("forgotten-password-sent.title") }

// NewPassword asks for a new password, behind the link in a mail.
//
//	POST Action  password
//
// Problems (Field "password"): PasswordShort, PasswordCommon, PasswordYours,
// PasswordLong, PasswordOdd, PasswordSame.
type NewPassword struct {
	Frame
	Action    string // "/password/new/TOKEN"
	Email     string // sign-in address, for password managers; in full
	MinLength int    // characters
	MFA       bool   // MFA is on: says that it stays on, and that MinLength is shorter for it
}

func (NewPassword) template() string { return "new-password" }
func (v NewPassword) title() string  { return v.Say("new-password.title") }

// Invitation welcomes an invited member and asks for a first password.
//
//	POST Action  password
//
// Problems as in NewPassword.
type Invitation struct {
	Frame
	Action    string // "/invitation/TOKEN"
	Name      string // of the member
	Email     string // sign-in address, in full
	MinLength int    // characters
	MFANext   bool   // MFA will be set up right after: says so
}

func (Invitation) template() string { return "invitation" }
func (v Invitation) title() string  { return v.Say("invitation.title") }

// A LinkKind says what a link in a mail was for.
type LinkKind string

// The kinds of link.
const (
	ResetLink      LinkKind = "reset"
	InvitationLink LinkKind = "invitation"
	NotMeLink      LinkKind = "not-me"
	PassLink       LinkKind = "pass"
	AddressLink    LinkKind = "address"
)

// LinkEnded says that a link was used or has expired, with the next step. No
// forms.
type LinkEnded struct {
	Frame
	Kind LinkKind
}

func (LinkEnded) template() string { return "link-ended" }
func (v LinkEnded) title() string  { return v.Say("link-ended." + string(v.Kind) + ".title") }

// Prove asks the member to prove again who they are, before a change.
//
//	POST /prove           password, code (where MFA), next
//	POST /prove/no-phone  (no fields; where MFA): to a sign-in that asks for the code,
//	                      or to Backup where no way is open
//
// Problems: WrongPassword (Field "password"), WrongCode, CodeUsed, CodeNotSix,
// ClockMayBeOff (Field "code"), Throttled.
type Prove struct {
	Frame
	Email string // sign-in address in full, for password managers
	MFA   bool   // asks for the authenticator's code too
	Next  string // path to go on to
}

func (Prove) template() string { return "prove" }
func (v Prove) title() string  { return v.Say("prove.title") }

// NotMe is the page behind "This was not me" in a mail. Opening it does
// nothing; its one button does.
//
//	POST Action  (no fields)
type NotMe struct {
	Frame
	Action  string    // "/not-me/TOKEN"
	Kind    string    // notice.Kind of the mail; chooses "not-me.kind.KIND"
	When    time.Time // when it happened; zero: not said
	Browser string    // "Firefox on Android"; empty: not said
	Left    MFALeft   // chooses what the next sign-in will need
}

// MFALeft says what "This was not me" leaves of a member's MFA.
type MFALeft string

// What can be left. The zero MFALeft is MFA that is off.
const (
	FactorLeft  MFALeft = "factor"  // an authenticator
	NothingLeft MFALeft = "nothing" // MFA is on, and nothing to prove it with
)

func (NotMe) template() string { return "not-me" }
func (v NotMe) title() string  { return v.Say("not-me.title") }

// AccountEnded says, behind "This was not me" in an older mail, that the account
// was deactivated since, and whom to ask. No forms.
type AccountEnded struct {
	Frame
	Of string // the organisation's name
}

func (AccountEnded) template() string { return "account-ended" }
func (v AccountEnded) title() string  { return v.Say("account-ended.title") }

// NotMeDone says what the button did and what to do now. No forms.
type NotMeDone struct {
	Frame
	Left MFALeft
}

func (NotMeDone) template() string { return "not-me-done" }
func (v NotMeDone) title() string  { return v.Say("not-me-done.title") }

// NotMeAgain says that this address has objected once by mail, and that a
// further objection needs the authenticator. No forms.
type NotMeAgain struct {
	Frame
	Next string // the objection's own path, to come back to after signing in
}

func (NotMeAgain) template() string { return "not-me-again" }
func (v NotMeAgain) title() string  { return v.Say("not-me-again.title") }
