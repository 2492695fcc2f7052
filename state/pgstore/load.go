package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"herald/state"
)

// oneMoment makes everything that is read within be of one moment.
func oneMoment(ctx context.Context, c *pgx.Conn, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

// stored is the row of a record.
type stored struct {
	*head
	serial    uint64
	entries   int    // how many there are, those of running sessions included
	uncounted string // the home of the entries, if they were not counted there yet
}

// querier is a connection, or a transaction of one.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// home tells the table of the entries from every other that was or will be in
// its place: one that was restored, or emptied. $2 is the schema.
const home = `(SELECT t.oid || '/' || t.relfilenode FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
	WHERE n.nspname = $2 AND t.relname = 'entries')`

// readHead reads the row of the record.
func (s *Store) readHead(ctx context.Context, c querier) (*stored, error) {
	var lineage string
	var serial int64
	var sealed bool
	var text []byte
	var counted, is string
	st := &stored{}
	err := c.QueryRow(ctx, s.sql(`SELECT lineage, serial, sealed, head,
		entries + coalesce((SELECT sum(entries)::bigint FROM herald.sessions WHERE record = $1), 0),
		coalesce(to_jsonb(r) ->> 'home', ''), `+home+`
		FROM herald.records r WHERE record = $1`), s.o.Record, s.o.Schema).Scan(&lineage, &serial, &sealed, &text, &st.entries, &counted, &is)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, s.headless(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if st.head, err = s.openHead(text, sealed); err != nil {
		return nil, err
	}
	if st.Lineage != lineage || serial < 0 {
		return nil, s.damaged("the head of the record is that of the lineage %s, and the row says %s", st.Lineage, lineage)
	}
	st.serial = uint64(serial)
	if counted != is {
		st.uncounted = is
	}
	return st, nil
}

// headless tells a record that is not there from one of which only the entries
// are left.
func (s *Store) headless(ctx context.Context, c querier) error {
	var left bool
	err := c.QueryRow(ctx, s.sql(`SELECT EXISTS (SELECT 1 FROM herald.entries WHERE record = $1)`), s.o.Record).Scan(&left)
	switch {
	case err != nil:
		return err
	case left:
		return s.damaged("the row of the record is gone, and entries of it are there")
	}
	return state.ErrNoRecord
}

// record returns the stored record without its entries.
func (st *stored) record() *state.Record {
	r := state.NewRecord(st.Lineage)
	r.Serial, r.Origin, r.Mark = st.serial, st.Origin, st.Mark
	for id, endpoint := range st.Endpoints {
		r.Endpoints[id] = endpoint
	}
	return r
}

// load reads the whole record.
func (s *Store) load(ctx context.Context, c *pgx.Conn) (*state.Record, error) {
	var r *state.Record
	err := oneMoment(ctx, c, func(tx pgx.Tx) error {
		st, err := s.readHead(ctx, tx)
		if err != nil {
			return err
		}
		r = st.record()
		err = s.readEntries(ctx, tx, st, r, s.sql(`SELECT address, revision, change, line FROM herald.entries WHERE record = $1`), s.o.Record)
		if err == nil && r.Len() != st.entries {
			return s.miscounted(st, r.Len())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// counted holds that as many entries are there as the record counts. A part
// would not miss what is not there, so this is looked at wherever the table is
// not the one for which it was seen last: that is, after a restore, and also
// after what writes the table anew, such as VACUUM FULL. In between the schema
// lets nobody delete an entry. At 1,000,000 entries it takes 0.2 s, and some
// seconds in a table that was never vacuumed; the next run that joins notes it.
func (s *Store) counted(ctx context.Context, tx pgx.Tx, st *stored) error {
	if st.uncounted == "" {
		return nil
	}
	var n int
	if err := tx.QueryRow(ctx, s.sql("SELECT count(*) FROM herald.entries WHERE record = $1"), s.o.Record).Scan(&n); err != nil {
		return err
	}
	if n != st.entries {
		return s.miscounted(st, n)
	}
	return nil
}

func (s *Store) miscounted(st *stored, n int) error {
	return s.damaged("the record counts %d entries, and %d are there", st.entries, n)
}

// settled notes that the entries were counted where they are.
func (s *Store) settled(ctx context.Context, c *pgx.Conn, st *stored) error {
	if st.uncounted == "" {
		return nil
	}
	_, err := c.Exec(ctx, s.sql("UPDATE herald.records SET home = $2 WHERE record = $1 AND lineage = $3"), s.o.Record, st.uncounted, st.Lineage)
	return err
}

// readEntries puts the entries that the query returns into r: their address,
// revision, change and line.
func (s *Store) readEntries(ctx context.Context, tx pgx.Tx, st *stored, r *state.Record, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var d state.EntryDecoder
	var address string
	var revision, change int64
	var line pgtype.DriverBytes
	var at, key []byte
	into := []any{&address, &revision, &change, &line}
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		at = place(at[:0], address, revision, change)
		text, err := st.lines.open(line, at)
		if err != nil {
			return s.damaged("the entry %s, revision %d, cannot be trusted: %v", address, revision, err)
		}
		e, err := d.Decode(text)
		if err != nil {
			return s.damaged("the entry %s, revision %d, cannot be read: %v", address, revision, err)
		}
		key = place(key[:0], st.lines.column("address", e.Addr.String()), int64(e.Revision), e.Change)
		if string(at) != string(key) {
			return s.damaged("the entry %s, revision %d, change %d, has the line of %s, change %d", address, revision, change, e.Key(), e.Change)
		}
		r.Adopt(e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return nil
}
