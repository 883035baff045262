package mailin

import "testing"

func TestOnlyTheTopmostFieldOfTheReceivingServerVouches(t *testing.T) {
	const us = "mx.desk.example"
	for name, c := range map[string]struct {
		fields []string
		server string
		domain string
		want   Vouched
	}{
		"dkim":                        {[]string{"mx.desk.example; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByDKIM},
		"dkim of the same house":      {[]string{"mx.desk.example; dkim=pass header.d=mail.bakery.nl"}, us, "bakery.nl", ByDKIM},
		"dkim, as Gmail writes it":    {[]string{"mx.desk.example; dkim=pass header.i=@bakery.nl header.s=20230601 header.b=Ab+/c9; arc=none"}, us, "bakery.nl", ByDKIM},
		"spf, as Postfix writes it":   {[]string{"mx.desk.example 1; spf=pass (sender SPF authorized) smtp.mailfrom=bounce.bakery.nl (client-ip=192.0.2.1; helo=a)"}, us, "bakery.nl", BySPF},
		"spf with an address":         {[]string{`mx.desk.example; spf=Pass smtp.mailfrom="eva"@bakery.nl`}, us, "bakery.nl", ByNobody}, // not as the RFC writes a value
		"spf with an address, plain":  {[]string{"MX.desk.example; SPF=Pass smtp.mailfrom=list+eva=x.org@bakery.nl"}, us, "bakery.nl", BySPF},
		"dkim before spf":             {[]string{"mx.desk.example; spf=pass smtp.mailfrom=bakery.nl; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByDKIM},
		"one signature of two":        {[]string{"mx.desk.example; dkim=fail header.d=bakery.nl; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByDKIM},
		"a folded field":              {[]string{"mx.desk.example;\r\n\tdkim=pass\r\n header.d=bakery.nl"}, us, "bakery.nl", ByDKIM},
		"a domain with an accent":     {[]string{"mx.desk.example; dkim=pass header.d=xn--bckerei-5wa.example"}, us, "bäckerei.example", ByDKIM},
		"another house's signature":   {[]string{"mx.desk.example; dkim=pass header.d=thief.nl"}, us, "bakery.nl", ByNobody},
		"the same public suffix":      {[]string{"mx.desk.example; dkim=pass header.d=thief.co.uk"}, us, "bakery.co.uk", ByNobody},
		"the suffix itself":           {[]string{"mx.desk.example; dkim=pass header.d=co.uk"}, us, "bakery.co.uk", ByNobody},
		"an end that is alike":        {[]string{"mx.desk.example; dkim=pass header.d=notbakery.nl"}, us, "bakery.nl", ByNobody},
		"spf of the greeting":         {[]string{"mx.desk.example; spf=pass smtp.helo=bakery.nl"}, us, "bakery.nl", ByNobody},
		"softfail":                    {[]string{"mx.desk.example; spf=softfail smtp.mailfrom=bakery.nl"}, us, "bakery.nl", ByNobody},
		"disowned":                    {[]string{"mx.desk.example; dkim=pass header.d=bakery.nl; dmarc=fail header.from=bakery.nl"}, us, "bakery.nl", ByNobody},
		"nothing found":               {[]string{"mx.desk.example; none"}, us, "bakery.nl", ByNobody},
		"no field":                    {nil, us, "bakery.nl", ByNobody},
		"another server's":            {[]string{"mx.thief.example; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"another's, then ours":        {[]string{"mx.thief.example; dkim=fail", "mx.desk.example; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByDKIM},
		"a forged one below":          {[]string{"mx.desk.example; dkim=none", "mx.desk.example; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"a broken one, then a forged": {[]string{"mx.desk.example; dkim=(", "mx.desk.example; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"no server set":               {[]string{"; dkim=pass header.d=bakery.nl", "mx.desk.example; dkim=pass header.d=bakery.nl"}, "", "bakery.nl", ByNobody},
		"another version":             {[]string{"mx.desk.example 2; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"a name that begins alike":    {[]string{"mx.desk.example.thief.nl; dkim=pass header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"a result in a comment":       {[]string{"mx.desk.example; spf=fail (x; dkim=pass header.d=bakery.nl) smtp.mailfrom=thief.nl"}, us, "bakery.nl", ByNobody},
		"a comment in a comment":      {[]string{`mx.desk.example; spf=fail (a (b) \) ; dkim=pass header.d=bakery.nl)`}, us, "bakery.nl", ByNobody},
		"a result in quotes":          {[]string{`mx.desk.example; spf=fail smtp.mailfrom="x; dkim=pass header.d=bakery.nl"`}, us, "bakery.nl", ByNobody},
		"a quoted local part":         {[]string{`mx.desk.example; spf=pass smtp.mailfrom="x; dkim=pass header.d=bakery.nl; a=b"@thief.nl`}, us, "bakery.nl", ByNobody},
		"a value with a result":       {[]string{"mx.desk.example; spf=pass smtp.mailfrom=dkim=pass@thief.nl"}, us, "bakery.nl", ByNobody},
		"a property twice":            {[]string{"mx.desk.example; dkim=pass header.d=thief.nl header.d=bakery.nl"}, us, "bakery.nl", ByNobody},
		"a comment without an end":    {[]string{"mx.desk.example; dkim=pass header.d=bakery.nl (x"}, us, "bakery.nl", ByNobody},
		"a reason in quotes":          {[]string{`mx.desk.example; dkim=pass reason="good; signature" header.d=bakery.nl`}, us, "bakery.nl", ByDKIM},
		"no domain to vouch for":      {[]string{"mx.desk.example; dkim=pass header.d=bakery.nl"}, us, "", ByNobody},
	} {
		if got := vouched(c.fields, c.server, c.domain); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzAuthenticationResults(f *testing.F) {
	f.Add("mx.desk.example 1; dkim=pass (a (b)) header.d=bakery.nl; spf=fail smtp.mailfrom=\"a;b\"@c")
	f.Add("mx.desk.example; dkim=pass header.i=@bakery.nl")
	f.Fuzz(func(t *testing.T, field string) {
		_, results, ok := parseResults(field)
		if !ok && len(results) > 0 {
			t.Error("results of a field that cannot be read")
		}
		// What the sender puts in a comment or in quotes of the server's own field moves nothing.
		inner := quoteInto(field)
		for _, own := range []string{
			"mx.desk.example; spf=fail (" + inner + ") smtp.mailfrom=thief.nl",
			`mx.desk.example; spf=fail smtp.mailfrom="` + inner + `"`,
		} {
			if v := vouched([]string{own}, "mx.desk.example", "bakery.nl"); v != ByNobody {
				t.Errorf("%q vouches: %q", own, v)
			}
		}
	})
}

// quoteInto escapes as a server does what it copies (RFC 5322, section 3.2.1).
func quoteInto(text string) string {
	var b []byte
	for i := range len(text) {
		switch text[i] {
		case '\\', '"', '(', ')':
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return string(b)
}
