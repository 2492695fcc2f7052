package apply

import (
	"time"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// A run that prepares a plan writes the intents of all its sends at once, and
// shares the record, so that every other run knows that they may be sent. What
// tells those runs when they no longer will be? No lock reaches from one
// machine to another, and a runner that has prepared may still be alive when a
// second one reads the conversation, finds nothing, and sends: then both do.
//
// So a claim is a lease, and its beginning is written into the entries: the
// runner that holds it begins no POST after ClaimedAt + ClaimLease -
// claimMargin, and no other run believes before ClaimedAt + ClaimLease, and its
// own grace time, that a prepared message is absent. Both compare with
// Instagram's clock, and with the same recorded moment, so that it does not
// matter whose clock ClaimedAt was taken from: with a wrong one the runner
// itself has more time or less. What is left is a machine that stands still
// between its last look at the clock and the call, for longer than claimMargin,
// and then goes on with the same connection.
const (
	// ClaimLease is how long a prepared message belongs to the run that
	// prepared it.
	ClaimLease = 30 * time.Minute
	// claimMargin is how long before the end of its lease a run begins its last
	// POST: more than the longest call, and what two clocks may differ.
	claimMargin = 5 * time.Minute
	// claimAhead is how long a run waits for Instagram's clock to come to where
	// its own was when it prepared.
	claimAhead = time.Minute
)

// ClaimTime returns when a claim begins that is made now, to prepare the plan:
// in whole microseconds, and later than every intent that the plan has in the
// record, so that an intent after it was written under the claim. A nil record
// has none.
func ClaimTime(p *plan.Plan, r *state.Record, now time.Time) time.Time {
	at := now.UTC().Truncate(time.Microsecond)
	if r == nil {
		return at
	}
	for e := range r.All() {
		if e.PlanID == p.ID && !e.IntendedAt.Before(at) {
			at = e.IntendedAt.Add(time.Microsecond)
		}
	}
	return at
}

// ClaimOver reports whether nothing can be sent any more under a claim that
// began then.
func ClaimOver(claimedAt, now time.Time) bool {
	return !now.Before(claimedAt.Add(ClaimLease - claimMargin))
}

// lease is what a run holds open: see Run.Claim.
type lease struct {
	nonce, former string
	since         time.Time
	// unbegun counts the open intents of the record.
	unbegun int
}

// leaseIn returns the run's claim. Without a time it began with the first of
// its intents.
func (r Run) leaseIn(record *state.Record) lease {
	c := lease{nonce: r.Claim, since: r.ClaimedAt}
	if r.SettleOnly {
		return lease{}
	}
	if r.Prepare {
		c.former = r.FormerClaim
	}
	if c.nonce == "" || !c.since.IsZero() {
		return c
	}
	for e := range record.All() {
		if e.Claim == c.nonce && e.PlanID == r.Plan.ID && (c.since.IsZero() || e.IntendedAt.Before(c.since)) {
			c.since = e.IntendedAt
		}
	}
	return c
}

// opened reports whether the entry is an intent that this runner prepared for
// this plan, and has not begun to send.
func (l *ledger) opened(e *state.Entry) bool {
	return e.Status == state.Intent && e.Claim != "" && (e.Claim == l.nonce || e.Claim == l.former) &&
		e.PlanID == l.planID && e.DoubtAt.IsZero()
}

// doubtful reports whether the entry is of a message that may have been
// delivered.
func (l *ledger) doubtful(e *state.Entry) bool {
	return e.Addr.Kind == addr.Message && e.Status == state.Intent && !l.opened(e)
}

// unclaimed returns what keeps a run with a claim from sending the message: it
// was not prepared under it, or the claim is over. A message is the claim's if
// its entry is open, or was written by this plan since. l.mu is held.
func (l *ledger) unclaimed(c *plan.Change, prior *state.Entry, now time.Time) *obstacle {
	switch {
	case l.nonce == "":
		return nil
	case prior == nil, !l.opened(prior) && (prior.PlanID != l.planID || !prior.IntendedAt.After(l.since)):
		return &obstacle{kind: notPrepared, key: c.Key()}
	case l.over(now):
		return &obstacle{kind: claimOver, key: c.Key()}
	}
	return nil
}

// over reports whether no message may be sent now under the run's claim; now is
// server time, or zero.
func (l *ledger) over(now time.Time) bool {
	return l.nonce != "" && (!now.After(l.since) || ClaimOver(l.since, now))
}

// withdrawUnbegun makes absent what was prepared and never begun: the run ends,
// and another may send it. It is stored with the last snapshot.
func (e *engine) withdrawUnbegun() {
	l := e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unbegun == 0 {
		return
	}
	for _, entry := range l.record.Sorted() {
		if !l.opened(entry) {
			continue
		}
		next := entry.Next(l.planID)
		next.Status, next.SettledBy, next.Claim = state.Absent, "withdrawn", ""
		if a := e.accounts[next.Account]; a != nil {
			next.SettledAt = a.clock.now()
		}
		if next.Attempts == 0 {
			next.FirstIntendedAt, next.IntendedAt = time.Time{}, time.Time{}
		}
		l.put(&next, false)
		l.written = true
	}
}

// claimBegins sees to it that an account sends nothing under a claim before
// Instagram's clock has come to its beginning, which a clock of this machine
// that is ahead would allow.
func (e *engine) claimBegins(a *account) {
	if e.run.Claim == "" || e.ledger.since.IsZero() {
		return
	}
	now := a.clock.now()
	ahead := e.ledger.since.Sub(now)
	switch {
	case now.IsZero():
		e.stopAccount(a, Outcome{
			Class: NotWritten, Reason: "no_time",
			Explain: "Instagram's answer does not tell its time, and without it nobody knows how long what was prepared may be sent.",
			Remedy:  "Apply without preparing.",
		})
	case ahead >= claimAhead:
		e.stopAccount(a, Outcome{
			Class: NotWritten, Reason: "clock_ahead",
			Explain: "By Instagram's clock the plan was prepared in the future, at " + moment(e.ledger.since) + ", so the clock of the machine that prepared it is wrong.",
			Remedy:  "Set the clock, then prepare again, share the record, and apply.",
		})
	case ahead >= 0:
		a.waitUntil = time.Now().Add(ahead + time.Millisecond)
	}
}

// leaseEnd returns when the run that prepared the entry may no longer send it.
func leaseEnd(e *state.Entry) time.Time { return e.IntendedAt.Add(ClaimLease) }

// leased reports whether another run, which prepared the message, may still be
// sending it, or may have a moment ago.
func leased(e *state.Entry, ev evidence) bool {
	return e.Claim != "" && (e.IntendedAt.IsZero() || ev.now.IsZero() || ev.now.Before(leaseEnd(e).Add(ev.grace)))
}
