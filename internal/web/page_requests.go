package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

const requestsPath = "/requests"

const (
	requestsAtOnce = 100       // on a page: what the store lists
	maxSkip        = 1_000_000 // more than can live in a day
)

// requests answers GET /requests.
func (s *Server) requests(v *visit) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	now := s.options.Now()
	reason, _ := ladder.Permit(who, ladder.SeeRequests, ladder.Whom{}, now)
	if err := permitted(reason, ladder.SeeRequests); err != nil {
		return err
	}
	skip, err := strconv.Atoi(v.r.URL.Query().Get("skip"))
	if err != nil || skip < 0 || skip > maxSkip {
		skip = 0
	}
	asked, err := s.flows.Help.List(v.r.Context(), who, skip)
	if err != nil {
		return err
	}
	page := Requests{Frame: v.frame(), Newest: skip > 0}
	if len(asked) >= requestsAtOnce {
		page.Older = requestsPath + "?skip=" + strconv.Itoa(skip+requestsAtOnce)
	}
	page.Here = requestsPath
	for _, a := range asked {
		row := RequestRow{
			ID: a.ID, Name: a.Member.Name, Team: a.Team, Role: a.Member.Role(), Since: a.Created, Browser: v.inWords(a.Origin.Browser),
			Known: a.Known, Waits: a.State == standing.Asked,
		}
		if a.Opens.After(now) {
			row.Opens = a.Opens
		}
		page.Rows = append(page.Rows, row)
	}
	return v.show(page)
}

// A calling is a request for help that a colleague looks at.
type calling struct {
	*visit
	who     standing.Colleague
	st      standing.Standing
	request standing.Request
	now     time.Time
}

// calling loads the request of the path.
func (v *visit) calling() (calling, error) {
	c := calling{visit: v, now: v.s.options.Now()}
	var err error
	if c.who, err = v.colleague(); err != nil {
		return c, err
	}
	c.st, c.request, err = v.s.flows.Help.See(v.r.Context(), c.who, v.r.PathValue("id"))
	return c, err
}

func (c calling) path() string { return requestsPath + "/" + c.request.ID }

// state names where the request stands for the page.
func (c calling) state() string {
	r := c.request
	switch {
	case (r.State == standing.Asked || r.State == standing.Approved) && !r.Live(c.now):
		return "expired"
	case r.State == standing.Approved && r.Given == standing.GivenSuspension:
		return "suspended"
	case r.State == standing.Approved && r.Opens.After(c.now):
		return "waiting"
	case r.State == standing.Approved:
		return "open"
	}
	return string(r.State)
}

// requestPage answers GET /requests/{id}.
func (s *Server) requestPage(v *visit) error {
	c, err := v.calling()
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && refusal.Reason == ladder.Yourself {
		return org.ErrNotFound
	}
	if err != nil {
		return err
	}
	if c.state() == "asked" || c.state() == "waiting" {
		if reason, _ := ladder.Permit(c.who, ladder.RefuseRequest, ladder.About(c.st, c.now), c.now); reason == ladder.StaleProof {
			return v.provedFirst("")
		}
	}
	return c.show(http.StatusOK, Problem{})
}

// show shows the request with what was typed.
func (c calling) show(status int, problem Problem) error {
	r, m := c.request, c.st.Member
	page := Request{
		Frame: c.frame(), ID: r.ID, Name: m.Name, Email: m.Email.Masked(), Role: m.Role(), Phone: m.Phone,
		Since: r.Created, Until: r.Expires, Browser: c.inWords(r.Origin.Browser), Address: r.Origin.Address, Known: r.Known,
		PasswordReset: ladder.PasswordByMailLately(c.st, c.now), State: c.state(), Opens: r.Opens,
		ForAdministrator: c.st.HighestRole(c.now).Above(org.Supervisor),
		Give:             c.field("give"), Verified: c.field("verified"), Lost: c.field("lost"), Note: shown(c.field("note")), Words: shown(c.field("words")),
	}
	page.Here, page.Path, page.Problem = requestsPath, c.path(), problem
	about := ladder.About(c.st, c.now)
	settings, _ := ladder.Permit(c.who, ladder.SeeSettings, ladder.Whom{}, c.now)
	page.Settings = settings == ""
	if err := c.name(&page); err != nil {
		return err
	}
	switch page.State {
	case "asked":
		c.offer(&page, about)
	case "waiting":
		agree, _ := ladder.Permit(c.who, ladder.AgreeToPass, about, c.now)
		stop, _ := ladder.Permit(c.who, ladder.StopPass, about, c.now)
		page.MayStop = ladder.Offered(stop)
		page.AgreeFrom = ladder.AgreesFrom(c.who)
		switch {
		case agree == ladder.Unknown:
		case !ladder.Offered(agree):
			page.AgreeWhy = agree
		case r.By == c.who.Member.ID:
			page.AgreeWhy = ladder.GaveItYourself
		case page.AgreeFrom.IsZero() || page.AgreeFrom.After(c.now):
			page.AgreeWhy = ladder.TooNewToAgree
		default:
			page.MayAgree = true
		}
	}
	return c.showAs(status, page)
}

// name fills in the team and who answered.
func (c calling) name(page *Request) error {
	helpers, err := c.s.flows.Help.Helpers(c.r.Context(), c.st)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(helpers, func(h standing.Helper) bool { return h.ID == c.request.By }); i >= 0 {
		page.By = helpers[i].Name
	}
	teams, err := c.s.backend.Teams(c.r.Context(), c.st.Organisation.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(teams, func(t org.Team) bool { return t.ID == c.st.Member.Team }); i >= 0 {
		page.Team = teams[i].Name
	}
	return nil
}

// offer fills in what can be given, by asking the rules as if the code fitted.
func (c calling) offer(page *Request, about ladder.Whom) {
	refuse, _ := ladder.Permit(c.who, ladder.RefuseRequest, about, c.now)
	page.MayRefuse = ladder.Offered(refuse)
	probe := func(kind ladder.StepKind, how ladder.Verified) (ladder.Reason, time.Time) {
		_, err := c.s.flows.Operate.Plan(c.r.Context(), c.st.Member.ID, operate.Order{
			By: c.by(c.who, "-"), Kind: kind, Verified: how, Length: ladder.OneHour, Request: c.request.ID, Matching: c.request.Code, Browser: c.askedHere(),
		})
		if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && refusal.Reason != ladder.StaleProof {
			return refusal.Reason, refusal.Until
		}
		return "", time.Time{}
	}
	page.SuspendWhy, _ = probe(ladder.Suspend, ladder.InPerson)
	page.PassWhy, page.WhyUntil = probe(ladder.GivePass, ladder.InPerson)
	if page.PassWhy != "" {
		page.Why = page.PassWhy
		return
	}
	page.CallWhy, page.CallUntil = probe(ladder.GivePass, ladder.ByCall)
	chosen, longest := ladder.Length(c.field("length")), c.st.Organisation.Recovery(c.now).Longest()
	if chosen == "" {
		chosen = ladder.OneDay
	}
	for _, l := range []ladder.Length{ladder.OneHour, ladder.UntilMidnight, ladder.OneDay, ladder.ThreeDays, ladder.SevenDays} {
		if until := l.Until(c.now, c.zone()); !until.After(c.now.Add(longest)) {
			page.Lengths = append(page.Lengths, Choice{string(l), page.Say("request.length-" + string(l)), l == chosen})
		}
	}
}

// answering is calling for a form: it leads to a fresh proof first; then led is true.
func (v *visit) answering(do ladder.Action) (c calling, led bool, err error) {
	if c, err = v.calling(); err != nil {
		return c, false, err
	}
	reason, _ := ladder.Permit(c.who, do, ladder.About(c.st, c.now), c.now)
	switch reason {
	case ladder.Unknown:
		return c, false, org.ErrNotFound
	case ladder.StaleProof:
		return c, true, v.provedFirst(c.path())
	}
	return c, false, nil
}

// approveRequest answers POST /requests/{id}/approve.
func (s *Server) approveRequest(v *visit) error {
	kind, do := ladder.Suspend, ladder.DisableMFA
	if v.field("give") == string(standing.GivenPass) {
		kind, do = ladder.GivePass, ladder.GiveEnrolmentPass
	}
	c, led, err := v.answering(do)
	if err != nil || led {
		return err
	}
	order := operate.Order{
		By: v.by(c.who, v.field("note")), Kind: kind, Verified: ladder.Verified(v.field("verified")), Length: ladder.Length(v.field("length")),
		Lost: v.field("lost") == "yes", Request: c.request.ID, Browser: v.askedHere(),
	}
	if problem := c.mistake(order); problem.Is() {
		return c.show(http.StatusUnprocessableEntity, problem)
	}
	if order.Matching, err = factor.ParseMatchingCode(v.field("code")); err != nil {
		return c.show(http.StatusUnprocessableEntity, Problem{Why: NoMatching, Field: "code"})
	}
	_, err = s.flows.Operate.Carry(v.r.Context(), c.st.Member.ID, order)
	return c.answered(err, NoticeHelpGiven)
}

// mistake says what was not filled in of an answer, the code apart.
func (c calling) mistake(o operate.Order) Problem {
	lost := c.field("lost")
	switch _, err := audit.ParseNote(o.Why); {
	case !slices.Contains([]standing.Given{standing.GivenSuspension, standing.GivenPass}, standing.Given(c.field("give"))):
		return Problem{Why: NothingChosen, Field: "give"}
	case o.Kind == ladder.Suspend && o.Length.Until(c.now, c.zone()).IsZero():
		return Problem{Why: NothingChosen, Field: "length"}
	case o.Kind == ladder.Suspend && lost != "yes" && lost != "no":
		return Problem{Why: NothingChosen, Field: "lost"}
	case !slices.Contains([]ladder.Verified{ladder.InPerson, ladder.ByVideo, ladder.ByCall}, o.Verified):
		return Problem{Why: NothingChosen, Field: "verified"}
	case err != nil:
		return Problem{Why: NoReason, Field: "note"}
	}
	return Problem{}
}

// answered shows what became of an answer.
func (c calling) answered(err error, done NoticeID) error {
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case err == nil:
		return c.redirectWith(c.path(), done)
	case errors.Is(err, audit.ErrNote):
		field := "note"
		if done == NoticeHelpRefused {
			field = "words"
		}
		return c.show(http.StatusUnprocessableEntity, Problem{Why: NoReason, Field: field})
	case !refused && !errors.Is(err, operate.ErrChanged) && !errors.Is(err, help.ErrChanged):
		return err
	}
	again, failed := c.calling() // it stands otherwise now
	if failed != nil {
		return failed
	}
	problem := Problem{Why: ChangedMeanwhile}
	switch {
	case refused && refusal.Reason == ladder.WrongMatching && again.request.State == standing.Asked:
		problem = Problem{Why: WrongMatching, Field: "code", TriesLeft: factor.MatchingTries - again.request.Wrong}
	case refused && refusal.Reason == ladder.WrongMatching:
		problem = Problem{Why: MatchingClosed}
	case refused:
		problem = Problem{Why: NotAllowedNow}
	}
	return again.show(http.StatusConflict, problem)
}

// reply is what a colleague says to a request besides giving something.
func (c calling) reply(words string) help.Reply {
	return help.Reply{As: c.who, Why: c.field(words), Origin: c.origin, Browser: c.askedHere()}
}

// refuseRequest answers POST /requests/{id}/refuse.
func (s *Server) refuseRequest(v *visit) error {
	c, led, err := v.answering(ladder.RefuseRequest)
	if err != nil || led {
		return err
	}
	return c.answered(s.flows.Help.Refuse(v.r.Context(), c.request.ID, c.reply("words")), NoticeHelpRefused)
}

// agreeToRequest answers POST /requests/{id}/agree.
func (s *Server) agreeToRequest(v *visit) error {
	c, led, err := v.answering(ladder.AgreeToPass)
	if err != nil || led {
		return err
	}
	return c.answered(s.flows.Help.Agree(v.r.Context(), c.request.ID, c.reply("note")), NoticeAgreed)
}

// stopRequest answers POST /requests/{id}/stop.
func (s *Server) stopRequest(v *visit) error {
	c, led, err := v.answering(ladder.StopPass)
	if err != nil || led {
		return err
	}
	return c.answered(s.flows.Help.Stop(v.r.Context(), c.request.ID, c.reply("note")), NoticeStopped)
}
