package apply

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
	// made holds when the latest calls were made, as a ring: the next one takes
	// the place of the oldest, which it must follow by span.
	made []time.Time
	next int
	last time.Time
	span time.Duration
	gap  time.Duration // the least time between two calls
}

// tight is the part of the even gap that may lie between two calls when an
// earlier one was late.
const tight = 0.75

// newSlots returns the slots of that many calls a second, fewer than unlimited,
// gap apart where all come in time.
func newSlots(perSecond float64, gap time.Duration) *slots {
	n := max(1, int(perSecond+1e-6))
	return &slots{
		waiting: make(chan struct{}, 1),
		made:    make([]time.Time, n),
		span:    max(time.Duration(float64(n)*float64(gap)), time.Second),
		gap:     gap,
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
	if d := time.Until(at); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	now := time.Now()
	s.made[s.next], s.last = now, now
	s.next = (s.next + 1) % len(s.made)
	return ctx.Err()
}
