package audit

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// An Entry is an event as it is kept, column by column: what a seal covers is
// made of these very texts, so that nothing is lost or mended in between.
type Entry struct {
	ID           string
	UnixMilli    int64 // when
	Kind         string
	Organisation string
	ActorKind    string
	ActorMember  string
	Subject      string
	Reason       string
	Facts        string // JSON; keys sorted
	Origin       string // JSON; empty once erased
	Salt         []byte // 16 random bytes; empty once erased
	PersonalHash []byte // as PersonalHash returns

	MAC     []byte // ledger.Keys makes it
	Index   int64  // in the sealed log, from 0; Unsealed if it is not there yet
	Waiting bool   // to be sealed; one that is neither sealed nor waiting was refused
}

// Unsealed is the index of an entry that is not in the sealed log.
const Unsealed int64 = -1

// NewEntry returns e as it is kept, unsealed and without a MAC. Salt is 16
// random bytes of its own.
func NewEntry(e Event, salt []byte) Entry {
	origin := asJSON(e.Origin)
	return Entry{
		ID: e.ID, UnixMilli: e.At.UnixMilli(), Kind: string(e.Kind), Organisation: string(e.Organisation),
		ActorKind: string(e.Actor.Kind), ActorMember: string(e.Actor.Member), Subject: string(e.Subject), Reason: e.Reason,
		Facts: asJSON(e.Facts), Origin: origin, Salt: salt, PersonalHash: personalHash(salt, origin), Index: Unsealed, Waiting: true,
	}
}

// leafVersion is the first byte of a leaf: the version of its form.
const leafVersion = 1

// Leaf appends to to the bytes of e that a seal covers: every field but the
// origin, which it holds as its personal hash. Each field is preceded by its
// length, so no two entries share a leaf.
func (e *Entry) Leaf(to []byte) []byte {
	to = append(to, leafVersion)
	to = field(to, e.ID)
	to = field(to, strconv.FormatInt(e.UnixMilli, 10))
	for _, text := range [...]string{e.Kind, e.Organisation, e.ActorKind, e.ActorMember, e.Subject, e.Reason, e.Facts} {
		to = field(to, text)
	}
	to = binary.AppendUvarint(to, uint64(len(e.PersonalHash)))
	return append(to, e.PersonalHash...)
}

func field(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// Erased reports whether the personal part of e was erased.
func (e *Entry) Erased() bool { return e.Origin == "" && len(e.Salt) == 0 }

// BeforeFact is the fact of an OriginsErased event that says of which events,
// those before an instant (RFC 3339), the origin was erased.
const BeforeFact = "before"

// ErasedBefore returns the instant, in unix milliseconds and exclusive, until
// which an OriginsErased event says that origins were erased; false if e is none.
func (e *Entry) ErasedBefore() (unixMilli int64, ok bool) {
	var facts map[string]string
	if e.Kind != string(OriginsErased) || json.Unmarshal([]byte(e.Facts), &facts) != nil {
		return 0, false
	}
	before, err := time.Parse(time.RFC3339, facts[BeforeFact])
	return before.UnixMilli(), err == nil
}

// FactsText returns the facts of e in one line, sorted by name.
func (e *Entry) FactsText() string {
	var facts map[string]string
	if json.Unmarshal([]byte(e.Facts), &facts) != nil {
		return ""
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		words = append(words, name+"="+facts[name])
	}
	return strings.Join(words, " ")
}

// Event returns e as what happened. It reports false where its facts or its
// origin are no JSON; the rest is there then.
func (e *Entry) Event() (Event, bool) {
	event := Event{
		ID: e.ID, At: time.UnixMilli(e.UnixMilli).UTC(), Kind: Kind(e.Kind), Organisation: org.OrganisationID(e.Organisation),
		Actor: Actor{ActorKind(e.ActorKind), org.MemberID(e.ActorMember)}, Subject: org.MemberID(e.Subject), Reason: e.Reason,
		Sealed: e.Index != Unsealed, Erased: e.Erased(),
	}
	if event.Sealed {
		event.Index = e.Index
	}
	err := json.Unmarshal([]byte(e.Facts), &event.Facts)
	if err == nil && e.Origin != "" {
		err = json.Unmarshal([]byte(e.Origin), &event.Origin)
	}
	return event, err == nil
}

// FitsOrigin reports whether the origin of e is the one that was recorded. That
// of an erased one fits.
func (e *Entry) FitsOrigin() bool {
	return e.Erased() || subtle.ConstantTimeCompare(personalHash(e.Salt, e.Origin), e.PersonalHash) == 1
}

// PersonalHash returns the hash under which the personal part of an event is
// sealed: SHA-256 of salt and the canonical JSON of the origin. Salt is 16
// random bytes, erased with the origin.
func PersonalHash(salt []byte, o Origin) []byte { return personalHash(salt, asJSON(o)) }

func personalHash(salt []byte, origin string) []byte {
	sum := sha256.Sum256(append(append(make([]byte, 0, len(salt)+len(origin)), salt...), origin...))
	return sum[:]
}

// asJSON returns strings, or a map of them, as JSON; keys come sorted.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("audit: facts and origins are strings: " + err.Error())
	}
	return string(text)
}
