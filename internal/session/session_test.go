package session

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestATokenIsDrawnParsedAndHashed(t *testing.T) {
	token, err := NewToken(bytes.NewReader(bytes.Repeat([]byte{0xfb}, 32)))
	if err != nil || len(token) != 43 {
		t.Fatalf("%q, %v", string(token), err)
	}
	parsed, err := ParseToken(string(token))
	if err != nil || parsed != token || parsed.Hash() != token.Hash() {
		t.Errorf("%q, %v", string(parsed), err)
	}
	if hash, err := ParseHash(string(token.Hash())); err != nil || hash != token.Hash() || strings.Contains(string(hash), string(token)) {
		t.Errorf("%q, %v", hash, err)
	}
	if _, err := NewToken(strings.NewReader("too short")); err == nil {
		t.Error("a token was drawn from too little")
	}
	for _, text := range []string{
		fmt.Sprint(token), fmt.Sprintf("%v|%s|%q|%#v|%x", token, token, token, token, []Token{token}), fmt.Sprint(slog.Any("t", token)),
	} {
		if strings.Contains(text, string(token)) {
			t.Errorf("%s shows the token", text)
		}
	}
}

func TestWhatIsNoTokenOrHashIsRefused(t *testing.T) {
	a := strings.Repeat("A", 43)
	for _, text := range []string{"", a[:42], a + "A", a + "=", a[:42] + "B", a[:42] + "*", a[:20] + "\n" + a[:23], "\x00" + a[:42], strings.Repeat("é", 22)} {
		if _, err := ParseToken(text); !errors.Is(err, ErrToken) {
			t.Errorf("token %q: %v", text, err)
		}
	}
	h := strings.Repeat("0a", 32)
	for _, text := range []string{"", h[:63], h + "0", h[:62], strings.ToUpper(h), h[:62] + "0g", h[:63] + "\x00"} {
		if _, err := ParseHash(text); !errors.Is(err, ErrToken) {
			t.Errorf("hash %q: %v", text, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(strings.Repeat("A", 43))
	f.Add(strings.Repeat("_-", 21) + "w")
	f.Add("x\r\ny")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err != nil {
			return
		}
		// One token has one writing, and that is safe in a path and a cookie.
		if string(token) != text || len(text) != 43 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("%q is taken for a token", text)
		}
	})
}

func TestSessionsEndWhenTheySay(t *testing.T) {
	s := Session{Created: noon, LastUsed: noon, Ends: noon.Add(2 * time.Hour), Idle: time.Hour}
	used := s
	used.LastUsed = noon.Add(90 * time.Minute)
	for _, c := range []struct {
		name  string
		s     Session
		at    time.Duration
		alive bool
	}{
		{"new", s, 0, true},
		{"a moment before it has been idle too long", s, time.Hour - 1, true},
		{"idle too long", s, time.Hour, false},
		{"used, a moment before its end", used, 2*time.Hour - 1, true},
		{"used, at its end", used, 2 * time.Hour, false},
		{"the zero session", Session{}, 0, false},
	} {
		if got := c.s.Alive(noon.Add(c.at)); got != c.alive {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestABackupStopsCountingOnceAFactorIsProved(t *testing.T) {
	for by, want := range map[CameBy]bool{ByPassword: false, ByFactor: false, ByInvitation: false, ByBackupCode: true, ByBackupEmail: true} {
		if got := (Session{CameBy: by}).CameByBackup(); got != want {
			t.Errorf("%s: %v", by, got)
		}
		if (Session{CameBy: by, FactorProved: noon}).CameByBackup() {
			t.Errorf("%s, and a factor since", by)
		}
	}
}

func TestProofsInvitationsAndChallengesHaveTheirTime(t *testing.T) {
	invited := Session{CameBy: ByInvitation, Created: noon}
	open := Challenge{Expires: noon.Add(ChallengeLifetime)}
	for name, pair := range map[string][2]bool{
		"a proof":             {Fresh(noon, noon.Add(FreshFor-1)), Fresh(noon, noon.Add(FreshFor))},
		"an invitation":       {invited.FreshInvitation(noon.Add(InvitationFresh - 1)), invited.FreshInvitation(noon.Add(InvitationFresh))},
		"a challenge":         {open.Open(noon.Add(ChallengeLifetime - 1)), open.Open(noon.Add(ChallengeLifetime))},
		"tries":               {Challenge{Expires: noon.Add(1), Tries: ChallengeTries - 1}.Open(noon), Challenge{Expires: noon.Add(1), Tries: ChallengeTries}.Open(noon)},
		"a proof never made":  {true, Fresh(time.Time{}, time.Time{}.Add(time.Second))},
		"another way to come": {true, Session{CameBy: ByPassword, Created: noon}.FreshInvitation(noon)},
	} {
		if !pair[0] || pair[1] {
			t.Errorf("%s: counts %v in time, %v too late", name, pair[0], pair[1])
		}
	}
}
