package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestReadinessIsForAdministratorsAndAddsUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withMFA)
	s.person("cas", withMFA, withCodes)
	s.person("dan")
	s.person("eve", withMFA, inState(org.Deactivated))
	s.person("fay", withMFA, inMill("fay@mill.example"))
	bob.inside().open("/readiness").is(404, "error.404.title")
	bob.inside().open("/readiness/remind").is(404, "error.404.title")
	bob.inside().post("/readiness/remind").is(404, "error.404.title")

	p := ada.inside().open("/readiness").is(200, "readiness.title")
	p.says("readiness.alone", "Count", 2, "Members", 4).says("readiness.people", "Count", 1).says("readiness.no-mfa", "Count", 1)
	p.saysNot("readiness.nobody", "Count", 1).says("readiness.only-you").says("readiness.no-backup", "Count", 1)
	p.has(`.tabs a[href="/readiness"][aria-current]`)
	for colour, name := range map[string]string{"amber": "Bob", "green": "Cas", "grey": "Dan"} {
		p := ada.inside().open("/readiness?colour=" + colour)
		if text := p.doc.Find(".rows").Text(); !strings.Contains(text, name+" Jansen") || strings.Contains(text, "Fay") || strings.Contains(text, "Eve") {
			t.Errorf("%s: %s", colour, text)
		}
	}
	ada.inside().open("/readiness?colour=red").says("readiness.none")
	for _, bad := range []string{"?colour=blue", "?after=%00", "?before=" + strings.Repeat("x", 65)} {
		ada.inside().open("/readiness"+bad).is(400, "error.400.title")
	}
	ada.inside().open("/readiness?after=member-fay").is(200, "readiness.title") // of another organisation: as if there were none
}

func TestThoseWithoutABackupAreRemindedOnceAWeek(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withMFA)
	s.person("cas", withMFA, withCodes)
	s.hush()
	b := ada.inside()
	b.open("/readiness").has(`a[href="/readiness/remind"]`)
	b.open("/readiness/remind").is(200, "remind.title").says("remind.who", "Count", 1)
	s.wantMails()
	b.submit("/readiness/remind").at("/readiness").says("notice.reminded").hasNot(`a[href="/readiness/remind"]`)
	s.wantMails("backup-reminder → bob@bakery.example")
	s.wantEvents("organisation.backups.reminded")
	b.post("/readiness/remind").is(409, "remind.title")
	s.clock.move(7*24*time.Hour - time.Second)
	ada.inside().post("/readiness/remind").is(409, "remind.title")
	s.wantMails()
	s.clock.move(time.Second)
	ada.inside().post("/readiness/remind").at("/readiness")
	s.wantMails("backup-reminder → bob@bakery.example")
	s.hush()

	s.clock.move(8 * 24 * time.Hour)
	stale := ada.inside(func(in *session.Session) { in.FactorProved = s.clock.now().Add(-6 * time.Minute) })
	stale.open("/readiness/remind").is(200, "prove.title")
	stale.post("/readiness/remind").is(200, "prove.title")
	ada.inside(byBackup).post("/readiness/remind").is(200, "readiness.title")
	bob.apply(standing.SetMFA{})
	ada.inside().open("/readiness/remind").says("readiness.all-backup")
	ada.inside().post("/readiness/remind").is(409, "remind.title")
	s.wantMails()
	s.wantEvents("recovery.refused came-by-backup")
}

func TestTheOnlyAdministratorWithoutBackupEmailIsToldOnEveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", withMFA, withCodes, administrator)
	bob := s.person("bob", withMFA, administrator, inState(org.Invited))
	b := ada.inside()
	b.open("/my-login").says("notice.only-you")
	b.open("/log").says("notice.only-you")
	bob.apply(standing.Activate{})
	b.open("/my-login").saysNot("notice.only-you")
	bob.apply(standing.Deactivate{})
	b.open("/my-login").says("notice.only-you")
	at := s.clock.now()
	ada.apply(standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "ada@private.example", Confirmed: at, UsableFrom: at}})
	b.open("/my-login").saysNot("notice.only-you")
}

func TestTheDrillSaysWhatWouldHappenAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("ada", withEverything, administrator)
	for name, c := range map[string]struct {
		traits       []trait
		ends, mended string
	}{
		"bob": {[]trait{withEverything}, "drill.ends-green", "drill.mend-nothing"},
		"cas": {[]trait{withMFA, withCodes}, "drill.ends-green", "drill.mend-email"},
		"dan": {[]trait{withMFA}, "drill.ends-amber", "drill.mend-codes"},
		"eli": {nil, "drill.ends-grey", "ready.no-mfa.next"},
	} {
		b := s.person(name, c.traits...).inside()
		b.open("/my-login").has(`a[href="/my-login/drill"]`)
		before := s.contents()
		b.open("/my-login/drill").is(200, "drill.title").says(c.ends).says(c.mended)
		if now := s.contents(); now != before {
			t.Errorf("%s: something was changed:\n%s", name, difference(before, now))
		}
	}
	fay := s.person("fay", withMFA, administrator, inMill("fay@mill.example"))
	fay.inside().open("/my-login/drill").says("drill.ends-red").says("drill.mend-codes")
}
