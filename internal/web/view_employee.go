package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// Banners that follow what was done about an employee.
const (
	NoticeDisabledMFA   NoticeID = "disabled-mfa"
	NoticeEnabledMFA    NoticeID = "enabled-mfa"
	NoticeGavePass      NoticeID = "gave-pass"
	NoticeReleasedThem  NoticeID = "released-them"
	NoticeSignedOutThem NoticeID = "signed-out-them"
	NoticeDeactivated   NoticeID = "deactivated-them"
	NoticeTooLate       NoticeID = "too-late" // somebody else changed it meanwhile: nothing was done
)

// employeeNotices are those that can be shown without further facts.
var employeeNotices = []NoticeID{
	NoticeDisabledMFA, NoticeEnabledMFA, NoticeGavePass, NoticeReleasedThem, NoticeSignedOutThem, NoticeDeactivated,
	NoticeTooLate,
}

// Why a form about an employee was sent back.
const (
	NoLength      Why = "no-length"
	NoLost        Why = "no-lost"
	NotVerified   Why = "not-verified"
	NoNote        Why = "no-note"
	CallNoNumber  Why = "call-no-number"
	CallNumberNew Why = "call-number-new" // carries From
	CallPassword  Why = "call-password"   // the password came by mail lately; carries From
)

// A Shut says why something is not open to whoever looks, with the rules' own
// word for it. It chooses "closed.REASON". The zero Shut closes nothing.
type Shut struct {
	Reason string
	From   time.Time // when the reason passes; zero: not by itself
	// Settings: whoever reads it may open Settings.
	Settings bool
}

// Is reports whether anything is closed.
func (c Shut) Is() bool { return c.Reason != "" }

// Next is where whoever reads the reason goes on, with the word id
// "closed.REASON.next"; empty: nowhere.
func (c Shut) Next() string {
	switch c.Reason {
	case "own-mfa-first", "came-by-suspension":
		return "/setup-mfa"
	case "mfa-forced":
		if c.Settings {
			return "/settings/general"
		}
	}
	return ""
}

// employeeReasons are those of the rules for which something about an employee is
// closed and there are words: "closed.REASON".
var employeeReasons = []string{
	"own-mfa-first", "came-by-backup", "came-by-suspension", "came-by-pass", "factor-too-new", "changed-by-you", "party", "only-when-asked",
	"supervisors-barred", "higher-role", "yourself", "not-yours", "not-active", "mfa-forced", "mfa-off",
	"not-suspended", "frozen", "not-now", "gave-it-yourself", "too-new-to-agree", "second-account", "pass-ended", "not-waiting",
	"request-open", "last-administrator", "password-by-mail", "no-phone", "phone-too-new",
}

// A Bar states the MFA of a member in words.
type Bar struct {
	// State chooses "bar.STATE": on, off, must, grace, disabled, lost, frozen.
	State string
	Since time.Time // on
	Until time.Time // disabled: the end; grace: when it must be set up
	By    string    // disabled: who did that; empty: the operator
	Lost  bool      // disabled: the phone is

	Apps        int
	CodesLeft   int
	CodesMade   int
	BackupEmail string // masked; empty: none

	Pass Waiting
}

// Shows reports whether the bar lists what the member can sign in with.
func (b Bar) Shows() bool { return b.State == "on" || b.State == "disabled" || b.State == "frozen" }

// A Waiting is an enrolment pass that was given and not used.
type Waiting struct {
	From  time.Time // until then others can object; zero: it works
	Until time.Time // zero: there is none
	By    string    // empty: the operator
}

// Is reports whether there is one.
func (w Waiting) Is() bool { return !w.Until.IsZero() }

// An Employee is one member as colleagues see them who may: Overview.
//
//	POST /employees/{id}/invite    (no fields; where Invite)
//	POST /employees/{id}/withdraw  (no fields; where Invite)
//	GET  /employees/{id}/edit, /disable-mfa, /enable-mfa, /enrolment-pass,
//	     /agree-to-pass, /stop-pass, /release, /sign-out, /deactivate, /reactivate, /erase, and /requests/{id}
type Employee struct {
	Frame
	ID     string
	Name   string
	Email  string
	Phone  string // empty: none on file
	Team   string // empty: in none
	Role   org.Role
	Speaks org.Language
	State  org.State
	Self   bool // who looks is shown themselves

	Bar Bar
	// Request is the id of a request for help that waits for an answer; empty: none.
	Request string
	// MayHelp and MayPass: the controls are shown; HelpClosed: why the first is not.
	MayHelp, MayPass bool
	HelpClosed       Shut
	Forced           bool // MFA is: the control is greyed
	MayEnable        bool
	// MayRelease: the freeze can be ended; ReleaseClosed: why not.
	MayRelease    bool
	ReleaseClosed Shut
	// MayAgree and MayStop are about the pass that waits; AgreeClosed: why not the first.
	MayAgree, MayStop bool
	AgreeClosed       Shut
	// Closed is why who looks may change nothing about anybody now.
	Closed Shut

	Edit, SignOut, Deactivate, Invite, Reactivate, Erase bool
	Log                                                  string // path of what the log says of them; empty: not for who looks
}

func (Employee) template() string { return "employee" }
func (v Employee) title() string  { return v.Say("employee.title", "Name", v.Name) }

// HasActs reports whether there is anything to do about the membership.
func (v Employee) HasActs() bool {
	return v.SignOut || v.Deactivate || v.Invite || v.Reactivate || v.Erase
}

// An Answer is one answer to a question of a form.
type Answer struct {
	Value   string
	Checked bool
	Closed  Shut // it cannot be chosen
}

// An EmployeeAct asks what is needed to do something about a member, and says what
// it does and who is told.
//
//	POST /employees/{id}/disable-mfa     length, lost, verified, note
//	POST /employees/{id}/enrolment-pass  verified, note
//	POST /employees/{id}/agree-to-pass   pass, note
//	POST /employees/{id}/stop-pass       pass, note
//	POST /employees/{id}/release         verified, note
//	POST /employees/{id}/enable-mfa, /sign-out, /deactivate  note
type EmployeeAct struct {
	Frame
	ID    string
	Name  string
	Phone string // on file; empty: none
	// Act chooses "act.ACT.…": disable-mfa, enable-mfa, enrolment-pass, agree-to-pass,
	// stop-pass, release, sign-out, deactivate.
	Act    string
	Closed Shut // it is not possible now

	Lengths   []Answer
	Lost      string   // "yes", "no" or empty: not said
	Verified  []Answer // empty: not asked
	Note      string
	Pass      Waiting   // agree-to-pass, stop-pass: the one it is about
	Given     time.Time // and when that was given
	From      time.Time // of a pass: until then others can object
	Addresses int       // of the member that are told
	Told      []string  // names of the others who are told
}

func (EmployeeAct) template() string { return "employee-act" }
func (v EmployeeAct) title() string  { return v.Say("act."+v.Act+".title", "Name", v.Name) }

// Danger reports whether the button is red.
func (v EmployeeAct) Danger() bool {
	return v.Act == "disable-mfa" || v.Act == "deactivate" || v.Act == "stop-pass"
}

// Explains reports whether it has to be said why.
func (v EmployeeAct) Explains() bool { return len(v.Verified) > 0 || v.Act == "agree-to-pass" }

// givenLayout writes when a pass was given.
const givenLayout = time.RFC3339Nano

// Which is the pass that the form is about.
func (v EmployeeAct) Which() string { return v.Given.Format(givenLayout) }

// Does lists what it does, as the last part of "act.ACT.does-N".
func (v EmployeeAct) Does() []string {
	return map[string][]string{
		"disable-mfa": {"1", "2"}, "enable-mfa": {"1"}, "enrolment-pass": {"1", "2"},
		"agree-to-pass": {"1"}, "stop-pass": {"1", "2"}, "release": {"1"}, "sign-out": {"1"}, "deactivate": {"1", "2"},
	}[v.Act]
}
