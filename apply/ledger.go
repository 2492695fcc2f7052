package apply

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// ledger is the live record: what was loaded, with every entry that this run
// has written since. It finds what stands in the way of a call, and it is the
// only one that appends. It is safe for concurrent use.
type ledger struct {
	planID  string
	session state.Session

	mu     sync.Mutex
	record *state.Record
	// held holds, for each fingerprint, the messages that keep the same content
	// from being sent: those sent, in doubt, or in flight.
	held map[string][]state.Key
	// open holds the messages in doubt of each conversation.
	open map[state.Conversation][]state.Key
	// targets holds, for each message of an account, the reactions that stand
	// on it, or may.
	targets map[target][]state.Key
	// claimed holds the message ids of all entries, from the first settling on.
	claimed map[string]struct{}
	// made holds the changes that this run made in the record without a call.
	made map[*plan.Change]struct{}
	lease
	written bool // something was appended since the last snapshot
	broken  error
	// unrecorded holds the latest form of the entries whose append failed.
	unrecorded map[state.Key]state.Entry
}

// target is a message as a reaction sees it.
type target struct{ account, message string }

func newLedger(r Run, record *state.Record) *ledger {
	l := &ledger{
		planID: r.Plan.ID, session: r.Session, record: record, lease: r.leaseIn(record),
		held:       make(map[string][]state.Key, record.Len()),
		open:       make(map[state.Conversation][]state.Key),
		targets:    make(map[target][]state.Key),
		unrecorded: make(map[state.Key]state.Entry),
	}
	for e := range record.All() {
		l.track(nil, e, false)
	}
	return l
}

// doubts returns how many messages of each account a call has made doubtful.
func (l *ledger) doubts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := make(map[string]int)
	for c := range l.open {
		n[c.Account] += l.doubtsOf(c)
	}
	return n
}

// doubtsOf returns how many messages of a conversation a call has made
// doubtful: what a recover could not tell says nothing about how calls end now.
// l.mu is held.
func (l *ledger) doubtsOf(c state.Conversation) int {
	n := 0
	for _, k := range l.open[c] {
		if !l.record.Get(k).LeftOpen() {
			n++
		}
	}
	return n
}

// get returns the entry with that key, or nil.
func (l *ledger) get(k state.Key) *state.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record.Get(k)
}

// put stores the entry in memory, and in all that finds it. flying says that
// its call is in flight. l.mu is held.
func (l *ledger) put(e *state.Entry, flying bool) {
	old := l.record.Get(e.Key())
	l.record.Adopt(e)
	l.track(old, e, flying)
}

// track follows an entry from old, which may be nil, to e.
func (l *ledger) track(old, e *state.Entry, flying bool) {
	k := e.Key()
	if l.claimed != nil {
		l.claim(e)
	}
	if e.Addr.Kind == addr.Reaction {
		if old != nil && stands(old) {
			drop(l.targets, target{old.Account, old.Target}, k)
		}
		if stands(e) {
			t := target{e.Account, e.Target}
			l.targets[t] = append(l.targets[t], k)
		}
		return
	}
	if was := old != nil && holds(old); was != holds(e) || was && old.Fingerprint != e.Fingerprint {
		if was {
			drop(l.held, old.Fingerprint, k)
		}
		if holds(e) {
			l.held[e.Fingerprint] = append(l.held[e.Fingerprint], k)
		}
	}
	if old != nil && old.Status == state.Intent && len(l.open) > 0 {
		drop(l.open, old.Conversation(), k)
	}
	if l.opened(e) {
		l.unbegun++
	}
	if old != nil && l.opened(old) {
		l.unbegun--
	}
	if l.doubtful(e) && !flying {
		l.open[e.Conversation()] = append(l.open[e.Conversation()], k)
	}
}

// holds reports whether a message keeps its content from being sent again.
func holds(e *state.Entry) bool { return e.Status == state.Sent || e.Status == state.Intent }

func drop[K comparable](m map[K][]state.Key, k K, key state.Key) {
	left := slices.DeleteFunc(m[k], func(other state.Key) bool { return other == key })
	if len(left) == 0 {
		delete(m, k)
		return
	}
	m[k] = left
}

// append stores the entries durably. They are in memory already. After a
// failure every later append fails with the same error, and what could not be
// stored is kept in unrecorded.
func (l *ledger) append(ctx context.Context, e []state.Entry) error {
	l.mu.Lock()
	err := l.broken
	l.mu.Unlock()
	if err == nil {
		err = l.session.Append(ctx, e...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = true
	if claimed := (*state.ClaimedError)(nil); errors.As(err, &claimed) {
		return err // nothing was written, and others can be
	}
	if err != nil {
		if l.broken == nil {
			l.broken = err
		}
		for i := range e {
			l.unrecorded[e[i].Key()] = e[i]
		}
	}
	return err
}

// unfolder is a session that knows whether entries were appended that no
// snapshot holds: then a run ends with one although it wrote nothing, because
// it is the snapshot that is kept and shared.
type unfolder interface{ Unfolded() bool }

// snapshot replaces the stored record by the live one, if anything was written
// since the last, or force says so. What appends could not store it stores.
func (l *ledger) snapshot(ctx context.Context, force bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u, ok := l.session.(unfolder); ok && u.Unfolded() {
		force = true
	}
	if _, shared := l.session.(state.Member); shared && !force {
		return nil // what is appended needs no folding
	}
	if !l.written && !force {
		return nil
	}
	if err := l.session.Snapshot(ctx, l.record); err != nil {
		return err
	}
	l.written = false
	clear(l.unrecorded)
	return nil
}

// messageID returns the id of the latest sent message of the address, or "".
// l.mu is held.
func (l *ledger) messageID(a addr.Instance) string {
	revisions := l.record.Revisions(a)
	for _, e := range slices.Backward(revisions) {
		if e.Status == state.Sent {
			return e.MessageID
		}
	}
	return ""
}

// attempt is one call on its way, with the entry as it was before and as it is
// recorded now.
type attempt struct {
	change *plan.Change
	call   Call
	prior  *state.Entry // nil: there was none
	// entry holds one entry, as the live record has it: the intent.
	entry []state.Entry
}

// begin finds the next call of the change and puts its intent into the live
// record, so that no other change can pass the guard with the same content. It
// returns neither if nothing is left to call.
func (l *ledger) begin(c *plan.Change, now time.Time) (*attempt, *obstacle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	prior := l.record.Get(c.Key())
	a := &attempt{change: c, prior: prior}
	var hit *obstacle
	if c.Addr.Kind == addr.Message {
		a.call, hit = l.sendCall(c, prior, now)
	} else {
		a.call, hit = l.reactionCall(c, prior)
	}
	if hit != nil || a.call.Verb == VerbInvalid {
		return nil, hit
	}
	a.entry = []state.Entry{l.intent(c, a, now)}
	l.put(&a.entry[0], true)
	return a, nil
}

// sendCall returns the call that sends the message, or what forbids it. now is
// server time, or zero.
func (l *ledger) sendCall(c *plan.Change, prior *state.Entry, now time.Time) (Call, *obstacle) {
	if prior != nil && prior.Status == state.Sent {
		return Call{}, nil
	}
	if hit := l.inTheWay(c, prior); hit != nil {
		return Call{}, hit
	}
	if open := l.open[c.Conversation()]; len(open) > 0 {
		return Call{}, doubtAt(open[0], l.record.Get(open[0]))
	}
	if hit := l.unclaimed(c, prior, now); hit != nil {
		return Call{}, hit
	}
	return Call{Verb: SendMessage, Recipient: c.Recipient, Content: c.Content}, nil
}

// inTheWay returns what the record holds against a message that is not sent,
// the doubts of its conversation apart.
func (l *ledger) inTheWay(c *plan.Change, prior *state.Entry) *obstacle {
	if prior != nil && (prior.Status == state.Reacted || prior.Status == state.StatusInvalid) {
		return &obstacle{kind: wrongKind, key: prior.Key()}
	}
	for _, e := range l.record.Revisions(c.Addr) {
		if l.doubtful(e) {
			return doubtAt(e.Key(), e)
		}
	}
	if !c.AllowDuplicate {
		for _, k := range l.held[c.Fingerprint] {
			if k.Addr != c.Addr {
				return &obstacle{kind: duplicate, key: k}
			}
		}
	}
	return nil
}

// intent returns the entry that stands in the record while the call is made.
// now is server time, or zero.
func (l *ledger) intent(c *plan.Change, a *attempt, now time.Time) state.Entry {
	e := a.prior.Next(l.planID)
	e.Addr, e.Revision = c.Addr, c.Revision
	e.Account, e.Recipient = c.Account, c.Recipient
	// A retry within one plan keeps the time of the first attempt.
	if a.prior == nil || a.prior.PlanID != l.planID || a.prior.Attempts == 0 || e.FirstIntendedAt.IsZero() {
		e.FirstIntendedAt = now
	}
	e.Status, e.IntendedAt = state.Intent, now
	e.DoubtAt, e.SettledAt = time.Time{}, time.Time{}
	e.SettledBy, e.Note, e.MessageID, e.Claim = "", "", "", ""
	e.Refusal = nil
	e.Attempts++
	if c.Addr.Kind == addr.Message {
		e.Fingerprint = c.Fingerprint
		return e
	}
	reactionIntent(&e, a.call)
	return e
}

// conclude puts the attempt's outcome into the live record and returns the
// entry to append. again says that the change is tried once more, so that a
// refusal does not stand.
func (l *ledger) conclude(a *attempt, o Outcome, again bool, now time.Time) []state.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []state.Entry{a.entry[0].Next(l.planID)}
	e := &list[0]
	e.SettledAt, e.SettledBy = now, "answer"
	switch o.Class {
	case Accepted:
		accepted(e, a.call, o)
	case NotWritten:
		e.SettledBy = "not_written"
		undo(e, a, o)
	case RateLimited, AccountRefused:
		undo(e, a, o)
	case RefetchMedia:
		if again {
			undo(e, a, o)
		} else {
			refuse(e, a, o, state.Hold)
		}
	case Hold:
		refuse(e, a, o, state.Hold)
	case Final:
		refuse(e, a, o, state.Final)
	case InDoubt, ClassInvalid:
		e.SettledAt, e.SettledBy = time.Time{}, ""
		e.DoubtAt = now
		e.Refusal = refusal(o, state.ClassNone)
	}
	a.entry = list
	l.put(e, false)
	return list
}

// unfinished reports whether the change of a reaction needs another call.
func (l *ledger) unfinished(c *plan.Change) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	call, hit := l.reactionCall(c, l.record.Get(c.Key()))
	return hit != nil || call.Verb != VerbInvalid
}

// accepted makes e the entry of an accepted call.
func accepted(e *state.Entry, call Call, o Outcome) {
	switch call.Verb {
	case SendMessage:
		e.Status, e.MessageID = state.Sent, o.MessageID
	case AddReaction:
		e.Status = state.Reacted
	case RemoveReaction, VerbInvalid:
		e.Status = state.Absent
	}
}

// undo makes e what is known after a call that had no effect: a message is
// absent, a reaction is as it was.
func undo(e *state.Entry, a *attempt, o Outcome) {
	e.Status = state.Absent
	e.Refusal = refusal(o, state.ClassNone)
	if a.call.Verb != SendMessage && a.prior != nil {
		restoreReaction(e, a.prior)
	}
}

// refuse makes e what is known after a refusal.
func refuse(e *state.Entry, a *attempt, o Outcome, class state.Class) {
	e.Status = state.Rejected
	if a.call.Verb == RemoveReaction && class == state.Hold && a.prior != nil {
		restoreReaction(e, a.prior) // it stands, and the next run takes it back
	}
	e.Refusal = refusal(o, class)
}

// refusal returns what the record keeps of an outcome.
func refusal(o Outcome, class state.Class) *state.Refusal {
	return &state.Refusal{Class: class, HTTP: o.HTTP, Code: o.Code, Subcode: o.Subcode, TraceID: o.TraceID, Reason: o.Reason}
}
