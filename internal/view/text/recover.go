package text

import (
	"io"

	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// How much of a recovery is written unless all is asked for.
const (
	maxFound      = 40
	maxUnknown    = 20
	maxCandidates = 5
)

// Recover writes for a terminal what was found and what is not known, each
// with its person, time and id, and the counts at the end. Of many it writes the
// first, unless opts.Verbose, which also lists what is not there.
func Recover(w io.Writer, d *view.RecoverDoc, opts Options) error {
	p := newPage(opts)
	p.para("", "", d.Scope())
	p.line()
	p.recovered(d, opts, "In their conversations already: recorded as sent", maxFound, func(it *view.RecoverItem) bool { return it.Act == survey.Adopt })
	p.recoverReactions(d, opts)
	p.recovered(d, opts, "Not known: recorded as in doubt, so that no apply sends them", maxUnknown, func(it *view.RecoverItem) bool { return it.Act == survey.Hold })
	p.recovered(d, opts, "Not known, and left: a person has said before that they were not sent", maxUnknown, func(it *view.RecoverItem) bool {
		return it.Act == survey.Leave && it.Verdict == survey.Unknown
	})
	if opts.Verbose {
		p.recovered(d, opts, "Not there: the next apply sends them", maxFound, func(it *view.RecoverItem) bool { return it.Verdict == survey.Absent })
	}
	p.line(p.Paint(p.Bold, d.Summary()))
	return p.writeTo(w)
}

// recovered writes the items of one sort under their title.
func (p *page) recovered(d *view.RecoverDoc, opts Options, title string, most int, wanted func(*view.RecoverItem) bool) {
	n := 0
	for i := range d.Items {
		it := &d.Items[i]
		if !wanted(it) {
			continue
		}
		if n++; n == 1 {
			p.line(p.Paint(p.Bold, title))
			p.line()
		}
		if n <= most || opts.Verbose {
			p.recoverItem(d, it)
		}
	}
	if n > most && !opts.Verbose {
		p.line("      ", p.Paint(p.Dim, "… and "+content.Thousands(n-most)+" more (-verbose shows all)"))
	}
	if n > 0 {
		p.line()
	}
}

func (p *page) recoverItem(d *view.RecoverDoc, it *view.RecoverItem) {
	symbol, style := "<", p.Cyan
	switch it.Verdict {
	case survey.Unknown:
		symbol, style = "?", p.Yellow
	case survey.Absent:
		symbol, style = "+", p.Green
	case survey.Found:
	}
	p.line("  ", p.Paint(style, symbol), " ", p.Paint(p.Bold, safe.Line(it.Change.Key().String())), "  ", p.Paint(p.Dim, d.Whom(it.Change).Line()))
	const indent = "      "
	switch it.Verdict {
	case survey.Found:
		p.line(indent, "sent "+wording.Moment(it.At)+", id "+safe.Line(wording.ShortID(it.ID)))
	case survey.Unknown:
		p.para(indent, p.Yellow, safe.Line(it.Explain))
		for i, m := range it.Candidates {
			if i == maxCandidates {
				p.line(indent, p.Paint(p.Dim, "… and "+content.Thousands(len(it.Candidates)-i)+" more"))
				break
			}
			p.line(indent, p.Paint(p.Dim, view.KindWord(m)+", "+wording.Moment(m.At)+": "), safe.Line(m.ID))
		}
		for _, command := range it.Commands() {
			p.line(indent, "  ", safe.Line(command))
		}
	case survey.Absent:
	}
}

func (p *page) recoverReactions(d *view.RecoverDoc, opts Options) {
	if len(d.Reactions) == 0 {
		return
	}
	p.line(p.Paint(p.Bold, "Reactions that stand: recorded as they are"))
	p.line()
	for i, r := range d.Reactions {
		if i == maxFound && !opts.Verbose {
			p.line("      ", p.Paint(p.Dim, "… and "+content.Thousands(len(d.Reactions)-i)+" more (-verbose shows all)"))
			break
		}
		p.line("  ", p.Paint(p.Cyan, "<"), " ", p.Paint(p.Bold, safe.Line(r.Change.Addr.String())), "  ",
			p.Paint(p.Dim, wording.Words{{Text: r.Change.React, Name: true}, {Text: " on message "}, {Text: wording.ShortID(r.Target), Name: true}}.Line()))
	}
	p.line()
}
