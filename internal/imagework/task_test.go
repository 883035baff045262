package imagework

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain lets the tests run this binary as the greedy programs they bound.
func TestMain(m *testing.M) {
	switch os.Getenv("IMAGEWORK_GREED") {
	case "memory":
		var held [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			held = append(held, b)
			if len(held) > 4096 {
				os.Exit(0)
			}
		}
	case "cpu":
		for {
			runtime.Gosched()
		}
	case "output":
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("x", 1024)); err != nil {
				os.Exit(0)
			}
		}
	case "child":
		sleeper := exec.Command("sleep", "60")
		sleeper.Stdout = os.Stdout // holds the pipe open
		_ = sleeper.Start()
		os.Exit(0)
	case "sleep":
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

func greedy(what string, l Limits) Task {
	return Task{Program: os.Args[0], Env: []string{"IMAGEWORK_GREED=" + what}, Limits: l}
}

var ample = Limits{Memory: 1 << 30, CPU: 20 * time.Second, Wall: 20 * time.Second, Output: 1 << 20}

func TestAGreedyProcessIsEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux bounds other processes")
	}
	for _, c := range []struct {
		what   string
		change func(*Limits)
	}{
		{"memory", func(l *Limits) { l.Memory = 256 << 20 }},
		{"cpu", func(l *Limits) { l.CPU = time.Second }},
		{"sleep", func(l *Limits) { l.Wall = 300 * time.Millisecond }},
		{"output", func(l *Limits) { l.Output = 64 << 10 }},
	} {
		t.Run(c.what, func(t *testing.T) {
			l := ample
			c.change(&l)
			began := time.Now()
			_, err := greedy(c.what, l).Run(t.Context())
			if err == nil {
				t.Fatal("it came to its end")
			}
			if _, ok := errors.AsType[*LimitError](err); !ok && c.what != "memory" { // Go says itself that there is no memory
				t.Errorf("the error is %v", err)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestWhatAProcessStartedEndsWithIt(t *testing.T) {
	began := time.Now()
	if _, err := greedy("child", ample).Run(t.Context()); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("its child was waited for: %s", took)
	}
}

func TestAnAnswerIsReturned(t *testing.T) {
	said, err := Task{Program: "cat", Input: strings.NewReader("hello"), Limits: ample}.Run(t.Context())
	if err != nil || string(said) != "hello" {
		t.Errorf("%q, %v", said, err)
	}
	_, err = Task{Program: "false", Limits: ample}.Run(t.Context())
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := greedy("sleep", ample).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestNothingOfTheEnvironmentIsHandedOn(t *testing.T) {
	t.Setenv("SPAREKEY_MASTER_KEY", "secret")
	said, err := Task{Program: "env", Limits: ample}.Run(t.Context())
	if err != nil || strings.Contains(string(said), "secret") {
		t.Errorf("%q, %v", said, err)
	}
}
