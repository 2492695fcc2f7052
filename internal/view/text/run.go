package text

import (
	"fmt"
	"io"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// maxReceipts is how many addresses of one sort are written unless all are
// asked for.
const maxReceipts = 20

// Run writes what a run did for a terminal: what is in doubt, refused,
// held and not tried, an address a line, and the counts. What was done and what
// was left for a later run is only counted, unless opts.Verbose: the progress
// has told of each. What can be done about each is said by the run's
// diagnostics.
func Run(w io.Writer, d *receipt.RunDoc, opts Options) error {
	p := newPage(opts)
	if !d.Refused {
		for _, s := range d.Sections() {
			if opts.Verbose || !s.Quiet {
				p.receipts(s, opts.Verbose)
			}
		}
	}
	style := p.Yellow
	if d.Clean() {
		style = p.Green
	} else if d.Broken != "" || d.Refused {
		style = p.Red
	}
	p.para("", p.Bold+style, d.Summary())
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
func (p *page) receipts(section receipt.Section, verbose bool) {
	if len(section.Receipts) == 0 {
		return
	}
	p.line(p.Paint(p.Bold, section.Title))
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
func (p *page) receipt(r *receipt.Receipt, last string) string {
	tail := "to " + safe.Line(r.Change.Recipient)
	if !r.Done() {
		tail += safe.Line(receipt.OutcomeCodes(r.Outcome))
	} else {
		tail += ", " + r.How() + safe.Line(receipt.IDNote(r.MessageID)) + ended(r.Ended)
	}
	p.line("  ", p.Paint(p.resultStyle(r.Result), resultSymbol(r.Result)), " ", p.Paint(p.Bold, safe.Line(r.Change.Key().String())), "  ", p.Paint(p.Dim, tail))
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
	return ", " + wording.Moment(t)
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
		return p.Green
	case apply.ResultRejected:
		return p.Red
	case apply.ResultInDoubt, apply.ResultHeld:
		return p.Yellow
	case apply.ResultNone, apply.ResultStopped, apply.ResultLater:
	}
	return p.Dim
}
