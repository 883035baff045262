package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/ledger"
)

func onSQLite(t *testing.T) (*Store, Options) {
	t.Helper()
	o := options(t)
	o.Path = filepath.Join(t.TempDir(), "sparekey.db")
	return openStore(t, o), o
}

func hasFault(r ledger.Report, kind ledger.FaultKind) bool {
	return slices.ContainsFunc(r.Faults, func(f ledger.Fault) bool { return f.Kind == kind })
}

func TestTheSealerSignsNoPastWithoutWhatWasRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 10)
		outside := sealAll(t, s).Checkpoint
		byHand(t, s, `DELETE FROM events WHERE leaf_index = 4`, `DELETE FROM checkpoints`)
		recordEvents(t, s, 1)
		batch := sealAll(t, s)
		if batch.Mended != (ledger.Mending{Restored: 9, Missing: 1}) {
			t.Errorf("%+v", batch)
		}
		byHand(t, s, `DELETE FROM events WHERE kind = 'log.mended' AND leaf_index IS NULL`) // there is none
		for range 2 {                                                                       // for ever
			r := verify(t, s, outside)
			if len(r.Faults) != 2 || r.Faults[0].Kind != ledger.Removed || r.Faults[0].Event.Index != 5 ||
				r.Faults[1].Kind != ledger.Mended || r.Faults[1].Detail != "missing=1 restored=9 size=0" || r.Waiting != 0 {
				t.Errorf("%+v", r)
			}
			recordEvents(t, s, 1)
			sealAll(t, s)
		}
	})
}

func TestAGapWhoseHashIsGoneTooIsNotSealedOver(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 10)
		sealAll(t, s)
		byHand(t, s, `DELETE FROM events WHERE leaf_index = 4`, `DELETE FROM checkpoints`, `DELETE FROM log_hashes`)
		recordEvents(t, s, 1)
		if batch, err := s.Seal(t.Context(), "tester"); !errors.Is(err, ledger.ErrTreeDamaged) {
			t.Errorf("%+v, %v", batch, err)
		}
	})
}

func TestALongGapIsFilledInSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const count = verifyRange + 2*sealBatch
		recordEvents(t, s, count)
		outside := sealAll(t, s).Checkpoint
		byHand(t, s, fmt.Sprintf(`DELETE FROM events WHERE leaf_index < %d`, count-3), `DELETE FROM checkpoints`)
		recordEvents(t, s, 1)
		if batch := sealAll(t, s); batch.Mended != (ledger.Mending{Restored: 3, Missing: count - 3}) {
			t.Errorf("%+v", batch.Mended)
		}
		if r := verify(t, s, outside); r.Faults[0].Kind != ledger.Removed || r.Faults[0].Count != count-3 || hasFault(r, ledger.Rewritten) {
			t.Errorf("%+v", r)
		}
	})
}

func TestNothingInTheDatabaseDisownsACheckpoint(t *testing.T) {
	s, o := onSQLite(t)
	recordEvents(t, s, 10)
	outside := sealAll(t, s).Checkpoint
	byHand(t, s, `DELETE FROM events WHERE leaf_index = 4`, `DELETE FROM checkpoints`, `DELETE FROM log_hashes`,
		`UPDATE events SET leaf_index = NULL, waiting = TRUE`, `UPDATE installation SET id = 'another'`)
	again := openStore(t, o)
	recordEvents(t, again, 20)
	sealAll(t, again)
	all, err := again.LogKeys().OpenAll(outside.Note)
	must(t, err)
	if r := verify(t, again, all...); !hasFault(r, ledger.Rewritten) {
		t.Errorf("%+v", r)
	}
}

func TestFalseCheckpointsAreTakenAwayAndSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 600)
		sealAll(t, s)
		for i := range 5*checkpointPage + 1 {
			_, err := s.write.exec(t.Context(), `INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, '', 0)`, 1_000_000+i, []byte{})
			must(t, err)
		}
		if c, err := s.NewestCheckpoint(t.Context()); err != nil || c.Size != 600 {
			t.Errorf("%+v, %v", c, err)
		}
		recordEvents(t, s, 1)
		batch := sealAll(t, s)
		if batch.Mended != (ledger.Mending{False: 5*checkpointPage + 1}) || batch.Checkpoint.Size != 602 {
			t.Errorf("%+v", batch)
		}
		if r := verify(t, s); len(r.Faults) != 1 || r.Faults[0].Kind != ledger.Mended || r.Newest != batch.Checkpoint {
			t.Errorf("%+v", r)
		}
	})
}

func TestALostHashIsMadeAnewFromWhatWasSigned(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for name, do := range map[string]string{
			"gone":  `DELETE FROM log_hashes WHERE stored_index = (SELECT MAX(stored_index) FROM log_hashes)`,
			"false": `UPDATE log_hashes SET hash = (SELECT mac FROM events WHERE leaf_index = 0) WHERE stored_index = (SELECT MAX(stored_index) FROM log_hashes)`,
		} {
			recordEvents(t, s, 7)
			sealAll(t, s)
			byHand(t, s, do)
			recordEvents(t, s, 1)
			batch := sealAll(t, s)
			r := verify(t, s, batch.Checkpoint)
			if batch.Mended.Rebuilt != 1 || hasFault(r, ledger.TreeChanged) || hasFault(r, ledger.Rewritten) || r.Waiting != 0 {
				t.Errorf("%s: %+v, %+v", name, batch, r)
			}
		}
	})
}

// odd are values that SQLite takes in any column, where nothing checks them.
var odd = map[string]string{
	"waiting 2":          `UPDATE events SET waiting = 2 WHERE leaf_index IS NULL`,
	"a time of text":     `UPDATE events SET at = 'x' WHERE leaf_index IS NULL`,
	"an index of text":   `UPDATE events SET leaf_index = 'x' WHERE leaf_index = 0`,
	"half an index":      `UPDATE events SET leaf_index = 1.5 WHERE leaf_index = 0`,
	"an id of bytes":     `UPDATE events SET id = CAST(id AS BLOB) WHERE leaf_index IS NULL`,
	"a size of text":     `INSERT INTO checkpoints VALUES ('x', x'', '', 0)`,
	"a hash at text":     `INSERT INTO log_hashes VALUES ('x', x'')`,
	"a beat of text":     `UPDATE sealer SET beat = 'x'`,
	"half a beat":        `UPDATE sealer SET beat = 1.5`,
	"a beat beyond all":  `UPDATE sealer SET beat = 9223372036854775807`,
	"a beat in exponent": `UPDATE sealer SET beat = 9.3e18`,
}

func TestOddValuesAreNotTaken(t *testing.T) {
	s, _ := onSQLite(t)
	recordEvents(t, s, 3)
	sealAll(t, s)
	recordEvents(t, s, 2)
	for name, statement := range odd {
		if _, err := s.pools.write.ExecContext(t.Context(), statement); err == nil && name != "a beat beyond all" {
			t.Errorf("%s is taken", name)
		}
	}
	for _, statement := range []string{
		`INSERT INTO sealer VALUES (NULL, 'zz', 1)`, `INSERT INTO checkpoints VALUES (NULL, x'', '', 0)`, `INSERT INTO log_hashes VALUES (NULL, x'')`,
		`UPDATE events SET id = NULL`, `INSERT INTO installation SELECT NULL, id, key_check, created FROM installation`,
	} {
		if _, err := s.pools.write.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s is taken", statement)
		}
	}
}

func TestOddValuesStopNeitherSealingNorVerifying(t *testing.T) {
	for name, statement := range odd {
		t.Run(name, func(t *testing.T) {
			s, _ := onSQLite(t)
			recordEvents(t, s, 3)
			sealAll(t, s)
			recordEvents(t, s, 2)
			byHand(t, s, `PRAGMA ignore_check_constraints = 1`, statement, `PRAGMA ignore_check_constraints = 0`)
			_ = verify(t, s)
			_, err := s.SealState(t.Context())
			must(t, err)
			_, err = s.Events(t.Context(), EventFilter{})
			must(t, err)
			recordEvents(t, s, 1)
			batch := sealAll(t, s)
			turn, err := s.SealTurn(t.Context())
			if err != nil || turn.Waiting || batch.Sealed == 0 {
				t.Errorf("%+v, %+v, %v", turn, batch, err)
			}
			r := verify(t, s)
			if strings.Contains(statement, "events") && !strings.Contains(name, "waiting") && (r.Whole() || r.Faults[0].Event.Index >= 0 && r.Faults[0].Kind != ledger.Removed) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestABeatThatCanRiseNoFurtherBeginsAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 3)
		sealAll(t, s)
		recordEvents(t, s, 2)
		byHand(t, s, `UPDATE sealer SET beat = 9223372036854775807, holder = 'zz'`)
		if batch := sealAll(t, s); batch.Sealed != 2 {
			t.Errorf("%+v", batch)
		}
	})
}

func TestARowThatIsTooLongIsRefusedUnread(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 2)
		for _, column := range []string{"facts", "salt", "origin"} {
			value := `'` + strings.Repeat("x", mostBytes+1) + `'`
			if column == "salt" {
				value = `CAST(` + value + ` AS ` + s.engine.bytes + `)`
			}
			recordEvents(t, s, 1)
			byHand(t, s, `UPDATE events SET `+column+` = `+value+` WHERE id = (SELECT MAX(id) FROM events WHERE waiting)`)
			if r := verify(t, s); !hasFault(r, ledger.Inserted) {
				t.Errorf("%s: %+v", column, r)
			}
			if batch := sealAll(t, s); len(batch.Refused) != 1 {
				t.Errorf("%s: %+v", column, batch)
			}
		}
		var long int
		must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM events WHERE octet_length(facts) > 65536 OR octet_length(salt) > 65536 OR octet_length(origin) > 65536`).Scan(&long))
		if r := verify(t, s); long != 0 || r.Sealed != 2 || r.Whole() {
			t.Errorf("%d, %+v", long, r)
		}
	})
}

// The beat rises with each range that is read.
func TestALongRebuildIsLeftToWhoBeganIt(t *testing.T) {
	s, o := onSQLite(t)
	recordEvents(t, s, 4*verifyRange)
	head := sealAll(t, s).Checkpoint
	byHand(t, s, `DELETE FROM log_hashes`)
	recordEvents(t, s, 1)
	before, err := s.SealTurn(t.Context())
	must(t, err)
	batch, err := s.Seal(t.Context(), "tester")
	must(t, err)
	after, err := s.SealTurn(t.Context())
	if err != nil || batch.Mended.Rebuilt != 1 || after.Beat != before.Beat+4+1 {
		t.Errorf("%+v, then %+v, %+v, %v", before, after, batch, err)
	}
	if ok, err := openStore(t, o).TakeSealTurn(t.Context(), "other", after); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := s.rebuiltTree(t.Context(), "tester", head); !errors.Is(err, ledger.ErrNotHolder) {
		t.Errorf("it goes on in another's turn: %v", err)
	}
}

func TestAnIDOfBytesRefusesNotTheGenuineEvent(t *testing.T) {
	s, _ := onSQLite(t)
	recordEvents(t, s, 1)
	byHand(t, s, `PRAGMA ignore_check_constraints = 1`,
		`INSERT INTO events (id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac, leaf_index, waiting)
			SELECT CAST(id AS BLOB), at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac, 7, FALSE FROM events`,
		`PRAGMA ignore_check_constraints = 0`)
	batch := sealAll(t, s)
	turn, err := s.SealTurn(t.Context())
	if err != nil || turn.Waiting || batch.Sealed != 2 || len(batch.Refused) != 1 {
		t.Errorf("%+v, %+v, %v", batch, turn, err)
	}
}

func TestNothingIsMendedThatCannotBeRecorded(t *testing.T) {
	for name, trigger := range map[string]string{
		"removed": `DELETE FROM events WHERE id = NEW.id`,
		"changed": `UPDATE events SET facts = '{}' WHERE id = NEW.id`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := onSQLite(t)
			recordEvents(t, s, 3)
			before := sealAll(t, s).Checkpoint
			byHand(t, s, `CREATE TRIGGER hush AFTER INSERT ON events WHEN NEW.kind = 'log.mended' BEGIN `+trigger+`; END`, `DELETE FROM checkpoints`)
			recordEvents(t, s, 1)
			if batch, err := s.Seal(t.Context(), "tester"); !errors.Is(err, errUnrecorded) {
				t.Errorf("%+v, %v", batch, err)
			}
			byHand(t, s, `DROP TRIGGER hush`)
			if r := verify(t, s, before); hasFault(r, ledger.Mended) {
				t.Errorf("%+v", r)
			}
			sealAll(t, s)
			if r := verify(t, s, before); !hasFault(r, ledger.Mended) {
				t.Errorf("%+v", r)
			}
		})
	}
}
