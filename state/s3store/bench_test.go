package s3store

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

// BenchmarkSends records what a run of 64 workers does, an intent and an outcome
// for each send, with a server as far away as S3 is from a machine in its
// region. The call that sends takes no time here.
func BenchmarkSends(b *testing.B) {
	real := fake(b)
	p := newPlace(b, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			time.Sleep(50 * time.Millisecond)
		} else {
			time.Sleep(20 * time.Millisecond)
		}
		return real(r)
	}, time.Minute)
	x, _ := p.start(p.store())
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				name := fmt.Sprintf("m%d", n)
				for change, status := range []state.Status{state.Intent, state.Sent} {
					if err := x.Append(b.Context(), storetest.Message(name, status, int64(change+1))); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}
