package sandbox

import (
	"context"
	"time"

	"herald/internal/sandbox/fault"
)

// Options say which Instagram is simulated. The zero value is a useful one:
// in memory, every account and person exists, nothing is limited.
type Options struct {
	// Dir is the folder of the persistent inbox; it is made when missing.
	// Empty keeps the inbox in memory.
	Dir string

	// Accounts are the professional accounts that exist. Empty accepts any
	// numeric account id and any token.
	Accounts []Account

	// MeIGID is the account that /me answers with when Accounts is empty and
	// the token says nothing else: a token that ends in the 15 to 20 digits of
	// an account id, or that has been used with one in a path, means that
	// account. Empty is "17841400000000000".
	MeIGID string

	// Clock tells the time; nil is time.Now. Message times, windows, limits
	// and the Date header follow it.
	Clock func() time.Time

	// Sleep waits for d or until ctx ends; nil uses a timer. Latency and
	// delays go through it.
	Sleep func(ctx context.Context, d time.Duration) error

	// Seed chooses the part of message ids, and the chances of a fault
	// script, that are random on the platform. The same seed, clock and calls
	// give the same ids.
	Seed uint64

	// Latency is waited between the acceptance of a call and its answer.
	Latency time.Duration

	// RateLimit refuses calls of one account with code 613.
	RateLimit RateLimit

	// ReadLag hides messages and reactions from reads until they are that old.
	ReadLag time.Duration

	// Window is how long after a person's last message they may be written to
	// (24 hours on the platform). Zero lets everyone be written to, as if each
	// had just done so: their conversations then exist from the start.
	Window time.Duration

	// LocalisedErrors answers refusals in another language, as the platform
	// does by the account's settings.
	LocalisedErrors bool

	// MeShape is the form of /me's answer.
	MeShape MeShape

	// BareOldItems leaves everything but the id out of a listing's messages
	// beyond the newest 20. By default their time is there as well.
	BareOldItems bool

	// NoDate leaves the Date header out of every answer.
	NoDate bool

	// ForgetBodies drops raw request bodies and the list of calls, for long
	// runs and benchmarks: Accepted then has no Body, and Calls is empty.
	ForgetBodies bool

	// Control serves paths below /sandbox/ for other processes; see
	// ServeHTTP.
	Control bool

	// Faults is the script of what goes wrong; nil for nothing.
	Faults *fault.Script

	// Log takes one line for each call that was not answered normally; nil is
	// silent. It is never given a token or a message text.
	Log func(format string, args ...any)
}

// MeShape is the form of the answer to GET /me: the platform's own pages
// show two.
type MeShape int

// The shapes: {"user_id":…}, {"data":{"user_id":…}}, {"data":[{"user_id":…}]}.
const (
	MeFlat MeShape = iota
	MeDataObject
	MeDataList
)

// RateLimit holds calls a second for each account, counted over any one
// second (or, below 1, over the time that one call takes). Zero is off.
type RateLimit struct {
	Messages float64 // text, image, sticker, post, reactions, typing: 100 on the platform
	Media    float64 // audio and video: 10
	Reads    float64 // conversations and messages: 2
}

// Account is a professional account.
type Account struct {
	IGID     string // the id in the send path: digits
	ScopedID string // the app-scoped id, which is never valid in a path; empty derives one
	Username string // empty derives one from IGID

	// Token is the account's access token. Empty accepts any token that is
	// not another account's.
	Token string

	// Posts are the account's own posts. Nil takes any id for its own.
	Posts []Post

	// People are those who may be written to. Nil takes any numeric id for a
	// person's.
	People []Person
}

// Post is published media of an account.
type Post struct {
	ID        string
	Caption   string
	MediaType string // IMAGE, VIDEO or CAROUSEL_ALBUM; empty is IMAGE
	Permalink string // empty derives one
	Time      time.Time
}

// Person is somebody an account can write to.
type Person struct {
	IGSID    string // digits
	Username string // empty derives one from IGSID
	Name     string
}

// Conversation is what one person sees of one account.
type Conversation struct {
	ID            string `json:"id"`
	Account       string `json:"account"`
	AccountName   string `json:"account_name"`
	Recipient     string `json:"recipient"`
	RecipientName string `json:"recipient_name"`
	Items         []Item `json:"items"` // oldest first
}

// Item is one message of a conversation.
type Item struct {
	ID           string    `json:"id"`
	Time         time.Time `json:"time"` // UTC, microseconds
	Kind         Kind      `json:"kind"`
	FromBusiness bool      `json:"from_business"`
	// ByHand is a message that a person at the business typed in the app. No
	// read of the API tells it from one that was sent.
	ByHand    bool       `json:"by_hand,omitempty"`
	Text      string     `json:"text,omitempty"`
	URL       string     `json:"url,omitempty"`
	PostID    string     `json:"post_id,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"`
}

// Reaction is what one side put on a message.
type Reaction struct {
	Emoji        string    `json:"emoji"`
	FromBusiness bool      `json:"from_business"`
	Time         time.Time `json:"time"`
}

// Accepted is one POST that took effect, whatever its sender was answered.
type Accepted struct {
	Account   string    `json:"account"`
	Recipient string    `json:"recipient"`
	Kind      Kind      `json:"kind"`
	MID       string    `json:"mid,omitempty"` // of the new message; empty for reactions and typing
	Time      time.Time `json:"time"`
	Body      []byte    `json:"-"` // as it came; nil with ForgetBodies
}

// Call is one request, accepted or not.
type Call struct {
	Method         string
	Path           string
	Query          string // without access_token
	Body           []byte
	Authorized     bool // an access token was there, valid or not
	IdempotencyKey bool // a header was there that makes Go's transport replay a POST
	Time           time.Time
}
