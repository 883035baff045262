// Package directory shows who belongs to an organisation to those who may see
// them.
//
// It owns whose members a colleague sees in a list. It refuses to decide who may
// see a list at all (ladder), to find anybody (store), and to change anything.
package directory

import (
	"context"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store is what lists are read from.
type Store interface {
	List(ctx context.Context, l standing.Listing, now time.Time) (standing.List, error)
	Teams(ctx context.Context, o org.OrganisationID) ([]org.Team, error)
}

// A Service lists members. It is safe for use by many.
type Service struct {
	Store Store
	Now   func() time.Time
}

// A Request asks for a page of the list.
type Request struct {
	Filter  standing.Filter
	Sort    standing.Sorting
	Reverse bool
	// After and Before are as in standing.Listing.
	After, Before org.MemberID
	Limit         int // of rows; 1 to standing.MaxListed
}

// A Page is a page of the list, with what it can be narrowed to.
type Page struct {
	standing.List
	Everyone bool       // the colleague sees the whole organisation
	Teams    []org.Team // those whose members the colleague sees, by name
}

// List returns the members of who's organisation that the request asks for and
// who may see: all of them, or those of the teams that who supervises. It returns
// an error wrapping org.ErrNotFound for whoever must not know of the list, or a
// *ladder.Refusal.
func (s *Service) List(ctx context.Context, who standing.Colleague, r Request) (Page, error) {
	now := s.Now()
	switch reason, until := ladder.Permit(who, ladder.SeeEmployees, ladder.Whom{}, now); reason {
	case "":
	case ladder.Unknown:
		return Page{}, org.ErrNotFound
	default:
		return Page{}, &ladder.Refusal{Step: ladder.StepKind(ladder.SeeEmployees), Reason: reason, Until: until}
	}
	l := standing.Listing{
		Organisation: who.Organisation.ID, Everyone: everyone(who, now), Within: who.Teams,
		Filter: r.Filter, Sort: r.Sort, Reverse: r.Reverse, After: r.After, Before: r.Before, Limit: r.Limit,
	}
	list, err := s.Store.List(ctx, l, now)
	if err != nil {
		return Page{}, err
	}
	teams, err := s.teams(ctx, who, l.Everyone)
	return Page{List: list, Everyone: l.Everyone, Teams: teams}, err
}

// everyone reports whether who sees each member of the organisation, also one in
// no team of theirs.
func everyone(who standing.Colleague, now time.Time) bool {
	someone := org.Member{ID: "someone else", Organisation: who.Organisation.ID, Stored: org.Employee, State: org.Active}
	reason, _ := ladder.Permit(who, ladder.SeeEmployee, ladder.Whom{Member: someone}, now)
	return reason == ""
}

// teams returns the teams whose members who sees.
func (s *Service) teams(ctx context.Context, who standing.Colleague, all bool) ([]org.Team, error) {
	teams, err := s.Store.Teams(ctx, who.Organisation.ID)
	if err != nil || all {
		return teams, err
	}
	var own []org.Team
	for _, t := range teams {
		if who.Supervises(t.ID) {
			own = append(own, t)
		}
	}
	return own, nil
}
