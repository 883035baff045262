package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Forgotten mails a link to set a new password, to every member with the
// address. It answers the same whether there is one or not; an error is never
// about the address.
func (s *Service) Forgotten(ctx context.Context, address org.Email, origin audit.Origin) error {
	members, err := s.Store.MembersByEmail(ctx, address)
	if err != nil {
		return err
	}
	for _, m := range members {
		// Too soon after the last one: that mail is still on its way. Saying so
		// would say that the address is known.
		err := s.mailReset(ctx, m, origin)
		if _, tooSoon := errors.AsType[*ThrottledError](err); err != nil && !tooSoon {
			return err
		}
	}
	return nil
}

// mailReset mails one member a link: to set a new password, or, if the first
// was never set, the invitation anew. It returns a *ThrottledError if it is too
// soon after the last.
func (s *Service) mailReset(ctx context.Context, m org.Member, origin audit.Origin) error {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return err
	}
	scene := s.scene(audit.Actor{Kind: audit.Stranger}, origin)
	return scene.Update(ctx, s.Store, m.ID, func(st standing.Standing) (standing.Decision, error) {
		link := standing.Link{
			ID: token.Hash(), Member: m.ID, Purpose: standing.ForReset, Address: st.Member.Email,
			Created: scene.Now, Expires: scene.Now.Add(standing.ResetLifetime),
		}
		path, kind := standing.ResetPath, notice.PasswordReset
		if st.Member.State == org.Invited {
			link.Purpose, path, kind = standing.ForInvitation, standing.InvitationPath, notice.Invitation
		}
		// A stranger may have asked five times: where every link is over, one more goes.
		if wait := st.MailWait(link.Purpose, "", scene.Now); wait > 0 && st.Mailed(link.Purpose, scene.Now.Add(-standing.ResetLifetime)) {
			return standing.Decision{}, &ThrottledError{Wait: wait}
		}
		return standing.Decision{
			Effects: []standing.Effect{standing.SaveLink{Link: link}},
			Events:  []audit.Event{{Kind: audit.PasswordResetAsked}},
			Notices: ladder.Tell(st, kind, notice.Facts{Link: path + string(token), ValidUntil: link.Expires}, st.Member.Email),
		}, nil
	})
}

// Linked returns whom a mailed link is for. It returns ErrLink where it is over
// or for something else. It changes nothing, so a scanner may open it.
func (s *Service) Linked(ctx context.Context, token session.Token, purpose standing.Purpose) (standing.Link, standing.Standing, error) {
	link, err := s.Store.Link(ctx, token.Hash())
	if errors.Is(err, org.ErrNotFound) || (err == nil && (link.Purpose != purpose || !link.Open(s.Now()))) {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	if err != nil {
		return standing.Link{}, standing.Standing{}, err
	}
	st, err := s.Store.Standing(ctx, link.Member)
	if err == nil && st.Member.State == org.Deactivated {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	return link, st, err
}

// Own returns the words about a member that their password may not hold.
func Own(s standing.Standing) []string {
	return []string{s.Member.Name, string(s.Member.Email), s.Organisation.Name}
}

// ResetPassword sets a new password through a mailed link. It opens no session
// and never MFA. It returns ErrLink, ErrSame, or why the password will not do
// (package password).
func (s *Service) ResetPassword(ctx context.Context, token session.Token, typed string, origin audit.Origin) error {
	link, st, err := s.Linked(ctx, token, standing.ForReset)
	if err != nil {
		return err
	}
	fresh, err := s.newPassword(ctx, st, typed, origin)
	if err != nil {
		return err
	}
	fresh.ByMail = true
	// Where the address is several members', the tries may have been at another.
	candidates, err := s.Store.Candidates(ctx, st.Member.Email)
	if err != nil {
		return err
	}
	scene := s.asMember(link.Member, origin)
	err = scene.Update(ctx, s.Store, link.Member, func(st standing.Standing) (standing.Decision, error) {
		d, err := ladder.Decide(st, ladder.Step{Kind: ladder.SetPasswordByMail}, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		used := standing.Decision{Effects: []standing.Effect{standing.UseLink{ID: link.ID}}}
		d = used.Merge(d).And(standing.SetPassword{Password: fresh})
		if len(candidates) > 1 {
			return d, nil
		}
		return d.And(standing.ForgetFailures{Key: s.passwordKey(st.Member.Email, "")}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return ErrLink
	}
	return err
}

// AcceptInvitation sets an invited member's first password, signs them in, and
// tells them so.
// It returns ErrLink, or why the password will not do (package password).
func (s *Service) AcceptInvitation(ctx context.Context, token session.Token, typed string, origin audit.Origin) (Opening, error) {
	link, st, err := s.Linked(ctx, token, standing.ForInvitation)
	if err != nil {
		return Opening{}, err
	}
	first, err := s.newPassword(ctx, st, typed, origin)
	if err != nil {
		return Opening{}, err
	}
	opened, in, err := s.newSession(link.Member, session.ByInvitation, origin)
	if err != nil {
		return Opening{}, err
	}
	scene := s.asMember(link.Member, origin)
	err = scene.Update(ctx, s.Store, link.Member, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Invited {
			return standing.Decision{}, ErrLink
		}
		if st.Organisation.Forces(scene.Now) {
			in.Reach = session.SetUpOnly
		}
		return standing.Decision{
			Effects: []standing.Effect{
				standing.UseLink{ID: link.ID}, standing.DropLinks{Purpose: standing.ForInvitation},
				standing.SetPassword{Password: first}, standing.Activate{}, standing.OpenSession{Session: in},
			},
			Events:  []audit.Event{{Kind: audit.InvitationAccepted}, {Kind: audit.SignedIn, Reason: string(in.CameBy)}},
			Notices: ladder.Tell(st, notice.AccountActive, notice.Facts{}, st.Addresses()...),
		}, nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return Opening{}, ErrLink
	}
	return Opening{Session: opened, Reach: in.Reach}, err
}

// newPassword judges and hashes a password for a member.
func (s *Service) newPassword(ctx context.Context, st standing.Standing, typed string, origin audit.Origin) (standing.Password, error) {
	if err := password.Judge(typed, st.MFA(), Own(st)); err != nil {
		return standing.Password{}, err
	}
	hash, err := s.Rehash(ctx, st, typed, origin)
	if err != nil {
		return standing.Password{}, err
	}
	return standing.Password{Hash: hash, Set: s.Now(), Long: password.Long(typed)}, nil
}

// Rehash hashes a new password of a member under the salt that the address has
// in another organisation, if any. It returns ErrSame if it is the one they have.
func (s *Service) Rehash(ctx context.Context, st standing.Standing, typed string, origin audit.Origin) (standing.PasswordHash, error) {
	typed = password.Normalise(typed)
	if st.Password.Exists() {
		same, err := s.Hasher.Fits(ctx, known(origin), typed, []standing.PasswordHash{st.Password.Hash})
		if err != nil {
			return "", err
		}
		if same[0] {
			return "", ErrSame
		}
	}
	candidates, err := s.Store.Candidates(ctx, st.Member.Email)
	if err != nil {
		return "", fmt.Errorf("hash password of %s: %w", st.Member.ID, err)
	}
	var like standing.PasswordHash
	for _, c := range candidates {
		if c.Member != st.Member.ID {
			like = c.Hash
		}
	}
	return s.Hasher.Hash(ctx, known(origin), typed, like)
}
