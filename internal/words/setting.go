package words

import (
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// Setting names a setting of a policy of recovery.
func (v *Voice) Setting(s org.Setting) string { return v.Say("setting." + string(s)) }

// SettingValue says what a setting is in a policy.
func (v *Voice) SettingValue(p org.RecoveryPolicy, s org.Setting) string {
	switch s {
	case org.LongestOfAll:
		return v.Span(p.Longest())
	case org.WaitingTime:
		return v.Span(p.Waiting())
	case org.WorkingTime:
		return v.Hours(p.Working())
	}
	return v.Say("setting." + p.Value(s))
}

// Span writes a duration, whole days as days.
func (v *Voice) Span(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days > 0 && d%(24*time.Hour) == 0 {
		return v.Say("duration.days", "Count", days)
	}
	return v.Duration(d)
}

// Hours writes working hours: "Monday to Friday, 09:00 to 17:00".
func (v *Voice) Hours(h org.WorkingHours) string {
	var runs [][]time.Weekday
	for i, day := range org.Week {
		switch {
		case !h.Days[day]:
		case i > 0 && h.Days[org.Week[i-1]]:
			runs[len(runs)-1] = append(runs[len(runs)-1], day)
		default:
			runs = append(runs, []time.Weekday{day})
		}
	}
	var said []string
	for _, run := range runs {
		if len(run) > 2 {
			said = append(said, v.Say("setting.days", "From", v.Weekday(run[0]), "To", v.Weekday(run[len(run)-1])))
			continue
		}
		for _, day := range run {
			said = append(said, v.Weekday(day))
		}
	}
	return v.Say("setting.hours", "Days", strings.Join(said, ", "), "From", org.MinuteText(h.From), "To", org.MinuteText(h.To))
}

// Weekday names a day of the week.
func (v *Voice) Weekday(d time.Weekday) string {
	return v.Say("weekday." + strings.ToLower(d.String()))
}
