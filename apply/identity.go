package apply

import (
	"context"
	"fmt"
	"time"

	"herald/state"
)

// gateResult is the end of an account's identity check.
type gateResult struct {
	account *account
	open    bool
	seen    bool    // it is none: doubts were recorded
	why     Outcome // if it is not open
	err     error   // something could not be recorded
}

// ask checks, before an account's first call, that the token is that
// account's. An answer that decides nothing is asked for again, for
// identityPatience; a rate limit is waited out. Every answer teaches the
// server's time, and records since when the messages unseen are in doubt.
func (e *engine) ask(ctx context.Context, a *account, unseen []state.Key) gateResult {
	limits := 0
	patience := time.Now().Add(identityPatience)
	for n := 1; ; n++ {
		id := e.run.Client.Identity(ctx, a.plan)
		a.clock.learn(id.Outcome.Date, time.Now())
		e.log.Debug("identity asked", "account", a.plan.Name, "class", id.Outcome.Class.String(), "http", id.Outcome.HTTP,
			"code", id.Outcome.Code, "subcode", id.Outcome.Subcode, "reason", id.Outcome.Reason)
		var wait time.Duration
		switch id.Outcome.Class {
		case Accepted:
			if id.IGID != a.plan.IGID {
				return gateResult{account: a, why: e.stranger(a, id)}
			}
			err := e.ledger.see(e.records, unseen, a.clock.now(), e.keepsPlan())
			return gateResult{account: a, open: true, err: err}
		case RateLimited:
			limits++
			if wait = id.Outcome.RegainAccess; wait <= 0 {
				wait = backoff(limits, limitFirst, limitMost, e.run.Random)
			}
			e.observe(Event{Type: AccountWaiting, Account: a.plan, Outcome: id.Outcome, For: wait})
			patience = patience.Add(wait)
		case AccountRefused, Hold, Final, RefetchMedia:
			return gateResult{account: a, why: id.Outcome}
		case NotWritten, InDoubt, ClassInvalid:
			wait = backoff(n, retryFirst, retryMost, e.run.Random)
			if time.Now().Add(wait).After(patience) {
				o := id.Outcome
				o.Explain = "Herald asks whose token it holds before it sends anything, and for 30 seconds no answer said so. " + o.Explain
				return gateResult{account: a, why: o}
			}
		}
		if !sleep(ctx, wait) {
			return gateResult{account: a, why: Outcome{Class: NotWritten, Reason: "stopped", Explain: "The run was stopped before the account's identity was known."}}
		}
	}
}

// stranger is the outcome of a token that belongs to another account.
func (e *engine) stranger(a *account, id Identity) Outcome {
	return Outcome{
		Class: AccountRefused, Reason: "other_account",
		Explain: fmt.Sprintf("The token belongs to the Instagram account with the id %q, and the account %q of the configuration has ig_id = %q. Messages would have come from the wrong sender.",
			id.IGID, a.plan.Name, a.plan.IGID),
		Remedy: "Correct ig_id (it is user_id in the answer of GET /me, not id), or give the token of the right account, then apply again.",
	}
}

// sleep waits for d and reports whether it did; it ends early with ctx.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
