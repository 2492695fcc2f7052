package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
)

// checkMoves reads the moved blocks and checks them against each other.
func (c *Config) checkMoves() hcl.Diagnostics {
	var diags hcl.Diagnostics
	from, to := map[addr.Instance]hcl.Range{}, map[addr.Instance]hcl.Range{}
	for i := range c.moves {
		d := &c.moves[i]
		m, more := readMove(d)
		diags = append(diags, more...)
		if len(more) > 0 {
			continue
		}
		if m.From.Kind != m.To.Kind {
			diags = append(diags, errorf(m.Range, "Move between kinds", "%s is a %s and %s is a %s: what is recorded of the one means nothing for the other.", m.From, m.From.Kind, m.To, m.To.Kind))
			continue
		}
		if m.From == m.To {
			diags = append(diags, errorf(m.Range, "Move to itself", "Both ends are %s, so nothing would move. Take out this block.", m.From))
			continue
		}
		if first, ok := from[m.From]; ok {
			diags = append(diags, errorf(m.Range, "Moved twice", "%s is moved already, at %s. One thing can go to one place.", m.From, place(first)))
			continue
		}
		if first, ok := to[m.To]; ok {
			diags = append(diags, errorf(m.Range, "Two moves to one address", "Something is moved to %s already, at %s. One address holds one thing.", m.To, place(first)))
			continue
		}
		from[m.From], to[m.To] = m.Range, m.Range
		c.moved = append(c.moved, m)
	}
	return append(diags, circularMoves(c.moved)...)
}

// readMove reads one moved block.
func readMove(d *decl) (Move, hcl.Diagnostics) {
	m := Move{Range: d.at()}
	var diags hcl.Diagnostics
	for _, end := range []struct {
		name string
		into *addr.Instance
	}{{"from", &m.From}, {"to", &m.To}} {
		a := d.get(end.name)
		if a == nil {
			diags = append(diags, errorf(d.at(), "Missing argument", "A moved block says what moved where, as in from = message.old and to = message.new. %s is missing.", end.name))
			continue
		}
		at, _, ok := constantAddress(a)
		if !ok {
			diags = append(diags, errorf(d.valueAt(a), "Invalid address", "%s is an address, without quotes around it: message.welcome for a block, or message.welcome[\"ana\"] for one instance.", upperFirst(end.name)))
			continue
		}
		*end.into = at
	}
	return m, diags
}

// circularMoves finds chains of moves that lead back to their beginning.
func circularMoves(moves []Move) hcl.Diagnostics {
	next := make(map[addr.Instance]int, len(moves))
	for i, m := range moves {
		next[m.From] = i
	}
	var diags hcl.Diagnostics
	seen := make([]bool, len(moves))
	for i := range moves {
		var chain []string
		onPath := map[int]bool{}
		for j, ok := i, true; ok && !seen[j]; j, ok = next[moves[j].To] {
			seen[j], onPath[j] = true, true
			chain = append(chain, moves[j].From.String())
			if k, again := next[moves[j].To]; again && onPath[k] {
				chain = append(chain, moves[k].From.String())
				start := 0
				for chain[start] != moves[k].From.String() {
					start++
				}
				diags = append(diags, errorf(moves[j].Range, "Circular move", "These moves lead back to where they begin: %s. Take out one of them.", strings.Join(chain[start:], " → ")))
			}
		}
	}
	return diags
}

// checkMovedAway finds what is moved to another address and still declared:
// the record would go with the move, and the message would be sent again.
func (e *evaluator) checkMovedAway() {
	for _, m := range e.c.moved {
		var wanted bool
		switch {
		case m.From.Keyed:
			wanted = e.hasInstance(m.From)
		case m.To.Block != m.From.Block:
			_, wanted = e.c.index[m.From.Block]
		default:
			_, declared := e.c.index[m.From.Block]
			wanted = declared && !e.c.keyed(m.From.Block)
		}
		if wanted {
			e.add(errorf(m.Range, "Moved and still declared", "%s is moved to %s and is still declared: what is recorded of it would go with the move, and it would be sent again. Take out this block, or the declaration.", m.From, m.To))
		}
	}
}
