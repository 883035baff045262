// Package signin proves who is at the browser: the password, then what the
// member's standing asks for besides, and the session that follows.
//
// It owns the path of one sign-in, the renewal of a proof, and passwords set
// through a mailed link. It refuses to decide what recovery allows (ladder),
// to speak HTTP or SQL, and to know how a method checks its codes: each lives
// in a folder of its own.
package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// Errors that a caller tells apart.
var (
	// ErrWrong says that address and password, or a code, do not fit.
	ErrWrong = errors.New("does not fit")
	// ErrReplayed says that the code was right and had been used.
	ErrReplayed = errors.New("code used before")
	// ErrMalformed says that what was typed cannot be a code of this kind. No
	// try was counted.
	ErrMalformed = errors.New("not a code of this kind")
	// ErrOver says that the sign-in is over: too long ago, too many tries, done
	// already, or never begun in this browser.
	ErrOver = errors.New("this sign-in is over")
	// ErrNewPassword says that the password fits and opens nothing any more: a
	// new one has to be set by mail.
	ErrNewPassword = errors.New("a new password is needed")
	// ErrLink says that a mailed link was used, has expired, or never was.
	ErrLink = errors.New("this link is over")
	// ErrSame says that the new password is the old one.
	ErrSame = errors.New("the new password is the old one")
)

// A ThrottledError says that a try was not made because it came too soon.
type ThrottledError struct{ Wait time.Duration }

// Error says how long to wait.
func (e *ThrottledError) Error() string { return "wait " + e.Wait.String() }

// A WrongCodeError says that a code did not fit. It is an ErrWrong, or an
// ErrReplayed where Replayed is set.
type WrongCodeError struct {
	Left     int // tries left in this sign-in; below 0: not counted by sign-ins
	Replayed bool
}

// Error says which.
func (e *WrongCodeError) Error() string { return e.Unwrap().Error() }

// Unwrap returns ErrWrong or ErrReplayed.
func (e *WrongCodeError) Unwrap() error {
	if e.Replayed {
		return ErrReplayed
	}
	return ErrWrong
}

// A Store is what sign-in needs kept.
type Store interface {
	standing.Keeper
	Record(ctx context.Context, events ...audit.Event) error
	Candidates(ctx context.Context, address org.Email) ([]standing.Candidate, error)
	MembersByEmail(ctx context.Context, address org.Email) ([]org.Member, error)
	KnownDevice(ctx context.Context, device session.Hash, now time.Time) ([]org.MemberID, error)
	TakeTry(ctx context.Context, key throttle.Key, now time.Time) (wait time.Duration, err error)
	TakeCodeTry(ctx context.Context, challenge session.Hash, key throttle.Key, now time.Time) (standing.Try, error)
	Challenge(ctx context.Context, id session.Hash) (session.Challenge, error)
	GiveBackTry(ctx context.Context, key throttle.Key) error
	GiveBackCodeTry(ctx context.Context, challenge session.Hash, key throttle.Key) error
	StartChallenge(ctx context.Context, c session.Challenge, events ...audit.Event) error
	Session(ctx context.Context, id session.Hash, now time.Time) (session.Session, standing.Viewer, error)
	Touch(ctx context.Context, id session.Hash, now time.Time) error
	MailCode(ctx context.Context, purpose standing.Purpose, bound session.Hash) (standing.MailCode, error)
	Link(ctx context.Context, id session.Hash) (standing.Link, error)
}

// A Hasher hashes passwords, as password.Hasher does.
type Hasher interface {
	Room(a password.Asker) error
	Fits(ctx context.Context, a password.Asker, typed string, hashes []standing.PasswordHash) ([]bool, error)
	Hash(ctx context.Context, a password.Asker, typed string, like standing.PasswordHash) (standing.PasswordHash, error)
}

// A Service signs members in. Fill in every field but Idle and Absolute, which
// default. It is safe for use by many.
type Service struct {
	Store   Store
	Hasher  Hasher
	Methods []Method
	Now     func() time.Time
	Random  io.Reader
	// AddressKey keys the hashes under which tries against an address are
	// counted, so that the table of counters is no list of addresses.
	AddressKey []byte
	Idle       time.Duration
	Absolute   time.Duration
}

// A Method proves one thing besides the password. It keeps nothing and spends
// nothing itself: what is to be saved is in the Proof.
type Method interface {
	// Kind is what a session opened with it came by.
	Kind() session.CameBy
	// Parse returns an error wrapping ErrMalformed if typed cannot be an answer.
	Parse(typed string) error
	// Check returns what a right answer proves. It returns ErrWrong if the
	// answer does not fit and ErrReplayed if it did once. It may be called
	// again with the same answer.
	Check(ctx context.Context, a Attempt) (Proof, error)
}

// An Attempt is one answer to a challenge.
type Attempt struct {
	Standing standing.Standing
	Bound    session.Hash // the challenge it is made in
	Typed    string
	Now      time.Time
	Asker    password.Asker // for whom a method hashes, if it does
}

// known is who asks after a right password, in a session, or through a mailed
// link: more than a guess.
func known(origin audit.Origin) password.Asker {
	return password.Asker{Known: true, Address: origin.Address}
}

// A Proof is a right answer: the step that the rules decide on, and what else
// is used up with it.
type Proof struct {
	Step    ladder.Step
	Effects []standing.Effect
	// PowersFrom is from when the factor gives powers; zero where it is a backup.
	PowersFrom time.Time
}

// scene says who acts now from where.
func (s *Service) scene(actor audit.Actor, origin audit.Origin) standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: actor, Origin: origin, Random: s.Random}
}

// asMember says that m acts now from origin.
func (s *Service) asMember(m org.MemberID, origin audit.Origin) standing.Scene {
	return s.scene(audit.Actor{Kind: audit.Member, Member: m}, origin)
}

// method returns the method of a kind.
func (s *Service) method(kind session.CameBy) (Method, error) {
	for _, m := range s.Methods {
		if m.Kind() == kind {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no sign-in method %q", kind)
}

// passwordKey is the counter of passwords tried against an address.
func (s *Service) passwordKey(address org.Email, device session.Hash) throttle.Key {
	mac := hmac.New(sha256.New, s.AddressKey)
	mac.Write([]byte(address))
	return throttle.Key{Kind: throttle.Password, Subject: hex.EncodeToString(mac.Sum(nil)), Device: string(device)}
}

// codeKey is the counter of codes tried against a member.
func codeKey(m org.MemberID, device session.Hash) throttle.Key {
	return throttle.Key{Kind: throttle.Code, Subject: string(m), Device: string(device)}
}

// take counts a try, or returns a *ThrottledError.
func (s *Service) take(ctx context.Context, key throttle.Key) error {
	wait, err := s.Store.TakeTry(ctx, key, s.Now())
	if err != nil {
		return err
	}
	if wait > 0 {
		return &ThrottledError{Wait: wait}
	}
	return nil
}

// newSession draws a token and fills in a session that m opens now.
func (s *Service) newSession(m org.MemberID, by session.CameBy, origin audit.Origin) (session.Token, session.Session, error) {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return "", session.Session{}, err
	}
	now := s.Now()
	idle, absolute := s.Idle, s.Absolute
	if idle == 0 {
		idle = session.DefaultIdle
	}
	if absolute == 0 {
		absolute = session.DefaultAbsolute
	}
	if by == session.ByBackupEmail || by == session.ByBackupCode {
		absolute = min(absolute, session.BackupAbsolute)
	}
	return token, session.Session{
		ID: token.Hash(), Member: m, Created: now, LastUsed: now, Ends: now.Add(absolute), Idle: idle,
		CameBy: by, Reach: session.Everything, PasswordProved: now, Origin: origin,
	}, nil
}
