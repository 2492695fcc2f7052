package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

const (
	storeName  = "postgres"
	minVersion = 13
	// dialTimeout is how long a server may take to answer, unless the settings
	// say another time (connect_timeout).
	dialTimeout = 15 * time.Second
	// readTries is how often a read is begun that lost its connection.
	readTries = 3
)

// parse reads the connection settings, and the environment.
func (s *Store) parse() (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(s.o.URL)
	if err != nil {
		return nil, s.badSettings(err)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = dialTimeout
	}
	// A server that is gone without a word is noticed after half a minute.
	d := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c.DialFunc = d.DialContext
	c.RuntimeParams["client_encoding"] = "UTF8"
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "herald"
	}
	return c, nil
}

// connect opens a connection to a server that can be used.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := s.parsed()
	if err != nil {
		return nil, err
	}
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.usable(c); err != nil {
		closeConn(c)
		return nil, err
	}
	return c, nil
}

// closeConn closes a connection without waiting long for the server.
func closeConn(c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx)
}

// usable looks at what the server says of itself.
func (s *Store) usable(c *pgx.Conn) error {
	version, encoding := c.PgConn().ParameterStatus("server_version"), c.PgConn().ParameterStatus("server_encoding")
	if v := majorVersion(version); v < minVersion {
		return &state.StoreError{
			Store: storeName, Location: s.Location(), Problem: fmt.Sprintf("the server has version %s, and Herald needs PostgreSQL %d or newer", version, minVersion),
			Advice: "Upgrade the server, or name another one. Nothing was sent.",
		}
	}
	if encoding != "UTF8" {
		return &state.StoreError{
			Store: storeName, Location: s.Location(), Problem: fmt.Sprintf("the database has the encoding %s, which cannot hold every address", encoding),
			Advice: "Make a database for Herald:\n\n  CREATE DATABASE herald ENCODING 'UTF8' TEMPLATE template0;\n\nNothing was sent.",
		}
	}
	return nil
}

// majorVersion returns the number that a server's version begins with, or 0.
func majorVersion(s string) int {
	v, _ := strconv.Atoi(s[:len(s)-len(strings.TrimLeft(s, "0123456789"))])
	return v
}

// read calls f with a connection of its own, again if that was lost. The
// schema is there, or the error is ErrNoRecord.
func (s *Store) read(ctx context.Context, f func(*pgx.Conn) error) error {
	var err error
	for try := range readTries {
		if try > 0 {
			if pause(ctx, time.Duration(try)*200*time.Millisecond) != nil {
				break
			}
		}
		var c *pgx.Conn
		if c, err = s.connect(ctx); err != nil {
			// A server that starts again is waited for only where it has been
			// seen before: whoever waits at the first try waits for a typing
			// error.
			if try == 0 || !transient(err) {
				break
			}
			continue
		}
		if err = s.prepare(ctx, c, false); err == nil {
			err = f(c)
		}
		closeConn(c)
		if err == nil || !lost(err) {
			break
		}
	}
	return s.explain(ctx, err)
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// pool holds the connections of a session between their uses.
type pool struct {
	dial  func(context.Context) (*pgx.Conn, error)
	slots chan struct{}

	mu     sync.Mutex
	idle   []*pgx.Conn
	closed bool
}

// poolSize is how many connections a session uses at once beside the one that
// renews its lease and the one that appends.
const poolSize = 3

func newPool(dial func(context.Context) (*pgx.Conn, error), size int) *pool {
	return &pool{dial: dial, slots: make(chan struct{}, size)}
}

// use calls f with a connection. One that is in no state to be used again is
// closed.
func (p *pool) use(ctx context.Context, f func(*pgx.Conn) error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.slots }()
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	err = f(c)
	if c.IsClosed() || c.PgConn().TxStatus() != 'I' {
		closeConn(c)
		// The others are of the same age, and lost with it.
		p.drop()
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		closeConn(c)
		return err
	}
	p.idle = append(p.idle, c)
	return err
}

func (p *pool) take(ctx context.Context) (*pgx.Conn, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, errEnded
	}
	return p.dial(ctx)
}

// drop closes the connections that nobody uses.
func (p *pool) drop() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		closeConn(c)
	}
}

// close closes every connection, those in use when their use ends.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop()
}

// errEnded says that a session was given back.
var errEnded = errors.New("the lock on the record was given back")
