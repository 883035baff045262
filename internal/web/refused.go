package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
)

// logRefusal records that the viewer asked for what the rules do not allow now,
// about a member of their organisation or about nobody (empty).
func (v *visit) logRefusal(about org.MemberID, step ladder.StepKind, reason ladder.Reason) error {
	return v.s.backend.Record(v.r.Context(), audit.Event{
		Kind: audit.RecoveryRefused, At: v.s.options.Now(), Organisation: v.viewer.Member.Organisation,
		Actor: audit.Actor{Kind: audit.Member, Member: v.viewer.Member.ID}, Subject: about, Origin: v.origin,
		Reason: string(reason), Facts: map[string]string{"step": string(step)},
	})
}

// outOfReach answers a form about a colleague of whom the viewer may not know any
// longer, such as a supervisor taken out of the team since the page was opened: it
// is logged, and whoever supervises, or has the link of a request, is told why. Of
// whoever is in another organisation, or nowhere, err stands.
func (v *visit) outOfReach(err error) error {
	if !errors.Is(err, org.ErrNotFound) || v.r.Method != http.MethodPost || !v.signedIn || v.r.PathValue("id") == "" {
		return err
	}
	about, step, found := v.whom()
	if found != nil {
		return unlessNotFound(found, err)
	}
	who, failed := v.colleague()
	if failed != nil {
		return failed
	}
	if _, seen := v.s.flows.Operate.Member(v.r.Context(), who, about); !errors.Is(seen, org.ErrNotFound) {
		return err
	}
	if failed := v.logRefusal(about, step, ladder.NotYours); failed != nil {
		return failed
	}
	if step != ladder.StepKind(ladder.SeeRequest) && !v.viewer.Member.Supervises {
		return err
	}
	return v.showAs(http.StatusForbidden, Barred{Frame: v.frame(), Reason: BarredNotYours, Back: homePath})
}

// whom returns the colleague that the path is about, or an error wrapping
// org.ErrNotFound where it is about nobody of the viewer's organisation.
func (v *visit) whom() (org.MemberID, ladder.StepKind, error) {
	own := v.viewer.Member.Organisation
	switch path := v.r.URL.Path; {
	case strings.HasPrefix(path, requestsPath+"/"):
		m, err := v.s.flows.Help.Asker(v.r.Context(), own, ident(v.r.PathValue("id")))
		return m, ladder.StepKind(ladder.SeeRequest), err
	case strings.HasPrefix(path, employeesPath+"/"):
		of, err := v.s.backend.Colleague(v.r.Context(), v.pathMember())
		if err == nil && of.Member.Organisation != own {
			err = org.ErrNotFound
		}
		return of.Member.ID, ladder.StepKind(ladder.SeeEmployee), err
	}
	return "", "", org.ErrNotFound
}

// unlessNotFound returns found, or err where that only says that there is nobody.
func unlessNotFound(found, err error) error {
	if errors.Is(found, org.ErrNotFound) {
		return err
	}
	return found
}
