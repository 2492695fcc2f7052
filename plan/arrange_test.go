package plan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// matrix tells for each pair of nodes whether the second waits for the first.
type matrix [][]bool

func newMatrix(n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]bool, n)
	}
	return m
}

// closure adds what follows; it reports whether there is no circle.
func (m matrix) closure() bool {
	for k := range m {
		for i := range m {
			for j := range m {
				m[i][j] = m[i][j] || m[i][k] && m[k][j]
			}
		}
	}
	for i := range m {
		if m[i][i] {
			return false
		}
	}
	return true
}

// least returns the nodes so that each comes after what it waits for, the
// lowest first: the definition, tried out one by one.
func (m matrix) least(nodes []int32) []int32 {
	var order []int32
	rest := slices.Clone(nodes)
	for len(rest) > 0 {
		i := slices.IndexFunc(rest, func(v int32) bool {
			return !slices.ContainsFunc(rest, func(u int32) bool { return m[u][v] })
		})
		order = append(order, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return order
}

// defined is the order as the design defines it, or nil for a circle.
func defined(b *builder, l *links) []int32 {
	m := newMatrix(len(b.nodes))
	for _, e := range l.direct {
		m[e.from][e.to] = true
	}
	for _, w := range l.whole {
		for _, v := range l.blocks[w.block] {
			m[v][w.node] = true
		}
	}
	if !m.closure() {
		return nil
	}
	convs := make(map[int32][]int32)
	var all []int32
	for v := range b.nodes {
		convs[b.nodes[v].conv] = append(convs[b.nodes[v].conv], int32(v))
		all = append(all, int32(v))
	}
	chains := newMatrix(len(b.nodes))
	for i := range m {
		copy(chains[i], m[i])
	}
	for _, nodes := range convs {
		order := m.least(nodes)
		for i := 1; i < len(order); i++ {
			chains[order[i-1]][order[i]] = true
		}
	}
	if !chains.closure() {
		return nil
	}
	return chains.least(all)
}

func TestOrderIsTheDefinedOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		n := rapid.IntRange(1, 8).Draw(rt, "messages")
		names := []string{"message.a", "message.b", "message.c", `message.x["1"]`, `message.x["2"]`, `message.x["3"]`, "message.d", "message.e"}
		for _, name := range rapid.Permutation(names).Draw(rt, "order")[:n] {
			w.message(name, name).Recipient = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "recipient")
		}
		for _, it := range w.wanted.Items {
			for rapid.IntRange(0, 2).Draw(rt, "more") == 0 {
				d := rapid.SampledFrom(w.wanted.Items).Draw(rt, "dependency").Addr
				if rapid.Bool().Draw(rt, "whole") {
					d = d.Only()
				}
				it.DependsOn = append(it.DependsOn, d)
			}
		}
		b := newBuilder(Input{Wanted: w.wanted, Record: w.record})
		b.read()
		b.classify()
		l := b.link()
		want := defined(b, l)
		got, ok := b.arrangeGraph(l)
		if !slices.Equal(got, want) || ok != (want != nil) {
			rt.Fatalf("got %v, want %v\n%s", got, want, said(b.diags))
		}
	})
}
