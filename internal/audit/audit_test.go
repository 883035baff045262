package audit

import (
	"bytes"
	"testing"
	"time"
)

func event() Event {
	return Event{
		ID: "1", At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Kind: SignedIn, Organisation: "bakery",
		Actor: Actor{Kind: Member, Member: "eva"}, Subject: "eva", Reason: "factor", Facts: map[string]string{"a": "1", "b": "2"},
		Origin: Origin{Address: "192.0.2.7", Browser: "Firefox on Linux"},
	}
}

func leaf(e Event, hash []byte) []byte {
	entry := NewEntry(e, nil)
	entry.PersonalHash = hash
	return entry.Leaf(nil)
}

func TestALeafCoversEveryFieldButTheOrigin(t *testing.T) {
	hash := PersonalHash([]byte("salt"), event().Origin)
	want := leaf(event(), hash)
	if !bytes.Equal(want, leaf(event(), hash)) || want[0] != 1 {
		t.Fatal("the same event has another leaf, or another version")
	}
	for name, change := range map[string]func(*Event){
		"id": func(e *Event) { e.ID = "2" }, "instant": func(e *Event) { e.At = e.At.Add(time.Millisecond) }, "kind": func(e *Event) { e.Kind = SignedOut },
		"organisation": func(e *Event) { e.Organisation = "mill" }, "kind of actor": func(e *Event) { e.Actor.Kind = System },
		"actor": func(e *Event) { e.Actor.Member = "bram" }, "subject": func(e *Event) { e.Subject = "bram" }, "reason": func(e *Event) { e.Reason = "password" },
		"a fact": func(e *Event) { e.Facts = map[string]string{"a": "1", "b": "3"} }, "a fact's name": func(e *Event) { e.Facts = map[string]string{"a": "1", "c": "2"} },
		"fewer facts":                           func(e *Event) { e.Facts = map[string]string{"a": "1"} },
		"text moved from one field to the next": func(e *Event) { e.Organisation, e.Actor.Kind = "baker", "ymember" },
	} {
		e := event()
		change(&e)
		if bytes.Equal(leaf(e, hash), want) {
			t.Errorf("%s: the leaf is the same", name)
		}
	}
	erased := event()
	erased.Origin = Origin{}
	if !bytes.Equal(leaf(erased, hash), want) {
		t.Error("without its origin the event has another leaf")
	}
	if bytes.Contains(want, []byte("192.0.2.7")) || bytes.Contains(want, []byte("Firefox")) {
		t.Error("the leaf holds the origin")
	}
	elsewhere := event()
	elsewhere.At = elsewhere.At.In(time.FixedZone("", 3600))
	if !bytes.Equal(leaf(elsewhere, hash), want) {
		t.Error("the same instant in another zone has another leaf")
	}
}

func TestAPersonalHashHangsOnSaltAndOrigin(t *testing.T) {
	o := event().Origin
	hash := PersonalHash([]byte("0123456789abcdef"), o)
	for name, other := range map[string][]byte{
		"salt": PersonalHash([]byte("0123456789abcdeg"), o), "address": PersonalHash([]byte("0123456789abcdef"), Origin{Address: "192.0.2.8", Browser: o.Browser}),
		"browser": PersonalHash([]byte("0123456789abcdef"), Origin{Address: o.Address}), "swapped": PersonalHash([]byte("0123456789abcdef"), Origin{Address: o.Browser, Browser: o.Address}),
		"note": PersonalHash([]byte("0123456789abcdef"), Origin{Address: o.Address, Browser: o.Browser, Note: "x"}),
	} {
		if bytes.Equal(hash, other) {
			t.Errorf("%s changes nothing", name)
		}
	}
	salt := make([]byte, 16, 64)
	a := PersonalHash(salt, o)
	if !bytes.Equal(a, PersonalHash(salt, o)) || !bytes.Equal(salt[:cap(salt)], make([]byte, 64)) {
		t.Error("it writes behind its salt")
	}
}
