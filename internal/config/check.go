package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Check returns what is wrong with the settings as a whole, one sentence each,
// or nil. What is wrong with one value by itself was said when it was read.
func (c Config) Check() error {
	return errors.Join(c.checkServer(), c.checkSMTP(), c.checkSupport(), c.checkDesk(), c.checkSession(), c.checkArgon())
}

// NeedBaseURL returns an error if there is no base URL. Whatever makes a link
// needs one.
func (c Config) NeedBaseURL() error {
	if c.BaseURL.IsZero() {
		return missing("base-url", "the address people type in their browser, such as https://login.example.com")
	}
	return nil
}

func missing(name, what string) error { return fmt.Errorf("the setting %s is missing: %s", name, what) }

func wrong(name, what string) error { return fmt.Errorf("the setting %s is wrong: %s", name, what) }

func (c Config) checkServer() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if n, atoi := strconv.Atoi(port); err != nil || atoi != nil || n < 0 || n > 65535 {
		return wrong("listen", "it is a host and a port, such as 127.0.0.1:8080")
	}
	if c.Data == "" {
		return missing("data", "the folder for the database and the master key")
	}
	return nil
}

func (c Config) checkSMTP() error {
	s := c.SMTP
	switch {
	case s.Host == "":
		if s.Username != "" || s.PasswordFile != "" || s.From != "" {
			return missing("smtp-host", "the mail server's name")
		}
		return nil
	case s.Port < 1 || s.Port > 65535:
		return wrong("smtp-port", "ports go from 1 to 65535")
	case s.From == "":
		return missing("smtp-from", "the sender that people see, such as Sparekey <sparekey@example.com>")
	case (s.Username == "") != (s.PasswordFile == ""):
		return errors.New("the settings smtp-username and smtp-password-file go together: one of them is missing")
	case s.Security == "none" && s.Username != "":
		return wrong("smtp-security", "with none, the password would travel in the clear")
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		return wrong("smtp-from", "it is a sender, such as Sparekey <sparekey@example.com>")
	}
	return nil
}

func (c Config) checkDesk() error {
	if c.Desk.KeepDays < 0 || c.Desk.KeepDays > 28 {
		return wrong("desk-keep-days", "evidence is kept 0 to 28 days")
	}
	return c.checkDeskMail()
}

// checkDeskMail refuses an address that other machines reach: whoever connects to it is
// believed to be the mail server.
func (c Config) checkDeskMail() error {
	d := c.Desk
	if d.MailListen == "" {
		if d.MailDomain != "" || d.MailServer != "" {
			return missing("desk-mail-listen", "where mails to cases come in, such as unix:/run/sparekey/mail.sock")
		}
		return nil
	}
	if !strings.HasPrefix(d.MailListen, "unix:/") {
		if at, err := netip.ParseAddrPort(d.MailListen); err != nil || !at.Addr().IsLoopback() {
			return wrong("desk-mail-listen", "it is unix: and a path, or a loopback address and port, such as 127.0.0.1:2424")
		}
	}
	if d.MailDomain == "" {
		return missing("desk-mail-domain", "the domain of the address of cases, such as help.example.com")
	}
	if a, err := mail.ParseAddress("desk@" + d.MailDomain); err != nil || a.Address != "desk@"+d.MailDomain || !strings.Contains(d.MailDomain, ".") {
		return wrong("desk-mail-domain", "it is a domain, such as help.example.com")
	}
	if strings.ContainsAny(d.MailServer, " ;\t") {
		return wrong("desk-mail-authserv-id", "it is a name, such as mx.example.com")
	}
	return nil
}

func (c Config) checkSupport() error {
	if c.Support.Mail == "" {
		return nil
	}
	if a, err := mail.ParseAddress(c.Support.Mail); err != nil || a.Address != c.Support.Mail {
		return wrong("support-mail", "it is a mail address, such as it@example.com")
	}
	return nil
}

// The longest sessions that may be set: NIST SP 800-63B-4, section 2.1.3, asks
// for a new proof after 30 days even at the lowest level.
const longestSession = 30 * 24 * time.Hour

func (c Config) checkSession() error {
	s := c.Session
	switch {
	case time.Duration(s.Idle) < time.Minute:
		return wrong("session-idle", "it is a minute or more, such as 1h")
	case s.Absolute < s.Idle:
		return wrong("session-absolute", "it is not shorter than session-idle")
	case time.Duration(s.Absolute) > longestSession:
		return wrong("session-absolute", "it is 720h (30 days) at most")
	}
	return nil
}

// checkArgon refuses what is weaker than any of OWASP's choices, whose least
// memory is 7168 KiB with 5 passes, and what would exhaust the machine.
func (c Config) checkArgon() error {
	a := c.Argon
	switch {
	case a.MemoryKiB < 7168 || a.MemoryKiB > 4<<20:
		return wrong("argon-memory-kib", "it goes from 7168 to 4194304 (4 GiB)")
	case a.Passes < 1 || a.Passes > 100:
		return wrong("argon-passes", "it goes from 1 to 100")
	case uint64(a.MemoryKiB)*uint64(a.Passes) < 5*7168:
		return wrong("argon-passes", "with so little memory there must be more passes: 5 at 7168, 2 at 19456")
	case a.Threads < 1 || a.Threads > 64:
		return wrong("argon-threads", "it goes from 1 to 64")
	}
	return nil
}
