package filestore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

// place is a folder with a store that can be made to fail.
type place struct {
	t     *testing.T
	dir   string
	fault func(op, path string) error
	seal  state.Sealer
}

func newPlace(t *testing.T) *place { return &place{t: t, dir: t.TempDir()} }

func (p *place) store() *Store {
	return New(p.dir, Options{Sealer: p.seal, Fault: func(op, path string) error {
		if p.fault == nil || strings.HasSuffix(path, ".lock") {
			return nil
		}
		return p.fault(op, filepath.Base(path))
	}})
}

func (p *place) path(suffix string) string { return filepath.Join(p.dir, "herald.state"+suffix) }

func (p *place) lock() state.Session {
	p.t.Helper()
	x, err := p.store().Lock(p.t.Context(), state.Holder{Who: "ana@host"}, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = x.Unlock() })
	return x
}

func (p *place) read(suffix string) string {
	p.t.Helper()
	text, err := os.ReadFile(p.path(suffix))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func (p *place) write(suffix, text string) {
	p.t.Helper()
	if err := os.WriteFile(p.path(suffix), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// record makes a record with one entry in the snapshot and one in the journal,
// and returns it. The session is unlocked.
func (p *place) record() *state.Record {
	p.t.Helper()
	x, r := p.lock(), state.NewRecord("lineage-1")
	p.must(x.Snapshot(p.t.Context(), r))
	p.append(x, r, storetest.Message("a", state.Sent, 2))
	p.must(x.Snapshot(p.t.Context(), r))
	p.append(x, r, storetest.Message("b", state.Sent, 2))
	p.must(x.Unlock())
	return r
}

func (p *place) append(x state.Session, r *state.Record, entries ...state.Entry) {
	p.t.Helper()
	p.must(x.Append(p.t.Context(), entries...))
	for _, e := range entries {
		r.Put(e)
	}
}

func (p *place) holds(r *state.Record) {
	p.t.Helper()
	got, err := p.store().Load(p.t.Context())
	p.must(err)
	if got, want := storetest.Text(p.t, got), storetest.Text(p.t, r); got != want {
		p.t.Errorf("stored is\n%s\nwant\n%s", got, want)
	}
}

// Whatever does not fit together is refused, by a load and by a session, and
// no file is changed.
func TestRefused(t *testing.T) {
	for _, tc := range []struct {
		name         string
		spoil        func(p *place)
		want, advice string
	}{
		{
			"record gone", func(p *place) { p.must(os.Remove(p.path(".json"))) },
			"DIR/herald.state.json: the record is gone, but its journal herald.state.journal is there",
			"Put the record back, from version control or from herald.state.json.backup",
		},
		{
			"record cut off", func(p *place) { p.write(".json", p.read(".json")[:200]) },
			"DIR/herald.state.json, line 6: the file ends here, before its closing brace: it was cut off",
			"Put back the file as Herald wrote it last",
		},
		{
			"record empty", func(p *place) { p.write(".json", "") },
			"DIR/herald.state.json, line 1: the file is empty: it was cut off", "Put back",
		},
		{
			"record edited", func(p *place) { p.write(".json", strings.Replace(p.read(".json"), "mid.a", "mid.b", 1)) },
			"DIR/herald.state.json, line 8: the check does not fit the 1 entries: the file was merged or edited by hand", "Put back",
		},
		{
			"record of before", func(p *place) { p.write(".json", p.read(".json.backup")) },
			"DIR/herald.state.journal, line 1: the record is older than its journal: the journal goes on from serial 1, and the record has 0",
			"Put back the record that belongs to the journal: its lineage is lineage-1 and its serial 1",
		},
		{
			"record of later", func(p *place) { p.write(".json", strings.Replace(p.read(".json"), `"serial":1`, `"serial":2`, 1)) },
			"DIR/herald.state.journal, line 1: the journal goes on from serial 1, and the record has 2: it does not hold what the journal says",
			"The journal may hold sends that no other file knows of",
		},
		{
			"another record", func(p *place) { p.write(".json", strings.Replace(p.read(".json"), "lineage-1", "lineage-2", 1)) },
			"DIR/herald.state.journal, line 1: this is the journal of another record: its lineage is lineage-1, and that of herald.state.json is lineage-2",
			"move herald.state.journal to a safe place",
		},
		{
			"another record, journal empty", func(p *place) {
				_, header := newJournal("lineage-2", 1, "", false)
				p.write(".journal", string(header))
			},
			"DIR/herald.state.journal, line 1: this is the journal of another record: its lineage is lineage-2, and that of herald.state.json is lineage-1",
			"If the record was replaced by mistake",
		},
		{
			"journal damaged", func(p *place) { p.write(".journal", strings.Replace(p.read(".journal"), "mid.b", "mid.c", 1)) },
			"DIR/herald.state.journal, line 3: lines 2 to 3 do not fit their checksum: one of them is damaged", "cut the file before that line",
		},
		{
			"journal emptied", func(p *place) { p.write(".journal", "") },
			"DIR/herald.state.journal, line 1: the journal is cut off within its first line", "Keep a copy",
		},
		{
			"folded elsewhere", func(p *place) {
				text := p.read(".journal")
				j, _, err := read([]byte(text))
				p.must(err)
				buf, _ := j.folded([]byte(text), fold{2, "sha256:of another"})
				p.write(".journal", string(buf))
				p.write(".json", strings.Replace(p.read(".json"), `"serial":1`, `"serial":2`, 1))
			},
			"DIR/herald.state.journal, line 1: the journal was folded into a record with serial 2, but not into this one", "Put back the record",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			r := p.record()
			tc.spoil(p)
			before := p.files()
			_, err := p.store().Load(t.Context())
			var fe *state.FormatError
			if !errors.As(err, &fe) || err.Error() != strings.ReplaceAll(tc.want, "DIR", p.dir) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			} else if !strings.Contains(fe.Advice, tc.advice) || !strings.Contains(fe.Advice, "Nothing was sent.") {
				t.Errorf("the advice is %q, want %q in it", fe.Advice, tc.advice)
			}
			x := p.lock()
			if err := x.Append(t.Context(), storetest.Message("c", state.Intent, 1)); !errors.As(err, &fe) {
				t.Errorf("Append says %v", err)
			}
			if err := x.Snapshot(t.Context(), r); !errors.As(err, &fe) {
				t.Errorf("Snapshot says %v", err)
			}
			p.must(x.Unlock())
			if after := p.files(); after != before {
				t.Errorf("the files were changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// files returns the content of the record's files.
func (p *place) files() string {
	var b strings.Builder
	for _, suffix := range []string{".json", ".journal", ".json.backup"} {
		text, err := os.ReadFile(p.path(suffix))
		b.WriteString("--- " + suffix + "\n")
		if err == nil {
			b.Write(text)
		}
	}
	return b.String()
}

func TestMissingRecordNamesItsBackup(t *testing.T) {
	p := newPlace(t)
	p.record()
	p.must(os.Remove(p.path(".json")))
	p.must(os.Remove(p.path(".journal")))
	_, err := p.store().Load(t.Context())
	want := p.dir + "/herald.state.json: there is no record, but there is a backup of one, herald.state.json.backup"
	if !errors.Is(err, state.ErrNoRecord) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := New(filepath.Join(p.dir, "nowhere"), Options{}).Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestCloneWithoutJournalIsWhole(t *testing.T) {
	p := newPlace(t)
	x, r := p.lock(), state.NewRecord("lineage-1")
	p.must(x.Snapshot(t.Context(), r))
	p.append(x, r, storetest.Message("a", state.Sent, 2))
	p.must(x.Snapshot(t.Context(), r))
	p.must(x.Unlock())
	q := newPlace(t)
	q.write(".json", p.read(".json"))
	q.holds(r)
}

// A record that came with version control and is newer than an empty journal.
func TestEmptyJournalOfAnOlderRecord(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	x := p.lock()
	p.must(x.Snapshot(t.Context(), r))
	p.must(x.Unlock())
	p.write(".json", strings.Replace(p.read(".json"), `"serial":2`, `"serial":9`, 1))
	r.Serial = 9
	p.holds(r)
	x = p.lock()
	p.append(x, r, storetest.Message("c", state.Intent, 1))
	p.holds(r)
	want := fmt.Sprintf(`{"journal":1,"lineage":"lineage-1","base":9,"snapshot":"sha256:%x"}`, sha256.Sum256([]byte(p.read(".json"))))
	if first, _, _ := strings.Cut(p.read(".journal"), "\n"); first != want {
		t.Errorf("the journal begins with %s, want %s", first, want)
	}
}

// The crash between the renaming of the snapshot and the reset of the journal.
func TestSpentJournalIsSkipped(t *testing.T) {
	p := newPlace(t)
	r := p.record()
	from, to := storetest.Message("b", state.Sent, 2), storetest.Message("z", state.Sent, 2)
	crash := func() {
		x := p.lock()
		renamed := false
		p.fault = func(op, path string) error {
			renamed = renamed || op == opRename && path == "herald.state.json"
			if renamed && op == opCreate {
				return syscall.EIO
			}
			return nil
		}
		before := r.Serial
		if err := x.Snapshot(t.Context(), r); !errors.Is(err, syscall.EIO) || r.Serial != before {
			t.Fatalf("Snapshot = %v, serial %d", err, r.Serial)
		}
		p.fault = nil
		p.must(x.Unlock())
		r.Serial++
		p.holds(r)
	}
	r.Move(from.Addr, to.Addr)
	crash()
	if !strings.Contains(p.read(".journal"), `{"fold":2,`) {
		t.Errorf("the journal is\n%s", p.read(".journal"))
	}
	// Another snapshot replaces it first: under that one it would be missed.
	x := p.lock()
	p.must(x.Snapshot(t.Context(), r))
	p.must(x.Unlock())
	p.holds(r)
	x = p.lock()
	p.append(x, r, storetest.Message("e", state.Intent, 1))
	p.must(x.Unlock())
	crash()
	// Nor does a snapshot that never came make the journal one to be missed.
	x = p.lock()
	p.fault = func(op, path string) error {
		if op == opRename && path == "herald.state.json" {
			return syscall.EIO
		}
		return nil
	}
	if err := x.Snapshot(t.Context(), r); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Snapshot = %v", err)
	}
	p.fault = nil
	p.must(x.Unlock())
	p.holds(r)
	x = p.lock()
	p.must(x.Snapshot(t.Context(), r))
	p.holds(r)
	p.append(x, r, storetest.Message("c", state.Intent, 1))
	p.must(x.Unlock())
	p.holds(r)
	crash()
	// An append begins a new journal.
	x = p.lock()
	p.append(x, r, storetest.Message("d", state.Intent, 1))
	p.must(x.Unlock())
	p.holds(r)
}

func TestModesAndLinks(t *testing.T) {
	p := newPlace(t)
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	r := p.record()
	for suffix, want := range map[string]os.FileMode{".json": 0o644, ".journal": 0o644, ".lock": 0o644, ".json.backup": 0o644} {
		info, err := os.Stat(p.path(suffix))
		p.must(err)
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", suffix, info.Mode(), want)
		}
	}
	// A mode that somebody gave stays, and a link is written through.
	p.must(os.Chmod(p.path(".json"), 0o660))
	elsewhere := t.TempDir()
	link := filepath.Join(elsewhere, "mine.json")
	p.must(os.Symlink(p.path(".json"), link))
	s := New(elsewhere, Options{Path: "mine.json"})
	x, err := s.Lock(t.Context(), state.Holder{Who: "bob@host"}, 0)
	p.must(err)
	defer x.Unlock()
	if h, err := p.store().Holder(t.Context()); err != nil || h == nil || h.Who != "bob@host" {
		t.Errorf("the holder through the link is %v, %v", h, err)
	}
	p.append(x, r, storetest.Message("c", state.Intent, 1))
	p.must(x.Snapshot(t.Context(), r))
	p.holds(r)
	info, err := os.Lstat(link)
	p.must(err)
	if info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	if info, err = os.Stat(p.path(".json")); err != nil || info.Mode() != 0o660 {
		t.Errorf("the mode became %v, %v", info.Mode(), err)
	}
	p.must(x.Unlock())
	names, err := filepath.Glob(elsewhere + "/*")
	p.must(err)
	if len(names) != 1 {
		t.Errorf("beside the link stand %v", names)
	}
	p.must(os.Remove(p.path(".json")))
	if _, err := s.Load(t.Context()); err == nil || err.Error() != link+" is a link to a file that is not there" {
		t.Errorf("a link to nowhere: %v", err)
	}
}

func TestOtherName(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		"team.json": "team.journal team.json team.json.backup team.lock",
		"plain":     "plain plain.backup plain.journal plain.lock",
	} {
		sub := filepath.Join(dir, "of-"+path)
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		s := New(dir, Options{Path: filepath.Join("of-"+path, path)})
		if s.Location() != filepath.Join(sub, path) {
			t.Errorf("the location is %s", s.Location())
		}
		x, err := s.Lock(t.Context(), state.Holder{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		r := state.NewRecord("l")
		for range 2 {
			if err := errors.Join(x.Snapshot(t.Context(), r), x.Append(t.Context(), storetest.Message("a", state.Intent, 1))); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Unlock(); err != nil {
			t.Fatal(err)
		}
		list, err := os.ReadDir(sub)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range list {
			names = append(names, e.Name())
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("the files are %s, want %s", got, want)
		}
	}
}
