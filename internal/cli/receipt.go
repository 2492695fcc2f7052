package cli

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/internal/view"
	"herald/internal/view/htmlpage"
	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/state"
)

// receiptFlags are the options of a command that shows what it did.
func (f *format) receiptFlags() []flag {
	return []flag{
		boolFlag(&f.json, "json", "Write a line of JSON for each thing that happens, in the manner of Terraform. Never asks."),
		boolFlag(&f.markdown, "markdown", "Write what was done as Markdown; the rest goes to standard error."),
		boolFlag(&f.html, "html", "Write what was done as a page for the browser; the rest goes to standard error."),
		f.intoFlag("Write what was done to a file as one JSON document, whatever is shown. Only its owner can read it."),
		f.budgetFlag(), f.labelFlag(),
	}
}

// prose is where a person is told what goes on: standard output, unless it is
// for a document.
func (r *run) prose() io.Writer {
	switch {
	case r.opts.format.json:
		return io.Discard
	case r.opts.format.text():
		return r.app.Stdout
	}
	return r.app.Stderr
}

// say tells a person a line, or several.
func (r *run) say(text string) {
	w := r.prose()
	if _, err := io.WriteString(w, safe.Text(text)+"\n"); w == r.app.Stdout {
		r.lost(err)
	}
}

// report writes diagnostics, and remembers them for the receipt.
func (r *run) report(diags hcl.Diagnostics) {
	r.told = append(r.told, diags...)
	r.app.reportIn(diags, sourcesOf(r.cfg))
}

// showPlan shows what is about to be sent.
func (r *run) showPlan() {
	a := r.app
	doc := view.NewPlanDoc(r.plan, view.PlanOptions{
		Diagnostics: r.planDiags, Sources: sourcesOf(r.cfg), Names: r.opts.names, Since: r.since,
		Sandbox: r.opts.sandbox || r.file != "" && onSandbox(r.plan), Saved: r.file != "",
	})
	if doc.Lineage == "" {
		doc.Lineage = r.lineage // the plan is from before the record that its own apply made
	}
	if r.opts.format.json {
		a.stream().Plan(doc)
		return
	}
	r.render(format{verbose: r.opts.format.verbose}, planDocument(doc), r.prose())
}

// render writes a document, and reports if that does not succeed.
func (r *run) render(f format, doc document, w io.Writer) {
	if err := r.app.render(w, f, doc); err != nil {
		r.lost(err)
		r.report(failure(err))
	}
}

// showResult shows what the run did, and the outputs as they are now.
func (r *run) showResult(report *apply.Report) {
	doc := receipt.NewRunDoc(report)
	doc.Again, doc.Prepares = r.again(false), r.again(true)
	if !report.Refused {
		doc.Outputs = resolveOutputs(r.plan, report.Record)
	}
	f := r.opts.format
	switch {
	case report.Refused && (f.text() || f.json): // the diagnostics have said it
	case f.json:
		r.app.stream().Run(doc)
		r.app.stream().Outputs(doc.Outputs)
	case f.text():
		r.showText(doc, report.Record)
	}
	r.write(doc)
}

// again is the command that goes on where the run ended: this one, without what
// is for a first run or for a part, and without the values of variables, which
// may be secret. With prepare it is the one that prepares first.
func (r *run) again(prepare bool) string {
	words, before := []string{"herald"}, ""
	for _, arg := range r.app.args {
		name, value, valued := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		option := before == "" && strings.HasPrefix(arg, "-")
		switch {
		case before == "var":
			words = append(words, withoutValue(arg))
		case option && name == "var" && valued:
			words = append(words, "-var="+withoutValue(value))
		case before == "canary", option && (name == "canary" || name == "prepare" || name == "new-record"):
		default:
			words = append(words, shellWord(arg))
			if prepare && arg == "apply" && before == "" {
				words, prepare = append(words, "-prepare"), false
			}
		}
		before = ""
		if option && !valued && (name == "var" || name == "canary" || name == "chdir") {
			before = name
		}
	}
	return strings.Join(words, " ")
}

// withoutValue leaves the value of NAME=VALUE out.
func withoutValue(given string) string {
	name, _, ok := strings.Cut(given, "=")
	if !ok {
		return "…"
	}
	return shellWord(name+"=") + "…"
}

// showText writes what the run did for a person.
func (r *run) showText(doc *receipt.RunDoc, rec *state.Record) {
	if len(doc.Receipts) > 0 {
		r.say("")
	}
	r.render(r.opts.format, runDocument(doc), r.app.Stdout)
	if len(r.plan.Outputs) > 0 {
		r.say("")
		r.render(r.opts.format, outputsDocument(resolveOutputs(r.plan, rec), "Outputs:"), r.app.Stdout)
	}
}

// write writes the run's document where one was asked for, beside what was
// shown while it went on.
func (r *run) write(doc *receipt.RunDoc) {
	r.receipt = true
	doc.Diagnostics, doc.Sources = r.told, sourcesOf(r.cfg)
	f := r.opts.format
	if f.markdown || f.html {
		r.render(f, runDocument(doc), r.app.Stdout)
	}
	if err := r.app.keep(f, runDocument(doc)); err != nil {
		r.lost(err)
		r.app.report(failure(err))
	}
}

// receipted makes sure that there is a document where one was asked for, also
// of a run that came to nothing. It returns the code, which is no success where
// what the run did could not be told.
func (r *run) receipted(code int) int {
	if !r.receipt {
		doc := &receipt.RunDoc{Refused: true}
		if r.plan != nil {
			doc.PlanID = r.plan.ID
		}
		r.write(doc)
	}
	if r.app.lines != nil {
		r.lost(r.app.lines.Err()) // Run says it
	}
	if code == exitOK && r.untold {
		return exitError
	}
	return code
}

// nothingToDo is the receipt of a run that had nothing to do.
func (r *run) nothingToDo() {
	doc := &receipt.RunDoc{PlanID: r.plan.ID}
	if r.opts.format.json {
		r.app.stream().Run(doc)
	}
	r.write(doc)
}

// lost notes that what the run did could not be told, if err says so. A reader
// who has gone away did not want to hear it.
func (r *run) lost(err error) {
	r.untold = r.untold || err != nil && !errors.Is(err, syscall.EPIPE)
}

func runDocument(doc *receipt.RunDoc) document {
	return document{
		text:     func(w io.Writer, opts text.Options) error { return text.Run(w, doc, opts) },
		json:     func(w io.Writer) error { return jsondoc.Run(w, doc) },
		markdown: func(w io.Writer, opts markdown.Options) error { return markdown.Run(w, doc, opts) },
		html:     func(w io.Writer) error { return htmlpage.Run(w, doc) },
	}
}

// showInbox shows what the people see on the local Instagram.
func (r *run) showInbox(conn *connection, began time.Time) {
	r.say("")
	r.render(format{verbose: r.opts.format.verbose}, inboxDocument(r.plan, conn.sandbox, began), r.prose())
	r.say(nextSteps)
}

// nextSteps stands below what -sandbox did.
const nextSteps = `Where to look next:

  herald apply -sandbox        again: nothing is sent twice
  herald state list -sandbox   what is on the record
  herald plan                  what would go to the real Instagram; needs no token`
