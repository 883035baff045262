package support

import (
	"context"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/standing"
)

// An Examiner looks into a file where it can do no harm.
type Examiner interface {
	// Examine looks at a file. An error says that nothing was looked at.
	Examine(ctx context.Context, file []byte, want Want) (Examined, error)
}

// A Want says what a file is to show.
type Want struct {
	Kind standing.EvidenceKind
	// Copy is what an identity copy must say.
	Copy safecopy.Expect
	// Mask has the places of the number on an identity document blacked out in Pages.
	Mask bool
}

// Examined is what was seen in a file. Nothing of it is kept unless the case keeps it.
type Examined struct {
	Unfit string   // a stable word why it is no evidence; empty: it can be
	Type  string   // by content: "image/jpeg", "application/pdf"
	Hash  string   // SHA-256, in hex
	Look  uint64   // perceptual hash of the first page; 0: none
	Pages [][]byte // pictures, as JPEG
	// Copy is the verdict on an identity copy, and Reasons its stable words.
	Copy    safecopy.Answer
	Reasons []string
	// Findings are what was read of an extract or an authorisation, and its seal.
	Findings []standing.Finding
}

// What becomes of a file that is brought.
type Fate string

// The fates.
const (
	Kept       Fate = "kept"
	KeptMasked Fate = "kept-masked" // nobody can tell: the places of the number are masked
	UnfitFile  Fate = "unfit"
	UnsafeCopy Fate = "unsafe"
	DrawBoxes  Fate = "cannot-tell" // the claimant is asked to draw the boxes
)

// Brought is what became of a file.
type Brought struct {
	Fate    Fate
	Reasons []string // stable words
}

// A File is brought as evidence.
type File struct {
	Kind   standing.EvidenceKind
	Data   []byte
	Via    standing.Via
	Origin audit.Origin
}

// Bring looks at a file before anybody sees it, and keeps it if it is fit to be kept.
// It returns a *ladder.Refusal where nothing can be brought now.
func (s *Service) Bring(ctx context.Context, v View, f File) (Brought, error) {
	if !slices.Contains(standing.EvidenceKinds, f.Kind) {
		return Brought{Fate: UnfitFile, Reasons: []string{"kind"}}, nil
	}
	_, files, err := s.Store.CountEntries(ctx, v.Case.ID, s.Now().Add(-time.Hour))
	if err != nil {
		return Brought{}, err
	}
	probe := desk.Step{Kind: desk.Turned, Evidence: standing.Evidence{Kind: f.Kind}, Files: files}
	if _, err := desk.Decide(v.Standing, probe, s.Now()); err != nil {
		return Brought{}, s.refuse(ctx, s.asMember(v.Standing.Member.ID, f.Origin), v.Standing.Member.ID, err)
	}
	want := Want{Kind: f.Kind}
	if f.Kind == standing.IdentityCopy {
		want.Copy = s.Expects(v.Case)
	}
	seen, err := s.Examine.Examine(ctx, f.Data, want)
	if err != nil {
		return Brought{}, err
	}
	b, err := s.fate(ctx, v, f, &seen)
	if err != nil {
		return Brought{}, err
	}
	step := desk.Step{Kind: desk.Bring, Files: files, Pages: seen.Pages, Evidence: standing.Evidence{
		ID: s.NewID(), Kind: f.Kind, At: s.Now(), Via: f.Via, Size: len(f.Data), Type: seen.Type, Hash: seen.Hash, Look: seen.Look,
		Doubtful: b.Fate == KeptMasked, Findings: seen.Findings,
	}}
	if b.Fate != Kept && b.Fate != KeptMasked {
		step.Kind, step.Pages = desk.Turned, nil
		step.Entry.Text = string(b.Fate)
	}
	return b, s.claimant(ctx, v, step, f.Origin)
}

// Expects is what the safe copy on a case must say.
func (s *Service) Expects(c standing.Case) safecopy.Expect {
	day := func(t time.Time) string { return t.In(s.Zone).Format(time.DateOnly) }
	return safecopy.Expect{Case: c.Number, For: s.For, Since: day(c.Created), Today: day(s.Now())}
}

// fate says what becomes of a file that was looked at. A copy of which nobody can
// tell whether it is safe is asked for once more, with boxes drawn by hand; then it
// is kept with the places of the number masked.
func (s *Service) fate(ctx context.Context, v View, f File, seen *Examined) (Brought, error) {
	switch {
	case seen.Unfit != "":
		return Brought{UnfitFile, []string{seen.Unfit}}, nil
	case f.Kind != standing.IdentityCopy || seen.Copy == safecopy.Safe:
		return Brought{Fate: Kept}, nil
	case seen.Copy == safecopy.Unsafe:
		return Brought{UnsafeCopy, seen.Reasons}, nil
	}
	entries, err := s.Store.Entries(ctx, v.Case.ID, 0)
	if err != nil {
		return Brought{}, err
	}
	asked := "turned." + string(f.Kind) + "." + string(DrawBoxes)
	if !slices.ContainsFunc(entries, func(e standing.Entry) bool { return e.Kind == standing.OfCase && e.Text == asked }) {
		return Brought{DrawBoxes, seen.Reasons}, nil
	}
	want := Want{Kind: f.Kind, Copy: s.Expects(v.Case), Mask: true}
	masked, err := s.Examine.Examine(ctx, f.Data, want)
	if err != nil {
		return Brought{}, err
	}
	seen.Pages = masked.Pages
	for _, code := range seen.Reasons {
		seen.Findings = append(seen.Findings, standing.Finding{Code: "copy-" + code})
	}
	return Brought{KeptMasked, seen.Reasons}, nil
}
