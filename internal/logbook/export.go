package logbook

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/words"
)

// A Format is the form of an export.
type Format string

// The formats.
const (
	CSV       Format = "csv"   // RFC 4180, UTF-8 with a byte order mark
	JSONLines Format = "jsonl" // one JSON object a line, UTF-8
)

// ParseFormat returns the format that text names, or false.
func ParseFormat(text string) (Format, bool) {
	f := Format(text)
	return f, f == CSV || f == JSONLines
}

// exportBatch is how many events are held in memory at once.
const exportBatch = 500

// An Order says what is to be exported, and how.
type Order struct {
	Search audit.Search // Organisation is set by Export
	Format Format
	Voice  *words.Voice // says the sentences
	Origin audit.Origin // where the export is asked for
}

// Begin checks that who may export and has proved themselves lately, and records
// that they do. It returns what then writes the export: the newest event first,
// up to those recorded by then, and nothing but a batch of it in memory. Begin
// returns ladder.ErrStale, and errors as Page.
func (s *Service) Begin(ctx context.Context, who standing.Colleague, o Order) (write func(context.Context, io.Writer) error, err error) {
	if err := s.may(who); err != nil {
		return nil, err
	}
	now := s.Now()
	if !ladder.Fresh(standing.Standing{Member: who.Member, Organisation: who.Organisation, Status: who.Status, MFASince: who.MFASince}, who.Session, now) {
		return nil, ladder.ErrStale
	}
	o.Search.Organisation = who.Organisation.ID
	if err := s.Store.Record(ctx, exported(who, o, now)); err != nil {
		return nil, err
	}
	if end := now.Add(time.Millisecond); o.Search.Until.IsZero() || o.Search.Until.After(end) {
		o.Search.Until = end // what happens from now on would make it endless
	}
	return func(ctx context.Context, w io.Writer) error { return s.write(ctx, o, w) }, nil
}

// exported is the event of an export. Whom the search was about is the subject;
// who acted a fact, which is told by name.
func exported(who standing.Colleague, o Order, now time.Time) audit.Event {
	facts := map[string]string{"format": string(o.Format)}
	for name, value := range map[string]string{
		"group": string(o.Search.Group), "by": string(o.Search.By), audit.MemberFact: string(o.Search.Who),
		"since": instant(o.Search.From), "until": instant(o.Search.Until),
	} {
		if value != "" {
			facts[name] = value
		}
	}
	return audit.Event{
		Kind: audit.LogExported, At: now, Organisation: who.Organisation.ID, Subject: o.Search.Whom,
		Actor: audit.Actor{Kind: audit.Member, Member: who.Member.ID}, Facts: facts, Origin: o.Origin,
	}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// A writer writes events in one format.
type writer interface {
	write(e audit.Event, names map[org.MemberID]string) error
	flush() error
}

func (s *Service) write(ctx context.Context, o Order, to io.Writer) error {
	var out writer
	if o.Format == CSV {
		table, err := newTable(to, o.Voice)
		if err != nil {
			return err
		}
		out = table
	} else {
		out = &lines{json.NewEncoder(to), o.Voice}
	}
	place := audit.Place{}
	for {
		found, err := s.Store.SearchLog(ctx, o.Search, place, exportBatch)
		if err != nil {
			return err
		}
		members, err := s.members(ctx, o.Search, found.Events)
		if err != nil {
			return err
		}
		names := namesOf(members)
		for _, e := range found.Events {
			if err := out.write(e, names); err != nil {
				return fmt.Errorf("write export: %w", err)
			}
		}
		if err := out.flush(); err != nil {
			return fmt.Errorf("write export: %w", err)
		}
		if found.Next == (audit.Place{}) {
			return nil
		}
		place = found.Next
	}
}

// A table writes CSV.
type table struct {
	to    *csv.Writer
	voice *words.Voice
}

// columns are those of the table, by the ids of their headings: "column.ID".
var columns = []string{"at", "kind", "sentence", "who", "whom", "details", "browser", "address", "seal", "id"}

func newTable(to io.Writer, voice *words.Voice) (*table, error) {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	t := &table{csv.NewWriter(to), voice}
	t.to.UseCRLF = true
	heading := make([]string, len(columns))
	for i, c := range columns {
		heading[i] = voice.Say("column." + c)
	}
	return t, t.to.Write(heading)
}

func (t *table) write(e audit.Event, names map[org.MemberID]string) error {
	told := t.voice.Tell(e, names)
	var details []string
	for _, d := range told.Details {
		details = append(details, d.Name+": "+d.Value)
	}
	from := [2]string{e.Origin.Browser, e.Origin.Address}
	if e.Erased {
		from = [2]string{t.voice.Say("column.erased"), t.voice.Say("column.erased")}
	}
	seal := t.voice.Say("column.waits")
	switch {
	case e.NotGenuine:
		seal = t.voice.Say("column.not-genuine")
	case e.Sealed:
		seal = strconv.FormatInt(e.Index, 10)
	}
	return t.to.Write(harmless([]string{
		e.At.UTC().Format(time.RFC3339Nano), string(e.Kind), told.Sentence, told.Who, told.Whom, strings.Join(details, "; "), from[0], from[1], seal, e.ID,
	}))
}

func (t *table) flush() error {
	t.to.Flush()
	return t.to.Error()
}

// harmless puts an apostrophe before each cell that a spreadsheet would take for a
// formula.
func harmless(cells []string) []string {
	for i, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	return cells
}

// lines writes JSON Lines.
type lines struct {
	to    *json.Encoder
	voice *words.Voice
}

// A line is one event as JSON Lines has it. The names are those that `sparekey
// audit list --json` uses for the same.
type line struct {
	ID          string            `json:"id"`
	At          time.Time         `json:"at"`
	Kind        audit.Kind        `json:"kind"`
	Sentence    string            `json:"sentence"`
	Actor       audit.ActorKind   `json:"actor"`
	ActorMember org.MemberID      `json:"actorMember,omitempty"`
	ActorName   string            `json:"actorName,omitempty"`
	Subject     org.MemberID      `json:"subject,omitempty"`
	SubjectName string            `json:"subjectName,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
	Origin      audit.Origin      `json:"origin,omitzero"`
	Erased      bool              `json:"originErased,omitempty"`
	NotGenuine  bool              `json:"notGenuine,omitempty"` // nothing in it can be relied on
	LeafIndex   *int64            `json:"leafIndex,omitempty"`  // none: not sealed yet
}

func (l *lines) write(e audit.Event, names map[org.MemberID]string) error {
	out := line{
		ID: e.ID, At: e.At, Kind: e.Kind, Sentence: l.voice.Tell(e, names).Sentence, Actor: e.Actor.Kind, ActorMember: e.Actor.Member,
		ActorName: names[e.Actor.Member], Subject: e.Subject, SubjectName: names[e.Subject], Reason: e.Reason, Facts: e.Facts,
		Origin: e.Origin, Erased: e.Erased, NotGenuine: e.NotGenuine,
	}
	if e.Sealed {
		out.LeafIndex = &e.Index
	}
	return l.to.Encode(out)
}

func (l *lines) flush() error { return nil }
