package store

import (
	"context"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

const (
	// keepLetters is how long a letter is remembered that was sent or given up.
	keepLetters = 30 * 24 * time.Hour
	// keepRequests is how long a request for help is remembered that is over.
	keepRequests = 30 * 24 * time.Hour
	// purgeBatch bounds what one statement deletes, so that nobody waits long.
	purgeBatch = 500
)

// A leftover is what is over in one table at an instant ($1). At most $2 rows
// go at once.
type leftover struct {
	table     string
	at        time.Time
	statement string
}

func leftovers(now time.Time) []leftover {
	return []leftover{
		{"sessions", now, `DELETE FROM sessions WHERE id IN
			(SELECT id FROM sessions WHERE ends <= $1 OR last_used + idle_ms <= $1 LIMIT $2)`},
		{"challenges", now, `DELETE FROM challenges WHERE id IN
			(SELECT id FROM challenges WHERE expires <= $1 LIMIT $2)`},
		{"devices", now, `DELETE FROM devices WHERE (id, member_id) IN
			(SELECT id, member_id FROM devices WHERE expires <= $1 LIMIT $2)`},
		{"remembered", now, `DELETE FROM remembered WHERE id IN
			(SELECT id FROM remembered WHERE expires <= $1 LIMIT $2)`},
		{"mail_codes", now, `DELETE FROM mail_codes WHERE id IN
			(SELECT id FROM mail_codes WHERE expires <= $1 LIMIT $2)`},
		{"set_ups", now, `DELETE FROM set_ups WHERE session_id IN
			(SELECT session_id FROM set_ups WHERE expires <= $1 LIMIT $2)`},
		{"imports", now, `DELETE FROM imports WHERE id IN
			(SELECT id FROM imports WHERE expires <= $1 LIMIT $2)`},
		{"links", now, `DELETE FROM links WHERE id IN
			(SELECT id FROM links WHERE expires <= $1 LIMIT $2)`},
		{"throttles", now.Add(-throttle.Forget), `DELETE FROM throttles WHERE (kind, subject, device) IN
			(SELECT kind, subject, device FROM throttles WHERE last <= $1 LIMIT $2)`},
		{"members", now.Add(-standing.ChangesKept), `UPDATE members SET changed = 0, version = version + 1 WHERE id IN
			(SELECT member_id FROM member_changes GROUP BY member_id HAVING MAX(at) <= $1 LIMIT $2)
			AND changed > 0 AND changed <= $1`},
		{"member_changes", now.Add(-standing.ChangesKept), `DELETE FROM member_changes WHERE id IN
			(SELECT id FROM member_changes WHERE at <= $1 LIMIT $2)`},
		{"help_requests", now.Add(-keepRequests), `DELETE FROM help_requests WHERE id IN
			(SELECT id FROM help_requests WHERE expires <= $1 LIMIT $2)`},
		{"case_browsers", now, `DELETE FROM case_browsers WHERE browser IN
			(SELECT browser FROM case_browsers WHERE until <= $1 LIMIT $2)`},
		{"mails_sent", now.Add(-throttle.MailWindow), `DELETE FROM mails_sent WHERE id IN
			(SELECT id FROM mails_sent WHERE at <= $1 LIMIT $2)`},
		{"outbox", now.Add(-keepLetters), `DELETE FROM outbox WHERE id IN
			(SELECT id FROM outbox WHERE (sent_at > 0 OR failed_at > 0) AND sent_at <= $1 AND failed_at <= $1 LIMIT $2)`},
	}
}

// Purge deletes what has been over at now: dead sessions, expired challenges,
// codes, links, set-ups, known and remembered devices, throttles and counted mails that
// count no more, and letters done with for 30 days. It works in batches, so it
// may be cut short and called again, and by several processes at once.
func (s *Store) Purge(ctx context.Context, now time.Time) error {
	for _, over := range leftovers(now) {
		if err := s.purge(ctx, over); err != nil {
			return fmt.Errorf("purge %s: %w", over.table, err)
		}
	}
	return nil
}

func (s *Store) purge(ctx context.Context, over leftover) error {
	for deleted := int64(purgeBatch); deleted >= purgeBatch; {
		err := s.transact(ctx, func(ctx context.Context, t *tx) (err error) {
			deleted, err = t.exec(ctx, over.statement, over.at, purgeBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
