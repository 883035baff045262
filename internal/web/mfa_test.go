package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestWhatIsNoCodeIsSaidSoAndCostsNoTry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := eva.halfway()
	for _, typed := range []string{
		"", "12345", "1234567", "letters", "12a456", "١٢٣٤٥٦", "１２３４５６", "123456\x00", "\u202e123456", strings.Repeat("1", 3000), "7K2M-9QXR-4TDA-W6HP",
	} {
		b.post("/mfa", "code", typed).is(422, "mfa.title").says("problem.code-not-six").hasNot(`input[name=code][value]`)
	}
	b.send("POST", "/mfa", nil).is(422, "mfa.title") // no form at all
	s.wantEvents()
	if wrong := eva.standing().WrongCodes; wrong != 0 {
		t.Errorf("%d wrong codes were counted", wrong)
	}
	b.post("/mfa", "code", eva.code()).at("/my-login")
}

func TestACodeIsReadWithWhatIsPastedAroundIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	for i, around := range []string{"123 456", " 123456 ", "123\u00a0456", "123\u202f456", "123-456", "123456\r\n", "\t123 456"} {
		s.clock.set(noon.Add(time.Duration(i) * time.Minute))
		code := eva.code()
		eva.halfway().post("/mfa", "code", strings.NewReplacer("123", code[:3], "456", code[3:]).Replace(around)).at("/my-login")
	}
}

func TestACodeWithLeadingZerosIsACode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	for i := 0; !strings.HasPrefix(eva.code(), "0"); i++ {
		s.clock.move(factor.Period)
	}
	eva.halfway().post("/mfa", "code", strings.TrimLeft(eva.code(), "0")).is(422, "mfa.title")
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
}

func TestAPhonesClockMayBeOffByOneStep(t *testing.T) {
	t.Parallel()
	// The clock of the server stands somewhere in a step; the phone's is off.
	for _, c := range []struct {
		name    string
		at, off time.Duration
		fits    bool
	}{
		{"right", 0, 0, true},
		{"31 seconds ahead", 0, 31 * time.Second, true},
		{"just within the next step", 0, 59 * time.Second, true},
		{"just beyond the next step", 0, 60 * time.Second, false},
		{"61 seconds ahead", 0, 61 * time.Second, false},
		{"31 seconds ahead, late in the step", 29 * time.Second, 31 * time.Second, false},
		{"30 seconds ahead, late in the step", 29 * time.Second, 30 * time.Second, true},
		{"31 seconds behind", 29 * time.Second, -31 * time.Second, true},
		{"just within the step before", 29 * time.Second, -59 * time.Second, true},
		{"just before the step before", 29 * time.Second, -60 * time.Second, false},
		{"61 seconds behind", 29 * time.Second, -61 * time.Second, false},
		{"31 seconds behind, early in the step", 0, -31 * time.Second, false},
		{"30 seconds behind, early in the step", 0, -30 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withMFA)
			s.clock.move(c.at)
			p := eva.halfway().post("/mfa", "code", eva.phones[0].code(s.clock.now().Add(c.off)))
			if c.fits {
				p.at("/my-login")
			} else {
				p.is(401, "mfa.title").says("problem.wrong-code")
			}
		})
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	first := eva.code()
	next := eva.phones[0].code(noon.Add(factor.Period))
	eva.halfway().post("/mfa", "code", first).at("/my-login")
	s.hush()
	eva.halfway().post("/mfa", "code", first).is(401, "mfa.title").says("problem.code-used")
	s.wantEvents("sign-in.code.replayed factor")
	// The next step may come early; with it every step before is over.
	eva.halfway().post("/mfa", "code", next).at("/my-login")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", first).is(401, "mfa.title").says("problem.code-used")
	eva.halfway().post("/mfa", "code", next).is(401, "mfa.title").says("problem.code-used")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
}

func TestAnothersCodeIsAWrongOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	bram := s.person("bram", withEverything)
	mill := s.person("eva2", inMill("eva@bakery.example"), withMFA)
	eva.halfway().post("/mfa", "code", bram.code()).is(401, "mfa.title")
	eva.halfway().post("/mfa", "code", mill.code()).is(401, "mfa.title")
	eva.halfway().post("/backup/code", "code", bram.codes[0].Written()).is(401, "backup.title")
	if left := bram.standing().Codes.Left(); left != 10 {
		t.Errorf("Bram has %d codes left", left)
	}
	bram.halfway().post("/mfa", "code", bram.code()).at("/my-login")
}

func TestEitherOfTwoAuthenticatorsSignsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA, withPhone("Tablet", -long))
	b := s.browser()
	eva.typesPassword(b).has(`strong:contains("Phone")`).has(`strong:contains("Tablet")`)
	b.submit("/mfa", "code", eva.phones[1].code(noon)).at("/my-login")
	eva.halfway().post("/mfa", "code", eva.phones[0].code(noon)).at("/my-login")
	eva.halfway().open("/backup").has(`.rung-open a[href="/mfa"]`)
}

func TestAFullProofMakesTheBrowserKnownForHalfAYear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		known int
	}{{180*24*time.Hour - time.Second, 1}, {180 * 24 * time.Hour, 0}} {
		s := newSite(t)
		eva := s.person("eva", withMFA)
		b := s.browser()
		eva.signsIn(b)
		s.clock.move(c.after)
		if known := eva.knownAt(b); known != c.known {
			t.Errorf("%v after the proof it is known for %d members, want %d", c.after, known, c.known)
		}
	}
}

func TestABackupMakesNoBrowserKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	b.post("/backup/code", "code", eva.codes[0].Written()).at("/lost-phone")
	if b.cookie("sparekey-device") != "" {
		t.Error("the browser got a token of a known device")
	}
}

// TestAPlantedDeviceTokenNeverBecomesKnown: who plants a token in someone's
// browser would hold a known device afterwards.
func TestAPlantedDeviceTokenNeverBecomesKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	const planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	b := s.browser()
	b.setCookie("sparekey-device", planted)
	eva.signsIn(b)
	if b.cookie("sparekey-device") == planted {
		t.Error("the planted token is kept")
	}
	if eva.knownAt(b) != 1 {
		t.Error("the browser is not known")
	}
	b.setCookie("sparekey-device", planted)
	if eva.knownAt(b) != 0 {
		t.Error("the planted token is known")
	}
}

// knownAt returns for how many members the browser is a known device.
func (p *person) knownAt(b *browser) int {
	p.site.t.Helper()
	known, err := p.site.store.KnownDevice(p.site.t.Context(), hashOf(b.cookie("sparekey-device")), p.site.clock.now())
	p.site.must(err)
	return len(known)
}

func TestTheBackupPageSaysOfEachWayHowItStands(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	b := s.browser()
	eva.typesPassword(b)
	if b.page.has(`a[href="/backup"]`); len(b.page.doc.Find(`a[href="/backup"]`).Text()) == 0 {
		t.Error("the MFA page does not lead to the backups in words")
	}
	b.open("/backup").is(200, "backup.title").
		says("reason.no-other-factor").says("rung.backup-code.how", "Count", 10).
		says("rung.backup-email.button", "Address", eva.backup.Masked()).
		says("rung.helper.how").has(`.people:contains("Baas Jansen") a[href="tel:+31612345678"]`)
	if strings.Contains(b.page.body, string(eva.backup)) || strings.Contains(b.page.body, string(eva.email)) {
		t.Error("the page shows an address in full to someone who has only the password")
	}
}

func TestAMemberWhoseFactorsAreGoneIsLedToTheBackups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withCodes, withEffects(standing.SetMFA{Since: noon.Add(-long)}, standing.SetStatus{Status: standing.Replacing, At: noon.Add(-time.Hour)}))
	b := s.browser()
	eva.typesPassword(b).is(200, "mfa.title").says("mfa.none-lead").hasNot(`form[action="/mfa"]`)
	b.post("/mfa", "code", "123456").is(401, "mfa.title").says("mfa.none-lead")
}
