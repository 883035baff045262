package mail

import (
	_ "embed"
	"html/template"
	"strings"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/words"
)

//go:embed letter.html
var letterHTML string

// htmlTemplate is parsed once per process; it is compiled in, so that a fault
// in it is a fault of the build and stops the program.
var htmlTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("letter").Parse(letterHTML))
})

// A letter is what both parts of a mail say, in the order of the fields.
type letter struct {
	Language string
	Product  string
	Title    string
	Greeting string
	Text     []string // paragraphs
	Code     *codeBlock
	Action   *action
	Details  []detail
	Then     []string // what the reader does now
	Object   *objection
	Footer   []string
}

type codeBlock struct{ Digits, Valid, Caution string }

type action struct{ Label, URL, Valid string }

type detail struct{ Label, Value string }

type objection struct{ Title, Text, Label, URL string }

// A composer fills one letter from one message.
type composer struct {
	renderer Renderer
	voice    *words.Voice
	message  notice.Message // tidied
}

func (c composer) compose() (letter, error) {
	m := c.message
	l := letter{
		Language: string(c.voice.Language),
		Product:  c.product(),
		Title:    c.say("subject"),
		Greeting: c.voice.Say("mail.greeting.nameless"),
		Text:     c.paragraphs("text"),
		Details:  c.details(),
		Then:     c.paragraphs("then"),
		Footer:   c.footer(),
	}
	if m.ToName != "" {
		l.Greeting = c.voice.Say("mail.greeting", "Name", m.ToName)
	}
	if carriesCode(m.Kind) {
		l.Code = &codeBlock{
			Digits:  group(m.Facts.Code),
			Valid:   c.voice.Say("mail.code.valid", "Moment", c.moment(m.Facts.ValidUntil)),
			Caution: c.voice.Say("mail.code.caution"),
		}
	}
	if carriesLink(m.Kind) {
		address, err := c.renderer.link(m.Facts.Link)
		if err != nil {
			return letter{}, err
		}
		until := "mail.link.valid"
		if m.Kind == notice.HelpAskedToHelpers {
			until = "mail.request.valid" // it may be opened often, and carries no right
		}
		valid := c.voice.Say(until, "Moment", c.moment(m.Facts.ValidUntil))
		l.Action = &action{Label: c.say("action"), URL: address, Valid: valid}
	}
	if path := leadsTo(m); path != "" {
		address, err := c.renderer.link(path)
		if err != nil {
			return letter{}, err
		}
		l.Action = &action{Label: c.say("action"), URL: address}
	}
	if m.Kind.MayObject() {
		address, err := c.renderer.link(m.Facts.Objection)
		if err != nil {
			return letter{}, err
		}
		l.Object = &objection{
			Title: c.voice.Say("mail.objection.title"),
			Text:  c.voice.Say("mail.objection.text"),
			Label: c.voice.Say("mail.objection.link"),
			URL:   address,
		}
	}
	return l, nil
}

// leadsTo is the path of the page that a message leads to, which asks whoever opens it
// to sign in, or nothing.
func leadsTo(m notice.Message) string {
	switch m.Kind {
	case notice.BackupReminder:
		return "/my-login"
	case notice.CaseOpened, notice.CaseAnswer, notice.CaseOpenedToAdministrators:
		return m.Facts.Link
	}
	return ""
}

// say returns one sentence of the message's kind. No blank is ever filled with
// a code or a link: they have places of their own.
func (c composer) say(part string) string {
	m := c.message
	args := []any{
		"Org", m.OrgName, "Product", c.product(), "Name", m.Facts.Name, "Masked", m.Facts.Masked, "Lost", m.Facts.Lost, "Changed", c.changed(),
		"Case", m.Facts.Case, "Text", m.Facts.Text, "Team", m.Facts.Team, "Leading", m.Facts.Leading,
		"Forgotten", m.Facts.Count > 0,
		"Giver", c.giver(), "UsableFrom", c.momentOrNothing(m.Facts.UsableFrom), "Until", c.momentOrNothing(m.Facts.Until),
	}
	if carriesRole(m.Kind) {
		args = append(args, "Role", c.voice.Say("role."+string(m.Facts.Role)))
	}
	if carriesCount(m.Kind) && part == "text" {
		args = append(args, "Count", m.Facts.Count)
	}
	return c.voice.Say("mail."+string(m.Kind)+"."+part, args...)
}

// changed lists what is other now of a member's data.
func (c composer) changed() string {
	var list []string
	for _, what := range strings.Fields(c.message.Facts.Changed) {
		list = append(list, c.voice.Say("details."+what))
	}
	return strings.Join(list, ", ")
}

// giver names whoever did what the message tells.
func (c composer) giver() string {
	if c.message.Facts.Giver == "" {
		return c.voice.Say("mail.giver.operator")
	}
	return c.message.Facts.Giver
}

func (c composer) momentOrNothing(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return c.moment(t)
}

func (c composer) paragraphs(part string) []string {
	return strings.Split(c.say(part), "\n\n")
}

func (c composer) details() []detail {
	f := c.message.Facts
	var list []detail
	add := func(id, value string) {
		if value != "" {
			list = append(list, detail{c.voice.Say(id), value})
		}
	}
	for _, changed := range f.Was.Changed(f.Is) {
		list = append(list, detail{
			c.voice.Setting(changed), c.voice.Say("setting.change", "Was", c.voice.SettingValue(f.Was, changed), "Is", c.voice.SettingValue(f.Is, changed)),
		})
	}
	if !f.At.IsZero() {
		add("mail.detail.when", c.moment(f.At))
	}
	browser := f.Browser
	if name, system, ok := strings.Cut(browser, " on "); ok {
		browser = c.voice.Say("mail.browser", "Browser", name, "System", system)
	}
	add("mail.detail.browser", browser)
	add("mail.detail.address", f.Address)
	return list
}

func (c composer) footer() []string {
	lines := []string{c.voice.Say("mail.footer.why", "Product", c.product(), "Org", c.message.OrgName)}
	s := c.renderer.Support
	var parts []string
	for _, part := range []string{s.Name, s.Phone, s.Mail} {
		if part = oneLine(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) > 0 {
		support := strings.Join(parts, ", ")
		lines = append(lines, c.voice.Say("mail.footer.support", "Product", c.product(), "Support", support))
	}
	return lines
}

func (c composer) product() string {
	if c.renderer.Product == "" {
		return "Sparekey"
	}
	return c.renderer.Product
}

// moment writes t; where no zone was chosen it names UTC, because no clock on
// the reader's wall shows it.
func (c composer) moment(t time.Time) string {
	if c.renderer.Zone == nil || c.renderer.Zone == time.UTC {
		return c.voice.Say("mail.moment.utc", "Moment", c.voice.Moment(t))
	}
	return c.voice.Say("mail.moment", "Moment", c.voice.Moment(t))
}

// group writes a code of 8 digits as 1234 5678, and any other as it is.
func group(code string) string {
	switch len(code) {
	case 8, 10:
		return code[:len(code)/2] + " " + code[len(code)/2:]
	}
	return code
}

// text writes the letter as plain text: paragraphs on one line each (the mail
// program wraps them), links alone on theirs.
func (l letter) text() string {
	blocks := append([]string{l.Greeting}, l.Text...)
	if l.Code != nil {
		blocks = append(blocks, "    "+l.Code.Digits, l.Code.Valid+"\n"+l.Code.Caution)
	}
	if l.Action != nil {
		blocks = append(blocks, l.Action.Label+":\n"+l.Action.URL)
		if l.Action.Valid != "" {
			blocks = append(blocks, l.Action.Valid)
		}
	}
	if len(l.Details) > 0 {
		var lines []string
		for _, d := range l.Details {
			lines = append(lines, d.Label+": "+d.Value)
		}
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	blocks = append(blocks, l.Then...)
	if l.Object != nil {
		blocks = append(blocks, l.Object.Title+"\n"+l.Object.Text, l.Object.Label+":\n"+l.Object.URL)
	}
	// "-- " alone on a line begins a signature (RFC 3676, section 4.3).
	blocks = append(blocks, "-- \n"+strings.Join(l.Footer, "\n"))
	return strings.Join(blocks, "\n\n") + "\n"
}
