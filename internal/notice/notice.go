// Package notice says which messages members are sent, to whom, and what each
// must carry.
//
// It owns the kinds of message and their facts. It refuses to write sentences
// (words does), to render or to send (mail does).
package notice

import (
	"errors"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// Kind names a message. It chooses the sentences: subject "mail.KIND.subject",
// text "mail.KIND.text".
type Kind string

// Messages that carry something the member asked for. They have no "This was
// not me", because nothing has happened yet.
const (
	// Invitation carries Link, with which a new member sets a password.
	Invitation Kind = "invitation"
	// PasswordReset carries Link, with which a member sets a new password.
	PasswordReset Kind = "password-reset"
	// BackupEmailConfirm carries Code to an address that is to become a backup e-mail.
	BackupEmailConfirm Kind = "backup-email-confirm"
)

// Messages that tell of something that concerns security. Each goes to every
// address of the member and carries "This was not me" (Objection).
const (
	// SignInCode carries Code to the backup e-mail (rung 3).
	SignInCode Kind = "sign-in-code"
	// SetUpCode carries Code to the sign-in address before a first set-up of MFA.
	SetUpCode Kind = "set-up-code"
	// AccountActive: an invitation was accepted and a first password chosen.
	AccountActive Kind = "account-active"
	// FreezeEnded: what "This was not me" had stopped is open again. It carries Name
	// where an authenticator did that, and none where a new password by mail did.
	FreezeEnded Kind = "freeze-ended"
	// MFAOn: the first factor was confirmed.
	MFAOn Kind = "mfa-on"
	// MFAOff: the member removed the last factor.
	MFAOff Kind = "mfa-off"
	// The authenticator messages carry its Name.
	AuthenticatorAdded   Kind = "authenticator-added"
	AuthenticatorRenamed Kind = "authenticator-renamed"
	AuthenticatorRemoved Kind = "authenticator-removed"
	// BackupCodeUsed carries Count, the codes left.
	BackupCodeUsed Kind = "backup-code-used"
	// BackupEmailUsed: someone came in with a code mailed to the backup e-mail.
	BackupEmailUsed Kind = "backup-email-used"
	// BackupCodesReplaced: a new set was made, the old one is dead.
	BackupCodesReplaced Kind = "backup-codes-replaced"
	// BackupCodesLow carries Count: fewer than 3 are left.
	BackupCodesLow Kind = "backup-codes-low"
	// BackupEmailChanged carries Address (masked) and UsableFrom; it goes to
	// the old backup e-mail too.
	BackupEmailChanged Kind = "backup-email-changed"
	// BackupEmailRemoved goes to the old backup e-mail too.
	BackupEmailRemoved Kind = "backup-email-removed"
	// PhoneLost: the member said the phone is lost; factors and sessions ended.
	PhoneLost Kind = "phone-lost"
	// PasswordChanged: changed under My login. PasswordReset done by mail is
	// PasswordSetByMail.
	PasswordChanged   Kind = "password-changed"
	PasswordSetByMail Kind = "password-set-by-mail"
	// CodesTried: the password was right, and then five wrong codes ended the sign-in.
	CodesTried Kind = "codes-tried"
	// PasswordEnded: too many wrong codes after a right password.
	PasswordEnded Kind = "password-ended"
	// LanguageChanged, SessionsEnded: changed under My login. SessionsEnded carries
	// Count, the devices that are remembered no longer.
	LanguageChanged Kind = "language-changed"
	SessionsEnded   Kind = "sessions-ended"
	// DeviceRemembered: the password alone signs in there now, until Until.
	DeviceRemembered Kind = "device-remembered"
	// DevicesForgotten: under My login remembered devices were forgotten.
	DevicesForgotten Kind = "devices-forgotten"
	// DeviceCopied: the token of a remembered device turned up a second time.
	DeviceCopied Kind = "device-copied"
)

// Messages that tell of what someone else did about the member. They carry
// Giver.
const (
	// MFASuspended carries Until, and Lost where the phone is lost.
	MFASuspended    Kind = "mfa-suspended"
	SuspensionEnded Kind = "suspension-ended"
	// SuspensionEnding carries Until, and Lost where the phone is lost: it ends soon.
	// SuspensionOver: it has ended by itself. Nobody did that, so there is no Giver.
	SuspensionEnding Kind = "suspension-ending"
	SuspensionOver   Kind = "suspension-over"
	// SuspendedCode carries Code to the sign-in address, for a browser that is
	// not known while MFA is suspended.
	SuspendedCode Kind = "suspended-code"
	// EnrolmentPass carries Link to the sign-in address; PassGiven tells the
	// other addresses, without it. UsableFrom: until then there is time to object.
	EnrolmentPass Kind = "enrolment-pass"
	PassGiven     Kind = "pass-given"
	// PassInstead carries Link to the sign-in address: forcing MFA has ended a
	// suspension, and this is in its place. UsableFrom: not before then.
	PassInstead Kind = "pass-instead"
	// PassUsed: MFA was set up anew with the pass.
	PassUsed Kind = "pass-used"
	// Released: the freeze after an objection was ended.
	Released Kind = "released"
	// SignedOut: every session was ended. It and what the administrators are told
	// carry Count, the devices that are remembered no longer.
	SignedOut Kind = "signed-out"
	// Deactivated: the membership has ended. It carries no "This was not me":
	// nothing is left to protect, and nobody can be let in by it.
	Deactivated Kind = "deactivated"
	// RoleChanged carries Role, the new one.
	RoleChanged Kind = "role-changed"
	// DetailsChanged carries Changed: personal data of the member that is other now.
	DetailsChanged Kind = "details-changed"
	// AddressConfirm carries Link to an address that is to become the one to sign in
	// with; AddressChanging and AddressChanged carry it masked to the others, the
	// one before it too.
	AddressConfirm  Kind = "address-confirm"
	AddressChanging Kind = "address-changing"
	AddressChanged  Kind = "address-changed"
	// HelpAsked: someone with the password asked for help in the member's name.
	HelpAsked Kind = "help-asked"
	// HelpRefused and HelpClosed: the request was turned down, or closed after too
	// many wrong matching codes.
	HelpRefused Kind = "help-refused"
	HelpClosed  Kind = "help-closed"
	// HelpPass: a request was answered with a pass, which waits in the browser that
	// asked. It carries ValidUntil, and UsableFrom where there is time to object.
	HelpPass Kind = "help-pass"
	// PassAgreed: a second administrator ended the time to object. PassStopped: one
	// objected.
	PassAgreed  Kind = "pass-agreed"
	PassStopped Kind = "pass-stopped"
)

// Messages about a case at the desk. They carry Case, its number.
const (
	// CaseOpened: someone with the password turned to the desk.
	CaseOpened Kind = "case-opened"
	// CaseAnswer: an agent has answered. It carries Text where the claimant writes by
	// mail, and Thread.
	CaseAnswer Kind = "case-answer"
	// CaseApproved: two agents have approved; until UsableFrom there is time to object.
	CaseApproved Kind = "case-approved"
	// CasePass carries Code, the mailed half of the pass, until ValidUntil.
	CasePass Kind = "case-pass"
	// CaseRejected carries Text, why.
	CaseRejected Kind = "case-rejected"
	// CaseEnded: it was withdrawn, or nothing was heard for 14 days.
	CaseEnded Kind = "case-ended"
	// CaseDestroyed carries Text, the receipt.
	CaseDestroyed Kind = "case-destroyed"

	CaseOpenedToAdministrators   Kind = "case-opened-to-administrators"
	CaseApprovedToAdministrators Kind = "case-approved-to-administrators"
	CasePassToAdministrators     Kind = "case-pass-to-administrators"
)

// Messages that tell of the teams that a member supervises. They carry Team, its
// name, and Giver.
const (
	SupervisorAdded   Kind = "supervisor-added"
	SupervisorRemoved Kind = "supervisor-removed"
)

// Messages that tell the administrators the same. They carry Name, the
// member's, and Giver.
const (
	MFASuspendedToAdministrators    Kind = "mfa-suspended-to-administrators"
	SuspensionEndedToAdministrators Kind = "suspension-ended-to-administrators"
	// SuspensionOverToAdministrators: it has ended by itself; without Giver.
	SuspensionOverToAdministrators Kind = "suspension-over-to-administrators"
	PassGivenToAdministrators      Kind = "pass-given-to-administrators"
	PassUsedToAdministrators       Kind = "pass-used-to-administrators"
	ReleasedToAdministrators       Kind = "released-to-administrators"
	SignedOutToAdministrators      Kind = "signed-out-to-administrators"
	DeactivatedToAdministrators    Kind = "deactivated-to-administrators"
	HelpPassToAdministrators       Kind = "help-pass-to-administrators"
	PassAgreedToAdministrators     Kind = "pass-agreed-to-administrators"
	PassStoppedToAdministrators    Kind = "pass-stopped-to-administrators"
	// RoleToAdministrators: the member has Role, or was invited in it.
	RoleToAdministrators Kind = "role-to-administrators"
	// ReturnToAdministrators: who was deactivated was invited again, in Role.
	ReturnToAdministrators Kind = "return-to-administrators"
	// SupervisorAddedToAdministrators and SupervisorRemovedToAdministrators carry Team.
	SupervisorAddedToAdministrators   Kind = "supervisor-added-to-administrators"
	SupervisorRemovedToAdministrators Kind = "supervisor-removed-to-administrators"
	// ImportedToAdministrators carries Count, the members who were added from a list,
	// and Leading, the administrators among them. Name is the giver's.
	ImportedToAdministrators Kind = "imported-to-administrators"
	// TeamRemovedToAdministrators carries Team. Name is the giver's.
	TeamRemovedToAdministrators Kind = "team-removed-to-administrators"
	// ErasedToAdministrators: a member's personal data are gone. Name is the id under
	// which the log goes on.
	ErasedToAdministrators Kind = "erased-to-administrators"
)

// Messages to those who can help a member. They carry Name, the member's.
const (
	// HelpAskedToHelpers carries Link to the page of the request, which only shows it.
	HelpAskedToHelpers Kind = "help-asked-to-helpers"
	// HelpClosedToHelpers carries Giver, who typed the last wrong matching code.
	HelpClosedToHelpers Kind = "help-closed-to-helpers"
)

// Messages that tell what an objection did.
const (
	// Frozen goes to the member: someone pressed "This was not me".
	Frozen Kind = "frozen"
	// FrozenToAdministrators tells the administrators the same, with Name.
	FrozenToAdministrators Kind = "frozen-to-administrators"
)

// Messages that ask something of a member.
const (
	// BackupReminder asks whoever has MFA and no backup to make one. It leads to My
	// login.
	BackupReminder Kind = "backup-reminder"
)

// Messages that tell administrators what changed for the whole organisation. They
// carry Giver.
const (
	// RememberingOn: from UsableFrom members may have a device remembered.
	RememberingOn Kind = "remembering-on"
	// ForcingOn: everybody must have MFA; a first set-up may wait until UsableFrom.
	// ForcingOff: no longer. ForcingPaused: not until Until.
	ForcingOn     Kind = "forcing-on"
	ForcingOff    Kind = "forcing-off"
	ForcingPaused Kind = "forcing-paused"
	// RecoveryWeaker: from UsableFrom the policy of recovery is Is, and not Was.
	// RecoveryKept: what was to become Is stays Was after all.
	RecoveryWeaker Kind = "recovery-weaker"
	RecoveryKept   Kind = "recovery-kept"
)

// AboutOrganisation reports whether a message of kind k tells what changed for the
// whole organisation.
func (k Kind) AboutOrganisation() bool {
	switch k {
	case RememberingOn, ForcingOn, ForcingOff, ForcingPaused, RecoveryWeaker, RecoveryKept:
		return true
	}
	return false
}

// Kinds lists every kind, for tests that walk them all.
var Kinds = []Kind{
	Invitation, PasswordReset, BackupEmailConfirm,
	SignInCode, SetUpCode, AccountActive, FreezeEnded, MFAOn, MFAOff, AuthenticatorAdded, AuthenticatorRenamed, AuthenticatorRemoved,
	BackupCodeUsed, BackupEmailUsed, BackupCodesReplaced, BackupCodesLow,
	BackupEmailChanged, BackupEmailRemoved, PhoneLost,
	PasswordChanged, PasswordSetByMail, CodesTried, PasswordEnded, LanguageChanged, SessionsEnded,
	MFASuspended, SuspensionEnded, SuspensionEnding, SuspensionOver, SuspendedCode, EnrolmentPass, PassGiven, PassInstead, PassUsed, Released, SignedOut, Deactivated, RoleChanged,
	DetailsChanged, AddressConfirm, AddressChanging, AddressChanged,
	HelpAsked, HelpRefused, HelpClosed, HelpPass, PassAgreed, PassStopped,
	HelpAskedToHelpers, HelpClosedToHelpers, HelpPassToAdministrators, PassAgreedToAdministrators, PassStoppedToAdministrators,
	MFASuspendedToAdministrators, SuspensionEndedToAdministrators, SuspensionOverToAdministrators, PassGivenToAdministrators,
	PassUsedToAdministrators, ReleasedToAdministrators, SignedOutToAdministrators, DeactivatedToAdministrators,
	RoleToAdministrators, ReturnToAdministrators,
	SupervisorAdded, SupervisorRemoved, SupervisorAddedToAdministrators, SupervisorRemovedToAdministrators,
	ImportedToAdministrators, TeamRemovedToAdministrators, ErasedToAdministrators,
	CaseOpened, CaseAnswer, CaseApproved, CasePass, CaseRejected, CaseEnded, CaseDestroyed,
	CaseOpenedToAdministrators, CaseApprovedToAdministrators, CasePassToAdministrators,
	DeviceRemembered, DevicesForgotten, DeviceCopied,
	Frozen, FrozenToAdministrators, BackupReminder, RememberingOn,
	ForcingOn, ForcingOff, ForcingPaused, RecoveryWeaker, RecoveryKept,
}

// ToAdministrators reports whether a message of kind k tells the administrators
// about another member.
func (k Kind) ToAdministrators() bool {
	switch k {
	case MFASuspendedToAdministrators, SuspensionEndedToAdministrators, SuspensionOverToAdministrators, PassGivenToAdministrators,
		PassUsedToAdministrators, ReleasedToAdministrators, SignedOutToAdministrators, DeactivatedToAdministrators,
		RoleToAdministrators, ReturnToAdministrators, FrozenToAdministrators,
		SupervisorAddedToAdministrators, SupervisorRemovedToAdministrators,
		ImportedToAdministrators, TeamRemovedToAdministrators, ErasedToAdministrators,
		HelpAskedToHelpers, HelpClosedToHelpers, HelpPassToAdministrators, PassAgreedToAdministrators, PassStoppedToAdministrators,
		CaseOpenedToAdministrators, CaseApprovedToAdministrators, CasePassToAdministrators:
		return true
	}
	return false
}

// OfDesk reports whether a message of kind k tells what agents of the desk did.
func (k Kind) OfDesk() bool {
	switch k {
	case CaseAnswer, CaseApproved, CasePass, CaseRejected, CaseEnded, CaseDestroyed, CaseApprovedToAdministrators, CasePassToAdministrators:
		return true
	}
	return false
}

// MayObject reports whether a message of kind k carries "This was not me".
func (k Kind) MayObject() bool {
	switch k {
	case Invitation, PasswordReset, BackupEmailConfirm, AddressConfirm, Frozen, BackupReminder, Deactivated,
		CaseAnswer, CaseRejected, CaseEnded, CaseDestroyed:
		return false
	}
	return !k.ToAdministrators() && !k.AboutOrganisation()
}

// Facts are what a message fills its sentences with. A kind says above which
// of them it carries; At, Browser and Address are carried by all that tell of
// an act at a browser.
type Facts struct {
	Code       string    `json:"code,omitempty"`      // as typed: 8 digits
	ValidUntil time.Time `json:"validUntil,omitzero"` // of Code or Link
	Link       string    `json:"link,omitempty"`      // a path below the base URL, with its token
	Objection  string    `json:"objection,omitempty"` // likewise, of "This was not me"
	Name       string    `json:"name,omitempty"`      // of an authenticator, or of the member concerned
	Count      int       `json:"count,omitempty"`     // codes left, or devices forgotten
	Masked     string    `json:"masked,omitempty"`    // an address, masked
	UsableFrom time.Time `json:"usableFrom,omitzero"` // of a backup e-mail or a setting
	Until      time.Time `json:"until,omitzero"`      // of a suspension or a remembered device
	Lost       bool      `json:"lost,omitempty"`      // the phone is
	Role       org.Role  `json:"role,omitempty"`      // the member's from now on
	Team       string    `json:"team,omitempty"`      // its name
	Changed    string    `json:"changed,omitempty"`   // words of "details.WORD", with spaces
	Leading    int       `json:"leading,omitempty"`   // administrators among Count
	Giver      string    `json:"giver,omitempty"`     // a member's name; empty: the operator
	Case       string    `json:"case,omitempty"`      // its number
	Text       string    `json:"text,omitempty"`      // what a person wrote, as it is
	Thread     Thread    `json:"thread,omitzero"`     // of a case: how an answer finds back
	At         time.Time `json:"at,omitzero"`         // when it happened
	Browser    string    `json:"browser,omitempty"`   // "Firefox on Android"
	Address    string    `json:"address,omitempty"`   // network address of the browser
	// Was and Is are policies of recovery, before and after a change.
	Was org.RecoveryPolicy `json:"was,omitzero"`
	Is  org.RecoveryPolicy `json:"is,omitzero"`
}

// A Thread ties the mails of one conversation together (RFC 5322, section 3.6.4). The
// zero Thread ties nothing.
//
// An id is written without angle brackets. One without an @ is a name for a mail of ours,
// of any characters but spaces: the mail bears an id made of it, the same for the same
// name, that tells nothing of the name.
type Thread struct {
	// ReplyTo is where an answer goes. It is written as it is here: unlike other
	// addresses, its case counts.
	ReplyTo org.Email `json:"replyTo,omitempty"`
	// MessageID is the mail's own id; empty: one made of the letter. It is for one mail
	// to one address: of two that share it, a mailbox may show one only.
	MessageID string `json:"messageID,omitempty"`
	// References are the ids of the mails before, with spaces between, the oldest first.
	// The last is the one that is answered. None has to be of a mail that exists: the
	// same name first in each mail of a conversation holds it together.
	References string `json:"references,omitempty"`
}

// A Message is one mail to one address.
type Message struct {
	Kind         Kind               `json:"kind"`
	Organisation org.OrganisationID `json:"organisation"`
	OrgName      string             `json:"orgName"`
	Member       org.MemberID       `json:"member"` // whom it is about
	To           org.Email          `json:"to"`
	ToName       string             `json:"toName"`
	Language     org.Language       `json:"language"`
	Facts        Facts              `json:"facts"`
}

// LongestDelay is the longest that a letter is put off before it is tried again.
const LongestDelay = 15 * time.Minute

// ErrNoLetter says that no message waits to be sent now.
var ErrNoLetter = errors.New("no letter waits")

// A Letter is a Message in the outbox.
type Letter struct {
	ID       string
	Attempts int // including the one that this claim begins
	Queued   time.Time
	Message  Message
}
