package ladder

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A play is a small world in memory in which random people take random steps.
// Standings are values; what the rules decide is carried out by apply, as the
// store would. Beside them it keeps book in its own way of what happened: the
// checks look there, not at what the rules remember.
type play struct {
	chance *rand.Rand
	now    time.Time
	houses map[org.OrganisationID]*house
	people []*player
	ids    int
	done   map[string]int // acts that were not refused, by name
	tale   []string       // the last acts
	broken string         // the first thing that did not hold
}

// A house is an organisation and what is known of its forcing.
type house struct {
	org.Organisation
	forced    bool
	pausedTo  time.Time
	suspended map[org.MemberID]*loan // suspensions, as they were given
}

// enforced says in its own way whether MFA is forced.
func (h *house) enforced(now time.Time) bool {
	return h.Kind == org.Desk || h.forced && !now.Before(h.pausedTo)
}

// A loan is a suspension as it was given.
type loan struct {
	since, until time.Time
	over         bool // something that ends it for good has happened
}

// A player is a member with everything that is theirs.
type player struct {
	s        standing.Standing
	teams    []org.TeamID // supervised
	since    time.Time    // of the role
	sessions map[session.Hash]session.Session
	known    map[session.Hash]bool // browsers

	held      []held                     // higher roles of before
	changedBy map[org.MemberID]time.Time // who changed something, the last time
	party     map[org.MemberID]time.Time // whose pass was objected to
	phoneSet  time.Time
	byMail    time.Time // the password was set by mail, and nothing proved since
	passFrom  map[session.Hash]time.Time
	deskFrom  time.Time                     // of the pass of the desk: the time to object ends
	asked     map[string]session.Hash       // in which browser
	bound     map[session.Hash]session.Hash // of a pass: the browser that asked for it
}

// A held role is one that somebody had until an instant.
type held struct {
	role  org.Role
	until time.Time
}

// browsers are those that everybody uses.
var browsers = []session.Hash{"library", "kitchen", "train"}

// newPlay makes two organisations and the desk: twelve people, most with MFA.
func newPlay(seed uint64) *play {
	p := &play{
		chance: rand.New(rand.NewPCG(seed, 34)), now: noon, houses: make(map[org.OrganisationID]*house), done: make(map[string]int),
	}
	for _, o := range []org.Organisation{{ID: "bakery", Kind: org.Customer}, {ID: "mill", Kind: org.Customer}, {ID: "desk", Kind: org.Desk}} {
		o.Language, o.RememberFrom = org.English, p.now.Add(-1000*time.Hour)
		p.houses[o.ID] = &house{Organisation: o, suspended: make(map[org.MemberID]*loan)}
	}
	p.join("bakery", "ann", org.Administrator, "")
	p.join("bakery", "bob", org.Administrator, "bread")
	p.join("bakery", "cas", org.Administrator, "")
	p.join("bakery", "sam", org.Employee, "bread", "bread", "cake")
	p.join("bakery", "sue", org.Employee, "cake", "cake")
	p.join("bakery", "eva", org.Employee, "bread")
	p.join("bakery", "fin", org.Employee, "cake")
	p.join("mill", "mia", org.Administrator, "")
	p.join("mill", "max", org.Employee, "flour", "flour", "bread")
	p.join("desk", "lea", org.Lead, "")
	p.join("desk", "abe", org.Agent, "")
	p.join("desk", "ida", org.Agent, "")
	return p
}

func (p *play) join(o org.OrganisationID, id org.MemberID, role org.Role, team org.TeamID, supervises ...org.TeamID) {
	long := p.now.Add(-1000 * time.Hour)
	one := &player{
		s: standing.Standing{
			Member: org.Member{
				ID: id, Organisation: o, Team: team, Name: string(id), Email: org.Email(string(id) + "@work.example"), Phone: "1", State: org.Active,
				Stored: role, Supervises: len(supervises) > 0, Created: long,
			},
			Password: standing.Password{Set: long, Long: true}, Status: standing.Settled,
		},
		teams: supervises, since: long, phoneSet: long, sessions: make(map[session.Hash]session.Session), known: make(map[session.Hash]bool),
		changedBy: make(map[org.MemberID]time.Time), party: make(map[org.MemberID]time.Time), passFrom: make(map[session.Hash]time.Time),
		asked: make(map[string]session.Hash), bound: make(map[session.Hash]session.Hash),
	}
	if p.chance.IntN(4) > 0 {
		one.s.MFASince = long
		one.s.Authenticators = []factor.Authenticator{{ID: factor.AuthenticatorID(id) + "-0", Added: long, PowersFrom: long}}
		one.s.Codes.Codes, one.s.CodesMade = []factor.StoredCode{{ID: "a"}, {ID: "b"}, {ID: "c"}}, long
	}
	if p.chance.IntN(2) > 0 {
		one.s.BackupEmail = factor.BackupEmail{Address: org.Email(string(id) + "@home.example"), Confirmed: long, UsableFrom: long}
	}
	if p.chance.IntN(3) == 0 { // added lately
		one.s.Member.Created, one.phoneSet = p.now.Add(-24*time.Hour), p.now.Add(-24*time.Hour)
	}
	p.people = append(p.people, one)
}

// id draws an id.
func (p *play) id() string { p.ids++; return fmt.Sprint("id-", p.ids) }

// breaks notes that something does not hold.
func (p *play) breaks(format string, args ...any) {
	if p.broken == "" {
		p.broken = fmt.Sprintf(format, args...) + "\nafter:\n  " + strings.Join(p.tale, "\n  ")
	}
}

// tell notes what was done.
func (p *play) tell(format string, args ...any) {
	p.tale = append(p.tale, p.now.Format("02 15:04:05.000 ")+fmt.Sprintf(format, args...))
	if len(p.tale) > 25 {
		p.tale = p.tale[1:]
	}
}

// someone returns anybody.
func (p *play) someone() *player { return p.people[p.chance.IntN(len(p.people))] }

// find returns a member by id.
func (p *play) find(m org.MemberID) *player {
	for _, one := range p.people {
		if one.s.Member.ID == m {
			return one
		}
	}
	return nil
}

// standing returns what is known of one, as the store loads it.
func (p *play) standing(one *player) standing.Standing {
	s := one.s
	s.Organisation = p.houses[s.Member.Organisation].Organisation
	return s
}

func (p *play) viewer(one *player) standing.Viewer {
	s := p.standing(one)
	return standing.Viewer{Member: s.Member, Organisation: s.Organisation, Status: s.Status, MFASince: s.MFASince, Suspension: s.Suspension, Pass: s.Pass}
}

// colleague returns one in one of their sessions, as a page loads them.
func (p *play) colleague(one *player, in session.Session) standing.Colleague {
	return standing.Colleague{Viewer: p.viewer(one), Session: in, Teams: one.teams, RoleSince: one.since}
}

// session returns one of the player's sessions that still holds, or false.
func (p *play) session(one *player) (session.Session, bool) {
	var list []session.Session
	for _, in := range one.sessions {
		if in.Alive(p.now) && Holds(p.viewer(one), in, p.now) {
			list = append(list, in)
		}
	}
	if len(list) == 0 {
		return session.Session{}, false
	}
	slices.SortFunc(list, func(a, b session.Session) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list[p.chance.IntN(len(list))], true
}

// administrators are those of an organisation who are told.
func (p *play) administrators(o org.OrganisationID) []standing.Helper {
	var list []standing.Helper
	for _, one := range p.people {
		m := one.s.Member
		if m.Organisation == o && m.State == org.Active && isAdministrator(m) {
			list = append(list, standing.Helper{ID: m.ID, Name: m.Name, Role: m.Stored, Email: m.Email})
		}
	}
	return list
}

// highest is the highest role that one has held in the last seven days, as the
// book says.
func (one *player) highest(now time.Time) org.Role {
	highest := one.s.Member.Role()
	for _, h := range one.held {
		if now.Before(h.until.Add(7*24*time.Hour)) && h.role.Above(highest) {
			highest = h.role
		}
	}
	return highest
}

// apply carries out what was decided about one, whole or not at all.
func (p *play) apply(one *player, d standing.Decision) error {
	before, sessions := one.s, len(one.sessions)
	for _, e := range d.Effects {
		if err := p.effect(one, e); err != nil {
			one.s = before
			if sessions != len(one.sessions) {
				return fmt.Errorf("a session was opened or ended before %T: %w", e, err)
			}
			return err
		}
	}
	return nil
}

// effect carries out one effect. It panics where it knows none such.
func (p *play) effect(one *player, e standing.Effect) error {
	s := &one.s
	switch e := e.(type) {
	case standing.SetStatus:
		s.Status, s.StatusSince = e.Status, e.At
	case standing.SetPassword:
		s.Password = e.Password
	case standing.SetMFA:
		s.MFASince = e.Since
	case standing.SetBackupEmail:
		s.BackupEmail = e.BackupEmail
	case standing.MarkProved:
		s.Proved = e.At
	case standing.NoteObjection:
		s.Objected = append(slices.DeleteFunc(slices.Clone(s.Objected), func(o standing.Objection) bool { return o.Address == e.Objection.Address }), e.Objection)
	case standing.AddAuthenticator:
		s.Authenticators = append(slices.Clone(s.Authenticators), e.Authenticator)
	case standing.RemoveAuthenticator:
		s.Authenticators = slices.DeleteFunc(slices.Clone(s.Authenticators), func(a factor.Authenticator) bool { return a.ID == e.ID })
	case standing.SpendCode:
		codes := slices.Clone(s.Codes.Codes)
		i := slices.IndexFunc(codes, func(c factor.StoredCode) bool { return c.ID == e.ID && !c.Spent })
		if i < 0 {
			return standing.ErrTaken
		}
		codes[i].Spent, s.Codes.Codes = true, codes
	case standing.SetCodes:
		s.Codes, s.CodesMade = e.Set, e.At
	case standing.SetSuspension:
		s.Suspension = e.Suspension
	case standing.SetPass:
		s.Pass = e.Pass
	case standing.SpendPass:
		if s.Pass.ID != e.ID || e.ID == "" {
			return standing.ErrTaken
		}
		s.Pass = standing.Pass{}
	case standing.NoteChange:
		s.Changes = append([]standing.Change{e.Change}, s.Changes...)
	case standing.SetRole:
		if s.Member.Stored != e.From {
			return standing.ErrTaken
		}
		s.Member.Stored, one.since = e.To, e.At
	case standing.Deactivate:
		s.Member.State = org.Deactivated
	default:
		return p.ofBrowser(one, e)
	}
	return nil
}

// ofBrowser carries out an effect on what ties browsers to one.
func (p *play) ofBrowser(one *player, e standing.Effect) error {
	switch e := e.(type) {
	case standing.OpenSession:
		one.sessions[e.Session.ID] = e.Session
	case standing.RaiseSession:
		if _, there := one.sessions[e.Old]; !there {
			return standing.ErrTaken
		}
		delete(one.sessions, e.Old)
		one.sessions[e.Session.ID] = e.Session
	case standing.EndSessions:
		for id := range one.sessions {
			if id != e.Except {
				delete(one.sessions, id)
			}
		}
	case standing.KnowDevice:
		one.known[e.Device.ID] = true
	case standing.ForgetDevices:
		clear(one.known)
	case standing.AddRequest:
		one.s.Requests = append([]standing.Request{e.Request}, one.s.Requests...)
	case standing.SetRequest:
		list := slices.Clone(one.s.Requests)
		i := slices.IndexFunc(list, func(r standing.Request) bool { return r.ID == e.Request.ID && r.State == e.From })
		if i < 0 {
			return standing.ErrTaken
		}
		list[i], one.s.Requests = e.Request, list
	case standing.SetCase:
		if one.s.Case.State != e.From || one.s.Case.ID != e.Case.ID {
			return standing.ErrTaken
		}
		one.s.Case = e.Case
	case standing.AddEntry, standing.SpendStep, standing.CloseChallenges, standing.ForgetMailCodes, standing.ForgetWrongCodes, standing.DropSetUps,
		standing.DropLinks, standing.SaveLink, standing.ForgetAllRemembered, standing.NeedColleague:
		// Nothing here rests on these.
	default:
		panic(fmt.Sprintf("the play does not know %T", e))
	}
	return nil
}

// decide has the rules decide on a step about one, and carries it out.
func (p *play) decide(one *player, step Step, also ...standing.Effect) (standing.Decision, bool) {
	before := p.standing(one)
	d, err := Decide(before, step, p.now)
	if err != nil {
		return standing.Decision{}, false
	}
	d = d.And(also...)
	if p.apply(one, d) != nil {
		return standing.Decision{}, false
	}
	p.done[string(step.Kind)]++
	p.tell("%s: %s by %s%s", one.s.Member.ID, step.Kind, step.By.Actor.Kind, step.By.Actor.Member)
	p.given(one, before, step, d)
	p.helped(one, before, step)
	return d, true
}

// operator is who runs the installation.
var operator = standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}
