package safecopy

import (
	"bytes"
	"compress/zlib"
	"io"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// lookAtFile finds what the file carries besides the picture that it shows.
func (c *check) lookAtFile(p *Picture) {
	whole := plane.Rect(p.Image.Rect)
	pictures, more := p.Facts.Frames > 1, p.Facts.Kind == WebP
	for _, e := range p.Facts.Extras {
		pictures = pictures || e.Image
		more = true
	}
	if pictures {
		c.add(PictureInFile, Unsafe, whole)
	}
	if more || p.hasSpareData() {
		c.add(MoreInFile, CannotTell, whole)
	}
	if p.Facts.Deep {
		c.add(DeepColours, CannotTell, whole)
	}
	if p.Facts.Alpha {
		c.add(HiddenPixels, Unsafe, whole)
	}
}

// hasSpareData reports whether the compressed pixels go on after the last one:
// an earlier version of the picture may be there.
func (p *Picture) hasSpareData() bool {
	switch p.Facts.Kind {
	case PNG:
		return hasSparePNG(p.file)
	case JPEG:
		return hasSpareJPEG(p.file)
	}
	return true
}

// hasSparePNG looks for chunks other than a copy has, and for bytes after the end
// of the compressed pixels, which decoders skip.
func hasSparePNG(file []byte) bool {
	list, _, err := pngChunks(file)
	if err != nil {
		return true
	}
	var readers []io.Reader
	for i, c := range list {
		switch {
		case c.name == "IDAT":
			readers = append(readers, bytes.NewReader(c.body))
		case c.name == "IHDR" && i == 0 && len(c.body) == 13:
		case c.name == "IEND" && len(c.body) == 0:
		default:
			return true
		}
	}
	// A reader of single bytes is never asked for more than is needed.
	data := &single{from: io.MultiReader(readers...)}
	z, err := zlib.NewReader(data)
	if err != nil {
		return true
	}
	if _, err := io.Copy(io.Discard, z); err != nil {
		return true
	}
	_, err = data.ReadByte()
	return err == nil
}

// single reads byte by byte.
type single struct {
	from io.Reader
	b    [1]byte
}

func (s *single) Read(p []byte) (int, error) { return s.from.Read(p[:min(len(p), 1)]) }

func (s *single) ReadByte() (byte, error) {
	_, err := io.ReadFull(s.from, s.b[:])
	return s.b[0], err
}
