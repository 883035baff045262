package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// mayChangeTeams reports whether the controls are shown.
func (v *visit) mayChangeTeams(h directory.Hand) bool {
	reason, _ := ladder.Permit(h.Who, ladder.ChangeTeams, ladder.Whom{}, v.s.options.Now())
	return ladder.Offered(reason)
}

// teamsPage answers GET /teams.
func (s *Server) teamsPage(v *visit) error {
	return v.asHand(ladder.SeeTeams, teamsPath, func(h directory.Hand) error {
		return v.showTeams(h, http.StatusOK, TeamsPage{Frame: v.frameAt(teamsPath)})
	})
}

func (v *visit) showTeams(h directory.Hand, status int, page TeamsPage) error {
	after := ident(v.r.URL.Query().Get("after"))
	list, err := v.s.flows.Office.Teams(v.r.Context(), h, after)
	if err != nil {
		return err
	}
	page.First, page.May = after == "", v.mayChangeTeams(h)
	if list.Next != "" {
		page.Next = teamsPath + "?after=" + url.QueryEscape(list.Next)
	}
	for _, row := range list.Rows {
		line := TeamLine{ID: string(row.ID), Name: row.Name, Members: row.Members, More: row.More}
		if row.Members == standing.MembersCounted {
			line.Members, line.MoreThan = row.Members-1, true
		}
		for _, m := range row.Supervisors {
			line.Supervisors = append(line.Supervisors, m.Name)
		}
		page.Teams = append(page.Teams, line)
	}
	return v.showAs(status, page)
}

// makeTeam answers POST /teams.
func (s *Server) makeTeam(v *visit) error {
	return v.asHand(ladder.ChangeTeams, teamsPath, func(h directory.Hand) error {
		team, err := s.flows.Office.MakeTeam(v.r.Context(), h, v.field("name"))
		if problem, ok := nameProblem(err); ok {
			page := TeamsPage{Frame: v.frameAt(teamsPath), Typed: v.field("name")}
			page.Problem = problem
			return v.showTeams(h, http.StatusUnprocessableEntity, page)
		}
		if err != nil {
			return err
		}
		return v.redirectWith(teamPath(team.ID), NoticeTeamMade)
	})
}

// nameProblem says what is wrong with the name of a team.
func nameProblem(err error) (Problem, bool) {
	switch {
	case errors.Is(err, org.ErrName):
		return Problem{Why: NoName, Field: "name"}, true
	case errors.Is(err, directory.ErrExists):
		return Problem{Why: TeamExists, Field: "name"}, true
	}
	return Problem{}, false
}

func teamPath(id org.TeamID) string { return teamsPath + "/" + url.PathEscape(string(id)) }

// asTeam is asHand for the team of the path.
func (v *visit) asTeam(do ladder.Action, handle func(directory.Hand, org.TeamID) error) error {
	id := org.TeamID(ident(v.r.PathValue("id")))
	return v.asHand(do, teamPath(id), func(h directory.Hand) error { return handle(h, id) })
}

// teamPage answers GET /teams/{id}.
func (s *Server) teamPage(v *visit) error {
	return v.asTeam(ladder.SeeTeams, func(h directory.Hand, id org.TeamID) error {
		return v.showTeam(h, id, http.StatusOK, TeamPage{Frame: v.frameAt(teamsPath)})
	})
}

func (v *visit) showTeam(h directory.Hand, id org.TeamID, status int, page TeamPage) error {
	view, err := v.s.flows.Office.Team(v.r.Context(), h, id)
	if err != nil {
		return err
	}
	page.ID, page.Name, page.More, page.May = string(id), view.Team.Name, view.More, v.mayChangeTeams(h)
	if page.Typed == "" {
		page.Typed = page.Name
	}
	page.Members, page.MoreThan = min(view.Members, directory.MostMoved), view.Members > directory.MostMoved
	page.Supervisors = colleagues(view.Supervisors)
	return v.showAs(status, page)
}

func colleagues(members []org.Member) []Colleague {
	var list []Colleague
	for _, m := range members {
		list = append(list, Colleague{ID: string(m.ID), Name: m.Name, Email: string(m.Email), Role: m.Role()})
	}
	return list
}

// renameTeam answers POST /teams/{id}/rename.
func (s *Server) renameTeam(v *visit) error {
	return v.asTeam(ladder.ChangeTeams, func(h directory.Hand, id org.TeamID) error {
		err := s.flows.Office.RenameTeam(v.r.Context(), h, id, v.field("name"))
		if problem, ok := nameProblem(err); ok {
			page := TeamPage{Frame: v.frameAt(teamsPath), Typed: v.field("name")}
			page.Problem = problem
			return v.showTeam(h, id, http.StatusUnprocessableEntity, page)
		}
		if err != nil {
			return err
		}
		return v.redirectWith(teamPath(id), NoticeTeamRenamed)
	})
}

// findSupervisor answers POST /teams/{id}/supervisors/find. It changes nothing.
func (s *Server) findSupervisor(v *visit) error {
	return v.asTeam(ladder.ChangeTeams, func(h directory.Hand, id org.TeamID) error {
		page := TeamPage{Frame: v.frameAt(teamsPath), Searched: v.field("who")}
		found, err := s.flows.Office.Find(v.r.Context(), h, ident(page.Searched))
		if err != nil {
			return err
		}
		if page.Found = colleagues(found); len(found) == 0 {
			page.Problem = Problem{Why: NobodyFound, Field: "who"}
		}
		return v.showTeam(h, id, http.StatusOK, page)
	})
}

// addSupervisor answers POST /teams/{id}/supervisors.
func (s *Server) addSupervisor(v *visit) error {
	return v.changeSupervisor(s.flows.Office.Supervise, NoticeSupervisorAdded)
}

// removeSupervisor answers POST /teams/{id}/supervisors/remove.
func (s *Server) removeSupervisor(v *visit) error {
	return v.changeSupervisor(s.flows.Office.StopSupervising, NoticeSupervisorRemoved)
}

// supervising changes who supervises a team.
type supervising func(ctx context.Context, h directory.Hand, team org.TeamID, m org.MemberID) error

func (v *visit) changeSupervisor(change supervising, done NoticeID) error {
	return v.asTeam(ladder.ChangeTeams, func(h directory.Hand, id org.TeamID) error {
		err := change(v.r.Context(), h, id, org.MemberID(ident(v.field("member"))))
		switch {
		case errors.Is(err, directory.ErrNotActive):
			page := TeamPage{Frame: v.frameAt(teamsPath)}
			page.Problem = Problem{Why: NotHereYet}
			return v.showTeam(h, id, http.StatusConflict, page)
		case errors.Is(err, directory.ErrChanged):
			return v.redirectWith(teamPath(id), NoticeAlreadyDone)
		case err != nil:
			return err
		}
		return v.redirectWith(teamPath(id), done)
	})
}

// removeTeamPage answers GET /teams/{id}/remove.
func (s *Server) removeTeamPage(v *visit) error {
	return v.asTeam(ladder.ChangeTeams, func(h directory.Hand, id org.TeamID) error {
		return v.showRemoveTeam(h, id, http.StatusOK, RemoveTeam{Frame: v.frameAt(teamsPath)})
	})
}

func (v *visit) showRemoveTeam(h directory.Hand, id org.TeamID, status int, page RemoveTeam) error {
	view, err := v.s.flows.Office.Team(v.r.Context(), h, id)
	if err != nil {
		return err
	}
	if page.Teams, err = v.teamNames(h, id); err != nil {
		return err
	}
	page.ID, page.Name, page.Supervised = string(id), view.Team.Name, len(view.Supervisors) > 0
	page.Members, page.Crowded = min(view.Members, directory.MostMoved), view.Members > directory.MostMoved
	return v.showAs(status, page)
}

// removeTeam answers POST /teams/{id}/remove.
func (s *Server) removeTeam(v *visit) error {
	return v.asTeam(ladder.ChangeTeams, func(h directory.Hand, id org.TeamID) error {
		page := RemoveTeam{Frame: v.frameAt(teamsPath), To: v.field("to")}
		to, known, err := v.teamCalled(h, page.To)
		if err != nil {
			return err
		}
		if !known || to == id {
			page.Problem = Problem{Why: NoSuchTeam, Field: "to"}
			return v.showRemoveTeam(h, id, http.StatusUnprocessableEntity, page)
		}
		err = s.flows.Office.RemoveTeam(v.r.Context(), h, id, to)
		for sentinel, why := range map[error]Why{
			directory.ErrSupervised: TeamSupervised, directory.ErrCrowded: TeamCrowded, directory.ErrChanged: PlanChanged,
		} {
			if errors.Is(err, sentinel) {
				page.Problem = Problem{Why: why}
				return v.showRemoveTeam(h, id, http.StatusConflict, page)
			}
		}
		if err != nil {
			return err
		}
		return v.redirectWith(teamsPath, NoticeTeamRemoved)
	})
}
