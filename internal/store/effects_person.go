package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// applyPerson saves the effects on the personal data of a member.
func (t *tx) applyPerson(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.SetName:
		return t.all(ctx, `UPDATE members SET name = $2 WHERE id = $1`, m, e.Name)
	case standing.SetPhone:
		return t.all(ctx, `UPDATE members SET phone = $2, phone_since = $3 WHERE id = $1`, m, e.Phone, t.store.now())
	case standing.SetEmail:
		known, err := t.once(ctx, `UPDATE members SET email = $3 WHERE id = $1 AND email = $2`, m, e.From, e.To)
		return known, t.store.taken(err)
	case standing.SetTeam:
		return t.once(ctx, `
			UPDATE members SET team_id = $3 WHERE id = $1 AND COALESCE(team_id, '') = $2
				AND ($4 = '' OR EXISTS (SELECT 1 FROM teams t WHERE t.id = $4 AND t.organisation_id = $5))`,
			m, e.From, orNull(e.To), e.To, on.organisation)
	case standing.MarkEnd:
		if e.Over {
			return t.once(ctx, `UPDATE members SET suspended_reminded = TRUE, suspended_over = TRUE WHERE id = $1 AND suspended_over = FALSE`, m)
		}
		return t.once(ctx, `UPDATE members SET suspended_reminded = TRUE WHERE id = $1 AND suspended_reminded = FALSE`, m)
	}
	return false, nil
}

// setRole changes the stored role. Whoever stops being an administrator is held to
// what deactivate holds them to: it takes the organisation's row first, so that of
// its last two administrators not both go at once.
func (t *tx) setRole(ctx context.Context, on subject, e standing.SetRole) error {
	if _, err := t.exec(ctx, `UPDATE organisations SET version = version + 1 WHERE id = $1`, on.organisation); err != nil {
		return err
	}
	_, err := t.once(ctx, `
		UPDATE members SET role = $3, role_since = $4
		WHERE id = $1 AND role = $2 AND (state <> 'active' OR $2 NOT IN ('administrator', 'lead') OR $3 IN ('administrator', 'lead') OR EXISTS (
			SELECT 1 FROM members o
			WHERE o.organisation_id = $5 AND o.id <> $1 AND o.state = 'active' AND o.role IN ('administrator', 'lead')))`,
		on.member, e.From, e.To, e.At, on.organisation)
	return err
}

// SuspensionsEnding returns up to limit members of whose suspension the end has
// come at now, or comes before soon, and who may still have to be told of it. The
// rules say whether they have.
func (s *Store) SuspensionsEnding(ctx context.Context, now, soon time.Time, limit int) ([]org.MemberID, error) {
	rows, err := s.read.query(ctx, `
		SELECT id FROM members
		WHERE suspended_until > 0 AND suspended_over = FALSE AND suspended_until <= $2 AND (suspended_reminded = FALSE OR suspended_until <= $1)
		ORDER BY suspended_until, id LIMIT $3`, now, soon, limit)
	list, err := collect(rows, err, func(r *sql.Rows) (id org.MemberID, err error) { return id, r.Scan((*string)(&id)) })
	if err != nil {
		return nil, fmt.Errorf("suspensions that end: %w", err)
	}
	return list, nil
}
