package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// busiest returns the most calls that pick accepts within any one second.
func busiest(posts []post, pick func(post) bool) int {
	var at []time.Time
	for _, p := range posts {
		if pick(p) {
			at = append(at, p.at)
		}
	}
	most, from := 0, 0
	for i := range at {
		for at[i].Sub(at[from]) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func TestPaceKeepsTheCeilingAndReachesIt(t *testing.T) {
	media := func(p post) bool { return p.call.Content.Kind == content.Video }
	text := func(p post) bool { return p.call.Content.Kind == content.Text }
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.latency = 200 * time.Millisecond
		random := rand.New(rand.NewPCG(1, 2))
		w.session.latency = func() time.Duration { return time.Duration(random.IntN(15)) * time.Millisecond }
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		const n, videos = 3000, 300
		for i := range n {
			k := fmt.Sprint(i)
			d.sendAt(block.Each(k), shop, k, k)
			if i < videos {
				c := d.sendAt(block.Each("v"+k), shop, "v"+k, "https://example.com/"+k+".mp4")
				c.Content.Kind = content.Video
			}
			d.sendAt(block.Each("b"+k), bar, k, "b"+k)
		}
		rep, _ := w.apply(d)
		code(t, rep, 0)
		for _, account := range []string{shop, bar} {
			mine := func(p post) bool { return text(p) && p.account == account }
			if most := busiest(w.server.posts, mine); most > 100 {
				t.Errorf("%d texts in one second", most)
			}
		}
		if most := busiest(w.server.posts, media); most > 10 {
			t.Errorf("%d videos in one second", most)
		}
		took := rep.Ended.Sub(rep.Began)
		t.Logf("%d calls in %s", rep.Posts, took)
		if most := time.Duration(float64(n) / 100 * 1.01 * float64(time.Second)); took > most+200*time.Millisecond {
			t.Errorf("took %s, want at most %s", took, most)
		}
	})
}

func TestPaceSurvivesASlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.latency = 200 * time.Millisecond
		random := rand.New(rand.NewPCG(3, 4))
		w.session.latency = func() time.Duration {
			if random.IntN(200) == 0 {
				return 700 * time.Millisecond
			}
			return time.Duration(random.IntN(60)) * time.Millisecond
		}
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		for i := range 3000 {
			k := fmt.Sprint(i)
			d.sendAt(block.Each(k), shop, k, k)
		}
		rep, _ := w.apply(d)
		code(t, rep, 0)
		if most := busiest(w.server.posts, func(post) bool { return true }); most > 100 {
			t.Errorf("%d calls in one second", most)
		}
		if took := rep.Ended.Sub(rep.Began); took > 33*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestRatesBelowOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.p.Accounts[0].Rates.Messages = 0.1
		d.send("a", "1")
		d.send("b", "2")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		if gap := times(w.server)[1]; gap < 10_000 || gap > 10_200 {
			t.Errorf("%d ms between the two", gap)
		}
	})
}

func TestBackoff(t *testing.T) {
	low, high := func() float64 { return 0 }, func() float64 { return 1 }
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 500: time.Minute} {
		if l, h := backoff(n, limitFirst, limitMost, low), backoff(n, limitFirst, limitMost, high); l != want/2 || h != want*3/2 {
			t.Errorf("wait %d: %s to %s, want %s to %s", n, l, h, want/2, want*3/2)
		}
	}
}

func TestLaterGivesTheSoonest(t *testing.T) {
	var l later
	now := time.Now()
	for _, i := range []int{3, 1, 2} {
		l.add(now.Add(time.Duration(i)*time.Second), int32(i))
	}
	if _, ok := l.due(now); ok {
		t.Error("due too early")
	}
	for want := int32(1); want <= 3; want++ {
		if i, ok := l.due(now.Add(time.Minute)); !ok || i != want {
			t.Errorf("got %d, want %d", i, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	fail := func(c Class) Identity { return Identity{Outcome: Outcome{Class: c, Explain: "No answer."}} }
	own := func(a *plan.Account) Identity { return Identity{Outcome: Outcome{Class: Accepted}, IGID: a.IGID} }
	for name, tc := range map[string]struct {
		identity func(n int, a *plan.Account) Identity
		code     int
		after    time.Duration // at the most
		detail   string
	}{
		"another account": {
			func(int, *plan.Account) Identity { return Identity{Outcome: Outcome{Class: Accepted}, IGID: "7"} }, 1, 0,
			"Nothing more is sent from the account \"shop\". The token belongs to the Instagram account with the id \"7\", and the account \"shop\" of the configuration has ig_id = \"17841405822304914\". " +
				"Messages would have come from the wrong sender. Not tried of its actions: 1.\n\n" +
				"Correct ig_id (it is user_id in the answer of GET /me, not id), or give the token of the right account, then apply again.",
		},
		"token refused": {
			func(int, *plan.Account) Identity {
				return Identity{Outcome: Outcome{Class: AccountRefused, Code: 190, Explain: "The token is invalid."}}
			}, 1, 0,
			"Nothing more is sent from the account \"shop\" (code 190). The token is invalid. Not tried of its actions: 1.",
		},
		"down for a while": {
			func(n int, a *plan.Account) Identity {
				if n < 5 {
					return fail([]Class{InDoubt, NotWritten}[n%2])
				}
				return own(a)
			}, 0, 10 * time.Second, "",
		},
		"down": {
			func(int, *plan.Account) Identity { return fail(NotWritten) }, 1, 30 * time.Second,
			"Nothing more is sent from the account \"shop\". Herald asks whose token it holds before it sends anything, and for 30 seconds no answer said so. No answer. Not tried of its actions: 1.",
		},
		"rate limited": {
			func(n int, a *plan.Account) Identity {
				if n < 8 {
					return fail(RateLimited)
				}
				return own(a)
			}, 0, 3 * time.Minute, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.server.identity = tc.identity
				d := newDraft("sha256:p1")
				d.send("a", "1")
				rep, diags := w.apply(d)
				code(t, rep, tc.code)
				if took := rep.Ended.Sub(rep.Began); took > tc.after+20*time.Millisecond {
					t.Errorf("took %s", took)
				}
				if tc.detail != "" {
					equal(t, "diagnostic", diags[0].Detail, tc.detail)
				}
				if want := map[bool]int{true: 1, false: 0}[tc.code == 0]; len(w.server.posts) != want {
					t.Errorf("%d calls", len(w.server.posts))
				}
			})
		})
	}
}

func TestInterruptAtAnyMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ms := range []int{0, 1, 5, 11, 12, 30, 505, 1000, 2990, 3001, 5000, 20_000} {
			after := time.Duration(ms) * time.Millisecond
			w := newWorld(t)
			w.server.latency = 3 * time.Second
			w.session.latency = func() time.Duration { return time.Millisecond }
			d := newDraft("sha256:p1")
			for i := range 10 {
				d.send(fmt.Sprintf("a%d", i), fmt.Sprint(i))
				d.send(fmt.Sprintf("b%d", i), fmt.Sprint(i))
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			began := time.Now()
			rep, diags := w.applyUntil(ctx, d)
			if took := time.Since(began); took > after+7*time.Second {
				t.Errorf("interrupted after %s: took %s", after, took)
			}
			if after < 3*time.Second && (!rep.Interrupted || !strings.Contains(w.story(), "interrupted")) {
				t.Errorf("interrupted after %s: not said", after)
			}
			if n := strings.Count(w.record(), "intent"); n > 0 {
				t.Errorf("interrupted after %s: %d in doubt, though all answered", after, n)
			}
			if sent := strings.Count(w.record(), " sent "); sent != len(w.server.posts) {
				t.Errorf("interrupted after %s: %d of %d recorded", after, sent, len(w.server.posts))
			}
			if left := rep.ExitCode(); left != 0 && summaries(diags) != "Interrupted" {
				t.Errorf("interrupted after %s: exit code %d, diagnostics %s", after, left, summaries(diags))
			}
			w.server.latency = 0
			rep, _ = w.apply(d)
			code(t, rep, 0)
			if len(w.server.posts) != 20 {
				t.Errorf("interrupted after %s: %d posts in all", after, len(w.server.posts))
			}
			cancel()
		}
	})
}

func TestInterruptGivesUpWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.latency = time.Hour
		d := newDraft("sha256:p1")
		d.send("a", "1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		rep, _ := w.applyUntil(ctx, d)
		code(t, rep, 4)
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("took %s, want a second and six of grace", took)
		}
		equal(t, "record", w.record(), "message.a intent")
		equal(t, "events", w.story(), "run, start message.a, interrupted, doubt message.a, end")
	})
}

func TestInterruptEndsEveryWait(t *testing.T) {
	for name, w := range map[string]func(*world){
		"rate limit": func(w *world) {
			w.server.answer = func(int, Call) Outcome { return Outcome{Class: RateLimited, RegainAccess: time.Hour} }
		},
		"identity": func(w *world) {
			w.server.identity = func(int, *plan.Account) Identity {
				return Identity{Outcome: Outcome{Class: RateLimited, RegainAccess: time.Hour}}
			}
		},
		"second try": func(w *world) {
			w.server.answer = func(int, Call) Outcome { return Outcome{Class: NotWritten} }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := newWorld(t)
				w(world)
				d := newDraft("sha256:p1")
				d.send("a", "1")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				rep, _ := world.applyUntil(ctx, d)
				if took := time.Since(began); took != time.Second {
					t.Errorf("took %s", took)
				}
				equal(t, "ends", ends(rep), "message.a stopped")
				if strings.Contains(world.record(), state.Intent.String()) {
					t.Errorf("record %s", world.record())
				}
			})
		})
	}
}

func TestEveryChangeHasOneEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		// A circle, which no plan of Build has, is told instead of waited for.
		d.send("a", "1", msg("b"))
		d.send("b", "2", msg("a"))
		d.send("c", "3")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a held, message.b held, message.c done")
		equal(t, "diagnostic", diags[0].Detail, "Not tried: message.a, message.b. It waits for a change that waits for it, so neither can be first.\n\nPlan again.")
	})
}
