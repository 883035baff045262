package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/sealer"
)

type auditVerifyCommand struct {
	Checkpoint string `placeholder:"FILE" help:"Also hold the log against the checkpoints in this file, one behind the other (default: the installation's own checkpoint file, if it is there)."`
}

// Run verifies the log. It fails if anything is wrong with it.
func (c auditVerifyCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	// The file is read before the log: what grows meanwhile is no difference.
	outside, err := c.checkpoints(i)
	if err != nil {
		return err
	}
	report, err := i.store.VerifyLog(ctx, outside.all)
	if err != nil {
		return err
	}
	i.printReport(at, report, outside.wrong)
	outside.print(at, report)
	if !report.Whole() || len(outside.wrong) > 0 {
		return errors.New("the log is broken")
	}
	return nil
}

// An outside is what was found of checkpoints outside the database.
type outside struct {
	file    string
	all     []ledger.Checkpoint
	missing bool     // the installation's own file is not there
	wrong   []string // what is wrong with what was published, in sentences
}

// checkpoints reads the file with checkpoints. What is wrong with a file that was
// named is an error; with the installation's own, it is one with the log.
func (c auditVerifyCommand) checkpoints(i *installation) (o outside, err error) {
	own := c.Checkpoint == ""
	if o.file = c.Checkpoint; own {
		o.file = i.config.CheckpointPath()
		for _, kept := range sealer.Kept(o.file) {
			o.wrong = append(o.wrong, fmt.Sprintf("%s was put aside: it was published and did not fit the log. Look at it, then take it away.", kept))
		}
	}
	text, err := os.ReadFile(o.file)
	if own && errors.Is(err, fs.ErrNotExist) {
		o.missing = true
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("the checkpoint cannot be read: %w", err)
	}
	o.all, err = i.store.LogKeys().OpenAll(string(text))
	if err != nil && own {
		o.wrong = append(o.wrong, fmt.Sprintf("%s holds what this installation did not publish for this log (%v).", o.file, err))
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("%s: %w", o.file, err)
	}
	return o, nil
}

// print says what the log was held against.
func (o outside) print(at console, r ledger.Report) {
	switch {
	case len(o.all) > 0:
		at.say("It was held against %s in %s.", countOf(int64(len(o.all)), "checkpoint"), o.file)
	case r.Sealed > 0:
		if o.missing {
			at.say("The checkpoint file %s is missing. Whoever took it away may have taken the newest events too.", o.file)
		}
		at.say("It was held against no checkpoint kept outside the database: whoever has the master key could have rewritten it all, and whoever has the database could have taken the newest events away.")
	}
}

// printReport says what was found, the first fault first.
func (i *installation) printReport(at console, r ledger.Report, outside []string) {
	if r.Whole() && len(outside) == 0 {
		at.say("The log is whole: nothing in it was changed, removed or inserted.")
	} else {
		at.say("THE LOG IS BROKEN. The first thing that is wrong:")
		var sentences []string
		for _, fault := range r.Faults {
			sentences = append(sentences, i.sentence(fault))
		}
		for n, sentence := range append(sentences, outside...) {
			if n == 1 {
				at.say("Besides:")
			}
			at.say("  %s", printable(sentence))
		}
		if r.FaultsUncounted > 0 {
			at.say("  … and %d more.", r.FaultsUncounted)
		}
	}
	at.say("%s sealed, checkpoint of size %d.", countOf(r.Sealed, "event"), r.Newest.Size)
	if r.Waiting == 0 {
		at.say("None waits to be sealed.")
	} else {
		at.say("%s not sealed yet, the oldest since %s.", countOf(r.Waiting, "event"), i.moment(time.UnixMilli(r.OldestWaiting)))
	}
	if r.Erased > 0 {
		at.say("%s had the origin erased.", countOf(r.Erased, "event"))
	}
}

func countOf(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sentence says what a fault is.
func (i *installation) sentence(f ledger.Fault) string {
	event := i.event(f.Event)
	switch f.Kind {
	case ledger.Changed:
		return event + " was changed after it was recorded."
	case ledger.OriginChanged:
		return "The origin (address, browser) of " + event + " was changed after it was recorded."
	case ledger.Inserted:
		if f.Event.Index < 0 {
			return event + " was inserted or changed by hand before it was sealed; it will not be sealed."
		}
		return event + " was inserted by hand."
	case ledger.Removed:
		return i.removed(f)
	case ledger.Moved:
		if f.From < 0 {
			return event + " was given its place by hand: it waits to be sealed."
		}
		return fmt.Sprintf("%s was moved: it was sealed at index %d.", event, f.From)
	case ledger.Uncovered:
		return event + " is sealed, and no checkpoint covers it: checkpoints were deleted."
	case ledger.OriginErased:
		return "The origin of " + event + " was erased by hand: no recorded erasing covers it."
	case ledger.Mended:
		return event + " says that somebody had changed the sealed log by hand before it, by deleting checkpoints or hashes or giving indices; what was found: " + f.Detail + "."
	case ledger.Held:
		return event + " is genuine, and was kept from being sealed by hand."
	case ledger.TreeChanged:
		return fmt.Sprintf("%s of the tree were changed, removed or inserted (table log_hashes).", countOf(f.Count, "hash value"))
	case ledger.Forged:
		return fmt.Sprintf("The checkpoint stored for size %d was changed or forged: this installation did not sign it.", f.Checkpoint.Size)
	case ledger.Rewritten:
		return rewritten(f)
	case ledger.Cut:
		return fmt.Sprintf("The log was cut off, or restored from an older backup: %s covers %s, and %d are sealed here.",
			whose(f), countOf(f.Checkpoint.Size, "event"), f.From)
	}
	return string(f.Kind)
}

func (i *installation) removed(f ledger.Fault) string {
	what := countOf(f.Count, "event") + " removed"
	switch {
	case f.Before.ID == "" && f.Event.ID == "":
		return what + ": all there were."
	case f.Before.ID == "":
		return what + " before " + i.event(f.Event) + "."
	case f.Event.ID == "":
		return what + " at the end, after " + i.event(f.Before) + "."
	}
	return what + " between " + i.event(f.Before) + " and " + i.event(f.Event) + "."
}

func rewritten(f ledger.Fault) string {
	where := fmt.Sprintf("among the first %d", f.Checkpoint.Size)
	if f.From > 0 {
		where = fmt.Sprintf("among those with index %d to %d", f.From, f.Checkpoint.Size-1)
	}
	return fmt.Sprintf("The log was rewritten: %s was signed over other events. Events %s were changed, removed or inserted.", whose(f), where)
}

func whose(f ledger.Fault) string {
	if f.Outside {
		return fmt.Sprintf("the checkpoint of size %d in the file", f.Checkpoint.Size)
	}
	return fmt.Sprintf("the stored checkpoint of size %d", f.Checkpoint.Size)
}

// event names an event.
func (i *installation) event(n ledger.Name) string {
	place := "not sealed"
	if n.Index >= 0 {
		place = fmt.Sprintf("index %d", n.Index)
	}
	return strings.Join([]string{"event " + n.ID + " (" + place, i.moment(time.UnixMilli(n.UnixMilli)), n.Kind + ")"}, ", ")
}

type auditKeyCommand struct{}

// Run prints the key that checkpoints are verified with.
func (auditKeyCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	at.say("%s", i.store.LogKeys().VerifierKey())
	return nil
}
