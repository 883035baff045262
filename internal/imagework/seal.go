package imagework

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"
)

// A SealState says what is known of the seal of a PDF.
type SealState string

// The states.
const (
	NoSeal        SealState = "none"      // it has none
	SealWhole     SealState = "whole"     // nothing was changed since, and the signer is trusted
	SealUntrusted SealState = "untrusted" // nothing was changed since, and the signer is not known
	SealBroken    SealState = "broken"    // it was changed since, or covers not all of it
	SealUnknown   SealState = "unknown"   // it cannot be checked here
)

// A Seal is the digital signature of a PDF.
type Seal struct {
	State  SealState `json:"state"`
	Signer string    `json:"signer,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

var (
	eightDigits = regexp.MustCompile(`\b\d{8}\b`)
	byteRange   = regexp.MustCompile(`/ByteRange\s*\[`)
)

// sealOf asks poppler's pdfsig about the seal, by its words: it ends well also where
// the seal is broken. What is written behind a seal breaks it too.
func sealOf(ctx context.Context, folder string, file []byte) (Seal, error) {
	if !byteRange.Match(file) {
		return Seal{State: NoSeal}, nil
	}
	if !has("pdfsig") {
		return Seal{State: SealUnknown}, nil
	}
	said, err := Task{Program: "pdfsig", Args: []string{"in.pdf"}, Folder: folder, Limits: toolLimits}.Run(ctx)
	if err != nil && len(said) == 0 {
		return Seal{State: SealUnknown}, ctx.Err()
	}
	seal := Seal{State: SealBroken}
	signatures, valid, total, trusted := 0, 0, 0, 0
	for line := range bytes.Lines(said) {
		key, value, _ := strings.Cut(strings.TrimSpace(strings.TrimLeft(string(line), " -\t")), ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(key, "Signature #"):
			signatures++
		case key == "Signer Certificate Common Name":
			seal.Signer = value
		case key == "Signature Validation" && value == "Signature is Valid.":
			valid++
		case key == "Certificate Validation" && value == "Certificate is Trusted.":
			trusted++
		case strings.HasPrefix(key, "Total document signed"):
			total++
		case key == "Signing Time":
			if at, err := time.Parse("Jan 02 2006 15:04:05", value); err == nil {
				seal.At = at
			}
		}
	}
	switch {
	case signatures == 0 || valid < signatures || total == 0:
	case trusted == signatures:
		seal.State = SealWhole
	default:
		seal.State = SealUntrusted
	}
	return seal, nil
}
