package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
	"herald/state/batch"
)

// session is a held lock, or a run that has joined. It is a state.Session.
type session struct {
	store     *Store
	id        string
	exclusive bool
	ctx       context.Context // as it is told from outside: leaseContext
	cancel    context.CancelCauseFunc
	lease     *lease
	keeper    sync.WaitGroup
	conns     *pool // for everything but appends
	writer    *pool // one connection

	queue *batch.Queue[*waiting] // of the calls of Append

	mu   sync.Mutex
	dead error // why nothing more can be written, if so; guarded by mu

	// write is held by whoever writes.
	write sync.Mutex
	epoch int64 // the number that the session's row has: see settle
	batch int64 // how many writes were done

	// known guards what was read and written.
	known sync.Mutex
	head  *stored                    // nil as long as nobody has looked
	full  *state.Record              // the whole record, as it was loaded or stored last
	part  *state.Record              // the same, where only a part was loaded
	wrote map[state.Key]*state.Entry // what was appended since
}

var (
	_ state.Session    = (*session)(nil)
	_ state.PartLoader = (*session)(nil)
	_ state.Replacer   = (*session)(nil)
	_ state.Marker     = (*session)(nil)
)

func newSession(s *Store, exclusive bool) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &session{
		store: s, id: newSessionID(), exclusive: exclusive, cancel: cancel,
		lease: &lease{good: s.o.Lease * 2 / 3}, wrote: make(map[state.Key]*state.Entry),
		conns: newPool(s.connect, poolSize), writer: newPool(s.connect, 1),
	}
	x.ctx = leaseContext{ctx, x.over}
	x.queue = batch.New(most, x.writeBatch)
	return x
}

// begin starts a session whose lease was granted to a request of that moment.
func (x *session) begin(at instant) {
	x.lease.renew(at)
	x.keeper.Go(x.keep)
}

// Context ends when the lock is lost or given back. Its Err looks at the clock
// as well.
func (x *session) Context() context.Context { return x.ctx }

// within returns a context that ends with ctx and with the session, and after
// the time if that is above 0.
func (x *session) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(x.ctx, func() { cancel(context.Cause(x.ctx)) })
	if limit <= 0 {
		return ctx, func() { stop(); cancel(nil) }
	}
	timed, end := context.WithTimeout(ctx, limit)
	return timed, func() { end(); stop(); cancel(nil) }
}

// try calls f with a connection, again as long as the connection is lost and
// the session lives. It is for what may be done twice.
func (x *session) try(ctx context.Context, f func(context.Context, *pgx.Conn) error) error {
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	ctx, cancel := x.within(ctx, 0)
	defer cancel()
	for delay := 50 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		err := x.conns.use(ctx, func(c *pgx.Conn) error { return f(ctx, c) })
		if err == nil || ctx.Err() != nil || !transient(err) {
			return x.store.explain(ctx, err)
		}
		if pause(ctx, delay) != nil {
			return x.store.explain(ctx, err)
		}
	}
}

// Load reads the record.
func (x *session) Load(ctx context.Context) (*state.Record, error) {
	var r *state.Record
	err := x.try(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		r, err = x.store.load(ctx, c)
		return err
	})
	if err == nil {
		x.remember(r)
	}
	return state.Unmarked(r, x.store.Location(), err)
}

// LoadPart reads a part of the record.
func (x *session) LoadPart(ctx context.Context, p state.Part) (*state.Record, error) {
	var r *state.Record
	err := x.try(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		var st *stored
		if r, st, err = x.store.loadPart(ctx, c, p); err == nil {
			err = x.store.settled(ctx, c, st)
		}
		return err
	})
	if err == nil {
		x.remember(r)
	}
	return r, err
}

// remember keeps what was read, for Snapshot to see what has changed.
func (x *session) remember(r *state.Record) {
	x.known.Lock()
	defer x.known.Unlock()
	switch {
	case r.Rest == 0:
		x.full = r.Clone()
	case x.part == nil:
		x.part = r.Clone()
	default:
		for e := range r.All() {
			x.part.Adopt(e)
		}
	}
}

// lines returns how entries are stored. The error is ErrNoRecord if there is no
// record.
func (x *session) lines(ctx context.Context) (*lines, error) {
	x.known.Lock()
	st := x.head
	x.known.Unlock()
	if st != nil {
		return st.lines, nil
	}
	err := x.try(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		if st, err = x.store.readHead(ctx, c); err == nil && st.Mark != nil {
			err = &state.MarkedError{Location: x.store.Location(), Mark: *st.Mark}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	x.known.Lock()
	x.head = st
	x.known.Unlock()
	return st.lines, nil
}

// ready returns an error if nothing may be written: after an earlier failure,
// or when the lock is lost.
func (x *session) ready() error {
	if err := x.failed(); err != nil {
		return err
	}
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
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

// Unlock gives the lock back, or leaves. A second time it does nothing. Where
// the database cannot be reached the lock ends with the lease.
func (x *session) Unlock() error {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	if errors.Is(x.dead, errEnded) {
		x.mu.Unlock()
		return nil
	}
	x.dead = errEnded
	x.mu.Unlock()
	held := x.ctx.Err() == nil
	x.cancel(context.Canceled)
	x.keeper.Wait()
	var err error
	if held {
		err = x.leave()
	} else {
		err = context.Cause(x.ctx)
	}
	x.conns.close()
	x.writer.close()
	return err
}

// leave takes the session's row away.
func (x *session) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), max(x.lease.left(), time.Second))
	defer cancel()
	const q = `WITH gone AS (DELETE FROM herald.sessions WHERE record = $1 AND session = $2 RETURNING entries)` + settleCount
	var gone int
	for again := false; ; again = true {
		err := x.conns.use(ctx, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, x.store.sql(q), x.store.o.Record, x.id).Scan(&gone, nil)
		})
		switch {
		case err != nil && transient(err) && pause(ctx, 100*time.Millisecond) == nil:
			continue
		case err != nil:
			return x.store.explain(context.Background(), err)
		case gone == 0 && !again:
			return state.ErrLockLost
		}
		return nil
	}
}
