package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"os/user"
	"time"

	"herald/config"
	"herald/state"
	"herald/state/filestore"
)

// stateFile is the record of a configuration's directory, unless -state says
// another.
const stateFile = config.DefaultPath

// sandboxDir holds what belongs to -sandbox: its record and its inbox.
const sandboxDir = ".herald/sandbox"

// recordFlags are the options of a command that reads or writes the record.
type recordFlags struct {
	state       string
	lockTimeout time.Duration
}

func (r *recordFlags) read() []flag {
	return []flag{stringFlag(&r.state, "state", "PATH", "The record's file, where the configuration does not keep it elsewhere. The default is "+stateFile+" in the configuration's directory.")}
}

func (r *recordFlags) write() []flag {
	return append(r.read(), durationFlag(&r.lockTimeout, "lock-timeout", "DURATION", "How long to wait for the lock on the record, as in 30s. The default is 0s."))
}

// sandboxStore is the local Instagram's record. Its folder is made when
// something is to be written: who only looks leaves no trace.
type sandboxStore struct {
	*filestore.Store
	dir string
}

// Lock makes the folder, and takes the lock.
func (s sandboxStore) Lock(ctx context.Context, who state.Holder, wait time.Duration) (state.Session, error) {
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, err
	}
	return s.Store.Lock(ctx, who, wait)
}

// peek reads the record without a lock. A missing record is nil.
func peek(ctx context.Context, s state.Store) (*state.Record, error) {
	rec, err := s.Load(ctx)
	if errors.Is(err, state.ErrNoRecord) {
		return nil, nil
	}
	return rec, err
}

// holder says who this process is, for the lock.
func (a *App) holder(operation string) state.Holder {
	who := "unknown"
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		who += "@" + host
	}
	return state.Holder{Nonce: randomHex(8), Who: who, Process: os.Getpid(), Operation: operation, Since: a.Now().UTC()}
}

// newLineage is the random identity of a new record.
func newLineage() string { return randomHex(16) }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
