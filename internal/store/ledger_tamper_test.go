package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
)

// byHand runs statements by hand, as someone does who has the database.
func byHand(t testing.TB, s *Store, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.pools.write.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A tampering is something done to a log of 16 sealed events (checkpoints of 5,
// 10 and 16) and three that wait, and what must be said of it first.
type tampering struct {
	name  string
	do    []string
	kind  ledger.FaultKind
	index int64 // of the event that is named
	from  int64
	count int64
}

const (
	logSealed  = 16
	logWaiting = 3
	// forgedRow is a row by hand, whose index and id are to be filled in.
	forgedRow = `INSERT INTO events (id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac, leaf_index, waiting)
		SELECT '%s', at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac, %s, %s FROM events WHERE leaf_index = 3`
	shiftUp   = `UPDATE events SET leaf_index = leaf_index + %d WHERE leaf_index >= %d`
	shiftDown = `UPDATE events SET leaf_index = leaf_index - %d WHERE leaf_index >= %d`
)

func tamperings() []tampering {
	list := []tampering{
		{"nothing", nil, "", 0, 0, 0},
		{"an event removed", []string{`DELETE FROM events WHERE leaf_index = 7`}, ledger.Removed, 8, 0, 1},
		{"several removed", []string{`DELETE FROM events WHERE leaf_index IN (7, 8, 9)`}, ledger.Removed, 10, 0, 3},
		{"the first removed", []string{`DELETE FROM events WHERE leaf_index = 0`}, ledger.Removed, 1, 0, 1},
		{"the last removed", []string{`DELETE FROM events WHERE leaf_index >= 14`}, ledger.Removed, 0, 0, 2},
		{"all removed", []string{`DELETE FROM events`}, ledger.Removed, 0, 0, logSealed},
		{"one removed and the rest renumbered",
			[]string{`DELETE FROM events WHERE leaf_index = 7`, fmt.Sprintf(shiftUp, 1000, 7), fmt.Sprintf(shiftDown, 1001, 7)}, ledger.Removed, 7, 8, 1},
		{"two removed and the rest renumbered",
			[]string{`DELETE FROM events WHERE leaf_index IN (7, 8)`, fmt.Sprintf(shiftUp, 1000, 7), fmt.Sprintf(shiftDown, 1002, 7)}, ledger.Removed, 7, 9, 2},
		{"the last but one removed and the last renumbered",
			[]string{`DELETE FROM events WHERE leaf_index = 14`, `UPDATE events SET leaf_index = 14 WHERE leaf_index = 15`}, ledger.Removed, 14, 15, 1},
		{"one inserted and the rest renumbered",
			[]string{fmt.Sprintf(shiftUp, 1000, 7), fmt.Sprintf(shiftDown, 999, 1000), fmt.Sprintf(forgedRow, "forged", "7", "FALSE")}, ledger.Inserted, 7, 0, 0},
		{"two swapped", []string{`UPDATE events SET leaf_index = 1000 WHERE leaf_index = 7`, `UPDATE events SET leaf_index = 7 WHERE leaf_index = 11`,
			`UPDATE events SET leaf_index = 11 WHERE leaf_index = 1000`}, ledger.Moved, 7, 11, 0},
		{"two neighbours swapped", []string{`UPDATE events SET leaf_index = 1000 WHERE leaf_index = 7`, `UPDATE events SET leaf_index = 7 WHERE leaf_index = 8`,
			`UPDATE events SET leaf_index = 8 WHERE leaf_index = 1000`}, ledger.Moved, 7, 8, 0},
		{"one replaced", []string{`DELETE FROM events WHERE leaf_index = 7`, fmt.Sprintf(forgedRow, "forged", "7", "FALSE")}, ledger.Changed, 7, 0, 0},
		{"one added at the end", []string{fmt.Sprintf(forgedRow, "forged", "16", "FALSE")}, ledger.Inserted, 16, 0, 0},
		{"one added far beyond", []string{fmt.Sprintf(forgedRow, "forged", "9223372036854775807", "FALSE")}, ledger.Inserted, 9223372036854775807, 0, 0},
		{"one added before the first", []string{fmt.Sprintf(forgedRow, "forged", "-5", "FALSE")}, ledger.Inserted, -5, 0, 0},
		{"one added to those that wait", []string{fmt.Sprintf(forgedRow, "forged", "NULL", "TRUE")}, ledger.Inserted, -1, 0, 0},
		{"one added as refused", []string{fmt.Sprintf(forgedRow, "forged", "NULL", "FALSE")}, ledger.Inserted, -1, 0, 0},
		{"a waiting one changed", []string{`UPDATE events SET reason = 'x' WHERE id = (SELECT MIN(id) FROM events WHERE waiting)`}, ledger.Inserted, -1, 0, 0},
		{"a waiting one numbered", []string{`UPDATE events SET leaf_index = 16 WHERE id = (SELECT MIN(id) FROM events WHERE waiting)`}, ledger.Moved, 16, -1, 0},
		{"a waiting one held back", []string{`UPDATE events SET waiting = FALSE WHERE id = (SELECT MIN(id) FROM events WHERE waiting)`}, ledger.Held, -1, 0, 0},
		{"a waiting one numbered -1", []string{`UPDATE events SET leaf_index = -1 WHERE id = (SELECT MIN(id) FROM events WHERE waiting)`}, ledger.Moved, -1, -1, 0},
		{"an origin erased", []string{`UPDATE events SET origin = '', salt = substr(salt, 1, 0) WHERE leaf_index = 7`}, ledger.OriginErased, 7, 0, 0},
		{"a sealed one put back", []string{`UPDATE events SET leaf_index = NULL, waiting = TRUE WHERE leaf_index = 7`}, ledger.Removed, 8, 0, 1},
		{"the tree's leaf changed", []string{`UPDATE log_hashes SET hash = salt FROM events WHERE stored_index = 11 AND leaf_index = 1`}, ledger.TreeChanged, 0, 0, 1},
		{"a hash removed", []string{`DELETE FROM log_hashes WHERE stored_index = 2`}, ledger.TreeChanged, 0, 0, 1},
		{"all hashes removed", []string{`DELETE FROM log_hashes`}, ledger.TreeChanged, 0, 0, 31},
		{"a hash added", []string{`INSERT INTO log_hashes (stored_index, hash) SELECT 31, hash FROM log_hashes WHERE stored_index = 2`}, ledger.TreeChanged, 0, 0, 1},
		{"a hash too far in front", []string{`INSERT INTO log_hashes (stored_index, hash) SELECT -1, hash FROM log_hashes WHERE stored_index = 2`}, ledger.TreeChanged, 0, 0, 1},
		{"the newest checkpoint removed", []string{`DELETE FROM checkpoints WHERE size = 16`}, ledger.Uncovered, 10, 0, 0},
		{"all checkpoints removed", []string{`DELETE FROM checkpoints`}, ledger.Uncovered, 0, 0, 0},
		{"the size of a checkpoint changed", []string{`UPDATE checkpoints SET size = 17 WHERE size = 16`}, ledger.Uncovered, 10, 0, 0},
		{"the root of a checkpoint changed", []string{`UPDATE checkpoints SET root = (SELECT hash FROM log_hashes WHERE stored_index = 0) WHERE size = 10`}, ledger.Forged, 0, 0, 0},
		{"the note of a checkpoint changed", []string{`UPDATE checkpoints SET note = 'sparekey'||note WHERE size = 10`}, ledger.Forged, 0, 0, 0},
	}
	for column, value := range map[string]string{
		"id": `'changed'`, "at": `at + 1`, "kind": `'sign-out'`, "organisation": `'mill'`, "actor_kind": `'operator'`, "actor_member": `'bob'`,
		"subject": `'bob'`, "reason": `'why'`, "facts": `'{"n": "7"}'`, "personal_hash": `mac`, "mac": `personal_hash`,
	} {
		change := column + " = " + value
		list = append(list, tampering{change, []string{`UPDATE events SET ` + change + ` WHERE leaf_index = 7`}, ledger.Changed, 7, 0, 0})
	}
	for _, change := range []string{`origin = '{}'`, `origin = ''`, `salt = mac`, `origin = '{"address":"192.0.2.8"}'`} {
		list = append(list, tampering{change, []string{`UPDATE events SET ` + change + ` WHERE leaf_index = 7`}, ledger.OriginChanged, 7, 0, 0})
	}
	return list
}

// backup keeps the log as it is, and returns what brings it back.
func backup(t *testing.T, s *Store) (restore func()) {
	tables := []string{"events", "log_hashes", "checkpoints"}
	for _, table := range tables {
		byHand(t, s, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
	}
	return func() {
		for _, table := range tables {
			byHand(t, s, `DELETE FROM `+table, `INSERT INTO `+table+` SELECT * FROM kept_`+table)
		}
	}
}

// aLog returns the checkpoints of a log of logSealed sealed events and
// logWaiting that wait.
func aLog(t *testing.T, s *Store) (checkpoints []ledger.Checkpoint) {
	for _, count := range []int{5, 5, 6} {
		recordEvents(t, s, count)
		c := sealAll(t, s).Checkpoint
		checkpoints = append(checkpoints, c)
	}
	// As if each had been the last of its block.
	for _, c := range checkpoints[:2] {
		_, err := s.write.exec(t.Context(), `INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, 0)`, c.Size, c.Root[:], c.Note)
		must(t, err)
	}
	recordEvents(t, s, logWaiting)
	return checkpoints
}

func TestWhateverIsDoneToTheLogByHandIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		restore := backup(t, s)
		for _, c := range tamperings() {
			byHand(t, s, c.do...)
			r := verify(t, s)
			switch {
			case c.kind == "":
				if !r.Whole() || r.Sealed != logSealed || r.Waiting != logWaiting {
					t.Errorf("%s: %+v", c.name, r)
				}
			case r.Whole():
				t.Errorf("%s: not found", c.name)
			default:
				f := r.Faults[0]
				if f.Kind != c.kind || f.Event.Index != c.index || f.From != c.from || f.Count != c.count || c.index != 0 && f.Event.ID == "" {
					t.Errorf("%s: %+v, want %s of %d (from %d, count %d)", c.name, f, c.kind, c.index, c.from, c.count)
				}
			}
			restore()
		}
	})
}

func TestWhatWasRemovedIsNamedByItsNeighbours(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		events, err := s.Events(t.Context(), EventFilter{})
		must(t, err)
		byIndex := make(map[int64]string)
		for _, e := range events {
			byIndex[e.Index] = e.ID
		}
		byHand(t, s, `DELETE FROM events WHERE leaf_index IN (7, 8)`, `DELETE FROM events WHERE leaf_index = 15`)
		r := verify(t, s)
		if len(r.Faults) != 2 || r.Faults[0].Before.ID != byIndex[6] || r.Faults[0].Event.ID != byIndex[9] || r.Sealed != logSealed-3 ||
			r.Faults[1].Before.ID != byIndex[14] || r.Faults[1].Event != (ledger.Name{}) {
			t.Errorf("%+v", r)
		}
	})
}

// An insider has the database and the master key.
type insider struct {
	*Store
	master *ledger.Keys
}

// rewrite makes the log what its events say now, with everything signed anew
// and as many checkpoints as there were.
func (s insider) rewrite(t *testing.T, checkpoints ...int64) {
	t.Helper()
	sealed, err := entries(t.Context(), s.write, `leaf_index IS NOT NULL ORDER BY leaf_index`)
	must(t, err)
	byHand(t, s.Store, `DELETE FROM log_hashes`, `DELETE FROM checkpoints`)
	var tree ledger.Tree
	for i := range sealed {
		e := &sealed[i]
		leaf, _ := ledger.LeafHash(e, nil)
		index := tree.Size()
		_, err := s.write.exec(t.Context(), `UPDATE events SET leaf_index = $2, mac = $3 WHERE id = $1`, e.ID, index, s.master.MAC(leaf, index))
		must(t, err)
		for j, hash := range tree.Append(leaf, nil) {
			_, err := s.write.exec(t.Context(), `INSERT INTO log_hashes (stored_index, hash) VALUES ($1, $2)`, tlog.StoredHashIndex(0, index)+int64(j), hash[:])
			must(t, err)
		}
		if slices.Contains(checkpoints, tree.Size()) || i == len(sealed)-1 {
			c, err := s.master.Checkpoint(tree.Size(), tree.Root())
			must(t, err)
			_, err = s.write.exec(t.Context(), `INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, 0)`, c.Size, c.Root[:], c.Note)
			must(t, err)
		}
	}
}

func TestWhatAnInsiderRewritesIsFoundByAnOutsideCheckpointAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		outside := aLog(t, s)
		restore := backup(t, s)
		for _, c := range []struct {
			name string
			do   string
			want ledger.Fault
		}{
			{"changed", `UPDATE events SET reason = 'another' WHERE leaf_index = 7`, ledger.Fault{Kind: ledger.Rewritten, From: 5, Checkpoint: outside[1], Outside: true}},
			{"removed", `DELETE FROM events WHERE leaf_index = 2`, ledger.Fault{Kind: ledger.Rewritten, From: 0, Checkpoint: outside[0], Outside: true}},
			{"cut off", `DELETE FROM events WHERE leaf_index >= 12`, ledger.Fault{Kind: ledger.Cut, From: 12, Checkpoint: outside[2], Outside: true}},
			{"emptied", `DELETE FROM events WHERE leaf_index >= 0`, ledger.Fault{Kind: ledger.Cut, From: 0, Checkpoint: outside[0], Outside: true}},
		} {
			byHand(t, s, c.do)
			insider{s, s.keys}.rewrite(t, 5, 10)
			if r := verify(t, s); !r.Whole() {
				t.Errorf("%s: it was not rewritten well: %+v", c.name, r)
			}
			if r := verify(t, s, outside...); r.Whole() || r.Faults[0] != c.want {
				t.Errorf("%s: %+v, want %+v", c.name, r.Faults, c.want)
			}
			restore()
		}
		if r := verify(t, s, outside...); !r.Whole() {
			t.Errorf("%+v", r)
		}
	})
}

func TestAForgedTreeWithoutTheKeyIsFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		other, err := ledger.NewKeys("installation", bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32))
		must(t, err)
		byHand(t, s, `UPDATE events SET reason = 'another' WHERE leaf_index = 7`)
		insider{s, other}.rewrite(t)
		r := verify(t, s)
		if r.Whole() || r.Faults[0].Kind != ledger.Inserted || r.Faults[len(r.Faults)-1].Kind != ledger.TreeChanged {
			t.Errorf("%+v", r)
		}
		if !slices.ContainsFunc(r.Faults, func(f ledger.Fault) bool { return f.Kind == ledger.Forged }) {
			t.Errorf("the checkpoint of another key passes: %+v", r)
		}
	})
}

func TestTheSealerPassesOverWhatItDidNotRecord(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		byHand(t, s, fmt.Sprintf(forgedRow, "forged", "NULL", "TRUE"), fmt.Sprintf(forgedRow, "numbered", "16", "FALSE"),
			`UPDATE events SET reason = 'x' WHERE id = (SELECT MAX(id) FROM events WHERE waiting AND id <> 'forged')`,
			`UPDATE events SET waiting = TRUE WHERE leaf_index = 7`)
		batch := sealAll(t, s)
		const sealed = logSealed + logWaiting - 1 + 1 // one was changed, one says what was mended
		if batch.Sealed != sealed-logSealed || len(batch.Refused) != 3 || batch.Checkpoint.Size != sealed {
			t.Errorf("%+v", batch)
		}
		if turn, err := s.SealTurn(t.Context()); err != nil || turn.Waiting {
			t.Errorf("it would try for ever: %+v, %v", turn, err)
		}
		state, err := s.SealState(t.Context())
		if err != nil || state != (ledger.State{Sealed: sealed, Refused: 3}) {
			t.Errorf("%+v, %v", state, err)
		}
		r := verify(t, s)
		if len(r.Faults) != 4 || r.Faults[0].Kind != ledger.Mended || r.Faults[1].Kind != ledger.Inserted || r.Sealed != sealed || r.Waiting != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestDeletedCheckpointsAndNumbersGivenByHandDoNotStopTheSealer(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		outside := aLog(t, s)
		restore := backup(t, s)
		for _, c := range []struct {
			name string
			do   []string
			same bool // the log has the same checkpoints as before
		}{
			{"the newest checkpoint gone", []string{`DELETE FROM checkpoints WHERE size = 16`}, true},
			{"every checkpoint gone", []string{`DELETE FROM checkpoints`}, true},
			{"checkpoint and hashes gone", []string{`DELETE FROM checkpoints WHERE size > 5`, `DELETE FROM log_hashes WHERE stored_index >= 8`}, true},
			{"checkpoints and an event gone", []string{`DELETE FROM checkpoints WHERE size > 5`, `DELETE FROM events WHERE leaf_index = 7`}, true},
			{"checkpoints and the last events gone", []string{`DELETE FROM checkpoints WHERE size > 5`, `DELETE FROM events WHERE leaf_index >= 14`}, false},
			{"a waiting one numbered", []string{`UPDATE events SET leaf_index = 17 WHERE id = (SELECT MIN(id) FROM events WHERE waiting)`}, true},
			{"a checkpoint that nobody signed", []string{`INSERT INTO checkpoints (size, root, note, at) SELECT 1000000, root, note, at FROM checkpoints WHERE size = 16`,
				`INSERT INTO checkpoints (size, root, note, at) SELECT 19, root, note, at FROM checkpoints WHERE size = 16`}, true},
		} {
			byHand(t, s, c.do...)
			batch := sealAll(t, s)
			r := verify(t, s, outside...)
			events := int64(logSealed + logWaiting - len(batch.Refused) - batch.Mended.Missing + 1) // and the one that says so
			if r.Whole() || !slices.ContainsFunc(r.Faults, func(f ledger.Fault) bool { return f.Kind == ledger.Mended }) {
				t.Errorf("%s: nothing says so: %+v", c.name, r)
			}
			if c.same && (r.Sealed != events || slices.ContainsFunc(r.Faults, func(f ledger.Fault) bool { return f.Kind == ledger.Rewritten || f.Kind == ledger.Cut })) {
				t.Errorf("%s: %+v after %+v", c.name, r, batch)
			}
			if !c.same && !slices.ContainsFunc(r.Faults, func(f ledger.Fault) bool { return f.Kind == ledger.Rewritten }) {
				t.Errorf("%s: %+v after %+v", c.name, r, batch)
			}
			restore()
		}
	})
}

func TestNothingIsSignedOnADamagedTree(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		byHand(t, s, `DELETE FROM events WHERE leaf_index = 7`, `DELETE FROM log_hashes WHERE stored_index IN (11, 30)`)
		if _, err := s.Seal(t.Context(), "tester"); !errors.Is(err, ledger.ErrTreeDamaged) {
			t.Error(err)
		}
	})
}

func TestAnErasedOriginBreaksNoSeal(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aLog(t, s)
		byHand(t, s, `UPDATE events SET origin = '', salt = substr(salt, 1, 0) WHERE leaf_index IN (3, 4)`)
		r := verify(t, s)
		if r.Erased != 2 || len(r.Faults) != 2 || r.Faults[0].Kind != ledger.OriginErased || r.Faults[1].Event.Index != 4 {
			t.Errorf("by hand: %+v", r)
		}
		other := OriginFilter{Member: "bob"}
		must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedIn, Subject: "bob", Origin: origin()}))
		if n, err := s.EraseOrigins(t.Context(), other, audit.Event{}); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if r := verify(t, s); len(r.Faults) != 2 || r.Erased != 3 {
			t.Errorf("another's erasing covers it: %+v", r)
		}
		if _, err := s.EraseOrigins(t.Context(), OriginFilter{Member: "ana", Before: noon.Add(5 * time.Second)}, audit.Event{At: noon.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, s); len(r.Faults) != 0 {
			t.Errorf("its erasing is recorded: %+v", r)
		}
		sealAll(t, s)
		byHand(t, s, `UPDATE events SET origin = '', salt = substr(salt, 1, 0) WHERE leaf_index = 15`)
		if r := verify(t, s); len(r.Faults) != 1 || r.Faults[0].Kind != ledger.OriginErased || r.Faults[0].Event.Index != 15 {
			t.Errorf("erased by hand, at the instant that the erasing ended: %+v", r)
		}
	})
}
