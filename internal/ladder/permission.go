package ladder

import (
	"fmt"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// An Action is something a member does about another member or about the
// organisation.
type Action string

// The actions about one member.
const (
	SeeEmployee        Action = "see employee"
	EditEmployee       Action = "edit name"
	EditAddress        Action = "edit phone and e-mail"
	ChangeTeam         Action = "change team"
	ChangeRole         Action = "change role"
	SignOutEmployee    Action = "sign out employee"
	DeactivateEmployee Action = "deactivate employee"
	ReactivateEmployee Action = "reactivate employee"
	EraseEmployee      Action = "erase employee"
	DisableMFA         Action = "disable MFA"
	EnableMFA          Action = "turn MFA on again"
	GiveEnrolmentPass  Action = "give enrolment pass"
	ReleaseEmployee    Action = "release a freeze"
	SeeRequest         Action = "see a request for help"
	RefuseRequest      Action = "refuse a request for help"
	AgreeToPass        Action = "agree to an enrolment pass"
	StopPass           Action = "stop an enrolment pass"
)

// The actions about the organisation.
const (
	SeeEmployees       Action = "see employees"
	AddEmployee        Action = "add employees"
	SeeRequests        Action = "see requests for help"
	SeeTeams           Action = "see teams"
	ChangeTeams        Action = "change teams"
	SeeSettings        Action = "see settings"
	ForceMFA           Action = "force MFA"
	ChangeRecovery     Action = "change recovery settings"
	ChangeOrganisation Action = "change name and language"
	SeeReadiness       Action = "see readiness"
	RemindOfBackups    Action = "remind of backups"
	SeeLog             Action = "see the log"
)

// Whom an action is about. The zero Whom: the organisation of whoever acts.
type Whom struct {
	Member org.Member
	// Changes are those of the last 7 days.
	Changes []standing.Change
	// Highest is the highest role of the last 7 days; empty: the present one.
	Highest org.Role
	// Asked says that the member has a request for help that lives.
	Asked bool
	// FactorAdded is when their newest authenticator was set up.
	FactorAdded time.Time
}

// About returns the member of a standing as whom an action is about.
func About(s standing.Standing, now time.Time) Whom {
	w := Whom{
		Member: s.Member, Changes: s.Changes, Highest: s.HighestRole(now),
		Asked: slices.ContainsFunc(s.Requests, func(r standing.Request) bool { return r.Live(now) }),
	}
	for _, a := range s.Authenticators {
		if a.Added.After(w.FactorAdded) {
			w.FactorAdded = a.Added
		}
	}
	return w
}

// A Relation is how whoever acts stands to whom it is about.
type Relation string

// The relations. OwnTeam is a team that whoever acts supervises.
const (
	Self    Relation = "self"
	OwnTeam Relation = "own team"
	Other   Relation = "other team"
	Foreign Relation = "other organisation"
)

func relate(who standing.Colleague, whom org.Member) Relation {
	switch {
	case whom.Organisation != who.Member.Organisation:
		return Foreign
	case whom.ID == who.Member.ID:
		return Self
	case who.Supervises(whom.Team):
		return OwnTeam
	}
	return Other
}

// A need is what an action asks of whoever takes it, besides the role.
type need int

const (
	seeing   need = iota // nothing more
	changing             // MFA of one's own, proved in this session and lately, that gives powers
	helping              // the same, and everything that keeps help honest
)

// A permission is a row of the table: who may take an action.
type permission struct {
	action Action
	need   need
	// self says that whoever may do it may do it to themselves.
	self bool
	// supervisors may do it within their own teams.
	supervisors bool
	// upTo is the highest role it is done to.
	upTo org.Role
	// below hides it from a supervisor where the member is above supervisors.
	below bool
	// asked says that a supervisor needs a request of the member.
	asked bool
	// all says that it is about the organisation.
	all bool
}

// permissions is the whole table: what is not listed is refused.
var permissions = []permission{
	{action: SeeEmployee, need: seeing, self: true, supervisors: true, upTo: org.Administrator},
	{action: EditEmployee, need: changing, self: true, upTo: org.Administrator},
	{action: EditAddress, need: changing, self: true, upTo: org.Supervisor},
	{action: ChangeTeam, need: changing, self: true, upTo: org.Administrator},
	{action: ChangeRole, need: changing, upTo: org.Administrator},
	{action: SignOutEmployee, need: changing, upTo: org.Administrator},
	{action: DeactivateEmployee, need: changing, upTo: org.Administrator},
	{action: ReactivateEmployee, need: changing, upTo: org.Administrator},
	{action: EraseEmployee, need: changing, upTo: org.Administrator},
	{action: DisableMFA, need: helping, supervisors: true, upTo: org.Supervisor, asked: true},
	{action: EnableMFA, need: changing, supervisors: true, upTo: org.Administrator},
	{action: GiveEnrolmentPass, need: helping, supervisors: true, upTo: org.Administrator, asked: true},
	{action: ReleaseEmployee, need: helping, upTo: org.Administrator},
	{action: SeeRequest, need: seeing, supervisors: true, upTo: org.Administrator, below: true},
	{action: RefuseRequest, need: changing, supervisors: true, upTo: org.Administrator},
	{action: AgreeToPass, need: helping, upTo: org.Administrator},
	{action: StopPass, need: changing, upTo: org.Administrator},

	{action: SeeEmployees, need: seeing, supervisors: true, all: true},
	{action: AddEmployee, need: changing, all: true},
	{action: SeeRequests, need: seeing, supervisors: true, all: true},
	{action: SeeTeams, need: seeing, all: true},
	{action: ChangeTeams, need: changing, all: true},
	{action: SeeSettings, need: seeing, all: true},
	{action: ForceMFA, need: changing, all: true},
	{action: ChangeRecovery, need: changing, all: true},
	{action: ChangeOrganisation, need: changing, all: true},
	{action: SeeReadiness, need: seeing, all: true},
	{action: RemindOfBackups, need: changing, all: true},
	{action: SeeLog, need: seeing, all: true},
}

// Permit returns why who may not do something at now, and until when that holds
// if it passes by itself; the empty Reason: they may. Unknown says that whoever
// asks must not even learn that there is such a page or member. StaleProof says
// that they may once they have proved themselves again.
//
// It looks at who acts and whom it is about. Whether the act itself makes sense
// (MFA is on, not forced, not the last administrator) is asked of Decide.
func Permit(who standing.Colleague, do Action, whom Whom, now time.Time) (Reason, time.Time) {
	i := slices.IndexFunc(permissions, func(p permission) bool { return p.action == do })
	if i < 0 || !atWork(who) {
		return Unknown, time.Time{}
	}
	p := permissions[i]
	if reason := p.role(who, whom, now); reason != "" {
		return reason, time.Time{}
	}
	if p.need == seeing {
		return "", time.Time{}
	}
	if p.need == helping {
		if reason, until := honest(who, do, whom, now); reason != "" {
			return reason, until
		}
	}
	reason, until := proved(who, now)
	if do == EditAddress && relate(who, whom.Member) == Self {
		return settled(whom, now, reason, until)
	}
	return reason, until
}

// settled asks of whoever changes their own phone or address that an objection would
// no longer take their newest authenticator away: it does not bring an address back,
// and a new password is mailed there. A pass gives powers at once, also to a thief.
func settled(whom Whom, now time.Time, reason Reason, until time.Time) (Reason, time.Time) {
	from := whom.FactorAdded.Add(UndoneFor)
	if whom.FactorAdded.IsZero() || !now.Before(from) || reason != "" && reason != StaleProof && reason != FactorTooNew {
		return reason, until
	}
	if until.After(from) {
		from = until
	}
	return FactorTooNew, from
}

// atWork reports whether who is an active member in a session of their own that
// reaches more than the set-up of MFA.
func atWork(who standing.Colleague) bool {
	return who.Member.State == org.Active && who.Session.Member == who.Member.ID && who.Session.Reach == session.Everything
}

// Offered reports whether a control is shown to whom Permit gave this reason.
func Offered(r Reason) bool { return r == "" || r == StaleProof }

// role looks at the role of whoever acts, and at the role of whom and the
// relation between the two.
func (p permission) role(who standing.Colleague, whom Whom, now time.Time) Reason {
	runs := isAdministrator(who.Member)
	if !runs && !(p.supervisors && len(who.Teams) > 0 && who.Organisation.Kind != org.Desk) {
		return Unknown
	}
	if p.all {
		if whom.Member.ID != "" {
			return Unknown
		}
		return ""
	}
	relation, highest := relate(who, whom.Member), whom.Member.Role()
	if whom.Highest.Above(highest) {
		highest = whom.Highest
	}
	switch {
	case relation == Foreign:
		return Unknown
	case relation == Self && p.self && (runs || p.supervisors):
		return ""
	case relation == Self:
		return Yourself
	case !runs && (relation != OwnTeam || p.below && whom.Member.Role().Above(org.Supervisor)):
		return Unknown
	case !runs && p.need != seeing && who.Organisation.Recovery(now).SupervisorsBarred:
		return SupervisorsBarred
	case p.need != seeing && (highest.Above(p.upTo) || !runs && highest.Above(org.Supervisor)):
		return HigherRole
	case !runs && p.asked && !whom.Asked:
		return OnlyWhenAsked
	}
	return ""
}

// honest keeps help honest: whoever changed someone's role, team, phone or
// address helps them only later, and whose help was objected to, or was used or
// ended of late, does not release the freeze that followed.
func honest(who standing.Colleague, do Action, whom Whom, now time.Time) (Reason, time.Time) {
	var reason Reason
	var until time.Time
	for _, c := range whom.Changes {
		end := c.At.Add(standing.ChangesKept)
		if c.By.Member != who.Member.ID || !now.Before(end) || !end.After(until) {
			continue
		}
		switch {
		case c.What != standing.HelpOf && c.What != standing.GivenBy:
			reason, until = ChangedByYou, end
		case do == ReleaseEmployee:
			reason, until = PartyToIt, end
		}
	}
	return reason, until
}

// proved asks MFA of whoever changes something: on, proved in this session within
// the last five minutes, and old enough to give powers.
func proved(who standing.Colleague, now time.Time) (Reason, time.Time) {
	in := who.Session
	switch {
	case withoutFactor(in) != "":
		return withoutFactor(in), time.Time{}
	case !who.MFA() || who.Status == standing.Frozen:
		return OwnMFAFirst, time.Time{}
	case !in.FactorProved.IsZero() && now.Before(in.PowersFrom):
		return FactorTooNew, in.PowersFrom
	case !session.Fresh(in.PasswordProved, now) || !session.Fresh(in.FactorProved, now):
		return StaleProof, time.Time{}
	}
	return "", time.Time{}
}

// AgreesFrom is the instant from which an administrator's agreement counts: they
// have been one, with MFA, for 7 days. It is the zero Time for who is none.
func AgreesFrom(who standing.Colleague) time.Time {
	if !isAdministrator(who.Member) || !who.MFA() {
		return time.Time{}
	}
	since := who.RoleSince
	if who.MFASince.After(since) {
		since = who.MFASince
	}
	return since.Add(standing.ChangesKept)
}

// Permitted returns nil where Permit lets who do it. Where whoever asks must not
// even know of it, the error wraps org.ErrNotFound; where they only have to prove
// themselves again it is ErrStale; else it is a *Refusal.
func Permitted(who standing.Colleague, do Action, whom Whom, now time.Time) error {
	reason, until := Permit(who, do, whom, now)
	switch reason {
	case "":
		return nil
	case Unknown:
		return fmt.Errorf("%s: %w", do, org.ErrNotFound)
	case StaleProof:
		return ErrStale
	}
	return &Refusal{Step: StepKind(do), Reason: reason, Until: until}
}
