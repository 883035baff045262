package metric

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// A Token is what whoever reads the numbers shows for it. It hides itself when
// printed. The zero Token opens nothing.
type Token struct{ sum [sha256.Size]byte }

// shortestToken is in characters: 16 of base 64 are 96 bits.
const shortestToken = 16

// ReadToken reads a token from a file that holds it and nothing else.
func ReadToken(file string) (Token, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Token{}, fmt.Errorf("the token for /metrics cannot be read: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < shortestToken {
		return Token{}, errors.New("the token for /metrics is too short: it has 16 characters or more, such as those of openssl rand -base64 32")
	}
	return Token{sha256.Sum256([]byte(token))}, nil
}

// String hides the token.
func (Token) String() string { return "[hidden]" }

// Guard lets only those through who show the token as a bearer (RFC 6750,
// section 2.1).
func Guard(token Token, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		sum := sha256.Sum256([]byte(shown))
		if token == (Token{}) || !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(sum[:], token.sum[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "a token is needed", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
