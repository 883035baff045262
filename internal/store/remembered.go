package store

import (
	"context"
	"database/sql"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// applyRemembered saves the effects on remembered devices.
func (t *tx) applyRemembered(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.Remember:
		return true, t.remember(ctx, m, e.Device)
	case standing.TurnToken:
		return t.once(ctx, `
			UPDATE remembered SET token = $4, token_before = $3, turned = $5, used = $5, address = $6, browser = $7
			WHERE member_id = $1 AND id = $2 AND token = $3`,
			m, e.ID, e.From, e.To, e.At, e.Origin.Address, e.Origin.Browser)
	case standing.ForgetRemembered:
		if _, err := t.exec(ctx, `
			DELETE FROM sessions WHERE member_id = $1 AND remembered = $2 AND id <> $3`, m, e.ID, e.Except); err != nil {
			return true, err
		}
		return t.all(ctx, `DELETE FROM remembered WHERE member_id = $1 AND id = $2`, m, e.ID)
	case standing.ForgetAllRemembered:
		return t.all(ctx, `DELETE FROM remembered WHERE member_id = $1 AND id <> $2`, m, e.Except)
	}
	return false, nil
}

func (t *tx) remember(ctx context.Context, m org.MemberID, r session.Remembered) error {
	if r.Member != m {
		return errForeign
	}
	_, err := t.exec(ctx, `
		INSERT INTO remembered (id, member_id, token, token_before, turned, device, created, expires, used, address, browser)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.ID, m, r.Token, r.Before, r.Turned, r.Device, r.Created, r.Expires, r.Used, r.Origin.Address, r.Origin.Browser)
	return err
}

// loadRemembered returns the member's remembered devices, the oldest first.
func loadRemembered(ctx context.Context, c conn, m org.MemberID) ([]session.Remembered, error) {
	rows, err := c.query(ctx, `
		SELECT id, token, token_before, turned, device, created, expires, used, address, browser
		FROM remembered WHERE member_id = $1 ORDER BY created, id`, m)
	list, err := collect(rows, err, func(r *sql.Rows) (session.Remembered, error) {
		d := session.Remembered{Member: m}
		err := r.Scan((*string)(&d.ID), (*string)(&d.Token), (*string)(&d.Before), (*instant)(&d.Turned), (*string)(&d.Device),
			(*instant)(&d.Created), (*instant)(&d.Expires), (*instant)(&d.Used), &d.Origin.Address, &d.Origin.Browser)
		return d, err
	})
	if len(list) == 0 {
		return nil, err
	}
	return list, err
}

// forgetEverybody has no device of an organisation's members remembered.
func (t *tx) forgetEverybody(ctx context.Context, o org.OrganisationID) error {
	const theirs = `member_id IN (SELECT id FROM members WHERE organisation_id = $1)`
	if _, err := t.exec(ctx, `DELETE FROM remembered WHERE `+theirs, o); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE came_by = $2 AND factor_proved = 0 AND `+theirs, o, session.ByRemembered)
	return err
}
