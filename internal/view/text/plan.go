package text

import (
	"fmt"
	"io"
	"strings"

	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
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

// Plan writes a plan for a terminal: warnings first, then by conversation
// what each person will get, and the counts and the plan's id at the end. Where
// that is more than a page it writes conversations that differ from each
// other, and counts the rest, unless opts.Verbose.
func Plan(w io.Writer, d *view.PlanDoc, opts Options) error {
	p := newPage(opts)
	warnings := append(d.Warnings(), d.MarkedWarning()...)
	for _, warning := range warnings {
		p.para(p.Paint(p.Bold+p.Yellow, "!")+" ", p.Bold, warning.Line())
	}
	if len(warnings) > 0 {
		p.line()
	}
	if len(d.Conversations) > 0 {
		p.planIntro(d)
	}
	if opts.Verbose || !p.wholePlan(d) {
		p.conversations(d, opts)
	}
	p.moves(d, opts.Verbose)
	p.since(d, opts.Verbose)
	p.planEnd(d)
	return p.writeTo(w)
}

// planIntro says what is shown, and explains the symbols that are used.
func (p *page) planIntro(d *view.PlanDoc) {
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
	legend := legend(d)
	if p.width > 0 && safe.Width(title)+2+safe.Width(legend) > p.width {
		p.line(title)
		p.line("    ", legend) // unlike the symbol of a change, which stands in the third column
	} else {
		p.line(title, "  ", legend)
	}
	p.line()
}

// legend explains the symbols that the plan shows.
func legend(d *view.PlanDoc) string {
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

// wholePlan writes all conversations if they are no more than a page, and
// nothing otherwise.
func (p *page) wholePlan(d *view.PlanDoc) bool {
	all := p.beside()
	for _, conv := range d.Conversations {
		all.conversation(d, conv, 0, 0)
		if all.lines() > wholePage {
			return false
		}
	}
	p.buf.Write(all.buf.Bytes())
	return true
}

// conversation writes one conversation: all of it, or, if most is not 0,
// about so many lines, and of each text at most body lines.
func (p *page) conversation(d *view.PlanDoc, conv *view.Conversation, most, body int) {
	p.line(heading(p, conv))
	p.line()
	begin := p.lines()
	for i, c := range conv.Changes {
		one := p.beside()
		one.item(d, c, body)
		if most > 0 && i > 0 && p.lines()-begin+one.lines() > most {
			rest := conv.Changes[i:]
			p.line("      ", p.Paint(p.Dim, "… and "+content.Thousands(len(rest))+" more in this conversation"+d.OddRest(rest)+" (-verbose shows all)"))
			p.line()
			return
		}
		p.buf.Write(one.buf.Bytes())
	}
}

// heading names the person and the account of a conversation.
func heading(p *page, conv *view.Conversation) string {
	account := p.Paint(p.Dim, " from "+safe.Line(conv.Account))
	if conv.Person == "" {
		return p.Paint(p.Bold, "To "+safe.Line(conv.Recipient)) + account
	}
	return p.Paint(p.Bold, "To "+safe.Line(conv.Person)) + p.Paint(p.Dim, " ("+safe.Line(conv.Recipient)+")") + account
}

// item writes one change, of its text at most body lines if that is not 0.
func (p *page) item(d *view.PlanDoc, c *plan.Change, body int) {
	it := d.Item(c)
	symbol := p.Paint(p.symbolStyle(c), fmt.Sprintf("%3s", it.Symbol))
	p.line(symbol, " ", p.Paint(p.Bold, safe.Line(it.Address)), "  ", p.Paint(p.Dim, it.What.Line()))
	const indent = "      "
	switch {
	case it.Was != "":
		p.wordDiff(indent, it.Was, it.Body, body)
	case it.Body != "":
		p.quote(indent, it.Body, body)
	}
	for _, link := range it.Links {
		p.line(indent, p.Paint(p.Dim, "→ "), safe.Line(link))
	}
	for _, note := range wording.MarkNotes(it.Marks, it.Body) {
		p.note(indent, note.Line())
	}
	for _, note := range it.Notes {
		p.para(indent, p.Yellow, note.Line())
	}
	for _, command := range it.Commands {
		p.line(indent, "  ", safe.Line(command))
	}
	p.line()
}

// note writes a sentence that stands out, with or without colours.
func (p *page) note(indent, s string) {
	sign := p.Paint(p.Bold+p.Yellow, "!") + " "
	for _, line := range safe.Wrap(s, p.room(indent+"! ")) {
		p.line(indent, sign, p.Paint(p.Bold, line))
		sign = "  "
	}
}

// wordDiff writes what became of a text: the words that are gone as [-…-],
// the new ones as {+…+}, in any case; colours come on top.
func (p *page) wordDiff(indent, was, now string, most int) {
	lines := wording.WordDiffLines(was, now)
	if lines == nil {
		p.line(indent, p.Paint(p.Dim, "was:"))
		p.quote(indent, was, most)
		p.line(indent, p.Paint(p.Dim, "is:"))
		p.quote(indent, now, most)
		return
	}
	style := "" // goes on where a line was wrapped
	p.quoted(indent, lines, most, func(line string) string {
		var b strings.Builder
		b.WriteString(style)
		for line != "" {
			switch head := line[:min(2, len(line))]; {
			case head == wording.GoneOpen:
				style = p.Red
				b.WriteString(style + head)
			case head == wording.NewOpen:
				style = p.Green
				b.WriteString(style + head)
			case (head == wording.GoneClose || head == wording.NewClose) && style != "":
				style = ""
				b.WriteString(head + p.Reset)
			default:
				b.WriteByte(line[0])
				line = line[1:]
				continue
			}
			line = line[2:]
		}
		if style != "" {
			b.WriteString(p.Reset)
		}
		return b.String()
	})
}

// symbolStyle is the colour of a change's symbol.
func (p *page) symbolStyle(c *plan.Change) string {
	if c.Held() {
		return p.Yellow
	}
	switch c.Action {
	case plan.Send, plan.React:
		return p.Green
	case plan.Rereact, plan.Retarget, plan.Settle, plan.Repeat:
		return p.Yellow
	case plan.Unreact:
		return p.Red
	case plan.Import, plan.Forget:
		return p.Cyan
	case plan.NoOp:
	}
	return p.Dim
}

func (p *page) moves(d *view.PlanDoc, verbose bool) {
	if len(d.Moves) == 0 {
		return
	}
	p.line(p.Paint(p.Bold, "Moved in the record, without sending"))
	p.line()
	for i, m := range d.Moves {
		if i == maxMoves && !verbose {
			p.line(fmt.Sprintf("  … and %s more (-verbose shows all)", content.Thousands(len(d.Moves)-i)))
			break
		}
		p.line("  ", safe.Line(m.From.String()), p.Paint(p.Dim, " → "), safe.Line(m.To.String()))
	}
	p.line()
}

// planEnd writes the counts, and what approves exactly this plan.
func (p *page) planEnd(d *view.PlanDoc) {
	head, style := "Plan:", p.Bold
	if d.Empty() {
		head, _, _ = strings.Cut(d.Summary(), ".")
		head, style = head+".", p.Bold+p.Green
	}
	for i, line := range safe.Wrap(d.Summary(), p.room("")) {
		if tail, ok := strings.CutPrefix(line, head); ok && i == 0 {
			line = p.Paint(style, head) + tail
		}
		p.line(line)
	}
	if rest := d.Rest(); rest != "" {
		p.para("", p.Dim, rest)
	}
	if note := d.NoRecord(); note != "" {
		p.line()
		p.para("", p.Yellow, note)
	}
	if !d.Empty() && d.ID != "" {
		p.line()
		p.line(p.Paint(p.Dim, "Plan "+safe.Line(d.ID)))
	}
	if !d.Expires.IsZero() {
		p.para("", p.Dim, "It expires on "+wording.Moment(d.Expires)+": after that an apply refuses it.")
	}
}
