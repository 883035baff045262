// Package sealer keeps the log sealed: in every process that serves, one of
// which does it, within a second of an event's commit; and keeps the newest
// checkpoint outside the database.
//
// It owns the pace, whose turn it is, and the checkpoint's file. It refuses to
// go by a clock on the wall: what it waits for, it measures itself. That clock
// only names files that are put aside.
package sealer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/ledger"
)

// A Log is what is sealed. Several processes may share one.
type Log interface {
	// SealTurn says whose turn it is to seal, and whether there is anything to do.
	SealTurn(ctx context.Context) (ledger.Turn, error)
	// TakeSealTurn makes it the turn of me, if nothing was done since seen.
	TakeSealTurn(ctx context.Context, me string, seen ledger.Turn) (bool, error)
	// LeaveSealTurn makes it nobody's turn, if it was that of me.
	LeaveSealTurn(ctx context.Context, me string) error
	// Seal seals a batch. Its error wraps ledger.ErrNotHolder if it is not the
	// turn of me, ledger.ErrTreeDamaged if there is nothing to build on. It bounds
	// its own time, which may be many minutes.
	Seal(ctx context.Context, me string) (ledger.Batch, error)
	// NewestCheckpoint returns the newest one; the zero Checkpoint if there is none.
	NewestCheckpoint(ctx context.Context) (ledger.Checkpoint, error)
	// SealState returns how far sealing is.
	SealState(ctx context.Context) (ledger.State, error)
	// LogRoot returns the root of the tree over the first size events.
	LogRoot(ctx context.Context, size int64) (tlog.Hash, error)
}

const (
	// usualInterval is how often it looks for events; with what sealing takes,
	// it is well under a second.
	usualInterval = 500 * time.Millisecond
	// patience is how long events must have waited, with nothing done by whose
	// turn it is, until another takes over: three times the interval.
	patience = 3
	// stepTimeout bounds one look, and what is published after it. To seal has no
	// bound here: the log has its own.
	stepTimeout = 30 * time.Second
	// stallTime is how long the same event may wait before it is said, whoever's
	// turn it is.
	stallTime = 5 * time.Second
	// repeatInterval is how often what goes on is said again.
	repeatInterval = time.Minute
)

// Config is what a Sealer works with. Interval may be 0: as often as is usual.
type Config struct {
	Log      Log
	Keys     *ledger.Keys
	ID       string // of this process, unlike any other's
	File     string // for the newest checkpoint
	Journal  *slog.Logger
	Interval time.Duration
}

// A Sealer seals a log while Run runs.
type Sealer struct {
	config Config
	seen   ledger.Turn // another's, while events wait
	since  time.Time   // when it was first seen; compared by the monotonic clock
	stall  stall
	said   map[string]time.Time
	file   file
}

// A stall is what has waited, as far as this process has seen.
type stall struct {
	oldest string    // id of the event that waited longest
	size   int64     // of the newest checkpoint then
	since  time.Time // by the monotonic clock
}

// New checks the configuration; nothing moves until Run.
func New(c Config) (*Sealer, error) {
	if c.Log == nil || c.Keys == nil || c.ID == "" || c.File == "" || c.Journal == nil {
		return nil, errors.New("sealer: log, keys, id, file and journal must be given")
	}
	if c.Interval <= 0 {
		c.Interval = usualInterval
	}
	return &Sealer{config: c, said: make(map[string]time.Time), file: file{path: c.File}}, nil
}

// Run seals until ctx ends. Whatever fails is said, and tried again.
func (s *Sealer) Run(ctx context.Context) {
	s.load()
	ticker := time.NewTicker(s.config.Interval)
	defer ticker.Stop()
	for {
		s.step(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Finish seals what waits, whoever's turn it was, publishes the checkpoint and
// leaves the turn to others. It comes after Run.
func (s *Sealer) Finish(ctx context.Context) error {
	turn, err := s.config.Log.SealTurn(ctx)
	if err != nil {
		return err
	}
	if turn.Waiting {
		if turn.Holder != s.config.ID {
			if _, err := s.config.Log.TakeSealTurn(ctx, s.config.ID, turn); err != nil {
				return err
			}
		}
		s.seal(ctx)
	}
	s.publish(ctx)
	s.line(ctx)
	if err := s.config.Log.LeaveSealTurn(ctx, s.config.ID); err != nil {
		return err
	}
	if turn, err = s.config.Log.SealTurn(ctx); err == nil && turn.Waiting {
		s.config.Journal.Info("some events wait to be sealed by another process, or the next")
	}
	return err
}

// step looks once, and does what there is to do.
func (s *Sealer) step(ctx context.Context) {
	turn, mine, err := s.look(ctx)
	if err != nil {
		s.complain("cannot look for events to seal", err)
		return
	}
	if mine {
		s.seal(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if mine || turn.Size != s.file.newest.Size || s.file.stale {
		s.publish(ctx)
	}
	if (turn.Waiting || turn.Size > 0) && s.mayRepeat(checkpointLine) {
		s.line(ctx)
	}
}

// look returns whose turn it is, and whether it is for this process to seal now.
func (s *Sealer) look(ctx context.Context) (turn ledger.Turn, mine bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if turn, err = s.config.Log.SealTurn(ctx); err != nil {
		return turn, false, err
	}
	s.watch(turn)
	return turn, s.myTurn(ctx, turn), nil
}

// watch complains where the same event has waited for too long, whoever seals.
// Somebody may hold up the sealing by writing to the database.
func (s *Sealer) watch(turn ledger.Turn) {
	advanced := turn.Oldest != s.stall.oldest && turn.Size != s.stall.size
	if !turn.Waiting || s.stall.since.IsZero() || advanced {
		s.stall = stall{turn.Oldest, turn.Size, time.Now()}
	}
	if waited := time.Since(s.stall.since); turn.Waiting && waited > stallTime && s.mayRepeat(stallLine) {
		s.config.Journal.Error(stallLine, "event", turn.Oldest, "for", waited.Round(time.Second).String(), "turn of", turn.Holder, "mine", turn.Holder == s.config.ID)
	}
}

// stallLine is what is said of events that nobody seals.
const stallLine = "events of the log are not sealed: whoever has the database can change them unseen"

// myTurn reports whether it is for this process to seal what waits. It takes
// over from one that has let events wait for too long.
func (s *Sealer) myTurn(ctx context.Context, turn ledger.Turn) bool {
	if !turn.Waiting || turn.Holder == s.config.ID {
		s.seen = ledger.Turn{}
		return turn.Waiting
	}
	if turn.Holder != s.seen.Holder || turn.Beat != s.seen.Beat {
		s.seen, s.since = turn, time.Now()
	}
	if turn.Holder != "" && time.Since(s.since) < patience*s.config.Interval {
		return false
	}
	mine, err := s.config.Log.TakeSealTurn(ctx, s.config.ID, turn)
	if err != nil {
		s.complain("cannot take over the sealing of the log", err)
	}
	return mine
}

// seal seals what waits, for stepTimeout at most but for the last batch: then
// comes what is to be published.
func (s *Sealer) seal(ctx context.Context) {
	began := time.Now()
	for more := true; more && time.Since(began) < stepTimeout; {
		batch, err := s.config.Log.Seal(ctx, s.config.ID)
		if errors.Is(err, ledger.ErrNotHolder) {
			return // another took over
		}
		if err != nil {
			s.complain("cannot seal the log", err)
			return
		}
		s.tell(batch)
		more = batch.More
	}
}

// tell says what is wrong with the events of a batch.
func (s *Sealer) tell(b ledger.Batch) {
	for _, e := range b.Refused {
		s.config.Journal.Error("an event in the log was changed or inserted by hand before it was sealed: it is not sealed",
			"event", e.ID, "kind", e.Kind, "at", time.UnixMilli(e.UnixMilli).UTC())
	}
	if b.Mended != (ledger.Mending{}) {
		s.config.Journal.Error("the sealed log was changed by hand; sealing goes on, and an event in the log says so for ever", "found", b.Mended.Facts())
	}
}

// checkpointLine is what the line with a checkpoint says.
const checkpointLine = "checkpoint of the sealed log"

// line writes the newest checkpoint to the log stream, with how far sealing is.
func (s *Sealer) line(ctx context.Context) {
	state, err := s.config.Log.SealState(ctx)
	if err != nil {
		s.complain("cannot read how far the log is sealed", err)
		return
	}
	newest := s.file.newest
	if newest.Size+state.Waiting+state.Refused > 0 {
		s.config.Journal.Info(checkpointLine, "size", newest.Size, "note", newest.Note,
			"waiting", state.Waiting, "oldest", state.OldestAge.Seconds(), "refused", state.Refused)
	}
}

// load reads the file, once it can be read.
func (s *Sealer) load() {
	if err := s.file.load(s.config.Keys); err != nil {
		s.complain("the checkpoint file cannot be used: what was published before may not be of this log", err)
	}
}

// publish writes the newest checkpoint to the file. One that was published before and is no part of the log any more is
// kept in the file: it is the evidence.
func (s *Sealer) publish(ctx context.Context) {
	if !s.file.loaded {
		s.load()
	}
	newest, err := s.config.Log.NewestCheckpoint(ctx)
	if err == nil {
		err = s.compare(ctx, newest)
	}
	if err != nil {
		s.file.stale = true
		s.complain("cannot publish the newest checkpoint", err)
		return
	}
	if err := s.file.write(newest); err != nil {
		s.complain("cannot write the checkpoint file", err)
	}
}

// compare puts the last published checkpoint aside if newest does not contain it.
// Where there is no room for it, an error says that it must not be overwritten.
func (s *Sealer) compare(ctx context.Context, newest ledger.Checkpoint) error {
	last := s.file.newest
	if last.Note == "" || last.Note == newest.Note {
		return nil
	}
	if last.Size <= newest.Size {
		root, err := s.config.Log.LogRoot(ctx, last.Size)
		if err != nil && !errors.Is(err, ledger.ErrTreeDamaged) {
			return err
		}
		if err == nil && root == last.Root {
			return nil
		}
	}
	inFile := s.file.putAside(last)
	unkept := s.file.keep([]byte(last.Note))
	lost := unkept != nil && !inFile
	if !lost || s.mayRepeat(rewrittenLine) {
		s.config.Journal.Error(rewrittenLine, "published", last.Size, "now", newest.Size, "note", last.Note)
	}
	if lost {
		return fmt.Errorf("what was published is in no other place, and stays as it is: %w", unkept)
	}
	if unkept != nil {
		s.complain("cannot put a checkpoint aside", unkept)
	}
	return nil
}

// rewrittenLine is what is said where the log is another than was published.
const rewrittenLine = "the log does not contain what it contained: it was rewritten, cut off, or restored from an older backup"

// complain says what fails, once in a while.
func (s *Sealer) complain(what string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if s.mayRepeat(what) {
		s.config.Journal.Error(what, "error", err)
	}
}

// mayRepeat reports whether what was not said lately, and notes that it is.
func (s *Sealer) mayRepeat(what string) bool {
	last, ok := s.said[what]
	if ok && time.Since(last) < repeatInterval {
		return false
	}
	s.said[what] = time.Now()
	return true
}
