package apply

import (
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// A reaction is an object: what is to be called follows from what is wanted
// and what is recorded, whichever apply wrote it. To move one is to take it
// back from the former message and to add it to the new one, with a record of
// each, so that a run that ends between the two is gone on with.

// stands reports whether the entry is a reaction that stands, or may.
func stands(e *state.Entry) bool {
	return e.Target != "" && (e.Status == state.Reacted || e.Status == state.Intent)
}

// unreacts reports whether no reaction is wanted: its block is gone.
func unreacts(c *plan.Change) bool {
	return c.Action == plan.Unreact || c.Action == plan.Repeat && c.React == ""
}

// reactionCall returns the next call that brings the recorded reaction to what
// the change wants, or none, or what forbids it. l.mu is held.
func (l *ledger) reactionCall(c *plan.Change, prior *state.Entry) (Call, *obstacle) {
	remove := func() Call {
		return Call{Verb: RemoveReaction, Recipient: prior.Recipient, MessageID: prior.Target}
	}
	there := prior != nil && stands(prior)
	if unreacts(c) {
		if there {
			return remove(), nil
		}
		return Call{}, nil
	}
	id := c.Target.ID
	if c.Target.IsRef() {
		id = l.messageID(c.Target.Ref)
	}
	if id == "" {
		return Call{}, &obstacle{kind: noTarget, key: state.Key{Addr: c.Target.Ref, Revision: 1}}
	}
	if there && (prior.Target != id || prior.Recipient != c.Recipient) {
		return remove(), nil
	}
	if there && prior.Status == state.Reacted && prior.Reaction == c.React {
		return Call{}, nil
	}
	for _, other := range l.targets[target{c.Account, id}] {
		if other != c.Key() {
			return Call{}, &obstacle{kind: secondReaction, key: other}
		}
	}
	return Call{Verb: AddReaction, Recipient: c.Recipient, MessageID: id, Reaction: c.React}, nil
}

// reactionIntent completes the intent of a reaction's call. The intent of an
// unreact names no reaction.
func reactionIntent(e *state.Entry, call Call) {
	e.Target, e.Reaction, e.Recipient = call.MessageID, call.Reaction, call.Recipient
	if call.Verb == AddReaction {
		e.Fingerprint = content.ReactionFingerprint(e.Account, e.Recipient, e.Target, e.Reaction)
	}
}

// restoreReaction makes e what was known of the reaction before a call that
// had no effect.
func restoreReaction(e *state.Entry, prior *state.Entry) {
	e.Status, e.Target, e.Reaction = prior.Status, prior.Target, prior.Reaction
	e.Fingerprint, e.Recipient = prior.Fingerprint, prior.Recipient
	if prior.Status != state.Intent {
		return
	}
	e.DoubtAt, e.SettledAt, e.SettledBy = prior.DoubtAt, prior.SettledAt, prior.SettledBy
	if e.DoubtAt.IsZero() {
		e.DoubtAt = prior.IntendedAt
	}
}
