package web_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// edits is the page on which it is changed what is on file of p.
func (p *person) edits() string { return "/employees/" + string(p.id) + "/edit" }

// asks has p do something about another member, as the flows let a colleague.
func (p *person) asks(about *person, o operate.Order) error {
	p.site.t.Helper()
	inside := hashOf(p.inside().cookie("sparekey-session"))
	who, err := p.site.store.Colleague(p.site.t.Context(), p.id)
	p.site.must(err)
	now := p.site.clock.now()
	who.Session = session.Session{
		ID: inside, Member: p.id, Reach: session.Everything, CameBy: session.ByFactor,
		PasswordProved: now, FactorProved: now, PowersFrom: now.Add(-time.Hour),
	}
	o.By = operate.By{Giver: who.Gives(), Why: "asked at my desk"}
	if o.Verified == "" {
		o.Verified = ladder.InPerson
	}
	_, err = serviceOf(p.site).Carry(p.site.t.Context(), about.id, o)
	return err
}

func serviceOf(s *site) *operate.Service {
	return &operate.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID, Zone: time.UTC}
}

func wantReason(t *testing.T, err error, want ladder.Reason) {
	t.Helper()
	refusal, ok := errors.AsType[*ladder.Refusal](err)
	if !ok || refusal.Reason != want {
		t.Errorf("%v, want a refusal: %s", err, want)
	}
}

func TestAnAdministratorChangesWhatIsOnFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	s.must(s.store.AddTeam(t.Context(), org.Team{ID: "day", Organisation: "bakery", Name: "Day shift"}))
	s.hush()
	b := ada.inside()
	b.open(bob.edits()).is(200, "employee-edit.title").has(`select[name="role"]`)
	p := b.submit(bob.edits(), "name", "Bob  de Wit", "phone", "+31 6 1111", "team", "day", "language", "nl")
	if p.path != "/employees/"+string(bob.id) {
		t.Fatalf("led to %s", p.path)
	}
	m := bob.standing()
	if m.Member.Name != "Bob de Wit" || m.Member.Phone != "+31 6 1111" || m.Member.Team != "day" || m.Member.Language != org.Dutch {
		t.Errorf("kept %+v", m.Member)
	}
	if len(m.Changes) != 2 || m.Changes[0].By.Member != ada.id {
		t.Errorf("remembered %+v", m.Changes)
	}
	s.wantMails("details-changed → bob@bakery.example", "details-changed → bob@private.example")

	// Once more, with nothing that is new.
	b.open(bob.edits())
	b.submit(bob.edits())
	s.wantMails()
}

func TestWhoeverMayNotChangeSomebodyFindsNoPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	eve := s.person("eve", withEverything, administrator, inMill("eve@mill.example"))
	gone := s.person("gone", inState(org.Deactivated))
	before := s.contents()
	for name, c := range map[string]struct {
		b    *browser
		path string
	}{
		"an employee":                     {bob.inside(), ada.edits()},
		"of another organisation":         {ada.inside(), eve.edits()},
		"of another organisation, to us":  {eve.inside(), bob.edits()},
		"nobody":                          {ada.inside(), "/employees/nobodys/edit"},
		"somebody who was deactivated":    {ada.inside(), gone.edits()},
		"an employee about their own":     {bob.inside(), bob.edits()},
		"an id with a slash and a letter": {ada.inside(), "/employees/%2f/edit"},
	} {
		c.b.open(c.path).is(404, "error.404.title")
		if p := c.b.post(c.path, "name", "Mallory"); p.status != http.StatusNotFound {
			t.Errorf("%s: POST is answered %d", name, p.status)
		}
	}
	if now := s.contents(); now != before {
		t.Log(difference(before, now)) // sessions were opened
	}
	if bob.standing().Member.Name == "Mallory" || eve.standing().Member.Name == "Mallory" || ada.standing().Member.Name == "Mallory" {
		t.Error("somebody was renamed")
	}
}

func TestChangingSomebodyAsksForPowersAndAFreshProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	for name, c := range map[string]struct {
		change func(*session.Session)
		to     string
	}{
		"proved six minutes ago": {func(in *session.Session) {
			in.FactorProved = in.FactorProved.Add(-6 * time.Minute)
		}, "/prove"},
		"by a backup": {byBackup, ""},
		"by an authenticator of an hour ago": {func(in *session.Session) {
			in.PowersFrom = s.clock.now().Add(23 * time.Hour)
		}, ""},
	} {
		b := ada.inside(c.change)
		p := b.post(bob.edits(), "name", "Mallory", "phone", "06 666", "role", "administrator")
		if c.to != "" && p.path != "/prove?next=%2Femployees%2F"+string(bob.id)+"%2Fedit" && p.path != c.to {
			t.Errorf("%s: led to %s (%d)", name, p.path, p.status)
		}
		if m := bob.standing().Member; m.Name == "Mallory" || m.Phone == "06 666" || m.Stored == org.Administrator {
			t.Errorf("%s: changed", name)
		}
	}
}

func TestWhoeverLowersAColleaguesRoleDoesNotHelpThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea := s.person("ada", withEverything, administrator), s.person("bea", withEverything, administrator)
	cas := s.person("cas", withEverything, administrator)
	b := ada.inside()
	b.open(bea.edits())
	b.submit(bea.edits(), "role", "employee")
	if bea.standing().Member.Stored != org.Employee || bea.sessions() != 0 {
		t.Fatal("her role is what it was")
	}
	suspend := operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}
	wantReason(t, ada.asks(bea, suspend), ladder.HigherRole)
	wantReason(t, cas.asks(bea, suspend), ladder.HigherRole)
	s.clock.move(7 * 24 * time.Hour)
	if err := cas.asks(bea, suspend); err != nil {
		t.Error(err)
	}
}

func TestWhoeverChangesAPhoneNumberDoesNotCallIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, cas := s.person("ada", withEverything, administrator), s.person("cas", withEverything, administrator)
	bob := s.person("bob", withEverything)
	s.clock.move(8 * 24 * time.Hour) // whoever was added today has no number that counts
	b := ada.inside()
	b.open(bob.edits())
	b.submit(bob.edits(), "phone", "06 1234 5678")
	suspend := operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay, Verified: ladder.ByCall}
	wantReason(t, ada.asks(bob, suspend), ladder.ChangedByYou)
	wantReason(t, cas.asks(bob, suspend), ladder.PhoneTooNew)
	suspend.Verified = ladder.InPerson
	wantReason(t, ada.asks(bob, suspend), ladder.ChangedByYou)
	if err := cas.asks(bob, suspend); err != nil {
		t.Error(err)
	}
	s.clock.move(7*24*time.Hour - time.Second)
	wantReason(t, ada.asks(bob, suspend), ladder.ChangedByYou)
	s.clock.move(time.Second)
	if err := ada.asks(bob, suspend); err != nil {
		t.Error(err)
	}
}

func TestNobodyChangesTheAddressesOfAnotherAdministrator(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea := s.person("ada", withEverything, administrator), s.person("bea", withEverything, administrator)
	b := ada.inside()
	b.open(bea.edits()).hasNot(`input[name="phone"]`).hasNot(`input[name="email"]`).says("closed.higher-role")
	b.post(bea.edits(), "phone", "06 666", "email", "mallory@x.example")
	if m := bea.standing(); m.Member.Phone == "06 666" || len(m.Changes) > 0 {
		t.Error("changed")
	}
	b.open(ada.edits()).has(`input[name="phone"]`).hasNot(`select[name="role"]`).says("closed.yourself")
	b.submit(ada.edits(), "phone", "06 777")
	if ada.standing().Member.Phone != "06 777" {
		t.Error("one's own number is one's own")
	}
}

// A pass gives an administrator powers at once, also one that a thief used. An
// objection takes the thief's factor away; an address it would not bring back, and
// the new password that ends a freeze is mailed there.
func TestAThiefWithAPassDoesNotMoveTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", withEverything, administrator)
	thief := s.browser()
	thief.post(ada.pass(), "password", secretWords)
	thief.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	his := thief.scans("Thief's")
	if p := thief.open("/employees"); p.status != 200 {
		t.Fatalf("the pass gives no powers: %d at %s", p.status, p.path)
	}
	s.hush()
	thief.open(ada.edits()).has(`input[name="name"]`).hasNot(`input[name="email"]`).hasNot(`input[name="phone"]`).says("closed.factor-too-new", "From", "3 March 2026, 12:00")
	for field, value := range map[string]string{"email": "mallory@x.example", "phone": "06 666"} {
		thief.post(ada.edits(), "name", "ada", field, value)
		s.wantEvents("recovery.refused factor-too-new")
	}
	s.wantMails()

	ada.objects(ada.link(standing.ForObjection, ada.email, time.Hour)).is(200, "not-me-done.title")
	if st := ada.standing(); st.Member.Email != "ada@bakery.example" || st.Member.Phone == "06 666" || len(st.Authenticators) != 0 {
		t.Errorf("left %+v", st.Member)
	}
	if p := ada.halfway().post("/mfa", "code", his.code(s.clock.now())); p.path == "/my-login" {
		t.Error("the thief is in again")
	}
}

// After that day nothing that was set up is taken back, and the address is one's own.
func TestOnesOwnAddressIsOpenOnceTheFactorIsADayOld(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", administrator, withMFA, withPhone("New", time.Minute-ladder.UndoneFor))
	ada.inside().open(ada.edits()).hasNot(`input[name="email"]`)
	s.clock.move(time.Minute)
	b := ada.inside()
	b.open(ada.edits()).has(`input[name="email"]`)
	s.hush()
	b.submit(ada.edits(), "email", "ada@new.example")
	s.wantMails("address-confirm → ada@new.example", "address-changing → ada@bakery.example")
}

func TestANewAddressHoldsWhenItIsConfirmedFromThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	s.person("cas")
	b := ada.inside()
	s.hush()
	b.open(bob.edits())
	b.submit(bob.edits(), "email", "cas@bakery.example").is(409, "employee-edit.title").says("problem.email-of-another")
	b.open(bob.edits())
	b.submit(bob.edits(), "email", "New@Bakery.Example")
	if bob.standing().Member.Email != "bob@bakery.example" {
		t.Fatal("it holds before it is confirmed")
	}
	m := s.wantMails("address-confirm → new@bakery.example", "address-changing → bob@bakery.example", "address-changing → bob@private.example")
	link := m["address-confirm → new@bakery.example"].Facts.Link

	scanner := s.browser()
	for range 3 {
		scanner.open(link).is(200, "new-address.title")
	}
	if bob.standing().Member.Email != "bob@bakery.example" {
		t.Fatal("opening the link confirms it")
	}
	reset := bob.link(standing.ForReset, bob.email, time.Hour)
	scanner.open(link)
	scanner.submit(link)
	if bob.standing().Member.Email != "new@bakery.example" {
		t.Fatal("it is not confirmed")
	}
	s.wantMails("address-changed → new@bakery.example", "address-changed → bob@bakery.example", "address-changed → bob@private.example")
	scanner.open(link).is(404, "link-ended.address.title")
	scanner.open("/password/new/"+reset).is(404, "link-ended.reset.title")
	if c := bob.standing().Changes; len(c) != 1 || c[0].By != (audit.Actor{Kind: audit.Member, Member: ada.id}) {
		t.Errorf("remembered %+v", c)
	}
}

// Whoever disables MFA and then moves the address would get the code that a
// strange browser is asked for.
func TestANewAddressEndsWhatOthersGave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	ada.inside()
	if err := ada.asks(bob, operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay, Verified: ladder.InPerson}); err != nil {
		t.Fatal(err)
	}
	b := ada.inside()
	b.open(bob.edits())
	b.submit(bob.edits(), "email", "mine@x.example")
	link := bob.mailedLink(notice.AddressConfirm)
	fresh := s.browser()
	fresh.open(link)
	fresh.submit(link)
	st := bob.standing()
	if st.Member.Email != "mine@x.example" || !st.Suspension.Until.IsZero() {
		t.Errorf("%s, suspended until %v", st.Member.Email, st.Suspension.Until)
	}
	if !slices.ContainsFunc(st.Changes, func(c standing.Change) bool { return c.What == standing.GivenBy && c.By.Member == ada.id }) {
		t.Errorf("it is forgotten who gave it: %+v", st.Changes)
	}
}

func TestAnAddressThatSomebodyGotMeanwhileIsNotTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	b := ada.inside()
	s.hush()
	b.open(bob.edits())
	b.submit(bob.edits(), "email", "cas@bakery.example")
	link := bob.mailedLink(notice.AddressConfirm)
	s.person("cas")
	fresh := s.browser()
	fresh.open(link)
	fresh.submit(link).is(404, "link-ended.address.title")
	if bob.standing().Member.Email != "bob@bakery.example" {
		t.Error("two members have one address")
	}
}

// mailedLink is the link of the one message of a kind that went.
func (p *person) mailedLink(kind notice.Kind) string {
	p.site.t.Helper()
	for _, m := range p.site.mails() {
		if m.Kind == kind {
			return m.Facts.Link
		}
	}
	p.site.t.Fatalf("no %s went", kind)
	return ""
}

func TestOfTwoAdministratorsWhoDemoteEachOtherOneStays(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ada, bea := s.person("ada", withEverything, administrator), s.person("bea", withEverything, administrator)
		one, other := ada.inside(), bea.inside()
		one.open(bea.edits())
		other.open(ada.edits())
		var both sync.WaitGroup
		both.Go(func() { one.post(bea.edits(), "role", "employee") })
		both.Go(func() { other.post(ada.edits(), "role", "employee") })
		both.Wait()
		left := 0
		for _, p := range []*person{ada, bea} {
			if p.standing().Member.Stored == org.Administrator {
				left++
			}
		}
		if left != 1 {
			t.Errorf("%d administrators are left", left)
		}
	})
}

func TestTheLastAdministratorStaysOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea := s.person("ada", withEverything, administrator), s.person("bea", administrator, inState(org.Invited))
	cas := s.person("cas", withEverything, administrator)
	b := cas.inside()
	b.open(ada.edits())
	b.submit(ada.edits(), "role", "employee")
	b.open(cas.edits()).hasNot(`select[name="role"]`)
	b.post(cas.edits(), "role", "employee")
	if cas.standing().Member.Stored != org.Administrator {
		t.Error("nobody administers any more")
	}
	_ = bea
}
