//go:build js && wasm

// Command safecopy-wasm is what the page /safe-copy runs in a worker of the
// browser: package safecopy, offered to JavaScript.
//
// Pixels go in and out as RGBA, four bytes each, a row behind the other. Every
// function answers with an object; what went wrong is in its "fault", as the page
// has words for it.
package main

import (
	"errors"
	"image"
	"runtime/debug"
	"syscall/js"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// The faults the page has words for.
const (
	notAPicture = "not-a-picture"
	isPDF       = "pdf"
	isHEIC      = "heic"
	damaged     = "damaged"
	tooLarge    = "too-large"
	frames      = "frames"
	failed      = "failed"
)

// least is how many pixels a side of a picture has at least: below, nothing can be
// read on it.
const least = 16

func main() {
	t := new(tool)
	offer := js.Global().Get("Object").New()
	offer.Set("mostBytes", safecopy.MaxBytes)
	for name, do := range map[string]func([]js.Value) (map[string]any, error){
		"open": t.open, "find": t.find, "look": t.look, "make": t.makeCopy, "check": t.check,
	} {
		offer.Set(name, js.FuncOf(func(_ js.Value, given []js.Value) any { return answer(given, do) }))
	}
	offer.Set("judge", js.FuncOf(func(_ js.Value, given []js.Value) any { return judge(bytesOf(given[0])) }))
	js.Global().Call("toolIsReady", offer)
	select {} // the functions are called from now on
}

// A tool holds the picture that is being worked on, at the size in which it is
// searched and shown.
type tool struct{ picture *image.NRGBA }

// answer turns what a function returns into what JavaScript gets.
func answer(given []js.Value, do func([]js.Value) (map[string]any, error)) (result any) {
	defer func() {
		if recover() != nil {
			result = map[string]any{"fault": failed}
		}
	}()
	said, err := do(given)
	if err != nil {
		return map[string]any{"fault": fault(err)}
	}
	return said
}

// fault is the word for an error.
func fault(err error) string {
	var unusable *safecopy.Unusable
	if !errors.As(err, &unusable) {
		return failed
	}
	switch unusable.Why {
	case safecopy.OtherKind:
		return otherKind(unusable.Kind)
	case safecopy.TooManyBytes, safecopy.TooLarge:
		return tooLarge
	case safecopy.Truncated, safecopy.Damaged:
		return damaged
	case safecopy.Animated:
		return frames
	}
	return notAPicture
}

// otherKind is the word for a kind of file that is none of a picture, or that not
// every browser opens.
func otherKind(kind safecopy.Kind) string {
	switch kind {
	case safecopy.PDF:
		return isPDF
	case safecopy.HEIC:
		return isHEIC
	}
	return notAPicture
}

// judge says what is wrong with a file that begins so, as far as no browser can
// open it; empty where one may.
func judge(head []byte) string {
	if len(head) == 0 || safecopy.KindOf(head) == "" {
		return notAPicture
	}
	if safecopy.KindOf(head) == safecopy.PDF {
		return isPDF
	}
	return ""
}

// open takes the bytes of a file, for browsers that cannot open it themselves.
func (t *tool) open(given []js.Value) (map[string]any, error) {
	opened, err := safecopy.Open(bytesOf(given[0]))
	if err != nil {
		return nil, err
	}
	return pixels(opened.Image), nil
}

// find takes pixels, width and height, and returns the boxes that are proposed,
// that over the portrait among them, and the notes.
func (t *tool) find(given []js.Value) (map[string]any, error) {
	var err error
	if t.picture, err = picture(given); err != nil {
		return nil, err
	}
	// A search leaves much behind that is small beside a photo at full size.
	usual := debug.SetGCPercent(400)
	defer debug.SetGCPercent(usual)
	found := safecopy.Propose(t.picture, safecopy.Options{CoverPhoto: true})
	boxes := make([]any, len(found.Boxes))
	for i, b := range found.Boxes {
		boxes[i] = map[string]any{"quad": corners(b.Quad), "what": string(b.What)}
	}
	return map[string]any{"boxes": boxes, "notes": notes(found.Notes)}, nil
}

// look takes a mark, and returns the picture that was searched with the mark on it.
func (t *tool) look(given []js.Value) (map[string]any, error) {
	if t.picture == nil {
		return nil, errors.New("no picture is open")
	}
	return pixels(safecopy.Make(t.picture, nil, mark(given[0]))), nil
}

// makeCopy takes pixels, width, height, boxes and a mark, and returns the JPEG
// file.
func (t *tool) makeCopy(given []js.Value) (map[string]any, error) {
	full, err := picture(given)
	if err != nil {
		return nil, err
	}
	boxes := make([]safecopy.Box, given[3].Length())
	for i := range boxes {
		b := given[3].Index(i)
		boxes[i].What = safecopy.What(b.Get("what").String())
		for c := range boxes[i].Quad {
			corner := b.Get("quad").Index(c)
			boxes[i].Quad[c] = plane.Point{X: corner.Index(0).Float(), Y: corner.Index(1).Float()}
		}
	}
	copied := safecopy.Make(full, boxes, mark(given[4]))
	file, err := safecopy.Encode(copied, safecopy.JPEG)
	if err != nil {
		return nil, err
	}
	return map[string]any{"file": toBytes("Uint8Array", file), "width": copied.Rect.Dx(), "height": copied.Rect.Dy()}, nil
}

// picture reads pixels, width and height.
func picture(given []js.Value) (*image.NRGBA, error) {
	width, height := given[1].Int(), given[2].Int()
	if width < least || height < least {
		return nil, &safecopy.Unusable{Why: safecopy.NotAnImage, Width: width, Height: height}
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	if js.CopyBytesToGo(img.Pix, given[0]) != len(img.Pix) {
		return nil, errors.New("the pixels do not fill the picture")
	}
	return img, nil
}

// pixels returns a picture as JavaScript draws it.
func pixels(img *image.NRGBA) map[string]any {
	return map[string]any{"width": img.Rect.Dx(), "height": img.Rect.Dy(), "pixels": toBytes("Uint8ClampedArray", img.Pix)}
}

func mark(m js.Value) safecopy.Mark {
	return safecopy.Mark{
		For: m.Get("for").String(), Purpose: m.Get("purpose").String(),
		Date: m.Get("date").String(), Case: m.Get("case").String(),
	}
}

func corners(q plane.Quad) []any {
	list := make([]any, len(q))
	for i, p := range q {
		list[i] = []any{p.X, p.Y}
	}
	return list
}

func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

func toBytes(kind string, b []byte) js.Value {
	array := js.Global().Get(kind).New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
