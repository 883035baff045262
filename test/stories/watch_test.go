package stories_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A watch notes what a browser complains of, and whom it turns to.
type watch struct {
	mu     sync.Mutex
	asked  map[network.RequestID]string
	faults []string
}

// begin begins to watch the window that ctx is about.
func (w *watch) begin(ctx context.Context) error {
	if err := chromedp.Listen(ctx, w.note); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{})
	return err
}

func (w *watch) add(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// note judges one event.
func (w *watch) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked == nil {
		w.asked = make(map[network.RequestID]string)
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.asked[e.RequestID] = e.Request.URL
		if !isHere(e.Request.URL) {
			w.add("a request leaves this machine: %s", e.Request.URL)
		}
	case *network.EventLoadingFailed:
		// What a page still fetched when it was left is given up.
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
			w.add("%s failed: %s %s", w.asked[e.RequestID], e.ErrorText, e.BlockedReason)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && e.Type != network.ResourceTypeDocument {
			w.add("%s was answered %d", e.Response.URL, e.Response.Status)
		}
	case *cdplog.EventEntryAdded:
		// Of the network, the events above tell; pages may answer 4xx.
		if e.Entry.Source != cdplog.EntrySourceNetwork && (e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning) {
			w.add("the browser says: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if slices.Contains([]runtime.ConsoleAPICalledType{runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert}, e.Type) {
			w.add("the page writes to the console: %s %v", e.Type, said(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.add("a script fails: %s", (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			w.add("the content security policy blocks: %s", e.Issue.Details.ContentSecurityPolicyIssueDetails.ViolatedDirective)
		}
	}
}

func said(args []*runtime.RemoteObject) []string {
	var texts []string
	for _, a := range args {
		texts = append(texts, string(a.Value)+a.Description)
	}
	return texts
}

// isHere reports whether an address is on this machine, or is no place at all.
func isHere(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "data", "blob", "about":
		return true
	}
	return u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
}

func (w *watch) found() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.faults)
}

// judge fails the test for everything that was noted.
func (w *watch) judge(t *testing.T) {
	for _, fault := range w.found() {
		t.Error(fault)
	}
}
