package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"herald/state"
)

// What one transaction appends at most.
const (
	maxBatchEntries = 2000
	maxBatchBytes   = 4 << 20
)

// waiting is one call of Append.
type waiting struct {
	entries []state.Entry // of a key that comes more than once the last
	follows []*int64      // by entry: the change that it follows, if it is an intent or was one in between
	lines   [][]byte
	size    int
}

// Append stores the entries durably, those of callers at the same time in one
// transaction. Once its turn has come a call waits for the database whatever
// its context does, but no longer than the lease allows.
func (x *session) Append(ctx context.Context, entries ...state.Entry) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w, err := newWaiting(entries)
	if err != nil {
		return err
	}
	if err := x.ready(); err != nil {
		return err
	}
	if _, err := x.lines(ctx); err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	if err := x.failed(); err != nil {
		return err
	}
	return x.queue.Do(w)
}

// newWaiting checks the entries, and puts those of one key together.
func newWaiting(entries []state.Entry) (*waiting, error) {
	w := &waiting{}
	at := make(map[state.Key]int, len(entries))
	first := make([]int64, len(entries)) // the change before the first entry of a key
	buf := make([]byte, 0, 640*len(entries))
	for i := range entries {
		e := &entries[i]
		start := len(buf)
		var err error
		if buf, err = state.AppendEntry(buf, e); err != nil {
			return nil, err
		}
		line := buf[start:len(buf):len(buf)]
		w.size += len(line)
		n, twice := at[e.Key()]
		if !twice {
			n = len(w.entries)
			at[e.Key()] = n
			w.entries, w.lines, w.follows = append(w.entries, *e), append(w.lines, line), append(w.follows, nil)
			first[n] = e.Change - 1
		}
		w.entries[n], w.lines[n] = *e, line
		if e.Status == state.Intent {
			w.follows[n] = &first[n]
		}
	}
	return w, nil
}

// writeBatch writes one batch, and tells each of its calls how that ended.
func (x *session) writeBatch(calls []*waiting, tell func(i int, err error)) {
	x.write.Lock()
	told := x.commit(calls)
	x.write.Unlock()
	for i, err := range told {
		tell(i, err)
	}
}

// most returns how many of the waiting calls one transaction takes. No key is
// in it twice.
func most(waiting []*waiting) int {
	n, size, entries := 0, 0, 0
	keys := make(map[state.Key]bool)
	for ; n < len(waiting); n++ {
		w := waiting[n]
		size, entries = size+w.size, entries+len(w.entries)
		if n > 0 && (size > maxBatchBytes || entries > maxBatchEntries || anyIn(keys, w.entries)) {
			break
		}
		for i := range w.entries {
			keys[w.entries[i].Key()] = true
		}
	}
	return n
}

func anyIn(keys map[state.Key]bool, entries []state.Entry) bool {
	for i := range entries {
		if keys[entries[i].Key()] {
			return true
		}
	}
	return false
}

// commit makes one batch durable, and returns what each of its calls is told.
// Where the database refuses one of them, each is written by itself.
func (x *session) commit(batch []*waiting) []error {
	told := make([]error, len(batch))
	err := x.put(batch)
	if errors.Is(err, errRefused) && len(batch) > 1 {
		for i := range batch {
			told[i] = x.commit(batch[i : i+1])[0]
		}
		return told
	}
	switch {
	case errors.Is(err, errRefused):
		// Nothing was written, so the session goes on.
		err = x.claimed(batch[0])
	case err != nil:
		err = x.kill(err)
	}
	for i := range told {
		told[i] = err
	}
	return told
}

// errRefused says that a batch was not written, because an intent in it may
// not be.
var errRefused = errors.New("an intent was refused")

// put writes one batch. It returns nil only while the lease is good.
func (x *session) put(batch []*waiting) error {
	if err := x.ready(); err != nil {
		return err
	}
	l, err := x.lines(x.ctx)
	if err != nil {
		return err
	}
	var rows rows
	for _, w := range batch {
		for i := range w.entries {
			rows.add(l, &w.entries[i], w.lines[i], w.follows[i])
		}
	}
	err = x.once(x.store.o.Lease/3, func(ctx context.Context, c *pgx.Conn) (bool, error) {
		var done int
		err := c.QueryRow(ctx, x.store.sql(x.appendRows()), rows.args(x)...).Scan(&done, nil)
		return done == 1, err
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.ConstraintName == "batch_is_whole" {
		return errRefused
	}
	if err != nil {
		return err
	}
	x.known.Lock()
	for _, w := range batch {
		for i := range w.entries {
			x.wrote[w.entries[i].Key()] = &w.entries[i]
		}
	}
	x.known.Unlock()
	if x.ctx.Err() != nil {
		// It is stored, but perhaps another has the place by now.
		return context.Cause(x.ctx)
	}
	return nil
}

// once does one write, exactly once: f writes it as the batch x.batch of
// x.epoch, and reports whether the session was there. When the connection is
// lost, or does not answer within limit, it is found out whether it was done,
// and if not it is done again, as long as the lease lasts. It is called with
// write held.
func (x *session) once(limit time.Duration, f func(context.Context, *pgx.Conn) (bool, error)) error {
	for delay := 20 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		ctx, cancel := x.within(context.Background(), limit)
		var there bool
		err := x.writer.use(ctx, func(c *pgx.Conn) (err error) {
			there, err = f(ctx, c)
			return err
		})
		cancel()
		switch {
		case err == nil && there:
			x.batch++
			return nil
		case err == nil:
			return x.lockLost()
		case x.ctx.Err() != nil:
			return context.Cause(x.ctx)
		case !transient(err) && !pgconn.Timeout(err):
			return x.store.explain(context.Background(), err)
		}
		if pause(x.ctx, delay) != nil {
			return x.outOfTime(err)
		}
		done, err := x.settle()
		if err != nil || done {
			return err
		}
	}
}

// lockLost ends the session.
func (x *session) lockLost() error {
	x.cancel(state.ErrLockLost)
	return context.Cause(x.ctx)
}

// outOfTime tells what kept the session from writing until its lease was over.
func (x *session) outOfTime(err error) error {
	return errors.Join(context.Cause(x.ctx), x.store.explain(context.Background(), err))
}

// takeOver gives the session's row another number, so that a write under the
// former one can no more be done, and returns how many were.
const takeOver = `UPDATE herald.sessions SET epoch = $3
WHERE record = $1 AND session = $2 AND epoch < $3 AND until > clock_timestamp()
RETURNING batch, ` + durable

// settle finds out whether the last write was done, after its connection was
// lost. Afterwards it cannot be done any more.
func (x *session) settle() (done bool, err error) {
	for delay := 20 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		x.epoch++
		var batch int64
		ctx, cancel := x.within(context.Background(), x.store.o.Lease/6)
		err := x.writer.use(ctx, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, x.store.sql(takeOver), x.store.o.Record, x.id, x.epoch).Scan(&batch, nil)
		})
		cancel()
		switch {
		case err == nil && batch == x.batch+1:
			x.batch++
			return true, nil
		case err == nil && batch == x.batch:
			return false, nil
		case err == nil, errors.Is(err, pgx.ErrNoRows):
			// The database has forgotten, or somebody has taken the row away.
			return false, x.lockLost()
		case x.ctx.Err() != nil:
			return false, context.Cause(x.ctx)
		case !transient(err) && !pgconn.Timeout(err):
			return false, x.store.explain(context.Background(), err)
		}
		if pause(x.ctx, delay) != nil {
			return false, x.outOfTime(err)
		}
	}
}
