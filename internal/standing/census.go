package standing

// A Census counts an organisation's members at one instant by what forcing MFA
// means to them.
type Census struct {
	Active    int // of them:
	With      int // MFA is on, disabled for a while or not
	Without   int // MFA is off
	NoBackup  int // MFA is on, with neither an unused backup code nor a confirmed backup e-mail
	Suspended int // MFA is disabled for a while
	Invited   int // have not come yet
}
