package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/mail"
)

const (
	// drainTime is how long requests and letters under way get to finish.
	drainTime = 20 * time.Second
	// purgeInterval is how often the database is rid of what is over.
	purgeInterval = 5 * time.Minute
	// owedInterval is how often passes are given that forcing MFA owes.
	owedInterval = time.Minute
	// endsInterval is how often members are told that a suspension ends.
	endsInterval = 10 * time.Second
)

// heapGrowth is by how many percent of what lives the heap grows before garbage is
// collected: twice and a half of Go's usual. What lives here is a few MiB, so that
// the usual has the collector run every few hundred requests.
const heapGrowth = 250

type serveCommand struct{}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context, at console, c config.Config) error {
	if _, chosen := os.LookupEnv("GOGC"); !chosen {
		debug.SetGCPercent(heapGrowth)
	}
	if err := errors.Join(c.NeedBaseURL(), c.Check()); err != nil {
		return usage{err}
	}
	log := newLog(c.Log, at)
	if u := c.BaseURL.URL(); u.Scheme != "https" && u.Hostname() != "localhost" {
		log.Warn("base-url is not https: passwords travel in the clear", "setting", "base-url")
	}
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	i, err := openInstallation(ctx, c, systemTime, log, upToDate)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer i.close()
	i.sweep()
	pages, err := i.pages(nil)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var courier *mail.Courier
	if c.SMTP.Host == "" {
		log.Warn("no mail server is set: mails wait until there is one", "setting", "smtp-host")
	} else if courier, err = i.courier(0); err != nil {
		return errors.Join(err, listener.Close())
	}
	if c.Desk.MailListen != "" {
		if i.letters, err = i.openLetterSlot(ctx); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	at.ready("Sparekey", "http://"+listener.Addr().String())
	return i.serve(ctx, listener, pages, courier)
}

// listen opens the port.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program listens on %s already", address)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return listener, nil
}

// ready says where to go, and how long it took to get there.
func (at console) ready(what, where string) {
	at.say("%s is ready on %s (%d ms after its start).", what, where, time.Since(at.begun).Milliseconds())
}

// serve does all that a server does until ctx ends. Then it finishes what is
// under way, and seals what came of it.
func (i *installation) serve(ctx context.Context, l net.Listener, pages http.Handler, courier *mail.Courier) error {
	sealing, err := i.startSealing(ctx)
	if err != nil {
		return err
	}
	err = i.work(ctx, l, pages, courier)
	sealing.finish()
	if err == nil {
		i.log.Info("stopped")
	}
	return err
}

// work answers requests, sends letters (courier may be nil) and purges until
// ctx ends. Then it finishes what is under way, for drainTime at most.
func (i *installation) work(ctx context.Context, l net.Listener, pages http.Handler, courier *mail.Courier) error {
	var work sync.WaitGroup
	if courier != nil {
		work.Go(func() { courier.Run(ctx) })
	}
	if i.letters != nil {
		work.Go(func() { i.takeMails(ctx) })
	}
	work.Go(func() { i.purge(ctx) })
	work.Go(func() { i.giveOwed(ctx) })
	work.Go(func() { i.tellOfEnds(ctx) })
	work.Go(func() { i.remind(ctx) })
	work.Go(func() { i.tend(ctx) })
	work.Go(func() { i.store.Listen(ctx) })

	server := newHTTPServer(pages, i.log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	i.log.Info("stopping: requests and mails under way are finished first")
	i.leave.say(context.WithoutCancel(ctx))
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return fmt.Errorf("some requests were cut off: %w", err)
	}
	if err := wait(drain, &work); err != nil {
		return fmt.Errorf("a mail was cut off, and will be sent again: %w", err)
	}
	return nil
}

// wait waits for work, or for ctx to end.
func wait(ctx context.Context, work *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newHTTPServer bounds what one client can hold up. Behind a slow line a form
// takes a while; nothing here is larger than a page.
func newHTTPServer(pages http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           pages,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// purge rids the database of what is over, at once and each interval.
func (i *installation) purge(ctx context.Context) {
	ticker := time.NewTicker(purgeInterval)
	defer ticker.Stop()
	for {
		if err := i.store.Purge(ctx, i.now()); err != nil && ctx.Err() == nil {
			i.log.Error("cannot purge", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// remind puts reminders into the outbox that were asked for, at once and each
// interval: those that the request which asked did not come to.
func (i *installation) remind(ctx context.Context) {
	ticker := time.NewTicker(owedInterval)
	defer ticker.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = i.store.RemindSome(ctx, i.now()); err != nil && ctx.Err() == nil {
				i.log.Error("cannot remind of backups", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// giveOwed gives the enrolment passes that forcing MFA owes, at once and each
// interval: those that a process which was stopped did not come to, and those of
// forcing that came back by itself.
func (i *installation) giveOwed(ctx context.Context) {
	ticker := time.NewTicker(owedInterval)
	defer ticker.Stop()
	policies := i.policy()
	for {
		if _, err := policies.GiveOwed(ctx, ""); err != nil && ctx.Err() == nil {
			i.log.Error("cannot give the passes that forcing owes", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tellOfEnds tells members that a suspension ends or has ended, at once and each
// interval: also those to whom that happened while no process ran.
func (i *installation) tellOfEnds(ctx context.Context) {
	ticker := time.NewTicker(endsInterval)
	defer ticker.Stop()
	operator := i.operator()
	for {
		if _, err := operator.TellOfEnds(ctx); err != nil && ctx.Err() == nil {
			i.log.Error("cannot tell of the end of suspensions", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (i *installation) close() {
	if err := i.store.Close(); err != nil {
		i.log.Error("cannot close the database", "error", err)
	}
}

type migrateCommand struct{}

// Run opens the database, which brings it up to date.
func (migrateCommand) Run(ctx context.Context, at console, c config.Config) error {
	if err := c.Check(); err != nil {
		return usage{err}
	}
	i, err := openInstallation(ctx, c, systemTime, newLog(c.Log, at), upToDate)
	if err != nil {
		return err
	}
	defer i.close()
	at.say("The database is up to date.")
	return nil
}
