package store

import (
	"context"
	"fmt"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// MailCode returns the code that was mailed for a purpose to be typed in the
// browser of a challenge or session, open or not, or an error wrapping
// org.ErrNotFound.
func (s *Store) MailCode(ctx context.Context, p standing.Purpose, bound session.Hash) (standing.MailCode, error) {
	c := standing.MailCode{Purpose: p, Bound: bound}
	var o org.OrganisationID
	var sealed []byte
	err := s.read.row(ctx, `
		SELECT c.id, c.member_id, c.content, c.sent, c.expires, c.tries, m.organisation_id
		FROM mail_codes c JOIN members m ON m.id = c.member_id
		WHERE c.bound = $1 AND c.purpose = $2`, bound, p).Scan(
		&c.ID, &c.Member, &sealed, (*instant)(&c.Sent), (*instant)(&c.Expires), &c.Tries, &o)
	if err != nil {
		return standing.MailCode{}, fmt.Errorf("mail code for %s: %w", p, missing(err))
	}
	var content mailCodeContent
	if err := s.open(ctx, o, sealed, place("mail_codes", "content", c.ID), &content); err != nil {
		return standing.MailCode{}, fmt.Errorf("mail code for %s: %w", p, err)
	}
	c.Code, c.Address = content.Code, content.Address
	return c, nil
}

// open opens sealed JSON of an organisation.
func (s *Store) open(ctx context.Context, o org.OrganisationID, sealed []byte, where string, into any) error {
	box, err := s.box(ctx, s.read, o)
	if err != nil {
		return err
	}
	return openJSON(box, sealed, where, into)
}

// SetUp returns the set-up under way in a session, expired or not, or an error
// wrapping org.ErrNotFound.
func (s *Store) SetUp(ctx context.Context, id session.Hash) (standing.SetUp, error) {
	u := standing.SetUp{Session: id}
	var o org.OrganisationID
	var sealed []byte
	err := s.read.row(ctx, `
		SELECT u.member_id, u.stage, u.kind, u.guarded, u.content, u.begun, u.expires, m.organisation_id
		FROM set_ups u JOIN members m ON m.id = u.member_id WHERE u.session_id = $1`, id).Scan(
		&u.Member, &u.Stage, &u.Kind, &u.Guarded, &sealed, (*instant)(&u.Begun), (*instant)(&u.Expires), &o)
	if err != nil {
		return standing.SetUp{}, fmt.Errorf("set-up: %w", missing(err))
	}
	var content setUpContent
	if err := s.open(ctx, o, sealed, setUpPlace(u.Member), &content); err != nil {
		return standing.SetUp{}, fmt.Errorf("set-up: %w", err)
	}
	u.Secret = factor.SecretFromBytes(content.Secret)
	u.Codes, u.Set, u.Address = content.Codes, content.Set, content.Address
	return u, nil
}

// Link returns what a mailed link gives, open or not, or an error wrapping
// org.ErrNotFound.
func (s *Store) Link(ctx context.Context, id session.Hash) (standing.Link, error) {
	l := standing.Link{ID: id}
	err := s.read.row(ctx, `
		SELECT member_id, purpose, address, about, created, expires, used FROM links WHERE id = $1`, id).Scan(
		&l.Member, &l.Purpose, &l.Address, &l.About, (*instant)(&l.Created), (*instant)(&l.Expires), (*instant)(&l.Used))
	if err != nil {
		return standing.Link{}, fmt.Errorf("link: %w", missing(err))
	}
	return l, nil
}
