package pace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clerk gives out the places of a pace, as a store does.
type clerk struct {
	mu    sync.Mutex
	next  time.Time
	given int
	delay func() time.Duration
}

func (c *clerk) reserve(_ context.Context, n int, rate float64) (time.Duration, error) {
	time.Sleep(c.delay())
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now()
	if c.next.After(at) {
		at = c.next
	}
	c.next = at.Add(time.Duration(float64(n) / rate * float64(time.Second)))
	c.given += n
	return time.Until(at), nil
}

// TestPlacesKeepTheCeiling has several runs use places that come late, with
// attempts that take a time that varies and stand still now and then: never are
// more calls made in a second than allowed, and hardly fewer.
func TestPlacesKeepTheCeiling(t *testing.T) {
	for _, tc := range []struct {
		rate  float64
		runs  int
		calls int
		worst time.Duration
		least float64 // calls a second
	}{
		{100, 1, 2000, 0, 99.4},
		{100, 1, 2000, 80 * time.Millisecond, 99},
		{100, 3, 1000, 80 * time.Millisecond, 98},
		{100, 10, 200, 300 * time.Millisecond, 97},
		{10, 2, 100, 80 * time.Millisecond, 0},
		{2, 2, 20, 80 * time.Millisecond, 0},
		{2.5, 2, 20, 0, 0},
		{1, 1, 20, 0, 0},
		{0.1, 2, 5, 0, 0},
		{1000, 2, 4000, 20 * time.Millisecond, 950},
	} {
		t.Run(fmt.Sprint(tc), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(tc.calls)))
				var mu sync.Mutex
				draw := func(n int) int {
					mu.Lock()
					defer mu.Unlock()
					return random.IntN(n)
				}
				c := &clerk{delay: func() time.Duration { return time.Duration(1+draw(10)) * time.Millisecond }}
				var posts []time.Time
				var group, all sync.WaitGroup
				for range tc.runs {
					s := newPlaces(tc.rate)
					nudge := make(chan struct{}, 1)
					s.ctx, s.Nudge, s.Reserve = t.Context(), nudge, c.reserve
					s.Spawn = func(f func()) { all.Go(f) }
					s.Free = func() int { return 64 }
					group.Go(func() {
						var calls sync.WaitGroup
						for left := tc.calls; left > 0; {
							if d := s.take(time.Now(), left); d > 0 {
								select {
								case <-time.After(d):
								case <-nudge:
								}
								continue
							}
							left--
							calls.Go(func() {
								time.Sleep(time.Duration(draw(20)) * time.Millisecond)
								if tc.worst > 0 && draw(50) == 0 {
									time.Sleep(tc.worst)
								}
								at, _ := s.wait(t.Context())
								time.Sleep(time.Duration(draw(500)) * time.Microsecond)
								if tc.worst > 0 && draw(300) == 0 { // it needs a new connection
									time.Sleep(tc.worst)
								}
								_ = s.depart(t.Context(), at)
								mu.Lock()
								posts = append(posts, time.Now())
								mu.Unlock()
							})
						}
						calls.Wait()
					})
				}
				group.Wait()
				all.Wait()
				n, most := len(posts), busiest(posts)
				last := n * 9 / 10 // the very last wait for nobody but each other
				rate := float64(last) / posts[last].Sub(posts[0]).Seconds()
				t.Logf("%.2f a second, at most %d in one, %d places for %d calls %v", rate, most, c.given, n, perSecond(posts))
				if rate < tc.least {
					t.Errorf("%.2f calls a second", rate)
				}
				if allowed := max(1, int(tc.rate)); most > allowed {
					t.Errorf("%d calls in one second", most)
				}
			})
		})
	}
}

// busiest returns the most calls that were made in any one second.
func busiest(at []time.Time) (most int) {
	from := 0
	for i := range at {
		for at[i].Sub(at[from]) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// perSecond counts the calls of each second.
func perSecond(at []time.Time) (list []int) {
	for _, t := range at {
		n := int(t.Sub(at[0]) / time.Second)
		for len(list) <= n {
			list = append(list, 0)
		}
		list[n]++
	}
	return list
}
