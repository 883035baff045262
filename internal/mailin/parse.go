package mailin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // so that text in any of the usual charsets is read
	"github.com/emersion/go-message/mail"

	"github.com/sparekey/sparekey/internal/org"
)

const (
	maxHeader = 256 << 10
	maxDepth  = 8       // of parts within parts
	maxParts  = 100     // of a mail, those that hold others included
	maxWords  = 1 << 20 // bytes that are read of all texts together, before quotes are cut
	maxTrace  = 50      // Received fields, before a mail is held to go in circles
)

// errUnreadable says that a mail is no mail, or is built to exhaust whoever reads it.
var errUnreadable = errors.New("the mail cannot be read")

// A drop says why a mail is passed over without a word. It is a label of a counter.
type drop string

const (
	dropBounce     drop = "bounce"
	dropAutomatic  drop = "automatic"
	dropList       drop = "list"
	dropLoop       drop = "loop"
	dropUnreadable drop = "unreadable"
	dropSender     drop = "sender" // none, or more than one
)

// A reader reads mails as one installation does.
type reader struct {
	domain string // of the desk's addresses, in ASCII
	server string // whose Authentication-Results count; empty: nobody's
	// own reports whether a Message-ID, without brackets, is one of ours.
	own func(messageID string) bool
}

// read reads a mail with the sender of its envelope, and returns the letter (without
// Number and Token), or why it is dropped; of one that is unreadable from its body on, the
// sender is known. It reads all of in, and returns an error only where in does.
func (rd reader) read(from string, in io.Reader) (Letter, drop, error) {
	sum := sha256.New()
	source := &source{in: in, sum: sum}
	l, why := rd.letter(from, source)
	if _, err := io.Copy(io.Discard, source); err != nil {
		return Letter{}, "", fmt.Errorf("read a mail: %w", err)
	}
	if l.From != "" && l.MessageID == "" {
		l.MessageID = hex.EncodeToString(sum.Sum(nil)[:16]) + "@without-id.invalid"
	}
	return l, why, nil
}

// A source hashes what is read, and remembers how reading failed.
type source struct {
	in  io.Reader
	sum hash.Hash
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.in.Read(p)
	s.sum.Write(p[:n])
	s.err = err
	return n, err
}

func (rd reader) letter(from string, in io.Reader) (l Letter, why drop) {
	defer func() {
		// A mail on which a library stumbles would come again for days, and what is
		// panicked with may be what the mail says.
		if recover() != nil {
			why = dropUnreadable
		}
	}()
	e, err := message.ReadWithOptions(in, &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if err != nil && !(e != nil && (message.IsUnknownCharset(err) || message.IsUnknownEncoding(err))) {
		return Letter{}, dropUnreadable
	}
	h := mail.Header{Header: e.Header}
	if why := rd.passedOver(from, h); why != "" {
		return Letter{}, why
	}
	l.MessageID = messageID(h)
	if l.From, err = sender(h); err != nil {
		return Letter{}, dropSender
	}
	_, domain, _ := strings.Cut(string(l.From), "@")
	l.Vouched = vouched(h.Values("Authentication-Results"), rd.server, domain)
	subject, _ := h.Subject()
	l.Subject = cut(oneLine(subject), MaxSubject)

	c := collector{}
	if err := c.walk(e, 0); err != nil {
		return l, dropUnreadable
	}
	l.Files, l.FilesLeft = c.files, c.left
	l.Text, l.TextCut = c.text()
	return l, ""
}

// passedOver says why a mail is none of a person to us, if so.
func (rd reader) passedOver(from string, h mail.Header) drop {
	kind, _, _ := h.ContentType()
	switch {
	case from == "" || strings.TrimSpace(h.Get("Return-Path")) == "<>" || kind == "multipart/report" || fromMachine(from):
		return dropBounce
	case rd.circles(h):
		return dropLoop
	case automatic(h):
		return dropAutomatic
	case ofList(h):
		return dropList
	}
	return ""
}

// fromMachine reports whether the sender of an envelope is a mail server's.
func fromMachine(from string) bool {
	name, _, _ := strings.Cut(strings.ToLower(from), "@")
	return name == "mailer-daemon" || name == "postmaster" || name == "double-bounce"
}

// circles reports whether a mail is one of ours, or has been here.
func (rd reader) circles(h mail.Header) bool {
	if len(h.Values("Received")) > maxTrace {
		return true
	}
	if id := messageID(h); id != "" && rd.own != nil && rd.own(id) {
		return true
	}
	for _, field := range []string{"X-Loop", "From", "Sender"} {
		for _, text := range h.Values(field) {
			for address := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t<>,;\"()", r) }) {
				if _, ours := parseRecipient(address, rd.domain); ours {
					return true
				}
			}
		}
	}
	return false
}

// automatic reports whether a machine sent a mail by itself (RFC 3834, section 5), also
// as those say it that came before the RFC.
func automatic(h mail.Header) bool {
	if kind, _, _ := strings.Cut(h.Get("Auto-Submitted"), ";"); strings.TrimSpace(kind) != "" && !strings.EqualFold(strings.TrimSpace(kind), "no") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	return h.Has("X-Autoreply") || h.Has("X-Autorespond") || h.Has("X-Auto-Reply")
}

// ofList reports whether a mail came through a mailing list (RFC 2369, RFC 2919).
func ofList(h mail.Header) bool {
	for f := h.Fields(); f.Next(); {
		if strings.HasPrefix(strings.ToLower(f.Key()), "list-") {
			return true
		}
	}
	return false
}

// sender returns the address of the From field, of which there is one, with one address
// (two are how a mail shows one sender and proves another).
func sender(h mail.Header) (org.Email, error) {
	if len(h.Values("From")) != 1 {
		return "", errUnreadable
	}
	list, err := h.AddressList("From")
	if err != nil || len(list) != 1 {
		return "", errUnreadable
	}
	from, err := org.ParseEmail(list[0].Address)
	if err != nil {
		return "", errUnreadable
	}
	return from, nil
}

// messageID returns the mail's, or nothing where it has none that fits in a field of an
// answer.
func messageID(h mail.Header) string {
	id, err := h.MessageID()
	if err != nil || len(id) > 250 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
		return ""
	}
	return id
}

// A collector gathers the texts and the files of a mail.
type collector struct {
	plain, html []string
	files       []File
	left        int
	parts       int
	words       int // bytes
}

// walk takes in a part and those within it. It fails with errUnreadable for what is too
// deep, too many or cannot be decoded.
func (c *collector) walk(e *message.Entity, depth int) error {
	if c.parts++; c.parts > maxParts || depth > maxDepth {
		return errUnreadable
	}
	parts := e.MultipartReader()
	if parts == nil {
		return c.leaf(e)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !(part != nil && (message.IsUnknownCharset(err) || message.IsUnknownEncoding(err))) {
			return errUnreadable
		}
		if err := c.walk(part, depth+1); err != nil {
			return err
		}
	}
}

func (c *collector) leaf(e *message.Entity) error {
	kind, params, err := e.Header.ContentType()
	if err != nil {
		kind = "application/octet-stream"
	}
	disposition, more, _ := e.Header.ContentDisposition()
	name := more["filename"]
	if name == "" {
		name = params["name"]
	}
	written := disposition != "attachment" && name == ""
	switch {
	case written && kind == "text/plain":
		return c.take(&c.plain, e.Body)
	case written && kind == "text/html":
		return c.take(&c.html, e.Body)
	case len(c.files) == MaxFiles:
		c.left++
		return drain(e.Body)
	}
	// What is in the mail is no more than MaxBytes; decoding makes it no longer.
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(e.Body, MaxBytes)); err != nil {
		return errUnreadable
	}
	c.files = append(c.files, File{Name: cut(oneLine(base(name)), 200), Inline: disposition == "inline", Data: data.Bytes()})
	return nil
}

// take reads one text, as far as there is room for it.
func (c *collector) take(list *[]string, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, int64(maxWords-c.words)))
	if err != nil {
		return errUnreadable
	}
	c.words += len(text)
	*list = append(*list, string(text))
	return drain(body)
}

func drain(body io.Reader) error {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return errUnreadable
	}
	return nil
}

// base returns the last part of a name, whichever system's path it is.
func base(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

// mostCleaned is how much of a text is cleaned, in bytes: quotes and signatures leave
// it, so that it is more than a letter holds, and nobody keeps us busy with megabytes.
const mostCleaned = 4 * MaxText

// text returns what the sender wrote: the plain texts, or where these say nothing those
// in HTML; and whether it was cut.
func (c *collector) text() (string, bool) {
	raw := strings.Join(c.plain, "\n\n")
	whole := clean(cut(raw, mostCleaned))
	if strings.TrimSpace(whole) == "" {
		var texts []string
		for _, page := range c.html {
			texts = append(texts, plain(page))
		}
		raw = strings.Join(texts, "\n\n")
		whole = clean(cut(raw, mostCleaned))
	}
	said := written(whole)
	if said == "" && len(c.files) == 0 {
		said = strings.TrimSpace(whole) // rather all of it than nothing
	}
	short := cut(said, MaxText)
	return short, len(short) < len(said) || len(raw) > mostCleaned || strings.Count(raw, "\n") >= mostLines
}
