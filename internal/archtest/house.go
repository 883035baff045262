package archtest

import (
	"slices"
	"strings"
)

// module is the path in front of every import of our own.
const module = "github.com/sparekey/sparekey/"

// A layer is a floor of the house: packages that live by the same rules.
type layer struct {
	name string

	// packages are folders below internal/. "signin/*" stands for every folder
	// directly in signin. The order matters where among says so.
	packages []string

	// below names the layers whose packages this one may import.
	below []string

	// among reports whether a package may import another one of the same layer.
	among func(l layer, importer, imported string) bool

	// rule ends the sentence about a forbidden import inside the module.
	rule string

	// libraries are the only third-party packages allowed; nil allows all.
	libraries []string

	// imports and names are out of bounds, with the reason. In imports,
	// "os/..." stands for os and all below it; exact names with no reason
	// are exceptions. In names, "time.Now" is the name Now of the package
	// with the import path time.
	imports []ban
	names   []ban
}

type ban struct {
	what []string
	why  string
}

// house lists every layer, the lowest first.
var house = []layer{
	{
		name: "pure",
		packages: []string{
			"org", "factor", "audit", "ledger", "notice", "session", "throttle", "standing", "ladder", "desk", "roster",
			"safecopy/plane", "safecopy/mrz", "safecopy/glyph", "safecopy/reader", "safecopy",
		},
		among: listedBefore,
		rule:  "a pure package imports only the pure packages listed before it",
		libraries: []string{"golang.org/x/text/unicode/norm", "golang.org/x/net/idna",
			"golang.org/x/mod/sumdb/tlog", "golang.org/x/mod/sumdb/note",
			"golang.org/x/image/draw", "golang.org/x/image/math/f64", "golang.org/x/image/webp",
			"golang.org/x/image/font", "golang.org/x/image/font/gofont/gobold", "golang.org/x/image/font/sfnt",
			"golang.org/x/image/math/fixed", "golang.org/x/image/vector", "rsc.io/qr",
			"github.com/makiuchi-d/gozxing", "github.com/makiuchi-d/gozxing/qrcode", "github.com/makiuchi-d/gozxing/qrcode/decoder"},
		imports: []ban{
			{[]string{"net/url", "net/netip", "net/mail"}, ""},
			{[]string{"net/...", "os/...", "io/fs", "io/ioutil", "syscall", "embed", "database/sql/...", "plugin", "unsafe"},
				"a pure package does no I/O"},
			{[]string{"log", "log/syslog"}, "a pure package returns what happened and logs nothing"},
			{[]string{"math/rand/...", "crypto/rand"}, "randomness comes in as an io.Reader"},
		},
		names: append([]ban{
			{[]string{"time.After", "time.AfterFunc", "time.Sleep", "time.NewTimer", "time.NewTicker", "time.Tick"},
				"a pure package never waits"},
			{[]string{
				"log/slog.Debug", "log/slog.DebugContext", "log/slog.Info", "log/slog.InfoContext",
				"log/slog.Warn", "log/slog.WarnContext", "log/slog.Error", "log/slog.ErrorContext",
				"log/slog.Log", "log/slog.LogAttrs", "log/slog.Default", "log/slog.SetDefault",
				"log/slog.New", "log/slog.With"},
				"log/slog is here for LogValue methods; a pure package logs nothing"},
		}, readsClock),
	},
	{
		name:     "support",
		packages: []string{"secret", "password", "password/*", "words", "archive"},
		below:    []string{"pure"},
		among:    ownSubfolder,
		rule:     "a support library imports only pure packages and third-party libraries",
	},
	{
		name: "flow",
		packages: []string{
			"signin", "signin/*", "enrol", "mylogin", "recovery", "operate", "policy", "directory",
			"logbook", "readiness", "help", "support",
		},
		below: []string{"pure", "support"},
		among: parentFolder,
		rule:  "a flow imports only pure packages and support libraries; flows meet in cmd",
		imports: []ban{
			{[]string{"net/http/..."}, "a flow knows no HTTP: that is web's"},
			{[]string{"database/sql/..."}, "a flow knows no SQL: that is store's"},
		},
		names: []ban{readsClock},
	},
	{
		name:     "adapter",
		packages: []string{"store", "store/schema", "store/pgtest", "web", "mail", "mail/mailbox", "sealer", "config", "demo", "metric", "imagework", "mailin"},
		below:    []string{"pure", "support", "flow"},
		among:    ownSubfolder,
		rule:     "adapters never import each other; they meet in cmd",
	},
	{
		name:     "tests",
		packages: []string{"archtest"},
		among:    never,
		rule:     "archtest reads files and needs no package of ours",
	},
}

// single are rules for one folder, with its subfolders.
var single = map[string]ban{
	"web":   {[]string{"database/sql/..."}, "web never sees SQL"},
	"store": {[]string{"net/http/..."}, "store never sees HTTP"},
}

var readsClock = ban{
	[]string{"time.Now", "time.Since", "time.Until"},
	"the time comes in as an argument or through a field",
}

// vague are package names that say nothing about what is inside.
var vague = []string{
	"util", "utils", "common", "helper", "helpers", "core", "model", "models",
	"base", "manager", "managers", "type", "types", "misc", "shared",
}

func never(layer, string, string) bool { return false }

func listedBefore(l layer, importer, imported string) bool {
	return slices.Index(l.packages, imported) < slices.Index(l.packages, importer)
}

func parentFolder(_ layer, importer, imported string) bool {
	return strings.HasPrefix(importer, imported+"/")
}

func ownSubfolder(_ layer, importer, imported string) bool {
	return strings.HasPrefix(imported, importer+"/")
}
