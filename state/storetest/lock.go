package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/state"
)

func lockExcludes(t *testing.T, f Factory) {
	s := f.Open()
	if h, err := s.Holder(t.Context()); h != nil || err != nil {
		t.Errorf("before any lock the holder is %v, %v", h, err)
	}
	x := lock(t, s)
	for _, other := range []state.Store{s, f.Open()} {
		_, err := other.Lock(t.Context(), state.Holder{Who: "bob@other"}, 0)
		var locked *state.LockedError
		if !errors.As(err, &locked) {
			t.Fatalf("a second lock: %v, want a LockedError", err)
		}
		want := "the record is locked by ana@host, process 42, running apply since 2026-01-02T03:04:05Z"
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
		h, err := other.Holder(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&holder, h); diff != "" {
			t.Errorf("the holder differs (-want +got):\n%s", diff)
		}
	}
	unlock(t, x)
	if h, err := f.Open().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("after the unlock the holder is %v, %v", h, err)
	}
	unlock(t, lock(t, f.Open()))
}

func lockWaits(t *testing.T, f Factory) {
	x := lock(t, f.Open())
	got := make(chan error, 1)
	go func() {
		y, err := f.Open().Lock(t.Context(), holder, time.Minute)
		if err == nil {
			err = y.Unlock()
		}
		got <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Open().Lock(ctx, holder, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was cancelled: %v", err)
	}
	unlock(t, x)
	if err := <-got; err != nil {
		t.Errorf("a wait until the unlock: %v", err)
	}
}

func unlockEnds(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	if err := x.Context().Err(); err != nil {
		t.Errorf("the context of a held lock: %v", err)
	}
	unlock(t, x)
	<-x.Context().Done()
	if cause := context.Cause(x.Context()); !errors.Is(cause, context.Canceled) {
		t.Errorf("the context ended because of %v", cause)
	}
	if err := x.Append(t.Context(), Message("a", state.Intent, 1)); err == nil {
		t.Error("something was appended without the lock")
	}
	if err := x.Snapshot(t.Context(), r); err == nil {
		t.Error("a snapshot was written without the lock")
	}
	holds(t, f.Open(), r)
}

func lockLoss(t *testing.T, f Factory) {
	if f.BreakLock == nil {
		t.Skip("the store cannot lose a lock")
	}
	x, r := start(t, f.Open())
	put(t, x, r, Message("a", state.Intent, 1))
	f.BreakLock()
	if err := x.Append(t.Context(), Message("b", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("an append without the lock: %v", err)
	}
	<-x.Context().Done()
	if cause := context.Cause(x.Context()); !errors.Is(cause, state.ErrLockLost) {
		t.Errorf("the context ended because of %v", cause)
	}
	if err := x.Snapshot(t.Context(), r.Clone()); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("a snapshot without the lock: %v", err)
	}
	// Another goes on meanwhile, and the one that lost the lock cannot take
	// it away by giving it back.
	y := lock(t, f.Open())
	if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Unlock says %v, want ErrLockLost", err)
	}
	put(t, y, r, Message("c", state.Intent, 1))
	b := Message("b", state.Intent, 1)
	if got := has(t, f.Open(), "a", "c"); got.Get(b.Key()) != nil {
		r.Put(b) // what was appended without success may be found
	}
	holds(t, f.Open(), r)
	if h, err := f.Open().Holder(t.Context()); h == nil || err != nil {
		t.Errorf("the second holder is %v, %v", h, err)
	}
	unlock(t, y)

	// A holder at rest notices by itself.
	z := lock(t, f.Open())
	f.BreakLock()
	select {
	case <-z.Context().Done():
	case <-time.After(30 * time.Second):
		t.Error("the loss of the lock was not noticed")
	}
}
