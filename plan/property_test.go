package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// drawWorld draws a configuration and a record of a few blocks, people and
// texts, so that they meet often.
func drawWorld(t *rapid.T, tb testing.TB) *world {
	w := newWorld(tb)
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	chance := func(name string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, name) < percent }
	var messages, all []addr.Instance
	for i := range rapid.IntRange(1, 9).Draw(t, "blocks") {
		block := addr.Block{Kind: addr.Message, Name: fmt.Sprintf("m%d", i)}
		instances := []addr.Instance{block.Only()}
		if chance("for_each", 40) {
			instances = nil
			for k := range rapid.IntRange(0, 3).Draw(t, "instances") {
				instances = append(instances, block.Each(fmt.Sprint(k)))
			}
			w.wanted.Blocks[block] = true
		}
		all = append(all, instances...)
		for _, a := range instances {
			it := w.message(a.String(), "")
			it.Recipient = pick("recipient", "1", "2", "3")
			it.Content.Value = pick("text", "a", "b", "c", a.String(), a.String())
			it.Revision = rapid.IntRange(1, 2).Draw(t, "revision")
			it.AllowDuplicate = chance("allow", 70)
			if chance("hold", 20) {
				it.OnInDoubt = config.DoubtHold
			}
			messages = append(messages, a)
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "reactions") {
		to := "mid." + pick("id", "xyz"[i:i+1], "z")
		recipient := pick("recipient", "1", "2", "3")
		if len(messages) > 0 && chance("ref", 50) {
			to = rapid.SampledFrom(messages).Draw(t, "target").String()
			recipient = w.wanted.Items[slices.IndexFunc(w.wanted.Items, func(it *config.Item) bool { return it.Addr.String() == to })].Recipient
		}
		it := w.reaction(fmt.Sprintf("reaction.r%d", i), to)
		it.Recipient = recipient
		all = append(all, it.Addr)
	}
	for _, it := range w.wanted.Items {
		if chance("depends", 15) {
			d := rapid.SampledFrom(w.wanted.Items).Draw(t, "dep").Addr
			if chance("whole", 30) {
				d = d.Only()
			}
			it.DependsOn = append(it.DependsOn, d)
		}
	}
	drawRecord(t, w, all)
	drawByHand(t, w, messages)
	if len(all) > 0 && chance("select", 20) {
		w.only(rapid.SampledFrom(all).Draw(t, "only").String())
	}
	return w
}

func drawRecord(t *rapid.T, w *world, all []addr.Instance) {
	statuses := []state.Status{state.Sent, state.Sent, state.Intent, state.Rejected, state.Absent}
	gone := []addr.Instance{
		{Block: addr.Block{Kind: addr.Message, Name: "gone"}}, {Block: addr.Block{Kind: addr.Reaction, Name: "gone"}},
	}
	for _, a := range append(gone, all...) {
		if rapid.IntRange(0, 99).Draw(t, "recorded") < 50 {
			continue
		}
		rev := 1
		if a.Kind == addr.Message {
			rev = rapid.IntRange(1, 3).Draw(t, "recorded revision")
		}
		text := rapid.SampledFrom([]string{"a", "b", a.String()}).Draw(t, "recorded text")
		if a.Kind == addr.Reaction {
			text = "mid." + rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "recorded target")
		}
		recipient := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "recorded recipient")
		if i := slices.IndexFunc(w.wanted.Items, func(it *config.Item) bool { return it.Addr == a }); i >= 0 {
			recipient = w.wanted.Items[i].Recipient
		}
		s := rapid.SampledFrom(statuses).Draw(t, "status")
		w.entry(a.String(), text, func(e *state.Entry) {
			if s == state.Rejected {
				refused(rapid.SampledFrom([]state.Class{state.Hold, state.Final}).Draw(t, "class"))(e)
			} else {
				e.Status = s
			}
			e.Revision, e.Recipient, e.Change = rev, recipient, rapid.Int64Range(1, 5).Draw(t, "change")
		})
	}
}

// drawByHand draws import blocks, mostly of ids that nothing has, and removed
// blocks.
func drawByHand(t *rapid.T, w *world, messages []addr.Instance) {
	for i, a := range messages {
		id := fmt.Sprintf("hand.%d", i)
		odds := 30
		for _, e := range w.record.Revisions(a) {
			if e.Status == state.Sent || e.Status == state.Intent {
				odds = 5 // most likely an error
			}
		}
		if rapid.IntRange(0, 99).Draw(t, "imported") >= odds {
			continue
		}
		if e := w.record.Latest(a); e != nil && e.MessageID != "" && rapid.Bool().Draw(t, "own id") {
			id = e.MessageID
		}
		w.imports(a.String(), id)
	}
	for _, from := range []string{"reaction.gone", "reaction.r9"} {
		if rapid.Bool().Draw(t, "removed") {
			w.removed(from)
		}
	}
}

// shuffled returns the same record, built in another order.
func shuffled(t *rapid.T, r *state.Record) *state.Record {
	out := state.NewRecord(r.Lineage)
	for _, e := range rapid.Permutation(r.Sorted()).Draw(t, "order") {
		out.Put(*e)
	}
	return out
}

func TestSameInputSamePlan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		p, diags := w.build()
		w.record = shuffled(rt, w.record)
		q, again := w.build()
		if said(diags) != said(again) {
			rt.Fatalf("diagnostics differ:\n%s\n%s", said(diags), said(again))
		}
		if (p == nil) != (q == nil) || (p == nil) != diags.HasErrors() {
			rt.Fatalf("a plan and errors: %v", said(diags))
		}
		if p != nil && encoded(t, p) != encoded(t, q) {
			rt.Fatalf("plans differ:\n%s\n%s", encoded(t, p), encoded(t, q))
		}
	})
}

func TestOrderRespectsEveryEdge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		p, _ := w.build()
		if p == nil {
			return
		}
		blocked := map[addr.Instance]bool{}
		conv := map[state.Conversation]bool{}
		pos := map[addr.Instance]int{}
		for i, c := range p.Changes {
			pos[c.Addr] = i
		}
		for i, c := range p.Changes {
			if c.Action.RecordOnly() && (!c.HeldBy.IsZero() || c.HeldWhy != "") {
				rt.Fatalf("%s waits, and is only written into the record\n%s", c.Key(), shown(p))
			}
			stuck := conv[c.Conversation()]
			for _, d := range c.DependsOn {
				for a, j := range pos {
					if a != d && (d.Keyed || a.Block != d.Block) {
						continue
					}
					if j > i {
						rt.Fatalf("%s comes before %s, which it waits for\n%s", c.Addr, a, shown(p))
					}
					stuck = stuck || blocked[a]
				}
			}
			if c.Pending() && stuck && !readsOnly(c) {
				rt.Fatalf("%s is pending and waits for one that is held\n%s", c.Key(), shown(p))
			}
			own := !stands(c).none()
			if own && pos[c.Addr] == i && w.declares(c.Addr) {
				blocked[c.Addr] = true
			}
			if own && c.Addr.Kind == addr.Message {
				conv[c.Conversation()] = true
			}
		}
	})
}

func (w *world) declares(a addr.Instance) bool {
	return slices.ContainsFunc(w.wanted.Items, func(it *config.Item) bool { return it.Addr == a })
}

// Where every dependency is declared first, the graph gives the order of
// declaration too.
func TestGraphAndShortcutAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		in := w.in
		in.Wanted, in.Record = w.wanted, w.record
		b := newBuilder(in)
		b.read()
		b.classify()
		b.select_()
		l := b.link()
		if !l.forward {
			return
		}
		order, ok := b.arrangeGraph(l)
		if !ok || !slices.IsSorted(order) || len(order) != len(b.nodes) {
			rt.Fatalf("order %v, %v", order, ok)
		}
	})
}

// A plan that was applied in part, killed anywhere, is not stale; made again
// from the rewound record it has the same id; and what it sent is sent.
func TestAppliedInPart(t *testing.T) {
	outcomes := []state.Status{state.Sent, state.Sent, state.Rejected, state.Absent, state.Intent}
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		if rapid.Bool().Draw(rt, "first apply") {
			w.record = nil
		}
		p, _ := w.build()
		if p == nil {
			return
		}
		r := state.NewRecord("fresh")
		r.Origin = p.ID
		if w.record != nil {
			r = w.record.Clone()
		}
		killed := rapid.IntRange(0, 9).Draw(rt, "kill at once") == 0
		if !killed {
			prepare(r, p)
		}
		for c := range p.Pending() {
			if killed || rapid.IntRange(0, 9).Draw(rt, "kill") == 0 {
				break
			}
			s := rapid.SampledFrom(outcomes).Draw(rt, "outcome")
			if c.Addr.Kind == addr.Reaction {
				if c.Target.IsRef() && sentID(r, c.Target.Ref) == "" {
					continue
				}
				if s == state.Sent {
					s = state.Reacted
				}
				if c.Action == Unreact || c.React == "" {
					s = state.Absent
				}
			}
			run(r, p, c, s)
		}
		if stale := p.Stale(r); len(stale) > 0 {
			rt.Fatalf("stale: %v\n%s", stale, shown(p))
		}
		if err := p.CheckRecord(r); err != nil {
			rt.Fatal(err)
		}
		w.record = Rewind(r, p.ID)
		q, diags := w.build()
		if q == nil || q.ID != p.ID {
			rt.Fatalf("made again it differs:\n%s\n%s%s", shown(p), shown(q), said(diags))
		}
		if stale := q.Stale(r); len(stale) > 0 {
			rt.Fatalf("made again it is stale: %v", stale)
		}
	})
}

// Once all that is pending is done, nothing is pending.
func TestAppliedToTheEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		for round := 0; ; round++ {
			p, _ := w.build()
			if p == nil {
				return
			}
			done := prepare(w.record, p)
			for c := range p.Pending() {
				s := state.Sent
				switch {
				case c.Action == Unreact || c.Action == Repeat && c.React == "":
					s = state.Absent
				case c.Addr.Kind == addr.Reaction:
					s = state.Reacted
				}
				run(w.record, p, c, s)
				done++
			}
			if done == 0 {
				return
			}
			if round > 2 {
				rt.Fatalf("round %d still has something to do:\n%s", round, shown(p))
			}
		}
	})
}

// BenchmarkBuild measures planning alone; what is recorded decides how much of
// it is to be sent.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		w := large(b, n)
		first := w.plan()
		b.Run(fmt.Sprintf("first/%d", n), func(b *testing.B) { buildAll(b, w) })
		for c := range first.Pending() {
			run(w.record, first, c, state.Sent)
		}
		b.Run(fmt.Sprintf("no-op/%d", n), func(b *testing.B) { buildAll(b, w) })
		b.Run(fmt.Sprintf("block declared later/%d", n), func(b *testing.B) { buildAll(b, backwards(b, n, false)) })
		b.Run(fmt.Sprintf("block declared later, behind a gate/%d", n), func(b *testing.B) { buildAll(b, backwards(b, n, true)) })
	}
}

// backwards declares two messages to each of n/2 persons, and the one that is
// declared first waits for all of the others: at once, or through a message to
// somebody else.
func backwards(b testing.TB, n int, gate bool) *world {
	w := large(b, n)
	second := addr.Block{Kind: addr.Message, Name: "second"}
	w.wanted.Blocks[second] = true
	waits := []addr.Instance{second.Only()}
	if gate {
		w.message("message.gate", "all are sent", "message.second")
		waits = addresses(b, []string{"message.gate"})
	}
	for i := range n / 2 {
		first, last := w.wanted.Items[i], w.wanted.Items[n/2+i]
		first.DependsOn = waits
		last.Addr, last.Recipient = second.Each(first.Addr.Key), first.Recipient
	}
	return w
}

func BenchmarkEncode(b *testing.B) {
	p := large(b, 2_000).plan()
	b.ReportAllocs()
	for b.Loop() {
		encoded(b, p)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/2000, "µs/change")
}

func buildAll(b *testing.B, w *world) {
	b.ReportAllocs()
	for b.Loop() {
		w.plan()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(w.wanted.Items)), "µs/change")
}

// large declares n instances of one block, each to its own person.
func large(b testing.TB, n int) *world {
	w := newWorld(b)
	block := addr.Block{Kind: addr.Message, Name: "each"}
	w.wanted.Blocks[block] = true
	for i := range n {
		w.wanted.Items = append(w.wanted.Items, &config.Item{
			Addr: block.Each(fmt.Sprintf("customer-%06d", i)), Account: w.account, Recipient: fmt.Sprint(1_000_000 + i), Revision: 1,
			Content: content.Content{Kind: content.Text, Value: fmt.Sprintf("Hi customer %d, your order is on its way and will arrive on Friday.", i)},
			Range:   hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 5, Column: 1}, End: hcl.Pos{Line: 5, Column: 20}},
		})
	}
	return w
}
