package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Someone is a person of the demo as they stand now.
type someone struct {
	team      string
	st        standing.Standing
	elsewhere bool // in another organisation too
}

// special says what is special about someone, in a language.
func (s someone) special(l org.Language, now time.Time) []string {
	var said []string
	for _, r := range demo.Remarks(s.st, s.elsewhere, now) {
		said = append(said, r.In(l))
	}
	return said
}

// people returns everybody who was made up, as they stand now: by
// organisation, then by team, those without a team first.
func (d *demonstration) people(ctx context.Context) ([]someone, error) {
	var all []someone
	times := make(map[org.Email]int)
	for _, made := range demo.Organisations() {
		byAddress, err := d.standings(ctx, made.Name)
		if err != nil {
			return nil, err
		}
		for _, team := range append([]string{""}, made.Teams...) {
			for _, p := range made.People {
				if st, ok := byAddress[p.Email]; ok && p.Team == team {
					all = append(all, someone{team: team, st: st})
					times[p.Email]++
				}
			}
		}
	}
	for i := range all {
		all[i].elsewhere = times[all[i].st.Member.Email] > 1
	}
	return all, nil
}

// standings returns the standings in an organisation, by address.
func (d *demonstration) standings(ctx context.Context, name string) (map[org.Email]standing.Standing, error) {
	o, err := d.store.OrganisationByName(ctx, name)
	if err != nil {
		return nil, err
	}
	members, err := d.store.Members(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	found := make(map[org.Email]standing.Standing, len(members))
	for _, m := range members {
		if found[m.Email], err = d.store.Standing(ctx, m.ID); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// A shownCode is what one authenticator shows now, as phone.json has it.
type shownCode struct {
	name          string
	Email         string `json:"email"`
	Organisation  string `json:"organisation"`
	Authenticator string `json:"authenticator"` // empty: it is being set up
	Code          string `json:"code"`
	SecondsLeft   int    `json:"secondsLeft"`
}

// codes returns what every authenticator shows now, also one whose QR code is
// on somebody's screen.
func (d *demonstration) codes(ctx context.Context) ([]shownCode, error) {
	organisations, err := d.store.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	codes, now := make([]shownCode, 0), d.now()
	for _, o := range organisations {
		members, err := d.store.Members(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			st, err := d.store.Standing(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			fresh, err := d.beingSetUp(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			for _, a := range append(st.Authenticators, fresh...) {
				codes = append(codes, show(st, a, now))
			}
		}
	}
	return codes, nil
}

func show(st standing.Standing, a factor.Authenticator, now time.Time) shownCode {
	step := factor.Step(now)
	over := time.Unix(int64(step+1)*int64(factor.Period/time.Second), 0)
	return shownCode{
		name: st.Member.Name, Email: string(st.Member.Email), Organisation: st.Organisation.Name,
		Authenticator: a.Name, Code: string(a.Secret.Code(step)), SecondsLeft: int((over.Sub(now) + time.Second - 1) / time.Second),
	}
}

// beingSetUp returns the authenticators that a member has on a screen and has
// not confirmed yet.
func (d *demonstration) beingSetUp(ctx context.Context, m org.MemberID) ([]factor.Authenticator, error) {
	sessions, err := d.store.Sessions(ctx, m, d.now())
	if err != nil {
		return nil, err
	}
	var found []factor.Authenticator
	for _, in := range sessions {
		up, err := d.store.SetUp(ctx, in.ID)
		if errors.Is(err, org.ErrNotFound) || err == nil && (up.Stage != standing.StageScan || !d.now().Before(up.Expires)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, factor.Authenticator{Secret: up.Secret})
	}
	return found, nil
}

// introduce says on the console who you can be: whoever answers for others, and
// whoever has something special about them.
func (d *demonstration) introduce(ctx context.Context, at console) error {
	people, err := d.people(ctx)
	if err != nil {
		return err
	}
	list := newTable("NAME", "SIGNS IN WITH", "ROLE", "SPECIAL")
	others := 0
	for _, p := range people {
		special := p.special(org.English, d.now())
		if p.st.Member.Role() == org.Employee && len(special) == 0 {
			others++
			continue
		}
		list.row(p.st.Member.Name, string(p.st.Member.Email), string(p.st.Member.Role()), strings.Join(special, ", "))
	}
	if err := list.print(at, ""); err != nil {
		return err
	}
	at.say("… and %d employees with nothing special about them.", others)
	at.say("")
	at.say("Everybody's password:      %s", demo.Password)
	at.say("Everybody's backup codes:  %s to %s, each once", demo.BackupCode(1).Written(), demo.BackupCode(factor.BackupCodes).Written())
	return nil
}
