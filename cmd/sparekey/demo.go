package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/web"
)

// mailInterval is how often the demo looks for mails to send.
const mailInterval = 100 * time.Millisecond

type demoCommand struct {
	Port uint16 `env:"PORT" default:"8080" placeholder:"N" help:"The port of this machine to run on (default: ${default})."`
	Keep string `env:"DATA" placeholder:"FOLDER" help:"Keep what happens in this folder (default: forget it)."`
}

// Run runs the demo until ctx ends.
func (c demoCommand) Run(ctx context.Context, at console) (err error) {
	listener, err := listen(ctx, net.JoinHostPort("localhost", strconv.Itoa(int(c.Port))))
	if err != nil {
		return fmt.Errorf("%w: choose another port, as in PORT=8081 make demo", err)
	}
	defer func() { _ = listener.Close() }() // says only that it was closed
	folder, forget, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget()) }()
	d, err := openDemo(ctx, at, folder, listener.Addr())
	if err != nil {
		return err
	}
	defer d.close()
	return d.run(ctx, at, listener)
}

// folder returns where the data goes, and what to do with it afterwards.
func (c demoCommand) folder() (folder string, forget func() error, err error) {
	if c.Keep != "" {
		return c.Keep, func() error { return nil }, os.MkdirAll(c.Keep, 0o700)
	}
	folder, err = os.MkdirTemp("", "sparekey-demo-")
	return folder, func() error { return os.RemoveAll(folder) }, err
}

// A demonstration is an installation with made-up people in it, their clock,
// and the mailbox of everybody.
type demonstration struct {
	*installation
	clock *demo.Clock
	mails *mailbox.Server
}

// openDemo opens the demo in folder, and puts everybody into it if it is empty.
func openDemo(ctx context.Context, at console, folder string, address net.Addr) (*demonstration, error) {
	clock, err := demo.OpenClock(filepath.Join(folder, "clock"), systemTime)
	if err != nil {
		return nil, err
	}
	mails, err := mailbox.Listen("127.0.0.1:0", mailbox.Options{Now: clock.Now})
	if err != nil {
		return nil, err
	}
	c, err := demoConfig(folder, address, mails.Addr())
	if err != nil {
		return nil, errors.Join(err, mails.Close())
	}
	i, err := openInstallation(ctx, c, clock.Now, newLog(c.Log, at), upToDate)
	if err != nil {
		return nil, errors.Join(err, mails.Close())
	}
	d := &demonstration{i, clock, mails}
	if err := d.seed(ctx); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// demoConfig returns the settings of a demo. Nothing in the environment or in
// a file changes them.
func demoConfig(folder string, address net.Addr, mailServer string) (config.Config, error) {
	_, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return config.Config{}, err
	}
	mailHost, mailPort, err := net.SplitHostPort(mailServer)
	if err != nil {
		return config.Config{}, err
	}
	c := config.Config{
		Data:    folder,
		SMTP:    config.SMTP{Host: mailHost, Security: "none", From: "Sparekey <no-reply@sparekey.example>"},
		Support: config.Support{Name: demo.Desk, Phone: "+31 20 000 0000", Mail: "hulp@helpdesk.example"},
		Session: config.Session{Idle: config.Span(session.DefaultIdle), Absolute: config.Span(session.DefaultAbsolute)},
		Argon: config.Argon{
			MemoryKiB: password.DefaultCost.MemoryKiB, Passes: password.DefaultCost.Passes, Threads: password.DefaultCost.Threads,
		},
		Log: config.Log{Level: "warn", Format: "text"},
	}
	if c.SMTP.Port, err = strconv.Atoi(mailPort); err != nil {
		return c, err
	}
	return c, errors.Join(
		c.BaseURL.UnmarshalText([]byte("http://localhost:"+port)),
		c.Timezone.UnmarshalText([]byte("Europe/Amsterdam")))
}

func (d *demonstration) seed(ctx context.Context) error {
	there, err := d.store.CountOrganisations(ctx)
	if err != nil || there > 0 {
		return err
	}
	return demo.Seeder{Store: d.store, Hasher: d.hasher, Now: d.now(), Random: rand.Reader, NewID: newID}.Seed(ctx)
}

// run serves the demo until ctx ends.
func (d *demonstration) run(ctx context.Context, at console, l net.Listener) error {
	pages, err := d.pages()
	if err != nil {
		return err
	}
	courier, err := d.courier(mailInterval)
	if err != nil {
		return err
	}
	if err := d.introduce(ctx, at); err != nil {
		return err
	}
	at.ready("The demo", d.config.BaseURL.String())
	return d.serve(ctx, l, pages, courier)
}

// pages wires the pages, with those of the demo.
func (d *demonstration) pages() (*web.Server, error) {
	return d.installation.pages(func(s *web.Server) http.Handler { return demoPages{d, s}.routes() })
}

func (d *demonstration) close() {
	d.installation.close()
	_ = d.mails.Close() // its error is always nil
}
