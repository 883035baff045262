package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
)

const (
	casePath     = support.CasePath
	caseBegin    = "/mfa/desk"
	caseCookie   = "sparekey-case"
	maxEvidence  = 20 << 20 // bytes of a file that is brought, and its form
	filePatience = 3 * time.Minute
)

// deskPhone is the number of the desk, and whether somebody is there at now or from
// when on.
func (s *Server) deskPhone(v *visit) (phone string, there bool, from time.Time, err error) {
	hours, err := s.flows.Support.Hours(v.r.Context())
	if err != nil {
		return "", false, time.Time{}, err
	}
	now := s.options.Now()
	there, from = hours.At(now, v.zone())
	return s.options.Support.Phone, there, from, nil
}

// beginCasePage answers GET /mfa/desk.
func (s *Server) beginCasePage(v *visit) error { return s.showBegin(v, http.StatusOK, Problem{}, nil) }

func (s *Server) showBegin(v *visit, status int, problem Problem, refused *ladder.Refusal) error {
	ways, err := s.flows.Recovery.Ways(v.r.Context(), v.standing)
	if err != nil {
		return err
	}
	page := CaseBegin{Frame: v.frame(), Mail: s.flows.Support.Mailbox != nil}
	page.Path, page.Problem = caseBegin, problem
	for _, w := range ways {
		if w.Rung != ladder.Desk {
			continue
		}
		for _, h := range w.Helpers {
			page.People = append(page.People, Person{Name: h.Name, Role: h.Role, Phone: h.Phone})
		}
		if !w.Open {
			page.Why, page.Until = Rung{Kind: RungDesk, Reason: RungReason(w.Reason)}.Why(), w.Until
		}
	}
	if refused != nil {
		page.Why, page.Until = Rung{Kind: RungDesk, Reason: RungReason(refused.Reason)}.Why(), refused.Until
	}
	if page.Phone, page.Open, page.Opens, err = s.deskPhone(v); err != nil {
		return err
	}
	return v.showAs(status, page)
}

// beginCase answers POST /mfa/desk.
func (s *Server) beginCase(v *visit) error {
	via := standing.Via(v.field("via"))
	if via != standing.ByChat && via != standing.ByMail && via != standing.ByPhone {
		return s.showBegin(v, http.StatusUnprocessableEntity, Problem{Why: NothingChosen, Field: "via"}, nil)
	}
	number, browser, err := s.flows.Support.Open(v.r.Context(), support.Claim{
		Challenge: v.sign, Via: via, Alone: v.field("alone") == "yes", Origin: v.origin,
	})
	refusal, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, support.ErrOver):
		return v.signInOver()
	case isRefused:
		return s.showBegin(v, http.StatusConflict, Problem{Why: Refused}, refusal)
	case err != nil:
		return err
	}
	v.setCookie(caseCookie, string(browser), support.BrowserTime)
	return v.redirect(casePath + number)
}

// isCase reports whether a path is that of a claimant's page.
func isCase(path string) bool {
	return strings.HasPrefix(path, casePath) && !strings.Contains(path[len(casePath):], "/")
}

// aCase is a claimant's page for the case of the path.
func (v *visit) aCase() (support.View, error) {
	token, _ := session.ParseToken(v.cookie(caseCookie))
	return v.s.flows.Support.Here(v.r.Context(), token, v.r.PathValue("number"))
}

// pendingHere loads the sign-in of this browser, if one is under way.
func (v *visit) pendingHere() error {
	token, err := session.ParseToken(v.cookie(challengeCookie))
	if err != nil {
		return nil
	}
	sign, st, err := v.s.flows.SignIn.Pending(v.r.Context(), token)
	if errors.Is(err, signin.ErrOver) {
		return nil
	}
	if err == nil && sign.Member != "" {
		v.pending, v.sign, v.standing = token, sign, st
	}
	return err
}

// casePage answers GET /cases/{number}. A browser that does not show the case yet
// does so once the password was right in it.
func (s *Server) casePage(v *visit) error {
	if err := v.pendingHere(); err != nil {
		return err
	}
	shown, err := v.aCase()
	if errors.Is(err, org.ErrNotFound) && v.pending != "" {
		number := v.r.PathValue("number")
		browser, failed := s.flows.Support.Return(v.r.Context(), number, support.Claim{Challenge: v.sign, Origin: v.origin})
		if failed != nil {
			return unlessOver(v, failed)
		}
		v.setCookie(caseCookie, string(browser), support.BrowserTime)
		return v.redirect(casePath + number)
	}
	switch {
	case errors.Is(err, org.ErrNotFound) && v.signedIn && v.viewer.Organisation.Kind == org.Desk:
		return v.redirect(deskPath + "/" + ident(v.r.PathValue("number")))
	case errors.Is(err, org.ErrNotFound) && v.signedIn:
		return err
	case errors.Is(err, org.ErrNotFound):
		return v.toSignIn()
	case err != nil:
		return err
	}
	return s.showCase(v, shown, http.StatusOK, func(*Case) {})
}

func unlessOver(v *visit, err error) error {
	if errors.Is(err, support.ErrOver) {
		return v.signInOver()
	}
	return err
}

// showCase shows a claimant's page.
func (s *Server) showCase(v *visit, shown support.View, status int, also func(*Case)) error {
	c := shown.Case
	talk, err := s.flows.Support.Entries(v.r.Context(), c.ID, standing.Claimants, 0)
	if err != nil {
		return err
	}
	v.standing = shown.Standing
	page := Case{
		Frame: v.frame(), Number: c.Number, State: c.State, Mailbox: string(shown.Mailbox), Last: talk.LastSeq,
		SignedIn: v.pending != "" && v.sign.Member == c.Member, Reason: c.Reason, Destroy: c.Destroy, Gone: c.Destroyed,
		Halves: c.State == standing.CaseHanded && shown.Standing.Pass.Open(s.options.Now()), Once: s.options.NewID(),
		KeepDays: int(s.flows.Support.Keep / (24 * time.Hour)), For: s.flows.Support.For,
		Today: s.options.Now().In(v.zone()).Format(time.DateOnly),
	}
	page.Path = casePath + c.Number
	page.Lines = v.lines(talk, standing.Claimants)
	if c.Lives() {
		page.Pin = c.Pin.Groups()
		for _, h := range shown.Helpers {
			page.People = append(page.People, Person{Name: h.Name, Role: h.Role, Phone: h.Phone})
		}
	}
	if c.State == standing.CaseWaiting && ladder.Waiting(shown.Standing, s.options.Now()) {
		page.Objection = shown.Standing.Pass.From
	}
	if page.Phone, page.Open, page.OpensAt, err = s.deskPhone(v); err != nil {
		return err
	}
	for _, kind := range standing.EvidenceKinds {
		ask := CaseAsk{Kind: kind, State: "missing"}
		for _, e := range shown.Evidence {
			if e.Kind == kind {
				ask.State, ask.At = "kept", e.At
				if e.Doubtful {
					ask.State = "doubtful"
				}
			}
		}
		if kind == standing.Authorisation && ask.State == "missing" {
			ask.State = "optional"
		}
		page.Asks = append(page.Asks, ask)
	}
	also(&page)
	return v.showAs(status, page)
}

// lines puts a conversation into words, as a side sees it.
func (v *visit) lines(talk support.Talk, side standing.Side) []CaseLine {
	voice := v.voice()
	var lines []CaseLine
	for _, e := range talk.Entries {
		l := CaseLine{Seq: e.Seq, At: e.At, Via: e.Via, Text: e.Text, Inner: e.Inner()}
		switch e.Kind {
		case standing.OfCase:
			l.Text = voice.Say("entry." + e.Text)
		case standing.FromClaimant:
			l.Mine, l.Who = side == standing.Claimants, voice.Say("case.claimant")
		case standing.OfCall:
			said, words, _ := strings.Cut(e.Text, ": ")
			l.Who, l.Text = e.Name, voice.Say("entry.pin-"+said)+" "+words
		default:
			l.Mine, l.Who = side == standing.Desks, e.Name
		}
		if l.Mine && side == standing.Claimants {
			l.Who = voice.Say("case.you")
		}
		if l.Mine && !l.Inner {
			l.Mark = mark(e.Seq, talk.Theirs)
		}
		lines = append(lines, l)
	}
	return lines
}

func mark(seq int64, theirs standing.Marks) string {
	switch {
	case seq <= theirs.Read:
		return "read"
	case seq <= theirs.Delivered:
		return "delivered"
	}
	return "sent"
}

// caseTalk answers GET /cases/{number}/talk.
func (s *Server) caseTalk(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	return s.showTalk(v, shown.Case, standing.Claimants)
}

func (s *Server) showTalk(v *visit, c standing.Case, side standing.Side) error {
	after, err := strconv.ParseInt(v.r.URL.Query().Get("after"), 10, 64)
	if err != nil || after < 0 {
		return v.fail(http.StatusBadRequest)
	}
	talk, err := s.flows.Support.Entries(v.r.Context(), c.ID, side, after)
	if err != nil {
		return err
	}
	return v.showPart(CaseTalk{
		Frame: Frame{Voice: v.voice()}, State: c.State, Lines: v.lines(talk, side), Last: talk.LastSeq,
		Delivered: talk.Theirs.Delivered, Read: talk.Theirs.Read,
	})
}

// How often a stream says that it is there, and how long it lives: browsers connect
// again by themselves.
const (
	streamBeat = 15 * time.Second
	streamLife = 5 * time.Minute
	mostOpen   = 2000
	// mostFiles bounds the memory that files take: each is up to maxEvidence.
	mostFiles = 4
)

// stream answers with server-sent events (WHATWG HTML, 9.2): one after each change
// to a case, without words in it. allowed is asked before each.
func (s *Server) stream(v *visit, id string, allowed func() error) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		retryAfter(v.w, streamBeat)
		return v.fail(http.StatusServiceUnavailable)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(v.w)
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	stirred, end := s.flows.Support.Watch(id)
	defer end()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	text, said := "retry: 1000\nevent: stir\ndata: \n\n", time.Time{}
	for {
		if text != "" {
			_ = control.SetWriteDeadline(time.Now().Add(streamBeat)) // where it cannot be set, the server's holds
			if _, err := io.WriteString(v.w, text); err != nil {
				return nil // whoever listened has gone
			}
			if err := control.Flush(); err != nil {
				return nil
			}
			said = time.Now()
		}
		text = ""
		select {
		case <-v.r.Context().Done():
			return nil
		case <-stirred:
			text = "event: stir\ndata: \n\n"
		case <-ticker.C:
			if s.options.Leaving != nil && s.options.Leaving() {
				return nil // the browser finds another process
			}
			if time.Since(said) >= streamBeat {
				text = ": beat\n\n"
			}
		}
		if text != "" && allowed() != nil {
			return nil // the browser asks again, and is told why not
		}
	}
}

// caseEvents answers GET /cases/{number}/events.
func (s *Server) caseEvents(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	return s.stream(v, shown.Case.ID, func() error { _, err := v.aCase(); return err })
}

// caseSeen answers POST /cases/{number}/seen.
func (s *Server) caseSeen(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	return s.seen(v, shown.Case.ID, standing.Claimants)
}

func (s *Server) seen(v *visit, id string, side standing.Side) error {
	delivered, err := strconv.ParseInt(v.field("delivered"), 10, 64)
	read, err2 := strconv.ParseInt(v.field("read"), 10, 64)
	if err != nil || err2 != nil || delivered < 0 || read < 0 {
		return v.fail(http.StatusBadRequest)
	}
	if err := s.flows.Support.Mark(v.r.Context(), id, side, standing.Marks{Delivered: delivered, Read: read}); err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// byScript reports whether a script sent the form, which asks for no page.
func (v *visit) byScript() bool { return v.r.Header.Get("Accept") == "application/json" }

// done answers a form: with nothing for a script, else with the page.
func (v *visit) done(to string) error {
	if v.byScript() {
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.redirect(to)
}

// caseWrite answers POST /cases/{number}/write.
func (s *Server) caseWrite(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	err = s.flows.Support.Write(v.r.Context(), shown, support.Words{
		Text: v.field("text"), Once: v.field("once"), Via: standing.ByChat, Origin: v.origin,
	})
	return s.caseDone(v, shown, err)
}

// caseDone answers a form of the claimant.
func (s *Server) caseDone(v *visit, shown support.View, err error) error {
	_, refused := errors.AsType[*ladder.Refusal](err)
	problem, status := Problem{}, http.StatusConflict
	switch {
	case err == nil:
		return v.done(casePath + shown.Case.Number)
	case errors.Is(err, support.ErrWords):
		problem, status = Problem{Why: NoWords, Field: "text"}, http.StatusUnprocessableEntity
	case errors.Is(err, support.ErrChanged):
		problem = Problem{Why: ChangedMeanwhile}
	case refused:
		problem = Problem{Why: NotAllowedNow}
	default:
		return err
	}
	again, failed := v.aCase()
	if failed != nil {
		return failed
	}
	return s.showCase(v, again, status, func(p *Case) { p.Problem, p.Typed = problem, v.field("text") })
}

// caseWithdraw answers POST /cases/{number}/withdraw.
func (s *Server) caseWithdraw(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	return s.caseDone(v, shown, s.flows.Support.Withdraw(v.r.Context(), shown, v.origin))
}

// caseFile answers POST /cases/{number}/files.
func (s *Server) caseFile(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	select {
	case s.files <- struct{}{}:
		defer func() { <-s.files }()
	case <-v.r.Context().Done():
		return v.r.Context().Err()
	}
	kind, file, err := v.evidence()
	if err != nil {
		return err
	}
	if len(file) == 0 {
		return s.showCase(v, shown, http.StatusUnprocessableEntity, func(p *Case) { p.Problem = Problem{Why: NothingChosen, Field: string(kind)} })
	}
	brought, err := s.flows.Support.Bring(v.r.Context(), shown, support.File{Kind: kind, Data: file, Via: standing.ByChat, Origin: v.origin})
	if err != nil {
		return s.caseDone(v, shown, err)
	}
	again, err := v.aCase()
	if err != nil {
		return err
	}
	status := http.StatusOK
	if brought.Fate != support.Kept && brought.Fate != support.KeptMasked {
		status = http.StatusUnprocessableEntity
	}
	return s.showCase(v, again, status, func(p *Case) {
		p.Brought = &BroughtFile{Kind: kind, Fate: string(brought.Fate), Reasons: brought.Reasons}
	})
}

// evidence reads the form of a file: its kind first, then the file itself, in memory
// and nowhere else.
func (v *visit) evidence() (kind standing.EvidenceKind, file []byte, err error) {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return "", nil, errForm
	}
	for range partsRead {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return kind, file, nil
		}
		var content []byte
		if err == nil {
			content, err = io.ReadAll(part)
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return kind, nil, err
		}
		if err != nil {
			return "", nil, errForm
		}
		switch part.FormName() {
		case "kind":
			kind = standing.EvidenceKind(ident(string(content)))
		case "file":
			file = content
		}
	}
	return kind, file, nil
}

// caseHalves answers POST /cases/{number}/halves: MFA is set up anew.
func (s *Server) caseHalves(v *visit) error {
	shown, err := v.aCase()
	if err != nil {
		return err
	}
	if v.sign.Member != shown.Case.Member {
		return org.ErrNotFound
	}
	opening, err := s.flows.SignIn.OpenHalves(v.r.Context(), v.pending, v.field("mailed"), v.field("read"), v.origin)
	wrong, isWrong := errors.AsType[*signin.WrongCodeError](err)
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	problem, status := Problem{Why: WrongHalves, Field: "mailed"}, http.StatusUnprocessableEntity
	switch {
	case err == nil:
		return v.follow(opening, opening.Next)
	case errors.Is(err, signin.ErrOver):
		return v.signInOver()
	case isWrong && wrong.Left == 0:
		v.dropCookie(challengeCookie)
		return v.redirectWith("/sign-in", NoticeBeginAgain)
	case isWrong:
		problem.TriesLeft, status = wrong.Left, http.StatusUnauthorized
	case isThrottled:
		retryAfter(v.w, throttled.Wait)
		problem, status = Problem{Why: Throttled, Wait: throttled.Wait}, http.StatusTooManyRequests
	case !errors.Is(err, factor.ErrPassHalf):
		return err
	}
	return s.showCase(v, shown, status, func(p *Case) { p.Problem = problem })
}
