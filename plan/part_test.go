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
		case e.Status == state.Intent, e.Status == state.Reacted,
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
// the plan made from the whole record, and says the same.
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
		in := w.in
		in.Wanted, in.Record = w.wanted, w.record
		whole := in.Record
		p, ok := PartOf(Input{Wanted: in.Wanted, Only: in.Only, Exclude: in.Exclude})
		if !ok {
			rt.Skip("the whole record is needed")
		}
		in.Record = within(whole, p)
		p, _ = PartOf(in)
		in.Record = within(whole, p)
		got, gotSaid := Build(in)
		in.Record = whole
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
