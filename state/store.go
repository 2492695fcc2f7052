package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoRecord says that a store holds no record. A missing record is not an
// empty one: it may be lost.
var ErrNoRecord = errors.New("there is no record")

// ErrLockLost says that the lock is no longer held, so nothing may be written.
var ErrLockLost = errors.New("the lock on the record is lost")

// Store keeps one record durably.
type Store interface {
	// Load reads the record, with everything that was ever appended to it. It
	// takes no lock and may run beside a holder: what it returns was true at
	// one moment. It writes nothing. The error is ErrNoRecord if there is no
	// record, a *FormatError if it cannot be trusted.
	Load(ctx context.Context) (*Record, error)

	// Lock takes the lock, or waits for it up to wait. While another holds it
	// past that, the error is a *LockedError. The session must be unlocked.
	Lock(ctx context.Context, who Holder, wait time.Duration) (Session, error)

	// Holder returns who holds the lock now, or nil.
	Holder(ctx context.Context) (*Holder, error)

	// Location says where the record is, for a person.
	Location() string
}

// Session is a held lock, and the only way to write. Its methods may be called
// concurrently, Snapshot and Unlock apart.
type Session interface {
	// Context ends when the lock is lost or given back; its cause is then
	// ErrLockLost, or context.Canceled.
	Context() context.Context

	// Load reads the record as Store.Load does. A journal that a crash left is
	// part of it.
	Load(ctx context.Context) (*Record, error)

	// Append stores the entries durably: once it returns nil they survive a
	// crash. Callers at the same time share one sync. There must be a record.
	// After an error of writing nothing more can be appended in this session,
	// and the entries may or may not be found later. A ctx that has ended, an
	// entry that Entry.Check refuses and ErrNoRecord are found before anything
	// is written, and leave the session as it is.
	Append(ctx context.Context, entries ...Entry) error

	// Snapshot replaces the stored record by r, whose Serial is then one more
	// than the stored one, and returns once that is durable; the journal is
	// then empty. The stored serial must be r.Serial, or r must be new and
	// nothing stored (then it is stored with its Serial, 0); otherwise the
	// error is a *ConflictError. A failure leaves r.Serial unchanged and the
	// former record, or the new one if the failure came last: either is whole.
	// After a failure of writing nothing more can be written in this session.
	Snapshot(ctx context.Context, r *Record) error

	// Unlock gives the lock back.
	Unlock() error
}

// Holder says who holds a lock.
type Holder struct {
	Nonce     string    `json:"nonce"`
	Who       string    `json:"who"`       // user@host
	Process   int       `json:"process"`   // process id
	Operation string    `json:"operation"` // "apply"
	Since     time.Time `json:"since"`
}

// LockedError says that another holds the lock.
type LockedError struct {
	Location string
	Holder   *Holder // nil if it is not known
}

// Error names the holder, its process, host and time.
func (e *LockedError) Error() string {
	if e.Holder == nil {
		return "the record is locked by another process"
	}
	process := ""
	if e.Holder.Process != 0 { // 0: it is another tool's
		process = fmt.Sprintf(" process %d,", e.Holder.Process)
	}
	return fmt.Sprintf("the record is locked by %s,%s running %s since %s",
		e.Holder.Who, process, e.Holder.Operation, e.Holder.Since.UTC().Format(time.RFC3339))
}

// FormatError says that stored data cannot be trusted, where, and what to do.
// Nothing may be sent on its basis.
type FormatError struct {
	Path    string
	Line    int    // from 1; 0 if it is not about a line
	Problem string // a sentence without a full stop
	Advice  string // what to do, in sentences
}

// Error returns place and problem.
func (e *FormatError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s, line %d: %s", e.Path, e.Line, e.Problem)
	}
	return e.Path + ": " + e.Problem
}

// ConflictError says that a snapshot does not follow the stored record:
// something else has written it, or it is another record.
type ConflictError struct {
	Lineage       string // of the record that was to be stored
	Serial        uint64
	StoredLineage string // "" if nothing is stored
	StoredSerial  uint64
}

// Error names both serials, or both lineages.
func (e *ConflictError) Error() string {
	switch {
	case e.StoredLineage == "":
		return fmt.Sprintf("nothing is stored, so a record with serial %d cannot follow it", e.Serial)
	case e.Lineage != e.StoredLineage:
		return fmt.Sprintf("another record is stored: its lineage is %s, not %s", e.StoredLineage, e.Lineage)
	}
	return fmt.Sprintf("the stored record has serial %d, not %d: something else has written it", e.StoredSerial, e.Serial)
}
