package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// searchWindow is how many events a search looks at, at most, in each index that
// it reads: what fits only few events of very many holds nobody up.
const searchWindow = 4_000

// SearchLog returns the events that s lets through and that stand behind a place
// in the log, at most limit of them. One that this program did not record as it
// stands there comes as NotGenuine.
func (s *Store) SearchLog(ctx context.Context, search audit.Search, from audit.Place, limit int) (audit.Stretch, error) {
	if search.Organisation == "" {
		return audit.Stretch{}, errors.New("search log: of no organisation")
	}
	var found audit.Stretch
	for _, source := range sources(search) {
		part, err := s.searchIn(ctx, source, search, from, limit)
		if err != nil {
			return audit.Stretch{}, fmt.Errorf("search log of organisation %s: %w", search.Organisation, err)
		}
		found.Events = append(found.Events, part.Events...)
		// Behind the newest end not every source was looked at.
		if found.Next == (audit.Place{}) || part.Next != (audit.Place{}) && part.Next.Before(found.Next) {
			found.Next = part.Next
		}
	}
	slices.SortFunc(found.Events, func(a, b audit.Event) int {
		if placeOf(a).Before(placeOf(b)) {
			return -1
		}
		return 1
	})
	if found.Next != (audit.Place{}) {
		found.Events = slices.DeleteFunc(found.Events, func(e audit.Event) bool { return found.Next.Before(placeOf(e)) })
	}
	if len(found.Events) > limit {
		found.Events = found.Events[:limit]
		found.Next = placeOf(found.Events[limit-1])
	}
	return found, nil
}

func placeOf(e audit.Event) audit.Place { return audit.Place{At: e.At, ID: e.ID} }

// A condition is part of a WHERE, with its arguments: each "$" in it is one.
type condition struct {
	text string
	args []any
}

// and adds a condition on one argument.
func (c condition) and(text string, args ...any) condition {
	if c.text != "" {
		c.text += ` AND `
	}
	c.text += text
	c.args = append(c.args[:len(c.args):len(c.args)], args...)
	return c
}

// numbered returns the text with its arguments numbered.
func (c condition) numbered() string {
	var text []byte
	n := 0
	for i := range len(c.text) {
		text = append(text, c.text[i])
		if c.text[i] == '$' {
			n++
			text = strconv.AppendInt(text, int64(n), 10)
		}
	}
	return string(text)
}

// sources returns the stretches of indexes in which what is searched for stands,
// each event in one of them at most. Where a member is named, the organisation
// is written so that its own index is not taken for it.
func sources(s audit.Search) []condition {
	const within = `organisation || '' = $`
	switch {
	case s.Whom != "":
		return []condition{condition{}.and(`subject = $`, s.Whom).and(within, s.Organisation)}
	case s.Who != "":
		return []condition{
			condition{}.and(`subject = $`, s.Who).and(within, s.Organisation),
			condition{}.and(`actor_member = $ AND actor_member <> subject`, s.Who).and(within, s.Organisation),
		}
	}
	return []condition{condition{}.and(`organisation = $`, s.Organisation)}
}

// searchIn searches one source.
func (s *Store) searchIn(ctx context.Context, source condition, search audit.Search, from audit.Place, limit int) (audit.Stretch, error) {
	at, id := int64(math.MaxInt64), ""
	if from != (audit.Place{}) {
		at, id = milliseconds(from.At), from.ID
	}
	if until := milliseconds(search.Until); until != 0 && until <= at {
		if until < at {
			id = ""
		}
		at = min(at, until)
	}
	source = source.and(`(at, id) < ($, $)`, at, id)
	fits := fitting(source, search)
	var end audit.Place
	least := milliseconds(search.From)
	if len(fits.args) > len(source.args) {
		var err error
		if end, err = s.searchEnd(ctx, source.and(`at >= $`, least)); err != nil {
			return audit.Stretch{}, err
		}
		if end != (audit.Place{}) { // the one lower bound: of two SQLite goes down to either
			fits, least = fits.and(`(at, id) >= ($, $)`, end.At, end.ID), milliseconds(end.At)
		}
	}
	fits = fits.and(`at >= $`, least)
	// One more than wanted shows whether there is more.
	text := fits.numbered() + ` ORDER BY at DESC, id DESC LIMIT ` + strconv.Itoa(limit+1)
	events, err := s.readEvents(ctx, text, fits.args)
	found := audit.Stretch{Events: events, Next: end}
	if len(events) > limit {
		found.Events = events[:limit]
		found.Next = placeOf(events[limit-1])
	}
	return found, err
}

// searchEnd returns the last place that one search in source looks at; the zero
// Place if it looks at all.
func (s *Store) searchEnd(ctx context.Context, source condition) (audit.Place, error) {
	var end audit.Place
	text := `SELECT at, id FROM events WHERE ` + source.numbered() + ` ORDER BY at DESC, id DESC LIMIT 1 OFFSET ` + strconv.Itoa(searchWindow-1)
	err := s.read.row(ctx, text, slices.Clone(source.args)...).Scan((*instant)(&end.At), &end.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Place{}, nil
	}
	return end, err
}

// fitting adds what the index of source does not answer.
func fitting(source condition, s audit.Search) condition {
	if s.By != "" {
		source = source.and(`actor_kind = $`, s.By)
	}
	if s.Who != "" {
		source = source.and(`actor_member = $`, s.Who)
	}
	if s.Group != "" {
		kinds := `kind IN (`
		var args []any
		for i, kind := range s.Group.Of() {
			if i > 0 {
				kinds += `, `
			}
			kinds += `$`
			args = append(args, kind)
		}
		source = source.and(kinds+`)`, args...)
	}
	return source
}

// Named returns those of the members with these ids who belong to organisation o,
// or with an empty o to any; in no order.
func (s *Store) Named(ctx context.Context, o org.OrganisationID, ids []org.MemberID) ([]org.Member, error) {
	var named []org.Member
	err := inGroups(ids, 1, func(group []org.MemberID) error {
		args := []any{o}
		for _, id := range group {
			args = append(args, id)
		}
		list, err := s.members(ctx, `($1 = '' OR m.organisation_id = $1) AND m.id IN `+parameters(2, len(group)), args...)
		named = append(named, list...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("names of %d members: %w", len(ids), err)
	}
	return named, nil
}
