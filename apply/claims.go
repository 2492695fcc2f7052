package apply

import (
	"context"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// claims returns the test whether an entry has a message id. What was sent
// before an entry was written anew counts too: that id is another send's. The
// first call looks at the whole record. l.mu is held.
func (l *ledger) claims() func(id string) bool {
	if l.claimed == nil {
		l.claimed = make(map[string]struct{}, l.record.Len())
		for e := range l.record.All() {
			l.claim(e)
		}
	}
	return func(id string) bool {
		_, ok := l.claimed[id]
		return ok
	}
}

// claim notes the ids of a message's entry. l.mu is held.
func (l *ledger) claim(e *state.Entry) {
	if e.Addr.Kind != addr.Message {
		return
	}
	if e.MessageID != "" {
		l.claimed[e.MessageID] = struct{}{}
	}
	for _, id := range e.AlsoSent {
		l.claimed[id] = struct{}{}
	}
	if e.Before == nil {
		return
	}
	if e.Before.MessageID != "" {
		l.claimed[e.Before.MessageID] = struct{}{}
	}
	for _, id := range e.Before.AlsoSent {
		l.claimed[id] = struct{}{}
	}
}

// writer says under which plan's id a settlement is written: that of the run,
// or, where nothing is sent, that of the intent, so that its plan can be
// applied again.
func (l *ledger) writer(e *state.Entry, keep bool) string {
	if keep {
		return e.PlanID
	}
	return l.planID
}

// see records, for the intents that a crash left without their end, that they
// are in doubt from now on, which is server time.
func (l *ledger) see(ctx context.Context, keys []state.Key, now time.Time, keep bool) error {
	if now.IsZero() {
		return nil // without the server's time there is nothing to write
	}
	l.mu.Lock()
	var list []state.Entry
	for _, k := range keys {
		e := l.record.Get(k)
		if e == nil || e.Status != state.Intent || !e.DoubtAt.IsZero() {
			continue
		}
		next := e.Next(l.writer(e, keep))
		next.DoubtAt = now
		list = append(list, next)
	}
	l.adopt(list)
	l.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return l.append(ctx, list)
}

// settle applies the recipe to the doubts of a conversation, with what was
// read of it, and records what is decided. kinds holds those that are to be
// settled; the findings are of these.
func (l *ledger) settle(ctx context.Context, at state.Conversation, kinds map[state.Key]content.Kind, ev evidence, keep bool) (map[state.Key]finding, error) {
	l.mu.Lock()
	ev.claimed = l.claims()
	doubts := make([]doubt, 0, len(l.open[at]))
	for _, k := range l.open[at] {
		kind, ours := kinds[k]
		doubts = append(doubts, doubt{entry: l.record.Get(k), kind: kind, apart: !ours})
	}
	findings := make(map[state.Key]finding, len(kinds))
	var list []state.Entry
	for i, f := range settleBy(doubts, ev) {
		if doubts[i].apart {
			continue
		}
		e := doubts[i].entry
		findings[e.Key()] = f
		if f.verdict != doubtful {
			list = append(list, settled(e, f, l.writer(e, keep), ev.now))
		}
	}
	l.adopt(list)
	l.mu.Unlock()
	if len(list) == 0 {
		return findings, nil
	}
	return findings, l.append(ctx, list)
}

// adopt puts the entries into the live record. l.mu is held.
func (l *ledger) adopt(list []state.Entry) {
	for i := range list {
		l.put(&list[i], false)
	}
}

// settled returns the entry to be written for what was found.
func settled(e *state.Entry, f finding, planID string, now time.Time) state.Entry {
	next := e.Next(planID)
	next.SettledAt, next.SettledBy = now, "read"
	next.Claim = ""
	if f.verdict == found {
		next.Status, next.MessageID, next.Refusal = state.Sent, f.id, nil
		return next
	}
	next.Status = state.Absent
	return next
}
