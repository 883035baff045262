// Package mail turns messages into mails and gets them to a mail server.
//
// It owns how a mail looks (Renderer), how it travels (SMTP) and that none is
// lost on the way (Courier). It refuses to decide who is told what (notice
// does), to write sentences (words does) and to store anything: the outbox is
// the caller's. Nothing that it logs or returns as an error carries an address
// in full, a code, a link or a password.
package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// Support is whoever runs the installation, as the foot of every mail names
// them. Empty fields are left out; the zero Support leaves out the sentence.
type Support struct {
	Name  string
	Phone string
	Mail  string
}

// A Renderer writes mails. It is safe for use by many at once.
type Renderer struct {
	BaseURL string         // of the installation, http or https, without query
	Product string         // as mails name it; empty: "Sparekey"
	Support Support        // may be empty
	Zone    *time.Location // in which times are written; nil: UTC, and said so
}

// Rendered is a mail to one address, ready to be sent. ToName and Subject are
// one line each; Text and HTML say the same. It holds secrets (codes, links)
// and hides them when printed.
type Rendered struct {
	To      org.Email
	ToName  string
	Subject string // never holds a code or a link
	Text    string
	HTML    string
	Thread  notice.Thread // empty: the mail stands by itself
}

// String names the mail without what it says.
func (r Rendered) String() string { return "mail to " + r.To.Masked() }

// GoString hides what the mail says from %#v.
func (r Rendered) GoString() string { return "mail.Rendered(" + r.String() + ")" }

// ErrIncomplete says that a message lacks what its kind must carry.
var ErrIncomplete = errors.New("message is incomplete")

// Render writes m in its language; one that is not spoken gives English. It
// fails with ErrIncomplete for an unknown kind and for a message without what
// its kind must carry, and with another error where BaseURL makes no links.
func (r Renderer) Render(m notice.Message) (Rendered, error) {
	if lack := missing(m); lack != "" {
		return Rendered{}, fmt.Errorf("render %s: %w: no %s", m.Kind, ErrIncomplete, lack)
	}
	c := composer{renderer: r, voice: words.Speak(m.Language, r.Zone), message: tidy(m)}
	l, err := c.compose()
	if err != nil {
		return Rendered{}, fmt.Errorf("render %s: %w", m.Kind, err)
	}
	var page bytes.Buffer
	if err := htmlTemplate().Execute(&page, l); err != nil {
		return Rendered{}, fmt.Errorf("render %s: %w", m.Kind, err)
	}
	return Rendered{
		To:      m.To,
		ToName:  c.message.ToName,
		Subject: l.Title,
		Text:    l.text(),
		HTML:    page.String(),
		Thread:  m.Facts.Thread,
	}, nil
}

// missing names the first thing that m must carry and does not, or nothing.
func missing(m notice.Message) string {
	f := m.Facts
	checks := []struct {
		needed, present bool
		name            string
	}{
		{true, slices.Contains(notice.Kinds, m.Kind), "known kind"},
		{true, m.To != "", "address"},
		{true, m.OrgName != "", "organisation name"},
		{carriesCode(m.Kind), f.Code != "" && !f.ValidUntil.IsZero(), "code with its time"},
		{carriesLink(m.Kind), f.Link != "" && !f.ValidUntil.IsZero(), "link with its time"},
		{m.Kind.MayObject(), f.Objection != "", "objection"},
		{carriesName(m.Kind), f.Name != "", "name"},
		{strings.HasPrefix(string(m.Kind), "case-"), f.Case != "", "number of the case"},
		{m.Kind == notice.BackupEmailChanged, f.Masked != "", "masked address"},
		{carriesUntil(m.Kind), !f.Until.IsZero(), "end of the suspension"},
		{m.Kind == notice.DeviceRemembered, !f.Until.IsZero(), "end"},
		{carriesRole(m.Kind), f.Role != "", "role"},
		{carriesTeam(m.Kind), f.Team != "", "team"},
		{m.Kind == notice.RememberingOn || m.Kind == notice.RecoveryWeaker, !f.UsableFrom.IsZero(), "beginning"},
	}
	for _, c := range checks {
		if c.needed && !c.present {
			return c.name
		}
	}
	return ""
}

func carriesCode(k notice.Kind) bool {
	return k == notice.BackupEmailConfirm || k == notice.SignInCode || k == notice.SetUpCode || k == notice.SuspendedCode ||
		k == notice.CasePass
}

func carriesLink(k notice.Kind) bool {
	return k == notice.Invitation || k == notice.PasswordReset || k == notice.EnrolmentPass || k == notice.PassInstead ||
		k == notice.AddressConfirm || k == notice.HelpAskedToHelpers
}

func carriesUntil(k notice.Kind) bool {
	return k == notice.MFASuspended || k == notice.MFASuspendedToAdministrators || k == notice.ForcingPaused ||
		k == notice.SuspensionEnding
}

func carriesRole(k notice.Kind) bool {
	return k == notice.RoleChanged || k == notice.RoleToAdministrators || k == notice.ReturnToAdministrators
}

func carriesName(k notice.Kind) bool {
	switch k {
	case notice.AuthenticatorAdded, notice.AuthenticatorRenamed, notice.AuthenticatorRemoved:
		return true
	}
	return k.ToAdministrators()
}

func carriesTeam(k notice.Kind) bool {
	switch k {
	case notice.SupervisorAdded, notice.SupervisorRemoved, notice.SupervisorAddedToAdministrators,
		notice.SupervisorRemovedToAdministrators, notice.TeamRemovedToAdministrators:
		return true
	}
	return false
}

func carriesCount(k notice.Kind) bool {
	return k == notice.BackupCodeUsed || k == notice.BackupCodesLow || k == notice.ImportedToAdministrators
}

// tidy returns m with every text that somebody typed on one line, so that no
// name begins a header, a paragraph or a line of its own.
func tidy(m notice.Message) notice.Message {
	m.ToName, m.OrgName = oneLine(m.ToName), oneLine(m.OrgName)
	f := &m.Facts
	for _, text := range []*string{&f.Name, &f.Team, &f.Giver, &f.Masked, &f.Browser, &f.Address} {
		*text = oneLine(*text)
	}
	f.Text = lines(f.Text)
	return m
}

// lines is oneLine for a text of several lines. Between two of them a blank one is left
// at most.
func lines(text string) string {
	var list []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = oneLine(line); line != "" || len(list) > 0 && list[len(list)-1] != "" {
			list = append(list, line)
		}
	}
	return strings.TrimSpace(strings.Join(list, "\n"))
}

// oneLine returns text without control characters, line separators and marks
// that turn the direction of text, and with runs of spaces folded.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// link returns the whole address of path, which begins with a single slash.
func (r Renderer) link(path string) (string, error) {
	base, err := url.Parse(r.BaseURL)
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" || base.RawQuery != "" {
		return "", errors.New("base URL makes no links")
	}
	whole := strings.TrimRight(r.BaseURL, "/") + path
	if u, err := url.Parse(whole); err != nil || u.Host != base.Host ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, " <>\"") {
		return "", fmt.Errorf("%w: link is no path", ErrIncomplete)
	}
	return whole, nil
}
