package cli_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"
)

// doze tells how late this machine wakes whoever sleeps, while a test counts
// what comes in a second: so late may a call be noted, too.
type doze struct {
	mu   sync.Mutex
	naps []nap
}

// nap is one sleep that took too long.
type nap struct {
	until time.Time
	late  time.Duration
}

// watchSleep begins to look, until the test ends.
func watchSleep(t testing.TB) *doze {
	d, end, done := &doze{}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			const short = time.Millisecond
			begun := time.Now()
			select {
			case <-time.After(short):
			case <-end:
				return
			}
			if late := time.Since(begun) - short; late > short {
				d.mu.Lock()
				d.naps = append(d.naps, nap{begun.Add(short + late), late})
				d.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		close(end)
		<-done
	})
	return d
}

// most returns the longest delay that reaches into a span of time.
func (d *doze) most(from, to time.Time) (late time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.naps {
		if n.until.After(from) && n.until.Add(-n.late).Before(to) {
			late = max(late, n.late)
		}
	}
	return late
}

// ceiling returns the most calls that came in any one second, and the most by
// which a second had more than allowed and than what came late can explain: a
// program that sends sleeps as badly as this one, which notes what comes.
func ceiling(posts []time.Time, allowed int, d *doze) (most, excess int) {
	posts = slices.SortedFunc(slices.Values(posts), time.Time.Compare)
	from := 0
	for i, at := range posts {
		for at.Sub(posts[from]) >= time.Second {
			from++
		}
		n := i - from + 1
		most = max(most, n)
		if n > allowed {
			late := d.most(posts[from], at)
			excess = max(excess, n-allowed-int(math.Ceil(2*late.Seconds()*float64(allowed))))
		}
	}
	return most, excess
}
