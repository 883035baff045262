package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestANewMembersStandingIsAllZeroButWhoTheyAre(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		st := anasStanding(t, withAna(t, s))
		if st.Member != person("ana", org.Administrator) || st.Organisation != bakery() {
			t.Errorf("%#v of %#v", st.Member, st.Organisation)
		}
		if st.Password.Exists() || st.MFA() || st.Authenticators != nil || st.Codes.Codes != nil || st.Status != standing.Settled || len(st.Objected) > 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestAnUnknownMemberIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		_, standingErr := s.Standing(ctx, "nobody")
		_, orgErr := s.Organisation(ctx, "none")
		_, nameErr := s.OrganisationByName(ctx, "none")
		updateErr := s.Update(ctx, "nobody", func(standing.Standing) (standing.Decision, error) {
			t.Error("decides about nobody")
			return standing.Decision{}, nil
		})
		for what, err := range map[string]error{"Standing": standingErr, "Organisation": orgErr, "OrganisationByName": nameErr, "Update": updateErr} {
			if !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestARefusedDecisionSavesNothingAndComesBackAsItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		refusal := errors.New("refused")
		err := s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Effects: []standing.Effect{standing.SetLanguage{Language: org.Dutch}}}, refusal
		})
		if err != refusal {
			t.Errorf("error %v", err)
		}
		if anasStanding(t, s).Member.Language != org.English {
			t.Error("a refused decision was saved")
		}
	})
}

func TestADecisionIsSavedWholeOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		decision := standing.Decision{
			Effects: []standing.Effect{standing.SetLanguage{Language: org.Dutch}},
			Events:  []audit.Event{{Kind: audit.LanguageChanged, At: noon}},
			Notices: []notice.Message{{Kind: notice.LanguageChanged, Organisation: "bakery", Member: "ana", To: "ana@bakery.example"}},
		}
		late := decision.And(standing.UseLink{ID: hash("none")})
		save := func(d standing.Decision) error {
			return s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) { return d, nil })
		}
		count := func() (events, letters int) {
			must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM events`).Scan(&events))
			must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM outbox`).Scan(&letters))
			return events, letters
		}
		if err := save(late); !errors.Is(err, standing.ErrTaken) {
			t.Error(err)
		}
		if events, letters := count(); events != 0 || letters != 0 {
			t.Errorf("%d events and %d letters of a decision that failed", events, letters)
		}
		must(t, save(decision))
		if events, letters := count(); events != 1 || letters != 1 {
			t.Errorf("%d events and %d letters, want one each", events, letters)
		}
		// A message that cannot be posted takes the rest with it.
		decision.Effects[0], decision.Notices[0].Organisation = standing.SetLanguage{Language: org.English}, "none"
		if err := save(decision); err == nil {
			t.Error("a letter of an unknown organisation is posted")
		}
		if anasStanding(t, s).Member.Language != org.Dutch {
			t.Error("the effect of a decision that failed is saved")
		}
	})
}

func TestStepsAboutOneMemberSeeEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		const steps = 40
		done := make(chan error, steps)
		for range steps {
			go func() {
				done <- s.Update(context.Background(), "ana", func(st standing.Standing) (standing.Decision, error) {
					// Each adds a day to what it finds: a lost update would show.
					return standing.Decision{Effects: []standing.Effect{standing.MarkProved{At: st.Proved.Add(24 * time.Hour)}}}, nil
				})
			}()
		}
		for range steps {
			must(t, <-done)
		}
		if got, want := anasStanding(t, s).Proved, (time.Time{}).Add(steps*24*time.Hour); !got.Equal(want) {
			t.Errorf("proved at %s, want %s", got, want)
		}
	})
}

func TestErrorsNameNoAddressAndNoSecret(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		twin := person("twin", org.Employee)
		twin.Email = "ana@bakery.example"
		_, unknown := s.MailCode(t.Context(), standing.ForSignIn, hash("none"))
		for _, err := range []error{
			s.AddMember(t.Context(), twin, standing.Decision{}), unknown,
			tryApply(t, s, standing.SaveLink{Link: standing.Link{Member: "bob", Address: "ana@bakery.example"}}),
		} {
			if err == nil || strings.Contains(err.Error(), "@bakery") || strings.Contains(err.Error(), string(hash("none"))) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestHelpersAreSupervisorsFirstAndEachOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		must(t, s.AddTeam(ctx, org.Team{ID: "ovens", Organisation: "bakery", Name: "Ovens"}))
		must(t, s.AddTeam(ctx, org.Team{ID: "shop", Organisation: "bakery", Name: "Shop"}))
		add := func(id org.MemberID, role org.Role, state org.State, supervises ...org.TeamID) {
			m := person(id, role)
			m.State, m.Team = state, "ovens"
			must(t, s.AddMember(ctx, m, standing.Decision{}))
			for _, team := range supervises {
				must(t, s.AddSupervisor(ctx, team, id))
			}
		}
		add("eva", org.Employee, org.Active)
		add("sam", org.Employee, org.Active, "ovens")
		add("both", org.Administrator, org.Active, "ovens", "shop")
		add("shopkeeper", org.Employee, org.Active, "shop")
		add("gone", org.Administrator, org.Deactivated, "ovens")
		add("new", org.Administrator, org.Invited)

		for m, want := range map[org.MemberID]string{
			"eva": "both=administrator sam=supervisor ana=administrator",
			"sam": "both=administrator ana=administrator",
			"ana": "both=administrator", "nobody": "",
		} {
			helpers, err := s.Helpers(ctx, m)
			must(t, err)
			var got []string
			for _, h := range helpers {
				got = append(got, string(h.ID)+"="+string(h.Role))
				if h.Email != person(h.ID, h.Role).Email || h.Language != org.English || h.Phone == "" || h.Name == "" {
					t.Errorf("%+v", h)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("helpers of %s: %v, want %s", m, got, want)
			}
		}
	})
}
