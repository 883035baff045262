package faults

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// longestAnswer is how long any request may take, whatever the wire does.
const longestAnswer = 20 * time.Second

func TestASpoiltWireToTheDatabaseIsSurvived(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	way := newSpoiler(t).wire("database", server.Address())
	i := newInstallation(t, server.URL(way.Address))
	people := i.seed(6)[1:]
	p := i.start()
	c := newClient(p.base)
	defer c.leave()
	session, err := c.signIn(t.Context(), people[0])
	if err != nil {
		t.Fatal(err)
	}

	mend := way.slow(200 * time.Millisecond)
	began := time.Now()
	if _, err := c.signIn(t.Context(), people[1]); err != nil {
		t.Errorf("with 200 ms on the wire: %v", err)
	}
	slow := time.Since(began)
	mend()

	for name, spoil := range map[string]func() func(){
		"resets": way.resets, "silence": way.silence,
		"cut": func() func() { way.cut(); return way.mended },
	} {
		mend := spoil()
		longest := plainlyAway(t, name, p, c, people[0].email, session)
		mend()
		began := time.Now()
		if took := p.until("/readyz", http.StatusOK, longestAnswer); took > longestAnswer {
			t.Fatalf("%s: not ready again\n%s", name, p.lastWords())
		}
		back := awaitSignIn(t, c, people[map[string]int{"resets": 2, "silence": 3, "cut": 4}[name]], began)
		if alive, err := c.alive(t.Context(), session); err != nil || !alive {
			t.Errorf("%s: afterwards the session is alive: %v, %v", name, alive, err)
		}
		t.Logf("%s: every answer within %v and plain, sign-in %v after the wire was mended", name, longest.Round(time.Millisecond), back.Round(time.Millisecond))
	}
	if took := p.stop(); took > longestAnswer {
		t.Errorf("stopping took %v", took)
	}
	i.verify()
	t.Logf("200 ms: sign-in took %v", slow.Round(time.Millisecond))
}

// plainlyAway asks for pages while the database is away, and fails unless each
// is a plain page that says so within longestAnswer. It returns the longest.
func plainlyAway(t *testing.T, name string, p *process, c *client, email, session string) (longest time.Duration) {
	t.Helper()
	if took := p.until("/readyz", http.StatusServiceUnavailable, longestAnswer); took > longestAnswer {
		t.Errorf("%s: /readyz never said so", name)
	}
	for _, ask := range []struct {
		path    string
		form    url.Values
		cookies map[string]string
	}{
		{"/my-login", nil, map[string]string{sessionCookie: session}},
		{"/sign-in", url.Values{"email": {email}, "password": {rightPassword}}, nil},
	} {
		began := time.Now()
		a, err := c.send(t.Context(), ask.path, ask.form, ask.cookies)
		took := time.Since(began)
		longest = max(longest, took)
		switch {
		case err != nil || took > longestAnswer:
			t.Errorf("%s: %s: %v after %v", name, ask.path, err, took)
		case a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Nothing was changed"):
			t.Errorf("%s: %s: %d\n%s", name, ask.path, a.status, a.body)
		case strings.Contains(a.body, "dial") || strings.Contains(a.body, "timeout") || strings.Contains(a.body, "postgres"):
			t.Errorf("%s: %s says what broke:\n%s", name, ask.path, a.body)
		}
	}
	return longest
}

func TestASpoiltWireToTheMailServerLosesNoLetter(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "")
	way := newSpoiler(t).wire("mail", i.mails.Addr())
	host, port, _ := strings.Cut(way.Address, ":")
	i.also = append(i.also, "SPAREKEY_SMTP_HOST="+host, "SPAREKEY_SMTP_PORT="+port)
	people := i.seed(6)[1:]
	p := i.start()
	c := newClient(p.base)
	defer c.leave()
	recover := func(who *person) { // which mails two addresses
		t.Helper()
		challenge, err := c.password(t.Context(), who)
		if err == nil {
			_, err = c.prove(t.Context(), byBackup, challenge, string(who.codes[0]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	way.cut()
	recover(people[0])
	time.Sleep(time.Second)
	way.mended()
	mend := way.silence()
	recover(people[1])
	time.Sleep(time.Second)
	stopped := p.stop()
	if stopped > 20*time.Second {
		t.Errorf("stopping took %v", stopped)
	}
	if n := len(i.mails.Mails()); n > 2 { // silence is on the way back: some may have been taken
		t.Logf("%d mails were taken before the answer was lost", n)
	}
	mend()
	p = i.start()
	began := time.Now()
	letters, twice := i.awaitMails()
	if letters < 4 {
		t.Errorf("only %d letters", letters)
	}
	p.stop()
	t.Logf("mail server away, then silent: stopping took %v; the %d letters arrived %v after the wire was mended, %d of them twice",
		stopped.Round(time.Millisecond), letters, time.Since(began).Round(time.Millisecond), twice)
}
