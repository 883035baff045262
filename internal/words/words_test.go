package words

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

func TestDatesAndDurationsAreWrittenInTheLanguage(t *testing.T) {
	at := time.Date(2026, 3, 3, 13, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		language org.Language
		moment   string
		duration string
	}{
		{org.English, "3 March 2026, 13:05", "1 minute"},
		{org.Dutch, "3 maart 2026, 13:05", "1 minuut"},
	} {
		v := Speak(c.language, nil)
		if got := v.Moment(at); got != c.moment {
			t.Errorf("%s moment: %q, want %q", c.language, got, c.moment)
		}
		if got := v.Say("duration.minutes", "Count", 1); got != c.duration {
			t.Errorf("%s duration: %q, want %q", c.language, got, c.duration)
		}
		if got := v.Duration(10 * time.Minute); got[:2] != "10" {
			t.Errorf("%s ten minutes: %q", c.language, got)
		}
	}
}
