package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// BenchmarkPost is a bare client over loopback with 64 calls in flight: what
// the sandbox can answer, which must be far more than Herald sends.
func BenchmarkPost(b *testing.B) {
	s, err := New(Options{ForgetBodies: true})
	if err != nil {
		b.Fatal(err)
	}
	l, err := Listen("127.0.0.1:0", s)
	if err != nil {
		b.Fatal(err)
	}
	client := newClient(b)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := textBody(fmt.Sprint(77_100_000_000_000_000+n.Add(1)), "Your order is on its way.")
			req, err := http.NewRequest(http.MethodPost, l.URL()+"/v24.0/"+shop+"/messages", bytes.NewReader([]byte(body)))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != 200 {
				b.Errorf("status %d", resp.StatusCode)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
	if err := l.Close(); err != nil {
		b.Error(err)
	}
	if got := len(s.Accepted()); got != b.N {
		b.Errorf("%d accepted of %d", got, b.N)
	}
}
