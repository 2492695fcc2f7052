package cli

import (
	"errors"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/jsondoc"
	"herald/internal/view/stream"
	"herald/internal/view/text"
)

// answer says where diagnostics go. The zero value is to a person.
type answer uint8

const (
	// answerText writes to standard error, in frames.
	answerText answer = iota
	// answerDocument writes errors to standard output as one JSON document in
	// the place of the one that was asked for, and warnings to standard error:
	// a document that can be made holds them itself.
	answerDocument
	// answerLines writes to standard output, a line of JSON each.
	answerLines
)

// answering lets a command's -json decide where its diagnostics go too, so that
// every line of standard output is JSON.
func (a *App) answering(f flag, stream bool) flag {
	set := f.set
	f.set = func(s string) error {
		err := set(s)
		if asked, _ := strconv.ParseBool(s); asked {
			a.answer = jsonAnswer(stream)
		}
		return err
	}
	return f
}

func jsonAnswer(stream bool) answer {
	if stream {
		return answerLines
	}
	return answerDocument
}

// answerUsage finds out what a command line that was not understood asked for:
// its -json may stand behind the mistake.
func (a *App) answerUsage(err error) {
	rest := a.args
	if i := slices.Index(rest, "--"); i >= 0 {
		rest = rest[:i]
	}
	asked := slices.ContainsFunc(rest, func(arg string) bool {
		return slices.Contains([]string{"-json", "--json", "-json=true", "--json=true"}, arg)
	})
	if asked && a.answer == answerText {
		var u *usageError
		a.answer = jsonAnswer(errors.As(err, &u) && u.stream)
	}
}

// stream returns the lines of JSON on standard output; the first tells the
// version.
func (a *App) stream() *stream.Stream {
	if a.lines == nil {
		a.lines = stream.New(a.Stdout, stream.Options{
			Version: Version, Now: a.Now,
			Sources: func(name string) []byte {
				if a.files == nil {
					return nil
				}
				return a.files(name)
			},
		})
	}
	return a.lines
}

// report writes diagnostics that are about no file.
func (a *App) report(diags hcl.Diagnostics) { a.reportIn(diags, nil) }

// reportIn writes diagnostics, with the lines of the files that they are
// about. Errors and warnings go to standard error, but with -json.
func (a *App) reportIn(diags hcl.Diagnostics, sources func(string) []byte) {
	if len(diags) == 0 {
		return
	}
	if sources != nil {
		a.files = sources
	}
	switch {
	case a.answer == answerLines:
		a.stream().Diagnostics(diags)
	case a.answer == answerDocument && diags.HasErrors():
		_ = jsondoc.Diagnostics(a.Stdout, diags, sources)
	default:
		_ = text.Diagnostics(a.Stderr, diags, sources, a.textOptions(a.Stderr))
		a.annotate(diags)
	}
}
