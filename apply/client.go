package apply

import (
	"context"
	"time"

	"herald/config/content"
	"herald/plan"
)

// Client calls Instagram for one run. Its methods are safe for concurrent use
// and make one HTTP request at the most: they never retry.
type Client interface {
	// Identity asks whose token the account's is (GET /me).
	Identity(ctx context.Context, account *plan.Account) Identity
	// Do makes one POST and classifies what came of it. It never returns
	// without an outcome: a cancelled ctx yields NotWritten or InDoubt.
	Do(ctx context.Context, account *plan.Account, call Call) Outcome
}

// Verb is what a call does. The zero value is no verb.
type Verb uint8

const (
	// VerbInvalid is the zero Verb.
	VerbInvalid Verb = iota
	// SendMessage sends Call.Content.
	SendMessage
	// AddReaction reacts with Call.Reaction to Call.MessageID.
	AddReaction
	// RemoveReaction takes back the reaction to Call.MessageID.
	RemoveReaction
)

// Call is one POST to /<IG_ID>/messages.
type Call struct {
	Verb      Verb
	Recipient string          // IGSID
	Content   content.Content // of SendMessage
	MessageID string          // of a reaction: the message it belongs to
	Reaction  string          // of AddReaction
}

// Class is what came of a call, as far as the journal protocol cares.
type Class uint8

const (
	// ClassInvalid is the zero Class.
	ClassInvalid Class = iota
	// Accepted: a 2xx with the expected body.
	Accepted
	// NotWritten: the request never reached the wire, so it may be repeated.
	NotWritten
	// Hold: this message was refused for a reason that may pass by itself.
	Hold
	// Final: this message was refused for good, until it is changed.
	Final
	// RefetchMedia: Meta could not fetch the media; it may be tried once more.
	RefetchMedia
	// RateLimited: refused; the whole account waits.
	RateLimited
	// AccountRefused: token, permission or policy; the account stops.
	AccountRefused
	// InDoubt: everything else. It may have been delivered.
	InDoubt
)

var classNames = [...]string{"invalid", "accepted", "not_written", "hold", "final", "refetch_media", "rate_limited", "account_refused", "in_doubt"}

// String returns the class as the log has it.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return classNames[ClassInvalid]
}

var verbNames = [...]string{"invalid", "send", "react", "unreact"}

// String returns the verb as the log has it.
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return verbNames[VerbInvalid]
}

// Outcome is the answer to one call.
type Outcome struct {
	Class     Class
	MessageID string // of an accepted message
	// HTTP, Code, Subcode and TraceID identify a Graph error; 0 and "" where
	// there was none.
	HTTP    int
	Code    int
	Subcode int
	TraceID string
	// Reason is a word of Herald's own where there is no Graph error, as in
	// state.Refusal.
	Reason string
	// Explain says in a sentence what the outcome means, Remedy what to do.
	// Neither holds text from the network, from a message or from a token.
	Explain string
	Remedy  string
	// RegainAccess is how long Meta says a rate limit will last, or 0.
	RegainAccess time.Duration
	// Usage is the highest of the usage percentages in the answer's headers.
	Usage int
	// Date is the server's clock as its answer had it; zero if it had none.
	Date time.Time
}

// Identity is the answer to "whose token is this?".
type Identity struct {
	Outcome Outcome // Accepted if the answer names an account
	IGID    string  // user_id of the answer
	Name    string  // username, which is public
}
