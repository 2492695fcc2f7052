package apply

import (
	"time"

	"herald/plan"
	"herald/state"
)

// recordOnly makes in the record what the plan says without a call, unless an
// earlier apply of this plan did, and returns what it made. A run that only
// settles makes nothing.
func (r Run) recordOnly(record *state.Record, now time.Time) map[*plan.Change]struct{} {
	made := make(map[*plan.Change]struct{})
	if r.SettleOnly {
		return made
	}
	for _, c := range r.Plan.Changes {
		prior := record.Get(c.Key())
		var e state.Entry
		switch c.Action {
		case plan.Import:
			if prior != nil && prior.Status == state.Sent && prior.MessageID == c.ImportID {
				continue
			}
			e = imported(c, prior, r.Plan.ID)
		case plan.Forget:
			if prior == nil || prior.Status == state.Absent {
				continue
			}
			e = prior.Next(r.Plan.ID)
			e.Status, e.SettledBy = state.Absent, "removed"
		case plan.NoOp, plan.Send, plan.React, plan.Rereact, plan.Retarget, plan.Unreact, plan.Settle, plan.Repeat:
			continue
		}
		e.DoubtAt, e.SettledAt = time.Time{}, now.UTC().Truncate(time.Microsecond)
		e.Note, e.Refusal = "", nil
		record.Put(e)
		made[c] = struct{}{}
	}
	return made
}

// imported is the entry of a message that was sent by hand.
func imported(c *plan.Change, prior *state.Entry, planID string) state.Entry {
	e := prior.Next(planID)
	e.Addr, e.Revision = c.Addr, c.Revision
	e.Account, e.Recipient, e.Fingerprint = c.Account, c.Recipient, c.Fingerprint
	e.Status, e.MessageID, e.SettledBy = state.Sent, c.ImportID, "import"
	e.AlsoSent, e.Claim = nil, ""
	return e
}

// endRecorded ends the changes that needed no call: they were made before
// anything else.
func (e *engine) endRecorded() {
	for i := range e.sched.nodes {
		n := &e.sched.nodes[i]
		if !n.change.Action.RecordOnly() {
			continue
		}
		r := done(e.ledger.get(n.change.Key()))
		if _, ok := e.ledger.made[n.change]; ok {
			r.Result = ResultDone
		}
		e.end(int32(i), r)
	}
}
