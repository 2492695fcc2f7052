package survey

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

const (
	shop = "17841405822304914"
	ana  = "6101234567890123"
	ben  = "6109876543210987"
)

var accepted = apply.Outcome{Class: apply.Accepted}

// insta is Instagram as a survey sees it: what each conversation holds, newest
// first, and what goes wrong.
type insta struct {
	mu       sync.Mutex
	talks    map[string][]apply.Received
	hidden   map[string]bool // more than 20 newer: the listing is not complete
	outcome  func(n int, recipient string) apply.Outcome
	pageless bool // the list of conversations cannot be read
	igid     string
	posts    [][]string
	reads    []string // recipients, "page", "posts", in order
	at       []time.Time
}

func newInsta() *insta {
	return &insta{talks: make(map[string][]apply.Received), hidden: make(map[string]bool), igid: shop}
}

func (x *insta) note(what string) int {
	x.reads = append(x.reads, what)
	x.at = append(x.at, time.Now())
	n := 0
	for _, r := range x.reads {
		if r == what {
			n++
		}
	}
	return n
}

func (x *insta) stamp(o apply.Outcome) apply.Outcome {
	o.Date = time.Now().UTC().Truncate(time.Second)
	return o
}

func (x *insta) Identity(context.Context, *plan.Account) apply.Identity {
	return apply.Identity{Outcome: x.stamp(accepted), IGID: x.igid}
}

func (x *insta) Conversation(ctx context.Context, _ *plan.Account, recipient string) apply.Listing {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.note(recipient)
	if ctx.Err() != nil {
		return apply.Listing{Outcome: apply.Outcome{Class: apply.NotWritten}}
	}
	if x.outcome != nil {
		if o := x.outcome(n, recipient); o.Class != apply.Accepted {
			return apply.Listing{Recipient: recipient, Outcome: x.stamp(o)}
		}
	}
	return x.listing(recipient)
}

func (x *insta) listing(recipient string) apply.Listing {
	list, known := x.talks[recipient]
	return apply.Listing{Outcome: x.stamp(accepted), Known: known, Recipient: recipient, Messages: slices.Clone(list), Complete: !x.hidden[recipient]}
}

func (x *insta) Reactions(ctx context.Context, a *plan.Account, recipient string) apply.Listing {
	return x.Conversation(ctx, a, recipient)
}

func (x *insta) Conversations(_ context.Context, _ *plan.Account, after string) apply.Page {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.note("page")
	if x.pageless {
		return apply.Page{Outcome: apply.Outcome{Class: apply.InDoubt, Code: 1}}
	}
	var all []string
	for r := range x.talks {
		all = append(all, r)
	}
	slices.Sort(all)
	from := 0
	_, _ = fmt.Sscan(after, &from)
	p := apply.Page{Outcome: x.stamp(accepted)}
	for _, r := range all[from:min(from+20, len(all))] {
		p.Listings = append(p.Listings, x.listing(r))
	}
	if from+20 < len(all) {
		p.Next = fmt.Sprint(from + 20)
	}
	return p
}

func (x *insta) Posts(_ context.Context, _ *plan.Account, after string) ([]string, string, apply.Outcome) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.note("posts")
	i := 0
	_, _ = fmt.Sscan(after, &i)
	if i >= len(x.posts) {
		return nil, "", apply.Outcome{Class: apply.InDoubt, Code: 1}
	}
	next := ""
	if i+1 < len(x.posts) {
		next = fmt.Sprint(i + 1)
	}
	return x.posts[i], next, x.stamp(accepted)
}

// began is when the tests' messages were sent; the bubble of synctest begins
// later.
var began = time.Date(1999, 12, 31, 10, 0, 0, 0, time.UTC)

// ours is a text of the account's, so many minutes after began.
func ours(id, text string, minute int) apply.Received {
	return apply.Received{ID: id, Kind: content.Text, Text: text, FromUs: true, At: began.Add(time.Duration(minute) * time.Minute)}
}

func theirs(id, text string, minute int) apply.Received {
	r := ours(id, text, minute)
	r.FromUs = false
	return r
}

func picture(id string, kind content.Kind, minute int) apply.Received {
	return apply.Received{ID: id, Kind: kind, FromUs: true, At: began.Add(time.Duration(minute) * time.Minute)}
}

func at(kind addr.Kind, name string) addr.Instance {
	return addr.Instance{Block: addr.Block{Kind: kind, Name: name}}
}

func send(name, recipient, text string) *plan.Change {
	return of(name, recipient, content.Content{Kind: content.Text, Value: text})
}

func of(name, recipient string, c content.Content) *plan.Change {
	return &plan.Change{
		Addr: at(addr.Message, name), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: shop, Recipient: recipient,
		Content: c, Fingerprint: content.Fingerprint(shop, recipient, c),
	}
}

func planOf(changes ...*plan.Change) *plan.Plan {
	return &plan.Plan{
		ID:       "sha256:1",
		Accounts: []plan.Account{{Name: "shop", IGID: shop, Rates: plan.Rates{Reads: 2}, SettleAfter: time.Minute}},
		Changes:  changes,
	}
}

// told is the report in words: address, verdict, and id or reason.
func told(r *Report) []string {
	var list []string
	for _, f := range r.Findings {
		s := f.Change.Addr.Name + " " + f.Verdict.String()
		switch f.Verdict {
		case Found:
			s += " " + f.ID
		case Unknown:
			s += " " + string(f.Why)
		case Absent:
		}
		list = append(list, s)
	}
	return list
}

func wants(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if got := told(r); !slices.Equal(got, want) {
		t.Errorf("found\n%q, want\n%q", got, want)
	}
}

func entryOf(name, recipient string, s state.Status, id string) state.Entry {
	return state.Entry{
		Addr: at(addr.Message, name), Revision: 1, Account: shop, Recipient: recipient, Fingerprint: "v1:sha256:x", Status: s, MessageID: id, Change: 1,
	}
}
