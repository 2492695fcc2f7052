package apply

import (
	"time"

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
