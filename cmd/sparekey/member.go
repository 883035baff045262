package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// within says which organisation a command is about.
type within struct {
	Org string `placeholder:"NAME" help:"The organisation; needed where there are several."`
}

// organisation returns the one named, or the only one there is.
func (w within) organisation(ctx context.Context, i *installation) (org.Organisation, error) {
	if w.Org != "" {
		o, err := i.store.OrganisationByName(ctx, w.Org)
		if errors.Is(err, org.ErrNotFound) {
			return o, fmt.Errorf("there is no organisation called %s", w.Org)
		}
		return o, err
	}
	all, err := i.store.Organisations(ctx)
	if err != nil {
		return org.Organisation{}, err
	}
	switch len(all) {
	case 0:
		return org.Organisation{}, errors.New("there is no organisation yet: make one with sparekey org create")
	case 1:
		return all[0], nil
	}
	return org.Organisation{}, usage{fmt.Errorf("there are %d organisations: say which with --org", len(all))}
}

// newMember returns a member with what was typed.
func newMember(address, name string) (org.Member, error) {
	email, err := org.ParseEmail(address)
	if err != nil {
		return org.Member{}, err
	}
	if name != "" {
		if name, err = org.ParseName(name); err != nil {
			return org.Member{}, err
		}
	}
	return org.Member{Name: name, Email: email}, nil
}

// member returns the member of o with the address, or an error wrapping
// org.ErrNotFound.
func (i *installation) member(ctx context.Context, o org.Organisation, address org.Email) (org.Member, error) {
	return i.store.MemberByEmail(ctx, o.ID, address)
}

type memberListCommand struct{ within }

// Run lists the members.
func (c memberListCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := c.organisation(ctx, i)
	if err != nil {
		return err
	}
	members, err := i.store.Members(ctx, o.ID)
	if err != nil {
		return err
	}
	list := newTable("NAME", "E-MAIL", "ROLE", "STATE", "MFA")
	for _, m := range members {
		st, err := i.store.Standing(ctx, m.ID)
		if err != nil {
			return err
		}
		list.row(m.Name, string(m.Email), string(m.Role()), string(m.State), i.mfa(st))
	}
	return list.print(at, "It has no members.")
}

// mfa says in a word or two whether a member's MFA is on.
func (i *installation) mfa(st standing.Standing) string {
	switch {
	case ladder.Suspended(st, i.now()):
		return "off until " + i.moment(st.Suspension.Until)
	case st.MFA():
		return "on"
	}
	return "off"
}

type memberShowCommand struct {
	within
	Address string `arg:"" help:"The e-mail address to sign in with."`
}

// Run shows one member.
func (c memberShowCommand) Run(ctx context.Context, at console, settings config.Config) error {
	address, err := org.ParseEmail(c.Address)
	if err != nil {
		return usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := c.organisation(ctx, i)
	if err != nil {
		return err
	}
	m, err := i.member(ctx, o, address)
	if errors.Is(err, org.ErrNotFound) {
		return fmt.Errorf("nobody in %s has that address", o.Name)
	}
	if err != nil {
		return err
	}
	st, err := i.store.Standing(ctx, m.ID)
	if err != nil {
		return err
	}
	return i.show(ctx, at, st)
}

// show writes what is known of a member: what they sign in with, what others
// have given them, and which ways back would carry them now.
func (i *installation) show(ctx context.Context, at console, st standing.Standing) error {
	list := i.describe(st)
	teams, err := i.store.Teams(ctx, st.Organisation.ID)
	if err != nil {
		return err
	}
	for _, t := range teams {
		if t.ID == st.Member.Team {
			list.row("Team", t.Name)
		}
	}
	now := i.now()
	sessions, err := i.store.Sessions(ctx, st.Member.ID, now)
	if err != nil {
		return err
	}
	devices, err := i.store.CountDevices(ctx, st.Member.ID, now)
	if err != nil {
		return err
	}
	list.row("Sessions", strconv.Itoa(len(ladder.Holding(st, sessions, now))))
	list.row("Known browsers", strconv.Itoa(devices))
	helpers, err := i.store.Helpers(ctx, st.Member.ID)
	if err != nil {
		return err
	}
	for _, w := range ladder.Ways(st, helpers, now) {
		list.row("Way back "+strconv.Itoa(int(w.Rung)), i.way(st, w))
	}
	return list.print(at, "")
}

// wayNames name the rungs for the operator.
var wayNames = map[ladder.Rung]string{
	ladder.OtherFactor: "another authenticator", ladder.BackupCode: "a backup code", ladder.BackupEmail: "the backup e-mail",
	ladder.Helper: "a supervisor or administrator", ladder.OtherAdministrator: "another administrator",
	ladder.Desk: "the desk", ladder.OperatorShell: "this shell",
}

// wayReasons say why a rung does not carry.
var wayReasons = map[ladder.Reason]string{
	ladder.MFAIsOff: "MFA is off", ladder.NoOtherFactor: "there is no second one", ladder.NoCodes: "none were made",
	ladder.CodesSpent: "all are spent", ladder.NoBackupEmail: "none is set", ladder.BackupEmailTooNew: "it is too new",
	ladder.BackupEmailClosed: "the organisation has closed it", ladder.PasswordByMail: "the password was set by mail",
	ladder.FrozenNow: "“This was not me” was pressed", ladder.NotForRole: "it is for others", ladder.NoHelper: "there is nobody",
	ladder.OthersFirst: "another administrator comes first", ladder.OperatorOnly: "it is not open yet: use this shell",
	ladder.NotActive: "they are not active: sparekey member invite",
}

// command names what the operator can do for whoever lost the phone.
func command(st standing.Standing, now time.Time) string {
	switch {
	case st.Status == standing.Frozen:
		return "sparekey member release first (“This was not me” was pressed)"
	case st.Organisation.Enforces(now):
		return "sparekey member enrolment-pass"
	}
	return "sparekey member enrolment-pass or disable-mfa"
}

// way says in words how one rung stands.
func (i *installation) way(st standing.Standing, w ladder.Way) string {
	answer := "yes"
	switch {
	case w.Reason == ladder.AtTheMachine:
		answer = "yes: " + command(st, i.now())
	case w.Open && len(w.Helpers) > 0:
		answer = "they can be asked"
	case !w.Open:
		answer = wayReasons[w.Reason]
	}
	if !w.Until.IsZero() {
		answer += " until " + i.moment(w.Until)
	}
	for n, h := range w.Helpers {
		answer += map[bool]string{true: ": ", false: ", "}[n == 0] + h.Name
	}
	return wayNames[w.Rung] + ": " + answer
}

// describe lists what is known of a member, without any secret.
func (i *installation) describe(st standing.Standing) *table {
	list := newTable()
	list.row("Name", st.Member.Name)
	list.row("E-mail", string(st.Member.Email))
	list.row("Organisation", st.Organisation.Name)
	list.row("Role", string(st.Member.Role()))
	list.row("State", string(st.Member.State))
	list.row("Language", string(st.Language()))
	list.row("Password", i.since(st.Password.Exists(), "set", st.Password.Set))
	list.row("MFA", i.since(st.MFA(), "on", st.MFASince))
	for _, a := range st.Authenticators {
		list.row("Authenticator", fmt.Sprintf("%s, added %s, last used %s", a.Name, i.moment(a.Added), i.moment(a.LastUsed)))
	}
	list.row("Backup codes", fmt.Sprintf("%d of %d left", st.Codes.Left(), factor.BackupCodes))
	list.row("Backup e-mail", i.backupEmail(st.BackupEmail))
	for _, r := range ladder.Remembering(st, i.now()) {
		list.row("Remembered device", fmt.Sprintf("%s, until %s, last used %s", r.Origin.Browser, i.moment(r.Expires), i.moment(r.Used)))
	}
	list.row("Recovery", string(st.Status))
	if until := st.Suspension.Until; ladder.Suspended(st, i.now()) {
		lost := ""
		if st.Suspension.Lost {
			lost = "; the phone is lost"
		}
		list.row("MFA disabled", fmt.Sprintf("from %s until %s%s", i.moment(st.Suspension.Since), i.moment(until), lost))
	}
	if st.Pass.Open(i.now()) {
		list.row("Enrolment pass", fmt.Sprintf("given %s, works until %s", i.moment(st.Pass.Given), i.moment(st.Pass.Expires)))
	}
	return list
}

// since says since when something is so, or that it is not.
func (i *installation) since(so bool, what string, t time.Time) string {
	if !so {
		return "not " + what
	}
	return what + " since " + i.moment(t)
}

func (i *installation) backupEmail(b factor.BackupEmail) string {
	if b.Address == "" {
		return "none"
	}
	return fmt.Sprintf("%s, usable from %s", string(b.Address), i.moment(b.UsableFrom))
}
