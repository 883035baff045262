// Package words holds what people read, in every language the product speaks.
//
// It owns the sentences (the .toml files beside this one), plurals, and how a
// date or a number is written. It refuses to decide anything: which sentence
// is said is the caller's business.
package words

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/sparekey/sparekey/internal/org"
)

//go:embed *.toml
var files embed.FS

// Languages are the languages spoken, the fallback first.
var Languages = []org.Language{org.English, org.Dutch}

// A Voice says sentences in one language. It is safe for use by many at once.
type Voice struct {
	Language  org.Language
	localizer func() *i18n.Localizer
	zone      *time.Location
}

// loadBundle reads the sentences once per process, when the first is said; they
// are compiled in, so that a fault in them is a fault of the build and stops the program.
var loadBundle = sync.OnceValue(func() *i18n.Bundle {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		if _, err := bundle.LoadMessageFileFS(files, name); err != nil {
			panic(fmt.Sprintf("words: %s: %v", name, err))
		}
	}
	return bundle
})

// Speak returns the voice of l that writes times in zone; a language that is
// not spoken gives English, a nil zone UTC.
func Speak(l org.Language, zone *time.Location) *Voice {
	if _, ok := org.ParseLanguage(string(l)); !ok {
		l = org.English
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Voice{Language: l, localizer: sync.OnceValue(func() *i18n.Localizer { return i18n.NewLocalizer(loadBundle(), string(l)) }), zone: zone}
}

// Choose returns the spoken language that fits an Accept-Language header best
// (RFC 9110, section 12.5.4), or false where none fits.
func Choose(acceptLanguage string) (org.Language, bool) {
	if len(acceptLanguage) > 500 {
		return "", false
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return "", false
	}
	matcher := language.NewMatcher([]language.Tag{language.English, language.Dutch})
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return "", false
	}
	return Languages[index], true
}

// Say returns the sentence id with its blanks filled: args alternate names and
// values ("Name", "Eva", "Count", 3). A value named Count chooses the plural.
// A sentence that does not exist is answered with its id in brackets, which a
// test looks for on every page.
func (v *Voice) Say(id string, args ...any) string {
	config := &i18n.LocalizeConfig{MessageID: id}
	if len(args) > 0 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			data[name] = args[i+1]
			if name == "Count" {
				config.PluralCount = args[i+1]
			}
		}
		config.TemplateData = data
	}
	said, err := v.localizer().Localize(config)
	if err != nil {
		return "[" + id + "]"
	}
	return said
}

// Day writes the date of t: "3 March 2026".
func (v *Voice) Day(t time.Time) string {
	t = t.In(v.zone)
	return fmt.Sprintf("%d %s %d", t.Day(), v.Say("month."+fmt.Sprint(int(t.Month()))), t.Year())
}

// Moment writes date and time of t to the minute: "3 March 2026, 14:05".
func (v *Voice) Moment(t time.Time) string {
	return v.Day(t) + ", " + t.In(v.zone).Format("15:04")
}

// Number writes n with its thousands apart: "1,000,000", in Dutch "1.000.000".
func (v *Voice) Number(n int) string {
	apart := ","
	if v.Language == org.Dutch {
		apart = "."
	}
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + apart + text[i:]
	}
	return text
}

// Clock writes the time of day of t to the minute: "14:05".
func (v *Voice) Clock(t time.Time) string { return t.In(v.zone).Format("15:04") }

// Duration writes d in its largest fitting unit, rounded up: "45 seconds",
// "10 minutes", "24 hours", "3 days".
func (v *Voice) Duration(d time.Duration) string {
	units := []struct {
		id   string
		size time.Duration
		from time.Duration
	}{
		{"duration.days", 24 * time.Hour, 48 * time.Hour},
		{"duration.hours", time.Hour, 2 * time.Hour},
		{"duration.minutes", time.Minute, 2 * time.Minute},
		{"duration.seconds", time.Second, 0},
	}
	if d == time.Hour {
		return v.Say("duration.hours", "Count", 1)
	}
	for _, unit := range units {
		if d >= unit.from {
			return v.Say(unit.id, "Count", int((d+unit.size-1)/unit.size))
		}
	}
	return v.Say("duration.seconds", "Count", 0)
}
