package plan

import (
	"fmt"
	"slices"

	"herald/config"
	"herald/config/addr"
)

// mover follows the moved blocks of a configuration.
type mover struct {
	// exact holds the moves of single instances, whole those of blocks.
	exact map[addr.Instance]*config.Move
	whole map[addr.Block]*config.Move
}

// next returns where the moved blocks take the address, and by which of them.
func (m *mover) next(a addr.Instance) (addr.Instance, *config.Move) {
	if mv := m.exact[a]; mv != nil {
		return mv.To, mv
	}
	mv := m.whole[a.Block]
	if mv == nil {
		return a, nil
	}
	a.Block = mv.To.Block
	return a, mv
}

// resolveMoves finds which recorded entries the moved blocks move, and makes
// the moves in a copy of the record.
func (b *builder) resolveMoves() {
	if len(b.wanted.Moves) == 0 {
		return
	}
	m := b.collectMoves()
	if b.diags.HasErrors() || b.circularMoves(m) {
		return
	}
	b.moved = make(map[addr.Instance]addr.Instance)
	for _, from := range b.recorded() {
		to, last := from, (*config.Move)(nil)
		for {
			next, mv := m.next(to)
			if mv == nil {
				break
			}
			to, last = next, mv
		}
		if last == nil {
			continue
		}
		if b.checkMove(from, to, last) {
			b.moves = append(b.moves, Move{From: from, To: to})
			b.moved[to] = from
		}
	}
	if len(b.moves) == 0 || b.diags.HasErrors() {
		return
	}
	b.record = b.record.Clone()
	for _, mv := range b.moves {
		b.record.Move(mv.From, mv.To)
	}
}

// collectMoves sorts the moved blocks by what they move.
func (b *builder) collectMoves() *mover {
	m := &mover{exact: make(map[addr.Instance]*config.Move), whole: make(map[addr.Block]*config.Move)}
	for i := range b.wanted.Moves {
		mv := &b.wanted.Moves[i]
		if mv.From.Kind != mv.To.Kind {
			b.fail(mv.Range, "Move between kinds", fmt.Sprintf(
				"%s cannot become %s: a message that was sent is no reaction. Both addresses of a moved block have the same kind.",
				mv.From, mv.To))
			continue
		}
		wholeBlock := !mv.From.Keyed && !mv.To.Keyed
		former := m.exact[mv.From]
		if wholeBlock {
			former = m.whole[mv.From.Block]
		}
		if former != nil {
			b.fail(mv.Range, "Moved twice", fmt.Sprintf(
				"%s is moved to %s in %s and to %s here. What was sent can belong to one address only. Take out one of the two.",
				mv.From, former.To, place(former.Range), mv.To))
			continue
		}
		if wholeBlock {
			m.whole[mv.From.Block] = mv
		} else {
			m.exact[mv.From] = mv
		}
		b.checkSource(mv, wholeBlock)
	}
	return m
}

// checkSource refuses a move away from an address that is still declared: its
// next plan would send it again.
func (b *builder) checkSource(mv *config.Move, wholeBlock bool) {
	_, declared := b.items[mv.From]
	if wholeBlock {
		_, declared = b.wanted.Blocks[mv.From.Block]
		declared = declared && mv.From != mv.To
	}
	if !declared || mv.From == mv.To {
		return
	}
	b.fail(mv.Range, "Moved block is still declared", fmt.Sprintf(
		"%s is moved to %s and is declared as well. What was sent as %s would belong to %s, and %s would be sent again. "+
			"Take out the moved block, or give the block a name of its own.",
		mv.From, mv.To, mv.From, mv.To, mv.From))
}

// circularMoves reports moved blocks that lead back to where they began.
func (b *builder) circularMoves(m *mover) bool {
	starts := b.recorded()
	for i := range b.wanted.Moves {
		starts = append(starts, b.wanted.Moves[i].From)
	}
	for _, start := range starts {
		seen := map[addr.Instance]bool{}
		var lines []string
		for a := start; !seen[a]; {
			seen[a] = true
			next, mv := m.next(a)
			if mv == nil {
				seen = nil
				break
			}
			lines = append(lines, fmt.Sprintf("%s to %s (%s)", a, next, place(mv.Range)))
			a = next
		}
		if seen == nil {
			continue
		}
		_, mv := m.next(start)
		b.fail(mv.Range, "Circular moves", "These moved blocks lead in a circle, so where the entries belong is not said:"+
			block(lines...)+"Take out the one that is no longer true.")
		return true
	}
	return false
}

// checkMove reports whether entries may move to an address, which must hold
// none and get none by another move.
func (b *builder) checkMove(from, to addr.Instance, mv *config.Move) bool {
	if other, taken := b.moved[to]; taken {
		b.fail(mv.Range, "Two moves to one address", fmt.Sprintf(
			"What was sent as %s and as %s would both belong to %s. One address stands for one message. "+
				"Move one of them elsewhere, or leave it where it is.", other, from, to))
		return false
	}
	if e := b.record.Latest(to); e != nil {
		b.fail(mv.Range, "Both addresses are recorded", fmt.Sprintf(
			"%s cannot be moved to %s: the record has an entry for each (%s and %s), and neither may be lost. "+
				"Take out the moved block. To see both entries:",
			from, to, b.record.Latest(from).Status, e.Status)+
			block("herald state show '"+from.String()+"'", "herald state show '"+to.String()+"'"))
		return false
	}
	return true
}

// recorded returns the addresses in the record, each once, in order; only
// those whose block a moved block names.
func (b *builder) recorded() []addr.Instance {
	blocks := make(map[addr.Block]bool)
	for i := range b.wanted.Moves {
		blocks[b.wanted.Moves[i].From.Block] = true
	}
	seen := make(map[addr.Instance]bool)
	var list []addr.Instance
	for e := range b.record.All() {
		if blocks[e.Addr.Block] && !seen[e.Addr] {
			seen[e.Addr] = true
			list = append(list, e.Addr)
		}
	}
	slices.SortFunc(list, addr.Instance.Compare)
	return list
}
