package pace

import (
	"context"
	"time"
)

// slots are the moments at which calls may be made: as many in any one second
// as the rate says, and never more. A token bucket without a burst loses what
// every timer is late, some six in a hundred calls at 100 a second; here a
// late call lets the next follow sooner, as long as the second has room.
type slots struct {
	waiting chan struct{} // holds one element while somebody waits for a slot
	leaving chan struct{} // and one while somebody's request is held back
	// made holds when the latest calls were made, as a ring: the next one takes
	// the place of the oldest, which it must follow by span.
	made []time.Time
	next int
	last time.Time
	span time.Duration
	gap  time.Duration // the least time between two calls

	// left holds when the latest requests left, likewise. They follow each other
	// by less than span, so that one which was held back does not hold back
	// those after it for ever.
	left  []time.Time
	first int
	apart time.Duration
}

// tight is the part of the even gap that may lie between two calls when an
// earlier one was late.
const tight = 0.75

// newSlots returns the slots of that many calls a second, fewer than unlimited,
// gap apart where all come in time.
func newSlots(perSecond float64, gap time.Duration) *slots {
	n := max(1, int(perSecond+1e-6))
	span := max(time.Duration(float64(n)*float64(gap)), time.Second)
	window := max(time.Duration(float64(n)/perSecond*float64(time.Second)), time.Second)
	return &slots{
		waiting: make(chan struct{}, 1), leaving: make(chan struct{}, 1),
		made: make([]time.Time, n), left: make([]time.Time, n),
		span: span, gap: gap, apart: span - (span-window)/5,
	}
}

// wait waits for the next slot, or until ctx is done.
func (s *slots) wait(ctx context.Context) error {
	select {
	case s.waiting <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.waiting }()
	at := s.made[s.next].Add(s.span)
	if len(s.made) > 1 {
		if soonest := s.last.Add(time.Duration(tight * float64(s.gap))); soonest.After(at) {
			at = soonest
		}
	}
	if d := time.Until(at); d > 0 && !sleep(ctx, d) {
		return ctx.Err()
	}
	now := time.Now()
	s.made[s.next], s.last = now, now
	s.next = (s.next + 1) % len(s.made)
	return ctx.Err()
}

// depart waits until a request may leave, and reports false once ctx is done.
func (s *slots) depart(ctx context.Context) bool {
	select {
	case s.leaving <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-s.leaving }()
	if d := time.Until(s.left[s.first].Add(s.apart)); d > 0 && !sleep(ctx, d) {
		return false
	}
	s.left[s.first] = time.Now()
	s.first = (s.first + 1) % len(s.left)
	return true
}

// sleep waits for d and reports whether it did; it ends early with ctx.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
