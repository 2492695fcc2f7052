package s3store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"herald/state"
)

// lockVersion is the version of the lock object's content.
const lockVersion = 1

// lockFile is the content of the lock object. The object is never deleted, so
// that each taking of the lock has a number of its own. No two versions of it
// have the same content but free ones, so their etags differ.
type lockFile struct {
	Lock       int           `json:"lock"`
	Generation uint64        `json:"generation"` // how often it was taken
	Free       bool          `json:"free,omitempty"`
	Session    string        `json:"session,omitempty"` // random, of the one that holds it
	Holder     *state.Holder `json:"holder,omitempty"`
	LeaseMS    int64         `json:"lease_ms,omitempty"`
	Renewal    uint64        `json:"renewal,omitempty"` // how often the session has renewed it
	Renewed    time.Time     `json:"renewed,omitzero"`  // by the holder's clock, for a person
}

func (l *lockFile) lease() time.Duration { return time.Duration(l.LeaseMS) * time.Millisecond }

// margin is what a taker waits beyond the length of a lease.
func margin(lease time.Duration) time.Duration { return lease / 10 }

// encode returns the content of the object.
func (l *lockFile) encode() ([]byte, error) {
	l.Lock = lockVersion
	text, err := json.MarshalIndent(l, "", "  ")
	return append(text, '\n'), err
}

// readLock returns what the lock object says; of none, that it is free.
func (s *Store) readLock(o *object) (*lockFile, error) {
	if o == nil {
		return &lockFile{Free: true}, nil
	}
	var l lockFile
	problem := ""
	if err := json.Unmarshal(o.body, &l); err != nil || l.Lock < 1 || !l.Free && (l.Session == "" || l.LeaseMS <= 0) {
		problem = "this is no lock of Herald's"
	} else if l.Lock > lockVersion {
		problem = fmt.Sprintf("a newer Herald wrote this lock: its version is %d, and this Herald knows up to %d", l.Lock, lockVersion)
	}
	if problem != "" {
		return nil, &state.FormatError{
			Path: s.url(s.lockKey()), Problem: problem,
			Advice: "Look at what it holds. If no Herald is at work on the record, delete the object. Nothing was sent.",
		}
	}
	return &l, nil
}

// Holder returns who holds the lock, or nil. One whose lease has ended by the
// server's clock is left out.
func (s *Store) Holder(ctx context.Context) (*state.Holder, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.failure(s.lockKey(), "", err)
	}
	o, l, err := s.lookAtLock(ctx, c)
	if err != nil || l.Free || deserted(o, l) {
		return nil, err
	}
	return l.Holder, nil
}

func (s *Store) lookAtLock(ctx context.Context, c *client) (*object, *lockFile, error) {
	o, err := c.get(ctx, s.lockKey())
	if err != nil {
		return nil, nil, s.failure(s.lockKey(), "s3:GetObject", err)
	}
	l, err := s.readLock(o)
	return o, l, err
}

// deserted reports whether the lock seems to have no living holder, by the
// server's clock alone, whose times are whole seconds. It decides how long
// somebody waits, never that he may have the lock.
func deserted(o *object, l *lockFile) bool { return o != nil && o.age > l.lease()+2*time.Second }

// held is a lock that was taken.
type held struct {
	file lockFile
	etag string
	from time.Time // before it was written
}

// Lock takes the lock as state.Store says. One whose holder seems to be dead is
// waited for as long as its lease may last, whatever wait is.
func (s *Store) Lock(ctx context.Context, who state.Holder, wait time.Duration) (state.Session, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.failure(s.lockKey(), "", err)
	}
	h, err := s.take(ctx, c, who, wait)
	if err != nil {
		return nil, err
	}
	if err := s.prove(ctx, c, h); err != nil {
		return nil, errors.Join(err, s.release(context.WithoutCancel(ctx), c, h))
	}
	return newSession(s, c, h), nil
}

const (
	firstPoll = 20 * time.Millisecond
	lastPoll  = time.Second
)

// take waits for the lock and takes it.
func (s *Store) take(ctx context.Context, c *client, who state.Holder, most time.Duration) (*held, error) {
	begin := time.Now()
	var watched string  // the etag of the version that is seen, and
	var since time.Time // after when: only the time since then counts
	for poll := firstPoll; ; poll = min(2*poll, lastPoll) {
		o, l, err := s.lookAtLock(ctx, c)
		if err != nil {
			return nil, err
		}
		now, deadline := time.Now(), begin.Add(most)
		free := l.Free
		if !free {
			if o.etag != watched {
				watched, since = o.etag, now
			}
			over := since.Add(l.lease() + margin(l.lease()))
			free = now.After(over)
			if deserted(o, l) && deadline.Before(over.Add(lastPoll)) {
				deadline = over.Add(lastPoll)
			}
		}
		if free {
			h, err := s.tryTake(ctx, c, o, l, who)
			if h != nil || err != nil {
				return h, err
			}
			// Another was faster, and whoever it is holds it now.
		}
		left := deadline.Sub(now)
		if left <= 0 && !free {
			return nil, &state.LockedError{Location: s.Location(), Holder: l.Holder}
		}
		if l.LeaseMS > 0 {
			poll = min(poll, l.lease()/10)
		}
		if err := wait(ctx, min(poll, max(left, firstPoll))); err != nil {
			return nil, err
		}
	}
}

// tryTake puts a lock in the place of o. It returns nil if another was faster.
func (s *Store) tryTake(ctx context.Context, c *client, o *object, former *lockFile, who state.Holder) (*held, error) {
	h := &held{from: s.o.Now(), file: lockFile{
		Generation: former.Generation + 1, Session: rand.Text(), Holder: &who, LeaseMS: s.o.Lease.Milliseconds(), Renewed: s.o.Now().UTC(),
	}}
	body, err := h.file.encode()
	if err != nil {
		return nil, err
	}
	etag := ""
	if o != nil {
		etag = o.etag
	}
	h.etag, err = c.put(ctx, s.lockKey(), body, etag, nil)
	if errors.As(err, new(*mismatch)) {
		return nil, nil
	}
	if err != nil {
		return nil, s.failure(s.lockKey(), "s3:PutObject", err)
	}
	return h, nil
}

// prove finds out whether the server knows conditional writes, once for a
// store: it must refuse to write the lock again as if there were none, and as
// if it were another.
func (s *Store) prove(ctx context.Context, c *client, h *held) error {
	s.mu.Lock()
	proven := s.proven
	s.mu.Unlock()
	if proven {
		return nil
	}
	body, err := h.file.encode()
	if err != nil {
		return err
	}
	for _, p := range []struct{ header, etag string }{
		{"If-None-Match", ""},
		{"If-Match", `"00000000000000000000000000000000"`},
	} {
		err := c.again(ctx, 0, func(ctx context.Context) error {
			_, err := c.putOnce(ctx, s.lockKey(), body, p.etag, nil)
			return err
		})
		switch {
		case err == nil:
			return s.ignoresConditions(p.header)
		case !errors.As(err, new(*mismatch)):
			return s.failure(s.lockKey(), "s3:PutObject", err)
		}
	}
	s.mu.Lock()
	s.proven = true
	s.mu.Unlock()
	return nil
}

// release frees a lock that is held. The error is state.ErrLockLost if it is
// not any more.
func (s *Store) release(ctx context.Context, c *client, h *held) error {
	free := lockFile{Generation: h.file.Generation, Free: true}
	body, err := free.encode()
	if err != nil {
		return err
	}
	etag := h.etag
	for range tries {
		_, err := c.put(ctx, s.lockKey(), body, etag, nil)
		var other *mismatch
		if !errors.As(err, &other) {
			return s.failure(s.lockKey(), "s3:PutObject", err)
		}
		// A renewal whose answer was lost may have come between.
		l, err := s.readLock(other.found)
		if err != nil || l.Session != h.file.Session {
			return state.ErrLockLost
		}
		etag = other.found.etag
	}
	return state.ErrLockLost
}

// ForceUnlock takes the lock away as state.Unlocker says. Its session notices at
// its next write or renewal.
func (s *Store) ForceUnlock(ctx context.Context, nonce string) error {
	c, err := s.connected(ctx)
	if err != nil {
		return s.failure(s.lockKey(), "", err)
	}
	for {
		o, l, err := s.lookAtLock(ctx, c)
		switch {
		case err != nil:
			return err
		case l.Free:
			return state.ErrNotLocked
		case l.Holder == nil || l.Holder.Nonce != nonce:
			return &state.NonceError{Nonce: nonce, Holder: l.Holder}
		}
		free := lockFile{Generation: l.Generation, Free: true}
		body, err := free.encode()
		if err != nil {
			return err
		}
		// Its holder may renew it meanwhile: then it is looked at again.
		if _, err = c.put(ctx, s.lockKey(), body, o.etag, nil); !errors.As(err, new(*mismatch)) {
			return s.failure(s.lockKey(), "s3:PutObject", err)
		}
		if err := wait(ctx, firstPoll); err != nil {
			return err
		}
	}
}
