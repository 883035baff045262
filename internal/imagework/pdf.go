package imagework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// How much of a PDF is looked at.
const (
	pdfPages     = 4    // from the first on
	pdfPictures  = 12   // of those in it
	pdfRevisions = 2    // of what it was before, the newest first
	pdfSide      = 2800 // pixels of the longer side of a page that is drawn, at most
	pdfFine      = 200  // pixels to the inch otherwise
)

// pdf looks at a PDF: its pages as they are drawn, the pictures in it as they are
// without what is drawn over them, its text, and what it was before it was changed.
// It is never safe: a PDF can always hold more than it shows.
func (e *eye) pdf(ctx context.Context, file []byte) (Judgement, error) {
	for _, program := range []string{"pdfinfo", "pdftoppm", "pdfimages", "pdftotext"} {
		if !has(program) {
			return unusable(safecopy.PDF, Gone), nil
		}
	}
	e.add(PDFItself, safecopy.CannotTell, 0)
	if partOfPDF.Match(file) {
		e.add(PDFParts, safecopy.CannotTell, 0)
	}
	earlier := revisions(file)
	if len(earlier) > 0 {
		e.add(PDFRevisions, safecopy.CannotTell, 0)
	}
	usable, err := e.revision(ctx, file)
	if err != nil {
		return Judgement{}, err
	}
	if !usable {
		return unusable(safecopy.PDF, safecopy.Damaged), nil
	}
	for _, r := range earlier {
		if _, err := e.revision(ctx, r); err != nil {
			return Judgement{}, err
		}
	}
	return e.judgement(safecopy.PDF), nil
}

// partOfPDF are names of what a PDF can hold besides pages (ISO 32000-1: 8.11,
// 12.5, 12.6.4.16, 12.7, 7.11.4), and of streams in which they could be hidden (7.5.7).
var partOfPDF = regexp.MustCompile(`/(OCProperties|Annots|JavaScript|JS|AcroForm|EmbeddedFile|ObjStm)\b`)

// revisions are what a PDF was before each of its updates (ISO 32000-1, 7.5.6), the
// newest first. That a file written for the web ends twice is no update.
func revisions(file []byte) [][]byte {
	end := []byte("%%EOF")
	var list [][]byte
	for from := 0; ; {
		at := bytes.Index(file[from:], end)
		if at < 0 {
			break
		}
		from += at + len(end)
		list = append(list, file[:from])
	}
	if len(list) > 0 {
		list = list[:len(list)-1] // the file itself
	}
	if len(list) > 0 && bytes.Contains(file[:min(len(file), 1024)], []byte("/Linearized")) {
		list = list[1:]
	}
	slices.Reverse(list)
	return list[:min(len(list), pdfRevisions)]
}

// revision looks at one revision of a PDF, and reports whether it can be read.
func (e *eye) revision(ctx context.Context, file []byte) (usable bool, err error) {
	err = room(func(folder string) error {
		if err := os.WriteFile(filepath.Join(folder, "in.pdf"), file, 0o600); err != nil {
			return err
		}
		poppler := func(program string, args ...string) ([]byte, error) {
			return Task{Program: program, Args: args, Folder: folder, Limits: toolLimits}.Run(ctx)
		}
		about, err := poppler("pdfinfo", "in.pdf")
		if err != nil {
			// poppler says both of a broken file and of one that is locked that it fails.
			if bytes.Contains(file, []byte("/Encrypt")) {
				usable = true
				e.add(PDFLocked, safecopy.CannotTell, 0)
			}
			return ctx.Err()
		}
		usable = true
		if pages := numberBehind(string(about), "Pages:"); pages > pdfPages {
			e.add(PDFPages, safecopy.CannotTell, 0)
		}
		return errors.Join(e.text(poppler), e.pages(folder, sideOf(string(about)), poppler), e.pictures(folder, poppler), ctx.Err())
	})
	return usable, err
}

type poppler = func(program string, args ...string) ([]byte, error)

var lastPage = strconv.Itoa(pdfPages)

// text looks for numbers in the text of the pages, shown or not.
func (e *eye) text(run poppler) error {
	said, err := run("pdftotext", "-l", lastPage, "-layout", "in.pdf", "-")
	if err != nil {
		e.add(GaveUp, safecopy.CannotTell, 0)
		return nil
	}
	if holdsNumber(string(said)) {
		e.add(PDFText, safecopy.Unsafe, 0)
	}
	return nil
}

// pages looks at the pages as they are drawn, and without the notes on them.
func (e *eye) pages(folder string, side int, run poppler) error {
	for _, how := range []struct{ name, option string }{{"page", "-q"}, {"bare", "-hide-annotations"}} {
		_, err := run("pdftoppm", "-png", "-l", lastPage, "-scale-to", strconv.Itoa(side), how.option, "in.pdf", how.name)
		if err != nil {
			e.add(GaveUp, safecopy.CannotTell, 0)
		}
	}
	names, err := filepath.Glob(filepath.Join(folder, "*-*.png"))
	if err != nil {
		return fmt.Errorf("list pages: %w", err)
	}
	var shown []byte
	for _, name := range names {
		number, _ := strconv.Atoi(strings.TrimSuffix(name[strings.LastIndexByte(name, '-')+1:], ".png")) // 0: not said
		bare := strings.HasPrefix(filepath.Base(name), "bare")
		if bare {
			// Where nothing is noted on a page, both are the same file.
			now, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if shown, err = os.ReadFile(strings.Replace(name, "bare-", "page-", 1)); err == nil && bytes.Equal(now, shown) {
				continue
			}
		}
		img, err := readPNG(name)
		if err != nil {
			e.add(GaveUp, safecopy.CannotTell, number)
			continue
		}
		verdict := safecopy.CheckImage(img, e.want, e.second...)
		if bare {
			e.unsafe(verdict, number)
			continue
		}
		e.verdict(verdict, number)
	}
	return nil
}

// pictures looks at the pictures in the file as they are, without what is drawn
// over them on the page.
func (e *eye) pictures(folder string, run poppler) error {
	listed, err := run("pdfimages", "-list", "-l", lastPage, "in.pdf")
	if err != nil {
		e.add(GaveUp, safecopy.CannotTell, 0)
		return nil
	}
	if !fewPictures(string(listed)) {
		e.add(PDFPages, safecopy.CannotTell, 0)
		return nil
	}
	if _, err := run("pdfimages", "-png", "-j", "-l", lastPage, "in.pdf", "picture"); err != nil {
		e.add(GaveUp, safecopy.CannotTell, 0)
	}
	names, err := filepath.Glob(filepath.Join(folder, "picture-*"))
	if err != nil {
		return fmt.Errorf("list pictures: %w", err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		e.unsafe(safecopy.Check(content, e.want, e.second...), 0)
	}
	return nil
}

// fewPictures reports whether a list of pdfimages has no more pictures than are
// looked at, none of them larger than any that is opened.
func fewPictures(listed string) bool {
	lines := strings.Split(strings.TrimSpace(listed), "\n")
	if len(lines) < 2 { // two lines of headings
		return true
	}
	for _, line := range lines[2:] {
		columns := strings.Fields(line) // page num type width height …
		if len(columns) < 5 {
			return false
		}
		w, errW := strconv.Atoi(columns[3])
		h, errH := strconv.Atoi(columns[4])
		if errW != nil || errH != nil || w > safecopy.MaxPixels || h > safecopy.MaxPixels || w*h > safecopy.MaxPixels {
			return false
		}
	}
	return len(lines)-2 <= pdfPictures
}

var pageSize = regexp.MustCompile(`Page size: +([0-9.]+) x ([0-9.]+) pts`)

// sideOf is how many pixels the longer side of a page gets, by what pdfinfo says:
// sizes are in points, of which an inch has 72.
func sideOf(about string) int {
	found := pageSize.FindStringSubmatch(about)
	if found == nil {
		return pdfSide
	}
	w, errW := strconv.ParseFloat(found[1], 64)
	h, errH := strconv.ParseFloat(found[2], 64)
	if errW != nil || errH != nil || max(w, h) < 72 {
		return pdfSide
	}
	return int(min(pdfSide, max(w, h)/72*pdfFine))
}

// numberBehind is the number that a line of pdfinfo gives; 0 where it does not.
func numberBehind(text, name string) int {
	_, rest, _ := strings.Cut(text, name)
	n, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]))
	return n
}
