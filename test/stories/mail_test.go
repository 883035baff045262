package stories_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// A letter is a mail as it arrived.
type letter struct {
	At                time.Time
	To, Subject, Text string
	Links             []string
}

// A mailReader returns every mail that arrived, the oldest first.
type mailReader func() ([]letter, error)

// mailed waits for a mail of a kind to an address that no step has read yet.
// It may be in any language.
func (s *site) mailed(to string, kind notice.Kind) letter {
	s.t.Helper()
	var subjects []string
	for _, l := range words.Languages {
		subjects = append(subjects, words.Speak(l, nil).Say("mail."+string(kind)+".subject", "Name", anything, "Org", anything, "Until", anything, "Case", anything))
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		letters, err := s.post()
		s.must(err)
		for i, l := range letters {
			key := fmt.Sprint(i)
			if l.To == to && !s.read[key] && fits(l.Subject, subjects) {
				s.read[key] = true
				return l
			}
		}
		if time.Now().After(deadline) {
			var there []string
			for _, l := range letters {
				there = append(there, l.To+": "+l.Subject)
			}
			s.t.Fatalf("no mail %s to %s. There are:\n%s", kind, to, strings.Join(there, "\n"))
		}
	}
}

// fits reports whether a subject is one of some.
func fits(subject string, among []string) bool {
	for _, one := range among {
		if contains(subject, one) {
			return true
		}
	}
	return false
}

var mailedCode = regexp.MustCompile(`(?m)^\s*(\d{4} \d{4})\s*$`)

// code returns the code in a mail.
func (s *site) code(to string, kind notice.Kind) string {
	s.t.Helper()
	l := s.mailed(to, kind)
	found := mailedCode.FindStringSubmatch(l.Text)
	if found == nil {
		s.t.Fatalf("no code in this mail:\n%s", l.Text)
	}
	return found[1]
}

// link returns the link in a mail that leads to a page of ours.
func (s *site) link(to string, kind notice.Kind, path string) string {
	s.t.Helper()
	l := s.mailed(to, kind)
	for _, link := range l.Links {
		if strings.HasPrefix(link, s.url+path) {
			return strings.TrimPrefix(link, s.url)
		}
	}
	s.t.Fatalf("no link to %s in this mail:\n%s", path, l.Text)
	return ""
}

var (
	english = words.Speak(org.English, nil)
	dutch   = words.Speak(org.Dutch, nil)
)
