package apply

import (
	"context"

	"herald/plan"
	"herald/state"
)

// absorb takes over what was read of the entries that wanted names. What the
// live record has of the changes' addresses, and what was read has not, is
// gone.
func (l *ledger) absorb(read *state.Record, wanted func(*state.Entry) bool, changes []*plan.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := range read.All() {
		if wanted(e) {
			l.put(e, false)
		}
	}
	for _, c := range changes {
		for _, e := range l.record.Revisions(c.Addr) {
			if read.Get(e.Key()) == nil {
				l.remove(e)
			}
		}
	}
}

// remove takes an entry out of memory, and out of all that finds it. l.mu is
// held.
func (l *ledger) remove(e *state.Entry) {
	gone := *e
	gone.Status, gone.Target = state.Absent, ""
	l.track(e, &gone, false)
	l.record.Delete(e.Key())
}

// forsake puts back what was known before an attempt whose intent the store
// refused: the intent was not written.
func (l *ledger) forsake(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.prior != nil {
		l.put(a.prior, false)
		return
	}
	l.remove(&a.entry[0])
}

// doubtsIn returns how many messages of a conversation a call has made doubtful.
func (l *ledger) doubtsIn(c state.Conversation) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doubtsOf(c)
}

// partial reports whether the live record leaves out entries of the stored one.
func (l *ledger) partial() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record.Rest > 0
}

// lookUp finds out which of the ids that were read belong to entries that the
// live record leaves out: what another entry has is not what is looked for.
func (l *ledger) lookUp(ctx context.Context, loader state.PartLoader, listing Listing) error {
	if loader == nil || !l.partial() {
		return nil
	}
	var ids []string
	for _, m := range listing.Messages {
		if m.FromUs {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	read, err := loader.LoadPart(ctx, state.Part{MessageIDs: ids})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims()
	for e := range read.All() {
		l.claim(e)
	}
	return nil
}
