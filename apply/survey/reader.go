package survey

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"herald/apply"
	"herald/plan"
)

// How conversations are read.
const (
	// So many reads of one account may be under way, so that a slow answer does
	// not make the rate lower than what is allowed.
	parallel = 4
	// A conversation that could not be read is tried so often, and so is one read
	// that was refused for the rate.
	maxRounds = 3
	maxLimits = 5
	// The waits before a failed read is repeated, and for the rate.
	retryFirst, retryMost = 5 * time.Second, 15 * time.Second
	limitFirst, limitMost = time.Second, time.Minute
	askFirst              = 500 * time.Millisecond
	askPatience           = 30 * time.Second
	// Above so many conversations the list of all is read first, a page at a time.
	fewTalks = 10
	// The reads a second and the time of grace of a plan that names none.
	usualReads    = 2
	usualPatience = 60 * time.Second
	// slack lies between the rate that is kept and the one that is allowed.
	slack = 0.01
)

// reader reads the conversations of one account.
type reader struct {
	*work
	account *plan.Account
	talks   []*talk
	pace    *rate.Limiter
	began   time.Time
	// patience is how long after the beginning an absence is believed.
	patience time.Duration

	// The rest is guarded by work.mu.
	listings map[*talk]*apply.Listing // of those with reactions
	done     map[*talk]bool
	wait     time.Time // nothing is read before
	limits   int
	halted   bool
}

func newReader(w *work, a *plan.Account, now time.Time) *reader {
	r := &reader{
		work: w, account: a, began: now, patience: cmp.Or(a.SettleAfter, usualPatience),
		pace:     rate.NewLimiter(rate.Limit(cmp.Or(a.Rates.Reads, usualReads)*(1-slack)), 1),
		listings: make(map[*talk]*apply.Listing), done: make(map[*talk]bool),
	}
	r.pace.AllowN(now, 1) // the first read waits for its turn like any other
	return r
}

// do reads everything: pages of the list where there is much, then each
// conversation that is not decided, and what is not decided once more when an
// absence can be believed.
func (r *reader) do(ctx context.Context) {
	if !r.identify(ctx) {
		return
	}
	if r.Refresh {
		r.checkPosts(ctx)
	}
	if len(r.talks) > fewTalks {
		r.pages(ctx)
	}
	left := r.left(func(*talk) bool { return true })
	for round := 1; len(left) > 0 && round <= maxRounds; round++ {
		if round > 1 && !r.pause(ctx, round) {
			return
		}
		r.round(ctx, left)
		again := r.failed
		if round == 1 && !r.Refresh {
			again = func(t *talk) bool { return !t.late || r.failed(t) }
		}
		left = r.left(again)
	}
}

// left returns the talks that are not decided and of that sort.
func (r *reader) left(wanted func(*talk) bool) []*talk {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted {
		return nil
	}
	var list []*talk
	for _, t := range r.talks {
		if !r.done[t] && wanted(t) {
			list = append(list, t)
		}
	}
	return list
}

// failed reports whether nothing is known of a talk, because it could not be
// read. r.mu is held.
func (r *reader) failed(t *talk) bool {
	for _, c := range t.messages {
		switch f, ok := r.findings[c]; {
		case !ok, f.Why == Unread, f.Why == Unreadable, f.Why == Unlisted:
			return true
		}
	}
	return len(t.react) > 0 && r.listings[t] == nil
}

// pause waits before another round: until an absence can be believed, or a
// while after a failure.
func (r *reader) pause(ctx context.Context, round int) bool {
	e := Event{Type: Retrying, Account: r.account, For: backoff(round-1, retryFirst, retryMost, r.Random)}
	if round == 2 && !r.Refresh {
		e.Type, e.For = Looking, time.Until(r.began.Add(r.patience))
	}
	d := e.For
	if d > 0 {
		e.Left = d
		r.mu.Lock()
		r.tell(e)
		r.mu.Unlock()
	}
	return sleep(ctx, d)
}

// round reads the talks, several at a time.
func (r *reader) round(ctx context.Context, talks []*talk) {
	queue := make(chan *talk)
	var wg sync.WaitGroup
	for range min(parallel, len(talks)) {
		wg.Go(func() {
			for t := range queue {
				r.readTalk(ctx, t)
			}
		})
	}
feed:
	for _, t := range talks {
		select {
		case queue <- t:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	wg.Wait()
}

// turn waits until a read may be made. It reports false if none may be.
func (r *reader) turn(ctx context.Context) bool {
	for {
		r.mu.Lock()
		wait, halted := time.Until(r.wait), r.halted
		r.mu.Unlock()
		switch {
		case halted || ctx.Err() != nil:
			return false
		case wait <= 0:
			return r.pace.Wait(ctx) == nil
		case !sleep(ctx, wait):
			return false
		}
	}
}

// readTalk reads one conversation and keeps what follows.
func (r *reader) readTalk(ctx context.Context, t *talk) {
	for limited := 1; r.turn(ctx); limited++ {
		began := time.Now()
		var l apply.Listing
		if len(t.react) > 0 {
			l = r.Client.Reactions(ctx, r.account, t.at.Recipient)
		} else {
			l = r.Client.Conversation(ctx, r.account, t.at.Recipient)
		}
		if ctx.Err() != nil && l.Outcome.Class != apply.Accepted {
			return // it was cut short by us
		}
		r.mu.Lock()
		again := r.heed(l.Outcome, began) && limited < maxLimits
		if !again {
			r.take(t, l, began)
		}
		r.mu.Unlock()
		if !again {
			return
		}
	}
}

// heed learns from an outcome, and reports whether the rate limit was reached.
// r.mu is held.
func (r *reader) heed(o apply.Outcome, began time.Time) bool {
	if now := time.Now(); !o.Date.IsZero() {
		r.now, r.came = o.Date.Add(500*time.Millisecond), now // a Date has whole seconds
	}
	switch o.Class {
	case apply.RateLimited:
		if !began.Before(r.wait) {
			r.limits++
			d := o.RegainAccess
			if d <= 0 {
				d = backoff(r.limits, limitFirst, limitMost, r.Random)
			}
			r.wait = time.Now().Add(d)
			r.tell(Event{Type: Waiting, Account: r.account, Outcome: o, For: d})
		}
		return true
	case apply.AccountRefused:
		r.stop(o)
	case apply.Accepted:
		r.limits = 0
	case apply.NotWritten, apply.InDoubt, apply.Hold, apply.Final, apply.RefetchMedia, apply.ClassInvalid:
	}
	return false
}

// stop ends the reading of the account. r.mu is held.
func (r *reader) stop(o apply.Outcome) {
	if r.halted {
		return
	}
	r.halted = true
	r.stopped = append(r.stopped, Stop{Account: r.account, Outcome: o})
	r.tell(Event{Type: Stopped, Account: r.account, Outcome: o})
}

// take keeps what follows from a listing. A worse answer does not take back
// what an earlier one said. r.mu is held.
func (r *reader) take(t *talk, l apply.Listing, began time.Time) {
	ev := r.evidence(l, began)
	findings := t.match(ev)
	t.late = ev.believed
	decided := true
	for _, f := range findings {
		old, known := r.findings[f.Change]
		if worse := known && old.Why != Unread && old.Why != Unreadable && old.Why != Unlisted &&
			(f.Why == Unreadable || f.Why == Unlisted); !worse {
			r.findings[f.Change] = f
		}
		decided = decided && r.findings[f.Change].Verdict != Unknown
	}
	usable := l.Outcome.Class == apply.Accepted && l.Known
	if usable {
		r.windows[t.at] = t.window(l)
		if len(t.react) > 0 {
			r.listings[t] = &l
		}
	}
	first := !r.done[t] && r.counted(t)
	r.done[t] = decided && usable || r.Refresh && l.Outcome.Class == apply.Accepted
	if first {
		r.read++
	}
	r.tell(Event{Type: Progressed, Account: r.account, Left: r.estimate()})
}

// counted reports whether it is the first time that the talk was read, and
// notes it. r.mu is held.
func (r *reader) counted(t *talk) bool {
	if t.counted {
		return false
	}
	t.counted = true
	return true
}

func (r *reader) evidence(l apply.Listing, began time.Time) evidence {
	ev := evidence{
		listing: l, claimed: r.claimed, unedited: r.Unedited, media: r.Media,
		believed: !r.Refresh && began.Sub(r.began) >= r.patience,
	}
	if !r.LostAfter.IsZero() {
		ev.start = r.LostAfter.Add(-margin)
	}
	return ev
}

// margin is how far before the moment after which something was lost the
// reading goes: clocks differ, as in the recipe of apply.
const margin = 121 * time.Second

// estimate is about how long the rest takes, of the account that takes longest.
// r.mu is held.
func (r *reader) estimate() time.Duration {
	var longest time.Duration
	for _, x := range r.readers {
		n := 0
		for _, t := range x.talks {
			if !t.counted {
				n++
			}
		}
		longest = max(longest, time.Duration(float64(n)/float64(x.pace.Limit())*float64(time.Second)))
	}
	return longest
}

// pages reads the list of conversations, those last written to first, as long
// as it holds some that are looked for. What a page has may be found; nothing is
// absent because of a page.
func (r *reader) pages(ctx context.Context) {
	talks := make(map[string]*talk, len(r.talks))
	for _, t := range r.talks {
		if len(t.react) == 0 {
			talks[t.at.Recipient] = t
		}
	}
	limits := 0
	for after := ""; len(talks) > 0 && r.turn(ctx); {
		began := time.Now()
		p := r.Client.Conversations(ctx, r.account, after)
		r.mu.Lock()
		limited := r.heed(p.Outcome, began)
		more := r.takePage(p, talks)
		r.mu.Unlock()
		switch {
		case limited && limits < maxLimits:
			limits++
		case !more || p.Next == "":
			return
		default:
			after = p.Next
		}
	}
}

// takePage keeps what was found on a page, and reports whether it held any of
// the conversations looked for. r.mu is held.
func (r *reader) takePage(p apply.Page, talks map[string]*talk) bool {
	more := false
	for _, l := range p.Listings {
		t := talks[l.Recipient]
		if t == nil || l.Outcome.Class != apply.Accepted || !l.Known {
			continue
		}
		more = true
		delete(talks, l.Recipient)
		ev := r.evidence(l, r.began) // never believed
		if findings := t.match(ev); r.Refresh || !undecided(findings) {
			r.take(t, l, r.began)
		}
	}
	return more
}

func undecided(findings []Finding) bool {
	for _, f := range findings {
		if f.Verdict == Unknown {
			return true
		}
	}
	return false
}

// backoff returns the wait before attempt n+1, n counting from 1: first,
// doubled each time up to most, and spread by up to half to either side.
func backoff(n int, first, most time.Duration, random func() float64) time.Duration {
	d := first
	for ; n > 1 && d < most; n-- {
		d *= 2
	}
	return time.Duration(float64(min(d, most)) * (0.5 + random()))
}

// sleep waits for d and reports whether it did; it ends early with ctx.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
