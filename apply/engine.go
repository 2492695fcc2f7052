package apply

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// engine is one run. One goroutine, the dispatcher, decides what goes when;
// workers make the calls, each with its records before and after.
type engine struct {
	run      Run
	log      hclog.Logger
	ledger   *ledger
	sched    *schedule
	accounts map[string]*account // by IG id
	order    []*account          // as the plan has them
	report   *Report
	results  []ChangeResult // by node

	// stopping ends when no new call may begin, calls when those in flight
	// are given up; records never ends before the run.
	stopping, calls, records context.Context
	stop, giveUp             context.CancelFunc

	reader      Reader // nil: nothing can be read back
	settlements map[int32]*settlement
	ahead       map[int32]ChangeResult      // the ends of settled messages whose turn has not come
	first       map[state.Conversation]bool // those of Canary; nil: all
	sends       int                         // that the run makes, settled ones apart
	sendsTo     map[state.Conversation]int

	fleet    *fleet // nil: the run has the record to itself
	verdicts chan verdict
	answers  chan news
	gates    chan gateResult
	jobs     chan job
	workers  sync.WaitGroup
	idle     int // workers without a job
	inFlight int // jobs without a verdict
	asking   int // identity checks without an end
	reading  int // reads without news
	failures int
	halt     *halt // why the run stopped early, or nil
	reviewed bool  // what may go is queued as it becomes ready
	scratch  []int32
	byAddr   map[addr.Instance]*plan.Change // see changeAt

	events sync.Mutex
}

// halt is why a run stopped before its end.
type halt struct {
	kind haltKind
	err  error
}

type haltKind uint8

const (
	haltInterrupt haltKind = iota
	haltBroken
	haltFailures
	haltLimits
)

func (r Run) engine(ctx context.Context, record *ledger, rep *Report) *engine {
	now := time.Now()
	e := &engine{
		run: r, log: r.Log, ledger: record, report: rep,
		accounts:    make(map[string]*account, len(r.Plan.Accounts)),
		verdicts:    make(chan verdict, 2*r.Parallelism),
		answers:     make(chan news, 2*r.Parallelism),
		settlements: make(map[int32]*settlement), ahead: make(map[int32]ChangeResult),
		gates: make(chan gateResult, len(r.Plan.Accounts)),
		jobs:  make(chan job, 8*r.Parallelism*max(1, len(r.Plan.Accounts))),
	}
	if !r.Prepare {
		e.reader, _ = r.Client.(Reader)
	}
	e.first = r.canary()
	e.results = rep.Results
	changes := make([]*plan.Change, len(e.results))
	for i := range e.results {
		changes[i] = e.results[i].Change
	}
	e.sched = newSchedule(changes)
	doubts := record.doubts()
	for i := range r.Plan.Accounts {
		a := newAccount(&r.Plan.Accounts[i], r.Parallelism, now)
		a.doubts = doubts[a.plan.IGID]
		e.accounts[a.plan.IGID] = a
		e.order = append(e.order, a)
	}
	e.records = context.WithoutCancel(ctx)
	e.stopping, e.stop = context.WithCancel(ctx)
	e.calls, e.giveUp = context.WithCancel(e.records)
	return e
}

// carry carries the plan out, until everything has an end or the run stops.
func (e *engine) carry(ctx context.Context) {
	defer e.giveUp()
	defer e.stop()
	e.review()
	e.checkLimits()
	wake := time.NewTimer(0)
	defer wake.Stop()
	var grace <-chan time.Time
	interrupted, lost := ctx.Done(), e.run.Session.Context().Done()
	results, nudge := e.fleet.news()
	for {
		if at := e.goOn(time.Now()); at.IsZero() {
			wake.Stop()
		} else {
			wake.Reset(time.Until(at))
		}
		if e.over() {
			break
		}
		select {
		case v := <-e.verdicts:
			e.receive(v)
		case n := <-e.answers:
			e.heed(n)
		case g := <-e.gates:
			e.opened(g)
		case r := <-results:
			e.returned(r)
		case <-nudge:
			e.nudged()
		case <-wake.C:
		case <-interrupted:
			interrupted = nil
			e.report.Interrupted = true
			e.observe(Event{Type: Interrupted})
			e.halted(haltInterrupt, nil)
			timer := time.NewTimer(interruptGrace)
			defer timer.Stop()
			grace = timer.C
		case <-lost:
			lost = nil
			e.halted(haltBroken, context.Cause(e.run.Session.Context()))
		case <-grace:
			e.giveUp()
		}
	}
	close(e.jobs)
	e.workers.Wait()
	e.leave()
}

// goOn begins what may begin now, and returns when to look again, or zero.
func (e *engine) goOn(now time.Time) time.Time {
	at := e.dispatch(now)
	if more := e.tend(now); at.IsZero() || !more.IsZero() && more.Before(at) {
		return more
	}
	return at
}

// receive takes a verdict, and all others that have come meanwhile.
func (e *engine) receive(v verdict) {
	for {
		e.idle++
		e.inFlight--
		v.lane.inFlight--
		if !v.boarded {
			v.lane.pace.Back()
		}
		e.decide(v)
		select {
		case v = <-e.verdicts:
		default:
			return
		}
	}
}

// over reports whether nothing is on its way and nothing can go any more.
func (e *engine) over() bool {
	if e.inFlight > 0 || e.asking > 0 || e.reading > 0 {
		return false
	}
	if e.fleet != nil && e.fleet.away {
		return false
	}
	if e.halt != nil || e.sched.left == 0 {
		return true
	}
	if e.fleet != nil && !e.fleet.stuck {
		return false
	}
	for _, a := range e.order {
		if a.waiting() {
			return false
		}
	}
	return true
}

// halted stops the run: no new call begins. The first reason stands, but that
// the record cannot be written is always told.
func (e *engine) halted(kind haltKind, err error) {
	if kind == haltBroken && e.report.Broken == nil {
		e.report.Broken = err
		e.halt = &halt{kind, err}
	}
	if e.halt == nil {
		e.halt = &halt{kind, err}
	}
	e.stop()
}

// observe tells one event. Events are told one at a time.
func (e *engine) observe(ev Event) {
	if e.run.Observe == nil {
		return
	}
	e.events.Lock()
	defer e.events.Unlock()
	ev.At = time.Now()
	e.run.Observe(ev)
}
