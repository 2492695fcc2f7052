package plan

import (
	"slices"

	"herald/config/addr"
)

// An edgeKind says why one change waits for another.
type edgeKind uint8

const (
	edgeDepends edgeKind = iota
	edgeTarget
	edgeDoubt
	edgeVacates
	edgeOrder
)

var edgeNames = [...]string{
	edgeDepends: "depends_on",
	edgeTarget:  "target of the reaction",
	edgeDoubt:   "the other revision is in doubt",
	edgeVacates: "the other reaction leaves its message first",
	edgeOrder:   "order in the conversation",
}

// String names the kind as a diagnostic does.
func (k edgeKind) String() string { return edgeNames[k] }

// arrange returns the numbers of the nodes in the order of execution, or
// reports a circle.
//
// Within a conversation what others of it depend on comes first, ties by
// declaration, and each waits for the one before; between conversations only
// dependencies count. Where every dependency is declared before what depends
// on it, that is the order of declaration, and no graph is built.
func (b *builder) arrange() ([]int32, bool) {
	l := b.link()
	if b.diags.HasErrors() {
		return nil, false
	}
	if l.forward {
		order := make([]int32, len(b.nodes))
		for i := range order {
			order[i] = int32(i)
		}
		return order, true
	}
	return b.arrangeGraph(l)
}

// links are the dependencies between nodes, as declared.
type links struct {
	// direct are those between two nodes.
	direct []edge
	// whole are those on every instance of a block.
	whole []wholeLink
	// blocks holds the nodes of each block in order, if whole is not empty.
	blocks map[addr.Block][]int32
	// forward says that each points from an earlier to a later node.
	forward bool
}

// wholeLink says that a node waits for all instances of a block.
type wholeLink struct {
	block addr.Block
	node  int32
}

// link looks up the dependencies of all nodes.
func (b *builder) link() *links {
	l := &links{forward: true}
	numbers := b.numbers()
	for n := range b.nodes {
		nd := &b.nodes[n]
		if nd.waits {
			b.linkRevisions(l, int32(n))
		}
		for _, d := range nd.change.DependsOn {
			kind := edgeDepends
			if nd.change.Target.IsRef() && d == nd.change.Target.Ref {
				kind = edgeTarget
			}
			b.linkTo(l, numbers, int32(n), d, kind)
		}
	}
	b.linkPlaces(l)
	for _, w := range l.whole {
		nodes := l.blocks[w.block]
		if len(nodes) > 0 && nodes[len(nodes)-1] >= w.node {
			l.forward = false
		}
	}
	return l
}

// numbers returns the main node of each item's address, if anything has a
// dependency; else nil.
func (b *builder) numbers() map[addr.Instance]int32 {
	needed := false
	for n := range b.nodes {
		if nd := &b.nodes[n]; nd.waits || len(nd.change.DependsOn) > 0 {
			needed = true
			break
		}
	}
	if !needed {
		return nil
	}
	numbers := make(map[addr.Instance]int32, len(b.items))
	for n := len(b.gone); n < len(b.nodes); n++ {
		numbers[b.nodes[n].change.Addr] = int32(n) // the main one comes last
	}
	return numbers
}

// linkRevisions makes a send wait for the doubts about other revisions of its
// address, which stand right before it.
func (b *builder) linkRevisions(l *links, n int32) {
	for m := n - 1; m >= 0 && b.nodes[m].change.Addr == b.nodes[n].change.Addr; m-- {
		l.direct = append(l.direct, edge{m, n, edgeDoubt})
	}
}

// linkTo makes node n wait for the address, an instance or a whole block.
func (b *builder) linkTo(l *links, numbers map[addr.Instance]int32, n int32, d addr.Instance, kind edgeKind) {
	if m, ok := numbers[d]; ok {
		l.direct = append(l.direct, edge{m, n, kind})
		l.forward = l.forward && m < n
		return
	}
	if !d.Keyed {
		if _, declared := b.wanted.Blocks[d.Block]; declared {
			b.linkWhole(l, n, d.Block)
			return
		}
	}
	if b.record.Latest(d) != nil {
		return // its block is gone: there is nothing to wait for
	}
	it := b.wanted.Items[b.items[b.nodes[n].change.Addr]]
	b.fail(it.Range, "Unknown address", b.unknown(it.Addr.String()+" waits for", d))
}

// linkWhole makes node n wait for every instance of the block.
func (b *builder) linkWhole(l *links, n int32, block addr.Block) {
	l.whole = append(l.whole, wholeLink{block, n})
	if l.blocks != nil {
		return
	}
	l.blocks = make(map[addr.Block][]int32, len(b.wanted.Blocks))
	for m := len(b.gone); m < len(b.nodes); {
		run, of := []int32(nil), b.nodes[m].change.Addr.Block
		for ; m < len(b.nodes) && b.nodes[m].change.Addr.Block == of; m++ {
			run = append(run, int32(m))
		}
		l.blocks[of] = append(l.blocks[of], run...)
	}
}

// linkPlaces makes a reaction that comes to a message wait for the one that
// leaves it: Instagram keeps one reaction of an account on a message, so the
// later removal would take away the new one.
func (b *builder) linkPlaces(l *links) {
	if b.places == nil {
		return
	}
	leaving := make(map[spot][]int32)
	for n := range b.nodes {
		if at := b.nodes[n].places.leaves; at != (spot{}) {
			leaving[at] = append(leaving[at], int32(n))
		}
	}
	for n := range b.nodes {
		at := b.nodes[n].places.arrives
		if at == (spot{}) {
			continue
		}
		for _, m := range leaving[at] {
			if m == int32(n) {
				continue
			}
			b.vacated = append(b.vacated, edge{m, int32(n), edgeVacates})
			l.forward = l.forward && m < int32(n)
			if c := b.nodes[n].change; b.nodes[m].conv != b.nodes[n].conv {
				c.DependsOn = slices.Concat(c.DependsOn, []addr.Instance{b.nodes[m].change.Addr})
			}
		}
	}
	l.direct = append(l.direct, b.vacated...)
}
