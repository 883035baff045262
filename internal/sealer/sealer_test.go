package sealer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/sealer"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/store"
	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// A node is one process that serves: a store of its own, a clock of its own, a
// sealer and its file.
type node struct {
	*store.Store
	sealer  *sealer.Sealer
	file    string
	journal *journal
	ahead   atomic.Int64 // how far its clock on the wall is ahead
	stop    func()       // ends it as if killed: nothing is finished
}

// A journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// startNode starts a node on a database.
func startNode(t *testing.T, o store.Options) *node {
	t.Helper()
	master, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	must(t, err)
	n := &node{file: filepath.Join(t.TempDir(), "checkpoint"), journal: &journal{}}
	o.Master, o.Random, o.Connections = master, rand.Reader, 8
	o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	o.Now = func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }
	n.Store, err = store.Open(t.Context(), o)
	must(t, err)
	n.sealer, err = sealer.New(sealer.Config{
		Log: n.Store, Keys: n.LogKeys(), ID: o.NewID(), File: n.file, Journal: slog.New(slog.NewTextHandler(n.journal, nil)),
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); n.sealer.Run(ctx) }()
	n.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(func() { n.stop(); must(t, n.Close()) })
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *node) record(t testing.TB, count int) {
	t.Helper()
	must(t, n.Record(context.WithoutCancel(t.Context()), make([]audit.Event, count)...))
}

// awaitSealed waits until nothing waits, and returns how long it took.
func (n *node) awaitSealed(t testing.TB, most time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		state, err := n.SealState(t.Context())
		must(t, err)
		if state.Waiting == 0 {
			return time.Since(began)
		}
		if time.Since(began) > most {
			t.Fatalf("%d events wait after %v: %s", state.Waiting, most, n.journal)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (n *node) isWhole(t testing.TB, events int64) {
	t.Helper()
	text, err := os.ReadFile(n.file)
	must(t, err)
	outside, err := n.LogKeys().OpenAll(string(text))
	must(t, err)
	r, err := n.VerifyLog(t.Context(), outside)
	must(t, err)
	if !r.Whole() || r.Sealed != events || r.Waiting != 0 {
		t.Errorf("%+v, want %d events", r, events)
	}
}

// holder returns which of the nodes seals, and the other.
func holder(t *testing.T, a, b *node) (seals, other *node) {
	t.Helper()
	for _, n := range []*node{a, b} {
		if strings.Contains(n.journal.String(), "checkpoint of the sealed log") {
			return n, map[*node]*node{a: b, b: a}[n]
		}
	}
	t.Fatal("neither seals")
	return nil, nil
}

// takeover is how long it may take until another seals: it waits a second and a
// half, and looks each half.
const takeover = 10 * time.Second

func TestTwoNodesSealEveryEventOnceWhileManyRecord(t *testing.T) {
	t.Parallel()
	o := store.Options{DatabaseURL: pgtest.NewDatabase(t)}
	nodes := []*node{startNode(t, o), startNode(t, o)}
	const writers, times, each = 8, 40, 3
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			for i := range times {
				if i%10 == 9 { // one clock jumps an hour, back and forth
					nodes[0].ahead.Store(int64(time.Hour) * int64(i%20-14))
				}
				nodes[w%2].record(t, each)
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	work.Wait()
	nodes[0].ahead.Store(0)
	t.Logf("sealed %v after the last", nodes[0].awaitSealed(t, takeover))
	for _, n := range nodes {
		n.stop()
		must(t, n.sealer.Finish(t.Context()))
		n.isWhole(t, writers*times*each)
	}
}

func TestAnEventIsSealedWithinASecond(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]store.Options{
		"SQLite": {Path: filepath.Join(t.TempDir(), "sparekey.db")}, "PostgreSQL": {DatabaseURL: pgtest.NewDatabase(t)},
	} {
		t.Run(name, func(t *testing.T) {
			n := startNode(t, o)
			for range 3 {
				n.record(t, 2)
				if took := n.awaitSealed(t, takeover); took > time.Second {
					t.Errorf("sealed after %v", took)
				}
			}
		})
	}
}

func TestAnotherNodeSealsWhenTheOneThatDidIsDead(t *testing.T) {
	t.Parallel()
	o := store.Options{DatabaseURL: pgtest.NewDatabase(t)}
	a := startNode(t, o)
	a.record(t, 1)
	a.awaitSealed(t, takeover)
	b := startNode(t, o)
	b.ahead.Store(int64(-time.Hour))
	time.Sleep(2 * time.Second) // a lies idle: that is no reason to take over
	b.record(t, 1)
	if took := b.awaitSealed(t, takeover); took > 1200*time.Millisecond {
		t.Errorf("sealed after %v, though one was alive", took)
	}
	seals, other := holder(t, a, b)
	seals.stop() // as if killed
	other.record(t, 5)
	t.Logf("taken over after %v", other.awaitSealed(t, takeover))
	other.stop()
	must(t, other.sealer.Finish(t.Context()))
	other.isWhole(t, 7)
}

func TestWhatIsLeftIsSealedAtTheEnd(t *testing.T) {
	t.Parallel()
	n := startNode(t, store.Options{Path: filepath.Join(t.TempDir(), "sparekey.db")})
	n.stop()
	n.record(t, 3)
	must(t, n.sealer.Finish(t.Context()))
	n.isWhole(t, 3)
	if turn, err := n.SealTurn(t.Context()); err != nil || turn.Holder != "" {
		t.Errorf("it keeps its turn: %+v, %v", turn, err)
	}
}

func TestAFileThatCannotBeWrittenStopsNoSealing(t *testing.T) {
	t.Parallel()
	n := startNode(t, store.Options{Path: filepath.Join(t.TempDir(), "sparekey.db")})
	n.record(t, 1)
	n.awaitSealed(t, takeover)
	folder := filepath.Dir(n.file)
	must(t, os.RemoveAll(folder))
	n.record(t, 1)
	n.awaitSealed(t, takeover)
	waitUntil(t, "the failure is said", func() bool { return strings.Contains(n.journal.String(), "cannot write the checkpoint file") })
	must(t, os.Mkdir(folder, 0o700))
	waitUntil(t, "the file is there again", func() bool { _, err := os.Stat(n.file); return err == nil })
	n.isWhole(t, 2)
}

func TestTheFileKeepsWhatTheLogDidContain(t *testing.T) {
	t.Parallel()
	n := startNode(t, store.Options{Path: filepath.Join(t.TempDir(), "sparekey.db")})
	n.stop()
	before, err := n.LogKeys().Checkpoint(9, [32]byte{1})
	must(t, err)
	must(t, os.WriteFile(n.file, []byte(before.Note), 0o600))
	again, err := sealer.New(sealer.Config{Log: n.Store, Keys: n.LogKeys(), ID: "again", File: n.file, Journal: slog.New(slog.NewTextHandler(n.journal, nil))})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	again.Run(ctx) // reads the file
	n.record(t, 2)
	must(t, again.Finish(t.Context()))
	text, err := os.ReadFile(n.file)
	must(t, err)
	all, err := n.LogKeys().OpenAll(string(text))
	if err != nil || len(all) != 2 || all[0].Size != 2 || all[1] != before {
		t.Errorf("%v, %v", all, err)
	}
	if !strings.Contains(n.journal.String(), "does not contain what it contained") {
		t.Errorf("it is not said: %s", n.journal)
	}
}

func TestAFileOfAnotherInstallationIsMovedAside(t *testing.T) {
	t.Parallel()
	n := startNode(t, store.Options{Path: filepath.Join(t.TempDir(), "sparekey.db")})
	n.stop()
	must(t, os.WriteFile(n.file, []byte("foreign"), 0o600))
	again, err := sealer.New(sealer.Config{Log: n.Store, Keys: n.LogKeys(), ID: "again", File: n.file, Journal: slog.New(slog.NewTextHandler(n.journal, nil))})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	again.Run(ctx)
	n.record(t, 1)
	must(t, again.Finish(t.Context()))
	n.isWhole(t, 1)
	kept := sealer.Kept(n.file)
	if len(kept) != 1 {
		t.Fatal(kept)
	}
	if aside, err := os.ReadFile(kept[0]); err != nil || string(aside) != "foreign" {
		t.Errorf("%q, %v", aside, err)
	}
}

func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(takeover); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so: %s", what)
		}
	}
}
