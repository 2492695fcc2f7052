package apply

import (
	"context"
	"time"

	"herald/config/content"
	"herald/plan"
)

// Reader reads conversations back, to find out whether a message that is in
// doubt arrived. Its methods are safe for concurrent use and make one HTTP
// request at the most. A Client that is no Reader leaves every doubt to a
// person.
type Reader interface {
	// Conversation reads the newest messages exchanged with a person.
	Conversation(ctx context.Context, account *plan.Account, recipient string) Listing
	// Conversations reads the newest messages of the account's conversations,
	// those last written to first, a page at a time. after is "" for the first
	// page, else Page.Next of the one before. It may be used to find messages,
	// never to prove one absent.
	Conversations(ctx context.Context, account *plan.Account, after string) Page
}

// Listing is the newest part of one conversation.
type Listing struct {
	// Outcome is Accepted if the listing could be read whole. Nothing follows
	// from a listing that could not.
	Outcome Outcome
	// Known says that the answer has the conversation. One that it has not
	// got proves nothing: the person wrote first, so there is one.
	Known     bool
	Recipient string // IGSID
	// Messages are those with details, newest first.
	Messages []Received
	// Complete says that Messages reaches back to the conversation's
	// beginning.
	Complete bool
}

// Page is a part of the list of conversations.
type Page struct {
	Outcome  Outcome // as Listing.Outcome
	Listings []Listing
	Next     string // "" if this is the last page
}

// Received is a message as it was read back.
type Received struct {
	ID     string
	At     time.Time // server time, in whole seconds
	FromUs bool
	// Kind is Text for a link too; KindInvalid is one that cannot be told. It
	// is one of Text, Image, Audio, Video, Sticker, Post.
	Kind content.Kind
	Text string // of a Text
}
