package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// An MFAState is how a member's MFA reads in a list: every member is in exactly
// one of these at an instant.
type MFAState string

// The states of MFA in a list.
const (
	MFAOn       MFAState = "on"
	MFAOff      MFAState = "off"       // and nobody forces it
	MFADisabled MFAState = "disabled"  // until an instant
	MFAMissing  MFAState = "to-set-up" // off, while the organisation forces it
)

// MFAStates lists them all.
var MFAStates = []MFAState{MFAOn, MFAOff, MFADisabled, MFAMissing}

// A Sorting is an order of a list.
type Sorting string

// The orders. Equal names and addresses follow in the order in which they were
// added.
const (
	ByName  Sorting = "name"  // as it is folded: accents and case do not count
	ByEmail Sorting = "email" // the same
	ByAdded Sorting = "added" // the oldest member first
)

// Sortings lists them all.
var Sortings = []Sorting{ByName, ByEmail, ByAdded}

// A Listing says which members of an organisation are asked for. The zero
// Listing asks for nobody.
type Listing struct {
	Organisation org.OrganisationID
	// Everyone: of the whole organisation; otherwise only of the teams in Within.
	Everyone bool
	Within   []org.TeamID
	Filter   Filter
	Sort     Sorting // empty: ByName
	Reverse  bool
	// After and Before name the member behind or ahead of whom the page stands, at
	// most one of them. With neither, or where there is no such member any more, it
	// is the first page.
	After, Before org.MemberID
	Limit         int // of rows on the page; 1 to MaxListed
}

// MaxListed is the most rows that a page of a list may have.
const MaxListed = 200

// A Filter narrows a list. What is empty does not narrow; of the rest all hold.
type Filter struct {
	// Search has words. Each must begin a word of the name or of the address ahead
	// of its @, in any case, with or without accents; one with an @ must begin the
	// address.
	Search   string
	Team     org.TeamID
	Role     org.Role // the highest that the member holds
	MFA      MFAState
	NoBackup bool // MFA is on, with neither an unused backup code nor a confirmed backup e-mail
	// State of the membership; empty: active and invited.
	State org.State
}

// A List is one page of a listing.
type List struct {
	Rows []Listed
	// Total counts whom the listing asks for, on all its pages. It is exact.
	Total int
	// Earlier and Later say whether there are pages on either side.
	Earlier, Later bool
}

// A Listed is a member as a list shows them.
type Listed struct {
	Member      org.Member
	TeamName    string // empty: in no team
	Status      Status
	MFASince    time.Time // zero: MFA is off
	Suspension  Suspension
	Codes       int  // unused backup codes
	BackupEmail bool // there is a confirmed one
}

// Backup reports whether the member has a way back of their own.
func (l Listed) Backup() bool { return l.Codes > 0 || l.BackupEmail }
