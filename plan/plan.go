package plan

import (
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
	// Lineage is that of the record the plan was made for, "" if there was
	// no record.
	Lineage string
	Serial  uint64

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

	// Content is a message's. A settle without a block has none.
	Content     content.Content
	Fingerprint string
	// Target and React are a reaction's; for an unreact those recorded.
	Target Target
	React  string

	Sensitive      bool
	OnInDoubt      OnInDoubt
	AllowDuplicate bool

	// DependsOn names what must be sent or done first, as declared: instances
	// or, without a key, whole blocks. The target of a reaction is among them.
	DependsOn []addr.Instance
	// HeldBy names the change because of which this one cannot be carried out
	// by this plan: refused for good, in doubt with on_in_doubt = "hold", not
	// selected, or held itself. It is zero where nothing holds it.
	HeldBy  addr.Instance
	HeldWhy Reason // the reason of HeldBy

	// Base is the entry acted upon, as recorded; nil if there is none. For a
	// reaction that moves it holds the former target.
	Base *state.Entry
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
func (c *Change) Pending() bool { return c.Action != NoOp && c.HeldBy.IsZero() }

// Held reports whether there is something to do that this plan cannot do.
func (c *Change) Held() bool { return c.Action != NoOp && !c.HeldBy.IsZero() }

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
