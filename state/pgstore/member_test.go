package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"herald/config/addr"
	"herald/state"
	"herald/state/pgstore/pgtest"
	"herald/state/storetest"
)

const account = "17841405822304914"

// place is one record, and how to reach it.
type testPlace struct {
	server *pgtest.Server
	schema string
	lease  time.Duration
	sealer state.Sealer
}

func newPlace(t *testing.T, lease time.Duration) testPlace {
	t.Helper()
	server := postgres.Start(t)
	return testPlace{server: server, schema: server.Schema(t), lease: lease}
}

// store opens the record, through a proxy if there is one.
func (p testPlace) store(through *proxy) *Store {
	url := p.server.URL()
	if through != nil {
		url = p.server.URLOf("postgres", through.port())
	}
	return New(Options{URL: url, Schema: p.schema, Lease: p.lease, Sealer: p.sealer})
}

// record makes a record with these entries.
func (p testPlace) record(t *testing.T, entries ...state.Entry) *state.Record {
	t.Helper()
	r := state.NewRecord("lineage-1")
	for _, e := range entries {
		r.Put(e)
	}
	x := p.lock(t)
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (p testPlace) lock(t *testing.T) state.Session {
	t.Helper()
	x, err := p.store(nil).Lock(t.Context(), state.Holder{Nonce: "lock", Who: "ana@host"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Unlock() })
	return x
}

func (p testPlace) join(t *testing.T, who string, through *proxy) *member {
	t.Helper()
	m, err := p.store(through).Join(t.Context(), state.Holder{Nonce: who, Who: who}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Unlock() })
	return m.(*member)
}

func (p testPlace) load(t *testing.T) *state.Record {
	t.Helper()
	r, err := p.store(nil).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// What is counted is what is there.
	part, err := p.store(nil).LoadPart(t.Context(), state.Part{})
	if err != nil {
		t.Fatal(err)
	}
	if part.Len()+part.Rest != r.Len() {
		t.Errorf("the part says that there are %d entries besides its %d, and the record has %d", part.Rest, part.Len(), r.Len())
	}
	return r
}

func talk(n int) state.Conversation {
	return state.Conversation{Account: account, Recipient: fmt.Sprint(1000 + n)}
}

func talks(n int) []state.Conversation {
	list := make([]state.Conversation, n)
	for i := range list {
		list[i] = talk(i)
	}
	return list
}

// to returns an entry of the n-th conversation.
func to(n int, name string, status state.Status, change int64) state.Entry {
	e := storetest.Message(name, status, change)
	e.Recipient = talk(n).Recipient
	return e
}

func claim(t *testing.T, m state.Member, list ...state.Conversation) []state.Conversation {
	t.Helper()
	got, err := m.Claim(t.Context(), list, len(list))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestClaimsAreDisjoint lets many members take the same conversations: each
// goes to one of them, and all are taken.
func TestClaimsAreDisjoint(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t)
	const members, conversations = 32, 400
	list := talks(conversations)
	var mu sync.Mutex
	holder := make(map[state.Conversation]int)
	var all sync.WaitGroup
	for i := range members {
		m := p.join(t, fmt.Sprintf("m%d", i), nil) // until the end: who leaves gives back
		all.Go(func() {
			for {
				got, err := m.Claim(t.Context(), list, 7)
				if err != nil {
					t.Error(err)
					return
				}
				if len(got) > 7 {
					t.Errorf("%d conversations were claimed, at most 7 were asked for", len(got))
				}
				mu.Lock()
				for _, c := range got {
					if other, taken := holder[c]; taken {
						t.Errorf("%s has two holders, %d and %d", c.Recipient, other, i)
					}
					holder[c] = i
				}
				done := len(holder) == conversations
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	all.Wait()
	if len(holder) != conversations {
		t.Errorf("%d conversations were claimed, want %d", len(holder), conversations)
	}
}

func TestClaimsInOrderAndReleased(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t)
	a, b := p.join(t, "a", nil), p.join(t, "b", nil)
	if n, err := a.Others(t.Context()); n != 1 || err != nil {
		t.Errorf("a sees %d others, %v; want 1", n, err)
	}
	got, err := a.Claim(t.Context(), talks(10), 3)
	if err != nil || !slices.Equal(got, talks(3)) {
		t.Errorf("a got %v, %v; want the first three", got, err)
	}
	if again := claim(t, a, talks(3)...); len(again) != 0 {
		t.Errorf("a was given again what it holds: %v", again)
	}
	if got := claim(t, b, talks(4)...); !slices.Equal(got, talks(4)[3:]) {
		t.Errorf("b got %v, want the fourth", got)
	}
	if err := b.Release(t.Context(), talk(0)); err != nil {
		t.Error(err)
	}
	if got := claim(t, b, talk(0)); len(got) != 0 {
		t.Error("b released what a holds")
	}
	if err := a.Release(t.Context(), talk(1), talk(2)); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, b, talks(4)...); !slices.Equal(got, talks(4)[1:3]) {
		t.Errorf("b got %v, want the two that a gave back", got)
	}
	if err := a.Unlock(); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, b, talks(4)...); !slices.Equal(got, talks(1)) {
		t.Errorf("b got %v, want the one of a, who left", got)
	}
}

// TestSecondIntentIsRefused has every way in which an intent can come second.
func TestSecondIntentIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "old", state.Absent, 4))
	a, b := p.join(t, "a@host", nil), p.join(t, "b@host", nil)
	claim(t, a, talk(0))
	claim(t, b, talk(1))
	refused := func(m state.Member, want string, entries ...state.Entry) {
		t.Helper()
		err := m.Append(t.Context(), entries...)
		var claimed *state.ClaimedError
		if !errors.As(err, &claimed) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if err := a.Append(t.Context(), to(0, "x", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	refused(b, "message.x was claimed by another run, that of a@host", to(0, "x", state.Intent, 2))
	// The same message, for another person by another configuration.
	refused(b, "message.x was claimed by another run", to(1, "x", state.Intent, 1))
	refused(b, "message.none was claimed by another run", to(1, "none", state.Intent, 2))
	refused(b, "message.y was claimed by another run", to(2, "y", state.Intent, 1))
	refused(a, "message.old was claimed by another run", to(0, "old", state.Intent, 4))
	refused(a, "message.old was claimed by another run", to(0, "old", state.Intent, 6))
	// All of a call or nothing.
	refused(b, "message.y was claimed by another run", to(1, "fine", state.Intent, 1), to(2, "y", state.Intent, 1))
	if r := p.load(t); r.Get(keyOf(to(1, "fine", state.Intent, 1))) != nil {
		t.Error("a part of a refused call was stored")
	}
	// A refusal is no failure: both go on, also in one batch with others.
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			e := to(1, fmt.Sprintf("b%d", i), state.Intent, 1)
			var claimed *state.ClaimedError
			if i%3 == 0 {
				e = to(2, "y", state.Intent, 1)
			}
			if err := b.Append(t.Context(), e); i%3 == 0 != errors.As(err, &claimed) || i%3 != 0 && err != nil {
				t.Errorf("%s: %v", e.Key(), err)
			}
		})
	}
	all.Wait()
	if err := a.Append(t.Context(), to(0, "old", state.Intent, 5), to(0, "x", state.Absent, 2), to(0, "x", state.Intent, 3)); err != nil {
		t.Fatal(err)
	}
	r := p.load(t)
	for _, want := range []state.Entry{to(0, "x", state.Intent, 3), to(0, "old", state.Intent, 5), to(1, "b1", state.Intent, 1)} {
		if e := r.Get(want.Key()); e == nil || !sameEntry(e, &want) {
			t.Errorf("stored is %v, want change %d of %s", e, want.Change, want.Key())
		}
	}
}

func keyOf(e state.Entry) state.Key { return e.Key() }

// TestExclusiveIntentFollows: the database refuses an intent over a later
// change under an exclusive lock as well.
func TestExclusiveIntentFollows(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "x", state.Intent, 3))
	x := p.lock(t)
	var claimed *state.ClaimedError
	if err := x.Append(t.Context(), to(0, "x", state.Intent, 3)); !errors.As(err, &claimed) {
		t.Errorf("an intent over the same change: %v", err)
	}
	if err := x.Append(t.Context(), to(0, "x", state.Sent, 4)); err != nil {
		t.Error(err)
	}
}

// TestLockAndJoinWait: a lock waits for every member, a member for the lock.
func TestLockAndJoinWait(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t)
	a, b := p.join(t, "a", nil), p.join(t, "b", nil)
	s := p.store(nil)
	_, err := s.Lock(t.Context(), state.Holder{Who: "c"}, 0)
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.Holder == nil || locked.Holder.Who != "a" {
		t.Fatalf("a lock beside members: %v", err)
	}
	got := make(chan error, 2)
	go func() {
		x, err := s.Lock(t.Context(), state.Holder{Who: "c"}, time.Minute)
		if err == nil {
			_, err = s.Join(t.Context(), state.Holder{Who: "d"}, 0)
			if !errors.As(err, &locked) || locked.Holder.Who != "c" {
				t.Errorf("a member beside a lock: %v", err)
			}
			go func() {
				m, err := s.Join(t.Context(), state.Holder{Who: "d"}, time.Minute)
				if err == nil {
					err = m.Unlock()
				}
				got <- err
			}()
			time.Sleep(50 * time.Millisecond)
			err = x.Unlock()
		}
		got <- err
	}()
	for _, m := range []state.Member{a, b} {
		select {
		case err := <-got:
			t.Fatalf("the lock did not wait for a member: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if err := m.Unlock(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
}

// TestPausedMember stops a member past its lease: another gets what it held,
// and the first can write nothing any more.
func TestPausedMember(t *testing.T) {
	t.Parallel()
	p := newPlace(t, briefLease)
	p.record(t)
	way := newProxy(t, p.server)
	a, b := p.join(t, "a", way), p.join(t, "b", nil)
	claim(t, a, talks(2)...)
	if err := a.Append(t.Context(), to(0, "x", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	way.set(true, false)
	late := make(chan error, 1)
	go func() { late <- a.Append(context.Background(), to(1, "late", state.Intent, 1)) }()
	for deadline := time.Now().Add(time.Minute); ; {
		if got := claim(t, b, talks(2)...); len(got) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the lease of a stopped member never ended")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if a.Context().Err() == nil {
		t.Error("another has its conversations, and its context has not ended")
	}
	way.set(false, false)
	if err := <-late; !errors.Is(err, state.ErrLockLost) {
		t.Errorf("the append that was on its way: %v", err)
	}
	if err := a.Append(t.Context(), to(0, "x", state.Sent, 2)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("an outcome after the lease: %v", err)
	}
	if _, err := a.Claim(t.Context(), talks(5), 1); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("a claim after the lease: %v", err)
	}
	if err := b.Append(t.Context(), to(0, "x", state.Intent, 2)); err != nil {
		t.Error(err)
	}
	r := p.load(t)
	if e := to(1, "late", state.Intent, 1); r.Get(e.Key()) != nil {
		t.Error("what a stopped member had on its way was stored")
	}
	if err := a.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Unlock says %v", err)
	}
}

// TestReserve: two members of two records together keep an account's rate to
// the microsecond, lose next to nothing of it, and what is not used is not saved
// up.
func TestReserve(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t)
	other := p.store(nil)
	other.o.Record = "other"
	joined, err := other.Join(t.Context(), state.Holder{Nonce: "b"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = joined.Unlock() }()
	a, b := p.join(t, "a", nil), joined.(*member)
	const rate, slice = 200.0, 10
	var mu sync.Mutex
	var due []time.Time
	var all sync.WaitGroup
	begun := time.Now()
	for _, m := range []*member{a, b} {
		all.Go(func() {
			// The next slice is asked for half a slice ahead, as a run does.
			for time.Since(begun) < 3*time.Second {
				first, present, err := m.reserve(t.Context(), account, "messages", slice, rate)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				due = append(due, first)
				mu.Unlock()
				time.Sleep(first.Sub(present) - slice/2*time.Second/rate)
			}
		})
	}
	all.Wait()
	slices.SortFunc(due, time.Time.Compare)
	for i := range due[1:] {
		if apart := due[i+1].Sub(due[i]); apart < slice*time.Second/rate {
			t.Errorf("two slices of %d are %v apart", slice, apart)
		}
	}
	span := due[len(due)-1].Sub(due[0]).Seconds()
	if got := float64(len(due)-1) * slice / span; got < 0.99*rate {
		t.Errorf("%.1f places a second, want at least %.1f", got, 0.99*rate)
	}
	time.Sleep(time.Until(due[len(due)-1]) + 500*time.Millisecond)
	reserve := func(lane string, rate float64, least, most time.Duration) {
		t.Helper()
		wait, err := b.Reserve(t.Context(), account, lane, 1, rate)
		if err != nil || wait < least || wait > most {
			t.Errorf("the next place is due after %v, %v; want between %v and %v", wait, err, least, most)
		}
	}
	reserve("messages", 1, 0, 50*time.Millisecond)
	reserve("messages", 1, 500*time.Millisecond, time.Second)
	reserve("messages", 100, 1500*time.Millisecond, 2*time.Second)
	reserve("media", 1, 0, 50*time.Millisecond)
	if _, err := b.Reserve(t.Context(), account, "media", 0, rate); err == nil {
		t.Error("no places were reserved")
	}
}

// TestPaceComparesClocks: with answers that are late by different times, places
// are never early, and soon as far apart as they were reserved.
func TestPaceComparesClocks(t *testing.T) {
	var p pace
	base := time.Now()
	server := base.Add(-3 * time.Hour).Round(0)         // the clocks differ
	late := []int{40, 9, 1, 25, 3, 80, 1, 14, 2, 60, 7} // milliseconds
	for i := range 4000 {
		at := time.Duration(i) * 10 * time.Millisecond
		due := at + 30*time.Millisecond
		answer := base.Add(at + time.Duration(late[i%len(late)])*time.Millisecond)
		got := answer.Add(p.wait(server.Add(due), server.Add(at), answer)).Sub(base)
		switch {
		case got < due:
			t.Fatalf("place %d comes %v early", i, due-got)
		case i > 10 && got > due+2*time.Millisecond && late[i%len(late)] < 30:
			t.Fatalf("place %d comes %v late", i, got-due)
		}
	}
}

// TestMemberSnapshot: what was moved moves, what another wrote stays, and of
// two that store at once one is told.
func TestMemberSnapshot(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "from", state.Sent, 2), to(1, "stays", state.Sent, 2))
	a, b := p.join(t, "a", nil), p.join(t, "b", nil)
	load := func(m state.Member) *state.Record {
		r, err := m.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ra, rb := load(a), load(b)
	claim(t, b, talk(1), talk(2))
	if err := b.Append(t.Context(), to(1, "stays", state.Rejected, 3), to(2, "new", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	name := func(s string) addr.Instance { return addr.Block{Kind: addr.Message, Name: s}.Only() }
	ra.Move(name("from"), name("to"))
	ra.Endpoints[account] = "https://graph.instagram.com"
	if err := a.Snapshot(t.Context(), ra); err != nil {
		t.Fatal(err)
	}
	rb.Move(name("from"), name("elsewhere"))
	var conflict *state.ConflictError
	if err := b.Snapshot(t.Context(), rb); !errors.As(err, &conflict) || rb.Serial != 0 {
		t.Errorf("a snapshot after another: %v, serial %d", err, rb.Serial)
	}
	got := p.load(t)
	if got.Serial != 1 || got.Endpoints[account] == "" || got.Len() != 3 {
		t.Errorf("stored is %s", storetest.Text(t, got))
	}
	for k, status := range map[string]state.Status{"to": state.Sent, "stays": state.Rejected, "new": state.Intent} {
		if e := got.Latest(name(k)); e == nil || e.Status != status {
			t.Errorf("%s is %v, want %s", k, e, status)
		}
	}
	// Both go on.
	if err := b.Append(t.Context(), to(2, "new", state.Sent, 2)); err != nil {
		t.Error(err)
	}
	if err := a.Snapshot(t.Context(), ra); err != nil || ra.Serial != 2 {
		t.Errorf("a second snapshot: %v", err)
	}
	p.load(t)
}
