package apply

import (
	"fmt"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// settlement is a message in doubt that the run settles.
type settlement struct {
	talk         *talk
	outcome      Outcome // of the doubtful call
	began, ended time.Time
	here         bool // the doubt arose in this run
	undecided    string
	// cause is what keeps it from being sent again: a change before it in its
	// conversation that was not delivered.
	cause *plan.Change
}

// settles reports whether the run reads conversations because of the change,
// which is in doubt.
func (e *engine) settles(c *plan.Change) bool {
	return e.reader != nil && e.halt == nil && !e.accounts[c.Account].halted.Load() && e.reads(c)
}

// reads reports whether doubts about the change are to be settled by reading.
func (e *engine) reads(c *plan.Change) bool {
	switch e.run.OnInDoubt {
	case SettleDoubts:
		return true
	case HoldDoubts:
		return false
	case AsPlanned:
	}
	return c.OnInDoubt == settleAsPlanned
}

// settleAsPlanned is the policy of a change whose doubt is settled.
const settleAsPlanned plan.OnInDoubt = 0

// settle is where a message that an earlier run left in doubt gets its end. It
// may have been delivered, so it is not sent again before it is proven absent.
// It reports whether the run finds out; else the message has its end, in doubt:
// so it is with what recover could not tell, of which no reading tells more.
func (e *engine) settle(i int32, entry *state.Entry) bool {
	n := &e.sched.nodes[i]
	if n.settling {
		return true
	}
	if entry.LeftOpen() || !e.settles(n.change) {
		e.end(i, ChangeResult{Result: ResultInDoubt, Outcome: recorded(entry)})
		return false
	}
	t := e.join(i, &settlement{outcome: recorded(entry)})
	if entry.DoubtAt.IsZero() {
		t.unseen = true
		a := e.accounts[n.change.Account]
		a.settling.unseen = append(a.settling.unseen, n.change.Key())
		if a.gate == gateOpen {
			t.since = time.Now()
		}
	}
	return true
}

// join has the node's conversation read, because of it.
func (e *engine) join(i int32, s *settlement) *talk {
	n := &e.sched.nodes[i]
	c := n.change
	t := e.accounts[c.Account].settling.at(c.Conversation(), i, time.Now())
	t.kinds[c.Key()] = c.Content.Kind
	t.doubts = append(t.doubts, i)
	s.talk = t
	n.settling = true
	e.settlements[i] = s
	if e.fleet != nil {
		e.fleet.of[i].read = true
	}
	return t
}

// doubt follows a call whose outcome is not known.
func (e *engine) doubt(v verdict) {
	n, a := &e.sched.nodes[v.node], v.account
	if n.change.Addr.Kind == addr.Reaction {
		if n.tries.doubtful++; n.tries.doubtful < maxTries {
			e.again(v, n.tries.doubtful)
			return
		}
		e.endCall(v, ResultInDoubt)
		return
	}
	a.doubts++
	if !e.settles(n.change) {
		e.endCall(v, ResultInDoubt)
		return
	}
	t := e.join(v.node, &settlement{outcome: v.outcome, began: v.began, ended: v.ended, here: true})
	t.since = v.ended
	e.observe(Event{Type: ActionInDoubt, Change: n.change, Account: a.plan, Outcome: v.outcome, For: t.patience})
	e.failed()
}

// known begins the doubts that a crash left: they are recorded now.
func (e *engine) known(a *account) {
	now := time.Now()
	for _, t := range a.settling.talks {
		if t.unseen {
			t.since = now
		}
	}
}

// sight records the doubts that were found after the account's gate had been
// opened: they begin now.
func (e *engine) sight(a *account) {
	keys := a.settling.unseen
	if a.gate != gateOpen || len(keys) == 0 {
		return
	}
	a.settling.unseen = nil
	e.asking++
	e.workers.Go(func() {
		e.gates <- gateResult{account: a, seen: true, err: e.ledger.see(e.records, keys, a.clock.now(), e.keepsPlan())}
	})
}

// readSome starts the reads of an account that may begin now.
func (e *engine) readSome(a *account, now time.Time, sooner func(time.Time)) {
	s := &a.settling
	for s.lane.inFlight < cap(s.lane.wire) {
		wanted, at := s.wanted(now)
		if !wanted {
			if !at.IsZero() {
				sooner(at)
			}
			return
		}
		if now.Before(s.waitUntil) {
			sooner(s.waitUntil)
			return
		}
		if wait := s.lane.pace.Take(now, 1); wait > 0 {
			sooner(now.Add(wait))
			return
		}
		t, page := s.take()
		r := reading{account: a, talk: t}
		if page != nil {
			page.flying = true
			r.talks, r.after = page.talks, page.after
		}
		s.lane.inFlight++
		e.reading++
		e.workers.Go(func() { e.answers <- e.read(r) })
	}
}

// heed takes what came of a read.
func (e *engine) heed(n news) {
	e.reading--
	a, s := n.account, &n.account.settling
	s.lane.inFlight--
	if !n.boarded {
		s.lane.pace.Back()
	}
	if n.err != nil {
		e.halted(haltBroken, n.err)
	}
	if !n.stopped {
		e.report.Reads++
		e.answeredRead(a, n)
	}
	if n.talk == nil {
		e.heedPage(a, n)
		return
	}
	if !n.talk.over {
		e.heedTalk(a, n)
	}
}

// answeredRead does what the outcome of a read means for its account.
func (e *engine) answeredRead(a *account, n news) {
	s := &a.settling
	switch n.outcome.Class {
	case Accepted:
		if !n.began.Before(s.waitUntil) {
			s.limits = 0
		}
	case AccountRefused:
		e.stopAccount(a, n.outcome)
	case RateLimited:
		if now := time.Now(); s.limited(n.outcome, n.began, now, e.run.Random) {
			e.observe(Event{Type: AccountWaiting, Account: a.plan, Outcome: n.outcome, For: s.waitUntil.Sub(now), Reading: true})
		}
	case InDoubt, NotWritten, Hold, Final, RefetchMedia, ClassInvalid:
	}
}

// heedTalk takes what was read of one conversation, and says when it is read
// again, if it is.
func (e *engine) heedTalk(a *account, n news) {
	t, s := n.talk, &a.settling
	for _, x := range n.told {
		e.decided(t, x.findings)
	}
	if len(t.doubts) == 0 {
		e.close(a, t)
		return
	}
	if n.stopped {
		s.again(t, time.Now())
		return
	}
	if n.outcome.Class == RateLimited {
		if t.limited++; t.limited < maxTries {
			s.again(t, s.waitUntil)
			return
		}
		t.reads = maxReads
	}
	t.reads++
	now := time.Now()
	ripe := e.ripe(a, t, now)
	switch {
	case t.reads >= maxReads:
	case n.began.Before(ripe):
		s.again(t, ripe)
		return
	case !n.decisive:
		s.again(t, now.Add(backoff(t.reads, readFirst, readMost, e.run.Random)))
		return
	}
	e.leaveTalk(a, t)
}

// heedPage takes a page of a round, which ends with a page that fails or that
// holds none of the conversations looked for. Those that were on a page have
// been read once; absent they are proven by a reading of their own.
func (e *engine) heedPage(a *account, n news) {
	s := &a.settling
	rd := s.round
	if rd == nil {
		return
	}
	rd.flying = false
	rd.pages++
	more := false
	for _, x := range n.told {
		if _, before := rd.seen[x.talk]; !before {
			rd.seen[x.talk], more = n.began, true
		}
		if !x.talk.over {
			e.decided(x.talk, x.findings)
		}
	}
	if more && n.outcome.Class == Accepted && n.next != "" && rd.pages < maxPages && len(rd.seen) < len(rd.talks) {
		rd.after = n.next
		return
	}
	s.round = nil
	now := time.Now()
	for _, t := range s.list() {
		switch at, seen := rd.seen[t]; {
		case rd.talks[t.at.Recipient] != t:
		case len(t.doubts) == 0:
			e.close(a, t)
		case seen && at.Before(e.ripe(a, t, now)):
			t.reads++
			s.again(t, e.ripe(a, t, now))
		default:
			s.again(t, now)
		}
	}
}

// ripe returns when the grace time has passed for all doubts of the talk. It
// is never further away than the grace time, whatever the record says.
func (e *engine) ripe(a *account, t *talk, now time.Time) time.Time {
	var at time.Time
	if !t.since.IsZero() {
		at = t.since.Add(t.patience)
	}
	server := a.clock.at(now)
	for _, i := range t.doubts {
		entry := e.ledger.get(e.sched.nodes[i].change.Key())
		if entry == nil || entry.DoubtAt.IsZero() || server.IsZero() {
			continue
		}
		if on := now.Add(min(entry.DoubtAt.Sub(server), 0) + t.patience); on.After(at) {
			at = on
		}
	}
	return at
}

// decided gives the messages of a talk the ends that were found, and notes of
// the others why they have none.
func (e *engine) decided(t *talk, findings map[state.Key]finding) {
	left := t.doubts[:0:0]
	var ends []int32
	for _, i := range t.doubts {
		f := findings[e.sched.nodes[i].change.Key()]
		if f.verdict == doubtful {
			if f.why != "" {
				e.settlements[i].undecided = f.why
			}
			left = append(left, i)
			continue
		}
		ends = append(ends, i)
	}
	t.doubts = left
	for _, i := range ends {
		e.settled(i, findings[e.sched.nodes[i].change.Key()])
	}
}

// settled gives a message its end, or has it sent again. One whose turn has
// not come keeps its end until then, so that nothing overtakes what is before
// it.
func (e *engine) settled(i int32, f finding) {
	n, s := &e.sched.nodes[i], e.settlements[i]
	delete(e.settlements, i)
	n.settling = false
	a := e.accounts[n.change.Account]
	a.doubts--
	if s.here {
		e.failures--
	}
	r := ChangeResult{Result: ResultDone, Settled: SettledArrived, MessageID: f.id, Outcome: Outcome{Class: Accepted, MessageID: f.id}}
	if f.verdict == absent {
		e.observe(Event{Type: ActionAbsent, Change: n.change, Account: a.plan})
		if e.wantsAgain(n.change) {
			e.sendAgain(i, s)
			return
		}
		r = ChangeResult{Result: ResultDone, Settled: SettledAbsent}
	}
	r.Began, r.Ended = s.began, s.ended
	switch {
	case s.cause != nil:
		e.store(i, r)
		e.block(i, ChangeResult{Result: ResultHeld, Because: s.cause})
	case n.waits > 0:
		e.ahead[i] = r
	default:
		e.end(i, r)
	}
}

// wantsAgain reports whether a message that proved absent is to be sent: its
// block is there, and says what it said then.
func (e *engine) wantsAgain(c *plan.Change) bool {
	return !e.run.SettleOnly && c.Content.Kind != content.KindInvalid
}

// sendAgain has a message sent that proved absent, unless something forbids
// it: then it is held, and the next plan sends it.
func (e *engine) sendAgain(i int32, s *settlement) {
	n := &e.sched.nodes[i]
	c := n.change
	n.tries.absent++
	switch {
	case s.cause != nil:
		e.end(i, ChangeResult{Result: ResultHeld, Because: s.cause})
	case c.Held() && c.HeldBy != c.Addr:
		e.end(i, e.heldByPlan(c))
	case n.tries.absent > maxResends:
		e.end(i, ChangeResult{Result: ResultHeld, Outcome: Outcome{
			Reason:  "absent_again",
			Explain: fmt.Sprintf("It was sent %d times, each time without a clear answer, and each time its conversation proved that it had not arrived.", n.tries.absent),
			Remedy:  "Apply again later.",
		}})
	case !s.here && !e.mayAdd(c):
		e.end(i, ChangeResult{Result: ResultHeld, Outcome: Outcome{
			Reason:  "limits",
			Explain: "It proved not to have arrived, and to send it again would be more than the limits block allows one run.",
			Remedy:  "Apply again, or raise the limit in the herald block.",
		}})
	case n.waits == 0:
		e.enqueue(i, true)
	}
}

// leaveTalk leaves a talk's messages in doubt.
func (e *engine) leaveTalk(a *account, t *talk) {
	doubts := t.doubts
	t.doubts = nil
	for _, i := range doubts {
		e.end(i, e.leftDoubtful(i))
	}
	e.close(a, t)
}

// leftDoubtful takes a message out of settling and returns its end, in doubt.
func (e *engine) leftDoubtful(i int32) ChangeResult {
	s := e.settlements[i]
	delete(e.settlements, i)
	e.sched.nodes[i].settling = false
	return ChangeResult{Result: ResultInDoubt, Outcome: s.outcome, Began: s.began, Ended: s.ended, Undecided: s.undecided}
}

// close ends a talk, and lets go what it held back.
func (e *engine) close(a *account, t *talk) {
	t.over = true
	delete(a.settling.talks, t.at.Recipient)
	for _, i := range t.parked {
		e.enqueue(i, true)
	}
}

// park has a change wait that the guard held back because of a message in
// doubt, if that is being settled, and reports whether it does.
func (e *engine) park(v verdict) bool {
	if v.hit.kind != inDoubt && v.hit.kind != duplicate || e.halt != nil {
		return false
	}
	entry := e.ledger.get(v.hit.key)
	if entry == nil {
		return false
	}
	if a := e.accounts[entry.Account]; a != nil {
		if t := a.settling.talks[entry.Recipient]; t != nil {
			if _, ours := t.kinds[v.hit.key]; ours && entry.Status == state.Intent {
				t.parked = append(t.parked, v.node)
				return true
			}
		}
	}
	if v.hit.kind == inDoubt && entry.Status != state.Intent {
		e.enqueue(v.node, true) // it was settled meanwhile
		return true
	}
	return false
}

// endTalks leaves in doubt what a halted account has still to settle.
func (e *engine) endTalks(a *account) {
	s := &a.settling
	for _, t := range s.list() {
		e.leaveTalk(a, t)
	}
	s.fresh, s.due, s.round = nil, nil, nil
}
