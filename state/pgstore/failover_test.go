package pgstore

import (
	"errors"
	"testing"
	"time"

	"herald/state"
	"herald/state/pgstore/pgtest"
)

// TestFailover takes a standby for the server that had not received its last
// transactions. Each session whose acknowledged writes are not there stops, so
// does one that the standby has never heard of, and one that has lost nothing
// goes on.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, pgtest.Options{})
	standby := primary.Standby(t)
	way := newProxy(t, primary)
	alone := testPlace{server: primary, schema: "alone", lease: time.Minute}
	shared := testPlace{server: primary, schema: "shared", lease: time.Minute}
	alone.record(t)
	shared.record(t)
	lock := func(p testPlace) state.Session {
		x, err := p.store(way).Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = x.Unlock() })
		return x
	}
	put := func(x state.Session, e state.Entry) {
		t.Helper()
		if err := x.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	only, one, two, calm := lock(alone), shared.join(t, "one", way), shared.join(t, "two", way), shared.join(t, "calm", way)
	for i, m := range []*member{one, two, calm} {
		claim(t, m, talk(i))
	}
	put(only, to(0, "a", state.Intent, 1))
	put(one, to(0, "a", state.Intent, 1))
	put(two, to(1, "b", state.Intent, 1))
	put(calm, to(2, "c", state.Intent, 1))
	primary.CaughtUp(t, standby)
	standby.Unfollow(t)

	// What follows is acknowledged, and the standby does not get it: an outcome
	// and a further intent, of one member two of them in a row.
	put(only, to(0, "a", state.Sent, 2))
	put(only, to(0, "later", state.Intent, 1))
	put(one, to(0, "a", state.Sent, 2))
	put(two, to(1, "b", state.Sent, 2))
	put(two, to(1, "later", state.Intent, 1))
	late := shared.join(t, "late", way)
	claim(t, late, talk(3))
	put(late, to(3, "late", state.Intent, 1))

	// As long as it is a standby it takes no lock, and says why.
	_, err := New(Options{URL: standby.URL(), Schema: "alone"}).Lock(t.Context(), state.Holder{}, 0)
	told(t, err, "the server is read-only", "PGTARGETSESSIONATTRS")
	_, err = New(Options{URL: standby.URL() + "&target_session_attrs=read-write", Schema: "alone"}).Load(t.Context())
	told(t, err, "the server is read-only", "PGTARGETSESSIONATTRS")

	primary.Crash()
	standby.Promote(t)
	way.leadTo(standby)
	way.set(false, true)
	way.set(false, false)
	for name, x := range map[string]state.Session{"alone": only, "one": one, "two": two, "late": late} {
		for range 2 {
			if err := x.Append(t.Context(), to(0, "further", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
				t.Errorf("%s: Append says %v", name, err)
			}
		}
		if err := x.Snapshot(t.Context(), state.NewRecord("lineage-1")); !errors.Is(err, state.ErrLockLost) {
			t.Errorf("%s: Snapshot says %v", name, err)
		}
		if x.Context().Err() == nil {
			t.Errorf("%s: the session's context goes on", name)
		}
	}
	put(calm, to(2, "c", state.Sent, 2))

	// The record is as the standby had it: what was acknowledged since is lost,
	// and nobody can see that.
	alone.server, shared.server = standby, standby
	if r := alone.load(t); r.Len() != 1 || r.Get(keyOf(to(0, "a", state.Intent, 1))).Change != 1 {
		t.Errorf("the lock's record has %d entries", r.Len())
	}
	r := shared.load(t)
	for _, e := range []state.Entry{to(0, "a", state.Intent, 1), to(1, "b", state.Intent, 1), to(2, "c", state.Sent, 2)} {
		if got := r.Get(keyOf(e)); got == nil || got.Change != e.Change || got.Status != e.Status {
			t.Errorf("%s: stored is %v, want change %d", e.Key(), got, e.Change)
		}
	}
	if r.Len() != 3 {
		t.Errorf("the runs' record has %d entries, want 3", r.Len())
	}
}
