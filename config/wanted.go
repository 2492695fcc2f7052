package config

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
	"herald/config/content"
)

// Wanted is a configuration with every expression evaluated and every for_each
// expanded: what should have been sent. It is all that the planner is given.
type Wanted struct {
	Accounts []*Account
	// Items holds the messages and reactions in the order of declaration: by
	// file name, line, and instance key.
	Items   []*Item
	Moves   []Move
	Removed []Removed
	Imports []Import
	Outputs []Output
	Limits  Limits
	// Store says where the record is kept; nil is the local file.
	Store *Store
	// Encryption says how the record and saved plans are encrypted; nil is not
	// at all.
	Encryption *Encryption
	// Blocks holds every declared message and reaction block, those whose
	// for_each is empty too, and whether it has for_each.
	Blocks map[addr.Block]bool

	declared []*variable
	values   map[string]cty.Value
}

// Store is the state block of the herald block: where the record is kept. It
// holds literals only, since the record is found before anything is evaluated,
// and no secret.
type Store struct {
	Type     string            // "local", "postgres", "s3", "http"
	Settings map[string]string // as text; a bool is "true" or "false"
	Range    hcl.Range
	Ranges   map[string]hcl.Range // of each setting
}

// Encryption is the encryption block of the herald block.
type Encryption struct {
	// Recipients are age recipients: age1…
	Recipients []string
	// Passphrase says that a passphrase from the environment is used instead.
	Passphrase bool
	Range      hcl.Range
}

// Same reports whether two blocks name the same readers; nil is no encryption.
func (e *Encryption) Same(other *Encryption) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.Passphrase == other.Passphrase && slices.Equal(slices.Sorted(slices.Values(e.Recipients)), slices.Sorted(slices.Values(other.Recipients)))
}

// Account is an Instagram account to send from.
type Account struct {
	Name       string
	IGID       string // digits; the IG id, user_id of GET /me
	Endpoint   string // scheme and host, DefaultEndpoint unless set
	APIVersion string // v24.0
	Limits     Rates
	// SettleAfter is how long after a doubtful call its absence may be
	// believed.
	SettleAfter time.Duration
	Range       hcl.Range
}

// The values of an account block that says nothing else.
const (
	DefaultEndpoint    = "https://graph.instagram.com"
	DefaultAPIVersion  = "v24.0"
	DefaultSettleAfter = 60 * time.Second
)

// Rates are calls a second of one account, each above 0.
type Rates struct {
	Messages float64 // text, link, image, sticker, post and reactions
	Media    float64 // audio and video
	Reads    float64 // the Conversations API
}

// DefaultRates returns what Meta documents for one account.
func DefaultRates() Rates { return Rates{Messages: 100, Media: 10, Reads: 2} }

// Limits are the bounds on one run that the herald block sets; 0 is none.
type Limits struct {
	MaxSends             int
	MaxSendsPerRecipient int
	StopAfterFailures    int
}

// OnEdit says what happens when a message was edited after it was sent.
type OnEdit uint8

const (
	// EditKeep leaves the message as it was sent, and shows it.
	EditKeep OnEdit = iota
	// EditError makes the edit an error.
	EditError
)

// OnInDoubt says what happens when it is not known whether a message arrived.
type OnInDoubt uint8

const (
	// DoubtSettle settles the doubt by reading the conversation.
	DoubtSettle OnInDoubt = iota
	// DoubtHold leaves it to a person.
	DoubtHold
)

// Item is one message or reaction that should have been sent.
type Item struct {
	Addr      addr.Instance
	Account   *Account
	Recipient string // IGSID, digits
	Revision  int    // from 1; 1 for a reaction

	Content content.Content // of a message
	Target  Target          // of a reaction
	React   string          // of a reaction: "love"

	// Sensitive says that the content came from a sensitive variable: it is
	// sent, but not shown.
	Sensitive bool
	// DependsOn names instances; without a key, every instance of the block.
	// A reaction's target is not repeated here.
	DependsOn []addr.Instance

	OnEdit         OnEdit
	OnInDoubt      OnInDoubt
	AllowDuplicate bool

	// Range is the place of the block's header; ContentRange and
	// RecipientRange those of the values, for diagnostics.
	Range          hcl.Range
	ContentRange   hcl.Range
	RecipientRange hcl.Range
}

// Target is the message that a reaction belongs to: one that Herald sends, by
// its address, or another one, by its id. Exactly one of the two is set.
type Target struct {
	Ref addr.Instance
	ID  string
}

// IsRef reports whether the target is a message that Herald sends.
func (t Target) IsRef() bool { return t.Ref.Kind == addr.Message }

// String returns the address or the id.
func (t Target) String() string {
	if t.IsRef() {
		return t.Ref.String()
	}
	return t.ID
}

// Move says that what is recorded at From belongs to To. Without a key each
// stands for a whole block, or for the only instance of a block without
// for_each; the planner tells which from the record and Blocks.
type Move struct {
	From, To addr.Instance
	Range    hcl.Range
}

// Removed says that a reaction, or every one of a block, is forgotten: it is
// taken out of the record and stays where it is. Without a key From stands for
// a whole block.
type Removed struct {
	From  addr.Instance
	Range hcl.Range
}

// Import says that a message was sent by hand, and under which id.
type Import struct {
	To    addr.Instance // a declared message
	ID    string
	Range hcl.Range
}

// Output is a named value shown at the end of an apply.
type Output struct {
	Name        string
	Description string
	Sensitive   bool
	// JSON is the value in JSON. In its strings, RefOpen + address + RefClose
	// stands for the message id of that address, known once it is sent.
	JSON []byte
	// Refs are the addresses within JSON, each once, in order.
	Refs  []addr.Instance
	Range hcl.Range
}

// RefOpen and RefClose surround an address in a string of Output.JSON. They
// are private-use characters, which an output's own text may not hold.
const (
	RefOpen  = "\uE000"
	RefClose = "\uE001"
)
