package pgstore

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"herald/config/addr"
	"herald/state"
	"herald/state/pgstore/pgtest"
	"herald/state/storetest"
)

func numbered(i int) state.Entry {
	e := storetest.Message("welcome", state.Sent, 2)
	e.Addr = addr.Block{Kind: addr.Message, Name: "welcome"}.Each(fmt.Sprint(i))
	e.Recipient = fmt.Sprint(1_000_000 + i)
	e.Fingerprint = fmt.Sprintf("v1:sha256:%064d", i)
	e.MessageID = fmt.Sprintf("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0OjM0MDI4%024d", i)
	e.PlanID = fmt.Sprintf("sha256:%064d", i/1000)
	e.FirstIntendedAt, e.SettledAt = e.IntendedAt, e.IntendedAt.Add(time.Second)
	return e
}

// fill makes a record of n entries in the schema herald.
func fill(t testing.TB, server *pgtest.Server, record string, n int) *Store {
	t.Helper()
	s := New(Options{URL: server.URL(), Record: record})
	x, err := s.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := state.NewRecord("lineage-1")
	for i := range n {
		r.Put(numbered(i))
	}
	begun := time.Now()
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries stored in %v", n, time.Since(begun))
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
	return s
}

// thousand is what a plan of 1,000 instances asks for: most are there.
func thousand(n int) state.Part {
	p := state.Part{PlanID: "sha256:new"}
	for i := range 1000 {
		e := numbered(n - 900 + i)
		p.Addrs = append(p.Addrs, e.Addr)
		p.Fingerprints = append(p.Fingerprints, e.Fingerprint)
		p.Conversations = append(p.Conversations, e.Conversation())
	}
	return p
}

func loadThousand(t testing.TB, s *Store, n int) time.Duration {
	t.Helper()
	begun := time.Now()
	r, err := s.LoadPart(t.Context(), thousand(n))
	took := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != 900 || r.Rest != n-900 {
		t.Fatalf("%d entries and %d others of %d", r.Len(), r.Rest, n)
	}
	return took
}

// TestPartOfMany: a part of a record of 100,000 is read by indexes, as that of
// 10,000 is; who reads all takes ten times as long. That it takes no longer than
// twice is for the benchmarks, since other tests run beside this one.
func TestPartOfMany(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it stores 110,000 entries")
	}
	server := pgtest.Start(t, pgtest.Options{})
	few, many := fill(t, server, "few", 10_000), fill(t, server, "many", 100_000)
	// The tables are as they are after a send: nothing has analysed them.
	var a, b []time.Duration
	for range 9 {
		a, b = append(a, loadThousand(t, few, 10_000)), append(b, loadThousand(t, many, 100_000))
	}
	slices.Sort(a)
	slices.Sort(b)
	t.Logf("1,000 of 10,000: %v; of 100,000: %v", a[4], b[4])
	if b[4] > 4*a[4] {
		t.Errorf("1,000 of 10,000 take %v, of 100,000 %v", a[4], b[4])
	}
}

func BenchmarkMillion(b *testing.B) {
	server := pgtest.Start(b, pgtest.Options{})
	few, many := fill(b, server, "few", 10_000), fill(b, server, "many", 1_000_000)
	b.Run("part=10000", func(b *testing.B) {
		for b.Loop() {
			loadThousand(b, few, 10_000)
		}
	})
	b.Run("part=1000000", func(b *testing.B) {
		for b.Loop() {
			loadThousand(b, many, 1_000_000)
		}
	})
	b.Run("all=1000000", func(b *testing.B) {
		for b.Loop() {
			r, err := many.Load(b.Context())
			if err != nil || r.Len() != 1_000_000 {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAppend is an intent and an outcome for each message, as a run with
// 64 workers appends them.
func BenchmarkAppend(b *testing.B) {
	server := pgtest.Start(b, pgtest.Options{Fsync: true})
	for _, exclusive := range []bool{true, false} {
		b.Run(fmt.Sprintf("exclusive=%t", exclusive), func(b *testing.B) {
			s := fill(b, server, fmt.Sprintf("%t%d", exclusive, b.N), 0)
			var x state.Session
			var err error
			const workers = 64
			if x, err = s.Lock(b.Context(), state.Holder{}, 0); !exclusive && err == nil {
				_ = x.Unlock()
				var m state.Member
				if m, err = s.Join(b.Context(), state.Holder{}, 0); err == nil {
					_, err = m.Claim(b.Context(), talks(workers), workers)
				}
				x = m
			}
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = x.Unlock() }()
			b.ResetTimer()
			var all sync.WaitGroup
			for w := range workers {
				all.Go(func() {
					for i := w; i < b.N; i += workers {
						e := numbered(i)
						e.Recipient, e.Status, e.MessageID, e.Change = talk(w).Recipient, state.Intent, "", 1
						err := x.Append(b.Context(), e)
						if err == nil {
							e = e.Next(e.PlanID)
							e.Status, e.MessageID = state.Sent, "m"
							err = x.Append(b.Context(), e)
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
