package stories_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTheKeyboardAloneSignsInWithABackupCode(t *testing.T) {
	tell(t, 6, func(s *story) {
		b := s.visitor(startDemo(s.t))
		b.visit("/sign-in")
		b.keys("willem.bakker@korenaar.example")
		b.tabTo(css("#f-password"))
		b.keys(sharedPassword)
		b.enter()
		b.see("mfa.title")
		b.tabTo(byWords(b.voice.Say("mfa.backup")))
		b.enter()
		b.see("backup.title")
		b.tabTo(css("#f-code"))
		b.keys(backupCode(1))
		b.tabTo(byWords(b.voice.Say("rung.backup-code.button")))
		b.enter()
		b.see("lost-phone.title")

		// The first stop leads past everything that every page has.
		b.tabTo(css(".skip"))
		b.keys(kb.Enter)
		b.tabTo(byWords(b.voice.Say("lost-phone.yes")))
		b.tabTo(byWords(b.voice.Say("lost-phone.no")))
		b.enter()
		b.see("my-login.title")
		b.tabTo(css("details.menu summary"))
		b.keys(kb.Enter)
		b.tabTo(byWords(b.voice.Say("frame.sign-out")))
		b.enter()
		b.see("notice.signed-out")
	})
}

// keys types where the focus is.
func (b *browser) keys(text string) {
	b.t.Helper()
	b.must("type", chromedp.Do(b.ctx, chromedp.KeyEvent(text)))
}

// enter presses Enter, which leads to another page.
func (b *browser) enter() {
	b.t.Helper()
	b.arrive("press Enter", chromedp.KeyEvent(kb.Enter))
}

// tabTo presses Tab until the focus is on what a script finds. On the way, the
// focus is seen wherever it is.
func (b *browser) tabTo(script string) {
	b.t.Helper()
	const most = 60
	for range most {
		b.keys(kb.Tab)
		at, err := chromedp.Run(b.ctx, seenFocus(script))
		b.must("see the focus", err)
		if at.Fault != "" {
			b.fail("the focus cannot be seen at %s", at.Fault)
		}
		if at.Here {
			return
		}
	}
	b.fail("%d times Tab does not lead to %s", most, script)
}

type focus struct {
	Here  bool
	Fault string // what has the focus without showing it
}

func seenFocus(script string) chromedp.Action[focus] {
	return func(ctx context.Context, t *chromedp.Target) (focus, error) {
		return chromedp.Evaluate[focus](`(() => {
			const e = document.activeElement, target = `+script+`;
			if (e === document.body) return {Here: false, Fault: ""};
			const style = getComputedStyle(e), r = e.getBoundingClientRect();
			const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
			const inside = r.width > 0 && r.right > 0 && r.bottom > 0 && r.x < innerWidth && r.y < innerHeight;
			// A date is several fields in one, of which the inner one has the focus.
			const visible = e.matches(":focus-visible") || e.type === "date" && e.matches(":focus-within");
			return {Here: e === target, Fault: outlined && inside && visible ? "" : e.outerHTML.slice(0, 120)};
		})()`)(ctx, t)
	}
}
