package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// room is one record and one Instagram that can be read back.
type room struct {
	*world
	gram *gram
	ctx  context.Context
}

func newRoom(t *testing.T) *room {
	w := &room{world: newWorld(t), gram: newGram(), ctx: t.Context()}
	w.edit = func(r *Run) { r.Client = w.gram }
	return w
}

// with adds to what the run is given.
func (w *room) with(edit func(*Run)) {
	before := w.edit
	w.edit = func(r *Run) { before(r); edit(r) }
}

func (w *room) run(d *draft) (*Report, hcl.Diagnostics) { return w.applyUntil(w.ctx, d) }

// first makes the first n calls with the text end in doubt, with effect or
// without.
func first(n int, text string, effect bool) func(Call) (bool, Class) {
	return func(c Call) (bool, Class) {
		if c.Content.Value == text && n > 0 {
			n--
			return effect, InDoubt
		}
		return true, Accepted
	}
}

// crashed records an intent that a crash left, of a wanted message.
func (w *room) crashed(c *plan.Change, edit ...func(*state.Entry)) *plan.Change {
	c.Action, c.Reason = plan.Settle, plan.InDoubt
	e := state.Entry{
		Addr: c.Addr, Revision: 1, Account: c.Account, Recipient: c.Recipient, Status: state.Intent, Fingerprint: c.Fingerprint,
		Change: 1, PlanID: "sha256:p0", Attempts: 1, FirstIntendedAt: time.Now().UTC(), IntendedAt: time.Now().UTC(),
	}
	for _, f := range edit {
		f(&e)
	}
	w.session.stored.Put(e)
	c.Base, c.BaseChange = w.session.stored.Get(c.Key()), 1
	return c
}

// kept puts a message into a conversation as if an earlier run had sent it.
func (w *room) kept(c *plan.Change) string {
	return w.gram.keep(c.Conversation(), c.Content)
}

func (g *gram) wire() string {
	var list []string
	for _, p := range g.posts {
		list = append(list, wire(p.call))
	}
	return strings.Join(list, "; ")
}

// readAt lists when reads were made, in whole seconds after the first post or
// the beginning of the test.
func (g *gram) readAt(from time.Time) (list []int) {
	for _, at := range g.reads {
		list = append(list, int(at.Sub(from)/time.Second))
	}
	return list
}

func TestDoubtThatArrivedIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = first(1, "a", true)
		log := history(w.session)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		began := time.Now()
		rep, diags := w.run(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "wire", w.gram.wire(), "1:a; 1:b")
		equal(t, "record", w.record(), "message.a sent mid.1\nmessage.b sent mid.2")
		equal(t, "journal", log(), "intent, intent doubtful, sent by read doubtful, intent, sent by answer")
		equal(t, "events", w.story(), "run, start message.a, doubt message.a, done message.a, start message.b, done message.b, end")
		if r := rep.Results[0]; r.Settled != SettledArrived || r.MessageID != "mid.1" || rep.Results[1].Settled != NotSettled || rep.Reads != 1 {
			t.Errorf("results %+v, %d reads", rep.Results, rep.Reads)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s: what is there is found at once", took)
		}
	})
}

func TestDoubtThatIsAbsentIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = first(1, "a", false)
		log := history(w.session)
		d := newDraft("sha256:p1")
		d.p.Accounts[0].SettleAfter = 20 * time.Second
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2")
		began := time.Now()
		rep, _ := w.run(d)
		code(t, rep, 0)
		equal(t, "wire", w.gram.wire(), "1:a; 2:c; 1:a; 1:b")
		equal(t, "journal", sorted(log(), ", "), sorted("intent, intent doubtful, intent, sent by answer, absent by read doubtful, intent, sent by answer, intent, sent by answer", ", "))
		equal(t, "events", w.story(), "run, start message.a, doubt message.a, start message.c, done message.c, absent message.a, done message.a, start message.b, done message.b, end")
		if got := fmt.Sprint(w.gram.readAt(began)); got != "[0 20]" {
			t.Errorf("read at %s", got)
		}
		r, _ := w.session.Load(t.Context())
		if e := r.Get(state.Key{Addr: msg("a"), Revision: 1}); e.Attempts != 2 || e.IntendedAt.Sub(e.FirstIntendedAt) < 20*time.Second || !e.DoubtAt.IsZero() {
			t.Errorf("entry %+v", e)
		}
	})
}

func TestReadsThatFailProveNothing(t *testing.T) {
	for name, o := range map[string]Outcome{
		"Its conversation could not be read (code 1), and nothing follows from that.":                    {Class: InDoubt, Code: 1},
		"Its conversation could not be read, and nothing follows from that.":                             {Class: NotWritten},
		"Instagram's answer did not have its conversation, and nothing follows from that.":               {Class: Accepted, Reason: "unknown"},
		"Its conversation could not be read (HTTP status 500, trace T9), and nothing follows from that.": {Class: InDoubt, HTTP: 500, TraceID: "T9"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRoom(t)
				w.gram.fate = first(1, "a", false)
				w.gram.heed = func(int, string) Outcome { return o }
				d := newDraft("sha256:p1")
				d.send("a", "1")
				d.send("b", "1")
				d.send("c", "2")
				began := time.Now()
				rep, diags := w.run(d)
				code(t, rep, 4)
				equal(t, "ends", ends(rep), "message.a in doubt, message.b held by message.a, message.c done")
				equal(t, "wire", w.gram.wire(), "1:a; 2:c")
				if got := fmt.Sprint(w.gram.readAt(began)); got != "[0 60 70]" {
					t.Errorf("read at %s", got)
				}
				equal(t, "diagnostic", diags[0].Detail, "It is not known whether message.a was delivered, since 2000-01-01T00:00:00Z. "+name+
					" It is not sent again, because it may have arrived, and the later messages of its conversation wait.\n\n"+
					"The next apply reads its conversation again. Look at the conversation in Instagram. If the message is there, record its id; if it is not, say so, and the next apply sends it:\n\n"+
					"  herald resolve message.a -sent=MESSAGE_ID\n  herald resolve message.a -not-sent")

				w.gram.heed = nil
				rep, _ = w.run(d) // the same plan again
				code(t, rep, 0)
				equal(t, "in the end", w.gram.wire(), "1:a; 2:c; 1:a; 1:b")
			})
		})
	}
}

func TestHeldDoubtsAreNotRead(t *testing.T) {
	for name, edit := range map[string]func(*draft, *Run){
		"by the plan": func(d *draft, _ *Run) { d.p.Changes[0].OnInDoubt = 1 },
		"by the flag": func(_ *draft, r *Run) { r.OnInDoubt = HoldDoubts },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRoom(t)
				w.gram.fate = first(1, "a", true)
				d := newDraft("sha256:p1")
				d.send("a", "1")
				w.with(func(r *Run) { edit(d, r) })
				rep, diags := w.run(d)
				code(t, rep, 4)
				if len(w.gram.reads) > 0 || !strings.Contains(diags[0].Detail, `Its conversation is not read, because of on_in_doubt = "hold".`) {
					t.Errorf("%d reads; %s", len(w.gram.reads), diags[0].Detail)
				}
				w.with(func(r *Run) { r.OnInDoubt = SettleDoubts })
				rep, _ = w.run(d)
				code(t, rep, 0)
				equal(t, "ends", ends(rep), "message.a done")
			})
		})
	}
}

func TestCrashedIntentIsInDoubtFromWhenItIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		d.send("z", "1") // a new message, declared before the one in doubt
		w.crashed(d.send("a", "1"))
		d.send("b", "1")
		log := history(w.session)
		time.Sleep(time.Hour)
		reads := 0
		w.gram.heed = func(int, string) Outcome {
			if reads++; reads == 1 {
				r, _ := w.session.Load(t.Context())
				if e := r.Get(state.Key{Addr: msg("a"), Revision: 1}); e.DoubtAt.IsZero() || time.Since(e.DoubtAt) > 2*time.Second {
					t.Errorf("it is read before its doubt is recorded: %+v", e)
				}
			}
			return Outcome{Class: Accepted}
		}
		began := time.Now()
		rep, _ := w.run(d)
		code(t, rep, 0)
		equal(t, "wire", w.gram.wire(), "1:z; 1:a; 1:b")
		if got := fmt.Sprint(w.gram.readAt(began)); got != "[0 60]" {
			t.Errorf("read at %s", got)
		}
		equal(t, "journal", log(), "intent doubtful, absent by read doubtful, intent, sent by answer, intent, sent by answer, intent, sent by answer")
	})
}

func TestOldDoubtIsSettledAtOnce(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newRoom(t)
			d := newDraft("sha256:p1")
			c := w.crashed(d.send("a", "1"), func(e *state.Entry) { e.DoubtAt = time.Now().UTC() })
			want := "1:a"
			if arrived {
				w.kept(c)
				want = ""
			}
			time.Sleep(time.Hour)
			began := time.Now()
			rep, _ := w.run(d)
			code(t, rep, 0)
			equal(t, "wire", w.gram.wire(), want)
			if took := time.Since(began); took > time.Second || len(w.gram.reads) != 1 {
				t.Errorf("took %s and %d reads", took, len(w.gram.reads))
			}
		})
	}
}

func TestEqualTextsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "m"}
		var last *plan.Change
		for _, k := range []string{"a", "b"} {
			last = w.crashed(d.sendAt(block.Each(k), shop, "1", "same"))
			last.AllowDuplicate = true
		}
		w.kept(last)
		rep, _ := w.run(d)
		code(t, rep, 0)
		equal(t, "wire", w.gram.wire(), "1:same")
		equal(t, "record", w.record(), "message.m[\"a\"] sent mid.1\nmessage.m[\"b\"] sent mid.2")
		if n := len(w.gram.talks[last.Conversation()]); n != 2 {
			t.Errorf("%d arrived, want two", n)
		}
	})
}

func TestRetiredDoubtIsSettledAndNotSent(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newRoom(t)
			d := newDraft("sha256:p1")
			c := w.crashed(d.send("gone", "1"))
			want := "message.gone sent mid.1\nmessage.a sent mid.2"
			if arrived {
				w.kept(c)
			} else {
				want = "message.gone absent\nmessage.a sent mid.1"
			}
			c.Content = content.Content{} // its block is gone
			d.send("a", "1")
			rep, _ := w.run(d)
			code(t, rep, 0)
			equal(t, "record", sorted(w.record(), "\n"), sorted(want, "\n"))
			equal(t, "wire", w.gram.wire(), "1:a")
			if got := rep.Results[0].Settled; got != map[bool]Settlement{true: SettledArrived, false: SettledAbsent}[arrived] {
				t.Errorf("settled %v", got)
			}
		})
	}
}

func TestReconcileSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		w.kept(w.crashed(d.send("there", "1")))
		w.crashed(d.send("not-there", "2"))
		d.send("new", "3")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("there")}, "love")
		w.with(func(r *Run) { r.SettleOnly = true })
		rep, diags := w.run(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "ends", ends(rep), "message.there done, message.not-there done")
		equal(t, "record", w.record(), "message.not-there absent\nmessage.there sent mid.1")
		if len(w.gram.posts) > 0 || rep.Posts > 0 || w.events[0].Total != 2 {
			t.Errorf("posts %s, total %d", w.gram.wire(), w.events[0].Total)
		}
		r, _ := w.session.Load(t.Context())
		for e := range r.All() {
			if e.PlanID != "sha256:p0" {
				t.Errorf("%s is now of the plan %s: the plan that sent it could not be applied again", e.Key(), e.PlanID)
			}
		}
	})
}

func TestReconcileForAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		w.kept(w.crashed(d.send("there", "1")))
		w.crashed(d.send("not-there", "2"))
		w.with(func(r *Run) { r.SettleOnly, r.SettleForPlan = true, true })
		rep, _ := w.run(d)
		code(t, rep, 0)
		equal(t, "record", w.record(), "message.not-there absent\nmessage.there sent mid.1")
		r, _ := w.session.Load(t.Context())
		for e := range r.All() {
			if e.PlanID != "sha256:p1" {
				t.Errorf("%s is still of the plan %s: the plan that it was settled for is stale", e.Key(), e.PlanID)
			}
		}
		w.with(func(r *Run) { r.SettleOnly, r.SettleForPlan = false, false })
		rep, _ = w.run(d)
		code(t, rep, 0)
		equal(t, "wire", w.gram.wire(), "2:not-there")
	})
}

func TestRevisionWaitsForTheDoubtAboutTheFormer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		c := w.crashed(d.send("a", "1"))
		c.Content = content.Content{}
		next := d.sendAt(msg("a"), shop, "2", "a again") // another person now
		next.Revision, next.BaseChange = 2, 1
		rep, _ := w.run(d)
		code(t, rep, 0)
		equal(t, "ends", ends(rep), "message.a done, message.a revision 2 done")
		equal(t, "wire", w.gram.wire(), "2:a again")
	})
}

func TestMessageThatNeverArrivesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.fate = first(100, "a", false)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, diags := w.run(d)
		code(t, rep, 3)
		equal(t, "wire", w.gram.wire(), "1:a; 1:a; 1:a")
		equal(t, "record", w.record(), "message.a absent")
		equal(t, "diagnostic", diags[0].Detail, "Not tried: message.a. It was sent 3 times, each time without a clear answer, and each time its conversation proved that it had not arrived.\n\nApply again later.")
	})
}

func TestSettledMessageKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		d.send("z", "1")
		w.kept(w.crashed(d.send("a", "1")))
		d.send("b", "1")
		w.gram.fate = func(c Call) (bool, Class) {
			return c.Content.Value != "z", map[bool]Class{true: Hold, false: Accepted}[c.Content.Value == "z"]
		}
		rep, _ := w.run(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.z rejected, message.a done, message.b held by message.z")
		w.gram.fate = nil
		rep, _ = w.run(d)
		code(t, rep, 0)
		equal(t, "wire", w.gram.wire(), "1:z; 1:z; 1:b")
	})
}

func TestLimitsHoldWhatProvedAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		d := newDraft("sha256:p1")
		d.p.Limits.MaxSends = 1
		w.crashed(d.send("a", "1"))
		d.send("b", "2")
		rep, diags := w.run(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a held, message.b done")
		if !strings.Contains(diags[0].Detail, "would be more than the limits block allows one run") {
			t.Error(diags[0].Detail)
		}
		d.p.Limits = plan.Limits{StopAfterFailures: 1}
		w.gram.fate = first(1, "a", true)
		rep, diags = w.run(d)
		code(t, rep, 4)
		equal(t, "diagnostics", summaries(diags), "Too many failures; Message in doubt")
	})
}

func TestClocksFiveMinutesOff(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := newRoom(t)
			w.gram.ahead = ahead
			w.gram.lag = 50 * time.Second
			w.gram.fate = first(1, "a", true)
			d := newDraft("sha256:p1")
			d.send("a", "1")
			began := time.Now()
			rep, _ := w.run(d)
			code(t, rep, 0)
			equal(t, "wire", w.gram.wire(), "1:a")
			if got := fmt.Sprint(w.gram.readAt(began)); got != "[0 60]" {
				t.Errorf("read at %s", got)
			}
		})
	}
}

func TestWithoutADateNothingIsAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRoom(t)
		w.gram.noDate = true
		w.gram.fate = first(1, "a", false)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, diags := w.run(d)
		code(t, rep, 4)
		if !strings.Contains(diags[0].Detail, "It is not recorded when it was sent") {
			t.Error(diags[0].Detail)
		}
	})
}

// sorted puts the parts of a list in order.
func sorted(s, sep string) string {
	list := strings.Split(s, sep)
	slices.Sort(list)
	return strings.Join(list, sep)
}
