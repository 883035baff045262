package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/standing"
)

// whyClosed are the reasons for which a setting cannot be changed now.
var whyClosed = []ladder.Reason{
	ladder.CameByBackup, ladder.CameBySuspension, ladder.CameByPass, ladder.OwnMFAFirst, ladder.FactorTooNew, ladder.NotYours,
}

// settling is the frame of an administrator's pages.
func settling(f Frame) Frame {
	f = in(f)
	f.Here, f.Tabs = generalPath, []Tab{{Path: generalPath}}
	return f
}

func general(f Frame, change func(v *SettingsGeneral)) SettingsGeneral {
	v := SettingsGeneral{
		Frame: settling(f), Name: bakery, Plan: org.Free, KvK: "12345678", Speaks: org.Dutch, Forcing: ForcingOff,
		Since: noon.AddDate(0, -1, 0), By: "Annika de Groot-Verschoor", GraceUntil: noon.AddDate(0, 0, 5), OffUntil: noon.AddDate(0, 0, 3),
	}
	if change != nil {
		change(&v)
	}
	return v
}

func recovering(f Frame, change func(v *SettingsRecovery)) SettingsRecovery {
	v := SettingsRecovery{Frame: settling(f)}
	holds, coming := org.RecoveryPolicy{LongestSuspension: 24 * time.Hour, Wait: 72 * time.Hour}, org.RecoveryPolicy{Wait: 72 * time.Hour}
	for _, s := range org.Settings {
		v.Rows = append(v.Rows, SettingRow{Name: f.Voice.Setting(s), Now: f.Voice.SettingValue(holds, s)})
	}
	if change == nil {
		return v
	}
	change(&v)
	for i, s := range org.Settings {
		if !v.LaterFrom.IsZero() && holds.Value(s) != coming.Value(s) {
			v.Rows[i].Later = f.Voice.SettingValue(coming, s)
		}
	}
	return v
}

// settingsSamples are the pages of settings.
func settingsSamples() []sample {
	all := []sample{
		{"settings-general", func(f Frame) Page { return general(f, nil) }},
		{"settings-general-on", func(f Frame) Page { return general(f, func(v *SettingsGeneral) { v.Forcing = ForcingOn }) }},
		{"settings-general-operator", func(f Frame) Page {
			return general(f, func(v *SettingsGeneral) { v.Forcing, v.By, v.ByOperator = ForcingOn, "", true })
		}},
		{"settings-general-since", func(f Frame) Page {
			return general(f, func(v *SettingsGeneral) { v.Forcing, v.By = ForcingOn, "" })
		}},
		{"settings-general-grace", func(f Frame) Page { return general(f, func(v *SettingsGeneral) { v.Forcing = ForcingGrace }) }},
		{"settings-general-paused", func(f Frame) Page {
			return general(f, func(v *SettingsGeneral) { v.Forcing = ForcingPaused })
		}},
		{"settings-general-desk", func(f Frame) Page {
			return general(f, func(v *SettingsGeneral) { v.Forcing, v.KvK = ForcingDesk, "" })
		}},
		{"settings-force", func(f Frame) Page {
			return SettingsForce{Frame: settling(f), Grace: "7", Preview: policy.Preview{
				Census: standing.Census{Active: 24, With: 17, Without: 7, NoBackup: 3, Suspended: 1, Invited: 2}, Sole: true}}
		}},
		{"settings-force-nobody", func(f Frame) Page {
			return SettingsForce{Frame: with(settling(f), Problem{Why: CountsChanged}), Grace: "0", Paused: true, Preview: policy.Preview{
				Census: standing.Census{Active: 1, With: 1}}}
		}},
		{"settings-unforce", func(f Frame) Page { return SettingsUnforce{Frame: settling(f), Lengths: policy.Pauses} }},
		{"settings-unforce-none", func(f Frame) Page {
			return SettingsUnforce{Frame: with(settling(f), Problem{Why: NothingChosen, Field: "for"}), Lengths: policy.Pauses}
		}},
		{"settings-name", func(f Frame) Page { return SettingsName{Frame: settling(f), Name: bakery, Speaks: org.Dutch} }},
		{"settings-name-taken", func(f Frame) Page {
			return SettingsName{Frame: with(settling(f), Problem{Why: NameOfOther, Field: "name"}), Name: bakery, Speaks: org.Dutch}
		}},
		{"settings-recovery", func(f Frame) Page { return recovering(f, nil) }},
		{"settings-recovery-coming", func(f Frame) Page {
			return recovering(f, func(v *SettingsRecovery) {
				v.LaterFrom, v.Remember, v.RememberFrom = noon.AddDate(0, 0, 1), true, noon.AddDate(0, 0, 1)
			})
		}},
		{"settings-recovery-remembers", func(f Frame) Page {
			return recovering(f, func(v *SettingsRecovery) { v.Remember, v.Change = true, Closed{Reason: ladder.OwnMFAFirst} })
		}},
		{"settings-recovery-desk", func(f Frame) Page { return recovering(f, func(v *SettingsRecovery) { v.Desk = true }) }},
		{"settings-change", func(f Frame) Page { return SettingsChange{Frame: settling(f), From: "09:00", To: "17:00"} }},
		{"settings-change-hours", func(f Frame) Page {
			return SettingsChange{Frame: with(settling(f), Problem{Why: BadHours, Field: "from"}), From: "17:00", To: "09:00", Waits: true}
		}},
	}
	for _, r := range whyClosed {
		all = append(all, sample{"settings-why-" + string(r), func(f Frame) Page {
			return general(f, func(v *SettingsGeneral) { v.Force, v.Rename = Closed{r, noon}, Closed{r, noon} })
		}})
	}
	return all
}
