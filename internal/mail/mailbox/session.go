package mailbox

import (
	"crypto/subtle"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is one client's conversation with the server.
type session struct {
	server   *Server
	conn     *smtp.Conn
	loggedIn bool
	to       []string
}

// AuthMechanisms lists the ways to log in: PLAIN (RFC 4616), or none.
func (s *session) AuthMechanisms() []string {
	if s.server.options.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth begins a login.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain || s.server.options.Username == "" {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		if err := s.server.refuses(AtLogin); err != nil {
			return err
		}
		o := s.server.options
		if username != o.Username || subtle.ConstantTimeCompare([]byte(password), []byte(o.Password)) == 0 {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		return nil
	}), nil
}

// Mail answers MAIL FROM. Nothing is taken before the encryption and the login
// that the server asks for (RFC 3207, section 4; RFC 4954, section 6).
func (s *session) Mail(string, *smtp.MailOptions) error {
	if _, encrypted := s.conn.TLSConnectionState(); s.server.options.Security != Clear && !encrypted {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "STARTTLS first"}
	}
	if s.server.options.Username != "" && !s.loggedIn {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "log in first"}
	}
	return s.server.refuses(AtSender)
}

// Rcpt answers RCPT TO: everybody has a mailbox here.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.server.refuses(AtRecipient); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data reads the mail and keeps it, once for each recipient.
func (s *session) Data(r io.Reader) error {
	read, err := parse(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a mail"}
	}
	if err := s.server.refuses(AtContent); err != nil {
		return err
	}
	read.At = s.server.options.Now()
	for _, to := range s.to {
		read.To = to
		s.server.keep(read)
	}
	return nil
}

// Reset forgets the mail under way.
func (s *session) Reset() { s.to = nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }
