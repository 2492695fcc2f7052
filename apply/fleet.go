package apply

import (
	"context"
	"slices"
	"time"

	"herald/apply/pace"
	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// Several runs may share a record. Each has the plan, and carries out what it
// claims: whole conversations, a few at a time, each of them read anew once it
// is claimed, and given back when nothing of it can go on. So the conversations
// stay in order, whichever run sends; what another run did is found when its
// conversation is read; and what a dead run had in flight is in doubt for the
// one that has the conversation next.
//
// A run that finds nothing to claim reads what the others have done, as long as
// they live, so that its report tells how each change ended. The limits of a
// run, as StopAfterFailures and the account's doubts, are those of each run.

// fleet is what a run has of the work that it shares with others. It belongs
// to the dispatcher.
type fleet struct {
	member  state.Member
	loader  state.PartLoader // nil: the whole record is read
	of      []*share         // by node; nil for what is only recorded
	shares  []*share         // in the order of the plan
	queue   []*share         // to be claimed next
	rest    []*share         // looked at before, and left to others or to wait
	leaving []*share         // to be given back
	dirty   map[*share]bool  // something ended there
	active  map[string]int   // shares held, by account

	// since holds the change of each entry when the run began, and causes, by
	// node, what an unclaimed change in doubt waits for in vain.
	since  map[state.Key]int64
	causes map[int32]*plan.Change
	late   []int32 // became ready while shares were opened

	away    bool // an errand is under way
	results chan result
	nudge   chan struct{} // of places
	others  int           // further runs, when it was last asked
	asked   time.Time
	fresh   bool // something has come about since the last look at the rest
	bound   bool // something there waits for what others deliver
	pause   time.Duration
	pollAt  time.Time
	looked  int  // of rest, in this look
	stuck   bool // nobody is left who could deliver what the rest waits for
}

// share is what one run claims at once: a conversation, or several that a
// reaction joins which moves from one to the other.
type share struct {
	at      []state.Conversation
	account string
	nodes   []int32
	phase   phase
	opening bool
	// queued and resting say that it stands in the fleet's queue, or rest,
	// be it from before.
	queued, resting bool
	read            bool // doubts of it were settled: a read may be under way
}

// phase says where a share is.
type phase uint8

const (
	inQueue phase = iota
	inRest
	onErrand // it is being claimed, or looked at
	held
	leaving
	over // everything has its end, or its account was stopped
)

// How a run goes about the conversations.
const (
	// The wait before the rest is looked at again, doubled as long as nothing
	// comes about.
	pollFirst = 25 * time.Millisecond
	pollMost  = time.Second
	pollBound = 200 * time.Millisecond // where something waits for others
	// lookPart is how much longer that wait is, at least, than a look takes.
	lookPart = 10
	// othersAge is how long a count of the other runs is good for.
	othersAge = time.Second
	// readyFor is for how long all runs together have something ready to send.
	readyFor = 500 * time.Millisecond
	// A run has at least so many shares ready to send from, claims at most so
	// many at once, and looks at so many.
	fewShares  = 16
	mostLooks  = 1000
	mostClaims = 256
)

// muster makes the run one of several.
func (e *engine) muster(m state.Member) {
	f := &fleet{
		member: m, of: make([]*share, len(e.sched.nodes)), since: make(map[state.Key]int64),
		dirty: make(map[*share]bool), active: make(map[string]int), causes: make(map[int32]*plan.Change),
		results: make(chan result, 1), nudge: make(chan struct{}, 1), pause: pollFirst,
	}
	f.loader, _ = m.(state.PartLoader)
	if n, err := m.Others(e.stopping); err == nil { // else it is asked again
		f.others, f.asked = n, time.Now()
	}
	e.fleet = f
	by := make(map[state.Conversation]*share)
	for i := range e.sched.nodes {
		c := e.sched.nodes[i].change
		if entry := e.ledger.get(c.Key()); entry != nil {
			f.since[c.Key()] = entry.Change
		}
		if !c.Action.RecordOnly() {
			f.put(int32(i), c, by)
		}
	}
	f.shares = slices.DeleteFunc(f.shares, func(s *share) bool { return len(s.nodes) == 0 })
	for _, a := range e.order {
		a.doubts = 0 // those that it has claimed are counted
		e.sharePace(a)
	}
}

// put adds a node to the share of its conversation. A reaction that is recorded
// in another conversation joins the two.
func (f *fleet) put(i int32, c *plan.Change, by map[state.Conversation]*share) {
	get := func(at state.Conversation) *share {
		s := by[at]
		if s == nil {
			s = &share{at: []state.Conversation{at}, account: at.Account}
			by[at] = s
			f.shares = append(f.shares, s)
		}
		return s
	}
	s := get(c.Conversation())
	if c.Addr.Kind == addr.Reaction && c.Base != nil && c.Base.Conversation() != c.Conversation() {
		if other := get(c.Base.Conversation()); other != s {
			for _, at := range other.at {
				by[at] = s
			}
			for _, j := range other.nodes {
				f.of[j] = s
			}
			s.at, s.nodes = append(s.at, other.at...), append(s.nodes, other.nodes...)
			slices.Sort(s.nodes)
			other.nodes = nil
		}
	}
	s.nodes = append(s.nodes, i)
	f.of[i] = s
}

// sharePace has the account's calls take places of the pace of all runs.
func (e *engine) sharePace(a *account) {
	for name, l := range map[string]*lane{"messages": &a.messages, "media": &a.media, "reads": &a.settling.lane} {
		l.pace.Share(e.stopping, pace.Shared{
			Reserve: func(ctx context.Context, n int, perSecond float64) (time.Duration, error) {
				return e.fleet.member.Reserve(ctx, a.plan.IGID, name, n, perSecond)
			},
			Spawn: func(f func()) { e.workers.Go(f) },
			Free:  func() int { return cap(l.wire) - len(l.wire) },
			Nudge: e.fleet.nudge,
		})
	}
}

// holds reports whether the run has the node's conversation, or shares it with
// nobody.
func (e *engine) holds(i int32) bool {
	return e.fleet == nil || e.fleet.of[i] == nil || e.fleet.of[i].phase == held
}

// knows reports whether the run has had the node's conversation, and nobody
// after it as far as it can tell.
func (e *engine) knows(i int32) bool {
	return e.holds(i) || e.fleet.of[i].phase == leaving || e.fleet.of[i].phase == over
}

// news returns what the dispatcher listens to, beside its own workers.
func (f *fleet) news() (<-chan result, <-chan struct{}) {
	if f == nil {
		return nil, nil
	}
	return f.results, f.nudge
}

// reviewShared is review for a run that shares the record: what is done, or
// cannot be, by what was read at the beginning has its end. The rest is claimed
// first.
func (e *engine) reviewShared() {
	f := e.fleet
	e.endRecorded()
	e.reviewed = true
	for _, s := range f.shares {
		e.endKnown(s, true)
		if s.phase = inQueue; e.finished(s) {
			s.phase = over
			continue
		}
		f.toQueue(s)
	}
}

// endKnown gives the changes of an unclaimed share their end that have one by
// what was read. At the beginning that is also what the run leaves alone.
func (e *engine) endKnown(s *share, beginning bool) {
	for _, i := range s.nodes {
		n := &e.sched.nodes[i]
		if n.finished || n.settling {
			continue
		}
		entry := e.ledger.get(n.change.Key())
		switch stand := e.standing(n.change, entry); {
		case stand == standingDone:
			e.end(i, done(entry))
		case stand == standingRefused:
			e.end(i, e.refusedBefore(entry))
		case beginning && stand == standingLater:
			e.end(i, ChangeResult{Result: ResultLater})
		case beginning && stand == standingHeld:
			e.end(i, e.heldByPlan(n.change))
		default:
		}
	}
}

// finished reports whether everything of the share has its end.
func (e *engine) finished(s *share) bool {
	for _, i := range s.nodes {
		if !e.sched.nodes[i].finished {
			return false
		}
	}
	return true
}

// claimable reports whether there is anything to do in an unclaimed share now,
// as far as the run knows: a change that waits for nothing, or a message in
// doubt.
func (e *engine) claimable(s *share) bool {
	for _, i := range s.nodes {
		n := &e.sched.nodes[i]
		if n.finished {
			continue
		}
		if n.waits == 0 || e.fleet.causes[i] != nil {
			return true
		}
		if entry := e.ledger.get(n.change.Key()); entry != nil && n.change.Addr.Kind == addr.Message && e.ledger.doubtful(entry) {
			return true
		}
	}
	return false
}

// nudged goes on when places have come, or are no longer to be had.
func (e *engine) nudged() {
	for _, a := range e.order {
		for _, l := range []*lane{&a.messages, &a.media, &a.settling.lane} {
			if err := l.pace.Err(); err != nil && e.stopping.Err() == nil {
				e.halted(haltBroken, err)
			}
		}
	}
}

// rests reports whether nothing of a held share is under way.
func (e *engine) rests(s *share) bool {
	for _, i := range s.nodes {
		if n := &e.sched.nodes[i]; !n.finished && (n.waits == 0 || n.settling) {
			return false
		}
	}
	return !s.read || e.accounts[s.account].settling.lane.inFlight == 0
}

// open goes on with shares that the run has just claimed and read.
func (e *engine) open(shares []*share) {
	f := e.fleet
	e.reviewed = false
	for _, s := range shares {
		s.phase, s.opening, s.read = held, true, false
		f.active[s.account]++
		f.dirty[s] = true
		for _, at := range s.at {
			e.accounts[s.account].doubts += e.ledger.doubtsIn(at)
		}
	}
	for _, s := range shares {
		for _, i := range s.nodes {
			if n := &e.sched.nodes[i]; !n.finished && !n.settling {
				e.judgeShared(i, n)
			}
		}
	}
	e.reviewed = true
	for _, s := range shares {
		s.opening = false
		for _, i := range s.nodes {
			if n := &e.sched.nodes[i]; !n.finished && !n.settling && n.waits == 0 {
				e.enqueue(i, false)
			}
		}
	}
	late := f.late
	f.late = nil
	e.release(slices.DeleteFunc(late, func(i int32) bool { return slices.Contains(shares, f.of[i]) }))
	for _, a := range e.order {
		e.sight(a)
	}
}

// judgeShared is judge for a change whose conversation was just claimed: it may
// be that another run has written it, or that what it waits for was not
// delivered.
func (e *engine) judgeShared(i int32, n *node) {
	cause := e.fleet.causes[i]
	delete(e.fleet.causes, i)
	entry := e.ledger.get(n.change.Key())
	stand := e.standing(n.change, entry)
	switch {
	case stand == standingInDoubt:
		if e.settle(i, entry) && cause != nil {
			e.settlements[i].cause = cause
		}
	case stand == standingDone:
		e.end(i, done(entry))
	case stand == standingRefused:
		e.end(i, e.refusedBefore(entry))
	case e.overtaken(n.change, entry):
		e.end(i, ChangeResult{Result: ResultHeld, Outcome: overtaken(n.change)})
	case cause != nil:
		e.end(i, ChangeResult{Result: ResultHeld, Because: cause})
	default:
		e.judge(i)
	}
}

// rewritten reports whether another run has written the change's entry since
// this one began.
func (e *engine) rewritten(entry *state.Entry) bool {
	return e.fleet != nil && entry != nil && entry.Change != e.fleet.since[entry.Key()]
}

// refusedBefore is the end of a change whose refusal is recorded. One that came
// while this run was under way counts as one of this run.
func (e *engine) refusedBefore(entry *state.Entry) ChangeResult {
	r := ChangeResult{Result: ResultSkipped, Outcome: recorded(entry)}
	if e.rewritten(entry) {
		r.Result = ResultRejected
	}
	return r
}

// overtaken reports whether the run of another plan has written the change's
// entry meanwhile, for something else than this one wants.
func (e *engine) overtaken(c *plan.Change, entry *state.Entry) bool {
	if entry == nil || entry.PlanID == e.run.Plan.ID || !e.rewritten(entry) {
		return false
	}
	if c.Addr.Kind == addr.Reaction {
		return entry.Status != state.Intent
	}
	return entry.Fingerprint != c.Fingerprint || entry.Conversation() != c.Conversation() ||
		entry.SettledBy == "removed" || entry.SettledBy == "rm"
}

func overtaken(c *plan.Change) Outcome {
	return Outcome{
		Reason:  "overtaken",
		Explain: "Another run has written " + c.Key().String() + " since this one was planned, and wanted something else with it.",
		Remedy:  "Plan again, and look at what is left:\n\n  herald plan",
	}
}

// leaveShare has a share given back.
func (e *engine) leaveShare(s *share) {
	f := e.fleet
	s.phase = leaving
	f.leaving = append(f.leaving, s)
	f.active[s.account]--
	if !e.finished(s) { // they are counted again when it is claimed again
		a := e.accounts[s.account]
		for _, at := range s.at {
			a.doubts -= e.ledger.doubtsIn(at)
		}
	}
}

// touch notes that something ended in the node's share.
func (e *engine) touch(i int32) {
	if e.fleet != nil && e.fleet.of[i] != nil && e.fleet.of[i].phase == held {
		e.fleet.dirty[e.fleet.of[i]] = true
	}
}

// wake has an unclaimed share looked at again, where something can go on.
func (f *fleet) wake(i int32) {
	if s := f.of[i]; s != nil && s.phase == inRest {
		f.fresh = true
		f.toQueue(s)
	}
}

// abandon ends what a stopped account has left in shares that the run does not
// hold.
func (e *engine) abandon(a *account) {
	if e.fleet == nil || a.abandoned {
		return
	}
	a.abandoned = true
	for _, s := range e.fleet.shares {
		if s.account == a.plan.IGID && (s.phase == inQueue || s.phase == inRest) {
			e.abandonShare(s, a)
		}
	}
}

func (e *engine) abandonShare(s *share, a *account) {
	s.phase = over
	for _, i := range s.nodes {
		delete(e.fleet.causes, i)
		e.end(i, ChangeResult{Result: ResultStopped, Outcome: a.why})
	}
}
