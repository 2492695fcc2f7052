package filestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"herald/state"
	"herald/state/storetest"
)

var errCrash = errors.New("the power failed")

// machine is a computer that can lose its power at any step. What was written
// without a sync may then be there or not, and so may the renames since the
// folder was synced last.
type machine struct {
	dir     string
	left    int                 // steps until the power fails; negative for never
	renames []map[string][]byte // the folder before each rename since the last sync of it
	synced  int64               // bytes of the journal that are; negative for all
	syncing bool                // the last step was to sync the journal
}

func (m *machine) journal() string { return filepath.Join(m.dir, "herald.state.journal") }

func (m *machine) fault(op, path string) error {
	if m.syncing {
		// Another step follows, so that one has succeeded.
		m.synced, m.syncing = -1, false
	}
	if m.left == 0 {
		return errCrash
	}
	m.left--
	switch {
	case op == opWrite && path == m.journal():
		m.synced = m.size()
	case op == opSync && path == m.journal():
		m.syncing = true
	case op == opRename && path == m.journal():
		m.synced = -1
	}
	switch op {
	case opRename:
		m.renames = append(m.renames, m.folder())
	case opSyncDir:
		m.renames = nil
	}
	return nil
}

func (m *machine) size() int64 {
	info, err := os.Stat(m.journal())
	if err != nil {
		return -1
	}
	return info.Size()
}

func (m *machine) folder() map[string][]byte {
	files := make(map[string][]byte)
	list, err := os.ReadDir(m.dir)
	if err != nil {
		panic(err)
	}
	for _, e := range list {
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			panic(err)
		}
		files[e.Name()] = text
	}
	return files
}

// restart brings the machine up again: some renames are undone, and of what
// was not synced in the journal some is gone.
func (m *machine) restart(t *rapid.T) {
	if n := len(m.renames); n > 0 {
		if i := rapid.IntRange(0, n).Draw(t, "renames kept"); i < n {
			for name := range m.folder() {
				if err := os.Remove(filepath.Join(m.dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			for name, text := range m.renames[i] {
				if err := os.WriteFile(filepath.Join(m.dir, name), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if size := m.size(); m.synced >= 0 && size > m.synced {
		if err := os.Truncate(m.journal(), rapid.Int64Range(m.synced, size).Draw(t, "bytes kept")); err != nil {
			t.Fatal(err)
		}
	}
	m.left, m.renames, m.synced, m.syncing = -1, nil, -1, false
}

// run is one machine and what its record must be.
type run struct {
	t       *rapid.T
	m       *machine
	sealer  state.Sealer // or nil
	session state.Session
	record  *state.Record
	serial  int // of the next message
}

func (r *run) store() *Store { return New(r.m.dir, Options{Fault: r.m.fault, Sealer: r.sealer}) }

func (r *run) lock() {
	x, err := r.store().Lock(r.t.Context(), state.Holder{}, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.session = x
}

// change makes a random change of the record.
func (r *run) change(next *state.Record) []state.Entry {
	var entries []state.Entry
	for range rapid.IntRange(1, 3).Draw(r.t, "entries") {
		var e state.Entry
		known := next.Sorted()
		if len(known) > 0 && rapid.Bool().Draw(r.t, "known") {
			e = *known[rapid.IntRange(0, len(known)-1).Draw(r.t, "which")]
			e.Change++
			e.Status, e.MessageID = state.Sent, fmt.Sprintf("mid.%d", r.serial)
		} else {
			e = storetest.Message(fmt.Sprintf("m%d", r.serial), state.Intent, 1)
		}
		r.serial++
		entries = append(entries, e)
		next.Put(e)
	}
	return entries
}

// step does one thing and compares. With a crash in it, the record is as before
// or as afterwards; without, it is as afterwards.
func (r *run) step() {
	r.m.left = rapid.SampledFrom([]int{-1, -1, 0, 1, 2, 4, 7, 9, 11, 13, 14, 15, 17, 19, 20, 21, 22}).Draw(r.t, "steps until the power fails")
	before, next := r.record, r.record.Clone()
	var err error
	if rapid.Bool().Draw(r.t, "append") {
		err = r.session.Append(r.t.Context(), r.change(next)...)
	} else {
		if known := next.Sorted(); len(known) > 0 && rapid.Bool().Draw(r.t, "move") {
			next.Move(known[0].Addr, storetest.Message(fmt.Sprintf("m%d", r.serial), state.Intent, 1).Addr)
			r.serial++
		}
		if err = r.session.Snapshot(r.t.Context(), next); err != nil {
			next.Serial++
		}
	}
	allowed := []string{storetest.Text(r.t, next)}
	if err != nil {
		if !errors.Is(err, errCrash) {
			r.t.Fatal(err)
		}
		allowed = append(allowed, storetest.Text(r.t, before))
	}
	r.m.left = -1
	if err != nil || rapid.Bool().Draw(r.t, "restart") {
		_ = r.session.Unlock()
		if err != nil {
			r.m.restart(r.t)
		}
		defer r.lock()
	}
	got, loadErr := r.store().Load(r.t.Context())
	if loadErr != nil {
		r.t.Fatalf("after %v: %v", err, loadErr)
	}
	if text := storetest.Text(r.t, got); !slices.Contains(allowed, text) {
		r.t.Fatalf("after %v the record is\n%s\nallowed are\n%q", err, text, allowed)
	}
	r.record = got
}

// Whenever the power fails, what was acknowledged is there afterwards, and the
// record is the one before or the one after what was being done.
func TestPowerFailures(t *testing.T) {
	if testing.Short() {
		t.Skip("syncs some thousand times")
	}
	sealer := testSealer(t)
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "herald-crash")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		r := &run{t: t, m: &machine{dir: dir, left: -1, synced: -1}, record: state.NewRecord("lineage-1")}
		if rapid.Bool().Draw(t, "sealed") {
			r.sealer = sealer
		}
		r.lock()
		defer func() { _ = r.session.Unlock() }()
		if err := r.session.Snapshot(t.Context(), r.record); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			r.step()
		}
	})
}
