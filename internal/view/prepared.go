package view

import (
	"time"

	"herald/apply"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// Prepared reports whether a run has prepared the message of an entry, and may
// be sending it: the entry is an intent with a claim. A nil entry is none.
func Prepared(e *state.Entry) bool {
	return e != nil && e.Status == state.Intent && e.Claim != ""
}

// SentUntil returns until when the run that prepared an entry may send it, for
// a person: in whole minutes, and rather a little too late. It is "" where the
// record does not say when the entry was prepared.
func SentUntil(e *state.Entry) string {
	if e.IntendedAt.IsZero() {
		return ""
	}
	return wording.Moment(e.IntendedAt.Add(apply.ClaimLease + time.Minute - time.Nanosecond))
}

// preparedSentence says who prepared a message, and until when it may be sent:
// "Prepared by another run at 2026-01-02 15:04 UTC; it may be sent until
// 2026-01-02 15:34 UTC."
func preparedSentence(e *state.Entry, who string) string {
	if e.IntendedAt.IsZero() {
		return "Prepared by " + who + ", the record does not say when; it may be sent at any time."
	}
	return "Prepared by " + who + " at " + wording.Moment(e.IntendedAt) + "; it may be sent until " + SentUntil(e) + "."
}

// preparedNote says of a change in doubt that it was prepared, and what to do
// about it. here says that this machine prepared it.
func preparedNote(c *plan.Change, here bool) wording.Words {
	if here {
		return wording.Words{wording.Plain(preparedSentence(c.Base, "this machine") + " An apply on this machine goes on with it; for any other it is in doubt.")}
	}
	after := "after that, an apply reads the conversation, and sends it only if it is proven not to be there."
	if c.Held() || c.Action == plan.NoOp {
		after = "after that, look into the conversation, and say with herald resolve whether it is there."
	}
	return wording.Words{wording.Plain(preparedSentence(c.Base, "another run") + " On the machine that prepared it, apply goes on. Elsewhere wait until then; " + after)}
}
