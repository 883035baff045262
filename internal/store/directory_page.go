package store

import (
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/standing"
)

func (a *asking) order() string {
	if a.Sort == standing.ByEmail {
		return byEmail
	}
	return byName
}

// A pager gathers the members of one page, in the order of the list or
// backwards.
//
// Few of those who were found are looked up and sorted. Where they are many, the
// parts of the order are passed from where the page starts, and of each is known
// who of them is in it, until there are enough. Those in the cluster of a typed
// word and those outside it are gathered each by themselves: nothing is passed in
// which nobody can be.
type pager struct {
	*asking
	found     memberSet
	clusters  []cluster
	from      position
	backwards bool
	most      int

	stretch         // that is gathered now
	page    []int64 // as far as it is known
	few     []int64 // who come next, in no order yet
}

// A stretch is a part of the list between two places, and who of those found
// stands in it.
type stretch struct {
	between bounds
	among   memberSet
}

// bounds are two places of an order between which members stand, both exclusive.
type bounds struct{ lower, upper keyed }

func (b bounds) hold(k keyed) bool { return k.compare(b.lower) > 0 && k.compare(b.upper) < 0 }

// within returns the bounds of what stands in the part too.
func (b bounds) within(p part) bounds {
	if from := (keyed{p.from.key, p.from.number - 1}); from.compare(b.lower) > 0 {
		b.lower = from
	}
	if p.to.compare(b.upper) < 0 {
		b.upper = p.to
	}
	return b
}

// fewFound is how many members are looked up rather than passed in the order: one
// looked up costs as much as some ten passed.
const fewFound = 64

// gather returns the numbers of the page.
func (p *pager) gather() ([]int64, error) {
	if p.Sort == standing.ByAdded {
		return p.byNumber(), nil
	}
	for _, s := range p.stretches() {
		if p.stretch = s; len(p.page) == p.most {
			break
		}
		gather := p.pass
		if s.among.count() <= fewFound {
			p.few, gather = s.among.numbers(), p.lookUp
		}
		if err := gather(); err != nil {
			return nil, err
		}
	}
	return p.page, nil
}

// stretches returns the parts of the list in the order in which they are
// gathered, without those ahead of the page and those in which nobody is.
func (p *pager) stretches() (list []stretch) {
	whole := bounds{beginning, end}
	if p.from.given && p.backwards {
		whole.upper = p.from.keyed
	} else if p.from.given {
		whole.lower = p.from.keyed
	}
	add := func(from, to keyed, among memberSet) {
		s := stretch{whole.within(part{from: from, to: to}), among}
		if s.between.lower.compare(s.between.upper) < 0 && among.count() > 0 {
			list = append(list, s)
		}
	}
	outside, at := p.found.clone(), beginning
	for _, c := range p.clusters {
		outside.without(c.there)
	}
	for _, c := range p.clusters {
		from, to := keyed{c.from, 0}, keyed{c.to, 0}
		add(at, from, outside)
		add(from, to, p.found.clone().and(c.there))
		at = to
	}
	add(at, end, outside)
	if p.backwards {
		slices.Reverse(list)
	}
	return list
}

// byNumber returns those who were found in the order of their numbers, which is
// that in which they were added.
func (p *pager) byNumber() (page []int64) {
	step, at, end := int64(1), int64(0), int64(len(p.found))*64
	if p.backwards {
		step, at, end = -1, end-1, -1
	}
	if p.from.given {
		at = p.from.number + step
	}
	for ; at != end && len(page) < p.most; at += step {
		if p.found.has(at) {
			page = append(page, at)
		}
	}
	return page
}

// lookUp puts the few in order, and adds to the page those that belong on it.
func (p *pager) lookUp() error {
	all, err := p.placed(p.ctx, orderKey{p.Organisation, p.order()}, p.few)
	if err != nil {
		return err
	}
	p.few = nil
	all = slices.DeleteFunc(all, func(k keyed) bool { return !p.between.hold(k) })
	slices.SortFunc(all, keyed.compare)
	if p.backwards {
		slices.Reverse(all)
	}
	for _, k := range all[:min(len(all), p.most-len(p.page))] {
		p.page = append(p.page, k.number)
	}
	return nil
}

// pass passes the parts of the stretch until the page is full.
func (p *pager) pass() error {
	parts, err := p.first()
	for ; err == nil; parts.size = min(2*parts.size, mostParts) {
		some, err := p.next(&parts)
		if err != nil {
			return err
		}
		for _, one := range some {
			if p.isPast(one) {
				return p.lookUp()
			}
			if err := p.take(one); err != nil || len(p.page) == p.most {
				return err
			}
		}
		if parts.done {
			return p.lookUp()
		}
	}
	return err
}

// isPast reports whether a part stands behind the stretch.
func (p *pager) isPast(one part) bool {
	if p.backwards {
		return one.to.compare(p.between.lower) <= 0
	}
	return one.from.compare(p.between.upper) >= 0
}

// take adds who was found in a part: to the few, or where they are many, to the
// page.
func (p *pager) take(one part) error {
	numbers, err := one.numbers()
	if err != nil {
		return err
	}
	here := numbers[:0]
	for _, n := range numbers {
		if n < p.numbers && p.among.has(n) {
			here = append(here, n)
		}
	}
	if len(here) <= fewFound {
		p.few = append(p.few, here...)
		if len(p.page)+len(p.few) < p.most {
			return nil
		}
		return p.lookUp()
	}
	if len(p.few) > 0 {
		if err := p.lookUp(); err != nil || len(p.page) == p.most {
			return err
		}
	}
	return p.walk(p.between.within(one))
}

// A passing is how far the parts were passed.
type passing struct {
	at   keyed // forwards: where the next one begins; backwards: where the last one began
	size int   // of the next portion
	done bool
}

// firstParts and mostParts are how many parts are read at once, at first and at
// most.
const (
	firstParts = 4
	mostParts  = 256
)

// first returns where the passing begins.
func (p *pager) first() (passing, error) {
	begin := passing{at: p.between.upper, size: firstParts}
	if p.backwards {
		return begin, nil
	}
	begin.at = p.between.lower
	err := p.row(p.ctx, `
		SELECT from_key, from_number FROM directory_parts
		WHERE organisation_id = $1 AND column_name = $2 AND (from_key, from_number) <= ($3, $4)
		ORDER BY from_key DESC, from_number DESC LIMIT 1`, p.Organisation, p.order(), begin.at.key, begin.at.number).
		Scan(&begin.at.key, &begin.at.number)
	if errors.Is(err, sql.ErrNoRows) {
		return begin, nil // there are none
	}
	return begin, err
}

// next returns the next parts.
func (p *pager) next(at *passing) ([]part, error) {
	where := `(from_key, from_number) >= ($3, $4) ORDER BY from_key, from_number`
	if p.backwards {
		where = `(from_key, from_number) < ($3, $4) ORDER BY from_key DESC, from_number DESC`
	}
	rows, err := p.query(p.ctx, `
		SELECT from_key, from_number, members FROM directory_parts
		WHERE organisation_id = $1 AND column_name = $2 AND `+where+` LIMIT `+strconv.Itoa(at.size+1),
		p.Organisation, p.order(), at.at.key, at.at.number)
	list, err := collect(rows, err, func(r *sql.Rows) (one part, err error) {
		return one, r.Scan(&one.from.key, &one.from.number, &one.members)
	})
	if err != nil {
		return nil, err
	}
	at.done = len(list) <= at.size
	if p.backwards {
		for i := range list {
			list[i].to, at.at = at.at, list[i].from
		}
		return list, nil
	}
	for i := range list {
		list[i].to = end
		if i > 0 {
			list[i-1].to = list[i].from
		}
	}
	if !at.done {
		at.at = list[at.size].from
		list = list[:at.size]
	}
	return list, nil
}

// walks are how many members are read at once: as many as it should take where
// most were found, and then the rest of the part.
var walks = []int{128, partMembers}

// walk adds those found between two places to the page, in the order of the list.
func (p *pager) walk(b bounds) error {
	for _, size := range walks {
		met, err := p.step(b, size)
		if err != nil {
			return err
		}
		for _, n := range met {
			if p.among.has(n) {
				p.page = append(p.page, n)
			}
			if len(p.page) == p.most {
				return nil
			}
		}
		if len(met) < size {
			return nil
		}
		stop, err := p.placed(p.ctx, orderKey{p.Organisation, p.order()}, met[size-1:])
		if err != nil || len(stop) == 0 {
			return err
		}
		if p.backwards {
			b.upper = stop[0]
		} else {
			b.lower = stop[0]
		}
	}
	return nil
}

// step returns the numbers of the next members between two places, at most size.
// They come as one text: a row for each takes several times as long.
func (p *pager) step(b bounds, size int) ([]int64, error) {
	key := p.order()
	sorted := key + `, number`
	if p.backwards {
		sorted = key + ` DESC, number DESC`
	}
	var text string
	if err := p.row(p.ctx, `
		SELECT COALESCE(string_agg(CAST(met.number AS TEXT), ','), '') FROM (
			SELECT number FROM directory WHERE organisation_id = $1 AND (`+key+`, number) > ($2, $3) AND (`+key+`, number) < ($4, $5)
			ORDER BY `+sorted+` LIMIT `+strconv.Itoa(size)+`) AS met`,
		p.Organisation, b.lower.key, b.lower.number, b.upper.key, b.upper.number).Scan(&text); err != nil || text == "" {
		return nil, err
	}
	numbers := make([]int64, 0, size)
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
