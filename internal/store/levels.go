package store

import (
	"context"
	"fmt"
	"time"
)

// Levels say how much there is of what comes and goes.
type Levels struct {
	Sessions int64     // alive
	Letters  int64     // that wait to go out
	Delayed  int64     // those of them that were tried and not taken
	Oldest   time.Time // when the letter that waits longest was queued; zero: none waits
}

// Levels returns them as they are at now.
func (s *Store) Levels(ctx context.Context, now time.Time) (Levels, error) {
	var l Levels
	err := s.read.row(ctx, `
		SELECT (SELECT COUNT(*) FROM sessions WHERE ends > $1 AND last_used + idle_ms > $1),
			COUNT(*), COALESCE(SUM(CASE WHEN last_reason = '' THEN 0 ELSE 1 END), 0), COALESCE(MIN(queued_at), 0)
		FROM outbox WHERE sent_at = 0 AND failed_at = 0`, now).Scan(&l.Sessions, &l.Letters, &l.Delayed, (*instant)(&l.Oldest))
	if err != nil {
		return Levels{}, fmt.Errorf("read levels: %w", err)
	}
	return l, nil
}
