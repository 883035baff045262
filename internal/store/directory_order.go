package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/sparekey/sparekey/internal/org"
)

// An order of the directory is kept in parts. A part begins at a member's place
// in the order and reaches to the next part; it holds the numbers of all members
// in between, rising, each as what it is more than the one before it. So whoever
// passes along the order passes hundreds of members with each row that is read.

// partMembers is how many members a part has at most: in an organisation of a
// million they take two bytes each, and PostgreSQL keeps up to 2000 in the row.
const partMembers = 896

var errPart = errors.New("a part of an order of members cannot be read")

// orders are the columns of the directory that lists are sorted by.
var orders = []string{byName, byEmail}

const (
	byName  = "name_key"
	byEmail = "email_key"
)

// A keyed is a member's place in an order.
type keyed struct {
	key    []byte
	number int64
}

func (k keyed) compare(other keyed) int {
	return cmp.Or(bytes.Compare(k.key, other.key), cmp.Compare(k.number, other.number))
}

func scanKeyed(r *sql.Rows) (k keyed, err error) {
	return k, r.Scan(&k.key, &k.number)
}

// beginning and end are below and above every place.
var (
	beginning = keyed{[]byte{}, -1}
	end       = keyed{[]byte{0xff}, -1}
)

// An orderKey names one order of one organisation.
type orderKey struct {
	organisation org.OrganisationID
	column       string
}

// A part is one of an order.
type part struct {
	from, to keyed // to is exclusive
	members  []byte
}

// numbers returns the members' numbers, rising.
func (p part) numbers() ([]int64, error) {
	list := make([]int64, 0, len(p.members))
	at := int64(-1)
	for kept := p.members; len(kept) > 0; {
		step, size := binary.Uvarint(kept)
		if size <= 0 || step == 0 || step > math.MaxInt32 {
			return nil, errPart
		}
		at, kept = at+int64(step), kept[size:]
		list = append(list, at)
	}
	return list, nil
}

// keptNumbers returns rising numbers as they are kept.
func keptNumbers(numbers []int64) []byte {
	kept := make([]byte, 0, 2*len(numbers))
	at := int64(-1)
	for _, n := range numbers {
		kept, at = binary.AppendUvarint(kept, uint64(n-at)), n
	}
	return kept
}

// A shift is a member who comes to a place of an order, or leaves it.
type shift struct {
	orderKey
	keyed
	in bool
}

func (s shift) compare(other shift) int {
	return cmp.Or(cmp.Compare(s.organisation, other.organisation), cmp.Compare(s.column, other.column), s.keyed.compare(other.keyed))
}

// shifts returns what becomes of the orders where a member's keys were had (nil:
// not listed) and will be want (nil: no longer).
func (e entry) shifts(had, want keys) (list []shift) {
	for _, column := range orders {
		if had != nil && want != nil && bytes.Equal(had[column], want[column]) {
			continue
		}
		in := orderKey{e.member.Organisation, column}
		if had != nil {
			list = append(list, shift{in, keyed{had[column], e.number}, false})
		}
		if want != nil {
			list = append(list, shift{in, keyed{want[column], e.number}, true})
		}
	}
	return list
}

// shift changes the orders, each part once. The members' rows are as they will be.
func (t *tx) shift(ctx context.Context, list []shift) error {
	slices.SortFunc(list, shift.compare)
	for len(list) > 0 {
		p, err := t.lockPart(ctx, list[0])
		if err != nil {
			return err
		}
		here := 1
		for here < len(list) && list[here].orderKey == list[0].orderKey && list[here].keyed.compare(p.to) < 0 {
			here++
		}
		if err := t.keepPart(ctx, list[0].orderKey, p, list[:here]); err != nil {
			return err
		}
		list = list[here:]
	}
	return nil
}

// lockPart locks and returns the part that a place is in. Which it is, is looked
// up again once it is locked: whoever held it may have split it. Parts are locked
// upwards.
func (t *tx) lockPart(ctx context.Context, at shift) (part, error) {
	in := []any{at.organisation, at.column}
	for {
		p := part{to: end}
		err := t.row(ctx, `
			UPDATE directory_parts SET members = members WHERE organisation_id = $1 AND column_name = $2 AND (from_key, from_number) = (
				SELECT from_key, from_number FROM directory_parts
				WHERE organisation_id = $1 AND column_name = $2 AND (from_key, from_number) <= ($3, $4)
				ORDER BY from_key DESC, from_number DESC LIMIT 1)
			RETURNING from_key, from_number, members`, append(in, at.key, at.number)...).Scan(&p.from.key, &p.from.number, &p.members)
		if errors.Is(err, sql.ErrNoRows) {
			if _, err := t.exec(ctx, `
				INSERT INTO directory_parts (organisation_id, column_name, from_key, from_number, members) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT DO NOTHING`, append(in, beginning.key, beginning.number, []byte{})...); err != nil {
				return part{}, err
			}
			continue
		}
		if err != nil {
			return part{}, err
		}
		err = t.row(ctx, `
			SELECT from_key, from_number FROM directory_parts
			WHERE organisation_id = $1 AND column_name = $2 AND (from_key, from_number) > ($3, $4)
			ORDER BY from_key, from_number LIMIT 1`, append(in, p.from.key, p.from.number)...).Scan(&p.to.key, &p.to.number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || at.keyed.compare(p.to) < 0 {
			return p, ignoring(err, sql.ErrNoRows)
		}
	}
}

func ignoring(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// keepPart writes a locked part after members came and left: where they are too
// many as several, and where nobody is left not at all.
func (t *tx) keepPart(ctx context.Context, in orderKey, p part, list []shift) error {
	had, err := p.numbers()
	if err != nil {
		return err
	}
	there := make(map[int64]bool)
	for _, n := range had {
		there[n] = true
	}
	for _, s := range list {
		if !s.in {
			delete(there, s.number)
		}
	}
	for _, s := range list { // after those who leave: some only move within the part
		if s.in {
			there[s.number] = true
		}
	}
	numbers := make([]int64, 0, len(there))
	for n := range there {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	switch {
	case len(numbers) == 0 && p.from.number >= 0:
		_, err := t.exec(ctx, `
			DELETE FROM directory_parts WHERE organisation_id = $1 AND column_name = $2 AND from_key = $3 AND from_number = $4`,
			in.organisation, in.column, p.from.key, p.from.number)
		return err
	case len(numbers) > partMembers:
		return t.splitPart(ctx, in, p.from, numbers)
	}
	return t.keepParts(ctx, in, []part{{from: p.from, members: keptNumbers(numbers)}})
}

// splitPart writes the members of a part as several, half full.
func (t *tx) splitPart(ctx context.Context, in orderKey, from keyed, numbers []int64) error {
	all, err := t.placed(ctx, in, numbers)
	if err != nil {
		return err
	}
	slices.SortFunc(all, keyed.compare)
	var parts []part
	for some := range slices.Chunk(all, partMembers/2) {
		here := make([]int64, len(some))
		for i, k := range some {
			here[i] = k.number
		}
		slices.Sort(here)
		p := part{from: some[0], members: keptNumbers(here)}
		if len(parts) == 0 {
			p.from = from
		}
		parts = append(parts, p)
	}
	return t.keepParts(ctx, in, parts)
}

// placed returns members by their numbers with their places, in no order.
func (c conn) placed(ctx context.Context, in orderKey, numbers []int64) (all []keyed, err error) {
	const atOnce = 64
	statement := byNumbers(`d.`+in.column+`, d.number`, ``, atOnce)
	for some := range slices.Chunk(numbers, atOnce) {
		rows, err := c.query(ctx, statement, numbersAnd(in.organisation, atOnce, some)...)
		list, err := collect(rows, err, scanKeyed)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (t *tx) keepParts(ctx context.Context, in orderKey, parts []part) error {
	for some := range portions(parts) {
		var args []any
		for _, p := range some {
			args = append(args, in.organisation, in.column, p.from.key, p.from.number, p.members)
		}
		if _, err := t.exec(ctx, `
			INSERT INTO directory_parts (organisation_id, column_name, from_key, from_number, members) VALUES `+tuples(len(some), 5)+`
			ON CONFLICT (organisation_id, column_name, from_key, from_number) DO UPDATE SET members = excluded.members`, args...); err != nil {
			return err
		}
	}
	return nil
}
