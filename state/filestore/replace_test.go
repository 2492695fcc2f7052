package filestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

type replacer interface {
	Replace(context.Context, *state.Record) error
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, DefaultName)
	s := New(dir, Options{})
	lock := func() state.Session {
		t.Helper()
		x, err := s.Lock(t.Context(), state.Holder{Nonce: "n", Since: time.Unix(0, 0)}, 0)
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
	r := state.NewRecord("l")
	check(x.Snapshot(t.Context(), r))
	check(x.Append(t.Context(), storetest.Message("a", state.Sent, 1)))
	r.Put(storetest.Message("a", state.Sent, 1))
	check(x.Unlock())
	const conflict = "{\n<<<<<<< ours\n=======\n>>>>>>> theirs\n"
	check(os.WriteFile(path, []byte(conflict), 0o600))

	// The journal holds an entry that is nowhere else.
	merged := r.Clone()
	merged.Serial = 7
	x = lock()
	err := x.(replacer).Replace(t.Context(), merged)
	var refused *state.FormatError
	if !errors.As(err, &refused) || !strings.HasSuffix(err.Error(), "herald.state.journal: a run has appended 1 entry here, and did not end: no record holds them yet") ||
		!strings.Contains(refused.Advice, "git merge --abort") {
		t.Errorf("a journal with an entry: %v", err)
	}
	if err := s.Unfolded(); !errors.As(err, &refused) {
		t.Errorf("Unfolded = %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != conflict {
		t.Errorf("the file was changed: %q, %v", text, err)
	}
	check(x.Unlock())

	// With an empty journal the record takes the place of the conflict.
	check(os.Remove(filepath.Join(dir, "herald.state.journal")))
	check(os.Remove(path))
	x = lock()
	fresh := state.NewRecord("l")
	check(x.Snapshot(t.Context(), fresh))
	check(x.Append(t.Context(), storetest.Message("b", state.Sent, 1)))
	fresh.Put(storetest.Message("b", state.Sent, 1))
	check(x.Snapshot(t.Context(), fresh))
	check(x.Unlock())
	check(s.Unfolded())
	check(os.WriteFile(path, []byte(conflict), 0o640))
	check(os.Chmod(path, 0o640))
	x = lock()
	older := merged.Clone()
	older.Serial = 0
	if err := x.(replacer).Replace(t.Context(), older); err == nil || !strings.Contains(err.Error(), "the record is older than its journal") {
		t.Errorf("a record older than the journal: %v", err)
	}
	other := merged.Clone()
	other.Lineage = "m"
	if err := x.(replacer).Replace(t.Context(), other); err == nil || !strings.Contains(err.Error(), "the journal of another record") {
		t.Errorf("another record: %v", err)
	}
	check(x.(replacer).Replace(t.Context(), merged))
	got, err := s.Load(t.Context())
	check(err)
	if a, b := storetest.Text(t, merged), storetest.Text(t, got); a != b || got.Serial != 7 {
		t.Errorf("serial %d\n%s\n%s", got.Serial, a, b)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	// The session goes on from it, and so does the next one.
	check(x.Append(t.Context(), storetest.Message("c", state.Intent, 1)))
	merged.Put(storetest.Message("c", state.Intent, 1))
	check(x.Snapshot(t.Context(), merged))
	check(x.Unlock())
	got, err = s.Load(t.Context())
	check(err)
	if got.Serial != 8 || got.Len() != 2 {
		t.Errorf("serial %d, %d entries", got.Serial, got.Len())
	}
}

// A failure while the record is replaced leaves the former file or the whole
// new one.
func TestReplaceFails(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		path := filepath.Join(dir, DefaultName)
		left := 0
		s := New(dir, Options{Fault: func(op, _ string) error {
			if left--; left == 0 {
				return errors.New("no more disk")
			}
			return nil
		}})
		if err := os.WriteFile(path, []byte("conflict"), 0o644); err != nil {
			t.Fatal(err)
		}
		x, err := s.Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		left = n
		r := state.NewRecord("l")
		r.Put(storetest.Message("a", state.Sent, 1))
		failed := x.(replacer).Replace(t.Context(), r)
		left = 0
		_ = x.Unlock()
		text, err := os.ReadFile(path)
		if err != nil || string(text) != "conflict" && string(text) != storetest.Text(t, r) {
			t.Fatalf("operation %d: %q, %v", n, text, err)
		}
		if failed == nil {
			if n < 4 {
				t.Errorf("nothing failed in %d operations", n)
			}
			return
		}
	}
}
