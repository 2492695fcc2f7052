package s3store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"herald/state"
	"herald/state/storetest"
)

// bucket is a record that runs work on, one after another, each of which may
// lose the lock without knowing, and be heard of again later.
type bucket struct {
	*place
	rt    *rapid.T
	runs  []*run
	n     int
	known []string // names of entries that must be found
	late  []onItsWay
}

// onItsWay is the write of a segment with one entry.
type onItsWay struct {
	*http.Request
	name string
}

// run is one session, and the record as it knows it.
type run struct {
	store  *Store
	x      *session
	record *state.Record
}

func (b *bucket) must(err error) {
	if err != nil {
		b.rt.Helper()
		b.rt.Fatal(err)
	}
}

// begin takes the lock from whoever has it.
func (b *bucket) begin() {
	if h, err := b.store().Holder(context.Background()); err == nil && h != nil {
		b.must(b.store().ForceUnlock(context.Background(), h.Nonce))
	}
	s := b.store()
	x, err := s.Lock(context.Background(), ana, time.Minute)
	b.must(err)
	r := &run{store: s, x: x.(*session)}
	b.runs = append(b.runs, r)
	r.record, err = x.Load(context.Background())
	b.must(err)
}

func (b *bucket) entry() state.Entry {
	b.n++
	return intent(fmt.Sprintf("m%d", b.n))
}

// add appends. A run that has lost the lock writes its segment nevertheless.
func (b *bucket) add(r *run) {
	e := b.entry()
	if err := r.x.Append(context.Background(), e); err == nil {
		r.record.Put(e)
		b.known = append(b.known, e.Addr.Name)
	}
}

// delay appends with a write that does not arrive yet.
func (b *bucket) delay(r *run) {
	l, e := b.link(r.store), b.entry()
	l.hook(func(q *http.Request) (*http.Response, error) {
		if !isPut(q, ".journal/") {
			return nil, nil
		}
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		c := q.Clone(context.Background())
		c.Body = io.NopCloser(bytes.NewReader(body))
		b.late = append(b.late, onItsWay{c, e.Addr.Name})
		l.cut.Store(true)
		return nil, errCut
	}, nil)
	if err := r.x.Append(context.Background(), e); err == nil {
		b.rt.Fatal("an append succeeded whose write never arrived")
	}
	l.hook(nil, nil)
	l.cut.Store(false)
}

// deliver lets a write arrive.
func (b *bucket) deliver() {
	if len(b.late) == 0 {
		return
	}
	i := rapid.IntRange(0, len(b.late)-1).Draw(b.rt, "late")
	q := b.late[i]
	b.late = append(b.late[:i], b.late[i+1:]...)
	a, err := b.server(q.Request)
	b.must(err)
	if a.StatusCode == http.StatusOK {
		b.known = append(b.known, q.name)
	}
}

// fold writes a snapshot, or is cut off at some request of it.
func (b *bucket) fold(r *run) {
	l := b.link(r.store)
	if at := rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 4, 5}).Draw(b.rt, "cut off at"); at > 0 {
		l.hook(func(*http.Request) (*http.Response, error) {
			if at--; at < 0 {
				return nil, errCut
			}
			return nil, nil
		}, nil)
	}
	_ = r.x.Snapshot(context.Background(), r.record)
	l.hook(nil, nil)
}

// check reads the record: whole, and with all that was acknowledged.
func (b *bucket) check() *state.Record {
	r, err := b.store().Load(context.Background())
	b.must(err)
	for _, name := range b.known {
		if e := intent(name); r.Get(e.Key()) == nil {
			b.rt.Fatalf("%s was acknowledged and is gone; the objects are %s", name, b.objects())
		}
	}
	again, err := b.store().Load(context.Background())
	b.must(err)
	if storetest.Text(b.rt, r) != storetest.Text(b.rt, again) {
		b.rt.Fatal("two loads differ")
	}
	return r
}

// Whatever runs do that have lost the lock, and however late it arrives, the
// record can be read and holds what was acknowledged.
func TestRandomRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("sends some ten thousand requests")
	}
	credentials(t)
	rapid.Check(t, func(rt *rapid.T) {
		b := &bucket{place: newPlace(t, fake(t), time.Hour), rt: rt}
		b.pause = 10 * time.Microsecond
		defer func() {
			for _, r := range b.runs {
				_ = r.x.Unlock()
			}
		}()
		x, _ := b.start(b.store())
		b.must(x.Unlock())
		b.begin()
		for range rapid.IntRange(3, 25).Draw(rt, "steps") {
			r := b.runs[len(b.runs)-1-rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(rt, "run")%len(b.runs)]
			switch rapid.SampledFrom([]string{"add", "add", "add", "fold", "delay", "deliver", "look", "look", "begin"}).Draw(rt, "step") {
			case "add":
				b.add(r)
			case "fold":
				b.fold(r)
			case "delay":
				b.delay(r)
			case "deliver":
				b.deliver()
			case "look":
				_, err := r.x.Load(context.Background())
				b.must(err)
			case "begin":
				b.begin()
			}
			b.check()
		}
		for len(b.late) > 0 {
			b.deliver()
		}
		b.begin()
		last := b.runs[len(b.runs)-1]
		b.must(last.x.Snapshot(context.Background(), last.record))
		b.must(last.x.clear())
		if left := fmt.Sprint(b.objects()); left != "[json json.backup lock]" {
			rt.Fatalf("in the end the objects are %s", left)
		}
		if b.check(); storetest.Text(rt, last.record) != storetest.Text(rt, b.check()) {
			rt.Fatal("the last snapshot is not what is loaded")
		}
	})
}
