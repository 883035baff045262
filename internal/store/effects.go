package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A subject is the member that a transaction is about. It holds their lock.
type subject struct {
	member       org.MemberID
	organisation org.OrganisationID
}

// errForeign says that an effect names another member than the one it is for.
var errForeign = errors.New("the effect is about another member")

// save saves a decision about the subject.
func (t *tx) save(ctx context.Context, on subject, d standing.Decision) error {
	seen := false
	for _, e := range d.Effects {
		if err := t.apply(ctx, on, e); err != nil {
			return fmt.Errorf("%T: %w", e, err)
		}
		seen = seen || !unseen(e)
		if !listingStays(e) {
			t.relist(on.member)
		}
	}
	// Last, for one of the effects may ask what version the subject has itself.
	if seen {
		if err := t.raise(ctx, on.member); err != nil && !errors.Is(err, org.ErrNotFound) { // who is erased has no row
			return err
		}
	}
	if err := t.record(ctx, d.Events); err != nil {
		return err
	}
	return t.post(ctx, d.Notices)
}

// unseen reports whether an effect changes nothing that a session shows of the
// member or a colleague is held to: what anybody does who has a password, or tries
// to have it. It raises no version, so that nobody can keep a colleague from
// helping by knocking at their door.
func unseen(e standing.Effect) bool {
	switch e.(type) {
	case standing.CountWrongCode, standing.OpenChallenge, standing.CloseChallenge, standing.CountMail, standing.SaveMailCode,
		standing.AddRequest, standing.SetRequest, standing.TurnBrowser,
		standing.AddCase, standing.SetCase, standing.AddEntry, standing.KeepEvidence, standing.DropEvidence,
		standing.AdmitBrowser, standing.DismissBrowsers, standing.DestroyEvidence:
		return true
	}
	return false
}

// apply saves one effect. One that can be had once gives standing.ErrTaken if
// it was had.
func (t *tx) apply(ctx context.Context, on subject, e standing.Effect) error {
	for _, topic := range []func(context.Context, subject, standing.Effect) (bool, error){
		t.applyMember, t.applyPerson, t.applyGiven, t.applyTeam, t.applyRequest, t.applyFactor, t.applySession, t.applyRemembered, t.applyCase, t.applyPending,
	} {
		if known, err := topic(ctx, on, e); known {
			return err
		}
	}
	return errors.New("nobody knows how to save this effect")
}

// all changes any number of rows.
func (t *tx) all(ctx context.Context, statement string, args ...any) (bool, error) {
	_, err := t.exec(ctx, statement, args...)
	return true, err
}

// once changes one row, or returns standing.ErrTaken if there was none to change.
func (t *tx) once(ctx context.Context, statement string, args ...any) (bool, error) {
	changed, err := t.exec(ctx, statement, args...)
	if err == nil && changed == 0 {
		err = standing.ErrTaken
	}
	return true, err
}

// applyMember saves the effects on what the member is.
func (t *tx) applyMember(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.SetStatus:
		return t.all(ctx, `UPDATE members SET status = $2, status_since = $3 WHERE id = $1`, m, e.Status, e.At)
	case standing.SetPassword:
		p := e.Password
		return t.all(ctx, `
			UPDATE members SET password_hash = $2, password_set = $3, password_by_mail = $4, password_long = $5, password_ended = $6,
				wrong_codes = CASE WHEN $6 THEN wrong_codes ELSE 0 END
			WHERE id = $1`, m, p.Hash, p.Set, p.ByMail, p.Long, p.Ended)
	case standing.SetLanguage:
		return t.all(ctx, `UPDATE members SET language = $2 WHERE id = $1`, m, e.Language)
	case standing.Activate:
		// With another administrator others are no longer alone (see alone).
		if _, err := t.exec(ctx, `
			UPDATE organisations SET version = version + 1
			WHERE id = $2 AND EXISTS (SELECT 1 FROM members WHERE id = $1 AND role IN ('administrator', 'lead'))`, m, on.organisation); err != nil {
			return true, err
		}
		return t.all(ctx, `UPDATE members SET state = 'active' WHERE id = $1 AND state = 'invited'`, m)
	case standing.SetMFA:
		return t.all(ctx, `UPDATE members SET mfa_since = $2 WHERE id = $1`, m, e.Since)
	case standing.SetBackupEmail:
		b := e.BackupEmail
		return t.all(ctx, `
			UPDATE members SET backup_email = $2, backup_email_confirmed = $3, backup_email_usable_from = $4
			WHERE id = $1`, m, b.Address, b.Confirmed, b.UsableFrom)
	case standing.MarkProved:
		return t.all(ctx, `UPDATE members SET proved_at = $2, wrong_codes = 0 WHERE id = $1`, m, e.At)
	case standing.ForgetWrongCodes:
		return t.all(ctx, `UPDATE members SET wrong_codes = 0 WHERE id = $1`, m)
	case standing.CountWrongCode:
		return t.all(ctx, `UPDATE members SET wrong_codes = wrong_codes + 1 WHERE id = $1`, m)
	case standing.NoteObjection:
		return true, t.noteObjection(ctx, m, e.Objection)
	}
	return false, nil
}

// applyGiven saves the effects of what others do about the member.
func (t *tx) applyGiven(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.SetSuspension:
		s := e.Suspension
		if !s.Since.IsZero() {
			// Forcing may come on at the same time: whoever comes second sees it.
			if known, err := t.once(ctx, `
				UPDATE organisations SET version = version + 1
				WHERE id = $1 AND (mfa_forced = FALSE OR mfa_off_until > $2)`, on.organisation, s.Since); err != nil {
				return known, err
			}
		}
		return t.all(ctx, `
			UPDATE members SET suspended_since = $2, suspended_until = $3, suspended_lost = $4, suspended_by_kind = $5, suspended_by = $6,
				suspended_browser = $7, suspended_reminded = $8, suspended_over = $9
			WHERE id = $1`, m, s.Since, s.Until, s.Lost, s.By.Kind, s.By.Member, s.Browser, s.Reminded, s.Over)
	case standing.SetPass:
		p := e.Pass
		return t.all(ctx, `
			UPDATE members SET pass_id = $2, pass_given = $3, pass_from = $4, pass_expires = $5, pass_by_kind = $6, pass_by = $7, pass_browser = $8,
				pass_agreed_by = $9
			WHERE id = $1`, m, p.ID, p.Given, p.From, p.Expires, p.By.Kind, p.By.Member, p.Browser, p.AgreedBy)
	case standing.SpendPass:
		return t.once(ctx, `
			UPDATE members SET pass_id = '', pass_given = 0, pass_from = 0, pass_expires = 0, pass_by_kind = '', pass_by = '', pass_browser = '',
				pass_agreed_by = ''
			WHERE id = $1 AND pass_id = $2 AND pass_id <> ''`, m, e.ID)
	case standing.Reinvite:
		return true, t.reinvite(ctx, on, e)
	case standing.SetRole:
		return true, t.setRole(ctx, on, e)
	case standing.NoteChange:
		return true, t.noteChange(ctx, m, e.Change)
	case standing.NeedColleague:
		return t.once(ctx, `
			UPDATE members SET version = version + 1
			WHERE id = $1 AND version = $3
				AND organisation_id IN (SELECT id FROM organisations WHERE id = $2 OR kind = 'desk')`, e.Member, on.organisation, e.Version)
	case standing.Deactivate:
		return true, t.deactivate(ctx, on)
	}
	return false, nil
}

// deactivate ends a membership. It takes the organisation's row first, so that
// of its last two administrators not both go at once.
func (t *tx) deactivate(ctx context.Context, on subject) error {
	if _, err := t.exec(ctx, `UPDATE organisations SET version = version + 1 WHERE id = $1`, on.organisation); err != nil {
		return err
	}
	_, err := t.once(ctx, `
		UPDATE members SET state = 'deactivated'
		WHERE id = $1 AND state <> 'deactivated' AND (state <> 'active' OR role NOT IN ('administrator', 'lead') OR EXISTS (
			SELECT 1 FROM members o
			WHERE o.organisation_id = $2 AND o.id <> $1 AND o.state = 'active' AND o.role IN ('administrator', 'lead')))`,
		on.member, on.organisation)
	return err
}

// reinvite has a deactivated member begin anew.
func (t *tx) reinvite(ctx context.Context, on subject, e standing.Reinvite) error {
	var team any // NULL: in none
	if e.Team != "" {
		team = e.Team
	}
	if _, err := t.once(ctx, `
		UPDATE members SET state = 'invited', name = $2, role = $3, team_id = $4, language = $5, status = $6, status_since = 0,
			password_hash = '', password_set = 0, password_by_mail = FALSE, password_long = FALSE, password_ended = FALSE,
			mfa_since = 0, proved_at = 0, wrong_codes = 0, objected = '[]',
			backup_email = '', backup_email_confirmed = 0, backup_email_usable_from = 0,
			suspended_since = 0, suspended_until = 0, suspended_lost = FALSE, suspended_by_kind = '', suspended_by = '', suspended_browser = '',
			suspended_reminded = FALSE, suspended_over = FALSE,
			pass_id = '', pass_given = 0, pass_from = 0, pass_expires = 0, pass_by_kind = '', pass_by = '', pass_browser = '',
			pass_agreed_by = '', help_until = 0, role_since = $7
		WHERE id = $1 AND state = 'deactivated'`,
		on.member, e.Name, e.Role, team, e.Language, standing.Settled, e.At); err != nil {
		return err
	}
	if err := t.setCodes(ctx, on.member, standing.SetCodes{}); err != nil {
		return err
	}
	for _, table := range []string{
		"authenticators", "sessions", "devices", "remembered", "mail_codes", "set_ups", "links", "team_supervisors", "help_requests",
	} {
		if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE member_id = $1`, on.member); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `DELETE FROM challenges WHERE `+challengesOf, on.member, among(on.member))
	return err
}

// noteObjection keeps the last objection of each address.
func (t *tx) noteObjection(ctx context.Context, m org.MemberID, o standing.Objection) error {
	var objected []standing.Objection
	if err := t.row(ctx, `SELECT objected FROM members WHERE id = $1`, m).Scan(fromJSON{&objected}); err != nil {
		return err
	}
	objected = slices.DeleteFunc(objected, func(earlier standing.Objection) bool { return earlier.Address == o.Address })
	text, err := toJSON(append(objected, o))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE members SET objected = $2 WHERE id = $1`, m, text)
	return err
}

// applyFactor saves the effects on what the member proves with.
func (t *tx) applyFactor(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.AddAuthenticator:
		return true, t.addAuthenticator(ctx, on, e)
	case standing.RenameAuthenticator:
		return t.all(ctx, `UPDATE authenticators SET name = $3 WHERE member_id = $1 AND id = $2`, m, e.ID, e.Name)
	case standing.SpendStep:
		return t.once(ctx, `
			UPDATE authenticators SET last_step = $3, last_used = $4
			WHERE member_id = $1 AND id = $2 AND last_step < $3`, m, e.ID, e.Step, e.At)
	case standing.RemoveAuthenticator:
		return t.all(ctx, `DELETE FROM authenticators WHERE member_id = $1 AND id = $2`, m, e.ID)
	case standing.SpendCode:
		if milliseconds(e.At) == 0 {
			return true, errors.New("a code is spent at an instant")
		}
		return t.once(ctx, `
			UPDATE backup_codes SET spent = $3 WHERE member_id = $1 AND id = $2 AND spent = 0`, m, e.ID, e.At)
	case standing.SetCodes:
		return true, t.setCodes(ctx, m, e)
	}
	return false, nil
}

func (t *tx) addAuthenticator(ctx context.Context, on subject, e standing.AddAuthenticator) error {
	a := e.Authenticator
	box, err := t.store.box(ctx, t.conn, on.organisation)
	if err != nil {
		return err
	}
	sealed, err := box.Seal(a.Secret.Bytes(), place("authenticators", "secret", string(a.ID)))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		INSERT INTO authenticators (id, member_id, name, secret, added, last_used, last_step, powers_from)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, on.member, a.Name, sealed, a.Added, a.LastUsed, a.LastStep, a.PowersFrom)
	return err
}

func (t *tx) setCodes(ctx context.Context, m org.MemberID, e standing.SetCodes) error {
	if _, err := t.exec(ctx, `DELETE FROM backup_codes WHERE member_id = $1`, m); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE members SET code_salt = $2 WHERE id = $1`, m, e.Set.Salt); err != nil {
		return err
	}
	for i, code := range e.Set.Codes {
		var spent time.Time
		if code.Spent {
			spent = e.At
		}
		if _, err := t.exec(ctx, `
			INSERT INTO backup_codes (member_id, id, place, hash, made, spent) VALUES ($1, $2, $3, $4, $5, $6)`,
			m, code.ID, i, code.Hash, e.At, spent); err != nil {
			return err
		}
	}
	return nil
}
