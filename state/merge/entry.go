package merge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"herald/config/addr"
	"herald/state"
)

// both merges an entry that both sides have changed; b is nil where the base
// does not know it.
func (m *merger) both(b, o, t *state.Entry) (*state.Entry, error) {
	// From here on x is the one that comes first in an order which does not
	// depend on the sides.
	x, y := o, t
	if string(state.AppendUnchecked(nil, x)) > string(state.AppendUnchecked(nil, y)) {
		x, y = y, x
	}
	var e state.Entry
	switch {
	case x.Status == state.Sent && y.Status == state.Sent:
		e = m.bothSent(x, y)
	case x.Status == state.Intent && y.Status == state.Intent && x.Addr.Kind == addr.Message:
		if !sameContentOf(x, y) {
			return nil, &Error{
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
		disclaim(&e, x, y)
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
func succeeds(e, base *state.Entry) bool {
	switch {
	case e.Change <= base.Change:
		return false
	case e.Addr.Kind != addr.Message || base.Status != state.Sent && base.Status != state.Intent:
		return true
	}
	return goesOn(e, base) || follows(e, base)
}

// follows reports whether e is of the plan that had prepared the intent.
func follows(e, prepared *state.Entry) bool {
	return prepared.Status == state.Intent && prepared.Claim != "" && e.Claim != prepared.Claim &&
		e.PlanID == prepared.PlanID && e.PlanID != "" && e.Fingerprint == prepared.Fingerprint
}

// disclaim makes sure that nobody sends under a claim which only one of the two
// has, or each another. An intent keeps one, the later, for its lease; only an
// intent whose doubt has not begun can be sent.
func disclaim(e, x, y *state.Entry) {
	if e.Claim = ""; e.Status != state.Intent || e.Addr.Kind != addr.Message {
		return
	}
	first, second := x, y
	if x.IntendedAt.After(y.IntendedAt) {
		first, second = y, x
	}
	for _, from := range []*state.Entry{first, second} {
		if from.Status == state.Intent && from.Claim != "" {
			e.Claim = from.Claim
		}
	}
	if e.Claim != "" && e.DoubtAt.IsZero() {
		e.DoubtAt = e.IntendedAt
	}
}

// sameContentOf reports whether two entries are about the same content for the
// same person.
func sameContentOf(x, y *state.Entry) bool {
	return x.Account == y.Account && x.Recipient == y.Recipient && x.Fingerprint == y.Fingerprint
}

// bothSent merges two sent messages: the one that was settled first leads, or
// the one whose id is known, and every id is kept.
func (m *merger) bothSent(x, y *state.Entry) state.Entry {
	lead := x
	nameless := func(e *state.Entry) int { // an id that is known says more than none
		if e.MessageID == "" {
			return 1
		}
		return 0
	}
	if cmp.Or(cmp.Compare(nameless(x), nameless(y)), compareTimes(x.SettledAt, y.SettledAt, 1), cmp.Compare(x.MessageID, y.MessageID)) > 0 {
		lead = y
	}
	all := append(ids(x), ids(y)...)
	slices.Sort(all)
	all = slices.Compact(all)
	e := *lead
	e.AlsoSent = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == e.MessageID })
	if len(e.AlsoSent) == 0 {
		e.AlsoSent = nil
	}
	if len(all) > len(ids(x)) && len(all) > len(ids(y)) {
		m.twice = append(m.twice, Twice{Key: e.Key(), IDs: ids(&e), Differ: !sameContentOf(x, y)})
	}
	return e
}

// bothInDoubt merges two doubts about the same content.
func bothInDoubt(x, y *state.Entry) state.Entry {
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
// are nothing to be afraid for, which the table of Records names.
func (m *merger) choose(b, x, y *state.Entry) *state.Entry {
	win, lose := x, y
	if order := cmp.Compare(weight(x), weight(y)); order < 0 || order == 0 && later(y, x) {
		win, lose = y, x
	}
	switch {
	case win.Status == state.Sent && lose.Status == state.Intent && !sameAttempt(win, lose) && !follows(win, lose) &&
		(b == nil || lose.Change > b.Change && !sameAttempt(b, lose)):
		m.twice = append(m.twice, Twice{Key: win.Key(), IDs: ids(win), Doubt: true, Differ: !sameContentOf(win, lose)})
	case win.Status == state.Reacted && lose.Status == state.Absent && b != nil && b.Status == state.Reacted &&
		b.Target == win.Target && b.Reaction == win.Reaction:
		return lose
	}
	return win
}

// sameAttempt reports whether the doubt y is about the attempt that x is about:
// then x is how it ended, or the same doubt.
func sameAttempt(x, y *state.Entry) bool {
	return (x.Status == state.Sent || x.Status == state.Intent) && x.Fingerprint == y.Fingerprint && x.IntendedAt.Equal(y.IntendedAt)
}

// weight orders the statuses by what must not be lost.
func weight(e *state.Entry) int {
	switch e.Status {
	case state.Sent:
		return 4
	case state.Intent:
		return 3
	case state.Reacted:
		return 2
	case state.Rejected, state.Absent:
		return 1
	case state.StatusInvalid:
	}
	return 0
}

// later reports whether y counts instead of x, which has the same weight.
func later(y, x *state.Entry) bool {
	if y.Status == state.Intent || y.Status == state.Reacted {
		return cmp.Or(compareTimes(y.IntendedAt, x.IntendedAt, -1), compareTimes(y.SettledAt, x.SettledAt, -1),
			cmp.Compare(y.Change, x.Change)) > 0
	}
	return cmp.Or(cmp.Compare(y.Change, x.Change), cmp.Compare(finality(y), finality(x)),
		compareTimes(y.SettledAt, x.SettledAt, -1)) > 0
}

func finality(e *state.Entry) int {
	switch {
	case e.Status != state.Rejected || e.Refusal == nil:
		return 0
	case e.Refusal.Class == state.Final:
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
