package state

import (
	"context"
	"fmt"
	"time"

	"herald/config/addr"
)

// Sharer is a Store on whose record several runs may work at once.
type Sharer interface {
	Store
	// Join begins a session beside those of other runs. It waits up to wait for
	// an exclusive lock (Store.Lock) that another holds; while runs have
	// joined, Lock waits for them. who.Nonce names the run and must be its own.
	Join(ctx context.Context, who Holder, wait time.Duration) (Member, error)
}

// Member is the session of one of several runs. Its Session methods differ from
// those of an exclusive session in this: Append refuses an intent, with a
// *ClaimedError, whose conversation this member does not hold, or whose change
// does not follow the stored one; and Snapshot stores what r holds beside its
// entries, and takes away entries that were moved, as one step that fails with
// a *ConflictError if another has done so since r was loaded.
type Member interface {
	Session

	// Claim takes up to most of the conversations, in the order given, that
	// nobody holds, and returns those it got. A claim lasts until Release, or
	// until the member's lease has ended: then another may have it, and what was
	// in flight is in doubt. The member renews its lease while it lives;
	// Context ends when that did not succeed in time, and well before another
	// could claim.
	Claim(ctx context.Context, from []Conversation, most int) ([]Conversation, error)

	// Release gives conversations back.
	Release(ctx context.Context, held ...Conversation) error

	// Reserve takes the next n places of the pace that all runs of an account
	// share, rate places a second. lane tells paces of one account apart:
	// "messages", "media", "reads". The first place is due after the returned
	// wait, counted from the return, and each further one 1/rate later.
	Reserve(ctx context.Context, account, lane string, n int, rate float64) (wait time.Duration, err error)

	// Others returns how many further runs have joined and live.
	Others(ctx context.Context) (int, error)
}

// ClaimedError says that another run is at a message, or has sent it.
type ClaimedError struct {
	Key    Key
	Holder string // who has it, "" if that is not known
}

// Error names the message and who has it.
func (e *ClaimedError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("%s was claimed by another run", e.Key)
	}
	return fmt.Sprintf("%s was claimed by another run, that of %s", e.Key, e.Holder)
}

// Part says which entries of a record are asked for. Entries in doubt and
// reactions that stand always belong to it.
type Part struct {
	Addrs         []addr.Instance // every revision
	Fingerprints  []string        // whatever holds one of them
	Conversations []Conversation
	MessageIDs    []string
	PlanID        string // what that plan wrote last
}

// PartLoader is a Store, or a Session, that can read a part of its record. The
// result holds the part, perhaps more, and Record.Rest counts what it leaves
// out. Snapshot of such a record leaves what was not loaded as it is.
type PartLoader interface {
	LoadPart(ctx context.Context, p Part) (*Record, error)
}
