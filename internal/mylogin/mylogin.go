// Package mylogin changes what a member signs in with, at the member's own
// wish: password, authenticators, backup e-mail, language, sessions.
//
// It owns those changes, that each needs a fresh proof, and that each is told
// to all of the member's addresses. It refuses to add anything that has to be
// confirmed (enrol) and to decide who may do what (ladder).
package mylogin

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store is what these changes need kept.
type Store interface {
	standing.Keeper
	Sessions(ctx context.Context, m org.MemberID, now time.Time) ([]session.Session, error)
}

// A Rehasher hashes a member's new password, or returns why it will not do.
type Rehasher interface {
	Rehash(ctx context.Context, st standing.Standing, typed string, origin audit.Origin) (standing.PasswordHash, error)
}

// A Service changes logins. It is safe for use by many.
type Service struct {
	Store  Store
	Hasher Rehasher
	Now    func() time.Time
	Random io.Reader
}

// Standing returns the member's own standing.
func (s *Service) Standing(ctx context.Context, v standing.Visit) (standing.Standing, error) {
	return s.Store.Standing(ctx, v.Session.Member)
}

// Sessions returns the sessions of the member who stands like st that are alive
// and hold, the one used last first.
func (s *Service) Sessions(ctx context.Context, st standing.Standing) ([]session.Session, error) {
	alive, err := s.Store.Sessions(ctx, st.Member.ID, s.Now())
	return ladder.Holding(st, alive, s.Now()), err
}

// change checks that act is allowed and the proof fresh, and saves what decide
// returns. It returns ladder.ErrStale or a *ladder.Refusal.
func (s *Service) change(ctx context.Context, v standing.Visit, act ladder.Act, decide func(standing.Standing) (standing.Decision, error)) error {
	scene := v.Scene(s.Now(), s.Random)
	return scene.Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		if err := may(st, v, act, scene.Now); err != nil {
			return standing.Decision{}, err
		}
		return decide(st)
	})
}

// may returns ladder.ErrStale or a *ladder.Refusal unless act may be done at now.
func may(st standing.Standing, v standing.Visit, act ladder.Act, now time.Time) error {
	if reason, until := ladder.May(st, v.Session, act, now); reason != "" {
		return &ladder.Refusal{Step: ladder.StepKind(act), Reason: reason, Until: until}
	}
	if !ladder.Fresh(st, v.Session, now) {
		return ladder.ErrStale
	}
	return nil
}

// ChangePassword sets a new password and ends all other sessions. It returns
// also why the password will not do (package password, signin.ErrSame).
func (s *Service) ChangePassword(ctx context.Context, v standing.Visit, typed string) error {
	st, err := s.Standing(ctx, v)
	if err != nil {
		return err
	}
	// Looked at first: whoever may not change the password shall not learn, by
	// an answer or by how long it takes, whether it is the one they typed.
	if err := may(st, v, ladder.ChangePassword, s.Now()); err != nil {
		return err
	}
	if err := password.Judge(typed, st.MFA(), []string{st.Member.Name, string(st.Member.Email), st.Organisation.Name}); err != nil {
		return err
	}
	hash, err := s.Hasher.Rehash(ctx, st, typed, v.Origin)
	if err != nil {
		return err
	}
	fresh := standing.Password{Hash: hash, Set: s.Now(), Long: password.Long(typed)}
	return s.change(ctx, v, ladder.ChangePassword, func(st standing.Standing) (standing.Decision, error) {
		return standing.Decision{
			Effects: []standing.Effect{
				standing.SetPassword{Password: fresh}, standing.EndSessions{Except: v.Session.ID}, standing.CloseChallenges{},
				standing.DropLinks{Purpose: standing.ForReset}, standing.ForgetAllRemembered{},
			},
			Events:  []audit.Event{{Kind: audit.PasswordChanged}},
			Notices: ladder.Tell(st, notice.PasswordChanged, notice.Facts{}, st.Addresses()...),
		}, nil
	})
}

// RenameAuthenticator gives an authenticator another name. It returns also an
// org.ErrName, factor.ErrNameTaken, or an error wrapping org.ErrNotFound.
func (s *Service) RenameAuthenticator(ctx context.Context, v standing.Visit, id factor.AuthenticatorID, name string) error {
	name, err := org.ParseName(name)
	if err != nil {
		return err
	}
	return s.change(ctx, v, ladder.RenameAuthenticator, func(st standing.Standing) (standing.Decision, error) {
		if _, ok := st.Authenticator(id); !ok {
			return standing.Decision{}, fmt.Errorf("authenticator: %w", org.ErrNotFound)
		}
		for _, a := range st.Authenticators {
			if a.ID != id && strings.EqualFold(a.Name, name) {
				return standing.Decision{}, factor.ErrNameTaken
			}
		}
		return standing.Decision{
			Effects: []standing.Effect{standing.RenameAuthenticator{ID: id, Name: name}},
			Events:  []audit.Event{{Kind: audit.AuthenticatorRenamed, Facts: map[string]string{"authenticator": string(id)}}},
			Notices: ladder.Tell(st, notice.AuthenticatorRenamed, notice.Facts{Name: name}, st.Addresses()...),
		}, nil
	})
}

// RemoveAuthenticator takes an authenticator away. Without the last one MFA is
// off, and the backups go with it. It reports whether that was so, and returns
// also an error wrapping org.ErrNotFound.
func (s *Service) RemoveAuthenticator(ctx context.Context, v standing.Visit, id factor.AuthenticatorID) (off bool, err error) {
	err = s.change(ctx, v, ladder.RemoveAuthenticator, func(st standing.Standing) (standing.Decision, error) {
		removed, ok := st.Authenticator(id)
		if !ok {
			return standing.Decision{}, fmt.Errorf("authenticator: %w", org.ErrNotFound)
		}
		off = len(st.Authenticators) == 1
		return s.remove(st, v, []factor.Authenticator{removed}, off), nil
	})
	return off, err
}

// TurnOffMFA takes every authenticator away, and the backups with them.
func (s *Service) TurnOffMFA(ctx context.Context, v standing.Visit) error {
	return s.change(ctx, v, ladder.TurnOffMFA, func(st standing.Standing) (standing.Decision, error) {
		return s.remove(st, v, st.Authenticators, true), nil
	})
}

// remove is the decision to take authenticators away and, with off, MFA.
func (s *Service) remove(st standing.Standing, v standing.Visit, which []factor.Authenticator, off bool) standing.Decision {
	d := standing.Decision{Effects: []standing.Effect{standing.ForgetAllRemembered{}}}
	for _, a := range which {
		d = d.And(standing.RemoveAuthenticator{ID: a.ID})
		d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorRemoved, Facts: map[string]string{"authenticator": string(a.ID)}})
		if !off {
			d.Notices = append(d.Notices, ladder.Tell(st, notice.AuthenticatorRemoved, notice.Facts{Name: a.Name}, st.Addresses()...)...)
		}
	}
	if !off {
		return d
	}
	d.Events = append(d.Events, audit.Event{Kind: audit.MFAOff})
	d.Notices = append(d.Notices, ladder.Tell(st, notice.MFAOff, notice.Facts{}, st.Addresses()...)...)
	return d.Merge(ladder.DropGrants(st, "mfa-off")).And(
		standing.SetMFA{}, standing.SetCodes{}, standing.SetBackupEmail{}, standing.ForgetDevices{},
		standing.SetStatus{Status: standing.Settled, At: s.Now()}, standing.DropSetUps{}, standing.ForgetMailCodes{}, standing.EndSessions{Except: v.Session.ID}, standing.CloseChallenges{},
	)
}

// RemoveBackupEmail takes the backup e-mail away; it is told so too.
func (s *Service) RemoveBackupEmail(ctx context.Context, v standing.Visit) error {
	return s.change(ctx, v, ladder.ChangeBackupEmail, func(st standing.Standing) (standing.Decision, error) {
		return standing.Decision{
			Effects: []standing.Effect{standing.SetBackupEmail{}, standing.ForgetMailCodes{}},
			Events:  []audit.Event{{Kind: audit.BackupEmailRemoved}},
			Notices: ladder.Tell(st, notice.BackupEmailRemoved, notice.Facts{Masked: st.BackupEmail.Address.Masked()}, st.Addresses()...),
		}, nil
	})
}

// ChangeLanguage sets the member's own language, in which they are told.
func (s *Service) ChangeLanguage(ctx context.Context, v standing.Visit, l org.Language) error {
	return s.change(ctx, v, ladder.ChangeLanguage, func(st standing.Standing) (standing.Decision, error) {
		st.Member.Language = l
		return standing.Decision{
			Effects: []standing.Effect{standing.SetLanguage{Language: l}},
			Events:  []audit.Event{{Kind: audit.LanguageChanged, Reason: string(l)}},
			Notices: ladder.Tell(st, notice.LanguageChanged, notice.Facts{}, st.Addresses()...),
		}, nil
	})
}

// EndSession ends one of the member's sessions; it may have ended already.
func (s *Service) EndSession(ctx context.Context, v standing.Visit, id session.Hash) error {
	return s.change(ctx, v, ladder.EndSessions, func(st standing.Standing) (standing.Decision, error) {
		return ended(st, "one", 0).And(standing.EndSession{ID: id}), nil
	})
}

// EndOtherSessions ends all the member's sessions but this one. No other device
// is remembered any longer: a session that comes back by itself was not ended.
func (s *Service) EndOtherSessions(ctx context.Context, v standing.Visit) error {
	return s.change(ctx, v, ladder.EndSessions, func(st standing.Standing) (standing.Decision, error) {
		forgotten := 0
		for _, r := range ladder.Remembering(st, s.Now()) {
			if r.ID != v.Session.Remembered {
				forgotten++
			}
		}
		return ended(st, "others", forgotten).And(
			standing.EndSessions{Except: v.Session.ID}, standing.ForgetAllRemembered{Except: v.Session.Remembered}), nil
	})
}

// ended says which sessions ended, and how many remembered devices are forgotten
// with them.
func ended(st standing.Standing, which string, forgotten int) standing.Decision {
	return standing.Decision{
		Events:  []audit.Event{{Kind: audit.SessionsEnded, Reason: which}},
		Notices: ladder.Tell(st, notice.SessionsEnded, notice.Facts{Count: forgotten}, st.Addresses()...),
	}
}

// ForgetDevice has one of the member's devices remembered no longer, and ends
// the other sessions that run on it; it may be forgotten already.
func (s *Service) ForgetDevice(ctx context.Context, v standing.Visit, id session.Hash) error {
	return s.forget(ctx, v, "one", func(st standing.Standing) []session.Remembered {
		return slices.DeleteFunc(slices.Clone(st.Remembered), func(r session.Remembered) bool { return r.ID != id })
	})
}

// ForgetAllDevices does so with each of them.
func (s *Service) ForgetAllDevices(ctx context.Context, v standing.Visit) error {
	return s.forget(ctx, v, "all", func(st standing.Standing) []session.Remembered { return st.Remembered })
}

func (s *Service) forget(ctx context.Context, v standing.Visit, said string, which func(standing.Standing) []session.Remembered) error {
	return s.change(ctx, v, ladder.EndSessions, func(st standing.Standing) (standing.Decision, error) {
		d := standing.Decision{}
		for _, r := range which(st) {
			d = d.And(standing.ForgetRemembered{ID: r.ID, Except: v.Session.ID})
			d.Events = append(d.Events, audit.Event{Kind: audit.DeviceForgotten, Reason: said, Facts: map[string]string{"device": string(r.ID)}})
		}
		if len(d.Effects) > 0 {
			d.Notices = ladder.Tell(st, notice.DevicesForgotten, notice.Facts{}, st.Addresses()...)
		}
		return d, nil
	})
}
