package web

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/logbook"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

const logPath = "/log"

// logPage answers GET /log.
func (s *Server) logPage(v *visit) error {
	search, ok := v.logSearch(v.r.URL.Query())
	place, placed := logPlace(v.r.URL.Query().Get("after"))
	if !ok || !placed {
		return v.fail(http.StatusBadRequest)
	}
	who, err := v.colleague()
	if err != nil {
		return err
	}
	sheet, err := s.flows.Logbook.Page(v.r.Context(), who, search, place)
	if err != nil {
		return err
	}
	page := LogPage{Frame: v.frame(), Search: logForm(search, sheet, v.zone()), Begun: place != (audit.Place{}), Newest: v.logAt(search, audit.Place{}), Seal: LogSeal{
		Sealed: sheet.Seal.Sealed, Waiting: sheet.Seal.Waiting, Refused: sheet.Seal.Refused, At: sheet.Seal.At,
	}}
	page.Here = logPath
	if !sheet.Seal.At.IsZero() {
		page.Seal.Root = hex.EncodeToString(sheet.Seal.Last.Root[:6])
	}
	if sheet.Next != (audit.Place{}) {
		page.Older = v.logAt(search, sheet.Next)
		if len(sheet.Events) < logbook.PageSize {
			page.Stopped = sheet.Next.At
		}
	}
	names := sheet.Names()
	for _, e := range sheet.Events {
		page.Lines = append(page.Lines, v.logLine(e, search, sheet, names))
	}
	return v.show(page)
}

func (v *visit) logLine(e audit.Event, search audit.Search, sheet logbook.Sheet, names map[org.MemberID]string) LogLine {
	line := LogLine{
		At: e.At, Account: v.voice().Tell(e, names), Erased: e.Erased, Sealed: e.Sealed, NotGenuine: e.NotGenuine,
		From: strings.TrimPrefix(strings.TrimSuffix(v.inWords(e.Origin.Browser)+", "+e.Origin.Address, ", "), ", "),
	}
	if _, there := sheet.Members[e.Actor.Member]; there && search.Who != e.Actor.Member {
		only := search
		only.Who = e.Actor.Member
		line.OnlyWho = v.logAt(only, audit.Place{})
	}
	if _, there := sheet.Members[e.Subject]; there && search.Whom != e.Subject {
		only := search
		only.Whom = e.Subject
		line.OnlyWhom = v.logAt(only, audit.Place{})
	}
	return line
}

// logForm writes a search as the form has it. Members stand in it by their address.
func logForm(search audit.Search, sheet logbook.Sheet, zone *time.Location) LogSearch {
	search.Organisation = ""
	form := LogSearch{
		By: string(search.By), Group: string(search.Group), Any: search != (audit.Search{}),
		Who: string(sheet.Members[search.Who].Email), Whom: string(sheet.Members[search.Whom].Email),
	}
	if !search.From.IsZero() {
		form.From = search.From.In(zone).Format(time.DateOnly)
	}
	if !search.Until.IsZero() {
		form.Until = search.Until.In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return form
}

// zone is that of the days in forms.
func (v *visit) zone() *time.Location {
	if v.s.options.Zone == nil {
		return time.UTC
	}
	return v.s.options.Zone
}

// logAt is the path of a search, from a place on. Members stand in it by their
// ids: paths are written to logs.
func (v *visit) logAt(search audit.Search, place audit.Place) string {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("by", string(search.By))
	set("who", string(search.Who))
	set("whom", string(search.Whom))
	set("group", string(search.Group))
	form := logForm(search, logbook.Sheet{}, v.zone())
	set("from", form.From)
	set("until", form.Until)
	if place != (audit.Place{}) {
		set("after", strconv.FormatInt(place.At.UnixMilli(), 10)+"."+place.ID)
	}
	if len(query) == 0 {
		return logPath
	}
	return logPath + "?" + query.Encode()
}

// logPlace reads a place in the log as logAt writes it.
func logPlace(text string) (audit.Place, bool) {
	if text == "" {
		return audit.Place{}, true
	}
	at, id, _ := strings.Cut(text, ".")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || ms <= 0 || ms > maxLogTime || id == "" || !plainID(id) {
		return audit.Place{}, false
	}
	return audit.Place{At: time.UnixMilli(ms).UTC(), ID: id}, true
}

// maxLogTime is an instant in unix milliseconds that no event is recorded after:
// the year 10000.
const maxLogTime = 253402300800000

// plainID reports whether text may be the id of something.
func plainID(text string) bool {
	if len(text) > 64 {
		return false
	}
	for _, c := range []byte(text) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// logSearch reads what logAt writes, or a form whose members stand in it by ids.
func (v *visit) logSearch(from url.Values) (search audit.Search, ok bool) {
	search = audit.Search{
		By: audit.ActorKind(from.Get("by")), Who: org.MemberID(from.Get("who")), Whom: org.MemberID(from.Get("whom")), Group: audit.Group(from.Get("group")),
	}
	_, badDate := v.logDays(&search, from)
	ok = badDate == "" && plainID(string(search.Who)) && plainID(string(search.Whom)) &&
		(search.Group == "" || slices.Contains(audit.Groups, search.Group)) &&
		(search.By == "" || slices.Contains(LogPage{}.Actors(), search.By))
	return search, ok
}

// logDays reads the days of a search. It returns the form's, and the name of the
// field that holds no day.
func (v *visit) logDays(search *audit.Search, from url.Values) (form LogSearch, bad string) {
	form.From, form.Until = from.Get("from"), from.Get("until")
	for _, day := range []struct {
		field, text string
		at          *time.Time
	}{{"from", form.From, &search.From}, {"until", form.Until, &search.Until}} {
		if day.text == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, day.text, v.zone())
		if err != nil || at.Year() < 1971 || at.Year() > 9998 {
			return form, day.field
		}
		if day.field == "until" {
			at = at.AddDate(0, 0, 1)
		}
		*day.at = at
	}
	return form, ""
}

// typedSearch reads the form that LogPage shows: members stand in it by their
// address. A problem names the field that does not do.
func (v *visit) typedSearch(who standing.Colleague) (audit.Search, Problem, error) {
	typed := url.Values{}
	for _, name := range []string{"by", "group", "from", "until"} {
		typed.Set(name, v.field(name))
	}
	var days audit.Search
	if _, bad := v.logDays(&days, typed); bad != "" {
		return audit.Search{}, Problem{Why: BadDate, Field: bad}, nil
	}
	search, ok := v.logSearch(typed)
	if !ok {
		return audit.Search{}, Problem{}, errForm
	}
	for _, member := range []struct {
		field string
		id    *org.MemberID
	}{{"who", &search.Who}, {"whom", &search.Whom}} {
		text := strings.TrimSpace(v.field(member.field))
		if text == "" {
			continue
		}
		id, err := v.s.flows.Logbook.Find(v.r.Context(), who, text)
		switch {
		case errors.Is(err, org.ErrEmail):
			return audit.Search{}, Problem{Why: NoEmail, Field: member.field}, nil
		case errors.Is(err, org.ErrNotFound):
			return audit.Search{}, Problem{Why: NobodyThere, Field: member.field}, nil
		case err != nil:
			return audit.Search{}, Problem{}, err
		}
		*member.id = id
	}
	return search, Problem{}, nil
}

// searchLog answers POST /log: it leads to what is looked for, so that addresses
// stand in no path.
func (s *Server) searchLog(v *visit) error {
	search, err := v.postedSearch()
	if err != nil || search == nil {
		return err
	}
	return v.redirect(v.logAt(*search, audit.Place{}))
}

// postedSearch returns what the form looks for; nil: it was answered, because
// something in it does not do.
func (v *visit) postedSearch() (*audit.Search, error) {
	who, err := v.colleague()
	if err != nil {
		return nil, err
	}
	reason, _ := ladder.Permit(who, ladder.SeeLog, ladder.Whom{}, v.s.options.Now())
	if err := permitted(reason, ladder.SeeLog); err != nil {
		return nil, err
	}
	search, problem, err := v.typedSearch(who)
	if err != nil || !problem.Is() {
		return &search, err
	}
	page := LogPage{Frame: v.frame(), Search: LogSearch{
		By: v.field("by"), Who: v.field("who"), Whom: v.field("whom"), Group: v.field("group"), From: v.field("from"), Until: v.field("until"), Any: true,
	}}
	page.Here, page.Path, page.Problem = logPath, logPath, problem
	return nil, v.showAs(http.StatusUnprocessableEntity, page)
}

const (
	// exportTime is how long an export may take, of very many events over a slow
	// line; exportStall how long a part of it may take to be fetched.
	exportTime  = 2 * time.Hour
	exportStall = time.Minute
)

// exportLog answers POST /log/export with a file.
func (s *Server) exportLog(v *visit) error {
	search, err := v.postedSearch()
	if err != nil || search == nil {
		return err
	}
	format, ok := logbook.ParseFormat(v.field("format"))
	if !ok {
		return errForm
	}
	who, err := v.colleague()
	if err != nil {
		return err
	}
	write, err := s.flows.Logbook.Begin(v.r.Context(), who, logbook.Order{Search: *search, Format: format, Voice: v.voice(), Origin: v.origin})
	if errors.Is(err, ladder.ErrStale) {
		return v.toProve(url.QueryEscape(v.logAt(*search, audit.Place{})))
	}
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", map[logbook.Format]string{
		logbook.CSV: "text/csv; charset=utf-8", logbook.JSONLines: "application/jsonl; charset=utf-8"}[format])
	h.Set("Content-Disposition", `attachment; filename="log-`+s.options.Now().In(v.zone()).Format(time.DateOnly)+`.`+string(format)+`"`)
	// A page has seconds, an export as long as its reader keeps reading.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), exportTime)
	defer cancel()
	if err := write(ctx, unhurried{v.w, http.NewResponseController(v.w)}); err != nil {
		s.options.Log.Error("an export broke off", "request", requestID(v.r), "error", err)
		panic(http.ErrAbortHandler) // whoever reads must not take it for whole
	}
	return nil
}

// An unhurried writer gives each part of an answer its own time to be fetched.
type unhurried struct {
	to      http.ResponseWriter
	control *http.ResponseController
}

// Write writes a part.
func (u unhurried) Write(part []byte) (int, error) {
	if err := u.control.SetWriteDeadline(time.Now().Add(exportStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return u.to.Write(part)
}
