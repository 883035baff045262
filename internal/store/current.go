package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// What a live session shows is asked on every request, and reading forty columns
// costs more than finding them. So what was read is kept in memory together
// with the versions of its rows, and each request asks the database only
// whether the session is alive and which versions hold now. Nothing stale is
// ever shown: whatever changes what a member's or an organisation's row shows raises
// its version in the same statement or transaction (counters of wrong codes show
// nothing), and of a session nothing
// changes but its last use (RaiseSession gives it another id).

// versionsNow and viewNow look for the session $1 that is alive at $2.
const (
	versionsNow = `SELECT s.last_used, m.version, o.version` + aliveNow
	viewNow     = `SELECT m.version, o.version, ` + alone + `, ` + sessionColumns + `, m.status, m.mfa_since, ` + suspensionColumns + `, ` + passColumns + `, ` +
		memberColumns + `, ` + organisationColumns + aliveNow
	aliveNow = `
		FROM sessions s JOIN members m ON m.id = s.member_id JOIN organisations o ON o.id = m.organisation_id
		WHERE s.id = $1 AND s.ends > $2 AND s.last_used + s.idle_ms > $2 AND m.state = 'active'`
)

// alone is whether member m is the only active administrator (at the desk: lead) and
// has MFA without a confirmed backup e-mail. It hangs on other members: whatever
// makes one of them an active administrator, or no longer one, raises the
// organisation's version too.
const alone = `(m.role IN ('administrator', 'lead') AND m.mfa_since <> 0 AND m.backup_email_confirmed = 0 AND NOT EXISTS (
	SELECT 1 FROM members x WHERE x.organisation_id = m.organisation_id AND x.role = m.role AND x.id <> m.id AND x.state = 'active'))`

// versions are those of a member's and an organisation's row.
type versions struct{ member, organisation int64 }

// A view is what a session shows at certain versions.
type view struct {
	at      versions
	session session.Session
	viewer  standing.Viewer
}

// views holds what sessions showed when last read. It is safe for use by many.
type views struct {
	mu   sync.RWMutex
	seen map[session.Hash]view
}

// maxViews bounds the memory: a view is about a kilobyte.
const maxViews = 10_000

func (v *views) get(id session.Hash, at versions) (view, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	found, ok := v.seen[id]
	return found, ok && found.at == at
}

func (v *views) put(id session.Hash, found view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.seen) >= maxViews {
		clear(v.seen) // the dead go with the living, which come back at once
	}
	v.seen[id] = found
}

// Session returns the session id and whom it shows. It returns an error
// wrapping org.ErrNotFound unless it is alive at now and its member active.
func (s *Store) Session(ctx context.Context, id session.Hash, now time.Time) (session.Session, standing.Viewer, error) {
	ctx = s.read.watch(ctx)
	var at versions
	var lastUsed int64
	err := s.versions.QueryRowContext(ctx, string(id), milliseconds(now)).Scan(&lastUsed, &at.member, &at.organisation)
	if err != nil {
		return session.Session{}, standing.Viewer{}, fmt.Errorf("session: %w", missing(err))
	}
	if found, ok := s.views.get(id, at); ok {
		found.session.LastUsed = timeOf(lastUsed)
		return found.session, found.viewer, nil
	}
	found := view{session: session.Session{ID: id}}
	fields := slices.Concat(
		[]any{&found.at.member, &found.at.organisation, &found.viewer.Alone}, sessionFields(&found.session),
		[]any{(*string)(&found.viewer.Status), (*instant)(&found.viewer.MFASince)}, suspensionFields(&found.viewer.Suspension), passFields(&found.viewer.Pass),
		memberFields(&found.viewer.Member), organisationFields(&found.viewer.Organisation))
	if err := s.read.row(ctx, viewNow, id, now).Scan(fields...); err != nil {
		return session.Session{}, standing.Viewer{}, fmt.Errorf("session: %w", missing(err))
	}
	s.views.put(id, found)
	return found.session, found.viewer, nil
}
