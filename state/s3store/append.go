package s3store

import (
	"context"
	"errors"
	"maps"
	"runtime"

	"herald/state"
)

// maxBatch is how many bytes of entries are written at once.
const maxBatch = 4 << 20

// waiting is one call of Append.
type waiting struct {
	lines [][]byte
	size  int
	done  chan error
}

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
	w := &waiting{done: make(chan error, 1), lines: make([][]byte, 0, len(entries))}
	buf := make([]byte, 0, 640*len(entries))
	for i := range entries {
		start := len(buf)
		var err error
		if buf, err = state.AppendEntry(buf, &entries[i]); err != nil {
			return err
		}
		w.lines = append(w.lines, buf[start:len(buf):len(buf)])
	}
	w.size = len(buf)

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
		go x.write()
	}
	return <-w.done
}

// write writes batch after batch until nobody waits.
func (x *session) write() {
	for {
		// Those who were told about the batch before get the chance to be
		// in this one.
		runtime.Gosched()
		batch := x.take()
		if batch == nil {
			return
		}
		x.objects.Lock()
		err := x.commit(batch)
		x.objects.Unlock()
		if err != nil {
			tell(batch, err)
			continue
		}
		// The next batch is on its way meanwhile.
		x.work.Go(func() { tell(batch, x.confirm()) })
	}
}

func tell(batch []*waiting, err error) {
	for _, w := range batch {
		w.done <- err
	}
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

// take returns the calls of the next batch, or nil if nobody waits: then the
// writer has to end.
func (x *session) take() []*waiting {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, size := 0, 0
	for n < len(x.queue) && (n == 0 || size+x.queue[n].size <= maxBatch) {
		size += x.queue[n].size
		n++
	}
	if n == 0 {
		x.writing = false
		return nil
	}
	batch := x.queue[:n:n]
	x.queue = x.queue[n:]
	return batch
}

// commit makes one batch durable. After a failure the session is dead, for
// nobody knows what is stored then.
func (x *session) commit(batch []*waiting) error {
	err := x.prepare()
	if errors.Is(err, state.ErrNoRecord) {
		return err // nothing was written: the record can still be made
	}
	if err == nil {
		err = x.writeBatch(batch)
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
	if x.n == 0 {
		// Where somebody has deleted the lock object, it has begun to count
		// anew.
		x.generation = max(x.generation, x.stored.newest()+1)
	}
	return x.clear()
}

// writeBatch writes a segment.
func (x *session) writeBatch(batch []*waiting) error {
	var lines [][]byte
	for _, w := range batch {
		lines = append(lines, w.lines...)
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
