package instagram

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"herald/apply"
	"herald/config/content"
	"herald/plan"
)

// mediaSize is how many posts are asked for at once: Graph's pages have up to
// 100 elements.
const mediaSize = 100

// Reactions reads a conversation as Conversation does, and asks for the
// reactions as well: each message says in Reacted what the account put on it.
func (c *Client) Reactions(ctx context.Context, account *plan.Account, recipient string) apply.Listing {
	return c.conversation(ctx, account, recipient, ",reactions")
}

// Posts reads a page of the ids of the account's own posts, newest first:
//
//	GET /<IG_ID>/media?fields=id&limit=100&after=…
//
// after is "" for the first page, else the cursor next of the one before; next
// is "" after the last. Nothing follows from an answer whose outcome is not
// Accepted; it has no ids.
func (c *Client) Posts(ctx context.Context, account *plan.Account, after string) (ids []string, next string, o apply.Outcome) {
	if account == nil || !content.Digits(account.IGID) {
		return nil, "", invalidAccount("the account's ig_id is not a string of digits")
	}
	query := url.Values{"fields": {"id"}, "limit": {strconv.Itoa(mediaSize)}}
	if after != "" {
		query.Set("after", after)
	}
	o = c.get(ctx, account, path{at: "/" + account.IGID + "/media", query: query, most: maxListing}, func(r reply) apply.Outcome {
		list, paging, failed := readList(r)
		if failed != nil {
			return *failed
		}
		for _, data := range list {
			var post wireParty
			if !parse(data, &post) || text(post.ID) == "" {
				ids = nil
				return aRead.doubt(ReasonListing)
			}
			ids = append(ids, text(post.ID))
		}
		if next = paging.cursor(); next == after { // it would lead round and round
			next = ""
		}
		return apply.Outcome{Class: apply.Accepted}
	})
	return ids, next, o
}

// reacted returns the reaction that the account put on a message, from
// {"data":[{"reaction":"❤️","users":[{"id":"…"}]}]}; what has another shape says
// nothing.
func reacted(v value, us string) string {
	if !given(v) {
		return ""
	}
	var list struct {
		Data []struct {
			Reaction value       `json:"reaction"`
			Users    []wireParty `json:"users"`
		} `json:"data"`
	}
	if v.Kind() != '{' || json.Unmarshal(v, &list, jsontext.AllowInvalidUTF8(true)) != nil {
		return ""
	}
	for _, r := range list.Data {
		if slices.ContainsFunc(r.Users, func(p wireParty) bool { return text(p.ID) == us }) {
			return named(text(r.Reaction))
		}
	}
	return ""
}

// named returns the name of a reaction that is read back as an emoji: what was
// sent as "love" comes back as a heart, with or without the mark that asks for
// its coloured form.
func named(emoji string) string {
	if strings.TrimSuffix(emoji, "\ufe0f") == "❤" {
		return content.Love
	}
	return emoji
}
