package survey

import (
	"fmt"
	"time"

	"herald/config/content"
	"herald/state"
)

// Act is what recover does in the record because of a finding. The zero value
// is nothing.
type Act uint8

const (
	// Leave: the record stays as it is. Of an unknown message that is so where a
	// person has said that it was not sent.
	Leave Act = iota
	// Adopt: it is recorded as sent.
	Adopt
	// Hold: it is recorded as in doubt, so that no apply sends it before a person
	// or a later recover knows.
	Hold
	// Free: an earlier recover held it, and it proved not to be there.
	Free
)

var actNames = [...]string{"none", "adopt", "hold", "free"}

// String returns the act as JSON has it.
func (a Act) String() string {
	if int(a) < len(actNames) {
		return actNames[a]
	}
	return actNames[Leave]
}

// Act returns what recover does because of the finding. The record may be nil.
func (f *Finding) Act(rec *state.Record) Act {
	var prior *state.Entry
	if rec != nil {
		prior = rec.Get(f.Change.Key())
	}
	switch f.Verdict {
	case Found:
		return Adopt
	case Absent:
		if Held(prior) {
			return Free
		}
		return Leave
	case Unknown:
	}
	if prior != nil && prior.Status == state.Absent && (prior.SettledBy == "resolve" || prior.SettledBy == "rm") {
		return Leave
	}
	return Hold
}

// Entries returns what recover writes into the record, nil for none, because of
// the report: each Found message as sent, each Unknown one as in doubt, without
// a time, so that no reading settles it by a window that nobody knows. They
// belong to no plan: every plan that acts on one of them is stale. What is
// recorded so already is left out. now is when it is written.
func (r *Report) Entries(rec *state.Record, now time.Time) []state.Entry {
	if rec == nil {
		rec = state.NewRecord("")
	}
	now = now.UTC().Truncate(time.Microsecond)
	var list []state.Entry
	for i := range r.Findings {
		f := &r.Findings[i]
		prior := rec.Get(f.Change.Key())
		act := f.Act(rec)
		if act == Leave || act == Hold && Held(prior) && prior.Note == f.Explain {
			continue
		}
		e := entry(prior, f, now)
		switch act {
		case Adopt:
			e.Status, e.MessageID = state.Sent, f.ID
			e.Note = fmt.Sprintf("It is in its conversation, sent at %s.", f.At.UTC().Format(time.RFC3339))
		case Hold:
			e.Status, e.Note = state.Intent, f.Explain
		case Free:
			e.Status, e.Note = state.Absent, "It is not in its conversation."
		case Leave:
		}
		list = append(list, e)
	}
	for _, x := range r.Reactions {
		c := x.Change
		e := rec.Get(c.Key()).Next("")
		e.Addr, e.Revision, e.Account, e.Recipient = c.Addr, c.Revision, c.Account, c.Recipient
		e.Status, e.Target, e.Reaction = state.Reacted, x.Target, c.React
		e.Fingerprint = content.ReactionFingerprint(c.Account, c.Recipient, x.Target, c.React)
		e.DoubtAt, e.SettledAt, e.SettledBy, e.Refusal = time.Time{}, now, SettledBy, nil
		e.Note = "It stands on its message."
		list = append(list, e)
	}
	return list
}

// entry is what is written for a message, its status apart.
func entry(prior *state.Entry, f *Finding, now time.Time) state.Entry {
	c := f.Change
	e := prior.Next("")
	e.Addr, e.Revision = c.Addr, c.Revision
	e.Account, e.Recipient, e.Fingerprint = c.Account, c.Recipient, c.Fingerprint
	e.MessageID, e.AlsoSent, e.Claim, e.Refusal = "", nil, "", nil
	e.FirstIntendedAt, e.IntendedAt, e.DoubtAt = time.Time{}, time.Time{}, time.Time{}
	e.SettledAt, e.SettledBy = now, SettledBy
	return e
}

// Unsure reports whether the report leaves a message unknown that is held
// because of that.
func (r *Report) Unsure(rec *state.Record) bool {
	for i := range r.Findings {
		if r.Findings[i].Act(rec) == Hold {
			return true
		}
	}
	return false
}

// Blind reports whether not a single conversation was read although there was
// one to read, so that nothing follows.
func (r *Report) Blind() bool { return r.Total > 0 && r.Read == 0 }
