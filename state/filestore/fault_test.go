package filestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

// A disk that fails at any step of an append or a snapshot kills the session,
// says why, and leaves what was acknowledged.
func TestEveryStepCanFail(t *testing.T) {
	type step struct{ op, path string }
	run := func(t *testing.T, fail int) (steps []step) {
		p := newPlace(t)
		r := p.record()
		before := storetest.Text(t, r)
		x := p.lock()
		p.fault = func(op, path string) error {
			steps = append(steps, step{op, path})
			if len(steps) == fail {
				return syscall.ENOSPC
			}
			return nil
		}
		c, d := storetest.Message("c", state.Intent, 1), storetest.Message("d", state.Intent, 1)
		allowed := []string{before}
		after := func(err error) error {
			allowed = append(allowed, storetest.Text(t, r))
			if err == nil {
				allowed = allowed[len(allowed)-1:]
			}
			return err
		}
		r.Put(c)
		err := after(x.Append(t.Context(), c))
		if err == nil {
			next := r.Clone()
			if err = x.Snapshot(t.Context(), next); err != nil {
				r.Serial++
			} else {
				r = next
			}
			err = after(err)
		}
		if err == nil {
			r.Put(d)
			err = after(x.Append(t.Context(), d))
		}
		p.fault = nil
		if fail == 0 || fail > len(steps) {
			p.must(err)
			return steps
		}
		name := steps[fail-1]
		if name.op != opRemove && name.op != opLink && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s of %s: %v", name.op, name.path, err)
		}
		if err != nil {
			again := x.Append(t.Context(), d)
			if again == nil || !strings.HasPrefix(again.Error(), "nothing more can be recorded in this run: ") || !errors.Is(again, syscall.ENOSPC) {
				t.Errorf("%s of %s: an append afterwards: %v", name.op, name.path, again)
			}
			if s := x.Snapshot(t.Context(), r.Clone()); !errors.Is(s, syscall.ENOSPC) {
				t.Errorf("%s of %s: a snapshot afterwards: %v", name.op, name.path, s)
			}
		}
		p.must(x.Unlock())
		got, err := p.store().Load(t.Context())
		if err != nil {
			t.Fatalf("%s of %s: %v", name.op, name.path, err)
		}
		text := storetest.Text(t, got)
		found := false
		for _, a := range allowed {
			found = found || a == text
		}
		if !found {
			t.Errorf("%s of %s: stored is\n%s\nwant\n%s", name.op, name.path, text, strings.Join(allowed, "\nor\n"))
		}
		// The next session goes on.
		x = p.lock()
		p.append(x, got, storetest.Message("e", state.Intent, 1))
		p.must(x.Snapshot(t.Context(), got))
		p.holds(got)
		return steps
	}
	steps := run(t, 0)
	var names []string
	for _, s := range steps {
		names = append(names, s.op+" "+s.path)
	}
	want := `remove herald.state.json.probe
create herald.state.json.probe
remove herald.state.json.probe
open herald.state.journal
write herald.state.journal
sync herald.state.journal
remove herald.state.json.tmp
create herald.state.json.tmp
write herald.state.json.tmp
sync herald.state.json.tmp
write herald.state.journal
sync herald.state.journal
remove herald.state.json.backup.tmp
link herald.state.json.backup.tmp
rename herald.state.json.backup
remove herald.state.json.backup.tmp
rename herald.state.json
syncdir DIR
remove herald.state.journal.tmp
create herald.state.journal.tmp
write herald.state.journal.tmp
sync herald.state.journal.tmp
rename herald.state.journal
syncdir DIR
open herald.state.journal
write herald.state.journal
sync herald.state.journal`
	got := strings.Join(names, "\n")
	for _, s := range steps {
		if s.op == opSyncDir {
			got = strings.ReplaceAll(got, s.path, "DIR")
			break
		}
	}
	if got != want {
		t.Errorf("the steps are\n%s\nwant\n%s", got, want)
	}
	for fail := range steps {
		run(t, fail+1)
	}
}

// The lock stands, but its files are not what they were.
func TestInterference(t *testing.T) {
	replace := func(p *place, suffix string) {
		text := p.read(suffix)
		p.must(os.Rename(p.path(suffix), p.path(suffix)+".gone")) // a removed file's number may be given to the next
		p.write(suffix, text)
	}
	for _, tc := range []struct {
		name string
		act  func(p *place)
		want string
	}{
		{"record replaced", func(p *place) { replace(p, ".json") }, "DIR/herald.state.json was changed or removed by something else while the record was locked"},
		{"record removed", func(p *place) { p.must(os.Remove(p.path(".json"))) }, "DIR/herald.state.json was changed or removed by something else while the record was locked"},
		{"journal replaced", func(p *place) { replace(p, ".journal") }, "DIR/herald.state.journal was changed or removed by something else while the record was locked"},
		{"journal removed", func(p *place) { p.must(os.Remove(p.path(".journal"))) }, "DIR/herald.state.journal was changed or removed by something else while the record was locked"},
		{"journal longer", func(p *place) { p.write(".journal", p.read(".journal")+"\n") }, "DIR/herald.state.journal was changed or removed by something else while the record was locked"},
		{"lock replaced", func(p *place) { replace(p, ".lock") }, "the lock on the record is lost"},
		{"folder removed", func(p *place) { p.must(os.RemoveAll(p.dir)) }, "the lock on the record is lost"},
		{"folder replaced", func(p *place) {
			p.must(os.Rename(p.dir, p.dir+"-old"))
			p.must(os.Mkdir(p.dir, 0o755))
		}, "the lock on the record is lost"},
	} {
		for _, loaded := range []bool{true, false} {
			t.Run(tc.name, func(t *testing.T) {
				p := newPlace(t)
				r := p.record()
				x := p.lock()
				if loaded {
					_, err := x.Load(t.Context())
					p.must(err)
				} else {
					p.append(x, r, storetest.Message("c", state.Intent, 1))
				}
				tc.act(p)
				err := x.Append(t.Context(), storetest.Message("d", state.Intent, 1))
				if want := strings.ReplaceAll(tc.want, "DIR", p.dir); err == nil || err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				serial := r.Serial
				if s := x.Snapshot(t.Context(), r); s == nil || r.Serial != serial || !strings.Contains(s.Error(), err.Error()) {
					t.Errorf("a snapshot afterwards: %v", s)
				}
			})
		}
	}
}

func TestReadOnlyFolder(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	p.must(os.Remove(p.path(".lock")))
	p.must(os.Chmod(p.dir, 0o555))
	defer os.Chmod(p.dir, 0o755)
	if f, err := os.Create(filepath.Join(p.dir, "probe")); err == nil {
		f.Close()
		p.must(os.Remove(f.Name()))
		t.Skip("this user may write to a read-only folder")
	}
	p.holds(r)
	if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("Holder = %v, %v", h, err)
	}
	_, err := p.store().Lock(t.Context(), state.Holder{}, 0)
	want := "cannot lock the record: open " + p.path(".lock") + ": permission denied"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Reading leaves no trace.
func TestLoadWritesNothing(t *testing.T) {
	p := newPlace(t)
	if _, err := p.store().Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Fatal(err)
	}
	if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("Holder = %v, %v", h, err)
	}
	list, err := os.ReadDir(p.dir)
	p.must(err)
	if len(list) != 0 {
		t.Errorf("there is %v now", list)
	}
	r := p.record()
	p.write(".journal", p.read(".journal")+`{"n":2,"entry":{"addr`)
	before := p.files()
	p.holds(r)
	if p.files() != before {
		t.Error("a load cut off the unfinished batch")
	}
	x := p.lock()
	p.append(x, r, storetest.Message("c", state.Intent, 1))
	p.holds(r)
	if strings.Contains(p.read(".journal"), `{"addr{`) || strings.HasSuffix(p.read(".journal"), `{"addr`) {
		t.Error("the append did not cut it off")
	}
}

// A holder that died leaves its name in the lock file, and no lock.
func TestDeadHolder(t *testing.T) {
	p := newPlace(t)
	p.write(".lock", `{"nonce":"n","who":"eve@gone","process":1,"operation":"apply","since":"2026-01-02T03:04:05Z"}`+"\n")
	if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("Holder = %v, %v", h, err)
	}
	x := p.lock()
	h, err := p.store().Holder(t.Context())
	if err != nil || h == nil || h.Who != "ana@host" {
		t.Errorf("Holder = %v, %v", h, err)
	}
	p.write(".lock", "half a l")
	if h, err := p.store().Holder(t.Context()); err != nil || h == nil || h.Who != "an unknown process" {
		t.Errorf("Holder = %v, %v", h, err)
	}
	_, err = p.store().Lock(t.Context(), state.Holder{}, 0)
	if err == nil || err.Error() != "the record is locked by another process" {
		t.Errorf("Lock says %v", err)
	}
	p.must(x.Unlock())
	if text := p.read(".lock"); text != "" {
		t.Errorf("after the unlock the lock file says %q", text)
	}
}

// A folder that cannot give a file two names gets a copied backup.
func TestBackupWithoutLinks(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	former := p.read(".json")
	x := p.lock()
	p.fault = func(op, _ string) error {
		if op == opLink {
			return syscall.EPERM
		}
		return nil
	}
	p.must(x.Snapshot(t.Context(), r))
	if p.read(".json.backup") != former {
		t.Errorf("the backup is\n%s\nwant\n%s", p.read(".json.backup"), former)
	}
	p.holds(r)
}

// On a slow disk those who wait for one sync are together in the next.
func TestCallersShareASync(t *testing.T) {
	const callers, each = 32, 10
	p := newPlace(t)
	r := p.record()
	x := p.lock()
	p.append(x, r, storetest.Message("first", state.Intent, 1))
	syncs := 0
	p.fault = func(op, _ string) error {
		if op == opSync {
			syncs++
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	}
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				if err := x.Append(t.Context(), storetest.Message(fmt.Sprintf("m%d_%d", c, i), state.Intent, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if syncs < each || syncs > callers*each/4 {
		t.Errorf("%d appends of %d callers took %d syncs", callers*each, callers, syncs)
	}
}
