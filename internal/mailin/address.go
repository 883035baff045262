package mailin

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

// mailbox is the local part of every address of the desk, before the plus.
const mailbox = "desk"

// A tag is what stands behind the plus: the number of a case, as 2026-0042, and its
// token. The local part has at most 64 bytes (RFC 5321, section 4.5.3.1.1).
var tag = regexp.MustCompile(`^([0-9]{4}-[0-9]{4,8})\.([A-Za-z0-9_-]{16,48})$`)

// A recipient is an address of the desk.
type recipient struct{ number, token string } // both empty: of no case

// parseRecipient reads an address of the envelope, and reports whether it is one of the
// desk's in domain, which is in ASCII. One whose tag has not the shape is of no case:
// refusing it would have the mail server in front send a bounce to whoever is named as
// the sender.
func parseRecipient(address, domain string) (recipient, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !sameDomain(address[at+1:], domain) {
		return recipient{}, false
	}
	name, behind, _ := strings.Cut(address[:at], "+")
	if !strings.EqualFold(name, mailbox) {
		return recipient{}, false
	}
	found := tag.FindStringSubmatch(behind)
	if found == nil {
		return recipient{}, true
	}
	return recipient{number: found[1], token: found[2]}, true
}

// ascii returns a domain in lower case with A-labels (RFC 5891), without a dot at its
// end; empty where it is none.
func ascii(domain string) string {
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(domain), "."))
	if err != nil {
		return ""
	}
	return domain
}

func sameDomain(a, b string) bool {
	a, b = ascii(a), ascii(b)
	return a != "" && a == b
}
