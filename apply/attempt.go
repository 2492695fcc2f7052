package apply

import (
	"context"
	"errors"
	"time"

	"herald/apply/pace"
	"herald/config/addr"
	"herald/state"
)

// job is one attempt at one change.
type job struct {
	node    int32
	account *account
	lane    *lane
}

// verdict is what came of a job, for the dispatcher.
type verdict struct {
	job
	hit     *obstacle // the guard forbade the call
	nothing bool      // nothing was left to call
	stopped bool      // the intent was recorded, and the run stopped before the call
	boarded bool      // it had its turn at the wire
	more    bool      // accepted, and the change needs another call
	outcome Outcome
	began   time.Time // of the call; zero if there was none
	ended   time.Time
	err     error // something could not be recorded
}

// attempt guards, records the intent, makes one call, and records what came of
// it. It returns once that is durable.
func (e *engine) attempt(j job) verdict {
	v := verdict{job: j}
	n := &e.sched.nodes[j.node]
	c, clock := n.change, &j.account.clock
	a, hit := e.ledger.begin(c, clock.now())
	if a == nil {
		v.hit, v.nothing = hit, hit == nil
		return v
	}
	v.err = e.ledger.append(e.records, a.entry)
	if claimed := (*state.ClaimedError)(nil); errors.As(v.err, &claimed) {
		e.ledger.forsake(a)
		v.hit, v.err = &obstacle{kind: elsewhere, key: a.entry[0].Key(), holder: claimed.Holder}, nil
		return v
	}
	if v.err != nil {
		_ = e.withdraw(a, clock.now()) // it fails likewise, and is kept as unrecorded
		n.uncalled = true
		return v
	}
	if !n.begun {
		n.begun = true
		e.observe(Event{Type: ActionStarted, Change: c, Account: j.account.plan})
	}
	if !e.call(a, &v) {
		v.stopped = v.hit == nil
		v.err = e.withdraw(a, clock.now())
		return v
	}
	again := v.outcome.Class == RefetchMedia && n.tries.media+1 < maxMediaTries
	v.err = e.ledger.append(e.records, e.ledger.conclude(a, v.outcome, again, clock.now()))
	v.more = v.outcome.Class == Accepted && c.Addr.Kind == addr.Reaction && e.ledger.unfinished(c)
	return v
}

// call makes the attempt's call once it may be made, or reports that it may
// not: the run or the account was stopped meanwhile, or its claim has ended.
func (e *engine) call(a *attempt, v *verdict) bool {
	seat, err := v.lane.board(e.stopping)
	if err != nil {
		return false
	}
	defer v.lane.leave()
	v.boarded = true
	if v.account.halted.Load() || e.stopping.Err() != nil || e.run.Session.Context().Err() != nil {
		return false
	}
	if a.call.Verb == SendMessage && e.ledger.over(v.account.clock.now()) {
		v.hit = &obstacle{kind: claimOver, key: a.change.Key()}
		return false
	}
	v.began = time.Now()
	o := e.run.Client.Do(e.gated(e.calls, v.lane, seat), v.account.plan, a.call)
	v.ended = time.Now()
	v.account.clock.learn(o.Date, v.ended)
	v.outcome = checked(o, a.call)
	e.trace(a, *v)
	return true
}

// gated returns ctx for a call that leaves when its lane's pace lets it, and not
// at all once the run is stopping or its claim on the record has ended.
func (e *engine) gated(ctx context.Context, l *lane, s pace.Seat) context.Context {
	return WithGate(ctx, func(ctx context.Context) bool {
		return l.pace.Depart(ctx, s) && e.stopping.Err() == nil && e.run.Session.Context().Err() == nil
	})
}

// withdraw records that the call of an intent was never made.
func (e *engine) withdraw(a *attempt, now time.Time) error {
	return e.ledger.append(e.records, e.ledger.conclude(a, Outcome{Class: NotWritten, Reason: "stopped"}, false, now))
}

// checked returns the outcome as the journal protocol can rely on it: what
// decides nothing, or says of a message that it was sent without naming its
// id, is in doubt.
func checked(o Outcome, call Call) Outcome {
	switch {
	case o.Class == ClassInvalid:
		o.Class = InDoubt
	case o.Class == Accepted && call.Verb == SendMessage && o.MessageID == "":
		o.Class, o.Reason = InDoubt, "no_message_id"
	}
	return o
}

// trace logs a call: what it was about and how it ended, never what it said.
func (e *engine) trace(a *attempt, v verdict) {
	if !e.log.IsDebug() {
		return
	}
	o := v.outcome
	e.log.Debug("call ended", "address", a.change.Key().String(), "verb", a.call.Verb.String(), "account", v.account.plan.Name,
		"class", o.Class.String(), "http", o.HTTP, "code", o.Code, "subcode", o.Subcode, "trace_id", o.TraceID,
		"reason", o.Reason, "took", v.ended.Sub(v.began))
}
