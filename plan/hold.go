package plan

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// cause is what keeps a change from being carried out by this plan: the change
// at the root of it, and that one's reason. It is zero where nothing does.
type cause struct {
	by  addr.Instance
	why Reason
}

func (c cause) none() bool { return c.by.IsZero() }

// holder follows the causes along the order of execution.
type holder struct {
	nodes  map[int32]cause         // by node
	conv   map[int32]cause         // of messages, by conversation
	exact  map[addr.Instance]cause // of main nodes, by address
	blocks map[addr.Block]cause    // of main nodes, the first of each block
}

// hold marks the changes that cannot be carried out because of others. In a
// conversation a message that cannot be sent holds everything behind it; a
// reaction that cannot be made holds only what depends on it.
func (b *builder) hold(order []int32) {
	h := holder{
		nodes: make(map[int32]cause), conv: make(map[int32]cause),
		exact: make(map[addr.Instance]cause), blocks: make(map[addr.Block]cause),
	}
	vacates := make(map[int32][]int32, len(b.vacated))
	for _, e := range b.vacated {
		vacates[e.to] = append(vacates[e.to], e.from)
	}
	for _, n := range order {
		nd := &b.nodes[n]
		c := nd.change
		own := stands(c)
		if own.none() && c.Action.Calls() && !readsOnly(c) {
			own = h.of(nd)
			for _, m := range vacates[n] {
				if own.none() {
					own = h.nodes[m]
				}
			}
			for m := n - 1; nd.waits && own.none() && m >= 0 && b.nodes[m].change.Addr == c.Addr; m-- {
				own = h.nodes[m]
			}
		}
		if own.none() {
			continue
		}
		if c.Action.Calls() {
			c.HeldBy, c.HeldWhy = own.by, own.why
		}
		h.add(n, nd, own)
	}
}

// stands returns the cause that a change is by itself.
func stands(c *Change) cause {
	switch {
	case !c.HeldBy.IsZero():
		return cause{c.HeldBy, c.HeldWhy}
	case c.Action == NoOp && (c.Reason == RejectedFinal || c.Reason == NotSelected):
		return cause{c.Addr, c.Reason}
	case c.Action == Settle && (c.OnInDoubt == config.DoubtHold || c.Base.LeftOpen()):
		return cause{c.Addr, InDoubt}
	}
	return cause{}
}

// readsOnly reports whether the change sends nothing, whatever it finds.
func readsOnly(c *Change) bool { return c.Action == Settle && c.Content.Kind == content.KindInvalid }

// of returns the cause that holds the node, if any.
func (h *holder) of(nd *node) cause {
	if k := h.conv[nd.conv]; !k.none() {
		return k
	}
	for _, d := range nd.change.DependsOn {
		if k := h.exact[d]; !k.none() {
			return k
		}
		if !d.Keyed {
			if k := h.blocks[d.Block]; !k.none() {
				return k
			}
		}
	}
	return cause{}
}

// add notes that the node cannot be carried out.
func (h *holder) add(n int32, nd *node, k cause) {
	a := nd.change.Addr
	h.nodes[n] = k
	if nd.main {
		h.exact[a] = k
		if _, known := h.blocks[a.Block]; !known {
			h.blocks[a.Block] = k
		}
	}
	if a.Kind == addr.Message {
		if _, known := h.conv[nd.conv]; !known {
			h.conv[nd.conv] = k
		}
	}
}

// checkLimits compares what the plan would send with the configured limits.
func (b *builder) checkLimits() {
	limits := b.wanted.Limits
	if limits.MaxSends <= 0 && limits.MaxSendsPerRecipient <= 0 {
		return
	}
	total, people := 0, 0
	var worst *Change
	each := make(map[state.Conversation]int)
	for n := range b.nodes {
		c := b.nodes[n].change
		if c.Action != Send || !c.HeldBy.IsZero() {
			continue
		}
		total++
		each[c.Conversation()]++
		if each[c.Conversation()] == limits.MaxSendsPerRecipient+1 {
			people++
			if worst == nil {
				worst = c
			}
		}
	}
	const advice = "Nothing is sent. Raise the limit in the herald block if all of them are meant, or plan a part of it with -only."
	if limits.MaxSends > 0 && total > limits.MaxSends {
		b.fail(hcl.Range{}, "Too many messages for one run", fmt.Sprintf(
			"The plan sends %s messages and max_sends is %s: %s too many. %s",
			content.Thousands(total), content.Thousands(limits.MaxSends), content.Thousands(total-limits.MaxSends), advice))
	}
	if limits.MaxSendsPerRecipient > 0 && worst != nil {
		n := each[worst.Conversation()]
		detail := fmt.Sprintf("The plan sends %s messages to %s and max_sends_per_recipient is %s: %s too many. ",
			content.Thousands(n), worst.Recipient, content.Thousands(limits.MaxSendsPerRecipient),
			content.Thousands(n-limits.MaxSendsPerRecipient))
		if people > 1 {
			detail += fmt.Sprintf("The same goes for %s. ", others(people-1, "recipient"))
		}
		b.fail(worst.Range, "Too many messages to one person", detail+advice)
	}
}
