package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// gram is an Instagram that can be read back: it keeps what it accepted,
// whatever it answers, and shows it later.
type gram struct {
	mu sync.Mutex
	// fate is what becomes of a POST: whether it takes effect, and what is
	// answered. By default everything is accepted.
	fate func(call Call) (effect bool, answer Class)
	// heed is what becomes of the n-th read, of a page or of the recipient's
	// conversation; Accepted reads are answered as they are.
	heed func(n int, recipient string) Outcome
	// change is how a text comes back.
	change           func(string) string
	latency, reading time.Duration
	lag              time.Duration // after which a message is listed
	ahead            time.Duration // of the server's clock
	noDate           bool
	pageSize         int
	identity         func(*plan.Account) Identity

	minted   int
	talks    map[state.Conversation][]kept
	accepted map[string][]string // ids of what POSTs brought, by recipient:text
	posts    []post
	reads    []time.Time
	pages    int
}

// kept is a message with what it was sent as, and when it is listed.
type kept struct {
	Received
	visible time.Time // by the server's clock
}

func newGram() *gram {
	return &gram{talks: make(map[state.Conversation][]kept), accepted: make(map[string][]string), pageSize: 20}
}

func (g *gram) now() time.Time { return time.Now().Add(g.ahead).UTC() }

func (g *gram) date() time.Time {
	if g.noDate {
		return time.Time{}
	}
	return g.now().Truncate(time.Second)
}

func (g *gram) Identity(_ context.Context, a *plan.Account) Identity {
	if g.identity != nil {
		return g.identity(a)
	}
	return Identity{Outcome: Outcome{Class: Accepted, Date: g.date()}, IGID: a.IGID}
}

func (g *gram) Do(ctx context.Context, a *plan.Account, call Call) Outcome {
	g.mu.Lock()
	effect, class := true, Accepted
	if g.fate != nil {
		effect, class = g.fate(call)
	}
	o := Outcome{Class: class}
	if effect && call.Verb == SendMessage {
		id := g.keep(state.Conversation{Account: a.IGID, Recipient: call.Recipient}, call.Content)
		g.accepted[wire(call)] = append(g.accepted[wire(call)], id)
		if class == Accepted {
			o.MessageID = id
		}
	}
	g.posts = append(g.posts, post{a.IGID, call, time.Now(), o})
	g.mu.Unlock()
	if g.latency > 0 && !sleep(ctx, g.latency) {
		return Outcome{Class: InDoubt, Reason: "timeout"}
	}
	if class != InDoubt {
		o.Date = g.date() // what is in doubt had no answer
	}
	return o
}

// keep stores what arrived, from the account, and returns its id.
func (g *gram) keep(at state.Conversation, c content.Content) string {
	g.minted++
	m := kept{Received{ID: fmt.Sprintf("mid.%d", g.minted), At: g.now().Truncate(time.Second), FromUs: true, Kind: c.Kind.Wire()}, g.now().Add(g.lag)}
	if m.Kind == content.Text {
		m.Text = c.Value
		if g.change != nil {
			m.Text = g.change(m.Text)
		}
	}
	g.talks[at] = append(g.talks[at], m)
	return m.ID
}

// types is a person at the business, or the recipient, who writes in the app.
func (g *gram) types(at state.Conversation, text string, fromUs bool) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := g.keep(at, content.Content{Kind: content.Text, Value: text})
	list := g.talks[at]
	list[len(list)-1].FromUs = fromUs
	list[len(list)-1].Text = text
	return id
}

func (g *gram) read(ctx context.Context, recipient string) Outcome {
	g.mu.Lock()
	g.reads = append(g.reads, time.Now())
	o := Outcome{Class: Accepted}
	if g.heed != nil {
		o = g.heed(len(g.reads), recipient)
	}
	g.mu.Unlock()
	if g.reading > 0 && !sleep(ctx, g.reading) {
		return Outcome{Class: InDoubt, Reason: "timeout"}
	}
	o.Date = g.date()
	return o
}

func (g *gram) Conversation(ctx context.Context, a *plan.Account, recipient string) Listing {
	before := g.now()
	if o := g.read(ctx, recipient); o.Class != Accepted || o.Reason == "unknown" {
		if o.Reason == "unknown" {
			o.Class = Accepted
		}
		return Listing{Outcome: o, Recipient: recipient}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.listing(state.Conversation{Account: a.IGID, Recipient: recipient}, before)
	l.Outcome.Date = g.date()
	return l
}

// listing lists what was visible at that time. g.mu is held.
func (g *gram) listing(at state.Conversation, now time.Time) Listing {
	l := Listing{Outcome: Outcome{Class: Accepted}, Known: true, Recipient: at.Recipient, Complete: true}
	for _, m := range slices.Backward(g.talks[at]) {
		if m.visible.After(now) {
			continue
		}
		if len(l.Messages) == 20 {
			l.Complete = false
			break
		}
		l.Messages = append(l.Messages, m.Received)
	}
	return l
}

func (g *gram) Conversations(ctx context.Context, a *plan.Account, after string) Page {
	p := Page{Outcome: g.read(ctx, "")}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages++
	if p.Outcome.Class != Accepted {
		return p
	}
	var list []state.Conversation
	for c, talk := range g.talks {
		if c.Account == a.IGID && len(talk) > 0 {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y state.Conversation) int {
		if d := g.last(y).Compare(g.last(x)); d != 0 {
			return d
		}
		return slices.Compare([]byte(x.Recipient), []byte(y.Recipient))
	})
	from := 0
	_, _ = fmt.Sscan(after, &from)
	for _, c := range list[min(from, len(list)):min(from+g.pageSize, len(list))] {
		p.Listings = append(p.Listings, g.listing(c, g.now()))
	}
	if from+g.pageSize < len(list) {
		p.Next = fmt.Sprint(from + g.pageSize)
	}
	return p
}

func (g *gram) last(c state.Conversation) time.Time { return g.talks[c][len(g.talks[c])-1].At }

// twice lists what POSTs brought more than once, or more often than wanted.
func (g *gram) twice(wanted ...string) (list []string) {
	times := make(map[string]int)
	for _, what := range wanted {
		times[what]++
	}
	for what, ids := range g.accepted {
		if len(ids) > max(1, times[what]) {
			list = append(list, fmt.Sprintf("%s %d times", what, len(ids)))
		}
	}
	slices.Sort(list)
	return list
}
