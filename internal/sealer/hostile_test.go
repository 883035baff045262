package sealer

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/ledger"
)

// A held log never gets sealed: somebody writes the row by hand again and again.
type held struct{ beat int64 }

func (h *held) SealTurn(context.Context) (ledger.Turn, error) {
	h.beat++
	return ledger.Turn{Holder: "somebody", Beat: h.beat, Waiting: true, Oldest: "first"}, nil
}

func (*held) TakeSealTurn(context.Context, string, ledger.Turn) (bool, error) { return false, nil }
func (*held) LeaveSealTurn(context.Context, string) error                     { return nil }
func (*held) Seal(context.Context, string) (ledger.Batch, error) {
	return ledger.Batch{}, ledger.ErrNotHolder
}

func (*held) NewestCheckpoint(context.Context) (ledger.Checkpoint, error) {
	return ledger.Checkpoint{}, nil
}

func (*held) SealState(context.Context) (ledger.State, error) {
	return ledger.State{Waiting: 3, Refused: 1, OldestAge: time.Minute}, nil
}
func (*held) LogRoot(context.Context, int64) (tlog.Hash, error) { return tlog.Hash{}, nil }

// A damaged log takes long to be rebuilt.
type damaged struct {
	held
	sealed bool
}

func (d *damaged) SealTurn(context.Context) (ledger.Turn, error) {
	return ledger.Turn{Holder: "me", Waiting: !d.sealed}, nil
}

func (d *damaged) Seal(ctx context.Context, _ string) (ledger.Batch, error) {
	select {
	case <-ctx.Done():
		return ledger.Batch{}, ctx.Err()
	case <-time.After(5 * time.Minute):
		d.sealed = true
		return ledger.Batch{Sealed: 1}, nil
	}
}

func TestALongRebuildIsWaitedFor(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := &damaged{}
		s, err := New(Config{Log: log, Keys: testKeys(t, 2), ID: "me", File: filepath.Join(folder, "c"), Journal: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.Run(ctx)
		if log.sealed {
			t.Error("it goes on when its process ends")
		}
		ctx, cancel = context.WithTimeout(t.Context(), 6*time.Minute)
		defer cancel()
		s.Run(ctx)
		if !log.sealed {
			t.Error("it was cut short")
		}
	})
}

func testKeys(t *testing.T, secret byte) *ledger.Keys {
	t.Helper()
	keys, err := ledger.NewKeys("x", bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{secret}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestThatNothingIsSealedIsSaidWhoeversTurnItIs(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		s, err := New(Config{
			Log: &held{}, Keys: testKeys(t, 2), ID: "me", File: filepath.Join(folder, "c"), Journal: slog.New(slog.NewTextHandler(&said, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		run := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			s.Run(ctx)
		}
		run(stallTime)
		if text := said.String(); strings.Contains(text, stallLine) || !strings.Contains(text, "waiting=3 oldest=60 refused=1") {
			t.Errorf("early: %s", text)
		}
		run(2 * repeatInterval)
		if text := said.String(); strings.Count(text, stallLine) != 2 || !strings.Contains(text, "level=ERROR") {
			t.Errorf("late: %s", text)
		}
	})
}

func TestWhatWasPublishedIsNeverOverwrittenUnread(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "c")
	mine := testKeys(t, 2)
	before, _ := testKeys(t, 3).Checkpoint(100, tlog.Hash{1})
	now, _ := mine.Checkpoint(5, tlog.Hash{2})
	for n, text := range []string{before.Note, "rubbish", before.Note} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := file{path: name}
		if err := f.load(mine); err == nil {
			t.Errorf("%d: it passes for one of ours", n)
		}
		if err := f.write(now); err != nil {
			t.Error(err)
		}
	}
	kept := Kept(name)
	if len(kept) != 2 {
		t.Fatal(kept)
	}
	for i, want := range []string{before.Note, "rubbish"} {
		if text, err := os.ReadFile(kept[i]); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", kept[i], text, err)
		}
	}
}

func TestAFileThatCannotBeReadIsNotOverwritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c")
	if err := os.Mkdir(name, 0o700); err != nil { // as good as a disk that fails
		t.Fatal(err)
	}
	f := file{path: name}
	now, _ := testKeys(t, 2).Checkpoint(5, tlog.Hash{2})
	if err := f.load(testKeys(t, 2)); err == nil {
		t.Error("it was read")
	}
	if err := f.write(now); err == nil {
		t.Error("it was written")
	}
}

func TestWhatAWriteLeftBehindIsSweptOnceItIsOld(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c")
	old, fresh, other := name+".1.new", name+".2.new", name+".txt"
	for _, leftover := range []string{old, fresh, other} {
		if err := os.WriteFile(leftover, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * leftoverAge)
	for _, leftover := range []string{old, other} {
		if err := os.Chtimes(leftover, past, past); err != nil {
			t.Fatal(err)
		}
	}
	if err := (&file{path: name}).load(testKeys(t, 2)); err != nil {
		t.Fatal(err)
	}
	for leftover, stays := range map[string]bool{old: false, fresh: true, other: true} {
		if _, err := os.Stat(leftover); (err == nil) != stays {
			t.Errorf("%s: %v", leftover, err)
		}
	}
}

// A rewritten log is another each time it is asked.
type rewritten struct {
	held
	newest ledger.Checkpoint
}

func (r *rewritten) NewestCheckpoint(context.Context) (ledger.Checkpoint, error) {
	return r.newest, nil
}

func TestWhatThereIsNoRoomForStaysPublished(t *testing.T) {
	keys := testKeys(t, 2)
	log := &rewritten{}
	name := filepath.Join(t.TempDir(), "c")
	s, err := New(Config{Log: log, Keys: keys, ID: "me", File: name, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const all = maxKept + 4
	for n := range all {
		if log.newest, err = keys.Checkpoint(all-int64(n), tlog.Hash{byte(n), 1}); err != nil {
			t.Fatal(err)
		}
		s.publish(t.Context())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	published, err := keys.OpenAll(string(text))
	if err != nil || published[0].Size != all-maxKept || len(Kept(name)) != maxKept {
		t.Fatalf("%+v, %v", published, err)
	}
	if err := os.Remove(Kept(name)[0]); err != nil {
		t.Fatal(err)
	}
	s.publish(t.Context())
	if text, err = os.ReadFile(name); err != nil || !strings.HasPrefix(string(text), log.newest.Note) {
		t.Errorf("with room again: %s, %v", text, err)
	}
	if len(Kept(name)) != maxKept {
		t.Error("the last one published was not kept")
	}
}
