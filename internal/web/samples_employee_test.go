package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// employeeProblems are those of the forms about an employee.
var employeeProblems = []Why{
	NoLength, NoLost, NotVerified, NoNote, CallNoNumber, CallNumberNew, CallPassword,
}

// employeeBuilt are the ids that the pages about an employee put together.
func employeeBuilt() []string {
	var ids []string
	for _, r := range employeeReasons {
		ids = append(ids, "closed."+r)
		if (Shut{Reason: r, Settings: true}).Next() != "" {
			ids = append(ids, "closed."+r+".next")
		}
	}
	for _, w := range employeeProblems {
		ids = append(ids, "problem."+string(w))
	}
	for _, n := range employeeNotices {
		ids = append(ids, "notice."+string(n))
	}
	for _, state := range []string{"off", "must", "lost", "frozen"} {
		ids = append(ids, "bar."+state)
	}
	for _, state := range []org.State{org.Active, org.Invited, org.Deactivated} {
		ids = append(ids, "member-state."+string(state))
	}
	for _, a := range employeeActs() {
		for _, part := range append([]string{"title", "lead", "button"}, does(a.Does())...) {
			ids = append(ids, "act."+a.Act+"."+part)
		}
	}
	for _, l := range []string{"1h", "midnight", "1d", "3d", "7d"} {
		ids = append(ids, "length."+l)
	}
	return append(ids, "verified.in-person", "verified.video")
}

func does(parts []string) []string {
	var ids []string
	for _, p := range parts {
		ids = append(ids, "does-"+p)
	}
	return ids
}

// managing is the frame of whoever looks at employees.
func managing(f Frame) Frame {
	f = in(f)
	f.Member, f.Here = "Annika de Groot-Verschoor", "/employees"
	f.Tabs = []Tab{{Path: "/log"}}
	return f
}

// fatima is the employee's page as it is on most days.
func fatima(f Frame, change func(*Employee)) Employee {
	e := Employee{
		Frame: managing(f), ID: "e1", Name: "Fatima el Amrani", Email: "fatima.el.amrani@goudenkorst.nl", Phone: "06 1234 5678", Team: "Nachtploeg",
		Role: org.Employee, Speaks: org.Dutch, State: org.Active,
		Bar:     Bar{State: "on", Since: noon, Apps: 1, CodesLeft: 7, CodesMade: 10, BackupEmail: "a…@…nl"},
		MayHelp: true, MayPass: true, Edit: true, SignOut: true, Deactivate: true, Log: "/log",
	}
	if change != nil {
		change(&e)
	}
	return e
}

func employeeActs() []EmployeeAct {
	ways := []Answer{{Value: "in-person"}, {Value: "video"}, {Value: "call"}}
	pass := Waiting{From: noon.Add(26 * time.Hour), Until: noon.Add(50 * time.Hour), By: "Joost Bakker"}
	acts := []EmployeeAct{
		{Act: "disable-mfa", Verified: ways, Lengths: []Answer{{Value: "1h"}, {Value: "midnight"}, {Value: "1d", Checked: true}, {Value: "3d"}, {Value: "7d"}}},
		{Act: "enable-mfa"}, {Act: "enrolment-pass", Verified: ways, From: noon.Add(26 * time.Hour)}, {Act: "release", Verified: ways},
		{Act: "agree-to-pass", Pass: pass, Given: noon}, {Act: "stop-pass", Pass: pass, Given: noon},
		{Act: "sign-out"}, {Act: "deactivate"},
	}
	for i := range acts {
		acts[i].ID, acts[i].Name, acts[i].Phone, acts[i].Addresses = "e1", "Fatima el Amrani", "06 1234 5678", 2
		acts[i].Told = []string{"Annika de Groot-Verschoor", "Joost Bakker"}
	}
	return acts
}

// employeeSamples are the pages about an employee.
func employeeSamples() []sample {
	page := func(name string, change func(*Employee)) sample {
		return sample{"employee-" + name, func(f Frame) Page { return fatima(f, change) }}
	}
	settings := Shut{Reason: "mfa-forced", Settings: true}
	all := []sample{
		page("overview", nil),
		page("disabled", func(e *Employee) {
			e.Bar.State, e.Bar.Until, e.Bar.By, e.Bar.Lost, e.Bar.Apps, e.MayEnable = "disabled", noon.Add(24*time.Hour), "Joost Bakker", true, 0, true
			e.Notices = []Notice{{ID: NoticeDisabledMFA}}
		}),
		page("forced", func(e *Employee) { e.Forced, e.MayHelp, e.HelpClosed = true, false, settings }),
		page("administrator", func(e *Employee) {
			e.Role, e.MayHelp, e.HelpClosed = org.Administrator, false, Shut{Reason: "higher-role"}
			e.Bar.Pass = Waiting{From: noon.Add(26 * time.Hour), Until: noon.Add(50 * time.Hour), By: "Joost Bakker"}
			e.MayAgree, e.MayStop = true, true
		}),
		page("own-pass", func(e *Employee) {
			e.Bar.Pass = Waiting{From: noon.Add(26 * time.Hour), Until: noon.Add(50 * time.Hour), By: "Joost Bakker"}
			e.MayStop, e.AgreeClosed = true, Shut{Reason: "gave-it-yourself"}
		}),
		page("asked", func(e *Employee) { e.Request = "r1" }),
		page("off", func(e *Employee) { e.Bar, e.MayHelp, e.MayPass = Bar{State: "off"}, false, false }),
		page("must", func(e *Employee) { e.Bar, e.MayHelp, e.MayPass = Bar{State: "must"}, false, false }),
		page("grace", func(e *Employee) {
			e.Bar, e.MayHelp, e.MayPass = Bar{State: "grace", Until: noon.Add(72 * time.Hour)}, false, false
		}),
		page("lost", func(e *Employee) { e.Bar = Bar{State: "lost", Pass: Waiting{Until: noon.Add(time.Hour)}} }),
		page("frozen", func(e *Employee) { e.Bar.State, e.MayHelp, e.MayPass, e.MayRelease = "frozen", false, false, true }),
		page("frozen-party", func(e *Employee) {
			e.Bar.State, e.MayHelp, e.MayPass, e.ReleaseClosed = "frozen", false, false, Shut{Reason: "party", From: noon.Add(6 * 24 * time.Hour)}
		}),
		page("supervisor", func(e *Employee) {
			*e = Employee{Frame: e.Frame, ID: e.ID, Name: e.Name, Email: e.Email, Role: e.Role, Speaks: e.Speaks, State: e.State, Bar: e.Bar, HelpClosed: Shut{Reason: "only-when-asked"}}
		}),
		page("closed", func(e *Employee) {
			*e = Employee{Frame: e.Frame, ID: e.ID, Name: e.Name, Email: e.Email, Role: e.Role, Speaks: e.Speaks, State: e.State, Bar: e.Bar, Closed: Shut{Reason: "own-mfa-first"}}
		}),
		page("invited", func(e *Employee) { e.State, e.Invite, e.SignOut, e.Deactivate = org.Invited, true, false, false }),
		page("deactivated", func(e *Employee) {
			e.State, e.SignOut, e.Deactivate, e.Reactivate, e.Erase = org.Deactivated, false, false, true, true
		}),
	}
	for _, a := range employeeActs() {
		all = append(all, sample{"act-" + a.Act, func(f Frame) Page { a.Frame = managing(f); return a }})
	}
	for _, w := range employeeProblems {
		all = append(all, sample{"employee-problem-" + string(w), func(f Frame) Page {
			a := employeeActs()[0]
			a.Frame = with(managing(f), Problem{Why: w, Field: map[Why]string{NoLength: "length", NoLost: "lost", NoNote: "note"}[w]})
			return a
		}})
	}
	for _, r := range employeeReasons {
		all = append(all, sample{"act-closed-" + r, func(f Frame) Page {
			return EmployeeAct{Frame: managing(f), ID: "e1", Name: "Fatima el Amrani", Act: "disable-mfa", Closed: Shut{Reason: r, From: noon, Settings: true}}
		}})
	}
	call := employeeActs()[0]
	call.Phone, call.Told, call.Addresses = "", nil, 1
	call.Verified = []Answer{{Value: "in-person"}, {Value: "video"}, {Value: "call", Closed: Shut{Reason: "no-phone"}}}
	return append(all, sample{"act-no-phone", func(f Frame) Page { call.Frame = managing(f); return call }})
}
