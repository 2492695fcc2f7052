package apply

import "time"

// throttle is how long calls of one sort wait for a rate limit, those of an
// account or its reads.
type throttle struct {
	waitUntil time.Time
	limits    int // waits since a call was last accepted
}

// limited records a refusal for the rate and reports whether it began a wait:
// refusals of calls that were made before the wait began or ended count as
// one. What Meta says of the end of the limit wins.
func (t *throttle) limited(o Outcome, began, now time.Time, random func() float64) bool {
	first := !began.Before(t.waitUntil)
	if !first && !now.Add(o.RegainAccess).After(t.waitUntil) {
		return false
	}
	if first {
		t.limits++
	}
	d := o.RegainAccess
	if d <= 0 {
		d = backoff(t.limits, limitFirst, limitMost, random)
	}
	t.waitUntil = now.Add(d)
	return true
}
