package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/alecthomas/kong"

	"github.com/sparekey/sparekey/internal/password"
)

// A line is the command line of a program with nothing but settings.
type line struct {
	Config
	Run struct{} `cmd:"" default:"1"`
}

// read parses args with the text of a settings file, if any.
func read(t *testing.T, file string, args ...string) (Config, error) {
	t.Helper()
	t.Setenv("SPAREKEY_CONFIG", "") // not the one of this machine
	if file != "" {
		path := filepath.Join(t.TempDir(), "sparekey.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	var l line
	_, err := parser(t, &l).Parse(args)
	return l.Config, err
}

func parser(t *testing.T, l *line) *kong.Kong {
	t.Helper()
	p, err := kong.New(l, Options()...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustRead(t *testing.T, file string, args ...string) Config {
	t.Helper()
	c, err := read(t, file, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../packaging/sparekey.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheExampleIsReadAsItStands(t *testing.T) {
	c := mustRead(t, example(t))
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for _, got := range []struct{ got, want any }{
		{c.BaseURL.String(), "https://login.example.com"},
		{c.Listen, "127.0.0.1:8080"},
		{c.DatabaseFile(), "/var/lib/sparekey/sparekey.db"},
		{c.MasterKeyPath(), "/var/lib/sparekey/master.key"},
		{Prefixes(c.TrustedProxies), []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}},
		{c.SMTP, SMTP{"smtp.example.com", 587, "starttls", "sparekey@example.com", "/etc/sparekey/smtp-password", "Sparekey <sparekey@example.com>"}},
		{c.Support, Support{"Example IT", "+31 20 555 0100", "it@example.com"}},
	} {
		if !reflect.DeepEqual(got.got, got.want) {
			t.Errorf("got %v, want %v", got.got, got.want)
		}
	}
}

var optional = regexp.MustCompile(`(?m)^# ( *(?:# )?[a-z-]+:( .*)?|  +# .*)$`)

// TestTheExampleShowsEverySetting also reads what is commented out, which
// shows the defaults.
func TestTheExampleShowsEverySetting(t *testing.T) {
	text := optional.ReplaceAllString(example(t), "$1")
	all, err := parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var l line
	for _, flag := range parser(t, &l).Model.Flags {
		value, ok := all.values[flag.Name]
		if IsSetting(flag) && !ok {
			t.Errorf("the example does not show %s", flag.Name)
		}
		if flag.HasDefault && IsSetting(flag) && value.text != flag.Default {
			t.Errorf("the example shows %s: %s, the default is %s", flag.Name, value.text, flag.Default)
		}
	}
	if c := mustRead(t, text); c.DatabaseURL == "" || c.Check() != nil {
		t.Errorf("what is commented out is not taken: %v", c.Check())
	}
}

func TestASettingHasOneNameEverywhere(t *testing.T) {
	var l line
	for _, flag := range parser(t, &l).Model.Flags {
		want := []string{"SPAREKEY_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
		if IsSetting(flag) && !slices.Equal(flag.Envs, want) {
			t.Errorf("--%s is %v in the environment, want %v", flag.Name, flag.Envs, want)
		}
	}
}

func TestTheCommandLineWinsOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	const file = "data: /file\nlisten: file:1\nsmtp:\n  host: file\n  port: 1\n"
	t.Setenv("SPAREKEY_LISTEN", "environment:2")
	t.Setenv("SPAREKEY_SMTP_HOST", "environment")
	c := mustRead(t, file, "--smtp-host", "flag")
	if c.Data != "/file" || c.Listen != "environment:2" || c.SMTP.Host != "flag" || c.SMTP.Port != 1 {
		t.Errorf("got %s, %s, %s, %d", c.Data, c.Listen, c.SMTP.Host, c.SMTP.Port)
	}
}

func TestTheDefaultsAreGood(t *testing.T) {
	c := mustRead(t, "")
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	if c.Argon.Cost() != password.DefaultCost {
		t.Errorf("the cost of a hash is %+v, want %+v", c.Argon.Cost(), password.DefaultCost)
	}
	if c.Timezone.Location().String() != "Europe/Amsterdam" || time.Duration(c.Session.Idle) != time.Hour {
		t.Errorf("got %s and %d", c.Timezone.Location(), c.Session.Idle)
	}
	if err := c.NeedBaseURL(); err == nil || !strings.Contains(err.Error(), "base-url") {
		t.Errorf("without a base URL: %v", err)
	}
}

func TestValuesInTheFileAreTextAsWritten(t *testing.T) {
	c := mustRead(t, "support: {phone: +31205550100}\ndatabase-url: null\nsmtp:\ntrusted-proxies: [10.1.2.3, fd00::/8]\n")
	if c.Support.Phone != "+31205550100" {
		t.Errorf("the telephone number became %q", c.Support.Phone)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("fd00::/8")}
	if got := Prefixes(c.TrustedProxies); !slices.Equal(got, want) {
		t.Errorf("the proxies became %v", got)
	}
	if c := mustRead(t, "trusted-proxies: []\n# the rest is comment\n"); len(c.TrustedProxies) != 0 {
		t.Errorf("no proxies became %v", c.TrustedProxies)
	}
	mustRead(t, "# only comment\n")
}

func TestAWrongFileIsExplained(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"unknown setting", "smtp:\n  hots: a\n", "sparekey.yaml, line 2: there is no setting smtp-hots"},
		{"a flag that is no setting", "config: a\n", "line 1: there is no setting config"},
		{"the master key", "master-key: a\n", "there is no setting master-key"},
		{"a value where names belong", "smtp: mail.example.com\n", "line 1: there is no setting smtp"},
		{"names where a value belongs", "listen: {host: a}\n", "there is no setting listen-host"},
		{"no names at all", "- a\n", "line 1: a name and a colon are expected"},
		{"broken", "a: [\n", "not YAML: line 1"},
		{"an alias", "data: &d /a\nlisten: *d\n", "line 2: the value of listen cannot be read"},
		{"a wrong value", "session: {idle: soon}\n", "--session-idle: must be a time such as 90m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(t, c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
	if _, err := read(t, "", "--config", "missing.yaml"); err == nil || !strings.Contains(err.Error(), "the settings cannot be read") {
		t.Errorf("for a file that is not there: %v", err)
	}
}

func TestWrongSettingsAreExplained(t *testing.T) {
	mail := []string{"--smtp-host=mail.example.com", "--smtp-from=Sparekey <s@example.com>"}
	with := func(more ...string) []string { return append(slices.Clone(mail), more...) }
	for _, c := range []struct {
		args []string
		want string // "": nothing is wrong
	}{
		{nil, ""},
		{mail, ""},
		{with("--smtp-username=a", "--smtp-password-file=/b"), ""},
		{[]string{"--base-url=http://localhost:8080/"}, ""},
		{[]string{"--base-url="}, ""}, // as if it were not there
		{[]string{"--base-url=https://login.example.com/sparekey"}, "--base-url: must be http:// or https://"},
		{[]string{"--base-url=login.example.com"}, "--base-url: must be"},
		{[]string{"--base-url=https://a:b@login.example.com"}, "--base-url: must be"},
		{[]string{"--base-url=ftp://login.example.com"}, "--base-url: must be"},
		{[]string{"--listen=8080"}, "listen is wrong"},
		{[]string{"--listen=:8080"}, ""},
		{[]string{"--listen=localhost:65536"}, "listen is wrong"},
		{[]string{"--listen=localhost:http"}, "listen is wrong"},
		{[]string{"--data="}, "data is missing"},
		{[]string{"--trusted-proxies=10.0.0.0/33"}, "--trusted-proxies: must be a network"},
		{[]string{"--timezone=Local"}, "--timezone: must be the name"},
		{[]string{"--timezone=Mars"}, "--timezone: must be the name"},
		{[]string{"--smtp-from=Sparekey <s@example.com>"}, "smtp-host is missing"},
		{[]string{"--smtp-host=mail.example.com"}, "smtp-from is missing"},
		{[]string{"--smtp-host=mail.example.com", "--smtp-from=nobody"}, "smtp-from is wrong"},
		{with("--smtp-port=0"), "smtp-port is wrong"},
		{with("--smtp-port=65536"), "smtp-port is wrong"},
		{with("--smtp-security=ssl"), "--smtp-security must be one of"},
		{with("--smtp-username=a"), "smtp-username and smtp-password-file go together"},
		{with("--smtp-password-file=/b"), "smtp-username and smtp-password-file go together"},
		{with("--smtp-username=a", "--smtp-password-file=/b", "--smtp-security=none"), "smtp-security is wrong"},
		{[]string{"--support-mail=IT <it@example.com>"}, "support-mail is wrong"},
		{[]string{"--support-mail=it@example.com"}, ""},
		{[]string{"--desk-keep-days=28"}, ""},
		{[]string{"--desk-keep-days=29"}, "desk-keep-days is wrong"},
		{[]string{"--desk-mail-domain=help.example.com"}, "desk-mail-listen is missing"},
		{[]string{"--desk-mail-authserv-id=mx.example.com"}, "desk-mail-listen is missing"},
		{[]string{"--desk-mail-listen=127.0.0.1:2424"}, "desk-mail-domain is missing"},
		{[]string{"--desk-mail-listen=127.0.0.1:2424", "--desk-mail-domain=help.example.com"}, ""},
		{[]string{"--desk-mail-listen=[::1]:2424", "--desk-mail-domain=help.example.com", "--desk-mail-authserv-id=mx.example.com"}, ""},
		{[]string{"--desk-mail-listen=unix:/run/mail.sock", "--desk-mail-domain=help.example.com"}, ""},
		{[]string{"--desk-mail-listen=unix:mail.sock", "--desk-mail-domain=help.example.com"}, "desk-mail-listen is wrong"},
		{[]string{"--desk-mail-listen=0.0.0.0:2424", "--desk-mail-domain=help.example.com"}, "desk-mail-listen is wrong"},
		{[]string{"--desk-mail-listen=:2424", "--desk-mail-domain=help.example.com"}, "desk-mail-listen is wrong"},
		{[]string{"--desk-mail-listen=192.0.2.1:2424", "--desk-mail-domain=help.example.com"}, "desk-mail-listen is wrong"},
		{[]string{"--desk-mail-listen=127.0.0.1:2424", "--desk-mail-domain=it@example.com"}, "desk-mail-domain is wrong"},
		{[]string{"--desk-mail-listen=127.0.0.1:2424", "--desk-mail-domain=localhost"}, "desk-mail-domain is wrong"},
		{[]string{"--desk-mail-listen=127.0.0.1:2424", "--desk-mail-domain=help.example.com", "--desk-mail-authserv-id=a; b"}, "desk-mail-authserv-id is wrong"},
		{[]string{"--session-idle=1m", "--session-absolute=1m"}, ""},
		{[]string{"--session-idle=59s"}, "session-idle is wrong"},
		{[]string{"--session-idle=2h", "--session-absolute=1h"}, "session-absolute is wrong"},
		{[]string{"--session-absolute=720h"}, ""},
		{[]string{"--session-absolute=720h1s"}, "session-absolute is wrong"},
		{[]string{"--argon-memory-kib=7167", "--argon-passes=9"}, "argon-memory-kib is wrong"},
		{[]string{"--argon-memory-kib=7168", "--argon-passes=5"}, ""},
		{[]string{"--argon-memory-kib=7168", "--argon-passes=4"}, "argon-passes is wrong"},
		{[]string{"--argon-passes=0"}, "argon-passes is wrong"},
		{[]string{"--argon-threads=0"}, "argon-threads is wrong"},
		{[]string{"--log-level=loud"}, "--log-level must be one of"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			settings, err := read(t, "", c.args...)
			if err == nil {
				err = settings.Check()
			}
			if c.want == "" && err != nil {
				t.Errorf("got %v, want nothing wrong", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	c := mustRead(t, "", "--listen=x", "--session-idle=1s")
	err := c.Check()
	if err == nil || !strings.Contains(err.Error(), "listen") || !strings.Contains(err.Error(), "session-idle") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsShowThemselvesToNoLog(t *testing.T) {
	c := mustRead(t, "", "--database-url=postgres://u:hush@db/x")
	c.MasterKey = "hush"
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "url", c.DatabaseURL, "key", c.MasterKey)
	said := fmt.Sprintf("%v %+v %#v %s %s", c, c, c, c.DatabaseURL, log.String())
	if strings.Contains(said, "hush") {
		t.Errorf("it is in %s", said)
	}
}

func TestTheDefaultFileIsReadIfItIsThereByWhatTakesSettings(t *testing.T) {
	if value, ok := os.LookupEnv("SPAREKEY_CONFIG"); ok {
		t.Setenv("SPAREKEY_CONFIG", value) // to have it back afterwards
		_ = os.Unsetenv("SPAREKEY_CONFIG")
	}
	there := filepath.Join(t.TempDir(), "default.yaml")
	if err := os.WriteFile(there, []byte("data: /from-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const gone, byDefault = "/nonexistent/default.yaml", "/var/lib/sparekey"
	for _, c := range []struct {
		file string // the default one
		args []string
		data string // "": an error
	}{
		{there, []string{"serve"}, "/from-the-file"},
		{there, []string{"version"}, byDefault},
		{there, []string{"version", "--config", there}, "/from-the-file"},
		{there, []string{"serve", "--config="}, byDefault},
		{gone, []string{"serve"}, byDefault},
		{gone, []string{"serve", "--config", gone}, ""},
	} {
		var l struct {
			Config
			Serve   struct{} `cmd:""`
			Version struct{} `cmd:"" without-settings:""`
		}
		p, err := kong.New(&l, append(Options(), kong.Vars{"config_file": c.file})...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Parse(c.args)
		if (err == nil) != (c.data != "") || err == nil && l.Data != c.data {
			t.Errorf("%v, default file %s: data is %q, want %q; %v", c.args, c.file, l.Data, c.data, err)
		}
	}
}
