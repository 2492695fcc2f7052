package filestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

type retirer interface {
	Retire(context.Context) (string, error)
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestRetire(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, Options{})
	lock := func() state.Session {
		t.Helper()
		x, err := s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = x.Unlock() })
		return x
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := lock()
	if _, err := x.(retirer).Retire(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("without a record: %v", err)
	}
	for _, want := range []string{"herald.state.json.migrated", "herald.state.json.migrated.2"} {
		r := state.NewRecord("l")
		check(x.Snapshot(t.Context(), r))
		check(x.Append(t.Context(), storetest.Message("a", state.Sent, 1)))
		r.Put(storetest.Message("a", state.Sent, 1))
		if _, err := x.(retirer).Retire(t.Context()); err == nil || !strings.Contains(err.Error(), "entries were appended here that no snapshot holds yet") {
			t.Errorf("with an entry in the journal: %v", err)
		}
		check(x.Snapshot(t.Context(), r))
		to, err := x.(retirer).Retire(t.Context())
		if err != nil || to != filepath.Join(dir, want) {
			t.Fatalf("Retire = %s, %v", to, err)
		}
		f, err := os.Open(to)
		check(err)
		kept, err := state.Decode(f, to)
		check(errors.Join(err, f.Close()))
		if kept.Len() != 1 || kept.Serial != 1 {
			t.Errorf("what is left has %d entries and serial %d", kept.Len(), kept.Serial)
		}
		if err := x.Append(t.Context(), storetest.Message("b", state.Intent, 1)); err == nil || !strings.Contains(err.Error(), "the record is kept elsewhere") {
			t.Errorf("Append afterwards: %v", err)
		}
		check(x.Unlock())
		if _, err := s.Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
			t.Errorf("Load afterwards: %v", err)
		}
		if list := names(t, dir); slices.Contains(list, "herald.state.json") || slices.Contains(list, "herald.state.journal") {
			t.Errorf("the folder holds %s", list)
		}
		x = lock()
	}
}

// A failure in the middle leaves the record in its place, or out of use: it is
// read whole, or there is none.
func TestRetireFails(t *testing.T) {
	for _, op := range []string{opRemove, opRename} {
		dir := t.TempDir()
		failing := false
		s := New(dir, Options{Fault: func(o, _ string) error {
			if failing && o == op {
				return errors.New("broken")
			}
			return nil
		}})
		x, err := s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		r := state.NewRecord("l")
		if err := x.Snapshot(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		failing = true
		if _, err := x.(retirer).Retire(t.Context()); err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("%s: %v", op, err)
		}
		failing = false
		if err := x.Unlock(); err != nil {
			t.Error(err)
		}
		if _, err := s.Load(t.Context()); err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
}
