package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/sparekey/sparekey/internal/config"
)

// A commandLine is every command and every setting.
type commandLine struct {
	config.Config

	Serve   serveCommand   `cmd:"" help:"Serve the pages and send the mails, until stopped."`
	Demo    demoCommand    `cmd:"" without-settings:"" help:"Run a made-up company to try everything on."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date; serve does so too."`
	Org     struct {
		Create orgCreateCommand `cmd:"" help:"Make an organisation and invite its first administrator."`
		List   orgListCommand   `cmd:"" help:"List the organisations."`
		Show   orgShowCommand   `cmd:"" help:"Show what an organisation asks and allows."`
		Set    orgSetCommand    `cmd:"" help:"Change what an organisation asks and allows."`
	} `cmd:"" help:"Organisations."`
	Member struct {
		Invite memberInviteCommand `cmd:"" help:"Invite someone, again whoever has not come yet or was deactivated, or into a higher role."`
		List   memberListCommand   `cmd:"" help:"List the members of an organisation."`
		Show   memberShowCommand   `cmd:"" help:"Show what a member signs in with, and which ways back are open."`

		Pass       memberPassCommand       `cmd:"" name:"enrolment-pass" help:"Let a member set up MFA again, while MFA stays on."`
		Disable    memberDisableCommand    `cmd:"" name:"disable-mfa" help:"Disable a member's MFA for a time."`
		Enable     memberEnableCommand     `cmd:"" name:"enable-mfa" help:"Enable it again before that time."`
		Release    memberReleaseCommand    `cmd:"" help:"Open a member's ways back again that “This was not me” has stopped."`
		SignOut    memberSignOutCommand    `cmd:"" name:"end-sessions" help:"Sign a member out everywhere."`
		Set        memberSetCommand        `cmd:"" help:"Change a member's name, address, phone number, team or role."`
		Deactivate memberDeactivateCommand `cmd:"" help:"End a membership."`
		Erase      memberEraseCommand      `cmd:"" help:"Erase what is personal about a deactivated member, for good; the log keeps their id."`
	} `cmd:"" help:"Members of an organisation."`
	Desk struct {
		Lead struct {
			Add deskLeadCommand `cmd:"" help:"Invite a lead of the desk, or make an agent one, and make the desk where there is none."`
		} `cmd:"" help:"Those who lead the desk."`
		Purge deskPurgeCommand `cmd:"" help:"Destroy the evidence that is due, or with --check prove that none is left."`
	} `cmd:"" help:"The desk, which helps administrators who are locked out."`
	Audit struct {
		List   auditListCommand   `cmd:"" help:"List what happened, the newest last."`
		Verify auditVerifyCommand `cmd:"" help:"Verify that nothing in the log was changed, removed or inserted."`
		Erase  auditEraseCommand  `cmd:"" name:"erase-origins" help:"Erase where acts came from (addresses, browsers, notes), and leave the seal whole."`
		Key    auditKeyCommand    `cmd:"" help:"Print the key that the log's checkpoints are verified with."`
	} `cmd:"" help:"The log of what must not be forgotten."`
	Safecopy struct {
		Make   safecopyMakeCommand   `cmd:"" without-settings:"" help:"Make a copy on which the citizen service number is covered, and which says for whom it is."`
		Check  safecopyCheckCommand  `cmd:"" without-settings:"" help:"Say whether copies are safe: exit code 0 safe, 1 unsafe, 2 cannot tell, 3 unusable file, 4 not done."`
		Worker safecopyWorkerCommand `cmd:"" without-settings:"" hidden:"" help:"Look at one file, for check."`
	} `cmd:"" help:"Safe copies of identity documents."`
	Backup  backupCommand  `cmd:"" help:"Write an encrypted backup, while others serve."`
	Restore restoreCommand `cmd:"" help:"Put a backup into an empty data folder."`
	Version versionCommand `cmd:"" without-settings:"" help:"Say which version this is."`
	Help    helpCommand    `cmd:"" without-settings:"" help:"Explain everything, or one command."`
}

// parser returns what reads the command line. It calls helped instead of
// ending the program when help was asked for with a flag.
func (l *commandLine) parser(at console, helped func(int)) (*kong.Kong, error) {
	return kong.New(l, append(config.Options(),
		kong.Name("sparekey"),
		kong.Description("Sign-in for organisations in which losing your phone is a solved problem."),
		kong.Writers(at.out, at.err),
		kong.Exit(helped),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 110}),
		kong.Help(explain),
	)...)
}

// explain prints help. The settings are the same for every command, so that
// only help as a whole and that of serve list them.
func explain(options kong.HelpOptions, ctx *kong.Context) error {
	options.ValueFormatter = describe
	chosen := ctx.Selected()
	if chosen == nil || chosen.Name == "serve" {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	without := chosen.Tag.Has(config.WithoutSettings)
	for _, flag := range ctx.Model.Flags {
		flag.Hidden = flag.Hidden || config.IsSetting(flag) || without && flag.Name == "config"
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || without {
		return err
	}
	_, err := fmt.Fprintln(ctx.Stdout, "\nSettings, such as --data, are flags too: \"sparekey help\" lists them.")
	return err
}

// describe says what a flag is for. How a setting is called in the environment
// is said once for all.
func describe(v *kong.Value) string {
	if v.Flag != nil && config.IsSetting(v.Flag) {
		return v.Help
	}
	return kong.DefaultHelpValueFormatter(v)
}

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// asFlag turns "help COMMAND" into "COMMAND --help", which kong knows.
func asFlag(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	if args[0] == "help" {
		return append(args[1:len(args):len(args)], "--help")
	}
	return args
}

// Run is not reached but by "--config FILE help", which asFlag leaves alone.
func (helpCommand) Run() error {
	return usage{errors.New("help comes first, as in sparekey help org create")}
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(at console) error {
	at.say("sparekey %s", version)
	return nil
}
