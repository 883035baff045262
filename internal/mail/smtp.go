package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/sparekey/sparekey/internal/org"
)

// Security says how the way to the mail server is protected.
type Security string

// The ways. The zero Security is refused, so that none is chosen by accident.
const (
	// STARTTLS begins in the clear and demands encryption before anything else
	// is said (RFC 3207); a server that does not offer it gets nothing.
	STARTTLS Security = "starttls"
	// TLS is encrypted from the first byte (RFC 8314, section 3).
	TLS Security = "tls"
	// Clear is not encrypted: for a mail server on the same machine.
	Clear Security = "none"
)

// Password is the password of a mail server. It hides itself when printed.
type Password string

// String returns stars.
func (Password) String() string { return "***" }

// GoString hides the password from %#v.
func (Password) GoString() string { return `mail.Password("***")` }

// LogValue hides the password from logs.
func (Password) LogValue() slog.Value { return slog.StringValue("***") }

// SMTPConfig says which mail server takes the mails, and how.
type SMTPConfig struct {
	Host     string
	Port     int
	Security Security
	Username string // empty: no login
	Password Password
	From     string        // of every mail: "Sparekey <no-reply@example.org>"
	HELO     string        // how we name ourselves; empty: the domain of From
	Timeout  time.Duration // for one letter, all told; 0: 30 seconds
	TLS      *tls.Config   // nil: the system's certificates, TLS 1.2 and up
}

// SMTP sends letters to one mail server, with a connection for each. It is
// safe for use by many at once.
type SMTP struct {
	config SMTPConfig
	from   *netmail.Address
	domain string // of from, in ASCII
}

// NewSMTP checks the configuration; it connects to nothing. A username where
// the way is not encrypted is refused.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	switch c.Security {
	case STARTTLS, TLS:
	case Clear:
		if c.Username != "" {
			return nil, errors.New("mail server: a login needs starttls or tls, or the password travels in the clear")
		}
	default:
		return nil, fmt.Errorf("mail server: security %q is none of starttls, tls, none", string(c.Security))
	}
	if c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, errors.New("mail server: host or port is missing")
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("mail server: the sender is no mail address")
	}
	if from.Address, err = asciiDomain(from.Address); err != nil {
		return nil, errors.New("mail server: the sender's domain is no domain")
	}
	s := &SMTP{config: c, from: from, domain: from.Address[strings.LastIndex(from.Address, "@")+1:]}
	if c.HELO == "" {
		s.config.HELO = s.domain
	}
	if c.Timeout <= 0 {
		s.config.Timeout = 30 * time.Second
	}
	if c.TLS == nil {
		s.config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	s.config.TLS = s.config.TLS.Clone()
	if s.config.TLS.ServerName == "" {
		s.config.TLS.ServerName = c.Host
	}
	return s, nil
}

// A Postmark is what a letter bears whichever time it is sent: a letter sent
// twice has the same Message-ID and the same date.
type Postmark struct {
	LetterID string
	Queued   time.Time
}

// Send hands the mail to the server; when it returns nil the server has taken
// responsibility for it (RFC 5321, section 4.2.5). Every error is a *SendError.
// The mail may have been taken all the same when the connection broke at the
// last moment; its Message-ID lets the receiver see that it came before.
func (s *SMTP) Send(ctx context.Context, p Postmark, r Rendered) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	msg, err := s.message(p, r)
	if err != nil {
		return err
	}
	l := line{smtp: s}
	defer l.close()
	local, _, _ := strings.Cut(string(r.To), "@")
	client, err := gomail.NewClient(s.config.Host, s.options(l.open(ctx), isASCII(local))...)
	if err != nil {
		return &SendError{Stage: AtConnect, cause: err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connectError(err)
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return sendError(err)
	}
	// The letter is taken: a goodbye that fails must not send it again.
	_ = client.CloseWithSMTPClient(session)
	return nil
}

// message builds the mail (RFC 5322), text and HTML side by side (RFC 2046,
// section 5.1.4).
func (s *SMTP) message(p Postmark, r Rendered) (*gomail.Msg, error) {
	// The address comes out of a database; that it is one line, and one
	// address, is not taken on trust.
	if _, err := org.ParseEmail(string(r.To)); err != nil {
		return nil, badRecipient()
	}
	to, err := asciiDomain(string(r.To))
	if err != nil {
		return nil, badRecipient()
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8))
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(&netmail.Address{Name: oneLine(r.ToName), Address: to})
	msg.Subject(oneLine(r.Subject))
	msg.SetDateWithValue(p.Queued)
	msg.SetMessageIDWithValue(s.MessageID(p.LetterID))
	if err := s.thread(msg, r.Thread); err != nil {
		return nil, err
	}
	// No answering machine shall answer (RFC 3834, section 5; the second is
	// what Exchange heeds).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, r.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, r.HTML)
	return msg, nil
}

func (s *SMTP) options(dial gomail.DialContextFunc, asciiOnly bool) []gomail.Option {
	c := s.config
	options := []gomail.Option{
		gomail.WithPort(c.Port),
		gomail.WithTimeout(c.Timeout),
		gomail.WithHELO(c.HELO),
		gomail.WithTLSConfig(c.TLS),
		gomail.WithDialContextFunc(dial),
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
	}
	// With TLS from the first byte, dial has encrypted already.
	policy := gomail.NoTLS
	if c.Security == STARTTLS {
		policy = gomail.TLSMandatory
	}
	options = append(options, gomail.WithTLSPolicy(policy))
	if asciiOnly {
		// A mail marked as SMTPUTF8 may not pass through older servers
		// (RFC 6531, section 3.2), so it is only where the address demands it.
		options = append(options, gomail.WithoutSMTPUTF8())
	}
	if c.Username != "" {
		options = append(options, gomail.WithUsername(c.Username), gomail.WithPassword(string(c.Password)),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

// A line is the connection of one letter. It is closed when the letter is
// done and when its time is up, whichever comes first.
type line struct {
	smtp   *SMTP
	conn   net.Conn
	unwind func() bool
}

// open returns a dialer whose connection lives no longer than ctx.
func (l *line) open(ctx context.Context) gomail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		dial := (&net.Dialer{}).DialContext
		if l.smtp.config.Security == TLS {
			dial = (&tls.Dialer{Config: l.smtp.config.TLS}).DialContext
		}
		conn, err := dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		l.conn = conn
		l.unwind = context.AfterFunc(ctx, func() { _ = conn.Close() })
		return conn, nil
	}
}

func (l *line) close() {
	if l.conn != nil {
		l.unwind()
		_ = l.conn.Close()
	}
}

// asciiDomain returns address with its domain in the form that every mail
// server understands (RFC 5891, A-labels).
func asciiDomain(address string) (string, error) {
	at := strings.LastIndex(address, "@")
	domain, err := idna.Punycode.ToASCII(address[at+1:])
	if err != nil || !isASCII(domain) {
		return "", errors.New("not a domain")
	}
	return address[:at+1] + domain, nil
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0
}
