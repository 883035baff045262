package standing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func eva() Standing {
	return Standing{
		Member:       org.Member{ID: "eva", Email: "eva@bakery.example"},
		Organisation: org.Organisation{ID: "bakery", Language: org.Dutch},
		BackupEmail:  factor.BackupEmail{Address: "eva@private.example"},
	}
}

func TestASceneCompletesADecisionAndLeavesItAsItWas(t *testing.T) {
	scene := Scene{
		Now: noon, Actor: audit.Actor{Kind: audit.Member, Member: "eva"}, Origin: audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Linux"},
		Random: strings.NewReader(strings.Repeat("a", 32) + strings.Repeat("b", 32)),
	}
	operator := audit.Actor{Kind: audit.Operator}
	given := Decision{
		Effects: []Effect{SetMFA{Since: noon}},
		Events:  []audit.Event{{Kind: audit.MFAOn}, {Kind: audit.MFAOff, At: noon.Add(-time.Hour), Actor: operator}},
		Notices: []notice.Message{{Kind: notice.MFAOn, To: "eva@bakery.example"}, {Kind: notice.MFAOn, To: "eva@private.example"}, {Kind: notice.Frozen, To: "eva@bakery.example"}},
	}
	done, err := scene.Complete(eva(), given)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range done.Events {
		if e.Organisation != "bakery" || e.Subject != "eva" || e.Origin != scene.Origin || e.At.IsZero() || e.Actor.Kind == "" {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if done.Events[0].At != noon || done.Events[1].At != noon.Add(-time.Hour) || done.Events[1].Actor != operator {
		t.Error("what was said of an event was overwritten, or not filled in")
	}
	// Each mail that may be objected to has a link of its own, for its own address.
	links := make(map[session.Hash]Link)
	for _, e := range done.Effects[1:] {
		l := e.(SaveLink).Link
		links[l.ID] = l
	}
	for _, m := range done.Notices {
		token, is := strings.CutPrefix(m.Facts.Objection, ObjectionPath)
		if is != m.Kind.MayObject() || m.Facts.At != noon || m.Facts.Address != "192.0.2.7" {
			t.Errorf("%s: %+v", m.Kind, m.Facts)
		}
		if !is {
			continue
		}
		l := links[session.Token(token).Hash()]
		if l.Address != m.To || l.Member != "eva" || l.Purpose != ForObjection || l.About != m.Kind || !l.Open(noon) || l.Expires != noon.Add(ObjectionLifetime) {
			t.Errorf("the link of %s: %+v", string(m.To), l)
		}
	}
	if len(links) != 2 || len(given.Effects) != 1 || given.Events[0].Subject != "" || given.Notices[0].Facts.Objection != "" {
		t.Error("links are missing, or the decision that was given changed")
	}
	scene.Random = strings.NewReader("short")
	if _, err := scene.Complete(eva(), given); err == nil {
		t.Error("a link was made without randomness")
	}
}

// keeper is a store of one member, that runs every decision twice.
type keeper struct{ saved []Decision }

func (k *keeper) Standing(context.Context, org.MemberID) (Standing, error) { return eva(), nil }

func (k *keeper) Update(_ context.Context, _ org.MemberID, decide func(Standing) (Decision, error)) error {
	if _, err := decide(eva()); err != nil {
		return err
	}
	d, err := decide(eva())
	k.saved = append(k.saved, d)
	return err
}

func TestADecisionThatRunsTwiceIsSavedOnce(t *testing.T) {
	k := &keeper{}
	scene := Scene{Now: noon, Random: bytes.NewReader(make([]byte, 64))}
	if err := scene.Update(t.Context(), k, "eva", func(Standing) (Decision, error) {
		return Decision{Events: []audit.Event{{Kind: audit.MFAOn}}}, nil
	}); err != nil || len(k.saved) != 1 || len(k.saved[0].Events) != 1 {
		t.Errorf("%v, %v", k.saved, err)
	}
	no := errors.New("no")
	if err := scene.Update(t.Context(), k, "eva", func(Standing) (Decision, error) { return Decision{}, no }); !errors.Is(err, no) || len(k.saved) != 1 {
		t.Errorf("%v", err)
	}
}

func TestDecisionsThatAreJoinedShareNothing(t *testing.T) {
	base := Decision{Effects: make([]Effect, 1, 8), Events: make([]audit.Event, 1, 8), Notices: make([]notice.Message, 1, 8)}
	one := base.And(Activate{})
	two := base.And(SetMFA{})
	if _, ok := one.Effects[1].(Activate); !ok || len(base.Effects) != 1 || len(two.Effects) != 2 {
		t.Error("And writes into the decision it was called on")
	}
	other := Decision{Effects: []Effect{Activate{}}, Events: []audit.Event{{Kind: audit.MFAOn}}, Notices: []notice.Message{{Kind: notice.MFAOn}}}
	merged := base.Merge(other)
	base.Merge(Decision{Events: []audit.Event{{Kind: audit.MFAOff}}, Notices: []notice.Message{{Kind: notice.MFAOff}}})
	if merged.Events[1].Kind != audit.MFAOn || merged.Notices[1].Kind != notice.MFAOn || len(merged.Effects) != 2 {
		t.Error("Merge writes into the decision it was called on")
	}
}

func TestWhoIsToldAndInWhatLanguage(t *testing.T) {
	s := eva()
	if a := s.Addresses(); len(a) != 2 || a[0] != "eva@bakery.example" || a[1] != "eva@private.example" {
		t.Errorf("%d addresses", len(a))
	}
	s.BackupEmail.Address = s.Member.Email
	if a := s.Addresses(); len(a) != 1 {
		t.Errorf("the same address twice")
	}
	if s.Language() != org.Dutch {
		t.Error("not the organisation's language")
	}
	s.Member.Language = org.English
	if s.Language() != org.English {
		t.Error("not the member's own language")
	}
}

func TestCodesAndLinksAreOpenForTheirTime(t *testing.T) {
	code, err := NewMailCode(bytes.NewReader(bytes.Repeat([]byte{9}, 64)), "eva", ForSignIn, "challenge", noon)
	if err != nil || len(code.Code) != 8 || code.ID == "" {
		t.Fatalf("%+v, %v", code, err)
	}
	tried := code
	tried.Tries = session.ChallengeTries
	link := Link{Expires: noon.Add(ResetLifetime)}
	used := Link{Expires: noon.Add(ResetLifetime), Used: noon}
	for name, got := range map[string][2]bool{
		"code in its last moment": {code.Open(noon.Add(factor.MailCodeLifetime - 1)), true}, "code too late": {code.Open(noon.Add(factor.MailCodeLifetime)), false},
		"code tried out":          {tried.Open(noon), false},
		"link in its last moment": {link.Open(noon.Add(ResetLifetime - 1)), true}, "link too late": {link.Open(noon.Add(ResetLifetime)), false},
		"link used": {used.Open(noon), false},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: open %v", name, got[0])
		}
	}
	const hash = PasswordHash("$argon2id$secret")
	if text := fmt.Sprintf("%v|%s|%#v|%v", hash, hash, hash, hash.LogValue()); strings.Contains(text, "argon2id") {
		t.Errorf("%s shows the hash", text)
	}
}
