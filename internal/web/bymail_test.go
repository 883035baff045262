package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

const newWords = "vier nieuwe losse woorden"

func TestAForgottenPasswordIsAnsweredAlikeForEveryAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva", withMFA)
	s.person("oud", inState(org.Deactivated))
	ask := func(address string) string {
		b := s.browser()
		b.open("/password/forgotten")
		p := b.submit("/password/forgotten", "email", address).is(200, "forgotten-password-sent.title")
		return strings.ReplaceAll(p.body, address, "ADDRESS")
	}
	known := ask("eva@bakery.example")
	s.wantMails("password-reset → eva@bakery.example")
	for _, address := range []string{"nobody@bakery.example", "oud@bakery.example", "eva@bakery.example"} { // Eva's second within a minute
		if ask(address) != known {
			t.Errorf("%s is answered otherwise", address)
		}
	}
	s.wantMails()
	b := s.browser()
	b.open("/password/forgotten")
	b.submit("/password/forgotten", "email", "eva").is(422, "forgotten-password.title").says("problem.no-email")
}

func TestResetMailsAreBoundedToo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	ask := func() {
		s.browser().post("/password/forgotten", "email", string(eva.email)).is(200, "forgotten-password-sent.title")
	}
	for range 5 {
		ask()
		s.wantMails("password-reset → eva@bakery.example")
		s.clock.move(59 * time.Second)
		ask()
		s.wantMails()
		s.clock.move(time.Second)
	}
	ask()
	s.wantMails()
	s.clock.set(noon.Add(time.Hour))
	ask()
	s.wantMails("password-reset → eva@bakery.example")
}

func TestAnAddressInTwoOrganisationsGetsALinkForEach(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	mill := s.person("eva2", inMill("eva@bakery.example"))
	s.browser().post("/password/forgotten", "email", string(eva.email))
	mails := s.mails()
	if len(mails) != 2 || mails[0].Member == mails[1].Member || mails[0].OrgName == mails[1].OrgName {
		t.Fatalf("mails: %v", mails)
	}
	for _, m := range mails {
		if m.Member == mill.id {
			s.browser().post(m.Facts.Link, "password", newWords).is(200, "sign-in.title")
		}
	}
	eva.typesPassword(s.browser()).at("/my-login") // the other one is as it was
	b := s.browser()
	b.open("/sign-in")
	b.submit("/sign-in", "email", string(eva.email), "password", newWords).at("/my-login").has(`.organisation:contains("De Molen")`)
}

func TestANewPasswordByMailEndsEverythingAndNeverOpensMFA(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	inside, underWay := eva.inside(), eva.halfway()
	token := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	later := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	s.hush()
	b := s.browser()
	b.open("/password/new/"+token).is(200, "new-password.title").says("new-password.mfa-stays")
	b.submit("/password/new/"+token, "password", newWords).is(200, "sign-in.title").says("notice.password-set")
	s.wantEvents("password.set-by-mail")
	s.wantMails("password-set-by-mail → eva@bakery.example", "password-set-by-mail → eva@private.example")
	if b.cookie("sparekey-session") != "" || eva.sessions() != 0 {
		t.Error("a link in a mail opened a session")
	}
	inside.open("/my-login").is(200, "sign-in.title").says("notice.session-ended")
	underWay.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	for _, used := range []string{token, later} {
		s.browser().open("/password/new/"+used).is(404, "link-ended.reset.title")
		s.browser().post("/password/new/"+used, "password", "weer heel andere woorden").is(404, "link-ended.reset.title")
	}
	eva.typesPassword(s.browser()).is(401, "sign-in.title")
	b.submit("/sign-in", "email", string(eva.email), "password", newWords).is(200, "mfa.title")
	b.open("/backup").says("reason.password-by-mail.next")
	if st := eva.standing(); len(st.Authenticators) != 1 || st.Codes.Left() != 10 || st.BackupEmail.Address != eva.backup || st.Status != standing.Settled {
		t.Error("more changed than the password")
	}
}

func TestAResetLinkWorksForThirtyMinutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		works bool
	}{{30*time.Minute - time.Second, true}, {30 * time.Minute, false}} {
		s := newSite(t)
		eva := s.person("eva")
		s.browser().post("/password/forgotten", "email", string(eva.email))
		link := eva.mailed(notice.PasswordReset).Facts.Link
		b := s.browser()
		b.open(link).is(200, "new-password.title")
		s.clock.move(c.after)
		p := b.submit(link, "password", newWords)
		if c.works {
			p.is(200, "sign-in.title")
		} else {
			p.is(404, "link-ended.reset.title")
		}
	}
}

func TestAPasswordThatWillNotDoSaysWhyAndKeepsTheLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, mfa := s.person("eva"), s.person("mia", withMFA)
	token := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	link := "/password/new/" + token
	b := s.browser()
	b.open(link)
	for _, c := range []struct{ typed, problem string }{
		{"fietsbel soep", "problem.password-short"},
		{"passwordpassword1", "problem.password-common"},
		{"evajansenbakkerijvroeg", "problem.password-yours"},
		{strings.Repeat("lang woord ", 91), "problem.password-long"},
		{"fietsbel\x00kalender soep", "problem.password-odd"},
		{secretWords, "problem.password-same"},
		{"", "problem.password-short"},
	} {
		b.submit(link, "password", c.typed).is(422, "new-password.title").says(c.problem, "MinLength", 15).hasNot(`input[name=password][value]`)
	}
	b.submit(link, "password", newWords).is(200, "sign-in.title")

	// With MFA on ten characters are enough.
	link = "/password/new/" + mfa.link(standing.ForReset, mfa.email, standing.ResetLifetime)
	s.browser().post(link, "password", "kf8!zr2pq").is(422, "new-password.title").says("problem.password-short", "MinLength", 10)
	s.browser().post(link, "password", "kf8!zr2pqw").is(200, "sign-in.title")
	if mfa.standing().Password.Long {
		t.Error("ten characters count as long")
	}
}

func TestALinkFitsItsPurposeOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	paths := map[standing.Purpose]string{standing.ForReset: "/password/new/", standing.ForInvitation: "/invitation/", standing.ForObjection: "/not-me/"}
	before := eva.standing()
	for made := range paths {
		token := eva.link(made, eva.email, standing.ResetLifetime)
		for purpose, path := range paths {
			if purpose == made {
				continue
			}
			if p := s.browser().open(path + token); p.status != 404 {
				t.Errorf("a link of %s opens %s: %d", made, path, p.status)
			}
			if p := s.browser().post(path+token, "password", newWords); p.status != 404 {
				t.Errorf("a link of %s is taken by %s: %d", made, path, p.status)
			}
		}
	}
	for _, cut := range []string{"x", strings.Repeat("A", 42), strings.Repeat("A", 43), strings.Repeat("A", 44), "%00", strings.Repeat("A", 5000)} {
		for _, path := range paths {
			if p := s.browser().open(path + cut); p.status != 404 {
				t.Errorf("%s%.50s: %d", path, cut, p.status)
			}
		}
	}
	if after := eva.standing(); after.Password.Set != before.Password.Set || after.Status != before.Status {
		t.Error("something was changed")
	}
}

func TestAnInvitationIsAcceptedOnceWithinSevenDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		works bool
	}{{7*24*time.Hour - time.Second, true}, {7 * 24 * time.Hour, false}} {
		s := newSite(t)
		ida := s.person("ida", inState(org.Invited), withEffects(standing.SetPassword{}))
		link := "/invitation/" + ida.link(standing.ForInvitation, ida.email, standing.InvitationLifetime)
		again := "/invitation/" + ida.link(standing.ForInvitation, ida.email, standing.InvitationLifetime)
		s.clock.move(c.after)
		b := s.browser()
		if !c.works {
			b.open(link).is(404, "link-ended.invitation.title")
			b.post(link, "password", secretWords).is(404, "link-ended.invitation.title")
			continue
		}
		b.open(link).is(200, "invitation.title").says("invitation.heading", "Name", "Ida Jansen")
		b.submit(link, "password", "ida jansen ida").is(422, "invitation.title")
		s.hush()
		b.submit(link, "password", secretWords).is(200, "setup-begin.title")
		s.wantEvents("invitation.accepted", "sign-in.done invitation")
		objection := s.wantMails("account-active → ida@bakery.example")["account-active → ida@bakery.example"].Facts.Objection
		s.browser().open(objection).is(200, "not-me.title").says("not-me.kind.account-active")
		for _, used := range []string{link, again} {
			s.browser().post(used, "password", newWords).is(404, "link-ended.invitation.title")
		}
		ida.typesPassword(s.browser()).at("/my-login")
	}
}

func TestSomeoneInvitedWhoForgotGetsTheInvitationAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ida := s.person("ida", inState(org.Invited), withEffects(standing.SetPassword{}))
	s.browser().post("/password/forgotten", "email", string(ida.email))
	link := s.wantMails("invitation → ida@bakery.example")["invitation → ida@bakery.example"].Facts.Link
	b := s.browser()
	b.open(link)
	b.submit(link, "password", secretWords).is(200, "setup-begin.title")
}

func TestAnInvitationToAForcedOrganisationOpensTheSetUpOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ida := s.person("ida", in(forcing), inState(org.Invited), withEffects(standing.SetPassword{}))
	b := s.browser()
	b.post("/invitation/"+ida.link(standing.ForInvitation, ida.email, standing.InvitationLifetime), "password", secretWords).is(200, "setup-begin.title")
	b.open("/my-login").is(200, "setup-begin.title")
	sessions, err := s.store.Sessions(t.Context(), ida.id, noon)
	s.must(err)
	if len(sessions) != 1 || sessions[0].Reach != session.SetUpOnly {
		t.Errorf("sessions: %+v", sessions)
	}
}

func TestAnInvitationSignsOutWhoeverWasThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	ida := s.person("ida", inState(org.Invited), withEffects(standing.SetPassword{}))
	b := eva.inside()
	b.post("/invitation/"+ida.link(standing.ForInvitation, ida.email, standing.InvitationLifetime), "password", secretWords)
	if eva.sessions() != 0 || ida.sessions() != 1 {
		t.Errorf("eva has %d sessions, ida %d", eva.sessions(), ida.sessions())
	}
}
