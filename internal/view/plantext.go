package view

import (
	"fmt"
	"io"
	"strings"

	"herald/config/content"
	"herald/internal/view/safe"
	"herald/plan"
)

// How much of a plan is written unless all is asked for: about a page of a
// hundred lines.
const (
	wholePage = 88 // lines of conversations, if they are written whole
	pageLines = 64 // of them where something is left out
	maxBody   = 16 // lines of one text, where not all conversations fit
	maxMoves  = 8
	maxKinds  = 10 // lines on what is left out
)

// PlanText writes a plan for a terminal: warnings first, then by conversation
// what each person will get, and the counts and the plan's id at the end. Where
// that is more than a page it writes conversations that differ from each
// other, and counts the rest, unless opts.Verbose.
func PlanText(w io.Writer, d *PlanDoc, opts TextOptions) error {
	p := newPage(opts)
	warnings := append(d.Warnings(), d.MarkedWarning()...)
	for _, warning := range warnings {
		p.para(p.paint(p.bold+p.yellow, "!")+" ", p.bold, warning.Line())
	}
	if len(warnings) > 0 {
		p.line()
	}
	if len(d.Conversations) > 0 {
		d.introText(p)
	}
	if opts.Verbose || !d.wholeText(p) {
		d.conversationsText(p, opts)
	}
	d.movesText(p, opts.Verbose)
	d.sinceText(p, opts.Verbose)
	d.endText(p)
	return p.writeTo(w)
}

// introText says what is shown, and explains the symbols that are used.
func (d *PlanDoc) introText(p *page) {
	title := "What each person will get, in this order:"
	switch n := d.Counts; {
	case n.Pending()+n.Held > 0:
	case n.Import+n.Forget > 0:
		title = "What is recorded, and nothing is sent:"
	default:
		p.line("Nothing is done about these:")
		p.line()
		return
	}
	legend := d.legend()
	if p.width > 0 && safe.Width(title)+2+safe.Width(legend) > p.width {
		p.line(title)
		p.line("    ", legend) // unlike the symbol of a change, which stands in the third column
	} else {
		p.line(title, "  ", legend)
	}
	p.line()
}

// legend explains the symbols that the plan shows.
func (d *PlanDoc) legend() string {
	n := d.Counts
	var parts []string
	switch {
	case n.Send > 0 && n.React > 0:
		parts = append(parts, "+ send, react")
	case n.Send > 0:
		parts = append(parts, "+ send")
	case n.React > 0:
		parts = append(parts, "+ react")
	}
	for _, s := range []struct {
		n    int
		text string
	}{
		{n.Unreact, "- unreact"},
		{n.Settle + n.Repeat, "? in doubt"},
		{n.Import, "< sent by hand"},
		{n.Forget, ". forgotten"},
		{n.Held, "… held"},
		{n.Edited + n.Lowered + n.Rejected + n.InDoubt, "= stays as it is"},
	} {
		if s.n > 0 {
			parts = append(parts, s.text)
		}
	}
	return strings.Join(parts, "   ")
}

// wholeText writes all conversations if they are no more than a page, and
// nothing otherwise.
func (d *PlanDoc) wholeText(p *page) bool {
	all := p.beside()
	for _, conv := range d.Conversations {
		d.conversationText(all, conv, 0, 0)
		if all.lines() > wholePage {
			return false
		}
	}
	p.buf.Write(all.buf.Bytes())
	return true
}

// conversationText writes one conversation: all of it, or, if most is not 0,
// about so many lines, and of each text at most body lines.
func (d *PlanDoc) conversationText(p *page, conv *Conversation, most, body int) {
	p.line(heading(p, conv))
	p.line()
	begin := p.lines()
	for i, c := range conv.Changes {
		one := p.beside()
		d.itemText(one, c, body)
		if most > 0 && i > 0 && p.lines()-begin+one.lines() > most {
			rest := conv.Changes[i:]
			p.line("      ", p.paint(p.dim, "… and "+content.Thousands(len(rest))+" more in this conversation"+d.oddRest(rest)+" (-verbose shows all)"))
			p.line()
			return
		}
		p.buf.Write(one.buf.Bytes())
	}
}

// heading names the person and the account of a conversation.
func heading(p *page, conv *Conversation) string {
	account := p.paint(p.dim, " from "+safe.Line(conv.Account))
	if conv.Person == "" {
		return p.paint(p.bold, "To "+safe.Line(conv.Recipient)) + account
	}
	return p.paint(p.bold, "To "+safe.Line(conv.Person)) + p.paint(p.dim, " ("+safe.Line(conv.Recipient)+")") + account
}

// itemText writes one change, of its text at most body lines if that is not 0.
func (d *PlanDoc) itemText(p *page, c *plan.Change, body int) {
	it := d.Item(c)
	symbol := p.paint(p.symbolStyle(c), fmt.Sprintf("%3s", it.Symbol))
	p.line(symbol, " ", p.paint(p.bold, safe.Line(it.Address)), "  ", p.paint(p.dim, it.What.Line()))
	const indent = "      "
	switch {
	case it.Was != "":
		p.wordDiff(indent, it.Was, it.Body, body)
	case it.Body != "":
		p.quote(indent, it.Body, body)
	}
	for _, link := range it.Links {
		p.line(indent, p.paint(p.dim, "→ "), safe.Line(link))
	}
	for _, note := range MarkNotes(it.Marks, it.Body) {
		p.note(indent, note.Line())
	}
	for _, note := range it.Notes {
		p.para(indent, p.yellow, note.Line())
	}
	for _, command := range it.Commands {
		p.line(indent, "  ", safe.Line(command))
	}
	p.line()
}

// note writes a sentence that stands out, with or without colours.
func (p *page) note(indent, s string) {
	sign := p.paint(p.bold+p.yellow, "!") + " "
	for _, line := range safe.Wrap(s, p.room(indent+"! ")) {
		p.line(indent, sign, p.paint(p.bold, line))
		sign = "  "
	}
}

// wordDiff writes what became of a text: the words that are gone as [-…-],
// the new ones as {+…+}, in any case; colours come on top.
func (p *page) wordDiff(indent, was, now string, most int) {
	lines := wordDiffLines(was, now)
	if lines == nil {
		p.line(indent, p.paint(p.dim, "was:"))
		p.quote(indent, was, most)
		p.line(indent, p.paint(p.dim, "is:"))
		p.quote(indent, now, most)
		return
	}
	style := "" // goes on where a line was wrapped
	p.quoted(indent, lines, most, func(line string) string {
		var b strings.Builder
		b.WriteString(style)
		for line != "" {
			switch head := line[:min(2, len(line))]; {
			case head == goneOpen:
				style = p.red
				b.WriteString(style + head)
			case head == newOpen:
				style = p.green
				b.WriteString(style + head)
			case (head == goneClose || head == newClose) && style != "":
				style = ""
				b.WriteString(head + p.reset)
			default:
				b.WriteByte(line[0])
				line = line[1:]
				continue
			}
			line = line[2:]
		}
		if style != "" {
			b.WriteString(p.reset)
		}
		return b.String()
	})
}

// symbolStyle is the colour of a change's symbol.
func (p *page) symbolStyle(c *plan.Change) string {
	if c.Held() {
		return p.yellow
	}
	switch c.Action {
	case plan.Send, plan.React:
		return p.green
	case plan.Rereact, plan.Retarget, plan.Settle, plan.Repeat:
		return p.yellow
	case plan.Unreact:
		return p.red
	case plan.Import, plan.Forget:
		return p.cyan
	case plan.NoOp:
	}
	return p.dim
}

func (d *PlanDoc) movesText(p *page, verbose bool) {
	if len(d.Moves) == 0 {
		return
	}
	p.line(p.paint(p.bold, "Moved in the record, without sending"))
	p.line()
	for i, m := range d.Moves {
		if i == maxMoves && !verbose {
			p.line(fmt.Sprintf("  … and %s more (-verbose shows all)", content.Thousands(len(d.Moves)-i)))
			break
		}
		p.line("  ", safe.Line(m.From.String()), p.paint(p.dim, " → "), safe.Line(m.To.String()))
	}
	p.line()
}

// endText writes the counts, and what approves exactly this plan.
func (d *PlanDoc) endText(p *page) {
	head, style := "Plan:", p.bold
	if d.Empty() {
		head, _, _ = strings.Cut(d.Summary(), ".")
		head, style = head+".", p.bold+p.green
	}
	for i, line := range safe.Wrap(d.Summary(), p.room("")) {
		if tail, ok := strings.CutPrefix(line, head); ok && i == 0 {
			line = p.paint(style, head) + tail
		}
		p.line(line)
	}
	if rest := d.Rest(); rest != "" {
		p.para("", p.dim, rest)
	}
	if note := d.NoRecord(); note != "" {
		p.line()
		p.para("", p.yellow, note)
	}
	if !d.Empty() && d.ID != "" {
		p.line()
		p.line(p.paint(p.dim, "Plan "+safe.Line(d.ID)))
	}
	if !d.Expires.IsZero() {
		p.para("", p.dim, "It expires on "+moment(d.Expires)+": after that an apply refuses it.")
	}
}
