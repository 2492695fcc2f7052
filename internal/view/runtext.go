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

// receiptSection is a part of a receipt: what ended with one of the results.
type receiptSection struct {
	title   string
	results []apply.Result
	lacks   string // of what is held for want of a claim: the reason of its outcome
}

// receiptSections are the parts of a receipt: first what needs a person.
var receiptSections = [...]receiptSection{
	{title: "In doubt: these may have been delivered, and are not sent again by themselves", results: []apply.Result{apply.ResultInDoubt}},
	{title: "Refused by Instagram", results: []apply.Result{apply.ResultRejected}},
	{title: "Not sent: they were not prepared under this run's claim", results: []apply.Result{apply.ResultHeld}, lacks: "not_prepared"},
	{title: "Not sent: the claim under which they were prepared has ended", results: []apply.Result{apply.ResultHeld}, lacks: "claim_over"},
	{title: "Held: what they wait for did not come about", results: []apply.Result{apply.ResultHeld}},
	{title: "Not tried", results: []apply.Result{apply.ResultStopped, apply.ResultNone}},
	{title: "Left for a later run", results: []apply.Result{apply.ResultLater}},
	{title: "Done", results: []apply.Result{apply.ResultDone}},
	{title: "Done by an earlier apply of this plan", results: []apply.Result{apply.ResultSkipped}},
}

// has reports whether a receipt belongs to the part.
func (s *receiptSection) has(r *Receipt) bool {
	lacks := ""
	if r.Result == apply.ResultHeld && (r.Outcome.Reason == "not_prepared" || r.Outcome.Reason == "claim_over") {
		lacks = r.Outcome.Reason
	}
	return has(s.results, r.Result) && s.lacks == lacks
}

// RunText writes what a run did for a terminal: what is in doubt, refused,
// held and not tried, an address a line, and the counts. What was done and what
// was left for a later run is only counted, unless opts.Verbose: the progress
// has told of each. What can be done about each is said by the run's
// diagnostics.
func RunText(w io.Writer, d *RunDoc, opts TextOptions) error {
	p := newPage(opts)
	if !d.Refused {
		for i := range receiptSections {
			s := &receiptSections[i]
			quiet := has(s.results, apply.ResultDone) || has(s.results, apply.ResultSkipped) || has(s.results, apply.ResultLater)
			if opts.Verbose || !quiet {
				d.section(p, s, opts.Verbose)
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

// section writes the receipts of a part, each with its reason.
func (d *RunDoc) section(p *page, part *receiptSection, verbose bool) {
	shown, more := 0, 0
	last := ""
	for i := range d.Receipts {
		r := &d.Receipts[i]
		if !part.has(r) {
			continue
		}
		if shown == maxReceipts && !verbose {
			more++
			continue
		}
		if shown == 0 {
			p.line(p.paint(p.bold, part.title))
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

// done reports whether the action is done, by this run or before it.
func (r *Receipt) done() bool { return r.Result == apply.ResultDone || r.Result == apply.ResultSkipped }

// how says what was done.
func (r *Receipt) how() string {
	if r.Result == apply.ResultSkipped {
		return "done before"
	}
	return doneWord(apply.Event{Change: r.Change, Settled: r.Settled})
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
