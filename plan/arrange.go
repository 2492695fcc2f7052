package plan

import (
	"fmt"
	"math/bits"
	"slices"

	"herald/config/addr"
)

// arrangeGraph orders the nodes where something is declared before what it
// depends on.
func (b *builder) arrangeGraph(l *links) ([]int32, bool) {
	deps := b.dependencies(l)
	sorted, waiting := deps.sort()
	if len(sorted) < deps.size() {
		b.reportCircle(deps, waiting)
		return nil, false
	}
	inner := b.inner(l)
	for round := 0; ; round++ {
		within, _ := inner.sort() // part of deps, so without a circle
		full := b.chained(deps, inner.nodes(within))
		order, waiting := full.sort()
		if len(order) == full.size() {
			return full.nodes(order), true
		}
		if round > 1 || !b.refine(inner, deps, sorted, waiting, round) {
			b.reportCircle(full, waiting)
			return nil, false
		}
	}
}

// dependencies is the graph of all declared dependencies.
func (b *builder) dependencies(l *links) *graph {
	g := &graph{n: int32(len(b.nodes)), edges: append([]edge(nil), l.direct...)}
	barriers := make(map[addr.Block]int32)
	for _, w := range l.whole {
		id, ok := barriers[w.block]
		if !ok {
			id = g.barrier(w.block, l.blocks[w.block])
			barriers[w.block] = id
		}
		g.edges = append(g.edges, edge{id, w.node, edgeDepends})
	}
	return g
}

// inner is the graph of the dependencies within conversations.
func (b *builder) inner(l *links) *graph {
	type part struct {
		block addr.Block
		conv  int32
	}
	g := &graph{n: int32(len(b.nodes))}
	for _, e := range l.direct {
		if b.nodes[e.from].conv == b.nodes[e.to].conv {
			g.edges = append(g.edges, e)
		}
	}
	barriers := make(map[part]int32)
	done := make(map[addr.Block]bool)
	for _, w := range l.whole {
		if !done[w.block] {
			done[w.block] = true
			for _, m := range l.blocks[w.block] {
				key := part{w.block, b.nodes[m].conv}
				id, ok := barriers[key]
				if !ok {
					id = g.barrier(w.block, nil)
					barriers[key] = id
				}
				g.edges = append(g.edges, edge{m, id, edgeDepends})
			}
		}
		if id, ok := barriers[part{w.block, b.nodes[w.node].conv}]; ok {
			g.edges = append(g.edges, edge{id, w.node, edgeDepends})
		}
	}
	return g
}

// chained adds to the dependencies the order within conversations.
func (b *builder) chained(deps *graph, within []int32) *graph {
	g := &graph{n: deps.n, barriers: deps.barriers, edges: append([]edge(nil), deps.edges...)}
	last := make(map[int32]int32)
	for _, v := range within {
		conv := b.nodes[v].conv
		if before, ok := last[conv]; ok {
			g.edges = append(g.edges, edge{before, v, edgeOrder})
		}
		last[conv] = v
	}
	return g
}

// refine adds to inner the dependencies that lead from one node of a
// conversation to another through other conversations: at first for those that
// are part of the circle, then for all. It reports whether it could add more.
func (b *builder) refine(inner, deps *graph, sorted, waiting []int32, round int) bool {
	byConv := make(map[int32][]int32)
	var convs []int32
	for v := range b.nodes {
		conv := b.nodes[v].conv
		if round == 0 && waiting[v] == 0 {
			continue
		}
		if byConv[conv] == nil {
			convs = append(convs, conv)
		}
		byConv[conv] = append(byConv[conv], int32(v))
	}
	if round == 0 { // with the nodes of those conversations that are in no circle
		clear(byConv)
		for _, conv := range convs {
			byConv[conv] = []int32{}
		}
		for v := range b.nodes {
			if list, ok := byConv[b.nodes[v].conv]; ok {
				byConv[b.nodes[v].conv] = append(list, int32(v))
			}
		}
	}
	r := reach{deps: deps, order: sorted, bit: make([]uint64, deps.size()), mask: make([]uint64, deps.size())}
	r.start, r.list = deps.by(func(e edge) int32 { return e.from })
	r.conv = make([]uint64, len(b.nodes))
	before := len(inner.edges)
	var batch []int32
	for i, conv := range convs {
		if len(byConv[conv]) > 1 {
			batch = append(batch, byConv[conv]...)
		}
		for len(batch) >= 64 || i == len(convs)-1 && len(batch) > 0 {
			n := min(64, len(batch))
			inner.edges = append(inner.edges, r.from(b.nodes, batch[:n])...)
			batch = batch[n:]
		}
	}
	return len(inner.edges) > before
}

// reach finds which nodes of a conversation lead to which others of it. It
// follows 64 of them at a time, a bit for each, through the whole graph.
type reach struct {
	deps        *graph
	order       []int32 // nodes and barriers, each after those it waits for
	start, list []int32 // edges by their beginning
	bit, mask   []uint64
	conv        []uint64 // the bits of each conversation
}

// from returns, for each of the sources, edges to the nodes of its conversation
// that wait for it with none of that conversation between.
func (r *reach) from(nodes []node, sources []int32) []edge {
	for i, v := range sources {
		r.bit[v] = 1 << i
		r.conv[nodes[v].conv] |= 1 << i
	}
	clear(r.mask)
	var found []edge
	for _, v := range r.order {
		m := r.mask[v]
		if v < r.deps.n {
			if hits := m & r.conv[nodes[v].conv]; hits != 0 {
				m &^= hits
				for ; hits != 0; hits &= hits - 1 {
					found = append(found, edge{sources[bits.TrailingZeros64(hits)], v, edgeDepends})
				}
			}
		}
		if m |= r.bit[v]; m == 0 {
			continue
		}
		for _, i := range r.list[r.start[v]:r.start[v+1]] {
			r.mask[r.deps.edges[i].to] |= m
		}
	}
	for _, v := range sources {
		r.bit[v], r.conv[nodes[v].conv] = 0, 0
	}
	return found
}

// reportCircle names every edge of a circle and its kind.
func (b *builder) reportCircle(g *graph, waiting []int32) {
	path := rotate(g.circle(waiting), g.n)
	if !slices.ContainsFunc(path, func(e edge) bool { return e.kind != edgeVacates }) {
		b.reportSwap(path)
		return
	}
	var lines []string
	for i := 0; i < len(path); i++ {
		e := path[i]
		from, why := e.from, e.kind.String()
		// A run of neighbours is one sentence: their order is transitive.
		for e.kind == edgeOrder && i+1 < len(path) && path[i+1].kind == edgeOrder {
			i++
			from = path[i].from
		}
		if from >= g.n && i+1 < len(path) {
			why += " = " + g.barriers[from-g.n].String()
			i++
			from = path[i].from
		}
		lines = append(lines, fmt.Sprintf("%s waits for %s (%s)",
			b.nodes[e.to].change.Key(), b.nodes[from].change.Key(), why))
	}
	b.fail(b.nodes[path[0].to].change.Range, "Circular dependency",
		"Each of these waits for another of them, so none could be the first:"+block(lines...)+
			"Take out one of the depends_on or reaction targets, or change the order in which the blocks "+
			"stand in the files: messages to one person are sent in that order.")
}

// reportSwap explains a circle of reactions of which each takes the message of
// the next: one of them has to be taken back first, and added by a later apply.
// A single plan has no room for that, since an address has one action in it.
func (b *builder) reportSwap(path []edge) {
	var lines []string
	for _, e := range path {
		c := b.nodes[e.to].change
		lines = append(lines, fmt.Sprintf("%s from %s to %s", c.Addr, c.Base.Target, b.nodes[e.to].places.arrives.messageID))
	}
	first := b.nodes[path[0].to].change
	b.fail(first.Range, "Reactions change places",
		"Each of these reactions moves to a message that another of them still has:"+block(lines...)+
			"Instagram keeps one reaction of an account on a message, so none of them can go first. "+
			"Do it in two applies: take out "+first.Addr.String()+" and apply, which takes it back and moves the rest; "+
			"then put it in again and apply. "+
			"(Every one of the messages keeps a reaction of the account either way: if the recipient shall see no change, put the blocks back as they were.)")
}

// rotate begins a circle at its lowest node where no barrier (from n on) and
// no run of neighbours is cut.
func rotate(path []edge, n int32) []edge {
	best := -1
	for i, e := range path {
		before := path[(i+len(path)-1)%len(path)]
		whole := e.to < n && (e.kind != edgeOrder || before.kind != edgeOrder)
		if whole && (best < 0 || e.to < path[best].to) {
			best = i
		}
	}
	best = max(best, 0)
	return append(path[best:len(path):len(path)], path[:best]...)
}
