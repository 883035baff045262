package specimen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// ToolCopy is the file of a copy of s with the boxes that the tool proposes and
// no others, in the kind that chance chooses.
func (s Subject) ToolCopy(random *rand.Rand) ([]byte, error) {
	return written(safecopy.Make(s.Image, s.Tool, s.Mark), random)
}

// ErrRead is the error of FindNumber when it read the number.
var ErrRead = errors.New("the number was read off the copy")

// FindNumber tries to read the numbers of s off a copy by other means than the
// verifier's: tesseract and zbarimg where they are installed, and the reader,
// on the picture as it is and after several stretches of contrast. It returns
// an error wrapping ErrRead that names the means if one of them did.
func (s Subject) FindNumber(ctx context.Context, file []byte) error {
	p, err := safecopy.Open(file)
	if err != nil {
		return err
	}
	secrets := s.secrets()
	for name, view := range stretches(p.Image) {
		texts := map[string]string{"the reader": ownReading(view)}
		var encoded bytes.Buffer
		if err := png.Encode(&encoded, view); err != nil {
			return err
		}
		for program, args := range map[string][]string{"tesseract": {"-", "-", "--psm", "11"}, "zbarimg": {"-q", "--raw", "-"}} {
			if _, err := exec.LookPath(program); err != nil {
				continue
			}
			cmd := exec.CommandContext(ctx, program, args...)
			cmd.Stdin = bytes.NewReader(encoded.Bytes())
			cmd.Env = append(cmd.Environ(), "OMP_THREAD_LIMIT=1")
			// Finding nothing is an exit code of its own with zbarimg.
			out, _ := cmd.Output()
			texts[program] = string(out)
		}
		for means, text := range texts {
			text = strings.Join(strings.Fields(text), "")
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					return fmt.Errorf("%w by %s in the view %q", ErrRead, means, name)
				}
			}
		}
	}
	return nil
}

// secrets are the runs of eight digits and more that must not be read.
func (s Subject) secrets() []string {
	var all []string
	for _, p := range s.Places {
		all = append(all, p.secrets()...)
	}
	return all
}

func (p Place) secrets() []string {
	runs := strings.FieldsFunc(p.Text, func(r rune) bool { return r < '0' || r > '9' })
	return slices.DeleteFunc(runs, func(run string) bool { return len(run) < 8 })
}

func ownReading(view image.Image) string {
	var b strings.Builder
	for _, z := range reader.Zones(view) {
		for _, l := range z.Lines {
			b.WriteString(l.Text)
		}
	}
	for _, n := range reader.Numbers(view, nil) {
		b.WriteString(" " + n.Digits + " ")
	}
	for _, c := range reader.Codes(view) {
		if !strings.HasPrefix(c.Text, "SAFE-COPY/") {
			b.WriteString(" " + c.Text + " ")
		}
	}
	return b.String()
}

// stretches are grey pictures with parts of the contrast spread out.
func stretches(img *image.NRGBA) map[string]*image.Gray {
	levels := map[string]func(p []uint8) int{
		"as it is":  func(p []uint8) int { return (int(p[0]) + int(p[1]) + int(p[2])) / 3 },
		"dark × 4":  func(p []uint8) int { return 4 * int(max(p[0], p[1], p[2])) },
		"dark × 20": func(p []uint8) int { return 20 * int(max(p[0], p[1], p[2])) },
		"light × 4": func(p []uint8) int { return 255 - 4*(255-int(min(p[0], p[1], p[2]))) },
		"blue":      func(p []uint8) int { return int(p[2]) },
		"chroma":    func(p []uint8) int { return 255 - 3*int(max(p[0], p[1], p[2])-min(p[0], p[1], p[2])) },
	}
	out := map[string]*image.Gray{}
	for name, level := range levels {
		g := image.NewGray(img.Rect)
		for i := range g.Pix {
			g.Pix[i] = uint8(min(max(level(img.Pix[4*i:4*i+3]), 0), 255))
		}
		out[name] = g
	}
	return out
}
