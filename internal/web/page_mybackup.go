package web

import (
	"errors"
	"net/http"

	"github.com/sparekey/sparekey/internal/enrol"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

const (
	myCodesPath = "/my-login/backup-codes"
	myEmailPath = "/my-login/backup-email"
)

// under returns the set-up under way in the session if it is of a kind.
func (v *visit) under(kind standing.SetUpKind) (up standing.SetUp, is bool, err error) {
	up, err = v.s.flows.Enrol.Under(v.r.Context(), v.session)
	if errors.Is(err, enrol.ErrNone) {
		return up, false, nil
	}
	return up, err == nil && up.Kind == kind, err
}

// myCodesPage answers GET /my-login/backup-codes: the new set, or whether to
// make one.
func (s *Server) myCodesPage(v *visit) error { return s.showMyCodes(v, http.StatusOK, Problem{}) }

func (s *Server) showMyCodes(v *visit, status int, problem Problem) error {
	st, fresh, err := v.own(myCodesPath)
	if err != nil || !fresh {
		return err
	}
	up, making, err := v.under(standing.CodesOnly)
	if err != nil {
		return err
	}
	frame := v.myFrame()
	frame.Path, frame.Problem = myCodesPath, problem
	if making {
		return v.showAs(status, MyNewCodes{Frame: frame, Codes: v.codes(up), OldSet: len(st.Codes.Codes) > 0})
	}
	return v.showAs(status, MyBackupCodes{Frame: frame, CodesLeft: st.Codes.Left(), CodesMade: len(st.Codes.Codes), Barrier: v.barrier(st, ladder.MakeCodes)})
}

// afterStage shows the page again with what was wrong, or goes on.
func (v *visit) afterStage(err error, problem Problem, again func(int, Problem) error, next string) error {
	if problem.Is() {
		status := http.StatusUnprocessableEntity
		if problem.Wait > 0 {
			status = http.StatusTooManyRequests
			retryAfter(v.w, problem.Wait)
		}
		return again(status, problem)
	}
	_, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, enrol.ErrNone), errors.Is(err, ladder.ErrStale):
		return v.redirect(next) // the page asks for a proof, or says where we are
	case refused:
		return v.redirect(homePath)
	case err != nil:
		return err
	}
	return v.redirect(next)
}

// makeCodes answers POST /my-login/backup-codes.
func (s *Server) makeCodes(v *visit) error {
	return v.afterStage(s.flows.Enrol.BeginCodes(v.r.Context(), v.my()), Problem{}, nil, myCodesPath)
}

// confirmCodes answers POST /my-login/backup-codes/confirm.
func (s *Server) confirmCodes(v *visit) error {
	_, making, err := v.under(standing.CodesOnly)
	if err != nil {
		return err
	}
	if !making {
		return v.redirect(myCodesPath)
	}
	_, err = s.flows.Enrol.Codes(v.r.Context(), v.my(), v.field("code"))
	if err == nil {
		return v.redirectWith(homePath, NoticeCodesMade)
	}
	return v.afterStage(err, setUpProblem(err, "code", NotYourCode, NotYourCode),
		func(status int, p Problem) error { return s.showMyCodes(v, status, p) }, myCodesPath)
}

// stopCodes answers POST /my-login/backup-codes/stop.
func (s *Server) stopCodes(v *visit) error {
	if err := s.flows.Enrol.Stop(v.r.Context(), v.my()); err != nil && !errors.Is(err, enrol.ErrNone) {
		return err
	}
	return v.redirectWith(homePath, NoticeStoppedNothing)
}

// myEmailPage answers GET /my-login/backup-email.
func (s *Server) myEmailPage(v *visit) error { return s.showMyEmail(v, http.StatusOK, Problem{}) }

func (s *Server) showMyEmail(v *visit, status int, problem Problem) error {
	st, fresh, err := v.own(myEmailPath)
	if err != nil || !fresh {
		return err
	}
	up, changing, err := v.under(standing.BackupEmailOnly)
	if err != nil {
		return err
	}
	frame := v.myFrame()
	frame.Path, frame.Problem = myEmailPath, problem
	if changing && up.Stage == standing.StageBackupEmailCode {
		mailed, err := v.mailed(up, string(up.Address))
		if err != nil {
			return err
		}
		return v.showAs(status, MyBackupEmailCode{Frame: frame, MailedCode: mailed})
	}
	page := MyBackupEmail{
		Frame: frame, Current: string(st.BackupEmail.Address), UsableFrom: notPast(st.BackupEmail.UsableFrom, s.options.Now()),
		Email: shown(v.field("email")), Barrier: v.barrier(st, ladder.ChangeBackupEmail),
	}
	if st.Organisation.Recovery(s.options.Now()).BackupEmailClosed {
		page.Barrier = Barrier{Kind: BarrierEmailClosed}
	}
	return v.showAs(status, page)
}

func (s *Server) againMyEmail(v *visit) func(int, Problem) error {
	return func(status int, p Problem) error { return s.showMyEmail(v, status, p) }
}

// changeEmail answers POST /my-login/backup-email.
func (s *Server) changeEmail(v *visit) error {
	address, err := org.ParseEmail(v.field("email"))
	if err == nil {
		err = s.flows.Enrol.BeginBackupEmail(v.r.Context(), v.my())
	}
	if err == nil {
		err = s.flows.Enrol.BackupEmail(v.r.Context(), v.my(), address)
	}
	return v.afterStage(err, setUpProblem(err, "email", "", ""), s.againMyEmail(v), myEmailPath)
}

// myEmailCode answers POST /my-login/backup-email/code.
func (s *Server) myEmailCode(v *visit) error {
	_, err := s.flows.Enrol.BackupEmailCode(v.r.Context(), v.my(), v.field("code"))
	if err == nil {
		return v.redirect(homePath) // which says from when it can be used
	}
	return v.afterStage(err, setUpProblem(err, "code", WrongMailCode, CodeNotEight), s.againMyEmail(v), myEmailPath)
}

// myEmailAgain answers POST /my-login/backup-email/again.
func (s *Server) myEmailAgain(v *visit) error {
	err := s.flows.Enrol.BackupEmailAgain(v.r.Context(), v.my())
	return v.afterStage(err, setUpProblem(err, "", "", ""), s.againMyEmail(v), myEmailPath)
}

// myEmailOther answers POST /my-login/backup-email/other.
func (s *Server) myEmailOther(v *visit) error {
	if err := s.flows.Enrol.Stop(v.r.Context(), v.my()); err != nil && !errors.Is(err, enrol.ErrNone) {
		return err
	}
	return v.redirect(myEmailPath)
}

// removeEmail answers POST /my-login/backup-email/remove.
func (s *Server) removeEmail(v *visit) error {
	return v.afterChange(s.flows.MyLogin.RemoveBackupEmail(v.r.Context(), v.my()), myEmailPath, NoticeEmailRemoved)
}
