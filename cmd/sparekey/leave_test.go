package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestOnlyWhoIsWatchedWaitsToBeSeenLeaving(t *testing.T) {
	for name, c := range map[string]struct {
		asked bool
		ago   time.Duration
		want  time.Duration
	}{
		"never asked":              {false, 0, 0},
		"asked just now":           {true, 0, noticeTime},
		"asked less than a minute": {true, watchMemory - time.Nanosecond, noticeTime},
		"asked a minute ago":       {true, watchMemory, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f farewell
				if c.asked && f.said() {
					t.Error("about to stop before it was told")
				}
				time.Sleep(c.ago)
				began := time.Now()
				f.say(t.Context())
				if took := time.Since(began); took != c.want {
					t.Errorf("it waited %s, want %s", took, c.want)
				}
				if !f.said() {
					t.Error("it does not say that it stops")
				}
			})
		})
	}
}

// TestALoadBalancerSeesTheServerLeaveBeforeItsDoorIsShut asks /readyz of the real
// program while it is told to stop: it answers no, and pages still answer, before
// the first connection is refused.
func TestALoadBalancerSeesTheServerLeaveBeforeItsDoorIsShut(t *testing.T) {
	p := small(t)
	cmd := p.command("serve")
	var ended sync.WaitGroup
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended.Go(func() {
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	defer ended.Wait()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	get := func(path string) (int, string, error) {
		answer, err := client.Get(p.base + path)
		if err != nil {
			return 0, "", err
		}
		body, err := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body), errors.Join(err, answer.Body.Close())
	}
	until(t, func() bool { status, _, _ := get("/readyz"); return status == http.StatusOK })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said, served := false, false
	until(t, func() bool {
		status, body, err := get("/readyz")
		if err != nil {
			_, isDial := errors.AsType[*net.OpError](err)
			return isDial
		}
		if status == http.StatusServiceUnavailable && strings.Contains(body, "about to stop") {
			said = true
			if status, _, err := get("/sign-in"); err == nil && status == http.StatusOK {
				served = true
			}
		}
		return false
	})
	if !said || !served {
		t.Errorf("it said that it stops: %v; a page was still served then: %v", said, served)
	}
}

// until waits for what must come.
func until(t *testing.T, come func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !come(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}
