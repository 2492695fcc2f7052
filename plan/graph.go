package plan

import (
	"slices"

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

// sort returns nodes and barriers so that each comes after those it waits for
// and otherwise the lower number first; a barrier comes as soon as it can. With
// a circle in the graph the order is short, and waiting tells for each how many
// edges are left.
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
	order = make([]int32, 0, g.size())
	for len(free) > 0 || len(open) > 0 {
		var v int32
		if k := len(open); k > 0 {
			v, open = open[k-1], open[:k-1]
		} else {
			v = free.pop()
		}
		order = append(order, v)
		for _, i := range list[start[v]:start[v+1]] {
			to := g.edges[i].to
			if waiting[to]--; waiting[to] == 0 {
				ready(to)
			}
		}
	}
	return order, waiting
}

// nodes returns the order without its barriers.
func (g *graph) nodes(order []int32) []int32 {
	return slices.DeleteFunc(order, func(v int32) bool { return v >= g.n })
}

// circle returns the edges of a short circle, each ending where the one before
// it began. It is given what sort left.
func (g *graph) circle(waiting []int32) []edge {
	start, list := g.by(func(e edge) int32 { return e.to })
	v := int32(slices.IndexFunc(waiting, func(n int32) bool { return n > 0 }))
	// Whatever is left waits for something that is left, so going back leads
	// into a circle.
	back := func(v int32) int32 {
		for _, i := range list[start[v]:start[v+1]] {
			if from := g.edges[i].from; waiting[from] > 0 {
				return from
			}
		}
		return v
	}
	for seen := make(map[int32]bool); !seen[v]; v = back(v) {
		seen[v] = true
	}
	// The shortest way back to it, breadth first.
	toward := map[int32]int32{} // the edge that leads on from a node to v
	for queue := []int32{v}; ; queue = queue[1:] {
		u := queue[0]
		for _, i := range list[start[u]:start[u+1]] {
			from := g.edges[i].from
			if _, known := toward[from]; known || waiting[from] == 0 {
				continue
			}
			toward[from] = i
			if from == v {
				return g.follow(toward, v)
			}
			queue = append(queue, from)
		}
	}
}

// follow returns the circle from v along the edges and back, last edge first.
func (g *graph) follow(toward map[int32]int32, v int32) []edge {
	var path []edge
	for u := v; len(path) == 0 || u != v; {
		e := g.edges[toward[u]]
		path = append(path, e)
		u = e.to
	}
	slices.Reverse(path)
	return path
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
