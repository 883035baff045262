// Package audit says what must never be forgotten: the events of the log, and
// the bytes of each that a seal covers.
//
// It owns the kinds of event and their canonical form. It refuses to store,
// to seal, and to hold a secret: facts are stable words and numbers.
package audit

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/org"
)

// Kind names what happened. A kind is never renamed: it is in sealed events.
type Kind string

// The kinds of event.
const (
	OrganisationCreated  Kind = "organisation.created"
	MemberInvited        Kind = "member.invited"
	InvitationAccepted   Kind = "invitation.accepted"
	PasswordRight        Kind = "sign-in.password.right"
	PasswordWrong        Kind = "sign-in.password.wrong"
	CodeWrong            Kind = "sign-in.code.wrong"
	CodeReplayed         Kind = "sign-in.code.replayed"
	ChallengeEnded       Kind = "sign-in.challenge.ended"
	SignedIn             Kind = "sign-in.done"
	SignedOut            Kind = "sign-out"
	ProofRenewed         Kind = "proof.renewed"
	FactorProved         Kind = "factor.proved"
	BackupCodeSpent      Kind = "recovery.backup-code.spent"
	MailCodeSent         Kind = "recovery.mail-code.sent"
	MailCodeSpent        Kind = "recovery.mail-code.spent"
	PhoneLost            Kind = "recovery.phone.lost"
	PhoneNotLost         Kind = "recovery.phone.not-lost"
	RecoveryRefused      Kind = "recovery.refused"
	Objected             Kind = "recovery.objected"
	FreezeEnded          Kind = "recovery.freeze.ended"
	SetUpBegun           Kind = "set-up.begun"
	SetUpStopped         Kind = "set-up.stopped"
	AuthenticatorAdded   Kind = "authenticator.added"
	AuthenticatorRenamed Kind = "authenticator.renamed"
	AuthenticatorRemoved Kind = "authenticator.removed"
	MFAOn                Kind = "mfa.on"
	MFAOff               Kind = "mfa.off"
	BackupCodesMade      Kind = "backup-codes.made"
	BackupCodesRemoved   Kind = "backup-codes.removed"
	BackupEmailSet       Kind = "backup-email.set"
	BackupEmailRemoved   Kind = "backup-email.removed"
	PasswordResetAsked   Kind = "password.reset.asked"
	PasswordSetByMail    Kind = "password.set-by-mail"
	PasswordChanged      Kind = "password.changed"
	PasswordEnded        Kind = "password.ended"
	MFASuspended         Kind = "mfa.suspended"
	SuspensionEnded      Kind = "mfa.suspension.ended"
	PassGiven            Kind = "recovery.pass.given"
	PassOpened           Kind = "recovery.pass.opened"
	PassUsed             Kind = "recovery.pass.used"
	PassEnded            Kind = "recovery.pass.ended"
	PassAgreed           Kind = "recovery.pass.agreed"
	HelpAsked            Kind = "help.asked"
	HelpApproved         Kind = "help.approved"
	HelpRefused          Kind = "help.refused"
	HelpEnded            Kind = "help.ended"
	MatchingWrong        Kind = "help.matching-code.wrong"
	MemberDeactivated    Kind = "member.deactivated"
	RoleChanged          Kind = "role.changed"
	LanguageChanged      Kind = "language.changed"
	SessionsEnded        Kind = "sessions.ended"
	DeviceRemembered     Kind = "device.remembered"
	DeviceForgotten      Kind = "device.forgotten"
	DeviceCopied         Kind = "device.copied"
	MembersImported      Kind = "members.imported"
	InvitationWithdrawn  Kind = "invitation.withdrawn"
	MemberErased         Kind = "member.erased"
	MemberMoved          Kind = "member.moved"
	MemberRenamed        Kind = "member.renamed"
	PhoneChanged         Kind = "member.phone.changed"
	AddressAsked         Kind = "member.address.asked"
	AddressChanged       Kind = "member.address.changed"
	TeamMade             Kind = "team.made"
	TeamRenamed          Kind = "team.renamed"
	TeamRemoved          Kind = "team.removed"
	SupervisorAdded      Kind = "supervisor.added"
	SupervisorRemoved    Kind = "supervisor.removed"
	RememberingSet       Kind = "organisation.remembering.set"
	ForcingSet           Kind = "organisation.forcing.set"
	RecoverySet          Kind = "organisation.recovery.set"
	OrganisationSet      Kind = "organisation.set"
	ForeignForm          Kind = "request.foreign-form"
	MailFailed           Kind = "mail.failed"
	OriginsErased        Kind = "log.origins-erased"
	LogMended            Kind = "log.mended"
	BackupsReminded      Kind = "organisation.backups.reminded"
	LogExported          Kind = "log.exported"
	InstallationRestored Kind = "installation.restored"
	CaseOpened           Kind = "case.opened"
	CaseTaken            Kind = "case.taken"
	CaseAsked            Kind = "case.asked-for-more"
	CaseCalled           Kind = "case.called"
	CaseChecked          Kind = "case.checked"
	CaseApproved         Kind = "case.approved"
	CasePicked           Kind = "case.second.picked"
	CaseHanded           Kind = "case.pass.handed"
	CaseLapsed           Kind = "case.lapsed"
	CaseReleased         Kind = "case.released"
	CaseEnded            Kind = "case.ended"
	CaseDestroyed        Kind = "case.destroyed"
	EvidenceKept         Kind = "case.evidence.kept"
	EvidenceRefused      Kind = "case.evidence.refused"
	EvidenceViewed       Kind = "case.evidence.viewed"
)

// ActorKind says what sort of someone acted.
type ActorKind string

// The kinds of actor. A Stranger is whoever has not proved a password.
const (
	Member   ActorKind = "member"
	Stranger ActorKind = "stranger"
	Operator ActorKind = "operator"
	System   ActorKind = "system"
)

// An Actor is who did it.
type Actor struct {
	Kind   ActorKind
	Member org.MemberID // of Member; else empty
}

// Origin is where an act came from. It is personal data: the leaf of an event
// holds only its salted hash, so that it can be erased.
type Origin struct {
	Address string `json:"address,omitempty"` // network address
	Browser string `json:"browser,omitempty"` // "Firefox on Android"
	// Note is what whoever acted wrote of why: it may name people, so it stands
	// with what can be erased and not among the facts.
	Note string `json:"note,omitempty"`
}

// MaxNote is the longest note taken, in characters.
const MaxNote = 500

// ErrNote says that a text can be no note.
var ErrNote = errors.New("a reason has 1 to 500 printable characters")

// ParseNote returns text as a note: trimmed, runs of spaces folded. It returns
// ErrNote where nothing is left, where it is longer than MaxNote, and where it
// holds control characters or marks that turn the direction of text.
func ParseNote(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", ErrNote
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || utf8.RuneCountInString(text) > MaxNote {
		return "", ErrNote
	}
	for _, r := range text {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return "", ErrNote
		}
	}
	return text, nil
}

// An Event is one thing that happened. It commits with its cause.
type Event struct {
	ID           string // unique, drawn by the store
	At           time.Time
	Kind         Kind
	Organisation org.OrganisationID // empty: the installation's own
	Actor        Actor
	Subject      org.MemberID      // whom it concerns; may be empty
	Reason       string            // a stable word that says why; may be empty
	Facts        map[string]string // ids, counts and stable words, nothing personal
	Origin       Origin

	// NotGenuine says that this program did not record it as it stands in the
	// log; then nothing in it can be relied on. The store sets it.
	NotGenuine bool

	// Erased says that its Origin was erased. The store sets it.
	Erased bool

	// Sealed says that the event is in the sealed log, at Index (from 0). The
	// store sets both.
	Sealed bool
	Index  int64
}
