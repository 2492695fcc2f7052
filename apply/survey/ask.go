package survey

import (
	"context"
	"fmt"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/plan"
)

// identify checks that the token is the account's. An answer that decides
// nothing is asked for again, for half a minute.
func (r *reader) identify(ctx context.Context) bool {
	patience := time.Now().Add(askPatience)
	for n := 1; ; n++ {
		began := time.Now()
		id := r.Client.Identity(ctx, r.account)
		if ctx.Err() != nil && id.Outcome.Class != apply.Accepted {
			return false
		}
		o := id.Outcome
		wait := backoff(n, askFirst, retryMost, r.Random)
		r.mu.Lock()
		limited := r.heed(o, began)
		switch {
		case o.Class == apply.Accepted && id.IGID == r.account.IGID:
			r.mu.Unlock()
			return true
		case o.Class == apply.Accepted:
			r.stop(stranger(r.account, id.IGID))
		case limited:
			wait = time.Until(r.wait)
			patience = patience.Add(wait)
		case o.Class != apply.NotWritten && o.Class != apply.InDoubt && o.Class != apply.ClassInvalid,
			time.Now().Add(wait).After(patience):
			r.stop(o)
		}
		halted := r.halted
		r.mu.Unlock()
		if halted || !sleep(ctx, wait) {
			return false
		}
	}
}

// stranger is the outcome of a token that belongs to another account.
func stranger(a *plan.Account, igid string) apply.Outcome {
	return apply.Outcome{
		Class: apply.AccountRefused, Reason: "other_account",
		Explain: fmt.Sprintf("The token belongs to the Instagram account with the id %q, and the account %q of the configuration has ig_id = %q. Its conversations are those of another account.", igid, a.Name, a.IGID),
		Remedy:  "Correct ig_id (it is user_id in the answer of GET /me, not id), or give the token of the right account.",
	}
}

// checkPosts finds out which of the posts to be sent are not the account's own.
func (r *reader) checkPosts(ctx context.Context) {
	wanted := make(map[string][]*plan.Change)
	for _, t := range r.talks {
		for _, c := range t.messages {
			if c.Content.Kind == content.Post {
				wanted[c.Content.Value] = append(wanted[c.Content.Value], c)
			}
		}
	}
	whole, limits := false, 0
	for after := ""; len(wanted) > 0 && r.turn(ctx); {
		began := time.Now()
		ids, next, o := r.Client.Posts(ctx, r.account, after)
		for _, id := range ids {
			delete(wanted, id)
		}
		r.mu.Lock()
		limited := r.heed(o, began)
		r.mu.Unlock()
		if limited && limits < maxLimits {
			limits++
			continue
		}
		whole = o.Class == apply.Accepted && next == ""
		if o.Class != apply.Accepted || next == "" {
			break
		}
		after = next
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, list := range wanted {
		for _, c := range list {
			r.foreign[c] = whole
		}
	}
}
