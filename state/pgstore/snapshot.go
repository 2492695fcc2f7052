package pgstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// Snapshot stores what of r differs from what is stored, in one transaction.
// Beside an exclusive lock on a whole record that is everything; otherwise it
// is what r holds beside its entries, and what was moved.
func (x *session) Snapshot(ctx context.Context, r *state.Record) error {
	next, err := x.transact(ctx, r, func(ctx context.Context, tx pgx.Tx) (*stored, error) {
		if _, err := tx.Exec(ctx, x.store.sql("SELECT FROM herald.records WHERE record = $1 FOR UPDATE"), x.store.o.Record); err != nil {
			return nil, err
		}
		st, err := x.store.readHead(ctx, tx)
		switch {
		case errors.Is(err, state.ErrNoRecord) && r.Serial != 0:
			return nil, &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial}
		case errors.Is(err, state.ErrNoRecord):
			return x.create(ctx, tx, r)
		case err != nil:
			return nil, err
		case st.Mark != nil:
			return nil, &state.MarkedError{Location: x.store.Location(), Mark: *st.Mark}
		}
		return x.replace(ctx, tx, st, r)
	})
	if err == nil {
		r.Serial = next.serial
	}
	return err
}

// Replace stores r as it is, as state.Replacer says. An encrypted record gets a
// new key.
func (x *session) Replace(ctx context.Context, r *state.Record) error {
	if !x.exclusive {
		return errors.New("a record that runs share cannot be replaced")
	}
	if r.Rest != 0 {
		return errors.New("a record of which only a part was loaded cannot replace another")
	}
	_, err := x.transact(ctx, r, func(ctx context.Context, tx pgx.Tx) (*stored, error) {
		for _, q := range []string{
			"DELETE FROM herald.entries WHERE record = $1",
			"DELETE FROM herald.records WHERE record = $1",
			"UPDATE herald.sessions SET entries = 0 WHERE record = $1",
		} {
			if _, err := tx.Exec(ctx, x.store.sql(q), x.store.o.Record); err != nil {
				return nil, err
			}
		}
		return x.create(ctx, tx, r)
	})
	return err
}

// transact does f as one write of the session, after which r is what is stored.
func (x *session) transact(ctx context.Context, r *state.Record, f func(context.Context, pgx.Tx) (*stored, error)) (*stored, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	x.write.Lock()
	defer x.write.Unlock()
	next, err := x.writeOnce(r.Len(), f)
	if err != nil {
		return nil, err
	}
	x.known.Lock()
	defer x.known.Unlock()
	x.head, x.full, x.part = next, nil, nil
	if r.Rest == 0 {
		x.full = r.Clone()
	} else {
		x.part = r.Clone()
	}
	if next.Mark != nil {
		x.head = nil // whoever asks for it is told
	}
	clear(x.wrote)
	return next, nil
}

// writeOnce does f as one write of the session. It is called with write held.
func (x *session) writeOnce(entries int, f func(context.Context, pgx.Tx) (*stored, error)) (*stored, error) {
	if err := x.ready(); err != nil {
		return nil, x.kill(err)
	}
	var next *stored
	// Nothing is wrong with a large record that takes long: meanwhile the lease
	// is renewed on another connection.
	limit := 10*time.Minute + time.Duration(entries)*time.Millisecond
	err := x.once(limit, func(ctx context.Context, c *pgx.Conn) (bool, error) {
		var err error
		next, err = x.transactOnce(ctx, c, f)
		return next != nil, err
	})
	switch {
	case errors.As(err, new(*state.ConflictError)), errors.As(err, new(*state.MarkedError)), errors.Is(err, state.ErrNoRecord):
		return nil, err // nothing was written
	case err != nil:
		return nil, x.kill(err)
	}
	return next, nil
}

// lockRow finds the session's row as a fence does, and counts the write. It
// comes last in a transaction of more than one statement: the row is locked
// only then, so that the lease can be renewed before.
const lockRow = `UPDATE herald.sessions SET batch = batch + 1
WHERE record = $1 AND session = $2 AND epoch = $3 AND batch = $4 AND until > clock_timestamp()`

// begins finds the session's row without locking it. A transaction that stops
// in between is ended by the server.
const begins = `SELECT set_config('idle_in_transaction_session_timeout', $5, true), ` + removes + `, ` + durable + ` FROM herald.sessions
WHERE record = $1 AND session = $2 AND epoch = $3 AND batch = $4 AND until > clock_timestamp()`

// removes lets the transaction that it is part of take entries away.
const removes = `set_config('herald_record.removes', 'on', true)`

// transactOnce returns what is stored then, or nil if the lock is lost.
func (x *session) transactOnce(ctx context.Context, c *pgx.Conn, f func(context.Context, pgx.Tx) (*stored, error)) (*stored, error) {
	s := x.store
	var next *stored
	err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}, func(tx pgx.Tx) error {
		held := func(q string, more ...any) error {
			tag, err := tx.Exec(ctx, s.sql(q), append([]any{s.o.Record, x.id, x.epoch, x.batch}, more...)...)
			if err == nil && tag.RowsAffected() == 0 {
				return errGone
			}
			return err
		}
		err := held(begins, milliseconds(s.o.Lease))
		if err != nil {
			return err
		}
		if next, err = f(ctx, tx); err != nil {
			return err
		}
		return held(lockRow)
	})
	switch {
	case errors.Is(err, errGone):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return next, nil
}

// errGone says that the session's row is not there.
var errGone = errors.New("the session is gone")

// create stores a record where none is, with the serial that it has.
func (x *session) create(ctx context.Context, tx pgx.Tx, r *state.Record) (*stored, error) {
	s := x.store
	if r.Serial > math.MaxInt64 {
		return nil, fmt.Errorf("the serial %d is larger than any that can be stored", r.Serial)
	}
	h, err := s.newHead(r)
	if err == nil {
		h, err = s.with(h, r)
	}
	if err != nil {
		return nil, err
	}
	tag, err := tx.Exec(ctx, s.sql(`INSERT INTO herald.records (record, lineage, serial, sealed, head, entries) VALUES ($1, $2, $5, $3, $4, 0)
		ON CONFLICT DO NOTHING`), s.o.Record, r.Lineage, state.Seals(s.o.Sealer), h.stored, int64(r.Serial))
	if err != nil {
		return nil, err
	}
	st := &stored{head: h, serial: r.Serial}
	if tag.RowsAffected() == 0 {
		// Of two that make a record at once the other was first.
		other, err := s.readHead(ctx, tx)
		if err != nil {
			return nil, err
		}
		return nil, conflict(r, other)
	}
	return st, s.copyAll(ctx, tx, st, r)
}

// copyAll stores every entry of a record of which none is stored.
func (s *Store) copyAll(ctx context.Context, tx pgx.Tx, st *stored, r *state.Record) error {
	if r.Len() == 0 {
		return nil
	}
	next, stop := iter.Pull(r.All())
	defer stop()
	var rows rows
	src := pgx.CopyFromFunc(func() ([]any, error) {
		e, ok := next()
		if !ok {
			return nil, nil
		}
		line, err := state.EncodeEntry(e)
		if err != nil {
			return nil, err
		}
		rows.reset()
		rows.add(st.lines, e, line, nil)
		return rows.first(s.o.Record), nil
	})
	n, err := tx.CopyFrom(ctx, pgx.Identifier{s.o.Schema, "entries"}, rowColumns(), src)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, s.sql("UPDATE herald.records SET entries = entries + $2 WHERE record = $1"), s.o.Record, n)
	return err
}

func conflict(r *state.Record, st *stored) error {
	return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial, StoredLineage: st.Lineage, StoredSerial: st.serial}
}

// replace stores what follows a record.
func (x *session) replace(ctx context.Context, tx pgx.Tx, st *stored, r *state.Record) (*stored, error) {
	s := x.store
	if r.Lineage != st.Lineage || r.Serial != st.serial || st.serial == math.MaxInt64 {
		return nil, conflict(r, st)
	}
	h, err := s.with(st.head, r)
	if err != nil {
		return nil, err
	}
	next := &stored{head: h, serial: st.serial + 1}
	d, err := x.differs(ctx, tx, st, r)
	if err != nil {
		return nil, err
	}
	if err := x.apply(ctx, tx, next, d); err != nil {
		return nil, err
	}
	if d.missed {
		return nil, conflict(r, next)
	}
	_, err = tx.Exec(ctx, s.sql("UPDATE herald.records SET serial = $2, head = $3 WHERE record = $1"), s.o.Record, int64(next.serial), h.stored)
	if err == nil && d.whole {
		_, err = tx.Exec(ctx, s.sql(`UPDATE herald.records SET entries = $2 -
			coalesce((SELECT sum(entries)::bigint FROM herald.sessions WHERE record = $1), 0) WHERE record = $1`), s.o.Record, int64(r.Len()))
	}
	return next, err
}

// chunk is how many rows one statement stores.
const chunk = 2000

// apply writes a difference to the table, and counts.
func (x *session) apply(ctx context.Context, tx pgx.Tx, st *stored, d *difference) error {
	s := x.store
	added := 0
	for list := d.take; len(list) > 0; {
		n := min(chunk, len(list))
		var address []string
		var revision, change []int64
		for _, e := range list[:n] {
			address = append(address, st.lines.column("address", e.Addr.String()))
			revision, change = append(revision, int64(e.Revision)), append(change, e.Change)
		}
		tag, err := tx.Exec(ctx, s.sql(`DELETE FROM herald.entries e USING unnest($2::text[], $3::bigint[], $4::bigint[]) AS i (address, revision, change)
			WHERE e.record || '' = $1 AND e.address = i.address AND e.revision = i.revision AND e.change = i.change`), s.o.Record, address, revision, change)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(n) {
			d.missed = true
			return nil
		}
		added -= n
		list = list[n:]
	}
	for list := d.put; len(list) > 0; {
		n := min(chunk, len(list))
		fresh, missed, err := x.putRows(ctx, tx, st, list[:n], d.whole)
		if err != nil {
			return err
		}
		if missed && d.moves {
			d.missed = true
			return nil
		}
		added += fresh
		list = list[n:]
	}
	if added == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, s.sql("UPDATE herald.records SET entries = entries + $2 WHERE record = $1"), s.o.Record, int64(added))
	return err
}

// storeRows writes rows whatever is there, or only over an older change.
const (
	storeWhole = storeInput + into + ` FROM input i ` + over + ` RETURNING (xmax = 0) AS fresh)` + storeCount
	storeNewer = storeInput + into + ` FROM input i ` + over + ` WHERE e.change <= excluded.change RETURNING (xmax = 0) AS fresh)` + storeCount
	storeFresh = storeInput + into + ` FROM input i ON CONFLICT DO NOTHING RETURNING true AS fresh)` + storeCount
	storeCount = ` SELECT count(*), count(*) FILTER (WHERE fresh) FROM written`
	storeInput = `WITH input AS (
	SELECT * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
		$10::boolean[], $11::bigint[], $12::bigint[], $13::bytea[])
	AS i (address, revision, account, recipient, fingerprint, message_id, plan_id, status, also_sent, change, follows, line)),
written AS (`
)

// putRows returns how many rows are new, and whether one was not written.
func (x *session) putRows(ctx context.Context, tx pgx.Tx, st *stored, list []*state.Entry, whole bool) (fresh int, missed bool, err error) {
	var rows rows
	for _, e := range list {
		line, err := state.EncodeEntry(e)
		if err != nil {
			return 0, false, err
		}
		rows.add(st.lines, e, line, nil)
	}
	q := storeNewer
	switch {
	case whole:
		q = storeWhole
	case !x.exclusive:
		q = storeFresh
	}
	args := append([]any{x.store.o.Record}, rows.args(x)[4:]...)
	var n int
	err = tx.QueryRow(ctx, x.store.sql(q), args...).Scan(&n, &fresh)
	return fresh, n != len(list), err
}
