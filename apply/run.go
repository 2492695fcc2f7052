package apply

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// Run is one apply of one plan, under a held lock, or beside other runs where
// the Session is a state.Member: see fleet.go. The limits of a run are then
// those of each: StopAfterFailures and the doubts that stop an account count
// what this run did, and MaxSends what was left of the plan when it began.
//
// A goroutine that waits for a disk keeps its processor to itself for up to
// milliseconds before the runtime takes it away, and a run waits for the disk
// all the time. A program with few processors does well to set GOMAXPROCS one
// higher while it applies: on two, a third more messages were sent.
type Run struct {
	Plan    *plan.Plan
	Session state.Session
	// Record is the record as loaded under the lock, nil if there is none. The
	// run keeps it up to date.
	Record *state.Record
	Client Client

	// Parallelism is the most POSTs in flight for one account, audio and video
	// counted apart; 0 is DefaultParallelism.
	Parallelism int
	// NewRecord allows the run to make the record where there is none.
	NewRecord bool
	// AcceptEndpoint allows an account's endpoint to differ from the recorded
	// one, and records the new one.
	AcceptEndpoint bool
	// OnInDoubt overrides what the plan says of messages in doubt. What the
	// plan holds because of one is held all the same.
	OnInDoubt DoubtPolicy
	// SettleOnly settles what is in doubt and does nothing else: nothing is
	// sent or repeated. The report has the messages in doubt only.
	SettleOnly bool
	// SettleForPlan writes what SettleOnly settles under this plan's id, so that
	// this plan can be applied next. Without it the id stays that of the plan that
	// wrote the intent, which can then be applied again.
	SettleForPlan bool

	// Prepare records every message that the plan sends as intent, under Claim,
	// and calls nobody: once the record is shared, no other run sends them. The
	// Client may be nil then.
	Prepare bool
	// Claim is the nonce under which this runner prepared, or "", and ClaimedAt
	// when it did, see ClaimTime. A prepared intent of this plan with this claim
	// is open: its POST has not begun. A run with a claim sends what was
	// prepared under it and nothing else, and within ClaimLease. The caller sees
	// to it that a claim is not used where POSTs may have begun that the record
	// does not know of; the claim file of internal/cli does.
	Claim     string
	ClaimedAt time.Time
	// FormerClaim is, with Prepare, a claim of this runner whose open intents
	// become those of Claim, or "".
	FormerClaim string
	// Canary sends to the first so many conversations of the plan and leaves
	// the rest for a later run; 0 sends to all.
	Canary int

	// Observe, if it is set, is called with each event, one at a time.
	Observe func(Event)
	// Log gets no token, no message text and no text of an error of Meta's.
	Log hclog.Logger
	// Random returns a number from 0 up to 1, to spread waits; safe for
	// concurrent use. By default it is that of math/rand/v2.
	Random func() float64
	// Lineage returns the lineage of a new record; by default it is random.
	Lineage func() string
}

// DoubtPolicy says what a run does about messages in doubt.
type DoubtPolicy uint8

const (
	// AsPlanned does what the plan says of each message.
	AsPlanned DoubtPolicy = iota
	// SettleDoubts reads the conversations of all.
	SettleDoubts
	// HoldDoubts reads none, and leaves them to a person.
	HoldDoubts
)

// DefaultParallelism is the most POSTs in flight for one account.
const DefaultParallelism = 64

// Do carries the plan out. It checks that the plan still fits the record,
// writes what changes there before anything is sent, then makes the calls, and
// ends with a snapshot of the record. What is in doubt is settled by reading
// its conversation, if the Client is a Reader: found, it is sent; proven
// absent, it is sent again; else it stays in doubt, and its conversation waits.
// With Prepare it calls nobody, and the record says what it is about to send.
//
// A cancelled ctx begins no new call, gives those in flight six seconds, and
// records what came of them. The diagnostics say what was refused, is in
// doubt, or was not tried, and what to do about it; ExitCode of the report
// sums it up.
func (r Run) Do(ctx context.Context) (*Report, hcl.Diagnostics) {
	r = r.withDefaults()
	rep := &Report{PlanID: r.Plan.ID, Began: time.Now(), Record: r.Record, Prepare: r.Prepare}
	defer func() { rep.Ended = time.Now() }()
	rep.Results = r.unreached()
	if m, shared := r.Session.(state.Member); shared && !r.Prepare {
		return r.doShared(ctx, m, rep)
	}
	if diags := r.check(); diags.HasErrors() {
		rep.Refused = true
		return rep, diags
	}
	book, changed := r.open()
	rep.Record = book.record
	if r.Prepare {
		return rep, r.engine(ctx, book, rep).prepare(changed)
	}
	if changed {
		if err := book.snapshot(context.WithoutCancel(ctx), true); err != nil {
			rep.Broken = err
			return rep, hcl.Diagnostics{unwritable(err)}
		}
	}
	e := r.engine(ctx, book, rep)
	e.observe(Event{Type: RunStarted, Total: e.pending()})
	e.carry(ctx)
	unfolded := e.conclude(context.WithoutCancel(ctx))
	e.observe(Event{Type: RunEnded})
	return rep, e.diagnostics(unfolded)
}

func (r Run) withDefaults() Run {
	if r.Parallelism <= 0 {
		r.Parallelism = DefaultParallelism
	}
	if r.Log == nil {
		r.Log = hclog.NewNullLogger()
	}
	if r.Random == nil {
		r.Random = mathrand.Float64
	}
	if r.Lineage == nil {
		r.Lineage = randomLineage
	}
	return r
}

// open puts into the record what it must hold before the first intent: itself,
// the moves of the plan and what it records without a call, and each account's
// endpoint. It returns the ledger, and whether there is anything to store; that
// is so too where a claim is to be used, so that the record that was shared is
// no longer the one that the claim is good for.
func (r Run) open() (*ledger, bool) {
	record, changed := r.Record, false
	if record == nil {
		record, changed = state.NewRecord(r.Lineage()), true
		record.Origin = r.Plan.ID
	}
	for _, m := range r.Plan.Moves {
		changed = record.Move(m.From, m.To) || changed
	}
	made := r.recordOnly(record, time.Now())
	changed = changed || len(made) > 0
	for i := range r.Plan.Accounts {
		a := &r.Plan.Accounts[i]
		if record.Endpoints[a.IGID] != a.Endpoint {
			record.Endpoints[a.IGID] = a.Endpoint
			changed = true
		}
	}
	book := newLedger(r, record)
	book.made = made
	return book, changed || !r.Prepare && book.unbegun > 0
}

// unreached returns the results of a run before its beginning.
func (r Run) unreached() []ChangeResult {
	n := 0
	for _, c := range r.Plan.Changes {
		if r.concerns(c) {
			n++
		}
	}
	results := make([]ChangeResult, 0, n)
	for _, c := range r.Plan.Changes {
		if r.concerns(c) {
			results = append(results, ChangeResult{Change: c})
		}
	}
	return results
}

// concerns reports whether the run has anything to do with the change.
func (r Run) concerns(c *plan.Change) bool {
	if !r.SettleOnly {
		return c.Action != plan.NoOp
	}
	if !c.Action.Calls() || c.Addr.Kind != addr.Message || r.Record == nil {
		return false
	}
	if e := r.Record.Get(c.Key()); e != nil {
		return e.Status == state.Intent
	}
	return c.Action == plan.Settle
}

func randomLineage() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
