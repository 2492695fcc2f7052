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
	// from a listing that could not; it has no messages. The class is then
	// RateLimited, AccountRefused, NotWritten or InDoubt.
	Outcome Outcome
	// Known says that the answer has the conversation. One that it has not
	// got proves nothing: the person wrote first, so there is one.
	Known     bool
	Recipient string // IGSID
	// Messages are those with details, newest first (of the same second, in
	// the order of the answer); no id comes twice.
	Messages []Received
	// Complete says that Messages reaches back to the conversation's
	// beginning.
	Complete bool
}

// Page is a part of the list of conversations.
type Page struct {
	// Outcome is Accepted if the list could be read. A conversation in it that
	// could not has an Outcome of its own, and no Recipient where none is told.
	Outcome  Outcome
	Listings []Listing
	Next     string // "" if this is the last page
}

// Received is a message as it was read back.
type Received struct {
	ID string
	At time.Time // UTC, server time, in whole seconds
	// FromUs says that the account sent it: through the API, or by hand in the
	// app, which look the same. It is true, too, where that cannot be told.
	FromUs bool
	// Kind is Text for a link too; KindInvalid is one that cannot be told. It
	// is one of Text, Image, Audio, Video, Sticker, Post.
	Kind content.Kind
	Text string // of a Text, exactly as it was read
	// Unclear marks a message from us, or maybe from us, that may be of any
	// kind, whatever Kind says: a text with an attachment beside it, content
	// of no known shape, a sender who is neither side. Its text is still its
	// text.
	Unclear bool
	// Reacted is the reaction that the account put on it, "love" for a heart and
	// else the emoji; "" if there is none, or if it was not asked for.
	Reacted string
}

// MayBe reports whether r may be how a message of ours of kind k comes back.
// While r stands unclaimed in its window, no message of kind k is proven
// absent. Where nobody's material says how a kind is read back, the answer is
// yes: a sticker may be anything; a post or the text of a link may be a share;
// a GIF, a sound or a video may be another kind of media. Only a text and an
// image, sound or video are never taken for each other.
func (r Received) MayBe(k content.Kind) bool {
	switch {
	case !r.FromUs:
		return false
	case r.Unclear:
		return true
	case k.Wire() == content.Text:
		return !r.Kind.Media()
	case k.Media():
		return r.Kind != content.Text
	}
	return true
}
