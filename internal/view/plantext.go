package view

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view/safe"
	"herald/plan"
)

// How much of a plan is written unless all is asked for.
const (
	maxConversations = 50
	maxItems         = 200
	maxMoves         = 20
)

// PlanText writes a plan for a terminal: warnings first, then by conversation
// what each person will get, and the counts and the plan's id at the end. It
// writes the first 50 conversations unless opts.Verbose.
func PlanText(w io.Writer, d *PlanDoc, opts TextOptions) error {
	p := newPage(opts)
	for _, warning := range d.Warnings() {
		p.para(p.paint(p.bold+p.yellow, "!")+" ", p.bold, warning.Line())
	}
	if len(d.Warnings()) > 0 {
		p.line()
	}
	if len(d.Conversations) > 0 {
		d.introText(p)
	}
	d.conversationsText(p, opts.Verbose)
	d.movesText(p, opts.Verbose)
	d.endText(p)
	return p.writeTo(w)
}

// introText says what is shown, and explains the symbols that are used.
func (d *PlanDoc) introText(p *page) {
	title := "What each person will get, in this order:"
	legend := d.legend()
	switch {
	case d.Counts.Pending()+d.Counts.Held == 0:
		p.line("Nothing is done about these:")
	case p.width > 0 && safe.Width(title)+2+safe.Width(legend) > p.width:
		p.line(title)
		p.line("    ", legend) // unlike the symbol of a change, which stands in the third column
	default:
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
		{n.Held, "… held"},
		{n.Edited + n.Lowered + n.Rejected + n.InDoubt, "= stays as it is"},
	} {
		if s.n > 0 {
			parts = append(parts, s.text)
		}
	}
	return strings.Join(parts, "   ")
}

func (d *PlanDoc) conversationsText(p *page, verbose bool) {
	left := maxItems
	for i, conv := range d.Conversations {
		if !verbose && (i == maxConversations || left == 0) {
			d.moreText(p, d.Conversations[i:])
			return
		}
		p.line(heading(p, conv))
		p.line()
		for j, c := range conv.Changes {
			if !verbose && left == 0 {
				p.line("  ", p.paint(p.dim, fmt.Sprintf("… and %s more in this conversation (-verbose shows all)", content.Thousands(len(conv.Changes)-j))))
				p.line()
				break
			}
			left--
			itemText(p, c)
		}
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

func itemText(p *page, c *plan.Change) {
	it := Describe(c)
	symbol := p.paint(p.symbolStyle(c), fmt.Sprintf("%3s", it.Symbol))
	p.line(symbol, " ", p.paint(p.bold, safe.Line(it.Address)), "  ", p.paint(p.dim, it.What.Line()))
	const indent = "      "
	if it.Body != "" {
		p.quote(indent, it.Body)
	}
	for _, note := range it.Notes {
		p.para(indent, p.yellow, note.Line())
	}
	for _, command := range it.Commands {
		p.line(indent, "  ", safe.Line(command))
	}
	p.line()
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
	case plan.NoOp:
	}
	return p.dim
}

// moreText says by block what the conversations that are left out hold.
func (d *PlanDoc) moreText(p *page, rest []*Conversation) {
	blocks := map[addr.Block]int{}
	for _, conv := range rest {
		for _, c := range conv.Changes {
			blocks[c.Addr.Block]++
		}
	}
	p.line(p.paint(p.bold, "… and "+count(len(rest), "more conversation", "more conversations")), p.paint(p.dim, " (-verbose shows all)"))
	names := slices.SortedFunc(maps.Keys(blocks), func(a, b addr.Block) int { return strings.Compare(a.String(), b.String()) })
	for i, b := range names {
		if i == maxMoves {
			p.line(fmt.Sprintf("      … and %s", count(len(names)-i, "more block", "more blocks")))
			break
		}
		p.line(fmt.Sprintf("      %s  %s", safe.Line(b.String()), p.paint(p.dim, content.Thousands(blocks[b]))))
	}
	p.line()
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
}
