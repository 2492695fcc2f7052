package view

import (
	"fmt"
	"io"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/safe"
)

// maxReceipts is how many addresses of one sort are written unless all are
// asked for.
const maxReceipts = 20

// RunText writes what a run did for a terminal: what is in doubt, refused,
// held and not tried, an address a line, and the counts. What can be done about
// each is said by the run's diagnostics.
func RunText(w io.Writer, d *RunDoc, opts TextOptions) error {
	p := newPage(opts)
	if !d.Refused {
		for _, s := range []struct {
			title   string
			results []apply.Result
		}{
			{"In doubt: these may have been delivered, and are not sent again by themselves", []apply.Result{apply.ResultInDoubt}},
			{"Refused by Instagram", []apply.Result{apply.ResultRejected}},
			{"Held: what they wait for did not come about", []apply.Result{apply.ResultHeld}},
			{"Not tried", []apply.Result{apply.ResultStopped, apply.ResultNone}},
		} {
			d.section(p, s.title, s.results, opts.Verbose)
		}
	}
	style := p.yellow
	if d.Complete() {
		style = p.green
	} else if d.Broken != "" || d.Refused {
		style = p.red
	}
	p.para("", p.bold+style, d.Summary())
	if next := d.next(); next != "" {
		p.para("", "", next)
	}
	return p.writeTo(w)
}

// next says how to go on.
func (d *RunDoc) next() string {
	n := d.Counts
	switch {
	case d.Complete() || d.Refused || d.Broken != "":
		return ""
	case d.Interrupted || n.Stopped+n.NotTried > 0 || n.Held > 0 && n.Refused+n.InDoubt == 0:
		return "Run apply again to go on: what is recorded as sent is not sent again."
	}
	return ""
}

// section writes the receipts with those results, each with its reason.
func (d *RunDoc) section(p *page, title string, results []apply.Result, verbose bool) {
	shown, more := 0, 0
	last := ""
	for i := range d.Receipts {
		r := &d.Receipts[i]
		if !has(results, r.Result) {
			continue
		}
		if shown == maxReceipts && !verbose {
			more++
			continue
		}
		if shown == 0 {
			p.line(p.paint(p.bold, title))
			p.line()
		}
		shown++
		last = d.receipt(p, r, last)
	}
	if more > 0 {
		p.line(fmt.Sprintf("  … and %s more", content.Thousands(more)))
	}
	if shown > 0 {
		p.line()
	}
}

func has(results []apply.Result, r apply.Result) bool {
	for _, x := range results {
		if x == r {
			return true
		}
	}
	return false
}

// receipt writes one address and how it ended; what it means, and what to do,
// is said by the diagnostics of the run. What was said for the one before is
// not said again. It returns what it said.
func (d *RunDoc) receipt(p *page, r *Receipt, last string) string {
	p.line("  ", p.paint(p.resultStyle(r.Result), resultSymbol(r.Result)), " ", p.paint(p.bold, safe.Line(r.Change.Addr.String())),
		"  ", p.paint(p.dim, "to "+safe.Line(r.Change.Recipient)+safe.Line(outcomeCodes(r.Outcome))))
	said := ""
	if r.Result == apply.ResultHeld && !r.Because.IsZero() {
		said = "It waits for " + r.Because.String() + "."
	}
	if said != "" && said != last {
		p.para("    ", "", safe.Line(said))
	}
	return said
}

// outcomeCodes identifies a Graph error: ", code 10, subcode 2534022, trace AbC".
func outcomeCodes(o apply.Outcome) string {
	s := ""
	if o.Code != 0 {
		s += fmt.Sprintf(", code %d", o.Code)
	}
	if o.Subcode != 0 {
		s += fmt.Sprintf(", subcode %d", o.Subcode)
	}
	if o.TraceID != "" {
		s += ", trace " + o.TraceID
	}
	if s == "" && o.Reason != "" {
		s = ", " + o.Reason
	}
	return s
}

// resultSymbol is one cell that stands for a result.
func resultSymbol(r apply.Result) string {
	switch r {
	case apply.ResultDone, apply.ResultSkipped:
		return "✓"
	case apply.ResultRejected:
		return "✗"
	case apply.ResultInDoubt:
		return "?"
	case apply.ResultHeld:
		return "…"
	case apply.ResultNone, apply.ResultStopped:
	}
	return "·"
}

func (p *page) resultStyle(r apply.Result) string {
	switch r {
	case apply.ResultDone, apply.ResultSkipped:
		return p.green
	case apply.ResultRejected:
		return p.red
	case apply.ResultInDoubt, apply.ResultHeld:
		return p.yellow
	case apply.ResultNone, apply.ResultStopped:
	}
	return p.dim
}
