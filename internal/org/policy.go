package org

import "time"

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
