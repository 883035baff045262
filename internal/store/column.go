package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// plain returns args as the database takes them. A time becomes milliseconds, a
// duration too, nil bytes become none. A text of any type becomes the text
// itself: a driver that asked its String method would keep an address masked.
func plain(args []any) []any {
	for i, arg := range args {
		switch arg := arg.(type) {
		case time.Time:
			args[i] = milliseconds(arg)
		case time.Duration:
			args[i] = arg.Milliseconds()
		case []byte:
			if arg == nil {
				args[i] = []byte{}
			}
		default:
			if value, err := driver.DefaultParameterConverter.ConvertValue(arg); err == nil {
				args[i] = value
			}
		}
	}
	return args
}

// milliseconds returns t as it is kept: unix milliseconds, 0 for the zero time.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// An instant reads a column of milliseconds into a time.
type instant time.Time

// Scan implements sql.Scanner.
func (i *instant) Scan(from any) error {
	ms, ok := from.(int64)
	if !ok {
		return fmt.Errorf("a time is kept as %T", from)
	}
	*i = instant(timeOf(ms))
	return nil
}

// A span reads a column of milliseconds into a duration.
type span time.Duration

// Scan implements sql.Scanner.
func (s *span) Scan(from any) error {
	ms, ok := from.(int64)
	if !ok {
		return fmt.Errorf("a duration is kept as %T", from)
	}
	*s = span(time.Duration(ms) * time.Millisecond)
	return nil
}

// A fromJSON reads a column of JSON text.
type fromJSON struct{ into any }

// Scan implements sql.Scanner.
func (j fromJSON) Scan(from any) error {
	text, ok := from.(string)
	if !ok {
		return fmt.Errorf("JSON is kept as %T", from)
	}
	return json.Unmarshal([]byte(text), j.into)
}

// toJSON returns v as JSON text, for a column.
func toJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// The columns of a member m and an organisation o. A named text is read as the
// string below it: the database's own kind needs no reflection.
const (
	memberColumns = `m.id, m.organisation_id, COALESCE(m.team_id, ''), m.name, m.email, m.phone, m.language, m.state, m.role, m.created,
		EXISTS (SELECT 1 FROM team_supervisors ts WHERE ts.member_id = m.id)`
	organisationColumns = `o.id, o.name, o.kind, o.plan, o.kvk, o.language, o.mfa_forced, o.mfa_forced_since, o.mfa_forced_by, o.grace_until, o.mfa_off_until,
		o.recovery, o.recovery_next, o.recovery_next_from, o.remember_from, o.created`
)

// The columns of what others have given a member m.
const (
	suspensionColumns = `m.suspended_since, m.suspended_until, m.suspended_lost, m.suspended_by_kind, m.suspended_by, m.suspended_browser,
		m.suspended_reminded, m.suspended_over`
	passColumns = `m.pass_id, m.pass_given, m.pass_from, m.pass_expires, m.pass_by_kind, m.pass_by, m.pass_browser, m.pass_agreed_by`
)

func suspensionFields(s *standing.Suspension) []any {
	return []any{
		(*instant)(&s.Since), (*instant)(&s.Until), &s.Lost, (*string)(&s.By.Kind), (*string)(&s.By.Member), (*string)(&s.Browser),
		&s.Reminded, &s.Over,
	}
}

func passFields(p *standing.Pass) []any {
	return []any{
		(*string)(&p.ID), (*instant)(&p.Given), (*instant)(&p.From), (*instant)(&p.Expires), (*string)(&p.By.Kind), (*string)(&p.By.Member),
		(*string)(&p.Browser), (*string)(&p.AgreedBy),
	}
}

func memberFields(m *org.Member) []any {
	return []any{
		(*string)(&m.ID), (*string)(&m.Organisation), (*string)(&m.Team), &m.Name, (*string)(&m.Email), &m.Phone,
		(*string)(&m.Language), (*string)(&m.State), (*string)(&m.Stored), (*instant)(&m.Created), &m.Supervises,
	}
}

func organisationFields(o *org.Organisation) []any {
	return []any{
		(*string)(&o.ID), &o.Name, (*string)(&o.Kind), (*string)(&o.Plan), (*string)(&o.KvK), (*string)(&o.Language),
		&o.MFA.Forced, (*instant)(&o.MFA.ForcedSince), (*string)(&o.MFA.ForcedBy), (*instant)(&o.MFA.GraceUntil), (*instant)(&o.MFA.OffUntil),
		fromJSON{&o.Policy}, fromJSON{&o.NextPolicy}, (*instant)(&o.NextFrom), (*instant)(&o.RememberFrom), (*instant)(&o.Created),
	}
}
