package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// truth is an Instagram whose answers do not always say what it did. It keeps
// what it accepted, and checks that every call was recorded before it.
type truth struct {
	t       *rapid.T
	session *session
	texts   map[string]state.Key // the message of each text
	healthy bool
	fates   func() fate
	dead    bool // the process that calls has crashed

	mu      sync.Mutex
	failure string

	accepted  map[state.Key][]string             // ids, by message
	order     map[state.Conversation][]state.Key // as accepted
	reactions map[string]string                  // reaction, by message id
	minted    int
}

// fate is what becomes of one call: whether it takes effect, and what is
// answered.
type fate struct {
	effect bool
	answer Class
}

var fates = []fate{
	{true, Accepted},
	{true, Accepted},
	{true, Accepted},
	{true, InDoubt},
	{false, InDoubt},
	{false, NotWritten},
	{false, RateLimited},
	{false, Hold},
	{false, Final},
	{false, RefetchMedia},
	{false, AccountRefused},
}

func (w *truth) Identity(_ context.Context, a *plan.Account) Identity {
	return Identity{Outcome: Outcome{Class: Accepted, Date: time.Now().UTC().Truncate(time.Second)}, IGID: a.IGID}
}

func (w *truth) Do(_ context.Context, a *plan.Account, call Call) Outcome {
	w.mu.Lock()
	defer time.Sleep(time.Duration(len(call.MessageID)) * 7 * time.Millisecond)
	defer w.mu.Unlock()
	if w.dead {
		w.fail("%s was called after the record could not be written", wire(call))
	}
	f := fate{true, Accepted}
	if !w.healthy {
		f = w.fates()
	}
	o := Outcome{Class: f.answer, Date: time.Now().UTC().Truncate(time.Second)}
	switch call.Verb {
	case SendMessage:
		key := w.texts[call.Content.Value]
		w.recordedBefore(key)
		if f.effect {
			w.minted++
			id := fmt.Sprintf("mid.%d", w.minted)
			talk := state.Conversation{Account: a.IGID, Recipient: call.Recipient}
			w.accepted[key] = append(w.accepted[key], id)
			w.order[talk] = append(w.order[talk], key)
			if f.answer == Accepted {
				o.MessageID = id
			}
		}
	case AddReaction:
		if f.effect {
			w.reactions[call.MessageID] = call.Reaction
		}
	case RemoveReaction:
		if f.effect {
			delete(w.reactions, call.MessageID)
		}
	case VerbInvalid:
		w.fail("a call without a verb")
	}
	return o
}

// fail notes a failure that a worker sees; run reports it.
func (w *truth) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

// recordedBefore checks that the intent of a message is durable.
func (w *truth) recordedBefore(k state.Key) {
	r, err := w.session.Load(context.Background())
	if err != nil {
		w.fail("%v", err)
		return
	}
	if e := r.Get(k); e == nil || e.Status != state.Intent || !e.DoubtAt.IsZero() {
		w.fail("%s is called without an intent: %+v", k, e)
	}
}

// check compares what is recorded with what is true: a message that was
// accepted is sent or in doubt, one recorded sent was accepted, and none was
// accepted twice.
func (w *truth) check(r *state.Record) {
	for key, ids := range w.accepted {
		if len(ids) > 1 {
			w.t.Fatalf("%s was delivered %d times", key, len(ids))
		}
		if e := r.Get(key); e == nil || e.Status != state.Sent && e.Status != state.Intent {
			w.t.Fatalf("%s was delivered and is recorded as %+v", key, e)
		}
	}
	for e := range r.All() {
		if e.Status == state.Sent && !slices.Contains(w.accepted[e.Key()], e.MessageID) {
			w.t.Fatalf("%s is recorded as sent with the id %s, and the truth is %v", e.Key(), e.MessageID, w.accepted[e.Key()])
		}
	}
}

// resolve does what a person does who can see the conversations.
func (w *truth) resolve() {
	r, _ := w.session.Load(context.Background())
	for _, e := range r.Sorted() {
		if e.Addr.Kind != addr.Message || e.Status != state.Intent {
			continue
		}
		next := e.Next(e.PlanID)
		next.Status, next.SettledBy = state.Absent, "resolve"
		if ids := w.accepted[e.Key()]; len(ids) > 0 {
			next.Status, next.MessageID = state.Sent, ids[0]
		}
		w.session.journal = append(w.session.journal, next)
	}
}

// wanted draws a configuration: a few conversations, messages that depend on
// each other, and reactions to them.
func drawWanted(t *rapid.T) *config.Wanted {
	account := &config.Account{Name: "shop", IGID: shop, Endpoint: "https://graph.instagram.com", APIVersion: "v24.0", Limits: config.DefaultRates()}
	w := &config.Wanted{Accounts: []*config.Account{account}, Blocks: make(map[addr.Block]bool)}
	add := func(it *config.Item) {
		it.Account, it.Revision = account, 1
		it.Range.Filename, it.Range.Start.Line = "main.hcl", len(w.Items)+1
		w.Items = append(w.Items, it)
		w.Blocks[it.Addr.Block] = false
	}
	n := rapid.IntRange(1, 7).Draw(t, "messages")
	for i := range n {
		name := fmt.Sprintf("m%d", i)
		it := &config.Item{Addr: msg(name), Recipient: fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "recipient")), Content: content.Content{Kind: content.Text, Value: "text of " + name}}
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "depends") == 0 {
			it.DependsOn = []addr.Instance{msg(fmt.Sprintf("m%d", rapid.IntRange(0, i-1).Draw(t, "on")))}
		}
		add(it)
		if rapid.IntRange(0, 3).Draw(t, "reacts") == 0 {
			add(&config.Item{Addr: rea("r" + name), Recipient: it.Recipient, Target: config.Target{Ref: it.Addr}, React: "love"})
		}
	}
	return w
}

// TestNeverTwiceNeverLost runs a plan against an Instagram that misleads, with
// a process that dies at any append, and goes on with the saved plan or a new
// one until nothing is left: whatever happens, no message is delivered twice by
// Herald's decision, none is forgotten, and none overtakes another.
func TestNeverTwiceNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { rapid.Check(bubble{t}, neverTwiceNeverLost) })
}

// bubble hides the deadline of a test, which is not known in fake time.
type bubble struct{ testing.TB }

func neverTwiceNeverLost(t *rapid.T) {
	wanted := drawWanted(t)
	w := &truth{
		t: t, session: newSession(state.NewRecord("lineage")), texts: make(map[string]state.Key),
		accepted: make(map[state.Key][]string), order: make(map[state.Conversation][]state.Key), reactions: make(map[string]string),
	}
	for _, it := range wanted.Items {
		if it.Addr.Kind == addr.Message {
			w.texts[it.Content.Value] = state.Key{Addr: it.Addr, Revision: 1}
		}
	}
	troubles := rapid.SliceOfN(rapid.SampledFrom(fates), 0, 20).Draw(t, "fates")
	w.fates = func() fate {
		if len(troubles) == 0 {
			return fate{true, Accepted}
		}
		f := troubles[0]
		troubles = troubles[1:]
		return f
	}
	var saved *plan.Plan
	var dropped []*config.Item
	for range rapid.IntRange(1, 5).Draw(t, "runs") {
		if saved == nil || rapid.Bool().Draw(t, "plan afresh") {
			saved = w.plan(wanted, false)
		}
		if i := slices.IndexFunc(wanted.Items, func(it *config.Item) bool { return it.Addr.Kind == addr.Reaction }); i >= 0 && rapid.IntRange(0, 3).Draw(t, "drop") == 0 {
			dropped = append(dropped, wanted.Items[i])
			delete(wanted.Blocks, wanted.Items[i].Addr.Block)
			wanted.Items = slices.Delete(wanted.Items, i, i+1)
		}
		w.run(saved, rapid.IntRange(-1, 12).Draw(t, "crash at"), rapid.Bool().Draw(t, "durable"))
		if rapid.IntRange(0, 3).Draw(t, "resolve") == 0 {
			w.resolve()
		}
	}
	w.finish(wanted)
	end, _ := w.session.Load(context.Background())
	for _, it := range dropped {
		if e := end.Get(state.Key{Addr: it.Addr, Revision: 1}); e != nil && e.Status == state.Rejected {
			continue // refused for good, be it to react or to take it back
		}
		for _, id := range w.accepted[state.Key{Addr: it.Target.Ref, Revision: 1}] {
			if w.reactions[id] != "" {
				w.t.Fatalf("%s still stands, and its block is gone", it.Addr)
			}
		}
	}
}

func (w *truth) plan(wanted *config.Wanted, retry bool) *plan.Plan {
	r, err := w.session.Load(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	p, diags := plan.Build(plan.Input{Wanted: wanted, Record: r, RetryRejected: retry})
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	return p
}

// run applies the plan in a process that dies at the n-th append, if it comes
// to that: before the entry is durable, or after.
func (w *truth) run(p *plan.Plan, n int, durable bool) *Report {
	s := w.session
	s.broken, s.snapshotErr, w.dead = nil, nil, false
	s.latency = func() time.Duration { return time.Millisecond }
	crashed := errors.New("crashed")
	die := func(state.Entry) error {
		if n--; n == -1 {
			s.snapshotErr = crashed
			w.mu.Lock()
			w.dead = true
			w.mu.Unlock()
			return crashed
		}
		return nil
	}
	s.before, s.after = die, nil
	if durable {
		s.before, s.after = nil, die
	}
	record, err := s.Load(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	rep, diags := Run{Plan: p, Session: s, Record: record, Client: w, Random: func() float64 { return 0.5 }}.Do(context.Background())
	if rep.Refused && diags[0].Summary != "Plan is stale" {
		w.t.Fatalf("refused: %s", summaries(diags))
	}
	s.before, s.after = nil, nil
	if w.failure != "" {
		w.t.Fatal(w.failure)
	}
	after, err := s.Load(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.check(after)
	if !w.dead && rep.ExitCode() == 0 && len(s.journal) > 0 {
		w.t.Fatalf("a run that ended left a journal")
	}
	return rep
}

// finish lets everything come to its end: Instagram is well, a person resolves
// the doubts and corrects what was refused. Then all is delivered, once, in
// order, and a further apply does nothing.
func (w *truth) finish(wanted *config.Wanted) {
	w.healthy = true
	for range 3 {
		w.resolve()
		w.run(w.plan(wanted, true), -1, false)
	}
	last := w.plan(wanted, false)
	if !last.Empty() {
		w.t.Fatalf("the plan is not empty in the end: %v", last.Changes)
	}
	code, minted := w.run(last, -1, false).ExitCode(), w.minted
	if code != 0 || w.minted != minted {
		w.t.Fatalf("exit code %d in the end", code)
	}
	place := make(map[state.Key]int)
	for i, it := range wanted.Items {
		k := state.Key{Addr: it.Addr, Revision: 1}
		place[k] = i
		if it.Addr.Kind == addr.Message {
			if len(w.accepted[k]) != 1 {
				w.t.Fatalf("%s was delivered %d times in the end", k, len(w.accepted[k]))
			}
			continue
		}
		id := w.accepted[state.Key{Addr: it.Target.Ref, Revision: 1}][0]
		if w.reactions[id] != it.React {
			w.t.Fatalf("%s does not stand in the end", k)
		}
	}
	for talk, order := range w.order {
		if !slices.IsSortedFunc(order, func(a, b state.Key) int { return place[a] - place[b] }) {
			w.t.Fatalf("in %v the order was %v", talk, order)
		}
	}
}
