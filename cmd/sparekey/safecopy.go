package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/imagework"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/words"
)

// Exit codes of the commands about safe copies.
const (
	exitSafe       = 0
	exitUnsafe     = 1
	exitCannotTell = 2
	exitUnusable   = 3
	exitNotDone    = 4 // given wrongly, or it could not do its work: nothing is said of a copy
)

// unreadable is a file that is not there, is not one, or may not be read.
const unreadable safecopy.Unfit = "unreadable"

// A verdict ends a command with an exit code. What there is to say was said.
type verdict struct {
	error
	code int
}

type safecopyMakeCommand struct {
	In    string `arg:"" type:"existingfile" help:"The photo: JPEG, PNG, WebP, or HEIC where heif-convert is installed."`
	Out   string `arg:"" help:"The copy to write: .jpg or .png. There must be no such file yet."`
	For   string `required:"" placeholder:"TEXT" help:"For whom the copy is."`
	What  string `name:"purpose" placeholder:"TEXT" help:"What for."`
	Date  string `placeholder:"DATE" help:"The date on it, as 2026-11-22 (default: today)."`
	Case  string `placeholder:"NUMBER" help:"The number of the case it is for."`
	Cover bool   `name:"cover-photo" help:"Cover the photo of the holder too."`
	Boxes string `type:"existingfile" placeholder:"FILE" help:"What to cover besides what is found: a JSON list of [x, y, width, height] in pixels of the upright photo."`
}

// Run makes a copy, and writes it unless something can be read on it.
func (c safecopyMakeCommand) Run(ctx context.Context, at console) error {
	kind, err := kindOfCopy(c.Out)
	if err != nil {
		return usage{err}
	}
	mark := safecopy.Mark{For: c.For, Purpose: c.What, Date: c.Date, Case: c.Case}
	if mark.Date == "" {
		mark.Date = systemTime().Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, mark.Date); err != nil {
		return usage{fmt.Errorf("--date: %q is no date as 2026-11-22", c.Date)}
	}
	if mark.HasNumber() {
		return usage{errors.New("the words of the mark hold a number that can be a citizen service number: leave it out of --for, --purpose and --case")}
	}
	drawn, err := readBoxes(c.Boxes)
	if err != nil {
		return usage{err}
	}
	if err := mustBeNew(c.Out); err != nil {
		return err
	}
	img, err := openPicture(ctx, c.In)
	if err != nil {
		return at.unusable(c.In, err)
	}
	boxes, err := c.boxes(at, img, drawn)
	if err != nil {
		return err
	}
	return c.write(at, kind, safecopy.Make(img, boxes, mark), mark)
}

// boxes are what is covered: what was found, and what was given.
func (c safecopyMakeCommand) boxes(at console, img image.Image, drawn []safecopy.Box) ([]safecopy.Box, error) {
	found := safecopy.Propose(img, safecopy.Options{CoverPhoto: c.Cover})
	for _, n := range found.Notes {
		at.say("%s", noteWords(n))
	}
	if len(found.Zones) == 0 && len(drawn) == 0 {
		at.say("Nothing was written. Say what to cover with --boxes.")
		return nil, verdict{errors.New("no number line was found"), exitCannotTell}
	}
	return append(found.Boxes, drawn...), nil
}

// write writes the copy, after the verifier has looked at it.
func (c safecopyMakeCommand) write(at console, kind safecopy.Kind, img image.Image, mark safecopy.Mark) error {
	file, err := safecopy.Encode(img, kind)
	if err != nil {
		return err
	}
	judged := safecopy.Check(file, safecopy.Expect{Case: mark.Case, For: mark.For, Since: mark.Date, Today: mark.Date})
	for _, r := range judged.Reasons {
		at.say("%s", reasonWords(string(r.Code)))
	}
	if judged.Answer == safecopy.Unsafe {
		at.say("Nothing was written. Say what else to cover with --boxes.")
		return verdict{errors.New("the copy would not be safe"), exitUnsafe}
	}
	out := newFile{name: c.Out, write: func(f *os.File) error {
		_, err := f.Write(file)
		return err
	}}
	if err := out.put(); err != nil {
		return err
	}
	at.say("Written to %s.", c.Out)
	if judged.Answer != safecopy.Safe {
		return verdict{errors.New("whether the copy is safe cannot be told: look at it yourself"), exitCannotTell}
	}
	at.say("The copy is safe.")
	return nil
}

// mustBeNew refuses a name under which there is something, before the work.
func mustBeNew(name string) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already: choose another name", name)
	}
	return nil
}

// kindOfCopy is what a copy of that name is written as.
func kindOfCopy(name string) (safecopy.Kind, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg":
		return safecopy.JPEG, nil
	case ".png":
		return safecopy.PNG, nil
	}
	return "", fmt.Errorf("%s: a copy is written as .jpg or .png", name)
}

// readBoxes reads what to cover from a file; none for no file.
func readBoxes(name string) ([]safecopy.Box, error) {
	if name == "" {
		return nil, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list [][4]int
	if err := json.Unmarshal(content, &list); err != nil {
		return nil, fmt.Errorf("%s is no list of [x, y, width, height]: %w", name, err)
	}
	boxes := make([]safecopy.Box, len(list))
	for i, b := range list {
		if b[2] <= 0 || b[3] <= 0 {
			return nil, fmt.Errorf("%s: box %d has no width or no height", name, i+1)
		}
		boxes[i] = safecopy.Box{Quad: plane.Rect(image.Rect(b[0], b[1], b[0]+b[2], b[1]+b[3])), What: safecopy.Drawn}
	}
	return boxes, nil
}

// openPicture opens the photo in a file, upright.
func openPicture(ctx context.Context, name string) (image.Image, error) {
	file, err := readPictureFile(name)
	if err != nil {
		return nil, err
	}
	if safecopy.KindOf(file) == safecopy.HEIC {
		return imagework.OpenHEIC(ctx, file)
	}
	opened, err := safecopy.Open(file)
	if err != nil {
		return nil, err
	}
	return opened.Image, nil
}

// readPictureFile reads a file, but none that is too long to be looked at.
func readPictureFile(name string) ([]byte, error) {
	about, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file of pixels: a folder, a device or a pipe", name)
	}
	if about.Size() > safecopy.MaxBytes {
		return nil, &safecopy.Unusable{Why: safecopy.TooManyBytes}
	}
	return os.ReadFile(name)
}

// unusable says why a file cannot be used, and ends the command so.
func (at console) unusable(name string, err error) error {
	unfit, ok := errors.AsType[*safecopy.Unusable](err)
	if !ok {
		return err
	}
	return verdict{fmt.Errorf("%s: %s", name, unfitWords(unfit.Why, unfit.Kind)), exitUnusable}
}

// english speaks to operators.
var english = words.Speak(org.English, nil)

func noteWords(n safecopy.Note) string {
	first := ""
	if len(n.Args) > 0 {
		first = n.Args[0]
	}
	return english.Say("safe-copy.note."+string(n.Code), "A", first)
}

func reasonWords(code string) string { return english.Say("safe-copy.reason." + code) }

// unfitWords say why a file cannot be used.
func unfitWords(why safecopy.Unfit, kind safecopy.Kind) string {
	switch why {
	case imagework.Gone:
		if kind == safecopy.PDF {
			return "a PDF is looked at with poppler-utils, which are not installed"
		}
		return "HEIC is opened with heif-convert (libheif-examples), which is not installed"
	case safecopy.TooManyBytes, safecopy.TooLarge:
		return "the file is too large"
	case safecopy.Truncated:
		return "the file is not complete"
	case safecopy.Damaged:
		return "the file is damaged"
	case safecopy.Animated:
		return "this is a moving picture"
	case safecopy.OtherKind:
		return "this is a file of kind " + string(kind) + ", which cannot be opened here"
	case unreadable:
		return "it cannot be read"
	case safecopy.Empty:
		return "the file is empty"
	}
	return "this is no picture"
}
