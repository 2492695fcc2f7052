package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view/safe"
	"herald/plan"
)

// A flock is the conversations of a plan that are alike: the same blocks in
// the same order, the same actions for the same reasons, the same sorts of
// marks.
type flock struct {
	first, longest, shortest int // of the plan's conversations
	most, least              int // bytes of those
	odd                      bool
}

// conversationsText writes conversations: with opts.Verbose all of them, else
// those that differ from each other, as far as a page reaches, in the plan's
// order, and then what was left out.
func (d *PlanDoc) conversationsText(p *page, opts TextOptions) {
	if opts.Verbose {
		for _, conv := range d.Conversations {
			d.conversationText(p, conv, 0, 0)
		}
		return
	}
	shown := make(map[int]*page)
	left := pageLines
	for _, i := range d.examples() {
		if shown[i] != nil {
			continue
		}
		one := p.beside()
		d.conversationText(one, d.Conversations[i], max(left-4, maxBody), maxBody)
		if n := one.lines(); n <= left || len(shown) == 0 {
			shown[i] = one
			left -= n
		}
		if left < 5 {
			break // less than the shortest conversation
		}
	}
	var rest []*Conversation
	for i, conv := range d.Conversations {
		if one := shown[i]; one != nil {
			p.buf.Write(one.buf.Bytes())
		} else {
			rest = append(rest, conv)
		}
	}
	if len(rest) > 0 {
		d.moreText(p, rest)
	}
}

// maxTries is how many conversations are tried for a page.
const maxTries = 100

// examples returns conversations in the order in which they are worth showing:
// one of each flock, those with marks first; then the longest and the shortest
// of each.
func (d *PlanDoc) examples() []int {
	flocks := d.flocks()
	slices.SortStableFunc(flocks, func(a, b *flock) int {
		switch {
		case a.odd == b.odd:
			return 0
		case a.odd:
			return -1
		}
		return 1
	})
	var order []int
	for _, f := range flocks {
		order = append(order, f.first)
	}
	for _, f := range flocks {
		order = append(order, f.longest)
	}
	for _, f := range flocks {
		order = append(order, f.shortest)
	}
	return order[:min(len(order), maxTries)]
}

// flocks sorts the conversations into those that are alike, in order of the
// first of each.
func (d *PlanDoc) flocks() []*flock {
	var all []*flock
	bySign := make(map[string]*flock)
	for i, conv := range d.Conversations {
		sign, size, odd := d.sign(conv)
		f := bySign[sign]
		if f == nil {
			f = &flock{first: i, longest: i, shortest: i, most: size, least: size, odd: odd}
			bySign[sign] = f
			all = append(all, f)
		}
		if size > f.most {
			f.longest, f.most = i, size
		}
		if size < f.least {
			f.shortest, f.least = i, size
		}
	}
	return all
}

// sign is equal for conversations that are alike; with it come the bytes that
// they send, and whether there are marks.
func (d *PlanDoc) sign(conv *Conversation) (sign string, size int, odd bool) {
	var b strings.Builder
	for _, c := range conv.Changes {
		fmt.Fprintf(&b, "%s %s %s %t %t", c.Addr.Block, c.Action, c.Reason, c.Held(), c.Sensitive)
		for _, m := range d.marks(c) {
			b.WriteString(" " + string(m.Kind))
			odd = true
		}
		b.WriteByte('\n')
		size += len(c.Content.Value)
	}
	return b.String(), size, odd
}

// moreText says by block and action what the conversations that are left out
// hold.
func (d *PlanDoc) moreText(p *page, rest []*Conversation) {
	type sort struct {
		block  addr.Block
		symbol string
	}
	counts := make(map[sort]int)
	var order []sort
	var changes []*plan.Change
	for _, conv := range rest {
		for _, c := range conv.Changes {
			s := sort{c.Addr.Block, symbol(c)}
			if counts[s] == 0 {
				order = append(order, s)
			}
			counts[s]++
		}
		changes = append(changes, conv.Changes...)
	}
	slices.SortStableFunc(order, func(a, b sort) int { return cmp.Compare(counts[b], counts[a]) })
	p.line(p.paint(p.bold, "… and "+count(len(rest), "more conversation", "more conversations")), p.paint(p.dim, d.oddRest(changes)+" (-verbose shows all)"))
	for i, s := range order {
		if i == maxKinds {
			p.line(fmt.Sprintf("      … and %s", count(len(order)-i, "more sort of change", "more sorts of changes")))
			break
		}
		p.line(fmt.Sprintf("    %3s %s  %s", s.symbol, safe.Line(s.block.String()), p.paint(p.dim, content.Thousands(counts[s]))))
	}
	p.line()
}
