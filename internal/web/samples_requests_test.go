package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
)

// What the page of a request says, each with a sample.
var (
	requestStates  = []string{"asked", "waiting", "open", "suspended", "refused", "withdrawn", "closed", "stopped", "done", "expired"}
	requestWhys    = []ladder.Reason{ladder.OwnMFAFirst, ladder.CameByBackup, ladder.CameBySuspension, ladder.FactorTooNew, ladder.ChangedByYou, ladder.HigherRole, ladder.SupervisorsBarred, ladder.SecondAccount, ladder.FrozenNow, ladder.MFAIsOff}
	requestCalls   = []ladder.Reason{ladder.NoPhone, ladder.PhoneTooNew, ladder.PasswordByMail}
	requestShut    = []ladder.Reason{ladder.MFAForced, ladder.HigherRole}
	requestAgrees  = []ladder.Reason{ladder.GaveItYourself, ladder.TooNewToAgree, ladder.ChangedByYou, ladder.OwnMFAFirst, ladder.FactorTooNew, ladder.CameByBackup}
	requestLengths = []ladder.Length{ladder.OneHour, ladder.UntilMidnight, ladder.OneDay, ladder.ThreeDays, ladder.SevenDays}
)

// requestWords are the ids of those words that are put together.
func requestWords() []string {
	var ids []string
	for _, s := range requestStates {
		ids = append(ids, "request.state."+s)
	}
	for prefix, reasons := range map[string][]ladder.Reason{
		"request.why.": requestWhys, "request.call.": requestCalls, "request.suspend.": requestShut, "request.agree-why.": requestAgrees,
	} {
		for _, r := range reasons {
			ids = append(ids, prefix+string(r))
		}
	}
	for _, l := range requestLengths {
		ids = append(ids, "request.length-"+string(l))
	}
	return ids
}

func requestSample(f Frame, change func(*Request)) Page {
	v := Request{
		Frame: manages(f, requestsPath), ID: "r1", Name: "Pieter van der Meulen", Email: "p…@…nl", Team: "Nachtploeg", Role: org.Employee,
		Phone: "06 1234 5678", Since: noon, Until: noon.Add(24 * time.Hour), Browser: "Firefox op Android", Address: "203.0.113.7", Known: true,
		State: "asked", By: "Annika de Groot-Verschoor", Opens: noon.Add(24 * time.Hour), MayRefuse: true,
	}
	for _, l := range requestLengths {
		v.Lengths = append(v.Lengths, Choice{string(l), f.Say("request.length-" + string(l)), l == ladder.OneDay})
	}
	change(&v)
	return v
}

func requestSamples() []sample {
	all := []sample{
		{"requests", func(f Frame) Page {
			return Requests{Frame: manages(f, requestsPath), Newest: true, Older: "/requests?skip=200", Rows: []RequestRow{
				{ID: "r1", Name: "Pieter van der Meulen", Team: "Nachtploeg", Role: org.Employee, Since: noon, Browser: "Firefox op Android", Known: true, Waits: true},
				{ID: "r2", Name: "Joost Bakker", Role: org.Administrator, Since: noon.Add(-time.Hour), Browser: "Edge op Windows", Opens: noon.Add(20 * time.Hour)},
				{ID: "r3", Name: "Fatima el Amrani", Role: org.Supervisor, Since: noon.Add(-2 * time.Hour)},
			}}
		}},
		{"requests-none", func(f Frame) Page { return Requests{Frame: manages(f, requestsPath)} }},
		{"request-strange", func(f Frame) Page {
			return requestSample(f, func(v *Request) {
				v.Known, v.PasswordReset, v.CallWhy, v.CallUntil = false, true, ladder.PasswordByMail, noon
			})
		}},
		{"request-forced", func(f Frame) Page {
			return requestSample(f, func(v *Request) { v.SuspendWhy, v.Settings = ladder.MFAForced, true })
		}},
		{"request-administrator", func(f Frame) Page {
			return requestSample(f, func(v *Request) {
				v.SuspendWhy, v.ForAdministrator, v.Role = ladder.HigherRole, true, org.Administrator
			})
		}},
		{"request-agree", func(f Frame) Page {
			return requestSample(f, func(v *Request) { v.State, v.MayAgree, v.MayStop = "waiting", true, true })
		}},
	}
	for _, p := range []Problem{{Why: WrongMatching, Field: "code", TriesLeft: 2}, {Why: NoMatching, Field: "code"}, {Why: NothingChosen, Field: "verified"}, {Why: NothingChosen, Field: "give"}, {Why: NothingChosen, Field: "lost"}, {Why: NothingChosen, Field: "length"}, {Why: NoReason, Field: "note"}, {Why: NoReason, Field: "words"}} {
		all = append(all, sample{"request-problem-" + string(p.Why) + "-" + p.Field, func(f Frame) Page {
			return requestSample(with(f, p), func(*Request) {})
		}})
	}
	for _, s := range requestStates {
		all = append(all, sample{"request-" + s, func(f Frame) Page { return requestSample(f, func(v *Request) { v.State = s }) }})
	}
	for _, r := range requestWhys {
		all = append(all, sample{"request-why-" + string(r), func(f Frame) Page { return requestSample(f, func(v *Request) { v.Why = r }) }})
	}
	for _, r := range requestCalls {
		all = append(all, sample{"request-call-" + string(r), func(f Frame) Page {
			return requestSample(f, func(v *Request) { v.CallWhy, v.CallUntil = r, noon })
		}})
	}
	for _, r := range requestAgrees {
		all = append(all, sample{"request-agree-" + string(r), func(f Frame) Page {
			return requestSample(f, func(v *Request) { v.State, v.AgreeWhy = "waiting", r })
		}})
	}
	return all
}
