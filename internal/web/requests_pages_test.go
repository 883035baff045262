package web_test

import (
	"testing"
	"time"
)

func TestTheOldestRequestIsReachedThroughTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	oldest := bob.called()
	for range 100 {
		s.clock.move(time.Millisecond)
		bob.called()
	}
	b := ada.inside()
	link := `a[href="` + requestPath(oldest) + `"]`
	b.open("/requests").is(200, "requests.title").hasNot(link).has(`a[href="/requests?skip=100"]`)
	b.open("/requests?skip=100").is(200, "requests.title").has(link).has(`a[href="/requests"]`)
	b.open("/requests?skip=-1").is(200, "requests.title").hasNot(link)
}
