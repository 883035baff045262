package ladder

import (
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

var (
	laptopShows = Shown{
		Reminder: session.Reminder{Series: "series", Token: "now"}, Device: "device",
		Origin: audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Linux"},
	}
	laptop = session.Remembered{
		ID: laptopShows.Reminder.Series.Hash(), Member: "eva", Token: laptopShows.Reminder.Token.Hash(), Before: session.Token("before").Hash(),
		Turned: noon.Add(-session.TurnGrace + time.Second), Device: "device", Created: noon.Add(-time.Hour), Expires: noon.Add(time.Second),
		Origin: laptopShows.Origin,
	}
)

// withLaptop is a member whose laptop is remembered for one more second.
func withLaptop() standing.Standing {
	s := withMFA()
	s.Suspension = standing.Suspension{}
	s.Organisation.RememberFrom = noon.Add(-2 * time.Hour)
	s.Remembered = []session.Remembered{{ID: "another", Expires: noon.Add(time.Hour), Created: noon}, laptop}
	return s
}

func TestWhatABrowserThatShowsAReminderIs(t *testing.T) {
	s := withLaptop()
	from := func(change func(*Shown)) Shown {
		shown := laptopShows
		change(&shown)
		return shown
	}
	before := from(func(b *Shown) { b.Reminder.Token = "before" })
	with := func(shown Shown, change func(*Shown)) Shown { change(&shown); return shown }
	for _, c := range []struct {
		name  string
		shown Shown
		at    time.Time
		want  Sight
	}{
		{"the token that counts", laptopShows, noon, Recognised},
		{"from another network", from(func(b *Shown) { b.Origin.Address = "198.51.100.1" }), noon, Recognised},
		{"the very last moment", laptopShows, noon.Add(time.Second - 1), Recognised},
		{"expired", laptopShows, noon.Add(time.Second), Unseen},
		{"expired, with an old token", before, noon.Add(time.Second), Unseen},
		{"nothing", Shown{}, noon, Unseen},
		{"nothing in a known browser", from(func(b *Shown) { b.Reminder = session.Reminder{} }), noon, Unseen},
		{"another series", from(func(b *Shown) { b.Reminder.Series = "other" }), noon, Unseen},
		{"the token in the place of the series", from(func(b *Shown) { b.Reminder.Series, b.Reminder.Token = "now", "series" }), noon, Unseen},
		{"in an unknown browser", from(func(b *Shown) { b.Device = "" }), noon, Elsewhere},
		{"in another known browser", from(func(b *Shown) { b.Device = "other" }), noon, Elsewhere},
		{"in a browser of another name", from(func(b *Shown) { b.Origin.Browser = "Chrome on Linux" }), noon, Elsewhere},
		{"the token before, a moment later", before, noon, JustTurned},
		{"the token before, a minute later", before, noon.Add(time.Second - 1), JustTurned},
		{"the token before, from another network", with(before, func(b *Shown) { b.Origin.Address = "198.51.100.1" }), noon, Copied},
		{"the token before, in a browser of another name", with(before, func(b *Shown) { b.Origin.Browser = "Chrome on Linux" }), noon, Copied},
		{"the token before, in an unknown browser", with(before, func(b *Shown) { b.Device = "" }), noon, Copied},
		{"a token of long ago", from(func(b *Shown) { b.Reminder.Token = "long ago" }), noon, Copied},
		{"an old token in an unknown browser", from(func(b *Shown) { b.Reminder.Token, b.Device = "long ago", "" }), noon, Copied},
		{"no token at all", from(func(b *Shown) { b.Reminder.Token = "" }), noon, Copied},
	} {
		device, sight := Recognise(s, c.shown, c.at)
		if sight != c.want || (device.ID == laptop.ID) != (c.want != Unseen) {
			t.Errorf("%s: %q of %q, want %q", c.name, sight, device.ID, c.want)
		}
	}
	s.Remembered[1].Expires = noon.Add(time.Hour)
	if _, sight := Recognise(s, before, noon.Add(time.Second)); sight != Copied {
		t.Errorf("the token before, after the grace: %q", sight)
	}
	s.Remembered[1].Before = ""
	if _, sight := Recognise(s, from(func(b *Shown) { b.Reminder.Token = "" }), noon); sight == JustTurned || sight == Recognised {
		t.Errorf("no token, of a device that was never turned: %q", sight)
	}
	s.Remembered[1].Device = ""
	if _, sight := Recognise(s, from(func(b *Shown) { b.Device = "" }), noon); sight != Elsewhere {
		t.Errorf("bound to no browser: %q", sight)
	}
}

func TestARememberedDeviceStandsInOnlyWhereItMay(t *testing.T) {
	changed := func(change func(*standing.Standing)) standing.Standing {
		s := withLaptop()
		change(&s)
		return s
	}
	for _, c := range []struct {
		name string
		s    standing.Standing
		want Ask
		seen bool
	}{
		{"allowed", withLaptop(), AskRemembered, true},
		{"allowed from this moment, made in it", changed(func(s *standing.Standing) { s.Organisation.RememberFrom, s.Remembered[1].Created = noon, noon }), AskRemembered, true},
		{"never allowed", changed(func(s *standing.Standing) { s.Organisation.RememberFrom = time.Time{} }), AskFactor, false},
		{"allowed a second later", changed(func(s *standing.Standing) { s.Organisation.RememberFrom = noon.Add(time.Second) }), AskFactor, false},
		{"made before it was allowed anew", changed(func(s *standing.Standing) { s.Organisation.RememberFrom = laptop.Created.Add(1) }), AskFactor, false},
		{"the desk", changed(func(s *standing.Standing) { s.Organisation.Kind = org.Desk }), AskFactor, false},
		{"frozen", changed(func(s *standing.Standing) { s.Status = standing.Frozen }), AskFactor, true},
		{"asked whether the phone is lost", changed(func(s *standing.Standing) { s.Status = standing.Answering }), AskFactor, true},
		{"suspended, which comes first", changed(func(s *standing.Standing) {
			s.Suspension = standing.Suspension{Since: noon, Until: noon.Add(time.Hour)}
		}), AskSuspended, true},
		{"the phone is lost", changed(func(s *standing.Standing) { s.Status = standing.Replacing }), AskFactor, true},
		{"MFA off and forced", changed(func(s *standing.Standing) { s.MFASince, s.Organisation.MFA.Forced = time.Time{}, true }), AskSetUp, true},
		{"MFA off and frozen", changed(func(s *standing.Standing) { s.MFASince, s.Status = time.Time{}, standing.Frozen }), AskNewPassword, true},
	} {
		_, sight := Recognise(c.s, laptopShows, noon)
		seen := sight == Recognised
		if seen != c.seen {
			t.Errorf("%s: seen %v", c.name, seen)
		}
		if got := SecondFactor(c.s, Browser{Known: true, Remembered: seen}, noon); got != c.want {
			t.Errorf("%s: asks %s, want %s", c.name, got, c.want)
		}
		// Even a caller that claims it gets no further than the organisation allows.
		if got := SecondFactor(c.s, Browser{Remembered: true}, noon); c.want != AskRemembered && got == AskRemembered && c.name != "made before it was allowed anew" {
			t.Errorf("%s: asks %s of who claims to be remembered", c.name, got)
		}
		if may := MayRemember(c.s, noon); may != (c.want == AskRemembered || c.name == "made before it was allowed anew") {
			t.Errorf("%s: may have another remembered %v", c.name, may)
		}
	}
}

func TestASessionByARememberedDeviceHasNoPowersOfAFactor(t *testing.T) {
	s := withLaptop()
	in := session.Session{CameBy: session.ByRemembered, Reach: session.Everything, PasswordProved: noon}
	if !FactorAsked(s, in) || Fresh(s, in, noon) {
		t.Error("a change asks for no factor")
	}
	if from := PowersFrom(s, in, noon); !from.Equal(noon.Add(PowersDelay)) {
		t.Errorf("a factor set up in it gives powers from %v", from)
	}
	if reason, _ := May(s, in, AddAuthenticator, noon); reason != "" {
		t.Errorf("settled: another authenticator, after a proof: %q", reason)
	}
	for _, status := range []standing.Status{standing.Answering, standing.Replacing, standing.Frozen} {
		s.Status = status
		if reason, _ := May(s, in, AddAuthenticator, noon); reason == "" {
			t.Errorf("%s: it may add an authenticator", status)
		}
	}
	proved := in
	proved.FactorProved, proved.PowersFrom = noon, noon.Add(time.Hour)
	s.Status = standing.Settled
	if !Fresh(s, proved, noon) || proved.CameByRemembered() || !PowersFrom(s, proved, noon).Equal(proved.PowersFrom) {
		t.Error("a proof of a factor in it counts for nothing")
	}
}

func TestWhatEndsEveryRememberedDevice(t *testing.T) {
	ends := func(d standing.Decision) bool {
		return slices.Contains(d.Effects, standing.Effect(standing.ForgetDevices{})) || slices.Contains(d.Effects, standing.Effect(standing.ForgetAllRemembered{}))
	}
	for _, c := range []struct {
		from standing.Status
		kind StepKind
		want bool
	}{
		{standing.Answering, SayLost, true}, {standing.Settled, Object, true}, {standing.Frozen, Object, true},
		{standing.Settled, SetPasswordByMail, true},
		{standing.Settled, ProveFactor, false}, {standing.Settled, SpendBackupCode, false}, {standing.Answering, SayNotLost, false},
	} {
		s := withLaptop()
		s.Status = c.from
		take := step(c.kind)
		take.Lost = []factor.AuthenticatorID{"phone"}
		d, err := Decide(s, take, noon)
		if err != nil || ends(d) != c.want {
			t.Errorf("%s from %s: ends them %v, %v", c.kind, c.from, ends(d), err)
		}
	}
	d := Catch(withLaptop(), laptop)
	if !ends(d) || !slices.Contains(d.Effects, standing.Effect(standing.ForgetRemembered{ID: laptop.ID})) {
		t.Errorf("a copy: %+v", d.Effects)
	}
	if len(d.Notices) != 2 || d.Notices[0].Kind != notice.DeviceCopied || len(d.Events) != 1 || d.Events[0].Kind != audit.DeviceCopied {
		t.Error("a copy is not told to every address, or not logged")
	}
}
