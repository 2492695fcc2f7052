package apply

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// accepting accepts everything at once.
type accepting struct{}

func (accepting) Identity(_ context.Context, a *plan.Account) Identity {
	return Identity{Outcome: Outcome{Class: Accepted}, IGID: a.IGID}
}

func (accepting) Do(_ context.Context, _ *plan.Account, call Call) Outcome {
	return Outcome{Class: Accepted, MessageID: "mid." + call.Content.Value}
}

// campaign is a plan of n messages to n people, and one to each of them that
// waits for the whole block.
func campaign(n int) *draft {
	d := newDraft("sha256:p1")
	d.p.Accounts[0].Rates.Messages = 1e9
	first, second := addr.Block{Kind: addr.Message, Name: "first"}, addr.Block{Kind: addr.Message, Name: "second"}
	for i := range n {
		d.sendAt(first.Each(fmt.Sprint(i)), shop, fmt.Sprint(i), fmt.Sprintf("first %d", i))
	}
	for i := range n {
		d.sendAt(second.Each(fmt.Sprint(i)), shop, fmt.Sprint(i), fmt.Sprintf("second %d", i), first.Only())
	}
	return d
}

func TestWholeBlocksOfAHundredThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two seconds")
	}
	d := campaign(50_000)
	s := newSession(state.NewRecord("lineage"))
	record, _ := s.Load(t.Context())
	most := 0
	rep, diags := Run{Plan: d.p, Session: s, Record: record, Client: accepting{}, Observe: func(e Event) {
		if e.Type == ActionDone {
			most = max(most, runtime.NumGoroutine())
		}
	}}.Do(t.Context())
	code(t, rep, 0)
	equal(t, "diagnostics", summaries(diags), "")
	if rep.Posts != 100_000 {
		t.Errorf("%d posts", rep.Posts)
	}
	if most > 4*64+20 {
		t.Errorf("%d goroutines, more than four for each of 64 calls in flight", most)
	}
}

// BenchmarkEngine is what the engine costs a message beside record and network.
func BenchmarkEngine(b *testing.B) {
	d := campaign(b.N)
	s := newSession(state.NewRecord("lineage"))
	record, _ := s.Load(b.Context())
	b.ReportAllocs()
	b.ResetTimer()
	rep, _ := Run{Plan: d.p, Session: s, Record: record, Client: accepting{}}.Do(b.Context())
	b.StopTimer()
	if rep.ExitCode() != 0 {
		b.Fatal(ends(rep))
	}
}
