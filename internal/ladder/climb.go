package ladder

import (
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// proveFactor also tells the member, on all addresses, that a freeze has ended:
// whoever objected may not be who had the factor.
func proveFactor(s standing.Standing, step Step, now time.Time) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.SpendStep{ID: step.Authenticator, Step: step.Counter, At: now},
			standing.MarkProved{At: now},
		},
		Events: []audit.Event{{Kind: audit.FactorProved, Facts: map[string]string{"authenticator": string(step.Authenticator)}}},
	}
	if s.Status == standing.Frozen {
		d.Events = append(d.Events, audit.Event{Kind: audit.FreezeEnded, Reason: "by-factor"})
		used, _ := s.Authenticator(step.Authenticator)
		d.Notices = tell(s, notice.FreezeEnded, notice.Facts{Name: used.Name})
	}
	return d.Merge(inByThemselves(s, now))
}

func spendCode(s standing.Standing, step Step, now time.Time) standing.Decision {
	left := s.Codes.Left() - 1
	told := notice.BackupCodeUsed
	if left < factor.FewBackupCodes {
		told = notice.BackupCodesLow
	}
	d := standing.Decision{
		Effects: []standing.Effect{standing.SpendCode{ID: step.Code, At: now}, standing.MarkProved{At: now}},
		Events:  []audit.Event{{Kind: audit.BackupCodeSpent, Facts: map[string]string{"left": strconv.Itoa(left)}}},
		Notices: tell(s, told, notice.Facts{Count: left}),
	}
	return d.Merge(inByThemselves(s, now))
}

func askMailCode(standing.Standing, Step, time.Time) standing.Decision {
	return standing.Decision{Events: []audit.Event{{Kind: audit.MailCodeSent, Reason: string(standing.ForSignIn)}}}
}

func spendMailCode(s standing.Standing, _ Step, _ time.Time) standing.Decision {
	return standing.Decision{
		Effects: []standing.Effect{standing.ForgetWrongCodes{}},
		Events:  []audit.Event{{Kind: audit.MailCodeSpent}},
		Notices: tell(s, notice.BackupEmailUsed, notice.Facts{}),
	}
}

// sayLost takes the lost factors away at once, so that whoever holds the phone
// is out, and with them every other session and known or remembered device.
func sayLost(s standing.Standing, step Step, _ time.Time) standing.Decision {
	d := standing.Decision{
		Events:  []audit.Event{{Kind: audit.PhoneLost, Facts: map[string]string{"removed": strconv.Itoa(len(step.Lost))}}},
		Notices: tell(s, notice.PhoneLost, notice.Facts{}),
	}
	for _, id := range step.Lost {
		d = d.And(standing.RemoveAuthenticator{ID: id})
		d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorRemoved, Reason: "lost", Facts: map[string]string{"authenticator": string(id)}})
	}
	return d.And(standing.EndSessions{Except: step.Session}, standing.ForgetDevices{}, standing.CloseChallenges{}, standing.ForgetMailCodes{})
}

func sayNotLost(standing.Standing, Step, time.Time) standing.Decision {
	return standing.Decision{Events: []audit.Event{{Kind: audit.PhoneNotLost}}}
}

// finishSetUp adds the confirmed factor. From here on MFA counts.
func finishSetUp(s standing.Standing, step Step, now time.Time) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{standing.AddAuthenticator{Authenticator: step.New}, standing.MarkProved{At: now}},
		Events:  []audit.Event{{Kind: audit.AuthenticatorAdded, Facts: map[string]string{"authenticator": string(step.New.ID)}}},
	}
	if s.MFA() {
		d.Notices = tell(s, notice.AuthenticatorAdded, notice.Facts{Name: step.New.Name})
		return d.Merge(DropGrants(s, "set-up"))
	}
	d = d.And(standing.SetMFA{Since: now}, standing.EndSessions{Except: step.Session}, standing.CloseChallenges{})
	d.Events = append(d.Events, audit.Event{Kind: audit.MFAOn})
	d.Notices = tell(s, notice.MFAOn, notice.Facts{})
	return d
}

// object ends whatever could be the thief's: sessions, devices, codes on their
// way, and what was set up lately.
func object(s standing.Standing, step Step, now time.Time) standing.Decision {
	return freeze(s, step, now).Merge(undo(s, now))
}

// freeze ends everything that is under way and takes away what others gave.
func freeze(s standing.Standing, step Step, now time.Time) standing.Decision {
	reason := "by-mail"
	if step.ByFactor {
		reason = "by-factor"
	}
	addresses := s.Addresses()
	if step.Address != "" && !slices.Contains(addresses, step.Address) {
		addresses = append(addresses, step.Address) // the backup e-mail until lately
	}
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.EndSessions{}, standing.CloseChallenges{}, standing.ForgetMailCodes{},
			standing.DropSetUps{}, standing.DropLinks{Purpose: standing.ForReset}, standing.DropLinks{Purpose: standing.ForAddress}, standing.ForgetDevices{},
		},
		Events:  []audit.Event{{Kind: audit.Objected, Reason: reason}},
		Notices: Tell(s, notice.Frozen, notice.Facts{}, addresses...),
	}
	if !step.ByFactor {
		d = d.And(standing.NoteObjection{Objection: standing.Objection{Address: step.Address, At: now}})
	}
	return d.Merge(parties(s, now)).Merge(DropGrants(s, objected)).Merge(freezeCase(s, now))
}

// parties remembers the members whose help, of late, is objected to: who gave,
// who answered, and who agreed.
func parties(s standing.Standing, now time.Time) standing.Decision {
	var d standing.Decision
	var noted []org.MemberID
	note := func(by org.MemberID, at time.Time) {
		if by == "" || slices.Contains(noted, by) || !now.Before(at.Add(standing.ChangesKept)) {
			return
		}
		noted = append(noted, by)
		d = d.And(standing.NoteChange{Change: standing.Change{What: standing.HelpOf, At: now, By: audit.Actor{Kind: audit.Member, Member: by}}})
	}
	note(s.Suspension.By.Member, s.Suspension.Until)
	// While it is there it counts, however long it waited.
	note(s.Pass.By.Member, now)
	note(s.Pass.AgreedBy, now)
	for _, r := range s.Requests {
		if r.State != standing.Refused && r.State != standing.Closed {
			note(r.By, r.Answered)
			note(r.AgreedBy, r.Agreed)
		}
	}
	return d
}

// NoteGivers remembers who had given what d takes away, because it was used, or
// ended: an objection may come later, and is not theirs to release.
func NoteGivers(s standing.Standing, d standing.Decision, now time.Time) standing.Decision {
	var noted standing.Decision
	var known []org.MemberID
	note := func(by org.MemberID) {
		if by != "" && !slices.Contains(known, by) {
			known = append(known, by)
			noted = noted.And(standing.NoteChange{Change: standing.Change{What: standing.GivenBy, At: now, By: audit.Actor{Kind: audit.Member, Member: by}}})
		}
	}
	for _, e := range d.Effects {
		if n, ok := e.(standing.NoteChange); ok && n.Change.What == standing.HelpOf {
			known = append(known, n.Change.By.Member)
		}
	}
	for _, e := range d.Effects {
		switch e := e.(type) {
		case standing.SpendPass:
			note(s.Pass.By.Member)
			note(s.Pass.AgreedBy)
		case standing.SetPass:
			if e.Pass.ID != s.Pass.ID {
				note(s.Pass.By.Member)
				note(s.Pass.AgreedBy)
			}
		case standing.SetSuspension:
			if !e.Suspension.Since.Equal(s.Suspension.Since) {
				note(s.Suspension.By.Member)
			}
		}
	}
	return noted
}

// UndoneFor is how long after it was set up an objection still takes something
// away: whoever is told has a day to say that it was not them.
const UndoneFor = 24 * time.Hour

// undo takes away what was set up lately, however it was: authenticators, backup
// codes and the backup e-mail, which may be what is objected to. The codes go too
// where a factor does that gives no powers yet: it may have come by one of them.
// Where the first factor goes that gives no powers yet, MFA goes off again, and
// the backup e-mail with it. One that counted already leaves MFA on: with an old
// mail and a new password by mail a mailbox alone would open it.
func undo(s standing.Standing, now time.Time) standing.Decision {
	lately := func(at time.Time) bool { return !at.IsZero() && now.Before(at.Add(UndoneFor)) }
	d := standing.Decision{}
	first, codes := false, lately(s.CodesMade)
	for _, a := range s.Authenticators {
		if !lately(a.Added) && !a.PowersFrom.After(now) {
			continue
		}
		d = d.And(standing.RemoveAuthenticator{ID: a.ID})
		d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorRemoved, Reason: "objected", Facts: map[string]string{"authenticator": string(a.ID)}})
		first = first || (a.PowersFrom.After(now) && !s.MFASince.Before(a.Added))
		codes = codes || a.PowersFrom.After(now)
	}
	if codes {
		d = d.And(standing.SetCodes{})
		d.Events = append(d.Events, audit.Event{Kind: audit.BackupCodesRemoved, Reason: "objected"})
	}
	if first {
		d = d.And(standing.SetMFA{})
		d.Events = append(d.Events, audit.Event{Kind: audit.MFAOff, Reason: "objected"})
	}
	if s.BackupEmail.Address != "" && (first || lately(s.BackupEmail.Confirmed)) {
		d = d.And(standing.SetBackupEmail{})
		d.Events = append(d.Events, audit.Event{Kind: audit.BackupEmailRemoved, Reason: "objected"})
	}
	return d
}

// AfterObjection returns what an objection at now leaves of the member's MFA:
// whether it is on, and whether a factor is left.
func AfterObjection(s standing.Standing, now time.Time) (mfa, factor bool) {
	mfa = s.MFA()
	left := len(s.Authenticators)
	for _, e := range undo(s, now).Effects {
		switch e.(type) {
		case standing.RemoveAuthenticator:
			left--
		case standing.SetMFA:
			mfa = false
		}
	}
	return mfa, left > 0
}

// release ends a freeze. What was taken away stays away; where no factor is left,
// a backup or an enrolment pass comes before a new one.
func release(s standing.Standing, step Step, _ time.Time) standing.Decision {
	return standing.Decision{
		Events:  []audit.Event{{Kind: audit.FreezeEnded, Reason: "by-giver", Facts: map[string]string{"verified": string(step.Verified)}}},
		Notices: toldByGiver(s, step, notice.Released, notice.ReleasedToAdministrators, notice.Facts{}),
	}
}

// setPasswordByMail also takes away what others have given: it was given to
// whoever knew the password before, not to whoever reads the mailbox.
func setPasswordByMail(s standing.Standing, _ Step, _ time.Time) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.EndSessions{}, standing.CloseChallenges{}, standing.ForgetMailCodes{},
			standing.DropSetUps{}, standing.DropLinks{Purpose: standing.ForReset}, standing.ForgetAllRemembered{},
			standing.MarkProved{}, // what was proved before it says nothing of whoever set it, wherever the clock stood
		},
		Events:  []audit.Event{{Kind: audit.PasswordSetByMail}},
		Notices: tell(s, notice.PasswordSetByMail, notice.Facts{}),
	}
	if s.Status == standing.Frozen {
		d.Events = append(d.Events, audit.Event{Kind: audit.FreezeEnded, Reason: "by-mail"})
		d.Notices = append(d.Notices, tell(s, notice.FreezeEnded, notice.Facts{})...)
	}
	return d.Merge(DropGrants(s, "password-by-mail"))
}

// tell addresses a message to the member, on all addresses.
func tell(s standing.Standing, kind notice.Kind, facts notice.Facts) []notice.Message {
	return Tell(s, kind, facts, s.Addresses()...)
}

// Tell addresses a message about the member to each of the addresses.
func Tell(s standing.Standing, kind notice.Kind, facts notice.Facts, addresses ...org.Email) []notice.Message {
	messages := make([]notice.Message, len(addresses))
	for i, address := range addresses {
		messages[i] = notice.Message{
			Kind: kind, Organisation: s.Organisation.ID, OrgName: s.Organisation.Name, Member: s.Member.ID,
			To: address, ToName: s.Member.Name, Language: s.Language(), Facts: facts,
		}
	}
	return messages
}
