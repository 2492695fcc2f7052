package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// reap ends the sessions whose lease is over, with their claims. It waits for
// a write that such a session has begun in time.
const reap = `WITH gone AS (DELETE FROM herald.sessions WHERE record = $1 AND until <= clock_timestamp() RETURNING entries)` + settleCount

// enter adds a session, unless one is there that it cannot be beside.
const enter = `INSERT INTO herald.sessions (record, session, exclusive, nonce, holder, since, until)
SELECT $1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp() + make_interval(secs => $6)
WHERE NOT EXISTS (SELECT FROM herald.sessions WHERE record = $1 AND session <> $2 AND (exclusive OR $3))
ON CONFLICT (record, session) DO UPDATE SET until = excluded.until
RETURNING true`

// blocker is the session that enter found in its way.
const blocker = `SELECT holder FROM herald.sessions WHERE record = $1 AND session <> $2 AND (exclusive OR $3)
ORDER BY exclusive DESC, since LIMIT 1`

// renewal gives a session that still runs its whole lease again.
const renewal = `UPDATE herald.sessions SET until = clock_timestamp() + make_interval(secs => $3)
WHERE record = $1 AND session = $2 AND until > clock_timestamp()
RETURNING ` + durable

// open takes the lock, or joins, and waits for it up to wait.
func (s *Store) open(ctx context.Context, who state.Holder, wait time.Duration, exclusive bool) (*session, error) {
	deadline := time.Now().Add(wait)
	text, err := s.holderText(who)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the record: %w", err)
	}
	x := newSession(s, exclusive)
	var c *pgx.Conn
	defer func() {
		if c != nil {
			closeConn(c)
		}
	}()
	again := true
	for delay := 20 * time.Millisecond; ; delay = min(2*delay, 500*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		if c == nil {
			if c, err = s.connect(ctx); err == nil {
				err = s.prepare(ctx, c, true)
			}
			if err != nil {
				return nil, s.explain(ctx, err)
			}
		}
		begun := now()
		ok, other, err := s.enter(ctx, c, x, who, text)
		switch {
		case err != nil && lost(err) && again:
			// Perhaps it was done: the same session is entered again.
			again = false
			closeConn(c)
			c = nil
		case err != nil:
			return nil, s.explain(ctx, err)
		case ok:
			x.begin(begun)
			return x, nil
		case time.Until(deadline) <= 0:
			return nil, &state.LockedError{Location: s.Location(), Holder: s.holder(other)}
		}
		if err := pause(ctx, min(delay, max(time.Until(deadline), time.Millisecond))); err != nil {
			return nil, err
		}
	}
}

// enter tries once, in one round trip: a client that stops in between holds
// up nobody. It returns what is stored of the holder that is in the way.
func (s *Store) enter(ctx context.Context, c *pgx.Conn, x *session, who state.Holder, text []byte) (ok bool, other []byte, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	b.Queue("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "herald record "+s.schema+" "+s.o.Record)
	b.Queue(s.sql(reap), s.o.Record)
	b.Queue(s.sql(enter), s.o.Record, x.id, x.exclusive, plain(who.Nonce), text, s.o.Lease.Seconds()).QueryRow(func(row pgx.Row) error {
		return none(row.Scan(&ok))
	})
	b.Queue(s.sql(blocker), s.o.Record, x.id, x.exclusive).QueryRow(func(row pgx.Row) error {
		return none(row.Scan(&other))
	})
	b.Queue("COMMIT")
	err = c.SendBatch(ctx, b).Close()
	return ok, other, err
}

// none takes a missing row for no error.
func none(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// instant is a moment of this process, by the clock that nobody sets and by
// the one that also runs while the machine sleeps.
type instant struct{ steady, wall time.Time }

func now() instant {
	t := time.Now()
	return instant{t, t.Round(0)}
}

// elapsed returns the time since then by whichever clock says more.
func (i instant) elapsed() time.Duration {
	t := now()
	return max(t.steady.Sub(i.steady), t.wall.Sub(i.wall))
}

// lease is the time that a session may still count on. It runs from before its
// renewal was sent, and for two thirds of what the database grants, so it is
// over well before another could take the session's place.
type lease struct {
	good time.Duration

	mu      sync.Mutex
	renewed instant
}

func (l *lease) renew(at instant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed = at
}

// left returns how long the lease is still good for.
func (l *lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.good - l.renewed.elapsed()
}

// leaseContext is a session's context. A process that was stopped and goes on
// sees at once that its lease is over, before any timer has told it.
type leaseContext struct {
	context.Context
	over func() bool
}

// Err returns an error if the lock was lost or given back.
func (c leaseContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if c.over() {
		return c.Context.Err()
	}
	return nil
}

// over ends the context if the lease has run out.
func (x *session) over() bool {
	if x.lease.left() > 0 {
		return false
	}
	x.cancel(state.ErrLockLost)
	return true
}

// keep renews the lease until the session ends.
func (x *session) keep() {
	var c *pgx.Conn
	defer func() {
		if c != nil {
			closeConn(c)
		}
	}()
	every := x.store.o.Lease / 6
	for delay := every; ; {
		if pause(x.ctx, min(delay, max(x.lease.left(), 0))) != nil || x.over() {
			return
		}
		begun := now()
		ctx, cancel := context.WithTimeout(x.ctx, min(2*every, x.lease.left()))
		ok, err := x.renewOnce(ctx, &c)
		cancel()
		switch {
		case err != nil:
			// A server that restarts is back in time, perhaps.
			delay = every / 5
		case !ok:
			x.cancel(state.ErrLockLost)
			return
		default:
			x.lease.renew(begun)
			delay = every
		}
	}
}

// renewOnce reports whether the session is still there.
func (x *session) renewOnce(ctx context.Context, c **pgx.Conn) (ok bool, err error) {
	if *c == nil || (*c).IsClosed() {
		if *c, err = x.store.connect(ctx); err != nil {
			return false, err
		}
	}
	tag, err := (*c).Exec(ctx, x.store.sql(renewal), x.store.o.Record, x.id, x.store.o.Lease.Seconds())
	return tag.RowsAffected() == 1, err
}

// newSessionID returns a name that no other session has.
func newSessionID() string { return rand.Text() }
