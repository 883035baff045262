package store

import (
	"bytes"
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A cluster is a stretch of the list that a typed word makes: whoever's key begins
// as it does stands there, together.
type cluster struct {
	from  []byte
	to    []byte    // exclusive
	there memberSet // everybody whose key is in the cluster, found or not
}

// typedWords bounds how many words of a search count.
const typedWords = 8

// whom returns the set that the listing asks for, and the clusters in its order.
func (a *asking) whom() (memberSet, []cluster, error) {
	found, err := a.filtered()
	if err != nil {
		return nil, nil, err
	}
	var clusters []cluster
	for i, w := range typed(a.Filter.Search) {
		if i == typedWords {
			break
		}
		who, err := a.matching(w)
		if err != nil {
			return nil, nil, err
		}
		if found == nil {
			found = who.clone()
		} else {
			found.and(who)
		}
		if a.Sort != standing.ByAdded && !strings.Contains(w, "@") {
			begins := begins[a.order()]
			there, err := a.beginning(begins, begins, w)
			if err != nil {
				return nil, nil, err
			}
			clusters = append(clusters, cluster{[]byte(countingLetters(w)), after([]byte(countingLetters(w))), there})
		}
	}
	found, err = a.listed(found)
	return found, outermost(clusters), err
}

// outermost returns the clusters in their order, each once and none inside another.
func outermost(clusters []cluster) (list []cluster) {
	slices.SortFunc(clusters, func(a, b cluster) int {
		return cmp.Or(bytes.Compare(a.from, b.from), bytes.Compare(b.to, a.to))
	})
	for _, c := range clusters {
		if len(list) == 0 || bytes.Compare(c.from, list[len(list)-1].to) >= 0 {
			list = append(list, c)
		}
	}
	return list
}

// typed returns the folded words of a search. One with an @ is an address.
func typed(search string) (words []string) {
	for _, text := range strings.Fields(org.Fold(search)) {
		if strings.Contains(text, "@") {
			words = append(words, text)
			continue
		}
		parts := org.Words(text)
		if len(parts) == 0 {
			parts = []string{text} // nobody has such a word
		}
		words = append(words, parts...)
	}
	return words
}

// matching returns the members whom a typed word finds.
func (a *asking) matching(w string) (memberSet, error) {
	if strings.Contains(w, "@") {
		return a.withAddress([]byte(w))
	}
	return a.beginning(prefix, word, w)
}

// beginning returns who has a word that begins with w, by the terms of addWord.
func (a *asking) beginning(first, whole term, w string) (memberSet, error) {
	if firstLetters(w) == w {
		return a.set(first + term(w))
	}
	from := []byte(whole + term(countingLetters(w)))
	return a.union(`term >= $2 AND term < $3`, from, after(from))
}

// after returns the least key that is above all that begin with prefix, which is
// UTF-8 and so has no byte of that kind.
func after(prefix []byte) []byte { return append(slices.Clip(prefix), 0xff) }

// withAddress returns who has an address that begins so.
func (a *asking) withAddress(typed []byte) (memberSet, error) {
	rows, err := a.query(a.ctx, `
		SELECT number FROM directory WHERE organisation_id = $1 AND email_key >= $2 AND email_key < $3`, a.Organisation, typed, after(typed))
	return a.numbered(rows, err)
}

// numbered returns the set of the numbers in rows.
func (a *asking) numbered(rows *sql.Rows, err error) (memberSet, error) {
	set := newSet(a.numbers)
	_, err = collect(rows, err, func(r *sql.Rows) (n int64, err error) {
		if err = r.Scan(&n); err == nil {
			set.add(n)
		}
		return n, err
	})
	return set, err
}

// set returns the set of a term. It must not be changed.
func (a *asking) set(t term) (memberSet, error) {
	if set, ok := a.sets[t]; ok {
		return set, nil
	}
	set, err := a.union(`term = $2`, []byte(t))
	a.sets[t] = set
	return set, err
}

// union returns who is in any of the sets whose term fits.
func (a *asking) union(fits string, args ...any) (memberSet, error) {
	set := newSet(a.numbers)
	rows, err := a.query(a.ctx, `SELECT block, members FROM directory_sets WHERE organisation_id = $1 AND `+fits,
		append([]any{a.Organisation}, args...)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error comes from Err
	var kept sql.RawBytes               // read at once: it need not be copied
	var block int64
	for rows.Next() {
		if err := rows.Scan(&block, &kept); err != nil {
			return nil, err
		}
		if block < 0 || (block+1)*blockWords > int64(len(set)) {
			return nil, errBlock
		}
		if err := set.block(block).read(kept); err != nil {
			return nil, err
		}
	}
	return set, rows.Err()
}

// A limit is a set of which whoever is listed is in: that of any of the terms.
type limit []term

func limitTo[T ~string](in term, values ...T) (l limit) {
	for _, v := range values {
		l = append(l, in+term(v))
	}
	return l
}

// limits returns what the filter says, but for its search and its MFA, and for who
// is left out where it names no state.
func (a *asking) limits() []limit {
	f, list := a.Filter, []limit{}
	if f.State != "" {
		list = append(list, limitTo(inState, f.State))
	}
	if !a.Everyone {
		list = append(list, limitTo(inTeam, a.Within...))
	}
	if f.Team != "" {
		list = append(list, limitTo(inTeam, f.Team))
	}
	if f.Role != "" {
		list = append(list, limitTo(inRole, f.Role))
	}
	if f.NoBackup {
		list = append(list, limit{noBackup})
	}
	return list
}

// listed leaves out of those found who was deactivated, unless the filter names a
// state. Nil: everybody was found.
func (a *asking) listed(found memberSet) (memberSet, error) {
	if a.Filter.State != "" {
		return found, nil
	}
	if found != nil {
		gone, err := a.set(inState + term(org.Deactivated))
		return found.without(gone), err
	}
	found = newSet(a.numbers)
	for _, state := range []org.State{org.Active, org.Invited} {
		set, err := a.set(inState + term(state))
		if err != nil {
			return nil, err
		}
		found.or(set)
	}
	return found, nil
}

// filtered returns the set that the filter leaves, but for its search and for who
// is left out where it names no state; nil: everybody. It may be changed.
func (a *asking) filtered() (memberSet, error) {
	var found memberSet
	for _, l := range a.limits() {
		who := newSet(a.numbers)
		for _, t := range l {
			set, err := a.set(t)
			if err != nil {
				return nil, err
			}
			who.or(set)
		}
		if found == nil {
			found = who
		} else {
			found.and(who)
		}
	}
	if a.Filter.MFA == "" {
		return found, nil
	}
	if found == nil {
		var err error
		if found, err = a.listed(nil); err != nil {
			return nil, err
		}
	}
	return a.withMFA(found, a.Filter.MFA)
}

// withMFA leaves in found whose MFA is in that state now, as ladder.Suspended
// says of one member.
func (a *asking) withMFA(found memberSet, state standing.MFAState) (memberSet, error) {
	var o org.Organisation
	if err := a.row(a.ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, a.Organisation).
		Scan(organisationFields(&o)...); err != nil {
		return nil, err
	}
	on, err := a.set(withMFA)
	if err != nil {
		return nil, err
	}
	forced := o.Forces(a.now)
	switch {
	case state == standing.MFAOff && !forced, state == standing.MFAMissing && forced:
		return found.without(on), nil
	case state == standing.MFAOn, state == standing.MFADisabled:
		suspended, err := a.suspended(o)
		if err != nil {
			return nil, err
		}
		if state == standing.MFADisabled {
			return found.and(on).and(suspended), nil
		}
		return found.and(on).without(suspended), nil
	}
	return newSet(a.numbers), nil
}

// suspended returns whose MFA is disabled now, if it is on.
func (a *asking) suspended(o org.Organisation) (memberSet, error) {
	if o.Enforces(a.now) {
		return newSet(a.numbers), nil
	}
	rows, err := a.query(a.ctx, `
		SELECT d.number FROM members m JOIN directory d ON d.member_id = m.id
		WHERE m.organisation_id = $1 AND m.suspended_until > 0 AND m.suspended_until > $2 AND m.suspended_since <= $2
			AND m.suspended_since > $3 AND m.status <> $4`, a.Organisation, a.now, o.MFA.EnforcedSince(a.now), standing.Frozen)
	return a.numbered(rows, err)
}
