package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Settle locks an organisation, calls decide with it and its administrators, and
// saves what it returns in one transaction. Where a colleague changes it, nothing
// is saved unless their row is what it was and their session lives. decide runs
// again after a conflict with another transaction, so it must not do I/O; its
// error is returned as it is. Settle returns an error wrapping org.ErrNotFound if
// there is no such organisation, and one wrapping standing.ErrTaken if the
// colleague's row has changed, the session has ended, or another organisation has
// the name. After any error nothing is saved.
//
// A RememberFrom that becomes zero ends every remembered device, and the sessions
// in which one stood in for the factor.
func (s *Store) Settle(
	ctx context.Context, o org.OrganisationID, by standing.Giver, decide func(standing.House) (standing.Settling, error),
) error {
	var undecided error
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		undecided = nil
		// Members before their organisation: everything that takes both does so.
		if err := t.needGiver(ctx, o, by); err != nil {
			return err
		}
		if locked, err := t.exec(ctx, `UPDATE organisations SET version = version + 1 WHERE id = $1`, o); err != nil || locked == 0 {
			return orMissing(err)
		}
		before, err := loadHouse(ctx, t.conn, o)
		if err != nil {
			return err
		}
		settling, err := decide(before)
		if err != nil {
			undecided = err
			return err
		}
		return t.settle(ctx, before.Organisation, settling)
	})
	if undecided != nil {
		return undecided
	}
	if err != nil {
		return fmt.Errorf("settle organisation %s: %w", o, s.taken(err))
	}
	return nil
}

func orMissing(err error) error {
	if err == nil {
		err = org.ErrNotFound
	}
	return err
}

// needGiver holds a colleague to what was known of them, and locks their row.
func (t *tx) needGiver(ctx context.Context, o org.OrganisationID, by standing.Giver) error {
	if by.As == nil {
		return nil
	}
	on := subject{by.As.Member.ID, o}
	for _, e := range []standing.Effect{
		standing.NeedColleague{Member: by.As.Member.ID, Version: by.As.Version}, standing.NeedSession{ID: by.As.Session.ID},
	} {
		if err := t.apply(ctx, on, e); err != nil {
			return err
		}
	}
	return nil
}

// loadHouse reads an organisation and its administrators.
func loadHouse(ctx context.Context, c conn, id org.OrganisationID) (standing.House, error) {
	var h standing.House
	err := c.row(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, id).Scan(organisationFields(&h.Organisation)...)
	if err != nil {
		return h, missing(err)
	}
	if err := c.row(ctx, `
		SELECT COALESCE(MAX(suspended_since), 0) FROM members WHERE organisation_id = $1 AND suspended_until > 0`, id).Scan((*instant)(&h.LastSuspended)); err != nil {
		return h, err
	}
	rows, err := c.query(ctx, `
		SELECT m.id, m.name, m.state, `+toldIn+`, m.email, m.backup_email
		FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE m.organisation_id = $1 AND m.state <> 'deactivated' AND m.role IN ('administrator', 'lead')
		ORDER BY m.name, m.id`, id)
	h.Administrators, err = collect(rows, err, func(r *sql.Rows) (standing.Addressee, error) {
		var a standing.Addressee
		var signIn, backup org.Email
		err := r.Scan(&a.ID, &a.Name, &a.State, &a.Language, &signIn, &backup)
		a.Addresses = []org.Email{signIn}
		if backup != "" && backup != signIn {
			a.Addresses = append(a.Addresses, backup)
		}
		return a, err
	})
	return h, err
}

// House returns an organisation and its administrators at one instant, or an error
// wrapping org.ErrNotFound.
func (s *Store) House(ctx context.Context, o org.OrganisationID) (h standing.House, err error) {
	err = s.snapshot(ctx, func(c conn) (err error) {
		h, err = loadHouse(ctx, c, o)
		return err
	})
	if err != nil {
		return standing.House{}, fmt.Errorf("organisation %s: %w", o, err)
	}
	return h, nil
}

// settle saves a change to an organisation whose row is locked.
func (t *tx) settle(ctx context.Context, before org.Organisation, d standing.Settling) error {
	to := d.Organisation
	policy, err := toJSON(to.Policy)
	if err != nil {
		return err
	}
	next, err := toJSON(to.NextPolicy)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
		UPDATE organisations SET name = $2, language = $3, mfa_forced = $4, mfa_forced_since = $5, mfa_forced_by = $6, grace_until = $7,
			mfa_off_until = $8, recovery = $9, recovery_next = $10, recovery_next_from = $11, remember_from = $12
		WHERE id = $1`, before.ID, to.Name, to.Language, to.MFA.Forced, to.MFA.ForcedSince, to.MFA.ForcedBy, to.MFA.GraceUntil,
		to.MFA.OffUntil, policy, next, to.NextFrom, to.RememberFrom); err != nil {
		return err
	}
	if to.RememberFrom.IsZero() && !before.RememberFrom.IsZero() {
		if err := t.forgetEverybody(ctx, before.ID); err != nil {
			return err
		}
	}
	if err := t.record(ctx, d.Events); err != nil {
		return err
	}
	return t.post(ctx, d.Notices)
}

// CutShort returns up to limit members whose suspension forcing has ended before
// its time, of every organisation where o is empty. Whether that is so is for the
// rules to say: those whose forcing comes back by itself are among them.
func (s *Store) CutShort(ctx context.Context, o org.OrganisationID, now time.Time, limit int) ([]org.MemberID, error) {
	rows, err := s.read.query(ctx, `
		SELECT m.id FROM members m JOIN organisations o ON o.id = m.organisation_id
		WHERE m.suspended_until > 0 AND ($1 = '' OR o.id = $1) AND m.state = 'active'
			AND ((m.suspended_since <= o.mfa_forced_since AND o.mfa_forced_since < m.suspended_until)
				OR (o.mfa_forced AND o.mfa_off_until <= $2 AND m.suspended_since <= o.mfa_off_until AND o.mfa_off_until < m.suspended_until))
		ORDER BY m.id LIMIT $3`, o, now, limit)
	list, err := collect(rows, err, func(r *sql.Rows) (id org.MemberID, err error) {
		return id, r.Scan((*string)(&id))
	})
	if err != nil {
		return nil, fmt.Errorf("suspensions that forcing has ended: %w", err)
	}
	return list, nil
}
