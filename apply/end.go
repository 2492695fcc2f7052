package apply

import (
	"context"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// delivered reports whether what waits for a change may go after this end.
func (r *ChangeResult) delivered() bool {
	return r.Result == ResultDone || r.Result == ResultSkipped && (r.Outcome.Class == Accepted || r.Outcome.Class == ClassInvalid)
}

// end gives node i its end, and what waits for it its way or its own end.
func (e *engine) end(i int32, r ChangeResult) {
	n := &e.sched.nodes[i]
	if n.finished {
		return
	}
	e.store(i, r)
	if r.delivered() {
		e.scratch = e.sched.delivered(i, e.scratch[:0])
		e.release(e.scratch)
		return
	}
	e.block(i, r)
}

// release queues what has become ready. What becomes so during the review is
// queued at its end.
func (e *engine) release(ready []int32) {
	if !e.reviewed {
		if e.fleet != nil {
			e.fleet.late = append(e.fleet.late, ready...)
		}
		return
	}
	var ends []int32
	for _, i := range ready {
		switch _, settled := e.ahead[i]; {
		case e.sched.nodes[i].settling || e.sched.nodes[i].finished:
		case settled:
			ends = append(ends, i)
		case !e.holds(i):
			e.fleet.wake(i)
		default:
			e.enqueue(i, true)
		}
	}
	for _, i := range ends {
		r := e.ahead[i]
		delete(e.ahead, i)
		e.end(i, r)
	}
}

// block ends all that waited for node i. They name the change that is the
// cause, not the one before them.
func (e *engine) block(i int32, r ChangeResult) {
	cause := e.sched.nodes[i].change
	if r.Because != nil {
		cause = r.Because
	}
	blocked, ready := e.sched.failed(i, nil, nil)
	for len(blocked) > 0 {
		j := blocked[len(blocked)-1]
		blocked = blocked[:len(blocked)-1]
		n := &e.sched.nodes[j]
		if n.finished {
			continue
		}
		entry := e.ledger.get(n.change.Key())
		a := e.accounts[n.change.Account]
		early, settled := e.ahead[j]
		switch s := e.standing(n.change, entry); {
		case settled:
			delete(e.ahead, j)
			e.store(j, early)
		case s == standingInDoubt && !e.holds(j):
			e.fleet.causes[j] = cause // it is settled once its conversation is claimed
			e.fleet.wake(j)
			continue
		case s == standingInDoubt:
			if e.settle(j, entry) {
				e.settlements[j].cause = cause // it may be found, and is not sent
			}
			continue
		case s == standingDone:
			e.end(j, done(entry))
			continue
		case s == standingLater:
			e.store(j, ChangeResult{Result: ResultLater})
		case a.halted.Load():
			e.store(j, ChangeResult{Result: ResultStopped, Outcome: a.why})
		case r.Result == ResultStopped && e.stopping.Err() != nil:
			e.store(j, ChangeResult{Result: ResultStopped})
		default:
			e.store(j, ChangeResult{Result: ResultHeld, Because: cause})
		}
		blocked, ready = e.sched.failed(j, blocked, ready)
	}
	e.release(ready)
}

// store keeps a result and tells it.
func (e *engine) store(i int32, r ChangeResult) {
	e.touch(i)
	r.Change = e.sched.nodes[i].change
	e.results[i] = r
	ev := Event{
		Change: r.Change, Account: e.run.Plan.Account(r.Change.Account), Outcome: r.Outcome, MessageID: r.MessageID, Because: r.Because,
		Settled: r.Settled, Undecided: r.Undecided,
	}
	switch r.Result {
	case ResultDone:
		ev.Type = ActionDone
	case ResultSkipped:
		ev.Type = ActionSkipped
	case ResultRejected:
		ev.Type = ActionRefused
	case ResultInDoubt:
		ev.Type = ActionInDoubt
	case ResultHeld:
		ev.Type = ActionHeld
	case ResultNone, ResultStopped, ResultLater:
		return
	}
	e.observe(ev)
}

// changeAt returns the plan's change of an address, or nil.
func (e *engine) changeAt(a addr.Instance) *plan.Change {
	if e.byAddr == nil {
		e.byAddr = make(map[addr.Instance]*plan.Change, len(e.run.Plan.Changes))
		for _, c := range e.run.Plan.Changes {
			e.byAddr[c.Addr] = c
		}
	}
	return e.byAddr[a]
}

// leave ends what never had its turn: the run stopped, or the plan's order is
// a circle, which no plan of Build is.
func (e *engine) leave() {
	for i := range e.sched.nodes {
		n := &e.sched.nodes[i]
		if n.finished {
			continue
		}
		r := ChangeResult{Result: ResultStopped}
		early, settled := e.ahead[int32(i)]
		switch {
		case n.settling:
			r = e.leftDoubtful(int32(i))
		case settled:
			r = early
		case e.halt == nil:
			r = ChangeResult{Result: ResultHeld, Outcome: Outcome{
				Reason:  "cycle",
				Explain: "It waits for a change that waits for it, so neither can be first.", Remedy: "Plan again.",
			}}
		}
		e.sched.finish(n)
		e.store(int32(i), r)
	}
}

// conclude writes the last snapshot and counts what the run leaves.
func (e *engine) conclude(ctx context.Context) (unfolded error) {
	l := e.ledger
	if e.fleet != nil {
		e.disperse(ctx)
	}
	if e.run.Session.Context().Err() == nil {
		if e.report.Broken == nil {
			e.withdrawUnbegun()
		}
		unfolded = l.snapshot(ctx, false)
	} else {
		unfolded = context.Cause(e.run.Session.Context())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	called := false
	for i := range e.results {
		r, n := &e.results[i], &e.sched.nodes[i]
		lost, ok := l.unrecorded[r.Change.Key()]
		if !ok {
			if e.knows(int32(i)) {
				e.leftInDoubt(r)
			}
			continue
		}
		e.report.Unrecorded = append(e.report.Unrecorded, lost)
		called = called || !n.uncalled
		if n.begun && !n.uncalled || lost.SettledBy == "read" || lost.Status == state.Intent {
			r.Result = ResultInDoubt // the intent is all that the record holds
		}
	}
	if !called {
		e.report.Unrecorded = nil // an intent that the store has after all is settled by reading
	}
	e.countLeft()
	return unfolded
}

// countLeft counts what the run leaves in doubt, and what for a later run.
// l.mu is held.
func (e *engine) countLeft() {
	l := e.ledger
	for _, c := range e.run.Plan.Changes {
		if e.fleet != nil {
			break // what others have is theirs to say
		}
		entry := l.record.Get(c.Key())
		switch {
		case c.Reason == plan.NotSelected, e.outside(c), entry == nil:
		case l.doubtful(entry), entry.Status == state.Intent && c.Addr.Kind == addr.Reaction:
			e.report.InDoubt++
		}
	}
	for i := range e.results {
		switch r := &e.results[i]; {
		case r.Result == ResultLater && e.outside(r.Change):
			e.report.Later++
		case r.Result == ResultInDoubt && e.fleet != nil:
			e.report.InDoubt++
		}
	}
}

// leftInDoubt makes the end of a change that its entry says is in doubt, and
// that had no turn any more, a doubt.
func (e *engine) leftInDoubt(r *ChangeResult) {
	if r.Result != ResultStopped && r.Result != ResultHeld {
		return
	}
	entry := e.ledger.record.Get(r.Change.Key())
	if entry != nil && entry.Status == state.Intent && !e.ledger.opened(entry) {
		r.Result, r.Outcome = ResultInDoubt, recorded(entry)
	}
}
