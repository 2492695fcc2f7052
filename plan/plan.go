package plan

import (
	"iter"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// Plan is what is still to be done, in order, and what was found on the way.
type Plan struct {
	// ID is the digest, sha256:<64 hex digits>.
	ID string
	// Producer names the program that made the plan, for the saved file.
	Producer string
	// Lineage is that of the record the plan was made for, "" if there was
	// no record.
	Lineage string
	Serial  uint64
	// Expires is when a saved plan stops being accepted, in whole seconds; zero
	// is never. It is not part of the digest.
	Expires time.Time
	// Store says where the record is kept that the plan is about, and
	// Encryption how it is encrypted, as the configuration has them, without the
	// ranges of the settings. Neither is part of the digest: the record is known
	// by its lineage, wherever it is kept.
	Store      *config.Store
	Encryption *config.Encryption

	Accounts  []Account
	Limits    Limits
	Selection Selection
	// RetryRejected says that final refusals are tried again.
	RetryRejected bool

	// Changes holds every address, no-ops too, in the order of execution: a
	// change comes after all that it waits for. Retired entries are counted
	// only.
	Changes []*Change
	// Moves are the moves to make in the record before anything is sent.
	Moves []Move
	// Retired counts the entries whose block is gone and for which nothing is
	// to be done.
	Retired int
	Outputs []Output
}

// Account is an account that the plan sends from.
type Account struct {
	Name        string
	IGID        string
	Endpoint    string
	APIVersion  string
	Rates       Rates
	SettleAfter time.Duration
}

// Selection is the part of the configuration that the plan was asked for, as
// patterns; both empty is all of it.
type Selection struct {
	Only    []string `json:"only,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// Change is what will be done about one address, and why.
type Change struct {
	Addr     addr.Instance
	Revision int
	Action   Action
	Reason   Reason

	Account   string // IG id
	Recipient string // IGSID

	// Content is a message's. A settle that may not send has none, and the
	// Fingerprint, Account and Recipient of its entry: the block is gone, the
	// message was edited meanwhile, or another revision is wanted.
	Content     content.Content
	Fingerprint string
	// Target and React are a reaction's; for an unreact those recorded. A
	// Repeat without React takes the reaction back: its block is gone.
	Target Target
	React  string
	// ImportID is the id of the message that an Import records.
	ImportID string

	Sensitive      bool
	OnInDoubt      OnInDoubt
	AllowDuplicate bool

	// DependsOn names what must be sent or done first, as declared: instances
	// or, without a key, whole blocks. The target of a reaction is among them,
	// and so is a reaction that leaves this one's message in another
	// conversation.
	DependsOn []addr.Instance
	// HeldBy names the change because of which this one cannot be carried out
	// by this plan, at the root of it: one that is refused for good, in doubt
	// with on_in_doubt = "hold", or not selected. A settle with "hold" names
	// itself. It is zero where nothing holds the change.
	HeldBy  addr.Instance
	HeldWhy Reason // the reason of HeldBy

	// Base is the entry that decided the action, as recorded, under the new
	// address if it is moved; nil if there is none. It is that of Revision, or,
	// with RevisionRaised and RevisionLowered, of the other revision. For a
	// reaction that moves it holds the former target.
	Base *state.Entry
	// BaseChange is the sum of Change over all recorded revisions of the
	// address: what must not move for the plan to stay fresh.
	BaseChange int64
	// MovedFrom is the address under which Base was recorded until this plan.
	MovedFrom addr.Instance

	// Range is where the block stands; zero if it is gone.
	Range hcl.Range
}

// Key returns the key of the entry that the change writes.
func (c *Change) Key() state.Key { return state.Key{Addr: c.Addr, Revision: c.Revision} }

// Conversation returns the conversation that the change belongs to.
func (c *Change) Conversation() state.Conversation {
	return state.Conversation{Account: c.Account, Recipient: c.Recipient}
}

// Pending reports whether an apply will call Instagram for the change.
func (c *Change) Pending() bool { return c.Action.Calls() && c.HeldBy.IsZero() }

// Held reports whether there is something to do that this plan cannot do.
func (c *Change) Held() bool { return c.Action.Calls() && !c.HeldBy.IsZero() }

// What a plan keeps as the configuration has it. The aliases let an apply work
// from a plan alone.
type (
	// Target is the message a reaction belongs to: by address or by id.
	Target = config.Target
	// OnInDoubt says what is done about a send that is in doubt.
	OnInDoubt = config.OnInDoubt
	// Rates are calls a second of one account.
	Rates = config.Rates
	// Limits are bounds on one run; 0 is none.
	Limits = config.Limits
)

// Move is a move of recorded entries from one address to another.
type Move struct {
	From addr.Instance `json:"from"`
	To   addr.Instance `json:"to"`
}

// Output is a named value that may hold message ids; see config.Output for
// the form of JSON.
type Output struct {
	Name      string
	Sensitive bool
	JSON      []byte
	Refs      []addr.Instance
}

// Pending yields the changes for which an apply calls Instagram, in order.
func (p *Plan) Pending() iter.Seq[*Change] {
	return func(yield func(*Change) bool) {
		for _, c := range p.Changes {
			if c.Pending() && !yield(c) {
				return
			}
		}
	}
}

// Empty reports whether there is nothing to do and nothing to move. A plan
// with held changes only is not empty: there is something to do.
func (p *Plan) Empty() bool {
	return len(p.Moves) == 0 && !slices.ContainsFunc(p.Changes, func(c *Change) bool { return c.Action != NoOp })
}

// Expired reports whether the plan is no longer accepted at that time.
func (p *Plan) Expired(now time.Time) bool {
	return !p.Expires.IsZero() && !now.Before(p.Expires)
}

// Account returns the account with the IG id, or nil.
func (p *Plan) Account(igid string) *Account {
	for i := range p.Accounts {
		if p.Accounts[i].IGID == igid {
			return &p.Accounts[i]
		}
	}
	return nil
}
