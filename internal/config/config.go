// Package config holds the settings of an installation: their names, defaults
// and limits, and the three places they come from.
//
// It owns that a setting has one name everywhere (--base-url on the command
// line, SPAREKEY_BASE_URL in the environment, base-url in the file), which of
// the three wins (in that order), and what is said about a wrong one. It refuses to open, connect or
// start anything, and to take a secret from the command line, where other
// users of the machine can read it.
package config

import (
	"path/filepath"

	"github.com/sparekey/sparekey/internal/password"
)

// DefaultFile is where the settings are looked for if no file is named.
const DefaultFile = "/etc/sparekey/sparekey.yaml"

// MasterKeyVariable names the environment variable that can hold the master
// key, in place of a file. It has no flag, and no place in the settings file.
const MasterKeyVariable = "SPAREKEY_MASTER_KEY"

// Config is every setting, parsed. The tags are kong's: embed a Config in the
// command line and add Options.
type Config struct {
	File File `name:"config" env:"SPAREKEY_CONFIG" default:"${config_file}" placeholder:"FILE" help:"The YAML file with settings."`

	BaseURL        Address   `name:"base-url" env:"SPAREKEY_BASE_URL" group:"settings" placeholder:"URL" help:"The address people type in their browser; links in mails begin with it."`
	Listen         string    `env:"SPAREKEY_LISTEN" group:"settings" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen (default: ${default})."`
	Data           string    `env:"SPAREKEY_DATA" group:"settings" default:"/var/lib/sparekey" placeholder:"FOLDER" help:"The folder for the SQLite database and the master key (default: ${default})."`
	DatabaseURL    Hidden    `name:"database-url" env:"SPAREKEY_DATABASE_URL" group:"settings" placeholder:"URL" help:"The PostgreSQL database to use instead of SQLite."`
	MasterKeyFile  string    `env:"SPAREKEY_MASTER_KEY_FILE" group:"settings" placeholder:"FILE" help:"The file with the master key (default: master.key in the data folder)."`
	CheckpointFile string    `env:"SPAREKEY_CHECKPOINT_FILE" group:"settings" placeholder:"FILE" help:"The file that the newest checkpoint of the sealed log is written to (default: checkpoint in the data folder)."`
	TrustedProxies []Network `env:"SPAREKEY_TRUSTED_PROXIES" group:"settings" placeholder:"NETWORK" help:"The proxies whose word is taken for the visitor's address."`
	MetricsToken   string    `name:"metrics-token-file" env:"SPAREKEY_METRICS_TOKEN_FILE" group:"settings" placeholder:"FILE" help:"The file with the token that opens /metrics; without one there is no such page."`
	Timezone       Zone      `env:"SPAREKEY_TIMEZONE" group:"settings" default:"Europe/Amsterdam" placeholder:"ZONE" help:"In which times are written (default: ${default})."`

	SMTP    SMTP    `embed:"" prefix:"smtp-" envprefix:"SPAREKEY_SMTP_"`
	Support Support `embed:"" prefix:"support-" envprefix:"SPAREKEY_SUPPORT_"`
	Desk    Desk    `embed:"" prefix:"desk-" envprefix:"SPAREKEY_DESK_"`
	Session Session `embed:"" prefix:"session-" envprefix:"SPAREKEY_SESSION_"`
	Argon   Argon   `embed:"" prefix:"argon-" envprefix:"SPAREKEY_ARGON_"`
	Log     Log     `embed:"" prefix:"log-" envprefix:"SPAREKEY_LOG_"`

	// MasterKey is the content of MasterKeyVariable; empty: the key is in a file.
	MasterKey Hidden `kong:"-"`
}

// SMTP says which mail server takes the mails. Without a Host none go out.
type SMTP struct {
	Host         string `env:"HOST" group:"settings" placeholder:"NAME" help:"The mail server; without one, mails wait."`
	Port         int    `env:"PORT" group:"settings" default:"587" placeholder:"N" help:"Its port (default: ${default})."`
	Security     string `env:"SECURITY" group:"settings" default:"starttls" enum:"starttls,tls,none" placeholder:"HOW" help:"How the connection is protected: starttls, tls or none (default: ${default})."`
	Username     string `env:"USERNAME" group:"settings" placeholder:"NAME" help:"The name to sign in to it with."`
	PasswordFile string `env:"PASSWORD_FILE" group:"settings" placeholder:"FILE" help:"The file that holds the password and nothing else."`
	From         string `env:"FROM" group:"settings" placeholder:"SENDER" help:"The sender that people see."`
}

// Support is whoever runs the installation, as locked-out people are shown.
type Support struct {
	Name  string `env:"NAME" group:"settings" placeholder:"NAME" help:"Who runs this installation."`
	Phone string `env:"PHONE" group:"settings" placeholder:"NUMBER" help:"Their telephone number."`
	Mail  string `env:"MAIL" group:"settings" placeholder:"ADDRESS" help:"Their mail address."`
}

// Desk says how the desk handles cases.
type Desk struct {
	KeepDays int `name:"keep-days" env:"KEEP_DAYS" group:"settings" default:"7" placeholder:"N" help:"How many days evidence is kept after a case is closed, 0 to 28 (default: ${default})."`

	// Mails to cases come in where there is a MailListen.
	MailListen   string `name:"mail-listen" env:"MAIL_LISTEN" group:"settings" placeholder:"WHERE" help:"Where mails to cases come in from the mail server, as unix:/PATH or a loopback HOST:PORT; without it there are none."`
	MailProtocol string `name:"mail-protocol" env:"MAIL_PROTOCOL" group:"settings" default:"lmtp" enum:"lmtp,smtp" placeholder:"HOW" help:"How the mail server hands them over: lmtp or smtp (default: ${default})."`
	MailDomain   string `name:"mail-domain" env:"MAIL_DOMAIN" group:"settings" placeholder:"NAME" help:"The domain of their address, desk@NAME."`
	MailServer   string `name:"mail-authserv-id" env:"MAIL_AUTHSERV_ID" group:"settings" placeholder:"NAME" help:"The name under which the mail server says in Authentication-Results who sent a mail; without it no sender is believed."`
}

// Session says how long people stay signed in.
type Session struct {
	Idle     Span `env:"IDLE" group:"settings" default:"1h" placeholder:"TIME" help:"How long a session lasts without use (default: ${default})."`
	Absolute Span `env:"ABSOLUTE" group:"settings" default:"24h" placeholder:"TIME" help:"How long it lasts at most (default: ${default})."`
}

// Argon is what the hash of a password takes (RFC 9106). The defaults are
// password.DefaultCost.
type Argon struct {
	MemoryKiB uint32 `name:"memory-kib" env:"MEMORY_KIB" group:"settings" default:"19456" placeholder:"KIB" help:"Memory that hashing one password takes (default: ${default})."`
	Passes    uint32 `env:"PASSES" group:"settings" default:"2" placeholder:"N" help:"Passes over that memory (default: ${default})."`
	Threads   uint8  `env:"THREADS" group:"settings" default:"1" placeholder:"N" help:"Threads that do it (default: ${default})."`
}

// Log says what is written to the log.
type Log struct {
	Level  string `env:"LEVEL" group:"settings" default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"What the log tells: debug, info, warn or error (default: ${default})."`
	Format string `env:"FORMAT" group:"settings" default:"json" enum:"json,text" placeholder:"FORM" help:"How it is written: json or text (default: ${default})."`
}

// Cost returns the cost of a hash.
func (a Argon) Cost() password.Cost {
	return password.Cost{MemoryKiB: a.MemoryKiB, Passes: a.Passes, Threads: a.Threads}
}

// DatabaseFile returns the path of the SQLite database.
func (c Config) DatabaseFile() string { return filepath.Join(c.Data, "sparekey.db") }

// MasterKeyPath returns the path of the master key's file.
func (c Config) MasterKeyPath() string {
	if c.MasterKeyFile != "" {
		return c.MasterKeyFile
	}
	return filepath.Join(c.Data, "master.key")
}

// CheckpointPath returns the path of the file for the newest checkpoint.
func (c Config) CheckpointPath() string {
	if c.CheckpointFile != "" {
		return c.CheckpointFile
	}
	return filepath.Join(c.Data, "checkpoint")
}
