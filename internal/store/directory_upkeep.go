package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// What lists show is kept up in the transaction that changes what it comes from:
// whatever changes members says so with relist, and before the commit their
// terms are compared with those they are kept under. Only what differs is
// written, in one order, so that transactions wait for each other but never in a
// circle.

// relist has the directory follow what becomes of members in this transaction,
// also that they are deleted (see unlist). It may be called often.
func (t *tx) relist(members ...org.MemberID) {
	if t.relisted == nil {
		t.relisted = make(map[org.MemberID]bool)
	}
	for _, m := range members {
		t.relisted[m] = true
	}
}

// unlist takes a member out of the directory, ahead of their row's deletion.
func (t *tx) unlist(ctx context.Context, m org.MemberID) error {
	entries, err := t.entries(ctx, []org.MemberID{m})
	if err != nil || len(entries) == 0 || !entries[0].listed {
		return err
	}
	delete(t.relisted, m)
	e := entries[0]
	all := make(moves)
	for _, had := range e.had {
		all.note(e, had, false)
	}
	if err := t.move(ctx, all); err != nil {
		return err
	}
	if err := t.shift(ctx, e.shifts(e.hadKeys, nil)); err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM directory WHERE member_id = $1`, m)
	return err
}

// listingStays reports whether an effect changes nothing that a list knows. Of
// one that is not here it is looked up.
func listingStays(e standing.Effect) bool {
	switch e.(type) {
	case standing.SetPassword, standing.SetLanguage, standing.MarkProved,
		standing.ForgetWrongCodes, standing.CountWrongCode, standing.NoteObjection,
		standing.SetSuspension, standing.MarkEnd, standing.SetPhone, standing.SetPass, standing.SpendPass,
		standing.RenameAuthenticator, standing.SpendStep,
		standing.NeedSession, standing.OpenSession, standing.RaiseSession, standing.EndSession, standing.EndSessions,
		standing.OpenChallenge, standing.CloseChallenge, standing.CloseChallenges,
		standing.KnowDevice, standing.ForgetDevices, standing.ForgetFailures,
		standing.Remember, standing.TurnToken, standing.ForgetRemembered, standing.ForgetAllRemembered,
		standing.NoteChange, standing.NeedColleague, standing.AddRequest, standing.SetRequest, standing.TurnBrowser,
		standing.CountMail, standing.SaveMailCode, standing.UseMailCode, standing.ForgetMailCodes,
		standing.SaveSetUp, standing.DropSetUp, standing.DropSetUps,
		standing.SaveLink, standing.UseLink, standing.DropLinks,
		standing.AddCase, standing.SetCase, standing.AddEntry, standing.KeepEvidence, standing.DropEvidence,
		standing.AdmitBrowser, standing.DismissBrowsers, standing.DestroyEvidence:
		return true
	}
	return false
}

// An entry is a member as the directory keeps them, and as it should.
type entry struct {
	facts
	listed  bool // there is a row of them
	number  int64
	had     []term
	hadKeys keys
}

// entriesAtOnce bounds the parameters of one statement.
const entriesAtOnce = 64

// entries returns those of members that exist, in the order of their ids.
func (t *tx) entries(ctx context.Context, members []org.MemberID) ([]entry, error) {
	var all []entry
	for some := range slices.Chunk(members, entriesAtOnce) {
		rows, err := t.query(ctx, `
			SELECT `+memberColumns+`, m.mfa_since <> 0, m.status = 'frozen', m.backup_email, m.backup_email_confirmed <> 0,
				EXISTS (SELECT 1 FROM backup_codes c WHERE c.member_id = m.id AND c.spent = 0),
				(SELECT COUNT(*) FROM authenticators a WHERE a.member_id = m.id) > 1,
				d.number, d.name_key, d.email_key, d.terms
			FROM members m LEFT JOIN directory d ON d.member_id = m.id
			WHERE m.id IN `+parameters(1, entriesAtOnce)+` ORDER BY m.id`, filled(entriesAtOnce, some)...)
		list, err := collect(rows, err, func(r *sql.Rows) (entry, error) {
			var e entry
			var number sql.NullInt64
			var name, mail []byte
			var terms sql.NullString
			err := r.Scan(append(memberFields(&e.member), &e.mfa, &e.frozen, (*string)(&e.mail), &e.confirmed, &e.code, &e.factor, &number, &name, &mail, &terms)...)
			if e.listed = number.Valid; err != nil || !e.listed {
				return e, err
			}
			e.number, e.hadKeys = number.Int64, keys{byName: name, byEmail: mail}
			return e, fromJSON{&e.had}.Scan(terms.String)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// keepDirectory writes what relist was told. It comes last in a transaction.
func (t *tx) keepDirectory(ctx context.Context) error {
	if len(t.relisted) == 0 {
		return nil
	}
	members := slices.Sorted(maps.Keys(t.relisted))
	clear(t.relisted)
	all := turns{sets: make(moves)}
	for some := range slices.Chunk(members, followedAtOnce) {
		if err := t.follow(ctx, some, &all); err != nil {
			return err
		}
	}
	if err := t.move(ctx, all.sets); err != nil {
		return err
	}
	return t.shift(ctx, all.orders)
}

// turns are what becomes of the sets and of the orders.
type turns struct {
	sets   moves
	orders []shift
}

// followedAtOnce bounds how many members are in memory at once. Of each the
// turns stay, some 400 bytes.
const followedAtOnce = blockMembers

// follow writes the members' rows, and notes which sets and places they come into
// and leave.
func (t *tx) follow(ctx context.Context, members []org.MemberID, all *turns) error {
	entries, err := t.entries(ctx, members)
	if err != nil {
		return err
	}
	if err := t.number(ctx, entries); err != nil {
		return err
	}
	var rows []listedRow
	for _, e := range entries {
		row, differs, err := e.follow(all)
		if err != nil {
			return err
		}
		if differs {
			rows = append(rows, row)
		}
	}
	return t.keepRows(ctx, rows)
}

// number gives those who have none the organisation's next numbers.
func (t *tx) number(ctx context.Context, entries []entry) error {
	fresh := make(map[org.OrganisationID]int64)
	for _, e := range entries {
		if !e.listed {
			fresh[e.member.Organisation]++
		}
	}
	next := make(map[org.OrganisationID]int64)
	for _, o := range slices.Sorted(maps.Keys(fresh)) {
		var after int64
		if err := t.row(ctx, `
			INSERT INTO directory_numbers (organisation_id, next) VALUES ($1, $2)
			ON CONFLICT (organisation_id) DO UPDATE SET next = directory_numbers.next + excluded.next
			RETURNING next`, o, fresh[o]).Scan(&after); err != nil {
			return err
		}
		next[o] = after - fresh[o]
	}
	// Whoever was added first gets the lower number: ids sort by age.
	for i := range entries {
		if e := &entries[i]; !e.listed {
			e.number = next[e.member.Organisation]
			next[e.member.Organisation]++
		}
	}
	return nil
}

// A listedRow is a row of the directory.
type listedRow struct {
	entry
	keys keys
	kept string // the terms
}

// follow returns the row that a member should have, and notes the sets and places
// that they come into and leave. It reports whether anything differs.
func (e entry) follow(all *turns) (row listedRow, differs bool, err error) {
	terms := e.terms()
	row = listedRow{entry: e, keys: keysOf(e.member)}
	shifts := e.shifts(e.hadKeys, row.keys)
	if e.listed && slices.Equal(terms, e.had) && len(shifts) == 0 {
		return row, false, nil
	}
	all.orders = append(all.orders, shifts...)
	for _, has := range terms {
		if _, found := slices.BinarySearch(e.had, has); !found {
			all.sets.note(e, has, true)
		}
	}
	for _, had := range e.had {
		if _, found := slices.BinarySearch(terms, had); !found {
			all.sets.note(e, had, false)
		}
	}
	row.kept, err = toJSON(terms)
	return row, true, err
}

func (t *tx) keepRows(ctx context.Context, rows []listedRow) error {
	for some := range portions(rows) {
		var args []any
		for _, r := range some {
			args = append(args, r.member.ID, r.member.Organisation, r.number, r.keys[byName], r.keys[byEmail], r.kept)
		}
		if _, err := t.exec(ctx, `
			INSERT INTO directory (member_id, organisation_id, number, name_key, email_key, terms) VALUES `+tuples(len(some), 6)+`
			ON CONFLICT (member_id) DO UPDATE SET name_key = excluded.name_key, email_key = excluded.email_key, terms = excluded.terms`,
			args...); err != nil {
			return err
		}
	}
	return nil
}

// A blockKey names one block of one set.
type blockKey struct {
	organisation org.OrganisationID
	term         term
	block        int64
}

func (k blockKey) compare(other blockKey) int {
	return cmp.Or(cmp.Compare(k.organisation, other.organisation), cmp.Compare(k.term, other.term), cmp.Compare(k.block, other.block))
}

// moves are who comes into a block's set and who leaves it.
type moves map[blockKey]*[]move

// A move is a place in a block, and whether it comes in.
type move struct {
	place uint16
	in    bool
}

func (v moves) note(e entry, t term, in bool) {
	key := blockKey{e.member.Organisation, t, e.number / blockMembers}
	list := v[key]
	if list == nil {
		list = new([]move)
		v[key] = list
	}
	*list = append(*list, move{uint16(e.number % blockMembers), in})
}

// A blockChange is a block that changes, and how it is kept.
type blockChange struct {
	blockKey
	kept []byte
}

// move changes the sets.
func (t *tx) move(ctx context.Context, all moves) error {
	for some := range portions(slices.SortedFunc(maps.Keys(all), blockKey.compare)) {
		if err := t.moveIn(ctx, some, all); err != nil {
			return err
		}
	}
	return nil
}

// moveIn changes some blocks. Each is offered as it would be were it new. What
// comes back is locked, and where it is what was offered that is all: the block
// was new, or changes nothing.
func (t *tx) moveIn(ctx context.Context, keys []blockKey, all moves) error {
	offered := make(map[blockKey][]byte, len(keys))
	list := make([]blockChange, len(keys))
	for i, k := range keys {
		kept, err := changed(nil, *all[k])
		if err != nil {
			return err
		}
		offered[k], list[i] = kept, blockChange{k, kept}
	}
	there, err := t.lockBlocks(ctx, list)
	if err != nil {
		return err
	}
	var differ []blockChange
	for _, b := range there {
		if len(b.kept) > 0 && bytes.Equal(b.kept, offered[b.blockKey]) {
			continue
		}
		if b.kept, err = changed(b.kept, *all[b.blockKey]); err != nil {
			return err
		}
		if len(b.kept) > 0 {
			differ = append(differ, b)
			continue
		}
		if _, err := t.exec(ctx, `DELETE FROM directory_sets WHERE organisation_id = $1 AND term = $2 AND block = $3`,
			b.organisation, []byte(b.term), b.block); err != nil {
			return err
		}
	}
	return t.keepBlocks(ctx, differ)
}

// changed returns a block after members came and left.
func changed(kept []byte, list []move) ([]byte, error) {
	if len(kept) == 0 && len(list) == 1 && list[0].in {
		return binary.LittleEndian.AppendUint16(nil, list[0].place), nil // most of those who are new
	}
	set := newSet(blockMembers)
	if err := set.read(kept); err != nil {
		return nil, err
	}
	for _, m := range list {
		if place := int64(m.place); set.has(place) != m.in {
			set[place/64] ^= 1 << (place % 64)
		}
	}
	return set.kept(), nil
}

// lockBlocks locks blocks, keeps those that are not there, and returns all of
// them as they are then.
func (t *tx) lockBlocks(ctx context.Context, offered []blockChange) ([]blockChange, error) {
	rows, err := t.query(ctx, `
		INSERT INTO directory_sets (organisation_id, term, block, members) VALUES `+tuples(len(offered), 4)+`
		ON CONFLICT (organisation_id, term, block) DO UPDATE SET members = directory_sets.members
		RETURNING organisation_id, term, block, members`, blockArguments(offered)...)
	return collect(rows, err, func(r *sql.Rows) (b blockChange, err error) {
		var name []byte
		err = r.Scan(&b.organisation, &name, &b.block, &b.kept)
		b.term = term(name)
		return b, err
	})
}

func blockArguments(list []blockChange) []any {
	args := make([]any, 0, 4*len(list))
	for _, b := range list {
		args = append(args, b.organisation, []byte(b.term), b.block, b.kept)
	}
	return args
}

// keepBlocks writes blocks that are locked.
func (t *tx) keepBlocks(ctx context.Context, changes []blockChange) error {
	for some := range portions(changes) {
		if _, err := t.exec(ctx, `
			INSERT INTO directory_sets (organisation_id, term, block, members) VALUES `+tuples(len(some), 4)+`
			ON CONFLICT (organisation_id, term, block) DO UPDATE SET members = excluded.members`, blockArguments(some)...); err != nil {
			return err
		}
	}
	return nil
}

// relistedAtOnce is how many members come into the sets in one transaction: the
// more, the seldomer each set is written.
const relistedAtOnce = 16 * blockMembers

// Relist has the directory take in the members of an organisation that were
// written past the store, in many transactions; it may be called again. It
// returns how many there were.
func (s *Store) Relist(ctx context.Context, o org.OrganisationID) (count int, err error) {
	for last := org.MemberID(""); ; {
		var some []org.MemberID
		err := s.transactFor(ctx, admitTime, func(ctx context.Context, t *tx) error {
			rows, err := t.query(ctx, `
				SELECT m.id FROM members m WHERE m.organisation_id = $1 AND m.id > $2
					AND NOT EXISTS (SELECT 1 FROM directory d WHERE d.member_id = m.id)
				ORDER BY m.id LIMIT $3`, o, last, relistedAtOnce)
			some, err = collect(rows, err, func(r *sql.Rows) (m org.MemberID, err error) { return m, r.Scan((*string)(&m)) })
			t.relist(some...)
			return err
		})
		if err != nil {
			return count, fmt.Errorf("relist organisation %s: %w", o, err)
		}
		if len(some) == 0 {
			return count, nil
		}
		count, last = count+len(some), some[len(some)-1]
	}
}
