package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// group is the group of the flags that are settings, in the tags of Config.
const group = "settings"

// IsSetting reports whether a flag of any command is one of Config's.
func IsSetting(f *kong.Flag) bool { return f.Group != nil && f.Group.Key == group }

// A File is the path of a file with settings; empty: none is read.
type File string

// Options are what kong needs to parse a Config.
func Options() []kong.Option {
	return []kong.Option{
		kong.Vars{"config_file": DefaultFile},
		kong.ExplicitGroups([]kong.Group{{
			Key:   group,
			Title: "Settings. In the environment --base-url is SPAREKEY_BASE_URL, in the file base-url:",
		}}),
	}
}

// WithoutSettings is the tag of a command that uses no settings: the default
// file is not read for it, so that it works where that is readable by few.
const WithoutSettings = "without-settings"

// BeforeResolve reads the file. Kong calls it.
func (File) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path, _ := ctx.FlagValue(trace.Flag).(File)
	given := isGiven(ctx, trace.Flag)
	if path == "" || !given && !takesSettings(ctx) {
		return nil
	}
	text, err := os.ReadFile(string(path))
	if !given && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the settings cannot be read: %w", err)
	}
	read, err := parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	read.path = string(path)
	ctx.AddResolver(read)
	return nil
}

// isGiven reports whether a flag was set, rather than left to its default.
func isGiven(ctx *kong.Context, flag *kong.Flag) bool {
	onLine := slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag == flag })
	return onLine || slices.ContainsFunc(flag.Envs, isSet)
}

func takesSettings(ctx *kong.Context) bool {
	chosen := ctx.Selected()
	return chosen != nil && !chosen.Tag.Has(WithoutSettings)
}

// A settings file as it was read: the text of each setting by its name.
type settings struct {
	path   string
	values map[string]setting
}

type setting struct {
	text string
	line int
}

// parse reads YAML. Values are kept as they are written: a telephone number is
// no number, and +31… would lose its plus as one.
func parse(text []byte) (settings, error) {
	read := settings{values: make(map[string]setting)}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return read, fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return read, nil // nothing but comments
	}
	return read, read.add("", document.Content[0])
}

// add takes the settings below node, whose names begin with prefix.
func (s settings) add(prefix string, node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a name and a colon are expected", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := prefix + key.Value
		switch {
		case value.Kind == yaml.MappingNode:
			if err := s.add(name+"-", value); err != nil {
				return err
			}
			continue
		case value.Tag == "!!null":
			continue // a name with nothing behind it
		case value.Kind == yaml.SequenceNode:
			s.values[name] = setting{list(value), key.Line}
		case value.Kind == yaml.ScalarNode:
			s.values[name] = setting{value.Value, key.Line}
		default:
			return fmt.Errorf("line %d: the value of %s cannot be read", key.Line, key.Value)
		}
	}
	return nil
}

// list writes a list as it would be on the command line.
func list(node *yaml.Node) string {
	var items []string
	for _, item := range node.Content {
		items = append(items, strings.ReplaceAll(item.Value, ",", `\,`))
	}
	return strings.Join(items, ",")
}

// Validate returns an error if the file names a setting that does not exist.
func (s settings) Validate(app *kong.Application) error {
	var unknown []string
	for name, value := range s.values {
		known := slices.ContainsFunc(app.Flags, func(f *kong.Flag) bool {
			return f.Name == name && IsSetting(f)
		})
		if !known {
			unknown = append(unknown, fmt.Sprintf("%s, line %d: there is no setting %s", s.path, value.line, name))
		}
	}
	slices.Sort(unknown)
	if len(unknown) > 0 {
		return errors.New(strings.Join(unknown, "\n"))
	}
	return nil
}

// Resolve returns what the file says about a flag that the command line does
// not mention. The environment wins over the file.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := s.values[flag.Name]
	if !ok || value.text == "" || slices.ContainsFunc(flag.Envs, isSet) {
		return nil, nil
	}
	return value.text, nil
}

func isSet(variable string) bool {
	_, ok := os.LookupEnv(variable)
	return ok
}
