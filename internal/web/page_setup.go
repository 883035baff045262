package web

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/sparekey/sparekey/internal/enrol"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// setUpPage answers GET /setup-mfa with the stage the set-up is at.
func (s *Server) setUpPage(v *visit) error { return s.showSetUp(v, http.StatusOK, Problem{}) }

// showSetUp shows the stage that a set-up is at, or what is about to begin.
func (s *Server) showSetUp(v *visit, status int, problem Problem) error {
	up, err := s.flows.Enrol.Under(v.r.Context(), v.session)
	if errors.Is(err, enrol.ErrNone) || up.Kind == standing.CodesOnly || up.Kind == standing.BackupEmailOnly {
		return s.showSetUpBegin(v, status, problem)
	}
	if err != nil {
		return err
	}
	frame := v.frame()
	frame.Path, frame.Problem = setUpPath, problem
	progress := v.progress(up)
	switch up.Stage {
	case standing.StageMailCode:
		mailed, err := v.mailed(up, string(v.viewer.Member.Email))
		if err != nil {
			return err
		}
		return v.showAs(status, SetupCheck{Frame: frame, Progress: progress, MailedCode: mailed})
	case standing.StageScan:
		return s.showScan(v, status, SetupScan{Frame: frame, Progress: progress, Name: shown(v.field("name"))}, up)
	case standing.StageCodes:
		return v.showAs(status, SetupCodes{Frame: frame, Progress: progress, Codes: v.codes(up)})
	case standing.StageBackupEmail:
		return v.showAs(status, SetupEmail{Frame: frame, Progress: progress, Email: shown(v.field("email"))})
	}
	mailed, err := v.mailed(up, string(up.Address))
	if err != nil {
		return err
	}
	return v.showAs(status, SetupEmailCode{Frame: frame, Progress: progress, MailedCode: mailed})
}

// showSetUpBegin says what is about to happen and what is needed for it.
func (s *Server) showSetUpBegin(v *visit, status int, problem Problem) error {
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	now := s.options.Now()
	if reason, _ := ladder.May(st, v.session, ladder.AddAuthenticator, now); reason != "" {
		return v.redirect(homePath)
	}
	if !ladder.Fresh(st, v.session, now) {
		return v.toProve(setUpPath)
	}
	up := standing.SetUp{Kind: enrol.KindFor(st, v.session)}
	page := SetupBegin{Frame: v.frame(), Reason: SetupChosen}
	switch {
	case v.session.CameByPass():
		page.Reason = SetupPass
	case up.Kind == standing.ReplacedFactor:
		page.Reason = SetupLost
	case up.Kind == standing.FurtherFactor:
		page.Reason = SetupAnother
	case st.Organisation.Forces(now):
		page.Reason = SetupForced
	}
	if ladder.GuardsSetUp(st, v.session, now) {
		up.Stage = standing.StageMailCode
		page.Masked = string(st.Member.Email)
	}
	page.Progress = v.progress(up)
	page.Progress.Now = ""
	page.Path, page.Problem = setUpPath, problem
	return v.showAs(status, page)
}

// progress says which steps a set-up has and which is now.
func (v *visit) progress(up standing.SetUp) Progress {
	p := Progress{Required: v.mustGo() == setUpPath}
	if up.Stage == standing.StageMailCode || (up.Kind == standing.FirstFactor && v.session.CameBy != session.ByInvitation) || v.session.CameBySuspension() {
		p.Steps = append(p.Steps, StepCheck)
	}
	p.Steps = append(p.Steps, StepScan)
	if up.Kind != standing.FurtherFactor {
		p.Steps = append(p.Steps, StepCodes)
	}
	if up.Kind == standing.FirstFactor && !v.viewer.Organisation.Recovery(v.s.options.Now()).BackupEmailClosed {
		p.Steps = append(p.Steps, StepEmail)
	}
	p.Now = map[standing.Stage]Step{
		standing.StageMailCode: StepCheck, standing.StageScan: StepScan, standing.StageCodes: StepCodes,
		standing.StageBackupEmail: StepEmail, standing.StageBackupEmailCode: StepEmail,
	}[up.Stage]
	return p
}

// mailed says where the code of a set-up was mailed, and until when it is valid.
func (v *visit) mailed(up standing.SetUp, to string) (MailedCode, error) {
	code, err := v.s.flows.Enrol.Mailed(v.r.Context(), up)
	if errors.Is(err, org.ErrNotFound) {
		return MailedCode{Masked: to}, nil // over: the page offers a new one
	}
	if err != nil {
		return MailedCode{}, err
	}
	return MailedCode{
		Masked: to, ValidUntil: code.Expires, TriesLeft: max(session.ChallengeTries-code.Tries, 0),
		AgainIn: againIn(code.Sent, v.s.options.Now()),
	}, nil
}

// showScan draws the QR code.
func (s *Server) showScan(v *visit, status int, page SetupScan, up standing.SetUp) error {
	uri := up.Secret.URI(s.options.Issuer+" "+v.viewer.Organisation.Name, string(v.viewer.Member.Email))
	drawn, err := drawQR(uri)
	if err != nil {
		return err
	}
	page.QR, page.Key, page.Link = drawn, groupsOfFour(up.Secret.Base32()), template.URL(uri)
	if page.Name == "" && up.Kind != standing.FurtherFactor {
		page.Name = page.Say("setup-scan.default-name")
	}
	return v.showAs(status, page)
}

// drawQR returns text as an SVG of dark squares on white, with the quiet zone of
// four modules that scanners need (ISO/IEC 18004, section 6.3.8).
func drawQR(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	const quiet = 4
	size := code.Size + 2*quiet
	var squares strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				squares.WriteString(squareAt(x+quiet, y+quiet))
			}
		}
	}
	return template.HTML(svg(size, squares.String())), nil //nolint:gosec // digits and fixed letters only
}

// codes are the codes of a set-up, for the page and the print.
func (v *visit) codes(up standing.SetUp) Codes {
	c := Codes{Download: "/setup-mfa/codes.txt", Account: string(v.viewer.Member.Email), Made: v.s.options.Now()}
	for _, code := range up.Codes {
		c.List = append(c.List, code.Written())
	}
	return c
}

// codesFile answers GET /setup-mfa/codes.txt while a set is being shown.
func (s *Server) codesFile(v *visit) error {
	up, err := s.flows.Enrol.Under(v.r.Context(), v.session)
	if errors.Is(err, enrol.ErrNone) || (err == nil && up.Stage != standing.StageCodes) {
		return v.fail(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if up.Kind == standing.CodesOnly {
		if _, fresh, err := v.own(myCodesPath); err != nil || !fresh {
			return err
		}
	}
	voice := v.voice()
	var text strings.Builder
	text.WriteString(voice.Say("codes-file.title", "Organisation", v.viewer.Organisation.Name) + "\r\n")
	text.WriteString(string(v.viewer.Member.Email) + "\r\n" + voice.Day(s.options.Now()) + "\r\n\r\n")
	for _, code := range up.Codes {
		text.WriteString(code.Written() + "\r\n")
	}
	text.WriteString("\r\n" + voice.Say("codes-file.once") + "\r\n")
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="sparekey-codes.txt"`)
	_, _ = v.w.Write([]byte(text.String()))
	return nil
}

// groupsOfFour writes a key as a person reads it.
func groupsOfFour(key string) string {
	var groups []string
	for ; len(key) > 4; key = key[4:] {
		groups = append(groups, key[:4])
	}
	return strings.Join(append(groups, key), " ")
}

// setUpProblem returns what a page says of an error of the set-up flow.
func setUpProblem(err error, field string, wrong, malformed Why) Problem {
	wait, isWait := errors.AsType[*enrol.WaitError](err)
	for _, c := range []struct {
		err     error
		problem Problem
	}{
		{enrol.ErrMalformed, Problem{Why: malformed, Field: field}},
		{enrol.ErrWrong, Problem{Why: wrong, Field: field}},
		{enrol.ErrExpired, Problem{Why: MailCodeEnded, Field: field}},
		{enrol.ErrClock, Problem{Why: ClockMayBeOff, Field: field}},
		{factor.ErrNameTaken, Problem{Why: NameTaken, Field: "name"}},
		{org.ErrName, Problem{Why: NoName, Field: "name"}},
		{org.ErrEmail, Problem{Why: NoEmail, Field: "email"}},
		{enrol.ErrIsSignIn, Problem{Why: EmailIsSignIn, Field: "email"}},
		{enrol.ErrIsBackup, Problem{Why: EmailIsTaken, Field: "email"}},
	} {
		if errors.Is(err, c.err) {
			return c.problem
		}
	}
	if isWait {
		return Problem{Why: SentTooOften, Wait: wait.Wait}
	}
	return Problem{}
}

// afterSetUp shows the stage again with what was wrong, or goes on to next.
func (s *Server) afterSetUp(v *visit, err error, problem Problem, next string) error {
	refusal, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, ladder.ErrStale):
		return v.toProve(setUpPath)
	case errors.Is(err, enrol.ErrNone): // sent twice, or too late: the page says where we are
		return v.redirect(setUpPath)
	case isRefused:
		s.options.Log.Info("set-up refused", "request", requestID(v.r), "reason", string(refusal.Reason))
		return v.redirect(homePath)
	case problem.Is():
		status := http.StatusUnprocessableEntity
		if problem.Wait > 0 {
			status = http.StatusTooManyRequests
			retryAfter(v.w, problem.Wait)
		}
		return s.showSetUp(v, status, problem)
	case err != nil:
		return err
	}
	return v.redirect(next)
}

// setUpBegin answers POST /setup-mfa/begin.
func (s *Server) setUpBegin(v *visit) error {
	err := s.flows.Enrol.Begin(v.r.Context(), v.my())
	return s.afterSetUp(v, err, setUpProblem(err, "", "", ""), setUpPath)
}

// setUpCheck answers POST /setup-mfa/check.
func (s *Server) setUpCheck(v *visit) error {
	err := s.flows.Enrol.Check(v.r.Context(), v.my(), v.field("code"))
	return s.afterSetUp(v, err, setUpProblem(err, "code", WrongMailCode, CodeNotEight), setUpPath)
}

// setUpCheckAgain answers POST /setup-mfa/check/again.
func (s *Server) setUpCheckAgain(v *visit) error {
	err := s.flows.Enrol.CheckAgain(v.r.Context(), v.my())
	return s.afterSetUp(v, err, setUpProblem(err, "", "", ""), setUpPath)
}

// setUpScan answers POST /setup-mfa/scan: from here on MFA counts.
func (s *Server) setUpScan(v *visit) error {
	up, err := s.flows.Enrol.Under(v.r.Context(), v.session)
	if err != nil {
		return s.afterSetUp(v, err, Problem{}, setUpPath)
	}
	token, err := s.flows.Enrol.Scan(v.r.Context(), v.my(), v.field("name"), v.field("code"))
	if err == nil {
		v.keepSession(token)
		if up.Kind == standing.FurtherFactor {
			return v.redirect("/setup-mfa/done")
		}
	}
	return s.afterSetUp(v, err, setUpProblem(err, "code", WrongCode, CodeNotSix), setUpPath)
}

// setUpCodes answers POST /setup-mfa/codes.
func (s *Server) setUpCodes(v *visit) error {
	more, err := s.flows.Enrol.Codes(v.r.Context(), v.my(), v.field("code"))
	next := "/setup-mfa/done"
	if more {
		next = setUpPath
	}
	return s.afterSetUp(v, err, setUpProblem(err, "code", NotYourCode, NotYourCode), next)
}

// setUpEmail answers POST /setup-mfa/email.
func (s *Server) setUpEmail(v *visit) error {
	address, err := org.ParseEmail(v.field("email"))
	if err == nil {
		err = s.flows.Enrol.BackupEmail(v.r.Context(), v.my(), address)
	}
	return s.afterSetUp(v, err, setUpProblem(err, "email", "", ""), setUpPath)
}

// setUpEmailCode answers POST /setup-mfa/email/code.
func (s *Server) setUpEmailCode(v *visit) error {
	_, err := s.flows.Enrol.BackupEmailCode(v.r.Context(), v.my(), v.field("code"))
	return s.afterSetUp(v, err, setUpProblem(err, "code", WrongMailCode, CodeNotEight), "/setup-mfa/done")
}

// setUpEmailAgain answers POST /setup-mfa/email/again.
func (s *Server) setUpEmailAgain(v *visit) error {
	err := s.flows.Enrol.BackupEmailAgain(v.r.Context(), v.my())
	return s.afterSetUp(v, err, setUpProblem(err, "", "", ""), setUpPath)
}

// setUpEmailOther answers POST /setup-mfa/email/other.
func (s *Server) setUpEmailOther(v *visit) error {
	return s.afterSetUp(v, s.flows.Enrol.BackupEmailOther(v.r.Context(), v.my()), Problem{}, setUpPath)
}

// setUpEmailSkip answers POST /setup-mfa/email/skip: the rest is set up already.
func (s *Server) setUpEmailSkip(v *visit) error {
	return s.afterSetUp(v, s.flows.Enrol.Stop(v.r.Context(), v.my()), Problem{}, "/setup-mfa/done")
}

// setUpStop answers POST /setup-mfa/stop.
func (s *Server) setUpStop(v *visit) error {
	if err := s.flows.Enrol.Stop(v.r.Context(), v.my()); err != nil && !errors.Is(err, enrol.ErrNone) {
		return err
	}
	return v.redirect("/setup-mfa/stopped")
}

// setUpStopped answers GET /setup-mfa/stopped: what was left behind.
func (s *Server) setUpStopped(v *visit) error {
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	page := SetupStopped{Frame: v.frame(), Left: LeftNothing, MFA: st.MFA()}
	switch {
	case st.MFA() && st.Codes.Left() == 0:
		page.Left = LeftNoCodes
	case st.MFA() && st.BackupEmail.Address == "" && !st.Organisation.Recovery(s.options.Now()).BackupEmailClosed:
		page.Left = LeftNoEmail
	}
	return v.show(page)
}

// setUpDone answers GET /setup-mfa/done: what the member has now.
func (s *Server) setUpDone(v *visit) error {
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	if len(st.Authenticators) == 0 {
		return v.redirect(setUpPath)
	}
	newest := st.Authenticators[0]
	for _, a := range st.Authenticators {
		if a.Added.After(newest.Added) {
			newest = a
		}
	}
	page := SetupDone{Frame: v.frame(), Authenticator: newest.Name, CodesLeft: st.Codes.Left(), Next: homePath,
		Replaced: slices.Contains([]session.CameBy{session.ByBackupCode, session.ByBackupEmail, session.ByPass}, v.session.CameBy)}
	if st.BackupEmail != (factor.BackupEmail{}) {
		page.Masked = st.BackupEmail.Address.Masked()
		page.UsableFrom = notPast(st.BackupEmail.UsableFrom, s.options.Now())
	}
	return v.show(page)
}

// notPast returns t if it is still to come, else the zero Time.
func notPast(t, now time.Time) time.Time {
	if t.After(now) {
		return t
	}
	return time.Time{}
}
