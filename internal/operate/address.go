package operate

import (
	"context"
	"errors"
	"slices"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// ErrLink says that a mailed link confirms nothing: it was used or replaced, has
// expired, or the address has been taken since.
var ErrLink = errors.New("the link is over")

// Address returns what a mailed link confirms: a new address for a member. It
// changes nothing. It returns ErrLink.
func (s *Service) Address(ctx context.Context, token session.Token) (standing.Link, standing.Standing, error) {
	link, err := s.Store.Link(ctx, token.Hash())
	if errors.Is(err, org.ErrNotFound) || (err == nil && (link.Purpose != standing.ForAddress || !link.Open(s.Now()))) {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	if err != nil {
		return standing.Link{}, standing.Standing{}, err
	}
	st, err := s.Store.Standing(ctx, link.Member)
	if err == nil && !confirms(link, st) {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	return link, st, err
}

// confirms reports whether the address may still become the member's.
func confirms(link standing.Link, st standing.Standing) bool {
	return st.Member.State == org.Active && st.Status != standing.Frozen && link.Address != st.BackupEmail.Address
}

// ConfirmAddress makes the address to which a link was mailed the one with which its
// member signs in. Whoever reads that mailbox does it, from origin. What was mailed
// to the address before opens nothing any more. It returns ErrLink.
func (s *Service) ConfirmAddress(ctx context.Context, token session.Token, origin audit.Origin) error {
	link, _, err := s.Address(ctx, token)
	if err != nil {
		return err
	}
	scene := standing.Scene{Now: s.Now(), Actor: audit.Actor{Kind: audit.Stranger}, Origin: origin, Random: s.Random}
	err = scene.Update(ctx, s.Store, link.Member, func(st standing.Standing) (standing.Decision, error) {
		if !confirms(link, st) {
			return standing.Decision{}, ErrLink
		}
		return addressChanged(st, link, scene), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return ErrLink
	}
	return err
}

// addressChanged is the decision that a confirmed address takes effect.
func addressChanged(st standing.Standing, link standing.Link, scene standing.Scene) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.UseLink{ID: link.ID}, standing.SetEmail{From: st.Member.Email, To: link.Address},
			standing.DropLinks{Purpose: standing.ForAddress}, standing.DropLinks{Purpose: standing.ForReset},
			standing.ForgetMailCodes{}, standing.CloseChallenges{},
			standing.NoteChange{Change: standing.Change{What: standing.EmailOf, At: scene.Now, By: askedBy(st, link)}},
		},
		Events: []audit.Event{{Kind: audit.AddressChanged}},
	}
	// The link of a pass lies in the mailbox before; and under a suspension a code
	// to the new one would open a strange browser to whoever had it changed.
	d = d.Merge(ladder.DropGrants(st, "address"))
	d = d.Merge(ladder.NoteGivers(st, d, scene.Now))
	told := append([]org.Email{link.Address}, st.Addresses()...)
	d.Notices = ladder.Tell(st, notice.AddressChanged, notice.Facts{Masked: link.Address.Masked()}, told...)
	return d
}

// askedBy is whoever asked for the address: whom the change is counted for.
func askedBy(st standing.Standing, link standing.Link) audit.Actor {
	i := slices.IndexFunc(st.Changes, func(c standing.Change) bool { return c.What == standing.EmailOf && c.At.Equal(link.Created) })
	if i < 0 {
		return audit.Actor{Kind: audit.Operator}
	}
	return st.Changes[i].By
}
