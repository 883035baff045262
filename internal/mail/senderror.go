package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Stage is how far a letter came.
type Stage string

// The stages, in order.
const (
	AtConnect   Stage = "connecting" // greeting, encryption and login
	AtSender    Stage = "sender"     // MAIL FROM
	AtRecipient Stage = "recipient"  // RCPT TO
	AtContent   Stage = "content"    // DATA, and what the server said after it
)

// A SendError says why a mail server did not take a letter. Its text holds
// what the server answered as numbers only, because what servers write in
// words repeats addresses.
type SendError struct {
	Stage    Stage
	Code     int    // the reply (RFC 5321, section 4.2); 0: there was none
	Enhanced string // "5.1.1" (RFC 3463); empty: there was none
	cause    error  // of AtConnect without a reply; holds no secret
}

// Error names the stage, the reply and, where there was none, the cause.
func (e *SendError) Error() string {
	text := "mail server, " + string(e.Stage) + ": "
	switch {
	case e.Code != 0 && e.Enhanced != "":
		return fmt.Sprintf("%sreply %d %s", text, e.Code, e.Enhanced)
	case e.Code != 0:
		return fmt.Sprintf("%sreply %d", text, e.Code)
	case e.cause != nil:
		return text + e.cause.Error()
	}
	return text + "connection lost"
}

// Unwrap returns what broke the connection, where that is known.
func (e *SendError) Unwrap() error { return e.cause }

// Permanent reports whether the server said that trying again is of no use.
// Trouble with the connection is never permanent.
func (e *SendError) Permanent() bool { return e.Code >= 500 }

// RefusesRecipient reports whether the server refused this one recipient for
// good: the mailbox does not exist or takes no mail. A permanent refusal of
// our login, our sender, our address or our policy (enhanced codes 5.7.x, and
// 5.1.7 and 5.1.8, which speak of the sender) is the operator's to mend, and
// does not count.
func (e *SendError) RefusesRecipient() bool {
	if !e.Permanent() || (e.Stage != AtRecipient && e.Stage != AtContent) {
		return false
	}
	switch {
	case e.Enhanced == "5.1.7" || e.Enhanced == "5.1.8":
		return false
	case strings.HasPrefix(e.Enhanced, "5.1.") || strings.HasPrefix(e.Enhanced, "5.2."):
		return true
	case e.Enhanced != "" && e.Enhanced != "5.0.0":
		return false
	}
	// Without an enhanced code: 550 to 553 speak of the mailbox (RFC 5321,
	// section 4.2.3).
	return e.Stage == AtRecipient && e.Code >= 550 && e.Code <= 553
}

// badRecipient is the refusal of an address that no server would take
// (RFC 3463, section 3.2: bad destination mailbox address syntax).
func badRecipient() *SendError {
	return &SendError{Stage: AtRecipient, Code: 553, Enhanced: "5.1.3"}
}

// connectError keeps the reply of a failed greeting, encryption or login, or
// else what the network said.
func connectError(err error) *SendError {
	e := &SendError{Stage: AtConnect}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code = reply.Code
		if first, _, _ := strings.Cut(reply.Msg, " "); isEnhanced(first) {
			e.Enhanced = first
		}
		return e
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		e.cause = errors.New("an answer that is no SMTP")
		return e
	}
	e.cause = err
	return e
}

// isEnhanced reports whether text has the form of RFC 3463, section 2.
func isEnhanced(text string) bool {
	parts := strings.Split(text, ".")
	return len(parts) == 3 && len(text) <= 9 && strings.Trim(text, "0123456789.") == ""
}

// sendError keeps stage and reply of a letter that was not taken, and drops
// the words, which hold the recipient.
func sendError(err error) *SendError {
	e := &SendError{Stage: AtContent}
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return e
	}
	e.Code, e.Enhanced = failed.ErrorCode(), failed.EnhancedStatusCode()
	switch failed.Reason {
	case gomail.ErrConnCheck:
		e.Stage = AtConnect
	case gomail.ErrSMTPMailFrom, gomail.ErrGetSender:
		e.Stage = AtSender
	case gomail.ErrSMTPRcptTo, gomail.ErrGetRcpts:
		e.Stage = AtRecipient
	}
	return e
}
