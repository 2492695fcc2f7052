package apply

import (
	"context"
	"sync/atomic"
	"time"

	"herald/apply/pace"
	"herald/config/content"
	"herald/plan"
)

// gate says whether an account's identity has been checked.
type gate uint8

const (
	gateUnasked gate = iota
	gateAsking
	gateOpen
)

// account is an account during a run. What is not atomic belongs to the
// dispatcher.
type account struct {
	plan *plan.Account
	gate gate
	// messages and media have rates of their own, and neither waits for the
	// other's answers.
	messages, media lane
	later           later // changes to be tried again
	settling        settling

	// A rate-limited account sends nothing before throttle.waitUntil.
	throttle

	doubts   int       // messages in doubt, of this run or an earlier one
	paused   bool      // it is told that nothing new is sent, with so many
	answered time.Time // when a call last reached the wire
	strain   strain

	halted    atomic.Bool
	why       Outcome // why it is halted
	abandoned bool    // so is what the run has not claimed
	clock     serverClock
}

// lane holds one account's changes of one rate that may go now.
type lane struct {
	pace     *pace.Pace
	urgent   queue // begun conversations, and second tries
	ready    queue
	inFlight int           // attempts without a verdict
	wire     chan struct{} // holds one element for each POST in flight
}

func newAccount(p *plan.Account, parallel int, now time.Time) *account {
	return &account{
		plan:     p,
		messages: lane{pace: pace.New(p.Rates.Messages, now), wire: make(chan struct{}, parallel)},
		media:    lane{pace: pace.New(p.Rates.Media, now), wire: make(chan struct{}, parallel)},
		settling: newSettling(p, parallel, now),
		clock:    serverClock{origin: now},
	}
}

// room returns how many attempts may be on their way: while the calls that may
// be in flight are, three times as many are being recorded, so that one sync
// serves many.
func (l *lane) room() int { return 4 * cap(l.wire) }

// board waits until a call may be made, for room on the wire first and then
// for the rate, or until ctx is done.
func (l *lane) board(ctx context.Context) (pace.Seat, error) {
	select {
	case l.wire <- struct{}{}:
	case <-ctx.Done():
		return pace.Seat{}, ctx.Err()
	}
	s, err := l.pace.Wait(ctx)
	if err != nil {
		l.leave()
	}
	return s, err
}

// leave makes room on the wire.
func (l *lane) leave() { <-l.wire }

// lane returns the lane of a change. Pictures count as messages.
func (a *account) lane(c *plan.Change) *lane {
	if c.Content.Kind == content.Audio || c.Content.Kind == content.Video {
		return &a.media
	}
	return &a.messages
}

func (a *account) lanes() [2]*lane { return [2]*lane{&a.messages, &a.media} }

// waiting reports whether anything of the account is still to go, or to be
// settled.
func (a *account) waiting() bool { return a.queued() || len(a.settling.talks) > 0 }

// queued reports whether any change of the account is still to go.
func (a *account) queued() bool { return len(a.later) > 0 || a.ready() }

// ready reports whether any change of the account may go now.
func (a *account) ready() bool { return a.messages.len() > 0 || a.media.len() > 0 }

// accepted records an accepted call.
func (a *account) accepted(began time.Time) {
	if !began.Before(a.waitUntil) {
		a.limits = 0
	}
}

func (l *lane) len() int { return l.urgent.len() + l.ready.len() }

func (l *lane) pop() int32 {
	if l.urgent.len() > 0 {
		return l.urgent.pop()
	}
	return l.ready.pop()
}

// queue is first in, first out.
type queue struct {
	items []int32
	head  int
}

func (q *queue) len() int     { return len(q.items) - q.head }
func (q *queue) push(i int32) { q.items = append(q.items, i) }

func (q *queue) pop() int32 {
	i := q.items[q.head]
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head > 1024 && q.head > len(q.items)/2:
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	return i
}

// serverClock tells the server's time once an answer has told it. It counts on
// from origin by the monotonic clock, so that a machine whose time is set
// during a run tells the right time all the same. It is safe for concurrent
// use.
type serverClock struct {
	origin time.Time
	known  atomic.Bool
	offset atomic.Int64 // server time less ours, in nanoseconds
}

// steady returns t as origin's clock would have it, had it never been set.
func (c *serverClock) steady(t time.Time) time.Time {
	return c.origin.Round(0).Add(t.Sub(c.origin))
}

// learn takes the Date of an answer that came at the given time. A Date has
// whole seconds, so half a second is added, and a difference of less than a
// second from what is known teaches nothing.
func (c *serverClock) learn(date, came time.Time) {
	if date.IsZero() {
		return
	}
	offset := int64(date.Add(500 * time.Millisecond).Sub(c.steady(came)))
	if old := c.offset.Load(); c.known.Load() && abs(offset-old) < int64(time.Second) {
		return
	}
	c.offset.Store(offset)
	c.known.Store(true)
}

// now returns the server's time in whole microseconds, or zero if it is not
// known.
func (c *serverClock) now() time.Time { return c.at(time.Now()) }

// at returns the server's time at one of our moments.
func (c *serverClock) at(t time.Time) time.Time {
	if !c.known.Load() {
		return time.Time{}
	}
	return c.steady(t).Add(time.Duration(c.offset.Load())).UTC().Truncate(time.Microsecond)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
