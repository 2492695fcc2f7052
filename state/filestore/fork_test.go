package filestore

import (
	"errors"
	"strings"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

// fork gives q the record of p, and lets both go on by themselves to the same
// serial: each has sent a message of its own, and q has one more in its journal
// if journal says so.
func fork(t *testing.T, p, q *place, journal bool) (theirs, ours *state.Record) {
	t.Helper()
	x := p.lock()
	p.must(x.Snapshot(t.Context(), state.NewRecord("lineage-1")))
	p.must(x.Unlock())
	q.write(".json", p.read(".json"))
	var records []*state.Record
	for i, one := range []*place{p, q} {
		x := one.lock()
		r, err := x.Load(t.Context())
		one.must(err)
		one.append(x, r, storetest.Message([]string{"theirs", "ours"}[i], state.Sent, 2))
		one.must(x.Snapshot(t.Context(), r))
		if i == 1 && journal {
			one.append(x, r, storetest.Message("journal", state.Sent, 2))
		}
		one.must(x.Unlock())
		records = append(records, r)
	}
	return records[0], records[1]
}

// Two clones come to the same serial. The record of one beside the journal of
// the other is not believed, whether the journal holds something or not: in
// either case the other record knew of sends that this one does not.
func TestSameSerialOfAnotherClone(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		for _, journal := range []bool{false, true} {
			p, q := newPlace(t), newPlace(t)
			if sealed {
				p.seal = testSealer(t)
				q.seal = p.seal
			}
			theirs, ours := fork(t, p, q, journal)
			if theirs.Serial != ours.Serial {
				t.Fatalf("serials %d and %d", theirs.Serial, ours.Serial)
			}
			mine := q.read(".json")
			q.write(".json", p.read(".json"))
			before := q.files()
			x := q.lock()
			_, err := q.store().Load(t.Context())
			for _, err := range []error{err, x.Append(t.Context(), storetest.Message("c", state.Intent, 1)), x.Snapshot(t.Context(), theirs)} {
				var fe *state.FormatError
				if !errors.As(err, &fe) || !strings.Contains(err.Error(), "the journal goes on from another record with serial 1 than this one") ||
					!strings.Contains(fe.Advice, "its serial 1, and the checksum of its file sha256:") {
					t.Errorf("sealed %v, journal %v: %v", sealed, journal, err)
				}
			}
			q.must(x.Unlock())
			if after := q.files(); after != before {
				t.Errorf("the files were changed from\n%s\nto\n%s", before, after)
			}
			q.write(".json", mine)
			q.holds(ours)
		}
	}
}

// A snapshot without appends can be taken back: when it was not pushed, say,
// since another clone was first.
func TestSnapshotWithoutAppendsIsTakenBack(t *testing.T) {
	p, q := newPlace(t), newPlace(t)
	_, _ = fork(t, p, q, false)
	kept := q.read(".json")
	for range 2 {
		x := q.lock()
		r, err := x.Load(t.Context())
		q.must(err)
		q.must(x.Snapshot(t.Context(), r))
		q.must(x.Unlock())
	}
	q.write(".json", kept)
	x := q.lock()
	r, err := x.Load(t.Context())
	q.must(err)
	// An append after a snapshot goes on from that one, also in one session.
	q.must(x.Snapshot(t.Context(), r))
	q.append(x, r, storetest.Message("a", state.Intent, 1))
	q.must(x.Snapshot(t.Context(), r))
	q.must(x.Snapshot(t.Context(), r))
	q.append(x, r, storetest.Message("b", state.Intent, 1))
	q.must(x.Unlock())
	q.holds(r)
	q.write(".json", kept)
	if _, err := q.store().Load(t.Context()); err == nil || !strings.Contains(err.Error(), "the record is older than its journal") {
		t.Errorf("after an append: %v", err)
	}
}

// A journal without a checksum in its first line is read by its serial.
func TestJournalWithoutChecksum(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	j, text := newJournal(r.Lineage, r.Serial, "", false)
	e := storetest.Message("b", state.Sent, 2)
	line, err := state.EncodeEntry(&e)
	p.must(err)
	text, _ = j.batch(text, [][]byte{line})
	p.write(".journal", string(text))
	p.holds(r)
	x := p.lock()
	p.append(x, r, storetest.Message("c", state.Sent, 2))
	p.must(x.Snapshot(t.Context(), r))
	p.holds(r)
}

// SnapshotSum is that of the file, journal or not.
func TestSnapshotSum(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	x := p.lock()
	sum := func() string { return x.(interface{ SnapshotSum() string }).SnapshotSum() }
	if sum() != "" {
		t.Errorf("before a load it is %q", sum())
	}
	_, err := x.Load(t.Context())
	p.must(err)
	loaded := sum()
	p.append(x, r, storetest.Message("c", state.Sent, 2))
	if !strings.HasPrefix(loaded, "sha256:") || sum() != loaded {
		t.Errorf("it was %q, and is %q after an append", loaded, sum())
	}
	p.must(x.Snapshot(t.Context(), r))
	if sum() == loaded {
		t.Error("it is the same after a snapshot")
	}
	written := sum()
	p.must(x.Unlock())
	x = p.lock()
	_, err = x.Load(t.Context())
	p.must(err)
	if sum() != written {
		t.Errorf("written was %q, and read %q", written, sum())
	}
}
