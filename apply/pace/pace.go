package pace

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// unlimited is the rate, in calls a second, from which on calls are not paced:
// the gap between two would be shorter than a timer can tell.
const unlimited = 10_000

// slack lies between the rate that is kept and the ceiling, so that calls that
// the network delays unevenly do not arrive as one too many in a second.
const slack = 0.005

// longest is the most seconds between two calls that a rate may ask for.
const longest = 24 * 60 * 60

// maxCrowd is the most calls that may have their intent recorded and wait for
// their turn at the wire, before no further intent is written.
const maxCrowd = 8

// Pace keeps one kind of calls of one account under a ceiling of calls over
// any one second. It does so three times: turn spaces the intents, so that none
// is written long before its call; slots space the calls, because recording an
// intent takes a time that varies; and Depart holds back what would leave too
// soon after the others, because so does getting a connection.
type Pace struct {
	turn  *rate.Limiter
	slots *slots
	gap   time.Duration
	crowd atomic.Int32 // calls waiting for their slot
	base  rate.Limit   // of the turns, unless they are slowed

	// shared is set where several runs keep the ceiling together; then neither
	// turn nor slots are used.
	shared *places
	rate   float64
}

// New returns a pace of that many calls a second; from ten thousand on there is
// none. The turns may make up for a few that came late; the slots keep the
// ceiling. The first call waits for its turn like any other.
func New(perSecond float64, now time.Time) *Pace {
	p := &Pace{rate: perSecond}
	if perSecond >= unlimited {
		return p
	}
	p.base = rate.Limit(max(perSecond, 1/longest) * (1 - slack))
	p.gap = time.Duration(float64(time.Second) / float64(p.base))
	p.turn, p.slots = rate.NewLimiter(p.base, maxCrowd), newSlots(perSecond, p.gap)
	p.turn.AllowN(now, maxCrowd)
	return p
}

// Take takes a turn if there is one now; otherwise it returns how long to wait
// before asking again. want is how many turns could be taken.
func (p *Pace) Take(now time.Time, want int) time.Duration {
	if p.gap == 0 {
		return 0
	}
	if p.shared != nil {
		return p.shared.take(now, want)
	}
	if p.crowd.Load() >= maxCrowd {
		return p.gap
	}
	if p.turn.AllowN(now, 1) {
		return 0
	}
	wait := (1 - p.turn.TokensAt(now)) / float64(p.turn.Limit())
	return time.Duration(min(wait, longest)*float64(time.Second)) + 1
}

// Seat is the moment that was given to a call: when it was due, and when the
// call was begun. It is used where several runs keep the ceiling together.
type Seat struct{ due, begun time.Time }

// Wait waits until the call whose turn was taken may be made, or ctx is done.
func (p *Pace) Wait(ctx context.Context) (Seat, error) {
	if p.gap == 0 {
		return Seat{}, ctx.Err()
	}
	if p.shared != nil {
		return p.shared.wait(ctx)
	}
	p.crowd.Add(1)
	defer p.crowd.Add(-1)
	return Seat{}, p.slots.wait(ctx)
}

// Depart waits until the request of a call that has waited may leave at last.
// That is at once, unless it or those before it took unlike times from there to
// here, as those do that need a new connection. It reports false once ctx is
// done.
func (p *Pace) Depart(ctx context.Context, s Seat) bool {
	switch {
	case p.gap == 0:
		return ctx.Err() == nil
	case p.shared != nil:
		return p.shared.depart(ctx, s)
	}
	return p.slots.depart(ctx)
}

// Back gives back the turn of an attempt that came to no call.
func (p *Pace) Back() {
	if p.shared != nil {
		p.shared.back()
	}
}

// Shared is how several runs keep the ceiling together.
type Shared struct {
	// Reserve takes the next n places, as state.Member has it.
	Reserve func(ctx context.Context, n int, perSecond float64) (time.Duration, error)
	// Spawn begins a goroutine that the run waits for.
	Spawn func(func())
	// Free returns how many calls could go beside those in flight.
	Free func() int
	// Nudge is told when places have come, or are no longer to be had: then it
	// is time to call Take again, or Err.
	Nudge chan<- struct{}
}

// Share has all calls from now on take places that are reserved of a pace that
// others have a part in. Nothing more is waited for once ctx is done.
func (p *Pace) Share(ctx context.Context, s Shared) {
	if p.gap != 0 {
		p.shared = newPlaces(p.rate)
		p.shared.ctx, p.shared.Shared = ctx, s
	}
}

// Err returns why no places can be had any more, or nil.
func (p *Pace) Err() error {
	if p.shared == nil {
		return nil
	}
	return p.shared.failure()
}

// Slow lets only that part of the rate through, from 0 to 1. The calls whose
// intent is recorded keep their slots, which know one rate only: to change it
// while some wait would let two through at once.
func (p *Pace) Slow(part float64, now time.Time) {
	if p.shared != nil {
		p.shared.slow(part)
		return
	}
	if p.gap != 0 {
		p.turn.SetLimitAt(now, p.base*rate.Limit(part))
	}
}
