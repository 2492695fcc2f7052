package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"herald/state"
)

func noRecord(t *testing.T, f Factory) {
	s := f.Open()
	if r, err := s.Load(t.Context()); r != nil || !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("Load = %v, %v; want no record and ErrNoRecord", r, err)
	}
	if s.Location() == "" {
		t.Error("the store has no location")
	}
	x := lock(t, s)
	if _, err := x.Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("under the lock Load says %v, want ErrNoRecord", err)
	}
	if err := x.Append(t.Context(), Message("a", state.Intent, 1)); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("Append says %v, want ErrNoRecord", err)
	}
	r := state.NewRecord("lineage-1")
	r.Serial = 3
	var conflict *state.ConflictError
	if err := x.Snapshot(t.Context(), r); !errors.As(err, &conflict) {
		t.Errorf("a snapshot with serial 3 where nothing is stored: %v", err)
	}
	if err := x.Append(t.Context(), Message("a", state.Intent, 1)); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("Append says %v, want ErrNoRecord", err)
	}
	if _, err := f.Open().Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("afterwards Load says %v, want ErrNoRecord", err)
	}
}

func create(t *testing.T, f Factory) {
	x := lock(t, f.Open())
	r := state.NewRecord("lineage-1")
	r.Origin, r.Endpoints["17841405822304914"] = "sha256:p", "http://127.0.0.1:1"
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.Serial != 0 {
		t.Errorf("a new record was stored with serial %d", r.Serial)
	}
	holds(t, x, r)
	holds(t, f.Open(), r)
	unlock(t, x)
	holds(t, f.Open(), r)
}

func appendIsDurable(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	put(t, x, r, Message("a", state.Intent, 1), Message("b", state.Intent, 1))
	holds(t, f.Open(), r)
	put(t, x, r, Message("a", state.Sent, 2))
	put(t, x, r)
	unlock(t, x)
	holds(t, f.Open(), r)

	// The next session goes on, whether it has loaded the record or not.
	x = lock(t, f.Open())
	put(t, x, r, Message("b", state.Rejected, 2))
	unlock(t, x)
	x = lock(t, f.Open())
	holds(t, x, r)
	put(t, x, r, Message("c", state.Intent, 1))
	holds(t, x, r)
	unlock(t, x)
	holds(t, f.Open(), r)
}

// everyField stores what only few entries have: the further ids of a message
// that was delivered twice, and the claim of a prepared intent.
func everyField(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	twice := Message("twice", state.Sent, 3)
	twice.AlsoSent = []string{"mid.1", "mid.2"}
	claimed := Message("claimed", state.Intent, 2)
	claimed.Claim = "0123456789abcdef"
	before := Message("claimed", state.Absent, 1)
	claimed.Before, claimed.Attempts = &before, 0
	put(t, x, r, twice, claimed)
	holds(t, f.Open(), r)
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	holds(t, x, r)
	// The POST begins: the claim goes, in the journal and in what is loaded.
	begun := claimed.Next(claimed.PlanID)
	begun.Claim, begun.Attempts = "", 1
	put(t, x, r, begun)
	holds(t, f.Open(), r)
	bad := twice
	bad.AlsoSent = []string{"mid.2", "mid.1"}
	if err := x.Append(t.Context(), bad); err == nil {
		t.Error("further ids that are not in order were stored")
	}
	unlock(t, x)
	got, err := f.Open().Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := got.Get(twice.Key()); len(e.AlsoSent) != 2 || e.AlsoSent[0] != "mid.1" || e.AlsoSent[1] != "mid.2" {
		t.Errorf("also sent: %q", e.AlsoSent)
	}
	if e := got.Get(claimed.Key()); e.Claim != "" {
		t.Errorf("the claim came back: %q", e.Claim)
	}
}

func concurrentAppends(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	const callers, each = 16, 12
	var all sync.WaitGroup
	var mu sync.Mutex
	for c := range callers {
		all.Go(func() {
			for i := range each {
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
	unlock(t, x)
	if r.Len() != callers*each {
		t.Fatalf("%d entries were appended, want %d", r.Len(), callers*each)
	}
	holds(t, f.Open(), r)
}

func snapshotFolds(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	put(t, x, r, Message("a", state.Intent, 1))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.Serial != 1 {
		t.Errorf("the serial is %d after the second snapshot, want 1", r.Serial)
	}
	holds(t, f.Open(), r)
	// What was moved away does not come back from the journal.
	from, to := Message("a", state.Sent, 2).Addr, Message("z", state.Sent, 2).Addr
	put(t, x, r, Message("a", state.Sent, 2))
	r.Move(from, to)
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	put(t, x, r, Message("b", state.Intent, 1))
	holds(t, x, r)
	unlock(t, x)
	holds(t, f.Open(), r)
}

func snapshotKeeps(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	for i := range 5 {
		put(t, x, r, Message(fmt.Sprintf("m%d", i), state.Intent, 1))
		unlock(t, x)
		x = lock(t, f.Open())
		loaded, err := x.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Snapshot(t.Context(), loaded); err != nil {
			t.Fatal(err)
		}
		r.Serial++
		holds(t, f.Open(), r)
	}
}

func serialConflict(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	put(t, x, r, Message("a", state.Intent, 1))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		lineage string
		serial  uint64
		want    string
	}{
		{"lineage-1", 0, "the stored record has serial 1, not 0: something else has written it"},
		{"lineage-1", 2, "the stored record has serial 1, not 2: something else has written it"},
		{"lineage-1", 1 << 63, "the stored record has serial 1, not 9223372036854775808: something else has written it"},
		{"lineage-2", 1, "another record is stored: its lineage is lineage-1, not lineage-2"},
		{"lineage-2", 0, "another record is stored: its lineage is lineage-1, not lineage-2"},
	} {
		w := r.Clone()
		w.Lineage, w.Serial = tc.lineage, tc.serial
		err := x.Snapshot(t.Context(), w)
		var conflict *state.ConflictError
		if !errors.As(err, &conflict) || err.Error() != tc.want {
			t.Errorf("got  %v\nwant %s", err, tc.want)
		}
		if w.Serial != tc.serial {
			t.Errorf("the serial %d became %d", tc.serial, w.Serial)
		}
	}
	// A conflict is no failure: the session goes on.
	put(t, x, r, Message("b", state.Intent, 1))
	holds(t, f.Open(), r)
}

// loadBeside loads while another appends and writes snapshots: each load must
// be something that was true, and never less than the one before.
func loadBeside(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		s := f.Open()
		readers.Go(func() {
			for last := 0; ; {
				got, err := s.Load(t.Context())
				if err != nil {
					t.Errorf("beside a holder: %v", err)
					return
				}
				if got.Len() < last {
					t.Errorf("%d entries were loaded after %d", got.Len(), last)
				}
				last = got.Len()
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 40 {
		put(t, x, r, Message(fmt.Sprintf("m%d", i), state.Intent, 1))
		if i%3 == 0 {
			if err := x.Snapshot(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	readers.Wait()
	holds(t, f.Open(), r)
}

func invalidEntry(t *testing.T, f Factory) {
	x, r := start(t, f.Open())
	bad := Message("a", state.Sent, 1)
	bad.MessageID = ""
	want := "message.a: a sent message needs its message_id"
	if err := x.Append(t.Context(), Message("b", state.Intent, 1), bad); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Append(ctx, Message("b", state.Intent, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("an append that was cancelled: %v", err)
	}
	// Nothing was written, so others can still record what they did.
	put(t, x, r, Message("c", state.Intent, 1))
	holds(t, f.Open(), r)
}

func nothingAfterFailure(t *testing.T, f Factory) {
	if f.FailWrites == nil {
		t.Skip("the store cannot be made to fail")
	}
	x, r := start(t, f.Open())
	put(t, x, r, Message("a", state.Intent, 1))
	f.FailWrites()
	if err := x.Append(t.Context(), Message("b", state.Intent, 1)); err == nil {
		t.Error("an append succeeded that could not be written")
	}
	if err := x.Append(t.Context(), Message("c", state.Intent, 1)); err == nil {
		t.Error("an append succeeded after a failure")
	}
	if err := x.Snapshot(t.Context(), r); err == nil || r.Serial != 0 {
		t.Errorf("a snapshot after a failure: %v, serial %d", err, r.Serial)
	}
	got, err := f.Open().Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, c := Message("a", state.Intent, 1), Message("c", state.Intent, 1)
	if got.Get(a.Key()) == nil {
		t.Error("what was stored before the failure is gone")
	}
	if got.Get(c.Key()) != nil {
		t.Error("something was stored after the failure")
	}
}
