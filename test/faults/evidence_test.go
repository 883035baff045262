package faults

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/sparekey/sparekey/internal/mail"
)

// sql opens the database itself, beside the program.
func (i *installation) sql() *sql.DB {
	i.t.Helper()
	driver, address := "pgx", i.url
	if i.url == "" {
		driver, address = "sqlite", "file:"+filepath.Join(i.folder, "sparekey.db")+"?_busy_timeout=10000"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		i.t.Fatal(err)
	}
	return db
}

// exec runs a statement and returns how many rows it changed.
func (i *installation) exec(statement string, args ...any) int64 {
	i.t.Helper()
	db := i.sql()
	defer func() { _ = db.Close() }() // nothing is under way
	result, err := db.Exec(statement, args...)
	if err != nil {
		i.t.Fatalf("%s: %v", statement, err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		i.t.Fatal(err)
	}
	return changed
}

// rows returns what a statement finds: the columns as text, joined by "|".
func (i *installation) rows(statement string, args ...any) []string {
	i.t.Helper()
	db := i.sql()
	defer func() { _ = db.Close() }() // nothing is under way
	rows, err := db.Query(statement, args...)
	if err != nil {
		i.t.Fatalf("%s: %v", statement, err)
	}
	defer func() { _ = rows.Close() }() // its error comes from Err
	columns, err := rows.Columns()
	if err != nil {
		i.t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for n := range values {
			into[n] = &values[n]
		}
		if err := rows.Scan(into...); err != nil {
			i.t.Fatal(err)
		}
		line := make([]string, len(values))
		for n, v := range values {
			line[n] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		i.t.Fatal(err)
	}
	return lines
}

// count returns the one number that a statement finds.
func (i *installation) count(statement string, args ...any) int {
	i.t.Helper()
	n, err := strconv.Atoi(strings.Join(i.rows(statement, args...), " "))
	if err != nil {
		i.t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// tally counts the events of each kind, about each member.
func (i *installation) tally() map[string]int {
	i.t.Helper()
	counts := make(map[string]int)
	for _, line := range i.rows(`SELECT subject, kind, reason, COUNT(*) FROM events GROUP BY subject, kind, reason`) {
		at := strings.LastIndex(line, "|")
		n, err := strconv.Atoi(line[at+1:])
		if err != nil {
			i.t.Fatal(err)
		}
		counts[line[:at]] += n
	}
	return counts
}

// compare holds the log against what the worker was told.
func (w *worker) compare(log map[string]int) {
	w.t.Helper()
	for _, p := range w.people {
		b := w.books[p]
		within := func(what, event string, least, most int) {
			if n := log[string(p.id)+"|"+event]; n < least || n > most {
				w.t.Errorf("%s of %s: the log has %d, the clients know of %d to %d", what, p.email, n, least, most)
			}
		}
		within("codes of the authenticator", "sign-in.done|factor", b.spent[byFactor], b.spent[byFactor]+b.maybe[byFactor])
		within("backup codes", "recovery.backup-code.spent|", b.spent[byBackup], b.spent[byBackup])
		within("wrong passwords", "sign-in.password.wrong|", b.wrong, b.wrong+b.unknown)
		objections := 0
		if b.objected {
			objections = 1
		}
		within("objections", "recovery.objected|by-mail", objections, 1)
	}
}

// verify has the program verify its log.
func (i *installation) verify() {
	i.t.Helper()
	if out, err := i.run("audit", "verify"); err != nil {
		i.t.Errorf("the log does not verify: %v\n%s", err, out)
	}
}

// mailTime is how long a letter may take that was claimed by a process which
// was killed: its lease, and a moment.
const mailTime = 100 * time.Second

// awaitMails waits until every letter in the outbox is sent, and fails unless
// each of them has arrived. It returns how many there were, and how many
// arrived more than once.
func (i *installation) awaitMails() (letters, twice int) {
	i.t.Helper()
	for end := time.Now().Add(mailTime); ; time.Sleep(200 * time.Millisecond) {
		waiting := i.count(`SELECT COUNT(*) FROM outbox WHERE sent_at = 0`)
		if waiting == 0 {
			break
		}
		if time.Now().After(end) {
			i.t.Fatalf("%d letters still wait: %q", waiting, i.rows(`SELECT kind, attempts, last_reason, due_at, claimed_until FROM outbox WHERE sent_at = 0`))
		}
	}
	arrived := make(map[string]int)
	for _, m := range i.mails.Mails() {
		arrived[strings.Trim(m.MessageID, "<>")]++
	}
	ids := i.rows(`SELECT id FROM outbox`)
	stamps := i.stamps()
	for _, id := range ids {
		n := arrived[stamps.MessageID(id)]
		if n == 0 {
			i.t.Errorf("letter %s was noted as sent, and did not arrive", id)
		}
		if n > 1 {
			twice++
		}
	}
	return len(ids), twice
}

// stamps knows under which Message-ID a letter is sent.
func (i *installation) stamps() *mail.SMTP {
	i.t.Helper()
	host, port, err := net.SplitHostPort(i.mails.Addr())
	if err != nil {
		i.t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		i.t.Fatal(err)
	}
	s, err := mail.NewSMTP(mail.SMTPConfig{Host: host, Port: number, Security: mail.Clear, From: "Sparekey <no-reply@faults.example>"})
	if err != nil {
		i.t.Fatal(err)
	}
	return s
}

// onBoth runs a test on an installation of either database.
func onBoth(t *testing.T, test func(t *testing.T, url func(*testing.T) string)) {
	t.Helper()
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": newDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, url)
		})
	}
}

// timely is the context of a test that may take so long.
func timely(t *testing.T, most time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), most)
	t.Cleanup(cancel)
	return ctx
}
