package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestAChangeToAnOrganisationIsSavedWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		withAna(t, s)
		bob, gone, eva := person("bob", org.Administrator), person("gone", org.Administrator), person("eva", org.Employee)
		bob.State, gone.State, bob.Language = org.Invited, org.Deactivated, ""
		for _, m := range []org.Member{bob, gone, eva} {
			must(t, s.AddMember(ctx, m, standing.Decision{}))
		}
		apply(t, s, standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "ana@home.example", Confirmed: noon}}, standing.OpenSession{Session: aSession("in")})
		to := bakery()
		to.Name, to.Language = "Bakkerij Laat", org.English
		to.MFA = org.MFAPolicy{Forced: true, ForcedSince: noon, ForcedBy: "bob", GraceUntil: noon.Add(time.Hour), OffUntil: noon.Add(2 * time.Hour)}
		to.Policy, to.NextPolicy = org.RecoveryPolicy{Wait: 72 * time.Hour}, org.RecoveryPolicy{LongestSuspension: time.Hour, Hours: org.DefaultHours, TellSupervisors: true}
		to.NextFrom = noon.Add(24 * time.Hour)
		event := audit.Event{Kind: audit.RecoverySet, At: noon, Organisation: "bakery", Actor: audit.Actor{Kind: audit.Operator}}
		must(t, s.Settle(ctx, "bakery", standing.Giver{}, func(h standing.House) (standing.Settling, error) {
			if h.Organisation != bakery() || len(h.Administrators) != 2 || !slices.Equal(h.Administrators[0].Addresses, []org.Email{"ana@bakery.example", "ana@home.example"}) ||
				h.Administrators[1].ID != "bob" || h.Administrators[1].Language != org.Dutch || !h.LastSuspended.IsZero() {
				t.Errorf("decided on %+v", h)
			}
			return standing.Settling{Organisation: to, Events: []audit.Event{event}, Notices: []notice.Message{aMessage("told")}}, nil
		}))
		if o, err := s.Organisation(ctx, "bakery"); err != nil || o != to {
			t.Errorf("kept %+v, %v", o, err)
		}
		if _, viewer, err := s.Session(ctx, hash("in"), noon); err != nil || viewer.Organisation != to {
			t.Errorf("a page shows what was before: %v", err)
		}
		if claim(t, s, noon).Message.ToName != "told" {
			t.Error("nobody is told")
		}
	})
}

func TestAChangeThatComesTooLateSavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		withAna(t, s)
		mill := bakery()
		mill.ID, mill.Name = "mill", "De Molen"
		miller := person("miller", org.Administrator)
		miller.Organisation = "mill"
		must(t, s.CreateOrganisation(ctx, mill, miller, standing.Decision{}))
		apply(t, s, standing.OpenSession{Session: aSession("in")})
		rename := func(h standing.House) (standing.Settling, error) {
			h.Organisation.Name = "Bakkerij Laat"
			return standing.Settling{Organisation: h.Organisation}, nil
		}
		as := func(m org.MemberID, in session.Hash) standing.Giver {
			who, err := s.Colleague(ctx, m)
			must(t, err)
			who.Session.ID = in
			return who.Gives()
		}
		overtaken := as("ana", hash("in"))
		apply(t, s, standing.SetLanguage{Language: org.Dutch})
		no := errors.New("no")
		for name, c := range map[string]struct {
			o      org.OrganisationID
			by     standing.Giver
			decide func(standing.House) (standing.Settling, error)
			want   error
		}{
			"the colleague's row changed": {"bakery", overtaken, rename, standing.ErrTaken},
			"the session has ended":       {"bakery", as("ana", hash("ended")), rename, standing.ErrTaken},
			"somebody else's session":     {"mill", as("miller", hash("in")), rename, standing.ErrTaken},
			"a colleague from elsewhere":  {"mill", as("ana", hash("in")), rename, standing.ErrTaken},
			"an organisation that is not": {"nowhere", standing.Giver{}, rename, org.ErrNotFound},
			"a name that another one has": {"bakery", standing.Giver{}, func(h standing.House) (standing.Settling, error) {
				h.Organisation.Name = "De Molen"
				return standing.Settling{Organisation: h.Organisation}, nil
			}, standing.ErrTaken},
			"whoever decides says no": {"bakery", standing.Giver{}, func(standing.House) (standing.Settling, error) { return standing.Settling{}, no }, no},
		} {
			if err := s.Settle(ctx, c.o, c.by, c.decide); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if o, err := s.Organisation(ctx, "bakery"); err != nil || o != bakery() {
			t.Errorf("kept %+v, %v", o, err)
		}
		must(t, s.Settle(ctx, "bakery", as("ana", hash("in")), rename))
	})
}

func TestACensusCountsWhomForcingConcerns(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := bakery()
		o.MFA = org.MFAPolicy{}
		must(t, s.CreateOrganisation(ctx, o, person("ana", org.Administrator), standing.Decision{}))
		suspension := standing.Suspension{Since: noon, Until: noon.Add(time.Hour), By: audit.Actor{Kind: audit.Operator}}
		spent := aCodeSet()
		for i := range spent.Codes {
			spent.Codes[i].Spent = true
		}
		for id, effects := range map[org.MemberID][]standing.Effect{
			"bare": {standing.SetMFA{Since: noon}}, "codes": {standing.SetMFA{Since: noon}, standing.SetCodes{Set: aCodeSet(), At: noon}},
			"spent": {standing.SetMFA{Since: noon}, standing.SetCodes{Set: spent, At: noon}},
			"mail":  {standing.SetMFA{Since: noon}, standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "b@x.example", Confirmed: noon}}, standing.SetSuspension{Suspension: suspension}},
			"none":  {},
		} {
			must(t, s.AddMember(ctx, person(id, org.Employee), standing.Decision{Effects: effects}))
		}
		for id, state := range map[org.MemberID]org.State{"invited": org.Invited, "left": org.Deactivated} {
			m := person(id, org.Employee)
			m.State = state
			must(t, s.AddMember(ctx, m, standing.Decision{}))
		}
		want := standing.Census{Active: 6, With: 4, Without: 2, NoBackup: 2, Suspended: 1, Invited: 1}
		if c, err := s.Census(ctx, "bakery", noon); err != nil || c != want {
			t.Errorf("%+v, %v; want %+v", c, err, want)
		}
		want.Suspended = 0
		if c, err := s.Census(ctx, "bakery", noon.Add(time.Hour)); err != nil || c != want {
			t.Errorf("after the suspension: %+v, %v", c, err)
		}
		if c, err := s.Census(ctx, "nowhere", noon); err != nil || c != (standing.Census{}) {
			t.Errorf("nowhere: %+v, %v", c, err)
		}
		force := func(p org.MFAPolicy) {
			must(t, s.Settle(ctx, "bakery", standing.Giver{}, func(h standing.House) (standing.Settling, error) {
				if !h.LastSuspended.Equal(noon) {
					t.Errorf("last suspended %s", h.LastSuspended)
				}
				h.Organisation.MFA = p
				return standing.Settling{Organisation: h.Organisation}, nil
			}))
		}
		cut := func(at time.Time) int {
			list, err := s.CutShort(ctx, "", at, 10)
			must(t, err)
			return len(list)
		}
		if cut(noon) != 0 {
			t.Error("cut short before anything was forced")
		}
		force(org.MFAPolicy{}.On(noon.Add(time.Minute), 0))
		if cut(noon.Add(time.Hour)) != 1 {
			t.Error("not found when forced")
		}
		force(org.MFAPolicy{Forced: true, ForcedSince: noon.Add(-time.Hour), OffUntil: noon.Add(time.Minute)})
		if cut(noon) != 0 || cut(noon.Add(time.Minute)) != 1 {
			t.Error("not found when forcing came back, or before")
		}
		must(t, s.Update(ctx, "mail", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Effects: []standing.Effect{standing.SetSuspension{}}}, nil
		}))
		if cut(noon.Add(time.Hour)) != 0 {
			t.Error("found again")
		}
	})
}
