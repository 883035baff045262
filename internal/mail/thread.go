package mail

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

// maxReferences bounds the ids in a mail. Of more, the first, which holds the
// conversation together, and the last are kept.
const maxReferences = 20

// MessageID returns the Message-ID of a letter, without its angle brackets. It
// is the same each time, and tells nothing of the letter's id.
func (s *SMTP) MessageID(letterID string) string { return s.id("letter", letterID) }

// NamedID returns the Message-ID that stands for a name of a notice.Thread, without its
// angle brackets.
func (s *SMTP) NamedID(name string) string { return s.id("thread", name) }

func (s *SMTP) id(kind, name string) string {
	sum := sha256.Sum256([]byte("sparekey " + kind + "\x00" + name))
	return fmt.Sprintf("sparekey.%x@%s", sum[:16], s.domain)
}

var ownID = regexp.MustCompile(`^sparekey\.[0-9a-f]{32}$`)

// Own reports whether a Message-ID, without its angle brackets, is one of ours: then the
// mail that bears it has come back to us.
func (s *SMTP) Own(messageID string) bool {
	name, domain, _ := strings.Cut(messageID, "@")
	return ownID.MatchString(name) && strings.EqualFold(domain, s.domain)
}

// thread writes how the mail hangs together with others (RFC 5322, section 3.6.4).
func (s *SMTP) thread(msg *gomail.Msg, t notice.Thread) error {
	if t.ReplyTo != "" {
		// It comes out of a database too.
		if _, err := org.ParseEmail(string(t.ReplyTo)); err != nil {
			return &SendError{Stage: AtContent, cause: errors.New("the address to answer to is none")}
		}
		address, err := asciiDomain(string(t.ReplyTo))
		if err != nil || !isASCII(address) {
			return &SendError{Stage: AtContent, cause: errors.New("the address to answer to has no plain form")}
		}
		msg.SetGenHeaderPreformatted(gomail.Header(gomail.HeaderReplyTo), "<"+address+">")
	}
	if id, ok := s.threadID(t.MessageID); ok {
		msg.SetMessageIDWithValue(id)
	}
	var list []string
	for name := range strings.FieldsSeq(t.References) {
		if id, ok := s.threadID(name); ok {
			list = append(list, "<"+id+">")
		}
	}
	if len(list) == 0 {
		return nil
	}
	if len(list) > maxReferences {
		list = append(list[:1:1], list[len(list)-maxReferences+1:]...)
	}
	msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, list[len(list)-1])
	// One to a line: a mail server breaks none in two (RFC 5322, section 2.1.1).
	msg.SetGenHeaderPreformatted(gomail.HeaderReferences, strings.Join(list, "\r\n "))
	return nil
}

// foreignID is what of the ids of others is written into a mail: one word with one @, as
// it fits on a line.
var foreignID = regexp.MustCompile(`^[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}$`)

// threadID returns the id that a notice.Thread means, and false where it means none that
// can be written.
func (s *SMTP) threadID(name string) (string, bool) {
	if !strings.Contains(name, "@") {
		return s.NamedID(name), name != ""
	}
	return name, foreignID.MatchString(name)
}
