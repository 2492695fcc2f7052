package filestore

import (
	"context"
	"errors"
	"io"
	"os"
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

// Append stores the entries durably. Entries that may not be stored, and a
// context that has ended, are refused before anything is written, and leave
// the session as it is; once its turn has come a call waits for the disk
// whatever its context does.
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
		x.files.Lock()
		err := x.commit(batch)
		x.files.Unlock()
		for _, w := range batch {
			w.done <- err
		}
	}
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
// nobody knows what is on the disk then.
func (x *session) commit(batch []*waiting) error {
	err := x.ready()
	if err == nil {
		err = x.open()
	}
	if errors.Is(err, state.ErrNoRecord) {
		return err // nothing was written: the record can still be made
	}
	if err == nil {
		err = x.writeBatch(batch)
	}
	if err != nil {
		return x.kill(err)
	}
	return nil
}

func (x *session) writeBatch(batch []*waiting) error {
	size := 256
	lines := make([][]byte, 0, len(batch))
	for _, w := range batch {
		lines = append(lines, w.lines...)
		size += w.size + 32*len(w.lines)
	}
	if len(lines) == 0 {
		return nil
	}
	if x.sealer != nil {
		buf, next, err := x.stored.journal.sealedBatch(nil, lines, x.sealer)
		if err != nil {
			return err
		}
		return x.extend(buf, next)
	}
	buf, next := x.stored.journal.batch(make([]byte, 0, size), lines)
	return x.extend(buf, next)
}

// extend writes buf at the end of the journal, which then stands at next.
func (x *session) extend(buf []byte, next journal) error {
	if _, err := x.journal.Write(buf); err != nil {
		return err
	}
	if err := x.journal.Sync(); err != nil {
		return err
	}
	info, err := x.journal.Stat()
	if err != nil {
		return err
	}
	x.stored.journal, x.stored.file = &next, info
	if info.Size() != next.end {
		return changed(x.paths.journal)
	}
	return nil
}

// open makes the journal ready for the next batch, if it is not: it makes one
// where there is none, or only a spent one, and cuts off a batch that a crash
// left unfinished.
func (x *session) open() error {
	if x.journal != nil {
		return nil
	}
	if x.stored == nil {
		_, st, err := load(context.WithoutCancel(x.ctx), x.paths, x.sealer)
		if err != nil {
			return err
		}
		x.stored = st
	}
	st := x.stored
	if st.snapshot == nil {
		return state.ErrNoRecord
	}
	if st.journal == nil || st.spent || st.journal.entries == 0 && st.journal.sealed != (x.sealer != nil) {
		return x.reset()
	}
	if err := x.disk.probe(x.paths.snapshot); err != nil {
		return err
	}
	f, err := x.disk.openAppend(x.paths.journal)
	if err != nil {
		return err
	}
	x.journal = f
	if info, err := f.Stat(); err != nil || !os.SameFile(info, st.file) {
		return errors.Join(err, changed(x.paths.journal))
	}
	if st.file.Size() > st.journal.end {
		if err := f.Truncate(st.journal.end); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if st.file, err = f.Stat(); err != nil {
		return err
	}
	if st.file.Size() != st.journal.end {
		return changed(x.paths.journal)
	}
	return nil
}

// close closes the journal, if it is open.
func (x *session) close() error {
	f := x.journal
	if x.journal = nil; f == nil {
		return nil
	}
	return f.Close()
}

// reset replaces the journal by an empty one that goes on from the snapshot.
func (x *session) reset() error {
	if err := x.close(); err != nil {
		return err
	}
	next, header := newJournal(x.stored.lineage, x.stored.serial, x.stored.sum, x.sealer != nil)
	err := x.disk.replace(x.paths.journal, 0o644, func(w io.Writer) error {
		_, err := w.Write(header)
		return err
	}, nil)
	if err != nil {
		return err
	}
	f, err := x.disk.openAppend(x.paths.journal)
	if err != nil {
		return err
	}
	x.journal = f
	info, err := f.Stat()
	if err != nil {
		return err
	}
	x.stored.journal, x.stored.file, x.stored.spent = next, info, false
	return nil
}
