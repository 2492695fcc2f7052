package apply

import (
	"fmt"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// standing says where a change stands before the run: a plan can be applied
// again, and goes on where it stopped.
type standing uint8

const (
	// standingOpen: it is to be done.
	standingOpen standing = iota
	// standingDone: an earlier apply of this plan did it.
	standingDone
	// standingRefused: an earlier apply of this plan was refused for good.
	standingRefused
	// standingInDoubt: a message that may have been delivered.
	standingInDoubt
	// standingHeld: the plan says that it cannot be done now.
	standingHeld
	// standingLater: it is not among those that Canary has done.
	standingLater
)

// review looks at every change before anything is sent: what is done is
// skipped, what is in doubt goes to be settled, and what nothing stands before
// is ready to go.
func (e *engine) review() {
	if e.fleet != nil {
		e.reviewShared()
		return
	}
	e.endRecorded()
	for i := range e.sched.nodes {
		if !e.sched.nodes[i].finished {
			e.judge(int32(i))
		}
	}
	for i := range e.sched.nodes {
		if n := &e.sched.nodes[i]; !n.finished && !n.settling && n.waits == 0 {
			e.enqueue(int32(i), false)
		}
	}
	e.reviewed = true
}

// judge looks at one change before anything of its conversation is sent.
func (e *engine) judge(i int32) {
	n := &e.sched.nodes[i]
	entry := e.ledger.get(n.change.Key())
	switch e.standing(n.change, entry) {
	case standingDone:
		e.end(i, done(entry))
	case standingRefused:
		e.end(i, e.refusedBefore(entry))
	case standingLater:
		e.end(i, ChangeResult{Result: ResultLater})
	case standingInDoubt:
		e.settle(i, entry)
	case standingHeld:
		e.end(i, e.heldByPlan(n.change))
	case standingOpen:
	}
}

// checkLimits stops the run before its first call if it would send more than
// the configuration allows one run.
func (e *engine) checkLimits() {
	limits := e.run.Plan.Limits
	if limits.MaxSends <= 0 && limits.MaxSendsPerRecipient <= 0 || e.run.SettleOnly {
		return
	}
	e.sendsTo = make(map[state.Conversation]int)
	for i := range e.sched.nodes {
		n := &e.sched.nodes[i]
		if n.finished || n.change.Action != plan.Send {
			continue
		}
		e.sends++
		talk := n.change.Conversation()
		e.sendsTo[talk]++
		if most := limits.MaxSendsPerRecipient; most > 0 && e.sendsTo[talk] > most {
			e.halted(haltLimits, fmt.Errorf("the run would send more than max_sends_per_recipient = %d messages to %s", most, talk.Recipient))
			return
		}
	}
	if most := limits.MaxSends; most > 0 && e.sends > most {
		e.halted(haltLimits, fmt.Errorf("the run would send %d messages, and max_sends = %d", e.sends, most))
	}
}

// mayAdd counts one more send, of a message that an earlier run left in doubt
// and that proved absent, unless the limits forbid it. A Send of this plan is
// counted already.
func (e *engine) mayAdd(c *plan.Change) bool {
	limits, talk := e.run.Plan.Limits, c.Conversation()
	if e.sendsTo == nil || c.Action == plan.Send {
		return true
	}
	if limits.MaxSends > 0 && e.sends >= limits.MaxSends || limits.MaxSendsPerRecipient > 0 && e.sendsTo[talk] >= limits.MaxSendsPerRecipient {
		return false
	}
	e.sends++
	e.sendsTo[talk]++
	return true
}

// heldByPlan is the end of a change that the plan itself holds.
func (e *engine) heldByPlan(c *plan.Change) ChangeResult {
	r := ChangeResult{Result: ResultHeld, Because: e.changeAt(c.HeldBy)}
	if c.HeldBy == c.Addr {
		r.Because = nil
		r.Outcome = Outcome{Reason: string(c.HeldWhy), Explain: "Another revision of it is in doubt, and decides whether this one is sent."}
	}
	return r
}

// standing compares a change with its entry. The record is not stale: an entry
// that this plan did not write is the change's base.
func (e *engine) standing(c *plan.Change, entry *state.Entry) standing {
	if s := e.stands(c, entry); s == standingDone || s == standingRefused || !e.outside(c) {
		return s
	}
	return standingLater
}

// stands is standing for a run of the whole plan.
func (e *engine) stands(c *plan.Change, entry *state.Entry) standing {
	if c.Addr.Kind == addr.Message && entry != nil && e.ledger.doubtful(entry) {
		return standingInDoubt
	}
	if c.Held() {
		return standingHeld
	}
	if entry == nil {
		entry = &state.Entry{Status: state.Absent}
	}
	mine := entry.PlanID == e.run.Plan.ID
	if e.rewritten(entry) && entry.Status == state.Rejected {
		return standingRefused // in another run, while this one is under way
	}
	if mine && entry.Status == state.Rejected && !e.run.Plan.RetryRejected && (entry.Refusal == nil || entry.Refusal.Class != state.Hold) {
		return standingRefused
	}
	if c.Addr.Kind == addr.Message {
		switch {
		case entry.Status == state.Sent:
			return standingDone
		case c.Action == plan.Settle && c.Content.Kind == content.KindInvalid:
			return standingDone // there was only something to find out
		}
		return standingOpen
	}
	if e.awaits(c.Target) || e.ledger.unfinished(c) {
		return standingOpen
	}
	return standingDone
}

// awaits reports whether this plan still has to send the message that a
// reaction belongs to: what the record has is then a former revision of it.
func (e *engine) awaits(t plan.Target) bool {
	if !t.IsRef() {
		return false
	}
	c := e.changeAt(t.Ref)
	if c == nil || !c.Action.Calls() || c.Content.Kind == content.KindInvalid {
		return false
	}
	entry := e.ledger.get(c.Key())
	return entry == nil || entry.Status != state.Sent
}

// done is the end of a change that an earlier apply of this plan did.
func done(entry *state.Entry) ChangeResult {
	return ChangeResult{Result: ResultSkipped, Outcome: Outcome{Class: Accepted}, MessageID: messageID(entry)}
}

// recorded returns what the record keeps of the call that an entry tells of.
func recorded(entry *state.Entry) Outcome {
	o := Outcome{Class: InDoubt}
	if entry == nil || entry.Refusal == nil {
		return o
	}
	r := entry.Refusal
	switch {
	case entry.Status != state.Rejected:
	case r.Class == state.Hold:
		o.Class = Hold
	default:
		o.Class = Final
	}
	o.HTTP, o.Code, o.Subcode, o.TraceID, o.Reason = r.HTTP, r.Code, r.Subcode, r.TraceID, r.Reason
	return o
}

func messageID(entry *state.Entry) string {
	if entry == nil {
		return ""
	}
	return entry.MessageID
}
