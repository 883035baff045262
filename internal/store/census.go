package store

import (
	"context"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Census counts an organisation's members at now, out of the sets that lists are
// made from: it costs little at a million.
func (s *Store) Census(ctx context.Context, o org.OrganisationID, now time.Time) (standing.Census, error) {
	var c standing.Census
	var off, missing int
	err := s.snapshot(ctx, func(conn conn) error {
		for _, part := range []struct {
			to     *int
			filter standing.Filter
		}{
			{&c.Active, standing.Filter{State: org.Active}},
			{&c.Invited, standing.Filter{State: org.Invited}},
			{&c.Suspended, standing.Filter{State: org.Active, MFA: standing.MFADisabled}},
			{&c.NoBackup, standing.Filter{State: org.Active, NoBackup: true}},
			{&off, standing.Filter{State: org.Active, MFA: standing.MFAOff}},
			{&missing, standing.Filter{State: org.Active, MFA: standing.MFAMissing}},
		} {
			list, err := listIn(ctx, conn, standing.Listing{Organisation: o, Everyone: true, Filter: part.filter, Sort: standing.ByAdded, Limit: 1}, now)
			if err != nil {
				return err
			}
			*part.to = list.Total
		}
		return nil
	})
	if err != nil {
		return standing.Census{}, fmt.Errorf("count members of organisation %s: %w", o, err)
	}
	c.Without = off + missing
	c.With = c.Active - c.Without
	return c, nil
}
