package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestRemindersGoToEachWithoutABackupOnceAWeek(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		mfa := standing.SetMFA{Since: noon}
		want := 0
		for i := range remindedAtOnce + 30 {
			m := person(org.MemberID(fmt.Sprintf("m-%03d", i)), org.Employee)
			d := standing.Decision{Effects: []standing.Effect{mfa}}
			switch {
			case i == 7:
				d = d.And(standing.SetCodes{Set: factor.CodeSet{Salt: []byte("s"), Codes: []factor.StoredCode{{ID: "one", Hash: []byte("h")}}}, At: noon})
			case i == 8:
				d = d.And(standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "b@home.example", Confirmed: noon}})
			case i == 9:
				d.Effects = nil
			case i == 10:
				m.State = org.Deactivated
			default:
				want++
			}
			must(t, s.AddMember(t.Context(), m, d))
		}
		ana, err := s.Colleague(t.Context(), "ana")
		must(t, err)
		event := audit.Event{Kind: audit.BackupsReminded, Organisation: "bakery", Actor: audit.Actor{Kind: audit.Member, Member: "ana"}}
		stale := ana
		stale.Version--
		if _, err := s.Remind(t.Context(), stale, event, noon); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("someone whose row has changed may: %v", err)
		}
		count, err := s.Remind(t.Context(), ana, event, noon)
		if err != nil || count != want {
			t.Fatalf("%d are reminded, want %d: %v", count, want, err)
		}
		var work sync.WaitGroup
		for range 3 {
			work.Go(func() {
				for {
					more, err := s.RemindSome(t.Context(), noon.Add(time.Minute))
					if err != nil {
						t.Error(err)
					}
					if !more {
						return
					}
				}
			})
		}
		work.Wait()
		var mails, members int
		must(t, s.read.row(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT member_id) FROM outbox WHERE kind = $1 AND bulk`, notice.BackupReminder).Scan(&mails, &members))
		if mails != want || members != want {
			t.Errorf("%d mails to %d members, want %d", mails, members, want)
		}
		ana, err = s.Colleague(t.Context(), "ana")
		must(t, err)
		week := noon.Add(time.Minute).Add(standing.RemindEvery)
		if _, err := s.Remind(t.Context(), ana, event, week.Add(-time.Millisecond)); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("again within a week: %v", err)
		}
		if count, err := s.Remind(t.Context(), ana, event, week); err != nil || count != want {
			t.Errorf("after a week: %d, %v", count, err)
		}
		// What was not done in a day is dropped, and a week begins then.
		if more, err := s.RemindSome(t.Context(), week.Add(remindFor)); !more || err != nil {
			t.Error(more, err)
		}
		r, err := s.Reminding(t.Context(), "bakery")
		if must(t, err); !r.Asked.Equal(week) || !r.Done.Equal(week.Add(remindFor)) {
			t.Errorf("%+v", r)
		}
		must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM outbox WHERE kind = $1`, notice.BackupReminder).Scan(&mails))
		if mails != want {
			t.Errorf("%d mails after a day, want %d", mails, want)
		}
	})
}
