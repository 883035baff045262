package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// List returns one page of a listing at now. What it takes hangs little on how
// many members there are: whom the listing asks for is found as a set, by taking
// sets together, so that its size is known before anybody is looked up.
func (s *Store) List(ctx context.Context, l standing.Listing, now time.Time) (standing.List, error) {
	if l.Limit < 1 || l.Limit > standing.MaxListed {
		return standing.List{}, fmt.Errorf("list members: %d rows on a page", l.Limit)
	}
	var list standing.List
	err := s.snapshot(ctx, func(c conn) (err error) {
		list, err = listIn(ctx, c, l, now)
		return err
	})
	if err != nil {
		return standing.List{}, fmt.Errorf("list members of organisation %s: %w", l.Organisation, err)
	}
	return list, nil
}

func listIn(ctx context.Context, c conn, l standing.Listing, now time.Time) (standing.List, error) {
	a := &asking{ctx: ctx, conn: c, Listing: l, now: now, sets: make(map[term]memberSet)}
	if err := a.row(ctx, `SELECT next FROM directory_numbers WHERE organisation_id = $1`, l.Organisation).Scan(&a.numbers); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return standing.List{}, nil // nobody was ever in it
		}
		return standing.List{}, err
	}
	found, clusters, err := a.whom()
	if err != nil {
		return standing.List{}, err
	}
	return a.page(found, clusters)
}

// page returns the page that is asked for of those found.
func (a *asking) page(found memberSet, clusters []cluster) (standing.List, error) {
	list := standing.List{Total: found.count()}
	from, err := a.start()
	if err != nil || list.Total == 0 {
		return list, err
	}
	p := pager{asking: a, found: found, clusters: clusters, from: from, backwards: a.Reverse != from.before, most: a.Limit + 1}
	numbers, err := p.gather()
	if err != nil {
		return standing.List{}, err
	}
	more := len(numbers) > a.Limit
	numbers = numbers[:min(len(numbers), a.Limit)]
	list.Earlier, list.Later = from.given, more
	if from.before {
		slices.Reverse(numbers)
		list.Earlier, list.Later = more, true
	}
	list.Rows, err = a.rows(numbers)
	a.shown = numbers
	return list, err
}

// An asking is one listing being answered, on the database as it is at one
// instant.
type asking struct {
	ctx context.Context
	conn
	standing.Listing
	now     time.Time
	numbers int64 // those below it have been given to members
	sets    map[term]memberSet
	shown   []int64 // of the rows of the page
}

// A position is where a page starts.
type position struct {
	keyed
	given  bool // zero: at the beginning
	before bool // the page ends here instead
}

// start returns where the page starts. A member who is not in the organisation
// says nothing, not even where they would stand.
func (a *asking) start() (position, error) {
	m, before := a.After, false
	if a.Before != "" {
		m, before = a.Before, true
	}
	if m == "" {
		return position{}, nil
	}
	at := position{given: true, before: before}
	err := a.row(a.ctx, `SELECT `+a.order()+`, number FROM directory WHERE member_id = $1 AND organisation_id = $2`,
		m, a.Organisation).Scan(&at.key, &at.number)
	if errors.Is(err, sql.ErrNoRows) {
		return position{}, nil
	}
	return at, err
}

// byNumbers returns a statement that reads columns of the directory d, joined with
// more, for n numbers ($1 to $n) of an organisation (the parameter after them).
// The numbers lead: a planner that begins with an index which holds all it has to
// read would read the whole organisation.
func byNumbers(columns, more string, n int) string {
	list := strings.Replace(tuples(n, 1), "$1", "CAST($1 AS BIGINT)", 1)
	return `SELECT ` + columns + ` FROM (VALUES ` + list + `) AS v CROSS JOIN directory d ` + more + `
		WHERE d.organisation_id = $` + strconv.Itoa(n+1) + ` AND d.number = v.column1`
}

// numbersAnd returns the arguments of such a statement. Nobody has the number -1.
func numbersAnd(o org.OrganisationID, n int, some []int64) []any {
	args := make([]any, n, n+1)
	for i := range args {
		args[i] = int64(-1)
		if i < len(some) {
			args[i] = some[i]
		}
	}
	return append(args, o)
}

// rows returns members by their numbers, in that order.
func (a *asking) rows(numbers []int64) ([]standing.Listed, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	const atOnce = 64
	statement := byNumbers(`d.number, `+memberColumns+`, COALESCE(t.name, ''), m.status, m.mfa_since, `+suspensionColumns+`,
		(SELECT COUNT(*) FROM backup_codes c WHERE c.member_id = m.id AND c.spent = 0), m.backup_email_confirmed <> 0`,
		`JOIN members m ON m.id = d.member_id LEFT JOIN teams t ON t.id = m.team_id`, atOnce)
	at := make(map[int64]standing.Listed, len(numbers))
	for some := range slices.Chunk(numbers, atOnce) {
		rows, err := a.query(a.ctx, statement, numbersAnd(a.Organisation, atOnce, some)...)
		if _, err := collect(rows, err, func(r *sql.Rows) (struct{}, error) {
			var number int64
			var l standing.Listed
			fields := append([]any{&number}, memberFields(&l.Member)...)
			fields = append(append(fields, &l.TeamName, (*string)(&l.Status), (*instant)(&l.MFASince)), suspensionFields(&l.Suspension)...)
			err := r.Scan(append(fields, &l.Codes, &l.BackupEmail)...)
			at[number] = l
			return struct{}{}, err
		}); err != nil {
			return nil, err
		}
	}
	list := make([]standing.Listed, 0, len(numbers))
	for _, n := range numbers {
		list = append(list, at[n])
	}
	return list, nil
}
