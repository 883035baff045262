package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/session"
)

// A visitor sends requests to a server over connections that stay open. It
// keeps no cookies and follows no redirect.
type visitor struct {
	client *http.Client
	base   string
}

// requestTime is how long one request may take.
const requestTime = 30 * time.Second

// newVisitor returns a visitor with so many connections.
func newVisitor(address string, connections int) *visitor {
	return &visitor{base: "http://" + address, client: &http.Client{
		Timeout: requestTime,
		Transport: &http.Transport{
			MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// leave closes the connections.
func (v *visitor) leave() { v.client.CloseIdleConnections() }

// agent is that of a browser: the server looks at it.
const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// do sends one request and returns its answer, whose body has been read.
func (v *visitor) do(request *http.Request, cookies ...*http.Cookie) (*http.Response, error) {
	request.Header.Set("User-Agent", agent)
	request.Header.Set("Accept-Language", "en")
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, err
	}
	return response, response.Body.Close()
}

func (v *visitor) get(ctx context.Context, path string, cookies ...*http.Cookie) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	return v.do(request, cookies...)
}

func (v *visitor) post(ctx context.Context, path string, form url.Values, cookies ...*http.Cookie) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(request, cookies...)
}

// The server's cookies, as it names them where it is not reached by https.
const (
	sessionCookie   = "sparekey-session"
	challengeCookie = "sparekey-sign-in"
	deviceCookie    = "sparekey-device"
)

// check asks whether a session is signed in, as a proxy does before it lets a
// request through. It returns an error unless it is.
func (v *visitor) check(ctx context.Context, token session.Token) error {
	response, err := v.get(ctx, "/auth/verify", &http.Cookie{Name: sessionCookie, Value: string(token)})
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("a session check was answered with %s", response.Status)
	}
	return err
}

// tryPassword sends address and password and returns the answer.
func (v *visitor) tryPassword(ctx context.Context, email, typed string, cookies ...*http.Cookie) (*http.Response, error) {
	return v.post(ctx, "/sign-in", url.Values{"email": {email}, "password": {typed}}, cookies...)
}

// A statusError is an answer that was not the one hoped for.
type statusError struct {
	step   string
	status int
}

// Error says which.
func (e *statusError) Error() string {
	return fmt.Sprintf("%s was answered with %d %s", e.step, e.status, http.StatusText(e.status))
}

// signIn signs in with password and authenticator. It returns a *statusError
// where the server does not let the person on.
func (v *visitor) signIn(ctx context.Context, p person, cookies ...*http.Cookie) error {
	opened, err := v.tryPassword(ctx, p.email, rightPassword, cookies...)
	if err != nil {
		return err
	}
	challenge := cookie(opened, challengeCookie)
	if challenge == nil || opened.Header.Get("Location") != "/mfa" {
		return &statusError{"a right password", opened.StatusCode}
	}
	code := p.authenticator.Code(factor.Step(time.Now()))
	done, err := v.post(ctx, "/mfa", url.Values{"code": {string(code)}}, append(cookies, challenge)...)
	if err != nil {
		return err
	}
	if cookie(done, sessionCookie) == nil {
		return &statusError{"a right code", done.StatusCode}
	}
	return nil
}

// cookie returns a cookie that an answer sets, or nil.
func cookie(response *http.Response, name string) *http.Cookie {
	for _, c := range response.Cookies() {
		if c.Name == name && c.Value != "" {
			return &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	return nil
}
