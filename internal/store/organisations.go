package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// CreateOrganisation keeps a new organisation under a keyset of its own, with
// its first member and the decision to invite them (link, events, messages),
// in one transaction. It returns an error wrapping standing.ErrTaken if the
// id or the name exists.
func (s *Store) CreateOrganisation(ctx context.Context, o org.Organisation, first org.Member, d standing.Decision) error {
	keyset, err := s.master.NewKeyset()
	if err != nil {
		return fmt.Errorf("create organisation %s: %w", o.ID, err)
	}
	policy, err := toJSON(o.Policy)
	if err != nil {
		return fmt.Errorf("create organisation %s: %w", o.ID, err)
	}
	err = s.transact(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, `
			INSERT INTO organisations (id, name, kind, plan, kvk, language, mfa_forced, mfa_forced_since, mfa_forced_by, grace_until, mfa_off_until,
				recovery, recovery_next, recovery_next_from, remember_from, keyset, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}', 0, $13, $14, $15)`,
			o.ID, o.Name, o.Kind, o.Plan, o.KvK, o.Language, o.MFA.Forced, o.MFA.ForcedSince, o.MFA.ForcedBy, o.MFA.GraceUntil, o.MFA.OffUntil, policy, o.RememberFrom, keyset, o.Created); err != nil {
			return err
		}
		return t.addMember(ctx, first, d)
	})
	if err != nil {
		s.forgetBox(o.ID) // it was never kept
		return fmt.Errorf("create organisation %s: %w", o.ID, s.taken(err))
	}
	return nil
}

// taken turns "exists already" into standing.ErrTaken.
func (s *Store) taken(err error) error {
	if s.engine.duplicate(err) {
		return standing.ErrTaken
	}
	return err
}

// AddMember keeps a new member with the decision to invite them (link, events,
// messages), in one transaction. Whether they supervise is not taken from m:
// see AddSupervisor. It returns an error wrapping standing.ErrTaken if the
// organisation has a member with that address, or the id exists.
func (s *Store) AddMember(ctx context.Context, m org.Member, d standing.Decision) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error { return t.addMember(ctx, m, d) })
	if err != nil {
		return fmt.Errorf("add member %s: %w", m.ID, s.taken(err))
	}
	return nil
}

func (t *tx) addMember(ctx context.Context, m org.Member, d standing.Decision) error {
	var team any // NULL: in none
	if m.Team != "" {
		team = m.Team
	}
	if _, err := t.exec(ctx, `
		INSERT INTO members (id, organisation_id, team_id, name, email, phone, language, state, role, role_since, created, phone_since, status, code_salt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10, $11, $12)`,
		m.ID, m.Organisation, team, m.Name, m.Email, m.Phone, m.Language, m.State, m.Stored, m.Created,
		standing.Settled, []byte{}); err != nil {
		return err
	}
	t.relist(m.ID)
	return t.save(ctx, subject{m.ID, m.Organisation}, d)
}

// AddTeam keeps a new team. It returns an error wrapping standing.ErrTaken if
// the organisation has one of that name, in whatever case, or the id exists.
func (s *Store) AddTeam(ctx context.Context, team org.Team) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error { return t.addTeam(ctx, team) })
	if err != nil {
		return fmt.Errorf("add team %s: %w", team.ID, s.taken(err))
	}
	return nil
}

func (t *tx) addTeam(ctx context.Context, team org.Team) error {
	_, err := t.exec(ctx, `
		INSERT INTO teams (id, organisation_id, name, folded) VALUES ($1, $2, $3, $4)`,
		team.ID, team.Organisation, team.Name, org.FoldName(team.Name))
	return err
}

// Teams returns every team of an organisation, by name.
func (s *Store) Teams(ctx context.Context, o org.OrganisationID) ([]org.Team, error) {
	rows, err := s.read.query(ctx, `SELECT id, organisation_id, name FROM teams WHERE organisation_id = $1 ORDER BY name`, o)
	list, err := collect(rows, err, scanTeam)
	if err != nil {
		return nil, fmt.Errorf("teams of organisation %s: %w", o, err)
	}
	return list, nil
}

// AddSupervisor lets m supervise a team of their organisation. It may be called
// again. It returns an error wrapping org.ErrNotFound if there is no such
// member or team, or not in one organisation.
func (s *Store) AddSupervisor(ctx context.Context, team org.TeamID, m org.MemberID) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		if err := t.raise(ctx, m); err != nil {
			return err
		}
		added, err := t.exec(ctx, `
			INSERT INTO team_supervisors (organisation_id, team_id, member_id)
			SELECT t.organisation_id, t.id, m.id FROM teams t JOIN members m ON m.organisation_id = t.organisation_id
			WHERE t.id = $1 AND m.id = $2
			ON CONFLICT (team_id, member_id) DO UPDATE SET organisation_id = excluded.organisation_id`, team, m)
		if err == nil && added == 0 {
			err = org.ErrNotFound
		}
		t.relist(m)
		return err
	})
	if err != nil {
		return fmt.Errorf("let %s supervise team %s: %w", m, team, err)
	}
	return nil
}

// Organisation returns the organisation id, or an error wrapping org.ErrNotFound.
func (s *Store) Organisation(ctx context.Context, id org.OrganisationID) (org.Organisation, error) {
	var o org.Organisation
	err := s.read.row(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, id).Scan(organisationFields(&o)...)
	if err != nil {
		return org.Organisation{}, fmt.Errorf("organisation %s: %w", id, missing(err))
	}
	return o, nil
}

// OrganisationByName returns the organisation of exactly that name, or an error
// wrapping org.ErrNotFound.
func (s *Store) OrganisationByName(ctx context.Context, name string) (org.Organisation, error) {
	var o org.Organisation
	err := s.read.row(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.name = $1`, name).Scan(organisationFields(&o)...)
	if err != nil {
		return org.Organisation{}, fmt.Errorf("organisation %q: %w", name, missing(err))
	}
	return o, nil
}

// Organisations returns every organisation, by name.
func (s *Store) Organisations(ctx context.Context) ([]org.Organisation, error) {
	rows, err := s.read.query(ctx, `SELECT `+organisationColumns+` FROM organisations o ORDER BY o.name`)
	list, err := collect(rows, err, func(r *sql.Rows) (org.Organisation, error) {
		var o org.Organisation
		err := r.Scan(organisationFields(&o)...)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return list, nil
}

// CountOrganisations returns how many organisations there are.
func (s *Store) CountOrganisations(ctx context.Context) (int, error) {
	var count int
	if err := s.read.row(ctx, `SELECT COUNT(*) FROM organisations`).Scan(&count); err != nil {
		return 0, fmt.Errorf("count organisations: %w", err)
	}
	return count, nil
}

// Members returns every member of an organisation, by name. It is empty if
// there is no such organisation.
func (s *Store) Members(ctx context.Context, o org.OrganisationID) ([]org.Member, error) {
	list, err := s.members(ctx, `m.organisation_id = $1 ORDER BY m.name, m.id`, o)
	if err != nil {
		return nil, fmt.Errorf("members of organisation %s: %w", o, err)
	}
	return list, nil
}

// MembersByEmail returns the active and invited members with that address, the
// oldest first.
func (s *Store) MembersByEmail(ctx context.Context, address org.Email) ([]org.Member, error) {
	list, err := s.members(ctx, `m.email = $1 AND m.state IN ('active', 'invited') ORDER BY m.created, m.id`, address)
	if err != nil {
		return nil, fmt.Errorf("members by address: %w", err)
	}
	return list, nil
}

// MemberByEmail returns the member of organisation o with that address, whatever
// their state, or an error wrapping org.ErrNotFound.
func (s *Store) MemberByEmail(ctx context.Context, o org.OrganisationID, address org.Email) (org.Member, error) {
	list, err := s.members(ctx, `m.organisation_id = $1 AND m.email = $2`, o, address)
	if err == nil && len(list) == 0 {
		err = org.ErrNotFound
	}
	if err != nil {
		return org.Member{}, fmt.Errorf("member of organisation %s by address: %w", o, err)
	}
	return list[0], nil
}

func (s *Store) members(ctx context.Context, which string, args ...any) ([]org.Member, error) {
	rows, err := s.read.query(ctx, `SELECT `+memberColumns+` FROM members m WHERE `+which, args...)
	return collect(rows, err, func(r *sql.Rows) (org.Member, error) {
		var m org.Member
		err := r.Scan(memberFields(&m)...)
		return m, err
	})
}

// Candidates returns the active members with that address who have a password,
// by the name of their organisation.
func (s *Store) Candidates(ctx context.Context, address org.Email) ([]standing.Candidate, error) {
	rows, err := s.read.query(ctx, `
		SELECT m.id, o.id, o.name, m.password_hash
		FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE m.email = $1 AND m.state = 'active' AND m.password_hash <> ''
		ORDER BY o.name, m.id`, address)
	list, err := collect(rows, err, func(r *sql.Rows) (standing.Candidate, error) {
		var c standing.Candidate
		err := r.Scan(&c.Member, &c.Organisation, &c.OrgName, &c.Hash)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("candidates for an address: %w", err)
	}
	return list, nil
}
