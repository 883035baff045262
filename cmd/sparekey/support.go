package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/imagework"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
)

// tendInterval is how often cases at the desk are looked after.
const tendInterval = time.Minute

// support wires what carries cases at the desk.
func (i *installation) support() (*support.Service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &support.Service{
		Store: i.store, Now: i.now, Random: rand.Reader, NewID: newID, Zone: i.config.Timezone.Location(),
		Keep: time.Duration(i.config.Desk.KeepDays) * 24 * time.Hour, For: i.config.Support.Name,
		Mailbox: deskMailbox(i.config.Desk),
		Examine: examiner{imagework.NewPool(self, "safecopy", "worker").Leaving()},
	}, nil
}

// An examiner looks at evidence in workers.
type examiner struct{ pool *imagework.Pool }

// Examine looks at a file (support.Examiner).
func (x examiner) Examine(ctx context.Context, file []byte, want support.Want) (support.Examined, error) {
	intake := imagework.Intake{Mask: want.Mask}
	if want.Kind == standing.IdentityCopy && !want.Mask {
		intake.Copy = &want.Copy
	}
	taken, err := x.pool.Take(ctx, file, intake)
	if err != nil {
		return support.Examined{}, err
	}
	seen := support.Examined{Unfit: string(taken.Unfit), Type: taken.Type, Hash: taken.Hash, Look: taken.Look, Pages: taken.Pages}
	if want.Kind != standing.CompanyExtract && want.Kind != standing.Authorisation && taken.Type == "application/pdf" && seen.Unfit == "" {
		seen.Unfit = "no-picture"
	}
	if j := taken.Judgement; j != nil {
		seen.Copy = j.Answer
		for _, r := range j.Reasons {
			if r.Answer == j.Answer && !slices.Contains(seen.Reasons, r.Code) {
				seen.Reasons = append(seen.Reasons, r.Code)
			}
		}
	}
	if want.Kind == standing.CompanyExtract {
		seen.Findings = findings(taken)
	}
	return seen, nil
}

// findings are what was read of an extract.
func findings(t imagework.Taken) []standing.Finding {
	if t.Type != "application/pdf" {
		return []standing.Finding{{Code: "seal-picture"}}
	}
	seal := standing.Finding{Code: "seal-" + string(t.Seal.State), Good: t.Seal.State == imagework.SealWhole, Found: t.Seal.Signer}
	list := []standing.Finding{seal}
	if t.Differs {
		list = append(list, standing.Finding{Code: "text-differs"})
	}
	return list
}

// tend looks after the cases at the desk until ctx ends.
func (i *installation) tend(ctx context.Context) {
	desk, err := i.support()
	if err != nil {
		i.log.Error("cannot look after cases", "error", err)
		return
	}
	ticker := time.NewTicker(tendInterval)
	defer ticker.Stop()
	for {
		if destroyed, err := desk.Tend(ctx); err != nil && ctx.Err() == nil {
			i.log.Error("cannot look after cases", "error", err)
		} else if destroyed > 0 {
			i.log.Info("evidence destroyed", "cases", destroyed)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

type deskPurgeCommand struct {
	Check bool `help:"Change nothing: say whether anything is left that should be gone. Exit code 1: something is."`
}

// Run destroys the evidence that is due, or says whether any is left.
func (c deskPurgeCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openInstallation(ctx, settings, systemTime, newLog(settings.Log, at), mustExist)
	if err != nil {
		return err
	}
	defer i.close()
	desk, err := i.support()
	if err != nil {
		return err
	}
	if !c.Check {
		destroyed, err := desk.Tend(ctx)
		if err != nil {
			return err
		}
		at.say("Evidence destroyed: %s.", cases(destroyed))
	}
	left, err := desk.Undestroyed(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("evidence is left that should be gone, of %s: %s", cases(len(left)), strings.Join(left, ", "))
	}
	at.say("Nothing is left that should be gone.")
	return nil
}

func cases(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}
