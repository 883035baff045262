package web

import (
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
)

// Banners after what is done about who belongs to the organisation.
const (
	NoticeInvited           NoticeID = "invited"
	NoticeInvitedAgain      NoticeID = "invited-again"
	NoticeWithdrawn         NoticeID = "withdrawn"
	NoticeReactivated       NoticeID = "reactivated"
	NoticeErased            NoticeID = "erased"
	NoticeListExpired       NoticeID = "list-expired" // an uploaded list waited too long
	NoticeTeamMade          NoticeID = "team-made"
	NoticeTeamRenamed       NoticeID = "team-renamed"
	NoticeTeamRemoved       NoticeID = "team-removed"
	NoticeSupervisorAdded   NoticeID = "supervisor-added"
	NoticeSupervisorRemoved NoticeID = "supervisor-removed"
)

// rosterNotices lists them.
var rosterNotices = []NoticeID{
	NoticeInvited, NoticeInvitedAgain, NoticeWithdrawn, NoticeReactivated, NoticeErased, NoticeListExpired,
	NoticeTeamMade, NoticeTeamRenamed, NoticeTeamRemoved, NoticeSupervisorAdded, NoticeSupervisorRemoved,
}

// Why a form about people or teams was sent back.
const (
	NoPhoneNumber  Why = "no-phone-number"
	NoSuchTeam     Why = "no-such-team" // no team of the name that was typed
	TeamExists     Why = "team-exists"
	TeamSupervised Why = "team-supervised" // somebody supervises it: it stays
	TeamCrowded    Why = "team-crowded"    // too many people to be moved at once
	MemberThere    Why = "member-there"    // whose address it is, is a member
	MemberInvited  Why = "member-invited"
	MemberClosed   Why = "member-closed"   // is deactivated
	OtherName      Why = "other-name"      // not the name of whoever is erased
	ListUnreadable Why = "list-unreadable" // the page says why
	PlanChanged    Why = "plan-changed"    // look again: it comes to something else now
	NobodyFound    Why = "nobody-found"
	NotHereYet     Why = "not-here-yet" // only an active member supervises
)

// A NewEmployee is the page that adds one person. POST /employees/new with name,
// email, phone, team (a name; may be empty), role, language.
type NewEmployee struct {
	Frame
	Name, Email, Phone, Team string // as typed
	Role                     org.Role
	Chosen                   org.Language // empty: the organisation's
	Teams                    []string     // names, to choose from
	Known                    string       // id of whose address it is; empty: nobody's
}

func (NewEmployee) template() string { return "new-employee" }
func (p NewEmployee) title() string  { return p.Say("new-employee.title") }

// Roles are those to choose from.
func (NewEmployee) Roles() []org.Role { return []org.Role{org.Employee, org.Administrator} }

// Languages are those to choose from.
func (NewEmployee) Tongues() []org.Language { return []org.Language{org.Dutch, org.English} }

// An ImportPage asks for a list of people. POST /employees/import, multipart, with
// the file list.
type ImportPage struct {
	Frame
	Reason roster.Reason // why the file that was sent cannot be read; empty: none was
	Line   int           // with it
	Column roster.Column // with it
}

func (ImportPage) template() string { return "import" }
func (p ImportPage) title() string  { return p.Say("import.title") }

// Megabytes is the largest file taken.
func (ImportPage) Megabytes() int { return roster.MaxBytes >> 20 }

// MaxLines is how many people a list may have, as the language writes it.
func (p ImportPage) MaxLines() string {
	separator := ","
	if p.Language() == org.Dutch {
		separator = "."
	}
	return fmt.Sprintf("%d%s%03d", roster.MaxLines/1000, separator, roster.MaxLines%1000)
}

// An ImportPreview says line by line what becomes of a list. POST
// /employees/import/confirm with list (ID) and plan (Digest).
type ImportPreview struct {
	Frame
	ID, Digest   string
	Until        time.Time // the list waits
	Groups       []FateGroup
	Joining      int // people who are added
	LeftAlone    int
	WrongLines   int
	Leading      int      // administrators among Joining
	NewTeams     []string // at most shownLines
	MoreNewTeams int
	Unused       []string // columns that say nothing here
}

func (ImportPreview) template() string { return "import-preview" }
func (p ImportPreview) title() string  { return p.Say("import-preview.title") }

// Words say what becomes of a line: what is wrong with it, or who it adds, where.
func (p ImportPreview) Words(l roster.Place) []string { return fateWords(p.Say, l) }

func fateWords(say func(string, ...any) string, l roster.Place) (words []string) {
	switch l.Fate {
	case roster.Wrong:
		for _, w := range l.Problems {
			text := say("import.wrong."+string(w.What), "Line", w.Line)
			if w.Column != "" {
				text += " (" + say("import.column."+string(w.Column)) + ")"
			}
			words = append(words, text)
		}
		return words
	case roster.Joins:
		words = []string{say("import.as-" + string(l.Role))}
		if l.Team != "" {
			words = append(words, say("import.in-team", "Team", l.Team))
		}
		if l.NewTeam {
			words = append(words, say("import.team-is-new"))
		}
		if l.Supervisor {
			words = append(words, say("import.supervisor-later"))
		}
		return words
	}
	return []string{say("import.fate." + string(l.Fate))}
}

// A FateGroup are lines of one fate, those shown and how many more there are.
type FateGroup struct {
	Fate  roster.Fate
	Lines []roster.Place
	More  int
}

// Count is how many lines have the fate.
func (g FateGroup) Count() int { return len(g.Lines) + g.More }

// An ImportDone says that a list was added.
type ImportDone struct {
	Frame
	People int
}

func (ImportDone) template() string { return "import-done" }
func (p ImportDone) title() string  { return p.Say("import-done.title") }

// A ReactivateEmployee asks whether someone who was deactivated is to come back.
// POST /employees/{ID}/reactivate.
type ReactivateEmployee struct {
	Frame
	ID, Name, Email string
}

func (ReactivateEmployee) template() string { return "reactivate" }
func (p ReactivateEmployee) title() string  { return p.Say("reactivate.title") }

// An EraseEmployee says what is erased and what stays. POST /employees/{ID}/erase
// with name.
type EraseEmployee struct {
	Frame
	ID, Name, Email string
	Active          bool // not deactivated yet: it must be first
}

func (EraseEmployee) template() string { return "erase" }
func (p EraseEmployee) title() string  { return p.Say("erase.title") }

// A Barred page says why whoever asked may not do something now.
type Barred struct {
	Frame
	Reason BarredReason
	Until  time.Time // zero: it does not pass by itself
	Back   string
}

func (Barred) template() string { return "barred" }
func (p Barred) title() string  { return p.Say("barred.title") }

// A BarredReason chooses "barred.REASON" and, with what to do, "barred.REASON.next".
type BarredReason string

// The reasons. Any other is BarredOther.
const (
	BarredCameByBackup BarredReason = "came-by-backup"
	BarredOwnMFA       BarredReason = "own-mfa"
	BarredTooNew       BarredReason = "factor-too-new" // carries Until
	BarredYourself     BarredReason = "yourself"
	BarredHigherRole   BarredReason = "higher-role"
	BarredLast         BarredReason = "last-administrator"
	BarredNotYours     BarredReason = "not-yours"
	BarredOther        BarredReason = "other"
)

var barredReasons = []BarredReason{
	BarredCameByBackup, BarredOwnMFA, BarredTooNew, BarredYourself, BarredHigherRole, BarredLast, BarredNotYours, BarredOther,
}

// Next is where the reader goes on.
func (p Barred) Next() string {
	switch p.Reason {
	case BarredCameByBackup:
		return "/prove"
	case BarredOwnMFA:
		return "/setup-mfa"
	}
	return p.Back
}
