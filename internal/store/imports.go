package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// SaveImport keeps a list until it is confirmed, in place of an earlier one of
// the same session. It returns an error wrapping standing.ErrTaken if the session
// has ended.
func (s *Store) SaveImport(ctx context.Context, i standing.Import) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		box, err := s.box(ctx, t.conn, i.Organisation)
		if err != nil {
			return err
		}
		content, err := box.Seal(i.File, place("imports", "content", i.ID))
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM imports WHERE session_id = $1`, i.Session); err != nil {
			return err
		}
		if _, err := t.once(ctx, `
			UPDATE sessions SET id = id WHERE id = $1 AND member_id = (SELECT id FROM members WHERE id = $2 AND organisation_id = $3)`,
			i.Session, i.Member, i.Organisation); err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO imports (id, organisation_id, member_id, session_id, content, created, expires)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, i.ID, i.Organisation, i.Member, i.Session, content, i.Created, i.Expires)
		return err
	})
	if err != nil {
		return fmt.Errorf("save import %s: %w", i.ID, err)
	}
	return nil
}

// Import returns the list id that waits in a session, expired or not, or an error
// wrapping org.ErrNotFound.
func (s *Store) Import(ctx context.Context, id string, in session.Hash) (standing.Import, error) {
	i := standing.Import{ID: id, Session: in}
	var sealed []byte
	err := s.read.row(ctx, `
		SELECT organisation_id, member_id, content, created, expires FROM imports WHERE id = $1 AND session_id = $2`, id, in).Scan(
		(*string)(&i.Organisation), (*string)(&i.Member), &sealed, (*instant)(&i.Created), (*instant)(&i.Expires))
	if err != nil {
		return standing.Import{}, fmt.Errorf("import %s: %w", id, missing(err))
	}
	box, err := s.box(ctx, s.read, i.Organisation)
	if err != nil {
		return standing.Import{}, fmt.Errorf("import %s: %w", id, err)
	}
	if i.File, err = box.Open(sealed, place("imports", "content", id)); err != nil {
		return standing.Import{}, fmt.Errorf("import %s: %w", id, err)
	}
	return i, nil
}

// Roll returns what organisation o has of those addresses, at one instant.
func (s *Store) Roll(ctx context.Context, o org.OrganisationID, addresses []org.Email) (standing.Roll, error) {
	var roll standing.Roll
	err := s.snapshot(ctx, func(c conn) (err error) {
		roll, err = loadRoll(ctx, c, o, addresses)
		return err
	})
	if err != nil {
		return standing.Roll{}, fmt.Errorf("roll of organisation %s: %w", o, err)
	}
	return roll, nil
}

func loadRoll(ctx context.Context, c conn, o org.OrganisationID, addresses []org.Email) (standing.Roll, error) {
	roll := standing.Roll{States: make(map[org.Email]org.State)}
	rows, err := c.query(ctx, `SELECT id, organisation_id, name FROM teams WHERE organisation_id = $1 ORDER BY folded`, o)
	if roll.Teams, err = collect(rows, err, scanTeam); err != nil {
		return standing.Roll{}, err
	}
	err = inGroups(addresses, 1, func(group []org.Email) error {
		args := []any{o}
		for _, address := range group {
			args = append(args, address)
		}
		rows, err := c.query(ctx, `SELECT email, state FROM members WHERE organisation_id = $1 AND email IN `+parameters(2, len(group)), args...)
		type known struct {
			address org.Email
			state   org.State
		}
		list, err := collect(rows, err, func(r *sql.Rows) (k known, err error) {
			return k, r.Scan((*string)(&k.address), (*string)(&k.state))
		})
		for _, k := range list {
			roll.States[k.address] = k.state
		}
		return err
	})
	return roll, err
}

func scanTeam(r *sql.Rows) (team org.Team, err error) {
	return team, r.Scan((*string)(&team.ID), (*string)(&team.Organisation), &team.Name)
}

// parameters returns count parameters in brackets, the first with a number.
func parameters(first, count int) string {
	text := "("
	for n := range count {
		if n > 0 {
			text += ", "
		}
		text += fmt.Sprintf("$%d", first+n)
	}
	return text + ")"
}

// admitTime is how long an admission may take: everybody on the longest list is
// added in one transaction.
const admitTime = 5 * time.Minute

// Admit adds everybody on a list, or nobody. It calls decide with what the
// organisation has of those addresses, and saves what that returns in one transaction, in
// which the import ends; the error of decide is returned as it is, and then the
// import stays. decide may run again, so it does no I/O. Admit returns an error
// wrapping standing.ErrTaken if the import has ended, or if someone else adds one
// of the members or teams at the same time.
func (s *Store) Admit(ctx context.Context, i standing.Import, addresses []org.Email, decide func(standing.Roll) (standing.Admission, error)) error {
	var undecided error
	err := s.transactFor(ctx, admitTime, func(ctx context.Context, t *tx) error {
		undecided = nil
		if _, err := t.once(ctx, `DELETE FROM imports WHERE id = $1 AND session_id = $2`, i.ID, i.Session); err != nil {
			return err
		}
		roll, err := loadRoll(ctx, t.conn, i.Organisation, addresses)
		if err != nil {
			return err
		}
		admission, err := decide(roll)
		if err != nil {
			undecided = err
			return err
		}
		return t.admit(ctx, subject{i.Member, i.Organisation}, admission)
	})
	if undecided != nil {
		return undecided
	}
	if err != nil {
		return fmt.Errorf("admit import %s: %w", i.ID, s.taken(err))
	}
	return nil
}

// admittedAtOnce bounds how many newcomers are in memory at once.
const admittedAtOnce = 500

func (t *tx) admit(ctx context.Context, by subject, a standing.Admission) error {
	for _, team := range a.Teams {
		if err := t.addTeam(ctx, team); err != nil {
			return err
		}
	}
	for first := 0; first < a.Count; first += admittedAtOnce {
		var group []standing.Newcomer
		for i := first; i < min(first+admittedAtOnce, a.Count); i++ {
			n, err := a.Newcomer(i)
			if err != nil {
				return err
			}
			if n.Member.Organisation != by.organisation || n.Link.Member != n.Member.ID {
				return errForeign
			}
			group = append(group, n)
		}
		if err := t.admitGroup(ctx, group); err != nil {
			return err
		}
	}
	return t.save(ctx, by, a.After)
}

func (t *tx) admitGroup(ctx context.Context, group []standing.Newcomer) error {
	var events []audit.Event
	var letters []notice.Message
	members := rowsOf{into: `members (id, organisation_id, team_id, name, email, phone, language, state, role, role_since, created, phone_since, status, code_salt)`, columns: 14}
	links := rowsOf{into: `links (id, member_id, purpose, address, about, created, expires, used)`, columns: 8}
	mails := rowsOf{into: `mails_sent (id, subject, purpose, bound, at)`, columns: 5}
	for _, n := range group {
		m, l := n.Member, n.Link
		members.add(m.ID, m.Organisation, orNull(m.Team), m.Name, m.Email, m.Phone, m.Language, m.State, m.Stored, m.Created, m.Created, m.Created, standing.Settled, []byte{})
		links.add(l.ID, l.Member, l.Purpose, l.Address, l.About, l.Created, l.Expires, l.Used)
		mails.add(t.store.newID(), m.ID, l.Purpose, "", l.Created)
		t.relist(m.ID)
		events = append(events, n.Events...)
		letters = append(letters, n.Letters...)
	}
	for _, rows := range []rowsOf{members, links, mails} {
		if err := t.insert(ctx, rows); err != nil {
			return err
		}
	}
	if err := t.record(ctx, events); err != nil {
		return err
	}
	return t.postAs(ctx, letters, true)
}

// orNull returns the id of a team as it is kept: NULL is in none.
func orNull(team org.TeamID) any {
	if team == "" {
		return nil
	}
	return team
}

// rowsOf are rows that are inserted together.
type rowsOf struct {
	into    string // table and columns
	columns int
	args    [][]any
}

func (r *rowsOf) add(values ...any) { r.args = append(r.args, values) }

func (t *tx) insert(ctx context.Context, r rowsOf) error {
	return inGroups(r.args, r.columns, func(group [][]any) error {
		args := make([]any, 0, len(group)*r.columns)
		for _, values := range group {
			if len(values) != r.columns {
				return errors.New("a row has another number of columns")
			}
			args = append(args, values...)
		}
		_, err := t.exec(ctx, `INSERT INTO `+r.into+` VALUES `+tuples(len(group), r.columns), args...)
		return err
	})
}
