package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// entitled returns the sets as they follow from the members' rows alone.
func entitled(t *testing.T, s *Store) moves {
	t.Helper()
	want := make(moves)
	must(t, s.transact(t.Context(), func(ctx context.Context, x *tx) error {
		clear(want)
		var ids []org.MemberID
		list, err := s.members(ctx, `TRUE ORDER BY m.id`)
		if err != nil {
			return err
		}
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		entries, err := x.entries(ctx, ids)
		for _, e := range entries {
			if !e.listed || len(e.shifts(e.hadKeys, keysOf(e.member))) > 0 {
				t.Errorf("%s is listed as %q (%v)", e.member.ID, e.hadKeys, e.listed)
			}
			for _, has := range e.terms() {
				want.note(e, has, true)
			}
		}
		return err
	}))
	return want
}

// agrees fails t unless the sets are those that follow from the members' rows.
func agrees(t *testing.T, s *Store) {
	t.Helper()
	want := entitled(t, s)
	rows, err := s.read.query(t.Context(), `SELECT organisation_id, term, block, members FROM directory_sets`)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var key blockKey
		var name, kept []byte
		must(t, rows.Scan(&key.organisation, &name, &key.block, &kept))
		key.term = term(name)
		set := newSet(blockMembers)
		must(t, set.read(kept))
		should := newSet(blockMembers)
		if list := want[key]; list != nil {
			for _, m := range *list {
				should.add(int64(m.place))
			}
		}
		if !slices.Equal(set, should) {
			t.Fatalf("%v holds %v, and should hold %v", key, set.numbers(), should.numbers())
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Fatalf("sets that are missing: %v", want)
	}
	inOrder(t, s)
}

// inOrder fails t unless everybody is in the one part of each order that their
// place is in, and nobody else is.
func inOrder(t *testing.T, s *Store) {
	t.Helper()
	for _, column := range orders {
		for _, o := range []org.OrganisationID{"bakery", "other"} {
			in := orderKey{o, column}
			rows, err := s.read.query(t.Context(), `SELECT `+column+`, number FROM directory WHERE organisation_id = $1 ORDER BY 1, 2`, o)
			all, err := collect(rows, err, scanKeyed)
			must(t, err)
			rows, err = s.read.query(t.Context(), `
				SELECT from_key, from_number, members FROM directory_parts WHERE organisation_id = $1 AND column_name = $2 ORDER BY 1, 2`, o, column)
			parts, err := collect(rows, err, func(r *sql.Rows) (p part, err error) {
				return p, r.Scan(&p.from.key, &p.from.number, &p.members)
			})
			must(t, err)
			for i, p := range parts {
				p.to = end
				if i+1 < len(parts) {
					p.to = parts[i+1].from
				}
				var should []int64
				for len(all) > 0 && all[0].compare(p.to) < 0 {
					should, all = append(should, all[0].number), all[1:]
				}
				slices.Sort(should)
				there, err := p.numbers()
				must(t, err)
				if !slices.Equal(there, should) || len(should) > partMembers || i > 0 && len(should) == 0 {
					t.Fatalf("the part of %v from %q holds %v, and should hold %v", in, p.from.key, there, should)
				}
			}
			if len(all) > 0 {
				t.Fatalf("in no part of %v: %v", in, all)
			}
		}
	}
}

var names = []string{
	"José García", "Eva van der Berg", "Eva de Vries", "Jan Jansen", "Jan de Jong", "Johan van den Heuvel", "Anna Maria Jansen",
	"Sinéad O'Brien", "王秀英", "Anne-Marie 't Hart", "Yılmaz Işık", "— —", "Ja Jo", "Vera Vries",
}

// crowd fills the bakery with people of every kind.
func crowd(t *testing.T, s *Store, n int, random *rand.Rand) {
	t.Helper()
	for _, team := range []org.TeamID{"ovens", "shop", "vans"} {
		must(t, s.AddTeam(t.Context(), org.Team{ID: team, Organisation: "bakery", Name: "Team " + string(team)}))
	}
	for i := range n {
		m := person(org.MemberID(fmt.Sprintf("m-%04d", i)), org.Employee)
		m.Name = names[random.IntN(len(names))]
		m.Email = org.Email(fmt.Sprintf("%s%d@bakery.example", []string{"j.jansen", "eva-", "o'brien", "_x", "jose.", "maria"}[random.IntN(6)], i))
		m.Team = []org.TeamID{"", "ovens", "shop", "vans"}[random.IntN(4)]
		m.State = []org.State{org.Active, org.Active, org.Active, org.Invited, org.Deactivated}[random.IntN(5)]
		if random.IntN(8) == 0 {
			m.Stored = org.Administrator
		}
		var effects []standing.Effect
		if random.IntN(3) > 0 {
			effects = append(effects, standing.SetMFA{Since: noon})
		}
		if random.IntN(3) == 0 {
			effects = append(effects, standing.SetCodes{Set: aCodeSet(), At: noon})
		}
		if random.IntN(3) == 0 {
			effects = append(effects, standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "b@x.example", Confirmed: noon}})
		}
		if random.IntN(5) == 0 {
			suspension := aSuspension()
			suspension.Until = noon.Add(time.Duration(random.IntN(3)) * time.Hour)
			suspension.Since = noon.Add(time.Duration(random.IntN(3)-1) * time.Hour)
			effects = append(effects, standing.SetSuspension{Suspension: suspension})
		}
		if random.IntN(8) == 0 {
			effects = append(effects, standing.SetStatus{Status: standing.Frozen, At: noon})
		}
		must(t, s.AddMember(t.Context(), m, standing.Decision{Effects: effects}))
		if random.IntN(9) == 0 {
			must(t, s.AddSupervisor(t.Context(), "shop", m.ID))
		}
	}
}

// everybody returns all members, those who were added first ahead.
func everybody(t *testing.T, s *Store) (all []standing.Standing) {
	t.Helper()
	rows, err := s.read.query(t.Context(), `SELECT member_id FROM directory ORDER BY number`)
	ids, err := collect(rows, err, func(r *sql.Rows) (m org.MemberID, err error) { return m, r.Scan(&m) })
	must(t, err)
	for _, m := range ids {
		st, err := s.Standing(t.Context(), m)
		must(t, err)
		all = append(all, st)
	}
	return all
}

// plainly answers a listing by looking at everybody.
func plainly(everybody []standing.Standing, o org.Organisation, l standing.Listing, now time.Time) (list []org.MemberID) {
	var all []standing.Standing
	for _, st := range everybody {
		st.Organisation = o
		if fits(st, l, now) {
			all = append(all, st)
		}
	}
	slices.SortStableFunc(all, func(a, b standing.Standing) int {
		return map[standing.Sorting]int{
			standing.ByName:  bytes.Compare(nameKey(a.Member.Name), nameKey(b.Member.Name)),
			standing.ByEmail: bytes.Compare(emailKey(a.Member.Email), emailKey(b.Member.Email)),
		}[l.Sort]
	})
	if l.Reverse {
		slices.Reverse(all)
	}
	for _, st := range all {
		list = append(list, st.Member.ID)
	}
	return list
}

// fits reports whether a listing asks for a member.
func fits(st standing.Standing, l standing.Listing, now time.Time) bool {
	m, f := st.Member, l.Filter
	state := standing.MFAOff
	switch viewer := (standing.Viewer{Member: m, Organisation: st.Organisation, Status: st.Status, MFASince: st.MFASince, Suspension: st.Suspension}); {
	case !ladder.SuspendedUntil(viewer, now).IsZero():
		state = standing.MFADisabled
	case st.MFA():
		state = standing.MFAOn
	case st.Organisation.Forces(now):
		state = standing.MFAMissing
	}
	backup := st.Codes.Left() > 0 || !st.BackupEmail.Confirmed.IsZero()
	if !(l.Everyone || slices.Contains(l.Within, m.Team)) || f.Team != "" && f.Team != m.Team || f.Role != "" && f.Role != m.Role() ||
		f.MFA != "" && f.MFA != state || f.NoBackup && (!st.MFA() || backup) ||
		f.State != "" && f.State != m.State || f.State == "" && m.State == org.Deactivated {
		return false
	}
	for _, w := range typed(f.Search) {
		local, _, _ := strings.Cut(org.Fold(string(m.Email)), "@")
		words := slices.Concat(org.Words(m.Name), org.Words(strings.ReplaceAll(m.Name, "'", " ")), org.Words(local))
		if strings.Contains(w, "@") {
			words = []string{org.Fold(string(m.Email))}
		}
		if !slices.ContainsFunc(words, func(have string) bool { return strings.HasPrefix(have, w) }) {
			return false
		}
	}
	return true
}

var searches = []string{
	"", "j", "ja", "jan", "jans", "JANSEN", "jose", "José g", "e v", "van de", "jan j", "j ja", "brien", "o'br", "obrien eva", "王",
	"j.jansen1", "eva-2@", "maria3@bakery", "isik", "hart", "t hart", "x", "nobody", "-", "_x", "@",
}

func randomListing(random *rand.Rand) standing.Listing {
	pick := func(n int) bool { return random.IntN(n) == 0 }
	l := standing.Listing{
		Organisation: "bakery", Everyone: !pick(4), Within: [][]org.TeamID{nil, {"shop"}, {"ovens", "vans"}}[random.IntN(3)],
		Sort: standing.Sortings[random.IntN(3)], Reverse: pick(2), Limit: 1 + random.IntN(12),
	}
	l.Filter.Search = searches[random.IntN(len(searches))]
	if pick(4) {
		l.Filter.Team = "shop"
	}
	if pick(4) {
		l.Filter.Role = []org.Role{org.Employee, org.Supervisor, org.Administrator}[random.IntN(3)]
	}
	if pick(3) {
		l.Filter.MFA = standing.MFAStates[random.IntN(4)]
	}
	l.Filter.NoBackup = pick(5)
	if pick(4) {
		l.Filter.State = []org.State{org.Active, org.Invited, org.Deactivated}[random.IntN(3)]
	}
	return l
}

func TestAListIsWhatLookingAtEverybodyGives(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		force(t, withAna(t, s), false)
		crowd(t, s, 200, random)
		agrees(t, s)
		all := everybody(t, s)
		for i := range 120 {
			if i%15 == 0 {
				repart(t, s, []int{1, 7, 70, partMembers}[random.IntN(4)])
			}
			l := randomListing(random)
			if random.IntN(2) == 0 {
				force(t, s, random.IntN(2) == 0)
			}
			o, err := s.Organisation(t.Context(), "bakery")
			must(t, err)
			now := noon.Add(time.Duration(random.IntN(4)) * 30 * time.Minute)
			walkThrough(t, s, l, now, plainly(all, o, l, now))
		}
	})
}

// repart writes the orders of the bakery in parts of so many.
func repart(t *testing.T, s *Store, size int) {
	t.Helper()
	must(t, s.transact(t.Context(), func(ctx context.Context, x *tx) error {
		if _, err := x.exec(ctx, `DELETE FROM directory_parts WHERE organisation_id = 'bakery'`); err != nil {
			return err
		}
		for _, column := range orders {
			rows, err := x.query(ctx, `SELECT `+column+`, number FROM directory WHERE organisation_id = 'bakery' ORDER BY 1, 2`)
			all, err := collect(rows, err, scanKeyed)
			if err != nil {
				return err
			}
			parts := []part{{from: beginning}}
			for some := range slices.Chunk(all, size) {
				var there []int64
				for _, k := range some {
					there = append(there, k.number)
				}
				slices.Sort(there)
				parts = append(parts, part{from: some[0], members: keptNumbers(there)})
			}
			if err := x.keepParts(ctx, orderKey{"bakery", column}, parts); err != nil {
				return err
			}
		}
		return nil
	}))
}

func force(t *testing.T, s *Store, on bool) {
	t.Helper()
	_, err := s.write.exec(t.Context(), `UPDATE organisations SET mfa_forced = $1, version = version + 1`, on)
	must(t, err)
}

// walkThrough turns every page of a listing, to the end and back.
func walkThrough(t *testing.T, s *Store, l standing.Listing, now time.Time, want []org.MemberID) {
	t.Helper()
	got, pages := []org.MemberID{}, [][]org.MemberID{}
	for at := 0; ; at++ {
		page, err := s.List(t.Context(), l, now)
		must(t, err)
		ids := idsOf(page)
		pages, got = append(pages, ids), append(got, ids...)
		if page.Total != len(want) || page.Earlier != (at > 0) || page.Later != (len(got) < len(want)) || len(ids) > l.Limit {
			t.Fatalf("%+v, page %d: total %d of %d, %d rows, earlier %v, later %v", l, at, page.Total, len(want), len(ids), page.Earlier, page.Later)
		}
		if !page.Later {
			break
		}
		l.After = ids[len(ids)-1]
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v:\n%v, want\n%v", l, got, want)
	}
	for at := len(pages) - 1; at > 0; at-- {
		l.After, l.Before = "", pages[at][0]
		page, err := s.List(t.Context(), l, now)
		must(t, err)
		if !slices.Equal(idsOf(page), pages[at-1]) || !page.Later || page.Earlier != (at > 1) {
			t.Fatalf("%+v back to page %d: %v, want %v", l, at-1, idsOf(page), pages[at-1])
		}
	}
}

func TestTheDirectoryFollowsWhateverHappens(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		must(t, s.AddTeam(t.Context(), org.Team{ID: "shop", Organisation: "bakery", Name: "Shop"}))
		all := savings()
		for range 400 {
			var effects []standing.Effect
			for range 1 + random.IntN(3) {
				effects = append(effects, all[random.IntN(len(all))].effect)
			}
			_ = tryApply(t, s, effects...)                            // many come too late
			if _, err := s.Standing(t.Context(), "ana"); err != nil { // erased
				ana := person("ana", org.Employee)
				ana.Team = "shop"
				must(t, s.AddMember(t.Context(), ana, standing.Decision{}))
			}
			if random.IntN(40) == 0 {
				must(t, s.AddSupervisor(t.Context(), "shop", "ana"))
			}
			agrees(t, s)
		}
	})
}

func TestTheDirectoryFollowsWhenATeamIsRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		for _, team := range []org.TeamID{"shop", "vans"} {
			must(t, s.AddTeam(t.Context(), org.Team{ID: team, Organisation: "bakery", Name: string(team)}))
		}
		for id, state := range map[org.MemberID]org.State{"bea": org.Active, "cas": org.Deactivated} {
			m := person(id, org.Employee)
			m.Team, m.State = "shop", state
			must(t, s.AddMember(t.Context(), m, standing.Decision{}))
		}
		apply(t, s, standing.RemoveTeam{ID: "shop", Members: []org.MemberID{"bea"}, To: "vans", At: noon})
		agrees(t, s)
		l := standing.Listing{Organisation: "bakery", Within: []org.TeamID{"vans"}, Limit: 9}
		if list, err := s.List(t.Context(), l, noon); err != nil || list.Total != 1 || list.Rows[0].TeamName != "vans" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// kept returns all that the directory keeps, row by row.
func kept(t *testing.T, s *Store) (all []string) {
	t.Helper()
	for _, statement := range []string{
		`SELECT organisation_id, CAST(next AS TEXT), '', '' FROM directory_numbers ORDER BY 1`,
		`SELECT member_id, organisation_id || ' ' || CAST(number AS TEXT), name_key, email_key FROM directory ORDER BY 1`,
		`SELECT member_id, terms, '', '' FROM directory ORDER BY 1`,
		`SELECT organisation_id, CAST(block AS TEXT), term, members FROM directory_sets ORDER BY organisation_id, term, block`,
	} {
		rows, err := s.read.query(t.Context(), statement)
		list, err := collect(rows, err, func(r *sql.Rows) (string, error) {
			var a, b, c, d []byte
			err := r.Scan(&a, &b, &c, &d)
			return fmt.Sprintf("%s %s %q %x", a, b, c, d), err
		})
		must(t, err)
		all = append(all, list...)
	}
	return all
}

func TestManyTakenInTogetherAreListedAsThoseAddedOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		force(t, withAna(t, s), false)
		change := func(statement string, args ...any) {
			t.Helper()
			_, err := s.write.exec(t.Context(), statement, args...)
			must(t, err)
		}
		// The crowd reaches into a second block.
		change(`UPDATE directory_numbers SET next = $1`, blockMembers-700)
		crowd(t, s, 900, rand.New(rand.NewPCG(seed, 0)))
		oneByOne := kept(t, s)

		change(`DELETE FROM directory WHERE member_id <> 'ana'`)
		change(`DELETE FROM directory_sets`)
		must(t, s.transact(t.Context(), func(ctx context.Context, x *tx) error { // ana's sets, as they were
			entries, err := x.entries(ctx, []org.MemberID{"ana"})
			if err != nil {
				return err
			}
			all := make(moves)
			for _, had := range entries[0].had {
				all.note(entries[0], had, true)
			}
			return x.move(ctx, all)
		}))
		change(`UPDATE directory_numbers SET next = $1`, blockMembers-700)
		for _, want := range []int{900, 0} {
			if n, err := s.Relist(t.Context(), "bakery"); n != want || err != nil {
				t.Fatalf("%d were listed, %v; want %d", n, err, want)
			}
			together := kept(t, s)
			if len(together) != len(oneByOne) {
				t.Fatalf("%d rows; one by one %d", len(together), len(oneByOne))
			}
			for i, row := range together {
				if row != oneByOne[i] {
					t.Fatalf("%s; one by one %s", row, oneByOne[i])
				}
			}
		}
		agrees(t, s)
	})
}

func TestManyAtOnceComeIntoTheDirectory(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 15 {
					m := person(org.MemberID(fmt.Sprintf("m-%d-%d", worker, i)), org.Employee)
					m.Name = names[i%len(names)]
					if err := s.AddMember(t.Context(), m, standing.Decision{Effects: []standing.Effect{standing.SetMFA{Since: noon}}}); err != nil {
						t.Error(err)
					}
					if err := s.Update(t.Context(), m.ID, func(standing.Standing) (standing.Decision, error) {
						return standing.Decision{Effects: []standing.Effect{standing.SetMFA{}, standing.SetCodes{Set: aCodeSet(), At: noon}}}, nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		agrees(t, s)
		must(t, s.transact(t.Context(), func(ctx context.Context, x *tx) error {
			if err := x.unlist(ctx, "m-0-0"); err != nil {
				return err
			}
			_, err := x.exec(ctx, `DELETE FROM backup_codes WHERE member_id = 'm-0-0'`)
			if err == nil {
				_, err = x.exec(ctx, `DELETE FROM members WHERE id = 'm-0-0'`)
			}
			return err
		}))
		agrees(t, s)
	})
}

func idsOf(l standing.List) (ids []org.MemberID) {
	for _, row := range l.Rows {
		ids = append(ids, row.Member.ID)
	}
	return ids
}
