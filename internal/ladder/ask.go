package ladder

import (
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Bounds of requests for help. Those from known devices are counted apart each
// day, so that whoever has only the password uses up none of the member's own.
const (
	MaxRequests       = 3 // that live
	MaxRequestsPerDay = 6
)

// RequestIn returns the newest request that was made in a browser, or false.
func RequestIn(s standing.Standing, browser session.Hash) (standing.Request, bool) {
	i := slices.IndexFunc(s.Requests, func(r standing.Request) bool { return browser != "" && r.Browser == browser })
	if i < 0 {
		return standing.Request{}, false
	}
	return s.Requests[i], true
}

// requestIn returns the request of a browser that was answered and not used.
func requestIn(s standing.Standing, browser session.Hash) standing.Request {
	for _, r := range s.Requests {
		if browser != "" && r.Browser == browser && r.State == standing.Approved {
			return r
		}
	}
	return standing.Request{}
}

// HoldsIn reports whether anything holds at now in a browser because it asked: a
// request, or a suspension or a pass that answered one.
func HoldsIn(s standing.Standing, browser session.Hash, now time.Time) bool {
	r, ok := RequestIn(s, browser)
	return ok && r.Live(now) || AskedIn(s, browser) || browser != "" && s.Pass.Browser == browser
}

// AskedIn reports whether the member's suspension was asked for in a browser.
func AskedIn(s standing.Standing, browser session.Hash) bool {
	return browser != "" && s.Suspension.Browser == browser
}

// Able returns those of the helpers whom a request of the member goes to at now.
func Able(s standing.Standing, helpers []standing.Helper, now time.Time) []standing.Helper {
	var able []standing.Helper
	for _, h := range helpers {
		if h.ID != s.Member.ID && (helpsEmployee(s, h, now) || helpsAdministrator(s, h, now)) {
			able = append(able, h)
		}
	}
	return able
}

var mayAsk = guard{"MFA is on; somebody can help; at most 3 requests live and 6 are made in a day; none lives in this browser",
	func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		switch {
		case s.Member.State != org.Active:
			return NotActive, time.Time{}
		case !s.MFA():
			return MFAIsOff, time.Time{}
		case len(Able(s, step.Helpers, now)) == 0:
			return NoHelper, time.Time{}
		}
		if r, ok := RequestIn(s, step.Browser); ok && r.Live(now) {
			return AlreadyAsked, r.Expires
		}
		return tooMany(s, step, now)
	}}

// tooMany bounds the requests that live and those of one day.
func tooMany(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	var alive, today int
	var ends, oldest time.Time
	for _, r := range s.Requests {
		if r.Live(now) {
			if alive++; ends.IsZero() || r.Expires.Before(ends) {
				ends = r.Expires
			}
		}
		if until := r.Created.Add(24 * time.Hour); r.Known == step.Request.Known && now.Before(until) && !r.Created.Before(s.Password.Set) {
			today++
			oldest = until // the newest come first
		}
	}
	switch {
	case today >= MaxRequestsPerDay:
		return TooManyRequests, oldest
	case alive >= MaxRequests && givesWay(s, step, now).ID == "":
		return TooManyRequests, ends
	}
	return "", time.Time{}
}

// givesWay returns the request that gives way to one from a known device, where
// as many live as may: the oldest from a strange browser that nobody has answered.
func givesWay(s standing.Standing, step Step, now time.Time) standing.Request {
	alive, last := 0, standing.Request{}
	for _, r := range s.Requests {
		if !r.Live(now) {
			continue
		}
		alive++
		if r.State == standing.Asked && !r.Known {
			last = r
		}
	}
	if alive < MaxRequests || !step.Request.Known {
		return standing.Request{}
	}
	return last
}

// askHelp makes a request and tells the member, on all addresses, and whoever can
// help. Its matching code is in none of those mails.
func askHelp(s standing.Standing, step Step, now time.Time) standing.Decision {
	r := step.Request
	r.Created, r.Expires, r.State = now, now.Add(standing.RequestLifetime), standing.Asked
	d := standing.Decision{
		Effects: []standing.Effect{standing.AddRequest{Request: r}},
		Events:  []audit.Event{{Kind: audit.HelpAsked, Facts: map[string]string{"request": r.ID}}},
		Notices: tell(s, notice.HelpAsked, notice.Facts{}),
	}
	facts := notice.Facts{Link: standing.RequestPath + r.ID, ValidUntil: r.Expires}
	d.Notices = append(d.Notices, TellOthers(s, notice.HelpAskedToHelpers, facts, Able(s, step.Helpers, now))...)
	if old := givesWay(s, step, now); old.ID != "" {
		d = d.Merge(endRequest(old, standing.Withdrawn, "gave-way"))
	}
	return d
}

// asksHere looks for the request in the browser that made it.
var asksHere = guard{"the request lives and was made in this browser", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	r, ok := s.Request(step.Request.ID)
	if !ok || step.Browser == "" || r.Browser != step.Browser {
		return Unknown, time.Time{}
	}
	if r.State == standing.Approved && r.Live(now) {
		return "", time.Time{}
	}
	return notAsked(r, now), time.Time{}
}}

// withdrawHelp takes the request back, and what was given for it.
func withdrawHelp(s standing.Standing, step Step, _ time.Time) standing.Decision {
	r, _ := s.Request(step.Request.ID)
	return dropAnswer(s, r, "withdrawn").Merge(endRequest(r, standing.Withdrawn, "withdrawn"))
}

// dropAnswer takes away what answered a request and has not been used.
func dropAnswer(s standing.Standing, r standing.Request, why string) standing.Decision {
	switch {
	case r.State != standing.Approved:
	case r.Given == standing.GivenPass && s.Pass.Browser == r.Browser:
		return dropPass(s, why)
	case r.Given == standing.GivenSuspension && s.Suspension.Browser == r.Browser:
		return dropSuspension(s, why)
	}
	return standing.Decision{}
}

// notAsked returns why a request waits for no answer, or the empty Reason.
func notAsked(r standing.Request, now time.Time) Reason {
	switch {
	case r.State == standing.Withdrawn:
		return RequestWithdrawn
	case r.State == standing.Closed:
		return RequestClosed
	case r.State == standing.Stopped:
		return FrozenNow
	case r.State != standing.Asked:
		return RequestAnswered
	case !r.Live(now):
		return RequestExpired
	}
	return ""
}

var waits = guard{"the request waits for an answer", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	r, ok := s.Request(step.Request.ID)
	if !ok {
		return Unknown, time.Time{}
	}
	return notAsked(r, now), time.Time{}
}}

// namesRequest holds a colleague to the request that is open: whoever hears the
// code that the member's page shows helps the browser that shows it. Nobody helps
// whose address is one of the member's: that is one person with two accounts.
var namesRequest = guard{"", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	if as := step.By.As; as != nil && as.Member.ID != s.Member.ID && slices.Contains(s.Addresses(), as.Member.Email) {
		return SecondAccount, time.Time{}
	}
	if step.Request.ID == "" {
		open := slices.ContainsFunc(s.Requests, func(r standing.Request) bool { return notAsked(r, now) == "" })
		switch {
		case open && step.By.As != nil:
			return RequestOpen, time.Time{}
		case step.By.As != nil && !isAdministrator(step.By.As.Member):
			return OnlyWhenAsked, time.Time{} // it was answered a moment ago
		}
		return "", time.Time{}
	}
	if reason, until := waits.why(s, step, now); reason != "" {
		return reason, until
	}
	r, _ := s.Request(step.Request.ID)
	switch {
	case step.Browser != "" && r.Browser == step.Browser:
		return SecondAccount, time.Time{}
	case !r.Code.Equal(step.Matching):
		return WrongMatching, time.Time{}
	}
	return "", time.Time{}
}}

var (
	mayRefuse  = all("by a colleague who may, and the request waits for an answer", mayGive, waits)
	mayMistype = all("by a colleague who may, and the request waits for an answer", mayGive, waits)
)

// approve notes that a request was answered with what it says.
func approve(r standing.Request, step Step, now time.Time) standing.Decision {
	r.State, r.Answered, r.By = standing.Approved, now, step.By.Actor.Member
	return standing.Decision{
		Effects: []standing.Effect{standing.SetRequest{From: standing.Asked, Request: r}},
		Events:  []audit.Event{{Kind: audit.HelpApproved, Reason: string(r.Given), Facts: map[string]string{"request": r.ID}}},
	}
}

func refuseHelp(s standing.Standing, step Step, now time.Time) standing.Decision {
	r, _ := s.Request(step.Request.ID)
	r.State, r.Answered, r.By, r.Words = standing.Refused, now, step.By.Actor.Member, step.Request.Words
	return standing.Decision{
		Effects: []standing.Effect{standing.SetRequest{From: standing.Asked, Request: r}},
		Events:  []audit.Event{{Kind: audit.HelpRefused, Facts: map[string]string{"request": r.ID}}},
		Notices: tell(s, notice.HelpRefused, notice.Facts{Giver: step.By.Name}),
	}
}

// mistype counts a wrong matching code. The last one closes the request: either
// the helper hears another person than the one at the browser, or guesses.
func mistype(s standing.Standing, step Step, now time.Time) standing.Decision {
	r, _ := s.Request(step.Request.ID)
	r.Wrong++
	left := max(factor.MatchingTries-r.Wrong, 0)
	d := standing.Decision{
		Events: []audit.Event{{Kind: audit.MatchingWrong, Facts: map[string]string{"request": r.ID, "left": strconv.Itoa(left)}}},
	}
	if left > 0 {
		return d.And(standing.SetRequest{From: standing.Asked, Request: r})
	}
	r.Answered, r.By = now, step.By.Actor.Member
	d = d.Merge(endRequest(r, standing.Closed, "wrong-matching"))
	facts := notice.Facts{Giver: step.By.Name}
	d.Notices = append(tell(s, notice.HelpClosed, facts), TellOthers(s, notice.HelpClosedToHelpers, facts, Able(s, step.Helpers, now))...)
	return d
}

var mayCarryOn = guard{"MFA is suspended, and was asked to be in this browser", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	r, ok := s.Request(step.Request.ID)
	switch {
	case !ok || step.Browser == "" || r.Browser != step.Browser:
		return Unknown, time.Time{}
	case r.State != standing.Approved || !r.Live(now):
		return RequestExpired, time.Time{}
	case !Suspended(s, now) || !AskedIn(s, step.Browser):
		return NotSuspended, time.Time{}
	}
	return "", time.Time{}
}}

func carryOn(s standing.Standing, step Step, _ time.Time) standing.Decision {
	return CameIn(s, step.Browser)
}

// CameIn is the decision that the request of a browser is done: the member is in
// by what answered it. It is empty where there is none.
func CameIn(s standing.Standing, browser session.Hash) standing.Decision {
	if r := requestIn(s, browser); r.ID != "" {
		return endRequest(r, standing.Done, "done")
	}
	return standing.Decision{}
}

// inByThemselves ends what the member no longer needs, who has just proved a
// factor or a backup code: every request, and what answered one and was not used.
// It opens nothing. A pass whose time to object runs is taken away and never
// opened by a proof elsewhere: it would open in the browser that waits for it,
// which may be a thief's.
func inByThemselves(s standing.Standing, now time.Time) standing.Decision {
	var d standing.Decision
	if s.Pass.Browser != "" || s.Case.State == standing.CaseWaiting || s.Case.State == standing.CaseHanded {
		d = dropPass(s, "proved")
	}
	for _, r := range s.Requests {
		if r.Live(now) && r.Given == standing.GivenSuspension {
			d = d.Merge(dropAnswer(s, r, "proved"))
		}
	}
	return d.Merge(endRequests(s, now, "", "proved")).Merge(endCase(s, standing.CaseWithdrawn, "proved", now))
}

// endRequests ends every request that lives at now but one; the zero Time: that
// has not ended. After an objection they are stopped, else withdrawn.
func endRequests(s standing.Standing, now time.Time, keep, why string) standing.Decision {
	state := standing.Withdrawn
	if why == objected {
		state = standing.Stopped
	}
	var d standing.Decision
	for _, r := range s.Requests {
		if r.ID != keep && !r.Ended() && (now.IsZero() || r.Live(now)) {
			d = d.Merge(endRequest(r, state, why))
		}
	}
	return d
}

// objected is why things end after an objection.
const objected = "objected"

// endRequest ends a request that has not ended.
func endRequest(r standing.Request, state standing.RequestState, why string) standing.Decision {
	from := r.State
	r.State = state
	return standing.Decision{
		Effects: []standing.Effect{standing.SetRequest{From: from, Request: r}},
		Events:  []audit.Event{{Kind: audit.HelpEnded, Reason: why, Facts: map[string]string{"request": r.ID}}},
	}
}

// Waiting reports whether the time to object to the member's pass runs at now.
func Waiting(s standing.Standing, now time.Time) bool {
	return s.Pass.ID != "" && now.Before(s.Pass.From)
}

var aColleague = guard{"", func(_ standing.Standing, step Step, _ time.Time) (Reason, time.Time) {
	if step.By.As == nil {
		return NotYours, time.Time{}
	}
	return "", time.Time{}
}}

var mayAgree = all("by an administrator who has been one, with MFA, for 7 days, and did not give it; the time to object runs", aColleague, mayGive,
	guard{"", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		from := AgreesFrom(*step.By.As)
		switch {
		case !s.MFA() || !Waiting(s, now):
			return NotWaiting, time.Time{}
		case s.Pass.By.Member == step.By.As.Member.ID:
			return GaveItYourself, time.Time{}
		case s.Pass.Browser != "" && s.Pass.Browser == step.Browser, slices.Contains(s.Addresses(), step.By.As.Member.Email):
			return SecondAccount, time.Time{}
		case from.IsZero() || now.Before(from):
			return TooNewToAgree, from
		}
		return "", time.Time{}
	}})

// agree ends the time to object: two have looked.
func agree(s standing.Standing, step Step, now time.Time) standing.Decision {
	by := step.By.As.Member.ID
	pass := s.Pass
	pass.From, pass.Expires, pass.AgreedBy = now, now.Add(pass.Lifetime()), by
	d := standing.Decision{
		Effects: []standing.Effect{standing.SetPass{Pass: pass}},
		Events:  []audit.Event{{Kind: audit.PassAgreed}},
		Notices: toldByGiver(s, step, notice.PassAgreed, notice.PassAgreedToAdministrators, notice.Facts{ValidUntil: pass.Expires}),
	}
	if r := requestIn(s, pass.Browser); r.ID != "" {
		r.Opens, r.Expires, r.Agreed, r.AgreedBy = now, pass.Expires, now, by
		d = d.And(standing.SetRequest{From: standing.Approved, Request: r})
	}
	return d
}

var mayStop = all("by an administrator who may; a pass is there", aColleague, mayGive, guard{"", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
	if s.Pass.ID == "" || !now.Before(s.Pass.Expires) {
		return PassEnded, time.Time{}
	}
	return "", time.Time{}
}})

// stop is an objection to a pass, of an administrator instead of by mail. The pass
// has set nothing up yet, and no administrator takes another's factors away.
func stop(s standing.Standing, step Step, now time.Time) standing.Decision {
	step.ByFactor = true
	d := freeze(s, step, now)
	d.Events[0].Reason = "by-administrator"
	d.Notices = toldByGiver(s, step, notice.PassStopped, notice.PassStoppedToAdministrators, notice.Facts{})
	return d
}
