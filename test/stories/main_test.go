package stories_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sparekey/sparekey/test/chromium"
)

// Where things are, seen from this folder.
const (
	repository = "../.."
	axeFile    = "../browser/node_modules/axe-core/axe.min.js"
	artefacts  = "../artefacts"
)

// theStage is what all stories share: made when the first of them needs it, and
// cleared by TestMain.
var theStage = new(stage)

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	theStage.clear()
	os.Exit(status)
}

// A stage is a built program and a browser, in a folder of their own.
type stage struct {
	once    sync.Once
	err     error
	folder  string
	program string
	axe     string
	browser context.Context // of the running browser
	ending  []func()
	seen    sync.Map // the pages that were looked at
	photo   drawing  // of a document
	demo    seed     // of every demo
}

// needStage sets the stage, or fails the test.
func needStage(t *testing.T) *stage {
	t.Helper()
	theStage.once.Do(func() { theStage.err = theStage.set() })
	if theStage.err != nil {
		t.Fatalf("%v\nRun `make test`: it installs what the stories need.", theStage.err)
	}
	return theStage
}

func (s *stage) set() error {
	if err := chromium.Here(); err != nil {
		return err
	}
	for _, tool := range []string{"zbarimg", "oathtool"} {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		return err
	}
	s.axe = string(axe)
	if s.folder, err = os.MkdirTemp("", "sparekey-stories-"); err != nil {
		return err
	}
	s.ending = append(s.ending, func() { _ = os.RemoveAll(s.folder) })
	if err := s.sweepIfKilled(); err != nil {
		return err
	}
	for _, old := range []string{"screens", "failures"} {
		if err := os.RemoveAll(filepath.Join(artefacts, old)); err != nil {
			return err
		}
	}
	if err := s.build(); err != nil {
		return err
	}
	return s.startBrowser()
}

// room returns a new folder on the stage, which goes even if the tests are
// killed.
func (s *stage) room(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp(s.folder, "site-")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// clear ends what runs and removes what was made, the latest first.
func (s *stage) clear() {
	for i := len(s.ending) - 1; i >= 0; i-- {
		s.ending[i]()
	}
}

// sweepIfKilled leaves a process behind that removes the folder should this one
// end without doing so: a test that runs out of time is killed.
func (s *stage) sweepIfKilled() error {
	sweeper := exec.Command("sh", "-c", `trap '' INT TERM HUP; cat; sleep 1; rm -rf -- "$0"`, s.folder)
	hold, err := sweeper.StdinPipe()
	if err != nil {
		return err
	}
	if err := sweeper.Start(); err != nil {
		return err
	}
	s.ending = append(s.ending, func() { _ = hold.Close(); _ = sweeper.Wait() })
	return nil
}

// bringAxe is a script by which a page can load axe-core when it is asked to.
func (s *stage) bringAxe() string {
	return `window.bringAxe = () => { const module = undefined, exports = undefined, define = undefined; ` + s.axe + ` }`
}

// build builds the program as releases are.
func (s *stage) build() error {
	if err := readSources(); err != nil {
		return err
	}
	tool := exec.Command("go", "run", "./scripts/tool")
	tool.Dir = repository
	if said, err := tool.CombinedOutput(); err != nil {
		return fmt.Errorf("build the tool of the page /safe-copy: %w\n%s", err, said)
	}
	s.program = filepath.Join(s.folder, "sparekey")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-o", s.program, "./cmd/sparekey")
	build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, said)
	}
	return nil
}

// readSources touches everything the program is built from, so that the go
// command does not take an older result of these tests for a newer program.
func readSources() error {
	for _, folder := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(repository, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// startBrowser starts one browser for all stories: each gets windows in it that
// share nothing.
func (s *stage) startBrowser() (err error) {
	browser, end, err := chromium.Start(filepath.Join(s.folder, "browser"))
	if err != nil {
		return err
	}
	s.browser, s.ending = browser, append(s.ending, end)
	return nil
}
