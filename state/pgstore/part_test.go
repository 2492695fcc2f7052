package pgstore

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"herald/config/addr"
	"herald/state"
	"herald/state/storetest"
)

// anyEntries draws the entries of a record.
func anyEntries(t *rapid.T) map[state.Key]state.Entry {
	out := make(map[state.Key]state.Entry)
	texts := []string{"a", "b", "\x00", "#a", "é\"", string(slices.Repeat([]byte("long"), 2000))}
	for range rapid.IntRange(0, 40).Draw(t, "entries") {
		status := rapid.SampledFrom([]state.Status{state.Intent, state.Sent, state.Sent, state.Sent, state.Rejected, state.Absent}).Draw(t, "status")
		e := storetest.Message("m", status, rapid.Int64Range(1, 3).Draw(t, "change"))
		e.Addr = addr.Block{Kind: addr.Message, Name: "m"}.Each(rapid.SampledFrom(append(texts, "c", "d", "e", "f", "g", "h")).Draw(t, "key"))
		e.Revision = rapid.IntRange(1, 3).Draw(t, "revision")
		e.Recipient = rapid.SampledFrom(append(texts, "1", "2", "3", "4")).Draw(t, "recipient")
		e.Account = rapid.SampledFrom([]string{account, "2"}).Draw(t, "account")
		e.Fingerprint = rapid.SampledFrom(append(texts, "f1", "f2", "f3")).Draw(t, "fingerprint")
		e.PlanID = rapid.SampledFrom([]string{"", "p1", "p2", "p3"}).Draw(t, "plan")
		if status == state.Sent {
			e.MessageID = rapid.SampledFrom(append(texts, "m1", "m2", "m3")).Draw(t, "id")
			if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
				e.AlsoSent = []string{"m4", "m5"}
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "reaction") == 0 {
			e.Addr.Kind, e.MessageID, e.AlsoSent, e.Target, e.Reaction = addr.Reaction, "", nil, "mid.x", "love"
			if status == state.Sent {
				e.Status = state.Reacted
			}
		}
		out[e.Key()] = e
	}
	return out
}

func anyPart(t *rapid.T) state.Part {
	var p state.Part
	for range rapid.IntRange(0, 2).Draw(t, "addresses") {
		p.Addrs = append(p.Addrs, addr.Block{Kind: addr.Message, Name: "m"}.Each(rapid.SampledFrom([]string{"a", "\x00", "c", "d", "z"}).Draw(t, "key")))
	}
	for range rapid.IntRange(0, 1).Draw(t, "fingerprints") {
		p.Fingerprints = append(p.Fingerprints, rapid.SampledFrom([]string{"a", "f1", "f2"}).Draw(t, "fingerprint"))
	}
	for range rapid.IntRange(0, 1).Draw(t, "conversations") {
		p.Conversations = append(p.Conversations, state.Conversation{Account: account, Recipient: rapid.SampledFrom([]string{"\x00", "1", "2"}).Draw(t, "recipient")})
	}
	for range rapid.IntRange(0, 1).Draw(t, "ids") {
		p.MessageIDs = append(p.MessageIDs, rapid.SampledFrom([]string{"m1", "m4", "#a"}).Draw(t, "id"))
	}
	p.PlanID = rapid.SampledFrom([]string{"", "p1"}).Draw(t, "plan")
	return p
}

// belongs says by itself which entries a part must hold.
func belongs(p state.Part, e *state.Entry) bool {
	return slices.Contains(p.Addrs, e.Addr) || slices.Contains(p.Fingerprints, e.Fingerprint) ||
		slices.Contains(p.Conversations, e.Conversation()) || slices.Contains(p.MessageIDs, e.MessageID) && e.MessageID != "" ||
		slices.ContainsFunc(e.AlsoSent, func(id string) bool { return slices.Contains(p.MessageIDs, id) }) ||
		p.PlanID != "" && e.PlanID == p.PlanID || e.Status == state.Intent || e.Status == state.Reacted
}

// TestPartIsPartOfTheWhole compares parts with what the whole record says.
func TestPartIsPartOfTheWhole(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]byte{"readable": 0, "encrypted": 1} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, time.Minute)
			if key != 0 {
				p.sealer = testSealer(t, key)
			}
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				n++
				s := p.store(nil)
				s.o.Record = fmt.Sprintf("r%d", n)
				checkParts(rt, t, s)
			})
		})
	}
}

func checkParts(rt *rapid.T, t *testing.T, s *Store) {
	x, err := s.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		rt.Fatal(err)
	}
	defer func() { _ = x.Unlock() }()
	want := state.NewRecord("lineage-1")
	if err := x.Snapshot(t.Context(), want); err != nil {
		rt.Fatal(err)
	}
	var list []state.Entry
	for _, e := range anyEntries(rt) {
		want.Put(e)
		list = append(list, e)
	}
	if err := x.Append(t.Context(), list...); err != nil {
		rt.Fatal(err)
	}
	whole, err := s.Load(t.Context())
	if err != nil {
		rt.Fatal(err)
	}
	if got, want := storetest.Text(rt, whole), storetest.Text(rt, want); got != want {
		rt.Fatalf("stored is\n%s\nwant\n%s", got, want)
	}
	for range 3 {
		part := anyPart(rt)
		got, err := x.(state.PartLoader).LoadPart(t.Context(), part)
		if err != nil {
			rt.Fatal(err)
		}
		for e := range want.All() {
			g := got.Get(e.Key())
			if g == nil && belongs(part, e) {
				rt.Errorf("%s belongs to %+v and was not loaded", e.Key(), part)
			}
			if g != nil && !sameEntry(g, e) {
				rt.Errorf("%s was loaded as something else", e.Key())
			}
		}
		if got.Len()+got.Rest != want.Len() {
			rt.Errorf("%d entries and %d others, of %d", got.Len(), got.Rest, want.Len())
		}
	}
}

// TestSnapshotOfAPart leaves alone what was not loaded, and what was loaded by
// another call.
func TestSnapshotOfAPart(t *testing.T) {
	p := newPlace(t, time.Minute)
	var all []state.Entry
	for i := range 10 {
		all = append(all, to(i, fmt.Sprintf("m%d", i), state.Sent, 2))
	}
	p.record(t, all...)
	x := p.lock(t)
	load := func(list ...int) *state.Record {
		var part state.Part
		for _, n := range list {
			part.Conversations = append(part.Conversations, talk(n))
		}
		r, err := x.(state.PartLoader).LoadPart(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	load(1, 2)
	r := load(3, 4)
	if r.Len() != 2 || r.Rest != 8 {
		t.Fatalf("%d entries and %d others", r.Len(), r.Rest)
	}
	name := func(s string) addr.Instance { return addr.Block{Kind: addr.Message, Name: s}.Only() }
	r.Move(name("m3"), name("moved"))
	e := to(4, "m4", state.Absent, 3)
	if err := x.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	r.Put(e)
	if err := x.Snapshot(t.Context(), r); err != nil || r.Serial != 1 {
		t.Fatal(err)
	}
	got := p.load(t)
	if got.Len() != 10 || got.Latest(name("m3")) != nil || got.Latest(name("moved")) == nil || got.Latest(name("m4")).Change != 3 {
		t.Errorf("stored is\n%s", storetest.Text(t, got))
	}
	// Again: nothing else goes.
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if again := p.load(t); again.Len() != 10 || again.Serial != 2 {
		t.Errorf("stored is\n%s", storetest.Text(t, again))
	}
	// What could not be appended a snapshot stores, under the exclusive lock.
	e = to(4, "m4", state.Sent, 4)
	r.Put(e)
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if again := p.load(t); again.Latest(name("m4")).Change != 4 {
		t.Errorf("stored is\n%s", storetest.Text(t, again))
	}
}

// TestSwappedNames moves two entries into each other's places.
func TestSwappedNames(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2))
	x := p.lock(t)
	r, err := x.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := func(s string) addr.Instance { return addr.Block{Kind: addr.Message, Name: s}.Only() }
	r.Move(name("a"), name("c"))
	r.Move(name("b"), name("a"))
	r.Move(name("c"), name("b"))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, want := storetest.Text(t, p.load(t)), storetest.Text(t, r); got != want {
		t.Errorf("stored is\n%s\nwant\n%s", got, want)
	}
}

// TestReplace stores another record in the place of one.
func TestReplace(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2))
	x := p.lock(t)
	if err := x.Append(t.Context(), to(2, "c", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	other := state.NewRecord("lineage-2")
	other.Serial = 7
	other.Put(to(3, "d", state.Sent, 1))
	if err := x.(state.Replacer).Replace(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := x.Append(t.Context(), to(2, "e", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	other.Put(to(2, "e", state.Intent, 1))
	if got, want := storetest.Text(t, p.load(t)), storetest.Text(t, other); got != want {
		t.Errorf("stored is\n%s\nwant\n%s", got, want)
	}
}
