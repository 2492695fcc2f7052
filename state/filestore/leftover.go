package filestore

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"herald/state"
)

// Leftovers returns what is left of a record whose snapshot is gone: its
// journal, its backup, or both. It returns nothing while there is a snapshot.
func (x *session) Leftovers() []string {
	x.files.Lock()
	defer x.files.Unlock()
	if look(x.paths.snapshot) != nil {
		return nil
	}
	var list []string
	for _, path := range []string{x.paths.journal, x.paths.backup} {
		if look(path) != nil {
			list = append(list, path)
		}
	}
	return list
}

// Journal returns the path of the journal.
func (x *session) Journal() string { return x.paths.journal }

// LoadAlone reads the snapshot without its journal, for where the two do not
// belong together. What the journal holds is missing in it, so that nothing may
// be sent on its basis.
func (x *session) LoadAlone(ctx context.Context) (*state.Record, error) {
	x.files.Lock()
	defer x.files.Unlock()
	alone := x.paths
	alone.journal += ".none"
	r, _, err := load(ctx, alone, x.sealer)
	return state.Unmarked(r, x.paths.snapshot, err)
}

// Restore stores r where the record is not whole: in the place of a snapshot
// that is gone, or beside a journal that does not belong to it. What is left of
// the other record is kept under other names, the path and ".lost", with a
// number behind it where there is one already: the journal, and the backup where
// there was no snapshot. The serial of r is then one higher, if there was one.
//
// A crash in between leaves the former snapshot or the new one, beside a journal
// that is refused, or nothing; never an old record that looks whole.
func (x *session) Restore(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.files.Lock()
	defer x.files.Unlock()
	if err := x.ready(); err != nil {
		return x.kill(err)
	}
	x.stored = &stored{snapshot: look(x.paths.snapshot)}
	next := *r
	var err error
	if x.stored.snapshot == nil {
		err = x.setAside(x.paths.backup)
	} else {
		next.Serial++
		err = x.backUp()
	}
	if err == nil {
		err = x.disk.replace(x.paths.snapshot, 0o644, func(w io.Writer) error { return encode(w, &next, x.sealer) }, nil)
	}
	if err == nil {
		err = x.setAside(x.paths.journal)
	}
	if err != nil {
		return x.kill(err)
	}
	x.stored, r.Serial = nil, next.Serial
	return nil
}

// setAside gives a file another name, if it is there.
func (x *session) setAside(path string) error {
	if look(path) == nil {
		return nil
	}
	to := path + ".lost"
	for n := 2; look(to) != nil; n++ {
		to = fmt.Sprintf("%s.lost.%d", path, n)
	}
	if err := x.disk.rename(path, to); err != nil {
		return err
	}
	return x.disk.syncDir(filepath.Dir(path))
}
