package mail

import (
	"html"
	"strings"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// Reply writes the answer to a mail that came in and could not be taken as it was, or
// not all of it: kind chooses the sentences "letter.KIND.subject" and "letter.KIND.text". Whoever
// wrote may speak any of the languages, so it is said in each. messageID is that of the
// mail that it answers.
func (r Renderer) Reply(to org.Email, kind, messageID string) Rendered {
	var subjects, texts []string
	for _, l := range words.Languages {
		voice := words.Speak(l, r.Zone)
		subjects = append(subjects, voice.Say("letter."+kind+".subject"))
		texts = append(texts, voice.Say("letter."+kind+".text"))
	}
	text := strings.Join(texts, "\n\n")
	var page strings.Builder
	page.WriteString("<!doctype html><html><body>")
	for _, t := range texts {
		page.WriteString("<p>" + html.EscapeString(t) + "</p>")
	}
	page.WriteString("</body></html>")
	return Rendered{
		To: to, Subject: strings.Join(subjects, " / "), Text: text + "\n", HTML: page.String(),
		Thread: notice.Thread{References: messageID},
	}
}
