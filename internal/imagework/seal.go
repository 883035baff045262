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
	SealWhole     SealState = "whole"     // nothing was changed since, and the signer is trusted: never yet, see readSeal
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
// the seal is broken. What is written behind a seal breaks it too. Nobody asks who
// vouches for the certificate: there are no roots to go by yet, those of the machine
// say nothing about a register, and its revocation would be asked of an address that
// the file itself names. So no seal is [SealWhole] yet.
func sealOf(ctx context.Context, folder string, file []byte) (Seal, error) {
	if !byteRange.Match(file) {
		return Seal{State: NoSeal}, nil
	}
	if !has("pdfsig") {
		return Seal{State: SealUnknown}, nil
	}
	said, err := Task{Program: "pdfsig", Args: []string{"-nocert", "in.pdf"}, Folder: folder, Limits: toolLimits}.Run(ctx)
	if err != nil && len(said) == 0 {
		return Seal{State: SealUnknown}, ctx.Err()
	}
	return readSeal(said), nil
}

// readSeal is what pdfsig said. It prints names out of the file as they are, also with
// the line breaks in them, so a file could put in lines of its own: whatever stands
// twice breaks the seal. Of several seals none can be named as the one that holds.
func readSeal(said []byte) Seal {
	var seal Seal
	seen := map[string]int{}
	for line := range bytes.Lines(said) {
		key, value, _ := strings.Cut(strings.TrimSpace(strings.TrimLeft(string(line), " -\t")), ":")
		value = strings.TrimSpace(value)
		for _, name := range []string{"Signature #", "Total document signed", "Not total document signed"} {
			if strings.HasPrefix(key, name) {
				key = name
			}
		}
		seen[key]++
		switch key {
		case "Signer Certificate Common Name":
			seal.Signer = value
		case "Signature Validation":
			if value == "Signature is Valid." {
				seen["valid"]++
			}
		case "Signing Time":
			if at, err := time.Parse("Jan 02 2006 15:04:05", value); err == nil {
				seal.At = at
			}
		}
	}
	once := seen["Signature #"] == 1 && seen["Signature Validation"] == 1 && seen["valid"] == 1 &&
		seen["Total document signed"] == 1 && seen["Not total document signed"] == 0 &&
		seen["Signer Certificate Common Name"] == 1 && seen["Signing Time"] <= 1
	if !once {
		return Seal{State: SealBroken}
	}
	seal.State = SealUntrusted
	return seal
}
