package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
)

const deskPath = "/desk"

// agent returns the viewer as one who works at the desk.
func (v *visit) agent() (support.Agent, error) {
	who, err := v.colleague()
	return support.Agent{As: who, Origin: v.origin}, err
}

// deskPage answers GET /desk: the queue.
func (s *Server) deskPage(v *visit) error {
	a, err := v.agent()
	if err != nil {
		return err
	}
	list, err := s.flows.Support.Queue(v.r.Context(), a)
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	figures, err := s.flows.Support.Figures(v.r.Context())
	if err != nil {
		return err
	}
	page := Desk{
		Frame: v.frameAt(deskPath), Open: figures.Open, Waiting: figures.Waiting, Refused: figures.Refused,
		Answer: standing.Median(figures.Answers), Verdict: standing.Median(figures.Verdicts),
	}
	for _, q := range list {
		row := v.deskRow(q, a.As.Member.ID)
		if q.State.Ended() {
			page.Ended = append(page.Ended, row)
		} else {
			page.Rows = append(page.Rows, row)
		}
	}
	return v.show(page)
}

func (v *visit) deskRow(q standing.Queued, me org.MemberID) DeskRow {
	row := DeskRow{
		Number: q.Number, State: q.State, Claimant: q.Claimant, Organisation: q.Organisation, Begun: q.Begun, Since: q.Since,
		Agent: q.Agents[q.Agent],
	}
	if q.State == standing.CaseSecond {
		row.Agent = q.Agents[q.Second]
	}
	row.Mine = q.State == standing.CaseOpen && q.Agent == me || q.State == standing.CaseSecond && q.Second == me ||
		q.State == standing.CaseWaiting && (q.First == me || q.Second == me)
	if !q.Asked.IsZero() {
		row.Waits = v.s.options.Now().Sub(q.Asked)
	}
	if q.Lives() {
		row.Missing = missingOf(q.Have)
	}
	return row
}

func missingOf(have []standing.EvidenceKind) []standing.EvidenceKind {
	var missing []standing.EvidenceKind
	for _, kind := range desk.Needed {
		if !slices.Contains(have, kind) {
			missing = append(missing, kind)
		}
	}
	return missing
}

// deskCasePage answers GET /desk/{number}.
func (s *Server) deskCasePage(v *visit) error {
	return s.showDeskCase(v, http.StatusOK, func(*DeskCase) {})
}

func (s *Server) showDeskCase(v *visit, status int, also func(*DeskCase)) error {
	a, err := v.agent()
	if err != nil {
		return err
	}
	d, err := s.flows.Support.See(v.r.Context(), a, v.r.PathValue("number"))
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	c, st := d.Case, d.Standing
	talk, err := s.flows.Support.Entries(v.r.Context(), c.ID, standing.Desks, 0)
	if err != nil {
		return err
	}
	page := DeskCase{
		Frame: v.frameAt(deskPath), Number: c.Number, State: c.State, Claimant: st.Member.Name, Email: string(st.Member.Email),
		Phone: st.Member.Phone, PhoneSince: st.PhoneSince, Organisation: st.Organisation.Name, KvK: string(st.Organisation.KvK),
		MemberSince: st.Member.Created, MFASince: st.MFASince, Begun: c.Begun, Alone: c.Alone, Created: c.Created,
		Lines: v.lines(talk, standing.Desks), Last: talk.LastSeq, Once: s.options.NewID(),
		FirstAt: c.FirstAt, SecondAt: c.SecondAt, Opens: c.Opens, Reason: c.Reason, Own: d.Own,
		PhoneWhy: d.PhoneReason, PhoneUntil: d.PhoneUntil, Destroy: c.Destroy, Gone: c.Destroyed, Receipt: d.Receipts,
	}
	page.Path = deskPath + "/" + c.Number
	for _, h := range d.Helpers {
		page.People = append(page.People, Person{Name: h.Name, Role: h.Role, Phone: h.Phone, Email: string(h.Email)})
	}
	page.evidence(d)
	page.checks(d, a.As.Member.ID)
	for _, t := range d.Traces {
		page.Traces = append(page.Traces, v.trace(t))
	}
	page.offer(d, a, s.options.Now())
	also(&page)
	return v.showAs(status, page)
}

func (p *DeskCase) evidence(d support.Dossier) {
	var have []standing.EvidenceKind
	for _, e := range d.Evidence {
		shown := DeskEvidence{ID: e.ID, Kind: e.Kind, At: e.At, Via: e.Via, Doubtful: e.Doubtful, Elsewhere: e.Elsewhere, Findings: e.Findings}
		for n := range e.Pages {
			shown.Pages = append(shown.Pages, n+1)
		}
		p.Evidence, have = append(p.Evidence, shown), append(have, e.Kind)
	}
	if d.Case.Lives() {
		p.MissingKinds = missingOf(have)
	}
}

func (p *DeskCase) checks(d support.Dossier, me org.MemberID) {
	names := map[org.MemberID]string{}
	for _, g := range d.Agents {
		names[g.ID] = g.Name
	}
	for _, item := range desk.Items {
		check := DeskCheck{Item: item}
		for _, k := range d.Case.Checked {
			switch {
			case k.Item != item:
			case k.By == me:
				check.How, check.At = k.How, k.At
			default:
				check.By = append(check.By, names[k.By]+": "+k.How)
			}
		}
		p.Checks = append(p.Checks, check)
	}
	p.Agent, p.First, p.Second = names[d.Case.Agent], names[d.Case.First], names[d.Case.Second]
	for _, g := range d.Agents {
		if g.ID != d.Case.Agent && !g.Own {
			p.Others = append(p.Others, Choice{Value: string(g.ID), Name: g.Name})
		}
	}
}

// offer fills in what the viewer may do; the rules look again at each form.
func (p *DeskCase) offer(d support.Dossier, a support.Agent, now time.Time) {
	me, c := a.As.Member, d.Case
	if d.Own || !d.Newest || !c.Lives() {
		return
	}
	lead := me.Stored == org.Lead
	p.MaySay = true
	p.MayTake = c.State == standing.CaseOpen && c.Agent != me.ID || c.State == standing.CaseFrozen && c.Agent == ""
	p.MayJudge = c.State == standing.CaseOpen && c.Agent == me.ID || c.State == standing.CaseSecond && c.Second == me.ID
	ready := len(desk.Missing(c, me.ID)) == 0 && len(p.MissingKinds) == 0
	p.MayApprove = ready && c.State == standing.CaseOpen && c.Agent == me.ID
	p.MayConfirm = ready && c.State == standing.CaseSecond && c.Second == me.ID
	p.MayHand = (c.State == standing.CaseWaiting || c.State == standing.CaseHanded) && (c.First == me.ID || c.Second == me.ID) && !ladder.Waiting(d.Standing, now)
	p.MayRelease = lead && c.State == standing.CaseFrozen
	p.MayClose = lead && (c.State == standing.CaseFrozen || c.State == standing.CaseWaiting || c.State == standing.CaseHanded)
	p.MayPick = lead && c.State == standing.CaseSecond
	if c.State == standing.CaseWaiting || c.State == standing.CaseHanded {
		p.Opens, p.PassUntil = d.Standing.Pass.From, d.Standing.Pass.Expires
	}
}

// trace puts a sign-in of the organisation into words.
func (v *visit) trace(t standing.Trace) DeskTrace {
	const someone = "subject"
	told := v.voice().Tell(audit.Event{Kind: t.Kind, Subject: someone, Actor: audit.Actor{Kind: audit.Member, Member: someone}},
		map[org.MemberID]string{someone: t.Name})
	from := t.Origin.Browser
	if t.Origin.Address != "" {
		from += ", " + t.Origin.Address
	}
	return DeskTrace{At: t.At, Sentence: told.Sentence, From: from}
}

// deskCase returns the case of the path as an agent may see it.
func (v *visit) deskCase() (support.Dossier, error) {
	a, err := v.agent()
	if err != nil {
		return support.Dossier{}, err
	}
	return v.s.flows.Support.See(v.r.Context(), a, v.r.PathValue("number"))
}

// deskTalk answers GET /desk/{number}/talk.
func (s *Server) deskTalk(v *visit) error {
	d, err := v.deskCase()
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	return s.showTalk(v, d.Case, standing.Desks)
}

// deskEvents answers GET /desk/{number}/events.
func (s *Server) deskEvents(v *visit) error {
	d, err := v.deskCase()
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	return s.stream(v, d.Case.ID, func() error {
		if err := v.loadSession(); err != nil || !v.signedIn {
			return errors.Join(err, org.ErrNotFound)
		}
		_, err := v.deskCase()
		return err
	})
}

// deskSeen answers POST /desk/{number}/seen.
func (s *Server) deskSeen(v *visit) error {
	d, err := v.deskCase()
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	return s.seen(v, d.Case.ID, standing.Desks)
}

// deskEvidence answers GET /desk/{number}/evidence/{id}/{page}.
func (s *Server) deskEvidence(v *visit) error {
	a, err := v.agent()
	if err != nil {
		return err
	}
	page, err := strconv.Atoi(v.r.PathValue("page"))
	if err != nil {
		return org.ErrNotFound
	}
	picture, err := s.flows.Support.Page(v.r.Context(), a, v.r.PathValue("number"), ident(v.r.PathValue("id")), page)
	if err != nil {
		return v.unlessBarred(err, deskPath)
	}
	h := v.w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Disposition", "inline")
	h.Set("Cache-Control", "no-store")
	_, _ = v.w.Write(picture) // a client that has gone needs no answer
	return nil
}

// deskAct answers a form of an agent about the case of the path.
func (s *Server) deskAct(kind desk.StepKind) func(*visit) error {
	return func(v *visit) error { return s.act(v, kind) }
}

func (s *Server) act(v *visit, kind desk.StepKind) error {
	a, err := v.agent()
	if err != nil {
		return err
	}
	via := standing.ByChat
	if v.field("via") == string(standing.ByMail) {
		via = standing.ByMail
	}
	number := v.r.PathValue("number")
	handed, err := s.flows.Support.Act(v.r.Context(), number, support.Order{
		Agent: a, Kind: kind, To: org.MemberID(ident(v.field("to"))), Pin: v.field("pin"), Verified: ladder.Verified(ident(v.field("verified"))),
		Words:  support.Words{Text: v.field("text"), Once: v.field("once"), Via: via, Origin: v.origin},
		Checks: v.checks(),
	})
	if err == nil && kind == desk.Hand {
		// It is shown now and never again.
		return s.showDeskCase(v, http.StatusOK, func(p *DeskCase) { p.Half = handed.Read.Groups() })
	}
	if err == nil {
		return v.done(deskPath + "/" + number)
	}
	return s.deskRefused(v, kind, err)
}

// checks are the rows of the checklist that were filled in.
func (v *visit) checks() []standing.Check {
	var list []standing.Check
	for _, item := range desk.Items {
		if how := support.Brief(v.field("how-" + item)); how != "" {
			list = append(list, standing.Check{Item: item, How: how})
		}
	}
	return list
}

// deskRefused answers a form of an agent that was not carried out.
func (s *Server) deskRefused(v *visit, kind desk.StepKind, err error) error {
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, ladder.ErrStale):
		return v.provedFirst(deskPath + "/" + v.r.PathValue("number"))
	case errors.Is(err, support.ErrWords), refused && refusal.Reason == desk.NoWords:
		field := "text"
		if kind == desk.Tick {
			field = "how"
		}
		return s.showDeskCase(v, http.StatusUnprocessableEntity, func(p *DeskCase) { p.Problem = Problem{Why: NoWords, Field: field} })
	case errors.Is(err, support.ErrChanged):
		return s.showDeskCase(v, http.StatusConflict, func(p *DeskCase) { p.Problem = Problem{Why: ChangedMeanwhile} })
	case refused && refusal.Reason == ladder.NotVerified:
		return s.showDeskCase(v, http.StatusUnprocessableEntity, func(p *DeskCase) { p.Problem = Problem{Why: NothingChosen, Field: "verified"} })
	case refused:
		return s.showDeskCase(v, http.StatusConflict, func(p *DeskCase) { p.Why, p.Until = refusal.Reason, refusal.Until })
	}
	return err
}
