package imagework

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Judge looks at a file of any kind and says whether it is a safe copy: pictures
// themselves, HEIC and PDF through programs of others where they are installed.
func Judge(ctx context.Context, file []byte, want safecopy.Expect) (Judgement, error) {
	var second []safecopy.Second
	if reader := (Tesseract{ctx}); reader.Is() {
		second = append(second, reader)
	}
	eye := eye{want: want, second: second}
	switch kind := safecopy.KindOf(file); kind {
	case safecopy.HEIC:
		return eye.heic(ctx, file)
	case safecopy.PDF:
		return eye.pdf(ctx, file)
	default:
		eye.verdict(safecopy.Check(file, want, second...), 0)
		return eye.judgement(kind), nil
	}
}

// An eye collects what is found in a file.
type eye struct {
	want     safecopy.Expect
	second   []safecopy.Second
	reasons  []Reason
	unusable safecopy.Unfit
}

func (e *eye) add(code string, answer safecopy.Answer, page int) {
	for _, r := range e.reasons {
		if r.Code == code && r.Page == page && r.Region == nil {
			return
		}
	}
	e.reasons = append(e.reasons, Reason{Code: code, Answer: answer, Page: page})
}

// verdict takes over the reasons of a verdict about a picture.
func (e *eye) verdict(v safecopy.Verdict, page int) {
	if v.Unusable != nil && page == 0 {
		e.unusable = v.Unusable.Why
	}
	for _, r := range v.Reasons {
		one := Reason{Code: string(r.Code), Answer: r.Answer, Page: page}
		if r.Region != (plane.Quad{}) {
			one.Region = new([4][2]float64)
			for i, p := range r.Region {
				one.Region[i] = [2]float64{p.X, p.Y}
			}
		}
		e.reasons = append(e.reasons, one)
	}
}

// unsafe takes over only what is unsafe about a picture.
func (e *eye) unsafe(v safecopy.Verdict, page int) {
	for _, r := range v.Reasons {
		if r.Answer == safecopy.Unsafe {
			e.add(string(r.Code), r.Answer, page)
		}
	}
}

// judgement draws the sum.
func (e *eye) judgement(kind safecopy.Kind) Judgement {
	j := Judgement{Answer: safecopy.Safe, Kind: kind, Unusable: e.unusable, Reasons: []Reason{}}
	if len(e.second) > 0 {
		j.Second = tesseract
	}
	for _, grave := range []safecopy.Answer{safecopy.Unsafe, safecopy.CannotTell} {
		for _, r := range e.reasons {
			if r.Answer == grave {
				j.Reasons = append(j.Reasons, r)
			}
		}
	}
	if len(j.Reasons) > 0 {
		j.Answer = j.Reasons[0].Answer
	}
	return j
}

func unusable(kind safecopy.Kind, why safecopy.Unfit) Judgement {
	return Judgement{Answer: safecopy.CannotTell, Kind: kind, Unusable: why,
		Reasons: []Reason{{Code: string(safecopy.UnusableFile), Answer: safecopy.CannotTell}}}
}

// room is a folder for the files of one job, gone when the job is done.
func room(work func(folder string) error) (err error) {
	folder, err := os.MkdirTemp("", "sparekey-imagework-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return work(folder)
}

// has reports whether a program is installed.
func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}
