package httpstore

import (
	"context"
	"runtime"

	"herald/state"
)

// waiting is one call of Append.
type waiting struct {
	entries []state.Entry
	done    chan error
}

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
	w := &waiting{entries: append([]state.Entry(nil), entries...), done: make(chan error, 1)}
	x.mu.Lock()
	if err := x.dead; err != nil {
		x.mu.Unlock()
		return err
	}
	x.queue = append(x.queue, w)
	start := !x.writing
	x.writing = true
	x.mu.Unlock()
	if start {
		go x.writeQueue()
	}
	return <-w.done
}

// writeQueue writes batch after batch until nobody waits.
func (x *session) writeQueue() {
	for {
		// Those who were told about the batch before get the chance to be
		// in this one.
		runtime.Gosched()
		x.mu.Lock()
		batch := x.queue
		x.queue, x.writing = nil, len(batch) > 0
		x.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		x.io.Lock()
		err := x.commit(batch)
		x.io.Unlock()
		for _, w := range batch {
			w.done <- err
		}
	}
}

// commit makes one batch durable, as one write of the whole record.
func (x *session) commit(batch []*waiting) error {
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.learn(context.WithoutCancel(x.ctx)); err != nil {
		return x.kill(err)
	}
	if x.record == nil {
		return state.ErrNoRecord // nothing was written: the record can still be made
	}
	n := 0
	for _, w := range batch {
		for _, e := range w.entries {
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
