package web

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A sample is one page in one state.
type sample struct {
	name string
	page func(f Frame) Page
}

var noon = time.Date(2026, 3, 3, 11, 0, 0, 0, time.UTC)

const bakery = "Bakkerij De Gouden Korst"

// frames: the three surroundings that a page may have.
func out(f Frame) Frame { return f }

func at(f Frame) Frame { f.Organisation = bakery; return f }

func in(f Frame) Frame {
	f.Organisation, f.Member, f.Here = bakery, "Fatima el Amrani", "/my-login"
	return f
}

func with(f Frame, p Problem) Frame { f.Problem = p; return f }

func say(f Frame, n ...Notice) Frame { f.Notices = n; return f }

var (
	pieter   = Person{"Pieter van der Meulen", org.Supervisor, "Nachtploeg", "06 1234 5678", ""}
	annika   = Person{"Annika de Groot-Verschoor", org.Administrator, "", "+31 30 123 45 67", ""}
	joost    = Person{"Joost Bakker", org.Administrator, "", "", ""}
	helpdesk = Person{Name: "ICT Beheer Utrecht", Phone: "030 765 43 21", Email: "hulp@ictbeheer.example"}
)

func rungs(change func(r []Rung)) []Rung {
	r := []Rung{
		{Kind: RungFactor, Reason: ReasonNoOtherFactor},
		{Kind: RungBackupCode, Open: true, CodesLeft: 7},
		{Kind: RungBackupEmail, Open: true, Masked: "f…@…nl"},
		{Kind: RungHelper, Open: true, People: []Person{pieter, annika, joost}},
		{Kind: RungAdministrator, Reason: ReasonNotForRole},
		{Kind: RungDesk, Reason: ReasonNotForRole},
		{Kind: RungOperator, Open: true, People: []Person{helpdesk}},
	}
	if change != nil {
		change(r)
	}
	return r
}

func backup(f Frame, change func(r []Rung)) Backup {
	return Backup{Frame: at(f), Name: "Fatima el Amrani", Email: "f…@…nl", Rungs: rungs(change)}
}

// closed is the page where no way is open to whoever has no phone.
func closed(f Frame) Backup {
	return backup(f, func(r []Rung) {
		r[0] = Rung{Kind: RungFactor, Reason: ReasonNoOtherFactor}
		r[1] = Rung{Kind: RungBackupCode, Reason: ReasonNoCodes}
		r[2] = Rung{Kind: RungBackupEmail, Reason: ReasonNoBackupEmail}
		for i := range r {
			if r[i].Open {
				r[i].Open, r[i].Reason = false, ReasonNoHelper
			}
		}
	})
}

var allSteps = []Step{StepCheck, StepScan, StepCodes, StepEmail}

func progress(now Step) Progress { return Progress{Steps: allSteps, Now: now} }

var (
	mailed = MailedCode{Masked: "f…@…nl", ValidUntil: noon.Add(10 * time.Minute), TriesLeft: 5, AgainIn: 45 * time.Second}
	tenOf  = Codes{
		List: []string{"7K2M 9QXR 4TDA W6HP", "1BZC 8NVE 3JYG 5SMK", "R4TD A0W6 HP7K 2M9Q", "XR4T DAW6 7K2M 9QXR", "5SMK 1BZC 8NVE 3JYG",
			"HP7K 2M9Q R4TD A0W6", "3JYG 5SMK 1BZC 8NVE", "9QXR 4TDA W6HP 7K2M", "DAW6 7K2M 9QXR XR4T", "8NVE 3JYG 5SMK 1BZC"},
		Download: "/setup-mfa/codes.txt", Account: "fatima@goudenkorst.nl", Made: noon,
	}
	phone  = Authenticator{ID: "a1", Name: "Mijn iPhone", Added: noon.AddDate(0, -4, 0), Used: noon.Add(-2 * time.Hour)}
	tablet = Authenticator{ID: "a2", Name: "Tablet thuis", Added: noon.AddDate(0, -1, 0)}
)

// square is no code that scans, only something to look at.
var square = template.HTML(`<svg viewBox="0 0 29 29" aria-hidden="true"><path fill="#000" d="M0 0h7v7H0zM22 0h7v7h-7zM0 22h7v7H0zM9 1h2v3H9zM13 0h1v6h-1zM16 2h4v1h-4zM9 9h11v2H9zM2 10h5v1H2zM10 13h2v9h-2zM14 14h6v3h-6zM22 10h5v8h-5zM15 20h9v2h-9zM13 25h10v2H13z"/></svg>`)

func myLogin(f Frame, change func(v *MyLogin)) MyLogin {
	v := MyLogin{
		Frame: in(f), Email: "fatima@goudenkorst.nl", Readiness: Readiness{Risk: ReadyBoth, CodesLeft: 7},
		MFASince: noon.AddDate(0, -4, 0), Authenticators: []Authenticator{phone, tablet}, PhoneAsked: true,
		CodesLeft: 7, CodesMade: 10,
		BackupEmail: "fatima.el.amrani@privemail.example", EmailConfirmed: noon.AddDate(0, -4, 0),
		PasswordChanged: noon.AddDate(-1, -2, 0),
		Sessions: []Session{
			{ID: "s1", Browser: "Firefox op Windows", Address: "203.0.113.7", First: noon.Add(-time.Hour), Last: noon, This: true},
			{ID: "s2", Browser: "Safari op iPhone", Address: "2001:db8:85a3::8a2e:370:7334", First: noon.AddDate(0, 0, -1), Last: noon.Add(-3 * time.Hour), By: ByBackupCode},
			{ID: "s3", Address: "198.51.100.20", First: noon.AddDate(0, 0, -2), Last: noon.AddDate(0, 0, -1), By: ByBackupEmail},
		},
	}
	if change != nil {
		change(&v)
	}
	return v
}

var notices = []Notice{
	{ID: NoticeReminded}, {ID: NoticeOnlyYou},
	{ID: NoticeSignedOut}, {ID: NoticeNoPhone}, {ID: NoticeSignInExpired}, {ID: NoticeSessionEnded}, {ID: NoticeBeginAgain},
	{ID: NoticePasswordSet}, {ID: NoticePasswordChanged}, {ID: NoticeLanguageChanged}, {ID: NoticeCodeSent},
	{ID: NoticeMFAOn}, {ID: NoticeMFAOff}, {ID: NoticeFactorAdded}, {ID: NoticeFactorRenamed}, {ID: NoticeFactorRemoved},
	{ID: NoticeCodesMade}, {ID: NoticeEmailConfirmed}, {ID: NoticeEmailWaits, Until: noon.Add(24 * time.Hour)}, {ID: NoticeEmailRemoved},
	{ID: NoticeOneSessionEnded}, {ID: NoticeOtherSessions}, {ID: NoticeDeviceForgotten}, {ID: NoticeDevicesForgotten}, {ID: NoticeStoppedNothing}, {ID: NoticeStoppedNoCodes}, {ID: NoticeStoppedNoEmail},
	{ID: NoticeHelpGiven}, {ID: NoticeHelpRefused}, {ID: NoticeAgreed}, {ID: NoticeStopped}, {ID: NoticeSaved}, {ID: NoticeAddressAsked}, {ID: NoticeAddressConfirmed}, {ID: NoticeAlreadyDone}, {ID: NoticeSentAgainTooEarly, Wait: 40 * time.Second},
	{ID: NoticeCameByBackup}, {ID: NoticeCodesLow, Count: 2}, {ID: NoticeNoBackup},
	{ID: NoticeForced}, {ID: NoticeUnforced}, {ID: NoticePaused}, {ID: NoticeSettingsSaved}, {ID: NoticeSettingsWait}, {ID: NoticeCalledBack},
	{ID: NoticeSuspended, Until: noon.Add(26 * time.Hour), Wait: 26 * time.Hour}, {ID: NoticeMustSetUp, Until: noon.AddDate(0, 0, 7)},
}

var problems = []Problem{
	{Why: WrongSignIn, Field: "password"}, {Why: PasswordEnded}, {Why: WrongPassword, Field: "password"},
	{Why: WrongCode, Field: "code", TriesLeft: 3}, {Why: CodeUsed, Field: "code"}, {Why: CodeNotSix, Field: "code"}, {Why: CodeNotEight, Field: "code"},
	{Why: WrongMailCode, Field: "code", TriesLeft: 1}, {Why: MailCodeEnded, Field: "code"}, {Why: WrongBackup, Field: "code", TriesLeft: 4},
	{Why: BackupSpent, Field: "code"}, {Why: NotYourCode, Field: "code"}, {Why: Throttled, Wait: 42 * time.Second},
	{Why: NoEmail, Field: "email"}, {Why: EmailIsSignIn, Field: "email"}, {Why: EmailIsTaken, Field: "email"}, {Why: NoName, Field: "name"}, {Why: NoPhone, Field: "phone"}, {Why: WrongMatching, TriesLeft: 2}, {Why: NoWords}, {Why: WrongHalves, TriesLeft: 2}, {Why: MatchingClosed}, {Why: NoMatching}, {Why: NoReason}, {Why: EmailIsBackup, Field: "email"}, {Why: EmailOfAnother, Field: "email"}, {Why: ChangedMeanwhile}, {Why: NameTaken, Field: "name"},
	{Why: NothingChosen, Field: "factor"}, {Why: PasswordShort, Field: "password", MinLength: 15}, {Why: PasswordCommon, Field: "password"},
	{Why: PasswordYours, Field: "password"}, {Why: PasswordLong, Field: "password"}, {Why: PasswordOdd, Field: "password"}, {Why: PasswordSame, Field: "password"},
	{Why: NotAllowedNow}, {Why: Refused}, {Why: MailNotSent}, {Why: SentTooOften, Wait: 9 * time.Minute},
	{Why: NobodyThere, Field: "who"}, {Why: BadDate, Field: "from"},
	{Why: CountsChanged}, {Why: SettingsChanged}, {Why: BadHours}, {Why: NameOfOther, Field: "name"},
	{Why: PassEnded}, {Why: ClockMayBeOff, Field: "code", TriesLeft: 2},
}

var reasons = []RungReason{
	ReasonNoOtherFactor, ReasonNoCodes, ReasonCodesSpent, ReasonNoBackupEmail, ReasonEmailTooNew, ReasonEmailClosed, ReasonPasswordByMail,
	ReasonFrozen, ReasonNotForRole, ReasonNoHelper, ReasonOthersFirst, ReasonOperatorOnly, ReasonAtTheMachine, ReasonSignInAgain,
	ReasonThrottled, ReasonHelpersTooRecent, ReasonOnlyAdministrators,
}

var kinds = []RungKind{RungFactor, RungBackupCode, RungBackupEmail, RungHelper, RungAdministrator, RungDesk, RungOperator}

var barriers = []BarrierKind{
	BarrierCameByBackup, BarrierSuspended, BarrierFactorTooNew, BarrierForcedLast, BarrierForced, BarrierPasswordShort, BarrierEmailClosed,
	BarrierNeedsMFA, BarrierFrozen, BarrierTooMany,
}

var risks = []ReadyRisk{ReadyCodes, ReadyEmail, ReadyBoth, ReadyFactor, ReadyPeople, ReadyNobody, ReadyNoMFA, ReadyEmailSoon}

var statuses = []int{400, 403, 404, 405, 409, 413, 429, 500, 503}

// editSample is the page that changes what is on file; why closes all but the name.
func editSample(f Frame, why ladder.Reason) Page {
	closed := Shut{Reason: string(why), From: noon}
	f = manages(f, employeesPath)
	v := EmployeeEdit{
		Frame: f, ID: "m1", Title: "Pieter van der Meulen", Name: "Pieter van der Meulen", Phone: "06 1234 5678", Email: "pieter@goudenkorst.nl",
		AddressWhy: closed, TeamWhy: closed, RoleWhy: closed,
		Languages: []Choice{{"", f.Say("employee-edit.language-theirs"), true}, {"nl", f.Say("language.nl"), false}},
		Teams:     []Choice{{"", f.Say("employee-edit.no-team"), false}, {"t1", "Nachtploeg", true}},
	}
	v.Roles = roleChoices(f, org.Customer, org.Employee)
	return v
}

// samples are all pages in all states worth looking at.
func samples() []sample {
	all := []sample{
		{"ask", func(f Frame) Page { return askSample(f, AskFirst) }},
		{"ask-nobody", func(f Frame) Page {
			v := askSample(f, AskFirst)
			v.People = nil
			return v
		}},
		{"ask-administrator", func(f Frame) Page {
			v := askSample(f, AskFirst)
			v.Administrator = true
			return v
		}},
		{"ask-waiting", func(f Frame) Page { return askSample(f, AskWaiting) }},
		{"ask-opens", func(f Frame) Page { return askSample(f, AskOpens) }},
		{"ask-ready", func(f Frame) Page { return askSample(f, AskReady) }},
		{"ask-sign-in", func(f Frame) Page { return askSample(f, AskSignIn) }},
		{"ask-refused", func(f Frame) Page { return askSample(f, AskRefused) }},
		{"ask-closed", func(f Frame) Page { return askSample(f, AskClosed) }},
		{"ask-stopped", func(f Frame) Page { return askSample(f, AskStopped) }},
		{"ask-expired", func(f Frame) Page { return askSample(f, AskExpired) }},
		{"ask-too-often", func(f Frame) Page { return askNot(f, "too-many-requests") }},
		{"ask-frozen", func(f Frame) Page { return askNot(f, "frozen") }},
		{"ask-off", func(f Frame) Page { return askNot(f, "mfa-off") }},
		{"ask-inactive", func(f Frame) Page { return askNot(f, "not-active") }},
		{"employees", func(f Frame) Page { return employeesSample(f, nil) }},
		{"employees-none", func(f Frame) Page {
			return employeesSample(f, func(v *Employees) { v.Rows, v.Total, v.Earlier, v.First, v.Later, v.MayAdd = nil, 0, "", "", "", true })
		}},
		{"employees-own-teams", func(f Frame) Page {
			return employeesSample(f, func(v *Employees) {
				v.Rows, v.Total, v.Earlier, v.First, v.Later, v.OwnTeams = nil, 0, "", "", "", true
			})
		}},
		{"employees-found", func(f Frame) Page {
			return employeesSample(f, func(v *Employees) {
				v.Search = EmployeeSearch{Text: "groot", Team: "nacht", MFA: "on", NoBackup: true, State: "active", Sort: "-email", Narrowed: true}
				v.Rows, v.Total, v.OwnTeams, v.MayAdd = v.Rows[:1], 1, true, false
				v.Columns[0].Sorted, v.Columns[1].Sorted = "", "descending"
				v.Earlier, v.First, v.Later = "", "", ""
			})
		}},
		{"employees-nobody-found", func(f Frame) Page {
			return employeesSample(f, func(v *Employees) {
				v.Search = EmployeeSearch{Text: "x", Role: "supervisor", Narrowed: true}
				v.Rows, v.Total, v.Earlier, v.First, v.Later = nil, 0, "", "", ""
			})
		}},
		{"readiness", func(f Frame) Page { return readySample(f, nil) }},
		{"readiness-red", func(f Frame) Page {
			return readySample(f, func(v *ReadyPage) {
				v.Colour, v.Rows, v.OnlyYou, v.Again, v.Reminded = standing.Red, v.Rows[:1], true, noon.AddDate(0, 0, 6), noon.AddDate(0, 0, -1)
			})
		}},
		{"readiness-nobody", func(f Frame) Page {
			return readySample(f, func(v *ReadyPage) {
				v.Muster, v.Colour, v.Rows, v.Newer, v.Older, v.MayAsk = standing.Muster{Members: 24, Alone: 24}, standing.Red, nil, "", "", false
			})
		}},
		{"remind", func(f Frame) Page { return RemindPage{Frame: manages(f, readyPath), NoBackup: 3} }},
		{"remind-soon", func(f Frame) Page {
			return RemindPage{Frame: manages(with(f, Problem{Why: NotAllowedNow}), readyPath), NoBackup: 3, Again: noon}
		}},
		{"remind-nobody", func(f Frame) Page { return RemindPage{Frame: manages(f, readyPath)} }},
		{"drill", func(f Frame) Page { return drillSample(f, standing.Green, "") }},
		{"drill-amber", func(f Frame) Page { return drillSample(f, standing.Amber, "codes") }},
		{"drill-red", func(f Frame) Page { return drillSample(f, standing.Red, "codes") }},
		{"drill-email", func(f Frame) Page { return drillSample(f, standing.Green, "email") }},
		{"drill-grey", func(f Frame) Page { return DrillPage{Frame: in(f), Colour: standing.Grey} }},
		{"help", func(f Frame) Page { return Help{Frame: out(f), Back: "/sign-in", Support: helpdesk} }},
		{"safe-copy", func(f Frame) Page {
			return SafeCopy{Frame: out(f), Tool: Tool{Program: "/assets/tool/safe-copy.0.wasm", Starter: "/assets/tool/wasm-exec.0.js"}, Date: "2026-03-03"}
		}},
		{"safe-copy-of-case", func(f Frame) Page {
			return SafeCopy{Frame: in(f), Tool: Tool{Program: "/assets/tool/safe-copy.0.wasm", Starter: "/assets/tool/wasm-exec.0.js"},
				For: "Sparekey", Purpose: "Anna is signing in again", Date: "2026-03-03", Case: "C-0042"}
		}},
		{"safe-copy-no-tool", func(f Frame) Page { return SafeCopy{Frame: out(f), Date: "2026-03-03"} }},
		{"where", func(f Frame) Page { return Where{Frame: out(f)} }},
		{"help-signing-in", func(f Frame) Page { return Help{Frame: out(f), Back: "/mfa"} }},
		{"help-signed-in", func(f Frame) Page { return Help{Frame: in(f), Back: "/my-login", Support: helpdesk} }},
		{"log", func(f Frame) Page { return logSample(f, nil) }},
		{"log-search", func(f Frame) Page {
			return logSample(f, func(v *LogPage) {
				v.Search = LogSearch{Who: "annika@goudenkorst.nl", Group: "recovery", From: "2026-03-01", Any: true}
				v.Lines, v.Stopped, v.Begun, v.Newest = nil, noon.AddDate(0, -1, 0), true, "/log?group=recovery"
			})
		}},
		{"log-nothing", func(f Frame) Page {
			return logSample(f, func(v *LogPage) { v.Lines, v.Older, v.Seal = nil, "", LogSeal{} })
		}},
		{"log-wrong", func(f Frame) Page {
			f = with(f, Problem{Why: NobodyThere, Field: "who"})
			return LogPage{Frame: manages(f, "/log"), Search: LogSearch{Who: "nobody@goudenkorst.nl", Any: true}}
		}},
		{"welcome", func(f Frame) Page { return Welcome{out(f)} }},
		{"sign-in", func(f Frame) Page { return SignIn{Frame: out(f)} }},
		{"sign-in-wrong", func(f Frame) Page {
			return SignIn{Frame: with(out(f), Problem{Why: WrongSignIn, Field: "password"}), Email: "fatima@goudenkorst.nl", Next: "/my-login"}
		}},
		{"sign-in-throttled", func(f Frame) Page {
			return SignIn{Frame: with(out(f), Problem{Why: Throttled, Wait: 42 * time.Second}), Email: "fatima@goudenkorst.nl"}
		}},
		{"sign-in-password-ended", func(f Frame) Page {
			return SignIn{Frame: with(out(f), Problem{Why: PasswordEnded}), Email: "fatima@goudenkorst.nl"}
		}},
		{"sign-in-signed-out", func(f Frame) Page { return SignIn{Frame: say(out(f), Notice{ID: NoticeSignedOut})} }},
		{"choose-organisation", func(f Frame) Page {
			return ChooseOrganisation{out(f), []OrganisationChoice{{"o1", bakery, org.Employee}, {"o2", "Stichting Zwembad De Waterlelie Oost-Nederland", org.Administrator}}}
		}},
		{"forgotten-password", func(f Frame) Page { return ForgottenPassword{Frame: out(f)} }},
		{"forgotten-password-wrong", func(f Frame) Page {
			return ForgottenPassword{Frame: with(out(f), Problem{Why: NoEmail, Field: "email"}), Email: "fatima"}
		}},
		{"forgotten-password-sent", func(f Frame) Page { return ForgottenPasswordSent{out(f), "fatima@goudenkorst.nl"} }},
		{"new-password", func(f Frame) Page {
			return NewPassword{Frame: at(f), Action: "/password/new/t", Email: "fatima@goudenkorst.nl", MinLength: 15}
		}},
		{"new-password-short", func(f Frame) Page {
			return NewPassword{Frame: with(at(f), Problem{Why: PasswordShort, Field: "password", MinLength: 10}), Action: "/password/new/t", Email: "fatima@goudenkorst.nl", MinLength: 10, MFA: true}
		}},
		{"invitation", func(f Frame) Page {
			return Invitation{Frame: at(f), Action: "/invitation/t", Name: "Fatima el Amrani", Email: "fatima@goudenkorst.nl", MinLength: 15, MFANext: true}
		}},
		{"prove", func(f Frame) Page { return Prove{in(f), "fatima@goudenkorst.nl", true, "/my-login/password"} }},
		{"prove-without-mfa", func(f Frame) Page { return Prove{in(f), "fatima@goudenkorst.nl", false, "/my-login/password"} }},
		{"prove-wrong", func(f Frame) Page {
			return Prove{with(in(f), Problem{Why: WrongCode, Field: "code"}), "fatima@goudenkorst.nl", true, "/my-login/password"}
		}},
		{"not-me-without-mfa", func(f Frame) Page { return NotMe{Frame: at(f), Action: "/not-me/t", Kind: "password-changed"} }},
		{"not-me-done", func(f Frame) Page { return NotMeDone{at(f), FactorLeft} }},
		{"not-me-done-without-mfa", func(f Frame) Page { return NotMeDone{at(f), ""} }},
		{"not-me-nothing-left", func(f Frame) Page { return NotMe{Frame: at(f), Action: "/not-me/t", Kind: "mfa-on", Left: NothingLeft} }},
		{"not-me-done-nothing-left", func(f Frame) Page { return NotMeDone{at(f), NothingLeft} }},
		{"account-ended", func(f Frame) Page { return AccountEnded{at(f), bakery} }},
		{"not-me-again", func(f Frame) Page { return NotMeAgain{Frame: at(f), Next: "/not-me/TOKEN"} }},
		{"mfa", func(f Frame) Page {
			return MFA{Frame: at(f), Name: "Fatima el Amrani", Email: "f…@…nl", Authenticators: []string{"Mijn iPhone"}}
		}},
		{"mfa-several-wrong", func(f Frame) Page {
			return MFA{Frame: with(at(f), Problem{Why: WrongCode, Field: "code", TriesLeft: 3}), Name: "Fatima el Amrani", Email: "f…@…nl", Authenticators: []string{"Mijn iPhone", "Tablet thuis"}}
		}},
		{"mfa-remember", func(f Frame) Page {
			return MFA{Frame: at(f), Name: "Fatima el Amrani", Email: "f…@…nl", Authenticators: []string{"Mijn iPhone"}, Remember: true}
		}},
		{"mfa-remember-wrong", func(f Frame) Page {
			return MFA{Frame: with(at(f), Problem{Why: WrongCode, Field: "code", TriesLeft: 3}), Name: "Fatima el Amrani", Email: "f…@…nl", Authenticators: []string{"Mijn iPhone"}, Remember: true, Ticked: true}
		}},
		{"mfa-no-factor", func(f Frame) Page {
			return MFA{Frame: at(f), Name: "Fatima el Amrani", Email: "f…@…nl", NoFactor: true}
		}},
		{"mfa-email", func(f Frame) Page {
			return MFAEmail{Frame: at(f), Name: "Fatima el Amrani", Email: "f…@…nl", Until: noon.Add(24 * time.Hour), Phone: true, MailedCode: MailedCode{Masked: "f…@…nl"}}
		}},
		{"mfa-email-sent", func(f Frame) Page {
			return MFAEmail{Frame: with(at(f), Problem{Why: WrongMailCode, Field: "code", TriesLeft: 4}), Name: "Fatima el Amrani", Email: "f…@…nl", Until: noon.Add(24 * time.Hour), Sent: true, MailedCode: mailed}
		}},
		{"enrolment-pass", func(f Frame) Page {
			return EnrolmentPass{Frame: at(f), Action: "/enrolment-pass/t", Name: "Fatima el Amrani", Email: "fatima@goudenkorst.nl", Until: noon.Add(20 * time.Hour)}
		}},
		{"enrolment-pass-waits", func(f Frame) Page { return EnrolmentPass{Frame: at(f), From: noon.Add(20 * time.Hour)} }},
		{"enrolment-pass-wrong", func(f Frame) Page {
			return EnrolmentPass{Frame: with(at(f), Problem{Why: WrongPassword, Field: "password"}), Action: "/enrolment-pass/t", Name: "Fatima el Amrani", Email: "fatima@goudenkorst.nl", Until: noon.Add(20 * time.Hour)}
		}},
		{"my-login-suspended", func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) {
				v.Frame = say(v.Frame, Notice{ID: NoticeSuspended, Until: noon.Add(26 * time.Hour), Wait: 26 * time.Hour})
				v.Authenticators = nil // the phone is lost
				v.SuspendedUntil, v.Sessions[1].By = noon.Add(26*time.Hour), By("suspension")
				v.TurnOff, v.MakeCodes, v.ChangeBackupEmail, v.ChangePassword = Barrier{Kind: BarrierSuspended}, Barrier{Kind: BarrierSuspended}, Barrier{Kind: BarrierSuspended}, Barrier{Kind: BarrierSuspended}
			})
		}},
		{"backup", func(f Frame) Page { return backup(f, nil) }},
		{"backup-wrong-code", func(f Frame) Page {
			v := backup(f, nil)
			v.Frame = with(v.Frame, Problem{Why: WrongBackup, Field: "code", TriesLeft: 4})
			return v
		}},
		{"backup-frozen", func(f Frame) Page {
			return backup(f, func(r []Rung) {
				for i := range r {
					r[i].Open, r[i].Reason = false, ReasonFrozen
				}
			})
		}},
		{"backup-kept", func(f Frame) Page {
			v := closed(f)
			v.Kept = true
			return v
		}},
		{"backup-again", func(f Frame) Page {
			v := closed(f)
			v.Again = true
			return v
		}},
		{"backup-administrator", func(f Frame) Page {
			return backup(f, func(r []Rung) {
				r[0] = Rung{Kind: RungFactor, Open: true}
				r[1] = Rung{Kind: RungBackupCode, Reason: ReasonCodesSpent}
				r[2] = Rung{Kind: RungBackupEmail, Reason: ReasonEmailTooNew, UsableFrom: noon.Add(20 * time.Hour)}
				r[3] = Rung{Kind: RungHelper, Reason: ReasonNotForRole}
				r[4] = Rung{Kind: RungAdministrator, Open: true, People: []Person{joost}}
				r[5] = Rung{Kind: RungDesk, Reason: ReasonOthersFirst}
				r[6] = Rung{Kind: RungOperator, Open: true}
			})
		}},
		{"backup-email", func(f Frame) Page { return BackupEmailCode{at(f), mailed} }},
		{"backup-email-ended", func(f Frame) Page {
			return BackupEmailCode{with(at(f), Problem{Why: MailCodeEnded, Field: "code"}), MailedCode{Masked: "f…@…nl"}}
		}},
		{"lost-phone", func(f Frame) Page {
			return LostPhone{at(f), ByBackupCode, 6, []FactorChoice{{ID: "a1", Name: "Mijn iPhone", Used: noon}}}
		}},
		{"lost-phone-several", func(f Frame) Page {
			return LostPhone{with(at(f), Problem{Why: NothingChosen, Field: "factor"}), ByBackupEmail, 0, []FactorChoice{{ID: "a1", Name: "Mijn iPhone", Used: noon, Checked: true}, {ID: "a2", Name: "Tablet thuis"}}}
		}},
		{"lost-phone-last-code", func(f Frame) Page { return LostPhone{at(f), ByBackupCode, 0, nil} }},
		{"setup-check", func(f Frame) Page { return SetupCheck{in(f), progress(StepCheck), mailed} }},
		{"setup-scan", func(f Frame) Page {
			return SetupScan{Frame: in(f), Progress: progress(StepScan), QR: square, Key: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", Link: "otpauth://totp/Sparekey:fatima?secret=JBSWY3DPEHPK3PXP", Name: "iPhone"}
		}},
		{"setup-scan-wrong", func(f Frame) Page {
			return SetupScan{Frame: with(in(f), Problem{Why: ClockMayBeOff, Field: "code"}), Progress: Progress{Steps: allSteps[1:], Now: StepScan, Required: true}, QR: square, Key: "JBSW Y3DP EHPK 3PXP", Name: "iPhone"}
		}},
		{"setup-scan-nameless", func(f Frame) Page {
			return SetupScan{Frame: with(in(f), Problem{Why: NoName, Field: "name"}), Progress: progress(StepScan), QR: square, Key: "JBSW Y3DP EHPK 3PXP"}
		}},
		{"setup-codes", func(f Frame) Page { return SetupCodes{in(f), progress(StepCodes), tenOf} }},
		{"setup-codes-wrong", func(f Frame) Page {
			return SetupCodes{with(in(f), Problem{Why: NotYourCode, Field: "code"}), progress(StepCodes), tenOf}
		}},
		{"setup-email", func(f Frame) Page { return SetupEmail{Frame: in(f), Progress: progress(StepEmail)} }},
		{"setup-email-same", func(f Frame) Page {
			return SetupEmail{Frame: with(in(f), Problem{Why: EmailIsSignIn, Field: "email"}), Progress: progress(StepEmail), Email: "fatima@goudenkorst.nl"}
		}},
		{"setup-email-code", func(f Frame) Page { return SetupEmailCode{in(f), progress(StepEmail), mailed} }},
		{"setup-done", func(f Frame) Page {
			return SetupDone{Frame: in(f), Progress: progress(""), Authenticator: "Mijn iPhone", CodesLeft: 10, Masked: "f…@…nl", UsableFrom: noon.Add(24 * time.Hour), Replaced: true, Next: "/my-login"}
		}},
		{"setup-done-bare", func(f Frame) Page {
			return SetupDone{Frame: in(f), Progress: progress(""), Authenticator: "Mijn iPhone", Next: "/my-login"}
		}},
		{"setup-stopped-another", func(f Frame) Page { return SetupStopped{in(f), LeftNothing, true} }},
		{"my-login", func(f Frame) Page { return myLogin(f, nil) }},
		{"my-login-off", func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) {
				v.Readiness = Readiness{Risk: ReadyNoMFA}
				v.MFASince, v.Authenticators, v.CodesLeft, v.CodesMade, v.BackupEmail = time.Time{}, nil, 0, 0, ""
				v.Sessions = v.Sessions[:1]
				v.PasswordChanged = time.Time{}
			})
		}},
		{"my-login-at-risk", func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) {
				v.Frame = say(v.Frame, Notice{ID: NoticeMFAOn}, Notice{ID: NoticeNoBackup})
				v.Readiness = Readiness{Risk: ReadyNobody}
				v.Authenticators = v.Authenticators[:1]
				v.TurnOff = Barrier{Kind: BarrierPasswordShort, Count: 15}
				v.CodesLeft, v.CodesMade, v.BackupEmail = 0, 0, ""
			})
		}},
		{"my-login-by-backup", func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) {
				v.Frame = say(v.Frame, Notice{ID: NoticeCameByBackup}, Notice{ID: NoticeCodesLow, Count: 1})
				closed := Barrier{Kind: BarrierCameByBackup}
				v.TurnOff, v.AddAnother, v.MakeCodes, v.ChangeBackupEmail, v.ChangePassword = closed, closed, closed, closed, closed
				v.CodesLeft = 1
				v.EmailWaits, v.EmailUsableFrom = true, noon.Add(20*time.Hour)
			})
		}},
		{"my-login-remembered", func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) {
				v.MayRemember = true
				v.Sessions[0].By = ByRemembered
				v.Remembered = []Remembered{
					{ID: "r1", Browser: "Firefox op Windows", Address: "203.0.113.7", Since: noon.AddDate(0, 0, -12), Until: noon.AddDate(0, 0, 18), Used: noon.Add(-time.Hour), This: true},
					{ID: "r2", Address: "2001:db8:85a3::8a2e:370:7334", Since: noon.AddDate(0, 0, -29), Until: noon.AddDate(0, 0, 1), Used: noon.AddDate(0, 0, -8)},
				}
			})
		}},
		{"my-login-none-remembered", func(f Frame) Page { return myLogin(f, func(v *MyLogin) { v.MayRemember = true }) }},
		{"my-password", func(f Frame) Page { return ChangePassword{in(f), "fatima@goudenkorst.nl", 10, true} }},
		{"my-password-yours", func(f Frame) Page {
			return ChangePassword{with(in(f), Problem{Why: PasswordYours, Field: "password"}), "fatima@goudenkorst.nl", 15, false}
		}},
		{"my-authenticator", func(f Frame) Page { return MyAuthenticator{in(f), phone, false} }},
		{"my-authenticator-taken", func(f Frame) Page {
			return MyAuthenticator{with(in(f), Problem{Why: NameTaken, Field: "name"}), tablet, true}
		}},
		{"my-authenticator-last", func(f Frame) Page {
			a := phone
			a.Remove = Barrier{Kind: BarrierForcedLast}
			return MyAuthenticator{in(f), a, true}
		}},
		{"my-mfa-off", func(f Frame) Page { return TurnOffMFA{Frame: in(f)} }},
		{"my-mfa-off-forced", func(f Frame) Page { return TurnOffMFA{in(f), Barrier{Kind: BarrierForced}} }},
		{"my-backup-codes", func(f Frame) Page { return MyBackupCodes{Frame: in(f), CodesLeft: 0, CodesMade: 10} }},
		{"my-backup-codes-none", func(f Frame) Page {
			return MyBackupCodes{Frame: in(f), Barrier: Barrier{Kind: BarrierFactorTooNew, From: noon.Add(5 * time.Hour)}}
		}},
		{"my-new-codes", func(f Frame) Page { return MyNewCodes{in(f), tenOf, true} }},
		{"my-backup-email", func(f Frame) Page {
			return MyBackupEmail{Frame: in(f), Current: "fatima.el.amrani@privemail.example", UsableFrom: noon}
		}},
		{"my-backup-email-none", func(f Frame) Page { return MyBackupEmail{Frame: in(f)} }},
		{"my-backup-email-closed", func(f Frame) Page {
			return MyBackupEmail{Frame: in(f), Barrier: Barrier{Kind: BarrierEmailClosed}}
		}},
		{"my-backup-email-code", func(f Frame) Page { return MyBackupEmailCode{in(f), mailed} }},
		{"demo-start", func(f Frame) Page {
			f.Demo = true
			return DemoStart{f, "korst kruimel oven deeg", "7K2M-9QXR-4TDA-0001", "7K2M-9QXR-4TDA-0010", noon, []DemoTeam{
				{bakery, "Nachtploeg", []DemoPerson{
					{"Pieter van der Meulen", "pieter@goudenkorst.nl", org.Supervisor, nil},
					{"Fatima el Amrani", "fatima@goudenkorst.nl", org.Employee, []string{"2 authenticators"}},
					{"Sem Öztürk", "sem@goudenkorst.nl", org.Employee, []string{"MFA ✗", "backup ✗"}}}},
				{bakery, "", []DemoPerson{{"Annika de Groot-Verschoor", "annika.degroot-verschoor@goudenkorst.nl", org.Administrator, nil}}},
				{"Helpdesk", "", []DemoPerson{{"Noor Visser", "noor@helpdesk.example", org.Lead, nil}, {"Bram Kok", "bram@helpdesk.example", org.Agent, nil}}},
			}}
		}},
		{"employee-edit", func(f Frame) Page { return editSample(f, "") }},
		{"employee-edit-administrator", func(f Frame) Page { return editSample(f, ladder.HigherRole) }},
		{"new-address", func(f Frame) Page {
			return NewAddress{at(f), "/address/t", "Fatima el Amrani", "fatima.elamrani@goudenkorst.nl", "f…@…nl"}
		}},
		{"demo-mailbox", func(f Frame) Page {
			f.Demo = true
			return DemoMailbox{f, noon, []DemoMail{{noon, "fatima@goudenkorst.nl", "Uw code om in te loggen", "Beste Fatima,\n\nU vroeg om een code.\n\n1234 5678\n\nhttp://localhost:8080/not-me/abcdefghijklmnopqrstuvwxyz0123456789", []string{"http://localhost:8080/not-me/abcdefghijklmnopqrstuvwxyz0123456789"}}}}
		}},
		{"demo-mailbox-empty", func(f Frame) Page { f.Demo = true; return DemoMailbox{f, noon, nil} }},
		{"demo-phone", func(f Frame) Page {
			f.Demo = true
			return DemoPhone{f, noon, []DemoCode{{"Fatima el Amrani", "fatima@goudenkorst.nl", bakery, "Mijn iPhone", "123456", 17}, {"Pieter van der Meulen", "pieter@goudenkorst.nl", "", "", "987654", 17}}}
		}},
		{"demo-phone-empty", func(f Frame) Page { f.Demo = true; return DemoPhone{f, noon, nil} }},
	}
	all = append(all, settingsSamples()...)
	all = append(all, requestSamples()...)
	all = append(all, caseSamples()...)
	for _, k := range []LinkKind{ResetLink, InvitationLink, NotMeLink, PassLink, AddressLink} {
		all = append(all, sample{"link-ended-" + string(k), func(f Frame) Page { return LinkEnded{out(f), k} }})
	}
	for _, r := range []SetupReason{SetupChosen, SetupForced, SetupLost, SetupAnother, SetupPass} {
		all = append(all, sample{"setup-begin-" + string(r), func(f Frame) Page {
			v := SetupBegin{in(f), Progress{Steps: allSteps, Required: r == SetupForced}, r, "f…@…nl"}
			if r == SetupAnother {
				v.Steps, v.Masked = allSteps[1:2], ""
			}
			return v
		}})
	}
	for _, l := range []Left{LeftNothing, LeftNoCodes, LeftNoEmail} {
		all = append(all, sample{"setup-stopped-" + string(l), func(f Frame) Page { return SetupStopped{in(f), l, false} }})
	}
	for _, k := range notice.Kinds {
		if k.MayObject() {
			all = append(all, sample{"not-me-" + string(k), func(f Frame) Page {
				return NotMe{at(f), "/not-me/t", string(k), noon, "Firefox op Android", FactorLeft}
			}})
		}
	}
	for _, n := range notices {
		all = append(all, sample{"notice-" + string(n.ID), func(f Frame) Page { return SignIn{Frame: say(out(f), n)} }})
	}
	for _, p := range problems {
		all = append(all, sample{"problem-" + string(p.Why), func(f Frame) Page {
			switch p.Field {
			case "code":
				return MFA{Frame: with(at(f), p), Name: "Fatima el Amrani", Email: "f…@…nl"}
			case "email":
				return ForgottenPassword{Frame: with(out(f), p)}
			case "name":
				return MyAuthenticator{with(in(f), p), phone, false}
			case "phone":
				return editSample(with(f, p), "")
			case "who", "from":
				return LogPage{Frame: with(manages(f, logPath), p), Search: LogSearch{Any: true}}
			case "factor":
				return LostPhone{with(at(f), p), ByBackupCode, 2, []FactorChoice{{ID: "a1", Name: "Mijn iPhone"}, {ID: "a2", Name: "Tablet thuis"}}}
			}
			return SignIn{Frame: with(out(f), p)}
		}})
	}
	for _, r := range reasons {
		all = append(all, sample{"reason-" + string(r), func(f Frame) Page {
			return backup(f, func(rungs []Rung) {
				for i := range rungs {
					rungs[i] = Rung{Kind: rungs[i].Kind, Reason: r, UsableFrom: noon, Until: noon}
				}
			})
		}})
	}
	all = append(all, sample{"backup-all-open", func(f Frame) Page {
		return backup(f, func(rungs []Rung) {
			for i := range rungs {
				rungs[i].Open = true
			}
		})
	}})
	for _, r := range oneself {
		all = append(all, sample{"edit-closed-" + string(r), func(f Frame) Page { return editSample(f, r) }})
	}
	for _, b := range barriers {
		all = append(all, sample{"barrier-" + string(b), func(f Frame) Page {
			return TurnOffMFA{in(f), Barrier{Kind: b, From: noon, Count: 15}}
		}})
	}
	for _, r := range risks {
		all = append(all, sample{"ready-" + string(r), func(f Frame) Page {
			return myLogin(f, func(v *MyLogin) { v.Readiness = Readiness{r, 1, noon} })
		}})
	}
	for _, s := range statuses {
		all = append(all, sample{fmt.Sprintf("error-%d", s), func(f Frame) Page {
			v := ErrorPage{Frame: out(f), Status: s}
			switch s {
			case 429, 503:
				v.Wait = 42 * time.Second
			case 500:
				v.RequestID = "r-7f3k29"
			}
			return v
		}})
	}
	return slices.Concat(all, rosterSamples(), employeeSamples())
}

// manages is the frame of an administrator.
func manages(f Frame, here string) Frame {
	f = in(f)
	f.Here = here
	for _, t := range tabs {
		f.Tabs = append(f.Tabs, Tab{Path: t.path})
	}
	return f
}

func employeesSample(f Frame, change func(v *Employees)) Employees {
	v := Employees{
		Frame: manages(f, employeesPath), Total: 1234567, MayAdd: true,
		Roles: []org.Role{org.Employee, org.Supervisor, org.Administrator},
		Teams: []NamedTeam{{"nacht", "Nachtploeg"}, {"winkel", "Winkel aan de Oudegracht en het Vredenburg"}},
		First: "/employees", Earlier: "/employees?before=a", Later: "/employees?after=b",
		Rows: []EmployeeRow{
			{ID: "annika", Name: annika.Name, Email: annika.Email, Role: org.Administrator, State: org.Active, MFA: standing.MFAOn, NoBackup: true, Added: noon},
			{ID: "fatima", Name: "Fatima el Amrani", Email: "fatima@goudenkorst.nl", Role: org.Employee, State: org.Active, Team: "Nachtploeg", TeamPath: "/employees?team=nacht", MFA: standing.MFADisabled, Until: noon, Added: noon},
			{ID: "joost", Name: "Joost Bakker", Email: "joost@goudenkorst.nl", Role: org.Employee, State: org.Invited, Team: "Winkel aan de Oudegracht en het Vredenburg", TeamPath: "/employees?team=winkel", MFA: standing.MFAMissing, Added: noon},
			{ID: "mies", Name: "Mies van der Heijden-Uijtewaal", Email: "mies.vanderheijden-uijtewaal@winkel.goudenkorst.nl", Role: org.Employee, State: org.Active, MFA: standing.MFAOff, Added: noon},
			{ID: "pieter", Name: pieter.Name, Email: pieter.Email, Role: org.Supervisor, State: org.Deactivated, Team: "Nachtploeg", TeamPath: "/employees?team=nacht", MFA: standing.MFAOn, Added: noon},
		},
	}
	for _, id := range []string{"name", "email", "team", "mfa", "added"} {
		v.Columns = append(v.Columns, EmployeeColumn{ID: id})
	}
	for _, i := range []int{0, 1, 4} {
		v.Columns[i].Sort = "/employees?sort=" + v.Columns[i].ID
	}
	v.Columns[0].Sorted = "ascending"
	if change != nil {
		change(&v)
	}
	return v
}

func logSample(f Frame, change func(v *LogPage)) LogPage {
	names := map[org.MemberID]string{"annika": annika.Name, "pieter": pieter.Name}
	event := func(kind audit.Kind, who, whom org.MemberID) audit.Event {
		return audit.Event{Kind: kind, Actor: audit.Actor{Kind: audit.Member, Member: who}, Subject: whom}
	}
	given := event(audit.MFASuspended, "annika", "pieter")
	given.Reason, given.Facts, given.Origin.Note = "lost", map[string]string{"until": "2026-03-04T11:00:00Z", "verified": "in-person"}, "Stond aan mijn bureau."
	strange := event(audit.RecoveryRefused, "pieter", "gone")
	strange.Reason, strange.Facts = "not-yours", map[string]string{"step": "deactivate", "new": "x"}
	wrong := audit.Event{Kind: audit.PasswordWrong, Actor: audit.Actor{Kind: audit.Stranger}, Subject: "pieter"}
	line := func(e audit.Event, l LogLine) LogLine {
		l.At, l.Account = noon, f.Voice.Tell(e, names)
		return l
	}
	v := LogPage{
		Frame: manages(f, "/log"), Older: "/log?after=1.a", Seal: LogSeal{Sealed: 12345, Waiting: 1, Refused: 1, At: noon, Root: "9f86d081884c"},
		Lines: []LogLine{
			line(given, LogLine{OnlyWho: "/log?who=annika", OnlyWhom: "/log?whom=pieter", From: "Firefox on Linux, 192.0.2.7"}),
			line(strange, LogLine{OnlyWho: "/log?who=pieter", Sealed: true, Erased: true}),
			line(wrong, LogLine{OnlyWhom: "/log?whom=pieter", Sealed: true, NotGenuine: true, From: "192.0.2.7"}),
			line(event(audit.SignedIn, "pieter", "pieter"), LogLine{Sealed: true, From: "Samsung Internet on Android, 2001:db8:85a3:8d3:1319:8a2e:370:7348"}),
		},
	}
	if change != nil {
		change(&v)
	}
	return v
}

func readySample(f Frame, change func(v *ReadyPage)) ReadyPage {
	v := ReadyPage{
		Frame: manages(f, readyPath), Newer: "/readiness?before=a", Older: "/readiness?after=d", MayAsk: true,
		Muster: standing.Muster{Members: 24, Alone: 20, People: 2, Nobody: 1, NoMFA: 1, NoBackup: 3, WorkMail: 2, Administrators: 2,
			Colours: map[standing.Colour]int{standing.Red: 1, standing.Amber: 3, standing.Green: 19, standing.Grey: 1}},
		Rows: []ReadyRow{
			{Name: joost.Name, Colour: standing.Red},
			{Name: pieter.Name, Team: pieter.Team, Colour: standing.Amber, Carry: standing.Carry{People: true}},
			{Name: annika.Name, Colour: standing.Green, Carry: standing.Carry{Code: true, Mail: true, Factor: true, People: true}},
			{Name: "Sam de Boer", Team: "Winkel", Colour: standing.Grey},
		},
	}
	if change != nil {
		change(&v)
	}
	return v
}

func drillSample(f Frame, colour standing.Colour, mend string) DrillPage {
	v := DrillPage{Frame: in(f), Colour: colour, Mend: mend, Steps: []DrillStep{
		{Kind: RungFactor, Reason: string(ReasonNoOtherFactor)},
		{Kind: RungBackupCode, Opens: true, In: true, Codes: 7},
		{Kind: RungBackupEmail, Opens: true, Masked: "f…@…nl"},
		{Kind: RungHelper, Opens: true, Helpers: []Person{pieter, annika}},
		{Kind: RungOperator, Reason: string(ReasonAtTheMachine)},
	}}
	if colour != standing.Green {
		v.Steps[1] = DrillStep{Kind: RungBackupCode, Reason: string(ReasonNoCodes)}
		v.Steps[2] = DrillStep{Kind: RungBackupEmail, Reason: string(ReasonEmailTooNew), Until: noon.Add(time.Hour)}
		v.Steps[3].In = true
	}
	if colour == standing.Red {
		v.Steps[3] = DrillStep{Kind: RungHelper, Reason: string(ReasonNoHelper)}
	}
	return v
}

// askSample is the page of whoever is locked out, in a state.
func askSample(f Frame, state AskState) Ask {
	v := Ask{
		Frame: at(f), State: state, People: []Person{pieter, annika, joost}, Expires: noon.Add(24 * time.Hour), Opens: noon.Add(20 * time.Hour),
		By: pieter.Name, SigningIn: state != AskSignIn,
	}
	switch state {
	case AskWaiting:
		v.Code = "ACD 346"
	case AskRefused:
		v.Words = "Please come and see me at the counter first."
	}
	return v
}

func askNot(f Frame, why string) Ask {
	v := askSample(f, AskFirst)
	v.Why, v.Problem = why, Problem{Why: Refused}
	return v
}
