package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"herald/state"
	"herald/state/batch"
)

// errEnded says that a session was given back.
var errEnded = errors.New("the lock on the record was given back")

// session is a held lock. It is a state.Session.
type session struct {
	paths  paths
	disk   disk
	sealer state.Sealer
	lock   *lock
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  sync.WaitGroup

	queue *batch.Queue[*batch.Lines] // of the calls of Append

	mu   sync.Mutex
	dead error // why nothing more can be written, if so; guarded by mu

	// files is held by whoever reads or writes the files.
	files   sync.Mutex
	stored  *stored // what is stored; nil as long as nobody has looked
	journal *file   // open for the next batch; nil as long as there was none
}

var (
	_ state.Replacer = (*session)(nil)
	_ state.Marker   = (*session)(nil)
)

func newSession(s *Store, p paths, l *lock) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &session{paths: p, disk: s.disk, sealer: s.sealer, lock: l, ctx: ctx, cancel: cancel}
	x.queue = batch.New(batch.MostLines, x.write)
	x.watch.Go(func() { x.watchLock(s.poll) })
	return x
}

// watchLock ends the context when the lock is lost.
func (x *session) watchLock(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-tick.C:
			if !x.lock.held() {
				x.cancel(state.ErrLockLost)
				return
			}
		}
	}
}

// Context ends when the lock is lost or given back.
func (x *session) Context() context.Context { return x.ctx }

// Load reads the record.
func (x *session) Load(ctx context.Context) (*state.Record, error) {
	x.files.Lock()
	defer x.files.Unlock()
	r, st, err := load(ctx, x.paths, x.sealer)
	if err == nil && x.stored == nil {
		x.stored = st
	}
	return state.Unmarked(r, x.paths.snapshot, err)
}

// Unfolded reports whether entries were appended that no snapshot holds yet:
// by this session, or by one that a crash ended.
func (x *session) Unfolded() bool {
	x.files.Lock()
	defer x.files.Unlock()
	return x.stored != nil && x.stored.journal != nil && !x.stored.spent && x.stored.journal.entries > 0
}

// ready returns an error if nothing may be written: after an earlier failure,
// when the lock is lost, or when somebody else has changed the files. It is
// called with files held.
func (x *session) ready() error {
	if err := x.failed(); err != nil {
		return err
	}
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	if !x.lock.held() {
		x.cancel(state.ErrLockLost)
		return state.ErrLockLost
	}
	st := x.stored
	if st == nil {
		return nil
	}
	if !same(st.snapshot, look(x.paths.snapshot)) {
		return changed(x.paths.snapshot)
	}
	if now := look(x.paths.journal); st.file == nil && now != nil || st.file != nil &&
		(now == nil || !os.SameFile(now, st.file) || now.Size() != st.file.Size()) {
		return changed(x.paths.journal)
	}
	return nil
}

func changed(path string) error {
	return fmt.Errorf("%s was changed or removed by something else while the record was locked", path)
}

// failed returns why nothing more can be written, or nil.
func (x *session) failed() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.dead
}

// kill notes why the session is dead, and returns what its callers are told.
func (x *session) kill(err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.dead == nil {
		x.dead = fmt.Errorf("nothing more can be recorded in this run: %w", err)
	}
	return err
}

// Unlock gives the lock back. A second time it does nothing.
func (x *session) Unlock() error {
	x.files.Lock()
	defer x.files.Unlock()
	x.mu.Lock()
	if errors.Is(x.dead, errEnded) {
		x.mu.Unlock()
		return nil
	}
	x.dead = errEnded
	x.mu.Unlock()
	x.cancel(context.Canceled)
	x.watch.Wait()
	var err error
	if x.journal != nil {
		err = x.journal.Close()
	}
	return errors.Join(err, x.lock.release(x.disk))
}
