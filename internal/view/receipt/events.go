package receipt

import (
	"fmt"

	"herald/apply"
	"herald/internal/view/wording"
	"herald/plan"
)

// Waits says who waits for a rate limit.
func Waits(e apply.Event) string {
	if e.Reading {
		return "reading waits"
	}
	return "waits"
}

// Slowed says at which rate an account goes on.
func Slowed(e apply.Event) string {
	if e.Rate == 0 {
		return "goes on at the full rate"
	}
	return fmt.Sprintf("%d %% of what Instagram allows is used: slows down to %.3g calls a second", e.Outcome.Usage, e.Rate)
}

// DoneWord says what was done, in a word or a few: "sent".
func DoneWord(e apply.Event) string {
	c := e.Change
	switch {
	case c == nil:
		return "done"
	case e.Settled == apply.SettledArrived:
		return "settled: it had arrived"
	case e.Settled == apply.SettledAbsent:
		return "settled: it has not arrived"
	}
	switch c.Action {
	case plan.Send, plan.Settle:
		return "sent"
	case plan.React, plan.Rereact, plan.Retarget, plan.Repeat:
		return "reacted"
	case plan.Unreact:
		return "unreacted"
	case plan.Import:
		return "recorded as sent by hand"
	case plan.Forget:
		return "forgotten"
	case plan.NoOp:
	}
	return "done"
}

// IDNote is a message's id behind words, shortened: " (id aWdf…)"; "" for none.
func IDNote(id string) string {
	if id == "" {
		return ""
	}
	return " (id " + wording.ShortID(id) + ")"
}

// OutcomeCodes identifies a Graph error: ", code 10, subcode 2534022, trace AbC".
func OutcomeCodes(o apply.Outcome) string {
	s := ""
	if o.Code != 0 {
		s += fmt.Sprintf(", code %d", o.Code)
	}
	if o.Subcode != 0 {
		s += fmt.Sprintf(", subcode %d", o.Subcode)
	}
	if o.TraceID != "" {
		s += ", trace " + o.TraceID
	}
	if s == "" && o.Reason != "" {
		s = ", " + o.Reason
	}
	return s
}
