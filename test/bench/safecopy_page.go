package main

import (
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/test/chromium"
	"github.com/sparekey/sparekey/test/specimen"
)

// pageBar is from drop to proposed boxes in the real browser; drops is how often,
// each in a new window.
const (
	pageBar = 2500 * time.Millisecond
	drops   = 5
)

// measurePage measures the page of safe copies in the real browser.
func measurePage(ctx context.Context, _ *stage) (section, error) {
	page := section{
		title: "The page of safe copies in the browser",
		how: fmt.Sprintf("A JPEG of 12 megapixels (made up, seed %d) is given to /safe-copy in Chromium without a window, %d times, each in a new "+
			"browser context once the page has its tool; as the page measures it.", copiesSeed, drops),
	}
	if err := chromium.Here(); err != nil {
		page.figures = []figure{{what: "from drop to proposed boxes", measured: err.Error(), verdict: notMeasured}}
		return page, nil
	}
	var err error
	page.figures, err = measureDrops(ctx)
	return page, err
}

func measureDrops(ctx context.Context) (_ []figure, err error) {
	s := &stage{}
	defer func() { err = errors.Join(err, s.strike()) }()
	site, photo, err := s.setPage(ctx)
	if err != nil {
		return nil, err
	}
	browser, end, err := chromium.Start(filepath.Join(s.folder, "browser"))
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { end(); return nil })
	var took, searched, made []float64
	for range drops {
		c, err := chromium.Copy(browser, site, photo)
		if err != nil {
			return nil, err
		}
		if c.Boxes == 0 || c.Answer != string(safecopy.Safe) {
			return nil, fmt.Errorf("the page proposes %d boxes and says of the copy: %s", c.Boxes, c.Answer)
		}
		took, searched, made = append(took, c.Took.Seconds()), append(searched, c.Searched.Seconds()), append(made, c.Made.Seconds())
	}
	whole := spreadOf(took)
	return []figure{
		{
			what: "from drop to proposed boxes", measured: whole.in("s", 2),
			bar: fmt.Sprintf("≤ %.1f s", pageBar.Seconds()), verdict: verdictOf(whole.median <= pageBar.Seconds()),
		},
		{what: "of which searching", measured: spreadOf(searched).in("s", 2)},
		{what: "from the button to the copy and its verdict", measured: spreadOf(made).in("s", 2)},
	}, nil
}

// setPage starts the program as it is released, with an empty database, and writes
// a photo; both go when the stage is struck.
func (s *stage) setPage(ctx context.Context) (site, photo string, err error) {
	if s.folder, err = os.MkdirTemp("", "sparekey-bench-page-"); err != nil {
		return "", "", err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(s.folder) })
	tool := exec.CommandContext(ctx, "go", "run", "./scripts/tool")
	if said, err := tool.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build the tool of the page: %w\n%s", err, said)
	}
	if s.program, err = build(ctx, s.folder); err != nil {
		return "", "", err
	}
	photo = filepath.Join(s.folder, "photo.jpg")
	if err := writePhoto(photo); err != nil {
		return "", "", err
	}
	srv, err := s.serve(ctx, database{dataFolder: s.folder})
	if err != nil {
		return "", "", err
	}
	s.closers = append(s.closers, srv.stop)
	return "http://" + srv.address, photo, nil
}

// writePhoto writes a photo of 12 megapixels as a phone does.
func writePhoto(file string) (err error) {
	g, err := specimen.New(copiesSeed)
	if err != nil {
		return err
	}
	s := specimen.Photo12(g.Document(specimen.Identity2014), rand.New(rand.NewPCG(copiesSeed, 0)))
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return jpeg.Encode(f, s.Image, &jpeg.Options{Quality: 90})
}
