package web

import (
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// A Page is one view: everything one template needs, already decided. Views
// know no HTTP and no store; whoever fills one in has taken every decision,
// and the template only says it. The zero value of a field means "not so" or
// "none", and the page leaves that part out.
//
// Forms are plain POSTs. Each view names in its comment the paths its forms
// post to and the fields they send; that is the contract with the handlers.
type Page interface {
	// frame returns what surrounds the page.
	frame() Frame
	// template names the file below pages/, without ".html".
	template() string
	// title returns the page's name as a reader finds it in the tab. No two
	// pages have the same.
	title() string
}

// A Frame is what every page shows around its own words.
//
// On every page: POST /language with language ("nl" or "en") and next (Path);
// where Member is set, POST /sign-out without fields.
type Frame struct {
	Voice        *words.Voice // must not be nil
	Organisation string       // empty: not known yet
	Member       string       // name of who is signed in; empty: nobody
	// Path is this page as a GET path with its query, to come back to after
	// choosing a language. After a refused POST it is the path of the form.
	Path string
	// Here is the page of the menu or the tab that this one belongs to: "/my-login",
	// "/employees" and so on, or empty.
	Here    string
	Tabs    []Tab    // in the top bar; none: only one's own login is there
	Notices []Notice // banners, most important first
	Problem Problem  // why the form was sent back; zero: it was not
	Demo    bool     // show the ribbon that says this is a demo
}

func (f Frame) frame() Frame { return f }

// A Tab leads to a page about the organisation. Its words are "tab.PATH" with the
// slashes as dots, without the first.
type Tab struct {
	Path  string
	Count int // what waits there; 0: not said
}

// Word returns the id of the tab's words.
func (t Tab) Word() string { return "tab." + strings.ReplaceAll(strings.Trim(t.Path, "/"), "/", ".") }

// Say returns the sentence id in the page's language, as [words.Voice.Say] does.
func (f Frame) Say(id string, args ...any) string { return f.Voice.Say(id, args...) }

// Day writes the date of t in the page's language.
func (f Frame) Day(t time.Time) string { return f.Voice.Day(t) }

// Moment writes the date and time of t in the page's language.
func (f Frame) Moment(t time.Time) string { return f.Voice.Moment(t) }

// Counted writes n with its thousands apart.
func (f Frame) Counted(n int) string { return f.Voice.Number(n) }

// Clock writes the time of day of t.
func (f Frame) Clock(t time.Time) string { return f.Voice.Clock(t) }

// Duration writes d in the page's language, rounded up.
func (f Frame) Duration(d time.Duration) string { return f.Voice.Duration(d) }

// Language is the language the page is written in, as an HTML lang attribute.
func (f Frame) Language() org.Language { return f.Voice.Language }

// Whole returns a masked address with word joiners in it (U+2060), so that no
// line ends inside it. An address in full is returned as it is.
func (Frame) Whole(address string) string {
	if !strings.Contains(address, "…") {
		return address
	}
	return strings.NewReplacer("…", "\u2060…\u2060", "@", "@\u2060").Replace(address)
}

// Parted returns an address in full with places in it where a narrow page may end
// the line: before its "@" and its dots.
func (Frame) Parted(address string) template.HTML {
	parted := parting.Replace(template.HTMLEscapeString(address))
	return template.HTML(parted) //nolint:gosec // what was typed is escaped above
}

var parting = strings.NewReplacer("@", "<wbr>@", ".", "<wbr>.")

// A NoticeID names a banner. It is stable and harmless, so that it may travel
// in a query or a cookie; [KnownNotice] tells whether a text is one.
type NoticeID string

// Banners that follow an act: shown once, on the next page.
const (
	NoticeSignedOut         NoticeID = "signed-out"
	NoticeNoPhone           NoticeID = "no-phone"        // signed out, to sign in with a backup
	NoticeSignInExpired     NoticeID = "sign-in-expired" // this sign-in took too long: begin again
	NoticeSessionEnded      NoticeID = "session-ended"   // the session ran out or was ended elsewhere
	NoticeBeginAgain        NoticeID = "begin-again"     // too many wrong codes: begin again with the password
	NoticePasswordSet       NoticeID = "password-set"    // by mail or invitation; now sign in
	NoticePasswordChanged   NoticeID = "password-changed"
	NoticeLanguageChanged   NoticeID = "language-changed"
	NoticeCodeSent          NoticeID = "code-sent" // a new code was mailed
	NoticeMFAOn             NoticeID = "mfa-on"
	NoticeMFAOff            NoticeID = "mfa-off"
	NoticeFactorAdded       NoticeID = "factor-added"
	NoticeFactorRenamed     NoticeID = "factor-renamed"
	NoticeFactorRemoved     NoticeID = "factor-removed"
	NoticeCodesMade         NoticeID = "codes-made"
	NoticeEmailConfirmed    NoticeID = "email-confirmed" // backup e-mail counts now
	NoticeEmailWaits        NoticeID = "email-waits"     // backup e-mail confirmed, usable from Until
	NoticeEmailRemoved      NoticeID = "email-removed"
	NoticeOneSessionEnded   NoticeID = "one-session-ended"
	NoticeOtherSessions     NoticeID = "other-sessions-ended"
	NoticeDeviceForgotten   NoticeID = "device-forgotten"
	NoticeDevicesForgotten  NoticeID = "devices-forgotten"
	NoticeReminded          NoticeID = "reminded"         // those without a backup are
	NoticeStoppedNothing    NoticeID = "stopped-nothing"  // set-up stopped, nothing was kept
	NoticeStoppedNoCodes    NoticeID = "stopped-no-codes" // MFA is on, but no backup codes yet
	NoticeStoppedNoEmail    NoticeID = "stopped-no-email" // MFA and codes are there, no backup e-mail
	NoticeHelpGiven         NoticeID = "help-given"
	NoticeHelpRefused       NoticeID = "help-refused"
	NoticeAgreed            NoticeID = "agreed"
	NoticeStopped           NoticeID = "pass-stopped"
	NoticeSaved             NoticeID = "saved"               // what is on file of a member
	NoticeAddressAsked      NoticeID = "address-asked"       // a new sign-in address waits to be confirmed
	NoticeAddressConfirmed  NoticeID = "address-confirmed"   // and holds from now on
	NoticeAlreadyDone       NoticeID = "already-done"        // the form was sent twice; it was done once
	NoticeSentAgainTooEarly NoticeID = "sent-again-too-soon" // a code went out moments ago; carries Wait
	NoticeForced            NoticeID = "forced"              // MFA is required of everybody from now on
	NoticeUnforced          NoticeID = "unforced"
	NoticePaused            NoticeID = "force-paused"
	NoticeSettingsSaved     NoticeID = "settings-saved"
	NoticeSettingsWait      NoticeID = "settings-wait" // what is weaker holds in 24 hours
	NoticeCalledBack        NoticeID = "settings-called-back"
)

// Banners that stay as long as they are true.
const (
	// NoticeCameByBackup: this session came in by a backup code or backup
	// e-mail; some things stay closed until a factor is proved.
	NoticeCameByBackup NoticeID = "came-by-backup"
	// NoticeCodesLow carries Count (0 to 2) backup codes left.
	NoticeCodesLow NoticeID = "codes-low"
	// NoticeOnlyYou: the only administrator, with MFA, has no backup e-mail.
	NoticeOnlyYou NoticeID = "only-you"
	// NoticeNoBackup: MFA is on, but nobody and nothing would carry this member.
	NoticeNoBackup NoticeID = "no-backup"
	// NoticeSuspended carries Until and Wait, the time left: MFA is switched off
	// for this member.
	NoticeSuspended NoticeID = "suspended"
	// NoticeMustSetUp carries Until: the organisation wants MFA from then on.
	NoticeMustSetUp NoticeID = "must-set-up"
)

// KnownNotice returns the banner that text names and can be shown without
// further facts, or false. It takes untrusted text.
func KnownNotice(text string) (NoticeID, bool) {
	if id := NoticeID(text); slices.Contains(employeeNotices, id) {
		return id, true
	}
	switch id := NoticeID(text); id {
	case NoticeSignedOut, NoticeNoPhone, NoticeSignInExpired, NoticeSessionEnded, NoticeBeginAgain,
		NoticePasswordSet, NoticePasswordChanged, NoticeLanguageChanged, NoticeCodeSent,
		NoticeMFAOn, NoticeMFAOff, NoticeFactorAdded, NoticeFactorRenamed, NoticeFactorRemoved,
		NoticeCodesMade, NoticeEmailConfirmed, NoticeEmailRemoved,
		NoticeOneSessionEnded, NoticeOtherSessions, NoticeDeviceForgotten, NoticeDevicesForgotten,
		NoticeHelpGiven, NoticeHelpRefused, NoticeAgreed, NoticeStopped,
		NoticeReminded, NoticeSaved, NoticeAddressAsked, NoticeAddressConfirmed,
		NoticeStoppedNothing, NoticeStoppedNoCodes, NoticeStoppedNoEmail, NoticeAlreadyDone,
		NoticeForced, NoticeUnforced, NoticePaused, NoticeSettingsSaved, NoticeSettingsWait, NoticeCalledBack:
		return id, true
	}
	if id := NoticeID(text); slices.Contains(rosterNotices, id) {
		return id, true
	}
	return "", false
}

// A Notice is a banner with the facts its sentence needs.
type Notice struct {
	ID    NoticeID
	Until time.Time     // NoticeSuspended, NoticeMustSetUp, NoticeEmailWaits
	Wait  time.Duration // NoticeSentAgainTooEarly, NoticeSuspended
	Count int           // NoticeCodesLow
}

// Seconds returns Wait in whole seconds, rounded up.
func (n Notice) Seconds() int { return wholeSeconds(n.Wait) }

// Tone says how loud the banner is: "good", "plain" or "warn".
func (n Notice) Tone() string {
	switch {
	case n.ID == NoticeTooLate:
		return "warn"
	case slices.Contains(employeeNotices, n.ID), n.ID != NoticeListExpired && slices.Contains(rosterNotices, n.ID):
		return "good"
	}
	switch n.ID {
	case NoticeHelpGiven, NoticeHelpRefused, NoticeAgreed, NoticeStopped, NoticeSaved, NoticeAddressAsked, NoticeAddressConfirmed, NoticePasswordSet, NoticePasswordChanged, NoticeLanguageChanged, NoticeCodeSent,
		NoticeMFAOn, NoticeFactorAdded, NoticeFactorRenamed, NoticeFactorRemoved, NoticeCodesMade,
		NoticeReminded, NoticeEmailConfirmed, NoticeEmailWaits, NoticeEmailRemoved,
		NoticeOneSessionEnded, NoticeOtherSessions, NoticeDeviceForgotten, NoticeDevicesForgotten,
		NoticeForced, NoticeUnforced, NoticePaused, NoticeSettingsSaved, NoticeSettingsWait, NoticeCalledBack:
		return "good"
	case NoticeCodesLow, NoticeNoBackup, NoticeOnlyYou, NoticeSuspended, NoticeStoppedNoCodes,
		NoticeStoppedNoEmail, NoticeMFAOff, NoticeCameByBackup, NoticeMustSetUp:
		return "warn"
	}
	return "plain"
}

// Next is where the banner sends its reader, with the word id
// "notice.ID.next"; empty where the sentence is enough.
func (n Notice) Next() string {
	switch n.ID {
	case NoticeCodesLow, NoticeStoppedNoCodes:
		return "/my-login/backup-codes"
	case NoticeOnlyYou:
		return "/readiness"
	case NoticeNoBackup:
		return "/my-login"
	case NoticeStoppedNoEmail:
		return "/my-login/backup-email"
	case NoticeMustSetUp, NoticeSuspended:
		return "/setup-mfa"
	}
	return ""
}

// A Why says why a form was sent back. It chooses the sentence "problem.WHY".
type Why string

// The reasons why a form was sent back.
const (
	WrongSignIn Why = "wrong-sign-in" // unknown address or wrong password: never said which
	// PasswordEnded: the password was right but is no longer taken (ended after
	// too many wrong codes, or frozen without MFA). Leads to /password/forgotten.
	PasswordEnded  Why = "password-ended"
	WrongPassword  Why = "wrong-password"
	WrongCode      Why = "wrong-code"      // authenticator code; may carry TriesLeft
	CodeUsed       Why = "code-used"       // this authenticator code was used: wait for the next
	CodeNotSix     Why = "code-not-six"    // no 6 digits
	CodeNotEight   Why = "code-not-eight"  // no 8 digits
	WrongMailCode  Why = "wrong-mail-code" // may carry TriesLeft
	MailCodeEnded  Why = "mail-code-ended" // expired or too many tries: ask for a new one
	WrongBackup    Why = "wrong-backup"    // backup code; may carry TriesLeft
	BackupSpent    Why = "backup-spent"    // this backup code was used before
	NotYourCode    Why = "not-your-code"   // typed back: none of the codes shown
	Throttled      Why = "throttled"       // carries Wait
	NoEmail        Why = "no-email"        // not an e-mail address
	EmailIsSignIn  Why = "email-is-sign-in"
	EmailIsTaken   Why = "email-is-taken" // is the backup e-mail already
	NoName         Why = "no-name"
	NameTaken      Why = "name-taken"   // another authenticator of this member has it
	NobodyThere    Why = "nobody-there" // nobody in the organisation signs in with that address
	BadDate        Why = "bad-date"
	NothingChosen  Why = "nothing-chosen"
	PasswordShort  Why = "password-short" // carries MinLength
	PasswordCommon Why = "password-common"
	PasswordYours  Why = "password-yours"  // contains name, e-mail or organisation
	PasswordLong   Why = "password-long"   // over 1000 bytes
	PasswordOdd    Why = "password-odd"    // control characters
	PasswordSame   Why = "password-same"   // equals the present one
	NotAllowedNow  Why = "not-allowed-now" // a barrier came up between showing and sending
	Refused        Why = "refused"         // the rung is not open now; the page says why
	MailNotSent    Why = "mail-not-sent"   // the outbox did not take it: try again
	SentTooOften   Why = "sent-too-often"  // codes by mail; carries Wait
	PassEnded      Why = "pass-ended"      // the right to set up anew has run out
	// CountsChanged: whom a change concerns is no longer as it was shown.
	CountsChanged Why = "counts-changed"
	// SettingsChanged: another administrator changed them meanwhile.
	SettingsChanged  Why = "settings-changed"
	BadHours         Why = "bad-hours"        // no day, or the end is not behind the beginning
	NameOfOther      Why = "name-of-other"    // another organisation has the name
	ClockMayBeOff    Why = "clock-may-be-off" // several wrong codes: the phone's clock may be off; may carry TriesLeft
	NoPhone          Why = "no-phone"
	WrongMatching    Why = "wrong-matching" // carries TriesLeft
	NoWords          Why = "no-words"       // nothing was written, or too much
	WrongHalves      Why = "wrong-halves"   // of a pass; carries TriesLeft
	MatchingClosed   Why = "matching-closed"
	NoMatching       Why = "no-matching"
	NoReason         Why = "no-reason"
	EmailIsBackup    Why = "email-is-backup" // the member's own
	EmailOfAnother   Why = "email-of-another"
	ChangedMeanwhile Why = "changed-meanwhile"
)

// A Problem says why a form was sent back: an error summary above it and a
// sentence at the field. The zero Problem says nothing.
type Problem struct {
	Why       Why
	Field     string        // name of the field it concerns; empty: the form as a whole
	Wait      time.Duration // until the next try is taken; rounded up on the page
	TriesLeft int           // 0: not said
	MinLength int           // PasswordShort
}

// Is reports whether there is a problem at all.
func (p Problem) Is() bool { return p.Why != "" }

// At reports whether the problem is with the named field.
func (p Problem) At(field string) bool { return p.Is() && p.Field == field }

// Seconds returns Wait in whole seconds, rounded up.
func (p Problem) Seconds() int { return wholeSeconds(p.Wait) }

// A Person is someone to turn to.
type Person struct {
	Name  string
	Role  org.Role // empty: not said
	Team  string   // empty: none
	Phone string   // as typed; empty: none
	Email string   // in full; empty: none
}

// Initials stand for a picture of the person: the first letters of the first and
// the last name.
func (p Person) Initials() string {
	names := strings.Fields(p.Name)
	if len(names) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(names[0])
	if len(names) == 1 {
		return strings.ToUpper(string(first))
	}
	last, _ := utf8.DecodeRuneInString(names[len(names)-1])
	return strings.ToUpper(string([]rune{first, last}))
}

// Dial returns the phone number as a tel: URI has it (RFC 3966): digits, and a
// leading plus.
func (p Person) Dial() string {
	dial := make([]byte, 0, len(p.Phone))
	for i := range len(p.Phone) {
		switch c := p.Phone[i]; {
		case c >= '0' && c <= '9', c == '+' && len(dial) == 0:
			dial = append(dial, c)
		}
	}
	return string(dial)
}

// wholeSeconds returns d in seconds, rounded up, at least 0.
func wholeSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
