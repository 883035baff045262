package ladder

//go:generate go test -run TestTheDocsSayWhatTheRulesSay . -update

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

var update = flag.Bool("update", false, "write docs/ladder.md anew")

// document writes the rules as docs/ladder.md has them.
func document() string {
	var b strings.Builder
	b.WriteString("# The ladder\n\nGenerated from `internal/ladder` by `go generate ./internal/ladder`; a test fails where the two differ.\n")
	b.WriteString("What is not listed here is refused.\n\n## The rungs\n\n| rung | what | what proves it |\n|---|---|---|\n")
	for _, w := range ways {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", w.rung, w.name, w.proves)
	}
	b.WriteString("\n## The steps\n\nA recovery stands at one of four statuses. Each row is a step that may be taken from one, and what follows.\n\n")
	b.WriteString("- **settled**: none is under way.\n- **answering**: a backup let the member in; whether the phone is lost is open.\n- **replacing**: the phone is lost, its factors are gone, MFA stays on, and a new factor is to be set up.\n- **frozen**: someone pressed “This was not me”; only a factor, a new password by mail or whoever releases it goes on.\n\n")
	b.WriteString("| from | step | only if | then |\n|---|---|---|---|\n")
	for _, r := range rules {
		s := standing.Standing{Status: r.from}
		then := string(r.to(s, Step{}))
		if r.step == Suspend && r.from != standing.Replacing {
			then += ", or " + string(standing.Replacing) + " where the phone is lost"
		}
		if r.from == standing.Frozen && (r.step == SetPasswordByMail || r.step == Release) {
			s.MFASince = time.Unix(1, 0)
			then += ", or " + string(r.to(s, Step{})) + " where every factor is gone"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.from, r.step, r.guard.says, then)
	}
	b.WriteString("\n## What a member may change under My login\n\nEach change also needs a fresh proof: the password, and MFA where it is on, within the last 5 minutes.\n\n")
	columns := documentedSessions()
	b.WriteString("| change |")
	for _, c := range columns {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, act := range Acts {
		fmt.Fprintf(&b, "| %s |", act)
		for _, c := range columns {
			reason, _ := May(c.standing, c.session, act, noon)
			if reason == "" {
				reason = "yes"
			}
			fmt.Fprintf(&b, " %s |", reason)
		}
		b.WriteString("\n")
	}
	return b.String()
}

type documented struct {
	name     string
	standing standing.Standing
	session  session.Session
}

func documentedSessions() []documented {
	on := withMFA()
	off := standing.Standing{Status: standing.Settled}
	lost := withMFA()
	lost.Status, lost.Authenticators = standing.Replacing, nil
	forced := withMFA()
	forced.Organisation.MFA.Forced = true
	return []documented{
		{"MFA off", off, session.Session{CameBy: session.ByPassword}},
		{"by authenticator", on, session.Session{CameBy: session.ByFactor, FactorProved: noon, PowersFrom: noon}},
		{"the same, MFA forced", forced, session.Session{CameBy: session.ByFactor, FactorProved: noon, PowersFrom: noon}},
		{"by an authenticator set up less than 24 h ago", on, session.Session{CameBy: session.ByFactor, FactorProved: noon, PowersFrom: noon.Add(time.Hour)}},
		{"by a backup", on, session.Session{CameBy: session.ByBackupCode}},
		{"by a backup, phone lost", lost, session.Session{CameBy: session.ByBackupCode}},
		{"while MFA is suspended", on, session.Session{CameBy: session.BySuspension, Created: noon}},
		{"by an enrolment pass", on, session.Session{CameBy: session.ByPass, Created: noon, Pass: "pass"}},
	}
}

func TestTheDocsSayWhatTheRulesSay(t *testing.T) {
	const file = "../../docs/ladder.md"
	want := document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the rules say: run go generate ./internal/ladder", file)
	}
}
