package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"
)

// Config is what a Server works with. Domain, Desk, Reply, Log and Now must be set.
type Config struct {
	// Domain is that of the desk's addresses.
	Domain string
	// AuthServer is the name (authserv-id, RFC 8601, section 2.5) under which the mail
	// server in front says who sent a mail. It must remove what others say under this
	// name (section 5). Empty: nobody is vouched for.
	AuthServer string
	// SMTP has the server speak SMTP instead of LMTP. It then takes one recipient at a
	// time.
	SMTP bool
	// Own reports whether a Message-ID, without brackets, is of a mail that we sent; nil:
	// none is.
	Own  func(messageID string) bool
	Desk Desk
	// Reply sends an answer. It is told once; a failure is logged, and that is all.
	Reply func(ctx context.Context, r Reply) error
	Log   *slog.Logger
	Now   func() time.Time
}

const (
	// atOnce bounds the mails that are held in memory, each of MaxBytes at most, and
	// its files decoded.
	atOnce         = 4
	maxConnections = 32
	maxRecipients  = 20
	maxLine        = 64 << 10        // bytes; a mail server breaks lines at 998
	patience       = 5 * time.Minute // with a mail server that says nothing (RFC 5321, section 4.5.3.2.7)
	wholeMail      = 10 * time.Minute
	// takeTime is the desk's for one letter, files looked at and all: less than a mail
	// server waits for an answer to the end of a mail (RFC 5321, section 4.5.3.2.6).
	takeTime  = 8 * time.Minute
	replyTime = 30 * time.Second
	goodbye   = 5 * time.Second // for mails under way, when the server stops
)

// A Server takes mails from a mail server.
type Server struct {
	config Config
	reader reader
	meter  *meter
	rooms  chan struct{}

	mu     sync.Mutex
	counts map[Outcome]int
}

// An Outcome says what became of a mail, per recipient. Beside those named there is one
// for each reason for which a mail is dropped.
type Outcome string

// The outcomes of mails that are not dropped.
const (
	Taken    Outcome = "taken"
	Answered Outcome = "answered" // also counted as what it was
	Limited  Outcome = "limited"  // beyond a rate; it comes again
	Failed   Outcome = "failed"   // the desk could not take it; it comes again
)

// NewServer checks the configuration; nothing is taken before Serve.
func NewServer(c Config) (*Server, error) {
	if c.Desk == nil || c.Reply == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("mail in: desk, reply, log and clock must be given")
	}
	domain := ascii(c.Domain)
	if domain == "" {
		return nil, errors.New("mail in: the domain is no domain")
	}
	return &Server{
		config: c,
		reader: reader{domain: domain, server: c.AuthServer, own: c.Own},
		meter:  newMeter(),
		rooms:  make(chan struct{}, atOnce),
		counts: map[Outcome]int{},
	}, nil
}

// Counts returns how many mails had which outcome since the process began.
func (s *Server) Counts() map[Outcome]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

func (s *Server) count(o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[o]++
}

// Serve takes mails from l until ctx ends, and closes it. Mails under way are finished
// first, if that takes but a moment; else the mail server keeps them.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &visit{server: s, ctx: context.WithoutCancel(ctx), conn: c.Conn()}, nil
	}))
	server.LMTP = !s.config.SMTP
	server.Domain = s.reader.domain
	server.MaxMessageBytes = MaxBytes
	server.MaxRecipients = maxRecipients
	if s.config.SMTP {
		server.MaxRecipients = 1
	}
	server.MaxLineLength = maxLine
	server.ReadTimeout, server.WriteTimeout = patience, time.Minute
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn)

	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("take mails: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if server.Shutdown(last) != nil {
		_ = server.Close() // a mail server keeps its connections for a while, and its mails
	}
	<-ended
	return nil
}

// A visit is one connection of the mail server.
type visit struct {
	server     *Server
	ctx        context.Context
	conn       net.Conn
	from       string
	recipients []addressed
}

type addressed struct {
	address string // as it was given
	recipient
}

var (
	errNotOurs = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too many mails, try again later"}
	errTrouble = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot take it now, try again later"}
)

// Reset forgets a mail that was begun.
func (v *visit) Reset() { v.from, v.recipients = "", nil }

// Logout has nothing to end.
func (v *visit) Logout() error { return nil }

// Mail begins a mail.
func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	v.Reset()
	v.from = from
	return nil
}

// Rcpt takes addresses of the desk.
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	r, ours := parseRecipient(to, v.server.reader.domain)
	if !ours {
		return errNotOurs
	}
	v.recipients = append(v.recipients, addressed{to, r})
	return nil
}

// Data takes a mail over SMTP, where it has one recipient.
func (v *visit) Data(r io.Reader) error {
	var answer error
	if err := v.take(r, func(_ string, err error) { answer = err }); err != nil {
		return err
	}
	return answer
}

// LMTPData takes a mail over LMTP, and says for each recipient how it went.
func (v *visit) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	return v.take(r, status.SetStatus)
}

// take reads a mail and hands it over. say gets how it went for each recipient, nil is
// well; an error is for all of them.
func (v *visit) take(r io.Reader, say func(address string, err error)) error {
	s := v.server
	wait := time.NewTimer(30 * time.Second)
	defer wait.Stop()
	select {
	case s.rooms <- struct{}{}:
		defer func() { <-s.rooms }()
	case <-wait.C:
		s.count(Limited)
		return errLater
	}
	// However slowly it comes, a mail holds its room so long at most.
	stop := time.AfterFunc(wholeMail, func() { _ = v.conn.Close() })
	l, why, err := s.reader.read(v.from, r)
	stop.Stop()
	if refusal, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal // the mail is too large
	}
	if err != nil {
		return errTrouble
	}
	for _, to := range v.recipients {
		if why != "" {
			s.dropped(v.ctx, l, why)
			say(to.address, nil)
			continue
		}
		l.Number, l.Token = to.number, to.token
		say(to.address, s.hand(v.ctx, l))
	}
	return nil
}

// dropped counts a mail that is passed over. Only to one that a person may have written,
// and that cannot be read, there is an answer.
func (s *Server) dropped(ctx context.Context, l Letter, why drop) {
	s.count(Outcome(why))
	s.config.Log.Info("mail passed over", "reason", string(why))
	if why == dropUnreadable {
		s.answer(ctx, l, Unusable)
	}
}

// hand hands a letter to the desk. An error is what the mail server is told.
func (s *Server) hand(ctx context.Context, l Letter) error {
	if !s.meter.allow(s.config.Now(), quotas(l)...) {
		s.count(Limited)
		s.config.Log.Warn("more mails than are taken in an hour: the mail server keeps them", "vouched", string(l.Vouched))
		return errLater
	}
	taking, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	answer, err := s.config.Desk.Take(taking, l)
	if err != nil {
		s.count(Failed)
		s.config.Log.Error("a mail could not be put into its case: the mail server keeps it", "error", err)
		return errTrouble
	}
	s.count(Taken)
	s.config.Log.Info("mail taken", "vouched", string(l.Vouched), "files", len(l.Files), "answer", string(answer))
	s.answer(ctx, l, answer)
	return nil
}

// quotas returns what bounds letters as l. Those that somebody vouches for and those that
// claim to be of the same sender are counted apart, and a case with the token that was
// given: so nobody uses up what is another's.
func quotas(l Letter) []quota {
	list := []quota{{"all", perAll}}
	if l.Vouched == ByNobody {
		list = append(list, quota{"strangers", perStrangers}, quota{"stranger " + string(l.From), perSender})
	} else {
		list = append(list, quota{"sender " + string(l.From), perSender})
	}
	if l.Number != "" {
		list = append(list, quota{"case " + l.Number + "." + l.Token, perCase})
	}
	return list
}

// answer sends the sender of l an answer, unless they had one today or nobody vouches
// for them: then it would go to whoever was named as the sender.
func (s *Server) answer(ctx context.Context, l Letter, a Answer) {
	if a == Silence || l.From == "" || l.Vouched == ByNobody || !s.meter.mayAnswer(string(l.From), s.config.Now()) {
		return
	}
	replying, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	if err := s.config.Reply(replying, Reply{To: l.From, Answer: a, MessageID: l.MessageID}); err != nil {
		s.config.Log.Error("a mail could not be answered", "answer", string(a), "error", err)
		return
	}
	s.count(Answered)
}
