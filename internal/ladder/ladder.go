// Package ladder holds the rules of recovery: which ways back in are open to a
// member, and what each step of a recovery does.
//
// It is pure. Time and facts are arguments, what is not listed is refused, and
// a Decision carries everything that is to be saved and whom to tell. It
// refuses to touch a clock, a store, a network or randomness, so the same
// decision can be taken twice.
package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A StepKind names something that is done in a recovery.
type StepKind string

// The steps.
const (
	// ProveFactor is a right code of an authenticator (rung 1).
	ProveFactor StepKind = "prove factor"
	// SpendBackupCode is a right backup code (rung 2).
	SpendBackupCode StepKind = "spend backup code"
	// AskMailCode has a code mailed to the backup e-mail (rung 3).
	AskMailCode StepKind = "ask mail code"
	// SpendMailCode is that code, typed rightly (rung 3).
	SpendMailCode StepKind = "spend mail code"
	// SayLost answers "Have you lost your phone?" with yes.
	SayLost StepKind = "say lost"
	// SayNotLost answers it with no.
	SayNotLost StepKind = "say not lost"
	// FinishSetUp confirms a new factor.
	FinishSetUp StepKind = "finish set-up"
	// Object presses "This was not me".
	Object StepKind = "object"
	// SetPasswordByMail sets a new password through a mailed link.
	SetPasswordByMail StepKind = "set password by mail"
)

// The steps that someone else takes about a member, and what the member does
// with what they were given.
const (
	// Suspend disables MFA until an instant; EndSuspension enables it again.
	Suspend       StepKind = "suspend MFA"
	EndSuspension StepKind = "end suspension"
	// AskSuspendedCode has a code mailed to the sign-in address, for a browser
	// that is not known while MFA is suspended; SpendSuspendedCode is that code.
	AskSuspendedCode   StepKind = "ask suspended code"
	SpendSuspendedCode StepKind = "spend suspended code"
	// GivePass gives an enrolment pass, OpenPass begins a set-up with it, and
	// UsePass confirms the factor that was set up.
	GivePass StepKind = "give pass"
	OpenPass StepKind = "open pass"
	UsePass  StepKind = "use pass"
	// Release ends a freeze.
	Release StepKind = "release"
	// SignOut ends every session; Deactivate ends the membership.
	SignOut    StepKind = "sign out"
	Deactivate StepKind = "deactivate"
)

// The steps of a request for help. Suspend and GivePass, with a request, answer it.
const (
	// AskHelp makes a request, and WithdrawHelp takes it back.
	AskHelp      StepKind = "ask for help"
	WithdrawHelp StepKind = "withdraw a request"
	// RefuseHelp says no, and Mistype counts a wrong matching code.
	RefuseHelp StepKind = "refuse a request"
	Mistype    StepKind = "mistype a matching code"
	// CarryOn has the browser that asked go on under the suspension it was given.
	CarryOn StepKind = "carry on"
	// Agree ends the time to object to a pass, and Stop objects to it.
	Agree StepKind = "agree to a pass"
	Stop  StepKind = "stop a pass"
)

// The steps of the desk.
const (
	// GrantPass is the second approval of a case: it begins the time to object.
	GrantPass StepKind = "grant a pass of the desk"
	// HandPass makes the two halves and gives them.
	HandPass StepKind = "hand over a pass of the desk"
)

// Steps lists every step.
var Steps = []StepKind{
	ProveFactor, SpendBackupCode, AskMailCode, SpendMailCode,
	SayLost, SayNotLost, FinishSetUp, Object, SetPasswordByMail,
	Suspend, EndSuspension, AskSuspendedCode, SpendSuspendedCode, GivePass, OpenPass, UsePass, Release, SignOut, Deactivate,
	AskHelp, WithdrawHelp, RefuseHelp, Mistype, CarryOn, Agree, Stop,
	GrantPass, HandPass,
}

// Statuses lists every status.
var Statuses = []standing.Status{standing.Settled, standing.Answering, standing.Replacing, standing.Frozen}

// A Step is a step with what it needs. Proofs have been checked before: a step
// says that the code was right, the rules say whether it may count.
type Step struct {
	Kind StepKind
	// Authenticator and Counter (its time step) belong to ProveFactor.
	Authenticator factor.AuthenticatorID
	Counter       uint64
	// Code belongs to SpendBackupCode.
	Code factor.BackupCodeID
	// Lost lists what SayLost takes away; New is what FinishSetUp adds.
	Lost []factor.AuthenticatorID
	New  factor.Authenticator
	// Address is where the mail stood in which Object was pressed; ByFactor
	// says that whoever pressed it has proved a factor.
	Address  org.Email
	ByFactor bool
	// Session is where the step is taken; empty before there is one.
	Session session.Hash
	// By is whoever does something about the member, and Verified how they made
	// sure who that is. Administrators are the organisation's other active ones, and
	// whom else Told returns: they are told.
	By             standing.Giver
	Verified       Verified
	Administrators []standing.Helper
	// Suspension belongs to Suspend: its end, and whether the phone is lost.
	Suspension standing.Suspension
	// Pass is the one that is given (its id and end), opened or used. Link is the
	// path at which a pass that is mailed is used, with its token.
	Pass standing.Pass
	Link string
	// Zone is that of the working hours.
	Zone *time.Location
	// Devices has SignOut forget the known browsers too.
	Devices bool
	// Request is the new one of AskHelp; else its ID names one of the member's, and
	// its Words are those of RefuseHelp.
	Request standing.Request
	// Matching is the matching code that whoever answers has typed.
	Matching factor.MatchingCode
	// Browser is the one at which the step is taken, by what it was given when it
	// asked for help; empty: it never did.
	Browser session.Hash
	// Half is the one of HandPass that is mailed, as it is read.
	Half string
	// Helpers are those who may be turned to for the member.
	Helpers []standing.Helper
}

// A Reason says why a step is refused or a rung is not open. It is stable: it
// is written to the audit log and chooses the sentence the member reads.
type Reason string

// The reasons.
const (
	NotNow             Reason = "not-now" // the step is not listed for the status
	MFAIsOff           Reason = "mfa-off"
	NoOtherFactor      Reason = "no-other-factor"
	NoCodes            Reason = "no-codes"
	CodesSpent         Reason = "codes-spent"
	NoBackupEmail      Reason = "no-backup-email"
	BackupEmailTooNew  Reason = "backup-email-too-new"
	BackupEmailClosed  Reason = "backup-email-closed"
	PasswordByMail     Reason = "password-by-mail"
	FrozenNow          Reason = "frozen"
	AlreadyObjected    Reason = "already-objected"
	NothingLost        Reason = "nothing-lost"
	NotForRole         Reason = "not-for-role"
	NoHelper           Reason = "no-helper"
	OthersFirst        Reason = "others-first"
	OperatorOnly       Reason = "operator-only"
	AtTheMachine       Reason = "at-the-machine"
	CameByBackup       Reason = "came-by-backup"
	FactorTooNew       Reason = "factor-too-new"
	MFAForced          Reason = "mfa-forced"
	PasswordTooShort   Reason = "password-too-short"
	QuestionUnanswered Reason = "question-unanswered"
	BackupFirst        Reason = "backup-first"
	CameBySuspension   Reason = "came-by-suspension"
	CameByPass         Reason = "came-by-pass"
	NotYours           Reason = "not-yours" // whoever gives may not
	NotActive          Reason = "not-active"
	NotVerified        Reason = "not-verified"
	NotSuspended       Reason = "not-suspended"
	BadLength          Reason = "bad-length"
	PassEnded          Reason = "pass-ended" // or not open yet: Until says when
	LastAdministrator  Reason = "last-administrator"
	Unknown            Reason = "unknown" // there is no such member or page for whoever acts
	Yourself           Reason = "yourself"
	HigherRole         Reason = "higher-role"
	OnlyWhenAsked      Reason = "only-when-asked"
	SupervisorsBarred  Reason = "supervisors-barred"
	ChangedByYou       Reason = "changed-by-you"
	RequestOpen        Reason = "request-open" // there is one, which has to be named
	RequestAnswered    Reason = "request-answered"
	RequestWithdrawn   Reason = "request-withdrawn"
	RequestClosed      Reason = "request-closed"
	RequestExpired     Reason = "request-expired"
	WrongMatching      Reason = "wrong-matching"
	SecondAccount      Reason = "second-account"
	AlreadyAsked       Reason = "already-asked"
	TooManyRequests    Reason = "too-many-requests"
	NotWaiting         Reason = "not-waiting" // no time to object is running
	GaveItYourself     Reason = "gave-it-yourself"
	TooNewToAgree      Reason = "too-new-to-agree"
	PartyToIt          Reason = "party" // theirs is the help that was objected to
	OwnMFAFirst        Reason = "own-mfa-first"
	StaleProof         Reason = "stale-proof"
	NoPhone            Reason = "no-phone"
	PhoneTooNew        Reason = "phone-too-new"
)

// A Refusal is a step that the rules do not allow.
type Refusal struct {
	Step   StepKind
	Reason Reason
	Until  time.Time // when the reason passes by itself; zero: not
}

// Error names step and reason; neither is secret or personal.
func (r *Refusal) Error() string { return string(r.Step) + " refused: " + string(r.Reason) }

// A rule lets a step be taken from a status, if its guard has no objection,
// and says which status follows and what else is to be saved.
type rule struct {
	from  standing.Status
	step  StepKind
	guard guard
	to    func(standing.Standing, Step) standing.Status
	do    func(standing.Standing, Step, time.Time) standing.Decision
}

// A guard returns why a step is refused, or the empty Reason.
type guard struct {
	says string // for docs/ladder.md
	why  func(standing.Standing, Step, time.Time) (Reason, time.Time)
}

// rules is the whole ladder: what is not listed is refused.
var rules = []rule{
	{standing.Settled, ProveFactor, hasFactor, stay, proveFactor},
	{standing.Settled, SpendBackupCode, codeOpen, become(standing.Answering), spendCode},
	{standing.Settled, AskMailCode, mailOpen, stay, askMailCode},
	{standing.Settled, SpendMailCode, mailOpen, become(standing.Answering), spendMailCode},
	{standing.Settled, FinishSetUp, always, stay, finishSetUp},
	{standing.Settled, Object, firstObjection, become(standing.Frozen), object},
	{standing.Settled, SetPasswordByMail, always, stay, setPasswordByMail},

	{standing.Answering, ProveFactor, hasFactor, become(standing.Settled), proveFactor},
	{standing.Answering, SpendBackupCode, codeOpen, stay, spendCode},
	{standing.Answering, AskMailCode, mailOpen, stay, askMailCode},
	{standing.Answering, SpendMailCode, mailOpen, stay, spendMailCode},
	{standing.Answering, SayLost, losesSomething, become(standing.Replacing), sayLost},
	{standing.Answering, SayNotLost, always, become(standing.Settled), sayNotLost},
	{standing.Answering, FinishSetUp, always, become(standing.Settled), finishSetUp},
	{standing.Answering, Object, firstObjection, become(standing.Frozen), object},
	{standing.Answering, SetPasswordByMail, always, stay, setPasswordByMail},

	{standing.Replacing, ProveFactor, hasFactor, become(standing.Settled), proveFactor},
	{standing.Replacing, SpendBackupCode, codeOpen, stay, spendCode},
	{standing.Replacing, AskMailCode, mailOpen, stay, askMailCode},
	{standing.Replacing, SpendMailCode, mailOpen, stay, spendMailCode},
	{standing.Replacing, FinishSetUp, always, become(standing.Settled), finishSetUp},
	{standing.Replacing, Object, firstObjection, become(standing.Frozen), object},
	{standing.Replacing, SetPasswordByMail, always, stay, setPasswordByMail},

	{standing.Frozen, ProveFactor, hasFactor, become(standing.Settled), proveFactor},
	{standing.Frozen, Object, firstObjection, stay, object},
	{standing.Frozen, SetPasswordByMail, always, thaw, setPasswordByMail},

	{standing.Settled, Suspend, maySuspend, orReplacing, suspend},
	{standing.Settled, EndSuspension, mayEnd, stay, endSuspension},
	{standing.Settled, AskSuspendedCode, isSuspended, stay, askSuspendedCode},
	{standing.Settled, SpendSuspendedCode, isSuspended, stay, spendSuspendedCode},
	{standing.Settled, GivePass, mayGivePass, stay, givePass},
	{standing.Settled, OpenPass, passOpen, stay, openPass},
	{standing.Settled, UsePass, passOpen, stay, usePass},
	{standing.Settled, SignOut, mayGive, stay, signOut},
	{standing.Settled, Deactivate, mayDeactivate, stay, deactivate},

	{standing.Answering, Suspend, maySuspend, orReplacing, suspend},
	{standing.Answering, EndSuspension, mayEnd, stay, endSuspension},
	{standing.Answering, AskSuspendedCode, isSuspended, stay, askSuspendedCode},
	{standing.Answering, SpendSuspendedCode, isSuspended, stay, spendSuspendedCode},
	{standing.Answering, GivePass, mayGivePass, stay, givePass},
	{standing.Answering, OpenPass, passOpen, stay, openPass},
	{standing.Answering, UsePass, passOpen, become(standing.Settled), usePass},
	{standing.Answering, SignOut, mayGive, stay, signOut},
	{standing.Answering, Deactivate, mayDeactivate, stay, deactivate},

	{standing.Replacing, Suspend, maySuspend, orReplacing, suspend},
	{standing.Replacing, EndSuspension, mayEnd, stay, endSuspension},
	{standing.Replacing, AskSuspendedCode, isSuspended, stay, askSuspendedCode},
	{standing.Replacing, SpendSuspendedCode, isSuspended, stay, spendSuspendedCode},
	{standing.Replacing, GivePass, mayGivePass, stay, givePass},
	{standing.Replacing, OpenPass, passOpen, stay, openPass},
	{standing.Replacing, UsePass, passOpen, become(standing.Settled), usePass},
	{standing.Replacing, SignOut, mayGive, stay, signOut},
	{standing.Replacing, Deactivate, mayDeactivate, stay, deactivate},

	{standing.Settled, AskHelp, mayAsk, stay, askHelp},
	{standing.Settled, WithdrawHelp, asksHere, stay, withdrawHelp},
	{standing.Settled, RefuseHelp, mayRefuse, stay, refuseHelp},
	{standing.Settled, Mistype, mayMistype, stay, mistype},
	{standing.Settled, CarryOn, mayCarryOn, stay, carryOn},
	{standing.Settled, Agree, mayAgree, stay, agree},
	{standing.Settled, Stop, mayStop, become(standing.Frozen), stop},

	{standing.Answering, AskHelp, mayAsk, stay, askHelp},
	{standing.Answering, WithdrawHelp, asksHere, stay, withdrawHelp},
	{standing.Answering, RefuseHelp, mayRefuse, stay, refuseHelp},
	{standing.Answering, Mistype, mayMistype, stay, mistype},
	{standing.Answering, CarryOn, mayCarryOn, stay, carryOn},
	{standing.Answering, Agree, mayAgree, stay, agree},
	{standing.Answering, Stop, mayStop, become(standing.Frozen), stop},

	{standing.Replacing, AskHelp, mayAsk, stay, askHelp},
	{standing.Replacing, WithdrawHelp, asksHere, stay, withdrawHelp},
	{standing.Replacing, RefuseHelp, mayRefuse, stay, refuseHelp},
	{standing.Replacing, Mistype, mayMistype, stay, mistype},
	{standing.Replacing, CarryOn, mayCarryOn, stay, carryOn},
	{standing.Replacing, Agree, mayAgree, stay, agree},
	{standing.Replacing, Stop, mayStop, become(standing.Frozen), stop},

	{standing.Settled, GrantPass, mayGrantPass, stay, grantPass},
	{standing.Settled, HandPass, mayHandPass, stay, handPass},
	{standing.Answering, GrantPass, mayGrantPass, stay, grantPass},
	{standing.Answering, HandPass, mayHandPass, stay, handPass},
	{standing.Replacing, GrantPass, mayGrantPass, stay, grantPass},
	{standing.Replacing, HandPass, mayHandPass, stay, handPass},

	{standing.Frozen, Release, mayRelease, thaw, release},
	{standing.Frozen, SignOut, mayGive, stay, signOut},
	{standing.Frozen, Deactivate, mayDeactivate, stay, deactivate},
}

// Decide returns what taking step at now saves, or a *Refusal. It may be
// called again with the same arguments.
func Decide(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	if s.Member.State == org.Deactivated {
		return standing.Decision{}, &Refusal{Step: step.Kind, Reason: NotActive}
	}
	for _, r := range rules {
		if r.from != s.Status || r.step != step.Kind {
			continue
		}
		if reason, until := r.guard.why(s, step, now); reason != "" {
			return standing.Decision{}, &Refusal{Step: step.Kind, Reason: reason, Until: until}
		}
		decision := r.do(s, step, now)
		decision = decision.Merge(NoteGivers(s, decision, now))
		if to := r.to(s, step); to != s.Status {
			decision = decision.And(standing.SetStatus{Status: to, At: now})
		}
		return decision, nil
	}
	reason := NotNow
	if s.Status == standing.Frozen {
		reason = FrozenNow
	}
	return standing.Decision{}, &Refusal{Step: step.Kind, Reason: reason}
}

// An Ask is what sign-in asks for after a right password.
type Ask string

// What is asked.
const (
	// AskNothing: MFA is off and nobody forces it.
	AskNothing Ask = "nothing"
	// AskFactor: MFA is on.
	AskFactor Ask = "factor"
	// AskSetUp: MFA is off and forced.
	AskSetUp Ask = "set-up"
	// AskNewPassword: MFA is off and someone objected.
	AskNewPassword Ask = "new-password"
	// AskSuspended: MFA is on and suspended, and the browser known or the one that
	// asked for it; nothing more is asked.
	AskSuspended Ask = "suspended"
	// AskMailedCode: MFA is on and suspended; a strange browser types a code
	// mailed to the sign-in address.
	AskMailedCode Ask = "mailed-code"
	// AskRemembered: MFA is on and the device remembered; nothing more is asked.
	AskRemembered Ask = "remembered"
)

// A Browser is what is known of the browser that a right password came from.
// The zero Browser is a strange one.
type Browser struct {
	Known bool // the member has made a full proof with MFA in it
	// Remembered says that Recognise saw a remembered device of the member.
	Remembered bool
	// Asked says that the suspension was asked for in it: see AskedIn.
	Asked bool
}

// SecondFactor answers the one question "is this member's second factor off
// now?", for a sign-in from browser b. Nobody asks it another way.
func SecondFactor(s standing.Standing, b Browser, now time.Time) Ask {
	switch {
	case Suspended(s, now) && (b.Known || b.Asked):
		return AskSuspended
	case Suspended(s, now):
		return AskMailedCode
	case b.Remembered && MayRemember(s, now):
		return AskRemembered
	case s.MFA():
		return AskFactor
	case s.Status == standing.Frozen:
		return AskNewPassword
	case s.Organisation.Forces(now):
		return AskSetUp
	}
	return AskNothing
}

var always = guard{"–", func(standing.Standing, Step, time.Time) (Reason, time.Time) { return "", time.Time{} }}

var hasFactor = guard{"the member has the authenticator", func(s standing.Standing, step Step, _ time.Time) (Reason, time.Time) {
	if _, ok := s.Authenticator(step.Authenticator); !ok {
		return NoOtherFactor, time.Time{}
	}
	return "", time.Time{}
}}

var codeOpen = guard{"rung 2 is open", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
	return backupCodeRung(s, now)
}}

var mailOpen = guard{"rung 3 is open", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
	return backupEmailRung(s, now)
}}

var losesSomething = guard{"what is lost is the member's", func(s standing.Standing, step Step, _ time.Time) (Reason, time.Time) {
	if len(step.Lost) == 0 && len(s.Authenticators) > 0 {
		return NothingLost, time.Time{}
	}
	for _, id := range step.Lost {
		if _, ok := s.Authenticator(id); !ok {
			return NothingLost, time.Time{}
		}
	}
	return "", time.Time{}
}}

// ObjectionMemory is how long an address that has objected by mail needs a
// factor to object again: whoever reads a mailbox cannot keep its owner out, and
// a report of long ago does not silence one that is needed today.
const ObjectionMemory = 30 * 24 * time.Hour

var firstObjection = guard{"the address has not objected in the last 30 days, or a factor was proved", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	if step.ByFactor {
		return "", time.Time{}
	}
	for _, o := range s.Objected {
		if until := o.At.Add(ObjectionMemory); o.Address == step.Address && now.Before(until) {
			return AlreadyObjected, until
		}
	}
	return "", time.Time{}
}}

func stay(s standing.Standing, _ Step) standing.Status { return s.Status }

func become(to standing.Status) func(standing.Standing, Step) standing.Status {
	return func(standing.Standing, Step) standing.Status { return to }
}

// thaw ends a freeze. A member whose factors are gone has to replace them.
func thaw(s standing.Standing, _ Step) standing.Status {
	if s.MFA() && len(s.Authenticators) == 0 {
		return standing.Replacing
	}
	return standing.Settled
}
