package pace

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// places are the moments at which the calls of one lane may be made where
// several runs share the pace of an account. Runs reserve them in slices, a
// few at a time and as far as they have something to call for; what a run does
// with its own never depends on the others.
//
// All places together keep the ceiling: no span of window + late holds more
// than are allowed in window. So a run may do no more, in any window, than make
// as many calls as it has places in that time. A call that comes up to late
// after its place keeps that by itself. A later one keeps it as long as another
// of its places stays empty in the window that follows: the call that would have
// had that one comes later in turn, so that a delay moves on from second to
// second, and costs nothing.
type places struct {
	Shared
	ctx    context.Context
	slice  int           // places reserved at once
	gap    time.Duration // between two places
	window time.Duration
	late   time.Duration

	waiting chan struct{} // holds one element while somebody waits for a place

	mu   sync.Mutex
	more chan struct{} // closed when places come
	due  []time.Time   // in order
	used int           // so many of due are used, or lost
	made []time.Time   // the calls of the last window
	odd  time.Time     // until then a call of the last window was late
	// flying counts the attempts that have begun and have no place yet.
	flying int
	seated int  // those of them that only wait for their place
	held   int  // calls that have had their place and may not leave yet
	hungry bool // an attempt could begin if it had a place
	asking bool
	part   float64 // of the rate that is asked for
	err    error   // why no more places can be had
}

const (
	// sliceSpan is how much time the places take that are reserved at once.
	sliceSpan = 100 * time.Millisecond
	// placesAhead is how far ahead a run has places, if it needs so many.
	placesAhead = 250 * time.Millisecond
	// placesLead is how long before its place an attempt begins: its intent is
	// to be recorded by then.
	placesLead = 150 * time.Millisecond
	// fewCalls are so few in a second that the slack is doubled: a delay is
	// then not made up for.
	fewCalls = 10
)

// newPlaces returns the places of that many calls a second, which are fewer
// than unlimited. What reserves them and who is told is set by Share.
func newPlaces(perSecond float64) *places {
	perSecond = max(perSecond, 1.0/longest)
	n := max(1, int(perSecond+1e-6))
	window := max(time.Second, time.Duration(float64(n)/perSecond*float64(time.Second)))
	part := slack
	if n < fewCalls {
		part *= 2
	}
	gap := time.Duration(float64(window) / (1 - part) / float64(n))
	return &places{
		gap: gap, window: window, late: (time.Duration(n)*gap - window) / 2,
		slice: max(1, int(sliceSpan/gap)), part: 1,
		waiting: make(chan struct{}, 1), more: make(chan struct{}),
	}
}

// take begins an attempt if there is a place for it soon; otherwise it returns
// how long to wait before asking again. want is how many attempts could begin.
func (s *places) take(now time.Time, want int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(now)
	s.ask(now, s.flying+want)
	if next := s.used + s.flying; next < len(s.due) {
		if wait := s.due[next].Add(-placesLead).Sub(now); wait > 0 {
			return wait
		}
		s.flying++
		return 0
	}
	s.hungry = true
	return time.Second // or until places have come, or one was used
}

// back ends an attempt that needs no place any more.
func (s *places) back() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
}

// wait waits for a place, or until ctx is done.
func (s *places) wait(ctx context.Context) (Seat, error) {
	s.seat(1)
	defer s.seat(-1)
	select {
	case s.waiting <- struct{}{}:
	case <-ctx.Done():
		return Seat{}, ctx.Err()
	}
	defer func() { <-s.waiting }()
	for {
		at, d, more := s.sit()
		if d == 0 {
			return at, ctx.Err()
		}
		if err := s.await(ctx, d, more); err != nil {
			return Seat{}, err
		}
	}
}

// depart waits until the request of a call that has its place may leave, and
// reports false once ctx is done or the run stops.
func (s *places) depart(ctx context.Context, at Seat) bool {
	d, more := s.leave(at, 0)
	for d > 0 {
		if s.await(ctx, d, more) != nil {
			s.hold(-1)
			return false
		}
		d, more = s.leave(at, 1)
	}
	return ctx.Err() == nil
}

// await waits for d, or until more is closed. It returns an error once ctx is
// done, or no more places are to be had.
func (s *places) await(ctx context.Context, d time.Duration, more <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-more:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return cmp.Or(ctx.Err(), s.ctx.Err())
}

func (s *places) seat(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seated += n
}

func (s *places) hold(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += n
}

// sit takes the next place for a call that is made now, or returns how long to
// wait, or for what, before trying again.
func (s *places) sit() (Seat, time.Duration, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.trim(now)
	s.ask(now, s.flying)
	if s.used == len(s.due) {
		return Seat{}, time.Second, s.more
	}
	at := s.due[s.used]
	if n := len(s.made); n > 0 {
		if soonest := s.made[n-1].Add(time.Duration(tight * float64(s.gap))); soonest.After(at) {
			at = soonest
		}
	}
	if d := at.Sub(now); d > 0 {
		return Seat{}, d, s.more
	}
	at = s.due[s.used]
	if d := s.call(now, at); d > 0 {
		if !s.due[len(s.due)-1].After(now) {
			s.order(1) // with one more to stay empty it may go before
		}
		return Seat{}, d, s.more
	}
	s.used++
	s.flying--
	if s.hungry {
		s.hungry = false
		poke(s.Nudge)
	}
	return Seat{due: at, begun: now}, 0, nil
}

// leave has the request of a call leave now, or holds it, and returns how long
// to wait, or for what, before trying again. held is 1 if it was held before,
// or 0: then it has counted as made when it was begun.
func (s *places) leave(at Seat, held int) (time.Duration, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.trim(now)
	if held == 0 {
		if i := slices.Index(s.made, at.begun); i >= 0 {
			s.made = slices.Delete(s.made, i, i+1)
		}
	}
	s.held -= held
	if d := s.call(now, at.due); d > 0 {
		s.held++
		s.ask(now, s.flying) // with as many more to stay empty they may go before
		return d, s.more
	}
	return 0, nil
}

// call makes a call now whose place is that one, or returns how long it has to
// wait at least, unless more places come.
func (s *places) call(now, place time.Time) time.Duration {
	onTime := now.Sub(place) <= s.late
	if !onTime || now.Before(s.odd) {
		if d := s.full(now); d > 0 {
			return d
		}
	}
	if !onTime {
		s.odd = now.Add(s.window + s.late)
	}
	s.made = append(s.made, now)
	return 0
}

// full returns 0 if a call may be made now, although it or one of the last
// window is late, and else when to look again.
func (s *places) full(now time.Time) time.Duration {
	room := func(from time.Time) int { // of the window from then on
		first, _ := slices.BinarySearchFunc(s.due, from.Add(-s.late), afterTime)
		end, _ := slices.BinarySearchFunc(s.due, from.Add(s.window), afterTime)
		calls, _ := slices.BinarySearchFunc(s.made, from, afterTime)
		return end - first - (len(s.made) - calls)
	}
	begin := now.Add(-s.window)
	if room(begin) < 1 {
		return max(s.gap/4, time.Millisecond)
	}
	// Room changes for the worse only where a place leaves the window.
	for _, p := range slices.Backward(s.due) {
		from := p.Add(s.late)
		if !from.Before(now) {
			continue
		}
		if from.Before(begin) {
			break
		}
		if room(from) < 1 {
			return from.Add(s.window).Sub(now) + 1
		}
	}
	return 0
}

// afterTime finds the first of a list that is after t.
func afterTime(at, t time.Time) int {
	if at.After(t) {
		return 1
	}
	return -1
}

// trim forgets what is over. A place that nobody used for a whole window is
// lost.
func (s *places) trim(now time.Time) {
	begin := now.Add(-s.window)
	for s.used < len(s.due) && s.due[s.used].Before(begin) {
		s.used++
	}
	if n, _ := slices.BinarySearchFunc(s.made, begin, afterTime); n > 0 {
		s.made = s.made[n:]
	}
	old, _ := slices.BinarySearchFunc(s.due, begin.Add(-2*s.late), afterTime)
	if old = min(old, s.used); old > 0 {
		s.due, s.used = s.due[old:], s.used-old
	}
}

// ask reserves places for so many attempts, unless there are enough for now. A
// place is of no use to an attempt that has to wait for another's answer.
func (s *places) ask(now time.Time, want int) {
	n := len(s.due)
	want = min(want, s.seated+s.Free()) + s.held
	// A place that was missed is of use only with one that is to come.
	missed, _ := slices.BinarySearchFunc(s.due, now.Add(-s.late), afterTime)
	if want -= n - max(s.used, missed); want > 0 && (n == 0 || s.due[n-1].Sub(now) < placesAhead) {
		s.order(min(want, s.slice))
	}
}

// order reserves n places, unless some are being reserved.
func (s *places) order(n int) {
	if s.asking || s.err != nil {
		return
	}
	s.asking = true
	gap := time.Duration(float64(s.gap) / s.part)
	s.Spawn(func() {
		wait, err := s.Reserve(s.ctx, n, float64(time.Second)/float64(gap))
		s.came(time.Now().Add(wait), n, gap, err)
	})
}

// came takes places that were reserved.
func (s *places) came(first time.Time, n int, gap time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking = false
	if err != nil {
		s.err = err
		n = 0
	}
	for i := range n {
		at := first.Add(time.Duration(i) * gap)
		// An answer that was late makes its places late; the next are not to
		// follow them too soon.
		if last := len(s.due) - 1; last >= 0 && s.due[last].Add(s.gap).After(at) {
			at = s.due[last].Add(s.gap)
		}
		s.due = append(s.due, at)
	}
	close(s.more)
	s.more = make(chan struct{})
	poke(s.Nudge)
}

// poke wakes whoever listens, if that was not done already.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// slow asks for that part of the rate only.
func (s *places) slow(part float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.part = max(part, 0.01)
}

// failure returns why no places can be had any more, or nil.
func (s *places) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
