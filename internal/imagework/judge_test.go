package imagework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// pool runs this test binary as its workers.
func pool(slots int) *Pool {
	return &Pool{program: os.Args[0], args: []string{"-test.run=^TestServeAsWorker$", "-test.v=false"}, slots: make(chan struct{}, slots)}
}

// jpegOf is a picture of one colour with a darker frame.
func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{220, 230, 240, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(w/8, h/8, w/4, h/4), image.Black, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfOf is a PDF of one page with a picture, and text that the page does not show
// (text rendering mode 3).
func pdfOf(t *testing.T, text string) []byte {
	t.Helper()
	picture := jpegOf(t, 400, 300)
	content := fmt.Sprintf("q 400 0 0 300 0 0 cm /P Do Q BT /F 12 Tf 3 Tr 20 20 Td (%s) Tj ET", text)
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R /Resources << /XObject << /P 5 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width 400 /Height 300 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream", len(picture), picture),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

func codes(j Judgement) []string {
	var list []string
	for _, r := range j.Reasons {
		list = append(list, r.Code)
	}
	return list
}

func needPoppler(t *testing.T) {
	t.Helper()
	if !has("pdftoppm") {
		t.Skip("poppler-utils are not installed; scripts/setup.sh installs them")
	}
}

func TestAPDFIsNeverSafeAndUnsafeWhereItsTextHasANumber(t *testing.T) {
	needPoppler(t)
	revised := append(pdfOf(t, "111222333"), pdfOf(t, "hello")[len("%PDF-1.4\n"):]...)
	for _, c := range []struct {
		name string
		file []byte
		want safecopy.Answer
		code string
	}{
		{"plain", pdfOf(t, "hello"), safecopy.CannotTell, PDFItself},
		{"hidden number", pdfOf(t, "BSN 111222333"), safecopy.Unsafe, PDFText},
		{"hidden number with dots", pdfOf(t, "BSN 1112.22.333"), safecopy.Unsafe, PDFText},
		{"hidden number line", pdfOf(t, "I<NLDSPECI20142<<<<<<<<<<<<<<<"), safecopy.Unsafe, PDFText},
		{"another number", pdfOf(t, "phone 0301234567"), safecopy.CannotTell, PDFItself},
		{"what it was before", revised, safecopy.Unsafe, PDFText},
		{"updated", append(pdfOf(t, "hello"), "%%EOF\n"...), safecopy.CannotTell, PDFRevisions},
		{"a form", append(pdfOf(t, "hello"), "% /AcroForm \n"...), safecopy.CannotTell, PDFParts},
	} {
		t.Run(c.name, func(t *testing.T) {
			judged, err := Judge(t.Context(), c.file, safecopy.Expect{})
			if err != nil {
				t.Fatal(err)
			}
			if judged.Answer != c.want || !slices.Contains(codes(judged), c.code) {
				t.Errorf("%s: %v", judged.Answer, codes(judged))
			}
		})
	}
}

func TestAJudgementTellsWhetherASecondReaderLooked(t *testing.T) {
	file := jpegOf(t, 100, 80)
	second := func() string {
		j, err := Judge(t.Context(), file, safecopy.Expect{})
		if err != nil {
			t.Fatal(err)
		}
		return j.Second
	}
	if got := second(); (got == "tesseract") != (Tesseract{}).Is() {
		t.Errorf("%q where it is installed: %v", got, Tesseract{}.Is())
	}
	t.Setenv("PATH", t.TempDir())
	if got := second(); got != "" {
		t.Errorf("%q where nothing is installed", got)
	}
}

func TestABrokenFileIsUnusable(t *testing.T) {
	needPoppler(t)
	whole := pdfOf(t, "hello")
	for name, file := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "PDF header alone": []byte("%PDF-1.4\n"), "half a PDF": whole[:200],
		"half a JPEG": jpegOf(t, 400, 300)[:500], "HEIC header alone": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1"),
	} {
		judged, err := Judge(t.Context(), file, safecopy.Expect{})
		if err != nil || judged.Unusable == "" || judged.Answer != safecopy.CannotTell {
			t.Errorf("%s: %+v, %v", name, judged, err)
		}
	}
}

func TestAHEICFileIsLookedAt(t *testing.T) {
	if !has("heif-convert") || !has("heif-enc") {
		t.Skip("libheif-examples are not installed")
	}
	folder := t.TempDir()
	picture := filepath.Join(folder, "in.jpg")
	if err := os.WriteFile(picture, jpegOf(t, 400, 300), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("heif-enc", "-o", picture+".heic", picture).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	file, err := os.ReadFile(picture + ".heic")
	if err != nil {
		t.Fatal(err)
	}
	img, err := OpenHEIC(t.Context(), file)
	if err != nil || img.Bounds().Dx() != 400 || img.Bounds().Dy() != 300 {
		t.Fatalf("%v", err)
	}
	judged, err := Judge(t.Context(), file, safecopy.Expect{})
	if err != nil || judged.Answer == safecopy.Safe || judged.Unusable != "" || !slices.Contains(codes(judged), string(safecopy.NotOurPicture)) {
		t.Errorf("%+v, %v", judged, err)
	}
}

// TestServeAsWorker is the worker of the other tests.
func TestServeAsWorker(t *testing.T) {
	if len(os.Args) < 3 || os.Args[2] != "-test.v=false" {
		t.Skip("this is no worker")
	}
	if err := Serve(t.Context(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestAWorkerJudgesAsTheCodeItself(t *testing.T) {
	for name, file := range map[string][]byte{"JPEG": jpegOf(t, 400, 300), "text": []byte("\nhello"), "empty": nil} {
		here, err := Judge(t.Context(), file, safecopy.Expect{Case: "C-1"})
		if err != nil {
			t.Fatal(err)
		}
		there, err := pool(1).Check(t.Context(), file, safecopy.Expect{Case: "C-1"})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(here)
		b, _ := json.Marshal(there)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: here %s, in a worker %s", name, a, b)
		}
	}
}

func TestAFileThatIsTooLongIsNotHandedToAWorker(t *testing.T) {
	p := &Pool{program: "/nowhere", slots: make(chan struct{}, 1)}
	judged, err := p.Check(t.Context(), make([]byte, safecopy.MaxBytes+1), safecopy.Expect{})
	if err != nil || judged.Unusable != safecopy.TooManyBytes {
		t.Errorf("%+v, %v", judged, err)
	}
	if _, err := p.Check(t.Context(), []byte("x"), safecopy.Expect{}); err == nil {
		t.Error("a worker that is not there judged")
	}
}

func TestAWorkerThatBreaksTellsNothing(t *testing.T) {
	for _, program := range []string{"false", "yes"} { // fails; writes without end
		p := &Pool{program: program, slots: make(chan struct{}, 1)}
		judged, err := p.Check(t.Context(), []byte("x"), safecopy.Expect{})
		if err != nil || judged.Answer != safecopy.CannotTell || !slices.Contains(codes(judged), GaveUp) {
			t.Errorf("%s: %+v, %v", program, judged, err)
		}
	}
}

func TestNoMoreWorkersThanSlots(t *testing.T) {
	folder := t.TempDir()
	script := filepath.Join(folder, "worker")
	// Says how many of its like work now.
	if err := os.WriteFile(script, []byte("#!/bin/sh\ncat >/dev/null\n: >"+folder+"/at.$$\nls "+folder+" | grep -c '^at' >>"+folder+"/most\nsleep 0.2\nrm "+folder+"/at.$$\necho '{\"answer\":\"safe\",\"reasons\":[]}'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &Pool{program: script, slots: make(chan struct{}, 2)}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := p.Check(t.Context(), []byte("x"), safecopy.Expect{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	counts, err := os.ReadFile(filepath.Join(folder, "most"))
	if err != nil {
		t.Fatal(err)
	}
	seen := strings.Fields(string(counts))
	if len(seen) != 8 || slices.Max(seen) != "2" {
		t.Errorf("so many worked at once: %v", seen)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p.slots <- struct{}{}
	p.slots <- struct{}{}
	if _, err := p.Check(ctx, []byte("x"), safecopy.Expect{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while none is free: %v", err)
	}
}
