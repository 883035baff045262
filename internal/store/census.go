package store

import (
	"context"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Census counts an organisation's members at now.
func (s *Store) Census(ctx context.Context, o org.OrganisationID, now time.Time) (standing.Census, error) {
	var c standing.Census
	err := s.read.row(ctx, `
		SELECT COALESCE(SUM(CASE WHEN m.state = 'active' THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN m.state = 'active' AND m.mfa_since > 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN m.state = 'invited' THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN m.state = 'active' AND m.mfa_since > 0 AND m.backup_email_confirmed = 0
				AND NOT EXISTS (SELECT 1 FROM backup_codes c WHERE c.member_id = m.id AND c.spent = 0) THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN m.state = 'active' AND m.mfa_since > 0 AND m.suspended_since <= $2 AND $2 < m.suspended_until
				AND m.suspended_since > o.mfa_forced_since AND m.status <> 'frozen'
				AND (NOT o.mfa_forced OR $2 < o.mfa_off_until) THEN 1 ELSE 0 END), 0)
		FROM members m JOIN organisations o ON o.id = m.organisation_id WHERE m.organisation_id = $1`, o, now).
		Scan(&c.Active, &c.With, &c.Invited, &c.NoBackup, &c.Suspended)
	if err != nil {
		return standing.Census{}, fmt.Errorf("count members of organisation %s: %w", o, err)
	}
	c.Without = c.Active - c.With
	return c, nil
}
