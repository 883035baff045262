package audit

import "strings"

// Kinds lists every kind, for tests that walk them all and for filters.
var Kinds = []Kind{
	OrganisationCreated, MembersImported, MemberInvited, InvitationAccepted,
	PasswordRight, PasswordWrong, CodeWrong, CodeReplayed, ChallengeEnded, SignedIn, SignedOut, ProofRenewed, FactorProved,
	BackupCodeSpent, MailCodeSent, MailCodeSpent, PhoneLost, PhoneNotLost, RecoveryRefused, Objected, FreezeEnded,
	SetUpBegun, SetUpStopped, AuthenticatorAdded, AuthenticatorRenamed, AuthenticatorRemoved, MFAOn, MFAOff,
	BackupCodesMade, BackupCodesRemoved, BackupEmailSet, BackupEmailRemoved,
	PasswordResetAsked, PasswordSetByMail, PasswordChanged, PasswordEnded,
	MFASuspended, SuspensionEnded, PassGiven, PassOpened, PassUsed, PassEnded, PassAgreed,
	HelpAsked, HelpApproved, HelpRefused, HelpEnded, MatchingWrong,
	MemberDeactivated, RoleChanged, LanguageChanged,
	InvitationWithdrawn, MemberErased, MemberMoved, MemberRenamed, PhoneChanged, AddressAsked, AddressChanged, TeamMade, TeamRenamed, TeamRemoved, SupervisorAdded, SupervisorRemoved,
	SessionsEnded, DeviceRemembered, DeviceForgotten, DeviceCopied, RememberingSet, ForcingSet, RecoverySet, OrganisationSet,
	CaseOpened, CaseTaken, CaseAsked, CaseCalled, CaseChecked, CaseApproved, CasePicked, CaseHanded, CaseLapsed, CaseReleased, CaseEnded, CaseDestroyed,
	EvidenceKept, EvidenceRefused, EvidenceViewed,
	ForeignForm, MailFailed, OriginsErased, LogMended, LogExported, BackupsReminded, InstallationRestored,
}

// A Group is what kinds of event have in common, for whoever looks for one.
type Group string

// The groups.
const (
	SignIns    Group = "sign-in"
	Recoveries Group = "recovery"
	Factors    Group = "factors"
	Passwords  Group = "passwords"
	People     Group = "people"
	Settings   Group = "settings"
	Rest       Group = "rest" // the log itself, mails, the installation
)

// Groups lists every group.
var Groups = []Group{SignIns, Recoveries, Factors, Passwords, People, Settings, Rest}

// groups says by their beginnings which kinds belong together; the first that
// fits counts.
var groups = []struct {
	group      Group
	beginnings []string
}{
	{SignIns, []string{"sign-in.", "sign-out", "proof.", "factor.", "sessions.", "device."}},
	{Recoveries, []string{"recovery.", "help.", "case.", "mfa.suspended", "mfa.suspension."}},
	{Factors, []string{"set-up.", "authenticator.", "mfa.", "backup-codes.", "backup-email."}},
	{Passwords, []string{"password."}},
	{People, []string{"member.", "members.", "invitation.", "role.", "language.", "team.", "supervisor."}},
	{Settings, []string{"organisation."}},
}

// Group returns the group of k; Rest where it begins like none.
func (k Kind) Group() Group {
	for _, g := range groups {
		for _, beginning := range g.beginnings {
			if strings.HasPrefix(string(k), beginning) {
				return g.group
			}
		}
	}
	return Rest
}

// Of returns the kinds of group g.
func (g Group) Of() []Kind {
	var kinds []Kind
	for _, k := range Kinds {
		if k.Group() == g {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
