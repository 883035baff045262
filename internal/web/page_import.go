package web

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/roster"
)

const (
	importPath        = employeesPath + "/import"
	importConfirmPath = importPath + "/confirm"
	// maxUpload is the most that a request with a list may carry: the list, and what
	// surrounds it in the form.
	maxUpload = roster.MaxBytes + 64<<10
	// importPatience is how long adding a list may take: the longest is added in one
	// transaction.
	importPatience = 5 * time.Minute
	// shownLines is how many lines of one fate are shown.
	shownLines = 200
)

// limits says how much r may carry, and how long it may take.
func limits(r *http.Request) (int64, time.Duration) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if strings.HasPrefix(r.URL.Path, casePath) || strings.HasPrefix(r.URL.Path, deskPath+"/") {
		switch {
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/events"):
			return maxForm, streamLife
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/files") && kind == "multipart/form-data":
			return maxEvidence, filePatience
		}
	}
	if r.Method == http.MethodPost {
		switch r.URL.Path {
		case importPath:
			if kind == "multipart/form-data" {
				return maxUpload, patience
			}
		case importConfirmPath:
			return maxForm, importPatience
		}
	}
	return maxForm, patience
}

// importPage answers GET /employees/import.
func (s *Server) importPage(v *visit) error {
	if id := ident(v.r.URL.Query().Get("list")); id != "" {
		return v.importPreview(id, http.StatusOK, Problem{})
	}
	return v.asHand(ladder.AddEmployee, importPath, func(directory.Hand) error {
		return v.show(ImportPage{Frame: v.frameAt(employeesPath)})
	})
}

// exampleList is a list to begin with, as spreadsheets read it everywhere: UTF-8
// with its mark, and the separator that the language's spreadsheets write.
func exampleList(heading string) string {
	return "\xEF\xBB\xBF" + heading + "\r\n"
}

// importExample answers GET /employees/import/example.csv.
func (s *Server) importExample(v *visit) error {
	return v.asHand(ladder.AddEmployee, importPath, func(directory.Hand) error {
		v.attach(v.voice().Say("import.example-file"))
		_, err := io.WriteString(v.w, exampleList(v.voice().Say("import.example-heading"))+v.voice().Say("import.example-line")+"\r\n")
		return ignoreGone(v.r.Context(), err)
	})
}

// ignoreGone returns err unless whoever asked has gone away.
func ignoreGone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// upload answers POST /employees/import.
func (s *Server) upload(v *visit) error {
	return v.asHand(ladder.AddEmployee, importPath, func(h directory.Hand) error {
		done, err := s.takeTurn(v.r.Context())
		if err != nil {
			return err
		}
		defer done()
		file, err := v.uploaded("list")
		var id string
		if err == nil {
			id, err = s.flows.Office.Upload(v.r.Context(), h, file)
		}
		if fault, ok := errors.AsType[*roster.UnreadableError](err); ok {
			page := ImportPage{Frame: v.frameAt(employeesPath), Reason: fault.Reason, Line: fault.Line, Column: fault.Column}
			page.Problem = Problem{Why: ListUnreadable, Field: "list"}
			return v.showAs(http.StatusUnprocessableEntity, page)
		}
		if err != nil {
			return err
		}
		return v.redirect(importPath + "?list=" + url.QueryEscape(id))
	})
}

// takeTurn waits until few enough others read a list: each takes memory many times
// its size. The function it returns must be called.
func (s *Server) takeTurn(ctx context.Context) (func(), error) {
	select {
	case s.listing <- struct{}{}:
		return func() { <-s.listing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// partsRead is more than a form with a file has.
const partsRead = 10

// uploaded returns the file of a form. It is kept in memory and nowhere else.
func (v *visit) uploaded(field string) ([]byte, error) {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return nil, errForm
	}
	for range partsRead {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		var file []byte
		if err == nil && part.FormName() == field {
			if file, err = io.ReadAll(part); err == nil {
				return file, nil
			}
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, &roster.UnreadableError{Reason: roster.TooLarge}
		}
		if err != nil {
			return nil, errForm
		}
	}
	return nil, errForm
}

// importPreview shows what a list comes to now.
func (v *visit) importPreview(id string, status int, problem Problem) error {
	page := importPath + "?list=" + url.QueryEscape(id)
	return v.asHand(ladder.AddEmployee, page, func(h directory.Hand) error {
		done, err := v.s.takeTurn(v.r.Context())
		if err != nil {
			return err
		}
		defer done()
		preview, err := v.s.flows.Office.Preview(v.r.Context(), h, id)
		if errors.Is(err, directory.ErrExpired) {
			return v.redirectWith(importPath, NoticeListExpired)
		}
		if err != nil {
			return err
		}
		shown := previewPage(preview)
		shown.Frame = v.frameAt(employeesPath)
		shown.Problem = problem
		if v.r.Method != http.MethodGet {
			shown.Path = page
		}
		return v.showAs(status, shown)
	})
}

// importLines answers GET /employees/import/lines.csv: every line of a list and what
// becomes of it, for whoever mends a long one.
func (s *Server) importLines(v *visit) error {
	id := ident(v.r.URL.Query().Get("list"))
	return v.asHand(ladder.AddEmployee, importPath+"?list="+url.QueryEscape(id), func(h directory.Hand) error {
		done, err := s.takeTurn(v.r.Context())
		if err != nil {
			return err
		}
		defer done()
		preview, err := s.flows.Office.Preview(v.r.Context(), h, id)
		if errors.Is(err, directory.ErrExpired) {
			return v.redirectWith(importPath, NoticeListExpired)
		}
		if err != nil {
			return err
		}
		v.attach(v.voice().Say("import-preview.all-file"))
		return ignoreGone(v.r.Context(), writeLines(v.w, v.voice().Say, preview.Plan.Places))
	})
}

// attach says that the answer is a list for a spreadsheet, with that name.
func (v *visit) attach(name string) {
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// writeLines writes what becomes of every line as CSV (RFC 4180), with the separator
// of the language's spreadsheets.
func writeLines(to io.Writer, say func(string, ...any) string, lines []roster.Place) error {
	heading := say("import-preview.all-heading")
	if _, err := io.WriteString(to, exampleList(heading)); err != nil {
		return err
	}
	out := csv.NewWriter(to)
	out.UseCRLF = true
	if strings.Contains(heading, ";") {
		out.Comma = ';'
	}
	for _, l := range lines {
		row := []string{strconv.Itoa(l.Number), cmp.Or(l.Name, l.Shown), string(l.Email), strings.Join(fateWords(say, l), " ")}
		for i := range row {
			row[i] = harmless(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless is text that a spreadsheet does not calculate with (OWASP, CSV
// injection).
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func previewPage(p directory.Preview) ImportPreview {
	plan := p.Plan
	page := ImportPreview{
		ID: p.ID, Digest: plan.Digest, Until: p.Expires, Unused: p.Unused,
		Joining: plan.Count[roster.Joins], WrongLines: plan.Count[roster.Wrong], Leading: plan.Leading,
		LeftAlone: plan.Count[roster.Waits] + plan.Count[roster.There] + plan.Count[roster.Closed],
		NewTeams:  plan.NewTeams,
	}
	if len(page.NewTeams) > shownLines {
		page.NewTeams, page.MoreNewTeams = page.NewTeams[:shownLines], len(page.NewTeams)-shownLines
	}
	for _, fate := range roster.Fates {
		group := FateGroup{Fate: fate}
		for _, place := range plan.Places {
			if place.Fate != fate {
				continue
			}
			if len(group.Lines) < shownLines {
				group.Lines = append(group.Lines, place)
			} else {
				group.More++
			}
		}
		if len(group.Lines) > 0 {
			page.Groups = append(page.Groups, group)
		}
	}
	return page
}

// importConfirm answers POST /employees/import/confirm.
func (s *Server) importConfirm(v *visit) error {
	id := ident(v.field("list"))
	preview := importPath + "?list=" + url.QueryEscape(id)
	// A long list takes longer to add than an answer may take to be written.
	if err := http.NewResponseController(v.w).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return v.asHand(ladder.AddEmployee, preview, func(h directory.Hand) error {
		done, err := s.takeTurn(v.r.Context())
		if err != nil {
			return err
		}
		plan, err := s.flows.Office.Confirm(v.r.Context(), h, id, v.field("plan"))
		done()
		switch {
		case errors.Is(err, directory.ErrChanged), errors.Is(err, directory.ErrNobody):
			return v.importPreview(id, http.StatusConflict, Problem{Why: PlanChanged})
		case errors.Is(err, directory.ErrExpired):
			return v.redirectWith(importPath, NoticeListExpired)
		case err != nil:
			return err
		}
		return v.redirect(importPath + "/done?people=" + strconv.Itoa(plan.Count[roster.Joins]))
	})
}

// importDone answers GET /employees/import/done.
func (s *Server) importDone(v *visit) error {
	people, err := strconv.Atoi(v.r.URL.Query().Get("people"))
	if err != nil || people < 1 || people > roster.MaxLines {
		return v.redirect(importPath)
	}
	who, err := v.colleague()
	if err != nil {
		return err
	}
	if err := ladder.Permitted(who, ladder.SeeEmployees, ladder.Whom{}, s.options.Now()); err != nil {
		return err
	}
	return v.show(ImportDone{Frame: v.frameAt(employeesPath), People: people})
}
