package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/standing"
)

// What the pages of cases say that is put together, each with a sample.
var (
	caseStates = desk.States[1:]
	caseEvents = []string{
		"opened", "approved.first", "approved.second", "handed.number-on-file", "handed.register-number", "handed.letter", "released", "frozen",
		"done.set-up", "withdrawn.set-up", "withdrawn.proved", "withdrawn.deactivated", "withdrawn", "rejected", "abandoned",
		"pin-right", "pin-wrong", "pin-wrong-new",
		"turned.identity.unsafe", "turned.identity.cannot-tell",
	}
	caseFates  = []string{"kept", "kept-masked", "unfit", "unsafe", "cannot-tell"}
	caseUnfits = []string{"empty", "not-an-image", "other-kind", "too-many-bytes", "too-large", "truncated", "damaged", "animated", "no-program", "locked",
		"many-pages", "scripted", "too-hard", "no-picture", "kind"}
	deskNos = []ladder.Reason{
		desk.OwnColleague, desk.NotTaken, desk.Unchecked, desk.EvidenceLacks, desk.NoSecond, ladder.NotNow, desk.CaseOver, desk.CaseFrozen, desk.TooMuch,
		ladder.GaveItYourself, ladder.NotYours, ladder.SecondAccount, ladder.NoPhone, ladder.PhoneTooNew, ladder.PassEnded, ladder.NotWaiting,
		ladder.PasswordByMail, ladder.NotForRole, ladder.FactorTooNew, ladder.OwnMFAFirst, ladder.FrozenNow, ladder.NotActive, ladder.MFAIsOff, desk.NotOverdue,
	}
	deskFindings = []string{"seal-picture", "seal-none", "seal-whole", "seal-untrusted", "seal-broken", "seal-unknown", "text-differs"}
)

// caseBuilt are the ids of those words.
func caseBuilt() []string {
	ids := []string{"tab.desk", "rung.desk.button", "desk.lacks"}
	for _, s := range caseStates {
		ids = append(ids, "case.state."+string(s), "desk.state."+string(s))
	}
	for _, e := range caseEvents {
		ids = append(ids, "entry."+e)
	}
	for _, k := range standing.EvidenceKinds {
		ids = append(ids, "evidence."+string(k), "evidence."+string(k)+".why", "evidence.short."+string(k), "entry.kept."+string(k), "entry.turned."+string(k)+".unfit")
	}
	for _, f := range caseFates {
		ids = append(ids, "case.fate."+f)
	}
	for _, u := range caseUnfits {
		ids = append(ids, "case.unfit."+u)
	}
	for _, a := range []string{"missing", "kept", "doubtful", "optional"} {
		ids = append(ids, "case.ask-"+a)
	}
	for _, m := range []string{"sent", "delivered", "read"} {
		ids = append(ids, "case.mark-"+m)
	}
	for _, v := range []standing.Via{standing.ByChat, standing.ByMail, standing.ByPhone} {
		ids = append(ids, "case.via-"+string(v))
	}
	for _, r := range deskNos {
		ids = append(ids, "desk.no."+string(r))
	}
	for _, i := range desk.Items {
		ids = append(ids, "check."+i)
	}
	for _, f := range deskFindings {
		ids = append(ids, "finding."+f)
	}
	// Of the conversation, in a template that gets the page as P.
	return append(ids, "case.sending", "case.not-sent", "case.mark-sent", "case.mark-delivered", "case.mark-read", "case.away", "case.talk", "case.write", "case.send")
}

func talkLines() []CaseLine {
	return []CaseLine{
		{Seq: 1, At: noon, Text: "De zaak is geopend."},
		{Seq: 2, Who: "U", Mine: true, At: noon.Add(time.Minute), Text: "Mijn telefoon ligt in de gracht.\nWat nu?", Mark: "read"},
		{Seq: 3, Who: "Samir Bouzid", At: noon.Add(2 * time.Minute), Text: "Stuurt u het uittreksel en de kopie?", Via: standing.ByMail},
		{Seq: 4, Who: "U", Mine: true, At: noon.Add(3 * time.Minute), Text: "Komt eraan.", Mark: "delivered"},
	}
}

func caseSample(f Frame, change func(*Case)) Page {
	f.Organisation = "Bakkerij De Korenaar"
	v := Case{
		Frame: f, Number: "2026-0042", State: standing.CaseOpen, Pin: "123 456", Phone: "030 765 43 21", Open: true, Mailbox: "desk+2026-0042.k3x@helpdesk.example",
		Lines: talkLines(), Last: 4, Once: "once", KeepDays: 7, For: "Helpdesk Aanmelden", Today: "2026-03-02", People: []Person{annika, joost},
	}
	for i, k := range standing.EvidenceKinds {
		v.Asks = append(v.Asks, CaseAsk{Kind: k, State: []string{"kept", "missing", "missing", "optional"}[i], At: noon})
	}
	change(&v)
	return v
}

func deskSample(f Frame, change func(*DeskCase)) Page {
	f.Member, f.Organisation, f.Here, f.Tabs = "Samir Bouzid", "Helpdesk Aanmelden", deskPath, []Tab{{Path: deskPath}}
	v := DeskCase{
		Frame: f, Number: "2026-0042", State: standing.CaseOpen, Claimant: "Thijs van Dam", Email: "thijs.van.dam@korenaar.example", Phone: "+31 6 0000 0001",
		PhoneSince: noon.Add(-900 * time.Hour), Organisation: "Bakkerij De Korenaar", KvK: "12345678", MemberSince: noon.Add(-9000 * time.Hour), MFASince: noon.Add(-800 * time.Hour),
		Begun: standing.ByChat, Alone: true, Created: noon, People: []Person{annika}, Lines: talkLines(), Last: 4, Once: "once", Agent: "Samir Bouzid",
		MaySay: true, MayJudge: true, Others: []Choice{{Value: "a", Name: "Linda Groen"}},
		Evidence: []DeskEvidence{
			{ID: "e1", Kind: standing.CompanyExtract, At: noon, Pages: []int{1, 2}, Findings: []standing.Finding{{Code: "seal-whole", Good: true, Found: "Kamer van Koophandel"}, {Code: "text-differs"}}},
			{ID: "e2", Kind: standing.IdentityCopy, At: noon, Pages: []int{1}, Doubtful: true, Elsewhere: true},
		},
		MissingKinds: []standing.EvidenceKind{standing.Selfie},
		Traces:       []DeskTrace{{At: noon, Sentence: "Thijs van Dam logde in.", From: "Firefox op Android, 203.0.113.7"}},
	}
	for i, item := range desk.Items {
		check := DeskCheck{Item: item}
		if i < 3 {
			check.How, check.By = "Zelf gezien", []string{"Linda Groen: nagezocht"}
		}
		v.Checks = append(v.Checks, check)
	}
	change(&v)
	return v
}

func caseSamples() []sample {
	all := []sample{
		{"case-begin", func(f Frame) Page {
			return CaseBegin{Frame: f, People: []Person{annika, joost}, Phone: "030 765 43 21", Open: true, Mail: true}
		}},
		{"case-begin-alone", func(f Frame) Page {
			return CaseBegin{Frame: with(f, Problem{Why: NothingChosen, Field: "via"}), Opens: noon.Add(20 * time.Hour)}
		}},
		{"case-begin-closed", func(f Frame) Page {
			return CaseBegin{Frame: f, Why: string(ladder.PasswordByMail), Until: noon.Add(40 * time.Hour)}
		}},
		{"case-phone-closed", func(f Frame) Page {
			return CaseBegin{Frame: f, Phone: "030 765 43 21", Opens: noon.Add(20 * time.Hour)}
		}},
		{"case-all-in", func(f Frame) Page {
			return caseSample(f, func(v *Case) {
				for i := range v.Asks {
					v.Asks[i].State = []string{"kept", "doubtful", "kept", "kept"}[i]
				}
				v.Open, v.OpensAt, v.Phone = false, noon.Add(20*time.Hour), ""
			})
		}},
		{"case-words", func(f Frame) Page {
			return caseSample(f, func(v *Case) {
				v.Problem, v.Open, v.OpensAt = Problem{Why: NoWords, Field: "text"}, false, noon.Add(20*time.Hour)
			})
		}},
		{"case-objection", func(f Frame) Page {
			return caseSample(f, func(v *Case) { v.State, v.Objection = standing.CaseWaiting, noon.Add(24*time.Hour) })
		}},
		{"case-halves", func(f Frame) Page {
			return caseSample(f, func(v *Case) {
				v.State, v.Halves, v.SignedIn, v.Problem = standing.CaseHanded, true, true, Problem{Why: WrongHalves, Field: "mailed", TriesLeft: 3}
			})
		}},
		{"case-halves-later", func(f Frame) Page {
			return caseSample(f, func(v *Case) { v.State, v.Halves = standing.CaseHanded, true })
		}},
		{"case-talk", func(f Frame) Page {
			return CaseTalk{Frame: f, State: standing.CaseOpen, Lines: talkLines(), Last: 4, Delivered: 4, Read: 2}
		}},
		{"desk", func(f Frame) Page {
			f.Member, f.Organisation, f.Here, f.Tabs = "Samir Bouzid", "Helpdesk Aanmelden", deskPath, []Tab{{Path: deskPath}}
			return Desk{Frame: f, Open: 2, Waiting: 1, Refused: 3, Answer: 7 * time.Minute, Verdict: 5 * time.Hour,
				Rows: []DeskRow{
					{Number: "2026-0042", State: standing.CaseOpen, Claimant: "Thijs van Dam", Organisation: "Bakkerij De Korenaar", Waits: 12 * time.Minute, Mine: true, Agent: "Samir Bouzid", Missing: []standing.EvidenceKind{standing.Selfie, standing.CompanyExtract}},
					{Number: "2026-0041", State: standing.CaseSecond, Claimant: "Gerda Blom", Organisation: "Tuincentrum De Zonnebloem", Since: noon, Agent: "Linda Groen"},
					{Number: "2026-0040", State: standing.CaseOpen, Claimant: "Noor Hendriks", Organisation: "Tuincentrum De Zonnebloem", Since: noon},
				},
				Ended: []DeskRow{{Number: "2026-0001", State: standing.CaseDone, Claimant: "Eva de Boer", Organisation: "Bakkerij De Korenaar", Since: noon}}}
		}},
		{"desk-none", func(f Frame) Page {
			f.Member, f.Organisation, f.Here, f.Tabs = "Samir Bouzid", "Helpdesk Aanmelden", deskPath, []Tab{{Path: deskPath}}
			return Desk{Frame: f}
		}},
		{"desk-case-take", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.MayTake, v.MayJudge, v.Agent, v.People, v.KvK, v.Phone, v.Evidence, v.Traces = true, false, "", nil, "", "", nil, nil
			})
		}},
		{"desk-case-approve", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) { v.MayApprove, v.MissingKinds = true, nil })
		}},
		{"desk-case-confirm", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.State, v.MayConfirm, v.MayPick, v.First, v.Second, v.FirstAt = standing.CaseSecond, true, true, "Linda Groen", "Samir Bouzid", noon
			})
		}},
		{"desk-case-hand", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.State, v.MayHand, v.MayJudge, v.First, v.Second, v.FirstAt, v.SecondAt, v.Opens = standing.CaseWaiting, true, false, "Linda Groen", "Samir Bouzid", noon, noon, noon
				v.PhoneWhy, v.PhoneUntil, v.Problem = ladder.PhoneTooNew, noon.Add(200*time.Hour), Problem{Why: NothingChosen, Field: "verified"}
			})
		}},
		{"desk-case-half", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.State, v.MayHand, v.MayJudge, v.Half = standing.CaseHanded, true, false, "ACDEF GH346"
			})
		}},
		{"desk-case-frozen", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.State, v.MayRelease, v.MayClose, v.MayJudge = standing.CaseFrozen, true, true, false
			})
		}},
		{"desk-case-gone", func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) {
				v.State, v.MaySay, v.MayJudge, v.Evidence, v.Gone, v.Own, v.Reason = standing.CaseRejected, false, false, nil, noon, true, "Het uittreksel is van een andere onderneming."
				v.Receipt = []standing.Receipt{{Kind: standing.Selfie, Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Came: noon}}
			})
		}},
	}
	for _, s := range caseStates {
		all = append(all, sample{"case-" + string(s), func(f Frame) Page {
			return caseSample(f, func(v *Case) { v.State, v.Reason = s, "Het uittreksel is van een andere onderneming." })
		}})
	}
	for _, fate := range caseFates {
		all = append(all, sample{"case-fate-" + fate, func(f Frame) Page {
			return caseSample(f, func(v *Case) {
				v.Brought = &BroughtFile{Kind: standing.IdentityCopy, Fate: fate}
				switch fate {
				case "unfit":
					v.Brought.Reasons = caseUnfits
				case "unsafe", "cannot-tell":
					v.Brought.Reasons = []string{"number-line-open", "no-mark"}
				}
			})
		}})
	}
	for _, why := range deskNos {
		all = append(all, sample{"desk-no-" + string(why), func(f Frame) Page {
			return deskSample(f, func(v *DeskCase) { v.Why, v.Until = why, noon.Add(24*time.Hour) })
		}})
	}
	return all
}
