package faults

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A client is a browser that keeps no cookies by itself and follows nothing.
// It is safe for use by many.
type client struct {
	http *http.Client
	base string
}

// answerTime is how long a client waits for an answer.
const answerTime = 30 * time.Second

func newClient(base string) *client {
	return &client{base: base, http: &http.Client{
		Timeout:       answerTime,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// leave closes the connections.
func (c *client) leave() { c.http.CloseIdleConnections() }

// An answer is what came back, whole.
type answer struct {
	status  int
	to      string // where it leads
	cookies map[string]string
	body    string
	header  http.Header
}

// The program's cookies, as it names them where it is not reached by https.
const (
	sessionCookie   = "sparekey-session"
	challengeCookie = "sparekey-sign-in"
)

// send sends a form, or with none asks for a page. An error says that there
// was no answer, or not a whole one: then nothing is known.
func (c *client) send(ctx context.Context, path string, form url.Values, cookies map[string]string) (answer, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	request.Header.Set("Accept-Language", "en")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, to: response.Header.Get("Location"), cookies: make(map[string]string), body: string(text), header: response.Header}
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge >= 0 {
			a.cookies[cookie.Name] = cookie.Value
		}
	}
	return a, nil
}

// A stepError is an answer that leads nowhere.
type stepError struct {
	step   string
	status int
}

// Error says which.
func (e *stepError) Error() string { return fmt.Sprintf("%s was answered %d", e.step, e.status) }

// password sends address and password, and returns the sign-in that follows.
func (c *client) password(ctx context.Context, p *person) (challenge string, err error) {
	a, err := c.send(ctx, "/sign-in", url.Values{"email": {p.email}, "password": {rightPassword}}, nil)
	if err != nil {
		return "", err
	}
	if challenge = a.cookies[challengeCookie]; challenge == "" {
		return "", &stepError{"a right password", a.status}
	}
	return challenge, nil
}

// prove sends a code in a sign-in, and returns the session that follows. A
// *stepError says that the code opened nothing.
func (c *client) prove(ctx context.Context, path, challenge, code string) (session string, err error) {
	a, err := c.send(ctx, path, url.Values{"code": {code}}, map[string]string{challengeCookie: challenge})
	if err != nil {
		return "", err
	}
	if session = a.cookies[sessionCookie]; session == "" || a.status != http.StatusSeeOther {
		return "", &stepError{"a code", a.status}
	}
	return session, nil
}

// signIn signs in with password and a fresh code.
func (c *client) signIn(ctx context.Context, p *person) (session string, err error) {
	challenge, err := c.password(ctx, p)
	if err != nil {
		return "", err
	}
	code, _, ok := p.nextCode()
	if !ok {
		return "", fmt.Errorf("%s has no fresh code", p.email)
	}
	return c.prove(ctx, "/mfa", challenge, code)
}

// alive reports whether a session shows somebody.
func (c *client) alive(ctx context.Context, session string) (bool, error) {
	a, err := c.send(ctx, "/lost-phone", nil, map[string]string{sessionCookie: session})
	switch {
	case err != nil:
		return false, err
	case a.status == http.StatusOK || a.status == http.StatusSeeOther && !strings.HasPrefix(a.to, "/sign-in"):
		return true, nil
	case a.status == http.StatusSeeOther:
		return false, nil
	}
	return false, &stepError{"asking for a session", a.status}
}

// signOut ends a session.
func (c *client) signOut(ctx context.Context, session string) error {
	a, err := c.send(ctx, "/sign-out", url.Values{}, map[string]string{sessionCookie: session})
	if err == nil && a.status != http.StatusSeeOther {
		err = &stepError{"signing out", a.status}
	}
	return err
}
