package view

import (
	"io"

	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view/safe"
)

// How much of a recovery is written unless all is asked for.
const (
	maxFound      = 40
	maxUnknown    = 20
	maxCandidates = 5
)

// RecoverText writes for a terminal what was found and what is not known, each
// with its person, time and id, and the counts at the end. Of many it writes the
// first, unless opts.Verbose, which also lists what is not there.
func RecoverText(w io.Writer, d *RecoverDoc, opts TextOptions) error {
	p := newPage(opts)
	p.para("", "", d.scope())
	p.line()
	d.section(p, opts, "In their conversations already: recorded as sent", maxFound, func(it *RecoverItem) bool { return it.Act == survey.Adopt })
	d.reactionsText(p, opts)
	d.section(p, opts, "Not known: recorded as in doubt, so that no apply sends them", maxUnknown, func(it *RecoverItem) bool { return it.Act == survey.Hold })
	d.section(p, opts, "Not known, and left: a person has said before that they were not sent", maxUnknown, func(it *RecoverItem) bool {
		return it.Act == survey.Leave && it.Verdict == survey.Unknown
	})
	if opts.Verbose {
		d.section(p, opts, "Not there: the next apply sends them", maxFound, func(it *RecoverItem) bool { return it.Verdict == survey.Absent })
	}
	p.line(p.paint(p.bold, d.Summary()))
	return p.writeTo(w)
}

// section writes the items of one sort under their title.
func (d *RecoverDoc) section(p *page, opts TextOptions, title string, most int, wanted func(*RecoverItem) bool) {
	n := 0
	for i := range d.Items {
		it := &d.Items[i]
		if !wanted(it) {
			continue
		}
		if n++; n == 1 {
			p.line(p.paint(p.bold, title))
			p.line()
		}
		if n <= most || opts.Verbose {
			d.itemText(p, it)
		}
	}
	if n > most && !opts.Verbose {
		p.line("      ", p.paint(p.dim, "… and "+content.Thousands(n-most)+" more (-verbose shows all)"))
	}
	if n > 0 {
		p.line()
	}
}

func (d *RecoverDoc) itemText(p *page, it *RecoverItem) {
	symbol, style := "<", p.cyan
	switch it.Verdict {
	case survey.Unknown:
		symbol, style = "?", p.yellow
	case survey.Absent:
		symbol, style = "+", p.green
	case survey.Found:
	}
	p.line("  ", p.paint(style, symbol), " ", p.paint(p.bold, safe.Line(it.Change.Key().String())), "  ", p.paint(p.dim, d.whom(it.Change).Line()))
	const indent = "      "
	switch it.Verdict {
	case survey.Found:
		p.line(indent, "sent "+moment(it.At)+", id "+safe.Line(shortID(it.ID)))
	case survey.Unknown:
		p.para(indent, p.yellow, safe.Line(it.Explain))
		for i, m := range it.Candidates {
			if i == maxCandidates {
				p.line(indent, p.paint(p.dim, "… and "+content.Thousands(len(it.Candidates)-i)+" more"))
				break
			}
			p.line(indent, p.paint(p.dim, kindWord(m)+", "+moment(m.At)+": "), safe.Line(m.ID))
		}
		for _, command := range it.commands() {
			p.line(indent, "  ", safe.Line(command))
		}
	case survey.Absent:
	}
}

func (d *RecoverDoc) reactionsText(p *page, opts TextOptions) {
	if len(d.Reactions) == 0 {
		return
	}
	p.line(p.paint(p.bold, "Reactions that stand: recorded as they are"))
	p.line()
	for i, r := range d.Reactions {
		if i == maxFound && !opts.Verbose {
			p.line("      ", p.paint(p.dim, "… and "+content.Thousands(len(d.Reactions)-i)+" more (-verbose shows all)"))
			break
		}
		p.line("  ", p.paint(p.cyan, "<"), " ", p.paint(p.bold, safe.Line(r.Change.Addr.String())), "  ",
			p.paint(p.dim, Words{{Text: r.Change.React, Name: true}, {Text: " on message "}, {Text: shortID(r.Target), Name: true}}.Line()))
	}
	p.line()
}
