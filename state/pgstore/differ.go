package pgstore

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// difference is what a snapshot changes in the table.
type difference struct {
	put    []*state.Entry // to be written
	take   []*state.Entry // as they are stored, to be taken away
	whole  bool           // afterwards the table holds what the record does, and nothing else
	moves  bool           // what is put was moved, and its place must be free
	missed bool           // the table did not hold what it was thought to
}

// differs compares r with what is stored.
func (x *session) differs(ctx context.Context, tx pgx.Tx, st *stored, r *state.Record) (*difference, error) {
	x.known.Lock()
	defer x.known.Unlock()
	base := x.full
	if r.Rest > 0 {
		if base = x.part; base == nil {
			base = x.full
		}
	}
	whole := x.exclusive && r.Rest == 0
	if base == nil && whole {
		// What the session has appended is part of it.
		base = state.NewRecord(st.Lineage)
		if err := x.store.readEntries(ctx, tx, st, base, x.store.sql(`SELECT address, revision, change, line FROM herald.entries WHERE record = $1`), x.store.o.Record); err != nil {
			return nil, err
		}
	}
	if base == nil {
		base = state.NewRecord(st.Lineage)
	}
	d := &difference{whole: whole, moves: !x.exclusive}
	if x.exclusive {
		for e := range r.All() {
			if was := x.storedEntry(base, e.Key()); was == nil || !sameEntry(was, e) {
				d.put = append(d.put, e)
			}
		}
	}
	x.taken(d, base, r)
	return d, nil
}

// storedEntry returns what is stored under a key, as far as it is known.
func (x *session) storedEntry(base *state.Record, k state.Key) *state.Entry {
	if e := x.wrote[k]; e != nil {
		return e
	}
	return base.Get(k)
}

// taken finds what is stored and not in r. Where r is not everything only what
// was moved is taken away: the rest, r does not know.
func (x *session) taken(d *difference, base, r *state.Record) {
	var gone []*state.Entry
	for e := range base.All() {
		if r.Get(e.Key()) == nil {
			gone = append(gone, x.storedEntry(base, e.Key()))
		}
	}
	for k, e := range x.wrote {
		if base.Get(k) == nil && r.Get(k) == nil {
			gone = append(gone, e)
		}
	}
	if d.whole {
		d.take = gone
		return
	}
	if len(gone) == 0 {
		return
	}
	arrived := make(map[string]*state.Entry)
	for e := range r.All() {
		if base.Get(e.Key()) == nil {
			arrived[story(e)] = e
		}
	}
	for _, was := range gone {
		e := arrived[story(was)]
		if e == nil || e.Change < was.Change || e.Addr.Kind != was.Addr.Kind {
			continue
		}
		d.take = append(d.take, was)
		if !x.exclusive && x.wrote[e.Key()] == nil {
			d.put = append(d.put, e)
		}
	}
}

// story tells one send from every other, wherever it is recorded: an entry
// keeps it when it is moved, and when it is written again after that.
func story(e *state.Entry) string {
	b := strconv.AppendInt(nil, int64(e.Revision), 10)
	send := e.MessageID
	if !e.FirstIntendedAt.IsZero() {
		send = e.FirstIntendedAt.UTC().Format(time.RFC3339Nano)
	}
	for _, s := range []string{e.Account, e.Recipient, e.Fingerprint, send} {
		b = append(strconv.AppendInt(append(b, ' '), int64(len(s)), 10), ' ')
		b = append(b, s...)
	}
	return string(b)
}

// sameEntry reports whether two entries have the same line.
func sameEntry(a, b *state.Entry) bool {
	if a == b {
		return true
	}
	if a.Change != b.Change || a.Status != b.Status {
		return false
	}
	x, errX := state.EncodeEntry(a)
	y, errY := state.EncodeEntry(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// milliseconds is how PostgreSQL takes a time-out.
func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(1, d.Milliseconds()), 10)
}
