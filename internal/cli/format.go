package cli

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/internal/view"
)

// format is how a document is asked for; the zero value is text.
type format struct {
	json, markdown bool
	verbose        bool
}

func (f *format) flags() []flag {
	return []flag{
		boolFlag(&f.json, "json", "Write a JSON document, in the shape of Terraform's."),
		boolFlag(&f.markdown, "markdown", "Write Markdown, for a pull request."),
		boolFlag(&f.verbose, "verbose", "Show everything, however long, and what was sent already."),
	}
}

// conflict returns an error if two formats are asked for.
func (f *format) conflict() hcl.Diagnostics {
	if f.json && f.markdown {
		return fail("Two formats", "Of -json and -markdown one can be had at a time.")
	}
	return nil
}

func (f *format) text() bool { return !f.json && !f.markdown }

// document is a thing that can be shown, with a renderer for each format that
// it has.
type document struct {
	text     func(w io.Writer, opts view.TextOptions) error
	json     func(w io.Writer) error
	markdown func(w io.Writer) error
}

// show writes a document to standard output. The exit code is exitOK, or
// exitError where it cannot be written.
func (a *App) show(f format, doc document) int {
	var err error
	switch {
	case f.json:
		err = doc.json(a.Stdout)
	case f.markdown:
		err = doc.markdown(a.Stdout)
	default:
		opts := a.textOptions(a.Stdout)
		opts.Verbose = f.verbose
		err = doc.text(a.Stdout, opts)
	}
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	return exitOK
}

// sourcesOf returns the function that finds the source lines under
// diagnostics.
func sourcesOf(cfg *config.Config) func(string) []byte {
	if cfg == nil {
		return nil
	}
	files := cfg.Sources()
	return func(name string) []byte {
		if f := files[name]; f != nil {
			return f.Bytes
		}
		return nil
	}
}
