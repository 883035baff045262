package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/web"
)

// demoPages are the pages that only the demo has.
type demoPages struct {
	*demonstration
	server *web.Server
}

func (p demoPages) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /demo/{$}", p.server.DemoPage(p.start))
	mux.Handle("GET /demo/mailbox", p.server.DemoPage(p.mailbox))
	mux.Handle("GET /demo/phone", p.server.DemoPage(p.phone))
	mux.HandleFunc("GET /demo/mailbox.json", p.mailboxJSON)
	mux.HandleFunc("GET /demo/phone.json", p.phoneJSON)
	mux.HandleFunc("GET /demo/clock.json", p.clockJSON)
	mux.HandleFunc("POST /demo/clock", p.moveClock)
	mux.Handle("/demo/", p.server.DemoPage(func(*http.Request, web.Frame) (web.Page, error) {
		return nil, fmt.Errorf("page of the demo: %w", org.ErrNotFound)
	}))
	return mux
}

// start is the page that says who you can be.
func (p demoPages) start(r *http.Request, f web.Frame) (web.Page, error) {
	people, err := p.people(r.Context())
	if err != nil {
		return nil, err
	}
	page := web.DemoStart{
		Frame: f, Password: demo.Password, First: demo.BackupCode(1).Written(), Last: demo.BackupCode(factor.BackupCodes).Written(), Now: p.now(),
	}
	for _, someone := range people {
		last := len(page.Teams) - 1
		if last < 0 || page.Teams[last].Name != someone.team || page.Teams[last].Organisation != someone.st.Organisation.Name {
			page.Teams = append(page.Teams, web.DemoTeam{Organisation: someone.st.Organisation.Name, Name: someone.team})
			last++
		}
		page.Teams[last].People = append(page.Teams[last].People, web.DemoPerson{
			Name: someone.st.Member.Name, Email: string(someone.st.Member.Email), Role: someone.st.Member.Role(),
			Special: someone.special(f.Language(), p.now()),
		})
	}
	return page, nil
}

// mailbox is the page of all mails, the newest first.
func (p demoPages) mailbox(_ *http.Request, f web.Frame) (web.Page, error) {
	page := web.DemoMailbox{Frame: f, Now: p.now()}
	for _, m := range slices.Backward(p.mails.Mails()) {
		page.Mails = append(page.Mails, web.DemoMail{At: m.At, To: m.To, Subject: m.Subject, Text: m.Text, Links: m.Links})
	}
	return page, nil
}

// phone is the page of what all authenticators show.
func (p demoPages) phone(r *http.Request, f web.Frame) (web.Page, error) {
	codes, err := p.codes(r.Context())
	if err != nil {
		return nil, err
	}
	page := web.DemoPhone{Frame: f, Now: p.now()}
	houses := make(map[string]map[string]bool) // of each address
	for _, c := range codes {
		if houses[c.Email] == nil {
			houses[c.Email] = make(map[string]bool)
		}
		houses[c.Email][c.Organisation] = true
	}
	for _, c := range codes {
		shown := web.DemoCode{Name: c.name, Email: c.Email, Authenticator: c.Authenticator, Code: c.Code, SecondsLeft: c.SecondsLeft}
		if len(houses[c.Email]) > 1 {
			shown.Organisation = c.Organisation
		}
		page.Codes = append(page.Codes, shown)
	}
	return page, nil
}

// A sentMail is a mail as mailbox.json has it, the oldest first.
type sentMail struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Links   []string  `json:"links"`
}

func (p demoPages) mailboxJSON(w http.ResponseWriter, _ *http.Request) {
	mails := make([]sentMail, 0)
	for _, m := range p.mails.Mails() {
		mails = append(mails, sentMail{m.At, m.To, m.Subject, m.Text, append([]string{}, m.Links...)})
	}
	p.answer(w, mails)
}

func (p demoPages) phoneJSON(w http.ResponseWriter, r *http.Request) {
	codes, err := p.codes(r.Context())
	if err != nil {
		p.log.Error("codes of the demo", "error", err)
		http.Error(w, "the codes cannot be read", http.StatusInternalServerError)
		return
	}
	p.answer(w, codes)
}

func (p demoPages) clockJSON(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, map[string]string{"now": p.now().Format(time.RFC3339)})
}

// moveClock moves the clock forward by "by". A browser goes back to the page
// "next" it came from; whoever names none is told the new time.
func (p demoPages) moveClock(w http.ResponseWriter, r *http.Request) {
	by, err := time.ParseDuration(r.PostFormValue("by"))
	if err != nil {
		http.Error(w, `by: a Go duration is expected, such as 10m`, http.StatusBadRequest)
		return
	}
	err = p.clock.Move(by)
	switch {
	case errors.Is(err, demo.ErrBackwards), errors.Is(err, demo.ErrTooFar):
		http.Error(w, "by: "+err.Error(), http.StatusBadRequest)
	case err != nil:
		p.log.Error("clock of the demo", "error", err)
		http.Error(w, "the clock cannot be moved", http.StatusInternalServerError)
	case strings.HasPrefix(r.PostFormValue("next"), "/demo/"):
		http.Redirect(w, r, r.PostFormValue("next"), http.StatusSeeOther)
	default:
		p.clockJSON(w, r)
	}
}

func (p demoPages) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.log.Warn("answer of the demo", "error", err)
	}
}
