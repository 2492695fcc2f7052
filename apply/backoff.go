package apply

import (
	"container/heap"
	"time"
)

// How long is waited, and how often something is tried.
const (
	// A rate-limited account waits so long at first, and at the most.
	limitFirst = time.Second
	limitMost  = time.Minute
	// A call that did not reach the wire, and a doubtful reaction.
	retryFirst = 500 * time.Millisecond
	retryMost  = 15 * time.Second
	// Attempts at one change that did not reach the wire, and at a reaction
	// that end in doubt.
	maxTries = 5
	// Attempts at a message whose media Meta could not fetch.
	maxMediaTries = 2
	// The identity check is repeated for so long.
	identityPatience = 30 * time.Second
	// Calls in flight are awaited for so long after an interrupt.
	interruptGrace = 6 * time.Second
	// An account with so many sends in doubt sends nothing new.
	maxDoubts = 64
)

// backoff returns the wait before attempt n+1, n counting from 1: first,
// doubled each time up to most, and spread by up to half to either side.
func backoff(n int, first, most time.Duration, random func() float64) time.Duration {
	d := first
	for ; n > 1 && d < most; n-- {
		d *= 2
	}
	return time.Duration(float64(min(d, most)) * (0.5 + random()))
}

// later holds changes that are tried again, soonest first.
type later []retry

type retry struct {
	at   time.Time
	node int32
}

func (l later) Len() int           { return len(l) }
func (l later) Less(i, j int) bool { return l[i].at.Before(l[j].at) }
func (l later) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// Push and Pop serve container/heap.
func (l *later) Push(x any) { *l = append(*l, x.(retry)) }

// Pop removes the last element.
func (l *later) Pop() any {
	old := *l
	x := old[len(old)-1]
	*l = old[:len(old)-1]
	return x
}

func (l *later) add(at time.Time, node int32) { heap.Push(l, retry{at, node}) }

// due removes and returns the first node whose time has come.
func (l *later) due(now time.Time) (int32, bool) {
	if len(*l) == 0 || (*l)[0].at.After(now) {
		return none, false
	}
	return heap.Pop(l).(retry).node, true
}
