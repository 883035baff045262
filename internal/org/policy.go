package org

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A RecoveryPolicy says how an organisation lets its members back in. The zero
// policy is the one that a new organisation has.
type RecoveryPolicy struct {
	// SupervisorsBarred keeps supervisors from helping their teams.
	SupervisorsBarred bool `json:"supervisorsBarred,omitempty"`
	// BackupEmailClosed closes the backup e-mail as a way back for everybody.
	BackupEmailClosed bool `json:"backupEmailClosed,omitempty"`
	// LongestSuspension bounds a suspension; zero: MaxSuspension.
	LongestSuspension time.Duration `json:"longestSuspension,omitempty"`
	// Wait is how long there is to object before an administrator's enrolment pass
	// opens; zero: MinWait.
	Wait time.Duration `json:"wait,omitempty"`
	// Hours are those in which somebody reads their mail; the zero value: Monday to
	// Friday, 9 to 17.
	Hours WorkingHours `json:"hours,omitzero"`
	// TellSupervisors has the supervisors of a member's team told what the
	// administrators are told of them.
	TellSupervisors bool `json:"tellSupervisors,omitempty"`
}

// Bounds of a policy.
const (
	MaxSuspension = 7 * 24 * time.Hour
	MinWait       = 24 * time.Hour
	MaxWait       = 7 * 24 * time.Hour
)

// WorkingHours are the hours of each working day, in the installation's zone.
// From and To are minutes since midnight.
type WorkingHours struct {
	Days     [7]bool `json:"days"` // by time.Weekday
	From, To int
}

// DefaultHours are Monday to Friday, 9 to 17.
var DefaultHours = WorkingHours{Days: [7]bool{false, true, true, true, true, true, false}, From: 9 * 60, To: 17 * 60}

// Within reports whether every working hour of h is one of other's.
func (h WorkingHours) Within(other WorkingHours) bool {
	for day, works := range h.Days {
		if works && !other.Days[day] {
			return false
		}
	}
	return h.From >= other.From && h.To <= other.To
}

// At reports whether now lies in the hours, in zone; if not, from is when they begin
// again, within a week, or the zero Time where they never do.
func (h WorkingHours) At(now time.Time, zone *time.Location) (open bool, from time.Time) {
	y, m, d := now.In(zone).Date()
	for day := range 8 {
		begin := time.Date(y, m, d+day, 0, h.From, 0, 0, zone)
		end := time.Date(y, m, d+day, 0, h.To, 0, 0, zone)
		if !h.Days[begin.Weekday()] || !now.Before(end) {
			continue
		}
		if now.Before(begin) {
			return false, begin.UTC()
		}
		return true, time.Time{}
	}
	return false, time.Time{}
}

// Longest is the longest that MFA is disabled.
func (p RecoveryPolicy) Longest() time.Duration {
	if p.LongestSuspension <= 0 || p.LongestSuspension > MaxSuspension {
		return MaxSuspension
	}
	return p.LongestSuspension
}

// Waiting is the time to object.
func (p RecoveryPolicy) Waiting() time.Duration { return min(max(p.Wait, MinWait), MaxWait) }

// Working are the working hours.
func (p RecoveryPolicy) Working() WorkingHours {
	if p.Hours == (WorkingHours{}) {
		return DefaultHours
	}
	return p.Hours
}

// Towards returns what may hold at once of a change to another policy: of each
// setting the stricter one. Weaker reports whether that leaves something of the
// change, which then has to wait.
func (p RecoveryPolicy) Towards(to RecoveryPolicy) (atOnce RecoveryPolicy, weaker bool) {
	atOnce = to
	atOnce.SupervisorsBarred = p.SupervisorsBarred || to.SupervisorsBarred
	atOnce.BackupEmailClosed = p.BackupEmailClosed || to.BackupEmailClosed
	atOnce.TellSupervisors = p.TellSupervisors || to.TellSupervisors
	if p.Longest() < to.Longest() {
		atOnce.LongestSuspension = p.LongestSuspension
	}
	if p.Waiting() > to.Waiting() {
		atOnce.Wait = p.Wait
	}
	if !to.Working().Within(p.Working()) {
		atOnce.Hours = p.Hours
	}
	return atOnce, atOnce != to
}

// Recovery returns the policy that holds at now.
func (o Organisation) Recovery(now time.Time) RecoveryPolicy {
	if !o.NextFrom.IsZero() && !now.Before(o.NextFrom) {
		return o.NextPolicy
	}
	return o.Policy
}

// Wished returns the policy that was last asked for: the one that is coming, or
// where none is, the one that holds.
func (o Organisation) Wished(now time.Time) RecoveryPolicy {
	if now.Before(o.NextFrom) {
		return o.NextPolicy
	}
	return o.Recovery(now)
}

// WithRecovery returns o with another policy asked for at now. What is stricter
// holds at once; what is weaker waits for delay, which begins anew unless it was
// waiting already.
func (o Organisation) WithRecovery(to RecoveryPolicy, now time.Time, delay time.Duration) Organisation {
	atOnce, weaker := o.Recovery(now).Towards(to)
	_, further := o.Wished(now).Towards(to)
	from := now.Add(delay)
	switch {
	case !weaker:
		to, from = RecoveryPolicy{}, time.Time{}
	case now.Before(o.NextFrom) && !further:
		from = o.NextFrom
	}
	o.Policy, o.NextPolicy, o.NextFrom = atOnce, to, from
	return o
}

// A Setting is one of those that a RecoveryPolicy has. It is stable: it is written
// to the log.
type Setting string

// The settings, in the order in which they are shown.
const (
	SupervisorsHelp Setting = "supervisors-help"
	BackupEmailRung Setting = "backup-email"
	LongestOfAll    Setting = "longest-suspension"
	WaitingTime     Setting = "waiting-time"
	WorkingTime     Setting = "working-hours"
	SupervisorsHear Setting = "supervisors-told"
)

// Settings lists them all.
var Settings = []Setting{SupervisorsHelp, BackupEmailRung, LongestOfAll, WaitingTime, WorkingTime, SupervisorsHear}

// Value returns a setting as a stable word: "yes" or "no", a number of hours
// ("24h"), or days and times ("mon,tue 09:00-17:00").
func (p RecoveryPolicy) Value(s Setting) string {
	switch s {
	case SupervisorsHelp:
		return yes(!p.SupervisorsBarred)
	case BackupEmailRung:
		return yes(!p.BackupEmailClosed)
	case LongestOfAll:
		return hours(p.Longest())
	case WaitingTime:
		return hours(p.Waiting())
	case WorkingTime:
		return p.Working().String()
	case SupervisorsHear:
		return yes(p.TellSupervisors)
	}
	return ""
}

// Changed returns the settings in which another policy differs, in their order.
func (p RecoveryPolicy) Changed(to RecoveryPolicy) []Setting {
	var changed []Setting
	for _, s := range Settings {
		if p.Value(s) != to.Value(s) {
			changed = append(changed, s)
		}
	}
	return changed
}

// Stamp returns what tells two policies apart, in one line.
func (p RecoveryPolicy) Stamp() string {
	var values []string
	for _, s := range Settings {
		values = append(values, p.Value(s))
	}
	return strings.Join(values, ";")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func hours(d time.Duration) string { return fmt.Sprintf("%dh", int(d.Hours())) }

// dayWords are the days by time.Weekday.
var dayWords = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Week lists the days of a week as it is shown, from Monday.
var Week = []time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// String writes the hours as "mon,tue,wed,thu,fri 09:00-17:00".
func (h WorkingHours) String() string {
	var days []string
	for _, day := range Week {
		if h.Days[day] {
			days = append(days, dayWords[day])
		}
	}
	return fmt.Sprintf("%s %s-%s", strings.Join(days, ","), MinuteText(h.From), MinuteText(h.To))
}

// ErrHours says that a text names no working hours.
var ErrHours = errors.New("not working hours")

// ParseWorkingHours returns the hours that String has written, or ErrHours.
func ParseWorkingHours(text string) (WorkingHours, error) {
	var h WorkingHours
	days, times, _ := strings.Cut(text, " ")
	for word := range strings.SplitSeq(days, ",") {
		i := slices.Index(dayWords[:], word)
		if i < 0 {
			return WorkingHours{}, ErrHours
		}
		h.Days[i] = true
	}
	from, to, _ := strings.Cut(times, "-")
	var err, other error
	h.From, err = ParseMinute(from)
	h.To, other = ParseMinute(to)
	if err != nil || other != nil || !h.Sound() {
		return WorkingHours{}, ErrHours
	}
	return h, nil
}

// ParseMinute returns "09:30", at most "24:00", as minutes since midnight, or
// ErrHours.
func ParseMinute(text string) (int, error) {
	if len(text) != 5 || text[2] != ':' || strings.Trim(text[:2]+text[3:], "0123456789") != "" {
		return 0, ErrHours
	}
	hour, minute := int(text[0]-'0')*10+int(text[1]-'0'), int(text[3]-'0')*10+int(text[4]-'0')
	if minute > 59 || hour*60+minute > 24*60 {
		return 0, ErrHours
	}
	return hour*60 + minute, nil
}

// Sound reports whether h has a day, and an end behind its beginning on that day.
func (h WorkingHours) Sound() bool {
	return h.Days != [7]bool{} && h.From >= 0 && h.From < h.To && h.To <= 24*60
}

// MinuteText writes minutes since midnight as "09:30".
func MinuteText(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
