package plan

import (
	"fmt"

	"herald/config/addr"
	"herald/state"
)

// forgetter holds what the removed blocks name.
type forgetter struct {
	exact map[addr.Instance]bool
	whole map[addr.Block]bool
}

// forgets reports whether a removed block names the address, or its block.
func (f *forgetter) forgets(a addr.Instance) bool { return f.exact[a] || f.whole[a.Block] }

// readRemoved sorts the removed blocks by what they name. What a configuration
// refuses is refused here as well.
func (b *builder) readRemoved() {
	for i := range b.wanted.Removed {
		r := &b.wanted.Removed[i]
		_, declared := b.items[r.From]
		if !r.From.Keyed {
			_, declared = b.wanted.Blocks[r.From.Block]
		}
		switch {
		case r.From.Kind != addr.Reaction:
			b.fail(r.Range, "Message cannot be forgotten", fmt.Sprintf(
				"%s is a message. What was sent cannot be taken back, and stays on record so that it is never sent twice. "+
					"Its block may simply be deleted. Take out this removed block.", r.From))
		case declared:
			b.fail(r.Range, "Removed and still declared", fmt.Sprintf(
				"%s is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.", r.From))
		case r.From.Keyed:
			if b.removed.exact == nil {
				b.removed.exact = make(map[addr.Instance]bool)
			}
			b.removed.exact[r.From] = true
		default:
			if b.removed.whole == nil {
				b.removed.whole = make(map[addr.Block]bool)
			}
			b.removed.whole[r.From.Block] = true
		}
	}
}

// forget returns the change that takes a reaction without a block out of the
// record. It stays on its message, so it leaves no place to another one; its
// account is not needed, for nobody is called.
func (b *builder) forget(e *state.Entry, change int64) *Change {
	c := b.blank()
	c.Addr, c.Revision, c.Action, c.Reason = e.Addr, e.Revision, Forget, Forgotten
	c.Account, c.Recipient, c.Fingerprint = e.Account, e.Recipient, e.Fingerprint
	c.Target, c.React = Target{ID: e.Target}, e.Reaction
	c.Base, c.BaseChange = e, change
	c.MovedFrom = b.moved[e.Addr]
	return c
}
