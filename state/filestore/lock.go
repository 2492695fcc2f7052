package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"herald/state"
)

// grace is how long a lock is tried for at least: somebody who only asks who
// holds it has it for a moment too.
const grace = 25 * time.Millisecond

// lock is a lock that is held.
type lock struct {
	path string
	file *flock.Flock
	info fs.FileInfo // of the file that is locked
}

// takeLock takes the lock on the file at path, which is made if need be.
func takeLock(ctx context.Context, s *Store, path string, who state.Holder, wait time.Duration) (*lock, error) {
	deadline := time.Now().Add(max(wait, grace))
	for delay := time.Millisecond; ; delay = min(2*delay, 50*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, err := tryLock(path)
		if err != nil {
			return nil, fmt.Errorf("cannot lock the record: %w", err)
		}
		if l != nil {
			if err := l.sign(s.disk, who); err != nil {
				return nil, errors.Join(fmt.Errorf("cannot lock the record: %w", err), l.file.Unlock())
			}
			return l, nil
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, &state.LockedError{Location: s.path, Holder: readHolder(path)}
		}
		if err := pause(ctx, min(delay, left)); err != nil {
			return nil, err
		}
	}
}

// tryLock returns nil if another holds the lock.
func tryLock(path string) (*lock, error) {
	f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
	ok, err := f.TryLock()
	if err != nil || !ok {
		return nil, err
	}
	l := &lock{path: path, file: f}
	if l.info, err = f.Stat(); err != nil {
		return nil, errors.Join(err, f.Unlock())
	}
	if !l.held() {
		// Somebody deleted or replaced the file before it was locked.
		return nil, f.Unlock()
	}
	return l, nil
}

// held reports whether the locked file is still the one at the path: if it was
// deleted or replaced, another process may hold a lock as well.
func (l *lock) held() bool {
	info, err := os.Stat(l.path)
	return err == nil && os.SameFile(info, l.info)
}

// sign writes who holds the lock into its file. Where an operating system does
// not let anybody write to a locked file, the holder stays unknown.
func (l *lock) sign(d disk, who state.Holder) error {
	text, err := json.Marshal(who)
	if err != nil {
		return err
	}
	return l.write(d, append(text, '\n'))
}

func (l *lock) write(d disk, text []byte) error {
	f, err := d.openAppend(l.path)
	if err == nil {
		err = f.Truncate(0)
		if err == nil {
			_, err = f.Write(text)
		}
		err = errors.Join(err, f.Close())
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	return err
}

// release clears the file and gives the lock back.
func (l *lock) release(d disk) error {
	if !l.held() {
		return errors.Join(state.ErrLockLost, l.file.Unlock())
	}
	// That nobody holds the lock shows by the lock itself; the content only
	// keeps a person from being misled.
	_ = l.write(d, nil)
	return l.file.Unlock()
}

// lockHolder returns who holds the lock on the file at path, or nil.
func lockHolder(path string) (*state.Holder, error) {
	f := flock.New(path, flock.SetFlag(os.O_RDONLY))
	free, err := f.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if free {
		return nil, f.Unlock()
	}
	if h := readHolder(path); h != nil {
		return h, nil
	}
	return &state.Holder{Who: "an unknown process"}, nil
}

// readHolder returns what the lock file says, or nil if it says nothing.
func readHolder(path string) *state.Holder {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, 64<<10))
	var h state.Holder
	if err != nil || json.Unmarshal(text, &h) != nil {
		return nil
	}
	return &h
}
