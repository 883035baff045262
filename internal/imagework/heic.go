package imagework

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// toolLimits hold for one program of others.
var toolLimits = Limits{Memory: 1 << 30, CPU: 20 * time.Second, Wall: 30 * time.Second, Output: 1 << 20}

// heic looks at what a HEIC file shows. What else it holds is not looked at, so
// that it is never safe: no copy of ours is one.
func (e *eye) heic(ctx context.Context, file []byte) (Judgement, error) {
	img, err := OpenHEIC(ctx, file)
	if unfit, ok := errors.AsType[*safecopy.Unusable](err); ok {
		return unusable(safecopy.HEIC, unfit.Why), nil
	}
	if err != nil {
		return Judgement{}, err
	}
	e.verdict(safecopy.CheckImage(img, e.want, e.second...), 0)
	e.add(string(safecopy.NotOurPicture), safecopy.CannotTell, 0)
	return e.judgement(safecopy.HEIC), nil
}

// OpenHEIC returns the picture in a HEIC file, upright, decoded by libheif's
// heif-convert. The error is a *safecopy.Unusable where the file is no picture, or
// where heif-convert is not installed (Gone).
func OpenHEIC(ctx context.Context, file []byte) (img image.Image, err error) {
	if !has("heif-convert") {
		return nil, &safecopy.Unusable{Why: Gone, Kind: safecopy.HEIC}
	}
	if len(file) > safecopy.MaxBytes {
		return nil, &safecopy.Unusable{Why: safecopy.TooManyBytes, Kind: safecopy.HEIC}
	}
	err = room(func(folder string) error {
		if err := os.WriteFile(filepath.Join(folder, "in.heic"), file, 0o600); err != nil {
			return err
		}
		convert := Task{Program: "heif-convert", Args: []string{"--quiet", "in.heic", "out.png"}, Folder: folder, Limits: toolLimits}
		if _, err := convert.Run(ctx); err != nil && ctx.Err() != nil {
			return ctx.Err()
		} // otherwise the file says whether it went well
		// One picture is out.png, of several the first is out-1.png.
		for _, name := range []string{"out.png", "out-1.png"} {
			if img, err = readPNG(filepath.Join(folder, name)); err == nil {
				return nil
			}
		}
		return &safecopy.Unusable{Why: safecopy.Damaged, Kind: safecopy.HEIC}
	})
	return img, err
}

// readPNG reads a picture that a program has just written, within the limits of
// pictures of strangers.
func readPNG(name string) (image.Image, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	size, err := png.DecodeConfig(f)
	if err != nil {
		return nil, err
	}
	if size.Width*size.Height > safecopy.MaxPixels {
		return nil, fmt.Errorf("%d × %d pixels", size.Width, size.Height)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	return png.Decode(f)
}
