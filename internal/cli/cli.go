package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	urfave "github.com/urfave/cli/v3"

	"herald/internal/view/stream"
	"herald/internal/view/text"
)

// Version is Herald's own version.
const Version = "0.1.0"

// App is everything a command may touch of the world outside.
type App struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// LookupEnv finds a variable of the environment; Environ lists all of them
	// as NAME=value.
	LookupEnv func(string) (string, bool)
	Environ   func() []string
	// Now is the clock.
	Now func() time.Time

	args    []string
	dir     string // -chdir
	noColor bool
	code    int

	answer answer                   // -json: where diagnostics go
	lines  *stream.Stream           // of answerLines, once begun
	files  func(name string) []byte // the configuration's files, once they are read
}

// Main runs the command that args names (without the program's name) and
// returns the exit code: 0 done, 1 an error or a declined plan, 2 changes with
// -detailed-exitcode, 3 something undelivered, 4 something in doubt, 5 refused
// because of the record.
func Main(args []string) int {
	app := &App{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv: os.LookupEnv, Environ: os.Environ, Now: time.Now,
	}
	return app.Run(context.Background(), args)
}

// Run is Main with everything outside given by the App.
func (a *App) Run(ctx context.Context, args []string) int {
	a.args, a.dir, a.code = args, ".", exitOK
	root := a.root()
	if err := root.Run(ctx, append([]string{"herald"}, args...)); err != nil {
		a.answerUsage(err)
		a.report(a.usageError(root, err))
		return exitError
	}
	if a.lines != nil && a.lines.Err() != nil { // what the command did is not changed by that
		_ = text.Diagnostics(a.Stderr, failure(a.lines.Err()), nil, a.textOptions(a.Stderr))
	}
	return a.code
}

// The exit codes.
const (
	exitOK      = 0
	exitError   = 1
	exitChanges = 2
	exitRefused = 5
)

// path resolves a path given by the user against -chdir.
func (a *App) path(p string) string {
	if filepath.IsAbs(p) || a.dir == "." {
		return p
	}
	return filepath.Join(a.dir, p)
}

// env returns a variable of the environment, or "".
func (a *App) env(name string) string {
	v, _ := a.LookupEnv(name)
	return v
}

func (a *App) root() *urfave.Command {
	global := []flag{
		stringFlag(&a.dir, "chdir", "DIR", "Switch to another directory before running the command."),
		boolFlag(&a.noColor, "no-color", "No colours in the output. So does the environment variable NO_COLOR."),
	}
	version := false
	global = append(global, hidden(boolFlag(&version, "version", "Same as the version command.")))
	return a.build(command{
		name:   "herald",
		flags:  global,
		subs:   a.commands(),
		help:   rootHelp,
		action: func(ctx context.Context, args []string) int { return a.runRoot(ctx, version) },
	}, "")
}

// commands are those of the program, with options of their own each time.
func (a *App) commands() []command {
	return []command{
		a.initCommand(),
		a.validateCommand(),
		a.planCommand(),
		a.applyCommand(),
		a.showCommand(),
		a.outputCommand(),
		a.fmtCommand(),
		a.stateCommand(),
		a.reconcileCommand(),
		a.resolveCommand(),
		a.recoverCommand(),
		a.forceUnlockCommand(),
		a.sandboxCommand(),
		a.versionCommand(),
		a.helpCommand(),
	}
}

const rootHelp = `Herald sends the Instagram messages and reactions that HCL files describe:
each of them once, after a plan, on the record.`

// exitCodesHelp stands in the help of the whole program.
const exitCodesHelp = `Exit codes:

  0  all is done
  1  an error, or a declined plan: nothing was sent
  2  plan -detailed-exitcode: there is something to do
  3  something was refused by Instagram, or is held
  4  something is in doubt
  5  refused, because of the record or of the plan`

func (a *App) runRoot(ctx context.Context, version bool) int {
	if version {
		return a.runVersion(false)
	}
	a.say(a.rootUsage())
	return exitError
}
