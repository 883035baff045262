package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/sparekey/sparekey/internal/audit"
)

// mostBytes is the most bytes of a column of the log that are read. This program
// writes far fewer: what is longer was put there by hand, to do harm.
const mostBytes = 64 << 10

// longColumns are those in which somebody may have put more than mostBytes.
var longColumns = [...]string{
	"kind", "organisation", "actor_kind", "actor_member", "subject", "reason", "facts", "origin", "salt", "personal_hash", "mac",
}

// entryColumns is the statement that reads entries, up to its condition. A value
// that is too long is read as NULL; so is the time beside bytes that are, or an
// id that is no text.
var entryColumns = `SELECT CASE WHEN octet_length(id) <= 65536 THEN CAST(id AS TEXT) END,
	CASE WHEN octet_length(salt) <= 65536 AND octet_length(personal_hash) <= 65536 AND octet_length(mac) <= 65536 AND id = CAST(id AS TEXT) THEN at END, ` + bounded64(longColumns[:]...) + `, COALESCE(leaf_index, -1), waiting IS TRUE FROM events WHERE `

func bounded64(columns ...string) string {
	var list []string
	for _, c := range columns {
		list = append(list, `CASE WHEN octet_length(`+c+`) <= 65536 THEN `+c+` END`)
	}
	return strings.Join(list, ", ")
}

// entries returns the events that where lets through, as they are kept.
func entries(ctx context.Context, c conn, where string, args ...any) ([]audit.Entry, error) {
	rows, err := c.query(ctx, entryColumns+where, args...)
	return collect(rows, err, func(r *sql.Rows) (audit.Entry, error) {
		var e audit.Entry
		err := scanEntry(r, &e)
		return e, err
	})
}

// scanEntry reads an entry. One with a value in it that this program cannot have
// written is read without a MAC, so that it is known as false, with whatever
// can be read of its name and place.
func scanEntry(r *sql.Rows, e *audit.Entry) error {
	err := r.Scan(&e.ID, &e.UnixMilli, &e.Kind, &e.Organisation, &e.ActorKind, &e.ActorMember, &e.Subject, &e.Reason,
		&e.Facts, &e.Origin, &e.Salt, &e.PersonalHash, &e.MAC, &e.Index, &e.Waiting)
	if err == nil {
		return nil
	}
	var raw [15]any
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	if r.Scan(into...) != nil {
		return err
	}
	*e = audit.Entry{ID: looseText(raw[0]), Kind: looseText(raw[2]), Index: audit.Unsealed}
	e.UnixMilli, _ = raw[1].(int64)
	switch index := raw[13].(type) {
	case int64:
		e.Index = index
	case float64:
		e.Index = int64(index)
	}
	e.Waiting, _ = raw[14].(bool)
	return nil
}

func looseText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}
