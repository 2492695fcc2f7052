package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotLocked says that nobody holds the lock that was to be taken away.
var ErrNotLocked = errors.New("the record is not locked")

// Unlocker is a Store whose lock can outlive its holder: nothing notices when
// the process or machine that took it is gone. A store whose lock the system
// frees, as that of a local file, is none.
type Unlocker interface {
	Store
	// ForceUnlock takes the lock from the holder whose Holder.Nonce it is, at
	// once and whether it lives or not: its session loses the lock. The error
	// is ErrNotLocked if nobody holds it, and a *NonceError if another does;
	// then nothing is changed.
	ForceUnlock(ctx context.Context, nonce string) error
}

// NonceError says that a lock which was to be taken away is another one.
type NonceError struct {
	Nonce  string  // what was given
	Holder *Holder // who holds the lock; nil if it is not known
}

// Error names both.
func (e *NonceError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("the lock has another nonce than %q", e.Nonce)
	}
	return fmt.Sprintf("the lock has the nonce %q, not %q: it is that of %s, process %d, running %s since %s", e.Holder.Nonce, e.Nonce,
		e.Holder.Who, e.Holder.Process, e.Holder.Operation, e.Holder.Since.UTC().Format(time.RFC3339))
}

// Replacer is a Session that can store a record as it is, for records that
// move from one store to another.
type Replacer interface {
	// Replace stores r, with the serial that r has, in the place of whatever
	// is stored, of another record too, and returns once that is durable. What
	// was appended since the stored snapshot is gone afterwards, unless the
	// store refuses to forget it, with a *FormatError: who calls this has
	// loaded it before and put it into r.
	Replace(ctx context.Context, r *Record) error
}
