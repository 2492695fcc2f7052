package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/state"
)

// marker returns the session as what can mark its record, and replace it.
func marker(t *testing.T, x state.Session) interface {
	state.Marker
	state.Replacer
} {
	t.Helper()
	m, ok := x.(interface {
		state.Marker
		state.Replacer
	})
	if !ok {
		t.Fatal("the session cannot mark the record, or not replace it")
	}
	return m
}

func markOf(kind state.MarkKind) *state.Mark {
	return &state.Mark{Kind: kind, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Place: "s3:bucket=records,key=spring"}
}

// isMarked checks that an error says that the record is marked so.
func isMarked(t *testing.T, what string, err error, want *state.Mark) {
	t.Helper()
	var marked *state.MarkedError
	if !errors.As(err, &marked) {
		t.Fatalf("%s: %v, want a MarkedError", what, err)
	}
	if diff := cmp.Diff(*want, marked.Mark); diff != "" {
		t.Errorf("%s: the mark differs (-want +got):\n%s", what, diff)
	}
	if marked.Location == "" {
		t.Errorf("%s: the error names no place", what)
	}
}

// holdsMarked checks that a record is refused because of its mark, and is there.
func holdsMarked(t *testing.T, s interface {
	Load(context.Context) (*state.Record, error)
}, r *state.Record, want *state.Mark,
) {
	t.Helper()
	got, err := s.Load(t.Context())
	if got != nil {
		t.Error("a marked record was loaded")
	}
	isMarked(t, "Load", err, want)
	if got, err = state.LoadMarked(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Mark); diff != "" {
		t.Errorf("the record's mark differs (-want +got):\n%s", diff)
	}
	got.Mark = nil
	holds(t, loaded{got}, r)
}

// loaded is a record that was loaded already.
type loaded struct{ r *state.Record }

// Load returns it.
func (l loaded) Load(context.Context) (*state.Record, error) { return l.r, nil }

// refusesToWrite checks that a session writes nothing to a marked record.
func refusesToWrite(t *testing.T, x state.Session, r *state.Record, want *state.Mark) {
	t.Helper()
	isMarked(t, "Append", x.Append(t.Context(), Message("never", state.Intent, 1)), want)
	isMarked(t, "Snapshot", x.Snapshot(t.Context(), r.Clone()), want)
}

// marks takes a record out of use in its place, and back into use.
func marks(t *testing.T, f Factory) {
	x := marker(t, lock(t, f.Open()))
	moved := markOf(state.Moved)
	if err := x.Mark(t.Context(), moved); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("a mark without a record: %v", err)
	}
	r := state.NewRecord("lineage-1")
	r.Endpoints["17841405822304914"] = "http://127.0.0.1:1"
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	put(t, x, r, Message("a", state.Intent, 1), Message("b", state.Sent, 2))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := x.Mark(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	holdsMarked(t, x, r, moved)
	refusesToWrite(t, x, r, moved)
	holdsMarked(t, f.Open(), r, moved)
	unlock(t, x)

	// Who comes later is refused too, whether it loads or not.
	x = marker(t, lock(t, f.Open()))
	refusesToWrite(t, x, r, moved)
	holdsMarked(t, x, r, moved)
	if p, ok := x.(state.PartLoader); ok {
		_, err := p.LoadPart(t.Context(), state.Part{})
		isMarked(t, "LoadPart", err, moved)
		_, err = f.Open().(state.PartLoader).LoadPart(t.Context(), state.Part{})
		isMarked(t, "LoadPart without a lock", err, moved)
	}
	// Another mark takes its place, and then none.
	arriving := markOf(state.Arriving)
	if err := x.Mark(t.Context(), arriving); err != nil {
		t.Fatal(err)
	}
	holdsMarked(t, f.Open(), r, arriving)
	if err := x.Mark(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	holds(t, x, r)
	holds(t, f.Open(), r)
	put(t, x, r, Message("b", state.Sent, 3))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	unlock(t, x)
	holds(t, f.Open(), r)
}

// replacesMarked stores a record with its mark, and one over a marked record.
func replacesMarked(t *testing.T, f Factory) {
	x := marker(t, lock(t, f.Open()))
	if _, err := x.Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Fatal(err)
	}
	r := state.NewRecord("lineage-1")
	r.Serial = 17
	r.Put(Message("a", state.Sent, 2))
	arriving := markOf(state.Arriving)
	stored := r.Clone()
	stored.Mark = arriving
	if err := x.Replace(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	holdsMarked(t, f.Open(), r, arriving)
	refusesToWrite(t, x, r, arriving)
	unlock(t, x)
	if f.Crash != nil {
		s := f.Open()
		x = marker(t, lock(t, s))
		f.Crash(s, x)
		holdsMarked(t, f.Open(), r, arriving)
	}
	x = marker(t, takeover(t, f.Open()))
	holdsMarked(t, x, r, arriving)
	other := state.NewRecord("lineage-2")
	other.Serial = 3
	other.Put(Message("b", state.Sent, 2))
	if err := x.Replace(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	holds(t, x, other)
	put(t, x, other, Message("b", state.Sent, 3))
	unlock(t, x)
	holds(t, f.Open(), other)
}
