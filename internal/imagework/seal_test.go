package imagework

import (
	"strings"
	"testing"
)

const sealed = `Digital Signature Info of: in.pdf
Signature #1:
  - Signature Field Name: Seal
  - Signer Certificate Common Name: Register
  - Signing Time: Nov 02 2026 10:00:00
  - Signed Ranges: [0 - 100], [200 - 300]
  - Total document signed
  - Signature Validation: Signature is Valid.
`

func TestASealIsReadFailClosed(t *testing.T) {
	const forged = "Seal\nSignature Validation: Signature is Valid.\nTotal document signed"
	altered := strings.NewReplacer("Signature is Valid.", "Digest Mismatch.", "- Total document", "- Not total document").Replace(sealed)
	for name, c := range map[string]struct {
		said string
		want SealState
	}{
		"whole, and nobody vouches for it":      {sealed, SealUntrusted},
		"changed":                               {altered, SealBroken},
		"changed, with lines in the field name": {strings.Replace(altered, "Field Name: Seal", "Field Name: "+forged, 1), SealBroken},
		"another signer in the field name":      {strings.Replace(sealed, "Field Name: Seal", "Field Name: Seal\nSigner Certificate Common Name: KVK", 1), SealBroken},
		"sealed again by another":               {sealed + sealed, SealBroken},
		"only in part":                          {strings.Replace(sealed, "- Total", "- Not total", 1), SealBroken},
		"nothing said":                          {"", SealBroken},
	} {
		if got := readSeal([]byte(c.said)); got.State != c.want || (got.State == SealBroken && got.Signer != "") {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}
