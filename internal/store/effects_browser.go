package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// applySession saves the effects on sessions, sign-ins under way and known
// browsers.
func (t *tx) applySession(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.NeedSession:
		return t.once(ctx, `UPDATE sessions SET id = id WHERE member_id = $1 AND id = $2`, cmp.Or(e.Member, m), e.ID)
	case standing.OpenSession:
		return true, t.openSession(ctx, m, e.Session)
	case standing.RaiseSession:
		return true, t.raiseSession(ctx, m, e)
	case standing.EndSession:
		return t.all(ctx, `DELETE FROM sessions WHERE member_id = $1 AND id = $2`, m, e.ID)
	case standing.EndSessions:
		return t.all(ctx, `DELETE FROM sessions WHERE member_id = $1 AND id <> $2`, m, e.Except)
	case standing.OpenChallenge:
		if e.Challenge.Member != m {
			return true, errForeign
		}
		return true, t.openChallenge(ctx, e.Challenge)
	case standing.CloseChallenge:
		return t.once(ctx, `DELETE FROM challenges WHERE id = $3 AND `+challengesOf, m, among(m), e.ID)
	case standing.CloseChallenges:
		return t.all(ctx, `DELETE FROM challenges WHERE `+challengesOf, m, among(m))
	case standing.KnowDevice:
		if e.Device.Member != m {
			return true, errForeign
		}
		return t.all(ctx, `
			INSERT INTO devices (id, member_id, created, expires) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id, member_id) DO UPDATE SET expires = excluded.expires`,
			e.Device.ID, m, e.Device.Created, e.Device.Expires)
	case standing.ForgetDevices:
		if _, err := t.exec(ctx, `DELETE FROM remembered WHERE member_id = $1`, m); err != nil {
			return true, err
		}
		return t.all(ctx, `DELETE FROM devices WHERE member_id = $1`, m)
	case standing.ForgetFailures:
		return t.all(ctx, `DELETE FROM throttles WHERE kind = $1 AND subject = $2 AND device = $3`, e.Key.Kind, e.Key.Subject, e.Key.Device)
	}
	return false, nil
}

// raiseSession gives a session its new id, and takes along what is bound to the
// old one: a set-up under way and the codes mailed for it.
func (t *tx) raiseSession(ctx context.Context, m org.MemberID, e standing.RaiseSession) error {
	in := e.Session
	if _, err := t.once(ctx, `
		UPDATE sessions SET id = $3, ends = $4, idle_ms = $5, came_by = $6, reach = $7,
			password_proved = $8, factor_proved = $9, powers_from = $10, device = $11
		WHERE member_id = $1 AND id = $2`,
		m, e.Old, in.ID, in.Ends, in.Idle, in.CameBy, in.Reach,
		in.PasswordProved, in.FactorProved, in.PowersFrom, in.Device); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE set_ups SET session_id = $3 WHERE member_id = $1 AND session_id = $2`, m, e.Old, in.ID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE mails_sent SET bound = $3 WHERE subject = $1 AND bound = $2`, m, e.Old, in.ID); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE mail_codes SET bound = $3 WHERE member_id = $1 AND bound = $2`, m, e.Old, in.ID)
	return err
}

// challengesOf says which sign-ins are member $1's: also those in which the
// organisation is still to be chosen, theirs ($2) among others. Their password
// was right, so they must end with the rest.
const challengesOf = `(member_id = $1 OR member_id IS NULL AND candidates LIKE $2)`

// among is the pattern of a JSON list of ids that holds m.
func among(m org.MemberID) string { return `%"` + string(m) + `"%` }

func (t *tx) openSession(ctx context.Context, m org.MemberID, in session.Session) error {
	if in.Member != m {
		return errForeign
	}
	_, err := t.exec(ctx, `
		INSERT INTO sessions (id, member_id, created, last_used, ends, idle_ms, came_by, reach,
			password_proved, factor_proved, powers_from, device, remembered, pass, address, browser)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		in.ID, m, in.Created, in.LastUsed, in.Ends, in.Idle, in.CameBy, in.Reach,
		in.PasswordProved, in.FactorProved, in.PowersFrom, in.Device, in.Remembered, in.Pass, in.Origin.Address, in.Origin.Browser)
	return err
}

func (t *tx) openChallenge(ctx context.Context, c session.Challenge) error {
	candidates, err := toJSON(c.Candidates)
	if err != nil {
		return err
	}
	var member any // NULL while it is to be chosen
	if c.Member != "" {
		member = c.Member
	}
	_, err = t.exec(ctx, `
		INSERT INTO challenges (id, member_id, candidates, created, expires, tries, device, next, address, browser)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, member, candidates, c.Created, c.Expires, c.Tries, c.Device, c.Next, c.Origin.Address, c.Origin.Browser)
	return err
}

// applyPending saves the effects on what waits for the member: mailed codes and
// links, and set-ups under way.
func (t *tx) applyPending(ctx context.Context, on subject, e standing.Effect) (bool, error) {
	m := on.member
	switch e := e.(type) {
	case standing.CountMail:
		return true, t.countMail(ctx, on.member, e.Mail)
	case standing.SaveMailCode:
		return true, t.saveMailCode(ctx, on, e.MailCode)
	case standing.UseMailCode:
		return t.once(ctx, `DELETE FROM mail_codes WHERE member_id = $1 AND id = $2`, m, e.ID)
	case standing.ForgetMailCodes:
		return t.all(ctx, `DELETE FROM mail_codes WHERE member_id = $1`, m)
	case standing.SaveSetUp:
		return true, t.saveSetUp(ctx, on, e.SetUp)
	case standing.DropSetUp:
		return t.once(ctx, `DELETE FROM set_ups WHERE member_id = $1 AND session_id = $2`, m, e.Session)
	case standing.DropSetUps:
		return t.all(ctx, `DELETE FROM set_ups WHERE member_id = $1`, m)
	case standing.SaveLink:
		return true, t.saveLink(ctx, m, e.Link)
	case standing.UseLink:
		return t.once(ctx, `
			UPDATE links SET used = $3 WHERE member_id = $1 AND id = $2 AND used = 0`, m, e.ID, t.store.now())
	case standing.DropLinks:
		if kind, only := linkLetters[e.Purpose]; only {
			if err := t.withhold(ctx, m, kind); err != nil {
				return true, err
			}
		}
		return t.all(ctx, `DELETE FROM links WHERE member_id = $1 AND purpose = $2 AND used = 0`, m, e.Purpose)
	}
	return false, nil
}

// linkLetters are the letters that say nothing but a link, by its purpose: without
// it they do not go.
var linkLetters = map[standing.Purpose]notice.Kind{
	standing.ForInvitation: notice.Invitation, standing.ForReset: notice.PasswordReset, standing.ForAddress: notice.AddressConfirm,
}

// A mailCodeContent is what is sealed of a mailed code.
type mailCodeContent struct {
	Code    factor.Code `json:"code"`
	Address org.Email   `json:"address"`
}

// saveMailCode replaces the code of the same browser and purpose.
func (t *tx) saveMailCode(ctx context.Context, on subject, c standing.MailCode) error {
	if c.Member != on.member {
		return errForeign
	}
	box, err := t.store.box(ctx, t.conn, on.organisation)
	if err != nil {
		return err
	}
	content, err := sealJSON(box, mailCodeContent{c.Code, c.Address}, place("mail_codes", "content", c.ID))
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
		DELETE FROM mail_codes WHERE member_id = $1 AND bound = $2 AND purpose = $3`, c.Member, c.Bound, c.Purpose); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
		INSERT INTO mail_codes (id, member_id, purpose, bound, content, sent, expires, tries)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		c.ID, c.Member, c.Purpose, c.Bound, content, c.Sent, c.Expires, c.Tries); err != nil {
		return err
	}
	return t.countMail(ctx, c.Member, standing.Mail{Purpose: c.Purpose, Bound: c.Bound, At: c.Sent})
}

// countMail notes that a mail went which anyone can have sent.
func (t *tx) countMail(ctx context.Context, m org.MemberID, mail standing.Mail) error {
	_, err := t.exec(ctx, `
		INSERT INTO mails_sent (id, subject, purpose, bound, at) VALUES ($1, $2, $3, $4, $5)`,
		t.store.newID(), m, mail.Purpose, mail.Bound, mail.At)
	return err
}

// A setUpContent is what is sealed of a set-up under way.
type setUpContent struct {
	Secret  []byte              `json:"secret"`
	Codes   []factor.BackupCode `json:"codes"`
	Set     factor.CodeSet      `json:"set"`
	Address org.Email           `json:"address"`
}

// setUpPlace is where the content of a set-up is sealed for: the member, because
// the session's id changes when it is raised.
func setUpPlace(m org.MemberID) string { return place("set_ups", "content", string(m)) }

// saveSetUp replaces the set-up of the same session.
func (t *tx) saveSetUp(ctx context.Context, on subject, u standing.SetUp) error {
	if u.Member != on.member {
		return errForeign
	}
	box, err := t.store.box(ctx, t.conn, on.organisation)
	if err != nil {
		return err
	}
	content, err := sealJSON(box, setUpContent{u.Secret.Bytes(), u.Codes, u.Set, u.Address}, setUpPlace(u.Member))
	if err != nil {
		return err
	}
	saved, err := t.exec(ctx, `
		INSERT INTO set_ups (session_id, member_id, stage, kind, guarded, content, begun, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (session_id) DO UPDATE SET stage = excluded.stage, kind = excluded.kind, guarded = excluded.guarded,
			content = excluded.content, begun = excluded.begun, expires = excluded.expires
		WHERE set_ups.member_id = excluded.member_id`,
		u.Session, u.Member, u.Stage, u.Kind, u.Guarded, content, u.Begun, u.Expires)
	if err == nil && saved == 0 {
		err = errors.New("the session is another member's")
	}
	return err
}

func (t *tx) saveLink(ctx context.Context, m org.MemberID, l standing.Link) error {
	if l.Member != m {
		return errForeign
	}
	if _, err := t.exec(ctx, `
		INSERT INTO links (id, member_id, purpose, address, about, created, expires, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		l.ID, l.Member, l.Purpose, l.Address, l.About, l.Created, l.Expires, l.Used); err != nil {
		return err
	}
	if l.Purpose == standing.ForObjection {
		return nil // it stands in a mail that went for another reason
	}
	return t.countMail(ctx, l.Member, standing.Mail{Purpose: l.Purpose, At: l.Created})
}
