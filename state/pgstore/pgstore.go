package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// What Options that are left empty stand for.
const (
	DefaultSchema = "herald"
	DefaultRecord = "default"
	DefaultLease  = 30 * time.Second
)

// Options are the settings of a Store; the zero value is the usual one.
type Options struct {
	// URL is the connection string, as a URL or as keywords and values. Where
	// it is empty, or silent, the PG* variables of the environment count
	// (PGHOST, PGUSER, PGPASSWORD, PGSSLMODE, PGSERVICE...), and .pgpass.
	URL string
	// Schema holds Herald's tables.
	Schema string
	// Record is the name of the record within the schema.
	Record string
	// Lease is how long a session that is not heard of keeps its lock and its
	// claims. Its context ends when it could not renew its lease for two
	// thirds of that time.
	Lease time.Duration
	// Sealer encrypts the record; nil: it is not encrypted.
	Sealer state.Sealer
}

// Store keeps one record in a database. Nothing stays open between calls,
// sessions apart.
type Store struct {
	o      Options
	schema string   // quoted
	steps  []string // what makes the schema, version by version
	parsed func() (*pgx.ConnConfig, error)

	mu   sync.Mutex
	head *head // the last that was opened
}

var (
	_ state.Store      = (*Store)(nil)
	_ state.Sharer     = (*Store)(nil)
	_ state.PartLoader = (*Store)(nil)
	_ state.Unlocker   = (*Store)(nil)
)

// New returns the store of a record. It connects to nothing.
func New(o Options) *Store {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if o.Record == "" {
		o.Record = DefaultRecord
	}
	if o.Lease <= 0 {
		o.Lease = DefaultLease
	}
	s := &Store{o: o, schema: pgx.Identifier{o.Schema}.Sanitize(), steps: steps()}
	s.parsed = sync.OnceValues(s.parse)
	return s
}

// Location says where the record is: host, database, schema and name, without
// user and password.
func (s *Store) Location() string {
	c, err := s.parsed()
	if err != nil {
		return s.unplaced()
	}
	host := fmt.Sprintf("%s:%d", c.Host, c.Port)
	if strings.HasPrefix(c.Host, "/") {
		host = c.Host
	}
	return fmt.Sprintf("PostgreSQL at %s, database %s, schema %s, record %s", host, database(c), s.o.Schema, s.o.Record)
}

// unplaced is Location where the settings cannot be read.
func (s *Store) unplaced() string {
	return fmt.Sprintf("PostgreSQL, schema %s, record %s", s.o.Schema, s.o.Record)
}

// database returns the name of the database; the server takes the user's where
// none is given.
func database(c *pgx.ConnConfig) string {
	if c.Database == "" {
		return c.User
	}
	return c.Database
}

// sql puts the name of the schema into a statement.
func (s *Store) sql(q string) string { return strings.ReplaceAll(q, "herald.", s.schema+".") }

// Load reads the record as state.Store says.
func (s *Store) Load(ctx context.Context) (*state.Record, error) {
	var r *state.Record
	err := s.read(ctx, func(c *pgx.Conn) (err error) {
		r, err = s.load(ctx, c)
		return err
	})
	return state.Unmarked(r, s.Location(), err)
}

// LoadPart reads a part of the record as state.PartLoader says.
func (s *Store) LoadPart(ctx context.Context, p state.Part) (*state.Record, error) {
	var r *state.Record
	err := s.read(ctx, func(c *pgx.Conn) (err error) {
		r, _, err = s.loadPart(ctx, c, p)
		return err
	})
	return r, err
}

// Lock takes the lock as state.Store says, and makes or upgrades the schema if
// need be.
func (s *Store) Lock(ctx context.Context, who state.Holder, wait time.Duration) (state.Session, error) {
	x, err := s.open(ctx, who, wait, true)
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Holder returns who holds the lock, or whose run has joined first, or nil.
func (s *Store) Holder(ctx context.Context) (*state.Holder, error) {
	var h *state.Holder
	err := s.read(ctx, func(c *pgx.Conn) error {
		var text []byte
		var nonce string
		err := c.QueryRow(ctx, s.sql(`SELECT holder, nonce FROM herald.sessions WHERE record = $1 AND until > clock_timestamp()
			ORDER BY exclusive DESC, since LIMIT 1`), s.o.Record).Scan(&text, &nonce)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			h = s.holder(text)
			if h == nil {
				h = &state.Holder{Who: "an unknown process", Nonce: nonce}
			}
		}
		return err
	})
	if errors.Is(err, state.ErrNoRecord) {
		return nil, nil
	}
	return h, err
}

// ForceUnlock takes lock and claims away from the session with that nonce, as
// state.Unlocker says; of runs that have joined it is the one with the nonce.
func (s *Store) ForceUnlock(ctx context.Context, nonce string) error {
	var gone int
	err := s.read(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, s.sql(`WITH gone AS (DELETE FROM herald.sessions WHERE record = $1 AND nonce = $2 RETURNING entries)`+
			settleCount), s.o.Record, plain(nonce)).Scan(&gone, nil)
	})
	switch {
	case errors.Is(err, state.ErrNoRecord):
		return state.ErrNotLocked
	case err != nil || gone > 0:
		return err
	}
	h, err := s.Holder(ctx)
	switch {
	case err != nil:
		return err
	case h == nil:
		return state.ErrNotLocked
	}
	return &state.NonceError{Nonce: nonce, Holder: h}
}

// settleCount ends a statement that deletes sessions, as gone: what they have
// added is counted with the record. It returns how many there were.
const settleCount = `, kept AS (
	UPDATE herald.records SET entries = entries + (SELECT sum(entries) FROM gone)
	WHERE record = $1 AND (SELECT sum(entries) FROM gone) <> 0)
SELECT (SELECT count(*) FROM gone), ` + durable

// durable makes the transaction that it is part of one that is on the disk,
// and with the standbys that the server waits for, before it is answered.
const durable = `set_config('synchronous_commit',
	CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
