package faults

import (
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestWhatExpiresWhileNobodyIsUpHasExpired stops the program, lets an hour or a
// day pass (every instant in the database is that much earlier, but the clock
// of the log), and starts it: what is over is over from the first request on,
// without anybody having been up when it ended.
func TestWhatExpiresWhileNobodyIsUpHasExpired(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url func(*testing.T) string) {
		i := newInstallation(t, url(t))
		people := i.seed(2)[1:]
		p := i.start()
		c := newClient(p.base)
		session, err := c.signIn(t.Context(), people[0])
		if err != nil {
			t.Fatal(err)
		}
		challenge, err := c.password(t.Context(), people[1])
		if err != nil {
			t.Fatal(err)
		}
		askForReset(t, c, people[1])
		link := i.resetLink(people[1].email)
		p.stop()
		c.leave()

		i.pass(59 * time.Minute)
		p = i.start()
		c = newClient(p.base)
		if alive, err := c.alive(t.Context(), session); err != nil || !alive {
			t.Errorf("after 59 minutes the session is alive: %v, %v", alive, err)
		}
		p.stop()
		c.leave()

		i.pass(time.Hour + time.Second)
		p = i.start()
		c = newClient(p.base)
		defer c.leave()
		if alive, err := c.alive(t.Context(), session); err != nil || alive {
			t.Errorf("an idle hour later the session is alive: %v, %v", alive, err)
		}
		code, _, _ := people[1].nextCode()
		if _, err := c.prove(t.Context(), byFactor, challenge, code); err == nil {
			t.Error("a sign-in begun two hours ago goes on")
		}
		if a, err := c.send(t.Context(), link, nil, nil); err != nil || a.status == 200 {
			t.Errorf("a link to set a password, two hours old: %d, %v", a.status, err)
		}
		p.stop()
		t.Log("session, sign-in under way and mailed link: over at the first request after two hours in which nothing ran")
	})
}

func askForReset(t *testing.T, c *client, p *person) {
	t.Helper()
	if a, err := c.send(t.Context(), "/password/forgotten", url.Values{"email": {p.email}}, nil); err != nil || a.status >= 400 {
		t.Fatalf("asking for a new password: %d, %v", a.status, err)
	}
}

// resetLink waits for the mail with the link to set a password.
func (i *installation) resetLink(to string) string {
	i.t.Helper()
	base := "http://" + i.listen
	for end := time.Now().Add(readyTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, m := range i.mails.Mails() {
			for _, link := range m.Links {
				if path := link[min(len(base), len(link)):]; m.To == to && len(path) > 14 && path[:14] == "/password/new/" {
					return path
				}
			}
		}
	}
	i.t.Fatalf("no link was mailed to %s", to)
	return ""
}

// pass lets time go by for what ends by itself.
func (i *installation) pass(d time.Duration) {
	i.t.Helper()
	for table, columns := range map[string][]string{
		"sessions":   {"created", "last_used", "ends"},
		"challenges": {"created", "expires"},
		"links":      {"created", "expires"},
		"mail_codes": {"sent", "expires"},
		"set_ups":    {"begun", "expires"},
	} {
		for _, column := range columns {
			i.exec(fmt.Sprintf(`UPDATE %s SET %s = %s - %d`, table, column, column, d.Milliseconds()))
		}
	}
}
