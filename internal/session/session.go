// Package session holds what ties a browser to a member: sign-ins under way
// (challenges), sessions, known devices, and the random tokens behind them.
//
// It owns their lifetimes and what counts as a fresh proof. It refuses to read
// cookies (web) and to decide whether a proof suffices (ladder).
package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// Lifetimes. Sessions' own are settings; these are their defaults.
const (
	DefaultIdle     = time.Hour
	DefaultAbsolute = 24 * time.Hour
	// BackupAbsolute is how long a session lives at most that a backup e-mail
	// opened and in which no factor has been proved since.
	BackupAbsolute = 24 * time.Hour
	// ChallengeLifetime is how long a sign-in may take after the password.
	ChallengeLifetime = 15 * time.Minute
	// ChallengeTries is the number of wrong codes that end a challenge.
	ChallengeTries = 5
	// FreshFor is how long a proof counts as fresh.
	FreshFor = 5 * time.Minute
	// InvitationFresh is how long a session counts as come by the invitation.
	InvitationFresh = time.Hour
	// DeviceLifetime is how long a browser is known after its last full proof.
	DeviceLifetime = 180 * 24 * time.Hour
)

// A Token is 256 random bits that a browser or a mail holds, in base64url. It
// shows itself to no log.
type Token string

// NewToken draws a token from random.
func NewToken(random io.Reader) (Token, error) {
	var b [32]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return Token(base64.RawURLEncoding.EncodeToString(b[:])), nil
}

// ErrToken says that a text is no token.
var ErrToken = errors.New("not a token")

// ParseToken returns text as a token, or ErrToken.
func ParseToken(text string) (Token, error) {
	// The length is looked at too: the decoder skips line ends.
	if b, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil || len(b) != 32 || len(text) != 43 {
		return "", ErrToken
	}
	return Token(text), nil
}

// Hash returns what is stored of the token. A token has 256 bits, so a plain
// hash suffices (ASVS 5.0, 6.5.2).
func (t Token) Hash() Hash {
	sum := sha256.Sum256([]byte(t))
	return Hash(hex.EncodeToString(sum[:]))
}

// String hides the token.
func (Token) String() string { return "[token]" }

// GoString hides the token from %#v.
func (Token) GoString() string { return "session.Token{}" }

// LogValue hides the token.
func (Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// A Hash is what is stored of a token, in hexadecimal. It serves as the id of
// what the token opens.
type Hash string

// ParseHash returns text as a hash, or ErrToken.
func ParseHash(text string) (Hash, error) {
	if b, err := hex.DecodeString(text); err != nil || len(b) != sha256.Size || strings.ToLower(text) != text {
		return "", ErrToken
	}
	return Hash(text), nil
}

// CameBy says what a session was opened with, besides the password.
type CameBy string

// The ways in. ByPassword is a member without MFA.
const (
	ByPassword    CameBy = "password"
	ByFactor      CameBy = "factor"
	ByBackupCode  CameBy = "backup-code"
	ByBackupEmail CameBy = "backup-email"
	ByInvitation  CameBy = "invitation"
	BySuspension  CameBy = "suspension" // MFA was suspended
	ByPass        CameBy = "pass"       // an enrolment pass
	// ByRemembered is a member with MFA whose factor was not asked: they signed in
	// on a remembered device.
	ByRemembered CameBy = "remembered"
)

// Reach is how far a session goes.
type Reach string

// A session of SetUpOnly reaches the set-up of MFA and nothing else.
const (
	Everything Reach = "everything"
	SetUpOnly  Reach = "set-up"
)

// A Session is a member signed in at one browser.
type Session struct {
	ID       Hash
	Member   org.MemberID
	Created  time.Time
	LastUsed time.Time
	Ends     time.Time // exclusive, however much it is used
	Idle     time.Duration
	CameBy   CameBy
	Reach    Reach
	// PasswordProved and FactorProved are the last proofs; zero: none. A backup
	// is no factor.
	PasswordProved time.Time
	FactorProved   time.Time
	// PowersFrom is the instant from which the factor that was proved gives the
	// power to change addresses; it means nothing while FactorProved is zero.
	PowersFrom time.Time
	Device     Hash // the known device it runs on; may be empty
	Remembered Hash // the remembered device it runs on; empty: none
	Pass       Hash // the enrolment pass that opened it; empty: none
	Origin     audit.Origin
}

// Alive reports whether the session may be used at now.
func (s Session) Alive(now time.Time) bool {
	return now.Before(s.Ends) && now.Before(s.LastUsed.Add(s.Idle))
}

// CameByBackup reports whether a backup opened the session and no factor has
// been proved in it since.
func (s Session) CameByBackup() bool {
	return (s.CameBy == ByBackupCode || s.CameBy == ByBackupEmail) && s.FactorProved.IsZero()
}

// CameBySuspension reports whether the session was opened while MFA was
// suspended and no factor has been proved in it since.
func (s Session) CameBySuspension() bool {
	return s.CameBy == BySuspension && s.FactorProved.IsZero()
}

// CameByPass reports whether an enrolment pass opened the session and no factor
// has been proved in it since.
func (s Session) CameByPass() bool { return s.CameBy == ByPass && s.FactorProved.IsZero() }

// CameByRemembered reports whether a remembered device stood in for the factor
// and none has been proved since.
func (s Session) CameByRemembered() bool {
	return s.CameBy == ByRemembered && s.FactorProved.IsZero()
}

// FreshInvitation reports whether the session came by an invitation so
// recently that the mailbox it was sent to counts as proved.
func (s Session) FreshInvitation(now time.Time) bool {
	return s.CameBy == ByInvitation && now.Before(s.Created.Add(InvitationFresh))
}

// Fresh reports whether a proof is recent at now. One that lies ahead by more
// than the clocks of two machines may differ is none: the clock was set back.
func Fresh(proof, now time.Time) bool {
	return !proof.IsZero() && now.Sub(proof).Abs() < FreshFor
}

// A Challenge is a sign-in whose password was right and which waits for more.
type Challenge struct {
	ID         Hash
	Member     org.MemberID   // empty while the organisation is to be chosen
	Candidates []org.MemberID // among whom to choose
	Created    time.Time
	Expires    time.Time // exclusive
	Tries      int       // codes tried
	Device     Hash      // the known device it runs on; empty: a strange browser
	Next       string    // the local path to go to afterwards
	Origin     audit.Origin
}

// Open reports whether the challenge may still be answered at now.
func (c Challenge) Open(now time.Time) bool {
	return now.Before(c.Expires) && c.Tries < ChallengeTries
}

// A Device is a browser in which a member has made a full proof with MFA.
type Device struct {
	ID      Hash
	Member  org.MemberID
	Created time.Time
	Expires time.Time // exclusive
}
