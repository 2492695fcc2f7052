package pace

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestDepartures has calls take their slots in time and leave when they have a
// connection, which takes some of them long: however that is, never more leave
// in a second than allowed, and what was late once does not slow the rest.
func TestDepartures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 3000
		random := rand.New(rand.NewPCG(3, 4))
		p := New(100, time.Now())
		var mu sync.Mutex
		var posts []time.Time
		var all sync.WaitGroup
		for n := 0; n < calls; {
			if d := p.Take(time.Now(), calls-n); d > 0 {
				time.Sleep(d)
				continue
			}
			connecting := time.Duration(random.IntN(300)) * time.Microsecond
			if n < 64 || n%50 == 0 {
				connecting = time.Duration(random.IntN(200)) * time.Millisecond
			}
			n++
			all.Go(func() {
				at, err := p.Wait(t.Context())
				if err != nil {
					t.Error(err)
				}
				time.Sleep(connecting)
				if !p.Depart(t.Context(), at) {
					t.Error("a call may not leave")
				}
				mu.Lock()
				defer mu.Unlock()
				posts = append(posts, time.Now())
			})
		}
		all.Wait()
		most := busiest(posts)
		rate := float64(calls-1) / posts[calls-1].Sub(posts[0]).Seconds()
		t.Logf("%.2f a second, at most %d in one", rate, most)
		if most > 100 || rate < 99 {
			t.Errorf("%.2f a second, at most %d in one", rate, most)
		}
	})
}
