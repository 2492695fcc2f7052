package apply

import (
	"herald/plan"
	"herald/state"
)

// canary returns the first conversations of the plan with anything to call
// Instagram for, as many as Canary says, or nil for all. What an earlier apply
// of the plan did counts too, so that a run that is made again reaches no
// further.
func (r Run) canary() map[state.Conversation]bool {
	if r.Canary <= 0 {
		return nil
	}
	first := make(map[state.Conversation]bool)
	for c := range r.Plan.Pending() {
		if len(first) == r.Canary {
			break
		}
		first[c.Conversation()] = true
	}
	return first
}

// outside reports whether Canary leaves the change for a later run.
func (e *engine) outside(c *plan.Change) bool {
	return e.first != nil && !c.Action.RecordOnly() && !e.first[c.Conversation()]
}

// pending returns how many changes the run will call Instagram for.
func (e *engine) pending() int {
	n := 0
	for _, c := range e.run.Plan.Changes {
		if c.Pending() && e.run.concerns(c) && !e.outside(c) {
			n++
		}
	}
	return n
}
