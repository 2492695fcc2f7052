package instagram

import (
	"context"
	"net/url"
	"strconv"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/plan"
)

var _ apply.Reader = (*Client)(nil)

// details is how many messages of a conversation are asked for: only the
// newest 20 can be read [Meta, Conversations API].
const details = 20

// pageSize is how many conversations are asked for at once.
const pageSize = 20

// The most that is read of an answer. The text of one message has up to 1,000
// characters, so 12 kB where each is an escaped emoji ("\ud83d\ude00"); ten
// attachments with three addresses each are some 30 kB. Twenty messages full
// of both have less than 1 MiB, and usual ones 12 kB.
const (
	maxListing = 2 << 20
	maxPage    = 8 << 20
)

// messageFields are what is asked of each message. One that the platform does
// not know would fail the call, so these are of those seen in real answers.
const messageFields = "id,created_time,from,to,message,attachments,shares"

// listingFields asks for the messages of a conversation, of each for more
// fields than the usual ones if there are any, as in ",reactions".
func listingFields(more string) string {
	return "participants,messages.limit(" + strconv.Itoa(details) + "){" + messageFields + more + "}"
}

// Conversation reads the newest messages exchanged with a person, in one call:
//
//	GET /me/conversations?user_id=<IGSID>&fields=participants,messages.limit(20){…}
//
// Everything that does not look as it must, an error included, makes a listing
// whose outcome is not Accepted: never one that looks empty. A read may always
// be repeated; net/http repeats one itself if an idle connection turns out to
// be dead.
func (c *Client) Conversation(ctx context.Context, account *plan.Account, recipient string) apply.Listing {
	return c.conversation(ctx, account, recipient, "")
}

// conversation is Conversation, with more fields of each message; see
// listingFields.
func (c *Client) conversation(ctx context.Context, account *plan.Account, recipient, more string) apply.Listing {
	l := apply.Listing{Recipient: recipient}
	if !content.Digits(recipient) {
		l.Outcome = invalidRead("the recipient's id is not a string of digits")
		return l
	}
	l.Outcome = c.list(ctx, account, url.Values{"user_id": {recipient}, "fields": {listingFields(more)}}, maxListing, func(r reply) apply.Outcome {
		l = readConversation(r, account.IGID, recipient)
		return l.Outcome
	})
	return l
}

// Conversations reads a page of the account's conversations, those last
// written to first, with the newest messages of each:
//
//	GET /me/conversations?fields=participants,updated_time,messages.limit(20){…}&limit=20&after=…
//
// Of the answer's address of the next page only the cursor is kept: an address
// from an answer is never called, for it could lead the token elsewhere.
func (c *Client) Conversations(ctx context.Context, account *plan.Account, after string) apply.Page {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}, "fields": {"updated_time," + listingFields("")}}
	if after != "" {
		query.Set("after", after)
	}
	var p apply.Page
	p.Outcome = c.list(ctx, account, query, maxPage, func(r reply) apply.Outcome {
		p = readPage(r, account.IGID, after)
		return p.Outcome
	})
	return p
}

// list makes the call of both. On the host of Facebook Login the list is below
// the account and holds more than Instagram's conversations.
func (c *Client) list(ctx context.Context, account *plan.Account, query url.Values, most int64, read func(reply) apply.Outcome) apply.Outcome {
	if account == nil || !content.Digits(account.IGID) {
		return invalidAccount("the account's ig_id is not a string of digits")
	}
	at := "/me/conversations"
	if u, err := access.ParseEndpoint(account.Endpoint, c.allow); err == nil && u.Hostname() == access.FacebookHost {
		at = "/" + account.IGID + "/conversations"
		query.Set("platform", "instagram")
	}
	return c.get(ctx, account, path{at: at, query: query, most: most}, read)
}

// invalidRead is the outcome of a read that cannot be put into a request.
func invalidRead(why string) apply.Outcome {
	return apply.Outcome{
		Class: apply.InDoubt, Reason: ReasonInvalid,
		Explain: "No call was made: " + why + ".", Remedy: "Correct the recipient.",
	}
}

// refusedRead is the outcome of a read that was not answered as asked. What a
// code says of a message is nothing that it says of a read: only a limit and
// what is wrong with the account count, and all else proves nothing.
func refusedRead(o apply.Outcome) apply.Outcome {
	switch o.Class {
	case apply.NotWritten, apply.RateLimited, apply.AccountRefused:
		return o
	case apply.InDoubt, apply.Accepted, apply.Hold, apply.Final, apply.RefetchMedia, apply.ClassInvalid:
	}
	o.Class = apply.InDoubt
	if o.Reason == "" {
		o.Explain = "Instagram answered with an error instead of the conversation, and nothing follows from that about its messages."
		o.Remedy = aRead.remedy()
	}
	return o
}
