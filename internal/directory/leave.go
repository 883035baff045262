package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors about whoever leaves that a caller tells apart.
var (
	// ErrName says that another name was typed than the member's.
	ErrName = errors.New("another name")
	// ErrState says that the member is not where the act begins: invited to be
	// withdrawn, deactivated to be erased.
	ErrState = errors.New("the membership stands elsewhere")
)

// Withdraw takes back the invitation of someone who has not come: their link ends,
// and they are deactivated. It returns ErrState or ErrChanged.
func (f *Office) Withdraw(ctx context.Context, h Hand, m org.MemberID) error {
	told, err := f.others(ctx, h.organisation(), m)
	if err != nil {
		return err
	}
	err = f.about(ctx, h, ladder.DeactivateEmployee, m, func(_ standing.Scene, st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Invited {
			return standing.Decision{}, ErrState
		}
		return standing.Decision{
			Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForInvitation}, standing.Deactivate{}},
			Events:  []audit.Event{{Kind: audit.InvitationWithdrawn}},
			Notices: tell(st, notice.DeactivatedToAdministrators, notice.Facts{Giver: h.Who.Member.Name}, told),
		}, nil
	})
	return taken(err, ErrChanged)
}

// Erase deletes what is personal about a deactivated member, for good: everything
// that is kept of them, and from the log where their acts came from and what was
// written about them. The log goes on with their id, and its seal holds. typed
// must be their name; case does not matter. It returns ErrName, ErrState or
// ErrChanged. Where it was cut short it may be called again.
func (f *Office) Erase(ctx context.Context, h Hand, m org.MemberID, typed string) error {
	st, err := f.Member(ctx, h, ladder.EraseEmployee, m)
	if err != nil {
		return err
	}
	name, err := org.ParseName(typed)
	switch {
	case st.Member.State != org.Deactivated:
		return ErrState
	case err != nil || !strings.EqualFold(name, st.Member.Name):
		return ErrName
	}
	told, err := f.others(ctx, h.organisation(), m)
	if err != nil {
		return err
	}
	if h.Who, err = f.bound(ctx, h, m); err != nil {
		return taken(err, ErrChanged)
	}
	by := audit.Event{At: f.Now(), Actor: audit.Actor{Kind: audit.Member, Member: h.Who.Member.ID}, Organisation: h.organisation()}
	if _, err := f.Store.EraseOriginsOf(ctx, m, by); err != nil {
		return fmt.Errorf("erase %s: %w", m, err)
	}
	err = f.about(ctx, h, ladder.EraseEmployee, m, func(_ standing.Scene, st standing.Standing) (standing.Decision, error) {
		return erased(st, h.Who.Member.Name, told)
	})
	return taken(err, ErrChanged)
}

// EraseByOperator does so for whoever has a shell on the machine, who says why.
// It returns audit.ErrNote, ErrState or an
// error wrapping org.ErrNotFound.
func (f *Office) EraseByOperator(ctx context.Context, m org.MemberID, why string) error {
	note, err := audit.ParseNote(why)
	if err != nil {
		return err
	}
	st, err := f.Store.Standing(ctx, m)
	if err == nil {
		err = hasLeft(st)
	}
	if err != nil {
		return err
	}
	told, err := f.others(ctx, st.Organisation.ID, m)
	if err != nil {
		return err
	}
	scene := standing.Scene{Now: f.Now(), Actor: audit.Actor{Kind: audit.Operator}, Origin: audit.Origin{Note: note}, Random: f.Random}
	by := audit.Event{At: scene.Now, Actor: scene.Actor, Origin: scene.Origin, Organisation: st.Organisation.ID}
	if _, err := f.Store.EraseOriginsOf(ctx, m, by); err != nil {
		return fmt.Errorf("erase %s: %w", m, err)
	}
	err = scene.Update(ctx, f.Store, m, func(st standing.Standing) (standing.Decision, error) { return erased(st, "", told) })
	return taken(err, ErrChanged)
}

// ToldOfErasing returns who hears that a member is erased, and what; or ErrState.
func (f *Office) ToldOfErasing(ctx context.Context, m org.MemberID) ([]notice.Message, error) {
	st, err := f.Store.Standing(ctx, m)
	if err != nil {
		return nil, err
	}
	told, err := f.others(ctx, st.Organisation.ID, m)
	if err != nil {
		return nil, err
	}
	d, err := erased(st, "", told)
	return d.Notices, err
}

// erased is the decision that a deactivated member is erased, by a colleague with a
// name or by the operator.
func erased(st standing.Standing, giver string, told []standing.Helper) (standing.Decision, error) {
	if err := hasLeft(st); err != nil {
		return standing.Decision{}, err
	}
	// The mail must not say again what is erased.
	st.Member.Name = string(st.Member.ID)
	return standing.Decision{
		Effects: []standing.Effect{standing.Erase{}},
		Events:  []audit.Event{{Kind: audit.MemberErased}},
		Notices: tell(st, notice.ErasedToAdministrators, notice.Facts{Giver: giver}, told),
	}, nil
}

// bound holds the hand to its session and to what was known of it, before anything
// is erased that is in no transaction with the rest. It returns the colleague as
// they are known now.
func (f *Office) bound(ctx context.Context, h Hand, m org.MemberID) (standing.Colleague, error) {
	err := f.about(ctx, h, ladder.EraseEmployee, m, func(_ standing.Scene, st standing.Standing) (standing.Decision, error) {
		return standing.Decision{}, hasLeft(st)
	})
	if err != nil {
		return standing.Colleague{}, err
	}
	who, err := f.Store.Colleague(ctx, h.Who.Member.ID)
	who.Session = h.Who.Session
	return who, err
}

func hasLeft(st standing.Standing) error {
	if st.Member.State != org.Deactivated {
		return ErrState
	}
	return nil
}
