package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// WeakeningDelay is how long a setting that makes recovery or sign-in weaker
// waits, so that the administrators who are told of it can object.
const WeakeningDelay = 24 * time.Hour

// A Shown is what a browser shows at sign-in to be recognised by. The zero
// Shown is a browser that shows nothing.
type Shown struct {
	Reminder session.Reminder
	Device   session.Hash // the known device that it is; may be empty
	Origin   audit.Origin
}

// A Sight is what a browser that shows a reminder turns out to be.
type Sight string

// What may be seen.
const (
	// Unseen: it shows none, or none of a device that is remembered now.
	Unseen Sight = ""
	// Recognised: the remembered device, with the token that counts.
	Recognised Sight = "recognised"
	// JustTurned: the remembered device, with the token that counted a moment
	// ago. Two tabs sent the same one: it counts, and is not turned again.
	JustTurned Sight = "just-turned"
	// Elsewhere: the token that counts, in another browser than it is bound to.
	// It counts for nothing, and says nothing of a thief: two people may share a
	// browser, and a browser may say that it is another.
	Elsewhere Sight = "elsewhere"
	// Copied: a token that counts no longer. Somebody has a copy of the browser's
	// cookies, and nobody can tell which of the two is the member.
	Copied Sight = "copied"
)

// MayRemember reports whether a member who proves a factor now may have the
// device remembered.
func MayRemember(s standing.Standing, now time.Time) bool {
	return s.Organisation.Remembers(now) && s.MFA() && s.Status == standing.Settled && !Suspended(s, now)
}

// Remembering returns the devices of the member that are remembered at now, the
// oldest first.
func Remembering(s standing.Standing, now time.Time) []session.Remembered {
	var alive []session.Remembered
	for _, r := range s.Remembered {
		if counts(s, r, now) {
			alive = append(alive, r)
		}
	}
	return alive
}

// counts reports whether a device is remembered at now. One from before the
// organisation last allowed it is not, so that forbidding it ends them all, also
// one that is saved at the same moment.
func counts(s standing.Standing, r session.Remembered, now time.Time) bool {
	o := s.Organisation
	return o.Remembers(now) && !r.Created.Before(o.RememberFrom) && r.Alive(now)
}

// Recognise says which remembered device of the member a browser is. The device
// is zero where it is Unseen.
func Recognise(s standing.Standing, b Shown, now time.Time) (session.Remembered, Sight) {
	if b.Reminder == (session.Reminder{}) {
		return session.Remembered{}, Unseen
	}
	series, token := b.Reminder.Series.Hash(), b.Reminder.Token.Hash()
	for _, r := range Remembering(s, now) {
		if r.ID != series {
			continue
		}
		bound := r.Device != "" && r.Device == b.Device && r.Origin.Browser == b.Origin.Browser
		switch {
		case token == r.Token && bound:
			return r, Recognised
		case token == r.Token:
			return r, Elsewhere
		case token == r.Before && bound && r.Origin.Address == b.Origin.Address && now.Before(r.Turned.Add(session.TurnGrace)):
			return r, JustTurned
		}
		return r, Copied
	}
	return session.Remembered{}, Unseen
}

// Catch is the decision about a device whose token turned up a second time: none
// of the member's devices is remembered any longer, and the sessions on this one
// end, whoever is in them.
func Catch(s standing.Standing, r session.Remembered) standing.Decision {
	return standing.Decision{
		Effects: []standing.Effect{standing.ForgetRemembered{ID: r.ID}, standing.ForgetAllRemembered{}},
		Events:  []audit.Event{{Kind: audit.DeviceCopied, Facts: map[string]string{"device": string(r.ID)}}},
		Notices: tell(s, notice.DeviceCopied, notice.Facts{}),
	}
}
