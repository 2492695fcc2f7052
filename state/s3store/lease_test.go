package s3store

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/state"
)

// A holder whose renewals fail for a while, but not for too long, keeps the lock.
func TestRenewalsFailForAWhile(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for leases to end")
	}
	const lease = 2 * time.Second
	p := newPlace(t, fake(t), lease)
	s := p.store()
	x, r := p.start(s)
	var blocked atomic.Bool
	var renewals atomic.Int64
	p.link(s).hook(func(r *http.Request) (*http.Response, error) {
		if isPut(r, ".lock") {
			if blocked.Load() {
				return answer(r, http.StatusInternalServerError, "InternalError"), nil
			}
			renewals.Add(1)
		}
		return nil, nil
	}, nil)
	other := make(chan error, 1)
	go func() {
		_, err := p.store().Lock(context.Background(), ana, 3*lease)
		other <- err
	}()
	for round := range 4 {
		blocked.Store(round%2 == 0)
		time.Sleep(lease / 3)
	}
	blocked.Store(false)
	p.put(x, r, intent("a"))
	var locked *state.LockedError
	if err := <-other; !errors.As(err, &locked) {
		t.Errorf("another lock: %v", err)
	}
	p.put(x, r, intent("b"))
	if renewals.Load() < 4 {
		t.Errorf("the lease was renewed %d times in %s", renewals.Load(), 3*lease)
	}
	p.must(x.Unlock())
	p.holds(r)
}

// A request that hangs does not keep the holder from noticing that its lease has
// ended, well before another may have it.
func TestRenewalsHang(t *testing.T) {
	const lease = 1500 * time.Millisecond
	p := newPlace(t, fake(t), lease)
	s := p.store()
	x, _ := p.start(s)
	goOn := p.link(s).pause()
	defer goOn()
	begin := time.Now()
	<-x.Context().Done()
	if took := time.Since(begin); took > lease {
		t.Errorf("the context ended after %s", took)
	}
	if cause := context.Cause(x.Context()); !errors.Is(cause, state.ErrLockLost) {
		t.Errorf("the context ended because of %v", cause)
	}
}

// Many wait for one lock that is given back, or whose lease has ended: one gets
// it.
func TestTakers(t *testing.T) {
	p := newPlace(t, fake(t), 1200*time.Millisecond)
	s := p.store()
	x, _ := p.start(s)
	p.link(s).cut.Store(true) // its lease is left to end
	var held, most, took atomic.Int64
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			y, err := p.store().Lock(t.Context(), ana, 30*time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			took.Add(1)
			most.Store(max(most.Load(), held.Add(1)))
			time.Sleep(10 * time.Millisecond)
			held.Add(-1)
			if err := y.Unlock(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took.Load() != 6 || most.Load() != 1 {
		t.Errorf("%d took the lock, at most %d at the same time", took.Load(), most.Load())
	}
	if err := x.Append(t.Context(), intent("a")); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("an append of the first: %v", err)
	}
}

// The lock goes to another between the writing of a segment and its end: the
// append is no success.
func TestLockGoesDuringAppend(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	x, _ := p.start(s)
	p.link(s).hook(nil, func(r *http.Request, a *http.Response) (*http.Response, error) {
		if isPut(r, ".journal/") {
			p.must(p.store().ForceUnlock(t.Context(), ana.Nonce))
		}
		return a, nil
	})
	if err := x.Append(t.Context(), intent("a")); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("the append: %v", err)
	}
	got, err := p.store().Load(t.Context())
	p.must(err)
	if a := intent("a"); got.Get(a.Key()) == nil {
		t.Error("what was written is not found")
	}
}

// The time of day jumps, as after a machine has slept: the lease has ended.
func TestMachineSleeps(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	var jump atomic.Int64
	l := &link{server: p.server}
	o := p.options(l)
	o.Now = func() time.Time { return time.Now().Round(0).Add(time.Duration(jump.Load())) }
	x, r := p.start(New(o))
	p.put(x, r, intent("a"))
	ctx := x.Context()
	jump.Store(int64(45 * time.Second))
	if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), state.ErrLockLost) {
		t.Errorf("the context: %v, %v", ctx.Err(), context.Cause(ctx))
	}
	if err := x.Append(t.Context(), intent("b")); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("the append: %v", err)
	}
	// It is still its lock, which it gives back.
	p.must(x.Unlock())
	p.holds(r)
}

// A lock that its holder left is taken over without a wait being asked for, and
// is not shown as held.
func TestDesertedLock(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for leases to end")
	}
	p := newPlace(t, fake(t), 500*time.Millisecond)
	s := p.store()
	x, _ := p.start(s)
	x.cancel(errCut)
	x.work.Wait()
	time.Sleep(3700 * time.Millisecond) // the server's times are whole seconds
	if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("the holder is %v, %v", h, err)
	}
	y, err := p.store().Lock(t.Context(), ana, 0)
	p.must(err)
	p.must(y.Unlock())
}

// Somebody deletes the lock object while two sessions write: the numbers of
// their segments do not meet.
func TestLockObjectDeleted(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	x, r := p.start(p.store())
	p.put(x, r, intent("a"))
	p.must(x.Unlock())
	x = p.lock(p.store())
	p.put(x, r, intent("b"))
	p.raw(http.MethodDelete, "herald/spring.lock", nil)
	y := p.lock(p.store())
	p.put(y, r, intent("c"))
	if err := x.Append(t.Context(), intent("d")); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("the first: %v", err)
	}
	if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("its unlock: %v", err)
	}
	r.Put(intent("d"))
	p.must(y.Unlock())
	p.holds(r)
}

func TestForceUnlock(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	if err := p.store().ForceUnlock(t.Context(), "n1"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("where nothing is: %v", err)
	}
	x := p.lock(p.store())
	var other *state.NonceError
	if err := p.store().ForceUnlock(t.Context(), "n2"); !errors.As(err, &other) || other.Holder.Who != "ana@host" {
		t.Errorf("with another nonce: %v", err)
	}
	x.renew()
	p.must(p.store().ForceUnlock(t.Context(), "n1"))
	x.renew()
	if !errors.Is(context.Cause(x.Context()), state.ErrLockLost) {
		t.Errorf("the holder does not notice: %v", context.Cause(x.Context()))
	}
	if err := p.store().ForceUnlock(t.Context(), "n1"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("a second time: %v", err)
	}
}

// A server that overwrites what it was told not to is refused.
func TestServerWithoutConditions(t *testing.T) {
	for _, header := range []string{"If-None-Match", "If-Match"} {
		t.Run(header, func(t *testing.T) {
			real := fake(t)
			p := newPlace(t, func(r *http.Request) (*http.Response, error) {
				r = r.Clone(r.Context())
				r.Header.Del(header)
				return real(r)
			}, time.Minute)
			_, err := p.store().Lock(t.Context(), ana, 0)
			var store *state.StoreError
			if !errors.As(err, &store) || store.Problem != "the server ignores "+header+" when it writes" || !strings.Contains(store.Advice, "sent twice") {
				t.Errorf("the lock: %v", err)
			}
		})
	}
}
