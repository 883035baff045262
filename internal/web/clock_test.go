package web_test

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/throttle"
)

// The clock is an hour ahead, people do things, and then it is set right; later
// that hour comes round again. Nothing that was used may work again, and nobody
// may have to wait for the hour who could not help it.
func TestAClockThatWasAnHourAheadOpensNothingAndLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, tom := s.person("eva", withEverything), s.person("tom", withEverything)
	ahead := noon.Add(time.Hour)

	s.clock.set(ahead)
	inside := s.browser()
	eva.signsIn(inside)
	used := eva.code()
	eva.comesByCode(0)
	stranger := s.browser()
	for range throttle.Free {
		tom.guess(stranger).is(401, "sign-in.title")
	}
	tom.guess(stranger).is(429, "sign-in.title")

	s.clock.set(noon)
	s.wantMails("backup-code-used → eva@bakery.example", "backup-code-used → "+string(eva.backup))
	inside.open("/sign-in").at("/my-login")
	// Whoever waits goes on, once; the next guess waits again.
	tom.typesPassword(stranger).is(200, "mfa.title")
	for range throttle.Free {
		tom.guess(s.browser())
	}
	tom.guess(s.browser()).is(429, "sign-in.title")
	// An authenticator's step never comes back, a backup code neither.
	eva.halfway().post("/mfa", "code", eva.code()).is(401, "mfa.title").says("problem.code-used")
	eva.halfway().post("/backup/code", "code", eva.codes[0].Written()).is(401, "backup.title").says("problem.backup-spent")
	eva.comesByCode(1)

	s.clock.set(ahead)
	eva.halfway().post("/mfa", "code", used).is(401, "mfa.title").says("problem.code-used")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
}

// What was over stays over when the clock goes back by less than it was over
// for, and a sign-in under way ends by the clock as it is.
func TestAClockSetBackReopensNothingThatIsLongOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	session, half := eva.inside(), eva.halfway()
	s.clock.move(3 * time.Hour)
	session.open("/my-login").at("/sign-in")
	s.clock.move(-time.Hour)
	session.open("/my-login").at("/sign-in")
	half.post("/mfa", "code", eva.code()).at("/sign-in")
}
