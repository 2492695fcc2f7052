package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"herald/state"
)

// Snapshot replaces the stored record. Step by step:
//
//  1. the new snapshot is written beside the former one, and synced;
//  2. the journal gets a last line that names it, and is synced;
//  3. the former snapshot becomes the backup;
//  4. the new one is renamed over the former one, and the folder synced;
//  5. an empty journal is renamed over the old one, and the folder synced.
//
// A journal in which nothing stands is left as it is, so that it tells of the
// snapshot in which the last appends went: one without appends that nobody has
// seen, as a prepare whose push was refused, may be taken back.
//
// A crash before step 4 leaves the former record with its journal, whose last
// line then names a snapshot that never came; a crash after it leaves the new
// record, and that line says that the journal is part of it.
func (x *session) Snapshot(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.files.Lock()
	defer x.files.Unlock()
	if err := x.ready(); err != nil {
		return x.kill(err)
	}
	if err := x.read(ctx); err != nil {
		return err
	}
	if err := x.marked(); err != nil {
		return err
	}
	next := *r
	if x.stored.snapshot != nil {
		if r.Lineage != x.stored.lineage || r.Serial != x.stored.serial {
			return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial, StoredLineage: x.stored.lineage, StoredSerial: x.stored.serial}
		}
		next.Serial++
	} else if r.Serial != 0 {
		return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial}
	}
	if err := x.store(&next); err != nil {
		return x.kill(err)
	}
	r.Serial = next.Serial
	return nil
}

// read finds out what is stored, if that is not known. That there is nothing
// is no error.
func (x *session) read(ctx context.Context) error {
	if x.stored != nil {
		return nil
	}
	_, st, err := load(ctx, x.paths, x.sealer)
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return err
	}
	x.stored = st
	return nil
}

func (x *session) store(r *state.Record) error {
	h := sha256.New()
	write := func(w io.Writer) error { return encode(io.MultiWriter(w, h), r, x.sealer) }
	between := func() error {
		if err := x.foldInto(fold{r.Serial, checksum(h)}); err != nil {
			return err
		}
		return x.backUp()
	}
	if err := x.disk.replace(x.paths.snapshot, 0o644, write, between); err != nil {
		return err
	}
	info, err := os.Stat(x.paths.snapshot)
	if err != nil {
		return err
	}
	st := x.stored
	st.snapshot, st.lineage, st.serial, st.sum, st.mark = info, r.Lineage, r.Serial, checksum(h), r.Mark
	if st.journal == nil {
		return nil
	}
	if st.spent = true; st.journal.entries == 0 {
		return x.close()
	}
	return x.reset()
}

// checksum returns the checksum of a snapshot as a journal names it, once all of
// the file was written to the hash.
func checksum(h hash.Hash) string { return "sha256:" + hex.EncodeToString(h.Sum(nil)) }

// SnapshotSum returns the checksum of the stored snapshot, the SHA-256 of its
// file, as this session has read or written it last: "sha256:" and hexadecimal
// digits, or "" where it has done neither. Records with the same lineage and
// serial, of which the journal is not a part, are the same if it is.
func (x *session) SnapshotSum() string {
	x.files.Lock()
	defer x.files.Unlock()
	if x.stored == nil {
		return ""
	}
	return x.stored.sum
}

// foldInto ends the journal with a line that says which snapshot holds it, if
// there is anything in the journal to hold.
func (x *session) foldInto(f fold) error {
	st := x.stored
	if st.journal == nil || st.journal.entries == 0 {
		return nil
	}
	// A spent journal is replaced by this: it says that the former snapshot
	// holds it, and would be missed under any other.
	if err := x.open(); err != nil {
		return err
	}
	if st.journal.entries == 0 {
		return nil
	}
	buf, next := st.journal.folded(nil, f)
	return x.extend(buf, next)
}

// backUp gives the present snapshot its second name. Where a file cannot have
// two it is copied.
func (x *session) backUp() error {
	if x.stored.snapshot == nil {
		return nil
	}
	temporary := x.paths.backup + ".tmp"
	if err := x.disk.remove(temporary); err != nil {
		return err
	}
	if err := x.disk.link(x.paths.snapshot, temporary); err != nil {
		return x.disk.replace(x.paths.backup, x.stored.snapshot.Mode().Perm(), func(w io.Writer) error {
			f, err := os.Open(x.paths.snapshot)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			_, err = io.Copy(w, f)
			return err
		}, nil)
	}
	if err := x.disk.rename(temporary, x.paths.backup); err != nil {
		return errors.Join(err, x.disk.remove(temporary))
	}
	// Renaming one name of a file over another of the same file leaves both.
	return x.disk.remove(temporary)
}
