package apply

import (
	"time"

	"herald/plan"
	"herald/state"
)

// EventType says what happened. The zero value is no event.
type EventType uint8

const (
	// EventInvalid is the zero EventType.
	EventInvalid EventType = iota
	// RunStarted comes first; Total is set.
	RunStarted
	// ActionStarted comes when the intent is recorded, before the POST.
	ActionStarted
	// ActionDone: sent, reacted, unreacted; MessageID is set for a message.
	ActionDone
	// ActionSkipped: an earlier apply of this plan had done it.
	ActionSkipped
	// ActionRefused: Instagram refused it; Outcome is set.
	ActionRefused
	// ActionInDoubt: it may have been delivered; Outcome is set.
	ActionInDoubt
	// ActionHeld: not tried; Because names the action it waited for, or
	// Outcome.Explain says why.
	ActionHeld
	// AccountWaiting: a rate limit; For is how long.
	AccountWaiting
	// AccountStopped: nothing more is sent from the account; Outcome is set.
	AccountStopped
	// Interrupted: the first signal came; calls in flight are awaited.
	Interrupted
	// RunEnded comes last.
	RunEnded
)

// Event is one thing that happened during a run. Events of one conversation
// come in order.
type Event struct {
	Type    EventType
	At      time.Time
	Change  *plan.Change // nil for events of an account or the run
	Account *plan.Account
	Outcome Outcome
	// MessageID is that of a sent message.
	MessageID string
	Because   *plan.Change
	For       time.Duration
	Total     int // pending actions, with RunStarted
}

// Result is how one action ended.
type Result uint8

const (
	// ResultNone is the zero Result: not reached.
	ResultNone Result = iota
	// ResultDone was done in this run.
	ResultDone
	// ResultSkipped had been done by an earlier apply of the same plan.
	ResultSkipped
	// ResultRejected was refused in this run.
	ResultRejected
	// ResultInDoubt may have been delivered.
	ResultInDoubt
	// ResultHeld was not tried: what it waited for did not come about.
	ResultHeld
	// ResultStopped was not tried: its account or the run was stopped.
	ResultStopped
)

// ChangeResult is one action's end.
type ChangeResult struct {
	Change    *plan.Change
	Result    Result
	Outcome   Outcome
	MessageID string
	Because   *plan.Change // with ResultHeld, where another action is the cause
	Began     time.Time    // of the POST; zero if there was none
	Ended     time.Time
}

// Report is what a run did. Results has one element for each change of the
// plan that is not a no-op, in the plan's order.
type Report struct {
	PlanID      string
	Results     []ChangeResult
	Began       time.Time
	Ended       time.Time
	Posts       int // POSTs made
	Interrupted bool
	// Refused says that the run was refused before any POST: stale, another
	// lineage, another endpoint.
	Refused bool
	// Broken says that the record could not be written, so the run stopped.
	Broken error
	// Unrecorded holds what is known and could not be written, one entry a
	// key: the record holds at the most its intent.
	Unrecorded []state.Entry
	// InDoubt counts the plan's addresses whose message or reaction the run
	// leaves in doubt.
	InDoubt int
	// Record is the record as the run left it; nil if there was none and none
	// was made.
	Record *state.Record
}
