package play

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// steps is how many are played on each database.
const steps = 2_000

func TestNobodyGainsOnARealDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		chance := rand.New(rand.NewPCG(34, 1))
		next := func() turn { return turn{w, t.Context(), rand.New(rand.NewPCG(chance.Uint64(), 2))} }
		began := time.Now()
		for n := 0; n < steps && !t.Failed(); n++ {
			if chance.IntN(6) > 0 {
				next().act()
			} else { // two at once
				var both sync.WaitGroup
				for range 2 {
					one := next()
					both.Go(one.act)
				}
				both.Wait()
				n++
			}
			w.check(n)
		}
		t.Logf("%d steps in %v: %v", steps, time.Since(began).Round(time.Millisecond), w.done)
		for _, name := range []string{
			"suspend MFA", "give pass", "sign out", "end suspension", "objects", "a new password by mail", "set up", "changes the forcing",
			"changes the policy", "asks for help", "in by factor", "in by backup-code", "in by backup-email", "in by suspension", "in by pass", "in by password",
		} {
			if w.done[name] == 0 {
				t.Errorf("nobody ever came to “%s”", name)
			}
		}
	})
}

// entered checks how somebody is in, and keeps the session.
func (t turn) entered(p *person, token session.Token) {
	t.keeps(p, token)
	in, seen, err := t.signIn.Current(t.ctx, token)
	if err != nil {
		return // ended at once by somebody else
	}
	t.did("in by " + string(in.CameBy))
	t.holds(p, in, seen)
}

// holds checks one session as it is shown.
func (w *world) holds(p *person, in session.Session, seen standing.Viewer) {
	now := w.now()
	mfa, without := !seen.MFASince.IsZero(), in.FactorProved.IsZero()
	switch {
	case !without || !mfa:
	case in.CameBy == session.BySuspension:
		if s := seen.Suspension; now.Before(s.Since) || !now.Before(s.Until) || s.By.Kind == "" {
			w.t.Errorf("%s is in while no suspension covers it: %+v at %v", p.id, s, now)
		}
		if o := seen.Organisation; o.MFA.Forced && !now.Before(o.MFA.OffUntil) {
			w.t.Errorf("%s is in under a suspension while MFA is forced", p.id)
		}
	case in.CameBy == session.ByPass:
		if in.Reach != session.SetUpOnly || now.Before(seen.Pass.From) {
			w.t.Errorf("%s is in with a pass, reaches %s, and it opens at %v", p.id, in.Reach, seen.Pass.From)
		}
	case in.CameBy != session.ByBackupCode && in.CameBy != session.ByBackupEmail:
		w.t.Errorf("%s is in by %s, without a factor", p.id, in.CameBy)
	}
}

// unwatches looks no longer at a session that is over, or has its factor: a token
// never loses one.
func (p *person) unwatches(token session.Token) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watched = slices.DeleteFunc(p.watched, func(t session.Token) bool { return t == token })
}

// check looks at everybody, at what the log says since it was last looked at, and
// at who was told.
func (w *world) check(n int) {
	w.t.Helper()
	w.mu.Lock()
	grants := slices.DeleteFunc(w.events, func(e audit.Event) bool {
		return e.Kind != audit.MFASuspended && e.Kind != audit.PassGiven && (e.Kind != audit.FreezeEnded || e.Reason != "by-giver")
	})
	w.events = nil
	w.mu.Unlock()
	for _, e := range grants {
		w.fetch()
		w.traced(e)
	}
	for _, p := range w.people {
		p.mu.Lock()
		tokens := slices.Clone(p.watched)
		p.mu.Unlock()
		for _, token := range tokens {
			in, seen, err := w.signIn.Current(w.t.Context(), token)
			if err == nil {
				w.holds(p, in, seen)
			}
			if err != nil || !in.FactorProved.IsZero() {
				p.unwatches(token)
			}
		}
	}
	if w.t.Failed() {
		w.t.Logf("after step %d", n)
	}
}

// traced checks that a grant says who gave it, how they made sure and why, and
// that all who must be told are.
func (w *world) traced(e audit.Event) {
	w.mu.Lock()
	mail := slices.Clone(w.mail)
	w.mu.Unlock()
	what := string(e.Kind) + " of " + string(e.Subject) + " by " + cmp.Or(string(e.Actor.Member), string(e.Actor.Kind))
	st, err := w.store.Standing(w.t.Context(), e.Subject)
	w.must(err)
	forced := e.Kind == audit.PassGiven && e.Reason == "forced"
	if !forced {
		if by := e.Facts["verified"]; by != string(ladder.InPerson) && by != string(ladder.ByVideo) && by != string(ladder.ByCall) || e.Origin.Note == "" {
			w.t.Errorf("%s: verified %q, because %q", what, by, e.Origin.Note)
		}
	}
	if e.Actor.Kind == audit.Member {
		w.allowed(e, st, what)
	} else if e.Actor.Kind != audit.Operator {
		w.t.Errorf("%s: by nobody", what)
	}
	wanted := st.Addresses()[:1] // the backup e-mail may have gone since
	administrators, err := w.store.Administrators(w.t.Context(), st.Organisation.ID)
	w.must(err)
	for _, a := range administrators {
		if a.ID != st.Member.ID && !w.recently(a.ID) {
			wanted = append(wanted, a.Email)
		}
	}
	for _, to := range wanted {
		if !slices.ContainsFunc(mail, func(m notice.Message) bool {
			return m.Member == e.Subject && m.To == to && m.Facts.At.Equal(e.At)
		}) {
			w.t.Errorf("%s at %v: %s is not told", what, e.At, string(to))
		}
	}
}

// recently reports whether somebody may have become an administrator in the very
// step that is looked at.
func (w *world) recently(m org.MemberID) bool {
	who, err := w.store.Colleague(w.t.Context(), m)
	w.must(err)
	return who.RoleSince.After(noon)
}

// asked reports whether a grant answered a request.
func (w *world) asked(e audit.Event) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.answers, func(a audit.Event) bool { return a.Subject == e.Subject && a.Actor == e.Actor && a.At.Equal(e.At) })
}

// allowed checks that whoever gave could be let.
func (w *world) allowed(e audit.Event, st standing.Standing, what string) {
	giver, err := w.store.Standing(w.t.Context(), e.Actor.Member)
	w.must(err)
	switch runs := giver.Member.Stored == org.Administrator; {
	case e.Actor.Member == e.Subject:
		w.t.Errorf("%s: helps themselves", what)
	case giver.Organisation.ID != st.Organisation.ID:
		w.t.Errorf("%s: a stranger", what)
	case giver.MFASince.IsZero() && !slices.ContainsFunc(st.Objected, func(standing.Objection) bool { return true }):
		w.t.Errorf("%s: without MFA", what)
	case !runs && st.HighestRole(e.At) == org.Administrator && !w.recently(st.Member.ID):
		w.t.Errorf("%s: helps upward", what)
	case !runs && e.Kind != audit.FreezeEnded && e.Reason != "forced" && !w.asked(e) && !w.recently(e.Actor.Member):
		w.t.Errorf("%s: nobody asked", what)
	case e.Kind == audit.MFASuspended && st.HighestRole(e.At) == org.Administrator && !w.recently(st.Member.ID):
		w.t.Errorf("%s: an administrator's MFA is disabled", what)
	case e.Kind == audit.PassGiven && st.Pass.Given.Equal(e.At) && st.HighestRole(e.At) == org.Administrator && !w.recently(st.Member.ID):
		if st.Pass.From.Before(e.At.Add(24 * time.Hour)) {
			w.t.Errorf("%s: it opens at %v", what, st.Pass.From)
		}
	}
	for _, c := range st.Changes {
		helped := c.What == standing.HelpOf || c.What == standing.GivenBy // and changed nothing
		if !helped && c.By.Member == e.Actor.Member && c.At.Before(e.At) && e.At.Before(c.At.Add(7*24*time.Hour)) && e.Reason != "forced" {
			w.t.Errorf("%s: who changed their %s at %v", what, c.What, c.At)
		}
	}
}
