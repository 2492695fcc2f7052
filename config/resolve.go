package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
)

// pending is a reference to an instance, to be looked up once every block is
// expanded.
type pending struct {
	to   addr.Instance
	from *Item
	at   hcl.Range
}

// hasInstance reports whether the configuration has that instance.
func (e *evaluator) hasInstance(in addr.Instance) bool {
	_, declared := e.c.index[in.Block]
	if !declared || e.c.keyed(in.Block) != in.Keyed {
		return false
	}
	if !in.Keyed {
		return true
	}
	_, ok := slices.BinarySearch(e.keys[in.Block], in.Key)
	return ok
}

// references checks that every reference leads to an instance, and that every
// reaction is in the conversation of its message.
func (e *evaluator) references() {
	for _, p := range e.pending {
		e.checkInstance(p)
	}
	byAddr := map[addr.Instance]*Item{}
	for _, item := range e.w.Items {
		if item.Addr.Kind == addr.Message && e.targets[item.Addr] {
			byAddr[item.Addr] = item
		}
	}
	told := map[hcl.Range]bool{}
	for _, item := range e.w.Items {
		if !item.Target.IsRef() {
			continue
		}
		msg := byAddr[item.Target.Ref]
		if msg == nil || msg.Recipient == "" || item.Recipient == "" || msg.Account == nil || item.Account == nil || told[item.Range] {
			continue
		}
		if msg.Recipient != item.Recipient || msg.Account != item.Account {
			told[item.Range] = true
			what := "recipient"
			if msg.Recipient == item.Recipient {
				what = "account"
			}
			e.add(errorf(item.RecipientRange, "Reaction outside of its conversation",
				"%s reacts to %s, which has another %s. A reaction is made in the conversation that its message is in: give both the same account and recipient.", item.Addr, msg.Addr, what))
		}
	}
}

// checkInstance checks that a reference with a key leads to an instance.
func (e *evaluator) checkInstance(p pending) {
	keys, known := e.keys[p.to.Block]
	if !known || e.hasInstance(p.to) {
		return
	}
	hint := ""
	if n := near(p.to.Key, keys); n != "" {
		hint = " Did you mean " + p.to.Block.Each(n).String() + "?"
	}
	// One for each place is enough: the others differ by their key only.
	for _, d := range e.diags {
		if d.Summary == "Unknown instance" && *d.Subject == p.at {
			return
		}
	}
	e.add(errorf(p.at, "Unknown instance", "%s has no instance %s: its for_each has no such key.%s", p.to.Block, p.to, hint))
}
