package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"herald/state"
)

// DefaultName is the snapshot's name within its folder.
const DefaultName = "herald.state.json"

// Options are the settings of a Store; the zero value is the usual one.
type Options struct {
	// Path is the snapshot's path, absolute or seen from the store's folder;
	// herald.state.json if it is empty. The other files stand beside it and
	// have its name: without .json and with .journal or .lock, and with
	// .backup at its end.
	Path string
	// Poll is how often a holder looks whether it still has the lock; every
	// second if it is 0. Each append looks as well.
	Poll time.Duration
	// Sealer encrypts snapshot and journal; nil: they are not encrypted.
	Sealer state.Sealer
	// Fault is called before each operation on a file, for tests: "create",
	// "open", "write", "sync", "truncate", "rename", "link", "remove" or
	// "syncdir", and the path that it makes or changes. The operation fails with its error;
	// a write has written half by then. It may be called concurrently.
	Fault func(op, path string) error
}

// Store keeps a record in a folder. It is a state.Store.
type Store struct {
	path   string
	poll   time.Duration
	sealer state.Sealer
	disk   disk
}

var _ state.Store = (*Store)(nil)

// New returns the store of a folder. It touches no file.
func New(dir string, opts Options) *Store {
	s := &Store{path: opts.Path, poll: opts.Poll, sealer: opts.Sealer, disk: disk{opts.Fault}}
	if s.path == "" {
		s.path = DefaultName
	}
	if !filepath.IsAbs(s.path) {
		s.path = filepath.Join(dir, s.path)
	}
	if s.poll <= 0 {
		s.poll = time.Second
	}
	return s
}

// Location returns the path of the snapshot.
func (s *Store) Location() string { return s.path }

// paths are the four files of a record.
type paths struct{ snapshot, journal, lock, backup string }

// resolve finds the files, behind a link if the snapshot is one.
func (s *Store) resolve() (paths, error) {
	real, err := filepath.EvalSymlinks(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(s.path); err == nil {
			return paths{}, fmt.Errorf("%s is a link to a file that is not there", s.path)
		}
		// No snapshot yet: only its folder can be resolved.
		var dir string
		if dir, err = filepath.EvalSymlinks(filepath.Dir(s.path)); err == nil {
			real = filepath.Join(dir, filepath.Base(s.path))
		}
	}
	if err != nil {
		return paths{}, err
	}
	stem := strings.TrimSuffix(real, ".json")
	return paths{real, stem + ".journal", stem + ".lock", real + ".backup"}, nil
}

// Load reads the record as state.Store says.
func (s *Store) Load(ctx context.Context) (*state.Record, error) {
	p, err := s.resolve()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", s.path, state.ErrNoRecord)
	}
	if err != nil {
		return nil, err
	}
	r, _, err := load(ctx, p, s.sealer)
	return state.Unmarked(r, s.path, err)
}

// Lock takes the lock as state.Store says. The folder must be there; the
// record need not.
func (s *Store) Lock(ctx context.Context, who state.Holder, wait time.Duration) (state.Session, error) {
	p, err := s.resolve()
	if err != nil {
		return nil, fmt.Errorf("cannot lock the record: %w", err)
	}
	l, err := takeLock(ctx, s, p.lock, who, wait)
	if err != nil {
		return nil, err
	}
	return newSession(s, p, l), nil
}

// Holder returns who holds the lock, or nil. It makes no file.
func (s *Store) Holder(ctx context.Context) (*state.Holder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := s.resolve()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return lockHolder(p.lock)
}
