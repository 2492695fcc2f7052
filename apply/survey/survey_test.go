package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// An absence is believed a time of grace after the beginning, so that what is
// still on its way is found.
func TestLateMessageIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = nil
		x.talks[ben] = []apply.Received{ours("m2", "Hi Ben", 1)}
		go func() {
			time.Sleep(30 * time.Second)
			x.mu.Lock()
			defer x.mu.Unlock()
			x.talks[ana] = []apply.Received{ours("m1", "Hi Ana", 1)}
		}()
		start := time.Now()
		var looks []time.Duration
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana"), send("b", ben, "Hi Ben")), Client: x, Observe: func(e Event) {
			if e.Type == Looking {
				looks = append(looks, e.For)
			}
		}}.Do(context.Background())
		wants(t, r, "a found m1", "b found m2")
		if took := time.Since(start); took < time.Minute || took > 62*time.Second {
			t.Errorf("took %s", took)
		}
		if want := []string{ana, ben, ana}; !slices.Equal(x.reads, want) && !slices.Equal(x.reads, []string{ben, ana, ana}) {
			t.Errorf("read %v", x.reads)
		}
		if len(looks) != 1 || looks[0] < 55*time.Second {
			t.Errorf("looked again in %v", looks)
		}
	})
}

// The reads keep the account's rate, and say how long they take.
func TestReadsKeepTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.pageless = true
		var changes []*plan.Change
		for i := range 40 {
			who := fmt.Sprint(6100000000000000 + i)
			changes = append(changes, send(fmt.Sprint("m", i), who, "Hi"))
			x.talks[who] = []apply.Received{ours(fmt.Sprint("id", i), "Hi", 1)}
		}
		var first time.Duration
		r := Survey{Plan: planOf(changes...), Client: x, Observe: func(e Event) {
			if e.Type == Progressed && e.Read == 1 {
				first = e.Left
			}
		}}.Do(context.Background())
		if r.Read != 40 || r.Total != 40 {
			t.Errorf("read %d of %d", r.Read, r.Total)
		}
		for i := range x.at {
			if i >= 2 && x.at[i].Sub(x.at[i-2]) < time.Second {
				t.Errorf("three reads within %s", x.at[i].Sub(x.at[i-2]))
			}
		}
		if first < 19*time.Second || first > 21*time.Second {
			t.Errorf("39 more were to take %s", first)
		}
	})
}

// Many conversations are read by the page; what a page does not have is read by
// itself before it counts as absent.
func TestPagesFindMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		var changes []*plan.Change
		for i := range 50 {
			who := fmt.Sprint(6100000000000000 + i)
			changes = append(changes, send(fmt.Sprint("m", i), who, "Hi"))
			x.talks[who] = []apply.Received{ours(fmt.Sprint("id", i), "Hi", 1)}
		}
		x.talks["6100000000000007"] = nil
		r := Survey{Plan: planOf(changes...), Client: x}.Do(context.Background())
		for i, f := range r.Findings {
			want := Found
			if i == 7 {
				want = Absent
			}
			if f.Verdict != want {
				t.Errorf("%s is %s", f.Change.Addr, f.Verdict)
			}
		}
		if want := []string{"page", "page", "page", "6100000000000007", "6100000000000007"}; !slices.Equal(x.reads, want) {
			t.Errorf("read %v", x.reads)
		}
	})
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = []apply.Received{ours("m1", "Hi Ana", 1)}
		x.outcome = func(n int, _ string) apply.Outcome {
			if n == 1 {
				return apply.Outcome{Class: apply.RateLimited, Code: 613, RegainAccess: 3 * time.Minute}
			}
			return accepted
		}
		var waits []time.Duration
		start := time.Now()
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana")), Client: x, Observe: func(e Event) {
			if e.Type == Waiting {
				waits = append(waits, e.For)
			}
		}}.Do(context.Background())
		wants(t, r, "a found m1")
		if took := time.Since(start); took < 3*time.Minute || len(waits) != 1 || waits[0] != 3*time.Minute {
			t.Errorf("took %s, waited %v", took, waits)
		}
	})
}

// An error is read again, three times in all, and never counts as an absence.
func TestErrorIsNoAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = nil
		x.outcome = func(int, string) apply.Outcome { return apply.Outcome{Class: apply.InDoubt, Code: 1} }
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana"), send("b", ben, "Hi Ben")), Client: x}.Do(context.Background())
		wants(t, r, "a unknown unreadable", "b unknown unreadable")
		if len(x.reads) != 6 || !strings.Contains(r.Findings[0].Explain, "(code 1)") {
			t.Errorf("read %v; %q", x.reads, r.Findings[0].Explain)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana")), Client: newInsta()}.Do(context.Background())
		wants(t, r, "a unknown unlisted")
	})
}

func TestAnotherAccountIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.igid = "17841400000000001"
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana")), Client: x}.Do(context.Background())
		wants(t, r, "a unknown unread")
		if len(x.reads) != 0 || len(r.Stopped) != 1 || r.Stopped[0].Outcome.Reason != "other_account" || !r.Blind() {
			t.Errorf("read %v; stopped %+v", x.reads, r.Stopped)
		}
	})
}

func TestAccountStopsMidway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = []apply.Received{ours("m1", "Hi Ana", 1)}
		x.outcome = func(_ int, recipient string) apply.Outcome {
			if recipient == ben {
				return apply.Outcome{Class: apply.AccountRefused, Code: 190}
			}
			return accepted
		}
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana"), send("b", ben, "Hi Ben")), Client: x}.Do(context.Background())
		wants(t, r, "a found m1", "b unknown unreadable")
		if len(r.Stopped) != 1 || r.Blind() {
			t.Errorf("stopped %+v", r.Stopped)
		}
	})
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = []apply.Received{ours("m1", "Hi Ana", 1)}
		x.talks[ben] = []apply.Received{ours("m2", "Hi Ben", 1)}
		ctx, cancel := context.WithCancel(context.Background())
		r := Survey{Plan: planOf(send("a", ana, "Hi Ana"), send("b", ben, "Hi Ben")), Client: x, Observe: func(e Event) {
			if e.Type == Progressed {
				cancel()
			}
		}}.Do(ctx)
		// Either may be the one that was read.
		if got := told(r); !slices.Equal(got, []string{"a found m1", "b unknown unread"}) && !slices.Equal(got, []string{"a unknown unread", "b found m2"}) {
			t.Errorf("found %q", got)
		}
		if !r.Interrupted {
			t.Error("it was not said to be interrupted")
		}
	})
}

// A refresh looks once, does not wait, and looks at the posts.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newInsta()
		x.talks[ana] = []apply.Received{theirs("m2", "Hm", 60), ours("m1", "Hi Ana", 1)}
		x.talks[ben] = nil
		x.posts = [][]string{{"1", "2"}, {"3"}}
		post := func(name, id string) *plan.Change {
			return of(name, ben, content.Content{Kind: content.Post, Value: id})
		}
		p := planOf(send("a", ana, "Hi Ana"), send("b", ben, "Hi Ben"), post("own", "3"), post("foreign", "4"))
		start := time.Now()
		r := Survey{Plan: p, Client: x, Refresh: true}.Do(context.Background())
		wants(t, r, "a found m1", "b unknown too_early", "own unknown too_early", "foreign unknown too_early")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		if len(r.Foreign) != 1 || r.Foreign[0].Addr.Name != "foreign" || len(r.Unchecked) != 0 || !r.Clock {
			t.Errorf("foreign %v, unchecked %v", r.Foreign, r.Unchecked)
		}
		x.posts = nil
		r = Survey{Plan: p, Client: x, Refresh: true}.Do(context.Background())
		if len(r.Foreign) != 0 || len(r.Unchecked) != 2 {
			t.Errorf("foreign %v, unchecked %v", r.Foreign, r.Unchecked)
		}
	})
}

func TestEntries(t *testing.T) {
	found, hidden, absent := send("found", ana, "Hi"), send("hidden", ana, "Ho"), send("absent", ana, "Ha")
	r := &Report{Findings: []Finding{
		{Change: found, Verdict: Found, ID: "m1", At: began}, {Change: hidden, Why: Hidden, Explain: "It cannot be seen."}, {Change: absent, Verdict: Absent},
	}}
	now := began.Add(time.Hour)
	rec := state.NewRecord("l")
	list := r.Entries(rec, now)
	if len(list) != 2 || list[0].Status != state.Sent || list[0].MessageID != "m1" || list[0].SettledBy != "recover" || list[0].Fingerprint != found.Fingerprint ||
		list[1].Status != state.Intent || list[1].Note != "It cannot be seen." || !Held(&list[1]) {
		t.Fatalf("entries are %+v", list)
	}
	for _, e := range list {
		if err := e.Check(); err != nil {
			t.Error(err)
		}
		if e.PlanID != "" || !e.FirstIntendedAt.IsZero() || !e.DoubtAt.IsZero() {
			t.Errorf("%s belongs to a plan, or has a time: %+v", e.Addr, e)
		}
		rec.Put(e)
	}
	if !r.Unsure(rec) {
		t.Error("nothing is unsure")
	}
	again := &Report{Findings: r.Findings[1:]}
	if list := again.Entries(rec, now); len(list) != 0 {
		t.Errorf("the second time it writes %+v", list)
	}
	again.Findings[0] = Finding{Change: hidden, Verdict: Absent}
	if list := again.Entries(rec, now); len(list) != 1 || list[0].Status != state.Absent || again.Unsure(rec) {
		t.Errorf("what proved absent is %+v", list)
	}

	// What a person has said stands, until it is found.
	e := *rec.Get(hidden.Key())
	e.Status, e.SettledBy = state.Absent, "resolve"
	rec.Put(e)
	again.Findings[0] = Finding{Change: hidden, Why: Hidden}
	if list := again.Entries(rec, now); len(list) != 0 || again.Unsure(rec) {
		t.Errorf("against a person's word it writes %+v", list)
	}
	again.Findings[0] = Finding{Change: hidden, Verdict: Found, ID: "m2", At: began}
	if list := again.Entries(rec, now); len(list) != 1 || list[0].MessageID != "m2" {
		t.Errorf("what was found is %+v", list)
	}
}

// A recover that was interrupted goes on with what it held.
func TestHeldMessagesAreLookedForAgain(t *testing.T) {
	hi := send("hi", ana, "Hi Ana")
	r := &Report{Findings: []Finding{{Change: hi, Why: Unread}}}
	rec := state.NewRecord("l")
	list := r.Entries(rec, began)
	rec.Put(list[0])
	again := *hi
	again.Action, again.Base = plan.Settle, rec.Get(hi.Key())
	wants(t, look(t, Survey{Plan: planOf(&again), Record: rec}, ours("m1", "Hi Ana", 1)), "hi found m1")

	gone := again // its block was taken out: the entry alone says what it was
	gone.Content = content.Content{}
	wants(t, look(t, Survey{Plan: planOf(&gone), Record: rec}, ours("m1", "Hi Ana", 1)), "hi found m1")
	wants(t, look(t, Survey{Plan: planOf(&gone), Record: rec}, picture("m1", content.Image, 1)), "hi unknown media")
}

func TestImportedIdsAreClaimed(t *testing.T) {
	p := planOf(send("a", ana, "Hi"), &plan.Change{Addr: send("b", ana, "Hi").Addr, Action: plan.Import, ImportID: "m1", Account: shop, Recipient: ana})
	wants(t, look(t, Survey{Plan: p}, ours("m1", "Hi", 1)), "a absent")
}
