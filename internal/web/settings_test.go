package web_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// settingsForms are the forms of settings with what a person would send.
var settingsForms = [][]string{
	{"/settings/general/force", "grace", "0", "without", "0", "suspended", "0", "sole", "yes"},
	{"/settings/general/unforce", "for", "off"},
	{"/settings/general/unforce", "for", "1h"},
	{"/settings/general/name", "name", "Thief & Co", "language", "nl"},
	append([]string{"/settings/recovery/change"}, recoveryForm("longest", "1")...),
	{"/settings/recovery/call-back"},
	{"/settings/recovery/remember", "remember", "yes"},
}

// recoveryForm is the form of recovery with the defaults, but for some fields.
func recoveryForm(changes ...string) []string {
	fields := map[string]string{
		"supervisors-help": "yes", "backup-email": "yes", "supervisors-told": "no", "longest": "168", "wait": "24", "from": "09:00", "to": "17:00",
		"seen": org.RecoveryPolicy{}.Stamp(),
	}
	for i := 0; i < len(changes); i += 2 {
		fields[changes[i]] = changes[i+1]
	}
	var list []string
	for name, value := range fields {
		list = append(list, name, value)
	}
	for _, day := range "12345" {
		list = append(list, "day", string(day))
	}
	return list
}

func (s *site) bakery() org.Organisation {
	s.t.Helper()
	o, err := s.store.Organisation(s.t.Context(), "bakery")
	s.must(err)
	return o
}

// forces has the boss turn forcing on as the pages lead.
func (p *person) forces(b *browser, grace string) *page {
	p.site.t.Helper()
	b.open("/settings/general/force").is(200, "settings-force.title")
	return b.submit("/settings/general/force", "grace", grace)
}

func TestOnlyAdministratorsLearnThatThereAreSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	eva := s.person("eva", withEverything)
	sam := s.person("sam", withEverything)
	s.must(s.store.AddTeam(t.Context(), org.Team{ID: "night", Organisation: "bakery", Name: "Night"}))
	s.must(s.store.AddSupervisor(t.Context(), "night", sam.id))
	for _, p := range []*person{eva, sam} {
		b := p.inside()
		b.open("/my-login").hasNot(`.tabs a[href="/settings/general"]`)
		for _, path := range []string{"/settings/general", "/settings/general/force", "/settings/general/unforce", "/settings/general/name", "/settings/recovery", "/settings/recovery/change"} {
			b.open(path).is(404, "error.404.title")
		}
		before := s.bakery()
		for _, form := range settingsForms {
			b.post(form[0], form[1:]...).is(404, "error.404.title")
		}
		if s.bakery() != before {
			t.Errorf("%s changed the organisation", p.id)
		}
	}
	b := baas.inside()
	b.open("/my-login").has(`.tabs a[href="/settings/general"]`)
	b.open("/settings/general").is(200, "settings-general.title").says("settings-general.force-off").has(`a[href="/settings/recovery"]`).has(`a[href="/settings/general/force"]`)
	b.open("/settings/recovery").is(200, "settings-recovery.title")
}

func TestASessionWithoutPowersChangesNoSetting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits  []trait
		session func(*session.Session)
		why     ladder.Reason
	}{
		"no MFA":              {nil, func(*session.Session) {}, ladder.OwnMFAFirst},
		"a backup":            {[]trait{withEverything}, byBackup, ladder.CameByBackup},
		"a suspension":        {[]trait{withEverything}, func(in *session.Session) { in.CameBy, in.FactorProved = session.BySuspension, time.Time{} }, ladder.CameBySuspension},
		"a new authenticator": {[]trait{withEverything}, func(in *session.Session) { in.PowersFrom = noon.Add(time.Second) }, ladder.FactorTooNew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			baas := s.person("baas", append(c.traits, administrator)...)
			b := baas.inside(c.session)
			if c.why == ladder.CameBySuspension {
				s.must(baas.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}))
			}
			s.hush()
			p := b.open("/settings/general").is(200, "settings-general.title").has("button[disabled]").hasNot(`a[href="/settings/general/force"]`)
			p.says("settings.why."+string(c.why), "From", "2 March 2026, 12:00")
			b.open("/settings/general/force").at("/settings/general")
			before := s.bakery()
			for _, form := range settingsForms {
				b.post(form[0], form[1:]...)
			}
			if s.bakery() != before {
				t.Error("it changed the organisation")
			}
			s.wantMails()
			for _, e := range s.events() {
				if e.Kind != "recovery.refused" || e.Reason != string(c.why) {
					t.Errorf("logged: %s %s", e.Kind, e.Reason)
				}
			}
		})
	}
}

func TestForcingShowsWhomItConcernsAndEndsSuspensionsAtTheClick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	s.person("bea", administrator, withMFA, withBackupEmail)
	eva := s.person("eva", withEverything)
	s.person("new", inState(org.Invited))
	without := s.person("without")
	eva.suspended(true)
	evas := eva.byMailedCode()
	evas.open("/my-login").at("/my-login")
	theirs := without.inside()
	b := baas.inside()
	s.hush()
	b.open("/settings/general/force").is(200, "settings-force.title").
		says("settings-force.with", "Count", 3).says("settings-force.without", "Count", 1).says("settings-force.suspended", "Count", 1).
		says("settings-force.invited", "Count", 1).says("settings-force.no-backup", "Count", 0).saysNot("settings-force.sole")
	b.submit("/settings/general/force", "grace", "0").at("/settings/general").says("notice.forced").says("settings-general.since-by", "Day", "2 March 2026, 12:00", "Name", "Baas Jansen")
	s.wantEvents("organisation.forcing.set on", "mfa.suspension.ended forced", "recovery.pass.given forced")
	mails := s.wantMails(
		"forcing-on → baas@bakery.example", "forcing-on → baas@private.example", "forcing-on → bea@bakery.example", "forcing-on → bea@private.example",
		"pass-instead → eva@bakery.example", "pass-given → eva@private.example",
		"pass-given-to-administrators → baas@bakery.example", "pass-given-to-administrators → bea@bakery.example")
	pass := mails["pass-instead → eva@bakery.example"].Facts
	if pass.Giver != "Baas Jansen" || !pass.UsableFrom.IsZero() {
		t.Errorf("the pass is told as %+v", pass)
	}
	if st := eva.standing(); st.Suspension != (standing.Suspension{}) || st.Pass.By.Member != baas.id || !st.Pass.Open(noon) {
		t.Errorf("left: %+v, %+v", st.Suspension, st.Pass)
	}
	// What the suspension opened is over, and the pass carries her on.
	evas.open("/my-login").is(200, "sign-in.title")
	fresh := s.browser()
	fresh.open(pass.Link)
	fresh.submit(pass.Link, "password", secretWords).is(200, "setup-begin.title")
	// An open session without MFA is led to the set-up from its next request on.
	theirs.open("/my-login").at("/setup-mfa")
	theirs.open("/settings/general").at("/setup-mfa")
	if p := theirs.send("GET", "/auth/verify", nil); p.status != 401 {
		t.Errorf("/auth/verify answers %d", p.status)
	}
	without.typesPassword(s.browser()).at("/setup-mfa")
	// Disabling is refused in the service underneath.
	s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}), ladder.MFAForced)
	s.must(eva.orders(operate.Order{Kind: ladder.GivePass}))
	// Once more is too late.
	b.open("/settings/general/force").at("/settings/general")
	s.hush()
	b.post("/settings/general/force", settingsForms[0][1:]...).at("/settings/general")
	s.wantMails()
}

func TestWhatWasShownMustStillHoldAtTheClick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	eva := s.person("eva", withEverything)
	b := baas.inside()
	b.open("/settings/general/force")
	eva.suspended(false)
	s.hush()
	b.submit("/settings/general/force", "grace", "0").is(409, "settings-force.title").says("problem.counts-changed").says("settings-force.suspended", "Count", 1)
	if s.bakery().MFA.Forced {
		t.Error("it was turned on")
	}
	s.wantEvents()
	s.person("bea", administrator, withMFA) // no longer the only one
	b.submit("/settings/general/force", "grace", "0").is(409, "settings-force.title")
	b.submit("/settings/general/force", "grace", "0").at("/settings/general").says("notice.forced")
	for _, bad := range [][]string{
		{"grace", "30", "without", "0", "suspended", "0", "sole", "no"}, {"grace", "-7", "without", "0", "suspended", "0", "sole", "no"},
		{"grace", "7"}, {"grace", "0", "without", "x", "suspended", "0"}, {},
	} {
		b.post("/settings/general/force", bad...).is(400, "error.400.title")
	}
}

func TestGraceDelaysAFirstSetUpAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	eva := s.person("eva", withEverything)
	without := s.person("without")
	eva.suspended(false)
	evas := eva.byMailedCode()
	b := baas.inside(func(in *session.Session) { in.Ends, in.Idle = noon.Add(30*24*time.Hour), 30*24*time.Hour })
	theirs := without.inside(func(in *session.Session) { in.Ends, in.Idle = noon.Add(30*24*time.Hour), 30*24*time.Hour })
	baas.forces(b, "7").at("/settings/general").says("settings-general.grace", "Until", "9 March 2026, 12:00")
	evas.open("/my-login").is(200, "sign-in.title") // her suspension is over all the same
	s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour}), ladder.MFAForced)
	theirs.open("/my-login").at("/my-login").says("notice.must-set-up", "Until", "9 March 2026, 12:00")
	theirs.open("/my-login/sessions").says("notice.must-set-up", "Until", "9 March 2026, 12:00") // on every page
	without.typesPassword(s.browser()).at("/my-login")
	end := noon.Add(7 * 24 * time.Hour)
	s.clock.set(end.Add(-time.Second))
	theirs.open("/my-login").at("/my-login").says("notice.must-set-up", "Until", "9 March 2026, 12:00")
	without.typesPassword(s.browser()).at("/my-login")
	s.clock.set(end)
	theirs.open("/my-login/password").at("/prove") // to the set-up, by way of the password
	if theirs.page.path != "/prove?next=/setup-mfa" {
		t.Errorf("led to %s", theirs.page.path)
	}
	without.typesPassword(s.browser()).at("/setup-mfa")
	// Whoever sets it up goes on.
	s.clock.move(time.Minute)
	fresh := s.browser()
	without.typesPassword(fresh).at("/setup-mfa")
	s.hush()
	fresh.submit("/setup-mfa/begin").is(200, "setup-check.title")
	fresh.submit("/setup-mfa/check", "code", without.mailed(notice.SetUpCode).Facts.Code).is(200, "setup-scan.title")
	fresh.scans("Phone")
	fresh.open("/my-login").at("/my-login").saysNot("notice.must-set-up", "Until", "9 March 2026, 12:00")
}

func TestForcingThatIsPausedComesBackByItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	eva := s.person("eva", withEverything)
	without := s.person("without")
	b := baas.inside(func(in *session.Session) { in.Ends, in.Idle = noon.Add(30*24*time.Hour), 30*24*time.Hour })
	theirs := without.inside(func(in *session.Session) { in.Ends, in.Idle = noon.Add(30*24*time.Hour), 30*24*time.Hour })
	baas.forces(b, "0")
	theirs.open("/my-login").at("/setup-mfa")
	s.hush()
	b.open("/settings/general/unforce").is(200, "settings-unforce.title")
	b.submit("/settings/general/unforce").is(422, "settings-unforce.title").says("problem.nothing-chosen")
	b.submit("/settings/general/unforce", "for", "1h").at("/settings/general").says("notice.force-paused").says("settings-general.force-paused", "Until", "2 March 2026, 13:00")
	s.wantEvents("organisation.forcing.set paused")
	sent := s.wantMails("forcing-paused → baas@bakery.example", "forcing-paused → baas@private.example")
	if f := sent["forcing-paused → baas@bakery.example"].Facts; !f.Until.Equal(noon.Add(time.Hour)) || f.Giver != "Baas Jansen" {
		t.Errorf("told: %+v", f)
	}
	// Meanwhile a suspension is given, and ends as the pause does.
	theirs.open("/my-login").at("/my-login").hasNot(".notice-warn")
	s.clock.move(time.Second)
	s.must(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.SevenDays}))
	evas := eva.byMailedCode()
	end := noon.Add(time.Hour)
	s.clock.set(end.Add(-time.Second))
	evas.open("/my-login").at("/my-login").says("notice.suspended", "Until", "2 March 2026, 13:00")
	theirs.open("/my-login").at("/my-login")
	s.clock.set(end)
	evas.open("/my-login").is(200, "sign-in.title")
	theirs.open("/my-login").at("/prove") // to the set-up, by way of the password
	eva.typesPassword(s.browser()).is(200, "mfa.title")
	s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour}), ladder.MFAForced)
	b = baas.inside()
	b.open("/settings/general").says("settings-general.force-on")
	// Off for good: at once, and told.
	s.hush()
	b.open("/settings/general/unforce")
	b.submit("/settings/general/unforce", "for", "off").at("/settings/general").says("notice.unforced").says("settings-general.force-off")
	s.wantEvents("organisation.forcing.set off")
	s.wantMails("forcing-off → baas@bakery.example", "forcing-off → baas@private.example")
	theirs.open("/my-login").at("/my-login")
	eva.typesPassword(s.browser()).is(200, "mfa.title") // what forcing ended stays ended
	s.hush()
	b.open("/settings/general/unforce").at("/settings/general")
	b.post("/settings/general/unforce", "for", "off").at("/settings/general")
	b.post("/settings/general/unforce", "for", "2d").is(400, "error.400.title")
	s.wantEvents()
}

func TestAPauseThatIsMadeShorterOrEndedTakesItsSuspensionsAlong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	eva := s.person("eva", withEverything)
	b := baas.inside()
	baas.forces(b, "0")
	b.post("/settings/general/unforce", "for", "7d").says("notice.force-paused")
	s.clock.move(time.Minute)
	eva.suspended(false)
	evas := eva.byMailedCode()
	b.post("/settings/general/unforce", "for", "1h").says("settings-general.force-paused", "Until", "2 March 2026, 13:01")
	evas.open("/my-login").says("notice.suspended", "Until", "2 March 2026, 13:01")
	s.hush()
	baas.forces(b, "0").says("notice.forced")
	evas.open("/my-login").is(200, "sign-in.title")
	if m := eva.mailed(notice.PassInstead); m.To != eva.email {
		t.Errorf("the pass went to %s", string(m.To))
	}
}

func TestAStaleProofIsRenewedBeforeASettingChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	b := baas.inside()
	s.clock.move(5*time.Minute + time.Second)
	before := s.bakery()
	for _, path := range []string{"/settings/general/force", "/settings/general/name", "/settings/recovery/change"} {
		b.open(path).is(200, "prove.title")
	}
	for _, form := range settingsForms {
		if p := b.post(form[0], form[1:]...); !strings.HasPrefix(p.path, "/prove?next=%2Fsettings") {
			t.Errorf("%s leads to %s (%d)", form[0], p.path, p.status)
		}
	}
	if s.bakery() != before {
		t.Error("something changed")
	}
	b.open("/settings/general/force")
	b.submit("/prove", "password", secretWords, "code", baas.code()).is(200, "settings-force.title")
}

func TestWhatWeakensRecoveryWaitsADayAndCanBeCalledBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	bea := s.person("bea", administrator, withMFA)
	eva := s.person("eva", withEverything)
	b := baas.inside(func(in *session.Session) { in.Ends, in.Idle = noon.Add(30*24*time.Hour), 30*24*time.Hour })
	change := func(p *person, fields ...string) *page {
		t.Helper()
		b := p.inside()
		return b.post("/settings/recovery/change", recoveryForm(fields...)...)
	}
	s.hush()
	// Stricter holds at once, and nobody is told.
	b.open("/settings/recovery/change").is(200, "settings-change.title")
	b.submit("/settings/recovery/change", "longest", "24", "backup-email", "no").at("/settings/recovery").says("notice.settings-saved")
	s.wantMails()
	events := s.events()
	if len(events) != 1 || events[0].Reason != "at-once" || events[0].Facts["longest-suspension"] != "168h→24h" || events[0].Facts["backup-email"] != "yes→no" || len(events[0].Facts) != 2 {
		t.Errorf("logged: %+v", events)
	}
	strict := s.bakery().Policy
	if eva.halfway().open("/backup").says("reason.backup-email-closed"); strict.Longest() != 24*time.Hour {
		t.Errorf("longest %s", strict.Longest())
	}
	s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.ThreeDays}), ladder.BadLength)
	s.hush()
	// Weaker waits; what is stricter in the same form does not.
	change(baas, "longest", "168", "backup-email", "no", "wait", "72", "seen", strict.Stamp()).at("/settings/recovery").says("notice.settings-wait").says("settings-recovery.coming", "From", "3 March 2026, 12:00")
	sent := s.wantMails("recovery-weaker → baas@bakery.example", "recovery-weaker → baas@private.example", "recovery-weaker → bea@bakery.example")
	if f := sent["recovery-weaker → bea@bakery.example"].Facts; f.Giver != "Baas Jansen" || !f.UsableFrom.Equal(noon.Add(24*time.Hour)) || len(f.Was.Changed(f.Is)) != 1 {
		t.Errorf("told: %+v", f)
	}
	o := s.bakery()
	if o.Recovery(noon).Waiting() != 72*time.Hour || o.Recovery(noon).Longest() != 24*time.Hour {
		t.Errorf("holds now: %+v", o.Recovery(noon))
	}
	for at, want := range map[time.Duration]time.Duration{24*time.Hour - time.Second: 24 * time.Hour, 24 * time.Hour: 7 * 24 * time.Hour} {
		if got := o.Recovery(noon.Add(at)).Longest(); got != want {
			t.Errorf("after %s the longest is %s", at, got)
		}
	}
	// A second weakening replaces it, and its day begins anew.
	s.clock.move(time.Hour)
	change(bea, "longest", "168", "backup-email", "yes", "wait", "72", "seen", o.NextPolicy.Stamp()).says("settings-recovery.coming", "From", "3 March 2026, 13:00")
	// What takes some of it back leaves the rest its day.
	s.clock.move(time.Hour)
	s.hush()
	change(bea, "longest", "72", "backup-email", "yes", "wait", "72", "seen", s.bakery().NextPolicy.Stamp()).says("settings-recovery.coming", "From", "3 March 2026, 13:00")
	s.wantMails()
	// Whoever looked at other settings than hold changes nothing.
	before := s.bakery()
	change(baas, "longest", "1", "seen", strict.Stamp()).is(409, "settings-change.title").says("problem.settings-changed")
	if s.bakery() != before {
		t.Error("a form about other settings changed them")
	}
	// Another administrator calls it back.
	s.hush()
	other := bea.inside()
	other.open("/settings/recovery")
	other.submit("/settings/recovery/call-back").at("/settings/recovery").says("notice.settings-called-back").hasNot(".coming")
	s.wantMails("recovery-kept → baas@bakery.example", "recovery-kept → baas@private.example", "recovery-kept → bea@bakery.example")
	s.wantEvents("organisation.recovery.set called-back")
	if o := s.bakery(); o.Recovery(noon.Add(1000*time.Hour)) != o.Policy || o.Policy.Longest() != 24*time.Hour {
		t.Errorf("called back, and yet: %+v", o)
	}
	other.post("/settings/recovery/call-back").at("/settings/recovery")
	s.wantEvents()
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.person("baas", administrator, withEverything).inside()
	before := s.bakery()
	for _, c := range []struct {
		field, value string
		status       int
	}{
		{"longest", "0", 400}, {"longest", "-1", 400}, {"longest", "2", 400}, {"longest", "169", 400}, {"longest", "9999999999999", 400}, {"longest", "", 400},
		{"wait", "0", 400}, {"wait", "23", 400}, {"wait", "192", 400}, {"supervisors-help", "", 400}, {"backup-email", "perhaps", 400}, {"supervisors-told", "on", 400},
		{"from", "17:00", 422}, {"from", "18:00", 422}, {"from", "25:00", 422}, {"from", "", 422}, {"to", "24:01", 422}, {"to", "9:00", 422}, {"to", "xx:yy", 422},
		{"day", "7", 400}, {"day", "-1", 400}, {"day", "x", 400},
	} {
		form := recoveryForm(c.field, c.value)
		if p := b.post("/settings/recovery/change", form...); p.status != c.status {
			t.Errorf("%s=%q is answered %d, want %d", c.field, c.value, p.status, c.status)
		}
	}
	var noDays []string
	for i, form := 0, recoveryForm("longest", "1"); i < len(form); i += 2 {
		if form[i] != "day" {
			noDays = append(noDays, form[i], form[i+1])
		}
	}
	b.post("/settings/recovery/change", noDays...).is(422, "settings-change.title").says("problem.bad-hours")
	b.post("/settings/recovery/remember", "remember", "perhaps").is(400, "error.400.title")
	b.post("/settings/general/name", "name", "Bakery\u202e", "language", "en").is(422, "settings-name.title")
	b.post("/settings/general/name", "name", "Bakery", "language", "fr").is(400, "error.400.title")
	if s.bakery() != before {
		t.Error("something changed")
	}
}

func TestRememberedDevicesAreAllowedADayLaterAndForbiddenAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.person("baas", administrator, withEverything).inside()
	s.hush()
	b.open("/settings/recovery").says("settings-recovery.remember-no")
	b.submit("/settings/recovery/remember", "remember", "yes").says("settings-recovery.remember-from", "From", "3 March 2026, 12:00")
	sent := s.wantMails("remembering-on → baas@bakery.example", "remembering-on → baas@private.example")
	if f := sent["remembering-on → baas@bakery.example"].Facts; f.Giver != "Baas Jansen" || !f.UsableFrom.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("told: %+v", f)
	}
	s.wantEvents("organisation.remembering.set yes")
	b.post("/settings/recovery/remember", "remember", "yes").at("/settings/recovery")
	s.wantEvents()
	b.submit("/settings/recovery/remember", "remember", "no").says("settings-recovery.remember-no")
	s.wantEvents("organisation.remembering.set no")
	if !s.bakery().RememberFrom.IsZero() {
		t.Error("still allowed")
	}
}

func TestAnOrganisationIsRenamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withEverything)
	s.person("miller", inMill("miller@mill.example"))
	b := baas.inside()
	s.hush()
	b.open("/settings/general/name")
	b.submit("/settings/general/name", "name", "De Molen").is(409, "settings-name.title").says("problem.name-of-other")
	b.submit("/settings/general/name", "name", "  Bakkerij   Laat ", "language", "nl").at("/settings/general").has("dd:contains('Bakkerij Laat')")
	if o := s.bakery(); o.Name != "Bakkerij Laat" || o.Language != org.Dutch {
		t.Errorf("%s, %s", o.Name, o.Language)
	}
	s.wantEvents("organisation.set")
}

func TestTheDeskAlwaysForcesMFA(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lead := s.person("lead", withEverything, in(func(o *org.Organisation) { o.Kind = org.Desk }), func(c *cast) { c.member.Stored = org.Lead })
	b := lead.inside()
	b.open("/settings/general").says("settings-general.force-desk").hasNot(`a[href="/settings/general/unforce"]`).hasNot(`a[href="/settings/general/force"]`)
	b.open("/settings/recovery").says("settings-recovery.remember-desk").hasNot(`form[action="/settings/recovery/remember"]`)
	before := s.bakery()
	for _, form := range settingsForms[:3] {
		b.post(form[0], form[1:]...).at("/settings/general")
	}
	b.post("/settings/recovery/remember", "remember", "yes").at("/settings/recovery")
	if s.bakery() != before {
		t.Error("something changed")
	}
}

func TestSupervisorsHearWhatTheAdministratorsHearWhereTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator, withMFA)
	sam := s.person("sam", withMFA)
	eva := s.person("eva", withEverything)
	s.must(s.store.AddTeam(t.Context(), org.Team{ID: "night", Organisation: "bakery", Name: "Night"}))
	s.must(s.store.AddSupervisor(t.Context(), "night", sam.id))
	piet := s.person("piet", withMFA, func(c *cast) { c.member.Team = "night" })
	s.hush()
	piet.suspended(false)
	s.wantMails("mfa-suspended → piet@bakery.example", "mfa-suspended-to-administrators → baas@bakery.example")
	s.settles(func(o *org.Organisation) { o.Policy.TellSupervisors = true })
	piet.suspended(false)
	s.wantMails("mfa-suspended → piet@bakery.example", "mfa-suspended-to-administrators → baas@bakery.example", "mfa-suspended-to-administrators → sam@bakery.example")
	eva.suspended(false)
	s.wantMails("mfa-suspended → eva@bakery.example", "mfa-suspended → eva@private.example", "mfa-suspended-to-administrators → baas@bakery.example")
}

func TestPassesThatForcingOwesAreGivenOnceWhoeverComesToIt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *site) {
		baas := s.person("baas", administrator, withEverything)
		bea := s.person("bea", administrator, withEverything)
		var suspended []*person
		for i := range 5 {
			p := s.person(fmt.Sprintf("eva%d", i), withEverything)
			p.suspended(i%2 == 0)
			suspended = append(suspended, p)
		}
		bea.suspended(false)  // by the operator, as only the operator can
		baas.suspended(false) // who forces, with the phone in hand
		s.clock.move(time.Second)
		s.hush()
		// The process is killed right after forcing was saved.
		s.settles(func(o *org.Organisation) {
			o.MFA = o.MFA.On(s.clock.now(), 0)
			o.MFA.ForcedBy = baas.id
		})
		for _, p := range append(suspended, bea, baas) {
			if ladder.Suspended(p.standing(), s.clock.now()) {
				t.Errorf("%s is suspended while MFA is forced", p.id)
			}
		}
		s.clock.move(time.Hour)
		owed := &policy.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, Zone: time.UTC}
		done := make(chan error)
		for range 3 { // three processes start at once
			go func() {
				_, err := owed.GiveOwed(t.Context(), "")
				done <- err
			}()
		}
		for range 3 {
			s.must(<-done)
		}
		for _, p := range suspended {
			st := p.standing()
			if st.Suspension != (standing.Suspension{}) || !st.Pass.Open(s.clock.now()) || st.Pass.By.Member != baas.id {
				t.Errorf("%s: %+v, %+v", p.id, st.Suspension, st.Pass)
			}
		}
		if st := bea.standing(); st.Suspension != (standing.Suspension{}) || st.Pass.Open(s.clock.now()) || !st.Pass.From.After(s.clock.now().Add(23*time.Hour)) {
			t.Errorf("an administrator's pass opens from %s", st.Pass.From)
		}
		if st := baas.standing(); st.Suspension != (standing.Suspension{}) || st.Pass.ID != "" {
			t.Errorf("whoever forced has %+v", st.Pass)
		}
		links := 0
		for _, m := range s.mails() {
			if m.Kind == notice.PassInstead {
				links++
			}
		}
		if links != 6 {
			t.Errorf("%d links were mailed", links)
		}
		if n, err := owed.GiveOwed(t.Context(), ""); n != 0 || err != nil {
			t.Errorf("once more: %d, %v", n, err)
		}
	})
}
