package apply

import (
	"fmt"
	"slices"
	"time"

	"herald/config/content"
	"herald/state"
)

// The recipe by which a message in doubt is settled. It decides from what is
// recorded and what was read, and from nothing else: it knows no run, no clock
// and no network.
//
//   - found: a message of ours in the window has the recorded fingerprint, and
//     no entry claims its id. Of media, where the addresses come back
//     rewritten: it is the only candidate, and of the same kind.
//   - absent: the listing reaches back past the window's beginning, no
//     unclaimed message of ours in the window may be the one in doubt, and the
//     grace time has passed since the doubt began.
//   - in doubt still: everything else.

// Where the window of a message begins: the times of the listing have whole
// seconds, and the clocks of two machines may differ.
const (
	wholeSecond  = time.Second
	windowMargin = 120 * time.Second
)

// doubt is an entry in doubt as the recipe sees it.
type doubt struct {
	entry *state.Entry
	// kind is what the message is; KindInvalid if that is not known, because
	// its block is gone or was edited: the record keeps no kind.
	kind content.Kind
	// apart marks a doubt that is not to be settled, and that may be what a
	// message belongs to all the same.
	apart bool
}

// evidence is what was read, and when.
type evidence struct {
	listing Listing
	// claimed reports whether an entry of the record has that message id.
	claimed func(id string) bool
	// now is the server's time when the reading began, zero if not known.
	now   time.Time
	grace time.Duration
	// early says that the grace time has not passed by the clock of this
	// process, whatever now says.
	early bool
	// foundOnly says that the listing may prove nothing absent: it is part of
	// a page.
	foundOnly bool
}

// verdictOf is what the recipe says of one doubt. The zero value is doubtful.
type verdictOf uint8

const (
	doubtful verdictOf = iota
	found
	absent
)

// finding is the recipe's answer for one doubt.
type finding struct {
	verdict verdictOf
	id      string // of the message that was found
	why     string // a sentence: why it is in doubt still
}

// settleBy applies the recipe to all doubts of one conversation together, and
// returns a finding for each. One message is at the most one entry's.
func settleBy(doubts []doubt, ev evidence) []finding {
	out := make([]finding, len(doubts))
	if why := unusable(ev.listing); why != "" {
		for i := range out {
			out[i].why = why
		}
		return out
	}
	free := slices.DeleteFunc(slices.Clone(ev.listing.Messages), func(m Received) bool { return !m.FromUs || ev.claimed(m.ID) })
	free = matchTexts(doubts, free, out)
	matchMedia(doubts, free, out)
	for i, d := range doubts {
		if out[i].verdict == doubtful {
			out[i] = d.absence(free, ev)
		}
	}
	return out
}

// unusable says why nothing follows from the listing, or "".
func unusable(l Listing) string {
	switch {
	case l.Outcome.Class != Accepted:
		return fmt.Sprintf("Its conversation could not be read%s, and nothing follows from that.", codes(l.Outcome))
	case !l.Known:
		return "Instagram's answer did not have its conversation, and nothing follows from that."
	}
	return ""
}

// matchTexts finds the texts whose fingerprint is a doubt's, and returns the
// messages that are left unclaimed. Of equal texts the earlier message goes to
// the earlier doubt. What belongs to a doubt apart stays among the unclaimed,
// because no entry claims it yet.
func matchTexts(doubts []doubt, free []Received, out []finding) []Received {
	order := make([]int, len(doubts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return doubts[i].entry.FirstIntendedAt.Compare(doubts[j].entry.FirstIntendedAt)
	})
	left := make([]Received, 0, len(free))
	for _, m := range slices.Backward(free) { // oldest first
		if i := matchText(doubts, order, m, out); i >= 0 {
			out[i] = finding{verdict: found, id: m.ID}
			if !doubts[i].apart {
				continue
			}
		}
		left = append(left, m)
	}
	return left
}

// matchText returns the first doubt in that order whose text m is, or -1.
func matchText(doubts []doubt, order []int, m Received, out []finding) int {
	if m.Kind != content.Text {
		return -1
	}
	for _, i := range order {
		e := doubts[i].entry
		if out[i].verdict != doubtful || e.FirstIntendedAt.IsZero() || !inWindow(e, m) {
			continue
		}
		if content.Fingerprint(e.Account, e.Recipient, content.Content{Kind: content.Text, Value: m.Text}) == e.Fingerprint {
			return i
		}
	}
	return -1
}

// matchMedia finds what is told by its kind alone: the only candidate, of the
// same kind, and no candidate of another doubt.
func matchMedia(doubts []doubt, free []Received, out []finding) {
	hits := make([]finding, len(doubts))
	for i, d := range doubts {
		if out[i].verdict != doubtful || d.kind == content.KindInvalid || d.kind.Wire() == content.Text || d.entry.FirstIntendedAt.IsZero() {
			continue
		}
		list := d.candidates(free)
		if len(list) != 1 || list[0].Kind != d.kind || list[0].Unclear {
			continue
		}
		shared := false
		for j, other := range doubts {
			shared = shared || j != i && out[j].verdict == doubtful && len(other.candidates(list)) > 0
		}
		if !shared {
			hits[i] = finding{verdict: found, id: list[0].ID}
		}
	}
	for i, hit := range hits {
		if hit.verdict == found {
			out[i] = hit
		}
	}
}

// candidates returns those of the unclaimed messages that may be the one in
// doubt.
func (d doubt) candidates(free []Received) []Received {
	var list []Received
	for _, m := range free {
		if m.MayBe(d.kind) && inWindow(d.entry, m) {
			list = append(list, m)
		}
	}
	return list
}

// absence says whether a message that was not found is proven absent.
func (d doubt) absence(free []Received, ev evidence) finding {
	e := d.entry
	list := d.candidates(free)
	switch {
	case e.FirstIntendedAt.IsZero():
		return finding{why: "It is not recorded when it was sent, by Instagram's time, so what is in its conversation cannot be told from what was there before."}
	case len(list) == 1:
		return finding{why: fmt.Sprintf("Its conversation holds a message of the account's from %s that no entry of the record has: it may be this one, or one that was written in the app.", moment(list[0].At))}
	case len(list) > 1:
		return finding{why: fmt.Sprintf("Its conversation holds %d messages of the account's since %s that no entry of the record has: one of them may be this one.", len(list), moment(earliest(list)))}
	case leased(e, ev):
		return finding{why: fmt.Sprintf("It is not in its conversation, and another run, which prepared it at %s, may still be sending it: before %s its absence is not believed.", moment(e.IntendedAt), moment(leaseEnd(e).Add(ev.grace)))}
	case !reaches(ev.listing, windowStart(e)):
		return finding{why: "Its conversation has more than 20 newer messages, and of older ones Instagram tells no details."}
	case ev.foundOnly || e.DoubtAt.IsZero() || ev.now.IsZero():
		return finding{why: "It is not in its conversation, and without Instagram's time that does not prove that it never arrives."}
	case ev.early || ev.now.Sub(e.DoubtAt) < ev.grace:
		return finding{why: fmt.Sprintf("It is not in its conversation yet, and a message may appear there late: that is believed only %s after the call.", ev.grace)}
	}
	return finding{verdict: absent}
}

// windowStart returns when the window begins in which the message may stand.
func windowStart(e *state.Entry) time.Time {
	return e.FirstIntendedAt.Add(-wholeSecond - windowMargin)
}

// inWindow reports whether the message may be that entry's, by its time. The
// window has no end, and without a beginning it holds everything.
func inWindow(e *state.Entry, m Received) bool {
	return e.FirstIntendedAt.IsZero() || !m.At.Before(windowStart(e))
}

// reaches reports whether the listing goes back to before that moment.
func reaches(l Listing, start time.Time) bool {
	if l.Complete {
		return true
	}
	n := len(l.Messages)
	return n > 0 && l.Messages[n-1].At.Before(start)
}

func earliest(list []Received) time.Time {
	at := list[0].At
	for _, m := range list {
		if m.At.Before(at) {
			at = m.At
		}
	}
	return at
}

// moment writes a time as the record does.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
