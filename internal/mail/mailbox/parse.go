package mailbox

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

// parse reads one mail (RFC 5322, RFC 2045 to 2047). Parts that are neither
// plain text nor HTML are passed over.
func parse(r io.Reader) (Mail, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, fmt.Errorf("read mail: %w", err)
	}
	m := Mail{
		From:      decoded(message.Header.Get("From")),
		Subject:   decoded(message.Header.Get("Subject")),
		MessageID: message.Header.Get("Message-Id"),
		Header:    message.Header,
	}
	if err := m.read(textproto.MIMEHeader(message.Header), message.Body, 0); err != nil {
		return Mail{}, fmt.Errorf("read mail: %w", err)
	}
	m.Links = links(m)
	return m, nil
}

// maxDepth is how deep parts may lie within parts.
const maxDepth = 5

func (m *Mail) read(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if depth > maxDepth {
		return errors.New("parts lie too deep")
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045, section 5.2
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.read(part.Header, part, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	}
	return nil
}

// decoded returns a header's text (RFC 2047), or as it came where that fails.
func decoded(header string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		return header
	}
	return text
}

// links returns the web addresses in the plain text, or in the HTML where
// there is no plain text, in their order, each once.
func links(m Mail) []string {
	text := m.Text
	if text == "" {
		text = strings.ReplaceAll(m.HTML, "&amp;", "&")
	}
	var found []string
	for _, link := range regexp.MustCompile(`https?://[^\s<>"']+`).FindAllString(text, -1) {
		link = strings.TrimRight(link, ".,;:!?)")
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	return found
}
