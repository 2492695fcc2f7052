package httpstore

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

// BenchmarkAppend measures an intent beside a record of that many entries, by
// one caller and by 64: the time, and the bytes that go to the server for it. The server answers at
// once, or after 20 ms, as one that is not next door.
func BenchmarkAppend(b *testing.B) {
	for _, entries := range []int{10, 1_000, 10_000} {
		for _, callers := range []int{1, 64} {
			for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
				b.Run(fmt.Sprintf("entries=%d/callers=%d/delay=%s", entries, callers, delay), func(b *testing.B) {
					benchAppend(b, entries, callers, delay, nil)
				})
			}
		}
	}
	b.Run("entries=10000/callers=64/delay=20ms/sealed", func(b *testing.B) {
		benchAppend(b, 10_000, 64, 20*time.Millisecond, sealer(b))
	})
}

func benchAppend(b *testing.B, entries, callers int, delay time.Duration, with state.Sealer) {
	s := newServer(b)
	var written, writes atomic.Int64
	s.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			written.Add(r.ContentLength)
			writes.Add(1)
			time.Sleep(delay)
		}
		return false
	}
	o := s.options()
	o.Sealer, o.Poll = with, time.Hour
	x, err := New(o).Lock(b.Context(), state.Holder{Nonce: "n1"}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = x.Unlock() }()
	r := state.NewRecord("l")
	for i := range entries {
		r.Put(benchEntry(i))
	}
	if err := x.Snapshot(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	written.Store(0)
	writes.Store(0)
	var next atomic.Int64
	b.ResetTimer()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					return
				}
				if err := x.Append(b.Context(), benchEntry(i%entries)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(written.Load())/float64(b.N), "bytes/entry")
	b.ReportMetric(float64(b.N)/float64(writes.Load()), "entries/write")
	b.ReportMetric(float64(written.Load())/float64(writes.Load()), "bytes/write")
}

func benchEntry(i int) state.Entry {
	e := storetest.Message("campaign", state.Sent, 2)
	e.Addr = e.Addr.Each(fmt.Sprintf("person-%d", i))
	e.Recipient, e.Fingerprint = fmt.Sprintf("%016d", i), "v1:sha256:"+digest(i)[:64]
	e.MessageID, e.PlanID = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE"+digest(-i)[:80], "sha256:"+digest(0)[:64]
	return e
}

// digest returns 80 characters that do not compress well, as in real records.
func digest(i int) string {
	return fmt.Sprintf("%x%x", sha256.Sum256(fmt.Append(nil, i)), sha256.Sum256(fmt.Append(nil, -i)))[:64+16]
}

// BenchmarkWrap measures making the document alone.
func BenchmarkWrap(b *testing.B) {
	for _, entries := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			r := state.NewRecord("l")
			for i := range entries {
				r.Put(benchEntry(i))
			}
			s := New(Options{Address: "http://127.0.0.1:1/"})
			for b.Loop() {
				if _, err := s.wrap(r, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
		})
	}
}
