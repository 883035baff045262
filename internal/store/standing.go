package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// missing turns "no row" into org.ErrNotFound.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return org.ErrNotFound
	}
	return err
}

// Standing returns what is known of member m at one instant, or an error
// wrapping org.ErrNotFound.
func (s *Store) Standing(ctx context.Context, m org.MemberID) (standing.Standing, error) {
	var st standing.Standing
	err := s.snapshot(ctx, func(c conn) (err error) {
		st, err = s.load(ctx, c, m)
		return err
	})
	if err != nil {
		return standing.Standing{}, fmt.Errorf("standing of %s: %w", m, err)
	}
	return st, nil
}

// Update locks member m, calls decide with their standing and saves what it
// returns in one transaction: effects in their order, then events and messages.
// decide runs again after a conflict with another transaction, so it must not
// do I/O; its error is returned as it is. Update returns an error wrapping
// org.ErrNotFound if there is no such member, and one wrapping
// standing.ErrTaken if an effect came too late. After any error nothing of the
// decision is saved.
func (s *Store) Update(ctx context.Context, m org.MemberID, decide func(standing.Standing) (standing.Decision, error)) error {
	var undecided error
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		undecided = nil
		if err := t.lock(ctx, m); err != nil {
			return err
		}
		st, err := s.load(ctx, t.conn, m)
		if err != nil {
			return err
		}
		decision, err := decide(st)
		if err != nil {
			undecided = err
			return err
		}
		return t.save(ctx, subject{m, st.Organisation.ID}, decision)
	})
	if undecided != nil {
		return undecided
	}
	if err != nil {
		return fmt.Errorf("update member %s: %w", m, err)
	}
	return nil
}

// lock makes every other step about m wait until the transaction ends. It raises
// no version: save does, where what is saved changes what others know of m.
func (t *tx) lock(ctx context.Context, m org.MemberID) error {
	return t.touch(ctx, `UPDATE members SET version = version WHERE id = $1`, m)
}

// raise locks as lock does, and says that what others know of m has changed.
func (t *tx) raise(ctx context.Context, m org.MemberID) error {
	return t.touch(ctx, `UPDATE members SET version = version + 1 WHERE id = $1`, m)
}

func (t *tx) touch(ctx context.Context, query string, m org.MemberID) error {
	touched, err := t.exec(ctx, query, m)
	if err == nil && touched == 0 {
		return org.ErrNotFound
	}
	return err
}

// load reads m's standing.
func (s *Store) load(ctx context.Context, c conn, m org.MemberID) (standing.Standing, error) {
	var changed, helpUntil time.Time
	st, err := loadMember(ctx, c, m, &changed, &helpUntil)
	if err != nil {
		return standing.Standing{}, err
	}
	if st.Authenticators, err = s.loadAuthenticators(ctx, c, st); err != nil {
		return standing.Standing{}, err
	}
	if st.Codes.Codes, st.CodesMade, err = loadCodes(ctx, c, m); err != nil {
		return standing.Standing{}, err
	}
	if st.Mails, err = loadMails(ctx, c, m); err != nil {
		return standing.Standing{}, err
	}
	if st.Changes, err = loadChanges(ctx, c, m, changed); err != nil {
		return standing.Standing{}, err
	}
	if st.Requests, err = s.loadRequests(ctx, c, st, helpUntil); err != nil {
		return standing.Standing{}, err
	}
	if st.Member.Stored == org.Administrator {
		if err := s.loadCase(ctx, c, &st); err != nil {
			return standing.Standing{}, err
		}
	}
	if st.Organisation.RememberFrom.IsZero() {
		return st, nil // nobody's device is remembered: it need not be asked
	}
	if st.Remembered, err = loadRemembered(ctx, c, m); err != nil {
		return standing.Standing{}, err
	}
	return st, nil
}

// loadMember reads the rows of m and their organisation, and when something of m
// was last changed by others and until when a request for help may live.
func loadMember(ctx context.Context, c conn, m org.MemberID, changed, helpUntil *time.Time) (standing.Standing, error) {
	var st standing.Standing
	fields := append(memberFields(&st.Member), organisationFields(&st.Organisation)...)
	fields = append(fields,
		&st.Password.Hash, (*instant)(&st.Password.Set), &st.Password.ByMail, &st.Password.Long, &st.Password.Ended,
		(*instant)(&st.MFASince), &st.Status, (*instant)(&st.StatusSince), (*instant)(&st.Proved), &st.WrongCodes, fromJSON{&st.Objected},
		&st.BackupEmail.Address, (*instant)(&st.BackupEmail.Confirmed), (*instant)(&st.BackupEmail.UsableFrom), &st.Codes.Salt,
		(*instant)(changed), (*instant)(helpUntil), (*instant)(&st.PhoneSince))
	fields = append(append(fields, suspensionFields(&st.Suspension)...), passFields(&st.Pass)...)
	err := c.row(ctx, `
		SELECT `+memberColumns+`, `+organisationColumns+`,
			m.password_hash, m.password_set, m.password_by_mail, m.password_long, m.password_ended,
			m.mfa_since, m.status, m.status_since, m.proved_at, m.wrong_codes, m.objected,
			m.backup_email, m.backup_email_confirmed, m.backup_email_usable_from, m.code_salt, m.changed, m.help_until, m.phone_since,
			`+suspensionColumns+`, `+passColumns+`
		FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE m.id = $1`, m).Scan(fields...)
	if len(st.Codes.Salt) == 0 {
		st.Codes.Salt = nil
	}
	return st, missing(err)
}

// loadAuthenticators returns the member's authenticators, the oldest first.
func (s *Store) loadAuthenticators(ctx context.Context, c conn, st standing.Standing) ([]factor.Authenticator, error) {
	rows, err := c.query(ctx, `
		SELECT id, name, secret, added, last_used, last_step, powers_from
		FROM authenticators WHERE member_id = $1 ORDER BY added, id`, st.Member.ID)
	list, err := collect(rows, err, func(r *sql.Rows) (factor.Authenticator, error) {
		var a factor.Authenticator
		var sealed []byte
		err := r.Scan(&a.ID, &a.Name, &sealed, (*instant)(&a.Added), (*instant)(&a.LastUsed), &a.LastStep, (*instant)(&a.PowersFrom))
		a.Secret = factor.SecretFromBytes(sealed)
		return a, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	// The rows are closed by now: a transaction reads one result at a time.
	box, err := s.box(ctx, c, st.Organisation.ID)
	if err != nil {
		return nil, err
	}
	for i, a := range list {
		key, err := box.Open(a.Secret.Bytes(), place("authenticators", "secret", string(a.ID)))
		if err != nil {
			return nil, err
		}
		list[i].Secret = factor.SecretFromBytes(key)
	}
	return list, nil
}

// loadCodes returns the member's backup codes in the order of their set, and when
// they were made.
func loadCodes(ctx context.Context, c conn, m org.MemberID) (codes []factor.StoredCode, made time.Time, err error) {
	rows, err := c.query(ctx, `
		SELECT id, hash, spent <> 0, made FROM backup_codes WHERE member_id = $1 ORDER BY place`, m)
	list, err := collect(rows, err, func(r *sql.Rows) (factor.StoredCode, error) {
		var code factor.StoredCode
		err := r.Scan(&code.ID, &code.Hash, &code.Spent, (*instant)(&made))
		return code, err
	})
	if len(list) == 0 {
		return nil, time.Time{}, err
	}
	return list, made, err
}

// maxMails is more than may go in an hour for every purpose together.
const maxMails = 200

// loadMails returns when mails went to m lately, the newest first. Purge forgets
// those older than throttle.MailWindow.
func loadMails(ctx context.Context, c conn, m org.MemberID) ([]standing.Mail, error) {
	rows, err := c.query(ctx, `SELECT purpose, bound, at FROM mails_sent WHERE subject = $1 ORDER BY at DESC LIMIT $2`, m, maxMails)
	list, err := collect(rows, err, func(r *sql.Rows) (mail standing.Mail, err error) {
		err = r.Scan(&mail.Purpose, &mail.Bound, (*instant)(&mail.At))
		return mail, err
	})
	if len(list) == 0 {
		return nil, err
	}
	return list, err
}

// Helpers returns who may be turned to for member m: the active supervisors of
// m's team first, then the organisation's other active administrators (at the
// desk, its leads), each once and never m. It is empty if there are none, or no
// such member.
func (s *Store) Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error) {
	rows, err := s.read.query(ctx, `
		WITH me AS (SELECT organisation_id, team_id FROM members WHERE id = $1),
		helpers AS (
			SELECT ts.member_id AS id, 0 AS place
			FROM me JOIN team_supervisors ts ON ts.team_id = me.team_id
			UNION ALL
			SELECT m.id, 1 AS place
			FROM me JOIN members m ON m.organisation_id = me.organisation_id AND m.role IN ('administrator', 'lead')
		)
		SELECT m.id, m.name, m.role, m.phone, m.email, `+toldIn+`, MIN(h.place) = 0 AS supervises
		FROM helpers h JOIN members m ON m.id = h.id JOIN organisations o ON o.id = m.organisation_id
		WHERE m.state = 'active' AND m.id <> $1
		GROUP BY m.id, m.name, m.role, m.phone, m.email, m.language, o.language
		ORDER BY MIN(h.place), m.name, m.id`, m)
	list, err := collect(rows, err, func(r *sql.Rows) (standing.Helper, error) {
		var h standing.Helper
		var shown org.Member
		err := r.Scan(&h.ID, &h.Name, &shown.Stored, &h.Phone, &h.Email, &h.Language, &shown.Supervises)
		h.Role = shown.Role()
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("helpers of %s: %w", m, err)
	}
	return list, nil
}

// toldIn is the language in which a member m of organisation o is told things.
const toldIn = `COALESCE(NULLIF(m.language, ''), o.language)`

// Administrators returns the active administrators of an organisation (at the
// desk, its leads), by name. It is empty if there are none, or no such
// organisation.
func (s *Store) Administrators(ctx context.Context, o org.OrganisationID) ([]standing.Helper, error) {
	rows, err := s.read.query(ctx, `
		SELECT m.id, m.name, m.role, m.phone, m.email, `+toldIn+`
		FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE m.organisation_id = $1 AND m.state = 'active' AND m.role IN ('administrator', 'lead')
		ORDER BY m.name, m.id`, o)
	list, err := collect(rows, err, func(r *sql.Rows) (h standing.Helper, err error) {
		err = r.Scan(&h.ID, &h.Name, &h.Role, &h.Phone, &h.Email, &h.Language)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("administrators of organisation %s: %w", o, err)
	}
	return list, nil
}
