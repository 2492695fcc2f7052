package filestore

import (
	"context"
	"errors"
	"io"
	"os"

	"herald/state"
	"herald/state/batch"
)

// Append stores the entries durably. Entries that may not be stored, and a
// context that has ended, are refused before anything is written, and leave
// the session as it is; once its turn has come a call waits for the disk
// whatever its context does.
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

// write writes one batch, and tells all of it how that ended.
func (x *session) write(calls []*batch.Lines, tell func(i int, err error)) {
	x.files.Lock()
	err := x.commit(calls)
	x.files.Unlock()
	for i := range calls {
		tell(i, err)
	}
}

// commit makes one batch durable. After a failure the session is dead, for
// nobody knows what is on the disk then.
func (x *session) commit(calls []*batch.Lines) error {
	err := x.ready()
	if err == nil {
		err = x.open()
	}
	if errors.Is(err, state.ErrNoRecord) || errors.As(err, new(*state.MarkedError)) {
		return err // nothing was written: the record can still be made
	}
	if err == nil {
		err = x.writeBatch(calls)
	}
	if err != nil {
		return x.kill(err)
	}
	return nil
}

func (x *session) writeBatch(calls []*batch.Lines) error {
	size := 256
	lines := make([][]byte, 0, len(calls))
	for _, c := range calls {
		lines = append(lines, c.Lines...)
		size += c.Size + 32*len(c.Lines)
	}
	if len(lines) == 0 {
		return nil
	}
	if state.Seals(x.sealer) {
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
		return x.marked()
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
	if err := x.marked(); err != nil {
		return err
	}
	if st.journal == nil || st.spent || st.journal.entries == 0 && st.journal.sealed != state.Seals(x.sealer) {
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
	next, header := newJournal(x.stored.lineage, x.stored.serial, x.stored.sum, state.Seals(x.sealer))
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
