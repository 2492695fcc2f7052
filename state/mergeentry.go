package state

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"herald/config/addr"
)

// both merges an entry that both sides have changed; b is nil where the base
// does not know it.
func (m *merger) both(b, o, t *Entry) (*Entry, error) {
	// From here on x is the one that comes first in an order which does not
	// depend on the sides.
	x, y := o, t
	if string(appendEntry(nil, x)) > string(appendEntry(nil, y)) {
		x, y = y, x
	}
	var e Entry
	switch {
	case x.Status == Sent && y.Status == Sent:
		e = m.bothSent(x, y)
	case x.Status == Intent && y.Status == Intent && x.Addr.Kind == addr.Message:
		if !sameContentOf(x, y) {
			return nil, &MergeError{
				Problem: fmt.Sprintf("%s is in doubt on both sides, and the two were not the same message", x.Key()),
				Advice: "An entry keeps one of them in mind, so the other would be forgotten, and perhaps sent again. Settle it on " +
					"one side first, with herald reconcile or herald resolve, and merge then.",
			}
		}
		e = bothInDoubt(x, y)
	default:
		e = *m.choose(b, x, y)
	}
	e.Change = max(x.Change, y.Change) + 1
	e.Attempts = max(x.Attempts, y.Attempts)
	if x.Claim != y.Claim {
		e.disclaim(x, y)
	}
	if x.PlanID != y.PlanID || !sameEntry(x.Before, y.Before) {
		e.PlanID, e.Before = "", nil
	}
	return &e, nil
}

// succeeds reports whether e is what became of the base: whether it was written
// later, and of a sent message or a doubt, whether it knows of it. A person who
// takes a message out leaves its id, and a plan that sends it anew leaves what
// was before; a prepared intent is followed by what its plan did.
func (e *Entry) succeeds(base *Entry) bool {
	switch {
	case e.Change <= base.Change:
		return false
	case e.Addr.Kind != addr.Message || base.Status != Sent && base.Status != Intent:
		return true
	}
	return e.goesOn(base) || e.follows(base)
}

// follows reports whether e is of the plan that had prepared the intent.
func (e *Entry) follows(prepared *Entry) bool {
	return prepared.Status == Intent && prepared.Claim != "" && e.Claim != prepared.Claim &&
		e.PlanID == prepared.PlanID && e.PlanID != "" && e.Fingerprint == prepared.Fingerprint
}

// disclaim makes sure that nobody sends under a claim which only one of the two
// has, or each another. An intent keeps one, the later, for its lease; only an
// intent whose doubt has not begun can be sent.
func (e *Entry) disclaim(x, y *Entry) {
	if e.Claim = ""; e.Status != Intent || e.Addr.Kind != addr.Message {
		return
	}
	first, second := x, y
	if x.IntendedAt.After(y.IntendedAt) {
		first, second = y, x
	}
	for _, from := range []*Entry{first, second} {
		if from.Status == Intent && from.Claim != "" {
			e.Claim = from.Claim
		}
	}
	if e.Claim != "" && e.DoubtAt.IsZero() {
		e.DoubtAt = e.IntendedAt
	}
}

// sameContentOf reports whether two entries are about the same content for the
// same person.
func sameContentOf(x, y *Entry) bool {
	return x.Account == y.Account && x.Recipient == y.Recipient && x.Fingerprint == y.Fingerprint
}

// bothSent merges two sent messages: the one that was settled first leads, and
// every id is kept.
func (m *merger) bothSent(x, y *Entry) Entry {
	lead := x
	if order := cmp.Or(compareTimes(x.SettledAt, y.SettledAt, 1), cmp.Compare(x.MessageID, y.MessageID)); order > 0 {
		lead = y
	}
	all := append(x.ids(), y.ids()...)
	slices.Sort(all)
	all = slices.Compact(all)
	e := *lead
	e.AlsoSent = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == e.MessageID })
	if len(e.AlsoSent) == 0 {
		e.AlsoSent = nil
	}
	if len(all) > len(x.ids()) && len(all) > len(y.ids()) {
		m.twice = append(m.twice, Twice{Key: e.Key(), IDs: e.ids(), Differ: !sameContentOf(x, y)})
	}
	return e
}

// bothInDoubt merges two doubts about the same content.
func bothInDoubt(x, y *Entry) Entry {
	last, other := x, y
	if y.IntendedAt.After(x.IntendedAt) {
		last, other = y, x
	}
	e := *last
	if compareTimes(other.FirstIntendedAt, e.FirstIntendedAt, 1) < 0 {
		e.FirstIntendedAt = other.FirstIntendedAt
	}
	if compareTimes(other.DoubtAt, e.DoubtAt, 1) < 0 {
		e.DoubtAt = other.DoubtAt
	}
	return e
}

// choose returns the one of two entries of different status, or of two that
// are nothing to be afraid for, which the table of Merge names.
func (m *merger) choose(b, x, y *Entry) *Entry {
	win, lose := x, y
	if order := cmp.Compare(weight(x), weight(y)); order < 0 || order == 0 && later(y, x) {
		win, lose = y, x
	}
	switch {
	case win.Status == Sent && lose.Status == Intent && !sameAttempt(win, lose) && !win.follows(lose) &&
		(b == nil || lose.Change > b.Change && !sameAttempt(b, lose)):
		m.twice = append(m.twice, Twice{Key: win.Key(), IDs: win.ids(), Doubt: true, Differ: !sameContentOf(win, lose)})
	case win.Status == Reacted && lose.Status == Absent && b != nil && b.Status == Reacted &&
		b.Target == win.Target && b.Reaction == win.Reaction:
		return lose
	}
	return win
}

// sameAttempt reports whether the doubt y is about the attempt that x is about:
// then x is how it ended, or the same doubt.
func sameAttempt(x, y *Entry) bool {
	return (x.Status == Sent || x.Status == Intent) && x.Fingerprint == y.Fingerprint && x.IntendedAt.Equal(y.IntendedAt)
}

// weight orders the statuses by what must not be lost.
func weight(e *Entry) int {
	switch e.Status {
	case Sent:
		return 4
	case Intent:
		return 3
	case Reacted:
		return 2
	case Rejected, Absent:
		return 1
	case StatusInvalid:
	}
	return 0
}

// later reports whether y counts instead of x, which has the same weight.
func later(y, x *Entry) bool {
	if y.Status == Intent || y.Status == Reacted {
		return cmp.Or(compareTimes(y.IntendedAt, x.IntendedAt, -1), compareTimes(y.SettledAt, x.SettledAt, -1),
			cmp.Compare(y.Change, x.Change)) > 0
	}
	return cmp.Or(cmp.Compare(y.Change, x.Change), cmp.Compare(finality(y), finality(x)),
		compareTimes(y.SettledAt, x.SettledAt, -1)) > 0
}

func finality(e *Entry) int {
	switch {
	case e.Status != Rejected || e.Refusal == nil:
		return 0
	case e.Refusal.Class == Final:
		return 2
	}
	return 1
}

// compareTimes orders two times; one that is not known comes last with unknown
// = 1 and first with -1.
func compareTimes(a, b time.Time, unknown int) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return unknown
	case b.IsZero():
		return -unknown
	}
	return a.Compare(b)
}
