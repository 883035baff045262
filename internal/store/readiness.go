package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Readiness returns how the active members of an organisation would fare at now
// if their phones were gone, and one page of them. Like List it takes sets
// together: what it takes hangs little on how many members there are. A test
// holds it to ladder.Ready.
func (s *Store) Readiness(ctx context.Context, r standing.Readying, now time.Time) (standing.Readiness, error) {
	if r.Limit < 1 || r.Limit > standing.MaxListed {
		return standing.Readiness{}, fmt.Errorf("readiness: %d rows on a page", r.Limit)
	}
	var ready standing.Readiness
	err := s.snapshot(ctx, func(c conn) (err error) {
		ready, err = readinessIn(ctx, c, r, now)
		return err
	})
	if err != nil {
		return standing.Readiness{}, fmt.Errorf("readiness of organisation %s: %w", r.Organisation, err)
	}
	return ready, nil
}

func readinessIn(ctx context.Context, c conn, r standing.Readying, now time.Time) (standing.Readiness, error) {
	a, err := askActive(ctx, c, r.Organisation, now)
	if errors.Is(err, sql.ErrNoRows) {
		return standing.Readiness{}, nil
	}
	if err != nil {
		return standing.Readiness{}, err
	}
	a.After, a.Before, a.Limit = r.After, r.Before, r.Limit
	w, err := a.waysBack()
	if err != nil {
		return standing.Readiness{}, err
	}
	ready := standing.Readiness{Muster: w.muster()}
	whom := w.active
	if r.Colour != "" {
		whom = w.colours[r.Colour]
	}
	list, err := a.page(whom, nil)
	ready.Total, ready.Earlier, ready.Later = list.Total, list.Earlier, list.Later
	for i, row := range list.Rows {
		n := a.shown[i]
		ready.Rows = append(ready.Rows, standing.Readied{Listed: row, Carry: standing.Carry{
			Factor: w.factor.has(n), Code: w.code.has(n), Mail: w.mail.has(n), People: w.people.has(n),
		}})
	}
	return ready, err
}

// askActive asks for the active members of an organisation. It returns
// sql.ErrNoRows if nobody was ever in it.
func askActive(ctx context.Context, c conn, o org.OrganisationID, now time.Time) (*asking, error) {
	a := &asking{ctx: ctx, conn: c, now: now, sets: make(map[term]memberSet), Listing: standing.Listing{
		Organisation: o, Everyone: true, Filter: standing.Filter{State: org.Active},
	}}
	return a, a.row(ctx, `SELECT next FROM directory_numbers WHERE organisation_id = $1`, o).Scan(&a.numbers)
}

// waysBack are sets of active members by what would carry them.
type waysBack struct {
	active, mfa                memberSet
	factor, code, mail, people memberSet
	noBackup, workMail         memberSet
	administrators             memberSet
	colours                    map[standing.Colour]memberSet
}

func (a *asking) waysBack() (*waysBack, error) {
	w := &waysBack{}
	for _, one := range []struct {
		set *memberSet
		of  []term
	}{
		{&w.active, []term{inState + term(org.Active)}}, {&w.mfa, []term{withMFA}},
		{&w.factor, []term{byFactor}}, {&w.code, []term{byCode}}, {&w.mail, []term{byMail}},
		{&w.noBackup, []term{noBackup}}, {&w.workMail, []term{workMail}},
		{&w.administrators, []term{inRole + term(org.Administrator), inRole + term(org.Lead)}},
	} {
		*one.set = newSet(a.numbers)
		for _, t := range one.of {
			set, err := a.set(t)
			if err != nil {
				return nil, err
			}
			one.set.or(set)
		}
		if w.active != nil {
			one.set.and(w.active)
		}
	}
	if err := a.closeMail(w); err != nil {
		return nil, err
	}
	var err error
	w.people, err = a.helped(w)
	w.colour()
	return w, err
}

// house returns the organisation.
func (a *asking) house() (o org.Organisation, err error) {
	err = a.row(a.ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, a.Organisation).Scan(organisationFields(&o)...)
	return o, err
}

// closeMail takes away the backup e-mail where it does not open now, as
// ladder.Ways has it of one member.
func (a *asking) closeMail(w *waysBack) error {
	o, err := a.house()
	if err != nil {
		return err
	}
	if o.Recovery(a.now).BackupEmailClosed {
		w.mail = newSet(a.numbers)
		return nil
	}
	for _, closed := range []condition{
		condition{}.and(`m.organisation_id = $ AND m.backup_email_usable_from > 0 AND m.backup_email_usable_from > $`, a.Organisation, a.now),
		condition{}.and(`m.organisation_id = $ AND m.password_by_mail AND m.password_set > $ AND m.proved_at <= m.password_set`,
			a.Organisation, a.now.Add(-ladder.PasswordByMailDelay)),
	} {
		rows, err := a.query(a.ctx, `SELECT d.number FROM members m JOIN directory d ON d.member_id = m.id WHERE `+closed.numbered(), closed.args...)
		set, err := a.numbered(rows, err)
		if err != nil {
			return err
		}
		w.mail.without(set)
	}
	return nil
}

// helped returns those whom somebody may be turned to for: everybody but
// administrators for an administrator, administrators for another one, and
// where there is none the teams for those who supervise them, if they may help.
func (a *asking) helped(w *waysBack) (memberSet, error) {
	switch count := w.administrators.count(); {
	case count > 1:
		return w.active.clone(), nil
	case count == 1:
		return w.active.clone().without(w.administrators), nil
	}
	o, err := a.house()
	if err != nil || o.Recovery(a.now).SupervisorsBarred {
		return newSet(a.numbers), err
	}
	rows, err := a.query(a.ctx, `
		SELECT d.number FROM team_supervisors ts JOIN members h ON h.id = ts.member_id AND h.state = 'active'
			JOIN members m ON m.team_id = ts.team_id AND m.id <> h.id JOIN directory d ON d.member_id = m.id
		WHERE ts.organisation_id = $1`, a.Organisation)
	set, err := a.numbered(rows, err)
	if err != nil {
		return nil, err
	}
	return set.and(w.active), nil
}

// colour makes the sets of the colours, as standing.Carry has them of one member.
func (w *waysBack) colour() {
	alone, twice := newSetLike(w.active), newSetLike(w.active)
	for _, way := range []memberSet{w.factor, w.code, w.mail} {
		twice.or(alone.clone().and(way))
		alone.or(way)
	}
	some := alone.clone().or(w.people)
	twice.or(alone.clone().and(w.people))
	green := w.mfa.clone().and(twice)
	w.colours = map[standing.Colour]memberSet{
		standing.Green: green,
		standing.Amber: w.mfa.clone().and(some).without(green),
		standing.Red:   w.mfa.clone().without(some),
		standing.Grey:  w.active.clone().without(w.mfa),
	}
}

func newSetLike(s memberSet) memberSet { return make(memberSet, len(s)) }

func (w *waysBack) muster() standing.Muster {
	alone := w.factor.clone().or(w.code).or(w.mail).and(w.mfa)
	m := standing.Muster{
		Members: w.active.count(), Alone: alone.count(), Nobody: w.colours[standing.Red].count(), NoMFA: w.colours[standing.Grey].count(),
		Colours: make(map[standing.Colour]int), NoBackup: w.noBackup.count(), WorkMail: w.workMail.count(), Administrators: w.administrators.count(),
	}
	m.People = w.mfa.count() - m.Alone - m.Nobody
	for colour, who := range w.colours {
		m.Colours[colour] = who.count()
	}
	return m
}
