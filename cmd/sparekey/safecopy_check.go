package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sparekey/sparekey/internal/imagework"
	"github.com/sparekey/sparekey/internal/safecopy"
)

type safecopyCheckCommand struct {
	Files []string `arg:"" name:"file" help:"The copies: JPEG, PNG, WebP; PDF where poppler-utils are installed, HEIC where heif-convert is."`
	JSON  bool     `name:"json" help:"Say it as JSON, one line for each file."`
	Case  string   `placeholder:"NUMBER" help:"The case that must stand on the copy."`
	Since string   `placeholder:"DATE" help:"The first day that may stand on the copy, as 2026-11-22."`
}

// A checked file is one line of the answer as JSON.
type checked struct {
	File string `json:"file"`
	imagework.Judgement
}

// Run says of each file whether it is a safe copy. The exit code is that of the
// worst: unsafe, unusable, cannot tell, safe. Files that could not be looked at for
// want of something else than the file end it as not done, unless one is unsafe.
func (c safecopyCheckCommand) Run(ctx context.Context, at console) error {
	want := safecopy.Expect{Case: c.Case, Since: c.Since, Today: systemTime().Format(time.DateOnly)}
	if c.Since != "" {
		if _, err := time.Parse(time.DateOnly, c.Since); err != nil {
			return usage{fmt.Errorf("--since: %q is no date as 2026-11-22", c.Since)}
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	pool := imagework.NewPool(self, "safecopy", "worker")
	worst := exitSafe
	var failed error
	for _, name := range c.Files {
		judged, err := at.judge(ctx, pool, name, want)
		if err != nil {
			// The others are judged all the same: one of them may be unsafe.
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
			continue
		}
		if c.JSON {
			line, err := json.Marshal(checked{name, judged})
			if err != nil {
				return err
			}
			at.say("%s", line)
		} else {
			at.sayJudgement(name, judged)
		}
		worst = worse(worst, exitOf(judged))
	}
	if worst == exitUnsafe || failed == nil && worst != exitSafe {
		return verdict{failed, worst}
	}
	return failed
}

// judge has a file looked at in a worker.
func (at console) judge(ctx context.Context, pool *imagework.Pool, name string, want safecopy.Expect) (imagework.Judgement, error) {
	file, err := readPictureFile(name)
	if unfit, ok := errors.AsType[*safecopy.Unusable](err); ok {
		return imagework.Judgement{Answer: safecopy.CannotTell, Unusable: unfit.Why, Reasons: []imagework.Reason{}}, nil
	}
	if err != nil {
		_, _ = fmt.Fprintln(at.err, "sparekey:", printable(err.Error()))
		return imagework.Judgement{Answer: safecopy.CannotTell, Unusable: unreadable, Reasons: []imagework.Reason{}}, nil
	}
	return pool.Check(ctx, file, want)
}

// sayJudgement says what was found, in words.
func (at console) sayJudgement(name string, j imagework.Judgement) {
	switch {
	case j.Unusable != "":
		at.say("%s: cannot be looked at: %s.", name, unfitWords(j.Unusable, j.Kind))
		return
	case j.Answer == safecopy.Safe:
		at.say("%s: safe.", name)
		if j.Second == "" {
			at.say("  Only this program's own reader looked for numbers. Where tesseract is installed, that looks as well.")
		}
	case j.Answer == safecopy.Unsafe:
		at.say("%s: NOT SAFE.", name)
	default:
		at.say("%s: cannot be told.", name)
	}
	said := make(map[string]bool)
	for _, r := range j.Reasons {
		line := reasonWords(r.Code)
		if r.Page > 0 {
			line = fmt.Sprintf("Page %d: %s", r.Page, line)
		}
		if !said[line] {
			at.say("  %s", line)
		}
		said[line] = true
	}
}

// exitOf is the exit code for one file.
func exitOf(j imagework.Judgement) int {
	switch {
	case j.Unusable != "":
		return exitUnusable
	case j.Answer == safecopy.Unsafe:
		return exitUnsafe
	case j.Answer == safecopy.Safe:
		return exitSafe
	}
	return exitCannotTell
}

// worse is the graver of two exit codes.
func worse(a, b int) int {
	gravity := map[int]int{exitSafe: 0, exitCannotTell: 1, exitUnusable: 2, exitUnsafe: 3}
	if gravity[b] > gravity[a] {
		return b
	}
	return a
}

// safecopyWorkerCommand is the program as check starts it for each file.
type safecopyWorkerCommand struct{}

// Run looks at the one file on the standard input.
func (safecopyWorkerCommand) Run(ctx context.Context, at console) error {
	return imagework.Serve(ctx, at.in, at.out)
}
