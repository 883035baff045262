// Package org holds who people are: organisations, their teams and members,
// and the roles that follow from them.
//
// It owns the rules that make such a value valid and the words for them. It
// refuses to know how a member signs in, where anything is stored, and what
// time it is.
package org

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrNotFound is wrapped by every error that says an organisation, team or
// member does not exist, or not within the organisation that asked.
var ErrNotFound = errors.New("not found")

// IDs are opaque, unique over the whole installation and safe in a URL.
type (
	OrganisationID string
	TeamID         string
	MemberID       string
)

// Plan is what a customer pays for. Everything in this product is on every plan.
type Plan string

// The plans.
const (
	Free    Plan = "free"
	Basic   Plan = "basic"
	Premium Plan = "premium"
)

// Kind tells a customer from the desk, the organisation of those who run the
// installation and help administrators who are locked out.
type Kind string

// The kinds of organisation.
const (
	Customer Kind = "customer"
	Desk     Kind = "desk"
)

// Holds reports whether an organisation of kind k has members with role r among
// those that are stored.
func (k Kind) Holds(r Role) bool {
	switch r {
	case Employee, Administrator:
		return k == Customer
	case Agent, Lead:
		return k == Desk
	}
	return false
}

// Language is a language that pages and mails speak, as a BCP 47 tag.
type Language string

// The languages. The zero Language means "not chosen".
const (
	Dutch   Language = "nl"
	English Language = "en"
)

// ParseLanguage returns the language that tag names, or false.
func ParseLanguage(tag string) (Language, bool) {
	switch l := Language(tag); l {
	case Dutch, English:
		return l, true
	}
	return "", false
}

// An MFAPolicy says whether an organisation forces its members to have MFA.
// The zero policy forces nobody.
type MFAPolicy struct {
	Forced bool
	// ForcedSince is when forcing last went on. It stays when forcing goes off:
	// what forcing has ended does not come back.
	ForcedSince time.Time
	// ForcedBy is the administrator who turned it on then; empty: the operator.
	ForcedBy   MemberID
	GraceUntil time.Time // first set-up may wait until then; zero: no grace
	// OffUntil is the instant until which forcing is off for a while; then it comes
	// back by itself. Zero: it is not off.
	OffUntil time.Time
}

// Organisation is a customer, or the desk.
type Organisation struct {
	ID       OrganisationID
	Name     string
	Kind     Kind
	Plan     Plan
	KvK      KvK
	Language Language
	MFA      MFAPolicy
	// Policy says how members get back in, and NextPolicy how from NextFrom on;
	// a zero NextFrom: nothing else is coming. Recovery answers which one holds.
	Policy, NextPolicy RecoveryPolicy
	NextFrom           time.Time
	// RememberFrom is the instant from which members may have a device remembered;
	// zero: they may not.
	RememberFrom time.Time
	Created      time.Time
}

// Remembers reports whether members of o may have a device remembered at now.
// The desk never allows it: its members help others in.
func (o Organisation) Remembers(now time.Time) bool {
	return o.Kind != Desk && !o.RememberFrom.IsZero() && !now.Before(o.RememberFrom)
}

// Enforces reports whether o forces MFA at now, whether or not its grace is over:
// then nobody's MFA is disabled. The desk always does.
func (o Organisation) Enforces(now time.Time) bool {
	return o.Kind == Desk || o.MFA.Forced && !now.Before(o.MFA.OffUntil)
}

// Forces reports whether a member of o must have MFA at now. The desk always
// forces it, without grace.
func (o Organisation) Forces(now time.Time) bool {
	return o.Kind == Desk || o.Enforces(now) && !now.Before(o.MFA.GraceUntil)
}

// EnforcedSince returns when forcing last came into force up to now: what was
// given before is over, also when forcing has gone off since. It is the zero
// Time if it never did.
func (p MFAPolicy) EnforcedSince(now time.Time) time.Time {
	if p.Forced && p.OffUntil.After(p.ForcedSince) && !now.Before(p.OffUntil) {
		return p.OffUntil
	}
	return p.ForcedSince
}

// Paused reports whether forcing is off for a while at now.
func (p MFAPolicy) Paused(now time.Time) bool { return p.Forced && now.Before(p.OffUntil) }

// On returns the policy with forcing on from now, and a grace for the first set-up.
// Who turned it on is left to the caller.
func (p MFAPolicy) On(now time.Time, grace time.Duration) MFAPolicy {
	p = MFAPolicy{Forced: true, ForcedSince: now}
	if grace > 0 {
		p.GraceUntil = now.Add(grace)
	}
	return p
}

// Off returns the policy with forcing off from now.
func (p MFAPolicy) Off(now time.Time) MFAPolicy {
	return MFAPolicy{ForcedSince: p.EnforcedSince(now), ForcedBy: p.ForcedBy}
}

// Pause returns the policy with forcing off from now until an instant.
func (p MFAPolicy) Pause(now, until time.Time) MFAPolicy {
	p.ForcedSince, p.OffUntil = p.EnforcedSince(now), until
	return p
}

// A Team is a department. Whoever supervises one is a supervisor.
type Team struct {
	ID           TeamID
	Organisation OrganisationID
	Name         string
}

// State is where a membership stands.
type State string

// The states of a membership. Only an active member signs in.
const (
	Invited     State = "invited"
	Active      State = "active"
	Deactivated State = "deactivated"
)

// Role is what a member may be asked to answer for. Employee and Administrator
// are stored; Supervisor follows from supervising a team; Agent and Lead are
// members of the desk.
type Role string

// The roles.
const (
	Employee      Role = "employee"
	Supervisor    Role = "supervisor"
	Administrator Role = "administrator"
	Agent         Role = "agent"
	Lead          Role = "lead"
)

// Above reports whether role r may do more than other.
func (r Role) Above(other Role) bool { return r.rank() > other.rank() }

func (r Role) rank() int {
	switch r {
	case Administrator, Lead:
		return 2
	case Supervisor:
		return 1
	}
	return 0
}

// A Member is one person in one organisation. The same person in two
// organisations is two members.
type Member struct {
	ID           MemberID
	Organisation OrganisationID
	Team         TeamID // empty: in no team
	Name         string
	Email        Email
	Phone        string // as typed; empty: none on file
	Language     Language
	State        State
	Stored       Role // Employee, Administrator, Agent or Lead
	Supervises   bool // supervises at least one team
	Created      time.Time
}

// Role returns the highest role the member holds.
func (m Member) Role() Role {
	if m.Stored == Employee && m.Supervises {
		return Supervisor
	}
	return m.Stored
}

// Email is an address in the form in which it is compared: trimmed, in Unicode
// NFC and lower case. It hides itself from logs; a page or a mail takes the
// text with string(e).
type Email string

// MaxEmail is the longest address taken, in bytes (RFC 5321, section 4.5.3.1.3,
// a path of 256 octets less its two brackets).
const MaxEmail = 254

// ErrEmail says that a text is no e-mail address.
var ErrEmail = errors.New("not an e-mail address")

// ParseEmail returns text as an address, or an error wrapping ErrEmail. It
// takes what mail really uses, one @ with a dot-atom before it and a domain
// with a dot behind it, and refuses quoted local parts, address literals,
// spaces, control characters and marks that turn the direction of text.
func ParseEmail(text string) (Email, error) {
	if !utf8.ValidString(text) {
		return "", ErrEmail
	}
	// Lower case first: it may be longer.
	text = strings.ToLower(norm.NFC.String(strings.TrimSpace(text)))
	if len(text) > MaxEmail {
		return "", ErrEmail
	}
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || len(local) > 64 || strings.Contains(domain, "@") {
		return "", ErrEmail
	}
	for _, r := range text {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"(),:;<>[\]`, r) {
			return "", ErrEmail
		}
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(text, "..") {
		return "", ErrEmail
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return "", ErrEmail
	}
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", ErrEmail
		}
	}
	return Email(text), nil
}

// Masked returns the address with all but the first letter of its local part
// and its domain's last label hidden: "a…@…nl".
func (e Email) Masked() string {
	local, domain, _ := strings.Cut(string(e), "@")
	first, _ := utf8.DecodeRuneInString(local)
	if first == utf8.RuneError {
		return "…"
	}
	return fmt.Sprintf("%c…@…%s", first, domain[strings.LastIndex(domain, ".")+1:])
}

// String returns the masked address, so that none reaches a log or an error.
func (e Email) String() string { return e.Masked() }

// GoString hides the address from %#v.
func (e Email) GoString() string { return `org.Email("` + e.Masked() + `")` }

// KvK is a number in the Dutch Chamber of Commerce's register: 8 digits.
type KvK string

// ErrKvK says that a text is no Chamber-of-Commerce number.
var ErrKvK = errors.New("a Chamber-of-Commerce number has 8 digits")

// ParseKvK returns text as a number, or ErrKvK. Spaces and dots are dropped.
func ParseKvK(text string) (KvK, error) {
	text = strings.NewReplacer(" ", "", ".", "").Replace(text)
	if len(text) != 8 || strings.Trim(text, "0123456789") != "" {
		return "", ErrKvK
	}
	return KvK(text), nil
}

// MaxName is the longest name taken, in characters.
const MaxName = 120

// ErrName says that a text can be no name of a person, team or organisation.
var ErrName = errors.New("a name has 1 to 120 printable characters")

// ParseName returns text as a name: trimmed, in NFC, runs of spaces folded.
// It returns ErrName where nothing is left, where it is longer than MaxName,
// and where it holds control characters or marks that turn the direction of
// text, which could make a name read as another.
func ParseName(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", ErrName
	}
	text = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	if text == "" || utf8.RuneCountInString(text) > MaxName {
		return "", ErrName
	}
	for _, r := range text {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return "", ErrName
		}
	}
	return text, nil
}

// FoldName returns the form in which names of teams are compared: two that differ
// in nothing but upper and lower case are one.
func FoldName(name string) string { return strings.ToLower(norm.NFC.String(name)) }
