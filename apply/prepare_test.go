package apply

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// prepared makes the runs of a world those of a runner that prepared under c1.
func prepared(prepare bool, at time.Time) func(*Run) {
	return func(r *Run) {
		r.Claim, r.ClaimedAt, r.Prepare = "c1", at, prepare
		if prepare {
			r.Client = nil
		}
	}
}

// foreign is a run without a claim, against an Instagram that can be read.
func foreign(g *gram) func(*Run) { return func(r *Run) { r.Client = g } }

func (w *world) entry(name string) state.Entry {
	r, _ := w.session.Load(context.Background())
	if e := r.Get(state.Key{Addr: msg(name), Revision: 1}); e != nil {
		return *e
	}
	return state.Entry{}
}

func TestPrepareRecordsAndSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2", msg("b"))
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		w.edit = prepared(true, at)
		rep, diags := w.apply(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "ends", ends(rep), "message.a later, message.b later, message.c later, reaction.r later")
		equal(t, "record", w.record(), "message.a intent\nmessage.b intent\nmessage.c intent")
		equal(t, "events", w.story(), "run, end")
		if rep.Prepared != 3 || rep.InDoubt != 0 || rep.Later != 0 || w.session.snapshots != 1 || len(w.server.posts)+len(w.server.asked) > 0 {
			t.Errorf("%d prepared, %d in doubt, %d later, %d snapshots", rep.Prepared, rep.InDoubt, rep.Later, w.session.snapshots)
		}
		if e := w.entry("a"); e.Claim != "c1" || !e.IntendedAt.Equal(at) || !e.FirstIntendedAt.Equal(at) || e.Attempts != 0 || e.PlanID != d.p.ID {
			t.Errorf("entry %+v", e)
		}
		rep, _ = w.apply(d)
		if code(t, rep, 0); rep.Prepared != 0 || w.session.snapshots != 1 {
			t.Errorf("the second prepare wrote: %d prepared, %d snapshots", rep.Prepared, w.session.snapshots)
		}

		w.edit = prepared(false, at)
		time.Sleep(time.Second)
		w.session.before = func(e state.Entry) error {
			if e.Claim != "" {
				return errors.New("the intent of a call has a claim")
			}
			return nil
		}
		rep, diags = w.apply(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.b sent mid.b.1\nmessage.c sent mid.c.1\nreaction.r reacted love on mid.a.1")
	})
}

// What one run prepared another finds out about, once it may no longer be sent.
func TestAnotherRunWaitsForTheLease(t *testing.T) {
	for name, tc := range map[string]func(*Run){
		"no claim":      func(*Run) {},
		"another claim": func(r *Run) { r.Claim, r.ClaimedAt = "c2", time.Now() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, g, at := newWorld(t), newGram(), time.Now().UTC()
				d := newDraft("sha256:p1")
				d.send("a", "1")
				d.send("b", "2")
				w.edit = prepared(true, at)
				w.apply(d)
				time.Sleep(10 * time.Second)
				w.session.before = nil
				g.keep(state.Conversation{Account: shop, Recipient: "1"}, content.Content{Kind: content.Text, Value: "a"}) // by the other run
				w.edit = func(r *Run) { tc(r); foreign(g)(r) }
				rep, diags := w.apply(d)
				code(t, rep, 4)
				equal(t, "ends", ends(rep), "message.a done, message.b in doubt")
				equal(t, "diagnostic", diags[0].Detail, "It is not known whether message.b was delivered: another run prepared it at 2000-01-01T00:00:00Z and did not record what came of it. "+
					"It is not in its conversation, and another run, which prepared it at 2000-01-01T00:00:00Z, may still be sending it: before 2000-01-01T00:31:00Z its absence is not believed. "+
					"It is not sent again, because it may have arrived, and the later messages of its conversation wait.\n\n"+
					"The run that prepared it may send it until 2000-01-01T00:30:00Z. On the machine that prepared it, apply goes on with it; elsewhere wait until then, and apply again: "+
					"that reads the conversation, and sends it only if it is proven not to be there.")
				time.Sleep(28 * time.Minute)
				rep, _ = w.apply(d)
				code(t, rep, 4)
				time.Sleep(2 * time.Minute)
				rep, diags = w.apply(d)
				if name == "no claim" {
					code(t, rep, 0)
					equal(t, "record", w.record(), "message.a sent mid.1\nmessage.b sent mid.2")
					return
				}
				code(t, rep, 3)
				equal(t, "record", w.record(), "message.a sent mid.1\nmessage.b absent")
				equal(t, "diagnostic", diags[0].Detail, "Not tried: message.b. The run sends what was prepared for it and recorded before, so that no other run sends it too, and this was not.\n\n"+
					"Prepare it, share the record, and apply then:\n\n  herald apply -prepare")
			})
		})
	}
}

func TestNothingIsSentWhenTheLeaseIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		w.edit = prepared(true, at)
		w.apply(d)
		time.Sleep(ClaimLease - claimMargin)
		w.edit = prepared(false, at)
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a held by message.a, message.b held by message.b")
		equal(t, "record", w.record(), "message.a absent\nmessage.b absent")
		equal(t, "diagnostic", summaries(diags)+": "+diags[0].Detail, "Not sent yet; Not sent yet: Not tried: message.a. What is prepared belongs to the run that prepared it for 30 minutes by Instagram's clock, and their end is near: "+
			"after them another run may find that it was not sent, and send it.\n\nSee that the clock of this machine is right. Then prepare again, share the record, and apply:\n\n  herald apply -prepare")
		if e := w.entry("a"); len(w.server.posts) > 0 || e.SettledBy != "withdrawn" || e.Claim != "" || !e.IntendedAt.IsZero() {
			t.Errorf("%d posts, entry %+v", len(w.server.posts), e)
		}

		at = time.Now().UTC()
		w.edit = prepared(true, at)
		rep, _ = w.apply(d)
		if rep.Prepared != 2 {
			t.Errorf("%d prepared again", rep.Prepared)
		}
		w.edit = prepared(false, at)
		rep, _ = w.apply(d)
		code(t, rep, 0)
	})
}

// A call that waited for its turn, or for a rate limit, until the lease is over
// is not made.
func TestTheLeaseEndsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.p.Accounts[0].Rates.Messages = 0.01
		d.send("a", "1")
		d.send("b", "2")
		d.sendAt(msg("c"), bar, "3", "c")
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Content.Value == "c" {
				return Outcome{Class: RateLimited, RegainAccess: time.Hour}
			}
			return Outcome{Class: Accepted}
		}
		w.edit = prepared(true, at)
		w.apply(d)
		time.Sleep(ClaimLease - claimMargin - 150*time.Second)
		w.edit = prepared(false, at)
		rep, _ := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, message.b held by message.b, message.c held by message.c")
		equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.b absent\nmessage.c absent")
	})
}

func TestClockOfTheRunnerIsWrong(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		30 * time.Second: "message.a done",
		2 * time.Minute:  "message.a stopped",
		-time.Hour:       "message.a held by message.a",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			at := time.Now().UTC().Add(ahead)
			d := newDraft("sha256:p1")
			d.send("a", "1")
			w.edit = prepared(true, at)
			w.apply(d)
			w.edit = prepared(false, at)
			rep, diags := w.apply(d)
			equal(t, "ends", ends(rep), want)
			if ahead == 2*time.Minute {
				equal(t, "diagnostic", diags[0].Detail, "Nothing more is sent from the account \"shop\". By Instagram's clock the plan was prepared in the future, at 2000-01-01T00:02:00Z, so the clock of the machine that prepared it is wrong. Not tried of its actions: 1.\n\n"+
					"Set the clock, then prepare again, share the record, and apply.")
			}
			if len(w.server.posts) > 0 && w.server.posts[0].at.Before(at.Add(-time.Second)) {
				t.Errorf("sent at %s, prepared at %s", w.server.posts[0].at, at)
			}
		})
	}
}

func TestWhatWasNeverBegunIsWithdrawn(t *testing.T) {
	for name, tc := range map[string]struct {
		arrange   func(w *world, d *draft, stop func())
		record    string
		withdrawn bool
	}{
		"interrupt": {func(w *world, _ *draft, stop func()) {
			w.server.answer = func(int, Call) Outcome { stop(); return Outcome{Class: Accepted} }
		}, "message.a sent mid.a.1\nmessage.b absent\nmessage.c absent", true},
		"account": {func(w *world, _ *draft, _ func()) {
			w.server.answer = func(int, Call) Outcome { return Outcome{Class: AccountRefused, Code: 190} }
		}, "message.a absent\nmessage.b absent\nmessage.c absent", true},
		"failures": {func(w *world, d *draft, _ func()) {
			d.p.Limits.StopAfterFailures = 1
			w.server.answer = func(int, Call) Outcome { return Outcome{Class: Hold, Code: 10} }
		}, "message.a rejected (hold 10)\nmessage.b absent\nmessage.c absent", true},
		"token": {func(w *world, _ *draft, _ func()) {
			w.server.identity = func(int, *plan.Account) Identity {
				return Identity{Outcome: Outcome{Class: AccountRefused, Code: 190}}
			}
		}, "message.a absent\nmessage.b absent\nmessage.c absent", true},
		"record": {func(w *world, _ *draft, _ func()) {
			w.server.answer = func(int, Call) Outcome { w.session.lose(state.ErrLockLost); return Outcome{Class: Accepted} }
		}, "message.a intent\nmessage.b intent\nmessage.c intent", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, at := newWorld(t), time.Now().UTC()
				d := newDraft("sha256:p1")
				for _, m := range []string{"a", "b", "c"} {
					d.send(m, "1")
				}
				w.edit = prepared(true, at)
				w.apply(d)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				tc.arrange(w, d, stop)
				w.edit = prepared(false, at)
				time.Sleep(time.Second)
				rep, _ := w.applyUntil(ctx, d)
				equal(t, "record", w.record(), tc.record)
				if e := w.entry("c"); (e.SettledBy == "withdrawn") != tc.withdrawn || (e.Claim == "") != tc.withdrawn {
					t.Errorf("entry %+v", e)
				}
				if rep.InDoubt > 1 || rep.Results[2].Result == ResultInDoubt {
					t.Errorf("%d in doubt, %s", rep.InDoubt, ends(rep))
				}
			})
		})
	}
}

// After a crash what was begun is in doubt, and what was not goes on.
func TestACrashUnderAClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, g, at := newWorld(t), newGram(), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		d.send("c", "3")
		w.edit = prepared(true, at)
		w.apply(d)
		time.Sleep(time.Second)
		apply := prepared(false, at)
		w.edit = func(r *Run) { apply(r); r.Client = g; r.Parallelism = 1 }
		w.session.after = func(e state.Entry) error {
			if e.Addr == msg("a") && e.Status == state.Intent {
				w.session.snapshotErr = errCrashed
				return errCrashed
			}
			return nil
		}
		w.apply(d)
		w.session.after, w.session.broken, w.session.snapshotErr = nil, nil, nil
		equal(t, "record", w.record(), "message.a intent\nmessage.b intent\nmessage.c intent")
		if w.entry("a").Claim != "" || w.entry("b").Claim == "" {
			t.Errorf("a %+v, b %+v", w.entry("a"), w.entry("b"))
		}
		rep, _ := w.apply(d)
		code(t, rep, 0) // a is proven absent, and is the claim's: it is sent again
		equal(t, "ends", ends(rep), "message.a done, message.b done, message.c done")
		if twice := g.twice(); twice != nil || len(g.posts) != 3 {
			t.Errorf("%d posts, twice %v", len(g.posts), twice)
		}
	})
}

// What is prepared is no doubt: neither does it hold its conversation, nor does
// it count among those with which an account sends nothing new.
func TestPreparedIntentsAreNoDoubts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		for i := range 2 * maxDoubts {
			d.send("m"+strings.Repeat("x", i), strings.Repeat("1", 1+i/2))
		}
		w.edit = prepared(true, at)
		w.apply(d)
		time.Sleep(time.Second)
		w.edit = prepared(false, at)
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "result", resultNames[rep.Results[len(rep.Results)-1].Result], "done")
	})
}

func TestPrepareRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		arrange func(w *world, d *draft)
		code    int
		ends    string
		says    string
	}{
		"stale": {func(w *world, _ *draft) {
			w.session.stored.Put(state.Entry{Addr: msg("a"), Revision: 1, Account: shop, Recipient: "1", Status: state.Sent, Change: 3, PlanID: "sha256:other", MessageID: "m"})
		}, 5, "message.a none, message.b none", "Plan is stale"},
		"limits":   {func(_ *world, d *draft) { d.p.Limits.MaxSends = 1 }, 1, "message.a stopped, message.b stopped", "Too many sends"},
		"no claim": {func(w *world, _ *draft) { w.edit = func(r *Run) { r.Prepare = true } }, 5, "message.a none, message.b none", "No claim"},
		"disk":     {func(w *world, _ *draft) { w.session.snapshotErr = errors.New("no space left") }, 1, "message.a none, message.b none", "Record cannot be written"},
		"duplicate": {func(w *world, d *draft) {
			w.session.stored.Put(state.Entry{Addr: msg("old"), Revision: 1, Account: shop, Recipient: "1", Status: state.Sent, Change: 3, MessageID: "m", Fingerprint: d.p.Changes[0].Fingerprint})
		}, 0, "message.a held, message.b held by message.a", "Not sent yet; Not sent yet"},
		"in doubt": {func(w *world, d *draft) {
			w.session.stored.Put(state.Entry{Addr: msg("a"), Revision: 1, Account: shop, Recipient: "1", Status: state.Intent, Change: 1, PlanID: d.p.ID, Claim: "other"})
		}, 0, "message.a in doubt, message.b later", "Message in doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				d := newDraft("sha256:p1")
				d.send("a", "1")
				d.send("b", "1")
				w.edit = prepared(true, time.Now().UTC())
				tc.arrange(w, d)
				rep, diags := w.apply(d)
				code(t, rep, tc.code)
				equal(t, "ends", ends(rep), tc.ends)
				equal(t, "diagnostics", summaries(diags), tc.says)
				if tc.code != 0 && (rep.Prepared > 0 || strings.Contains(w.record(), "intent")) {
					t.Errorf("%d prepared:\n%s", rep.Prepared, w.record())
				}
			})
		})
	}
}

// A claim that takes the place of a former one takes over what it held.
func TestAClaimIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		w.edit = prepared(true, at)
		w.apply(d)
		time.Sleep(time.Hour)
		later := time.Now().UTC()
		w.edit = func(r *Run) { r.Prepare, r.Claim, r.ClaimedAt, r.FormerClaim = true, "c2", later, "c1" }
		rep, _ := w.apply(d)
		if e := w.entry("a"); rep.Prepared != 1 || e.Claim != "c2" || !e.IntendedAt.Equal(later) || e.Attempts != 0 {
			t.Errorf("entry %+v", e)
		}
		w.edit = func(r *Run) { r.Claim = "c2" } // since its entries were prepared
		time.Sleep(time.Second)
		rep, _ = w.apply(d)
		code(t, rep, 0)
	})
}

func TestClaimTimeFollowsThePlansIntents(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)
	r := state.NewRecord("lineage")
	p := &plan.Plan{ID: "sha256:p1"}
	r.Put(state.Entry{Addr: msg("a"), Revision: 1, PlanID: p.ID, IntendedAt: now.Add(time.Minute)})
	r.Put(state.Entry{Addr: msg("b"), Revision: 1, PlanID: "sha256:p2", IntendedAt: now.Add(time.Hour)})
	if got, want := ClaimTime(p, r, now), now.Add(time.Minute+time.Microsecond); !got.Equal(want) {
		t.Errorf("claim from %s, want %s", got, want)
	}
	if got, want := ClaimTime(p, nil, now), now.Truncate(time.Microsecond); !got.Equal(want) {
		t.Errorf("claim from %s, want %s", got, want)
	}
}
