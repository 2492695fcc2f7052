package view

import (
	"fmt"
	"io"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/safe"
)

// maxReceipts is how many addresses of one sort are written unless all are
// asked for.
const maxReceipts = 20

// RunText writes what a run did for a terminal: what is in doubt, refused,
// held and not tried, an address a line, and the counts. What was done and what
// was left for a later run is only counted, unless opts.Verbose: the progress
// has told of each. What can be done about each is said by the run's
// diagnostics.
func RunText(w io.Writer, d *RunDoc, opts TextOptions) error {
	p := newPage(opts)
	if !d.Refused {
		for _, s := range d.Sections() {
			if opts.Verbose || !s.Quiet {
				p.receipts(s, opts.Verbose)
			}
		}
	}
	style := p.yellow
	if d.clean() {
		style = p.green
	} else if d.Broken != "" || d.Refused {
		style = p.red
	}
	p.para("", p.bold+style, d.Summary())
	sentence, command := d.Next()
	if sentence != "" {
		p.para("", "", sentence)
	}
	if command != "" {
		p.line()
		p.line("  ", safe.Line(command))
	}
	return p.writeTo(w)
}

// receipts writes the receipts of a section, each with its reason.
func (p *page) receipts(section Section, verbose bool) {
	if len(section.Receipts) == 0 {
		return
	}
	p.line(p.paint(p.bold, section.Title))
	p.line()
	last := ""
	for i, r := range section.Receipts {
		if i == maxReceipts && !verbose {
			p.line(fmt.Sprintf("  … and %s more", content.Thousands(len(section.Receipts)-i)))
			break
		}
		last = p.receipt(r, last)
	}
	p.line()
}

// receipt writes one address and how it ended; what it means, and what to do,
// is said by the diagnostics of the run. What was said for the one before is
// not said again. It returns what it said.
func (p *page) receipt(r *Receipt, last string) string {
	tail := "to " + safe.Line(r.Change.Recipient)
	if !r.done() {
		tail += safe.Line(outcomeCodes(r.Outcome))
	} else {
		tail += ", " + r.how() + safe.Line(mid(r.MessageID)) + ended(r.Ended)
	}
	p.line("  ", p.paint(p.resultStyle(r.Result), resultSymbol(r.Result)), " ", p.paint(p.bold, safe.Line(r.Change.Key().String())), "  ", p.paint(p.dim, tail))
	said := ""
	if r.Result == apply.ResultHeld && !r.Because.IsZero() {
		said = "It waits for " + r.Because.String() + "."
	}
	if said != "" && said != last {
		p.para("    ", "", safe.Line(said))
	}
	return said
}

// ended gives the time of a receipt: ", 2026-01-02 15:04 UTC".
func ended(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", " + moment(t)
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
	case apply.ResultNone, apply.ResultStopped, apply.ResultLater:
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
	case apply.ResultNone, apply.ResultStopped, apply.ResultLater:
	}
	return p.dim
}
