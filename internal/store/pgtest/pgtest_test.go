package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/sparekey/sparekey/internal/store/pgtest"
)

func TestEveryCallGivesAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := connect(t, pgtest.NewDatabase(t)), connect(t, pgtest.NewDatabase(t))

	if _, err := first.Exec(t.Context(), "CREATE TABLE bread (name text)"); err != nil {
		t.Fatal(err)
	}
	var n int
	err := second.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE tablename = 'bread'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Error("the second database shows the first one's table")
	}
}

func TestTheDatabaseIsGoneWhenItsTestEnds(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("a test that leaves its connection open", func(t *testing.T) {
		address = pgtest.NewDatabase(t)
		if _, err := pgx.Connect(t.Context(), address); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), address); err == nil {
		t.Error("the database still answers")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	db := connect(t, pgtest.NewDatabase(t))
	wantFsync := "off"
	if os.Getenv(pgtest.FsyncVariable) == "on" {
		wantFsync = "on"
	}
	for name, want := range map[string]string{
		"listen_addresses": "", "max_connections": "100", "TimeZone": "UTC",
		"server_encoding": "UTF8", "fsync": wantFsync,
	} {
		var got string
		if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// childVariable makes the test binary, started again, play the test process
// that ends in the way its value names.
const childVariable = "SPAREKEY_PGTEST_CHILD"

func TestNothingStaysBehindHoweverTheTestProcessEnds(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("looks for processes in /proc")
	}
	for _, end := range []string{"returns", "panics", "exits", "killed", "interrupted"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1", "-test.v")
			child.Env = append(os.Environ(), childVariable+"="+end, pgtest.FsyncVariable+"=on")
			child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			goOn, err := child.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			folder := ""
			lines := bufio.NewScanner(stdout)
			for folder == "" && lines.Scan() {
				if address, ok := strings.CutPrefix(lines.Text(), "address "); ok {
					folder = folderOf(t, address)
				}
			}
			if folder == "" {
				t.Fatal("the child started no server")
			}
			if n := len(processesOf(t, folder)); n < 2 {
				t.Fatalf("%d processes run for the child, want the keeper and the server at least", n)
			}
			switch end {
			case "killed": // the whole group, as an impatient CI does it
				err = syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
			case "interrupted": // the whole group, as Ctrl-C does it
				err = syscall.Kill(-child.Process.Pid, syscall.SIGINT)
			default:
				err = goOn.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // most of these ends are failures

			deadline := time.Now().Add(20 * time.Second)
			for exists(folder) || len(processesOf(t, folder)) > 0 {
				if time.Now().After(deadline) {
					t.Fatalf("20 s later, folder %s is there: %v; processes: %q",
						folder, exists(folder), processesOf(t, folder))
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

func TestChild(t *testing.T) {
	end := os.Getenv(childVariable)
	if end == "" {
		t.Skip("runs only as the child of another test")
	}
	_, err := os.Stdout.WriteString("address " + pgtest.NewDatabase(t) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	// Until the parent has looked at the server, and lets us go on or kills us.
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
	switch end {
	case "panics":
		panic("as planned")
	case "exits":
		os.Exit(1)
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// folderOf returns the folder of the server behind address.
func folderOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// processesOf returns the command lines that name folder. A process that ended
// has none, even if nobody has asked for its exit status yet.
func processesOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), folder) { // it may have ended just now
			found = append(found, string(line))
		}
	}
	return found
}

func TestAStandbyHasWhatWasCommittedAndTakesOver(t *testing.T) {
	t.Parallel()
	primary := pgtest.NewServer(t)
	standby := primary.Standby()
	both := primary.URL(primary.Address(), standby.Address())
	if _, err := connect(t, both).Exec(t.Context(), "CREATE TABLE bread (name text)"); err != nil {
		t.Fatal(err)
	}
	primary.Kill()
	standby.Promote()
	if _, err := connect(t, both).Exec(t.Context(), "INSERT INTO bread VALUES ('rye')"); err != nil {
		t.Fatal(err)
	}
	standby.Stop()
	standby.Start()
	var n int
	if err := connect(t, both).QueryRow(t.Context(), "SELECT count(*) FROM bread").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}
