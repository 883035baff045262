package faults

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

func TestADatabaseGoneForAWhileIsWaitedFor(t *testing.T) {
	t.Parallel()
	goneFor(t, 10*time.Second)
}

func TestADatabaseGoneForAMinuteIsWaitedForSoak(t *testing.T) {
	if !soak() {
		t.Skip("the long run: make soak")
	}
	t.Parallel()
	goneFor(t, time.Minute)
}

func goneFor(t *testing.T, gone time.Duration) {
	server := pgtest.NewServer(t)
	i := newInstallation(t, server.URL())
	people := i.seed(4)[1:]
	p := i.start()
	c := newClient(p.base)
	defer c.leave()
	session, err := c.signIn(t.Context(), people[0])
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	longest := time.Duration(0)
	for began := time.Now(); time.Since(began) < gone; time.Sleep(time.Second) {
		longest = max(longest, plainlyAway(t, "gone", p, c, people[1].email, session))
	}
	server.Start()
	began := time.Now()
	if took := p.until("/readyz", http.StatusOK, longestAnswer); took > longestAnswer {
		t.Fatalf("not ready again\n%s", p.lastWords())
	}
	back := awaitSignIn(t, c, people[1], began)
	if alive, err := c.alive(t.Context(), session); err != nil || !alive {
		t.Errorf("afterwards the session is alive: %v, %v", alive, err)
	}
	p.stop()
	i.verify()
	t.Logf("PostgreSQL gone for %v: every answer plain and within %v; sign-in %v after it was back", gone, longest.Round(time.Millisecond), back.Round(time.Millisecond))
}

// TestAFullDiskIsSaidAndSurvived runs the program in a file system of 6 MiB, in
// a user namespace of its own, fills that up, and makes room again.
func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("this machine mounts nothing for us (unshare -rm): %v %s", err, out)
	}
	i := newInstallation(t, "")
	people := i.seed(12)[1:]
	room := filepath.Join(i.folder, "small")
	// The namespace is seen from here through /proc: that is where the disk is
	// filled and emptied.
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	script := `mount -t tmpfs -o size=6m none "$1" && cp "$2"/sparekey.db* "$2"/master.key "$1"/ && exec "$3" serve`
	if err := os.Mkdir(room, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-rm", "/bin/sh", "-c", script, "sh", room, i.folder, path)
	p := &process{t: t, cmd: cmd, log: filepath.Join(i.folder, "serve.log"), base: "http://" + i.listen}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd.Env, cmd.Stdout, cmd.Stderr = append(i.environment(), "SPAREKEY_DATA="+room), log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if took := p.until("/readyz", http.StatusOK, readyTime); took > readyTime {
		t.Fatalf("not ready:\n%s", p.lastWords())
	}
	c := newClient(p.base)
	defer c.leave()
	session, err := c.signIn(t.Context(), people[0])
	if err != nil {
		t.Fatal(err)
	}
	small := filepath.Join("/proc", itoa(cmd.Process.Pid), "root", room)
	filler := filepath.Join(small, "filler")
	fill(t, filler)

	// People try until the room that SQLite had left is used up.
	acknowledged, turnedAway := []opened{{people[0], session}}, 0
	for _, who := range people[1:11] {
		for range 4 {
			session, err := c.signIn(t.Context(), who)
			if err == nil {
				acknowledged = append(acknowledged, opened{who, session})
				continue
			}
			if strings.Contains(err.Error(), "503") {
				turnedAway++
				break
			}
		}
		if turnedAway >= 3 {
			break
		}
	}
	if turnedAway == 0 {
		t.Error("the disk was full and nobody was turned away")
	}
	if !strings.Contains(p.words(), "database or disk is full") {
		t.Errorf("the log does not say that the disk is full:\n%s", p.lastWords())
	}
	for _, s := range acknowledged {
		if alive, err := c.alive(t.Context(), s.token); err != nil || !alive {
			t.Errorf("with a full disk the session of %s is alive: %v, %v", s.who.email, alive, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	back := awaitSignIn(t, c, people[11], time.Now())
	for _, s := range acknowledged {
		if alive, err := c.alive(t.Context(), s.token); err != nil || !alive {
			t.Errorf("afterwards the session of %s is alive: %v, %v", s.who.email, alive, err)
		}
	}
	p.stop()
	t.Logf("disk full: %d turned away with 503, the log says why, %d sessions as acknowledged; sign-in %v after there was room",
		turnedAway, len(acknowledged), back.Round(time.Millisecond))
}

// fill writes a file until there is no room for a byte more.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it is full
	for size := 1 << 16; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func TestANewerDatabaseIsLeftAloneAndTheReasonSaid(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url func(*testing.T) string) {
		i := newInstallation(t, url(t))
		i.seed(1)
		i.exec(`INSERT INTO schema_versions (version_id, is_applied) VALUES (9001, TRUE)`)
		before := i.rows(`SELECT * FROM members`)
		for _, command := range []string{"serve", "migrate"} {
			out, err := i.run(command)
			if err == nil || !strings.Contains(out, "schema version 9001") || !strings.Contains(out, "use the newer program") {
				t.Errorf("%s: %v\n%s", command, err, out)
			}
		}
		if after := i.rows(`SELECT * FROM members`); len(after) != len(before) {
			t.Error("something was changed")
		}
		t.Log("a database of schema version 9001 was refused in words by serve and migrate")
	})
}

func TestTwoProcessesOnOneSQLite(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "")
	everybody := i.seed(17)[1:]
	other := i.beside()
	processes := []*process{i.start(), other.start()}
	var workers []*worker
	for n, p := range processes {
		w := newWorker(t, uint64(n), everybody[n*8:n*8+8], i.letters().objection)
		workers = append(workers, w)
		c := newClient(p.base)
		defer c.leave()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(t, processes[1], workers[1:], 3*time.Second, nil)
	}()
	together(t, processes[0], workers[:1], 3*time.Second, nil)
	<-done
	// What one acknowledged, the other knows.
	c := newClient(processes[1].base)
	defer c.leave()
	workers[0].checkAll(t.Context(), c)
	i.awaitMails()
	log := i.tally()
	for _, w := range workers {
		w.compare(log)
	}
	for _, p := range processes {
		p.stop()
	}
	i.verify()
	t.Logf("two processes on one SQLite file: %d and %d acts, the log agrees and verifies", workers[0].acts, workers[1].acts)
}
