package stories_test

import "testing"

func TestARememberedDeviceAsksForNoCodeUntilThePhoneIsGone(t *testing.T) {
	t.Parallel()
	const sophie, sophieAtHome = "sophie.meijer@korenaar.example", "sophie.meijer@thuis.example"
	s := &story{t: t, number: 17, voice: english}
	demo := startDemo(t)
	b := s.visitor(demo)

	// The keyboard alone ticks it.
	b.signIn(sophie)
	b.see("mfa.remember-hint")
	b.keys(demo.phoneShows(sophie))
	b.tabTo(css("#remember"))
	b.keys(" ")
	b.tabTo(byWords(b.voice.Say("mfa.button")))
	b.enter()
	b.see("my-login.remembered-lead")
	demo.mailed(sophie, "device-remembered")
	demo.mailed(sophieAtHome, "device-remembered")

	// Only here is the password enough, and not for a change.
	b.signOut()
	b.signIn(sophie)
	b.see("session.by-remembered")
	other := s.visitor(demo, on(phone))
	other.signIn(sophie)
	other.see("mfa.title")
	b.press("my-login.password-change")
	b.see("prove.lead-mfa")

	// Whoever has no phone then comes in with a backup.
	b.press("no-phone.button")
	b.see("notice.no-phone")
	b.signIn(sophie)
	b.press("mfa.backup")
	b.fill("code", backupCode(1))
	b.press("rung.backup-code.button")
	b.see("lost-phone.by-code", "Count", 9)
	b.press("lost-phone.no")
	b.see("session.by-backup-code")

	// Forgotten, the device is asked like any other.
	b.press("remembered.forget")
	b.see("notice.device-forgotten")
	b.see("my-login.remembered-none")
	demo.mailed(sophieAtHome, "devices-forgotten")
	b.signOut()
	b.signIn(sophie)
	b.see("mfa.title")
}
