package apply

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"herald/plan"
	"herald/state"
)

func canary(n int) func(*Run) { return func(r *Run) { r.Canary = n } }

func TestCanarySendsToTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		d.send("c", "1")
		d.send("d", "3")
		d.send("e", "3")
		w.edit = canary(2)
		for range 2 { // a second time it reaches no further
			rep, diags := w.apply(d)
			code(t, rep, 0)
			equal(t, "diagnostics", summaries(diags), "")
			equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.b sent mid.b.1\nmessage.c sent mid.c.1")
			if rep.Later != 2 || rep.Results[3].Result != ResultLater || rep.Results[4].Result != ResultLater {
				t.Errorf("%d later: %s", rep.Later, ends(rep))
			}
		}
		w.edit = nil
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "ends", ends(rep), "message.a skipped, message.b skipped, message.c skipped, message.d done, message.e done")
		w.edit = canary(1)
		rep, _ = w.apply(d) // what is done is done, wherever it is
		equal(t, "ends", ends(rep), "message.a skipped, message.b skipped, message.c skipped, message.d skipped, message.e skipped")
		w.edit = canary(7)
		rep, _ = w.apply(d)
		code(t, rep, 0)
	})
}

func TestACrashedCanaryReachesNoFurther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		for _, m := range []string{"a", "b", "c"} {
			d.send(m, m)
		}
		w.edit = canary(2)
		w.session.after = func(e state.Entry) error {
			if e.Status == state.Sent {
				w.session.snapshotErr = errCrashed
				return errCrashed
			}
			return nil
		}
		w.apply(d)
		w.session.after, w.session.broken, w.session.snapshotErr = nil, nil, nil
		w.apply(d)
		for _, p := range w.server.posts {
			if p.call.Recipient == "c" {
				t.Errorf("it reached c: %s", w.server.seen())
			}
		}
	})
}

func TestCanaryHoldsWhatWaitsForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		d.send("c", "1", msg("b"))
		d.send("d", "1")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		w.edit = canary(1)
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, message.b later, message.c held by message.b, message.d held by message.b, reaction.r held by message.b")
		equal(t, "diagnostics", summaries(diags), "Not sent yet")
		equal(t, "held", diags[0].Detail, "Not tried: message.c, message.d, reaction.r. Each waits for message.b, whose conversation is not among the first 1. Apply the same plan without -canary to go on.")
	})
}

// What is in doubt outside is neither read nor counted; imports are made.
func TestCanaryLeavesDoubtsOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, g := newWorld(t), newGram()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2").Action = plan.Settle
		d.send("c", "2")
		i := d.send("i", "3")
		i.Action, i.ImportID = plan.Import, "mid.by.hand"
		w.session.stored.Put(state.Entry{Addr: msg("b"), Revision: 1, Account: shop, Recipient: "2", Status: state.Intent, Change: 1, PlanID: d.p.ID})
		w.edit = func(r *Run) { r.Client, r.Canary = g, 1 }
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "ends", ends(rep), "message.a done, message.b later, message.c later, message.i done")
		equal(t, "record", w.record(), "message.a sent mid.1\nmessage.b intent\nmessage.i sent mid.by.hand")
		if rep.Later != 2 || rep.InDoubt != 0 || rep.Reads != 0 {
			t.Errorf("%d later, %d in doubt, %d reads", rep.Later, rep.InDoubt, rep.Reads)
		}
	})
}

func TestPrepareKeepsToTheCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := newWorld(t), time.Now().UTC()
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		prepare := prepared(true, at)
		w.edit = func(r *Run) { prepare(r); r.Canary = 1 }
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "record", w.record(), "message.a intent")
		if rep.Prepared != 1 || rep.Later != 1 {
			t.Errorf("%d prepared, %d later", rep.Prepared, rep.Later)
		}
		// A larger one sends no more than was prepared.
		w.edit = prepared(false, at)
		time.Sleep(time.Second)
		rep, diags := w.applyUntil(context.Background(), d)
		code(t, rep, 3)
		equal(t, "wire", w.server.seen(), "1:a")
		equal(t, "ends", ends(rep), "message.a done, message.b held by message.b")
		equal(t, "diagnostics", summaries(diags), "Not sent yet")
	})
}
