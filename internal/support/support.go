// Package support carries cases between an administrator who is locked out and the
// agents of the desk: the conversation, the evidence, the verdict, and its end.
//
// It owns loading what a step needs, having it decided and saved, and seeing that
// what is over is destroyed. It refuses to decide (desk and ladder do), to look into
// a file itself (an Examiner does, in a process that can do no harm), and to show a
// claimant's page to a browser in which the password was not right.
package support

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors that a caller tells apart.
var (
	// ErrOver says that the sign-in from which a case is opened is over.
	ErrOver = errors.New("this sign-in is over")
	// ErrChanged says that somebody else changed what was decided about.
	ErrChanged = errors.New("it has changed meanwhile")
	// ErrWords says that a text is too long, empty or none.
	ErrWords = errors.New("a text of 1 to 4000 characters is needed")
)

// A Store is what cases need kept.
type Store interface {
	standing.Keeper
	Colleague(ctx context.Context, m org.MemberID) (standing.Colleague, error)
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
	DeskHours(ctx context.Context, now time.Time) (org.WorkingHours, error)
	NextCaseNumber(ctx context.Context, year int) (string, error)
	CaseBy(ctx context.Context, number string) (m org.MemberID, id string, err error)
	CaseIn(ctx context.Context, browser session.Hash, now time.Time) (number string, err error)
	Case(ctx context.Context, number string) (standing.Case, error)
	Entries(ctx context.Context, id string, after int64) ([]standing.Entry, error)
	CountEntries(ctx context.Context, id string, since time.Time) (written, files int, err error)
	Marks(ctx context.Context, id string) (claimant, desk standing.Marks, err error)
	Mark(ctx context.Context, id string, side standing.Side, m standing.Marks) error
	EvidenceOf(ctx context.Context, id string) ([]standing.Evidence, error)
	EvidencePage(ctx context.Context, id, evidence string, page int) ([]byte, error)
	ReceiptsOf(ctx context.Context, id string) ([]standing.Receipt, error)
	Queue(ctx context.Context) ([]standing.Queued, error)
	Agents(ctx context.Context, claimants org.OrganisationID) ([]standing.Agent, error)
	Overdue(ctx context.Context, d standing.Dues) ([]string, error)
	Undestroyed(ctx context.Context, d standing.Dues) ([]string, error)
	Traces(ctx context.Context, m org.MemberID) ([]standing.Trace, error)
	DeskFigures(ctx context.Context, since time.Time) (standing.DeskFigures, error)
	Watch(id string) (<-chan struct{}, func())
	Scrub(ctx context.Context) error
}

// A Service carries cases. It is safe for use by many.
type Service struct {
	Store   Store
	Now     func() time.Time
	Random  io.Reader
	NewID   func() string
	Zone    *time.Location
	Examine Examiner
	// Keep is how long evidence is kept after the end of a case.
	Keep time.Duration
	// For is who runs the desk: for whom a copy is made.
	For string
	// Mailbox returns the address that threads into a case; nil: the desk has none.
	Mailbox func(c standing.Case) org.Email
}

// refuse records a refusal of a step about a member, and returns it.
func (s *Service) refuse(ctx context.Context, scene standing.Scene, m org.MemberID, err error) error {
	r, ok := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, standing.ErrTaken):
		return ErrChanged
	case !ok:
		return err
	case r.Reason == ladder.StaleProof:
		return ladder.ErrStale
	case r.Reason == ladder.Unknown:
		return fmt.Errorf("%s: %w", r.Step, org.ErrNotFound)
	}
	if err := scene.Update(ctx, s.Store, m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Events: []audit.Event{{
			Kind: audit.RecoveryRefused, Reason: string(r.Reason), Facts: map[string]string{"step": string(r.Step)},
		}}}, nil
	}); err != nil {
		return err
	}
	return r
}

// parseText returns what a person wrote: no control characters but line ends, no marks
// that turn the direction of text, trimmed.
func parseText(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", ErrWords
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', !unicode.IsPrint(r) && !unicode.IsSpace(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > desk.MaxText {
		return "", ErrWords
	}
	return text, nil
}

// parseOnce returns what a browser drew for an entry, or nothing where it is none.
func parseOnce(once string) string {
	if len(once) > 64 || strings.Trim(once, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
		return ""
	}
	return once
}

// threaded gives the mails of a case that can be answered the address to answer to.
func (s *Service) threaded(c standing.Case, d standing.Decision) standing.Decision {
	for i, m := range d.Notices {
		if m.Kind == notice.CaseAnswer || m.Kind == notice.CaseOpened {
			d.Notices[i].Facts.Link = CasePath + c.Number
			if s.Mailbox != nil {
				d.Notices[i].Facts.Thread = notice.Thread{ReplyTo: s.Mailbox(c), References: "case-" + string(c.ID)}
			}
		}
	}
	return d
}

// CasePath begins the path of a claimant's page.
const CasePath = "/cases/"

// A Claim is a wish to open a case, from a sign-in whose password was right.
type Claim struct {
	Challenge session.Challenge
	Via       standing.Via
	Alone     bool // there are others, whom the claimant cannot reach
	Origin    audit.Origin
}

// Open opens a case, or takes up the one that lives, and returns its number and what
// the browser shows from now on. It returns ErrOver or a *ladder.Refusal.
func (s *Service) Open(ctx context.Context, c Claim) (number string, browser session.Token, err error) {
	helpers, err := s.Store.Helpers(ctx, c.Challenge.Member)
	if err != nil {
		return "", "", err
	}
	st, err := s.Store.Standing(ctx, c.Challenge.Member)
	if err != nil {
		return "", "", err
	}
	if st.Case.Lives() {
		browser, err = s.Return(ctx, st.Case.Number, c)
		return st.Case.Number, browser, err
	}
	if _, err := desk.Decide(st, desk.Step{Kind: desk.Open, Helpers: helpers}, s.Now()); err != nil {
		return "", "", s.refuse(ctx, s.asMember(st.Member.ID, c.Origin), st.Member.ID, err)
	}
	drawn, err := s.draw(ctx)
	if err != nil {
		return "", "", err
	}
	helpers = ladder.Able(st, helpers, s.Now())
	drawn.Begun, drawn.Alone = c.Via, c.Alone && len(helpers) > 0
	if browser, err = session.NewToken(s.Random); err != nil {
		return "", "", err
	}
	err = s.claim(ctx, c, desk.Step{Kind: desk.Open, Case: drawn, Browser: browser.Hash(), Helpers: helpers})
	return drawn.Number, browser, err
}

// draw draws what a new case has.
func (s *Service) draw(ctx context.Context) (c standing.Case, err error) {
	if c.Pin, err = factor.NewCasePin(s.Random); err != nil {
		return c, err
	}
	if c.Token, err = session.NewToken(s.Random); err != nil {
		return c, err
	}
	c.ID = s.NewID()
	c.Number, err = s.Store.NextCaseNumber(ctx, s.Now().In(s.Zone).Year())
	return c, err
}

// Return lets a browser in which the password was right show a case of the member
// again. It returns ErrOver, or an error wrapping org.ErrNotFound.
func (s *Service) Return(ctx context.Context, number string, c Claim) (session.Token, error) {
	st, err := s.Store.Standing(ctx, c.Challenge.Member)
	if err != nil {
		return "", err
	}
	if st.Case.ID == "" || st.Case.Number != number {
		return "", fmt.Errorf("case: %w", org.ErrNotFound)
	}
	browser, err := session.NewToken(s.Random)
	if err != nil {
		return "", err
	}
	return browser, s.claim(ctx, c, desk.Step{Kind: desk.Return, Browser: browser.Hash()})
}

// claim takes a step in a sign-in whose password was right.
func (s *Service) claim(ctx context.Context, c Claim, step desk.Step) error {
	scene := s.asMember(c.Challenge.Member, c.Origin)
	err := scene.Update(ctx, s.Store, c.Challenge.Member, func(st standing.Standing) (standing.Decision, error) {
		if !c.Challenge.Open(scene.Now) || st.Password.Set.After(c.Challenge.Created) || st.Password.Ended {
			return standing.Decision{}, ErrOver
		}
		d, err := desk.Decide(st, step, scene.Now)
		return s.threaded(step.Case, d), err
	})
	return s.refuse(ctx, scene, c.Challenge.Member, err)
}

func (s *Service) asMember(m org.MemberID, origin audit.Origin) standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: audit.Actor{Kind: audit.Member, Member: m}, Origin: origin, Random: s.Random}
}

func (s *Service) asProgram() standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: audit.Actor{Kind: audit.System}, Random: s.Random}
}

// A Talk is a conversation as one side sees it.
type Talk struct {
	Entries      []standing.Entry
	Mine, Theirs standing.Marks
	Evidence     []standing.Evidence
	LastSeq      int64
}

// A View is a case as its claimant sees it.
type View struct {
	Standing standing.Standing
	Case     standing.Case
	Helpers  []standing.Helper // the other administrators
	Evidence []standing.Evidence
	Mailbox  org.Email // empty: none
}

// Here returns the case with a number as the browser shows it in which the password
// was right, or an error wrapping org.ErrNotFound.
func (s *Service) Here(ctx context.Context, browser session.Token, number string) (View, error) {
	if browser == "" {
		return View{}, fmt.Errorf("case: %w", org.ErrNotFound)
	}
	here, err := s.Store.CaseIn(ctx, browser.Hash(), s.Now())
	if err != nil {
		return View{}, err
	}
	m, _, err := s.Store.CaseBy(ctx, here)
	if err != nil {
		return View{}, err
	}
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return View{}, err
	}
	if here != number || st.Case.Number != number {
		return View{}, fmt.Errorf("case: %w", org.ErrNotFound)
	}
	v := View{Standing: st, Case: st.Case}
	helpers, err := s.Store.Helpers(ctx, m)
	if err != nil {
		return View{}, err
	}
	v.Helpers = ladder.Able(st, helpers, s.Now())
	if st.Case.Destroyed.IsZero() {
		if v.Evidence, err = s.Store.EvidenceOf(ctx, st.Case.ID); err != nil {
			return View{}, err
		}
	}
	if s.Mailbox != nil {
		v.Mailbox = s.Mailbox(st.Case)
	}
	return v, nil
}

// Words are what somebody says in a case.
type Words struct {
	Text   string
	Once   string // drawn for it by whoever sends; may be empty
	Via    standing.Via
	Origin audit.Origin
}

func (w Words) entry() (standing.Entry, error) {
	text, err := parseText(w.Text)
	return standing.Entry{Text: text, Once: parseOnce(w.Once), Via: w.Via}, err
}

// Write adds what the claimant says. Sent twice with the same Once it is there once.
// It returns ErrWords or a *ladder.Refusal.
func (s *Service) Write(ctx context.Context, v View, w Words) error {
	entry, err := w.entry()
	if err != nil {
		return err
	}
	written, _, err := s.Store.CountEntries(ctx, v.Case.ID, s.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	return s.claimant(ctx, v, desk.Step{Kind: desk.Write, Entry: entry, Written: written}, w.Origin)
}

// Withdraw ends the case for the claimant.
func (s *Service) Withdraw(ctx context.Context, v View, origin audit.Origin) error {
	return s.claimant(ctx, v, desk.Step{Kind: desk.Withdraw, Keep: s.Keep}, origin)
}

// claimant takes a step of the claimant's.
func (s *Service) claimant(ctx context.Context, v View, step desk.Step, origin audit.Origin) error {
	scene := s.asMember(v.Standing.Member.ID, origin)
	err := scene.Update(ctx, s.Store, v.Standing.Member.ID, func(st standing.Standing) (standing.Decision, error) {
		if st.Case.ID != v.Case.ID {
			return standing.Decision{}, standing.ErrTaken
		}
		return desk.Decide(st, step, scene.Now)
	})
	return s.refuse(ctx, scene, v.Standing.Member.ID, err)
}

// Entries returns the conversation after an entry as a side sees it, and the marks of
// both.
func (s *Service) Entries(ctx context.Context, id string, side standing.Side, after int64) (Talk, error) {
	list, err := s.Store.Entries(ctx, id, after)
	if errors.Is(err, org.ErrNotFound) {
		list, err = nil, nil // it is destroyed
	}
	if err != nil {
		return Talk{}, err
	}
	t := Talk{LastSeq: after}
	for _, e := range list {
		t.LastSeq = e.Seq
	}
	claimant, ours, err := s.Store.Marks(ctx, id)
	if err != nil {
		return Talk{}, err
	}
	t.Mine, t.Theirs = claimant, ours
	if side == standing.Desks {
		t.Mine, t.Theirs = ours, claimant
	} else {
		list = slices.DeleteFunc(list, standing.Entry.Inner)
	}
	t.Entries = list
	return t, nil
}

// Mark notes how far a side has had and read the conversation.
func (s *Service) Mark(ctx context.Context, id string, side standing.Side, m standing.Marks) error {
	return s.Store.Mark(ctx, id, side, m)
}

// Watch is told of changes to a case; see store.Watch.
func (s *Service) Watch(id string) (<-chan struct{}, func()) { return s.Store.Watch(id) }

// BrowserTime is how long a browser shows a case after the password.
const BrowserTime = desk.BrowserTime

// Brief returns what a person wrote in one line, or nothing where it is none.
func Brief(text string) string {
	note, err := audit.ParseNote(text)
	if err != nil {
		return ""
	}
	return note
}

// Hours returns when somebody is at the desk: its working hours.
func (s *Service) Hours(ctx context.Context) (org.WorkingHours, error) {
	return s.Store.DeskHours(ctx, s.Now())
}
