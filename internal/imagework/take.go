package imagework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/image/draw"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// An Intake says what is to be taken of a file that somebody brings as evidence.
type Intake struct {
	// Copy has the file judged as a safe copy; nil: it is none.
	Copy *safecopy.Expect `json:"copy,omitempty"`
	// Mask has the places of the number on an identity document blacked out in what is
	// taken.
	Mask bool `json:"mask,omitempty"`
}

// Taken is what is taken of a file: nothing of the file itself is in it, but pictures
// made anew and the text of a PDF.
type Taken struct {
	Type  string         `json:"type"`            // by content: "image/jpeg", "application/pdf"; empty: none of those taken
	Unfit safecopy.Unfit `json:"unfit,omitempty"` // why nothing was taken; empty: it was
	Hash  string         `json:"hash"`            // SHA-256 of the file, in hex
	Look  uint64         `json:"look,omitempty"`  // of the first page: alike for pictures that look the same
	Pages [][]byte       `json:"pages,omitempty"` // as JPEG, upright, without metadata, at most takenSide pixels a side
	Text  string         `json:"text,omitempty"`  // of a PDF
	Seal  Seal           `json:"seal,omitzero"`   // of a PDF
	// Differs says that a PDF's text is not what its pages show.
	Differs bool `json:"differs,omitempty"`
	// Judgement is set where Intake.Copy is.
	Judgement *Judgement `json:"judgement,omitempty"`
}

// Unfit files, besides those of safecopy.
const (
	NotTaken  safecopy.Unfit = "not-taken"  // no picture and no PDF by its content
	Locked    safecopy.Unfit = "locked"     // a PDF behind a password
	ManyPages safecopy.Unfit = "many-pages" // more than mostPages
	Scripted  safecopy.Unfit = "scripted"   // a PDF with scripts or with files in it
	TooHard   safecopy.Unfit = "too-hard"   // looking at it took more than the limits
)

const (
	takenSide    = 2200 // pixels
	takenQuality = 85
	mostPages    = 50
	mostText     = 200_000 // bytes
)

// takeLimits hold for one file: a PDF is drawn and read.
var takeLimits = Limits{Memory: 1 << 30, CPU: 90 * time.Second, Wall: 2 * time.Minute, Output: 48 << 20}

// Take takes what can be evidence of a file, in a worker, as soon as one of the slots
// is free. An error says that nothing was looked at.
func (p *Pool) Take(ctx context.Context, file []byte, want Intake) (Taken, error) {
	if len(file) > safecopy.MaxBytes {
		return Taken{Hash: hashOf(file), Unfit: safecopy.TooManyBytes}, nil
	}
	var t Taken
	ended, err := p.ask(ctx, job{Take: &want}, file, takeLimits, &t)
	if ended {
		return Taken{Hash: hashOf(file), Unfit: TooHard}, nil
	}
	return t, err
}

func hashOf(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// take is the work of Take.
func take(ctx context.Context, file []byte, want Intake) (Taken, error) {
	t := Taken{Hash: hashOf(file)}
	var pages []image.Image
	var err error
	switch kind := safecopy.KindOf(file); kind {
	case safecopy.PDF:
		t.Type = "application/pdf"
		pages, err = t.pdf(ctx, file)
	case safecopy.HEIC:
		t.Type = "image/heic"
		var img image.Image
		if img, err = OpenHEIC(ctx, file); err == nil {
			pages = []image.Image{img}
		}
	default:
		t.Type = "image/" + string(kind)
		var p *safecopy.Picture
		if p, err = safecopy.Open(file); err == nil {
			pages = []image.Image{p.Image}
		}
	}
	if unusable, ok := errors.AsType[*safecopy.Unusable](err); ok {
		t.Unfit = unusable.Why
		return t, nil
	}
	if err != nil || t.Unfit != "" {
		return t, err
	}
	if want.Copy != nil {
		j, err := Judge(ctx, file, *want.Copy)
		if err != nil {
			return t, err
		}
		t.Judgement = &j
	}
	for i, page := range pages {
		if want.Mask {
			page = masked(page)
		}
		small := within(page, takenSide)
		if i == 0 {
			t.Look = lookOf(small)
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: takenQuality}); err != nil {
			return t, fmt.Errorf("write a page: %w", err)
		}
		t.Pages = append(t.Pages, out.Bytes())
	}
	return t, nil
}

// pdf draws the first pages of a PDF and reads their text. Nothing of it runs.
func (t *Taken) pdf(ctx context.Context, file []byte) (pages []image.Image, err error) {
	for _, program := range []string{"pdfinfo", "pdftoppm", "pdftotext"} {
		if !has(program) {
			t.Unfit = Gone
			return nil, nil
		}
	}
	err = room(func(folder string) error {
		if err := os.WriteFile(filepath.Join(folder, "in.pdf"), file, 0o600); err != nil {
			return err
		}
		run := func(program string, args ...string) ([]byte, error) {
			return Task{Program: program, Args: args, Folder: folder, Limits: toolLimits}.Run(ctx)
		}
		about, err := run("pdfinfo", "in.pdf")
		if t.Unfit = unfitPDF(file, string(about), err); t.Unfit != "" {
			return ctx.Err()
		}
		text, err := run("pdftotext", "-l", lastPage, "-layout", "in.pdf", "-")
		if err != nil {
			t.Unfit = TooHard
			return ctx.Err()
		}
		t.Text = string(text[:min(len(text), mostText)])
		if pages, err = t.draw(ctx, folder, sideOf(string(about)), run); err != nil || t.Unfit != "" {
			return err
		}
		t.Differs = differs(ctx, t.Text, pages)
		t.Seal, err = sealOf(ctx, folder, file)
		return err
	})
	return pages, err
}

// unfitPDF says why a PDF is not taken, from what pdfinfo says of it.
func unfitPDF(file []byte, about string, failed error) safecopy.Unfit {
	said := func(key, value string) bool {
		for line := range strings.Lines(about) {
			if k, v, ok := strings.Cut(line, ":"); ok && k == key {
				return strings.HasPrefix(strings.TrimSpace(v), value)
			}
		}
		return false
	}
	switch {
	case failed != nil && bytes.Contains(file, []byte("/Encrypt")), said("Encrypted", "yes"):
		return Locked
	case failed != nil:
		return safecopy.Damaged
	case numberBehind(about, "Pages:") > mostPages:
		return ManyPages
	case said("JavaScript", "yes"), bytes.Contains(file, []byte("/EmbeddedFile")):
		return Scripted
	}
	return ""
}

func (t *Taken) draw(ctx context.Context, folder string, side int, run poppler) ([]image.Image, error) {
	if _, err := run("pdftoppm", "-png", "-l", lastPage, "-scale-to", strconv.Itoa(min(side, takenSide)), "in.pdf", "page"); err != nil {
		t.Unfit = TooHard
		return nil, ctx.Err()
	}
	names, err := filepath.Glob(filepath.Join(folder, "page-*.png"))
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	var pages []image.Image
	for _, name := range names {
		img, err := readPNG(name)
		if err != nil {
			t.Unfit = safecopy.Damaged
			return nil, nil
		}
		pages = append(pages, img)
	}
	if len(pages) == 0 {
		t.Unfit = safecopy.Damaged
	}
	return pages, nil
}

// within returns img upright and flat, no side longer than most.
func within(img image.Image, most int) *image.NRGBA {
	b := img.Bounds()
	scale := min(1, float64(most)/float64(max(b.Dx(), b.Dy(), 1)))
	to := image.NewNRGBA(image.Rect(0, 0, max(1, int(math.Round(float64(b.Dx())*scale))), max(1, int(math.Round(float64(b.Dy())*scale)))))
	draw.Draw(to, to.Rect, image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(to, to.Rect, img, b, draw.Over, nil)
	return to
}

// masked blacks out where the number of an identity document can be.
func masked(img image.Image) image.Image {
	flat := within(img, math.MaxInt)
	for _, box := range safecopy.Propose(flat, safecopy.Options{}).Boxes {
		draw.Draw(flat, box.Quad.Bounds().Intersect(flat.Rect), image.Black, image.Point{}, draw.Src)
	}
	return flat
}

// lookOf is a perceptual hash: whether each of 8 × 8 pixels of the picture, made that
// small, is lighter than the one beside it (dHash).
func lookOf(img image.Image) uint64 {
	small := image.NewGray(image.Rect(0, 0, 9, 8))
	draw.BiLinear.Scale(small, small.Rect, img, img.Bounds(), draw.Src, nil)
	var look uint64
	for y := range 8 {
		for x := range 8 {
			look <<= 1
			if small.GrayAt(x, y).Y > small.GrayAt(x+1, y).Y+1 {
				look |= 1
			}
		}
	}
	return look
}

// differs reports whether the text of a PDF has numbers of eight digits that tesseract
// does not see on its pages: a register's number stands on an extract for all to see.
func differs(ctx context.Context, text string, pages []image.Image) bool {
	numbers := eightDigits.FindAllString(text, 40)
	reader := Tesseract{ctx}
	if len(numbers) == 0 || !reader.Is() {
		return false
	}
	var seen strings.Builder
	for _, page := range pages {
		lines, err := reader.Read(page)
		if err != nil {
			return false
		}
		seen.WriteString(strings.Join(lines, "\n"))
	}
	shown := strings.NewReplacer(" ", "", "O", "0", "o", "0", "l", "1", "I", "1").Replace(seen.String())
	for _, n := range numbers {
		if !strings.Contains(shown, n) {
			return true
		}
	}
	return false
}
