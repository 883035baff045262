package web

import (
	"slices"

	"github.com/sparekey/sparekey/internal/desk"
)

// A served is a pattern that is answered, and to whom.
type served struct {
	pattern string
	need    need
	handle  func(*visit) error
}

// paths lists every page and form.
func (s *Server) paths() []served {
	return slices.Concat(s.outside(), s.backIn(), s.ownPages(), s.employeePages(), s.officePages())
}

// outside are the paths of what is open to anyone: signing in, links that were mailed, help.
func (s *Server) outside() []served {
	return []served{
		{"GET /{$}", anyone, s.home},
		{"GET /sign-in", anyone, s.signInPage},
		{"POST /sign-in", anyone, s.signIn},
		{"GET /sign-in/organisation", anyone, s.choosePage},
		{"POST /sign-in/organisation", anyone, s.choose},
		{"POST /sign-out", anyone, s.signOut},
		{"POST /language", anyone, s.language},
		{"GET /password/forgotten", anyone, s.forgottenPage},
		{"POST /password/forgotten", anyone, s.forgotten},
		{"GET /password/new/{token}", anyone, s.newPasswordPage},
		{"POST /password/new/{token}", anyone, s.newPassword},
		{"POST /password/strength", anyone, s.strength},
		{"GET /invitation/{token}", anyone, s.invitationPage},
		{"POST /invitation/{token}", anyone, s.invitation},
		{"GET /not-me/{token}", anyone, s.notMePage},
		{"POST /not-me/{token}", anyone, s.notMe},

		{"GET /enrolment-pass/{token}", anyone, s.passPage},
		{"POST /enrolment-pass/{token}", anyone, s.pass},

		{"GET /help/lost-mfa", anyone, s.helpPage},
		{"GET /safe-copy", anyone, s.safeCopyPage},
		{"GET /safe-copy/where", anyone, s.wherePage},
		{"GET /address/{token}", anyone, s.newAddressPage},
		{"POST /address/{token}", anyone, s.newAddress},
		{"GET /auth/verify", anyone, s.verify},
	}
}

// backIn are the paths of the ways back in, asking for help and the set-up of MFA.
func (s *Server) backIn() []served {
	return []served{
		{"GET /mfa", signingIn, s.mfaPage},
		{"POST /mfa", signingIn, s.mfa},
		{"GET /mfa/email", signingIn, s.mfaEmailPage},
		{"POST /mfa/email", signingIn, s.mfaEmail},
		{"POST /mfa/email/code", signingIn, s.mfaEmailCode},
		{"GET /backup", signingIn, s.backupPage},
		{"POST /backup/code", signingIn, s.backupCode},
		{"POST /backup/email", signingIn, s.mailBackupCode},
		{"GET /backup/email", signingIn, s.mailedCodePage},
		{"POST /backup/email/code", signingIn, s.mailedCode},

		{"GET /mfa/help", anyone, s.askPage},
		{"GET /mfa/help/state", anyone, s.askStateOf},
		{"POST /mfa/help", signingIn, s.ask},
		{"POST /mfa/help/withdraw", anyone, s.withdrawHelp},
		{"POST /mfa/help/on", signingIn, s.carryOn},

		{"GET /mfa/desk", signingIn, s.beginCasePage},
		{"POST /mfa/desk", signingIn, s.beginCase},
		{"GET /cases/{number}", anyone, s.casePage},
		{"GET /cases/{number}/talk", anyone, s.caseTalk},
		{"GET /cases/{number}/events", anyone, s.caseEvents},
		{"POST /cases/{number}/write", anyone, s.caseWrite},
		{"POST /cases/{number}/files", anyone, s.caseFile},
		{"POST /cases/{number}/seen", anyone, s.caseSeen},
		{"POST /cases/{number}/withdraw", anyone, s.caseWithdraw},
		{"POST /cases/{number}/halves", signingIn, s.caseHalves},

		{"GET /lost-phone", answeringUp, s.lostPhonePage},
		{"POST /lost-phone", answeringUp, s.lostPhone},

		{"GET /setup-mfa", settingUp, s.setUpPage},
		{"POST /setup-mfa/begin", settingUp, s.setUpBegin},
		{"POST /setup-mfa/check", settingUp, s.setUpCheck},
		{"POST /setup-mfa/check/again", settingUp, s.setUpCheckAgain},
		{"POST /setup-mfa/scan", settingUp, s.setUpScan},
		{"GET /setup-mfa/codes.txt", settingUp, s.codesFile},
		{"POST /setup-mfa/codes", settingUp, s.setUpCodes},
		{"POST /setup-mfa/email", settingUp, s.setUpEmail},
		{"POST /setup-mfa/email/code", settingUp, s.setUpEmailCode},
		{"POST /setup-mfa/email/again", settingUp, s.setUpEmailAgain},
		{"POST /setup-mfa/email/other", settingUp, s.setUpEmailOther},
		{"POST /setup-mfa/email/skip", settingUp, s.setUpEmailSkip},
		{"POST /setup-mfa/stop", settingUp, s.setUpStop},
		{"GET /setup-mfa/done", settingUp, s.setUpDone},
		{"GET /setup-mfa/stopped", settingUp, s.setUpStopped},
		{"GET /prove", settingUp, s.provePage},
		{"POST /prove", settingUp, s.prove},
		{"POST /prove/no-phone", anyone, s.noPhone},
	}
}

// ownPages are the paths of what members do about themselves.
func (s *Server) ownPages() []served {
	return []served{
		{"GET /my-login", member, s.myLogin},
		{"POST /my-login/language", member, s.myLanguage},
		{"GET /my-login/password", member, s.myPasswordPage},
		{"POST /my-login/password", member, s.myPassword},
		{"GET /my-login/authenticators/{id}", member, s.myAuthenticatorPage},
		{"POST /my-login/authenticators/{id}/rename", member, s.renameAuthenticator},
		{"POST /my-login/authenticators/{id}/remove", member, s.removeAuthenticator},
		{"GET /my-login/mfa-off", member, s.mfaOffPage},
		{"POST /my-login/mfa-off", member, s.mfaOff},
		{"GET /my-login/backup-codes", member, s.myCodesPage},
		{"POST /my-login/backup-codes", member, s.makeCodes},
		{"POST /my-login/backup-codes/confirm", member, s.confirmCodes},
		{"POST /my-login/backup-codes/stop", member, s.stopCodes},
		{"GET /my-login/backup-email", member, s.myEmailPage},
		{"POST /my-login/backup-email", member, s.changeEmail},
		{"POST /my-login/backup-email/code", member, s.myEmailCode},
		{"POST /my-login/backup-email/again", member, s.myEmailAgain},
		{"POST /my-login/backup-email/other", member, s.myEmailOther},
		{"POST /my-login/backup-email/remove", member, s.removeEmail},
		{"POST /my-login/sessions/{id}/end", member, s.endSession},
		{"POST /my-login/sessions/others/end", member, s.endOtherSessions},
		{"POST /my-login/remembered/{id}/forget", member, s.forgetDevice},
		{"POST /my-login/remembered/all/forget", member, s.forgetAllDevices},
		{"GET /my-login/drill", member, s.drill},
	}
}

// employeePages are the paths of what is done about an employee.
func (s *Server) employeePages() []served {
	return []served{
		{"GET /employees", member, s.employees},
		{"GET /employees/{id}", member, s.employeePage},
		{"GET /employees/{id}/disable-mfa", member, s.disableMFAPage},
		{"POST /employees/{id}/disable-mfa", member, s.disableMFA},
		{"GET /employees/{id}/enable-mfa", member, s.enableMFAPage},
		{"POST /employees/{id}/enable-mfa", member, s.enableMFA},
		{"GET /employees/{id}/enrolment-pass", member, s.givePassPage},
		{"POST /employees/{id}/enrolment-pass", member, s.givePass},
		{"GET /employees/{id}/agree-to-pass", member, s.agreeToPassPage},
		{"POST /employees/{id}/agree-to-pass", member, s.agreeToPass},
		{"GET /employees/{id}/stop-pass", member, s.stopPassPage},
		{"POST /employees/{id}/stop-pass", member, s.stopPass},
		{"GET /employees/{id}/release", member, s.releasePage},
		{"POST /employees/{id}/release", member, s.release},
		{"GET /employees/{id}/sign-out", member, s.signOutThemPage},
		{"POST /employees/{id}/sign-out", member, s.signOutThem},
		{"GET /employees/{id}/deactivate", member, s.deactivateThemPage},
		{"POST /employees/{id}/deactivate", member, s.deactivateThem},
		{"GET /employees/{id}/edit", member, s.employeeEditPage},
		{"POST /employees/{id}/edit", member, s.employeeEdit},
		{"GET /employees/new", member, s.newEmployeePage},
		{"POST /employees/new", member, s.newEmployee},
		{"GET /employees/import", member, s.importPage},
		{"POST /employees/import", member, s.upload},
		{"GET /employees/import/example.csv", member, s.importExample},
		{"GET /employees/import/lines.csv", member, s.importLines},
		{"POST /employees/import/confirm", member, s.importConfirm},
		{"GET /employees/import/done", member, s.importDone},
		{"POST /employees/{id}/invite", member, s.inviteAgain},
		{"POST /employees/{id}/withdraw", member, s.withdraw},
		{"GET /employees/{id}/reactivate", member, s.reactivatePage},
		{"POST /employees/{id}/reactivate", member, s.reactivate},
		{"GET /employees/{id}/erase", member, s.erasePage},
		{"POST /employees/{id}/erase", member, s.erase},
	}
}

// officePages are the paths of requests, teams, settings, readiness and the log.
func (s *Server) officePages() []served {
	return []served{
		{"GET /desk", member, s.deskPage},
		{"GET /desk/{number}", member, s.deskCasePage},
		{"GET /desk/{number}/talk", member, s.deskTalk},
		{"GET /desk/{number}/events", member, s.deskEvents},
		{"GET /desk/{number}/evidence/{id}/{page}", member, s.deskEvidence},
		{"POST /desk/{number}/seen", member, s.deskSeen},
		{"POST /desk/{number}/take", member, s.deskAct(desk.Take)},
		{"POST /desk/{number}/hand-on", member, s.deskAct(desk.HandOn)},
		{"POST /desk/{number}/say", member, s.deskAct(desk.Say)},
		{"POST /desk/{number}/note", member, s.deskAct(desk.Note)},
		{"POST /desk/{number}/call", member, s.deskAct(desk.Call)},
		{"POST /desk/{number}/tick", member, s.deskAct(desk.Tick)},
		{"POST /desk/{number}/ask", member, s.deskAct(desk.AskMore)},
		{"POST /desk/{number}/approve", member, s.deskAct(desk.Approve)},
		{"POST /desk/{number}/confirm", member, s.deskAct(desk.Confirm)},
		{"POST /desk/{number}/reject", member, s.deskAct(desk.Reject)},
		{"POST /desk/{number}/hand", member, s.deskAct(desk.Hand)},
		{"POST /desk/{number}/release", member, s.deskAct(desk.Release)},
		{"POST /desk/{number}/pick", member, s.deskAct(desk.Pick)},

		{"GET /requests", member, s.requests},
		{"GET /requests/{id}", member, s.requestPage},
		{"POST /requests/{id}/approve", member, s.approveRequest},
		{"POST /requests/{id}/refuse", member, s.refuseRequest},
		{"POST /requests/{id}/agree", member, s.agreeToRequest},
		{"POST /requests/{id}/stop", member, s.stopRequest},
		{"GET /teams", member, s.teamsPage},
		{"POST /teams", member, s.makeTeam},
		{"GET /teams/{id}", member, s.teamPage},
		{"POST /teams/{id}/rename", member, s.renameTeam},
		{"POST /teams/{id}/supervisors/find", member, s.findSupervisor},
		{"POST /teams/{id}/supervisors", member, s.addSupervisor},
		{"POST /teams/{id}/supervisors/remove", member, s.removeSupervisor},
		{"GET /teams/{id}/remove", member, s.removeTeamPage},
		{"POST /teams/{id}/remove", member, s.removeTeam},
		{"GET /readiness", member, s.readyPage},
		{"GET /readiness/remind", member, s.remindPage},
		{"POST /readiness/remind", member, s.remind},
		{"GET /log", member, s.logPage},
		{"POST /log", member, s.searchLog},
		{"POST /log/export", member, s.exportLog},

		{"GET /settings/general", member, s.generalPage},
		{"GET /settings/general/force", member, s.forcePage},
		{"POST /settings/general/force", member, s.force},
		{"GET /settings/general/unforce", member, s.unforcePage},
		{"POST /settings/general/unforce", member, s.unforce},
		{"GET /settings/general/name", member, s.namePage},
		{"POST /settings/general/name", member, s.rename},
		{"GET /settings/recovery", member, s.recoveryPage},
		{"GET /settings/recovery/change", member, s.changePage},
		{"POST /settings/recovery/change", member, s.change},
		{"POST /settings/recovery/call-back", member, s.callBack},
		{"POST /settings/recovery/remember", member, s.remember},
	}
}
