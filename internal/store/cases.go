package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// caseContent is what of a case is nobody's to read in the database, and stays when
// its evidence is gone.
type caseContent struct {
	Pin     string           `json:"pin"`
	Token   string           `json:"token"`
	Checked []standing.Check `json:"checked,omitempty"`
	Reason  string           `json:"reason,omitempty"`
}

func casePlace(id string) string { return place("cases", "content", id) }

const caseColumns = `c.id, c.number, c.member_id, c.begun, c.created, c.alone, c.state, c.since, c.heard, c.asked, c.answered, c.content, c.pin_wrong,
	c.agent, c.first_by, c.first_at, c.second_by, c.picked_at, c.second_at, c.opens, c.handed, c.refused, c.destroy, c.destroyed`

// caseFields reads a case; its content is left in sealed.
func caseFields(c *standing.Case, sealed *[]byte) []any {
	return []any{
		&c.ID, &c.Number, (*string)(&c.Member), (*string)(&c.Begun), (*instant)(&c.Created), &c.Alone, (*string)(&c.State), (*instant)(&c.Since),
		(*instant)(&c.Heard), (*instant)(&c.Asked), (*instant)(&c.Answered), sealed, &c.PinWrong,
		(*string)(&c.Agent), (*string)(&c.First), (*instant)(&c.FirstAt), (*string)(&c.Second), (*instant)(&c.PickedAt), (*instant)(&c.SecondAt),
		(*instant)(&c.Opens), (*instant)(&c.Handed), &c.Refused, (*instant)(&c.Destroy), (*instant)(&c.Destroyed),
	}
}

func openCase(box *secret.Box, c *standing.Case, sealed []byte) error {
	var content caseContent
	if err := openJSON(box, sealed, casePlace(c.ID), &content); err != nil {
		return err
	}
	c.Pin, c.Token, c.Checked, c.Reason = factor.CasePin(content.Pin), session.Token(content.Token), content.Checked, content.Reason
	return nil
}

// loadCase reads an administrator's newest case, and whether there is a desk.
func (s *Store) loadCase(ctx context.Context, c conn, st *standing.Standing) error {
	if err := c.row(ctx, `
		SELECT EXISTS (SELECT 1 FROM organisations o JOIN members m ON m.organisation_id = o.id
			WHERE o.kind = 'desk' AND m.state = 'active' AND m.mfa_since > 0)`).Scan(&st.Desk); err != nil {
		return err
	}
	var sealed []byte
	err := c.row(ctx, `SELECT `+caseColumns+` FROM cases c WHERE c.member_id = $1 ORDER BY c.created DESC, c.id DESC LIMIT 1`,
		st.Member.ID).Scan(caseFields(&st.Case, &sealed)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	box, err := s.box(ctx, c, st.Organisation.ID)
	if err != nil {
		return err
	}
	return openCase(box, &st.Case, sealed)
}

// applyCase saves the effects on the member's case.
func (t *tx) applyCase(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	switch e := e.(type) {
	case standing.AddCase:
		return true, t.addCase(ctx, on, e.Case)
	case standing.SetCase:
		return t.setCase(ctx, on, e)
	case standing.AddEntry:
		return true, t.addEntry(ctx, on, e)
	case standing.KeepEvidence:
		return true, t.keepEvidence(ctx, on, e)
	case standing.DropEvidence:
		return t.all(ctx, `DELETE FROM case_evidence WHERE case_id = $1 AND kind = $2`, e.Case, e.Kind)
	case standing.AdmitBrowser:
		return t.all(ctx, `INSERT INTO case_browsers (browser, case_id, until) SELECT $1, id, $3 FROM cases WHERE id = $2 AND member_id = $4`,
			e.Browser, e.Case, e.Until, on.member)
	case standing.DismissBrowsers:
		return t.all(ctx, `DELETE FROM case_browsers WHERE case_id = $1`, e.Case)
	case standing.DestroyEvidence:
		return true, t.destroyEvidence(ctx, e)
	}
	return false, nil
}

func (t *tx) sealCase(ctx context.Context, on subject, c standing.Case) ([]byte, error) {
	box, err := t.store.box(ctx, t.conn, on.organisation)
	if err != nil {
		return nil, err
	}
	return sealJSON(box, caseContent{string(c.Pin), string(c.Token), c.Checked, c.Reason}, casePlace(c.ID))
}

func (t *tx) addCase(ctx context.Context, on subject, c standing.Case) error {
	content, err := t.sealCase(ctx, on, c)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
		INSERT INTO cases (id, number, organisation_id, member_id, begun, created, alone, state, since, heard, asked, answered, content, pin_wrong,
			agent, first_by, first_at, second_by, picked_at, second_at, opens, handed, refused, destroy, destroyed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, '', '', 0, '', 0, 0, 0, 0, 0, 0, 0)`,
		c.ID, c.Number, on.organisation, on.member, c.Begun, c.Created, c.Alone, c.State, c.Since, c.Heard, c.Asked, content); err != nil {
		return err
	}
	key, err := t.store.master.NewKeyset()
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO case_keys (case_id, key) VALUES ($1, $2)`, c.ID, key); err != nil {
		return err
	}
	return t.stir(ctx, c.ID)
}

func (t *tx) setCase(ctx context.Context, on subject, e standing.SetCase) (bool, error) {
	c := e.Case
	content, err := t.sealCase(ctx, on, c)
	if err != nil {
		return true, err
	}
	if _, err := t.once(ctx, `
		UPDATE cases SET state = $4, since = $5, heard = $6, asked = $7, answered = $8, content = $9, pin_wrong = $10, agent = $11,
			first_by = $12, first_at = $13, second_by = $14, picked_at = $15, second_at = $16, opens = $17, handed = $18, refused = $19,
			destroy = $20, destroyed = $21
		WHERE id = $1 AND member_id = $2 AND state = $3`,
		c.ID, on.member, e.From, c.State, c.Since, c.Heard, c.Asked, c.Answered, content, c.PinWrong, c.Agent,
		c.First, c.FirstAt, c.Second, c.PickedAt, c.SecondAt, c.Opens, c.Handed, c.Refused, c.Destroy, c.Destroyed); err != nil {
		return true, err
	}
	return true, t.stir(ctx, c.ID)
}

// key returns what seals and opens what is under a case's key. It is never kept in
// memory: a key that is deleted is gone. It returns org.ErrNotFound once it is.
func (s *Store) caseKey(ctx context.Context, c conn, id string) (*secret.Box, error) {
	var wrapped []byte
	if err := c.row(ctx, `SELECT key FROM case_keys WHERE case_id = $1`, id).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("key of case %s: %w", id, missing(err))
	}
	return s.master.Unwrap(wrapped)
}

func entryPlace(c string, seq int64) string {
	return place("case_entries", "content", fmt.Sprintf("%s/%d", c, seq))
}

func (t *tx) addEntry(ctx context.Context, on subject, e standing.AddEntry) error {
	if e.Entry.Once != "" {
		var known bool
		if err := t.row(ctx, `
			SELECT EXISTS (SELECT 1 FROM case_entries WHERE case_id = $1 AND kind = $2 AND by_member = $3 AND once = $4)`,
			e.Case, e.Entry.Kind, e.Entry.By, e.Entry.Once).Scan(&known); err != nil || known {
			return err
		}
	}
	var seq int64
	if err := t.row(ctx, `UPDATE cases SET last_seq = last_seq + 1 WHERE id = $1 AND member_id = $2 RETURNING last_seq`,
		e.Case, on.member).Scan(&seq); err != nil {
		return missing(err)
	}
	box, err := t.store.caseKey(ctx, t.conn, e.Case)
	if err != nil {
		return err
	}
	content, err := box.Seal([]byte(e.Entry.Text), entryPlace(e.Case, seq))
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
		INSERT INTO case_entries (case_id, seq, at, kind, by_member, via, once, file, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.Case, seq, e.Entry.At, e.Entry.Kind, e.Entry.By, e.Entry.Via, e.Entry.Once, e.Entry.File, content); err != nil {
		return err
	}
	return t.stir(ctx, e.Case)
}

func (t *tx) keepEvidence(ctx context.Context, on subject, e standing.KeepEvidence) error {
	box, err := t.store.caseKey(ctx, t.conn, e.Case)
	if err != nil {
		return err
	}
	v := e.Evidence
	content, err := sealJSON(box, v.Findings, place("case_evidence", "content", v.ID))
	if err != nil {
		return err
	}
	if _, err := t.once(ctx, `
		INSERT INTO case_evidence (id, case_id, kind, at, via, size, type, hash, look, pages, doubtful, content)
		SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM cases WHERE id = $2 AND member_id = $13`,
		v.ID, e.Case, v.Kind, v.At, v.Via, v.Size, v.Type, v.Hash, int64(v.Look), len(e.Pages), v.Doubtful, content, on.member); err != nil {
		return err
	}
	for i, page := range e.Pages {
		sealed, err := box.Seal(page, pagePlace(v.ID, i+1))
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO case_pages (evidence_id, page, content) VALUES ($1, $2, $3)`, v.ID, i+1, sealed); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `INSERT INTO case_receipts (evidence_id, case_id, kind, at, size, hash, look) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.ID, e.Case, v.Kind, v.At, v.Size, v.Hash, int64(v.Look))
	return err
}

func pagePlace(evidence string, page int) string {
	return place("case_pages", "content", fmt.Sprintf("%s/%d", evidence, page))
}

// destroyEvidence deletes the key of a case and what was under it. Scrub then takes
// what the database has left of it in its files.
func (t *tx) destroyEvidence(ctx context.Context, e standing.DestroyEvidence) error {
	for _, table := range []string{"case_keys", "case_evidence", "case_entries"} {
		if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE case_id = $1`, e.Case); err != nil {
			return err
		}
	}
	return t.stir(ctx, e.Case)
}

// Scrub has the database forget what was deleted: SQLite's log is cut to nothing
// (the file itself is overwritten at each delete), and PostgreSQL writes the table
// of keys anew. What an archive of its log holds is its operator's.
func (s *Store) Scrub(ctx context.Context) error {
	statement := `VACUUM (FULL) case_keys`
	if s.file != "" {
		statement = `PRAGMA wal_checkpoint(TRUNCATE)`
	}
	if _, err := s.write.exec(ctx, statement); err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	return nil
}

// NextCaseNumber returns a number for a new case: "2026-0042". One that is not used
// is missing in the row.
func (s *Store) NextCaseNumber(ctx context.Context, year int) (string, error) {
	var n int64
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		return t.row(ctx, `
			INSERT INTO case_numbers (year, next) VALUES ($1, 2)
			ON CONFLICT (year) DO UPDATE SET next = case_numbers.next + 1 RETURNING next - 1`, year).Scan(&n)
	})
	if err != nil {
		return "", fmt.Errorf("number of a case: %w", err)
	}
	return fmt.Sprintf("%d-%04d", year, n), nil
}

// caseID is the rule by which a number is looked for: digits and hyphens alone.
func isCaseNumber(number string) bool {
	return len(number) >= 9 && len(number) <= 16 && strings.Trim(number, "0123456789-") == ""
}

// CaseBy returns who opened the case with a number, and its id, or an error wrapping
// org.ErrNotFound.
func (s *Store) CaseBy(ctx context.Context, number string) (m org.MemberID, id string, err error) {
	if !isCaseNumber(number) {
		return "", "", fmt.Errorf("case: %w", org.ErrNotFound)
	}
	err = s.read.row(ctx, `SELECT member_id, id FROM cases WHERE number = $1`, number).Scan((*string)(&m), &id)
	if err != nil {
		return "", "", fmt.Errorf("case: %w", missing(err))
	}
	return m, id, nil
}

// CaseIn returns the number of the case that a browser shows at now, or an error
// wrapping org.ErrNotFound.
func (s *Store) CaseIn(ctx context.Context, browser session.Hash, now time.Time) (number string, err error) {
	err = s.read.row(ctx, `
		SELECT c.number FROM case_browsers b JOIN cases c ON c.id = b.case_id WHERE b.browser = $1 AND b.until > $2`, browser, now).Scan(&number)
	if err != nil {
		return "", fmt.Errorf("case of a browser: %w", missing(err))
	}
	return number, nil
}

// Case returns the case with a number, or an error wrapping org.ErrNotFound.
func (s *Store) Case(ctx context.Context, number string) (standing.Case, error) {
	var k standing.Case
	err := s.snapshot(ctx, func(c conn) error {
		var sealed []byte
		var o org.OrganisationID
		if err := c.row(ctx, `SELECT `+caseColumns+`, c.organisation_id FROM cases c WHERE c.number = $1`, number).
			Scan(append(caseFields(&k, &sealed), (*string)(&o))...); err != nil {
			return missing(err)
		}
		box, err := s.box(ctx, c, o)
		if err != nil {
			return err
		}
		return openCase(box, &k, sealed)
	})
	if err != nil {
		return standing.Case{}, fmt.Errorf("case: %w", err)
	}
	return k, nil
}
