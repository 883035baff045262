// Package logbook lets those who may see it read and take away the log of their
// own organisation.
//
// It owns who may, whose names stand in it, and the form of an export. It refuses
// to decide what may be seen (ladder), to say it in sentences (words), and to
// show what happened in another organisation or to the installation.
package logbook

import (
	"context"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store is what is read.
type Store interface {
	SearchLog(ctx context.Context, s audit.Search, from audit.Place, limit int) (audit.Stretch, error)
	// Named returns those of the members with these ids who belong to o.
	Named(ctx context.Context, o org.OrganisationID, ids []org.MemberID) ([]org.Member, error)
	MemberByEmail(ctx context.Context, o org.OrganisationID, address org.Email) (org.Member, error)
	SealState(ctx context.Context) (ledger.State, error)
	LastSeal(ctx context.Context) (ledger.Checkpoint, time.Time, error)
	Record(ctx context.Context, events ...audit.Event) error
}

// A Service reads the log. It is safe for use by many.
type Service struct {
	Store Store
	Now   func() time.Time
}

// PageSize is how many events a page has, at most.
const PageSize = 50

// A Sheet is a page of the log.
type Sheet struct {
	audit.Stretch
	// Members are those of whom the page or the search speaks and who are still
	// members.
	Members map[org.MemberID]org.Member
	Seal    Seal
}

// Names are the names of the sheet's members.
func (s Sheet) Names() map[org.MemberID]string { return namesOf(s.Members) }

func namesOf(members map[org.MemberID]org.Member) map[org.MemberID]string {
	names := make(map[org.MemberID]string, len(members))
	for id, m := range members {
		names[id] = m.Name
	}
	return names
}

// A Seal is how far the installation's log is sealed.
type Seal struct {
	ledger.State
	Last ledger.Checkpoint // zero: none yet
	At   time.Time         // of Last
}

// may returns an error unless who may see the log: org.ErrNotFound for whoever
// must not even know of it, else a *ladder.Refusal.
func (s *Service) may(who standing.Colleague) error {
	switch reason, until := ladder.Permit(who, ladder.SeeLog, ladder.Whom{}, s.Now()); reason {
	case "":
		return nil
	case ladder.Unknown:
		return org.ErrNotFound
	default:
		return &ladder.Refusal{Step: ladder.StepKind(ladder.SeeLog), Reason: reason, Until: until}
	}
}

// Page returns what of the log of who's organisation search lets through, from a
// place on. It returns an error wrapping org.ErrNotFound for whoever must not know
// of the log, or a *ladder.Refusal.
func (s *Service) Page(ctx context.Context, who standing.Colleague, search audit.Search, from audit.Place) (Sheet, error) {
	if err := s.may(who); err != nil {
		return Sheet{}, err
	}
	search.Organisation = who.Organisation.ID
	found, err := s.Store.SearchLog(ctx, search, from, PageSize)
	if err != nil {
		return Sheet{}, err
	}
	sheet := Sheet{Stretch: found}
	if sheet.Members, err = s.members(ctx, search, found.Events); err != nil {
		return Sheet{}, err
	}
	if sheet.Seal.State, err = s.Store.SealState(ctx); err != nil {
		return Sheet{}, err
	}
	sheet.Seal.Last, sheet.Seal.At, err = s.Store.LastSeal(ctx)
	return sheet, err
}

// members looks up those of whom events and search speak.
func (s *Service) members(ctx context.Context, search audit.Search, events []audit.Event) (map[org.MemberID]org.Member, error) {
	ids := append(audit.Members(events), search.Who, search.Whom)
	found, err := s.Store.Named(ctx, search.Organisation, ids)
	members := make(map[org.MemberID]org.Member, len(found))
	for _, m := range found {
		members[m.ID] = m
	}
	return members, err
}

// Find returns the member of who's organisation with an address, for a search. It
// returns org.ErrEmail, an error wrapping org.ErrNotFound, or a *ladder.Refusal.
func (s *Service) Find(ctx context.Context, who standing.Colleague, typed string) (org.MemberID, error) {
	if err := s.may(who); err != nil {
		return "", err
	}
	address, err := org.ParseEmail(typed)
	if err != nil {
		return "", err
	}
	m, err := s.Store.MemberByEmail(ctx, who.Organisation.ID, address)
	return m.ID, err
}
