package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

const (
	reminderCookie = "sparekey-remembered"
	thirtyDays     = 30 * 24 * time.Hour
)

// remembering makes the organisation allow remembered devices.
func remembering(o *org.Organisation) { o.RememberFrom = o.Created }

// ticks signs in at b with the phone's code and has the device remembered.
func (p *person) ticks(b *browser) *page {
	p.site.t.Helper()
	p.typesPassword(b).is(200, "mfa.title")
	shown := b.submit("/mfa", "code", p.code(), "remember", "yes").at("/my-login")
	if b.cookie(reminderCookie) == "" {
		p.site.t.Fatal("the browser keeps nothing to be remembered by")
	}
	return shown
}

// returns opens the sign-in page in b, whose session is gone, and sends the
// right password.
func (p *person) returns(b *browser) *page {
	p.site.t.Helper()
	b.setCookie("sparekey-session", "")
	return p.typesPassword(b)
}

// devices returns how many devices of the member are remembered now.
func (p *person) devices() int {
	p.site.t.Helper()
	return len(ladder.Remembering(p.standing(), p.site.clock.now()))
}

// copied are the mails about a copy.
var copied = []string{"device-copied → eva@bakery.example", "device-copied → eva@private.example"}

func TestARememberedDeviceAsksForThePasswordAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.typesPassword(b).is(200, "mfa.title").says("mfa.remember").says("mfa.remember-hint").
		has("input[name=remember]").hasNot("input[name=remember][checked]")
	b.submit("/mfa", "code", "000000", "remember", "yes").is(401, "mfa.title").has("input[name=remember][checked]")
	s.hush()
	answer := b.send("POST", "/mfa", url.Values{"code": {eva.code()}, "remember": {"yes"}})
	kept := ""
	for _, set := range answer.header.Values("Set-Cookie") {
		if strings.HasPrefix(set, "__Host-"+reminderCookie+"=") {
			kept = set
		}
	}
	for _, want := range []string{"Path=/", "Max-Age=2592000", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(kept, want) {
			t.Errorf("the cookie lacks %s", want)
		}
	}
	s.wantMails("device-remembered → eva@bakery.example", "device-remembered → eva@private.example")
	s.wantEvents("factor.proved", "sign-in.done factor", "device.remembered")
	first := b.cookie(reminderCookie)
	if text := s.contents(); strings.Contains(text, first[:43]) || strings.Contains(text, first[44:]) {
		t.Error("the database holds what the browser does, not its hash")
	}

	b.open("/my-login").says("my-login.remembered-lead").has(`form[action^="/my-login/remembered/"]`)
	b.submit("/sign-out").is(200, "sign-in.title")
	s.clock.move(time.Hour)
	s.hush()
	eva.typesPassword(b).at("/my-login").says("session.by-remembered")
	s.wantMails()
	s.wantEvents("sign-in.password.right remembered", "sign-in.done remembered")
	if b.cookie(reminderCookie) == first {
		t.Error("the token was not turned")
	}
	if eva.devices() != 1 {
		t.Errorf("%d devices are remembered", eva.devices())
	}
	// Nothing follows for any other browser.
	eva.typesPassword(s.browser()).is(200, "mfa.title")
}

func TestASessionOfARememberedDeviceProvesTheFactorBeforeItChangesAnything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering), withPhone("Tablet", -long))
	b := s.browser()
	eva.ticks(b)
	eva.returns(b).at("/my-login").saysNot("barrier.came-by-backup")
	for _, c := range changes(eva) {
		before := s.contents()
		if p := b.send("POST", c.post[0], pairs(c.post[1:])); p.header.Get("Location") != "/prove?next="+c.back {
			t.Errorf("%s leads to %s", c.name, p.header.Get("Location"))
		}
		if now := s.contents(); now != before {
			t.Errorf("%s changed something:\n%s", c.name, difference(before, now))
		}
	}
	s.clock.move(time.Minute)
	b.open("/setup-mfa").is(200, "prove.title").says("prove.lead-mfa")
	b.post("/setup-mfa/begin").is(200, "prove.title")
	b.submit("/prove", "password", secretWords, "code", eva.code())
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	b.open("/my-login").saysNot("session.by-remembered")
}

func TestADeviceIsRememberedOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		house  func(*org.Organisation)
		traits []trait
	}{
		{"the organisation does not say", func(*org.Organisation) {}, nil},
		{"the organisation will in a second", func(o *org.Organisation) { o.RememberFrom = noon.Add(time.Second) }, nil},
		{"the desk", func(o *org.Organisation) { remembering(o); o.Kind = org.Desk }, nil},
		{"the phone is lost", remembering, []trait{withEffects(standing.SetStatus{Status: standing.Replacing, At: noon})}},
		{"the recovery is frozen", remembering, []trait{withEffects(standing.SetStatus{Status: standing.Frozen, At: noon})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", append([]trait{withEverything, in(c.house)}, c.traits...)...)
			b := s.browser()
			eva.typesPassword(b).is(200, "mfa.title").hasNot("input[name=remember]")
			b.post("/mfa", "code", eva.code(), "remember", "yes")
			if b.cookie("sparekey-session") == "" || b.cookie(reminderCookie) != "" || eva.devices() != 0 {
				t.Errorf("signed in %v, remembered %v", b.cookie("sparekey-session") != "", b.cookie(reminderCookie) != "")
			}
		})
	}
	t.Run("a backup is no factor", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		eva := s.person("eva", withEverything, in(remembering))
		b := s.browser()
		eva.typesPassword(b)
		b.open("/backup").hasNot("input[name=remember]")
		b.post("/backup/code", "code", eva.codes[0].Written(), "remember", "yes").is(200, "lost-phone.title")
		if b.cookie(reminderCookie) != "" || eva.devices() != 0 {
			t.Error("a backup code has the device remembered")
		}
	})
}

func TestADeviceIsRememberedForThirtyDaysHoweverMuchItIsUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.ticks(b)
	for range 2 {
		s.clock.move(10 * 24 * time.Hour)
		eva.returns(b).at("/my-login")
	}
	s.clock.set(noon.Add(thirtyDays - time.Second))
	eva.returns(b).at("/my-login").has("#remembered")
	s.clock.set(noon.Add(thirtyDays))
	s.hush()
	eva.returns(b).is(200, "mfa.title")
	s.wantMails() // that it is over is no alarm
	b.submit("/mfa", "code", eva.code()).at("/my-login").says("my-login.remembered-none")
}

func TestAStolenCookieIsFoundOutWhoeverUsesItFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		victimFirst bool
	}{{"the victim is first", true}, {"the thief is first", false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, in(remembering))
			victim, tablet := s.browser(), s.browser()
			eva.ticks(victim)
			s.clock.move(time.Minute)
			eva.ticks(tablet)
			thief := victim.twin()
			thief.from = "198.51.100.66:1"
			first, second := victim, thief
			if !c.victimFirst {
				first, second = thief, victim
			}
			s.clock.move(2 * time.Minute)
			eva.returns(first).at("/my-login")
			byFirst := first.cookie("sparekey-session")
			// Each holds a session of before as well; both are of the copied browser.
			s.clock.move(time.Hour / 2)
			s.hush()
			eva.returns(second).is(200, "mfa.title")
			s.wantMails(copied...)
			s.wantEvents("sign-in.password.right factor", "device.copied")
			first.stale(byFirst)
			if eva.sessions() != 1 || eva.devices() != 0 {
				t.Errorf("%d sessions, of which the tablet's is one; %d devices", eva.sessions(), eva.devices())
			}
			s.hush()
			// Nobody comes in without the code any more, also not on the tablet.
			for _, b := range []*browser{first, second, tablet} {
				eva.returns(b).is(200, "mfa.title")
			}
			s.wantMails() // and it is said once
			eva.typesPassword(victim)
			victim.submit("/mfa", "code", eva.code()).at("/my-login")
		})
	}
}

func TestTheMailAboutACopyCanBeObjectedTo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator, in(remembering))
	eva := s.person("eva", withEverything)
	victim := s.browser()
	eva.ticks(victim)
	thief := victim.twin()
	eva.returns(victim)
	s.clock.move(2 * time.Minute)
	s.hush()
	eva.returns(thief)
	sent := s.wantMails(copied...)
	b := s.browser()
	link := sent[copied[0]].Facts.Objection
	b.open(link).is(200, "not-me.title").says("not-me.kind.device-copied")
	b.submit(link).is(200, "not-me-done.title")
	if eva.standing().Status != standing.Frozen {
		t.Error("the recovery is not frozen")
	}
}

func TestTheTokenOfAMomentAgoIsAnotherTabAndNoThief(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		after  time.Duration
		change func(*browser)
		copied bool
	}{
		{"the same browser at once", 0, func(*browser) {}, false},
		{"the same browser, 59 seconds later", time.Minute - time.Second, func(*browser) {}, false},
		{"a minute later", time.Minute, func(*browser) {}, true},
		{"from another address", 0, func(b *browser) { b.from = "198.51.100.66:1" }, true},
		{"in a browser of another name", 0, func(b *browser) {
			b.header.Set("User-Agent", "Mozilla/5.0 (Macintosh) Version/17.0 Safari/605.1.15")
		}, true},
		{"in a browser that is not known", 0, func(b *browser) { b.setCookie("sparekey-device", "") }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, in(remembering))
			tab := s.browser()
			eva.ticks(tab)
			other := tab.twin()
			before := other.cookie(reminderCookie)
			eva.returns(tab).at("/my-login")
			s.clock.move(c.after)
			c.change(other)
			s.hush()
			shown := eva.returns(other)
			if c.copied {
				shown.is(200, "mfa.title")
				s.wantMails(copied...)
				return
			}
			shown.at("/my-login")
			s.wantMails()
			if other.cookie(reminderCookie) != before {
				t.Error("it was turned again, so that the other tab's token is an old one")
			}
			s.clock.move(time.Hour)
			eva.returns(tab).at("/my-login") // whose token is the one that counts
			s.wantMails()
		})
	}
}

func TestOfManyTabsAtOnceOneTurnsTheTokenAndAllComeIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.ticks(b)
	b.setCookie("sparekey-session", "")
	before := b.cookie(reminderCookie)
	s.hush()
	tabs := many(10, b)
	turned := 0
	for i, p := range atOnce("/sign-in", url.Values{"email": {string(eva.email)}, "password": {secretWords}}, tabs) {
		if p.status != http.StatusSeeOther || p.header.Get("Location") != "/my-login" {
			t.Errorf("answered %d, leads to %s", p.status, p.header.Get("Location"))
		}
		if tabs[i].cookie(reminderCookie) != before {
			turned++
		}
	}
	if turned != 1 {
		t.Errorf("turned %d times", turned)
	}
	s.wantMails()
}

func TestAReminderCountsForNothingElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	bob := s.person("bob", withEverything)
	b := s.browser()
	eva.ticks(b)
	reminder, device := b.cookie(reminderCookie), b.cookie("sparekey-device")
	series, token, _ := strings.Cut(reminder, ".")
	s.hush()
	for _, change := range map[string]func(*browser){
		"without the browser being known":   func(b *browser) { b.setCookie("sparekey-device", "") },
		"in place of the known device":      func(b *browser) { b.setCookie("sparekey-device", token) },
		"the known device in its place":     func(b *browser) { b.setCookie(reminderCookie, device) },
		"the known device twice":            func(b *browser) { b.setCookie(reminderCookie, device+"."+device) },
		"its parts exchanged":               func(b *browser) { b.setCookie(reminderCookie, token+"."+series) },
		"the series alone":                  func(b *browser) { b.setCookie(reminderCookie, series) },
		"the token alone":                   func(b *browser) { b.setCookie(reminderCookie, token) },
		"the series with no token":          func(b *browser) { b.setCookie(reminderCookie, series+".") },
		"nothing but a dot":                 func(b *browser) { b.setCookie(reminderCookie, ".") },
		"with more behind it":               func(b *browser) { b.setCookie(reminderCookie, reminder+"."+token) },
		"as a session":                      func(b *browser) { b.setCookie("sparekey-session", token); b.setCookie(reminderCookie, "") },
		"in a browser that says it another": func(b *browser) { b.header.Set("User-Agent", "curl/8") },
	} {
		other := b.twin()
		other.setCookie("sparekey-session", "")
		change(other)
		other.open("/sign-in").is(200, "sign-in.title")
		eva.typesPassword(other).is(200, "mfa.title")
	}
	s.wantMails()
	bob.returns(b.twin()).is(200, "mfa.title")
	eva.returns(b).at("/my-login") // and eva is remembered still
	s.wantMails()
}

func TestWhateverEndsTrustEndsRememberedDevices(t *testing.T) {
	t.Parallel()
	post := func(path string, fields ...string) func(*person) {
		return func(p *person) {
			b := p.inside()
			b.post(path, fields...).at("/my-login").has(".notice")
		}
	}
	for _, c := range []struct {
		name string
		act  func(*person)
	}{
		{"the phone is lost", func(p *person) {
			b := p.comesByCode(0)
			b.submit("/lost-phone", "lost", "yes", "factor", string(p.phones[0].id)).at("/setup-mfa")
		}},
		{"this was not me", func(p *person) { p.objects(p.link(standing.ForObjection, p.email, time.Hour)) }},
		{"a password set by mail", func(p *person) {
			old := p.standing().Password
			path := "/password/new/" + p.link(standing.ForReset, p.email, standing.ResetLifetime)
			p.site.browser().post(path, "password", newWords)
			p.apply(standing.SetPassword{Password: old})
		}},
		{"a password changed", func(p *person) {
			old := p.standing().Password
			post("/my-login/password", "password", newWords)(p)
			p.apply(standing.SetPassword{Password: old})
		}},
		{"an authenticator removed", func(p *person) { post("/my-login/authenticators/" + string(p.phones[1].id) + "/remove")(p) }},
		{"the other sessions ended", func(p *person) { post("/my-login/sessions/others/end")(p) }},
		{"forgotten", func(p *person) {
			b := p.inside()
			id := p.standing().Remembered[0].ID
			b.open("/my-login").says("session.end-others")
			b.submit("/my-login/remembered/" + string(id) + "/forget").says("notice.device-forgotten").says("my-login.remembered-none")
		}},
		{"all forgotten", func(p *person) { post("/my-login/remembered/all/forget")(p) }},
		{"MFA turned off, and on again", func(p *person) {
			phones := p.standing().Authenticators
			post("/my-login/mfa-off")(p)
			p.apply(standing.SetMFA{Since: noon}, standing.AddAuthenticator{Authenticator: phones[0]})
		}},
		{"the organisation forbids it, and allows it again", func(p *person) {
			p.site.remembering(time.Time{})
			p.site.clock.move(time.Second)
			p.site.remembering(p.site.clock.now())
		}},
		{"deactivated, and back", func(p *person) {
			p.apply(standing.Deactivate{}, standing.ForgetDevices{})
			if _, err := p.site.database("rw").Exec(`UPDATE members SET state = 'active', version = version + 1 WHERE id = 'member-eva'`); err != nil {
				p.site.t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, in(remembering), withPhone("Tablet", -long))
			b := s.browser()
			eva.ticks(b)
			s.clock.move(time.Minute)
			eva.returns(b).at("/my-login")
			c.act(eva)
			if n := eva.devices(); n != 0 {
				t.Errorf("%d devices are remembered", n)
			}
			eva.returns(b).is(200, "mfa.title")
		})
	}
}

func TestForgettingADeviceSignsItOutAndLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	laptop, tablet := s.browser(), s.browser()
	eva.ticks(laptop)
	s.clock.move(time.Minute)
	eva.ticks(tablet)
	on := tablet.cookie("sparekey-session")
	devices := eva.standing().Remembered
	s.hush()
	laptop.open("/my-login")
	if n := laptop.page.doc.Find("#remembered ~ ul .tag, section[aria-labelledby=remembered] .tag").Length(); n != 1 {
		t.Errorf("%d of the devices are said to be this one", n)
	}
	laptop.submit("/my-login/remembered/" + string(devices[1].ID) + "/forget").at("/my-login").says("notice.device-forgotten")
	s.wantMails("devices-forgotten → eva@bakery.example", "devices-forgotten → eva@private.example")
	s.wantEvents("device.forgotten one")
	tablet.stale(on)
	laptop.post("/my-login/remembered/" + string(devices[1].ID) + "/forget").at("/my-login")
	laptop.post("/my-login/remembered/nonsense/forget").is(404, "error.404.title")
	s.wantMails() // it was forgotten already
	eva.returns(tablet).is(200, "mfa.title")
	// Its own session goes on when a browser forgets itself.
	laptop.open("/my-login")
	laptop.submit("/my-login/remembered/" + string(devices[0].ID) + "/forget").at("/my-login").says("my-login.remembered-none")
	eva.returns(laptop).is(200, "mfa.title")
}

func TestNobodyForgetsAnothersDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	bob := s.person("bob", withEverything)
	b := s.browser()
	eva.ticks(b)
	theirs := eva.standing().Remembered[0]
	bob.inside().post("/my-login/remembered/" + string(theirs.ID) + "/forget").at("/my-login")
	bob.inside().post("/my-login/remembered/all/forget").at("/my-login")
	bob.inside().post("/my-login/sessions/others/end").at("/my-login")
	eva.returns(b).at("/my-login")
}

func TestEndingTheOtherSessionsLeavesThisDeviceRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	here, there := s.browser(), s.browser()
	eva.ticks(there)
	s.clock.move(time.Minute)
	eva.ticks(here)
	here.open("/my-login")
	here.submit("/my-login/sessions/others/end").at("/my-login").says("notice.other-sessions-ended")
	eva.returns(there).is(200, "mfa.title")
	eva.returns(here).at("/my-login")
}

func TestABrowserIsRememberedOnceForEachMember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.ticks(b)
	b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36") // asks for the desktop's pages
	s.clock.move(time.Minute)
	b.setCookie("sparekey-session", "")
	eva.ticks(b)
	if eva.devices() != 1 {
		t.Errorf("one browser is remembered %d times", eva.devices())
	}
}

func TestADeviceIsRememberedInTheOrganisationThatIsChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	mill := s.person("eva2", inMill("eva@bakery.example"), withMFA)
	b := s.browser()
	eva.typesPassword(b)
	b.submit("/sign-in/organisation", "organisation", string(eva.id)).is(200, "mfa.title")
	b.submit("/mfa", "code", eva.code(), "remember", "yes").at("/my-login")
	s.clock.move(time.Minute)
	eva.returns(b)
	b.submit("/sign-in/organisation", "organisation", string(eva.id)).at("/my-login")
	eva.returns(b)
	b.submit("/sign-in/organisation", "organisation", string(mill.id)).is(200, "mfa.title").hasNot("input[name=remember]")
}

func TestASuspensionComesBeforeARememberedDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.ticks(b)
	s.clock.move(time.Minute)
	eva.apply(standing.SetSuspension{Suspension: standing.Suspension{Since: noon, Until: noon.Add(time.Hour)}})
	eva.returns(b)
	list, err := s.store.Sessions(t.Context(), eva.id, s.clock.now())
	s.must(err)
	for _, in := range list {
		if in.CameBy == session.ByRemembered {
			t.Error("a session came by the remembered device")
		}
	}
	s.clock.move(time.Hour)
	eva.returns(b).at("/my-login") // remembered as before
}

func TestMyLoginSaysThatThePasswordAloneIsEnoughOnRememberedDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	day := "31 January 2026"
	eva.inside().open("/my-login").says("my-login.mfa-on", "Day", day).saysNot("my-login.mfa-on-remembered", "Day", day)
	eva.ticks(s.browser()).says("my-login.mfa-on-remembered", "Day", day).saysNot("my-login.mfa-on", "Day", day)
}

func TestABrowserWithoutANameIsRememberedToo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	b.header.Set("User-Agent", "nothing that is known")
	eva.ticks(b).says("session.unknown")
	eva.returns(b).at("/my-login")
}

// TestATurnedTokenReachesTheBrowserWhateverComes: the token has turned in the
// database, so a fault after that must not leave the browser with the old one.
func TestATurnedTokenReachesTheBrowserWhateverComes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, bram := s.person("eva", withEverything, in(remembering)), s.person("bram")
	b := s.browser()
	eva.ticks(b)
	b.setCookie("sparekey-session", bram.inside().cookie("sparekey-session"))
	db := s.database("rw")
	_, err := db.Exec(`CREATE TRIGGER stays BEFORE DELETE ON sessions WHEN OLD.member_id = 'member-bram' BEGIN SELECT RAISE(ABORT, 'it stays'); END`)
	s.must(err)
	before := b.cookie(reminderCookie)
	if p := b.post("/sign-in", "email", string(eva.email), "password", secretWords); p.status != 500 || b.cookie(reminderCookie) == before {
		t.Errorf("answered %d, and the browser has another reminder: %v", p.status, b.cookie(reminderCookie) != before)
	}
	_, err = db.Exec(`DROP TRIGGER stays`)
	s.must(err)
	s.must(db.Close())
	s.clock.move(session.TurnGrace + time.Second)
	eva.returns(b).at("/my-login")
}
