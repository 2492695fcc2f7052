package httpstore

import (
	"context"
	"slices"

	"herald/state"
)

// Append stores the entries durably. Entries that may not be stored, and a
// context that has ended, are refused before anything is written; once its turn
// has come a call waits for the server whatever its context does.
func (x *session) Append(ctx context.Context, entries ...state.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range entries {
		if err := entries[i].Check(); err != nil {
			return err
		}
	}
	if err := x.failed(); err != nil {
		return err
	}
	return x.queue.Do(slices.Clone(entries))
}

// writeBatch writes one batch, and tells all of it how that ended.
func (x *session) writeBatch(calls [][]state.Entry, tell func(i int, err error)) {
	x.io.Lock()
	err := x.commit(calls)
	x.io.Unlock()
	for i := range calls {
		tell(i, err)
	}
}

// commit makes one batch durable, as one write of the whole record.
func (x *session) commit(calls [][]state.Entry) error {
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.learn(context.WithoutCancel(x.ctx)); err != nil {
		return x.kill(err)
	}
	if x.record == nil {
		return state.ErrNoRecord // nothing was written: the record can still be made
	}
	if err := state.Marked(x.record, x.store.at); err != nil {
		return err
	}
	n := 0
	for _, entries := range calls {
		for _, e := range entries {
			x.record.Put(e)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if err := x.write(x.record); err != nil {
		// What is in memory is no longer what is stored.
		return x.kill(err)
	}
	x.added = true
	return nil
}
