package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/enrol"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/logbook"
	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/metric"
	"github.com/sparekey/sparekey/internal/mylogin"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/readiness"
	"github.com/sparekey/sparekey/internal/recovery"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/backupcode"
	"github.com/sparekey/sparekey/internal/signin/mailcode"
	"github.com/sparekey/sparekey/internal/signin/totp"
	"github.com/sparekey/sparekey/internal/store"
	"github.com/sparekey/sparekey/internal/web"
)

// An installation is what every part is made from. All of them take the time
// from now.
type installation struct {
	config config.Config
	now    func() time.Time
	log    *slog.Logger
	master secret.Master
	store  *store.Store
	hasher *password.Hasher
	meter  *metric.Meter
	leave  *farewell
	// letters is where mails to cases come in; nil: nowhere.
	letters *letterSlot
}

// systemTime is the clock of every installation but a demo.
func systemTime() time.Time { return time.Now().UTC() }

// newID draws a UUID of version 7: ids that sort by age.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// openInstallation opens the database of c with its master key.
func openInstallation(ctx context.Context, c config.Config, now func() time.Time, log *slog.Logger, at opening) (*installation, error) {
	master, kept, err := openStore(ctx, c, now, at)
	if err != nil {
		return nil, err
	}
	i := &installation{
		config: c, now: now, log: log, master: master, store: kept,
		hasher: password.NewHasher(c.Argon.Cost(), rand.Reader), leave: new(farewell),
	}
	i.measured()
	return i, nil
}

// flows wires what the pages lead through.
func (i *installation) flows() (web.Flows, error) {
	addressKey, err := i.master.Derive("addresses in throttles")
	if err != nil {
		return web.Flows{}, err
	}
	signIn := &signin.Service{
		Store: i.store, Hasher: i.hasher,
		Methods: []signin.Method{totp.Method{}, backupcode.Method{Hasher: i.hasher}, mailcode.Method{Store: i.store}, mailcode.Suspended{Store: i.store}},
		Now:     i.now, Random: rand.Reader,
		AddressKey: addressKey,
		Idle:       time.Duration(i.config.Session.Idle), Absolute: time.Duration(i.config.Session.Absolute),
	}
	desk, err := i.support()
	if err != nil {
		return web.Flows{}, err
	}
	return web.Flows{
		SignIn:    signIn,
		Support:   desk,
		Enrol:     &enrol.Service{Store: i.store, Hasher: i.hasher, Now: i.now, Random: rand.Reader, NewID: newID},
		MyLogin:   &mylogin.Service{Store: i.store, Hasher: signIn, Now: i.now, Random: rand.Reader},
		Recovery:  &recovery.Service{Store: i.store, Now: i.now, Random: rand.Reader},
		Operate:   i.operator(),
		Policy:    i.policy(),
		Logbook:   &logbook.Service{Store: i.store, Now: i.now},
		Help:      &help.Service{Store: i.store, Now: i.now, Random: rand.Reader, NewID: newID},
		Directory: &directory.Service{Store: i.store, Now: i.now},
		Readiness: &readiness.Service{Store: i.store, Now: i.now},
		Office:    i.office(),
	}, nil
}

// office wires what is done about who belongs to an organisation.
func (i *installation) office() *directory.Office {
	return &directory.Office{Store: i.store, Now: i.now, Random: rand.Reader, NewID: newID}
}

// pages wires the server of all pages; demo is nil but in the demo.
func (i *installation) pages(demo func(*web.Server) http.Handler) (*web.Server, error) {
	flows, err := i.flows()
	if err != nil {
		return nil, err
	}
	support := i.config.Support
	options := web.Options{
		BaseURL:        i.config.BaseURL.URL(),
		TrustedProxies: config.Prefixes(i.config.TrustedProxies),
		Support:        web.Person{Name: support.Name, Phone: support.Phone, Email: support.Mail},
		Zone:           i.config.Timezone.Location(),
		Now:            i.now,
		NewID:          newID,
		Log:            i.log,
		Away:           i.store.Away,
		Leaving:        i.leave.said,
		Demo:           demo,
	}
	if err := i.openMetrics(&options); err != nil {
		return nil, err
	}
	return web.NewServer(flows, i.store, options)
}

// courier wires what sends the mails. It looks for one each interval; 0: as
// often as is usual.
func (i *installation) courier(interval time.Duration) (*mail.Courier, error) {
	sender, err := i.mailServer()
	if err != nil {
		return nil, err
	}
	return mail.NewCourier(mail.CourierConfig{
		Outbox: i.store, Sender: sender, Log: i.log, Now: i.now, Interval: interval, Renderer: i.renderer(),
	})
}

// mailServer wires the way to the mail server.
func (i *installation) mailServer() (*mail.SMTP, error) {
	s := i.config.SMTP
	key, err := readPassword(s.PasswordFile)
	if err != nil {
		return nil, err
	}
	return mail.NewSMTP(mail.SMTPConfig{
		Host: s.Host, Port: s.Port, Security: mail.Security(s.Security), Username: s.Username, Password: key, From: s.From,
	})
}

func (i *installation) renderer() mail.Renderer {
	return mail.Renderer{BaseURL: i.config.BaseURL.String(), Support: mail.Support(i.config.Support), Zone: i.config.Timezone.Location()}
}

// readPassword returns what is in the file; empty: there is no password.
func readPassword(file string) (mail.Password, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the mail server's password cannot be read: %w", err)
	}
	return mail.Password(strings.TrimRight(string(text), "\r\n")), nil
}

// newLog returns the log that the settings ask for.
func newLog(l config.Log, at console) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo // the settings allow no other
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(at.err, options))
	}
	return slog.New(slog.NewJSONHandler(at.err, options))
}
