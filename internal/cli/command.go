package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v3"

	"herald/internal/view/safe"
)

// command describes one command for both the parser and the help.
type command struct {
	name     string
	args     string // "[FILE]"
	synopsis string // a line in the list of commands
	help     string // paragraphs
	flags    []flag
	min, max int // number of arguments; max -1 is any number
	subs     []command
	offers   func() []command // what may stand as an argument, for the completion; nil is nothing
	stream   bool             // -json writes a line for each thing that happens
	action   func(ctx context.Context, args []string) int
}

// flag is one flag of a command. It is also the value that the parser sets.
type flag struct {
	names       []string // the first is shown
	placeholder string   // "" for a switch
	usage       string
	hidden      bool
	set         func(string) error
}

// Set takes the value that the command line gives.
func (f flag) Set(s string) error { return f.set(s) }

// String returns the default, which no flag has as far as the parser knows.
func (f flag) String() string { return "" }

// Get returns nothing: what was given is where set put it.
func (f flag) Get() any { return nil }

// IsBoolFlag reports whether the flag may stand without a value.
func (f flag) IsBoolFlag() bool { return f.placeholder == "" }

func boolFlag(dst *bool, name, usage string) flag {
	return flag{names: []string{name}, usage: usage, set: func(s string) error {
		v, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("it takes true or false")
		}
		*dst = v
		return nil
	}}
}

func stringFlag(dst *string, name, placeholder, usage string) flag {
	return flag{names: []string{name}, placeholder: placeholder, usage: usage, set: func(s string) error {
		if s == "" {
			return fmt.Errorf("it needs a value")
		}
		*dst = s
		return nil
	}}
}

func intFlag(dst *int, name, placeholder, usage string, least int) flag {
	return flag{names: []string{name}, placeholder: placeholder, usage: usage, set: func(s string) error {
		v, err := strconv.Atoi(s)
		if err != nil || v < least {
			return fmt.Errorf("it takes a whole number from %d", least)
		}
		*dst = v
		return nil
	}}
}

func durationFlag(dst *time.Duration, name, placeholder, usage string) flag {
	return flag{names: []string{name}, placeholder: placeholder, usage: usage, set: func(s string) error {
		v, err := time.ParseDuration(s)
		if err != nil || v < 0 {
			return fmt.Errorf("it takes a duration, as in 30s or 5m")
		}
		*dst = v
		return nil
	}}
}

// digestFlag takes the id of a plan.
func digestFlag(dst *string, name, usage string) flag {
	digest := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	return flag{names: []string{name}, placeholder: "DIGEST", usage: usage, set: func(s string) error {
		if !digest.MatchString(s) {
			return fmt.Errorf("it takes a plan's digest, sha256: and 64 hexadecimal digits, as it stands at the end of every plan")
		}
		*dst = s
		return nil
	}}
}

// listFlag may be given several times; each value is passed to add.
func listFlag(add func(string) error, placeholder, usage string, names ...string) flag {
	return flag{names: names, placeholder: placeholder, usage: usage, set: add}
}

func hidden(f flag) flag {
	f.hidden = true
	return f
}

// build makes the parser's command out of a description. The path is that of
// the parent: "herald state".
func (a *App) build(c command, parent string) *urfave.Command {
	path := strings.TrimSpace(parent + " " + c.name)
	out := &urfave.Command{
		Name:                          c.name,
		Usage:                         c.synopsis,
		Writer:                        a.Stdout,
		ErrWriter:                     a.Stderr,
		HideHelpCommand:               true,
		HideVersion:                   true,
		DisableSliceFlagSeparator:     true,
		EnableShellCompletion:         parent == "",
		ShellComplete:                 func(context.Context, *urfave.Command) { a.complete(c) },
		CustomRootCommandHelpTemplate: template(c.usage(parent)),
		ExitErrHandler:                func(context.Context, *urfave.Command, error) {},
		OnUsageError: func(_ context.Context, cmd *urfave.Command, err error, _ bool) error {
			return &usageError{cmd: cmd, path: path, stream: c.stream, err: err}
		},
	}
	for _, f := range c.flags {
		if f.names[0] == "json" {
			f = a.answering(f, c.stream)
		}
		out.Flags = append(out.Flags, local(f))
	}
	for _, sub := range c.subs {
		out.Commands = append(out.Commands, a.build(sub, path))
	}
	askedForHelp := false
	if parent != "" {
		// The parser shows a command with commands of its own in another form.
		out.HideHelp = true
		help := boolFlag(&askedForHelp, "help", "Show how it is called.")
		help.names = append(help.names, "h")
		out.Flags = append(out.Flags, local(help), local(hidden(boolFlag(&a.noColor, "no-color", "No colours in the output."))))
	}
	out.Action = func(ctx context.Context, cmd *urfave.Command) error {
		args := cmd.Args().Slice()
		switch {
		case askedForHelp:
			a.code = exitOK
			a.say(strings.TrimRight(c.usage(parent), "\n"))
			return nil
		case len(c.subs) > 0 && len(args) > 0:
			return &usageError{cmd: cmd, path: path, stream: c.stream, unknown: args[0], subs: c.subs}
		case len(args) < c.min:
			return &usageError{cmd: cmd, path: path, stream: c.stream, err: fmt.Errorf("an argument is missing: %s %s", path, c.args)}
		case c.max >= 0 && len(args) > c.max:
			return &usageError{cmd: cmd, path: path, stream: c.stream, err: fmt.Errorf("too many arguments: %q is one more than it takes", args[c.max])}
		}
		a.code = c.action(ctx, args)
		return nil
	}
	return out
}

// local makes the parser's flag, which the commands below do not inherit.
func local(f flag) urfave.Flag {
	return &urfave.GenericFlag{Name: f.names[0], Aliases: f.names[1:], Usage: f.usage, Hidden: f.hidden, Value: f, Local: true}
}

// complete writes what may stand where the cursor is, for the scripts of
// "herald completion": NAME:DESCRIPTION, a line each. Options are offered once
// a dash is typed, and with as many dashes.
func (a *App) complete(c command) {
	typed := ""
	if n := len(a.args); n >= 2 {
		typed = a.args[n-2] // the last argument asks for the completion
	}
	if !strings.HasPrefix(typed, "-") {
		offered := c.subs
		if c.offers != nil {
			offered = c.offers()
		}
		for _, sub := range offered {
			a.say(sub.name + ":" + sub.synopsis)
		}
		return
	}
	dash := "-"
	if strings.HasPrefix(typed, "--") {
		dash = "--"
	}
	for _, f := range c.flags {
		if !f.hidden {
			a.say(dash + f.names[0] + ":" + f.usage)
		}
	}
	a.say(dash + "help:Show how it is called.")
}

// template keeps braces in a help text from being read as a template.
func template(s string) string {
	return strings.ReplaceAll(s, "{{", `{{"{{"}}`)
}

// rootUsage is the help of the program as a whole.
func (a *App) rootUsage() string {
	root := a.root()
	return strings.TrimRight(root.CustomRootCommandHelpTemplate, "\n")
}

// usage is the help text: how it is called, what it does, and its flags.
func (c *command) usage(parent string) string {
	var b strings.Builder
	switch {
	case parent == "":
		b.WriteString("Usage: herald [-chdir=DIR] COMMAND [options] [arguments]\n\n")
	case len(c.subs) > 0:
		fmt.Fprintf(&b, "Usage: %s COMMAND [options] [arguments]\n\n", globally(parent+" "+c.name))
	default:
		fmt.Fprintf(&b, "Usage: %s\n\n", strings.TrimSpace(globally(parent+" "+c.name)+c.optionsHint()+" "+c.args))
	}
	text := c.help
	if text == "" {
		text = c.synopsis
	}
	b.WriteString(indent(text, 2, 78))
	b.WriteString("\n")
	if len(c.subs) > 0 {
		b.WriteString("\nCommands:\n\n")
		writeTable(&b, rows(c.subs, func(s command) (string, string) { return s.name, s.synopsis }))
	}
	shown := slices.DeleteFunc(slices.Clone(c.flags), func(f flag) bool { return f.hidden })
	if len(shown) > 0 {
		title := "Options:"
		if parent == "" {
			title = "Global options (before the command):"
		}
		b.WriteString("\n" + title + "\n\n")
		writeTable(&b, rows(shown, func(f flag) (string, string) { return f.form(), f.usage }))
	}
	if parent == "" {
		b.WriteString("\n" + exitCodesHelp + "\n\nHelp on one command: herald help COMMAND\n" +
			"Completion in the shell: source <(herald completion bash), or zsh, fish, pwsh\n")
	}
	return b.String()
}

func (c *command) optionsHint() string {
	if len(c.flags) == 0 {
		return ""
	}
	return " [options]"
}

func globally(path string) string {
	return strings.Replace(path, "herald", "herald [-chdir=DIR]", 1)
}

// form is how the flag is written: -out=FILE.
func (f flag) form() string {
	if f.placeholder == "" {
		return "-" + f.names[0]
	}
	return "-" + f.names[0] + "=" + f.placeholder
}

func rows[T any](in []T, row func(T) (string, string)) [][2]string {
	out := make([][2]string, len(in))
	for i, v := range in {
		out[i][0], out[i][1] = row(v)
	}
	return out
}

// writeTable writes two columns, the second wrapped.
func writeTable(b *strings.Builder, rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	width = min(width, 26)
	for _, r := range rows {
		text := indent(r[1], width+4, 80)
		if len(r[0]) <= width {
			text = fmt.Sprintf("  %-*s  %s", width, r[0], strings.TrimLeft(text, " "))
		} else {
			text = "  " + r[0] + "\n" + text
		}
		b.WriteString(text + "\n")
	}
}

// indent wraps each paragraph at width cells and indents it by n spaces. A
// line that begins with a space stays as it is.
func indent(text string, n, width int) string {
	pad := strings.Repeat(" ", n)
	var out []string
	for _, para := range strings.Split(text, "\n") {
		lines := []string{para}
		if !strings.HasPrefix(para, " ") {
			lines = safe.Wrap(para, width-n)
		}
		for _, line := range lines {
			out = append(out, strings.TrimRight(pad+line, " "))
		}
	}
	return strings.Join(out, "\n")
}
