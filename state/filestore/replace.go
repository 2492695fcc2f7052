package filestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"herald/state"
)

// Replace puts r in the place of whatever is there, with the serial that r has:
// of a snapshot that cannot be read, such as one in which git has left a
// conflict. The backup stays as it is. A journal must be one that r can follow,
// and hold nothing: what was appended to it is in no snapshot, so it would be
// forgotten. Otherwise the error is a *state.FormatError, and nothing is
// written.
func (x *session) Replace(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.files.Lock()
	defer x.files.Unlock()
	if err := x.ready(); err != nil {
		return x.kill(err)
	}
	st, err := beside(x.paths, x.sealer)
	if err != nil {
		return err
	}
	if st.journal != nil {
		if st.journal.entries > 0 {
			return unfolded(x.paths, st.journal.entries)
		}
		st.lineage, st.serial = r.Lineage, r.Serial
		if err := st.fits(x.paths); err != nil {
			return err
		}
	}
	x.stored = st
	if err := x.put(r); err != nil {
		return x.kill(err)
	}
	return nil
}

// put writes the snapshot, and a journal that goes on from it if there was one.
func (x *session) put(r *state.Record) error {
	h := sha256.New()
	err := x.disk.replace(x.paths.snapshot, 0o644, func(w io.Writer) error { return encode(io.MultiWriter(w, h), r, x.sealer) }, nil)
	if err != nil {
		return err
	}
	st := x.stored
	if st.snapshot, err = os.Stat(x.paths.snapshot); err != nil {
		return err
	}
	st.lineage, st.serial, st.sum, st.mark = r.Lineage, r.Serial, checksum(h), r.Mark
	if st.journal == nil {
		return nil
	}
	return x.reset()
}

// beside reads the journal without looking at the snapshot.
func beside(p paths, sealer state.Sealer) (*stored, error) {
	st := &stored{}
	f, err := os.Open(p.journal)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if st.file, err = f.Stat(); err != nil {
		return nil, err
	}
	st.journal, err = readJournal(f, p.journal, sealer, func(*journal) {}, func(*state.Entry) {})
	return st, err
}

// unfolded says that a journal holds what no snapshot does.
func unfolded(p paths, n uint64) error {
	noun := "entries"
	if n == 1 {
		noun = "entry"
	}
	return &state.FormatError{
		Path:    p.journal,
		Problem: fmt.Sprintf("a run has appended %d %s here, and did not end: no record holds them yet", n, noun),
		Advice: fmt.Sprintf("They belong to %s as it was before the merge. Go back to it with git merge --abort (or git rebase --abort), "+
			"let Herald take them in with herald reconcile, or by running the apply again, commit the record, and merge then. "+
			"Nothing was sent, and no file was changed.", filepath.Base(p.snapshot)),
	}
}

// Unfolded returns the error that Session.Replace would give for a journal that
// holds what no snapshot does, or nil. It takes no lock.
func (s *Store) Unfolded() error {
	p, err := s.resolve()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := beside(p, s.sealer)
	if err == nil && st.journal != nil && st.journal.entries > 0 {
		err = unfolded(p, st.journal.entries)
	}
	return err
}
