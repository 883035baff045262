package store

import (
	"bytes"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/standing"
)

// An order is a column of the directory that a list is sorted by.
type order struct {
	key   string // the column
	first term   // where the words stand that the key begins with
}

var (
	byName  = order{"name_key", firstOfName}
	byEmail = order{"email_key", firstOfAddress}
)

func (a *asking) order() order {
	if a.Sort == standing.ByEmail {
		return byEmail
	}
	return byName
}

// A pager gathers the members of one page, in the order of the list or
// backwards.
//
// Few of those who were found are looked up and sorted. Where they are many,
// the list is walked from where the page starts until enough of them were met.
// That takes long only where they are rare on the way though many in all. What
// they were searched by makes them so, because a list by name has all of one
// first name together; so those in the cluster of a typed word and those outside it
// are gathered each by itself.
type pager struct {
	*asking
	found     memberSet
	clusters  []cluster
	from      position
	backwards bool
	most      int
}

// page returns the numbers of the page.
func (p pager) page() ([]int64, error) {
	if p.Sort == standing.ByAdded {
		return p.byNumber(), nil
	}
	var page []int64
	for _, s := range p.stretches() {
		if s.found == nil || len(page) == p.most {
			continue
		}
		more, err := p.gather(s, p.most-len(page))
		if err != nil {
			return nil, err
		}
		page = append(page, more...)
	}
	return page, nil
}

// byNumber returns those who were found in the order of their numbers, which is
// that in which they were added.
func (p pager) byNumber() (page []int64) {
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

// A stretch is a part of the list from one key to another, and who of those
// found stands in it.
type stretch struct {
	from, to []byte    // to is exclusive
	found    memberSet // nil: nobody
	count    int
	room     int // how many members stand in it, about
}

// last is above every key.
var last = []byte{0xff}

// stretches returns the parts of the list in the order in which they are
// gathered, without those ahead of the page.
func (p pager) stretches() []stretch {
	outside, room := p.found, int(p.numbers)
	if len(p.clusters) > 0 {
		outside = p.found.clone()
	}
	for _, r := range p.clusters {
		outside.without(r.there)
		room -= r.there.count()
	}
	between := stretch{found: outside, count: outside.count(), room: room}
	var list []stretch
	at := []byte{}
	for _, r := range p.clusters {
		here := p.found.clone().and(r.there)
		between.from, between.to = at, r.from
		list = append(list, between, stretch{r.from, r.to, here, here.count(), r.there.count()})
		at = r.to
	}
	between.from, between.to = at, last
	list = append(list, between)
	if p.backwards {
		slices.Reverse(list)
	}
	return slices.DeleteFunc(list, func(s stretch) bool { return s.count == 0 || p.isPast(s) })
}

// isPast reports whether the page starts behind the stretch.
func (p pager) isPast(s stretch) bool {
	if !p.from.given {
		return false
	}
	if p.backwards {
		return bytes.Compare(p.from.key, s.from) < 0
	}
	return bytes.Compare(p.from.key, s.to) >= 0
}

// lookUpCost is what it takes to look one member up, in steps of a walk: some 30
// on both databases, at a million members. A walk may meet with nobody for long,
// so it has to promise more than it costs.
const lookUpCost = 20

// gather returns the first members of a stretch, at most so many.
func (p pager) gather(s stretch, most int) ([]int64, error) {
	if s.count*s.count*lookUpCost <= most*s.room {
		return p.lookUp(s, most)
	}
	return p.walk(s, most)
}

// A keyed is a member's number and their key in the order.
type keyed struct {
	key    []byte
	number int64
}

func (k keyed) compare(other keyed) int {
	if d := bytes.Compare(k.key, other.key); d != 0 {
		return d
	}
	return int(k.number - other.number)
}

func scanKeyed(r *sql.Rows) (k keyed, err error) {
	return k, r.Scan(&k.key, &k.number)
}

// lookUp looks up everybody found in the stretch, and sorts them.
func (p pager) lookUp(s stretch, most int) ([]int64, error) {
	const atOnce = 256
	statement := byNumbers(`d.`+p.order().key+`, d.number`, ``, atOnce)
	var all []keyed
	for some := range slices.Chunk(s.found.numbers(), atOnce) {
		rows, err := p.query(p.ctx, statement, numbersAnd(p.Organisation, atOnce, some)...)
		list, err := collect(rows, err, scanKeyed)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	lower, upper := p.bounds(s)
	all = slices.DeleteFunc(all, func(k keyed) bool { return k.compare(lower) <= 0 || k.compare(upper) >= 0 })
	slices.SortFunc(all, keyed.compare)
	if p.backwards {
		slices.Reverse(all)
	}
	var numbers []int64
	for _, k := range all[:min(len(all), most)] {
		numbers = append(numbers, k.number)
	}
	return numbers, nil
}

// bounds returns between whom, both exclusive, the members of the stretch stand
// that may be on the page.
func (p pager) bounds(s stretch) (lower, upper keyed) {
	lower, upper = keyed{s.from, -1}, keyed{s.to, -1}
	if !p.from.given {
		return lower, upper
	}
	if at := (keyed{p.from.key, p.from.number}); p.backwards && at.compare(upper) < 0 {
		upper = at
	} else if !p.backwards && at.compare(lower) > 0 {
		lower = at
	}
	return lower, upper
}

// walks are how many members are read at once: about as many as it should take,
// and then more and more.
var walks = []int{128, 512, 2048, 8192}

// walk reads the stretch in the order of the list, and returns those found.
func (p pager) walk(s stretch, most int) (numbers []int64, err error) {
	lower, upper := p.bounds(s)
	first, _ := slices.BinarySearch(walks, most*s.room/s.count)
	for i := first; ; i++ {
		size := walks[min(i, len(walks)-1)]
		met, err := p.step(lower, upper, size)
		if err != nil {
			return nil, err
		}
		for _, n := range met {
			if s.found.has(n) {
				numbers = append(numbers, n)
			}
			if len(numbers) == most {
				return numbers, nil
			}
		}
		if len(met) < size {
			return numbers, nil
		}
		end := keyed{number: met[size-1]}
		if err := p.row(p.ctx, `SELECT `+p.order().key+` FROM directory WHERE organisation_id = $1 AND number = $2`,
			p.Organisation, end.number).Scan(&end.key); err != nil {
			return nil, err
		}
		if p.backwards {
			upper = end
		} else {
			lower = end
		}
	}
}

// step returns the numbers of the next members between two, at most size. They
// come as one text: a row for each takes several times as long.
func (p pager) step(lower, upper keyed, size int) ([]int64, error) {
	key := p.order().key
	where := `(` + key + `, number) > ($2, $3) AND ` + key + ` < $4 ORDER BY ` + key + `, number`
	args := []any{p.Organisation, lower.key, lower.number, upper.key}
	if p.backwards {
		where = `(` + key + `, number) < ($2, $3) AND ` + key + ` >= $4 ORDER BY ` + key + ` DESC, number DESC`
		args = []any{p.Organisation, upper.key, upper.number, lower.key}
	}
	var text string
	if err := p.row(p.ctx, `
		SELECT COALESCE(string_agg(CAST(met.number AS TEXT), ','), '') FROM (
			SELECT number FROM directory WHERE organisation_id = $1 AND `+where+` LIMIT `+strconv.Itoa(size)+`) AS met`,
		args...).Scan(&text); err != nil || text == "" {
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
