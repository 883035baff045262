package factor

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238 authenticator apps compute HMAC-SHA-1; its collisions do not weaken HMAC
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Period is the length of a TOTP time step (RFC 6238, section 4.1, the default X).
const Period = 30 * time.Second

// secretSize is 160 bits, the length RFC 4226 recommends (section 4, R6) and
// the output length of the SHA-1 in the HMAC.
const secretSize = 20

// A Secret is the key that an authenticator app shares with the server. It
// shows itself to no log; the zero Secret matches no code.
type Secret struct{ key []byte }

// NewSecret draws a secret from random.
func NewSecret(random io.Reader) (Secret, error) {
	key := make([]byte, secretSize)
	if _, err := io.ReadFull(random, key); err != nil {
		return Secret{}, fmt.Errorf("draw authenticator secret: %w", err)
	}
	return Secret{key}, nil
}

// SecretFromBytes returns the secret whose key is key, as Bytes gave it.
func SecretFromBytes(key []byte) Secret { return Secret{key} }

// Bytes returns the key, to be sealed before it is stored.
func (s Secret) Bytes() []byte { return s.key }

// Base32 returns the key as a person types it into an app: RFC 4648 base 32
// without padding, 32 characters.
func (s Secret) Base32() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.key)
}

// URI returns the otpauth address that the QR code holds, in the Key Uri Format
// that authenticator apps share.
func (s Secret) URI(issuer, account string) string {
	// A colon would end the issuer early; apps read %20, not +, as a space.
	label := url.PathEscape(strings.ReplaceAll(issuer, ":", " ")) + ":" + url.PathEscape(account)
	query := url.Values{"secret": {s.Base32()}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// String hides the key.
func (Secret) String() string { return "[secret]" }

// GoString hides the key from %#v.
func (Secret) GoString() string { return "factor.Secret{}" }

// LogValue hides the key.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Step returns the time step that contains t, counted in Periods since the Unix
// epoch (RFC 6238, section 4.2). Times before 1970 give step 0.
func Step(t time.Time) uint64 {
	return uint64(max(t.Unix(), 0)) / uint64(Period/time.Second)
}

// Code returns the six digits that s shows in step (RFC 6238, section 4.2; the
// truncation is RFC 4226, section 5.3).
func (s Secret) Code(step uint64) Code {
	mac := hmac.New(sha1.New, s.key)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], step)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return Code(fmt.Sprintf("%06d", value%1_000_000))
}

// drift is how many steps a member's clock may be off, either way (RFC 6238,
// section 5.2, recommends one for the network delay).
const drift = 1

// Match returns the step in which s shows code, among the step of now and one
// before and after it, and whether there is one. A step that is not after last
// does not match: each is used once (RFC 6238, section 5.2). Spent reports
// that the code would have been right but for that.
func (s Secret) Match(code Code, now time.Time, last uint64) (step uint64, ok, spent bool) {
	if len(s.key) == 0 || len(code) != totpDigits {
		return 0, false, false
	}
	current := Step(now)
	for candidate := current - min(drift, current); candidate <= current+drift; candidate++ {
		if subtle.ConstantTimeCompare([]byte(s.Code(candidate)), []byte(code)) != 1 {
			continue
		}
		if candidate > last {
			return candidate, true, false
		}
		spent = true
	}
	return 0, false, spent
}

// ErrCode says that a text cannot be a code of the kind that was asked for.
var ErrCode = errors.New("not a code")

const (
	totpDigits = 6
	mailDigits = 8
	// maxTyped bounds what is looked at of a typed code, in bytes.
	maxTyped = 200
)

// A Code is what an authenticator app shows or a mail carries: ASCII digits.
// It shows itself to no log.
type Code string

// ParseTOTPCode returns the six digits typed, without the spaces and hyphens
// that people and apps put between them; anything else gives ErrCode.
func ParseTOTPCode(typed string) (Code, error) { return parseDigits(typed, totpDigits) }

// ParseMailCode returns the eight digits typed, likewise.
func ParseMailCode(typed string) (Code, error) { return parseDigits(typed, mailDigits) }

// NewMailCode draws eight digits from random, each of the 10^8 equally likely.
func NewMailCode(random io.Reader) (Code, error) {
	const span = 100_000_000
	// Numbers at and over the largest multiple of span are drawn again: taking
	// them modulo span would favour low codes.
	const limit = (1 << 32) / span * span
	for {
		var b [4]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw mail code: %w", err)
		}
		if n := binary.BigEndian.Uint32(b[:]); n < limit {
			return Code(fmt.Sprintf("%08d", n%span)), nil
		}
	}
}

// Equal compares in constant time.
func (c Code) Equal(other Code) bool {
	return subtle.ConstantTimeCompare([]byte(c), []byte(other)) == 1
}

// String hides the code.
func (Code) String() string { return "[code]" }

// GoString hides the code from %#v.
func (Code) GoString() string { return "factor.Code{}" }

// LogValue hides the code.
func (Code) LogValue() slog.Value { return slog.StringValue("[code]") }

func parseDigits(typed string, want int) (Code, error) {
	if len(typed) > maxTyped {
		return "", ErrCode
	}
	digits := make([]byte, 0, want)
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case isSeparator(r):
		default:
			return "", ErrCode
		}
	}
	if len(digits) != want {
		return "", ErrCode
	}
	return Code(digits), nil
}

// isSeparator reports whether people and programs put r between groups.
func isSeparator(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '-', '\u00a0', '\u2009', '\u202f', '\u2010', '\u2011', '\u2013':
		return true
	}
	return false
}
