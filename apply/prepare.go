package apply

import (
	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/plan"
)

// prepare records an intent under the run's claim for every message that the
// plan sends now, in one snapshot, and calls nobody. changed says that the
// record is to be stored anyway.
func (e *engine) prepare(changed bool) hcl.Diagnostics {
	defer e.giveUp()
	defer e.stop()
	e.observe(Event{Type: RunStarted})
	defer e.observe(Event{Type: RunEnded})
	e.endRecorded()
	for i := range e.sched.nodes {
		if n := &e.sched.nodes[i]; !n.finished {
			e.sift(int32(i), n)
		}
	}
	if e.checkLimits(); e.halt == nil {
		e.claimAll()
	}
	e.leave()
	if err := e.ledger.snapshot(e.records, changed || e.report.Prepared > 0); err != nil {
		e.report.Results, e.report.Prepared, e.report.Broken = e.run.unreached(), 0, err
		return hcl.Diagnostics{unwritable(err)}
	}
	e.ledger.mu.Lock()
	e.countLeft()
	e.ledger.mu.Unlock()
	return e.diagnostics(nil)
}

// sift gives a change its end that is no message to be sent now.
func (e *engine) sift(i int32, n *node) {
	entry := e.ledger.get(n.change.Key())
	switch e.standing(n.change, entry) {
	case standingDone:
		e.end(i, done(entry))
	case standingRefused:
		e.end(i, ChangeResult{Result: ResultSkipped, Outcome: recorded(entry)})
	case standingLater:
		e.end(i, ChangeResult{Result: ResultLater})
	case standingInDoubt:
		doubt := ChangeResult{Result: ResultInDoubt, Outcome: recorded(entry)}
		if !e.reads(n.change) {
			e.end(i, doubt)
			return
		}
		e.put(i, doubt) // it may be settled before what waits for it has its turn
	case standingHeld:
		e.end(i, e.heldByPlan(n.change))
	case standingOpen:
		if n.change.Addr.Kind == addr.Reaction {
			e.put(i, ChangeResult{Result: ResultLater})
		}
	}
}

// put gives node i an end that holds nobody.
func (e *engine) put(i int32, r ChangeResult) {
	e.sched.finish(&e.sched.nodes[i])
	e.store(i, r)
}

// claimAll puts the intents of what is left into the live record.
func (e *engine) claimAll() {
	for i := range e.sched.nodes {
		n := &e.sched.nodes[i]
		if n.finished {
			continue
		}
		hit, written := e.ledger.take(n.change)
		if hit != nil {
			e.end(int32(i), ChangeResult{Result: ResultHeld, Outcome: hit.outcome(), Because: e.changeAt(hit.key.Addr)})
			continue
		}
		if written {
			e.report.Prepared++
		}
		e.put(int32(i), ChangeResult{Result: ResultLater})
	}
}

// take puts the intent of a message into the live record, under the claim,
// unless it is there. It returns what forbids that.
func (l *ledger) take(c *plan.Change) (hit *obstacle, written bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	prior := l.record.Get(c.Key())
	if hit := l.inTheWay(c, prior); hit != nil {
		return hit, false
	}
	if prior != nil && l.opened(prior) && prior.Claim == l.nonce && prior.IntendedAt.Equal(l.since) {
		return nil, false
	}
	e := l.intent(c, &attempt{change: c, prior: prior, call: Call{Verb: SendMessage}}, l.since)
	e.FirstIntendedAt, e.Claim = l.since, l.nonce
	e.Attempts--
	l.put(&e, false)
	return nil, true
}
