package survey

import (
	"context"
	"time"

	"herald/apply"
	"herald/plan"
)

// Client reads conversations. Its methods are safe for concurrent use and make
// one request at the most; none of them sends anything.
type Client interface {
	// Identity asks whose token the account's is.
	Identity(ctx context.Context, account *plan.Account) apply.Identity
	apply.Reader
	// Reactions reads a conversation with what the account reacted to.
	Reactions(ctx context.Context, account *plan.Account, recipient string) apply.Listing
	// Posts reads a page of the ids of the account's own posts; next is "" with
	// the last.
	Posts(ctx context.Context, account *plan.Account, after string) (ids []string, next string, o apply.Outcome)
}

// Verdict says what is known of one message. The zero value is that nothing is.
type Verdict uint8

const (
	// Unknown: it may be there or not; the finding says why that cannot be told.
	Unknown Verdict = iota
	// Found: a message of ours in its conversation equals it.
	Found
	// Absent: its conversation was read to the beginning, and nothing in it may
	// be this message.
	Absent
)

var verdictNames = [...]string{"unknown", "found", "absent"}

// String returns the verdict as JSON has it.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return verdictNames[Unknown]
}

// Reason says why something is unknown. New ones may be added.
type Reason string

// The reasons.
const (
	// Unread: the survey ended before its conversation was read.
	Unread Reason = "unread"
	// Unreadable: Instagram answered with an error, or not at all.
	Unreadable Reason = "unreadable"
	// Unlisted: the answer did not have the conversation, which proves nothing.
	Unlisted Reason = "unlisted"
	// Hidden: the conversation has more than 20 newer messages, and of older ones
	// the API tells no details.
	Hidden Reason = "hidden"
	// EqualTexts: the text is there, but not as often as it is declared.
	EqualTexts Reason = "equal_texts"
	// OtherMessages: messages of ours are there that belong to nothing, and each
	// of them may be an earlier wording.
	OtherMessages Reason = "other_messages"
	// MediaThere: media of that kind is there, and nothing tells which it is.
	MediaThere Reason = "media"
	// TooEarly: it is not there, and a message may appear there late.
	TooEarly Reason = "too_early"
)

// Finding is what the survey says of one message.
type Finding struct {
	Change  *plan.Change
	Verdict Verdict
	// ID and At are those of the message that was found.
	ID string
	At time.Time
	// Why is the reason of an unknown one, and Explain says it in a sentence
	// without names.
	Why     Reason
	Explain string
	// Candidates are the messages of which one may be the unknown one, newest
	// first.
	Candidates []apply.Received
}

// Reaction is a reaction of ours that stands as it is declared.
type Reaction struct {
	Change *plan.Change
	Target string // the id of the message it is on
}

// Window is how long a person can still be written to.
type Window struct {
	Account   string // IG id
	Recipient string // IGSID
	// Known is false where it could not be read when the person wrote last.
	Known bool
	// Never says that the person has written nothing in this conversation.
	Never bool
	// Wrote is when the person wrote last, server time. Where Before is set it is
	// older than what could be read, which begins at Wrote.
	Wrote  time.Time
	Before bool
}

// Length is how long after a person's last message they can be written to
// without a tag [Meta, Instagram messaging: the 24-hour standard window].
const Length = 24 * time.Hour

// Closes returns when the window closes, zero if that is not known or if it
// never opened. Where Before is set it was closed by then, or closes before.
func (w Window) Closes() time.Time {
	if !w.Known || w.Never {
		return time.Time{}
	}
	return w.Wrote.Add(Length)
}

// Report is what a survey found. Findings and Reactions are in the plan's order.
type Report struct {
	Findings  []Finding
	Reactions []Reaction
	Windows   []Window
	// Foreign are the changes that send a post which is not the account's own,
	// with Refresh; Unchecked those where that could not be read.
	Foreign   []*plan.Change
	Unchecked []*plan.Change
	// Stopped are the accounts that could not be asked, and why.
	Stopped []Stop
	// Read counts the conversations that were read, of Total.
	Read, Total int
	Interrupted bool
	// Now is Instagram's time at the end, or this machine's where no answer told
	// it, which Clock says.
	Now   time.Time
	Clock bool
}

// Stop is an account that could not be asked, or not any longer.
type Stop struct {
	Account *plan.Account
	Outcome apply.Outcome
}
