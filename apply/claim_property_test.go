package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// origin is where runners share a record, as a branch in git: who pushes must
// have seen the last push.
type origin struct {
	t      *rapid.T
	gram   *gram
	wanted *config.Wanted

	mu      sync.Mutex
	record  *state.Record
	version int
	saved   *plan.Plan // the artifact of an earlier pipeline
	failure string
}

// token is a claim file, as internal/cli has it.
type token struct {
	nonce  string
	since  time.Time
	serial uint64
	plan   string
	used   bool
}

// runner is one machine: a folder with a record, a journal and a claim file.
type runner struct {
	o       *origin
	name    string
	folder  *session
	version int // of the origin that the folder was checked out from
	token   *token
	nonces  int
	skew    time.Duration // of its clock

	steps int // until it crashes; negative for never
	dead  bool
	mu    sync.Mutex
}

var errCrashed = errors.New("crashed")

// step is one durable step; the machine may crash at it.
func (r *runner) step() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.steps == 0 {
		r.dead = true
	}
	r.steps--
	if r.dead {
		return errCrashed
	}
	return nil
}

// keeper is a session that keeps the claim file in step, as claimHold does.
type keeper struct {
	*session
	r       *runner
	token   *token
	prepare bool
	kept    bool
}

func (k *keeper) Append(ctx context.Context, entries ...state.Entry) error {
	if err := k.r.step(); err != nil {
		return err
	}
	if err := k.session.Append(ctx, entries...); err != nil {
		return err
	}
	return k.r.step()
}

func (k *keeper) Snapshot(ctx context.Context, rec *state.Record) error {
	if err := k.r.step(); err != nil {
		return err
	}
	first := k.token != nil && !k.kept
	if first && k.prepare {
		next := *k.token
		next.serial, next.used = rec.Serial+1, false
		k.r.token = &next
		if err := k.r.step(); err != nil {
			return err
		}
	}
	if err := k.session.Snapshot(ctx, rec); err != nil {
		return err
	}
	if err := k.r.step(); err != nil {
		return err
	}
	if first && !k.prepare {
		next := *k.token
		next.serial, next.used = rec.Serial, true
		k.r.token = &next
		if err := k.r.step(); err != nil {
			return err
		}
	}
	k.kept = k.kept || first
	return nil
}

// good is the rule by which a claim file is good.
func (r *runner) good(rec *state.Record) bool {
	return r.token != nil && r.token.serial == rec.Serial && (!r.token.used || r.folder.Unfolded())
}

// Identity, Do, Conversation and Conversations make the runner a client.
func (r *runner) Identity(ctx context.Context, a *plan.Account) Identity {
	return r.o.gram.Identity(ctx, a)
}

// Do checks that a message is recorded as begun before it is sent.
func (r *runner) Do(ctx context.Context, a *plan.Account, call Call) Outcome {
	r.mu.Lock()
	dead := r.dead
	r.mu.Unlock()
	if dead {
		r.o.fail(wire(call) + " was called after the record could not be written")
	}
	if call.Verb == SendMessage {
		rec, _ := r.folder.Load(ctx)
		begun := false
		for e := range rec.All() {
			begun = begun || e.Status == state.Intent && e.Claim == "" && e.DoubtAt.IsZero() &&
				e.Fingerprint == content.Fingerprint(a.IGID, call.Recipient, call.Content)
		}
		if !begun {
			r.o.fail(wire(call) + " was called without an intent of its own")
		}
	}
	return r.o.gram.Do(ctx, a, call)
}

func (r *runner) Conversation(ctx context.Context, a *plan.Account, recipient string) Listing {
	return r.o.gram.Conversation(ctx, a, recipient)
}

func (r *runner) Conversations(ctx context.Context, a *plan.Account, after string) Page {
	return r.o.gram.Conversations(ctx, a, after)
}

func (o *origin) fail(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failure == "" {
		o.failure = text
	}
}

// checkout makes the folder that of the origin, unless the origin has not
// moved since: then what a crash left there is gone on with.
func (r *runner) checkout() {
	r.o.mu.Lock()
	defer r.o.mu.Unlock()
	if r.folder == nil || r.version != r.o.version {
		r.folder, r.version = newSession(r.o.record), r.o.version
	}
}

// push offers the folder's snapshot, never its journal, to the origin.
func (r *runner) push() bool {
	r.o.mu.Lock()
	defer r.o.mu.Unlock()
	if r.o.version != r.version {
		return false
	}
	r.o.version++
	r.o.record, r.version = r.folder.stored.Clone(), r.o.version
	return true
}

// apply runs the plan in the folder as the program does, prepare or not.
func (r *runner) apply(p *plan.Plan, prepare, only bool) *Report {
	rec, err := r.folder.Load(context.Background())
	if err != nil {
		r.o.fail(err.Error())
	}
	if r.token != nil && !r.good(rec) {
		r.token = nil
	}
	k := &keeper{session: r.folder, r: r, prepare: prepare}
	run := Run{Plan: p, Session: k, Record: rec, Client: r, Prepare: prepare, SettleOnly: only, Random: func() float64 { return 0.5 }}
	if r.token != nil && r.token.plan == p.ID && !only {
		now := *r.token
		k.token = &now
	}
	if prepare {
		if t := k.token; t != nil && (t.used || ClaimOver(t.since, time.Now().Add(r.skew))) {
			run.FormerClaim, k.token = t.nonce, nil
		}
		if k.token == nil {
			r.nonces++
			k.token = &token{nonce: fmt.Sprintf("%s%d", r.name, r.nonces), since: ClaimTime(p, rec, time.Now().Add(r.skew)), plan: p.ID}
		}
		run.Client = nil
	}
	if k.token != nil {
		run.Claim, run.ClaimedAt = k.token.nonce, k.token.since
	}
	rep, _ := run.Do(context.Background())
	switch {
	case r.dead || rep.Refused || rep.Broken != nil || k.token == nil:
	case prepare && !k.kept && rep.ExitCode() == 0:
		k.token.serial = rep.Record.Serial
		r.token = k.token
	case !prepare && !r.folder.Unfolded():
		r.token = nil
	}
	return rep
}

// plan plans on what the folder holds, or takes the saved plan.
func (r *runner) plan(saved bool) *plan.Plan {
	r.o.mu.Lock()
	defer r.o.mu.Unlock()
	if saved && r.o.saved != nil {
		return r.o.saved
	}
	rec, _ := r.folder.Load(context.Background())
	p, diags := plan.Build(plan.Input{Wanted: r.o.wanted, Record: rec, RetryRejected: true})
	if diags.HasErrors() {
		r.o.failure = diags.Error()
	}
	r.o.saved = p
	return p
}

// trip is what becomes of one pipeline.
type trip struct {
	crash                       int // at that step
	saved, reconcile            bool
	early, late                 time.Duration // waits: before the prepare, and before the apply
	folder, journal, file, push bool          // what is there after a crash, and whether its snapshot is pushed
}

func drawTrip(t *rapid.T) trip {
	wait := rapid.SampledFrom([]time.Duration{0, 10 * time.Second, 2 * time.Minute, 24 * time.Minute, 26 * time.Minute, 31 * time.Minute, 40 * time.Minute})
	return trip{
		crash: rapid.IntRange(-10, 30).Draw(t, "crash at"), saved: rapid.Bool().Draw(t, "saved plan"),
		reconcile: rapid.IntRange(0, 3).Draw(t, "reconcile") == 0,
		early:     wait.Draw(t, "before"), late: wait.Draw(t, "between"),
		folder: rapid.Bool().Draw(t, "keeps folder"), journal: rapid.Bool().Draw(t, "keeps journal"), file: rapid.Bool().Draw(t, "keeps claim"),
		push: rapid.IntRange(0, 3).Draw(t, "pushes after a crash") == 0,
	}
}

// pipeline is prepare, push, apply, push.
func (r *runner) pipeline(x trip) {
	r.steps, r.dead = x.crash, false
	time.Sleep(x.early)
	r.checkout()
	if x.reconcile {
		r.apply(r.plan(false), false, true)
	}
	if p := r.plan(x.saved); !r.dead && r.apply(p, true, false).ExitCode() == 0 && r.push() {
		time.Sleep(x.late)
		if r.apply(p, false, false); !r.dead {
			r.push()
		}
	}
	if !r.dead {
		return
	}
	if x.push {
		r.push() // a step that is always made: without the journal
	}
	if !x.journal {
		r.folder.journal = nil
	}
	if !x.folder {
		r.folder = nil
	}
	if !x.file {
		r.token = nil
	}
}

// TestClaimsNeverSendTwice lets two runners go through their pipelines at the
// same time, on machines whose clocks are wrong, crash at any step and lose
// whatever a machine can lose, while Instagram misleads: nothing is delivered
// twice, and in the end everything once.
func TestClaimsNeverSendTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var failure any
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }()
			claimsNeverSendTwice(rt)
		})
		switch {
		case failure == nil:
		case fmt.Sprintf("%T", failure) == "rapid.invalidData":
			panic(failure) // rapid tries fewer draws
		default:
			rt.Fatal(failure)
		}
	})
}

func claimsNeverSendTwice(t *rapid.T) {
	s := &story{t: t, gram: newGram(), wanted: drawWanted(t)}
	s.gram.lag = time.Duration(rapid.IntRange(0, 58).Draw(t, "lag")) * time.Second
	s.gram.latency = time.Duration(rapid.IntRange(0, 20).Draw(t, "send takes")) * time.Second
	o := &origin{t: t, gram: s.gram, wanted: s.wanted, record: state.NewRecord("lineage")}
	s.misfortune()
	runners := []*runner{{o: o, name: "a"}, {o: o, name: "b"}}
	trips := make([][]trip, len(runners))
	for i := range trips {
		runners[i].skew = rapid.SampledFrom([]time.Duration{0, 0, time.Hour, -time.Hour, 40 * time.Second, -40 * time.Second}).Draw(t, "clock")
		for range rapid.IntRange(1, 4).Draw(t, "trips") {
			trips[i] = append(trips[i], drawTrip(t))
		}
	}
	var all sync.WaitGroup
	for i, r := range runners {
		all.Go(func() {
			time.Sleep(time.Duration(i) * 3700 * time.Microsecond) // so that failures can be repeated
			for _, x := range trips[i] {
				r.pipeline(x)
				o.check()
			}
		})
	}
	all.Wait()
	o.verdict()
	o.finish(runners[rapid.IntRange(0, 1).Draw(t, "last")])
}

// check notes what was delivered twice.
func (o *origin) check() {
	o.gram.mu.Lock()
	twice := o.gram.twice()
	o.gram.mu.Unlock()
	if twice != nil {
		o.fail(fmt.Sprintf("delivered twice: %v", twice))
	}
}

func (o *origin) verdict() {
	if o.check(); o.failure != "" {
		o.t.Fatal(o.failure)
	}
}

// finish lets everything come to its end: clocks are right, and nothing fails.
func (o *origin) finish(r *runner) {
	time.Sleep(2 * time.Hour)
	o.gram.fate, o.gram.heed, r.skew = nil, nil, 0
	for range 6 {
		r.pipeline(trip{crash: -1, reconcile: true})
		o.verdict()
		time.Sleep(time.Hour)
	}
	r.checkout()
	if p := r.plan(false); !p.Empty() {
		o.t.Fatalf("the plan is not empty in the end: %v", p.Changes[0])
	}
	for _, it := range o.wanted.Items {
		if what := it.Recipient + ":" + it.Content.Value; it.Addr.Kind == addr.Message && len(o.gram.accepted[what]) != 1 {
			o.t.Fatalf("%s was delivered %d times in the end", what, len(o.gram.accepted[what]))
		}
	}
}
