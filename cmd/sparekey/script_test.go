package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"image/png"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sparekey/sparekey/internal/mail/mailbox"
	"github.com/sparekey/sparekey/internal/store/pgtest"
	"github.com/sparekey/sparekey/test/specimen"
)

func TestMain(m *testing.M) {
	// A program under the race detector sleeps a second before it exits, unless it
	// is told not to; the tests run hundreds.
	if err := os.Setenv("GORACE", cmp.Or(os.Getenv("GORACE"), "atexit_sleep_ms=0")); err != nil {
		log.Fatal(err)
	}
	testscript.Main(m, map[string]func(){"sparekey": main})
}

// TestStories runs the stories in testdata/script: what an operator types, and
// what comes of it. They run with SPAREKEY_DATA in an empty folder, and know
// these commands besides testscript's own:
//
//	fails CODE COMMAND…       COMMAND exits with CODE
//	port NAME                 sets $NAME to a port that is free
//	mailbox NAME              starts a mail server; its port is in $NAME
//	mail ADDRESS TEXT         a mail to ADDRESS with TEXT in it arrives
//	get STATUS URL TEXT       URL answers STATUS with TEXT in its body, soon
//	post URL FORM TEXT        the answer to FORM at URL is 200, with TEXT in it
//	terminate                 sends SIGTERM to what runs in the background, twice as
//	                          supervisors do
//	identity FILE NAME        makes an age identity; its recipient is in $NAME
//	sqlite STATEMENT          runs STATEMENT on the database in $SPAREKEY_DATA by hand
//	document MODEL FILE       takes a photo of a made-up document (test/specimen), as PNG
//	makes FILE COMMAND…       COMMAND writes FILE, and exits with 0, or with 2 where nothing
//	                          can be told about it
//	postgres                  sets SPAREKEY_DATABASE_URL to an empty database
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			example, err := filepath.Abs("../../packaging/sparekey.example.yaml")
			e.Values[mailboxKey] = new(*mailbox.Server)
			e.Setenv("EXAMPLE", example)
			e.Setenv("PICTURE", filepath.Join(filepath.Dir(example), "../docs/picture.png"))
			e.Setenv("SPAREKEY_CONFIG", "") // not the one of this machine
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Setenv("SPAREKEY_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("SPAREKEY_BASE_URL", "https://login.example.com")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails":     fails,
			"port":      port,
			"get":       get,
			"post":      post,
			"terminate": terminate,
			"mailbox":   startMailbox,
			"mail":      awaitMail,
			"hand":      handMail,
			"identity":  makeIdentity,
			"sqlite":    runSQLite,
			"document":  photographDocument,
			"makes":     makes,
			"postgres": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv("SPAREKEY_DATABASE_URL", pgtest.NewDatabase(t))
			},
		},
	})
}

func fails(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != want {
		ts.Fatalf("%v: got %v, want exit status %d", args[1:], err, want)
	}
}

// runSQLite waits for whoever writes meanwhile.
func runSQLite(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(ts.Getenv("SPAREKEY_DATA"), "sparekey.db")+"?_busy_timeout=10000")
	ts.Check(err)
	_, err = db.Exec(args[0])
	ts.Check(errors.Join(err, db.Close()))
}

func makes(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || failed.ExitCode() != exitCannotTell) {
		ts.Fatalf("%v: %v", args[1:], err)
	}
	if _, err := os.Stat(ts.MkAbs(args[0])); err != nil {
		ts.Fatalf("%v: %v", args[1:], err)
	}
}

// photographDocument draws the same document for the same model each time.
func photographDocument(ts *testscript.TestScript, _ bool, args []string) {
	generator, err := specimen.New(5)
	ts.Check(err)
	var b bytes.Buffer
	ts.Check(png.Encode(&b, generator.Document(specimen.Model(args[0])).Image))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

func port(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, free, err := net.SplitHostPort(l.Addr().String())
	ts.Check(errors.Join(err, l.Close()))
	ts.Setenv(args[0], free)
}

// patience is how long a story waits for what must come.
const patience = 20 * time.Second

func get(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(args[1])
		if err == nil {
			compare(ts, answer, want, args[2])
			return
		}
		if time.Now().After(end) { // until then it may not listen yet
			ts.Fatalf("GET %s: %v", args[1], err)
		}
	}
}

func post(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Post(args[0], "application/x-www-form-urlencoded", strings.NewReader(args[1]))
	ts.Check(err)
	compare(ts, answer, http.StatusOK, args[2])
}

func compare(ts *testscript.TestScript, answer *http.Response, status int, text string) {
	body, err := io.ReadAll(answer.Body)
	ts.Check(errors.Join(err, answer.Body.Close()))
	if answer.StatusCode != status || !strings.Contains(string(body), text) {
		ts.Fatalf("%s: %s\n%s", answer.Request.URL, answer.Status, body)
	}
}

func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, running := range ts.BackgroundCmds() {
		ts.Check(running.Process.Signal(syscall.SIGTERM))
		_ = running.Process.Signal(syscall.SIGTERM) // it may have ended by now
	}
}

// mailboxKey is where a story keeps its mail server.
const mailboxKey = "mailbox"

func startMailbox(ts *testscript.TestScript, _ bool, args []string) {
	server, err := mailbox.Listen("127.0.0.1:0", mailbox.Options{Now: systemTime})
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() }) // its error is always nil
	*ts.Value(mailboxKey).(**mailbox.Server) = server
	_, port, err := net.SplitHostPort(server.Addr())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// handMail hands a mail from one address to another over, as the mail server in front
// does: PORT FROM TO FILE.
func handMail(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	client := smtp.NewClientLMTP(conn)
	defer func() { _ = client.Close() }()
	ts.Check(client.SendMail(args[1], []string{args[2]}, strings.NewReader(ts.ReadFile(args[3]))))
}

func makeIdentity(ts *testscript.TestScript, _ bool, args []string) {
	key, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(key.String()+"\n"), 0o600))
	ts.Setenv(args[1], key.Recipient().String())
}

func awaitMail(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server := *ts.Value(mailboxKey).(**mailbox.Server)
	for n := 1; ; n++ {
		mails, err := server.Wait(ctx, n)
		ts.Check(err)
		if slices.ContainsFunc(mails, func(m mailbox.Mail) bool { return m.To == args[0] && strings.Contains(m.Text, args[1]) }) {
			return
		}
	}
}
