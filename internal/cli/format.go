package cli

import (
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/internal/view"
	"herald/internal/view/markdown"
	"herald/internal/view/text"
)

// format is how a document is asked for; the zero value is text.
type format struct {
	json, markdown, html bool
	into                 string // a file for the JSON document, beside what is shown
	budget               int    // the most bytes of Markdown, 0 for a comment's
	label                string // tells the Markdown of one configuration from that of another
	verbose              bool
}

// flags are the options of a command that shows a document in every format.
func (f *format) flags() []flag {
	return []flag{
		boolFlag(&f.json, "json", "Write a JSON document, in the shape of Terraform's."),
		boolFlag(&f.markdown, "markdown", "Write Markdown, for a pull request."),
		boolFlag(&f.html, "html", "Write a page for the browser, which shows each conversation as the person will see it."),
		f.intoFlag("Write the JSON document to a file as well, whatever is shown. It holds message texts; only its owner can read it."),
		f.budgetFlag(), f.labelFlag(),
		boolFlag(&f.verbose, "verbose", "Show everything, however long, and what was sent already."),
	}
}

func (f *format) intoFlag(usage string) flag {
	return stringFlag(&f.into, "json-into", "FILE", usage)
}

func (f *format) budgetFlag() flag {
	return intFlag(&f.budget, "budget", "BYTES", "With -markdown: the most bytes; what does not fit is counted. The default fits a comment on a pull request; 1000000 fits a job's summary.", leastBudget)
}

func (f *format) labelFlag() flag {
	return stringFlag(&f.label, "label", "NAME", "With -markdown: the name in its hidden marker, by which a comment is found and edited; one for each configuration of a repository.")
}

// leastBudget is the least that a Markdown document can say anything in.
const leastBudget = 8000

// check returns an error if the options contradict each other, or if a file is
// named that must not be written.
func (f *format) check(a *App) hcl.Diagnostics {
	var asked []string
	for _, o := range []struct {
		given bool
		name  string
	}{{f.json, "-json"}, {f.markdown, "-markdown"}, {f.html, "-html"}} {
		if o.given {
			asked = append(asked, o.name)
		}
	}
	switch {
	case len(asked) > 1:
		return fail("More than one format", "Of "+strings.Join(asked, " and ")+" one can be had at a time. The JSON document can be had beside any of them, in a file:\n\n  -json-into=FILE")
	case f.budget != 0 && !f.markdown:
		return fail("Option without its format", "The option -budget says how long the Markdown may be, and goes with -markdown.")
	case f.label != "" && !f.markdown:
		return fail("Option without its format", "The option -label names the Markdown, and goes with -markdown.")
	case f.into != "":
		if err := documentFile.check(a.path(f.into)); err != nil {
			return failure(err)
		}
	}
	return nil
}

func (f *format) text() bool { return !f.json && !f.markdown && !f.html }

func (f *format) markdownOptions() markdown.Options {
	return markdown.Options{Budget: f.budget, Label: f.label}
}

// variables are the values that a plan was made with, where the JSON document
// is written, which has them.
func (f *format) variables(want *config.Wanted) []view.Variable {
	if !f.json && f.into == "" {
		return nil
	}
	var list []view.Variable
	for _, v := range want.Variables() {
		list = append(list, view.Variable{Name: v.Name, Sensitive: v.Sensitive, JSON: v.JSON})
	}
	return list
}

// document is a thing that can be shown, with a renderer for each format that
// it has.
type document struct {
	text     func(w io.Writer, opts text.Options) error
	json     func(w io.Writer) error
	markdown func(w io.Writer, opts markdown.Options) error
	html     func(w io.Writer) error
}

// show writes a document to standard output, and to the file of -json-into.
// The exit code is exitOK, or exitError where it cannot be written.
func (a *App) show(f format, doc document) int {
	if err := a.keep(f, doc); err != nil {
		a.report(failure(err))
		return exitError
	}
	if err := a.render(a.Stdout, f, doc); err != nil {
		a.report(failure(err))
		return exitError
	}
	return exitOK
}

// keep writes the document to the file of -json-into, if there is one.
func (a *App) keep(f format, doc document) error {
	if f.into == "" {
		return nil
	}
	return documentFile.write(a.path(f.into), doc.json)
}

// render writes a document in its format.
func (a *App) render(w io.Writer, f format, doc document) error {
	switch {
	case f.json:
		return doc.json(w)
	case f.markdown:
		return doc.markdown(w, f.markdownOptions())
	case f.html:
		return doc.html(w)
	}
	opts := a.textOptions(w)
	opts.Verbose = f.verbose
	return doc.text(w, opts)
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
