package filestore

import (
	"context"
	"fmt"
	"path/filepath"

	"herald/state"
)

// RetiredName returns what a snapshot is called once its record is kept
// elsewhere: path and ".migrated". See Session.Retire.
func RetiredName(path string) string { return path + ".migrated" }

// Retire takes the record out of use, after all of it was stored elsewhere:
// the snapshot is renamed (RetiredName, with a number behind it where there is
// one already), an empty journal is removed, and nothing else is touched. It returns the
// new path. What was appended and is in no snapshot yet would be lost, so then
// the error is a *state.FormatError. Nothing can be written in this session
// afterwards.
func (x *session) Retire(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	x.files.Lock()
	defer x.files.Unlock()
	if err := x.ready(); err != nil {
		return "", x.kill(err)
	}
	if err := x.read(ctx); err != nil {
		return "", err
	}
	st := x.stored
	if st.snapshot == nil {
		return "", fmt.Errorf("%s: %w", x.paths.snapshot, state.ErrNoRecord)
	}
	if st.journal != nil && !st.spent && st.journal.entries > 0 {
		return "", unfoldedYet(x.paths)
	}
	to := RetiredName(x.paths.snapshot)
	for n := 2; look(to) != nil; n++ {
		to = fmt.Sprintf("%s.%d", RetiredName(x.paths.snapshot), n)
	}
	if err := x.disk.remove(x.paths.journal); err != nil {
		return "", x.kill(err)
	}
	if err := x.disk.rename(x.paths.snapshot, to); err != nil {
		return "", x.kill(err)
	}
	_ = x.kill(fmt.Errorf("the record is kept elsewhere, and %s is what is left of it", filepath.Base(to)))
	return to, x.disk.syncDir(filepath.Dir(to))
}
