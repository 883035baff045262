// Package mailbox is a mail server that keeps what it gets, in memory, and
// shows it: for the demo and for tests.
//
// It owns receiving (SMTP, with STARTTLS or TLS and a login where asked) and
// reading what came. It refuses to pass anything on, and to keep more than its
// bound: the oldest mail makes room.
package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Security says how the server protects the way to it.
type Security string

// The ways. The zero Security is in the clear.
const (
	Clear    Security = ""
	STARTTLS Security = "starttls" // offered; nothing is taken before it
	TLS      Security = "tls"      // from the first byte
)

// Options say what the server is like. Only Now must be set.
type Options struct {
	Now      func() time.Time // stamps what arrives
	Keep     int              // mails kept; 0: 1000
	Security Security
	Username string // empty: nobody logs in; else nothing is taken before a login
	Password string
}

// Mail is what arrived for one recipient.
type Mail struct {
	At        time.Time
	To        string // address of the envelope
	From      string // header, decoded
	Subject   string // decoded
	Text      string // the text/plain part, decoded, with \n
	HTML      string // the text/html part, likewise
	Links     []string
	MessageID string      // with its angle brackets
	Header    mail.Header // as it came
}

// A Step is where in a conversation the server refuses.
type Step string

// The steps.
const (
	AtLogin     Step = "login"
	AtSender    Step = "sender"
	AtRecipient Step = "recipient"
	AtContent   Step = "content"
)

// A Refusal is what the server answers instead of taking a mail.
type Refusal struct {
	Step     Step
	Code     int    // 4xx temporary, 5xx permanent (RFC 5321, section 4.2)
	Enhanced [3]int // RFC 3463; zero: derived from Code
	Words    string
}

// A Server listens until it is closed. It is safe for use by many at once.
type Server struct {
	options     Options
	certificate *tls.Config
	roots       *x509.CertPool

	mu      sync.Mutex
	addr    string
	stop    func() // nil while down
	refusal *Refusal
	mails   []Mail
	arrived chan struct{} // closed and replaced when a mail arrives
}

// maxBytes is the longest mail taken.
const maxBytes = 1 << 20

// Listen starts a server at addr ("127.0.0.1:0" for any free port).
func Listen(addr string, o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("mailbox: no clock")
	}
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	s := &Server{options: o, addr: addr, arrived: make(chan struct{})}
	if o.Security != Clear {
		var err error
		if s.certificate, s.roots, err = selfMade(o.Now()); err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
	}
	return s, s.Up()
}

// Addr returns host and port, which stay the same when the server goes down
// and comes back.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Roots returns what a client must trust to believe the server's certificate,
// which is made out to 127.0.0.1 and localhost; nil where there is none.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Up starts listening, on the same port as before. It does nothing when the
// server is up.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	s.addr = listener.Addr().String()
	server := s.newSMTP()
	if s.options.Security == TLS {
		listener = tls.NewListener(listener, s.certificate)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends when the listener does
	s.stop = func() {
		_ = server.Close()
		_ = listener.Close() // Serve may not have come to know it yet
		serving.Wait()
	}
	return nil
}

// newSMTP returns a server that is not listening yet.
func (s *Server) newSMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	server.Domain = "localhost"
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.MaxMessageBytes = maxBytes
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.EnableSMTPUTF8 = true
	server.AllowInsecureAuth = s.options.Security == Clear
	if s.options.Security == STARTTLS {
		server.TLSConfig = s.certificate
	}
	return server
}

// Down stops listening and breaks off every conversation. What was taken
// stays. It does nothing when the server is down.
func (s *Server) Down() {
	s.mu.Lock()
	stop := s.stop
	s.stop = nil
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// Close takes the server down for good. Its error is always nil.
func (s *Server) Close() error {
	s.Down()
	return nil
}

// Refuse has the server answer r from now on.
func (s *Server) Refuse(r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = &r
}

// Accept ends a Refuse.
func (s *Server) Accept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = nil
}

// Mails returns what is kept, newest last.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Wait returns what is kept as soon as that is n mails or more, or the error
// of ctx when it ends first.
func (s *Server) Wait(ctx context.Context, n int) ([]Mail, error) {
	for {
		s.mu.Lock()
		mails, arrived := slices.Clone(s.mails), s.arrived
		s.mu.Unlock()
		if len(mails) >= n {
			return mails, nil
		}
		select {
		case <-ctx.Done():
			return mails, fmt.Errorf("mailbox: %d of %d mails: %w", len(mails), n, ctx.Err())
		case <-arrived:
		}
	}
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	if over := len(s.mails) - s.options.Keep; over > 0 {
		s.mails = slices.Delete(s.mails, 0, over)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// refuses returns what the server was told to answer at step, or nil.
func (s *Server) refuses(step Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusal == nil || s.refusal.Step != step {
		return nil
	}
	return &smtp.SMTPError{
		Code:         s.refusal.Code,
		EnhancedCode: smtp.EnhancedCode(s.refusal.Enhanced),
		Message:      s.refusal.Words,
	}
}
