package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What can be wrong with a checkpoint.
var (
	// ErrMalformed says that a text is no checkpoint.
	ErrMalformed = errors.New("this is no checkpoint")
	// ErrForeign says that a checkpoint is another installation's, or was made
	// with another master key.
	ErrForeign = errors.New("this checkpoint is not of this installation and its master key")
	// ErrForged says that a checkpoint names this installation's key and was not
	// signed with it.
	ErrForged = errors.New("this checkpoint's signature is false")
)

// A Checkpoint is the signed head of the log. The zero Checkpoint is that of an
// empty log, and has no note.
type Checkpoint struct {
	Size int64     // events it covers
	Root tlog.Hash // of the tree over them
	Note string    // what is signed, and the signature, as sumdb/note has it
}

// Checkpoint signs the head of a log. The note's text is three lines, as
// C2SP's tlog-checkpoint has it: origin, size, root in base64.
func (k *Keys) Checkpoint(size int64, root tlog.Hash) (Checkpoint, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", k.origin, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer{k})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	return Checkpoint{size, root, string(signed)}, nil
}

// Open returns the checkpoint in a note, whose signature it verifies. Its error
// is ErrMalformed, ErrForeign or ErrForged.
func (k *Keys) Open(text string) (Checkpoint, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(k.verifier))
	if _, ok := errors.AsType[*note.InvalidSignatureError](err); ok {
		return Checkpoint{}, ErrForged
	}
	if _, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		return Checkpoint{}, ErrForeign
	}
	if err != nil {
		return Checkpoint{}, ErrMalformed
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	sizeText, rootText, _ := strings.Cut(rest, "\n")
	size, err := strconv.ParseInt(sizeText, 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != sizeText {
		return Checkpoint{}, ErrMalformed
	}
	root, err := tlog.ParseHash(strings.TrimSuffix(rootText, "\n"))
	if err != nil || origin != k.origin {
		return Checkpoint{}, ErrMalformed
	}
	return Checkpoint{size, root, text}, nil
}

// OpenAll returns the checkpoints in text: notes, one behind the other. Lines may
// end in CR LF, and empty ones may stand between the notes. Its error says
// which note is wrong, and wraps what is wrong with it.
func (k *Keys) OpenAll(text string) ([]Checkpoint, error) {
	var all []Checkpoint
	for i, one := range splitNotes(strings.ReplaceAll(text, "\r\n", "\n")) {
		c, err := k.Open(one)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", i+1, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, ErrMalformed
	}
	return all, nil
}

// signatureMark begins each line with a signature.
const signatureMark = "— "

// splitNotes cuts text behind each block of signatures.
func splitNotes(text string) []string {
	var notes []string
	var note strings.Builder
	signed := false
	for line := range strings.Lines(text) {
		isSignature := strings.HasPrefix(line, signatureMark)
		if signed && !isSignature {
			notes = append(notes, note.String())
			note.Reset()
			signed = false
		}
		if note.Len() == 0 && strings.TrimSpace(line) == "" {
			continue
		}
		note.WriteString(line)
		signed = signed || isSignature
	}
	if note.Len() > 0 {
		notes = append(notes, note.String())
	}
	return notes
}
