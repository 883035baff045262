package mailin

import (
	"context"

	"github.com/sparekey/sparekey/internal/org"
)

// A Letter is what is used of a mail that came in. All of it is the sender's word,
// save Vouched.
type Letter struct {
	// From is the one address of the From field.
	From org.Email
	// Number and Token are those of the address that it was sent to,
	// desk+NUMBER.TOKEN@DOMAIN, of the right shape and not checked any further; both
	// are empty where it was sent to desk@DOMAIN.
	Number, Token string
	// MessageID has no angle brackets and is one word of printable ASCII of at most
	// 250 bytes. A mail without a fit one has one made of what it says: the same mail,
	// delivered again, has the same.
	MessageID string
	// Subject is one line, of at most MaxSubject bytes.
	Subject string
	// Text is UTF-8 with \n, of at most MaxText bytes, without quoted history,
	// signature, control characters and marks that turn the direction of text.
	Text string
	// TextCut says that the text was longer than MaxText.
	TextCut bool
	// Files are at most MaxFiles; FilesLeft is how many more there were.
	Files     []File
	FilesLeft int
	Vouched   Vouched
}

// A File came with a mail, decoded.
type File struct {
	Name   string // one line, for people only: never a path, never a type
	Inline bool   // shown among the text, as a pasted photo or a logo is
	Data   []byte
}

// Vouched says by what the receiving mail server knows that a mail comes from the
// domain in its From field (RFC 7489, section 3.1, relaxed). The zero Vouched is: by
// nothing.
type Vouched string

// The ways.
const (
	ByNobody Vouched = ""
	ByDKIM   Vouched = "dkim"
	BySPF    Vouched = "spf"
)

// An Answer is the kind of reply to a letter. It chooses the words.
type Answer string

// The answers. A letter that is taken, and one that tells a stranger too much if it
// is answered, gets Silence.
const (
	Silence Answer = ""
	// Unusable: there is no such case, or it has no such sender. The same for all of
	// them, so that nobody learns which cases there are.
	Unusable Answer = "unusable"
	// CaseOver: the sender is the case's, and the case is closed.
	CaseOver Answer = "case-over"
	// FilesRefused: the text is in the case, some files are not.
	FilesRefused Answer = "files-refused"
)

// A Desk takes letters.
type Desk interface {
	// Take puts a letter into its case, or says why not. It gets letters that nobody
	// vouches for too, and must hold them for no proof of who sent them. An error
	// means "try again later": the mail server keeps the mail, and the same letter,
	// with the same MessageID, comes again. So does one whose taking was not heard of.
	Take(ctx context.Context, l Letter) (Answer, error)
}

// A Reply answers a mail that came in.
type Reply struct {
	To        org.Email
	Answer    Answer // never Silence
	MessageID string // of the mail that it answers, for In-Reply-To
}

// What is taken of a mail. MaxBytes is for the whole of it, as it travels.
const (
	MaxBytes   = 25 << 20
	MaxFiles   = 10
	MaxText    = 200_000 // bytes
	MaxSubject = 300     // bytes
)
