package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"herald/state"
)

// stored is what the files were when they were read.
type stored struct {
	snapshot fs.FileInfo // nil if there is none
	file     fs.FileInfo // of the journal; nil if there is none
	lineage  string
	serial   uint64
	sum      string      // the checksum of the snapshot; "" if there is none
	mark     *state.Mark // of the snapshot; nil if it has none
	journal  *journal    // nil if there is none
	// spent says that the snapshot holds all of the journal, which only waits
	// to be replaced.
	spent bool
}

// attempts is how often a load begins again because a holder has written
// meanwhile.
const attempts = 50

// load reads snapshot and journal. If they do not fit together, and have
// changed since, it was a holder at work: then it begins again.
func load(ctx context.Context, p paths, sealer state.Sealer) (*state.Record, *stored, error) {
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		before := [...]fs.FileInfo{look(p.snapshot), look(p.journal)}
		r, st, err := loadOnce(p, sealer)
		if err == nil || attempt == attempts {
			return r, st, err
		}
		if same(before[0], look(p.snapshot)) && same(before[1], look(p.journal)) {
			return nil, st, err
		}
		// A holder that has renamed the snapshot resets the journal at once.
		if err := pause(ctx, time.Millisecond); err != nil {
			return nil, nil, err
		}
	}
}

// pause waits, or returns the error of a context that ends before.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look returns what is at the path, or nil.
func look(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// same reports whether nothing has written to a file between two looks.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// loadOnce reads snapshot and journal as they are. The record is nil with the
// error state.ErrNoRecord if neither is there.
func loadOnce(p paths, sealer state.Sealer) (*state.Record, *stored, error) {
	st := &stored{}
	f, err := os.Open(p.snapshot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, st, missing(p)
	}
	if err != nil {
		return nil, st, err
	}
	defer func() { _ = f.Close() }()
	if st.snapshot, err = f.Stat(); err != nil {
		return nil, st, err
	}
	r, sum, err := decode(f, p.snapshot, sealer)
	if err != nil {
		return nil, st, err
	}
	st.lineage, st.serial, st.sum, st.mark = r.Lineage, r.Serial, sum, r.Mark

	j, err := os.Open(p.journal)
	if errors.Is(err, fs.ErrNotExist) {
		return r, st, nil
	}
	if err != nil {
		return nil, st, err
	}
	defer func() { _ = j.Close() }()
	if st.file, err = j.Stat(); err != nil {
		return nil, st, err
	}
	// The entries are put at once if the journal goes on from this snapshot;
	// whether it may be left out shows at its end only.
	goesOn := false
	put := func(e *state.Entry) {
		if goesOn {
			r.Adopt(e)
		}
	}
	st.journal, err = readJournal(j, p.journal, sealer, func(h *journal) { goesOn = st.follows(h) }, put)
	if err != nil {
		return nil, st, err
	}
	if !goesOn {
		if err := st.fits(p); err != nil {
			return nil, st, err
		}
		st.spent = true
	}
	return r, st, nil
}

// missing returns the error for a folder without a snapshot. A journal alone
// shows that there was one.
func missing(p paths) error {
	if look(p.journal) != nil {
		return &state.FormatError{
			Path:    p.snapshot,
			Problem: fmt.Sprintf("the record is gone, but its journal %s is there", filepath.Base(p.journal)),
			Advice: fmt.Sprintf("Put the record back, from version control or from %s. Without it Herald does not know what was sent, "+
				"and would send all of it again. Nothing was sent. If it is lost for good, it can be made again from the conversations:\n\n  herald recover", filepath.Base(p.backup)),
		}
	}
	if look(p.backup) != nil {
		return fmt.Errorf("%s: %w, but there is a backup of one, %s", p.snapshot, state.ErrNoRecord, filepath.Base(p.backup))
	}
	return fmt.Errorf("%s: %w", p.snapshot, state.ErrNoRecord)
}

// follows reports whether a journal goes on from this very snapshot.
func (st *stored) follows(j *journal) bool {
	return j.lineage == st.lineage && j.base == st.serial && (j.from == "" || j.from == st.sum)
}

// fits reports a journal that neither goes on from the snapshot nor is held by
// it. It is held if nothing was ever appended to an older one, or if its last
// line names this very snapshot: then the crash came between the renaming of
// the snapshot and the reset of the journal. A snapshot that is only about to be
// written has no checksum yet.
func (st *stored) fits(p paths) error {
	j := st.journal
	var problem string
	advice := fmt.Sprintf("Put back the record that belongs to the journal: its lineage is %s and its serial %d. "+
		"The journal may hold sends that no other file knows of. Nothing was sent.", j.lineage, j.base)
	switch {
	case j.lineage != st.lineage:
		problem = fmt.Sprintf("this is the journal of another record: its lineage is %s, and that of %s is %s",
			j.lineage, filepath.Base(p.snapshot), st.lineage)
		advice = fmt.Sprintf("If the record was replaced by mistake, put the former one back. If it was meant, move %s to a safe "+
			"place: it may hold sends of the former record. Nothing was sent.", filepath.Base(p.journal))
	case j.base > st.serial:
		problem = fmt.Sprintf("the record is older than its journal: the journal goes on from serial %d, and the record has %d",
			j.base, st.serial)
	case j.base == st.serial && st.sum != "":
		problem = fmt.Sprintf("the journal goes on from another record with serial %d than this one: two clones have each written their own", j.base)
		advice = fmt.Sprintf("Put back the record that belongs to the journal: its lineage is %s, its serial %d, and the checksum of its file %s. "+
			"It may know of sends that this one does not, and so may the journal. Let git merge the two after that. Nothing was sent.", j.lineage, j.base, j.from)
	case j.entries == 0:
		return nil
	case j.fold != nil && j.fold.serial == st.serial:
		if j.fold.snapshot == st.sum {
			return nil
		}
		problem = fmt.Sprintf("the journal was folded into a record with serial %d, but not into this one", st.serial)
	default:
		problem = fmt.Sprintf("the journal goes on from serial %d, and the record has %d: it does not hold what the journal says",
			j.base, st.serial)
	}
	return &state.FormatError{Path: p.journal, Line: 1, Problem: problem, Advice: advice}
}
