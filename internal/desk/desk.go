package desk

import (
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A guard returns why a step is refused, and until when that holds, or the empty
// Reason.
type guard func(standing.Standing, Step, time.Time) (ladder.Reason, time.Time)

// A rule lets a step be taken with a case in some states.
type rule struct {
	step   StepKind
	from   []standing.CaseState
	guards []guard
	do     func(standing.Standing, Step, time.Time) (standing.Decision, error)
}

var (
	living   = []standing.CaseState{standing.CaseOpen, standing.CaseSecond, standing.CaseWaiting, standing.CaseHanded, standing.CaseFrozen}
	over     = []standing.CaseState{standing.CaseDone, standing.CaseRejected, standing.CaseAbandoned, standing.CaseWithdrawn}
	anyState = slices.Concat(living, over)
)

// rules is the whole desk: what is not listed is refused.
var rules = []rule{
	{Open, slices.Concat([]standing.CaseState{""}, over), []guard{mayOpen}, open},
	{Return, anyState, nil, admit},
	{Write, living, []guard{saysSomething, notTooMuch}, write},
	{Bring, []standing.CaseState{standing.CaseOpen}, []guard{fewFiles}, bring},
	{Turned, []standing.CaseState{standing.CaseOpen}, []guard{fewFiles}, turned},
	{Withdraw, living, nil, withdraw},

	{See, anyState, []guard{agent(false, false)}, nothing},
	{Take, []standing.CaseState{standing.CaseOpen, standing.CaseFrozen}, []guard{agent(false, false), notOwn}, take},
	{HandOn, []standing.CaseState{standing.CaseOpen}, []guard{agent(false, false), notOwn, hasIt, toAnother}, handOn},
	{Say, living, []guard{agent(false, false), notOwn, saysSomething}, say},
	{Note, anyState, []guard{agent(false, false), saysSomething}, note},
	{Call, living, []guard{agent(false, false), notOwn, saysSomething}, call},
	{View, living, []guard{agent(false, false), notOwn}, view},
	{Tick, []standing.CaseState{standing.CaseOpen, standing.CaseSecond}, []guard{agent(false, false), notOwn, mayJudge, isItem}, tick},
	{AskMore, []standing.CaseState{standing.CaseOpen, standing.CaseSecond}, []guard{agent(false, false), notOwn, mayJudge, saysSomething}, askMore},
	{Approve, []standing.CaseState{standing.CaseOpen}, []guard{agent(false, true), notOwn, hasIt, hasEvidence, checkedAll, hasAnother}, approve},
	{Confirm, []standing.CaseState{standing.CaseSecond}, []guard{agent(false, true), notOwn, hasEvidence, checkedAll}, confirm},
	{Reject, living, []guard{agent(false, true), notOwn, mayJudge, saysSomething}, reject},
	{Hand, []standing.CaseState{standing.CaseWaiting, standing.CaseHanded}, []guard{agent(false, true), notOwn}, hand},
	{Release, []standing.CaseState{standing.CaseFrozen}, []guard{agent(true, true), notOwn, saysSomething}, release},
	{Pick, []standing.CaseState{standing.CaseSecond}, []guard{leadOrLate, hasAnother}, pick},
	{Abandon, living, []guard{quiet}, abandon},
	{Destroy, over, []guard{overdue}, destroy},
}

// Decide returns what taking step at now saves, or a *ladder.Refusal. It may be
// called again with the same arguments.
func Decide(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	refused := func(reason ladder.Reason, until time.Time) (standing.Decision, error) {
		return standing.Decision{}, &ladder.Refusal{Step: ladder.StepKind(step.Kind), Reason: reason, Until: until}
	}
	for _, r := range rules {
		if r.step != step.Kind || !slices.Contains(r.from, s.Case.State) {
			continue
		}
		for _, why := range r.guards {
			if reason, until := why(s, step, now); reason != "" {
				return refused(reason, until)
			}
		}
		return r.do(s, step, now)
	}
	switch {
	case s.Case.ID == "":
		return refused(NoCase, time.Time{})
	case s.Case.State == standing.CaseFrozen:
		return refused(CaseFrozen, time.Time{})
	case s.Case.State.Ended():
		return refused(CaseOver, time.Time{})
	}
	return refused(ladder.NotNow, time.Time{})
}

// agent asks for an agent of the desk; of weighty work for a fresh proof.
func agent(lead, weighty bool) guard {
	return func(_ standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
		if step.By.As == nil {
			return ladder.Unknown, time.Time{}
		}
		return ladder.PermitAgent(*step.By.As, lead, weighty, now)
	}
}

// notOwn keeps agents from the cases of an organisation that they belong to as well.
func notOwn(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if step.Foreign || slices.Contains(s.Addresses(), step.By.As.Member.Email) {
		return OwnColleague, time.Time{}
	}
	return "", time.Time{}
}

func mayOpen(s standing.Standing, _ Step, now time.Time) (ladder.Reason, time.Time) {
	if s.Member.State != org.Active {
		return ladder.NotActive, time.Time{}
	}
	for _, w := range ladder.Ways(s, nil, now) {
		if w.Rung == ladder.Desk {
			return w.Reason, w.Until
		}
	}
	return ladder.Unknown, time.Time{}
}

func saysSomething(_ standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if step.Entry.Text == "" && step.Entry.File == "" {
		return NoWords, time.Time{}
	}
	return "", time.Time{}
}

func notTooMuch(_ standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
	if step.Written >= MaxEntries {
		return TooMuch, now.Add(time.Hour)
	}
	return "", time.Time{}
}

func fewFiles(_ standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
	if step.Files >= MaxFiles {
		return TooMuch, now.Add(time.Hour)
	}
	return "", time.Time{}
}

func hasIt(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if s.Case.Agent != step.By.As.Member.ID {
		return NotTaken, time.Time{}
	}
	return "", time.Time{}
}

// mayJudge asks for the agent whose turn it is: whoever took the case, then the
// second. What two have approved, or an objection has stopped, is a lead's.
func mayJudge(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	me := step.By.As.Member
	mine := s.Case.Agent
	switch s.Case.State {
	case standing.CaseSecond:
		mine = s.Case.Second
	case standing.CaseFrozen, standing.CaseWaiting, standing.CaseHanded:
		if me.Stored == org.Lead {
			return "", time.Time{}
		}
		return ladder.NotForRole, time.Time{}
	}
	if mine != me.ID {
		return NotTaken, time.Time{}
	}
	return "", time.Time{}
}

func isItem(_ standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if len(step.Checks) == 0 {
		return NoWords, time.Time{}
	}
	for _, k := range step.Checks {
		switch {
		case !slices.Contains(Items, k.Item):
			return ladder.Unknown, time.Time{}
		case k.How == "":
			return NoWords, time.Time{}
		}
	}
	return "", time.Time{}
}

func hasEvidence(_ standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	for _, kind := range Needed {
		if !slices.Contains(step.Have, kind) {
			return EvidenceLacks, time.Time{}
		}
	}
	return "", time.Time{}
}

// Missing returns the checks that a member of the desk has not ticked.
func Missing(c standing.Case, by org.MemberID) []string {
	var missing []string
	for _, item := range Items {
		if !slices.ContainsFunc(c.Checked, func(k standing.Check) bool { return k.Item == item && k.By == by }) {
			missing = append(missing, item)
		}
	}
	return missing
}

func checkedAll(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if len(Missing(s.Case, step.By.As.Member.ID)) > 0 {
		return Unchecked, time.Time{}
	}
	return "", time.Time{}
}

// another returns the agent whom the queue picks: the first of those who may.
func another(s standing.Standing, step Step) (standing.Agent, bool) {
	for _, a := range step.Agents {
		if a.ID != s.Case.Agent && a.ID != s.Case.First && a.ID != s.Case.Second && !a.Own && !slices.Contains(s.Addresses(), a.Email) {
			return a, true
		}
	}
	return standing.Agent{}, false
}

func hasAnother(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	if _, ok := another(s, step); !ok {
		return NoSecond, time.Time{}
	}
	return "", time.Time{}
}

func toAnother(s standing.Standing, step Step, _ time.Time) (ladder.Reason, time.Time) {
	for _, a := range step.Agents {
		if a.ID == step.To && a.ID != s.Case.Agent && !a.Own {
			return "", time.Time{}
		}
	}
	return ladder.Unknown, time.Time{}
}

// leadOrLate lets a lead pick another second agent, and the program once the one it
// picked has had their time.
func leadOrLate(s standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
	if step.By.As != nil {
		return ladder.PermitAgent(*step.By.As, true, false, now)
	}
	if until := s.Case.PickedAt.Add(SecondTime); now.Before(until) {
		return NotOverdue, until
	}
	return "", time.Time{}
}

func quiet(s standing.Standing, _ Step, now time.Time) (ladder.Reason, time.Time) {
	if until := s.Case.Heard.Add(Quiet); now.Before(until) {
		return NotOverdue, until
	}
	// The pass of a case that two have approved has its own end.
	if c := s.Case; (c.State == standing.CaseWaiting || c.State == standing.CaseHanded) && now.Before(s.Pass.Expires) {
		return NotOverdue, s.Pass.Expires
	}
	return "", time.Time{}
}

// overdue looks whether the evidence goes: when the case says, or sooner where an
// installation keeps none for so long.
func overdue(s standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
	c := s.Case
	due := c.Since.Add(max(step.Keep, 0))
	if c.Destroy.Before(due) {
		due = c.Destroy
	}
	if !c.Destroyed.IsZero() || now.Before(due) {
		return NotOverdue, due
	}
	return "", time.Time{}
}

func about(c standing.Case, facts ...string) map[string]string {
	m := map[string]string{"case": c.Number}
	for i := 0; i+1 < len(facts); i += 2 {
		m[facts[i]] = facts[i+1]
	}
	return m
}

// change saves a case that stood as s says.
func change(s standing.Standing, c standing.Case, kind audit.Kind, facts ...string) standing.Decision {
	return standing.Decision{
		Effects: []standing.Effect{standing.SetCase{From: s.Case.State, Case: c}},
		Events:  []audit.Event{{Kind: kind, Facts: about(c, facts...)}},
	}
}

// happened is an entry that says what became of a case.
func happened(c standing.Case, now time.Time, text string) standing.Effect {
	return standing.AddEntry{Case: c.ID, Entry: standing.Entry{Kind: standing.OfCase, At: now, Text: text}}
}

func nothing(standing.Standing, Step, time.Time) (standing.Decision, error) {
	return standing.Decision{}, nil
}

// open begins a case. Whoever has the password can, so every address is told.
func open(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := step.Case
	c.Member, c.Created, c.Since, c.Heard, c.State = s.Member.ID, now, now, now, standing.CaseOpen
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.AddCase{Case: c}, standing.AdmitBrowser{Case: c.ID, Browser: step.Browser, Until: now.Add(BrowserTime)},
			happened(c, now, "opened"),
		},
		Events:  []audit.Event{{Kind: audit.CaseOpened, Reason: string(c.Begun), Facts: about(c)}},
		Notices: ladder.Tell(s, notice.CaseOpened, notice.Facts{Case: c.Number}, s.Addresses()...),
	}
	facts := notice.Facts{Case: c.Number, Link: EmployeePath + string(s.Member.ID)}
	d.Notices = append(d.Notices, ladder.TellOthers(s, notice.CaseOpenedToAdministrators, facts, step.Helpers)...)
	return d, nil
}

// EmployeePath begins the path of the page at which an administrator objects.
const EmployeePath = "/employees/"

func admit(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	return standing.Decision{Effects: []standing.Effect{
		standing.AdmitBrowser{Case: s.Case.ID, Browser: step.Browser, Until: now.Add(BrowserTime)},
	}}, nil
}

func write(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c, e := s.Case, step.Entry
	e.Kind, e.At, e.By = standing.FromClaimant, now, ""
	c.Heard = now
	if c.Asked.IsZero() {
		c.Asked = now
	}
	return standing.Decision{Effects: []standing.Effect{
		standing.AddEntry{Case: c.ID, Entry: e}, standing.SetCase{From: c.State, Case: c},
	}}, nil
}

// bring keeps a file; it stands in place of the one of its kind before it. What was
// ticked before was about other evidence: it counts no longer.
func bring(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c, e := s.Case, step.Evidence
	c.Heard, c.Checked = now, nil
	if c.Asked.IsZero() {
		c.Asked = now
	}
	reason := ""
	if e.Doubtful {
		reason = "doubtful"
	}
	return standing.Decision{
		Effects: []standing.Effect{
			standing.DropEvidence{Case: c.ID, Kind: e.Kind},
			standing.KeepEvidence{Case: c.ID, Evidence: e, Pages: step.Pages},
			standing.AddEntry{Case: c.ID, Entry: standing.Entry{Kind: standing.OfCase, At: now, Text: "kept." + string(e.Kind), Via: e.Via, File: e.ID}},
			standing.SetCase{From: c.State, Case: c},
		},
		Events: []audit.Event{{Kind: audit.EvidenceKept, Reason: reason, Facts: about(c, "kind", string(e.Kind), "sha256", e.Hash)}},
	}, nil
}

// turned notes that a file was not fit to be kept. Entry.Text is a stable word: why.
func turned(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	c.Heard = now
	c.Refused++
	return standing.Decision{
		Effects: []standing.Effect{
			standing.AddEntry{Case: c.ID, Entry: standing.Entry{Kind: standing.OfCase, At: now, Via: step.Evidence.Via,
				Text: "turned." + string(step.Evidence.Kind) + "." + step.Entry.Text}},
			standing.SetCase{From: c.State, Case: c},
		},
		Events: []audit.Event{{Kind: audit.EvidenceRefused, Reason: step.Entry.Text, Facts: about(c, "kind", string(step.Evidence.Kind))}},
	}, nil
}

// ended ends a case.
func ended(s standing.Standing, step Step, state standing.CaseState, now time.Time) standing.Decision {
	c := s.Case
	c.State, c.Since, c.Asked, c.Destroy = state, now, time.Time{}, now.Add(min(max(step.Keep, 0), ladder.MostEvidence))
	d := change(s, c, audit.CaseEnded, "state", string(state))
	if s.Case.State == standing.CaseWaiting || s.Case.State == standing.CaseHanded {
		d = d.And(standing.SetPass{})
		d.Events = append(d.Events, audit.Event{Kind: audit.PassEnded, Reason: string(state)})
	}
	return d.And(happened(c, now, string(state)))
}

func withdraw(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	d := ended(s, step, standing.CaseWithdrawn, now)
	d.Notices = ladder.Tell(s, notice.CaseEnded, notice.Facts{Case: s.Case.Number}, s.Addresses()...)
	return d, nil
}

func abandon(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	d := ended(s, step, standing.CaseAbandoned, now)
	d.Notices = ladder.Tell(s, notice.CaseEnded, notice.Facts{Case: s.Case.Number}, s.Addresses()...)
	return d, nil
}

// destroy deletes the key, and tells the claimant what there was.
func destroy(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	c.Destroyed = now
	text := ""
	for _, r := range step.Receipts {
		text += string(r.Kind) + "  " + r.Came.UTC().Format(time.RFC3339) + "  SHA-256 " + r.Hash + "\n"
	}
	d := change(s, c, audit.CaseDestroyed)
	d.Events[0].Facts["files"] = itoa(len(step.Receipts))
	d = d.And(standing.DestroyEvidence{Case: c.ID, Receipts: step.Receipts, At: now}, standing.DismissBrowsers{Case: c.ID})
	d.Notices = ladder.Tell(s, notice.CaseDestroyed, notice.Facts{Case: c.Number, Text: text}, s.Addresses()...)
	return d, nil
}
