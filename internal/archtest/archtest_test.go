package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	breaches, err := check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Error(b)
	}
}

// TestPlantedBreachesAreFound keeps the checker honest: one that finds nothing
// is as green as a house in order.
func TestPlantedBreachesAreFound(t *testing.T) {
	const internal = `"github.com/sparekey/sparekey/internal/`
	for _, c := range []struct {
		name   string
		path   string
		source string
		want   string // the beginning of the one sentence; "" for none
	}{
		// Directions.
		{"pure imports pure listed before", "internal/ladder/l.go", `import _ ` + internal + `org"`, ""},
		{"pure imports pure listed after", "internal/org/o.go", `import _ ` + internal + `ladder"`,
			"internal/org/o.go imports internal/ladder: a pure package imports only"},
		{"pure imports support", "internal/org/o.go", `import _ ` + internal + `secret"`,
			"internal/org/o.go imports internal/secret: a pure package"},
		{"pure imports an adapter", "internal/audit/a.go", `import _ ` + internal + `store"`,
			"internal/audit/a.go imports internal/store: a pure package"},
		{"support imports pure", "internal/words/w.go", `import _ ` + internal + `audit"`, ""},
		{"support imports a flow", "internal/words/w.go", `import _ ` + internal + `signin"`,
			"internal/words/w.go imports internal/signin: a support library"},
		{"support imports support", "internal/password/p.go", `import _ ` + internal + `secret"`,
			"internal/password/p.go imports internal/secret: a support library"},
		{"flow imports pure and support", "internal/recovery/r.go",
			`import (_ ` + internal + `ladder"; _ ` + internal + `secret")`, ""},
		{"flow imports another flow", "internal/recovery/r.go", `import _ ` + internal + `signin"`,
			"internal/recovery/r.go imports internal/signin: a flow imports only"},
		{"flow imports an adapter", "internal/enrol/e.go", `import _ ` + internal + `store"`,
			"internal/enrol/e.go imports internal/store: a flow imports only"},
		{"method imports its flow", "internal/signin/totp/t.go", `import _ ` + internal + `signin"`, ""},
		{"a new method needs no new row", "internal/signin/smoke/s.go", `import _ ` + internal + `signin"`, ""},
		{"method imports another method", "internal/signin/totp/t.go", `import _ ` + internal + `signin/mailcode"`,
			"internal/signin/totp/t.go imports internal/signin/mailcode: a flow imports only"},
		{"flow imports its method", "internal/signin/s.go", `import _ ` + internal + `signin/totp"`,
			"internal/signin/s.go imports internal/signin/totp: a flow imports only"},
		{"adapter imports a flow", "internal/web/w.go", `import _ ` + internal + `signin"`, ""},
		{"adapter imports another adapter", "internal/web/w.go", `import _ ` + internal + `store"`,
			"internal/web/w.go imports internal/store: adapters never"},
		{"demo imports another adapter", "internal/demo/d.go", `import _ ` + internal + `mail"`,
			"internal/demo/d.go imports internal/mail: adapters never"},
		{"store imports its schema", "internal/store/s.go", `import _ ` + internal + `store/schema"`, ""},
		{"schema imports the store", "internal/store/schema/s.go", `import _ ` + internal + `store"`,
			"internal/store/schema/s.go imports internal/store: adapters never"},
		{"another adapter imports the schema", "internal/web/w.go", `import _ ` + internal + `store/schema"`,
			"internal/web/w.go imports internal/store/schema: adapters never"},
		{"the command imports an adapter", "cmd/sparekey/main.go", `import _ ` + internal + `web"`, ""},
		{"somebody imports the command", "internal/web/w.go", `import _ "github.com/sparekey/sparekey/cmd/sparekey"`,
			"internal/web/w.go imports cmd/sparekey: nobody imports cmd"},
		{"somebody imports the tests", "internal/web/w.go", `import _ "github.com/sparekey/sparekey/test/bench"`,
			"internal/web/w.go imports test/bench: adapters never"},
		{"a test may import anything", "internal/org/o_test.go", `import _ ` + internal + `store"`, ""},
		{"unlisted package", "internal/xyz/x.go", ``, "internal/xyz is in no layer: add it to the table"},
		{"unlisted folder in a pure package", "internal/org/deep/x.go", ``, "internal/org/deep is in no layer"},
		{"Go the tools ignore", "internal/xyz/testdata/x.go", `import _ "os"`, ""},

		// Libraries.
		{"pure uses x/text norm", "internal/org/o.go", `import _ "golang.org/x/text/unicode/norm"`, ""},
		{"pure uses another library", "internal/org/o.go", `import _ "golang.org/x/crypto/argon2"`,
			"internal/org/o.go imports golang.org/x/crypto/argon2: of third-party packages"},
		{"support uses a library", "internal/password/p.go", `import _ "golang.org/x/crypto/argon2"`, ""},
		{"pure imports net", "internal/org/o.go", `import _ "net"`, "internal/org/o.go imports net: a pure package does no I/O"},
		{"pure imports net/http", "internal/org/o.go", `import _ "net/http"`, "internal/org/o.go imports net/http: "},
		{"pure imports net/url", "internal/org/o.go", `import _ "net/url"`, ""},
		{"pure imports os", "internal/org/o.go", `import _ "os"`, "internal/org/o.go imports os: "},
		{"pure imports os/exec", "internal/org/o.go", `import _ "os/exec"`, "internal/org/o.go imports os/exec: "},
		{"pure imports io/fs", "internal/org/o.go", `import _ "io/fs"`, "internal/org/o.go imports io/fs: "},
		{"pure imports io", "internal/org/o.go", `import _ "io"`, ""},
		{"pure imports database/sql", "internal/org/o.go", `import _ "database/sql"`, "internal/org/o.go imports database/sql: "},
		{"pure imports syscall", "internal/org/o.go", `import _ "syscall"`, "internal/org/o.go imports syscall: "},
		{"pure imports log", "internal/org/o.go", `import _ "log"`, "internal/org/o.go imports log: "},
		{"pure imports math/rand", "internal/org/o.go", `import _ "math/rand"`, "internal/org/o.go imports math/rand: randomness"},
		{"pure imports math/rand/v2", "internal/org/o.go", `import _ "math/rand/v2"`, "internal/org/o.go imports math/rand/v2: "},
		{"pure imports crypto/rand", "internal/org/o.go", `import _ "crypto/rand"`, "internal/org/o.go imports crypto/rand: "},
		{"pure imports crypto/sha256", "internal/org/o.go", `import _ "crypto/sha256"`, ""},
		{"flow imports net/http", "internal/enrol/e.go", `import _ "net/http"`, "internal/enrol/e.go imports net/http: a flow knows no HTTP"},
		{"flow imports database/sql", "internal/enrol/e.go", `import _ "database/sql"`, "internal/enrol/e.go imports database/sql: "},
		{"flow imports crypto/rand", "internal/enrol/e.go", `import _ "crypto/rand"`, ""},
		{"web imports database/sql", "internal/web/w.go", `import _ "database/sql"`, "internal/web/w.go imports database/sql: web never"},
		{"web imports database/sql/driver", "internal/web/w.go", `import _ "database/sql/driver"`, "internal/web/w.go imports database/sql/driver: "},
		{"store imports net/http", "internal/store/s.go", `import _ "net/http"`, "internal/store/s.go imports net/http: store never"},
		{"schema imports net/http", "internal/store/schema/s.go", `import _ "net/http"`, "internal/store/schema/s.go imports net/http: store never"},
		{"store imports database/sql", "internal/store/s.go", `import _ "database/sql"`, ""},

		// The clock and the log.
		{"pure reads the clock", "internal/org/o.go", `import "time"; func f() time.Time { return time.Now() }`,
			"internal/org/o.go uses time.Now: the time comes in"},
		{"pure hands the clock on", "internal/org/o.go", `import "time"; var clock = time.Now`, "internal/org/o.go uses time.Now: "},
		{"pure reads the clock by another name", "internal/org/o.go", `import t "time"; func f() t.Time { return t.Now() }`,
			"internal/org/o.go uses time.Now: "},
		{"pure reads the clock by no name", "internal/org/o.go", `import . "time"; var _ = Second`, "internal/org/o.go uses time."},
		{"pure measures", "internal/org/o.go", `import "time"; func f(t time.Time) any { return time.Since(t) }`,
			"internal/org/o.go uses time.Since: "},
		{"pure sleeps", "internal/org/o.go", `import "time"; func f() { time.Sleep(1) }`,
			"internal/org/o.go uses time.Sleep: a pure package never waits"},
		{"pure has a method called Now", "internal/org/o.go", `import "time"; type c struct{}; func (c) Now() (t time.Time) { return }; func f(time c) { time.Now() }`, ""},
		{"pure does sums with time", "internal/org/o.go", `import "time"; func f(t time.Time) time.Time { return t.Add(time.Hour) }`, ""},
		{"pure has a LogValue", "internal/org/o.go", `import "log/slog"; type s string; func (s) LogValue() slog.Value { return slog.StringValue("") }`, ""},
		{"pure logs", "internal/org/o.go", `import "log/slog"; func f() { slog.Info("") }`,
			"internal/org/o.go uses log/slog.Info: log/slog is here for LogValue"},
		{"flow reads the clock", "internal/enrol/e.go", `import "time"; func f() time.Time { return time.Now() }`,
			"internal/enrol/e.go uses time.Now: "},
		{"method reads the clock", "internal/signin/totp/t.go", `import "time"; func f() time.Time { return time.Now() }`,
			"internal/signin/totp/t.go uses time.Now: "},
		{"adapter reads the clock", "internal/web/w.go", `import "time"; func f() time.Time { return time.Now() }`, ""},

		// Names, init, variables.
		{"vague folder", "internal/signin/util/u.go", ``, "internal/signin/util: the package name util"},
		{"init", "internal/org/o.go", `func init() {}`, "internal/org/o.go has an init function"},
		{"a method called init", "internal/org/o.go", `type t int; func (t) init() {}`, ""},
		{"tables and errors", "internal/org/o.go", `import "errors"; var ErrGone = errors.New("gone"); var days = []string{"mon"}`, ""},
		{"embedded files", "internal/web/w.go", `import "embed"; var pages embed.FS`, ""},
		{"embedded text", "internal/web/w.go", `import _ "embed"; var page string`, ""},
		{"variable without a value", "internal/web/w.go", `import "sync"; var mu sync.Mutex`,
			"internal/web/w.go declares the package variable mu without a value"},
		{"variable assigned", "internal/web/w.go", `var n = 1; func f() { n = 2 }`, "internal/web/w.go changes the package variable n"},
		{"variable counted", "internal/web/w.go", `var n = 1; func f() { n++ }`, "internal/web/w.go changes the package variable n"},
		{"table filled", "internal/web/w.go", `var m = map[int]int{}; func f() { m[1] = 2 }`, "internal/web/w.go changes the package variable m"},
		{"table emptied", "internal/web/w.go", `var m = map[int]int{}; func f() { delete(m, 1) }`, "internal/web/w.go changes the package variable m"},
		{"field of a variable assigned", "internal/web/w.go", `var v = struct{ a int }{}; func f() { v.a = 2 }`, "internal/web/w.go changes the package variable v"},
		{"local variable of the same name", "internal/web/w.go", `var n = 1; func f() { n := 1; n = 2; _ = n }`, ""},
		{"argument of the same name", "internal/web/w.go", `var n = 1; func f(n int) { n = 2 }`, ""},
		{"blank", "internal/web/w.go", `type i interface{}; var _ i = 1`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			repo := fstest.MapFS{c.path: {Data: []byte("package p\n" + c.source)}}
			breaches := mustCheck(t, repo)
			if c.want == "" {
				if len(breaches) > 0 {
					t.Errorf("allowed, but found: %q", breaches)
				}
				return
			}
			if !slices.ContainsFunc(breaches, func(b string) bool { return strings.HasPrefix(b, c.want) }) {
				t.Errorf("found %q, want %q…", breaches, c.want)
			}
		})
	}
}

func TestAVariableAssignedInAnotherFileIsFound(t *testing.T) {
	breaches := mustCheck(t, fstest.MapFS{
		"internal/web/a.go": {Data: []byte("package web\nvar n = 1")},
		"internal/web/b.go": {Data: []byte("package web\nfunc f() { n = 2 }")},
		"internal/org/c.go": {Data: []byte("package org\nfunc f(n int) { n = 2 }")},
	})
	want := []string{"internal/web/b.go changes the package variable n: state lives in a field"}
	if !slices.Equal(breaches, want) {
		t.Errorf("found %q, want %q", breaches, want)
	}
}

func TestAVaguePackageClauseIsFound(t *testing.T) {
	breaches := mustCheck(t, fstest.MapFS{"cmd/sparekey/m.go": {Data: []byte("package helper")}})
	want := []string{"cmd/sparekey: the package name helper says nothing about what is inside"}
	if !slices.Equal(breaches, want) {
		t.Errorf("found %q, want %q", breaches, want)
	}
}

func TestAFileThatDoesNotParseIsAnError(t *testing.T) {
	_, err := check(fstest.MapFS{"internal/org/o.go": {Data: []byte("package")}})
	if err == nil {
		t.Error("no error")
	}
}

func TestEveryFolderIsListedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, l := range house {
		for _, p := range l.packages {
			if seen[p] {
				t.Errorf("%s is listed twice", p)
			}
			seen[p] = true
		}
	}
}

func mustCheck(t *testing.T, repo fstest.MapFS) []string {
	t.Helper()
	breaches, err := check(repo)
	if err != nil {
		t.Fatal(err)
	}
	return breaches
}
