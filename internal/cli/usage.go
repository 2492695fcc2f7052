package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	urfave "github.com/urfave/cli/v3"
)

// usageError is a command line that cannot be understood.
type usageError struct {
	cmd     *urfave.Command
	path    string
	unknown string    // an unknown command
	subs    []command // those that there are
	stream  bool      // the command's -json writes lines
	err     error
}

func (e *usageError) Error() string {
	if e.err == nil {
		return "unknown command " + e.unknown
	}
	return e.err.Error()
}

// usageError turns what the parser returned into a diagnostic that names the
// nearest flag or command.
func (a *App) usageError(root *urfave.Command, err error) hcl.Diagnostics {
	var u *usageError
	if !errors.As(err, &u) {
		u = &usageError{cmd: root, path: "herald", err: err}
	}
	help := "\n\n  " + u.path + " -help"
	if u.err == nil {
		return unknownCommand(u.path, u.unknown, u.subs)
	}
	text := u.err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = strings.TrimLeft(name, "-")
		var names []string
		for _, f := range u.cmd.Flags {
			names = append(names, f.Names()...)
		}
		where := u.path + " has no option"
		if name == "chdir" {
			return fail("Option in the wrong place", fmt.Sprintf("The option -chdir is a global one and stands before the command:\n\n  herald -chdir=DIR %s", strings.TrimPrefix(u.path, "herald ")))
		}
		return fail("Unknown option", fmt.Sprintf("%s -%s.%s The options are listed by:%s", where, name, didYouMean(name, names, "-"), help))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return fail("Option without a value", fmt.Sprintf("The option %s needs a value, as in %s=VALUE. The options are listed by:%s", name, name, help))
	}
	if value, rest, ok := invalidValue(text); ok {
		return fail("Invalid value of an option", fmt.Sprintf("The option -%s does not take %q: %s. The options are listed by:%s", value[1], value[0], rest, help))
	}
	return fail("Invalid command line", sentence(text)+" How it is called is told by:"+help)
}

// unknownCommand says that the command with that path has no such command.
func unknownCommand(path, name string, subs []command) hcl.Diagnostics {
	var names []string
	for _, c := range subs {
		names = append(names, c.name)
	}
	return fail("Unknown command", fmt.Sprintf("%s has no command %q.%s The commands are listed by:\n\n  %s -help", path, name, didYouMean(name, names, ""), path))
}

// invalidValue takes apart the parser's error for a value that a flag refused.
func invalidValue(text string) (parts [2]string, why string, ok bool) {
	const prefix, middle = "invalid value ", " for flag -"
	if !strings.HasPrefix(text, prefix) {
		return parts, "", false
	}
	value, rest, ok := strings.Cut(strings.TrimPrefix(text, prefix), middle)
	if !ok {
		return parts, "", false
	}
	name, why, ok := strings.Cut(rest, ": ")
	return [2]string{strings.Trim(value, `"`), name}, why, ok
}

// didYouMean returns " Did you mean "x"?" for the nearest name, or nothing.
func didYouMean(given string, names []string, dash string) string {
	best, least := "", 0
	for _, n := range names {
		d := levenshtein.Distance(given, n, nil)
		if strings.HasPrefix(n, given) && len(given) > 1 {
			d = min(d, 1)
		}
		if best == "" || d < least {
			best, least = n, d
		}
	}
	if best == "" || least > max(2, len(given)/3) {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", dash+best)
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// fail is one error without a place in a file.
func fail(summary, detail string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}
}
