package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// applyTeam saves the effects on teams and who belongs to the organisation.
func (t *tx) applyTeam(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	switch e := e.(type) {
	case standing.Supervise:
		return t.once(ctx, `
			INSERT INTO team_supervisors (organisation_id, team_id, member_id)
			SELECT t.organisation_id, t.id, m.id FROM teams t JOIN members m ON m.organisation_id = t.organisation_id
			WHERE t.id = $1 AND m.id = $2 AND t.organisation_id = $3 AND m.state = 'active'
			ON CONFLICT (team_id, member_id) DO NOTHING`, e.Team, on.member, on.organisation)
	case standing.StopSupervising:
		return t.once(ctx, `
			DELETE FROM team_supervisors WHERE team_id = $1 AND member_id = $2 AND organisation_id = $3`, e.Team, on.member, on.organisation)
	case standing.MakeTeam:
		if e.Team.Organisation != on.organisation {
			return true, errForeign
		}
		return true, t.store.taken(t.addTeam(ctx, e.Team))
	case standing.RenameTeam:
		known, err := t.once(ctx, `
			UPDATE teams SET name = $4, folded = $5 WHERE id = $1 AND organisation_id = $2 AND name = $3`,
			e.ID, on.organisation, e.Was, e.To, org.FoldName(e.To))
		return known, t.store.taken(err)
	case standing.RemoveTeam:
		return true, t.removeTeam(ctx, on, e)
	case standing.Erase:
		return true, t.erase(ctx, on)
	}
	return false, nil
}

// removeTeam moves the members of a team and deletes it.
func (t *tx) removeTeam(ctx context.Context, on subject, e standing.RemoveTeam) error {
	var supervised bool
	if err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM team_supervisors WHERE team_id = $1)`, e.ID).Scan(&supervised); err != nil {
		return err
	}
	if supervised {
		return standing.ErrTaken
	}
	// In one order, so that two that move members wait for each other but never in a circle.
	members := slices.Sorted(slices.Values(e.Members))
	for _, m := range members {
		if _, err := t.once(ctx, `
			UPDATE members SET team_id = $3, version = version + 1 WHERE id = $1 AND team_id = $2`, m, e.ID, orNull(e.To)); err != nil {
			return err
		}
		if err := t.noteChange(ctx, m, standing.Change{What: standing.TeamOf, At: e.At, By: e.By}); err != nil {
			return err
		}
	}
	// Whoever is deactivated is in no team any more; anybody else is one too many.
	rows, err := t.query(ctx, `
		UPDATE members SET team_id = NULL, version = version + 1 WHERE team_id = $1 AND state = 'deactivated' RETURNING id`, e.ID)
	ended, err := collect(rows, err, func(r *sql.Rows) (m org.MemberID, err error) { return m, r.Scan((*string)(&m)) })
	if err != nil {
		return err
	}
	t.relist(append(members, ended...)...)
	_, err = t.once(ctx, `
		DELETE FROM teams WHERE id = $1 AND organisation_id = $2 AND NOT EXISTS (SELECT 1 FROM members WHERE team_id = $1)`, e.ID, on.organisation)
	return err
}

// erase deletes a deactivated member. What is kept under their id goes with the
// row; the rest is looked up here.
func (t *tx) erase(ctx context.Context, on subject) error {
	for _, statement := range []string{
		`DELETE FROM outbox WHERE member_id = $1`,
		`DELETE FROM mails_sent WHERE subject = $1`,
		`DELETE FROM throttles WHERE subject = $1`,
	} {
		if _, err := t.exec(ctx, statement, on.member); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `DELETE FROM challenges WHERE `+challengesOf, on.member, among(on.member)); err != nil {
		return err
	}
	if err := t.unlist(ctx, on.member); err != nil {
		return err
	}
	_, err := t.once(ctx, `DELETE FROM members WHERE id = $1 AND state = 'deactivated'`, on.member)
	return err
}

// Team returns the team id of organisation o, or an error wrapping org.ErrNotFound.
func (s *Store) Team(ctx context.Context, o org.OrganisationID, id org.TeamID) (org.Team, error) {
	team := org.Team{ID: id, Organisation: o}
	err := s.read.row(ctx, `SELECT name FROM teams WHERE id = $1 AND organisation_id = $2`, id, o).Scan(&team.Name)
	if err != nil {
		return org.Team{}, fmt.Errorf("team %s: %w", id, missing(err))
	}
	return team, nil
}

// TeamRows returns up to limit teams of organisation o in the order of their
// names, those behind the name after.
func (s *Store) TeamRows(ctx context.Context, o org.OrganisationID, after string, limit int) ([]standing.TeamRow, error) {
	var list []standing.TeamRow
	err := s.snapshot(ctx, func(c conn) error {
		rows, err := c.query(ctx, `
			SELECT t.id, t.organisation_id, t.name,
				(SELECT COUNT(*) FROM (SELECT 1 FROM members m WHERE m.team_id = t.id AND m.state IN ('active', 'invited') LIMIT $4) AS counted)
			FROM teams t WHERE t.organisation_id = $1 AND t.folded > $2 ORDER BY t.folded LIMIT $3`,
			o, org.FoldName(after), limit, standing.MembersCounted)
		list, err = collect(rows, err, func(r *sql.Rows) (row standing.TeamRow, err error) {
			return row, r.Scan((*string)(&row.ID), (*string)(&row.Organisation), &row.Name, &row.Members)
		})
		for i := range list {
			if err == nil {
				list[i].Supervisors, list[i].More, err = supervisors(ctx, c, list[i].ID, standing.SupervisorsShown)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("teams of organisation %s: %w", o, err)
	}
	return list, nil
}

// Supervisors returns up to limit of the members who supervise a team, by name,
// and how many more there are.
func (s *Store) Supervisors(ctx context.Context, team org.TeamID, limit int) (list []org.Member, more int, err error) {
	if list, more, err = supervisors(ctx, s.read, team, limit); err != nil {
		return nil, 0, fmt.Errorf("supervisors of team %s: %w", team, err)
	}
	return list, more, nil
}

func supervisors(ctx context.Context, c conn, team org.TeamID, limit int) ([]org.Member, int, error) {
	rows, err := c.query(ctx, `
		SELECT `+memberColumns+` FROM team_supervisors s JOIN members m ON m.id = s.member_id
		WHERE s.team_id = $1 ORDER BY m.name, m.id LIMIT $2`, team, limit)
	list, err := collect(rows, err, func(r *sql.Rows) (m org.Member, err error) {
		return m, r.Scan(memberFields(&m)...)
	})
	if err != nil || len(list) < limit {
		return list, 0, err
	}
	var all int
	err = c.row(ctx, `SELECT COUNT(*) FROM team_supervisors WHERE team_id = $1`, team).Scan(&all)
	return list, all - len(list), err
}

// InTeam returns the ids of up to limit invited and active members of a team.
func (s *Store) InTeam(ctx context.Context, team org.TeamID, limit int) ([]org.MemberID, error) {
	rows, err := s.read.query(ctx, `SELECT id FROM members WHERE team_id = $1 AND state IN ('active', 'invited') ORDER BY id LIMIT $2`, team, limit)
	list, err := collect(rows, err, func(r *sql.Rows) (id org.MemberID, err error) { return id, r.Scan((*string)(&id)) })
	if err != nil {
		return nil, fmt.Errorf("members of team %s: %w", team, err)
	}
	return list, nil
}
