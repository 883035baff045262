package safecopy

import (
	"image"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// lookAtPixels judges what the picture shows.
func (c *check) lookAtPixels(img *image.NRGBA) {
	picture := c.lookAtMark(img)
	c.askSeconds(picture)
	c.add(NoNumberLine, CannotTell, plane.Rect(img.Rect))
}
