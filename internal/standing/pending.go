package standing

import (
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// Purpose says what a mailed code or link is for. One for another purpose
// never fits.
type Purpose string

// The purposes of mailed codes and links.
const (
	ForSignIn      Purpose = "sign-in"      // code: rung 3
	ForSetUp       Purpose = "set-up"       // code: guards a first set-up
	ForBackupEmail Purpose = "backup-email" // code: confirms an address
	ForSuspended   Purpose = "suspended"    // code: a strange browser, while MFA is suspended
	ForInvitation  Purpose = "invitation"   // link
	ForReset       Purpose = "reset"        // link
	ForObjection   Purpose = "objection"    // link: "This was not me"
	ForPass        Purpose = "pass"         // link: an enrolment pass
	ForAddress     Purpose = "address"      // link: confirms a new address to sign in with
	ForWarning     Purpose = "warning"      // neither: a mail that only warns
)

// A MailCode is a code that was mailed and waits to be typed, in the browser
// that asked for it.
type MailCode struct {
	ID      string
	Member  org.MemberID
	Purpose Purpose
	Bound   session.Hash // the challenge or session that asked
	Code    factor.Code
	Address org.Email // where it was sent
	Sent    time.Time
	Expires time.Time // exclusive
	Tries   int       // wrong ones typed
}

// NewMailCode draws a code for m that the browser behind bound asks for at now.
// Its Address is left to the caller.
func NewMailCode(random io.Reader, m org.MemberID, purpose Purpose, bound session.Hash, now time.Time) (MailCode, error) {
	code, err := factor.NewMailCode(random)
	if err != nil {
		return MailCode{}, err
	}
	id, err := session.NewToken(random)
	if err != nil {
		return MailCode{}, err
	}
	return MailCode{
		ID: string(id.Hash()), Member: m, Purpose: purpose, Bound: bound, Code: code,
		Sent: now, Expires: now.Add(factor.MailCodeLifetime),
	}, nil
}

// Facts are what the mail with the code says of it.
func (c MailCode) Facts() notice.Facts {
	return notice.Facts{Code: string(c.Code), ValidUntil: c.Expires}
}

// Open reports whether the code may still be typed at now.
func (c MailCode) Open(now time.Time) bool {
	return now.Before(c.Expires) && c.Tries < session.ChallengeTries
}

// A Link is the right that a mailed link gives to whoever holds its token.
type Link struct {
	ID      session.Hash
	Member  org.MemberID
	Purpose Purpose
	Address org.Email   // where it was sent
	About   notice.Kind // of an objection: the message it stood in
	Created time.Time
	Expires time.Time // exclusive
	Used    time.Time // zero: not yet
}

// Open reports whether the link may be used at now.
func (l Link) Open(now time.Time) bool { return l.Used.IsZero() && now.Before(l.Expires) }

// Lifetimes of links.
const (
	InvitationLifetime = 7 * 24 * time.Hour
	ResetLifetime      = 30 * time.Minute
	ObjectionLifetime  = 30 * 24 * time.Hour
)

// Stage says how far a set-up of MFA is.
type Stage string

// The stages of a set-up, in order. From StageCodes on the factor counts.
const (
	StageMailCode        Stage = "mail-code"
	StageScan            Stage = "scan"
	StageCodes           Stage = "codes"
	StageBackupEmail     Stage = "backup-email"
	StageBackupEmailCode Stage = "backup-email-code"
)

// SetUpKind says what a set-up is for, and so which stages it has.
type SetUpKind string

// The kinds of set-up.
const (
	FirstFactor     SetUpKind = "first"        // MFA was off: every stage
	ReplacedFactor  SetUpKind = "replaced"     // the phone is lost: a new one, new codes
	FurtherFactor   SetUpKind = "further"      // one more authenticator
	CodesOnly       SetUpKind = "codes"        // a new set of backup codes
	BackupEmailOnly SetUpKind = "backup-email" // another backup e-mail
)

// A SetUp is a set-up of MFA under way in one session. Until its factor is
// confirmed nothing of it counts; its codes count once one was typed back.
type SetUp struct {
	Session session.Hash
	Member  org.MemberID
	Stage   Stage
	Kind    SetUpKind
	Guarded bool // a mailed code or the invitation came before it
	Secret  factor.Secret
	Codes   []factor.BackupCode
	Set     factor.CodeSet // the hashes of Codes
	Address org.Email      // the backup e-mail to be confirmed
	Begun   time.Time
	Expires time.Time // exclusive
}

// SetUpLifetime is how long a set-up waits for its next step.
const SetUpLifetime = 30 * time.Minute
