package plan

import (
	"fmt"

	"herald/config/addr"
	"herald/state"
)

// holding is a change and the entry of another address that explains it.
type holding struct {
	change *Change
	entry  *state.Entry
}

// pair names two blocks: what is wanted under one was sent under the other.
type pair struct{ from, to addr.Block }

// checkDuplicates refuses to send what was sent, may have been sent, or is
// about to be sent under another address: the person would read it twice.
func (b *builder) checkDuplicates(order []int32) {
	planned, byHand := make(map[string]*Change), b.byHand()
	var renamed []holding
	b.renamed = make(map[*Change]bool)
	for _, n := range order {
		c := b.nodes[n].change
		if !c.sends() {
			continue
		}
		first := planned[c.Fingerprint]
		if first == nil {
			planned[c.Fingerprint] = c
		}
		// A doubt about the very same send is no second send.
		own := c.Action == Settle && c.Base != nil && c.Base.Fingerprint == c.Fingerprint
		if c.AllowDuplicate || own {
			continue
		}
		if sent := byHand[c.Fingerprint]; sent != nil && sent.Addr != c.Addr {
			b.failImported(c, sent)
			continue
		}
		if e := b.elsewhere(c); e != nil {
			if _, live := b.items[e.Addr]; live {
				b.failDuplicate(c, e)
			} else {
				b.renamed[c] = true
				renamed = append(renamed, holding{change: c, entry: e})
			}
			continue
		}
		if first != nil && first.Addr != c.Addr {
			b.failTwice(c, first)
		}
	}
	b.failRenamed(renamed)
}

// sends reports whether the change is, or may become, the send of a message.
func (c *Change) sends() bool { return c.Action == Send || c.Action == Settle && !readsOnly(c) }

// elsewhere returns the entry that holds the change's content under another
// address, or nil. The one whose block is gone comes first, for it explains
// more: the block was renamed.
func (b *builder) elsewhere(c *Change) *state.Entry {
	if b.record.Len() == 0 {
		return nil
	}
	var found *state.Entry
	for _, e := range b.lookup().Fingerprint(c.Fingerprint) {
		if e.Addr == c.Addr {
			continue
		}
		if _, live := b.items[e.Addr]; !live {
			return e
		}
		if found == nil {
			found = e
		}
	}
	return found
}

// failRenamed reports what was sent under an address whose block is gone. The
// instances of a block with a new name are one mistake, so one diagnostic.
func (b *builder) failRenamed(list []holding) {
	whole := make(map[pair][]holding)
	var pairs []pair
	for _, h := range list {
		p := pair{h.entry.Addr.Block, h.change.Addr.Block}
		_, declared := b.wanted.Blocks[p.from]
		sameKey := h.entry.Addr.Keyed == h.change.Addr.Keyed && h.entry.Addr.Key == h.change.Addr.Key
		if declared || !sameKey {
			b.failMoved(h, movedBlock(h.entry.Addr, h.change.Addr), 1)
			continue
		}
		if whole[p] == nil {
			pairs = append(pairs, p)
		}
		whole[p] = append(whole[p], h)
	}
	for _, p := range pairs {
		b.failMoved(whole[p][0], movedBlock(p.from, p.to), len(whole[p]))
	}
}

// failMoved reports n duplicates that a moved block explains.
func (b *builder) failMoved(h holding, moved string, n int) {
	more := ""
	if n > 1 {
		more = " The same goes for " + others(n-1, "instance") + "."
	}
	b.fail(h.change.Range, "Message has another address in the record", fmt.Sprintf(
		"%s is the same message to the same person as %s, which %s and whose block is gone. "+
			"Under the new address it would reach the person again.%s If the block was renamed, add this to the configuration:%s"+
			"If the person should receive it once more, write allow_duplicate = true into the lifecycle block of %s.",
		h.change.Addr, h.entry.Addr, wasSent(h.entry), more, moved, h.change.Addr.Block))
}

// failDuplicate reports what was sent under another address of the files.
func (b *builder) failDuplicate(c *Change, e *state.Entry) {
	b.fail(c.Range, "Duplicate message", fmt.Sprintf(
		"%s is the same message to the same person as %s, which %s. The person would read it twice. "+
			"Take out one of the two, or write allow_duplicate = true into the lifecycle block of %s if it is meant.",
		c.Addr, e.Addr, wasSent(e), c.Addr.Block))
}

// failTwice reports two sends of one content in one plan.
func (b *builder) failTwice(c, first *Change) {
	b.fail(c.Range, "Duplicate message", fmt.Sprintf(
		"%s is the same message to the same person as %s (%s), and both are still to be sent. The person would read it twice. "+
			"Take out one of the two, or write allow_duplicate = true into the lifecycle block of %s if it is meant.",
		c.Addr, first.Addr, place(first.Range), c.Addr.Block))
}

func wasSent(e *state.Entry) string {
	if e.Status == state.Intent {
		return "may have been sent (its outcome is in doubt)"
	}
	return "was sent"
}

// warnRenamed marks messages without a record to someone who was sent a message
// whose block is gone: perhaps the block was renamed and its text edited. There
// is one warning for each pair of blocks.
func (b *builder) warnRenamed() {
	if len(b.goneSent) == 0 {
		return
	}
	count := make(map[pair]int)
	first := make(map[pair]holding)
	var pairs []pair
	for n := range b.nodes {
		c := b.nodes[n].change
		if c.Action != Send || c.Reason != NotSentYet || c.BaseChange != 0 || c.AllowDuplicate || b.renamed[c] {
			continue
		}
		e := likeliest(b.goneSent[c.Conversation()], c.Addr)
		if e == nil {
			continue
		}
		c.Reason = MaybeRenamed
		p := pair{e.Addr.Block, c.Addr.Block}
		if count[p]++; count[p] == 1 {
			pairs = append(pairs, p)
			first[p] = holding{change: c, entry: e}
		}
	}
	for _, p := range pairs {
		h := first[p]
		more := ""
		if n := count[p]; n > 1 {
			more = " The same goes for " + others(n-1, "instance") + "."
		}
		b.warn(h.change.Range, "Message may be a renamed one", fmt.Sprintf(
			"%s is new, and the same person was sent %s, whose block is gone.%s If it is another message, all is well: it will be sent. "+
				"If the block was renamed and edited, the person would receive both; then add this to the configuration, and nothing is sent:%s",
			h.change.Addr, h.entry.Addr, more, movedBlock(h.entry.Addr, h.change.Addr)))
	}
}

// likeliest returns the entry that most likely had the address before: the one
// with the same key, else the first.
func likeliest(list []*state.Entry, a addr.Instance) *state.Entry {
	var found *state.Entry
	better := func(e *state.Entry) bool {
		if found == nil {
			return true
		}
		same := e.Addr.Keyed == a.Keyed && e.Addr.Key == a.Key
		was := found.Addr.Keyed == a.Keyed && found.Addr.Key == a.Key
		if same != was {
			return same
		}
		return e.Key().Compare(found.Key()) < 0
	}
	for _, e := range list {
		if better(e) {
			found = e
		}
	}
	return found
}
