package apply

import (
	"fmt"
	"time"
)

// decide follows from a verdict: the change has its end, or is tried again.
func (e *engine) decide(v verdict) {
	switch {
	case v.err != nil && v.began.IsZero():
		e.halted(haltBroken, v.err)
		e.end(v.node, ChangeResult{Result: ResultStopped})
		return
	case v.err != nil:
		e.halted(haltBroken, v.err)
	case v.hit != nil:
		if e.park(v) {
			return
		}
		e.end(v.node, ChangeResult{Result: ResultHeld, Outcome: v.hit.outcome(), Because: e.changeAt(v.hit.key.Addr)})
		return
	case v.nothing:
		e.end(v.node, ChangeResult{Result: ResultSkipped})
		return
	case v.stopped:
		e.end(v.node, ChangeResult{Result: ResultStopped, Outcome: v.account.why})
		return
	}
	if v.outcome.Class != NotWritten {
		e.report.Posts++
		v.account.answered = v.ended
		e.strained(v.account, v.outcome, v.ended)
	}
	e.follow(v)
}

// follow does what the outcome of a call asks for.
func (e *engine) follow(v verdict) {
	n, a := &e.sched.nodes[v.node], v.account
	switch v.outcome.Class {
	case Accepted:
		a.accepted(v.began)
		if v.more {
			e.enqueue(v.node, true)
			return
		}
		e.endCall(v, ResultDone)
	case NotWritten:
		e.unwritten(v, n)
	case RateLimited:
		if now := time.Now(); a.limited(v.outcome, v.began, now, e.run.Random) {
			e.observe(Event{Type: AccountWaiting, Account: a.plan, Outcome: v.outcome, For: a.waitUntil.Sub(now)})
		}
		e.enqueue(v.node, true)
	case AccountRefused:
		e.stopAccount(a, v.outcome)
		e.endCall(v, ResultStopped)
	case RefetchMedia:
		if n.tries.media++; n.tries.media < maxMediaTries {
			e.again(v, n.tries.media)
			return
		}
		e.endCall(v, ResultRejected)
	case Hold, Final:
		e.endCall(v, ResultRejected)
	case InDoubt, ClassInvalid:
		e.doubt(v)
	}
}

// unwritten tries again what did not reach the wire. Where nothing of the
// account has reached it since the first try, the account stops: every other
// change would end the same way.
func (e *engine) unwritten(v verdict, n *node) {
	if n.tries.unwritten == 0 {
		n.tries.since = v.began
	}
	if n.tries.unwritten++; n.tries.unwritten < maxTries {
		e.again(v, n.tries.unwritten)
		return
	}
	if v.account.answered.Before(n.tries.since) {
		e.stopAccount(v.account, v.outcome)
		e.endCall(v, ResultStopped)
		return
	}
	v.outcome.Explain = fmt.Sprintf("%d attempts did not reach Instagram, so the message was not sent. %s", maxTries, v.outcome.Explain)
	e.endCall(v, ResultHeld)
}

// again tries the change once more after a wait.
func (e *engine) again(v verdict, n int) {
	v.account.later.add(time.Now().Add(backoff(n, retryFirst, retryMost, e.run.Random)), v.node)
}

// tooDoubtful says of an account with so much in doubt that something is wrong
// with more than one answer why nothing new is sent.
func tooDoubtful(a *account) Outcome {
	return Outcome{
		Class: InDoubt, Reason: "too_many_doubts",
		Explain: fmt.Sprintf("%d messages of the account are in doubt, and with so many nothing new is sent: what makes their answers fail would put the next ones in doubt too.", a.doubts),
		Remedy:  "Settle what is in doubt first, then apply again.",
	}
}

// endCall ends a change whose last call is v.
func (e *engine) endCall(v verdict, r Result) {
	e.end(v.node, ChangeResult{Result: r, Outcome: v.outcome, MessageID: v.outcome.MessageID, Began: v.began, Ended: v.ended})
	if r == ResultRejected || r == ResultInDoubt {
		e.failed()
	}
}

// failed counts a change that was refused or is in doubt. After as many as the
// limits block allows the run stops.
func (e *engine) failed() {
	e.failures++
	if most := e.run.Plan.Limits.StopAfterFailures; most > 0 && e.failures >= most {
		e.halted(haltFailures, nil)
	}
}
