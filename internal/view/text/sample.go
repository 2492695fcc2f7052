package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
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

// conversations writes conversations: with opts.Verbose all of them, else
// those that differ from each other, as far as a page reaches, in the plan's
// order, and then what was left out.
func (p *page) conversations(d *view.PlanDoc, opts Options) {
	if opts.Verbose {
		for _, conv := range d.Conversations {
			p.conversation(d, conv, 0, 0)
		}
		return
	}
	shown := make(map[int]*page)
	left := pageLines
	for _, i := range examples(d) {
		if shown[i] != nil {
			continue
		}
		one := p.beside()
		one.conversation(d, d.Conversations[i], max(left-4, maxBody), maxBody)
		if n := one.lines(); n <= left || len(shown) == 0 {
			shown[i] = one
			left -= n
		}
		if left < 5 {
			break // less than the shortest conversation
		}
	}
	var rest []*view.Conversation
	for i, conv := range d.Conversations {
		if one := shown[i]; one != nil {
			p.buf.Write(one.buf.Bytes())
		} else {
			rest = append(rest, conv)
		}
	}
	if len(rest) > 0 {
		p.moreConversations(d, rest)
	}
}

// maxTries is how many conversations are tried for a page.
const maxTries = 100

// examples returns conversations in the order in which they are worth showing:
// one of each flock, those with marks first; then the longest and the shortest
// of each.
func examples(d *view.PlanDoc) []int {
	flocks := flocks(d)
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
func flocks(d *view.PlanDoc) []*flock {
	var all []*flock
	bySign := make(map[string]*flock)
	for i, conv := range d.Conversations {
		sign, size, odd := sign(d, conv)
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
func sign(d *view.PlanDoc, conv *view.Conversation) (sign string, size int, odd bool) {
	var b strings.Builder
	for _, c := range conv.Changes {
		fmt.Fprintf(&b, "%s %s %s %t %t", c.Addr.Block, c.Action, c.Reason, c.Held(), c.Sensitive)
		for _, m := range d.Marks(c) {
			b.WriteString(" " + string(m.Kind))
			odd = true
		}
		b.WriteByte('\n')
		size += len(c.Content.Value)
	}
	return b.String(), size, odd
}

// moreConversations says by block and action what the conversations that are left out
// hold.
func (p *page) moreConversations(d *view.PlanDoc, rest []*view.Conversation) {
	type sort struct {
		block  addr.Block
		symbol string
	}
	counts := make(map[sort]int)
	var order []sort
	var changes []*plan.Change
	for _, conv := range rest {
		for _, c := range conv.Changes {
			s := sort{c.Addr.Block, view.Symbol(c)}
			if counts[s] == 0 {
				order = append(order, s)
			}
			counts[s]++
		}
		changes = append(changes, conv.Changes...)
	}
	slices.SortStableFunc(order, func(a, b sort) int { return cmp.Compare(counts[b], counts[a]) })
	p.line(p.Paint(p.Bold, "… and "+wording.Count(len(rest), "more conversation", "more conversations")), p.Paint(p.Dim, d.OddRest(changes)+" (-verbose shows all)"))
	for i, s := range order {
		if i == maxKinds {
			p.line(fmt.Sprintf("      … and %s", wording.Count(len(order)-i, "more sort of change", "more sorts of changes")))
			break
		}
		p.line(fmt.Sprintf("    %3s %s  %s", s.symbol, safe.Line(s.block.String()), p.Paint(p.Dim, content.Thousands(counts[s]))))
	}
	p.line()
}
