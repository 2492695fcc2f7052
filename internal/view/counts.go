package view

import (
	"strings"

	"herald/internal/view/wording"
	"herald/plan"
)

// Counts are how many addresses a plan has of each sort. One that is held is
// in Held alone.
type Counts struct {
	Send    int `json:"send"`
	React   int `json:"react"`
	Unreact int `json:"unreact"`
	Settle  int `json:"settle"`
	Repeat  int `json:"repeat"` // reactions in doubt
	Held    int `json:"held"`
	Moved   int `json:"moved"`
	Import  int `json:"import"` // recorded, and nothing is sent
	Forget  int `json:"forget"` // taken out of the record

	AlreadySent    int `json:"already_sent"`
	AlreadyReacted int `json:"already_reacted"`
	Edited         int `json:"edited_after_sent"`
	Lowered        int `json:"revision_lowered"`
	Rejected       int `json:"rejected_final"`
	InDoubt        int `json:"in_doubt"` // left to a person
	NotSelected    int `json:"not_selected"`
	Retired        int `json:"retired"`
}

// Add counts one change.
func (n *Counts) Add(c *plan.Change) {
	if c.Held() {
		n.Held++
		return
	}
	switch c.Action {
	case plan.Send:
		n.Send++
	case plan.React, plan.Rereact:
		n.React++
	case plan.Retarget:
		n.React++
		n.Unreact++
	case plan.Unreact:
		n.Unreact++
	case plan.Settle:
		n.Settle++
	case plan.Repeat:
		n.Repeat++
	case plan.Import:
		n.Import++
	case plan.Forget:
		n.Forget++
	case plan.NoOp:
		n.addNoOp(c.Reason)
	}
}

func (n *Counts) addNoOp(r plan.Reason) {
	switch r {
	case plan.AlreadySent:
		n.AlreadySent++
	case plan.AlreadyReacted:
		n.AlreadyReacted++
	case plan.EditedAfterSent:
		n.Edited++
	case plan.RevisionLowered:
		n.Lowered++
	case plan.RejectedFinal:
		n.Rejected++
	case plan.InDoubt:
		n.InDoubt++
	case plan.NotSelected:
		n.NotSelected++
	case plan.NotSentYet, plan.RevisionRaised, plan.RejectedBefore, plan.MaybeRenamed, plan.Retired, plan.NotReactedYet,
		plan.ReactionChanged, plan.TargetChanged, plan.Removed, plan.Imported, plan.Forgotten:
	}
}

// Pending is how many addresses an apply would call Instagram for.
func (n Counts) Pending() int { return n.Send + n.React + n.Unreact + n.Settle + n.Repeat }

// Recorded is how many addresses an apply would write in the record only.
func (n Counts) Recorded() int { return n.Moved + n.Import + n.Forget }

// Short counts what a conversation holds.
func (n Counts) Short() string {
	return strings.Join(wording.AppendCounts(nil, []wording.Counted{
		{n.Send, "to send"},
		{n.React, "to react"},
		{n.Unreact, "to unreact"},
		{n.Repeat, "to repeat"},
		{n.Settle, "to settle"},
		{n.Import, "to record as sent by hand"},
		{n.Forget, "to forget"},
		{n.Held, "held"},
		{n.Edited, "edited after sending"},
		{n.Lowered, "with a lowered revision"},
		{n.Rejected, "refused for good"},
		{n.InDoubt, "in doubt"},
	}), ", ")
}
