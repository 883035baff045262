package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// maxEntries is how much of a conversation is read at once.
const maxEntries = 500

// Entries returns the conversation of a case after an entry, the oldest first, at most
// 500 of them; a further call follows until there are none. Of a case whose evidence
// is destroyed there is none.
func (s *Store) Entries(ctx context.Context, id string, after int64) ([]standing.Entry, error) {
	var list []standing.Entry
	err := s.snapshot(ctx, func(c conn) error {
		var contents [][]byte
		rows, err := c.query(ctx, `
			SELECT e.seq, e.at, e.kind, e.by_member, COALESCE(m.name, ''), e.via, e.file, e.content
			FROM case_entries e LEFT JOIN members m ON m.id = e.by_member
			WHERE e.case_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`, id, after, maxEntries)
		list, err = collect(rows, err, func(r *sql.Rows) (e standing.Entry, err error) {
			var content []byte
			err = r.Scan(&e.Seq, (*instant)(&e.At), (*string)(&e.Kind), (*string)(&e.By), &e.Name, (*string)(&e.Via), &e.File, &content)
			contents = append(contents, content)
			return e, err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		box, err := s.caseKey(ctx, c, id)
		if err != nil {
			return err
		}
		for i, content := range contents {
			text, err := box.Open(content, entryPlace(id, list[i].Seq))
			if err != nil {
				return err
			}
			list[i].Text = string(text)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("conversation of case %s: %w", id, err)
	}
	return list, nil
}

// CountEntries returns how many entries of the claimant there are since an instant,
// and how many files were looked at.
func (s *Store) CountEntries(ctx context.Context, id string, since time.Time) (written, files int, err error) {
	err = s.read.row(ctx, `
		SELECT COALESCE(SUM(CASE WHEN kind = 'claimant' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN kind = 'case' AND via <> '' THEN 1 ELSE 0 END), 0)
		FROM case_entries WHERE case_id = $1 AND at > $2`, id, since).Scan(&written, &files)
	if err != nil {
		return 0, 0, fmt.Errorf("count the entries of case %s: %w", id, err)
	}
	return written, files, nil
}

// Marks returns how far each side has had and read the conversation.
func (s *Store) Marks(ctx context.Context, id string) (claimant, desk standing.Marks, err error) {
	err = s.read.row(ctx, `SELECT claimant_delivered, claimant_read, desk_delivered, desk_read FROM cases WHERE id = $1`, id).
		Scan(&claimant.Delivered, &claimant.Read, &desk.Delivered, &desk.Read)
	if err != nil {
		return claimant, desk, fmt.Errorf("marks of case %s: %w", id, missing(err))
	}
	return claimant, desk, nil
}

// Mark notes how far a side has had and read the conversation; marks only rise.
func (s *Store) Mark(ctx context.Context, id string, side standing.Side, m standing.Marks) error {
	delivered, read := "claimant_delivered", "claimant_read"
	if side == standing.Desks {
		delivered, read = "desk_delivered", "desk_read"
	}
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		changed, err := t.exec(ctx, `
			UPDATE cases SET
				`+delivered+` = CASE WHEN `+delivered+` < $2 THEN $2 ELSE `+delivered+` END,
				`+read+` = CASE WHEN `+read+` < $3 THEN $3 ELSE `+read+` END
			WHERE id = $1 AND $2 <= last_seq AND $3 <= last_seq AND (`+delivered+` < $2 OR `+read+` < $3)`, id, m.Delivered, m.Read)
		if err != nil || changed == 0 {
			return err
		}
		return t.stir(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("mark case %s: %w", id, err)
	}
	return nil
}

// EvidenceOf returns the evidence of a case, the oldest first, without its pages.
func (s *Store) EvidenceOf(ctx context.Context, id string) ([]standing.Evidence, error) {
	var list []standing.Evidence
	err := s.snapshot(ctx, func(c conn) error {
		var contents [][]byte
		rows, err := c.query(ctx, `
			SELECT id, kind, at, via, size, type, hash, look, pages, doubtful, content FROM case_evidence WHERE case_id = $1 ORDER BY at, id`, id)
		list, err = collect(rows, err, func(r *sql.Rows) (e standing.Evidence, err error) {
			var content []byte
			var look int64
			err = r.Scan(&e.ID, (*string)(&e.Kind), (*instant)(&e.At), (*string)(&e.Via), &e.Size, &e.Type, &e.Hash, &look, &e.Pages, &e.Doubtful, &content)
			e.Look = uint64(look)
			contents = append(contents, content)
			return e, err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		box, err := s.caseKey(ctx, c, id)
		if err != nil {
			return err
		}
		for i, content := range contents {
			if err := openJSON(box, content, place("case_evidence", "content", list[i].ID), &list[i].Findings); err != nil {
				return err
			}
		}
		return s.elsewhere(ctx, c, id, list)
	})
	if err != nil {
		return nil, fmt.Errorf("evidence of case %s: %w", id, err)
	}
	return list, nil
}

// sameLook is in how many of 64 bits two pictures that look the same differ at most.
const sameLook = 6

// elsewhere notes which of the files are on another case too, or were.
func (s *Store) elsewhere(ctx context.Context, c conn, id string, list []standing.Evidence) error {
	rows, err := c.query(ctx, `SELECT hash, look FROM case_receipts WHERE case_id <> $1`, id)
	type receipt struct {
		hash string
		look uint64
	}
	others, err := collect(rows, err, func(r *sql.Rows) (o receipt, err error) {
		var look int64
		err = r.Scan(&o.hash, &look)
		o.look = uint64(look)
		return o, err
	})
	if err != nil {
		return err
	}
	for i, e := range list {
		for _, o := range others {
			if e.Hash == o.hash || e.Look != 0 && o.look != 0 && bits.OnesCount64(e.Look^o.look) <= sameLook {
				list[i].Elsewhere = true
			}
		}
	}
	return nil
}

// EvidencePage returns one page of a piece of evidence of a case, a picture, or an
// error wrapping org.ErrNotFound.
func (s *Store) EvidencePage(ctx context.Context, id, evidence string, page int) ([]byte, error) {
	var picture []byte
	err := s.snapshot(ctx, func(c conn) error {
		var sealed []byte
		if err := c.row(ctx, `
			SELECT p.content FROM case_pages p JOIN case_evidence e ON e.id = p.evidence_id
			WHERE e.case_id = $1 AND e.id = $2 AND p.page = $3`, id, evidence, page).Scan(&sealed); err != nil {
			return missing(err)
		}
		box, err := s.caseKey(ctx, c, id)
		if err != nil {
			return err
		}
		picture, err = box.Open(sealed, pagePlace(evidence, page))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("page of evidence of case %s: %w", id, err)
	}
	return picture, nil
}

// ReceiptsOf returns what there was of evidence on a case, kept or gone.
func (s *Store) ReceiptsOf(ctx context.Context, id string) ([]standing.Receipt, error) {
	rows, err := s.read.query(ctx, `SELECT kind, hash, at, size FROM case_receipts WHERE case_id = $1 ORDER BY at, evidence_id`, id)
	list, err := collect(rows, err, func(r *sql.Rows) (e standing.Receipt, err error) {
		err = r.Scan((*string)(&e.Kind), &e.Hash, (*instant)(&e.Came), &e.Size)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("receipts of case %s: %w", id, err)
	}
	return list, nil
}

// Queue returns the cases that live, those whose claimant has waited longest first,
// and those that ended last behind them, at most 200 in all; without PIN, token,
// checks and reason.
func (s *Store) Queue(ctx context.Context) ([]standing.Queued, error) {
	rows, err := s.read.query(ctx, `
		SELECT `+caseColumns+`, m.name, o.name,
			COALESCE((SELECT name FROM members WHERE id = c.agent), ''), COALESCE((SELECT name FROM members WHERE id = c.first_by), ''),
			COALESCE((SELECT name FROM members WHERE id = c.second_by), '')
		FROM cases c JOIN members m ON m.id = c.member_id JOIN organisations o ON o.id = c.organisation_id
		ORDER BY CASE WHEN c.state IN ('open', 'second', 'waiting', 'handed', 'frozen') THEN 0 ELSE 1 END,
			CASE WHEN c.asked > 0 THEN 0 ELSE 1 END, c.asked, c.since DESC, c.id LIMIT 200`)
	list, err := collect(rows, err, func(r *sql.Rows) (q standing.Queued, err error) {
		var sealed []byte
		var agent, first, second string
		err = r.Scan(append(caseFields(&q.Case, &sealed), &q.Claimant, &q.Organisation, &agent, &first, &second)...)
		q.Agents = map[org.MemberID]string{q.Agent: agent, q.First: first, q.Second: second}
		delete(q.Agents, "")
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("queue of cases: %w", err)
	}
	for i := range list {
		kinds, err := s.kindsOf(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		list[i].Have = kinds
	}
	return list, nil
}

func (s *Store) kindsOf(ctx context.Context, id string) ([]standing.EvidenceKind, error) {
	rows, err := s.read.query(ctx, `SELECT DISTINCT kind FROM case_evidence WHERE case_id = $1 ORDER BY kind`, id)
	return collect(rows, err, func(r *sql.Rows) (k standing.EvidenceKind, err error) { return k, r.Scan((*string)(&k)) })
}

// Agents returns the active members of the desk with MFA, those with the fewest cases
// first, as they stand to whoever opened a case: Own says that a colleague of theirs
// has the same address.
func (s *Store) Agents(ctx context.Context, claimants org.OrganisationID) ([]standing.Agent, error) {
	rows, err := s.read.query(ctx, `
		SELECT m.id, m.name, m.email,
			(SELECT COUNT(*) FROM cases c WHERE c.state IN ('open', 'second', 'frozen') AND (c.agent = m.id AND c.state = 'open' OR c.second_by = m.id)) AS busy,
			EXISTS (SELECT 1 FROM members x WHERE x.organisation_id = $1 AND x.state <> 'deactivated' AND x.email = m.email)
		FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE o.kind = 'desk' AND m.state = 'active' AND m.mfa_since > 0 ORDER BY busy, m.id`, claimants)
	list, err := collect(rows, err, func(r *sql.Rows) (a standing.Agent, err error) {
		err = r.Scan((*string)(&a.ID), &a.Name, (*string)(&a.Email), &a.Busy, &a.Own)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	return list, nil
}

// Overdue returns the numbers of cases with which something is to be done: of those
// that live without a word of the claimant, of those whose second agent does not come,
// and of those whose evidence goes.
func (s *Store) Overdue(ctx context.Context, d standing.Dues) ([]string, error) {
	rows, err := s.read.query(ctx, `
		SELECT number FROM cases WHERE destroy > 0 AND destroyed = 0 AND (destroy <= $1 OR since <= $4)
		UNION SELECT number FROM cases WHERE state IN ('open', 'second', 'waiting', 'handed', 'frozen') AND heard <= $2
		UNION SELECT number FROM cases WHERE state = 'second' AND picked_at <= $3`, d.Now, d.Heard, d.Picked, d.Ended)
	list, err := collect(rows, err, func(r *sql.Rows) (n string, err error) { return n, r.Scan(&n) })
	if err != nil {
		return nil, fmt.Errorf("overdue cases: %w", err)
	}
	return list, nil
}

// Undestroyed returns the numbers of cases of which something is left that should be
// gone: a key, a page or an entry.
func (s *Store) Undestroyed(ctx context.Context, d standing.Dues) ([]string, error) {
	rows, err := s.read.query(ctx, `
		SELECT c.number FROM cases c
		WHERE (c.destroy > 0 AND c.destroyed = 0 AND (c.destroy <= $1 OR c.since <= $2)) OR (c.destroyed > 0 AND (
			EXISTS (SELECT 1 FROM case_keys k WHERE k.case_id = c.id) OR EXISTS (SELECT 1 FROM case_entries e WHERE e.case_id = c.id)
			OR EXISTS (SELECT 1 FROM case_evidence v WHERE v.case_id = c.id)))
		ORDER BY c.number`, d.Now, d.Ended)
	list, err := collect(rows, err, func(r *sql.Rows) (n string, err error) { return n, r.Scan(&n) })
	if err != nil {
		return nil, fmt.Errorf("evidence that is left: %w", err)
	}
	return list, nil
}

// Traces returns the newest sign-ins of an organisation and tries at them, at most 50.
func (s *Store) Traces(ctx context.Context, m org.MemberID) ([]standing.Trace, error) {
	rows, err := s.read.query(ctx, `
		SELECT e.at, e.kind, COALESCE(m.name, ''), e.origin FROM events e LEFT JOIN members m ON m.id = e.subject
		WHERE e.organisation = (SELECT organisation_id FROM members WHERE id = $1)
			AND e.kind IN ('sign-in.done', 'sign-in.password.wrong', 'sign-in.password.right', 'sign-in.code.wrong', 'recovery.objected', 'password.set-by-mail')
		ORDER BY e.at DESC, e.id DESC LIMIT 50`, m)
	list, err := collect(rows, err, func(r *sql.Rows) (t standing.Trace, err error) {
		err = r.Scan((*instant)(&t.At), (*string)(&t.Kind), &t.Name, fromJSON{&t.Origin})
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("sign-ins of %s's organisation: %w", m, err)
	}
	return list, nil
}

// DeskFigures returns how much there is to do at now, and of the cases that ended or
// were answered since an instant how long that took.
func (s *Store) DeskFigures(ctx context.Context, since time.Time) (standing.DeskFigures, error) {
	var f standing.DeskFigures
	err := s.read.row(ctx, `
		SELECT COALESCE(SUM(CASE WHEN state IN ('open', 'second', 'waiting', 'handed', 'frozen') THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN asked > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(refused), 0) FROM cases`).Scan(&f.Open, &f.Waiting, &f.Refused)
	if err != nil {
		return f, fmt.Errorf("figures of the desk: %w", err)
	}
	rows, err := s.read.query(ctx, `
		SELECT created, answered, CASE WHEN second_at > 0 THEN second_at WHEN state = 'rejected' THEN since ELSE 0 END FROM cases WHERE created > $1`, since)
	type took struct{ created, answered, verdict time.Time }
	list, err := collect(rows, err, func(r *sql.Rows) (t took, err error) {
		err = r.Scan((*instant)(&t.created), (*instant)(&t.answered), (*instant)(&t.verdict))
		return t, err
	})
	if err != nil {
		return f, fmt.Errorf("figures of the desk: %w", err)
	}
	for _, t := range list {
		if !t.answered.IsZero() {
			f.Answers = append(f.Answers, t.answered.Sub(t.created))
		}
		if !t.verdict.IsZero() {
			f.Verdicts = append(f.Verdicts, t.verdict.Sub(t.created))
		}
	}
	return f, nil
}

// DeskHours returns the working hours of the desk at now; without one those that are
// usual.
func (s *Store) DeskHours(ctx context.Context, now time.Time) (org.WorkingHours, error) {
	var o org.Organisation
	err := s.read.row(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.kind = 'desk' LIMIT 1`).Scan(organisationFields(&o)...)
	if errors.Is(err, sql.ErrNoRows) {
		return org.DefaultHours, nil
	}
	if err != nil {
		return org.WorkingHours{}, fmt.Errorf("hours of the desk: %w", err)
	}
	return o.Recovery(now).Working(), nil
}
