package httpstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"herald/state"
	"herald/state/batch"
)

// errEnded says that a session was given back.
var errEnded = errors.New("the lock on the record was given back")

// session is a held lock. It is a state.Session.
type session struct {
	store  *Store
	info   *lockInfo
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  sync.WaitGroup

	queue *batch.Queue[[]state.Entry] // of the calls of Append

	mu   sync.Mutex
	dead error // why nothing more can be written, if so; guarded by mu

	// io is held by whoever reads or writes the document.
	io     sync.Mutex
	known  bool          // what is stored has been read
	record *state.Record // what is stored; nil for nothing
	serial uint64        // of the document
	added  bool          // entries were appended since the last snapshot
	proved bool          // a document that was written has been read back
}

var (
	_ state.Replacer = (*session)(nil)
	_ state.Marker   = (*session)(nil)
)

func newSession(s *Store, info *lockInfo) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &session{store: s, info: info, ctx: ctx, cancel: cancel}
	x.queue = batch.New(func(waiting [][]state.Entry) int { return len(waiting) }, x.writeBatch)
	x.watch.Go(x.watchLock)
	return x
}

// Context ends when the lock is lost or given back.
func (x *session) Context() context.Context { return x.ctx }

// watchLock ends the context when the lock is lost.
func (x *session) watchLock() {
	tick := time.NewTicker(x.store.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-tick.C:
			if !x.held(x.ctx) && x.ctx.Err() == nil {
				x.cancel(state.ErrLockLost)
				return
			}
		}
	}
}

// held reports whether the lock is still this session's. A server that cannot
// be asked, or does not say who holds it, leaves it so.
func (x *session) held(ctx context.Context) bool {
	by, free, err := x.store.look(ctx)
	if by != nil {
		return by.ID == "" || by.ID == x.info.ID
	}
	return err != nil && !free
}

// Load reads the record. It must be what this session knows to be there.
func (x *session) Load(ctx context.Context) (*state.Record, error) {
	x.io.Lock()
	defer x.io.Unlock()
	r, serial, err := x.store.load(ctx)
	none := errors.Is(err, state.ErrNoRecord)
	if err != nil && !none {
		return nil, err
	}
	if x.known && x.failed() == nil && (serial != x.serial || none != (x.record == nil)) {
		return nil, x.store.problem("something else has written the record while it was locked",
			"The server lets others write without the lock, or the lock was taken away. See that no other run is under way, and run the command again. "+notSent, nil)
	}
	if !x.known {
		x.known, x.serial = true, serial
		if !none {
			x.record = r.Clone()
		}
	}
	return state.Unmarked(r, x.store.at, err)
}

// Unfolded reports whether this session has appended entries since its last
// snapshot.
func (x *session) Unfolded() bool {
	x.io.Lock()
	defer x.io.Unlock()
	return x.added
}

// Snapshot replaces the stored record.
func (x *session) Snapshot(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.io.Lock()
	defer x.io.Unlock()
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.learn(ctx); err != nil {
		return err
	}
	if err := state.Marked(x.record, x.store.at); err != nil {
		return err
	}
	next := r.Clone()
	switch {
	case x.record == nil && r.Serial != 0:
		return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial}
	case x.record == nil:
	case r.Lineage != x.record.Lineage || r.Serial != x.record.Serial:
		return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial, StoredLineage: x.record.Lineage, StoredSerial: x.record.Serial}
	default:
		next.Serial++
	}
	if err := x.write(next); err != nil {
		return err
	}
	x.record, x.added, r.Serial = next, false, next.Serial
	return nil
}

// Replace stores the record as it is, in the place of whatever is stored. What
// is stored must be a document of Herald, or nothing.
func (x *session) Replace(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.io.Lock()
	defer x.io.Unlock()
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.learn(ctx); err != nil {
		return err
	}
	next := r.Clone()
	if err := x.write(next); err != nil {
		return err
	}
	x.record, x.added = next, false
	return nil
}

// Mark stores the mark with the stored record, as state.Marker says.
func (x *session) Mark(ctx context.Context, m *state.Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.io.Lock()
	defer x.io.Unlock()
	if err := x.ready(); err != nil {
		return err
	}
	if err := x.learn(ctx); err != nil {
		return err
	}
	if x.record == nil {
		return state.ErrNoRecord
	}
	next := x.record.Clone()
	next.Mark = m
	if err := x.write(next); err != nil {
		return err
	}
	x.record = next
	return nil
}

// learn finds out what is stored, if that is not known. That there is nothing
// is no error.
func (x *session) learn(ctx context.Context) error {
	if x.known {
		return nil
	}
	r, serial, err := x.store.load(ctx)
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return err
	}
	x.known, x.record, x.serial = true, r, serial
	return nil
}

// failed returns why nothing more can be written, or nil.
func (x *session) failed() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.dead
}

// ready returns an error if nothing may be written.
func (x *session) ready() error {
	if err := x.failed(); err != nil {
		return err
	}
	if x.ctx.Err() != nil {
		return x.kill(context.Cause(x.ctx))
	}
	return nil
}

// kill notes why the session is dead, and returns what its callers are told.
func (x *session) kill(err error) error {
	if errors.Is(err, state.ErrLockLost) {
		x.cancel(state.ErrLockLost)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.dead == nil {
		x.dead = fmt.Errorf("nothing more can be recorded in this run: %w", err)
	}
	return err
}

// write stores the record as a document with the next serial. A failure leaves
// the session dead.
func (x *session) write(r *state.Record) error {
	body, err := x.store.wrap(r, x.serial+1)
	if err != nil {
		return err // nothing was sent
	}
	if err := x.post(body); err != nil {
		return x.kill(err)
	}
	x.serial++
	return nil
}

// post writes the document. Once it has begun, only the time limit of a request
// ends it.
func (x *session) post(body []byte) error {
	s := x.store
	ctx := context.WithoutCancel(x.ctx)
	a, err := s.do(ctx, request{method: s.o.UpdateMethod, address: s.o.Address, id: x.info.ID, body: body, limit: maxLockReply})
	switch {
	case err == nil && a.ok():
		if err := s.check(a, askWrite); err != nil || x.proved {
			return err
		}
		return x.prove(ctx, body)
	case err == nil && (a.status == http.StatusLocked || a.status == http.StatusConflict):
		if by, _, _ := s.look(ctx); by != nil && by.ID == x.info.ID {
			return s.refused(a, askWrite) // the lock is ours: it is about what is stored
		}
		return state.ErrLockLost
	case err == nil:
		err = s.refused(a, askWrite)
		if a.status < 500 && !x.held(ctx) {
			return state.ErrLockLost // some servers have another status for that
		}
		if a.status < 500 {
			return err
		}
	case unsent(err):
		return err
	}
	// Whether it was stored is open. If the server shows exactly this, it was.
	if stored, readErr := s.read(ctx); readErr == nil && s.equal(stored, body) {
		return nil
	}
	if !x.held(ctx) {
		return state.ErrLockLost
	}
	return err
}

// prove reads the first document of the session back: a server that takes one
// and does not keep it would let everything be sent again.
func (x *session) prove(ctx context.Context, body []byte) error {
	stored, err := x.store.read(ctx)
	switch {
	case err != nil && !errors.Is(err, state.ErrNoRecord):
		return err
	case err != nil || !x.store.equal(stored, body):
		return x.store.problem("the server said that the record is stored, and does not have it",
			"What a run records there would be lost. Look whether address and update_method are those of the server's documentation, and whether something between here and the server keeps old answers. "+notSent, nil)
	}
	x.proved = true
	return nil
}

// equal reports whether two documents say the same.
func (s *Store) equal(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := s.parse(a)
	if err != nil {
		return false
	}
	y, err := s.parse(b)
	return err == nil && *x.Serial == *y.Serial && x.Lineage == y.Lineage && *x.Record == *y.Record
}

// Unlock gives the lock back. A second time it does nothing.
func (x *session) Unlock() error {
	x.io.Lock()
	defer x.io.Unlock()
	x.mu.Lock()
	if errors.Is(x.dead, errEnded) {
		x.mu.Unlock()
		return nil
	}
	x.dead = errEnded
	x.mu.Unlock()
	x.cancel(context.Canceled)
	x.watch.Wait()
	if errors.Is(context.Cause(x.ctx), state.ErrLockLost) {
		return state.ErrLockLost
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.store.o.Timeout)
	defer cancel()
	// Not every server looks whose lock an UNLOCK is about.
	if !x.held(ctx) {
		return state.ErrLockLost
	}
	return x.store.unlock(ctx, x.info)
}
