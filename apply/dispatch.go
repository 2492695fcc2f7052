package apply

import "time"

// dispatch starts every call that may begin now and returns when to look
// again, or zero if only an answer can change anything.
func (e *engine) dispatch(now time.Time) (wake time.Time) {
	if e.halt != nil {
		return time.Time{}
	}
	sooner := func(at time.Time) {
		if wake.IsZero() || at.Before(wake) {
			wake = at
		}
	}
	for _, a := range e.order {
		if !e.admitted(a, now, sooner) {
			continue
		}
		if e.maySend(a, now, sooner) {
			for _, l := range a.lanes() {
				e.drain(a, l, now, sooner)
			}
		}
		e.readSome(a, now, sooner)
	}
	return wake
}

// admitted reports whether the account has anything to do and may do it: its
// identity is checked before its first call.
func (e *engine) admitted(a *account, now time.Time, sooner func(time.Time)) bool {
	if a.halted.Load() {
		e.flush(a)
		e.abandon(a)
		return false
	}
	for {
		i, due := a.later.due(now)
		if !due {
			break
		}
		e.enqueue(i, true)
	}
	if len(a.later) > 0 {
		sooner(a.later[0].at)
	}
	if !a.ready() && len(a.settling.talks) == 0 {
		return false
	}
	switch a.gate {
	case gateUnasked:
		a.gate = gateAsking
		e.asking++
		unseen := a.settling.unseen
		a.settling.unseen = nil
		e.workers.Go(func() { e.gates <- e.ask(e.stopping, a, unseen) })
		return false
	case gateAsking:
		return false
	case gateOpen:
	}
	return true
}

// maySend reports whether the account may send now. With too much in doubt
// nothing new is sent until some of it is settled; where nothing is settled
// any more the account stops, and so does what waits for its turn.
func (e *engine) maySend(a *account, now time.Time, sooner func(time.Time)) bool {
	switch {
	case !a.ready():
		return false
	case a.doubts >= maxDoubts && len(a.settling.talks) == 0:
		e.stopAccount(a, tooDoubtful(a))
		e.flush(a)
		return false
	case a.doubts >= maxDoubts:
		if !a.paused {
			a.paused = true
			e.observe(Event{Type: AccountPaused, Account: a.plan, Outcome: tooDoubtful(a)})
		}
		return false
	case now.Before(a.waitUntil):
		sooner(a.waitUntil)
		return false
	}
	a.paused = false
	return true
}

// drain starts the lane's calls as far as its rate and its room allow.
func (e *engine) drain(a *account, l *lane, now time.Time, sooner func(time.Time)) {
	for l.len() > 0 && l.inFlight < l.room() {
		if wait := l.pace.Take(now, l.len()); wait > 0 {
			sooner(now.Add(wait))
			return
		}
		i := l.pop()
		if e.sched.nodes[i].finished {
			continue
		}
		l.inFlight++
		e.inFlight++
		e.start(job{node: i, account: a, lane: l})
	}
}

// start gives the job to a worker. There are never more than can be in flight.
func (e *engine) start(j job) {
	if e.idle > 0 {
		e.idle--
		e.jobs <- j
		return
	}
	e.workers.Go(func() {
		e.verdicts <- e.attempt(j)
		for j := range e.jobs {
			e.verdicts <- e.attempt(j)
		}
	})
}

// enqueue lets the node go as soon as its account may. An urgent one, a second
// try or the next message of a conversation, goes before all that have not
// begun.
func (e *engine) enqueue(i int32, urgent bool) {
	c := e.sched.nodes[i].change
	l := e.accounts[c.Account].lane(c)
	if urgent {
		l.urgent.push(i)
		return
	}
	l.ready.push(i)
}

// flush ends everything that a halted account has still to do, and what that
// makes ready.
func (e *engine) flush(a *account) {
	if a.settling.lane.inFlight == 0 {
		e.endTalks(a) // what is being read may still be found
	}
	for a.queued() {
		var i int32
		switch {
		case a.messages.len() > 0:
			i = a.messages.pop()
		case a.media.len() > 0:
			i = a.media.pop()
		default:
			i = a.later[0].node
			a.later = a.later[1:]
		}
		e.end(i, ChangeResult{Result: ResultStopped, Outcome: a.why})
	}
}

// opened takes the end of an account's identity check.
func (e *engine) opened(g gateResult) {
	e.asking--
	if g.err != nil {
		e.halted(haltBroken, g.err)
	}
	if g.seen {
		return
	}
	if e.halt != nil || e.stopping.Err() != nil {
		return // the run stops, and what the answer says is not why
	}
	if !g.open {
		e.stopAccount(g.account, g.why)
		return
	}
	g.account.gate = gateOpen
	g.account.answered = time.Now()
	e.known(g.account)
	e.claimBegins(g.account)
	e.sight(g.account)
}

// stopAccount stops one account: what is in flight ends, nothing else begins.
func (e *engine) stopAccount(a *account, why Outcome) {
	if a.halted.Load() {
		return
	}
	a.why = why
	a.halted.Store(true)
	e.log.Debug("account stopped", "account", a.plan.Name, "class", why.Class.String(), "code", why.Code, "subcode", why.Subcode,
		"trace_id", why.TraceID, "reason", why.Reason)
	e.observe(Event{Type: AccountStopped, Account: a.plan, Outcome: why})
}
