package web_test

import (
	"encoding/base32"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/factor"
)

// secret is the key that the page shows for typing it into an app.
func (p *page) secret() factor.Secret {
	p.site.t.Helper()
	text := strings.ReplaceAll(p.doc.Find("#key").Text(), " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) != 20 {
		p.site.t.Fatalf("the key on %s is %q: %v", p.path, text, err)
	}
	return factor.SecretFromBytes(key)
}

// codes are the backup codes that the page shows.
func (p *page) codes() []string {
	p.site.t.Helper()
	var list []string
	p.doc.Find("#codes li").Each(func(_ int, li *goquery.Selection) { list = append(list, visible(li.Text())) })
	if len(list) != factor.BackupCodes {
		p.site.t.Fatalf("%s shows %d codes: %q", p.path, len(list), list)
	}
	return list
}

// scans types the first code of the key that the page shows, and returns the
// phone that shows its codes from now on.
func (b *browser) scans(name string) phone {
	b.site.t.Helper()
	on := phone{secret: b.page.secret()}
	b.submit("/setup-mfa/scan", "name", name, "code", on.code(b.site.clock.now()))
	return on
}
