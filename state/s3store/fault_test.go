package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

func isPut(r *http.Request, part string) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, part)
}

// loseAnswers makes the answers to the first n writes of objects with that part
// in their name get lost, after the server has done them.
func (l *link) loseAnswers(part string, n int64) *atomic.Int64 {
	var lost atomic.Int64
	l.hook(nil, func(r *http.Request, a *http.Response) (*http.Response, error) {
		if isPut(r, part) && lost.Add(1) <= n {
			return nil, errCut
		}
		return a, nil
	})
	return &lost
}

// A write whose answer was lost has happened: the store finds that out and goes
// on, whatever it was.
func TestAnswersLost(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	lost := p.link(s).loseAnswers(".lock", 2)
	x, r := p.start(s)
	if lost.Load() < 3 {
		t.Errorf("%d answers about the lock were to be lost", lost.Load())
	}
	p.link(s).loseAnswers(".journal/", 1)
	p.put(x, r, intent("a"))
	p.put(x, r, intent("b"))
	p.holds(r)
	p.link(s).loseAnswers("spring.json", 2)
	p.must(x.Snapshot(t.Context(), r))
	p.holds(r)
	p.put(x, r, intent("c"))
	p.link(s).loseAnswers(".lock", 1)
	x.renew()
	x.renew()
	p.put(x, r, intent("d"))
	p.link(s).loseAnswers(".lock", 1)
	p.must(x.Unlock())
	p.holds(r)
	if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("the holder is %v, %v", h, err)
	}
}

// HTTP 500 for a while is waited for; for long it ends the session.
func TestServerErrors(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	x, r := p.start(s)
	var asked atomic.Int64
	fail := func(n int64) {
		asked.Store(0)
		p.link(s).hook(func(r *http.Request) (*http.Response, error) {
			if asked.Add(1) <= n {
				return answer(r, http.StatusServiceUnavailable, "SlowDown"), nil
			}
			return nil, nil
		}, nil)
	}
	fail(3)
	p.put(x, r, intent("a"))
	fail(1000)
	err := x.Append(t.Context(), intent("b"))
	var store *state.StoreError
	if !errors.As(err, &store) || store.Problem != "the server answers with HTTP 503, also when asked again" {
		t.Errorf("an append to a server that is overloaded: %v", err)
	}
	fail(0)
	if err := x.Append(t.Context(), intent("c")); err == nil || !strings.Contains(err.Error(), "nothing more can be recorded in this run") {
		t.Errorf("an append after a failure: %v", err)
	}
	p.holds(r)
}

// Snapshot is broken off at each of its requests: before the server does it, and
// after. The record is the former or the new one, and the next session goes on.
func TestSnapshotBrokenOff(t *testing.T) {
	for _, done := range []bool{false, true} {
		for at := 1; ; at++ {
			if !snapshotBrokenOff(t, at, done) {
				break
			}
		}
	}
}

func snapshotBrokenOff(t *testing.T, at int, done bool) (broken bool) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	x, r := p.start(s)
	for i := range 4 {
		p.put(x, r, intent(fmt.Sprintf("m%d", i)))
	}
	former := r.Clone()
	r.Move(storetest.Message("m0", state.Intent, 1).Addr, storetest.Message("moved", state.Intent, 1).Addr)
	next := r.Clone()
	next.Serial++
	l := p.link(s)
	var requests atomic.Int64
	stop := func(r *http.Request) (*http.Response, error) {
		n := requests.Add(1)
		if n == int64(at) && done {
			if a, err := p.server(r); err == nil {
				_ = a.Body.Close()
			}
		}
		if n >= int64(at) {
			return nil, errCut
		}
		return nil, nil
	}
	l.hook(stop, nil)
	err := x.Snapshot(t.Context(), r)
	broken = requests.Load() >= int64(at)
	x.cancel(errCut)
	p.must(p.store().ForceUnlock(t.Context(), ana.Nonce))

	got, loadErr := p.store().Load(t.Context())
	p.must(loadErr)
	switch text := storetest.Text(t, got); {
	case text == storetest.Text(t, next):
	case err != nil && text == storetest.Text(t, former):
	default:
		t.Errorf("request %d (done: %v), after %v the record is\n%s", at, done, err, text)
	}
	y := p.lock(p.store())
	p.put(y, got, intent("later"))
	p.holds(got)
	p.must(y.Snapshot(t.Context(), got))
	p.holds(got)
	p.must(y.Unlock())
	if left := fmt.Sprint(p.objects()); left != "[json json.backup lock]" {
		t.Errorf("request %d (done: %v): the objects are %s", at, done, left)
	}
	return broken
}

// catch makes the next write of a segment wait: it reaches the server when
// deliver is called. The first so many tries to write one fail.
func (p *place) catch(l *link, fail int) (deliver func()) {
	var mu sync.Mutex
	var caught *http.Request
	l.hook(func(r *http.Request) (*http.Response, error) {
		if !isPut(r, ".journal/") {
			return nil, nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if caught == nil {
			caught = r.Clone(context.Background())
			caught.Body = io.NopCloser(bytes.NewReader(body))
		}
		if fail--; fail < 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
			return nil, nil
		}
		return nil, errCut
	}, nil)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		a, err := p.server(caught)
		if err != nil || a.StatusCode != http.StatusOK {
			p.t.Fatalf("the late segment: %v, %v", a, err)
		}
	}
}

// A segment of a holder that lost the lock arrives late: after another has
// written segments, or a snapshot, or two. It is never ignored.
func TestLateSegment(t *testing.T) {
	for _, snapshots := range []int{0, 1, 2} {
		t.Run(fmt.Sprintf("after %d snapshots", snapshots), func(t *testing.T) {
			p := newPlace(t, fake(t), time.Minute)
			s := p.store()
			x, r := p.start(s)
			p.put(x, r, intent("a"), intent("b"), intent("c"))
			deliver := p.catch(p.link(s), 1000)
			twice := storetest.Message("b", state.Sent, 2)
			twice.MessageID = "mid.late"
			if err := x.Append(t.Context(), intent("new"), storetest.Message("a", state.Sent, 2), twice); err == nil {
				t.Fatal("the append succeeded")
			}
			p.must(p.store().ForceUnlock(t.Context(), ana.Nonce))
			y := p.lock(p.store())
			loaded, err := y.Load(t.Context())
			p.must(err)
			p.put(y, loaded, storetest.Message("b", state.Sent, 4), storetest.Message("c", state.Sent, 2))
			for range snapshots {
				p.must(y.Snapshot(t.Context(), loaded))
				p.put(y, loaded, intent(fmt.Sprintf("m%d", loaded.Serial)))
			}
			deliver()
			p.put(y, loaded, intent("last"))
			late := func(r *state.Record) {
				t.Helper()
				a, b, c, fresh := intent("a"), intent("b"), intent("c"), intent("new")
				if e := r.Get(fresh.Key()); e == nil || e.Status != state.Intent {
					t.Errorf("the late intent is %v", e)
				}
				if e := r.Get(a.Key()); e.Status != state.Sent {
					t.Errorf("the late outcome is missing: %v", e)
				}
				if e := r.Get(b.Key()); e.Status != state.Sent || len(e.AlsoSent) != 1 {
					t.Errorf("what was sent twice is %v", e)
				}
				if e := r.Get(c.Key()); e.Status != state.Sent || e.MessageID != "mid.c" || e.Change != 2 {
					t.Errorf("what only the second run did is %v", e)
				}
			}
			got, err := p.store().Load(t.Context())
			p.must(err)
			late(got)
			// A snapshot that does not know of it leaves it.
			p.must(y.Snapshot(t.Context(), loaded))
			p.must(y.Unlock())
			z := p.lock(p.store())
			got, err = z.Load(t.Context())
			p.must(err)
			late(got)
			p.must(z.Snapshot(t.Context(), got))
			p.must(z.Unlock())
			p.holds(got)
			if left := fmt.Sprint(p.objects()); left != "[json json.backup lock]" {
				t.Errorf("the objects are %s", left)
			}
		})
	}
}

// The same write of a segment arrives twice, the second time when it was folded
// and deleted: it changes nothing.
func TestSegmentComesBack(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	x, r := p.start(s)
	deliver := p.catch(p.link(s), 1)
	p.put(x, r, intent("a"))
	r.Move(storetest.Message("a", state.Intent, 1).Addr, storetest.Message("z", state.Intent, 1).Addr)
	p.must(x.Snapshot(t.Context(), r))
	deliver()
	p.holds(r)
	p.put(x, r, intent("b"))
	p.holds(r)
}

// A late segment arrives between two loads of a session that then stores what
// the first one gave: it is not forgotten.
func TestLateSegmentBetweenLoads(t *testing.T) {
	p := newPlace(t, fake(t), time.Minute)
	s := p.store()
	x, r := p.start(s)
	p.put(x, r, intent("a"))
	deliver := p.catch(p.link(s), 1000)
	if err := x.Append(t.Context(), intent("late")); err == nil {
		t.Fatal("the append succeeded")
	}
	p.must(p.store().ForceUnlock(t.Context(), ana.Nonce))
	y := p.lock(p.store())
	first, err := y.Load(t.Context())
	p.must(err)
	deliver()
	for range 2 {
		_, err = y.Load(t.Context())
		p.must(err)
	}
	p.must(y.Snapshot(t.Context(), first))
	got, err := p.store().Load(t.Context())
	p.must(err)
	if e := intent("late"); got.Get(e.Key()) == nil {
		t.Error("the late intent is gone")
	}
}
