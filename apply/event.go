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
	// ActionInDoubt: it may have been delivered; Outcome is set. If the run
	// settles it, For is how long that may take, and an ActionDone,
	// ActionAbsent or a second ActionInDoubt follows, which says why not.
	ActionInDoubt
	// ActionHeld: not tried; Because names the action it waited for, or
	// Outcome.Explain says why.
	ActionHeld
	// AccountWaiting: a rate limit; For is how long. With Reading it is the
	// reading of conversations that waits, and sending goes on.
	AccountWaiting
	// AccountStopped: nothing more is sent from the account; Outcome is set.
	AccountStopped
	// Interrupted: the first signal came; calls in flight are awaited.
	Interrupted
	// RunEnded comes last.
	RunEnded
	// ActionAbsent: a message that was in doubt is proven not to have arrived.
	// If it is wanted it is sent again, and its end follows.
	ActionAbsent
	// AccountSlowed: the usage that Instagram tells comes near the limit;
	// Outcome.Usage is its percentage and Rate the calls a second from now on,
	// 0 if the full rate is allowed again.
	AccountSlowed
	// AccountPaused: so many messages are in doubt that nothing new is sent
	// until some are settled; Outcome says so.
	AccountPaused
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
	// Settled says, with ActionDone, that the run found out what had been in
	// doubt.
	Settled Settlement
	// Undecided is, with ActionInDoubt, a sentence that says why reading did
	// not decide.
	Undecided string
	Reading   bool
	Rate      float64
}

// Settlement says what was found out about a message in doubt. The zero value
// is nothing.
type Settlement uint8

const (
	// NotSettled: it was not in doubt, or is so still.
	NotSettled Settlement = iota
	// SettledArrived: it was found in its conversation.
	SettledArrived
	// SettledAbsent: it is proven absent, and is not sent again by this run.
	SettledAbsent
)

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
	// ResultLater was left for a later run: its conversation is not among the
	// first, which Canary says, or the run prepared only.
	ResultLater
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
	// Settled says, with ResultDone, that nothing was sent for it: what had
	// been in doubt was found out.
	Settled Settlement
	// Undecided is, with ResultInDoubt, a sentence that says why reading did
	// not decide; "" if nothing was read.
	Undecided string
}

// Report is what a run did. Results has one element for each change of the
// plan that is not a no-op, in the plan's order.
type Report struct {
	PlanID      string
	Results     []ChangeResult
	Began       time.Time
	Ended       time.Time
	Posts       int // POSTs made
	Reads       int // conversations, or pages of them, read
	Interrupted bool
	// Refused says that the run was refused before any POST: stale, another
	// lineage, another endpoint.
	Refused bool
	// Broken says that the record could not be written, so the run stopped.
	Broken error
	// Unrecorded holds what is known and could not be written, one entry a
	// key: at the most its intent is stored. Empty if none was, so none called.
	Unrecorded []state.Entry
	// Prepare says that the run prepared, and sent nothing. Prepared counts the
	// intents that it wrote.
	Prepare  bool
	Prepared int
	// Later counts the changes that Canary leaves for a later run.
	Later int
	// InDoubt counts the plan's addresses, those that were not selected apart,
	// whose message or reaction the run leaves in doubt.
	InDoubt int
	// Record is the record as the run left it; nil if there was none and none
	// was made.
	Record *state.Record
}
