package filestore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

func startBench(b *testing.B) state.Session {
	b.Helper()
	x, err := New(b.TempDir(), Options{}).Lock(b.Context(), state.Holder{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = x.Unlock() })
	if err := x.Snapshot(b.Context(), state.NewRecord("l")); err != nil {
		b.Fatal(err)
	}
	return x
}

// BenchmarkAppend measures durable appends by one caller and by 64, beside
// bare writes with a sync of the same size.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			x := startBench(b)
			e := storetest.Message("campaign", state.Sent, 2)
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						if err := x.Append(b.Context(), e); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
	b.Run("bare", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "f"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		line := make([]byte, 400)
		for b.Loop() {
			if _, err := f.Write(line); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	})
}

// BenchmarkRecord measures snapshot and load of 100,000 entries, an entry.
func BenchmarkRecord(b *testing.B) {
	const n = 100_000
	dir := b.TempDir()
	x, err := New(dir, Options{}).Lock(b.Context(), state.Holder{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = x.Unlock() })
	r := state.NewRecord("l")
	for i := range n {
		e := storetest.Message("campaign", state.Sent, 2)
		e.Addr = e.Addr.Each(fmt.Sprintf("person-%d", i))
		e.Recipient, e.Fingerprint = fmt.Sprintf("%016d", i), fmt.Sprintf("v1:sha256:%064d", i)
		r.Put(e)
	}
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			if err := x.Snapshot(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if _, err := New(dir, Options{}).Load(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
	})
}
