package s3store

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

const segment1 = "herald/spring.journal/0000000000-000001-000001"

// Whatever is damaged, missing or strange is named, and nothing is loaded.
func TestDamage(t *testing.T) {
	write := func(key string, change func([]byte) []byte) func(*place) {
		return func(p *place) { p.raw(http.MethodPut, key, change(p.read(key))) }
	}
	text := func(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }
	for _, tc := range []struct {
		name string
		do   func(*place)
		want string
	}{
		{
			"a byte of a segment", write(segment1, func(b []byte) []byte { b[200] ^= 1; return b }),
			"s3://bucket/" + segment1 + ": the segment does not fit its checksum: it is damaged",
		},
		{
			"a segment cut off", write(segment1, func(b []byte) []byte { return b[:len(b)-5] }),
			"s3://bucket/" + segment1 + ": the object is cut off, or no segment of a journal",
		},
		{"an empty segment", write(segment1, text("")), "s3://bucket/" + segment1 + ": the object is cut off, or no segment of a journal"},
		{
			"something else", write(segment1, text(`{"some":"other json, which is long enough"}`+"\n")),
			"s3://bucket/" + segment1 + ", line 1: this is not the first line of a segment of Herald's journal",
		},
		{
			"a newer segment", write(segment1, func(b []byte) []byte { return bytes.Replace(b, []byte(`{"segment":1`), []byte(`{"segment":2`), 1) }),
			"s3://bucket/" + segment1 + ": a newer Herald wrote this segment: its version is 2, and this Herald knows up to 1",
		},
		{
			"a segment that is gone", func(p *place) { p.raw(http.MethodDelete, segment1, nil) },
			"s3://bucket/" + segment1 + ": this segment of the journal is missing, for s3://bucket/herald/spring.journal/0000000000-000001-000002 is there",
		},
		{"a segment in the place of another", func(p *place) {
			p.raw(http.MethodPut, segment1, p.read("herald/spring.journal/0000000000-000001-000002"))
		}, "s3://bucket/" + segment1 + ", line 1: the segment says that it is 0000000000-000001-000002: it was renamed, or put in the place of another"},
		{"a segment that was changed with its sum", func(p *place) {
			g := &segment{name: name{0, 1, 1}, lineage: "lineage-1", from: 1}
			e := intent("x")
			line, err := state.EncodeEntry(&e)
			p.must(err)
			body, err := g.encode([][]byte{line})
			p.must(err)
			p.raw(http.MethodPut, segment1, body)
		}, "s3://bucket/herald/spring.journal/0000000000-000001-000002: the segment does not follow the one before it: one of the two was changed"},
		{
			"a strange object", func(p *place) { p.raw(http.MethodPut, "herald/spring.journal/notes.txt", []byte("x")) },
			"s3://bucket/herald/spring.journal/notes.txt: this is no segment of the journal, by its name",
		},
		{
			"no snapshot", func(p *place) { p.raw(http.MethodDelete, "herald/spring.json", nil) },
			"s3://bucket/herald/spring.json: the record is gone, but its journal s3://bucket/herald/spring.journal/ is there",
		},
		{"a snapshot that was edited", write("herald/spring.json", func(b []byte) []byte {
			return bytes.Replace(b, []byte("lineage-1"), []byte("lineage-2"), 1)
		}), "s3://bucket/" + segment1 + ": this is the journal of another record: its lineage is lineage-1, and that of s3://bucket/herald/spring.json is lineage-2"},
		{"a snapshot whose metadata is another's", func(p *place) {
			p.raw(http.MethodPut, "herald/spring.json", p.read("herald/spring.json"), "X-Amz-Meta-Herald-Folded", "0123;1:7")
		}, "s3://bucket/herald/spring.json: the object's metadata herald-folded does not fit its content"},
		{
			"an encrypted snapshot", write("herald/spring.json", text("age-encryption.org/v1\n")),
			"s3://bucket/herald/spring.json: this is encrypted, and no encryption is configured",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t, fake(t), time.Minute)
			x, r := p.start(p.store())
			p.put(x, r, intent("a"))
			p.put(x, r, intent("b"))
			p.must(x.Unlock())
			tc.do(p)
			got, err := p.store().Load(t.Context())
			var damaged *state.FormatError
			if got != nil || !errors.As(err, &damaged) || damaged.Advice == "" || err.Error() != tc.want {
				t.Errorf("got  %v, %v\nwant %s", got, err, tc.want)
			}
			y := p.lock(p.store())
			if err := y.Append(t.Context(), intent("c")); err == nil {
				t.Error("something was appended to it")
			}
		})
	}
}

// An older snapshot in the place of the record is noticed if the journal goes
// on from the newer one.
func TestOlderSnapshot(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	x, r := p.start(p.store())
	older := p.read("herald/spring.json")
	p.must(x.Snapshot(t.Context(), r))
	p.put(x, r, intent("a"))
	p.raw(http.MethodPut, "herald/spring.json", older)
	_, err := p.store().Load(t.Context())
	want := "s3://bucket/herald/spring.journal/0000000001-000001-000001: the record is older than its journal: the segment goes on from serial 1, and the record has 0"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	// The session that holds the lock does not write over it.
	var conflict *state.ConflictError
	if err := x.Snapshot(t.Context(), r); err == nil || errors.As(err, &conflict) {
		t.Errorf("a snapshot over it: %v", err)
	}
}

// Something else writes a snapshot under the lock: that is a conflict.
func TestSnapshotOfAnother(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	x, r := p.start(p.store())
	other := r.Clone()
	other.Serial, other.Origin = 7, "sha256:other"
	p.raw(http.MethodPut, "herald/spring.json", []byte(storetest.Text(t, other)))
	var conflict *state.ConflictError
	if err := x.Snapshot(t.Context(), r); !errors.As(err, &conflict) || conflict.StoredSerial != 7 || r.Serial != 0 {
		t.Errorf("the snapshot: %v", err)
	}
	p.holds(other)
}

// flip is a sealer for tests: it knows its own, and notices each changed byte.
type flip struct{ key byte }

const flipHead = "herald-sealed/v1\n"

func (f flip) Seal(plain []byte) ([]byte, error) {
	out := append([]byte(flipHead), plain...)
	for i := len(flipHead); i < len(out); i++ {
		out[i] ^= f.key
	}
	return append(out, sumOf(out)...), nil
}

func (f flip) Open(sealed []byte) ([]byte, error) {
	if len(sealed) < len(flipHead)+sumLength || sumOf(sealed[:len(sealed)-sumLength]) != string(sealed[len(sealed)-sumLength:]) {
		return nil, errors.New("it was changed")
	}
	out := bytes.Clone(sealed[len(flipHead) : len(sealed)-sumLength])
	for i := range out {
		out[i] ^= f.key
	}
	return out, nil
}

func TestSealed(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	p.sealer = flip{0x55}
	x, r := p.start(p.store())
	p.put(x, r, intent("a"))
	p.must(x.Snapshot(t.Context(), r))
	p.put(x, r, intent("b"))
	p.must(x.Unlock())
	p.holds(r)
	segment := "herald/spring.journal/0000000001-000001-000002"
	for _, key := range []string{"herald/spring.json", "herald/spring.json.backup", segment} {
		if bytes.Contains(p.read(key), []byte("lineage")) {
			t.Errorf("%s is not encrypted", key)
		}
	}
	whole := p.read(segment)
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 4
		p.raw(http.MethodPut, segment, changed)
		if got, err := p.store().Load(t.Context()); err == nil || got != nil || !strings.Contains(err.Error(), segment) {
			t.Fatalf("with byte %d changed: %v", i, err)
		}
	}
	p.raw(http.MethodPut, segment, whole)
	p.holds(r)
	p.raw(http.MethodPut, "herald/spring.json", []byte(storetest.Text(t, r)))
	want := "s3://bucket/herald/spring.json: this is not encrypted, although encryption is configured"
	if _, err := p.store().Load(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Callers at the same time share a segment.
func TestGroupCommit(t *testing.T) {
	real := fake(t)
	p := newPlace(t, func(r *http.Request) (*http.Response, error) {
		if isPut(r, ".journal/") {
			time.Sleep(20 * time.Millisecond)
		}
		return real(r)
	}, time.Minute)
	s := p.store()
	x, r := p.start(s)
	before := p.link(s).puts.Load()
	var all sync.WaitGroup
	var mu sync.Mutex
	for c := range 32 {
		all.Go(func() {
			for i := range 5 {
				e := intent(fmt.Sprintf("m%d_%d", c, i))
				if err := x.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
				mu.Lock()
				r.Put(e)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if n := p.link(s).puts.Load() - before; n > 40 {
		t.Errorf("160 appends of 32 callers were %d writes", n)
	}
	p.holds(r)
	p.must(x.Snapshot(t.Context(), r))
	p.holds(r)
	if left := fmt.Sprint(p.objects()); left != "[json json.backup lock]" {
		t.Errorf("the objects are %s", left)
	}
}

// Segments that cannot be deleted change nothing; and the next session says
// which right is missing before it writes anything.
func TestDeletionsRefused(t *testing.T) {
	real := fake(t)
	refuse := true
	p := newPlace(t, func(r *http.Request) (*http.Response, error) {
		if refuse && (r.Method == http.MethodDelete || r.Method == http.MethodPost) {
			return answer(r, http.StatusForbidden, "AccessDenied"), nil
		}
		return real(r)
	}, time.Minute)
	x, r := p.start(p.store())
	for i := range 3 {
		p.put(x, r, intent(fmt.Sprintf("m%d", i)))
	}
	p.must(x.Snapshot(t.Context(), r))
	p.must(x.Unlock())
	p.holds(r)
	x = p.lock(p.store())
	var store *state.StoreError
	err := x.Append(t.Context(), intent("a"))
	if !errors.As(err, &store) || store.Problem != "access is denied: the credentials lack s3:DeleteObject" {
		t.Errorf("the append: %v", err)
	}
	p.must(x.Unlock())
	p.holds(r)
	refuse = false
	x = p.lock(p.store())
	p.put(x, r, intent("a"))
	p.holds(r)
}

// A key that ends in .json names the snapshot itself.
func TestLocation(t *testing.T) {
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{Bucket: "b", Key: "herald/spring"}, "s3://b/herald/spring.json"},
		{Options{Bucket: "b", Key: "herald/spring.json"}, "s3://b/herald/spring.json"},
		{Options{Bucket: "b", Key: "k", Endpoint: "https://s3.example.com"}, "s3://b/k.json at https://s3.example.com"},
	} {
		if got := New(tc.o).Location(); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

// Bytes from a bucket never do worse than an error.
func FuzzSegment(f *testing.F) {
	e := storetest.Message("a", state.Intent, 1)
	line, err := state.EncodeEntry(&e)
	if err != nil {
		f.Fatal(err)
	}
	whole := &segment{name: name{1, 2, 3}, lineage: "l", from: 1, seen: marks{1: 4}, previous: "p"}
	text, err := whole.encode([][]byte{line})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("{}\n{\"entries\":0,\"sum\":\"" + strings.Repeat("0", sumLength) + "\"}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := decodeSegment(text, "p", name{1, 2, 3}); err == nil && sumOf(text[:len(text)-sumLength-3]) != s.sum {
			t.Error("a segment was read that does not fit its sum")
		}
	})
}

// A record takes the place of another: with its own serial, and whether the
// other could be read or not. What was appended and not read is not forgotten.
func TestReplace(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	x, r := p.start(p.store())
	p.put(x, r, intent("a"))
	p.put(x, r, intent("b"))
	p.must(x.Unlock())
	moved := state.NewRecord("lineage-2")
	moved.Serial = 17
	moved.Put(intent("c"))
	x = p.lock(p.store())
	var unread *state.FormatError
	if err := x.Replace(t.Context(), moved); !errors.As(err, &unread) || unread.Path != "s3://bucket/"+segment1 {
		t.Errorf("what was not read: %v", err)
	}
	p.holds(r)
	_, err := x.Load(t.Context())
	p.must(err)
	p.must(x.Replace(t.Context(), moved))
	p.holds(moved)
	p.put(x, moved, intent("d"))
	p.holds(moved)
	p.must(x.Snapshot(t.Context(), moved))
	if moved.Serial != 18 {
		t.Errorf("the serial is %d", moved.Serial)
	}
	p.must(x.Unlock())
	p.raw(http.MethodPut, "herald/spring.json", []byte("{ damaged"))
	x = p.lock(p.store())
	p.must(x.Replace(t.Context(), r))
	p.must(x.Unlock())
	p.holds(r)
	p.raw(http.MethodDelete, "herald/spring.json", nil)
	x = p.lock(p.store())
	p.must(x.Replace(t.Context(), moved))
	p.must(x.Unlock())
	p.holds(moved)
	if left := fmt.Sprint(p.objects()); left != "[json json.backup lock]" {
		t.Errorf("the objects are %s", left)
	}
}
