package web

import (
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
)

// A Closed control cannot be used now, for a reason of the rules. It chooses
// "settings.why.REASON". The zero Closed is open.
type Closed struct {
	Reason ladder.Reason
	From   time.Time // when it opens by itself; zero: not
}

// Is reports whether the control is closed.
func (c Closed) Is() bool { return c.Reason != "" }

// A Forcing is where forcing MFA stands. It chooses "settings-general.force-STATE".
type Forcing string

// Where forcing stands.
const (
	ForcingOff    Forcing = "off"
	ForcingOn     Forcing = "on"
	ForcingGrace  Forcing = "grace"  // on; a first set-up may wait until GraceUntil
	ForcingPaused Forcing = "paused" // until OffUntil
	ForcingDesk   Forcing = "desk"   // always
)

// SettingsGeneral shows what holds for the organisation, and whether everybody must
// have MFA.
//
//	GET /settings/general/force, /settings/general/unforce, /settings/general/name
type SettingsGeneral struct {
	Frame
	Name string
	Plan org.Plan
	KvK  org.KvK
	// Speaks is the organisation's language.
	Speaks org.Language

	Forcing    Forcing
	Since      time.Time // on, grace
	By         string    // who turned it on; empty: not known
	ByOperator bool      // it was whoever runs the installation
	GraceUntil time.Time // grace
	OffUntil   time.Time // paused
	Force      Closed    // turning it on or off
	Rename     Closed
}

func (SettingsGeneral) template() string { return "settings-general" }
func (v SettingsGeneral) title() string  { return v.Say("settings-general.title") }

// SettingsForce shows whom forcing MFA concerns before it goes on.
//
//	POST /settings/general/force  grace ("0", "7", "14": days), without, suspended, sole
//
// Problems: CountsChanged.
type SettingsForce struct {
	Frame
	policy.Preview
	Paused bool // it is off for a while, and goes on before that is over
	Grace  string
}

func (SettingsForce) template() string { return "settings-force" }
func (v SettingsForce) title() string  { return v.Say("settings-force.title") }

// Graces are the days of grace to choose from.
func (SettingsForce) Graces() []string {
	var days []string
	for _, g := range policy.Graces {
		days = append(days, graceDays(g))
	}
	return days
}

func graceDays(g time.Duration) string { return strconv.Itoa(int(g / (24 * time.Hour))) }

// SettingsUnforce asks for how long MFA shall not be forced.
//
//	POST /settings/general/unforce  for (a ladder.Length, or "off")
//
// Problems: NothingChosen (Field "for").
type SettingsUnforce struct {
	Frame
	Lengths []ladder.Length
}

func (SettingsUnforce) template() string { return "settings-unforce" }
func (v SettingsUnforce) title() string  { return v.Say("settings-unforce.title") }

// SettingsName asks what the organisation is called, and for its language.
//
//	POST /settings/general/name  name, language
//
// Problems: NoName, NameOfOther (Field "name").
type SettingsName struct {
	Frame
	Name   string
	Speaks org.Language
}

func (SettingsName) template() string { return "settings-name" }
func (v SettingsName) title() string  { return v.Say("settings-name.title") }

// A SettingRow is one setting: what holds now, and what is coming.
type SettingRow struct{ Name, Now, Later string } // Later empty: the same

// SettingsRecovery shows how members get back in, now and from LaterFrom on.
//
//	GET  /settings/recovery/change
//	POST /settings/recovery/call-back  (no fields; where LaterFrom is set)
//	POST /settings/recovery/remember   remember ("yes", "no")
type SettingsRecovery struct {
	Frame
	Rows      []SettingRow
	LaterFrom time.Time // zero: nothing is coming
	Change    Closed

	Desk         bool      // it never remembers
	Remember     bool      // devices may be remembered
	RememberFrom time.Time // not yet, but from then; zero: at once or never
}

func (SettingsRecovery) template() string { return "settings-recovery" }
func (v SettingsRecovery) title() string  { return v.Say("settings-recovery.title") }

// SettingsChange asks how members shall get back in.
//
//	POST /settings/recovery/change  supervisors-help, backup-email, supervisors-told
//	("yes", "no"), longest, wait (hours), day (any of "0" to "6", Sunday is 0), from,
//	to ("09:00"), seen
//
// Problems: BadHours (Field "from"), SettingsChanged.
type SettingsChange struct {
	Frame
	Policy   org.RecoveryPolicy
	From, To string // as typed
	Seen     string // which policy this page shows
	Waits    bool   // a weaker one is coming: it is what is shown
}

func (SettingsChange) template() string { return "settings-change" }
func (v SettingsChange) title() string  { return v.Say("settings-change.title") }

// A Choice is one of several.
type Choice struct {
	Value, Name string
	Chosen      bool
}

// Longest are the longest suspensions to choose from.
func (v SettingsChange) Longest() []Choice { return v.spans(policy.Longest, v.Policy.Longest()) }

// Waiting are the times to object to choose from.
func (v SettingsChange) Waiting() []Choice { return v.spans(policy.Waits, v.Policy.Waiting()) }

func (v SettingsChange) spans(all []time.Duration, chosen time.Duration) []Choice {
	var choices []Choice
	for _, d := range all {
		choices = append(choices, Choice{Value: strconv.Itoa(int(d / time.Hour)), Name: v.Voice.Span(d), Chosen: d == chosen})
	}
	return choices
}

// Days are the days of the week.
func (v SettingsChange) Days() []Choice {
	var days []Choice
	for _, d := range org.Week {
		days = append(days, Choice{Value: strconv.Itoa(int(d)), Name: v.Voice.Weekday(d), Chosen: v.Policy.Working().Days[d]})
	}
	return days
}
