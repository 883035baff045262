package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Colleague returns member m as one who does something about another; the
// session is left to the caller. It returns an error wrapping org.ErrNotFound if
// there is no such member.
func (s *Store) Colleague(ctx context.Context, m org.MemberID) (standing.Colleague, error) {
	var who standing.Colleague
	fields := append(memberFields(&who.Member), organisationFields(&who.Organisation)...)
	fields = append(fields, &who.Status, (*instant)(&who.MFASince), (*instant)(&who.RoleSince), &who.Version)
	fields = append(append(fields, suspensionFields(&who.Suspension)...), passFields(&who.Pass)...)
	err := s.snapshot(ctx, func(c conn) error {
		err := c.row(ctx, `
			SELECT `+memberColumns+`, `+organisationColumns+`, m.status, m.mfa_since, m.role_since, m.version, `+suspensionColumns+`, `+passColumns+`
			FROM members m JOIN organisations o ON o.id = m.organisation_id WHERE m.id = $1`, m).Scan(fields...)
		if err != nil || !who.Member.Supervises {
			return missing(err)
		}
		rows, err := c.query(ctx, `SELECT team_id FROM team_supervisors WHERE member_id = $1 ORDER BY team_id`, m)
		who.Teams, err = collect(rows, err, func(r *sql.Rows) (team org.TeamID, err error) {
			return team, r.Scan((*string)(&team))
		})
		return err
	})
	if err != nil {
		return standing.Colleague{}, fmt.Errorf("colleague %s: %w", m, err)
	}
	return who, nil
}

// maxChanges and maxRequests are more than one member has in the time for which
// they count.
const (
	maxChanges  = 200
	maxRequests = 200
)

// loadChanges returns what others changed of m, each thing by each of them when it
// was last, the newest first: nobody hides a change behind many others. Purge forgets
// what no longer counts.
func loadChanges(ctx context.Context, c conn, m org.MemberID, newest time.Time) ([]standing.Change, error) {
	if newest.IsZero() {
		return nil, nil
	}
	rows, err := c.query(ctx, `
		SELECT what, was, MAX(at), by_kind, by_member FROM member_changes
		WHERE member_id = $1 GROUP BY what, was, by_kind, by_member ORDER BY MAX(at) DESC, what LIMIT $2`, m, maxChanges)
	list, err := collect(rows, err, func(r *sql.Rows) (change standing.Change, err error) {
		err = r.Scan(&change.What, &change.Was, (*instant)(&change.At), &change.By.Kind, &change.By.Member)
		return change, err
	})
	if len(list) == 0 {
		return nil, err
	}
	return list, err
}

func (t *tx) noteChange(ctx context.Context, m org.MemberID, c standing.Change) error {
	if _, err := t.exec(ctx, `UPDATE members SET changed = $2 WHERE id = $1 AND changed < $2`, m, c.At); err != nil {
		return err
	}
	_, err := t.exec(ctx, `
		INSERT INTO member_changes (id, member_id, what, was, at, by_kind, by_member) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.store.newID(), m, c.What, c.Was, c.At, c.By.Kind, c.By.Member)
	return err
}

// requestContent is what of a request is nobody's to read in the database.
type requestContent struct {
	Code  string `json:"code"`
	Words string `json:"words,omitempty"`
}

func requestPlace(id string) string { return place("help_requests", "content", id) }

const requestColumns = `r.id, r.browser, r.content, r.created, r.expires, r.state, r.wrong, r.known_device, r.address, r.browser_name,
	r.given, r.answered, r.answered_by, r.opens, r.agreed, r.agreed_by`

// requestFields reads a request; its content is left in sealed.
func requestFields(r *standing.Request, sealed *[]byte) []any {
	return []any{
		&r.ID, (*string)(&r.Browser), sealed, (*instant)(&r.Created), (*instant)(&r.Expires), (*string)(&r.State), &r.Wrong, &r.Known,
		&r.Origin.Address, &r.Origin.Browser, (*string)(&r.Given), (*instant)(&r.Answered), (*string)(&r.By), (*instant)(&r.Opens),
		(*instant)(&r.Agreed), (*string)(&r.AgreedBy),
	}
}

// loadRequests returns the member's requests for help: those that have not ended,
// then the others, the newest first. Where there never was one it returns none.
func (s *Store) loadRequests(ctx context.Context, c conn, st standing.Standing, until time.Time) ([]standing.Request, error) {
	if until.IsZero() {
		return nil, nil
	}
	var contents [][]byte
	rows, err := c.query(ctx, `
		SELECT `+requestColumns+` FROM help_requests r WHERE r.member_id = $1
		ORDER BY CASE WHEN r.state IN ('asked', 'approved') THEN 0 ELSE 1 END, r.created DESC, r.id LIMIT $2`, st.Member.ID, maxRequests)
	list, err := collect(rows, err, func(r *sql.Rows) (request standing.Request, err error) {
		var sealed []byte
		err = r.Scan(requestFields(&request, &sealed)...)
		contents = append(contents, sealed)
		return request, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	// The rows are closed by now: a transaction reads one result at a time.
	box, err := s.box(ctx, c, st.Organisation.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		var content requestContent
		if err := openJSON(box, contents[i], requestPlace(list[i].ID), &content); err != nil {
			return nil, err
		}
		list[i].Code, list[i].Words = factor.MatchingCode(content.Code), content.Words
	}
	return list, nil
}

// applyRequest saves the effects on requests for help.
func (t *tx) applyRequest(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	switch e := e.(type) {
	case standing.TurnBrowser:
		for _, held := range []string{
			`UPDATE help_requests SET browser = $3 WHERE member_id = $1 AND browser = $2`,
			`UPDATE members SET suspended_browser = $3 WHERE id = $1 AND suspended_browser = $2`,
			`UPDATE members SET pass_browser = $3 WHERE id = $1 AND pass_browser = $2`,
		} {
			if _, err := t.exec(ctx, held, on.member, e.From, e.To); err != nil {
				return true, err
			}
		}
		return true, nil
	case standing.AddRequest:
		return true, t.addRequest(ctx, on, e.Request)
	case standing.SetRequest:
		r := e.Request
		content, err := t.sealRequest(ctx, on, r)
		if err != nil {
			return true, err
		}
		if err := t.mayHelpUntil(ctx, on, r.Expires); err != nil {
			return true, err
		}
		return t.once(ctx, `
			UPDATE help_requests SET content = $4, expires = $5, state = $6, wrong = $7, given = $8, answered = $9, answered_by = $10,
				opens = $11, agreed = $12, agreed_by = $13
			WHERE id = $1 AND member_id = $2 AND state = $3`,
			r.ID, on.member, e.From, content, r.Expires, r.State, r.Wrong, r.Given, r.Answered, r.By, r.Opens, r.Agreed, r.AgreedBy)
	}
	return false, nil
}

func (t *tx) sealRequest(ctx context.Context, on subject, r standing.Request) ([]byte, error) {
	box, err := t.store.box(ctx, t.conn, on.organisation)
	if err != nil {
		return nil, err
	}
	return sealJSON(box, requestContent{string(r.Code), r.Words}, requestPlace(r.ID))
}

// mayHelpUntil notes until when a request of the member may live.
func (t *tx) mayHelpUntil(ctx context.Context, on subject, until time.Time) error {
	_, err := t.exec(ctx, `UPDATE members SET help_until = $2 WHERE id = $1 AND help_until < $2`, on.member, until)
	return err
}

func (t *tx) addRequest(ctx context.Context, on subject, r standing.Request) error {
	content, err := t.sealRequest(ctx, on, r)
	if err != nil {
		return err
	}
	if err := t.mayHelpUntil(ctx, on, r.Expires); err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		INSERT INTO help_requests (id, organisation_id, member_id, browser, content, created, expires, state, wrong, known_device, address, browser_name,
			given, answered, answered_by, opens, agreed, agreed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		r.ID, on.organisation, on.member, r.Browser, content, r.Created, r.Expires, r.State, r.Wrong, r.Known, r.Origin.Address, r.Origin.Browser,
		r.Given, r.Answered, r.By, r.Opens, r.Agreed, r.AgreedBy)
	return err
}
