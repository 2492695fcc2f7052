package filestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

type asider interface {
	Leftovers() []string
	LoadAlone(context.Context) (*state.Record, error)
	Restore(context.Context, *state.Record) error
}

// What is left of a lost record is kept under other names, and a new one is
// stored in its place.
func TestRestore(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, Options{})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []string{".lost", ".lost.2"} {
		x, err := s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		must(err)
		r := state.NewRecord("l" + end)
		must(x.Snapshot(t.Context(), r))
		must(x.Append(t.Context(), storetest.Message("a", state.Sent, 1)))
		r.Put(storetest.Message("a", state.Sent, 1))
		must(x.Snapshot(t.Context(), r))
		must(x.Append(t.Context(), storetest.Message("b", state.Sent, 1)))
		if x.(asider).Leftovers() != nil {
			t.Error("something is left of a record that is there")
		}
		must(x.Unlock())
		must(os.Remove(filepath.Join(dir, "herald.state.json")))

		x, err = s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		must(err)
		var damaged *state.FormatError
		if _, err := x.Load(t.Context()); !errors.As(err, &damaged) {
			t.Fatalf("a journal alone is %v", err)
		}
		left := x.(asider).Leftovers()
		if want := []string{filepath.Join(dir, "herald.state.journal"), filepath.Join(dir, "herald.state.json.backup")}; !slices.Equal(left, want) {
			t.Errorf("left are %v, want %v", left, want)
		}
		n := state.NewRecord("new" + end)
		must(x.(asider).Restore(t.Context(), n))
		for _, path := range left {
			if look(path) != nil || look(path+end) == nil {
				t.Errorf("%s was not set aside", path)
			}
		}
		must(x.Append(t.Context(), storetest.Message("c", state.Sent, 1)))
		got, err := x.Load(t.Context())
		must(err)
		if got.Lineage != "new"+end || got.Len() != 1 {
			t.Errorf("stored is %q with %d entries", got.Lineage, got.Len())
		}
		must(x.Unlock())
		for _, name := range []string{"herald.state.json", "herald.state.journal", "herald.state.json.backup"} {
			_ = os.Remove(filepath.Join(dir, name))
		}
	}
}

// An old record that is put back is read without the journal of the newer one.
func TestLoadAlone(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, Options{})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x, err := s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	must(err)
	r := state.NewRecord("l")
	must(x.Snapshot(t.Context(), r))
	must(x.Append(t.Context(), storetest.Message("a", state.Sent, 1)))
	r.Put(storetest.Message("a", state.Sent, 1))
	must(x.Snapshot(t.Context(), r))
	must(x.Append(t.Context(), storetest.Message("b", state.Sent, 1)))
	must(x.Unlock())
	must(os.Rename(filepath.Join(dir, "herald.state.json.backup"), filepath.Join(dir, "herald.state.json")))

	x, err = s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	must(err)
	var damaged *state.FormatError
	if _, err := x.Load(t.Context()); !errors.As(err, &damaged) {
		t.Fatalf("an old record beside a new journal is %v", err)
	}
	old, err := x.(asider).LoadAlone(t.Context())
	must(err)
	if old.Serial != 0 || old.Len() != 0 {
		t.Errorf("alone it has serial %d and %d entries", old.Serial, old.Len())
	}
	old.Put(storetest.Message("c", state.Sent, 1))
	must(x.(asider).Restore(t.Context(), old))
	got, err := x.Load(t.Context())
	must(err)
	if got.Serial != 1 || got.Len() != 1 {
		t.Errorf("stored is serial %d with %d entries", got.Serial, got.Len())
	}
	must(x.Unlock())
}

// A crash at any step of Restore leaves no old record that looks whole.
func TestRestoreIsSafeAtEachStep(t *testing.T) {
	for step := 1; ; step++ {
		dir := t.TempDir()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		x, err := New(dir, Options{}).Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		must(err)
		r := state.NewRecord("l")
		must(x.Snapshot(t.Context(), r))
		for _, name := range []string{"a", "b"} { // the backup is then of serial 1
			must(x.Append(t.Context(), storetest.Message(name, state.Sent, 1)))
			r.Put(storetest.Message(name, state.Sent, 1))
			must(x.Snapshot(t.Context(), r))
		}
		must(x.Unlock())
		must(os.Rename(filepath.Join(dir, "herald.state.json.backup"), filepath.Join(dir, "herald.state.json")))

		n := 0
		faulty := New(dir, Options{Fault: func(op, path string) error {
			if filepath.Base(path) == "herald.state.lock" {
				return nil
			}
			if n++; n == step {
				return errors.New("the power is gone")
			}
			return nil
		}})
		x, err = faulty.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		must(err)
		old, err := x.(asider).LoadAlone(t.Context())
		must(err)
		old.Put(storetest.Message("recovered", state.Sent, 1))
		failed := x.(asider).Restore(t.Context(), old)
		must(x.Unlock())
		got, err := New(dir, Options{}).Load(t.Context())
		switch {
		case failed == nil && (err != nil || got.Len() != 2):
			t.Fatalf("stored is %v, %v", got, err)
		case failed == nil && n < step:
			return
		case err == nil && got.Get(state.Key{Addr: storetest.Message("recovered", state.Sent, 1).Addr, Revision: 1}) == nil:
			t.Errorf("after step %d an old record looks whole", step)
		}
	}
}
