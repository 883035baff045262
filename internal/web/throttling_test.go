package web_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/throttle"
)

// guess sends a wrong password for the member from b.
func (p *person) guess(b *browser) *page {
	p.site.t.Helper()
	return b.post("/sign-in", "email", string(p.email), "password", "a wrong guess entirely")
}

// waits are what the eleventh and later tries wait after the one before.
var waits = []time.Duration{
	30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute,
	time.Hour, time.Hour, time.Hour,
}

func TestAfterTenWrongPasswordsEachFurtherTryWaits(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("the address is known: %v", known), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva")
			if !known {
				eva.email = "nobody@bakery.example"
			}
			b := s.browser()
			for range throttle.Free {
				eva.guess(b).is(401, "sign-in.title")
			}
			for _, wait := range waits {
				p := eva.guess(b).is(429, "sign-in.title")
				if got := p.header.Get("Retry-After"); got != strconv.Itoa(int(wait/time.Second)) {
					t.Fatalf("Retry-After: %s, want %v", got, wait)
				}
				s.clock.move(wait - time.Second)
				eva.guess(b).is(429, "sign-in.title")
				// A further try while it waits does not lengthen the wait.
				s.clock.move(time.Second)
				eva.guess(b).is(401, "sign-in.title")
			}
		})
	}
}

func TestTheRightPasswordWaitsTooAndIsNotLookedAt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	for range throttle.Free {
		eva.guess(b)
	}
	eva.typesPassword(b).is(429, "sign-in.title").says("problem.throttled", "Wait", "30 seconds")
	s.clock.move(30 * time.Second)
	eva.typesPassword(b).at("/my-login")
	// Success starts the counter anew.
	eva.guess(s.browser()).is(401, "sign-in.title")
}

func TestWrongPasswordsAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	for i := range 14 {
		eva.guess(b)
		if i >= 9 {
			s.clock.move(time.Hour)
		}
	}
	s.clock.move(24 * time.Hour)
	for range throttle.Free {
		eva.guess(b).is(401, "sign-in.title")
	}
	eva.guess(b).is(429, "sign-in.title")
}

func TestGuessesAgainstOneMemberDoNotDelayAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, bram := s.person("eva"), s.person("bram")
	b := s.browser()
	for range throttle.Free + 1 {
		eva.guess(b)
	}
	bram.typesPassword(b).at("/my-login")
}

func TestAStrangersGuessesNeverLockAKnownDeviceOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	own := s.browser()
	eva.signsIn(own)
	own.submit("/sign-out")
	stranger := s.browser()
	for range throttle.Free + 5 {
		eva.guess(stranger)
	}
	eva.guess(stranger).is(429, "sign-in.title")
	s.clock.move(time.Second)
	eva.typesPassword(own).is(200, "mfa.title")
	// Nor do the stranger's codes, with the password in hand.
	s.clock.move(30 * time.Second)
	eva.wrongCodes(throttle.Free)
	eva.halfway().post("/mfa", "code", "000000").is(429, "mfa.title")
	own.submit("/mfa", "code", eva.code()).at("/my-login")
	// A device counts by itself, and is bounded too.
	for range throttle.Free {
		eva.guess(own).is(401, "sign-in.title")
	}
	eva.guess(own).is(429, "sign-in.title")
}

func TestADeviceTokenOfOnesOwnMakingBuysNoFurtherTries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	bram := s.person("bram", withMFA)
	his := s.browser()
	bram.signsIn(his)
	his.submit("/sign-out")
	made := s.browser()
	made.setCookie("sparekey-device", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	for range throttle.Free {
		eva.guess(s.browser()).is(401, "sign-in.title")
	}
	eva.guess(made).is(429, "sign-in.title")
	eva.guess(his).is(429, "sign-in.title") // known for Bram, strange for Eva
}

// wrongCodes types n wrong codes, in as many sign-ins as that takes.
func (p *person) wrongCodes(n int) {
	p.site.t.Helper()
	var b *browser
	for i := range n {
		if i%5 == 0 {
			b = p.halfway()
		}
		b.post("/mfa", "code", "000000")
	}
}

func TestPasswordsAndCodesCountApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	for range throttle.Free {
		eva.guess(s.browser())
	}
	b := eva.halfway()
	b.post("/mfa", "code", "000000").is(401, "mfa.title")
	s.clock.move(30 * time.Second)
	eva.wrongCodes(throttle.Free - 1)
	eva.halfway().post("/mfa", "code", eva.code()).is(429, "mfa.title")
	eva.typesPassword(s.browser()).is(200, "mfa.title")
}

func TestAfterTenWrongCodesEachFurtherOneWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	eva.wrongCodes(throttle.Free)
	for i, wait := range waits {
		b := eva.halfway()
		p := b.post("/mfa", "code", eva.code()).is(429, "mfa.title")
		if got := p.header.Get("Retry-After"); got != strconv.Itoa(int(wait/time.Second)) {
			t.Fatalf("try %d: Retry-After: %s, want %v", throttle.Free+1+i, got, wait)
		}
		s.clock.move(wait - time.Second)
		eva.halfway().post("/mfa", "code", eva.code()).is(429, "mfa.title")
		s.clock.move(time.Second)
		eva.halfway().post("/mfa", "code", "000000").is(401, "mfa.title")
	}
	s.clock.move(time.Hour)
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
	eva.halfway().post("/mfa", "code", "000000").is(401, "mfa.title")
}

func TestFiveWrongCodesEndTheSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := s.browser()
	eva.typesPassword(b)
	s.hush()
	b.submit("/mfa", "code", "000000").is(401, "mfa.title").says("problem.wrong-code").says("problem.tries-left", "Count", 4)
	b.submit("/mfa", "code", "000000").is(401, "mfa.title").says("problem.clock-may-be-off").says("problem.tries-left", "Count", 3)
	// What cannot be a code is not counted; another kind of code is.
	b.submit("/mfa", "code", "12345").is(422, "mfa.title").says("problem.code-not-six")
	b.open("/backup")
	b.submit("/backup/code", "code", "0000-0000-0000-0000").is(401, "backup.title").says("problem.wrong-backup").says("problem.tries-left", "Count", 2)
	b.open("/mfa")
	b.submit("/mfa", "code", "000000").says("problem.tries-left", "Count", 1)
	b.submit("/mfa", "code", "000000").is(200, "sign-in.title").says("notice.begin-again")
	s.wantEvents("sign-in.code.wrong factor", "sign-in.code.wrong factor", "sign-in.code.wrong backup-code",
		"sign-in.code.wrong factor", "sign-in.code.wrong factor", "sign-in.challenge.ended too-many-codes")
	s.wantMails("codes-tried → eva@bakery.example", "codes-tried → eva@private.example")
	b.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	if eva.sessions() != 0 {
		t.Error("a sixth code opened a session")
	}
}

func TestTheFifthCodeMayBeTheRightOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := eva.halfway()
	for range 4 {
		b.post("/mfa", "code", "000000")
	}
	b.post("/mfa", "code", eva.code()).at("/my-login")
}

func TestAHundredWrongCodesEndThePasswordAndAResetHeals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	for range throttle.MaxWrongCodes - 1 {
		eva.halfway().post("/mfa", "code", "000000").is(401, "mfa.title")
		s.clock.move(time.Hour)
	}
	s.wantMails()
	eva.typesPassword(s.browser()).is(200, "mfa.title")
	elsewhere := eva.halfway()
	s.events()
	eva.halfway().post("/mfa", "code", "000000").is(401, "mfa.title")
	s.wantEvents("sign-in.code.wrong factor", "password.ended too-many-codes")
	s.wantMails("password-ended → eva@bakery.example", "password-ended → eva@private.example")

	// The password opens nothing any more, nor does a sign-in under way.
	s.clock.move(time.Hour)
	elsewhere.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	eva.typesPassword(s.browser()).is(403, "sign-in.title").says("problem.password-ended").has(`a[href="/password/forgotten"]`)
	if st := eva.standing(); !st.MFA() || len(st.Authenticators) != 1 || st.Codes.Left() != 10 || eva.sessions() != 0 {
		t.Errorf("more was lost than the password: %+v", st)
	}

	eva.resets("vier nieuwe losse woorden")
	b := s.browser()
	b.open("/sign-in")
	b.submit("/sign-in", "email", string(eva.email), "password", "vier nieuwe losse woorden").is(200, "mfa.title")
	b.submit("/mfa", "code", eva.code()).at("/my-login")
	if eva.standing().WrongCodes != 0 {
		t.Error("the wrong codes still count")
	}
}

// resets sets a new password through a mail that the member asks for.
func (p *person) resets(to string) *page {
	p.site.t.Helper()
	p.site.hush()
	b := p.site.browser()
	b.open("/password/forgotten")
	b.submit("/password/forgotten", "email", string(p.email)).is(200, "forgotten-password-sent.title")
	link := p.mailed(notice.PasswordReset).Facts.Link
	b.open(link).is(200, "new-password.title")
	return b.submit(link, "password", to).is(200, "sign-in.title").says("notice.password-set")
}

// mailed returns the one message of a kind among those not yet read, at
// whichever address.
func (p *person) mailed(kind notice.Kind) notice.Message {
	p.site.t.Helper()
	for _, m := range p.site.mails() {
		if m.Kind == kind {
			return m
		}
	}
	p.site.t.Fatalf("no mail of kind %s went", kind)
	return notice.Message{}
}

// TestARenewalGivesNoEndlessGuesses: one address is two members', and who is one
// of them guesses at the other.
func TestARenewalGivesNoEndlessGuesses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	s.person("miller", inMill("eva@bakery.example"), withMFA)
	b, thief := eva.inside(), s.browser()
	guesses := 0
	for range 4 {
		for range 8 {
			if thief.post("/sign-in", "email", string(eva.email), "password", "a guess at the miller").status == 401 {
				guesses++
			}
		}
		b.post("/prove", "password", secretWords)
	}
	if guesses > throttle.Free {
		t.Errorf("%d guesses without a wait", guesses)
	}
	eva.resets(newWords)
	if p := thief.post("/sign-in", "email", string(eva.email), "password", "a guess at the miller"); p.status != 429 {
		t.Errorf("a new password by mail gives another guess: %d", p.status)
	}
}
