package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// readyOnes adds members to the bakery who stand every way that matters here.
func readyOnes(t *testing.T, s *Store, administrators int) (ids []org.MemberID) {
	t.Helper()
	chance := rand.New(rand.NewPCG(3, uint64(administrators)))
	coin := func(n int) bool { return chance.IntN(n) == 0 }
	must(t, s.AddTeam(t.Context(), org.Team{ID: "day", Organisation: "bakery", Name: "Day"}))
	must(t, s.AddTeam(t.Context(), org.Team{ID: "night", Organisation: "bakery", Name: "Night"}))
	for i := range 60 {
		m := person(org.MemberID(fmt.Sprintf("m-%03d", i)), org.Employee)
		m.Team = []org.TeamID{"", "day", "night"}[chance.IntN(3)]
		if coin(10) {
			m.State = []org.State{org.Invited, org.Deactivated}[chance.IntN(2)]
		} else if administrators > 0 && i%7 == 0 {
			m.Stored = org.Administrator
			administrators--
		}
		var d standing.Decision
		if !coin(5) {
			d = d.And(standing.SetMFA{Since: noon.Add(-time.Hour)})
			for a := range chance.IntN(4) {
				d = d.And(standing.AddAuthenticator{Authenticator: anAuthenticator(factor.AuthenticatorID(fmt.Sprintf("a-%d-%d", i, a)))})
			}
			if coin(2) {
				set := factor.CodeSet{Salt: []byte("salt"), Codes: []factor.StoredCode{{ID: "one", Hash: []byte("h"), Spent: coin(3)}}}
				d = d.And(standing.SetCodes{Set: set, At: noon})
			}
			if coin(2) {
				b := factor.BackupEmail{Address: org.Email(fmt.Sprintf("b%d@%s", i, []string{"bakery.example", "home.example"}[chance.IntN(2)])), UsableFrom: noon.Add(time.Duration(chance.IntN(3)-1) * time.Hour)}
				if !coin(4) {
					b.Confirmed = noon.Add(-time.Hour)
				}
				d = d.And(standing.SetBackupEmail{BackupEmail: b})
			}
			if coin(6) {
				d = d.And(standing.SetStatus{Status: standing.Frozen, At: noon})
			}
		}
		d = d.And(standing.SetPassword{Password: standing.Password{Hash: "x", Set: noon.Add(-time.Duration(chance.IntN(4)) * 24 * time.Hour), ByMail: coin(2)}})
		if coin(3) {
			d = d.And(standing.MarkProved{At: noon.Add(-36 * time.Hour)})
		}
		must(t, s.AddMember(t.Context(), m, d))
		ids = append(ids, m.ID)
	}
	must(t, s.AddSupervisor(t.Context(), "day", ids[1]))
	must(t, s.AddSupervisor(t.Context(), "day", ids[2]))
	must(t, s.AddSupervisor(t.Context(), "night", ids[3]))
	return ids
}

func TestReadinessIsWhatTheLadderSaysOfEachMember(t *testing.T) {
	for _, administrators := range []int{0, 1, 2} {
		for _, closed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d administrators, backup e-mail closed %v", administrators, closed), func(t *testing.T) {
				onBoth(t, func(t *testing.T, s *Store) {
					house, first := bakery(), person("first", org.Employee)
					house.Policy.BackupEmailClosed = closed
					must(t, s.CreateOrganisation(t.Context(), house, first, standing.Decision{}))
					ids := append(readyOnes(t, s, administrators), "first")
					for _, now := range []time.Time{noon, noon.Add(time.Hour), noon.Add(73 * time.Hour)} {
						checkReadiness(t, s, ids, now)
					}
				})
			})
		}
	}
}

// checkReadiness compares what is counted and listed with the rules.
func checkReadiness(t *testing.T, s *Store, ids []org.MemberID, now time.Time) {
	t.Helper()
	want := standing.Muster{Colours: map[standing.Colour]int{standing.Green: 0, standing.Amber: 0, standing.Red: 0, standing.Grey: 0}}
	carry, colour := make(map[org.MemberID]standing.Carry), make(map[org.MemberID]standing.Colour)
	for _, id := range ids {
		st, err := s.Standing(t.Context(), id)
		must(t, err)
		if st.Member.State != org.Active {
			continue
		}
		helpers, err := s.Helpers(t.Context(), id)
		must(t, err)
		carry[id], colour[id] = ladder.Ready(st, helpers, now), ladder.ReadyColour(st, helpers, now)
		count(&want, st, carry[id], colour[id])
	}
	for _, only := range append([]standing.Colour{""}, standing.Colours...) {
		seen := make(map[org.MemberID]bool)
		for after := org.MemberID(""); ; {
			got, err := s.Readiness(t.Context(), standing.Readying{Organisation: "bakery", Colour: only, After: after, Limit: 40}, now)
			must(t, err)
			if fmt.Sprint(got.Muster) != fmt.Sprint(want) || !maps.Equal(got.Muster.Colours, want.Colours) {
				t.Fatalf("at %v: counted %+v, want %+v", now, got.Muster, want)
			}
			for _, r := range got.Rows {
				id := r.Member.ID
				mine := carry[id]
				if colour[id] == standing.Grey {
					mine = standing.Carry{People: mine.People}
					r.Factor = false
				}
				if seen[id] || r.Carry != mine || r.Colour() != colour[id] || only != "" && colour[id] != only {
					t.Errorf("%s among %q: %+v %s, want %+v %s", id, only, r.Carry, r.Colour(), mine, colour[id])
				}
				seen[id], after = true, id
			}
			if !got.Later {
				break
			}
		}
		if total := want.Colours[only]; only != "" && len(seen) != total || only == "" && len(seen) != want.Members {
			t.Errorf("%d listed among %q, want %d", len(seen), only, total)
		}
	}
}

func count(m *standing.Muster, st standing.Standing, c standing.Carry, colour standing.Colour) {
	m.Members++
	m.Colours[colour]++
	if st.Member.Stored == org.Administrator {
		m.Administrators++
	}
	switch {
	case !st.MFA():
		m.NoMFA++
		return
	case c.Alone():
		m.Alone++
	case c.People:
		m.People++
	default:
		m.Nobody++
	}
	confirmed := !st.BackupEmail.Confirmed.IsZero()
	if !confirmed && st.Codes.Left() == 0 {
		m.NoBackup++
	}
	if confirmed && st.Status != standing.Frozen && domain(st.BackupEmail.Address) == domain(st.Member.Email) {
		m.WorkMail++
	}
}
