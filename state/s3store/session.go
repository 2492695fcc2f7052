package s3store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"herald/state"
	"herald/state/batch"
)

// errEnded says that a session was given back.
var errEnded = errors.New("the lock on the record was given back")

// session is a held lock. It is a state.Session and a state.Replacer.
type session struct {
	store  *Store
	client *client
	lease  *lease
	ctx    context.Context
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	// Of the goroutine that renews the lease, and of Unlock once that is over.
	held    *held
	renewal uint64
	begun   map[uint64]time.Time // renewals that were not acknowledged yet

	queue *batch.Queue[*batch.Lines] // of the calls of Append

	mu   sync.Mutex
	dead error // why nothing more can be written, if so; guarded by mu

	// objects is held by whoever reads or writes the record's objects.
	objects    sync.Mutex
	stored     *stored // what is stored; nil as long as nobody has looked
	generation uint64
	n          uint64 // the number of the last segment
	from       uint64 // of the first one since the snapshot
	previous   string // the sum of the last one
}

var (
	_ state.Replacer = (*session)(nil)
	_ state.Marker   = (*session)(nil)
)

func newSession(s *Store, c *client, h *held) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &session{
		store: s, client: c, held: h, ctx: ctx, cancel: cancel, begun: make(map[uint64]time.Time),
		lease:      &lease{now: s.o.Now, length: s.o.Lease, from: h.from},
		generation: h.file.Generation, from: 1,
	}
	x.queue = batch.New(batch.MostLines, x.write)
	x.work.Go(x.watch)
	x.work.Go(x.keep)
	return x
}

// Context ends when the lease has ended, or the lock is lost or given back.
func (x *session) Context() context.Context { return leaseContext{x.ctx, x} }

// Load reads the record.
func (x *session) Load(ctx context.Context) (*state.Record, error) {
	x.objects.Lock()
	defer x.objects.Unlock()
	r, st, err := x.store.load(ctx, x.client)
	if err != nil {
		return nil, err
	}
	if x.n > 0 && st.seen[x.generation] < x.n {
		missing := x.store.url(x.store.journalKey(name{st.serial, x.generation, x.n}))
		return nil, &state.FormatError{
			Path: missing, Problem: "this segment, which this run has written, is missing",
			Advice: "Something deletes objects below the record's key, such as a lifecycle rule of the bucket: take it away. Nothing more was sent.",
		}
	}
	// What somebody else wrote under this lock is found out by the next
	// snapshot.
	switch {
	case x.stored == nil:
		x.stored = st
	case x.stored.etag == st.etag:
		// Perhaps it is the former result that is worked with.
		st.after(x.stored, x.generation)
		x.stored = st
	}
	return state.Unmarked(r, x.store.Location(), nil)
}

// Unfolded reports whether entries were appended that no snapshot holds yet:
// by this session, or by one that a crash ended.
func (x *session) Unfolded() bool {
	x.objects.Lock()
	defer x.objects.Unlock()
	return x.stored != nil && len(x.stored.live) > 0
}

// ready returns an error if nothing may be written: after an earlier failure, or
// when the lease has ended. It is called with objects held.
func (x *session) ready() error {
	if err := x.failed(); err != nil {
		return err
	}
	return x.inTime()
}

// look finds out what is stored, if that is not known. That there is nothing is
// no error.
func (x *session) look(ctx context.Context) error {
	if x.stored != nil {
		return nil
	}
	_, st, err := x.store.load(ctx, x.client)
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return err
	}
	x.stored = st
	return nil
}

// clear deletes the segments that the snapshot holds and a crash left. That it
// may is found out here, before anything depends on it.
func (x *session) clear() error {
	st := x.stored
	if len(st.spent) == 0 {
		return nil
	}
	if err := x.client.remove(x.ctx, st.spent); err != nil {
		return x.store.failure(x.store.journalPrefix(), "s3:DeleteObject", err)
	}
	st.spent = nil
	return nil
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

// ended returns why a write was broken off: if the lease has ended meanwhile,
// that.
func (x *session) ended(err error) error {
	if late := x.inTime(); late != nil {
		return late
	}
	return err
}

// releaseTime is how long Unlock tries: the lease ends by itself.
const releaseTime = 15 * time.Second

// Unlock gives the lock back. A second time it does nothing.
func (x *session) Unlock() error {
	x.objects.Lock()
	defer x.objects.Unlock()
	x.mu.Lock()
	if errors.Is(x.dead, errEnded) {
		x.mu.Unlock()
		return nil
	}
	x.dead = errEnded
	x.mu.Unlock()
	x.cancel(context.Canceled)
	x.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	return x.store.release(ctx, x.client, x.held)
}
