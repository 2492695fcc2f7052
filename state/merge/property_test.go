package merge

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"herald/config/addr"
	"herald/state"
)

// world makes histories of a record: what a run, a person and a moved block
// can do to it. Every send gets an id and a time of its own.
type world struct {
	t     *rapid.T
	clock int
	moves bool
}

func (w *world) now() time.Time {
	w.clock++
	return at(w.clock)
}

// live lets some things happen to a copy of the record.
func (w *world) live(r *state.Record, most int) *state.Record {
	next := r.Clone()
	n := rapid.IntRange(0, most).Draw(w.t, "steps")
	for range n {
		w.step(next)
	}
	if n > 0 {
		next.Serial += uint64(rapid.IntRange(1, 3).Draw(w.t, "snapshots"))
	}
	return next
}

func (w *world) step(r *state.Record) {
	name := func(what string) addr.Instance {
		return addr.Block{Kind: addr.Message, Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(w.t, what)}.Only()
	}
	k := state.Key{Addr: name("address"), Revision: rapid.IntRange(1, 2).Draw(w.t, "revision")}
	e := r.Get(k)
	plan := rapid.SampledFrom([]string{"sha256:p", "sha256:q"}).Draw(w.t, "plan")
	next := e.Next(plan)
	next.Addr, next.Revision, next.Account, next.Recipient = k.Addr, k.Revision, "1784", "1001"
	status := state.StatusInvalid
	if e != nil {
		status = e.Status
	}
	switch what := rapid.SampledFrom([]string{"attempt", "answer", "move", "rm"}).Draw(w.t, "what"); {
	case what == "move" && w.moves:
		if to := name("to"); len(r.Revisions(to)) == 0 {
			r.Move(k.Addr, to)
		}
		return
	case what == "rm" && e != nil && status != state.Absent:
		next = e.Removed("", w.now())
	case what == "attempt" && (e == nil || status == state.Absent || status == state.Rejected):
		// Each address has a content of its own, as it is with people.
		next.Status, next.Fingerprint, next.MessageID = state.Intent, "v1:"+k.Addr.Name, ""
		next.IntendedAt = w.now()
		next.FirstIntendedAt, next.SettledAt, next.SettledBy, next.Refusal = next.IntendedAt, time.Time{}, "", nil
	case what == "answer" && status == state.Intent:
		next.SettledAt, next.SettledBy = w.now(), "answer"
		switch next.Status = rapid.SampledFrom([]state.Status{state.Sent, state.Sent, state.Rejected, state.Absent, state.Intent}).Draw(w.t, "status"); next.Status {
		case state.Sent:
			next.MessageID = fmt.Sprintf("mid.%d", w.clock)
		case state.Rejected:
			next.Refusal = &state.Refusal{Class: state.Final}
		case state.Intent:
			next.SettledAt, next.SettledBy, next.DoubtAt = time.Time{}, "", w.now()
		case state.StatusInvalid, state.Reacted, state.Absent:
		}
	default:
		return
	}
	r.Put(next)
}

// sentIDs returns the ids of the record's sent messages, each with its key.
func sentIDs(r *state.Record) map[string]state.Key {
	known := make(map[string]state.Key)
	for e := range r.All() {
		if e.Status == state.Sent {
			for _, id := range ids(e) {
				known[id] = e.Key()
			}
		}
	}
	return known
}

// histories draws a base and two sides that went their own ways from it.
func histories(t *rapid.T, moves bool) (base, ours, theirs *state.Record) {
	w := &world{t: t, moves: moves}
	base = w.live(state.NewRecord("l"), 12)
	return base, w.live(base, 8), w.live(base, 8)
}

// Whatever happened on two sides, no id that one has sent is missing under its
// key, and no doubt becomes something that would be sent, unless the other
// side knows better: it alone has changed the entry.
func TestMergeLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, ours, theirs := histories(t, false)
		if rapid.Bool().Draw(t, "no base") {
			base = nil
		}
		r, _, err := merged(t, base, ours, theirs)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range [][2]*state.Record{{ours, theirs}, {theirs, ours}} {
			side, other := s[0], s[1]
			for e := range side.All() {
				k, got := e.Key(), r.Get(e.Key())
				if got == nil {
					t.Fatalf("%s is gone", k)
				}
				if o := other.Get(k); base != nil && sameEntry(base.Get(k), e) && o != nil && succeeds(o, e) {
					if !sameEntry(got, o) {
						t.Fatalf("%s: what the other side alone has changed is not taken", k)
					}
					continue
				}
				for _, id := range ids(e) {
					if e.Status == state.Sent && !slices.Contains(ids(got), id) {
						t.Fatalf("%s: the id %s is lost", k, id)
					}
				}
				if e.Status == state.Intent && got.Status != state.Intent && got.Status != state.Sent {
					t.Fatalf("%s was in doubt and is %s", k, got.Status)
				}
				if got.Change < e.Change {
					t.Fatalf("%s: the change fell from %d to %d", k, e.Change, got.Change)
				}
				if o := other.Get(k); o != nil && !sameEntry(got, e) && !sameEntry(got, o) && got.Change != max(e.Change, o.Change)+1 {
					t.Fatalf("%s: the change is %d", k, got.Change)
				}
			}
		}
	})
}

// The same with moves: no id is lost that one side has sent since the base, and
// none that both sides hold; nothing is in the record that no side knows.
func TestMergeWithMovesLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, ours, theirs := histories(t, true)
		r, _, err := merged(t, base, ours, theirs)
		if err != nil {
			t.Skip(err.Error()) // two doubts about two things at one address
		}
		have, before := sentIDs(r), sentIDs(base)
		o, th := sentIDs(ours), sentIDs(theirs)
		for _, side := range []map[string]state.Key{o, th} {
			for id, k := range side {
				_, old := before[id]
				_, one := o[id]
				_, two := th[id]
				if _, ok := have[id]; !ok && (!old || one && two) {
					t.Fatalf("%s of %s is lost", id, k)
				}
			}
		}
		for id := range have {
			_, one := o[id]
			_, two := th[id]
			if !one && !two {
				t.Fatalf("nobody knows of %s", id)
			}
		}
	})
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moves := rapid.Bool().Draw(t, "moves")
		base, ours, theirs := histories(t, moves)
		same := func(what string, want *state.Record, base, x, y *state.Record) {
			r, twice, err := merged(t, base, x, y)
			if err != nil || len(twice) > 0 {
				t.Fatalf("%s: %v, %v", what, twice, err)
			}
			if a, b := encode(t, want), encode(t, r); a != b {
				t.Fatalf("%s:\n%s\n%s", what, a, b)
			}
		}
		same("with itself", ours, base, ours, ours)
		same("with itself, without a base", ours, nil, ours, ours)
		if moves {
			// What was moved and then sent anew more than once is not known
			// again: then the ancestor's entry stays as well.
			r, _, err := merged(t, base, ours, base)
			var both *Error
			if errors.As(err, &both) {
				return // moved and sent anew while it was in doubt: a person has to say
			}
			if err != nil {
				t.Fatal(err)
			}
			for e := range r.All() {
				o, b := ours.Get(e.Key()), base.Get(e.Key())
				if o != nil && b != nil && !sameEntry(o, b) && !succeeds(o, b) {
					continue // sent anew by two plans, one after the other
				}
				if !sameEntry(e, o) && (o != nil || !sameEntry(e, b)) {
					t.Fatalf("with its ancestor: %s", e.Key())
				}
			}
		} else if knows(ours, base) { // not sent anew by two plans, one after the other
			same("with its ancestor", ours, base, ours, base)
		}
		r, _, err := Records(base, ours, theirs)
		if err != nil {
			return
		}
		if !moves && !sameContent(ours, r) && knows(r, ours) {
			same("what was merged with a side of it", r, ours, r, ours)
		}
		if err := encodes(r); err != nil {
			t.Fatal(err)
		}
	})
}

// knows reports whether each entry that has changed since the base knows of
// what it was.
func knows(r, base *state.Record) bool {
	for e := range r.All() {
		if b := base.Get(e.Key()); b != nil && !sameEntry(b, e) && !succeeds(e, b) {
			return false
		}
	}
	return true
}

func encodes(r *state.Record) error {
	for e := range r.All() {
		if err := e.Check(); err != nil {
			return err
		}
	}
	return nil
}
