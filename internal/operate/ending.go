package operate

import (
	"context"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// endsAtOnce bounds how many members one round looks at.
const endsAtOnce = 200

// TellOfEnds tells members whose suspension is about to end, or has ended, and
// returns how many it looked at. What was told is noted in the transaction that
// tells it, so that a round may be cut short, be late, be run again, and run in
// several processes at once.
func (s *Service) TellOfEnds(ctx context.Context) (int, error) {
	now := s.Now()
	ending, err := s.Store.SuspensionsEnding(ctx, now, now.Add(ladder.RemindedBefore), endsAtOnce)
	if err != nil {
		return 0, err
	}
	for i, m := range ending {
		if err := s.tellOfEnd(ctx, m); err != nil {
			return i, err
		}
	}
	return len(ending), nil
}

func (s *Service) tellOfEnd(ctx context.Context, m org.MemberID) error {
	helpers, err := s.Store.Helpers(ctx, m)
	if err != nil {
		return err
	}
	scene := standing.Scene{Now: s.Now(), Actor: audit.Actor{Kind: audit.System}, Random: s.Random}
	return scene.Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		return ladder.NearEnd(st, helpers, scene.Now), nil
	})
}
