package survey

import (
	"fmt"
	"slices"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// talk is a conversation and what of it is looked for.
type talk struct {
	at       state.Conversation
	messages []*plan.Change // in the plan's order
	react    []*plan.Change
	// beside are the fingerprints of the messages that are in doubt otherwise, or
	// recorded as sent without their id: what is found may be theirs.
	beside  map[string]bool
	counted bool // it was read
	late    bool // an absence could be believed when it was read last
}

// evidence is what was read of one conversation, and how far it is believed.
type evidence struct {
	listing apply.Listing
	claimed map[string]bool // message ids that the record has, or an import
	start   time.Time       // nothing was lost from before; zero: at any time
	// believed says that the time of grace has passed, so that what is not there
	// is not on its way.
	believed bool
	unedited bool // other texts are no earlier wordings
	media    bool // the only candidate of a kind is the one
}

// match says of each message of the talk what follows from what was read.
func (t *talk) match(ev evidence) []Finding {
	out := make([]Finding, len(t.messages))
	for i, c := range t.messages {
		out[i].Change = c
	}
	if why, explain := unusable(ev.listing); why != "" {
		for i := range out {
			out[i].unknown(why, explain, nil)
		}
		return out
	}
	free := slices.DeleteFunc(slices.Clone(ev.listing.Messages), func(m apply.Received) bool { return !m.FromUs || ev.claimed[m.ID] })
	free = t.matchTexts(free, out)
	if ev.media {
		free = matchMedia(free, out)
	}
	for i := range out {
		if f := &out[i]; f.Verdict == Unknown && f.Why == "" {
			f.absence(free, ev)
		}
	}
	return out
}

// unusable says why nothing follows from the listing, or "".
func unusable(l apply.Listing) (Reason, string) {
	switch {
	case l.Outcome.Class == apply.ClassInvalid:
		return Unread, "Its conversation was not read."
	case l.Outcome.Class != apply.Accepted:
		return Unreadable, fmt.Sprintf("Its conversation could not be read%s, and nothing follows from that.", codes(l.Outcome))
	case !l.Known:
		return Unlisted, "Instagram's answer did not have its conversation, and nothing follows from that: one that was not accepted and has been idle for 30 days is not told."
	}
	return "", ""
}

// codes gives the codes of an outcome in brackets, behind a space.
func codes(o apply.Outcome) string {
	switch {
	case o.Code != 0 && o.Subcode != 0:
		return fmt.Sprintf(" (code %d, subcode %d)", o.Code, o.Subcode)
	case o.Code != 0:
		return fmt.Sprintf(" (code %d)", o.Code)
	case o.Reason != "":
		return fmt.Sprintf(" (%s)", o.Reason)
	}
	return ""
}

func (f *Finding) unknown(why Reason, explain string, candidates []apply.Received) {
	f.Verdict, f.Why, f.Explain, f.Candidates = Unknown, why, explain, candidates
}

func (f *Finding) found(m apply.Received) {
	*f = Finding{Change: f.Change, Verdict: Found, ID: m.ID, At: m.At}
}

// matchTexts finds the messages whose fingerprint is a declared one, and
// returns those that are left. A text that is there as often as it is declared
// is found, the oldest for the first; there more or less often, it is not known
// which is which.
func (t *talk) matchTexts(free []apply.Received, out []Finding) []apply.Received {
	there := make(map[string][]apply.Received) // newest first
	for _, m := range free {
		if m.Kind == content.Text {
			fp := content.Fingerprint(t.at.Account, t.at.Recipient, content.Content{Kind: content.Text, Value: m.Text})
			there[fp] = append(there[fp], m)
		}
	}
	declared := make(map[string][]int)
	for i, f := range out {
		declared[f.Change.Fingerprint] = append(declared[f.Change.Fingerprint], i)
	}
	gone := make(map[string]bool)
	for fp, wanted := range declared {
		list := there[fp]
		if len(list) == 0 {
			continue
		}
		unclear := slices.ContainsFunc(list, func(m apply.Received) bool { return m.Unclear })
		for n, i := range wanted {
			switch {
			case unclear:
				out[i].unknown(EqualTexts, "A message with the same text is there, but from what Instagram tells it is not clear that it is the same.", list)
			case t.beside[fp]:
				out[i].unknown(EqualTexts, "Its text is there, and may be that of another message with the same text, which is in doubt or recorded as sent without its id.", list)
			case len(list) != len(wanted):
				out[i].unknown(EqualTexts, fmt.Sprintf("Its text is there %s, and %s with that text without a record of it.", times(len(list)), declares(len(wanted))), list)
			default:
				out[i].found(list[len(list)-1-n])
			}
		}
		for _, m := range list {
			gone[m.ID] = true
		}
	}
	return slices.DeleteFunc(free, func(m apply.Received) bool { return gone[m.ID] })
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return content.Thousands(n) + " times"
}

func declares(n int) string {
	if n == 1 {
		return "one message is declared"
	}
	return content.Thousands(n) + " messages are declared"
}

// matchMedia takes what is the only one of its kind on both sides for the
// declared one. Nothing proves that: it is done where a person says so.
func matchMedia(free []apply.Received, out []Finding) []apply.Received {
	var gone []string
	for i := range out {
		f := &out[i]
		kind := f.Change.Content.Kind
		if f.Verdict != Unknown || f.Why != "" || kind == content.KindInvalid || kind.Wire() == content.Text {
			continue
		}
		list := candidates(f.Change, free)
		if len(list) != 1 || list[0].Kind != kind || list[0].Unclear {
			continue
		}
		if !slices.ContainsFunc(out, func(other Finding) bool {
			return other.Change != f.Change && other.Verdict == Unknown && other.Why == "" && list[0].MayBe(other.Change.Content.Kind)
		}) {
			gone = append(gone, list[0].ID)
			f.found(list[0])
		}
	}
	return slices.DeleteFunc(free, func(m apply.Received) bool { return slices.Contains(gone, m.ID) })
}

// candidates are the messages that the change may have become.
func candidates(c *plan.Change, free []apply.Received) []apply.Received {
	var list []apply.Received
	for _, m := range free {
		if m.MayBe(c.Content.Kind) {
			list = append(list, m)
		}
	}
	return list
}

// absence says whether a message that was not found is absent for certain.
func (f *Finding) absence(free []apply.Received, ev evidence) {
	var list []apply.Received
	for _, m := range candidates(f.Change, free) {
		reworded := ev.unedited && m.Kind == content.Text && !m.Unclear
		if !m.At.Before(ev.start) && !reworded {
			list = append(list, m)
		}
	}
	text := f.Change.Content.Kind.Wire() == content.Text
	switch {
	case !reaches(ev.listing, ev.start):
		f.unknown(Hidden, "Its conversation has more than 20 newer messages, and of older ones Instagram tells no details.", list)
	case len(list) > 0 && text:
		f.unknown(OtherMessages, fmt.Sprintf("Its text is not there, but %s of the account's that no record has: an earlier wording of it, a message whose block is gone, or one that was written in the app.", number(len(list))), list)
	case len(list) > 0:
		f.unknown(MediaThere, fmt.Sprintf("The conversation has %s of the account's that no record has and that may be it: media comes back under another address, so nothing tells.", number(len(list))), list)
	case !ev.believed:
		f.unknown(TooEarly, "It is not there, and that was not looked for long enough: a message may appear late.", nil)
	default:
		*f = Finding{Change: f.Change, Verdict: Absent}
	}
}

func number(n int) string {
	if n == 1 {
		return "a message"
	}
	return content.Thousands(n) + " messages"
}

// reaches reports whether the listing goes back to before that moment, or, if
// it is zero, to the conversation's beginning.
func reaches(l apply.Listing, start time.Time) bool {
	n := len(l.Messages)
	return l.Complete || !start.IsZero() && n > 0 && l.Messages[n-1].At.Before(start)
}

// reactions returns those of the talk's that stand as they are declared. target
// gives the id of a declared message, or "".
func (t *talk) reactions(l apply.Listing, target func(addr.Instance) string) []Reaction {
	var list []Reaction
	for _, c := range t.react {
		id := c.Target.ID
		if c.Target.IsRef() {
			id = target(c.Target.Ref)
		}
		if id == "" {
			continue
		}
		if slices.ContainsFunc(l.Messages, func(m apply.Received) bool { return m.ID == id && m.Reacted == c.React }) {
			list = append(list, Reaction{Change: c, Target: id})
		}
	}
	return list
}

// window says when the person wrote last, as far as the listing tells.
func (t *talk) window(l apply.Listing) Window {
	w := Window{Account: t.at.Account, Recipient: t.at.Recipient}
	if why, _ := unusable(l); why != "" {
		return w
	}
	for _, m := range l.Messages { // newest first
		if !m.FromUs {
			w.Known, w.Wrote = true, m.At
			return w
		}
	}
	switch n := len(l.Messages); {
	case l.Complete:
		w.Known, w.Never = true, true
	case n > 0:
		w.Known, w.Before, w.Wrote = true, true, l.Messages[n-1].At
	}
	return w
}
