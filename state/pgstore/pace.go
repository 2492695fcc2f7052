package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// places takes the next places of a pace: the next call of all is due at next,
// or now if that is past, since time that was not used is not saved up. It
// returns the moment of the first place and the database's present one, both in
// microseconds.
const places = `INSERT INTO herald.paces AS p (account, lane, next)
VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 microsecond')
ON CONFLICT (account, lane) DO UPDATE SET next = greatest(p.next, clock_timestamp()) + $3::bigint * interval '1 microsecond'
RETURNING (extract(epoch FROM next) * 1000000)::bigint - $3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, ` + durable

// Reserve takes the next n places of the pace of an account, over all records
// of the schema.
func (m *member) Reserve(ctx context.Context, account, lane string, n int, rate float64) (time.Duration, error) {
	for range m.pace.missing(time.Now()) {
		var present int64
		err := m.try(ctx, func(ctx context.Context, c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&present)
		})
		if err != nil {
			return 0, err
		}
		m.pace.wait(time.UnixMicro(present), time.UnixMicro(present), time.Now())
	}
	due, present, err := m.reserve(ctx, account, lane, n, rate)
	if err != nil {
		return 0, err
	}
	return m.pace.wait(due, present, time.Now()), nil
}

// reserve returns when the first place is due and the present time, both by
// the database's clock.
func (m *member) reserve(ctx context.Context, account, lane string, n int, rate float64) (due, present time.Time, err error) {
	if n < 1 || !(rate > 0) {
		return due, present, fmt.Errorf("%d places at %g a second cannot be reserved", n, rate)
	}
	// The account is hashed, with every Sealer and without one alike, since
	// all records share its pace.
	sum := sha256.Sum256([]byte(account))
	// Rounded up: the pace is never above the rate.
	span := int64(math.Ceil(float64(n) / rate * 1e6))
	var at, now int64
	err = m.try(ctx, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, m.store.sql(places), hex.EncodeToString(sum[:]), plain(lane), span).Scan(&at, &now, nil)
	})
	return time.UnixMicro(at), time.UnixMicro(now), err
}

// pace compares the database's clock with this process's. An answer is late by
// its way here, which differs from answer to answer; the least of several is
// taken, so that places stay as far apart as they were reserved. It is never
// too little: no place comes before its time.
type pace struct {
	mu     sync.Mutex
	origin time.Time     // of this process's clock
	first  time.Time     // the database's time of the first answer
	begun  time.Duration // this while, since origin
	least  time.Duration // how far the one clock was ahead of the other in it
	former time.Duration // the same, in the while before
	ready  bool          // there was one before
}

// while is how long answers are compared, since clocks drift.
const while = 5 * time.Second

// missing returns how many answers have to be compared first.
func (p *pace) missing(now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.origin.IsZero() || now.Sub(p.origin)-p.begun > 2*while {
		return 8
	}
	return 0
}

// wait returns how long it is from now until the database's clock says due. At
// now an answer came that was given when it said present.
func (p *pace) wait(due, present, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.origin.IsZero() {
		p.origin, p.first = now, present
	}
	here := now.Sub(p.origin)
	ahead := here - present.Sub(p.first)
	switch {
	case here-p.begun > 2*while:
		p.begun, p.least, p.ready = here, ahead, false
	case here-p.begun > while:
		p.begun, p.least, p.former, p.ready = here, ahead, p.least, true
	case here == 0:
		p.least = ahead
	default:
		p.least = min(p.least, ahead)
	}
	offset := p.least
	if p.ready {
		offset = min(offset, p.former)
	}
	return max(0, due.Sub(p.first)+offset-here)
}
