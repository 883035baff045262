package support

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Letter is a mail that came in for a case.
type Letter struct {
	From          org.Email
	Number, Token string // of the address that it was sent to
	MessageID     string // the same mail, delivered again, has the same
	Text          string
	Files         [][]byte
	// Vouched says that the receiving mail server knows that it comes from the domain
	// of From.
	Vouched bool
}

// A LetterFate is what became of a letter.
type LetterFate string

// The fates. Of one that nobody vouches for nothing is said to anybody.
const (
	LetterTaken   LetterFate = "taken"
	LetterDropped LetterFate = "dropped"       // nobody vouches for its sender
	LetterNoCase  LetterFate = "no-case"       // no such case, or not from its claimant
	LetterOver    LetterFate = "over"          // the case is closed
	LetterPartly  LetterFate = "files-refused" // the text is in the case, some files are not
)

// TakeLetter puts a letter into its case. It counts only where its sender is vouched
// for, is one of the claimant's addresses, and wrote to the address that only the
// claimant was told. Delivered again it is there once. An error says that it may be
// tried again.
func (s *Service) TakeLetter(ctx context.Context, l Letter) (LetterFate, error) {
	if !l.Vouched {
		return LetterDropped, nil
	}
	m, id, err := s.Store.CaseBy(ctx, l.Number)
	if errors.Is(err, org.ErrNotFound) {
		return LetterNoCase, nil
	}
	if err != nil {
		return "", err
	}
	st, err := s.Store.Standing(ctx, m)
	switch {
	case errors.Is(err, org.ErrNotFound):
		return LetterNoCase, nil
	case err != nil:
		return "", err
	case subtle.ConstantTimeCompare([]byte(st.Case.Token), []byte(l.Token)) != 1 || st.Case.ID != id || !slices.Contains(st.Addresses(), l.From):
		return LetterNoCase, nil
	case !st.Case.Lives():
		return LetterOver, nil
	}
	v := View{Standing: st, Case: st.Case}
	origin := audit.Origin{Browser: "mail"}
	fate := LetterTaken
	if l.Text != "" {
		sum := sha256.Sum256([]byte(l.MessageID))
		text, cut := []rune(l.Text), false
		if len(text) > desk.MaxText {
			text, cut = text[:desk.MaxText-2], true
		}
		words := Words{Text: string(text), Once: "mail-" + hex.EncodeToString(sum[:16]), Via: standing.ByMail, Origin: origin}
		if cut {
			words.Text += " …"
		}
		if fate, err = letterFate(s.Write(ctx, v, words), fate); err != nil || fate == LetterOver {
			return fate, err
		}
	}
	for _, file := range l.Files {
		kind, err := s.kindOf(ctx, v.Case, file)
		if err != nil {
			return "", err
		}
		b, err := s.Bring(ctx, v, File{Kind: kind, Data: file, Via: standing.ByMail, Origin: origin})
		if fate, err = letterFate(err, fate); err != nil {
			return fate, err
		}
		if b.Fate != Kept && b.Fate != KeptMasked {
			fate = LetterPartly
		}
	}
	return fate, nil
}

// letterFate is what an error of a step makes of a letter.
func letterFate(err error, so LetterFate) (LetterFate, error) {
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case refused && refusal.Reason == desk.CaseOver:
		return LetterOver, nil
	case refused, errors.Is(err, ErrWords):
		return LetterPartly, nil
	}
	return so, err
}

// kindOf says what a file that came by mail is to show: a PDF is an extract, a picture
// without a document on it a selfie.
func (s *Service) kindOf(ctx context.Context, c standing.Case, file []byte) (standing.EvidenceKind, error) {
	if safecopy.KindOf(file) == safecopy.PDF {
		return standing.CompanyExtract, nil
	}
	seen, err := s.Examine.Examine(ctx, file, Want{Kind: standing.IdentityCopy, Copy: s.Expects(c)})
	if err != nil {
		return "", err
	}
	if seen.Copy == safecopy.CannotTell && slices.Contains(seen.Reasons, string(safecopy.NoNumberLine)) && slices.Contains(seen.Reasons, string(safecopy.NoMark)) {
		return standing.Selfie, nil
	}
	return standing.IdentityCopy, nil
}
