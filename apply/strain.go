package apply

import "time"

// Where an account is slowed down before Instagram refuses its calls. The
// usage that answers tell is a percentage of what is allowed, taken over a
// time that Meta does not name.
const (
	strainFrom = 80   // per cent of usage from which on calls are spread
	strainFull = 100  // per cent at which they are spread the most
	strainLast = 0.1  // the part of the rate that is left then
	strainStep = 0.05 // a smaller change of that part is none
	// So long after an answer told of it, a usage that no answer tells of any
	// more is forgotten.
	strainAge = time.Minute
)

// strain is how near an account is to its limit.
type strain struct {
	part float64 // of the rate that is allowed; 0 stands for all of it
	told time.Time
}

// allowed returns the part of the rate that a usage in per cent allows.
func allowed(usage int) float64 {
	over := float64(min(usage, strainFull)-strainFrom) / (strainFull - strainFrom)
	return 1 - max(0, over)*(1-strainLast)
}

// feel takes the usage that an answer told, 0 for none, and reports whether
// the account's rate changed.
func (a *account) feel(usage int, now time.Time) bool {
	s := &a.strain
	if s.part == 0 {
		s.part = 1
	}
	if usage <= 0 {
		if s.part == 1 || now.Sub(s.told) < strainAge {
			return false
		}
	} else {
		s.told = now
	}
	part := allowed(usage)
	if diff := part - s.part; part != 1 && diff < strainStep && diff > -strainStep || part == s.part {
		return false
	}
	s.part = part
	for _, l := range a.lanes() {
		l.pace.Slow(part, now)
	}
	return true
}

// strained slows the account down, or lets it go on, by the usage that an
// answer told.
func (e *engine) strained(a *account, o Outcome, now time.Time) {
	if !a.feel(o.Usage, now) {
		return
	}
	ev := Event{Type: AccountSlowed, Account: a.plan, Outcome: o}
	if a.strain.part < 1 {
		ev.Rate = a.plan.Rates.Messages * a.strain.part
	}
	e.observe(ev)
}
