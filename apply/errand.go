package apply

import (
	"context"
	"slices"
	"time"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// errand is what a run asks of the record it shares, one at a time and beside
// its calls: to give conversations back, and to claim and read others, or only
// to read them.
type errand struct {
	back  []*share
	from  []*share
	most  int  // shares to be claimed
	look  bool // only to read
	count bool // ask how many other runs there are
}

// result is what came of an errand.
type result struct {
	errand
	tried  int      // so many of from were asked for
	got    []*share // those that are now held
	stray  []state.Conversation
	read   *state.Record // nil if nothing was to be read
	others int
	took   time.Duration
	err    error
}

// tend gives back what is idle, and sends for more if there is room. It returns
// when to look again, or zero.
func (e *engine) tend(now time.Time) time.Time {
	f := e.fleet
	if f == nil || e.halt != nil {
		return time.Time{}
	}
	for s := range f.dirty {
		if s.phase == held && !e.rests(s) {
			if s.read && e.accounts[s.account].settling.lane.inFlight > 0 {
				continue // it is dirty until the read has ended
			}
		} else if s.phase == held {
			e.leaveShare(s)
		}
		delete(f.dirty, s)
	}
	if f.away {
		return time.Time{}
	}
	x := errand{back: f.leaving, count: now.Sub(f.asked) >= othersAge}
	wake := time.Time{}
	if e.sched.left > 0 {
		wake = e.choose(&x, now)
	}
	if len(x.back) == 0 && len(x.from) == 0 {
		return wake
	}
	f.leaving, f.away = nil, true
	for _, s := range x.from {
		s.phase = onErrand
	}
	part := e.partOf(x)
	e.workers.Go(func() {
		r := f.run(e.stopping, x, part)
		r.took = time.Since(now)
		f.results <- r
	})
	return time.Time{}
}

// choose says what an errand is for: to claim from the queue as far as there is
// room, or to look at the rest. It returns when the rest is looked at again.
func (e *engine) choose(x *errand, now time.Time) time.Time {
	f := e.fleet
	room := 0
	for _, a := range e.order {
		room += e.room(a)
	}
	if room == 0 {
		return time.Time{}
	}
	var next, waiting []*share
	for n, s := range f.queue {
		if len(next) == mostLooks {
			waiting = append(waiting, f.queue[n:]...)
			break
		}
		s.queued = false
		switch a := e.accounts[s.account]; {
		case s.phase != inQueue:
		case a.halted.Load():
			e.abandonShare(s, a)
		case !e.claimable(s):
			f.toRest(s)
		case e.room(a) == 0:
			waiting = append(waiting, s)
			s.queued = true
		default:
			next = append(next, s)
		}
	}
	if f.queue = waiting; len(next) == 0 {
		return e.lookAround(x, now)
	}
	left := len(next) + len(waiting) + len(f.rest)
	x.most = min(room, mostClaims, max(fewShares, left/(2*(f.others+1))))
	x.from = next[:min(len(next), 4*x.most)]
	f.first(next[len(x.from):])
	return time.Time{}
}

// first puts shares before all others of the queue.
func (f *fleet) first(list []*share) {
	for _, s := range list {
		s.phase, s.queued = inQueue, true
	}
	f.queue = slices.Concat(list, f.queue)
}

// lookAround has a part of the rest looked at, or says when.
func (e *engine) lookAround(x *errand, now time.Time) time.Time {
	f := e.fleet
	f.rest = slices.DeleteFunc(f.rest, func(s *share) bool {
		s.resting = s.phase == inRest
		return !s.resting
	})
	if len(f.rest) == 0 {
		return time.Time{}
	}
	if f.looked >= len(f.rest) { // all of it was looked at
		f.stuck = f.looked > 0 && !f.fresh && f.others == 0 && e.heldNone()
		f.looked = 0
		if f.fresh {
			f.pause = max(f.pause/2, pollFirst)
		} else {
			f.pause = min(f.pause*2, pollMost)
		}
		if f.bound {
			f.pause = min(f.pause, pollBound)
		}
		f.fresh, f.bound = false, false
		f.pollAt = now.Add(f.pause)
	}
	if now.Before(f.pollAt) {
		return f.pollAt
	}
	x.look = true
	n := min(len(f.rest), mostLooks)
	f.looked += n
	x.from = slices.Clone(f.rest[:n])
	f.rest = f.rest[n:]
	for _, s := range x.from {
		s.resting = false
	}
	return time.Time{}
}

// heldNone reports whether the run holds no share.
func (e *engine) heldNone() bool {
	for _, n := range e.fleet.active {
		if n > 0 {
			return false
		}
	}
	return true
}

func (f *fleet) toRest(s *share) {
	if s.phase = inRest; !s.resting {
		s.resting = true
		f.rest = append(f.rest, s)
	}
}

func (f *fleet) toQueue(s *share) {
	if s.phase = inQueue; !s.queued {
		s.queued = true
		f.queue = append(f.queue, s)
	}
}

// room returns how many shares more a run may hold of an account: so that it
// always has something to send for a while, and leaves to the others what they
// can send meanwhile.
func (e *engine) room(a *account) int {
	if a.halted.Load() {
		return 0
	}
	most := a.messages.room()
	ready := min(float64(most), a.plan.Rates.Messages*readyFor.Seconds()/float64(e.fleet.others+1))
	ready = max(fewShares, ready) - float64(a.messages.len()+a.media.len())
	return max(0, min(int(ready), 2*most-e.fleet.active[a.plan.IGID]))
}

// partOf returns what has to be read of the record for the shares of an errand:
// all that bears on them, or, only to look, what has no end yet.
func (e *engine) partOf(x errand) map[*share]state.Part {
	parts := make(map[*share]state.Part, len(x.from))
	for _, s := range x.from {
		p := state.Part{Conversations: s.at}
		if x.look {
			p.Conversations = nil
		}
		for _, i := range s.nodes {
			n := &e.sched.nodes[i]
			c := n.change
			if x.look && n.finished {
				continue
			}
			p.Addrs = append(p.Addrs, c.Addr)
			if c.Target.IsRef() {
				p.Addrs = append(p.Addrs, c.Target.Ref)
			}
			if c.Fingerprint != "" && !x.look {
				p.Fingerprints = append(p.Fingerprints, c.Fingerprint)
			}
		}
		parts[s] = p
	}
	return parts
}

// run does an errand.
func (f *fleet) run(ctx context.Context, x errand, parts map[*share]state.Part) result {
	r := result{errand: x, others: -1}
	var back []state.Conversation
	for _, s := range x.back {
		back = append(back, s.at...)
	}
	if r.err = f.member.Release(ctx, back...); r.err != nil {
		return r
	}
	if x.count {
		if r.others, r.err = f.member.Others(ctx); r.err != nil {
			return r
		}
	}
	wanted := x.from
	if !x.look && len(x.from) > 0 {
		if r.err = f.claim(ctx, &r); r.err != nil {
			return r
		}
		wanted = r.got
	}
	if len(wanted) == 0 {
		return r
	}
	if f.loader == nil {
		r.read, r.err = f.member.Load(ctx)
		return r
	}
	var p state.Part
	for _, s := range wanted {
		q := parts[s]
		p.Addrs, p.Fingerprints = append(p.Addrs, q.Addrs...), append(p.Fingerprints, q.Fingerprints...)
		p.Conversations = append(p.Conversations, q.Conversations...)
	}
	r.read, r.err = f.loader.LoadPart(ctx, p)
	return r
}

// claim claims what the errand is for. Of a share with several conversations
// all are needed.
func (f *fleet) claim(ctx context.Context, r *result) error {
	var from []state.Conversation
	for _, s := range r.from {
		from = append(from, s.at...)
	}
	list, err := f.member.Claim(ctx, from, r.most)
	if err != nil {
		return err
	}
	got := make(map[state.Conversation]bool, len(list))
	for _, at := range list {
		got[at] = true
	}
	r.tried = len(r.from)
	for n, s := range r.from {
		whole := !slices.ContainsFunc(s.at, func(at state.Conversation) bool { return !got[at] })
		for _, at := range s.at {
			if got[at] && !whole {
				r.stray = append(r.stray, at)
			}
			delete(got, at)
		}
		if whole {
			r.got = append(r.got, s)
		}
		if len(list) >= r.most && len(got) == 0 {
			r.tried = n + 1
			break
		}
	}
	return f.member.Release(ctx, r.stray...)
}

// returned takes what came of an errand.
func (e *engine) returned(r result) {
	f := e.fleet
	f.away = false
	if r.others >= 0 {
		f.others, f.asked = r.others, time.Now()
	}
	if r.err != nil {
		if e.stopping.Err() == nil {
			e.halted(haltBroken, r.err)
		}
		return
	}
	for _, s := range r.back {
		if s.phase = over; !e.finished(s) {
			e.settleDown(s)
		}
	}
	if r.look {
		e.looked(r)
		return
	}
	if len(r.from) == 0 {
		return
	}
	// What was not asked for is asked for next, in its place.
	if len(r.got) > 0 {
		f.fresh = true
		e.learn(r)
		e.open(r.got)
	}
	for _, s := range r.from[:r.tried] {
		if s.phase == onErrand {
			e.settleDown(s)
		}
	}
	f.first(r.from[r.tried:])
}

// settleDown puts a share that the run does not hold where it belongs.
func (e *engine) settleDown(s *share) {
	if a := e.accounts[s.account]; a.halted.Load() {
		e.abandonShare(s, a)
		return
	}
	e.fleet.toRest(s)
}

// looked goes on with shares that were read and not claimed: what another run
// has done has its end, and what is left is asked for.
func (e *engine) looked(r result) {
	f := e.fleet
	e.learn(r)
	f.pause = max(f.pause, lookPart*r.took)
	for _, s := range r.from {
		e.endKnown(s, false)
		switch a := e.accounts[s.account]; {
		case e.finished(s):
			s.phase = over
		case !a.halted.Load() && e.claimable(s):
			f.toQueue(s)
		default:
			f.bound = true
			e.settleDown(s)
		}
	}
}

// learn takes over what an errand has read.
func (e *engine) learn(r result) {
	shares := r.got
	if r.look {
		shares = r.from
	}
	talks := make(map[state.Conversation]bool, len(shares))
	names := make(map[addr.Instance]bool)
	var changes []*plan.Change
	for _, s := range shares {
		for _, at := range s.at {
			talks[at] = !r.look
		}
		for _, i := range s.nodes {
			if n := &e.sched.nodes[i]; !n.finished || !r.look {
				changes = append(changes, n.change)
				names[n.change.Addr] = true
			}
		}
	}
	e.ledger.absorb(r.read, func(entry *state.Entry) bool { return talks[entry.Conversation()] || names[entry.Addr] }, changes)
}
