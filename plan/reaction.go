package plan

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// spot is a message as one account sees it: the place of one reaction.
type spot struct{ account, messageID string }

// places are the messages whose reaction a change gives up or takes.
type places struct{ leaves, arrives spot }

// reaction gives a reaction its row of the table, and returns how many entries
// of the record belong to it. Every message has its row already.
func (b *builder) reaction(i int32, it *config.Item) int {
	c := b.change(it)
	c.Target, c.React = it.Target, it.React
	if it.Target.IsRef() {
		c.DependsOn = slices.Concat(it.DependsOn, []addr.Instance{it.Target.Ref})
	}
	b.main[i] = c
	id := it.Target.ID
	if it.Target.IsRef() {
		id = b.knownID(it.Target.Ref)
	}
	name := id
	if name == "" {
		name = it.Target.String()
	}
	c.Fingerprint = content.ReactionFingerprint(c.Account, c.Recipient, name, c.React)

	entries := b.record.Revisions(it.Addr)
	for _, e := range entries {
		c.Base = e
		c.BaseChange += e.Change
	}
	e := c.Base
	if e != nil && e.Status != state.Absent && e.Account != c.Account {
		b.failAccount(it, e)
		return len(entries)
	}
	b.compareReaction(c, e, id)
	if c.Action == NoOp {
		return len(entries)
	}
	var p places
	if id != "" {
		p.arrives = spot{c.Account, id}
	}
	if e != nil && (e.Status == state.Reacted || e.Status == state.Intent) && e.Target != id {
		p.leaves = spot{e.Account, e.Target}
	}
	b.placed(c, p)
	return len(entries)
}

// compareReaction sets action and reason by the recorded entry, if any, and the
// id of the target, if it is known.
func (b *builder) compareReaction(c *Change, e *state.Entry, id string) {
	same := e != nil && e.Target == id && e.Reaction == c.React && e.Recipient == c.Recipient
	switch {
	case e == nil || e.Status == state.Absent:
		c.Action, c.Reason = React, NotReactedYet
	case e.Status == state.Intent:
		c.Action, c.Reason = Repeat, InDoubt
	case e.Status == state.Rejected:
		c.Action, c.Reason = React, RejectedBefore
		if same && b.refusedForGood(e) {
			c.Action, c.Reason = NoOp, RejectedFinal
		}
	case same:
		c.Reason = AlreadyReacted
	case e.Target == id && e.Recipient == c.Recipient:
		c.Action, c.Reason = Rereact, ReactionChanged
	default:
		c.Action, c.Reason = Retarget, TargetChanged
	}
}

// placed notes which messages a reaction leaves and comes to.
func (b *builder) placed(c *Change, p places) {
	if p == (places{}) {
		return
	}
	if b.places == nil {
		b.places = make(map[*Change]places)
	}
	b.places[c] = p
}

// unreact returns the change that takes back a reaction without a block. One
// in doubt is repeated as a removal: it has no React.
func (b *builder) unreact(e *state.Entry, change int64) *Change {
	c := b.blank()
	c.Addr, c.Revision, c.Action, c.Reason = e.Addr, e.Revision, Unreact, Removed
	c.Account, c.Recipient, c.Fingerprint = e.Account, e.Recipient, e.Fingerprint
	c.Target, c.React = Target{ID: e.Target}, e.Reaction
	c.Base, c.BaseChange = e, change
	c.MovedFrom = b.moved[e.Addr]
	if e.Status == state.Intent {
		c.Action, c.Reason, c.React = Repeat, InDoubt, ""
	}
	b.placed(c, places{leaves: spot{e.Account, e.Target}})
	b.need(e.Account, e.Addr)
	return c
}

// knownID returns the id of the message at the address, or "" while it is not
// known: it is still to be sent, or in doubt.
func (b *builder) knownID(a addr.Instance) string {
	if i, declared := b.items[a]; declared {
		c := b.main[i]
		switch {
		case c == nil:
			return ""
		case c.Action == Import:
			return c.ImportID
		case c.Action != NoOp:
			return ""
		}
	}
	return sentID(b.record, a)
}

// sentID returns the id of the highest revision of the address that was sent.
func sentID(r *state.Record, a addr.Instance) string {
	id := ""
	for _, e := range r.Revisions(a) {
		if e.Status == state.Sent {
			id = e.MessageID
		}
	}
	return id
}

// checkReactions compares reactions with their targets and with each other.
func (b *builder) checkReactions() {
	type target struct {
		account string
		Target
	}
	taken := make(map[target]*config.Item)
	for _, it := range b.wanted.Items {
		if it.Addr.Kind != addr.Reaction {
			continue
		}
		key := target{it.Account.IGID, it.Target}
		if it.Target.IsRef() {
			b.checkTarget(it)
			if id := b.knownID(it.Target.Ref); id != "" {
				key.Target = Target{ID: id}
			}
		} else {
			b.checkForeign(it)
		}
		if other := taken[key]; other != nil {
			b.fail(it.Range, "Two reactions to one message", fmt.Sprintf(
				"%s and %s both react to %s from account %s. Instagram keeps one reaction of an account on a message: "+
					"the second would replace the first, and each apply would undo the other. Take out one of the two.",
				other.Addr, it.Addr, it.Target, it.Account.Name))
			continue
		}
		taken[key] = it
	}
}

// checkTarget compares a reaction with the message that Herald sends.
func (b *builder) checkTarget(it *config.Item) {
	i, declared := b.items[it.Target.Ref]
	if !declared {
		if e := b.record.Latest(it.Target.Ref); e != nil {
			b.agree(it, e.Account, e.Recipient)
		}
		return // link reports what is nowhere
	}
	to := b.wanted.Items[i]
	b.agree(it, to.Account.IGID, to.Recipient)
}

// checkForeign compares a reaction with the message whose id it has, where
// Herald knows it.
func (b *builder) checkForeign(it *config.Item) {
	if c := b.imports.byID[it.Target.ID]; c != nil {
		b.agree(it, c.Account, c.Recipient)
		return
	}
	if b.record.Len() == 0 {
		return
	}
	if e := b.lookup().MessageID(it.Target.ID); e != nil {
		b.agree(it, e.Account, e.Recipient)
	}
}

// agree reports a reaction whose target is in another conversation.
func (b *builder) agree(it *config.Item, account, recipient string) {
	at := it.RecipientRange
	if at.Filename == "" {
		at = it.Range
	}
	switch {
	case account != it.Account.IGID:
		b.fail(it.Range, "Reaction from another account", fmt.Sprintf(
			"%s reacts from account %s to %s, a message of account %s. An account sees its own conversations only. "+
				"Give the reaction the account of its message.",
			it.Addr, it.Account.IGID, it.Target, account))
	case recipient != it.Recipient:
		b.fail(at, "Reaction in another conversation", fmt.Sprintf(
			"%s has recipient %s, and its target %s is a message to %s. A reaction belongs to the conversation of its message. "+
				"Give both the same recipient.",
			it.Addr, it.Recipient, it.Target, recipient))
	}
}

// failAccount refuses to move a reaction between accounts: taking it back needs
// the token of one, adding it that of the other.
func (b *builder) failAccount(it *config.Item, e *state.Entry) {
	b.fail(it.Range, "Reaction changed its account", fmt.Sprintf(
		"%s was made from account %s and now belongs to account %s. One change has one account. "+
			"Take the block out and apply, which takes the reaction back; then put it in again.",
		it.Addr, e.Account, it.Account.IGID))
}

// rangeOf returns where the address is declared, or a zero range.
func (b *builder) rangeOf(a addr.Instance) hcl.Range {
	if i, ok := b.items[a]; ok {
		return b.wanted.Items[i].Range
	}
	return hcl.Range{}
}
