package apply

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
)

// mostReads returns the most reads in any one second.
func (g *gram) mostReads() int {
	most, from := 0, 0
	for i, at := range g.reads {
		for at.Sub(g.reads[from]) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// A thousand doubts take the time that two reads a second allow: pages first,
// which find what arrived; then one reading of each conversation in which
// something did not, once its grace time has passed.
func TestThousandDoubts(t *testing.T) {
	for name, tc := range map[string]struct {
		arrived func(talk, i int) bool
		lag     time.Duration
		most    time.Duration
		reads   int
	}{
		"all arrived":       {func(int, int) bool { return true }, 0, 8 * time.Second, 10},
		"none arrived":      {func(int, int) bool { return false }, 0, 210 * time.Second, 400},
		"half of each":      {func(_, i int) bool { return i%2 == 0 }, 0, 170 * time.Second, 210},
		"listed later":      {func(int, int) bool { return true }, 50 * time.Second, 210 * time.Second, 400},
		"half of the talks": {func(talk, _ int) bool { return talk%2 == 0 }, 0, 120 * time.Second, 206},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRoom(t)
				w.gram.reading = 700 * time.Millisecond
				w.gram.lag = tc.lag
				d := newDraft("sha256:p1")
				block := addr.Block{Kind: addr.Message, Name: "m"}
				lost := 0
				for talk := range 200 {
					for i := range 5 {
						c := w.crashed(d.sendAt(block.Each(fmt.Sprintf("%d-%d", talk, i)), shop, fmt.Sprint(talk), fmt.Sprint(i)))
						if tc.arrived(talk, i) {
							w.kept(c)
						} else {
							lost++
						}
					}
				}
				began := time.Now()
				rep, diags := w.run(d)
				code(t, rep, 0)
				equal(t, "diagnostics", summaries(diags), "")
				if len(w.gram.posts) != lost || w.gram.twice() != nil {
					t.Errorf("%d were sent, %d had not arrived", len(w.gram.posts), lost)
				}
				took := time.Since(began)
				t.Logf("%d reads, %d of them pages, in %s", len(w.gram.reads), w.gram.pages, took)
				if took > tc.most || len(w.gram.reads) > tc.reads {
					t.Errorf("took %s and %d reads, want at most %s and %d", took, len(w.gram.reads), tc.most, tc.reads)
				}
				if most := w.gram.mostReads(); most > 2 {
					t.Errorf("%d reads in one second", most)
				}
			})
		})
	}
}

func TestAccountPausesWithTooMuchInDoubtAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.latency = 200 * time.Millisecond
		bad := 100
		w.gram.fate = func(Call) (bool, Class) {
			if bad--; bad >= 0 {
				return bad%2 == 0, InDoubt
			}
			return true, Accepted
		}
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		for i := range 300 {
			d.sendAt(block.Each(fmt.Sprint(i)), shop, fmt.Sprint(i), "hello")
		}
		d.sendAt(msg("other"), bar, "1", "other")
		rep, diags := w.run(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		paused := false
		for _, e := range w.events {
			paused = paused || e.Type == AccountPaused && strings.HasPrefix(e.Outcome.Explain, "6")
		}
		if !paused || w.gram.twice() != nil {
			t.Errorf("paused %v, twice %v", paused, w.gram.twice())
		}
	})
}

func TestAccountStopsWhereNothingIsSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = func(c Call) (bool, Class) {
			return true, map[bool]Class{true: Accepted, false: InDoubt}[c.Content.Value == "other"]
		}
		w.gram.heed = func(int, string) Outcome { return Outcome{Class: InDoubt, Code: 1} }
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		for i := range 100 {
			d.sendAt(block.Each(fmt.Sprint(i)), shop, fmt.Sprint(i), "hello")
		}
		d.sendAt(msg("other"), bar, "1", "other")
		rep, diags := w.run(d)
		code(t, rep, 4)
		if n := len(w.gram.posts); n < 64 || n > 80 {
			t.Errorf("%d were sent", n)
		}
		if !strings.Contains(diags[0].Detail, "are in doubt, and with so many nothing new is sent") {
			t.Error(diags[0].Detail)
		}
		last := rep.Results[len(rep.Results)-1]
		if last.Result != ResultDone {
			t.Errorf("the other account: %s", resultNames[last.Result])
		}
	})
}

func TestHangingServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		hang := map[string]time.Duration{"a": 30 * time.Second}
		w.with(func(r *Run) { r.Client = hanging{w.gram, hang} })
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		began := time.Now()
		rep, _ := w.run(d)
		code(t, rep, 0)
		if w.gram.twice() != nil || len(w.gram.posts) != 2 {
			t.Errorf("posts %s", w.gram.wire())
		}
		if got := w.gram.posts[1].at.Sub(began); got > time.Second {
			t.Errorf("the other message waited %s", got)
		}
		if took := time.Since(began); took > 31*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// hanging accepts and then says nothing until the call's time-out.
type hanging struct {
	*gram
	hang map[string]time.Duration
}

func (h hanging) Do(ctx context.Context, a *plan.Account, call Call) Outcome {
	o := h.gram.Do(ctx, a, call)
	if d := h.hang[call.Content.Value]; d > 0 {
		sleep(ctx, d)
		return Outcome{Class: InDoubt, Reason: "timeout"}
	}
	return o
}

func TestTokenThatExpiresEndsTheReadingToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = func(c Call) (bool, Class) {
			switch c.Content.Value {
			case "a":
				return true, InDoubt
			case "b":
				return false, AccountRefused
			}
			return true, Accepted
		}
		w.gram.heed = func(int, string) Outcome { return Outcome{Class: AccountRefused, Code: 190, Subcode: 463} }
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("a2", "1")
		d.send("b", "2")
		d.send("c", "3", msg("b"))
		d.sendAt(msg("e"), bar, "4", "e")
		d.sendAt(msg("f"), bar, "4", "f")
		began := time.Now()
		rep, diags := w.run(d)
		code(t, rep, 4)
		equal(t, "ends", ends(rep), "message.a in doubt, message.a2 stopped, message.b stopped, message.c stopped, message.e done, message.f done")
		equal(t, "diagnostics", summaries(diags), "Account stopped; Message in doubt")
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s", took)
		}
		w.gram.fate, w.gram.heed = nil, nil
		rep, _ = w.run(d)
		code(t, rep, 0)
		if w.gram.twice() != nil {
			t.Error(w.gram.twice())
		}
	})
}

func TestInterruptEndsTheWaitForTheGraceTime(t *testing.T) {
	for _, after := range []time.Duration{0, 300 * time.Millisecond, 2 * time.Second, 30 * time.Second, 61 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newRoom(t)
			w.gram.fate = first(1, "a", false)
			w.gram.latency = 100 * time.Millisecond
			w.gram.reading = 10 * time.Second
			d := newDraft("sha256:p1")
			d.send("a", "1")
			d.send("b", "1")
			ctx, cancel := context.WithCancel(t.Context())
			w.ctx = ctx
			time.AfterFunc(after, cancel)
			began := time.Now()
			rep, _ := w.run(d)
			if took := time.Since(began); took > after+time.Second {
				t.Errorf("interrupted after %s: took %s", after, took)
			}
			if r := rep.Results[0]; after > time.Second && (r.Result != ResultInDoubt || rep.ExitCode() != 4) {
				t.Errorf("interrupted after %s: %s", after, ends(rep))
			}
			if !strings.HasSuffix(w.record(), "intent") && !strings.HasSuffix(w.record(), "absent") && w.record() != "" {
				t.Errorf("record %s", w.record())
			}
			cancel()
			w.ctx = t.Context()
			rep, _ = w.run(d)
			code(t, rep, 0)
			if w.gram.twice() != nil {
				t.Error(w.gram.twice())
			}
		})
	}
}

func TestLimitedReadsWaitApartFromSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = first(1, "a", true)
		w.gram.heed = func(n int, _ string) Outcome {
			if n <= 3 {
				return Outcome{Class: RateLimited, Code: 613}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		for i := range 100 {
			d.send(fmt.Sprintf("m%d", i), fmt.Sprint(i+2))
		}
		began := time.Now()
		rep, _ := w.run(d)
		code(t, rep, 0)
		if got := fmt.Sprint(w.gram.readAt(began)); got != "[0 1 3 7]" {
			t.Errorf("read at %s", got)
		}
		if last := w.gram.posts[len(w.gram.posts)-1].at.Sub(began); last > 1100*time.Millisecond {
			t.Errorf("the sends took %s", last)
		}
		waits := 0
		for _, e := range w.events {
			if e.Type == AccountWaiting && e.Reading && e.For > 0 {
				waits++
			}
		}
		if waits != 3 {
			t.Errorf("%d waits told", waits)
		}
		w.gram.heed = func(int, string) Outcome { return Outcome{Class: RateLimited, Code: 613} }
		w.gram.fate = first(1, "b", true)
		d = newDraft("sha256:p2")
		d.send("b", "1")
		began = time.Now()
		rep, _ = w.run(d)
		code(t, rep, 4)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %s: the run does not wait for ever", took)
		}
	})
}

func TestReadsKeepToTheirRateBesideSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.latency, w.gram.reading = 200*time.Millisecond, 300*time.Millisecond
		d := newDraft("sha256:p1")
		const n, videos, accounts = 3000, 300, 10
		d.p.Accounts = nil
		count := make(map[string]int)
		for a := range accounts {
			id := fmt.Sprint(17841400000000100 + a)
			d.p.Accounts = append(d.p.Accounts, plan.Account{Name: "shop" + id, IGID: id, Endpoint: "https://graph.instagram.com", Rates: plan.Rates{Messages: 100, Media: 10, Reads: 2}})
			block := addr.Block{Kind: addr.Message, Name: "m" + id}
			for i := range n {
				k := fmt.Sprint(i)
				d.sendAt(block.Each(k), id, k, k)
				if i < videos {
					c := d.sendAt(block.Each("v"+k), id, "v"+k, "https://example.com/"+k+".mp4")
					c.Content.Kind = content.Video
				}
			}
		}
		w.gram.fate = func(c Call) (bool, Class) {
			if count[c.Recipient]++; c.Recipient == "7" && count["7"] <= accounts {
				return true, InDoubt
			}
			return true, Accepted
		}
		began := time.Now()
		rep, diags := w.run(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		took := time.Since(began)
		t.Logf("%d calls and %d reads in %s", rep.Posts, rep.Reads, took)
		for i := range d.p.Accounts {
			id := d.p.Accounts[i].IGID
			if most := busiest(w.gram.posts, func(p post) bool { return p.account == id && p.call.Content.Kind == content.Text }); most > 100 {
				t.Errorf("%d texts of one account in one second", most)
			}
			if most := busiest(w.gram.posts, func(p post) bool { return p.account == id && p.call.Content.Kind == content.Video }); most > 10 {
				t.Errorf("%d videos of one account in one second", most)
			}
		}
		if most := time.Duration(float64(n) / 100 * 1.01 * float64(time.Second)); took > most+200*time.Millisecond {
			t.Errorf("took %s, want at most %s", took, most)
		}
	})
}

func TestUsageSlowsBeforeTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var usage atomic.Int32
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: Accepted, Usage: int(usage.Load())} }
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		for i := range 1200 {
			d.sendAt(block.Each(fmt.Sprint(i)), shop, fmt.Sprint(i), "hello")
		}
		time.AfterFunc(2*time.Second, func() { usage.Store(90) })
		time.AfterFunc(4*time.Second, func() { usage.Store(100) })
		time.AfterFunc(6*time.Second, func() { usage.Store(0) }) // no header any more
		rep, _ := w.apply(d)
		code(t, rep, 0)
		began := rep.Began
		for _, x := range []struct {
			from, to  time.Duration
			low, high int
		}{{0, 2 * time.Second, 195, 200}, {2 * time.Second, 4 * time.Second, 105, 115}, {4 * time.Second, 6 * time.Second, 18, 25}, {10 * time.Second, 60 * time.Second, 490, 510}, {67 * time.Second, 68 * time.Second, 95, 100}} {
			n := 0
			for _, p := range w.server.posts {
				if at := p.at.Sub(began); at >= x.from && at < x.to {
					n++
				}
			}
			if n < x.low || n > x.high {
				t.Errorf("%d calls from %s to %s, want %d to %d", n, x.from, x.to, x.low, x.high)
			}
		}
		var told []string
		for _, e := range w.events {
			if e.Type == AccountSlowed {
				told = append(told, fmt.Sprintf("%s %d%% %.0f", e.Account.Name, e.Outcome.Usage, e.Rate))
			}
		}
		equal(t, "told", strings.Join(told, ", "), "shop 90% 55, shop 100% 10, shop 0% 0")
	})
}

func TestAllowed(t *testing.T) {
	for usage, want := range map[int]string{0: "1.00", 80: "1.00", 85: "0.78", 90: "0.55", 95: "0.32", 100: "0.10", 250: "0.10"} {
		equal(t, fmt.Sprint(usage), fmt.Sprintf("%.2f", allowed(usage)), want)
	}
}
