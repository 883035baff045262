package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// shownTo holds requests to those that live at $2 and that the colleague $1 is
// asked: of anybody else in the organisation, or of employees in the teams that
// they supervise.
const shownTo = `
	FROM members who
	JOIN help_requests r ON r.organisation_id = who.organisation_id AND r.state IN ('asked', 'approved') AND r.expires > $2
	JOIN members m ON m.id = r.member_id
	WHERE who.id = $1 AND m.id <> who.id AND m.state = 'active' AND (
		who.role IN ('administrator', 'lead') OR (m.role = 'employee' AND EXISTS (
			SELECT 1 FROM team_supervisors ts WHERE ts.member_id = who.id AND ts.team_id = m.team_id)))`

// MaxAskings is how many requests a list holds, and how far they are counted.
const MaxAskings = 100

// Askings returns the requests that live at now and that colleague is asked, the
// newest first but for skip of them, at most MaxAskings, without codes and words.
func (s *Store) Askings(ctx context.Context, colleague org.MemberID, now time.Time, skip int) ([]standing.Asking, error) {
	rows, err := s.read.query(ctx, `
		SELECT `+requestColumns+`, `+memberColumns+`, COALESCE((SELECT t.name FROM teams t WHERE t.id = m.team_id), '')`+
		shownTo+` ORDER BY r.created DESC, r.id LIMIT $3 OFFSET $4`, colleague, now, MaxAskings, skip)
	list, err := collect(rows, err, func(r *sql.Rows) (a standing.Asking, err error) {
		var sealed []byte
		fields := append(requestFields(&a.Request, &sealed), memberFields(&a.Member)...)
		return a, r.Scan(append(fields, &a.Team)...)
	})
	if err != nil {
		return nil, fmt.Errorf("requests that %s is asked: %w", colleague, err)
	}
	return list, nil
}

// CountAskings returns how many of those requests nobody has answered, up to
// MaxAskings.
func (s *Store) CountAskings(ctx context.Context, colleague org.MemberID, now time.Time) (int, error) {
	var count int
	err := s.read.row(ctx, `SELECT COUNT(*) FROM (SELECT 1`+shownTo+` AND r.state = 'asked' LIMIT $3) waiting`,
		colleague, now, MaxAskings).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count requests that %s is asked: %w", colleague, err)
	}
	return count, nil
}

// RequestBy returns who made the request id in organisation o, or an error
// wrapping org.ErrNotFound.
func (s *Store) RequestBy(ctx context.Context, o org.OrganisationID, id string) (m org.MemberID, err error) {
	err = s.read.row(ctx, `SELECT member_id FROM help_requests WHERE id = $1 AND organisation_id = $2`, id, o).Scan((*string)(&m))
	if err != nil {
		return "", fmt.Errorf("request: %w", missing(err))
	}
	return m, nil
}

// RequestIn returns the newest request that was made in a browser and who made
// it, or an error wrapping org.ErrNotFound.
func (s *Store) RequestIn(ctx context.Context, browser session.Hash) (m org.MemberID, id string, err error) {
	err = s.read.row(ctx, `
		SELECT member_id, id FROM help_requests WHERE browser = $1 AND browser <> '' ORDER BY created DESC, id LIMIT 1`, browser).Scan((*string)(&m), &id)
	if err != nil {
		return "", "", fmt.Errorf("request of a browser: %w", missing(err))
	}
	return m, id, nil
}
