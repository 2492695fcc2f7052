package plan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"herald/config/addr"
	"herald/state"
)

// within reads the part of a record that a store would.
func within(r *state.Record, p state.Part) *state.Record {
	out := state.NewRecord(r.Lineage)
	out.Serial, out.Origin, out.Endpoints = r.Serial, r.Origin, r.Endpoints
	for e := range r.All() {
		ids := append([]string{e.MessageID}, e.AlsoSent...)
		switch {
		case e.Status == state.Intent, e.Status == state.Reacted, p.PlanID != "" && e.PlanID == p.PlanID,
			slices.Contains(p.Addrs, e.Addr), slices.Contains(p.Conversations, e.Conversation()),
			slices.Contains(p.Fingerprints, e.Fingerprint),
			slices.ContainsFunc(ids, func(id string) bool { return id != "" && slices.Contains(p.MessageIDs, id) }):
			out.Put(*e)
		default:
			out.Rest++
		}
	}
	return out
}

// TestPartIsEnough holds that a plan made from the part that PartOf asks for is
// the plan made from the whole record, and says the same; also from what was
// before a plan.
func TestPartIsEnough(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		for i := range rapid.IntRange(0, 6).Draw(rt, "strangers") {
			a := addr.Block{Kind: addr.Message, Name: "stranger"}.Each(string(rune('a' + i)))
			w.entry(a.String(), "old", func(e *state.Entry) {
				e.Revision = rapid.IntRange(1, 2).Draw(rt, "revision")
				e.Recipient = rapid.SampledFrom([]string{"1", "9"}).Draw(rt, "to")
				e.Status = rapid.SampledFrom([]state.Status{state.Sent, state.Intent, state.Rejected, state.Absent}).Draw(rt, "status")
				if e.Status == state.Rejected {
					e.Refusal = &state.Refusal{Class: state.Final, Code: 100}
				}
			})
		}
		whole, id := w.record, rapid.SampledFrom([]string{"", "sha256:this"}).Draw(rt, "rewound")
		for e := range w.record.Clone().All() {
			if rapid.Bool().Draw(rt, "of this plan") {
				was := *e
				e.PlanID, e.Change = "sha256:this", e.Change+1
				if e.Addr.Kind == addr.Message && rapid.Bool().Draw(rt, "had a doubt") {
					was.Status, was.MessageID, was.Refusal = state.Intent, "", nil
					e.Before = &was
				}
				whole.Put(*e)
			}
		}
		in := w.in
		in.Wanted = w.wanted
		p, ok := PartOf(Input{Wanted: in.Wanted, Only: in.Only, Exclude: in.Exclude})
		if !ok {
			rt.Skip("the whole record is needed")
		}
		p.PlanID = id
		in.Record = Rewind(within(whole, p), id)
		p, _ = PartOf(in)
		p.PlanID = id
		in.Record = Rewind(within(whole, p), id)
		got, gotSaid := Build(in)
		in.Record = Rewind(whole, id)
		want, wantSaid := Build(in)
		if a, b := said(gotSaid), said(wantSaid); a != b {
			rt.Fatalf("from the part:\n%s\nfrom the whole:\n%s", a, b)
		}
		if (got == nil) != (want == nil) {
			rt.Fatalf("from the part %v, from the whole %v", got, want)
		}
		if got != nil && got.Retired > want.Retired {
			got.Retired = want.Retired // those taken out of the record cannot be told from the rest
		}
		if got != nil && (got.ID != want.ID || shown(got) != shown(want)) {
			rt.Fatalf("from the part (retired %d):\n%s\nfrom the whole (retired %d):\n%s", got.Retired, shown(got), want.Retired, shown(want))
		}
	})
}
