package signin

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Remembering is what the browser shall keep to be remembered by, and until
// when; the zero Remembering: what it has, if anything.
type Remembering struct {
	Reminder session.Reminder
	Until    time.Time
}

// A wish is that the device of a sign-in be remembered. The zero wish is none.
type wish struct {
	Remembering
	device   session.Remembered
	replaces session.Hash // what the browser was remembered by before; may be empty
}

func (w wish) made() bool { return w.device.ID != "" }

// wish draws what a device is remembered by, if that was wished with a factor.
func (s *Service) wish(a Answer, in session.Session) (w wish, err error) {
	if !a.Remember || a.Kind != session.ByFactor {
		return wish{}, nil
	}
	if w.Reminder.Series, err = session.NewToken(s.Random); err != nil {
		return wish{}, err
	}
	if w.Reminder.Token, err = session.NewToken(s.Random); err != nil {
		return wish{}, err
	}
	w.Until = in.Created.Add(session.RememberedLifetime)
	w.device = session.Remembered{
		ID: w.Reminder.Series.Hash(), Member: in.Member, Token: w.Reminder.Token.Hash(), Device: in.Device,
		Created: in.Created, Expires: w.Until, Used: in.Created, Origin: in.Origin,
	}
	if a.Reminder.Series != "" {
		w.replaces = a.Reminder.Series.Hash()
	}
	return w, nil
}

// grant is the decision to remember the device.
func (w wish) grant(st standing.Standing) standing.Decision {
	d := standing.Decision{
		Events:  []audit.Event{{Kind: audit.DeviceRemembered, Facts: map[string]string{"device": string(w.device.ID)}}},
		Notices: ladder.Tell(st, notice.DeviceRemembered, notice.Facts{Until: w.Until}, st.Addresses()...),
	}
	if w.replaces != "" {
		d = d.And(standing.ForgetRemembered{ID: w.replaces})
	}
	return d.And(standing.Remember{Device: w.device})
}
