package words

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// An Account is one event of the log in words.
type Account struct {
	Who, Whom string   // names, or what stands for one; Whom empty where it concerns nobody
	Sentence  string   // ends in a full stop
	Details   []Detail // why, and the facts, in a fixed order
	// Unsaid counts the facts, and the reason, for which there are no words. An
	// id that people know nothing by is not counted.
	Unsaid int
}

// A Detail is one fact in words: "Until", "3 March 2026, 14:05".
type Detail struct{ Name, Value string }

// Tell tells of an event in words. Names are those of the members it speaks of;
// of whom there is no name, it says that they are no longer here. What has no
// words is never shown as it is kept.
func (v *Voice) Tell(e audit.Event, names map[org.MemberID]string) Account {
	who, whom := v.actor(e.Actor, names), v.Say("who.nobody")
	a := Account{Who: capital(who)}
	if e.Subject != "" {
		whom = v.member(e.Subject, names)
		a.Whom = capital(whom)
	}
	self := e.Actor.Member != "" && e.Actor.Member == e.Subject
	sentence, ok := v.said("event."+string(e.Kind), "Who", who, "Whom", whom, "Self", self, "Named", e.Subject != "")
	if !ok {
		sentence = v.Say("event.unknown")
		a.Unsaid++
	}
	a.Sentence = capital(sentence)
	v.tellWhy(&a, e)
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		v.tellFact(&a, e, name, names)
	}
	if e.Origin.Note != "" {
		a.Details = append(a.Details, Detail{v.Say("detail.in-words"), e.Origin.Note})
	}
	return a
}

// capital returns text with a capital.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (v *Voice) actor(a audit.Actor, names map[org.MemberID]string) string {
	switch a.Kind {
	case audit.Member:
		return v.member(a.Member, names)
	case audit.Operator, audit.System:
		return v.Say("who." + string(a.Kind))
	}
	return v.Say("who.stranger")
}

func (v *Voice) member(id org.MemberID, names map[org.MemberID]string) string {
	if name := names[id]; name != "" {
		return name
	}
	return v.Say("who.former")
}

func (v *Voice) tellWhy(a *Account, e audit.Event) {
	if e.Reason == "" {
		return
	}
	if e.Kind == audit.MailFailed {
		return // its reason is which mail it was: its subject may name people
	}
	why, ok := v.said("why." + string(e.Kind) + "." + e.Reason)
	if !ok {
		why, ok = v.said("why." + e.Reason)
	}
	if !ok {
		a.Unsaid++
		return
	}
	a.Details = append(a.Details, Detail{v.Say("detail.why"), why})
}

// unspoken are facts that are ids: they tell people nothing.
var unspoken = map[string]bool{"authenticator": true, "device": true, "team": true, "request": true}

// asWritten are facts that are names of teams, numbers of cases and checksums, and
// people are facts that are members of the desk.
var (
	asWritten = map[string]bool{"team-name": true, "team-was": true, "case": true, "sha256": true}
	people    = map[string]bool{audit.MemberFact: true, "agent": true, "first": true, "second": true}
)

func (v *Voice) tellFact(a *Account, e audit.Event, name string, names map[org.MemberID]string) {
	value := e.Facts[name]
	if unspoken[name] || value == "" {
		return
	}
	label, ok := v.said("fact." + string(e.Kind) + "." + name)
	if !ok {
		label, ok = v.said("fact." + name)
	}
	said, known := v.value(value)
	if people[name] {
		said, known = v.member(org.MemberID(value), names), true
	}
	if asWritten[name] {
		said, known = value, true
	}
	if !ok || !known {
		a.Unsaid++
		return
	}
	a.Details = append(a.Details, Detail{label, said})
}

// value writes a fact: a moment, a count of at most 12 digits, hours, working hours,
// a stable word, or what two of them changed from and to.
func (v *Voice) value(text string) (string, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return v.Moment(at), true
	}
	if len(text) <= 12 && strings.Trim(text, "0123456789") == "" {
		return text, true
	}
	if was, is, ok := strings.Cut(text, "→"); ok {
		before, known := v.value(was)
		after, too := v.value(is)
		return v.Say("setting.change", "Was", before, "Is", after), known && too
	}
	if hours, ok := strings.CutSuffix(text, "h"); ok && len(hours) <= 4 && strings.Trim(hours, "0123456789") == "" {
		d, err := time.ParseDuration(text)
		return v.Span(d), err == nil
	}
	if hours, err := org.ParseWorkingHours(text); err == nil {
		return v.Hours(hours), true
	}
	return v.said("word." + text)
}

// said is Say, but reports false where there is no such sentence.
func (v *Voice) said(id string, args ...any) (string, bool) {
	text := v.Say(id, args...)
	return text, text != "["+id+"]"
}
