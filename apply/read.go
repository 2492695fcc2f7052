package apply

import (
	"context"
	"time"

	"herald/state"
)

// reading is one read: of a conversation, or of a page of a round.
type reading struct {
	account *account
	talk    *talk
	// Of a page: what it may find, and where it begins.
	talks map[string]*talk
	after string
}

// news is what came of a reading, for the dispatcher.
type news struct {
	reading
	stopped bool // the run stopped before the call
	boarded bool // it had its turn at the wire
	outcome Outcome
	// told is what the recipe says of each talk that was read.
	told []told
	// decisive says that the conversation was there to be read.
	decisive bool
	next     string // of a page: where the next begins
	began    time.Time
	err      error // something could not be recorded
}

// told is what the recipe says of the messages of one talk.
type told struct {
	talk     *talk
	findings map[state.Key]finding
}

// read makes one read once it may be made, and records what follows from it.
// It returns once that is durable.
func (e *engine) read(r reading) news {
	n := news{reading: r}
	s := &r.account.settling
	seat, err := s.lane.board(e.stopping)
	if err != nil {
		n.stopped = true
		return n
	}
	defer s.lane.leave()
	n.boarded = true
	if r.account.halted.Load() || e.stopping.Err() != nil || e.run.Session.Context().Err() != nil {
		n.stopped = true
		return n
	}
	n.began = time.Now()
	ctx := e.gated(e.stopping, &s.lane, seat)
	if r.talk == nil {
		e.readPage(ctx, r, &n)
	} else {
		e.readTalk(ctx, r, &n)
	}
	return n
}

func (e *engine) readTalk(ctx context.Context, r reading, n *news) {
	l := e.reader.Conversation(ctx, r.account.plan, r.talk.at.Recipient)
	n.outcome = e.heard(r, l.Outcome, n.began)
	n.decisive = l.Outcome.Class == Accepted && l.Known
	e.weigh(n, r.talk, l, false)
}

// readPage reads a page of the list. What it has of a conversation may be
// found; nothing is absent because it is not there.
func (e *engine) readPage(ctx context.Context, r reading, n *news) {
	p := e.reader.Conversations(ctx, r.account.plan, r.after)
	n.outcome, n.next = e.heard(r, p.Outcome, n.began), p.Next
	if p.Outcome.Class != Accepted {
		return
	}
	for _, l := range p.Listings {
		t := r.talks[l.Recipient]
		if t == nil || l.Outcome.Class != Accepted || !l.Known {
			continue
		}
		if e.weigh(n, t, l, true); n.err != nil {
			return
		}
	}
}

// heard learns from the answer to a read, and logs it: never what was read.
func (e *engine) heard(r reading, o Outcome, began time.Time) Outcome {
	ended := time.Now()
	r.account.clock.learn(o.Date, ended)
	if o.Class == ClassInvalid {
		o.Class = InDoubt
	}
	if e.log.IsDebug() {
		e.log.Debug("read ended", "account", r.account.plan.Name, "page", r.talk == nil, "class", o.Class.String(), "http", o.HTTP,
			"code", o.Code, "subcode", o.Subcode, "trace_id", o.TraceID, "reason", o.Reason, "took", ended.Sub(began))
	}
	return o
}

// keepsPlan reports whether what is settled stays with the plan that wrote the
// intent; see Run.SettleForPlan.
func (e *engine) keepsPlan() bool { return e.run.SettleOnly && !e.run.SettleForPlan }

// weigh applies the recipe to what was read of a conversation. The time that
// counts is when the reading began: nothing that was read is older.
func (e *engine) weigh(n *news, t *talk, l Listing, page bool) {
	ev := evidence{
		listing: l, now: n.account.clock.at(n.began), grace: t.patience,
		early: !t.since.IsZero() && n.began.Before(t.since.Add(t.patience)), foundOnly: page,
	}
	loader, _ := e.run.Session.(state.PartLoader)
	if n.err = e.ledger.lookUp(e.records, loader, l); n.err != nil {
		return
	}
	var findings map[state.Key]finding
	findings, n.err = e.ledger.settle(e.records, t.at, t.kinds, ev, e.keepsPlan())
	n.told = append(n.told, told{t, findings})
}
