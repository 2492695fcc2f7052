package s3store

import (
	"context"
	"errors"
	"sync"
	"time"

	"herald/state"
)

// lease is how long a session may believe that it holds the lock.
type lease struct {
	now    func() time.Time
	length time.Duration

	mu    sync.Mutex
	from  time.Time // the start of the last renewal that was acknowledged
	ended bool      // once and for all
}

// elapsed is the longer of what two clocks say: the one that never goes back,
// which stands still while the machine sleeps, and the time of day, which may be
// set. The longer one is the safe one for a holder.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// usable is the part of the length after which the holder stops.
func usable(length time.Duration) time.Duration { return length / 3 * 2 }

// left returns how much is left of the lease. Once it has ended it has ended.
func (l *lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := usable(l.length) - elapsed(l.from, l.now())
	if left <= 0 {
		l.ended = true
	}
	if l.ended {
		return 0
	}
	return left
}

// due reports whether it is time to renew.
func (l *lease) due() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return elapsed(l.from, l.now()) >= l.length/4
}

// renewed says that a renewal which began then was acknowledged.
func (l *lease) renewed(start time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if elapsed(l.from, l.now()) >= usable(l.length) {
		l.ended = true
	}
	if start.After(l.from) {
		l.from = start
	}
}

// leaseContext ends at the latest when somebody asks whether it has: a process
// that was stopped need not wait for its timers.
type leaseContext struct {
	context.Context
	x *session
}

// Err returns why the context has ended, or nil.
func (c leaseContext) Err() error {
	if c.Context.Err() == nil && c.x.lease.left() <= 0 {
		_ = c.x.lose()
	}
	return c.Context.Err()
}

// lose ends the session's context: the lock is lost.
func (x *session) lose() error {
	x.cancel(state.ErrLockLost)
	return context.Cause(x.ctx)
}

// watch ends the context when the lease has ended.
func (x *session) watch() {
	tick := time.NewTicker(x.lease.length / 60)
	defer tick.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-tick.C:
			if x.lease.left() <= 0 {
				_ = x.lose()
				return
			}
		}
	}
}

// keep renews the lease. A renewal that fails is tried again soon.
func (x *session) keep() {
	tick := time.NewTicker(x.lease.length / 30)
	defer tick.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-tick.C:
			if x.lease.due() {
				x.renew()
			}
		}
	}
}

// renew renews the lease once. What the object says tells a renewal that had
// succeeded, though its answer was lost, from a lock that another has.
func (x *session) renew() {
	ctx, cancel := context.WithTimeout(x.ctx, min(x.lease.length/4, x.lease.left()))
	defer cancel()
	start := x.lease.now()
	next := x.held.file
	next.Renewal = x.renewal + 1
	x.renewal++
	next.Renewed = start.UTC()
	body, err := next.encode()
	if err != nil {
		return
	}
	x.begun[next.Renewal] = start
	etag, err := x.client.putOnce(ctx, x.store.lockKey(), body, x.held.etag, nil)
	switch {
	case err == nil:
		x.acknowledge(next.Renewal, etag)
	case errors.As(err, new(*mismatch)):
		x.lookAgain(ctx)
	}
}

// lookAgain looks who holds the lock after a renewal was refused.
func (x *session) lookAgain(ctx context.Context) {
	o, err := x.client.getOnce(ctx, x.store.lockKey())
	if err != nil {
		return
	}
	l, err := x.store.readLock(o)
	if err != nil || l.Session != x.held.file.Session {
		_ = x.lose()
		return
	}
	x.acknowledge(l.Renewal, o.etag)
}

func (x *session) acknowledge(renewal uint64, etag string) {
	x.held.etag = etag
	if start, ok := x.begun[renewal]; ok {
		x.lease.renewed(start)
	}
	clear(x.begun)
}

// holds asks the server whether the session still has the lock.
func (x *session) holds(ctx context.Context) error {
	o, l, err := x.store.lookAtLock(ctx, x.client)
	var other *state.FormatError
	switch {
	case errors.As(err, &other), err == nil && (o == nil || l.Session != x.held.file.Session):
		return x.lose()
	case err != nil:
		return err
	}
	return x.inTime()
}

// inTime returns an error if the lease has ended.
func (x *session) inTime() error {
	if x.lease.left() <= 0 {
		return x.lose()
	}
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	return nil
}
