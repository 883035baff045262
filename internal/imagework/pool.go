package imagework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// A Judgement is what a worker says about one file. It never holds what a number
// was.
type Judgement struct {
	Answer  safecopy.Answer `json:"answer"`
	Kind    safecopy.Kind   `json:"kind,omitempty"`
	Reasons []Reason        `json:"reasons"`

	// Second is the program that read the picture as well, besides this one's own
	// reader; empty where none is installed: then less was looked at.
	Second string `json:"second"`

	// Unusable is why the file could not be looked at; empty if it could.
	Unusable safecopy.Unfit `json:"unusable,omitempty"`
}

// A Reason is one thing that was found, as safecopy.Reason, or one of this
// package's own codes.
type Reason struct {
	Code   string          `json:"code"`
	Answer safecopy.Answer `json:"answer"`
	Page   int             `json:"page,omitempty"`   // of a PDF, from 1
	Region *[4][2]float64  `json:"region,omitempty"` // in pixels of the picture; nil: all of it
}

// Reasons of a PDF, besides those of the pictures in it.
const (
	PDFText      = "pdf-text"      // its text has a number: unsafe
	PDFRevisions = "pdf-revisions" // it holds what it was before
	PDFParts     = "pdf-parts"     // layers, notes, forms, scripts or files in it
	PDFPages     = "pdf-pages"     // more pages or pictures than are looked at
	PDFLocked    = "pdf-locked"    // it cannot be read without a password
	PDFItself    = "pdf-itself"    // a PDF can always hold more than it shows
	GaveUp       = "gave-up"       // looking at it took more than the limits
)

// Gone is the Unfit of a kind of file that a program opens which is not installed
// here.
const Gone safecopy.Unfit = "no-program"

// A Pool runs workers, at most so many at once. It is safe for use by many.
type Pool struct {
	program string
	args    []string
	slots   chan struct{}
}

// workerLimits hold for one file: the largest picture takes half of them.
var workerLimits = Limits{Memory: 1 << 30, CPU: 60 * time.Second, Wall: 90 * time.Second, Output: 1 << 20}

// NewPool returns a pool that runs program with args, which must call Serve, and
// lets at most one worker per core work at once.
func NewPool(program string, args ...string) *Pool {
	return &Pool{program: program, args: args, slots: make(chan struct{}, max(1, runtime.NumCPU()))}
}

// Leaving returns a pool as p that leaves one core to others, with slots of its own.
func (p *Pool) Leaving() *Pool {
	return &Pool{program: p.program, args: p.args, slots: make(chan struct{}, max(1, runtime.NumCPU()-1))}
}

// job is what a worker reads before the file.
type job struct {
	Want safecopy.Expect `json:"want"`
	Take *Intake         `json:"take,omitempty"` // nil: the file is judged as a safe copy
}

// Check looks at a file in a worker, as soon as one of the slots is free. A worker
// that reaches a limit gives the answer that nothing can be told. An error says
// that nothing was looked at: ctx ended, or no worker could be started.
func (p *Pool) Check(ctx context.Context, file []byte, want safecopy.Expect) (Judgement, error) {
	if len(file) > safecopy.MaxBytes {
		return unusable("", safecopy.TooManyBytes), nil
	}
	var j Judgement
	ended, err := p.ask(ctx, job{Want: want}, file, workerLimits, &j)
	if ended {
		return Judgement{Answer: safecopy.CannotTell, Kind: safecopy.KindOf(file),
			Reasons: []Reason{{Code: GaveUp, Answer: safecopy.CannotTell}}}, nil
	}
	return j, err
}

// ask has a worker do a job on a file, as soon as one of the slots is free, and
// understands its answer. ended says that it reached a limit; an error that nothing
// was looked at.
func (p *Pool) ask(ctx context.Context, what job, file []byte, limits Limits, answer any) (ended bool, err error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	head, err := json.Marshal(what)
	if err != nil {
		return false, fmt.Errorf("ask a worker: %w", err)
	}
	said, err := Task{
		Program: p.program, Args: p.args, Limits: limits,
		// The collector works harder before the limit is reached.
		Env:   []string{"GOMEMLIMIT=700MiB", "GOMAXPROCS=1"},
		Input: io.MultiReader(bytes.NewReader(append(head, '\n')), bytes.NewReader(file)),
	}.Run(ctx)
	_, limited := errors.AsType[*LimitError](err)
	_, broken := errors.AsType[*exec.ExitError](err)
	if limited || broken { // Go ends itself where it gets no more memory
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(said, answer); err != nil {
		return false, fmt.Errorf("understand a worker: %w", err)
	}
	return false, nil
}

// Serve is the worker: it reads one job and the file behind it, and writes the
// judgement.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(io.LimitReader(in, safecopy.MaxBytes+64<<10))
	var j job
	if err := decoder.Decode(&j); err != nil {
		return fmt.Errorf("read a job: %w", err)
	}
	file, err := io.ReadAll(io.MultiReader(decoder.Buffered(), io.LimitReader(in, safecopy.MaxBytes+1)))
	if err != nil {
		return fmt.Errorf("read a file: %w", err)
	}
	file = bytes.TrimPrefix(file, []byte("\n")) // behind the job
	if j.Take != nil {
		taken, err := take(ctx, file, *j.Take)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(taken)
	}
	judgement, err := Judge(ctx, file, j.Want)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(judgement)
}
