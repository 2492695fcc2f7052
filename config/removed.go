package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
)

// checkRemoved reads the removed blocks and checks them against each other and
// the moved blocks.
func (c *Config) checkRemoved() hcl.Diagnostics {
	var diags hcl.Diagnostics
	seen := map[addr.Instance]hcl.Range{}
	moved := make(map[addr.Instance]Move, len(c.moved))
	for _, m := range c.moved {
		moved[m.From] = m
	}
	for i := range c.removals {
		d := &c.removals[i]
		diags = append(diags, checkDestroy(d)...)
		r, diag := readRemoved(d)
		if diag != nil {
			diags = append(diags, diag)
			continue
		}
		if first, ok := seen[r.From]; ok {
			diags = append(diags, errorf(r.Range, "Removed twice", "%s is removed already, at %s. Once is enough: take out one of the two.", r.From, place(first)))
			continue
		}
		seen[r.From] = r.Range
		if m, ok := moved[r.From]; ok {
			diags = append(diags, errorf(r.Range, "Removed and moved", "%s is moved to %s, at %s, and would be forgotten here. What is recorded of it can go one way only: take out one of the two, or remove %s.", r.From, m.To, place(m.Range), m.To))
			continue
		}
		c.removed = append(c.removed, r)
	}
	return diags
}

// readRemoved reads one removed block.
func readRemoved(d *decl) (Removed, *hcl.Diagnostic) {
	out := Removed{Range: d.at()}
	a := d.get("from")
	if a == nil {
		return out, errorAt(d.at(), "Missing argument", "A removed block says which reaction Herald forgets and leaves on its message: from = reaction.thanks. from is missing.")
	}
	from, r, ok := constantAddress(a)
	if !ok {
		return out, errorAt(d.valueAt(a), "Invalid address", "From is the address of a reaction, without quotes around it: reaction.thanks for a block, or reaction.thanks[\"ana\"] for one instance.")
	}
	if r.block.Kind == addr.Message {
		return out, errorAt(d.valueAt(a), "Message cannot be forgotten", "A sent message cannot be taken back, and it stays on record so that it is never sent twice. "+
			"Its block may simply be deleted, without a removed block: nothing is sent, and nothing if the block is put back. Take out this removed block.")
	}
	out.From = from
	return out, nil
}

// constantAddress reads an attribute that is one lone address with a literal
// key, or none.
func constantAddress(a *attr) (addr.Instance, ref, bool) {
	if a.expr == nil {
		return addr.Instance{}, ref{}, false
	}
	r, ok := parseRef(a.expr)
	if !ok || r.attr != "" || r.keyExpr != nil || r.hasKey() && (r.key.Type() != cty.String || r.key.IsNull() || !r.key.IsKnown()) {
		return addr.Instance{}, r, false
	}
	if r.hasKey() {
		return r.block.Each(r.key.AsString()), r, true
	}
	return r.block.Only(), r, true
}

// checkDestroy checks the lifecycle block of a removed block, which says what
// the block says by itself: that nothing is taken back.
func checkDestroy(d *decl) hcl.Diagnostics {
	lc := d.nested("lifecycle")
	if lc == nil {
		return nil
	}
	destroy := false
	diags := boolConstant(lc, "destroy", &destroy)
	if destroy {
		diags = append(diags, errorAt(lc.valueAt(lc.get("destroy")), "Removed block takes nothing back", "A removed block leaves the reaction on its message and forgets it, so destroy is false. "+
			"To have the reaction taken back, delete its block and this removed block: a reaction without a block is taken back."))
	}
	return diags
}

// checkRemovedAway finds what is removed and still declared: the reaction would
// be forgotten and added again, in turns.
func (e *evaluator) checkRemovedAway() {
	for _, r := range e.c.removed {
		wanted := r.From.Keyed && e.hasInstance(r.From)
		if !r.From.Keyed {
			_, wanted = e.c.index[r.From.Block]
		}
		if wanted {
			e.add(errorf(r.Range, "Removed and still declared", "%s is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.", r.From))
		}
	}
}
