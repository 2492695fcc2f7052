package plan

import (
	"fmt"

	"herald/config/addr"
)

// edge says that node to waits for node from.
type edge struct {
	from, to int32
	kind     edgeKind
}

// graph is a set of edges between the n nodes of a plan. Nodes from n on are
// barriers: what waits for a block waits for its barrier, which waits for each
// instance, so that the edges grow with the instances and not with their
// square.
type graph struct {
	n        int32
	barriers []addr.Block
	edges    []edge
}

// barrier adds a barrier for nodes of the block and returns its number.
func (g *graph) barrier(block addr.Block, nodes []int32) int32 {
	id := g.n + int32(len(g.barriers))
	g.barriers = append(g.barriers, block)
	for _, m := range nodes {
		g.edges = append(g.edges, edge{m, id, edgeDepends})
	}
	return id
}

// size returns the number of nodes and barriers.
func (g *graph) size() int { return int(g.n) + len(g.barriers) }

// by returns the edges grouped by one of their ends: those of node v are
// list[start[v]:start[v+1]], in the order in which they were added.
func (g *graph) by(end func(edge) int32) (start, list []int32) {
	start = make([]int32, g.size()+1)
	for _, e := range g.edges {
		start[end(e)+1]++
	}
	for v := 1; v < len(start); v++ {
		start[v] += start[v-1]
	}
	list = make([]int32, len(g.edges))
	at := append([]int32(nil), start...)
	for i, e := range g.edges {
		v := end(e)
		list[at[v]] = int32(i)
		at[v]++
	}
	return start, list
}

// sort returns the nodes, barriers left out, so that each comes after those it
// waits for and otherwise the lower number first. With a circle in the graph
// the order is short, and waiting tells for each node how many edges are left.
func (g *graph) sort() (order, waiting []int32) {
	start, list := g.by(func(e edge) int32 { return e.from })
	waiting = make([]int32, g.size())
	for _, e := range g.edges {
		waiting[e.to]++
	}
	var free heap
	var open []int32 // barriers that nothing holds any more
	ready := func(v int32) {
		if v < g.n {
			free.push(v)
		} else {
			open = append(open, v)
		}
	}
	for v := range waiting {
		if waiting[v] == 0 {
			ready(int32(v))
		}
	}
	order = make([]int32, 0, g.n)
	for len(free) > 0 || len(open) > 0 {
		var v int32
		if k := len(open); k > 0 {
			v, open = open[k-1], open[:k-1]
		} else {
			v = free.pop()
			order = append(order, v)
		}
		for _, i := range list[start[v]:start[v+1]] {
			to := g.edges[i].to
			if waiting[to]--; waiting[to] == 0 {
				ready(to)
			}
		}
	}
	return order, waiting
}

// circle returns the edges of a circle, each ending where the one before it
// began. It is given what sort left.
func (g *graph) circle(waiting []int32) []edge {
	start, list := g.by(func(e edge) int32 { return e.to })
	v := int32(0)
	for waiting[v] == 0 {
		v++
	}
	seen := make(map[int32]int)
	var path []edge
	for {
		if at, ok := seen[v]; ok {
			return path[at:]
		}
		seen[v] = len(path)
		for _, i := range list[start[v]:start[v+1]] {
			if e := g.edges[i]; waiting[e.from] > 0 {
				path = append(path, e)
				v = e.from
				break
			}
		}
	}
}

// heap is a binary heap of node numbers, the lowest on top.
type heap []int32

func (h *heap) push(v int32) {
	*h = append(*h, v)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if s[up] <= s[i] {
			return
		}
		s[up], s[i] = s[i], s[up]
		i = up
	}
}

func (h *heap) pop() int32 {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		low := 2*i + 1
		if low >= last {
			return top
		}
		if low+1 < last && s[low+1] < s[low] {
			low++
		}
		if s[i] <= s[low] {
			return top
		}
		s[i], s[low] = s[low], s[i]
		i = low
	}
}

// arrangeGraph orders the nodes where something is declared before what it
// depends on.
func (b *builder) arrangeGraph(l *links) ([]int32, bool) {
	deps := b.dependencies(l)
	inner := b.inner(l)
	refined := make(map[int32]bool)
	for {
		within, waiting := inner.sort()
		if len(within) < len(b.nodes) {
			b.reportCircle(inner, waiting)
			return nil, false
		}
		full := b.chained(deps, within)
		order, waiting := full.sort()
		if len(order) == len(b.nodes) {
			return order, true
		}
		if len(refined) == 0 {
			if some, left := deps.sort(); len(some) < len(b.nodes) {
				b.reportCircle(deps, left)
				return nil, false
			}
		}
		if !b.refine(inner, deps, waiting, refined) {
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
// conversation to another through other conversations, for conversations that
// are part of a circle. It reports whether there was a conversation left to
// refine.
func (b *builder) refine(inner, deps *graph, waiting []int32, refined map[int32]bool) bool {
	fresh := make(map[int32]bool)
	for v := range b.nodes {
		if conv := b.nodes[v].conv; waiting[v] > 0 && !refined[conv] {
			fresh[conv], refined[conv] = true, true
		}
	}
	if len(fresh) == 0 {
		return false
	}
	start, list := deps.by(func(e edge) int32 { return e.to })
	seen := make([]int32, deps.size())
	for u := range b.nodes {
		if !fresh[b.nodes[u].conv] {
			continue
		}
		mark := int32(u) + 1
		stack := []int32{int32(u)}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, i := range list[start[v]:start[v+1]] {
				w := deps.edges[i].from
				if seen[w] == mark {
					continue
				}
				seen[w] = mark
				if w < deps.n && b.nodes[w].conv == b.nodes[u].conv {
					inner.edges = append(inner.edges, edge{w, int32(u), edgeDepends})
					continue
				}
				stack = append(stack, w)
			}
		}
	}
	return true
}

// reportCircle names every edge of a circle and its kind.
func (b *builder) reportCircle(g *graph, waiting []int32) {
	path := rotate(g.circle(waiting), g.n)
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
