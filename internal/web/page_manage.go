package web

import (
	"net/http"
	"net/url"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// tabs are the pages in the top bar of those who may see them, in their order.
var tabs = []struct {
	path string
	sees ladder.Action
}{
	{employeesPath, ladder.SeeEmployees},
	{requestsPath, ladder.SeeRequests},
	{teamsPath, ladder.SeeTeams},
	{readyPath, ladder.SeeReadiness},
	{generalPath, ladder.SeeSettings},
	{logPath, ladder.SeeLog},
}

// tabs returns those that the viewer sees.
func (v *visit) tabs() []Tab {
	if v.session.Reach != session.Everything || v.mustGo() != "" {
		return nil
	}
	who := standing.Colleague{Viewer: v.viewer, Session: v.session}
	if who.Member.Supervises {
		who.Teams = make([]org.TeamID, 1) // which ones is no matter here
	}
	var seen []Tab
	if reason, _ := ladder.PermitAgent(who, false, false, v.s.options.Now()); reason == "" {
		seen = append(seen, Tab{Path: deskPath})
	}
	for _, t := range tabs {
		if reason, _ := ladder.Permit(who, t.sees, ladder.Whom{}, v.s.options.Now()); ladder.Offered(reason) {
			seen = append(seen, Tab{Path: t.path, Count: v.waitingAt(t.path)})
		}
	}
	return seen
}

// waitingAt returns how many wait at a tab for the viewer.
func (v *visit) waitingAt(path string) int {
	if path != requestsPath {
		return 0
	}
	count, err := v.s.flows.Help.Count(v.r.Context(), v.viewer.Member.ID)
	if err != nil { // the page is worth more than the count
		v.s.options.Log.Warn("requests are not counted", "request", requestID(v.r), "error", err)
	}
	return count
}

// colleague returns the viewer as one who does something about another member or
// about the organisation.
func (v *visit) colleague() (standing.Colleague, error) {
	who, err := v.s.backend.Colleague(v.r.Context(), v.viewer.Member.ID)
	who.Session = v.session
	return who, err
}

// by says that the colleague acts from this browser, and why.
func (v *visit) by(who standing.Colleague, why string) operate.By {
	return operate.By{Giver: who.Gives(), Why: why, Origin: v.origin}
}

// permitted returns nil where the rules gave no reason against an action. Where
// whoever asks must not even know of it the error says that there is no such
// page; where the last proof is too old it is ladder.ErrStale (provedFirst takes
// that); else it is the refusal.
func permitted(reason ladder.Reason, do ladder.Action) error {
	switch reason {
	case "":
		return nil
	case ladder.Unknown:
		return org.ErrNotFound
	case ladder.StaleProof:
		return ladder.ErrStale
	}
	return &ladder.Refusal{Step: ladder.StepKind(do), Reason: reason}
}

// provedFirst leads whoever has to prove themselves again there and back to this
// page, or to the page that the form stood on.
func (v *visit) provedFirst(form string) error {
	back := form
	if v.r.Method == http.MethodGet {
		back = v.r.URL.RequestURI()
	}
	return v.toProve(url.QueryEscape(back))
}
