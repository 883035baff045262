package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Credentials are what the sign-in page sends.
type Credentials struct {
	Address  string        // as typed
	Password string        // as typed
	Device   session.Token // of the browser; empty: a strange one
	Reminder session.Reminder
	Asked    session.Token // of the browser, if it asked for help; else empty
	Next     string        // local path to go to afterwards
	Origin   audit.Origin
}

// An Opening is what follows a right password: a challenge to answer, a choice
// among organisations (a challenge too), or a session.
type Opening struct {
	Challenge session.Token
	Choose    bool
	Session   session.Token
	Reach     session.Reach
	Next      string // the local path that was asked for
	// Asked is what a browser that asked for help shows from now on instead of what
	// it showed: whoever planted that there shares nothing. Empty: it stays.
	Asked session.Token
	Remembering
}

// Password checks address and password. It returns ErrWrong for an unknown
// address and a wrong password alike, a *ThrottledError, ErrNewPassword, or an
// error wrapping password.ErrBusy.
func (s *Service) Password(ctx context.Context, c Credentials) (Opening, error) {
	// An address that is none is counted and hashed like any other that is unknown.
	address, err := org.ParseEmail(c.Address)
	if err != nil {
		address = org.Email(fmt.Sprintf("unparsed %.64q", c.Address))
	}
	began := s.Now()
	candidates, err := s.Store.Candidates(ctx, address)
	if err != nil {
		return Opening{}, err
	}
	device, err := s.device(ctx, c.Device, candidates)
	if err != nil {
		return Opening{}, err
	}
	asker := password.Asker{Known: device != "", Address: c.Origin.Address}
	if err := s.Hasher.Room(asker); err != nil {
		return Opening{}, err // before anything is written: it costs next to nothing
	}
	key := s.passwordKey(address, device)
	if err := s.take(ctx, key); err != nil {
		return Opening{}, err
	}
	fitting, err := s.fitting(ctx, asker, c.Password, candidates)
	if err != nil {
		// The password was not looked at, so this was no try.
		return Opening{}, errors.Join(err, s.Store.GiveBackTry(context.WithoutCancel(ctx), key))
	}
	challenge := session.Challenge{Created: began, Expires: began.Add(session.ChallengeLifetime), Device: device, Next: c.Next, Origin: c.Origin}
	if len(fitting) == 0 {
		return Opening{}, s.wrongPassword(ctx, candidates, c.Origin)
	}
	var also []standing.Effect
	if len(candidates) == 1 {
		also = []standing.Effect{standing.ForgetFailures{Key: key}}
	} else if err := s.Store.GiveBackTry(ctx, key); err != nil {
		// One address is several members': knowing the password of one does not
		// make up for wrong ones, which may have been tried on another.
		return Opening{}, err
	}
	if len(fitting) == 1 {
		return s.begin(ctx, entering{
			member: fitting[0].Member, challenge: challenge, holds: sameHash(fitting[0].Hash), reminder: c.Reminder, asked: hashOf(c.Asked), also: also,
		})
	}
	return s.offerChoice(ctx, fitting, challenge)
}

// A condition says whether the password that was checked before a transaction is
// still the member's within it.
type condition func(standing.Standing) bool

// sameHash holds while the member has the password whose hash was checked.
func sameHash(checked standing.PasswordHash) condition {
	return func(st standing.Standing) bool { return st.Password.Hash == checked }
}

// setBefore holds while no password was set since an instant.
func setBefore(at time.Time) condition {
	return func(st standing.Standing) bool { return !st.Password.Set.After(at) }
}

// device returns the hash of the browser's cookie if it is a known device of
// one of the candidates, else nothing.
func (s *Service) device(ctx context.Context, token session.Token, candidates []standing.Candidate) (session.Hash, error) {
	if token == "" {
		return "", nil
	}
	known, err := s.Store.KnownDevice(ctx, token.Hash(), s.Now())
	if err != nil {
		return "", err
	}
	for _, c := range candidates {
		if slices.Contains(known, c.Member) {
			return token.Hash(), nil
		}
	}
	return "", nil
}

// fitting returns the candidates whose password it is.
func (s *Service) fitting(ctx context.Context, a password.Asker, typed string, candidates []standing.Candidate) ([]standing.Candidate, error) {
	hashes := make([]standing.PasswordHash, len(candidates))
	for i, c := range candidates {
		hashes[i] = c.Hash
	}
	if len(typed) > password.MaxBytes {
		typed = "" // fits nobody, and costs a hash like any other
	}
	fits, err := s.Hasher.Fits(ctx, a, password.Normalise(typed), hashes)
	if err != nil {
		return nil, err
	}
	var fitting []standing.Candidate
	for i, c := range candidates {
		if fits[i] {
			fitting = append(fitting, c)
		}
	}
	return fitting, nil
}

// wrongPassword records the try and returns ErrWrong.
func (s *Service) wrongPassword(ctx context.Context, candidates []standing.Candidate, origin audit.Origin) error {
	event := audit.Event{Kind: audit.PasswordWrong, At: s.Now(), Actor: audit.Actor{Kind: audit.Stranger}, Origin: origin}
	events := []audit.Event{event}
	if len(candidates) > 0 {
		events = events[:0]
	}
	for _, c := range candidates {
		event.Organisation, event.Subject = c.Organisation, c.Member
		events = append(events, event)
	}
	// Whoever hangs up has tried all the same.
	if err := s.Store.Record(context.WithoutCancel(ctx), events...); err != nil {
		return err
	}
	return ErrWrong
}

// offerChoice keeps the sign-in until the organisation is chosen.
func (s *Service) offerChoice(ctx context.Context, fitting []standing.Candidate, c session.Challenge) (Opening, error) {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return Opening{}, err
	}
	c.ID = token.Hash()
	var events []audit.Event
	for _, f := range fitting {
		c.Candidates = append(c.Candidates, f.Member)
		events = append(events, audit.Event{
			Kind: audit.PasswordRight, At: c.Created, Reason: "choose-organisation", Organisation: f.Organisation, Subject: f.Member,
			Actor: audit.Actor{Kind: audit.Member, Member: f.Member}, Origin: c.Origin,
		})
	}
	if err := s.Store.StartChallenge(ctx, c, events...); err != nil {
		return Opening{}, err
	}
	return Opening{Challenge: token, Choose: true}, nil
}

// Choices returns the standings that a sign-in may go on with, one for each
// organisation that address and password fit; none where that is settled. It
// returns ErrOver where the sign-in is over.
func (s *Service) Choices(ctx context.Context, token session.Token) ([]standing.Standing, error) {
	c, err := s.challenge(ctx, token)
	if err != nil || c.Member != "" {
		return nil, err
	}
	choices := make([]standing.Standing, len(c.Candidates))
	for i, m := range c.Candidates {
		if choices[i], err = s.Store.Standing(ctx, m); err != nil {
			return nil, err
		}
	}
	return choices, nil
}

// Choose goes on with a sign-in in the organisation of m, which must be one of
// those offered, in a browser that shows a reminder or the zero one, and what it
// was given when it asked for help, if it did. It returns
// ErrOver where the sign-in is over.
func (s *Service) Choose(ctx context.Context, token session.Token, m org.MemberID, shown session.Reminder, asked session.Token) (Opening, error) {
	c, err := s.challenge(ctx, token)
	if err != nil {
		return Opening{}, err
	}
	if !slices.Contains(c.Candidates, m) {
		return Opening{}, fmt.Errorf("choose organisation: %w", org.ErrNotFound)
	}
	opening, err := s.begin(ctx, entering{
		member: m, challenge: c, holds: setBefore(c.Created), reminder: shown, asked: hashOf(asked), also: []standing.Effect{standing.CloseChallenge{ID: c.ID}},
	})
	if errors.Is(err, standing.ErrTaken) || errors.Is(err, ErrWrong) {
		return Opening{}, ErrOver
	}
	return opening, err
}

// entering is a right password on its way to what it opens.
type entering struct {
	member    org.MemberID
	challenge session.Challenge // what a challenge would be, but for its id
	holds     condition
	reminder  session.Reminder
	asked     session.Hash   // what the browser shows that asked for help; may be empty
	browser   ladder.Browser // what is known of it to this very member
	also      []standing.Effect

	// What may be needed of randomness is drawn before the transaction.
	pending, signed, turned, askedAnew session.Token
	session                            session.Session
}

// browser returns what is known of a browser to m. It may be a known device of
// someone else with the same address.
func (s *Service) browser(ctx context.Context, m org.MemberID, device session.Hash) (ladder.Browser, error) {
	if device == "" {
		return ladder.Browser{}, nil
	}
	known, err := s.Store.KnownDevice(ctx, device, s.Now())
	return ladder.Browser{Known: slices.Contains(known, m)}, err
}

// Asks returns what a sign-in asks for now.
func (s *Service) Asks(ctx context.Context, c session.Challenge, st standing.Standing) (ladder.Ask, error) {
	browser, err := s.browser(ctx, c.Member, c.Device)
	return ladder.SecondFactor(st, browser, s.Now()), err
}

// begin opens what the member's standing asks for after a right password, if
// that still holds. It returns ErrWrong where the password has changed since.
func (s *Service) begin(ctx context.Context, e entering) (opening Opening, err error) {
	if e.pending, err = session.NewToken(s.Random); err != nil {
		return Opening{}, err
	}
	if e.turned, err = session.NewToken(s.Random); err != nil {
		return Opening{}, err
	}
	if e.askedAnew, err = session.NewToken(s.Random); err != nil {
		return Opening{}, err
	}
	if e.signed, e.session, err = s.newSession(e.member, session.ByPassword, e.challenge.Origin); err != nil {
		return Opening{}, err
	}
	if e.browser, err = s.browser(ctx, e.member, e.challenge.Device); err != nil {
		return Opening{}, err
	}
	c := &e.challenge
	c.ID, c.Member, c.Candidates, c.Tries = e.pending.Hash(), e.member, nil, 0
	var stopped bool
	scene := s.asMember(e.member, c.Origin)
	err = scene.Update(ctx, s.Store, e.member, func(st standing.Standing) (d standing.Decision, err error) {
		if st.Member.State != org.Active || !e.holds(st) {
			return standing.Decision{}, ErrWrong
		}
		d, opening, stopped = e.decide(st, scene.Now)
		if ladder.HoldsIn(st, e.asked, scene.Now) {
			d, opening.Asked = d.And(standing.TurnBrowser{From: e.asked, To: e.askedAnew.Hash()}), e.askedAnew
		}
		return d, nil
	})
	if err == nil && stopped {
		return Opening{}, ErrNewPassword
	}
	return opening, err
}

// decide returns what a right password opens. Stopped: nothing, a new password
// has to be set first.
func (e entering) decide(st standing.Standing, now time.Time) (d standing.Decision, opening Opening, stopped bool) {
	device, sight := ladder.Recognise(st, ladder.Shown{Reminder: e.reminder, Device: e.challenge.Device, Origin: e.challenge.Origin}, now)
	e.browser.Remembered = sight == ladder.Recognised || sight == ladder.JustTurned
	e.browser.Asked = ladder.AskedIn(st, e.asked)
	ask := ladder.SecondFactor(st, e.browser, now)
	if ask == ladder.AskNewPassword || st.Password.Ended {
		return standing.Decision{Events: []audit.Event{{Kind: audit.PasswordRight, Reason: string(ladder.AskNewPassword)}}}, Opening{}, true
	}
	d = standing.Decision{Effects: e.also, Events: []audit.Event{{Kind: audit.PasswordRight, Reason: string(ask)}}}
	if sight == ladder.Copied {
		d = d.Merge(ladder.Catch(st, device))
	}
	if ask == ladder.AskFactor || ask == ladder.AskMailedCode {
		return d.And(standing.OpenChallenge{Challenge: e.challenge}), Opening{Challenge: e.pending}, false
	}
	opening = Opening{Session: e.signed, Next: e.challenge.Next}
	in := e.session
	switch ask {
	case ladder.AskSetUp:
		in.Reach = session.SetUpOnly
	case ladder.AskSuspended:
		in.CameBy, in.Device = session.BySuspension, e.challenge.Device // which is known, or asked: that is what opened it
		in = ladder.Bounded(st, in)
		if e.browser.Asked {
			d = d.Merge(ladder.CameIn(st, e.asked))
		}
	case ladder.AskRemembered:
		in.CameBy, in.Device, in.Remembered = session.ByRemembered, device.Device, device.ID
		if sight == ladder.Recognised {
			d = d.And(standing.TurnToken{ID: device.ID, From: device.Token, To: e.turned.Hash(), At: now, Origin: e.challenge.Origin})
			opening.Remembering = Remembering{session.Reminder{Series: e.reminder.Series, Token: e.turned}, device.Expires}
		}
	}
	opening.Reach = in.Reach
	d.Events = append(d.Events, audit.Event{Kind: audit.SignedIn, Reason: string(in.CameBy)})
	return d.And(standing.OpenSession{Session: in}), opening, false
}
