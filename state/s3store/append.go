package s3store

import (
	"context"
	"errors"
	"maps"

	"herald/state"
	"herald/state/batch"
)

// Append stores the entries durably: callers at the same time share a segment.
// Entries that may not be stored, and a context that has ended, are refused
// before anything is written, and leave the session as it is; once its turn
// has come a call waits for the server whatever its context does.
//
// That it returns nil says that the lock was still this session's once the
// segment was stored. So every later holder finds the entries.
func (x *session) Append(ctx context.Context, entries ...state.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lines, err := batch.Encode(entries)
	if err != nil {
		return err
	}
	if err := x.failed(); err != nil {
		return err
	}
	return x.queue.Do(lines)
}

// write writes one batch, and tells all of it how that ended once the lock has
// been looked at. The next batch is on its way meanwhile.
func (x *session) write(calls []*batch.Lines, tell func(i int, err error)) {
	x.objects.Lock()
	err := x.commit(calls)
	x.objects.Unlock()
	all := func(err error) {
		for i := range calls {
			tell(i, err)
		}
	}
	if err != nil {
		all(err)
		return
	}
	x.work.Go(func() { all(x.confirm()) })
}

// confirm asks the server for the lock once a segment is stored. If it is still
// this session's, then whoever takes it later reads the segment; if it is
// not, nothing is sent.
func (x *session) confirm() error {
	if err := x.holds(x.ctx); err != nil {
		return x.kill(x.ended(err))
	}
	return nil
}

// commit makes one batch durable. After a failure the session is dead, for
// nobody knows what is stored then.
func (x *session) commit(calls []*batch.Lines) error {
	err := x.prepare()
	if errors.Is(err, state.ErrNoRecord) || errors.As(err, new(*state.MarkedError)) {
		return err // nothing was written: the record can still be made
	}
	if err == nil {
		err = x.writeBatch(calls)
	}
	if err != nil {
		return x.kill(x.ended(err))
	}
	return nil
}

// prepare makes sure that a segment can be written.
func (x *session) prepare() error {
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.look(x.ctx); err != nil {
		return err
	}
	if x.stored.etag == "" {
		x.stored = nil // somebody may make a record
		return state.ErrNoRecord
	}
	if err := x.marked(); err != nil {
		return err
	}
	if newest := x.stored.newest(); x.n == 0 && newest >= x.generation {
		// Either another has the lock by now, whose number must not be taken;
		// or somebody has deleted the lock object, and it has begun to count
		// anew.
		if err := x.holds(x.ctx); err != nil {
			return err
		}
		x.generation = newest + 1
	}
	return x.clear()
}

// writeBatch writes a segment.
func (x *session) writeBatch(calls []*batch.Lines) error {
	var lines [][]byte
	for _, c := range calls {
		lines = append(lines, c.Lines...)
	}
	if len(lines) == 0 {
		return nil
	}
	st := x.stored
	g := &segment{
		name: name{st.serial, x.generation, x.n + 1}, lineage: st.lineage, from: x.from,
		seen: maps.Clone(st.seen), previous: x.previous,
	}
	delete(g.seen, x.generation)
	g.seen.dropFolded(st.folded)
	text, err := g.encode(lines)
	if err != nil {
		return err
	}
	if text, err = x.store.seal(text); err != nil {
		return err
	}
	key := x.store.journalKey(g.name)
	if _, err = x.client.put(x.ctx, key, text, "", nil); err != nil {
		return x.store.failure(key, "s3:PutObject", err)
	}
	x.n, x.previous = g.n, g.sum
	st.seen.raise(g.name)
	st.live = append(st.live, g.name)
	return nil
}

// dropFolded leaves out what the snapshot says anyway.
func (m marks) dropFolded(folded marks) {
	for g, n := range folded {
		if m[g] == n {
			delete(m, g)
		}
	}
}
