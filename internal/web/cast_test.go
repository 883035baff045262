package web_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// password is everybody's. It is long enough to stand alone.
const secretWords = "fietsbel kalender soep 41"

// A person is a member as a test knows them: with what they hold in their hands.
type person struct {
	site   *site
	id     org.MemberID
	email  org.Email
	backup org.Email // the backup e-mail; may be empty
	phones []phone
	codes  []factor.BackupCode
}

// A phone shows the codes of one authenticator.
type phone struct {
	id     factor.AuthenticatorID
	secret factor.Secret
}

// code is what the phone shows now, at a clock that is off by some time.
func (p phone) code(at time.Time) string { return string(p.secret.Code(factor.Step(at))) }

// code is what the member's first phone shows now.
func (p *person) code() string { return p.phones[0].code(p.site.clock.now()) }

// A trait is something about a person from the beginning.
type trait func(*cast)

// A cast is a person while they are being made.
type cast struct {
	member  org.Member
	house   org.Organisation
	person  *person
	effects []standing.Effect
}

// long is how long ago things happened that are old enough for everything.
const long = 30 * 24 * time.Hour

// person adds an active member with a password; the first of an organisation
// brings it along. Without further traits they are an employee of the bakery,
// without MFA, who reads English.
func (s *site) person(name string, traits ...trait) *person {
	s.t.Helper()
	now := s.clock.now()
	p := &person{site: s, id: org.MemberID("member-" + name), email: org.Email(name + "@bakery.example")}
	c := &cast{
		person: p,
		house:  org.Organisation{ID: "bakery", Name: "Bakkerij Vroeg", Kind: org.Customer, Plan: org.Free, KvK: "12345678", Language: org.English, Created: now.Add(-long)},
		member: org.Member{
			ID: p.id, Name: strings.ToUpper(name[:1]) + name[1:] + " Jansen", Email: p.email, Phone: "+31 6 1234 5678",
			Language: org.English, State: org.Active, Stored: org.Employee, Created: now.Add(-long),
		},
	}
	hash, err := s.hasher.Hash(s.t.Context(), password.Asker{}, secretWords, "")
	s.must(err)
	c.effects = append(c.effects, standing.SetPassword{Password: standing.Password{Hash: hash, Set: now.Add(-long), Long: true}})
	for _, has := range traits {
		has(c)
	}
	c.member.Organisation = c.house.ID
	d := standing.Decision{Effects: c.effects}
	if _, err := s.store.Organisation(s.t.Context(), c.house.ID); err != nil {
		s.must(s.store.CreateOrganisation(s.t.Context(), c.house, c.member, d))
		return p
	}
	s.must(s.store.AddMember(s.t.Context(), c.member, d))
	return p
}

// withMFA gives an authenticator on a phone.
func withMFA(c *cast) {
	c.effects = append(c.effects, standing.SetMFA{Since: c.person.site.clock.now().Add(-long)})
	withPhone("Phone", -long)(c)
}

// withPhone gives one more authenticator, set up some time from now, with powers
// a day later.
func withPhone(name string, ago time.Duration) trait {
	return func(c *cast) {
		s := c.person.site
		secret, err := factor.NewSecret(rand.Reader)
		s.must(err)
		added := s.clock.now().Add(ago)
		a := factor.Authenticator{
			ID: factor.AuthenticatorID(fmt.Sprintf("phone-%d-of-%s", len(c.person.phones)+1, c.person.id)), Name: name, Secret: secret,
			Added: added, LastUsed: added, PowersFrom: added.Add(24 * time.Hour),
		}
		c.person.phones = append(c.person.phones, phone{a.ID, secret})
		c.effects = append(c.effects, standing.AddAuthenticator{Authenticator: a})
	}
}

// withCodes gives ten backup codes.
func withCodes(c *cast) {
	s := c.person.site
	codes, err := factor.NewBackupCodes(rand.Reader)
	s.must(err)
	salt, err := s.hasher.Salt()
	s.must(err)
	set := factor.CodeSet{Salt: salt}
	for i, code := range codes {
		hash, err := s.hasher.Derive(s.t.Context(), password.Asker{}, []byte(code), salt)
		s.must(err)
		set.Codes = append(set.Codes, factor.StoredCode{ID: factor.BackupCodeID(fmt.Sprintf("code-%d", i)), Hash: hash})
	}
	c.person.codes = codes
	c.effects = append(c.effects, standing.SetCodes{Set: set, At: s.clock.now().Add(-long)})
}

// withBackupEmail gives a backup e-mail that was confirmed long ago.
func withBackupEmail(c *cast) {
	s := c.person.site
	local, _, _ := strings.Cut(string(c.member.Email), "@")
	c.person.backup = org.Email(local + "@private.example")
	at := s.clock.now().Add(-long)
	c.effects = append(c.effects, standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: c.person.backup, Confirmed: at, UsableFrom: at}})
}

// withEverything gives MFA and both backups.
func withEverything(c *cast) { withMFA(c); withCodes(c); withBackupEmail(c) }

// withEffects saves more about the member.
func withEffects(effects ...standing.Effect) trait {
	return func(c *cast) { c.effects = append(c.effects, effects...) }
}

// administrator makes the member one.
func administrator(c *cast) { c.member.Stored = org.Administrator }

// inState puts the membership somewhere else than active.
func inState(state org.State) trait { return func(c *cast) { c.member.State = state } }

// speaking sets the member's own language; empty: none chosen.
func speaking(l org.Language) trait { return func(c *cast) { c.member.Language = l } }

// in changes the organisation, where this member brings it along.
func in(change func(*org.Organisation)) trait { return func(c *cast) { change(&c.house) } }

// forcing makes the organisation force MFA.
func forcing(o *org.Organisation) { o.MFA.Forced = true }

// inMill puts the member into a second organisation, with an address of choice.
func inMill(address org.Email) trait {
	return func(c *cast) {
		c.house.ID, c.house.Name = "mill", "De Molen"
		c.member.Email, c.person.email = address, address
	}
}

// standing returns what is known of the member.
func (p *person) standing() standing.Standing {
	p.site.t.Helper()
	st, err := p.site.store.Standing(p.site.t.Context(), p.id)
	p.site.must(err)
	return st
}

// apply saves effects on the member.
func (p *person) apply(effects ...standing.Effect) {
	p.site.t.Helper()
	p.site.must(p.site.store.Update(p.site.t.Context(), p.id, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: effects}, nil
	}))
}

// link makes a mailed link for the member and returns its token.
func (p *person) link(purpose standing.Purpose, address org.Email, lives time.Duration) string {
	p.site.t.Helper()
	token, err := session.NewToken(rand.Reader)
	p.site.must(err)
	now := p.site.clock.now()
	about := notice.Kind("")
	if purpose == standing.ForObjection {
		about = notice.BackupCodeUsed
	}
	p.apply(standing.SaveLink{Link: standing.Link{ID: token.Hash(), Member: p.id, Purpose: purpose, Address: address, About: about, Created: now, Expires: now.Add(lives)}})
	return string(token)
}

// typesPassword opens the sign-in page in b and sends the right password.
func (p *person) typesPassword(b *browser) *page {
	p.site.t.Helper()
	b.open("/sign-in")
	return b.submit("/sign-in", "email", string(p.email), "password", secretWords)
}

// signsIn signs in at b with the password, and the phone's code where MFA is on.
func (p *person) signsIn(b *browser) *page {
	p.site.t.Helper()
	shown := p.typesPassword(b)
	if len(p.phones) > 0 {
		shown = b.submit("/mfa", "code", p.code())
	}
	if b.cookie("sparekey-session") == "" {
		p.site.t.Fatalf("%s is not signed in: %s (%d): %s", p.id, shown.path, shown.status, shown.text())
	}
	return shown
}

// inside returns a browser in which the member is signed in, with all proofs
// just made, without any page having been asked for.
func (p *person) inside(changes ...func(*session.Session)) *browser {
	p.site.t.Helper()
	token, err := session.NewToken(rand.Reader)
	p.site.must(err)
	now := p.site.clock.now()
	in := session.Session{
		ID: token.Hash(), Member: p.id, Created: now, LastUsed: now, Ends: now.Add(session.DefaultAbsolute), Idle: session.DefaultIdle,
		CameBy: session.ByPassword, Reach: session.Everything, PasswordProved: now,
		Origin: audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Linux"},
	}
	if len(p.phones) > 0 {
		in.CameBy, in.FactorProved, in.PowersFrom = session.ByFactor, now, now.Add(-long)
	}
	for _, change := range changes {
		change(&in)
	}
	p.apply(standing.OpenSession{Session: in})
	b := p.site.browser()
	b.setCookie("sparekey-session", string(token))
	return b
}

// halfway returns a browser in which the member has typed the password.
func (p *person) halfway() *browser {
	p.site.t.Helper()
	token, err := session.NewToken(rand.Reader)
	p.site.must(err)
	now := p.site.clock.now()
	p.apply(standing.OpenChallenge{Challenge: session.Challenge{
		ID: token.Hash(), Member: p.id, Created: now, Expires: now.Add(session.ChallengeLifetime),
	}})
	b := p.site.browser()
	b.setCookie("sparekey-sign-in", string(token))
	return b
}

// byBackup makes a session one that a backup code opened.
func byBackup(in *session.Session) {
	in.CameBy, in.FactorProved, in.PowersFrom = session.ByBackupCode, time.Time{}, time.Time{}
}

// sessions returns how many of the member's sessions are alive.
func (p *person) sessions() int {
	p.site.t.Helper()
	list, err := p.site.store.Sessions(p.site.t.Context(), p.id, p.site.clock.now())
	p.site.must(err)
	return len(list)
}

// hashOf returns what is stored of a token in a cookie.
func hashOf(cookie string) session.Hash { return session.Token(cookie).Hash() }
