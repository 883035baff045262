package safecopy

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
)

// copyQuality keeps the ripples that JPEG leaves beside an edge so low that a
// box is flat from three pixels inside its edges on.
const copyQuality = 96

// Encode writes img as one baseline JPEG or as PNG, with nothing else in the
// file. A kind other than these is an error.
func Encode(img image.Image, kind Kind) ([]byte, error) {
	var file bytes.Buffer
	var err error
	switch flat := overWhite(img); kind {
	case JPEG:
		// The encoder is quick with this kind; without transparency both are the same bytes.
		same := &image.RGBA{Pix: flat.Pix, Stride: flat.Stride, Rect: flat.Rect}
		err = jpeg.Encode(&file, same, &jpeg.Options{Quality: copyQuality})
	case PNG:
		err = png.Encode(&file, flat)
	default:
		return nil, fmt.Errorf("a copy is written as %s or %s, not as %q", JPEG, PNG, kind)
	}
	if err != nil {
		return nil, fmt.Errorf("encode a copy as %s: %w", kind, err)
	}
	return file.Bytes(), nil
}
