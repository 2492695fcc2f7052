package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/state"
)

// takeover waits for the lock as long as a lease may last.
func takeover(t *testing.T, s state.Store) state.Session {
	t.Helper()
	who := holder
	who.Nonce, who.Who = "n2", "bob@other"
	x, err := s.Lock(t.Context(), who, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Unlock() })
	return x
}

// lost checks that a session has lost its lock and can write nothing.
func lost(t *testing.T, x state.Session, r *state.Record) {
	t.Helper()
	if err := x.Append(t.Context(), Message("too_late", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("an append without the lock: %v", err)
	}
	select {
	case <-x.Context().Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the context of a lost lock has not ended")
	}
	if cause := context.Cause(x.Context()); !errors.Is(cause, state.ErrLockLost) {
		t.Errorf("the context ended because of %v", cause)
	}
	if err := x.Snapshot(t.Context(), r.Clone()); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("a snapshot without the lock: %v", err)
	}
}

// has checks that the record holds entries, whatever else it holds.
func has(t *testing.T, s interface {
	Load(context.Context) (*state.Record, error)
}, names ...string,
) *state.Record {
	t.Helper()
	r, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		e := Message(name, state.Intent, 1)
		if r.Get(e.Key()) == nil {
			t.Errorf("%s was stored and is gone", e.Key())
		}
	}
	return r
}

// pausedHolder stops a holder past its lease, with an append on its way, and
// lets it go on when another holds the lock.
func pausedHolder(t *testing.T, f Factory) {
	if f.Pause == nil {
		t.Skip("a holder that is stopped keeps the store's lock")
	}
	s := f.Open()
	x, r := start(t, s)
	put(t, x, r, Message("a", state.Intent, 1))
	goOn := f.Pause(s)
	begun := make(chan error, 1)
	go func() { begun <- x.Append(context.Background(), Message("on_its_way", state.Intent, 1)) }()
	y := takeover(t, f.Open())
	has(t, y, "a")
	if err := y.Append(t.Context(), Message("b", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	goOn()
	if err := <-begun; !errors.Is(err, state.ErrLockLost) {
		t.Errorf("the append that was on its way: %v", err)
	}
	lost(t, x, r)
	if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Unlock says %v, want ErrLockLost", err)
	}
	if h, err := f.Open().Holder(t.Context()); err != nil || h == nil || h.Nonce != "n2" {
		t.Errorf("the holder is %v, %v", h, err)
	}
	all := has(t, y, "a", "b")
	if err := y.Snapshot(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if err := y.Append(t.Context(), Message("c", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	unlock(t, y)
	has(t, f.Open(), "a", "b", "c")
}

// cutOff cuts the network between a holder and the store: its context ends
// before another can have the lock.
func cutOff(t *testing.T, f Factory) {
	if f.Cut == nil {
		t.Skip("there is no network between the store and its holder")
	}
	s := f.Open()
	x, r := start(t, s)
	put(t, x, r, Message("a", state.Intent, 1))
	mend := f.Cut(s)
	y := takeover(t, f.Open())
	if x.Context().Err() == nil {
		t.Error("another has the lock, and the former holder's context has not ended")
	}
	if err := x.Append(t.Context(), Message("b", state.Intent, 1)); err == nil {
		t.Error("an append succeeded without a network")
	}
	mend()
	lost(t, x, r)
	put(t, y, r, Message("c", state.Intent, 1))
	holds(t, f.Open(), r)
	if err := y.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	unlock(t, y)
	holds(t, f.Open(), r)
}

// crashes kills one holder after another. The next one finds all that was
// acknowledged, and goes on.
func crashes(t *testing.T, f Factory) {
	if f.Crash == nil {
		t.Skip("the test cannot kill a holder of the store")
	}
	s := f.Open()
	x, r := start(t, s)
	for i := range 3 {
		put(t, x, r, Message(fmt.Sprintf("m%d", i), state.Intent, 1))
		if i == 1 {
			if err := x.Snapshot(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			put(t, x, r, Message("after_it", state.Intent, 1))
		}
		f.Crash(s, x)
		holds(t, f.Open(), r)
		s = f.Open()
		x = takeover(t, s)
		holds(t, x, r)
		put(t, x, r, Message(fmt.Sprintf("m%d", i), state.Sent, 2))
	}
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	unlock(t, x)
	holds(t, f.Open(), r)
}

// oneAtATime lets several wait for the lock: it is never held by two, and
// nothing that one of them stores is lost to another.
func oneAtATime(t *testing.T, f Factory) {
	x, _ := start(t, f.Open())
	unlock(t, x)
	const runs, each = 4, 3
	var held atomic.Int64
	var all sync.WaitGroup
	for c := range runs {
		s := f.Open()
		all.Go(func() {
			for i := range each {
				if err := oneRun(t.Context(), s, &held, fmt.Sprintf("m%d_%d", c, i), i == 1); err != nil {
					t.Errorf("run %d: %v", c, err)
					return
				}
			}
		})
	}
	all.Wait()
	r, err := f.Open().Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != runs*each {
		t.Errorf("%d entries are stored, want %d", r.Len(), runs*each)
	}
}

func oneRun(ctx context.Context, s state.Store, held *atomic.Int64, name string, snapshot bool) (err error) {
	x, err := s.Lock(ctx, holder, time.Minute)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Unlock()) }()
	if n := held.Add(1); n != 1 {
		return fmt.Errorf("%d hold the lock at the same time", n)
	}
	defer held.Add(-1)
	r, err := x.Load(ctx)
	if err != nil {
		return err
	}
	e := Message(name, state.Intent, 1)
	if err := x.Append(ctx, e); err != nil || !snapshot {
		return err
	}
	r.Put(e)
	return x.Snapshot(ctx, r)
}

// appendsAtTheLoss takes the lock away while many append: what was acknowledged
// is there, and once one was told of the loss nobody can append.
func appendsAtTheLoss(t *testing.T, f Factory) {
	if f.BreakLock == nil {
		t.Skip("the store cannot lose a lock")
	}
	x, _ := start(t, f.Open())
	var mu sync.Mutex
	var acknowledged []string
	var all sync.WaitGroup
	enough := make(chan struct{})
	for c := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("m%d_%d", c, i)
				if err := x.Append(t.Context(), Message(name, state.Intent, 1)); err != nil {
					if !errors.Is(err, state.ErrLockLost) {
						t.Errorf("%s: %v", name, err)
					}
					return
				}
				mu.Lock()
				if acknowledged = append(acknowledged, name); len(acknowledged) == 40 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	f.BreakLock()
	all.Wait()
	if err := x.Append(t.Context(), Message("later", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("an append after the loss: %v", err)
	}
	y := takeover(t, f.Open())
	later := Message("later", state.Intent, 1)
	if r := has(t, y, acknowledged...); r.Get(later.Key()) != nil {
		t.Error("something was stored after the loss")
	}
}

// loadsAndAppends loads within the session while others append to it: each load
// holds what was acknowledged before it began.
func loadsAndAppends(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	done := make(chan struct{})
	var loader sync.WaitGroup
	var mu sync.Mutex
	loader.Go(func() {
		for {
			mu.Lock()
			least := r.Len()
			mu.Unlock()
			got, err := x.Load(t.Context())
			if err != nil || got.Len() < least {
				t.Errorf("a load beside appends: %v, %v; want at least %d entries", got, err, least)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	var all sync.WaitGroup
	for c := range 4 {
		all.Go(func() {
			for i := range 10 {
				e := Message(fmt.Sprintf("m%d_%d", c, i), state.Intent, 1)
				if err := x.Append(t.Context(), e); err != nil {
					t.Errorf("%s: %v", e.Key(), err)
					return
				}
				mu.Lock()
				r.Put(e)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	close(done)
	loader.Wait()
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	holds(t, f.Open(), r)
}
