package stories_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/test/specimen"
)

// The people of the desk.
const (
	joke  = "joke.prins@helpdesk.example" // leads it
	samir = "samir.bouzid@helpdesk.example"
	linda = "linda.groen@helpdesk.example"
)

// mailedHalf is half a pass as a mail shows it.
var mailedHalf = regexp.MustCompile(`\b[A-Z0-9]{5} [A-Z0-9]{5}\b`)

// names of those at the desk, as a case shows them.
var atTheDesk = map[string]string{"Joke Prins": joke, "Samir Bouzid": samir, "Linda Groen": linda}

// pictureOf writes a picture with a colour and a shape of its own, as a photo would be.
func (s *story) pictureOf(name string, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, seed))
	img := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{uint8(150 + r.IntN(80)), uint8(150 + r.IntN(80)), 190, 255}), image.Point{}, draw.Src)
	for range 12 {
		at := image.Pt(r.IntN(560), r.IntN(400))
		draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(20+r.IntN(160), 20+r.IntN(120)))}, image.NewUniform(color.NRGBA{uint8(r.IntN(255)), uint8(r.IntN(255)), uint8(r.IntN(255)), 255}), image.Point{}, draw.Src)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		s.t.Fatal(err)
	}
	return s.file(name, out.Bytes())
}

func (s *story) file(name string, content []byte) string {
	file := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// identityCopies are a safe copy for a case, and the same document with nothing on it
// covered.
func (s *story) identityCopies(number string, day time.Time) (safe, open string) {
	generator, err := specimen.New(77)
	if err != nil {
		s.t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(77, 77))
	sample := specimen.Ten()[0].Take(generator.Document(specimen.Identity2014), r)
	mark := safecopy.Mark{For: "Helpdesk Aanmelden", Purpose: "identificatie", Date: day.Format(time.DateOnly), Case: number}
	subject := sample.Subject(mark)
	made, err := subject.ToolCopy(r)
	if err != nil {
		s.t.Fatal(err)
	}
	bare, err := safecopy.Encode(sample.Image, safecopy.JPEG)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.file("copy.jpg", made), s.file("document.jpg", bare)
}

// brings chooses a file for one of the things that are asked for.
func (b *browser) brings(kind standing.EvidenceKind, file string) {
	b.t.Helper()
	b.arrive("bring "+string(kind), chromedp.SetUploadFiles("#f-"+string(kind), []string{file}))
}

// hears waits until the page says something by itself.
func (b *browser) hears(text string) {
	b.t.Helper()
	b.wait(`document.body.innerText.includes(` + quote(text) + `)`)
}

// opensCase opens a case by chat, and returns its number.
func (b *browser) opensCase(email string) string {
	b.t.Helper()
	b.signIn(email)
	b.press("mfa.backup")
	b.press("rung.desk.button")
	b.see("case.others-first")
	b.look()
	b.press("case.begin-alone")
	b.see("case.asks")
	return b.path()[len("/cases/"):]
}

// ticksAll goes through the checklist.
func (b *browser) ticksAll() {
	b.t.Helper()
	for _, item := range desk.Items {
		b.write("f-how-"+item, "Zelf gezien: "+item)
	}
	b.press("desk.tick")
}

func TestAnAdministratorGetsBackInThroughTheDesk(t *testing.T) {
	tell(t, 80, func(s *story) {
		demo := startDemo(s.t)
		claimant, agent := s.visitor(demo, on(phone)), s.visitor(demo)

		// The colleagues come first, and hear of it.
		number := claimant.opensCase(thijs)
		claimant.look()
		demo.mailed(eva, notice.CaseOpenedToAdministrators)
		demo.mailed(thijs, notice.CaseOpened)

		// Both sides write, and see each other's words without reloading.
		agent.signInWithPhone(samir)
		agent.visit("/desk")
		agent.seeText(number)
		agent.look()
		agent.pressThat(byWords(number))
		agent.press("desk.take")
		claimant.write("f-text", "Mijn telefoon ligt in de gracht.")
		claimant.choose(css("[data-say] button"))
		agent.hears("Mijn telefoon ligt in de gracht.")
		agent.write("f-text", "Dat is vervelend. Stuurt u het uittreksel?")
		agent.choose(css("[data-say] button"))
		claimant.hears("Dat is vervelend. Stuurt u het uittreksel?")
		claimant.hears(claimant.voice.Say("case.mark-read"))
		demo.mailed(thijs, notice.CaseAnswer)

		// A copy with the number on it is not kept; a safe one is.
		safe, open := s.identityCopies(number, demo.now())
		claimant.brings(standing.IdentityCopy, open)
		claimant.see("case.fate.unsafe")
		claimant.look()
		claimant.brings(standing.IdentityCopy, safe)
		claimant.see("case.fate.kept")
		claimant.brings(standing.Selfie, s.pictureOf("selfie.jpg", 1))
		claimant.see("case.fate.kept")
		claimant.brings(standing.CompanyExtract, s.pictureOf("extract.jpg", 2))
		claimant.see("case.asks-all")
		claimant.look()

		// Two agents look; the queue picks the second.
		agent.visit("/desk/" + number)
		agent.ticksAll()
		agent.look()
		agent.press("desk.approve")
		second := ""
		for name, email := range atTheDesk {
			if email != samir && contains(agent.text(), agent.voice.Say("desk.second-picked", "Agent", name)) {
				second = email
			}
		}
		if second == "" {
			agent.fail("nobody was picked")
		}
		agent.seeNot("desk.confirm")
		other := s.visitor(demo)
		other.signInWithPhone(second)
		other.visit("/desk/" + number)
		other.ticksAll()
		other.press("desk.confirm")
		other.see("desk.state.waiting")
		demo.mailed(thijs, notice.CaseApproved)
		demo.mailed(eva, notice.CaseApprovedToAdministrators)
		claimant.hears(claimant.voice.Say("case.state.waiting"))

		// After the time to object the halves go two ways. The phone was put away meanwhile.
		claimant.visit("/help/lost-mfa")
		agent.visit("/desk")
		other.visit("/desk")
		demo.pass(4 * 24 * time.Hour)
		agent.visit("/sign-in")
		agent.signInWithPhone(samir)
		agent.visit("/desk/" + number)
		agent.choose(css("#f-verified"))
		agent.press("desk.hand")
		agent.see("desk.half")
		read := agent.read(".sheet .big code")[0]
		mailed := mailedHalf.FindString(demo.mailed(thijs, notice.CasePass).Text)
		claimant.visit("/cases/" + number)
		claimant.signIn(thijs)
		claimant.see("case.halves")
		claimant.fill("mailed", mailed)
		claimant.fill("read", read)
		claimant.press("case.halves-go")
		claimant.see("setup-begin.pass")
		app, _ := claimant.setUp("", "New phone")
		claimant.press("link.go-on")
		claimant.see("my-login.title")
		claimant.signOut()
		claimant.signIn(thijs)
		claimant.fill("code", app.shows())
		claimant.press("mfa.button")
		claimant.see("my-login.sessions")

		// The case is closed; a week later nothing is left of what was brought.
		agent.visit("/desk/" + number)
		agent.see("desk.state.done")
		agent.visit("/desk")
		demo.pass(8 * 24 * time.Hour)
		demo.mailed(thijs, notice.CaseDestroyed)
	})
}
