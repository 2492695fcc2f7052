package apply

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

func TestSendsInOrderAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2", msg("b"))
		rep, diags := w.apply(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "wire", w.server.seen(), "1:a; 1:b; 2:c")
		equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.b sent mid.b.1\nmessage.c sent mid.c.1")
		equal(t, "events", w.story(), "run, start message.a, done message.a, start message.b, done message.b, start message.c, done message.c, end")
		r, _ := w.session.Load(t.Context())
		e := r.Get(state.Key{Addr: msg("a"), Revision: 1})
		if e.Change != 2 || e.PlanID != d.p.ID || e.SettledBy != "answer" || e.Attempts != 1 || e.Before != nil || e.SettledAt.Before(e.IntendedAt) || e.IntendedAt.IsZero() {
			t.Errorf("entry %+v", e)
		}

		before := w.session.snapshots
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "second ends", ends(rep), "message.a skipped, message.b skipped, message.c skipped")
		if len(w.server.posts) != 3 || len(w.server.asked) != 1 || w.session.snapshots != before {
			t.Errorf("the second apply called or wrote: %d posts, %v asked, %d snapshots", len(w.server.posts), w.server.asked, w.session.snapshots)
		}
	})
}

func TestOneAtATimeInAConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.latency = time.Second
		d := newDraft("sha256:p1")
		for _, person := range []string{"1", "2", "3"} {
			for _, m := range []string{"a", "b"} {
				d.send(m+person, person)
			}
		}
		rep, _ := w.apply(d)
		code(t, rep, 0)
		if w.server.most != 3 {
			t.Errorf("%d in flight at most, want 3: one a conversation", w.server.most)
		}
		equal(t, "wire", w.server.seen(), "1:a1; 2:a2; 3:a3; 1:b1; 2:b2; 3:b3")
	})
}

func TestRefusalHoldsWhatComesAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Content.Value == "a" {
				return Outcome{Class: Hold, HTTP: 403, Code: 10, Subcode: 2534022, TraceID: "T1", Explain: "The person has not written for 24 hours."}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2", msg("b"))
		d.send("d", "2")
		d.send("e", "3")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a rejected, message.b held by message.a, message.c held by message.a, message.d held by message.a, message.e done")
		equal(t, "record", w.record(), "message.a rejected (hold 10)\nmessage.e sent mid.e.1")
		equal(t, "diagnostics", summaries(diags), "Message refused; Not sent yet")
		equal(t, "refused", diags[0].Detail, "Instagram refused message.a (code 10, subcode 2534022, trace T1). The person has not written for 24 hours.\n\nThe next apply tries it again.")
		equal(t, "held", diags[1].Detail, "Not tried: message.b, message.c, message.d. Each waits for message.a, which was not delivered. It goes once that is: apply again then.")
		if diags[0].Subject == nil || diags[0].Subject.Start.Line != 1 {
			t.Errorf("subject %v", diags[0].Subject)
		}

		w.server.answer = nil
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "again", ends(rep), "message.a done, message.b done, message.c done, message.d done, message.e skipped")
	})
}

func TestFinalRefusalStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: Final, HTTP: 400, Code: 100} }
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "refused", diags[0].Detail, "Instagram refused message.a (code 100).\n\nIt is not tried again until its content, recipient or revision changes, or with:\n\n  herald apply -retry-rejected")
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "second", ends(rep), "message.a skipped")
		d.p.RetryRejected = true
		w.server.answer = nil
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "retried", ends(rep), "message.a done")
	})
}

func TestDoubtIsRecordedAndHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Content.Value == "a" {
				return Outcome{Class: InDoubt, HTTP: 500, Code: 2, TraceID: "T2", Explain: "Meta answered with an error after which messages were seen to arrive."}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2")
		rep, diags := w.apply(d)
		code(t, rep, 4)
		equal(t, "ends", ends(rep), "message.a in doubt, message.b held by message.a, message.c done")
		equal(t, "diagnostics", summaries(diags), "Message in doubt; Not sent yet")
		want := "It is not known whether message.a was delivered, since 2000-01-01T00:00:00Z (code 2, trace T2). Meta answered with an error after which messages were seen to arrive. " +
			"It is not sent again, because it may have arrived, and the later messages of its conversation wait.\n\n" +
			"Look at the conversation in Instagram. If the message is there, record its id; if it is not, say so, and the next apply sends it:\n\n" +
			"  herald resolve message.a -sent=MESSAGE_ID\n  herald resolve message.a -not-sent"
		equal(t, "doubt", diags[0].Detail, want)
		r, _ := w.session.Load(t.Context())
		if e := r.Get(state.Key{Addr: msg("a"), Revision: 1}); e.Status != state.Intent || e.DoubtAt.IsZero() || e.Change != 2 {
			t.Errorf("entry %+v", e)
		}

		w.server.answer = nil
		rep, _ = w.apply(d)
		code(t, rep, 4)
		equal(t, "again", ends(rep), "message.a in doubt, message.b held by message.a, message.c skipped")
		if len(w.server.posts) != 2 {
			t.Errorf("sent again: %s", w.server.seen())
		}

		// resolve -not-sent keeps the plan's id.
		e := r.Get(state.Key{Addr: msg("a"), Revision: 1}).Next(d.p.ID)
		e.Status, e.SettledBy = state.Absent, "resolve"
		w.session.stored.Put(e)
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "resolved", ends(rep), "message.a done, message.b done, message.c skipped")
	})
}

func TestDoubtOutsideThePlanHoldsItsConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.session.stored.Put(state.Entry{Addr: msg("old"), Revision: 1, Account: shop, Recipient: "1", Status: state.Intent, Fingerprint: "x", Change: 1})
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a held, message.b done")
		if !strings.HasPrefix(diags[0].Detail, "Not tried: message.a. It is not known whether message.old arrived, and the messages of one conversation are sent one after the other.") {
			t.Errorf("detail %s", diags[0].Detail)
		}
	})
}

func TestSettleEndsInDoubtWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p2")
		c := d.send("a", "1")
		c.Action, c.Reason = plan.Settle, plan.InDoubt
		d.send("b", "1")
		w.session.stored.Put(state.Entry{
			Addr: msg("a"), Revision: 1, Account: shop, Recipient: "1", Status: state.Intent,
			Fingerprint: c.Fingerprint, Change: 1, PlanID: "sha256:p1", Attempts: 1,
		})
		c.Base, c.BaseChange = w.session.stored.Get(c.Key()), 1
		rep, _ := w.apply(d)
		code(t, rep, 4)
		equal(t, "ends", ends(rep), "message.a in doubt, message.b held by message.a")
		if len(w.server.posts)+len(w.server.asked) > 0 {
			t.Errorf("called: %s %v", w.server.seen(), w.server.asked)
		}
	})
}

func TestGuardRefusesTheSameContentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.sendAt(msg("a"), shop, "1", "same")
		c := d.sendAt(msg("b"), shop, "1", "same")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, message.b held by message.a")
		equal(t, "detail", diags[0].Detail, "Not tried: message.b. The record holds the same content to the same person as message.a, so this person would read it twice.\n\n"+
			"If the block was renamed, say so with a moved block; if the message is meant twice, set allow_duplicate = true in its lifecycle block. Then plan again.")
		c.AllowDuplicate = true
		rep, _ = w.apply(d)
		equal(t, "allowed", ends(rep), "message.a skipped, message.b done")
	})
}

func TestBlocksAreWaitedForAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "all"}
		for _, k := range []string{"1", "2", "3"} {
			d.sendAt(block.Each(k), shop, k, "x"+k)
		}
		d.send("last", "4", block.Only())
		w.server.latency = 10 * time.Second
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "wire", w.server.seen(), "1:x1; 2:x2; 3:x3; 4:last")
		if gap := w.server.posts[3].at.Sub(w.server.posts[2].at); gap < 10*time.Second {
			t.Errorf("the last was sent %s after the third began", gap)
		}
	})
}

func TestDoubtThatIsNotSelectedDecidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		c := d.send("b", "2")
		c.Action, c.Reason = plan.NoOp, plan.NotSelected
		w.session.stored.Put(state.Entry{Addr: msg("b"), Revision: 1, Account: shop, Recipient: "2", Status: state.Intent, Fingerprint: c.Fingerprint, Change: 1})
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "ends", ends(rep), "message.a done")
		c.Reason = plan.InDoubt // held by on_in_doubt
		rep, _ = w.apply(d)
		code(t, rep, 4)
	})
}

func TestAddressesAreQuotedForAShell(t *testing.T) {
	block := addr.Block{Kind: addr.Message, Name: "a"}
	for want, a := range map[string]addr.Instance{
		`message.a`:             block.Only(),
		`'message.a["b c"]'`:    block.Each("b c"),
		`'message.a["o'\''b"]'`: block.Each("o'b"),
	} {
		equal(t, "quoted", shellQuote(a.String()), want)
	}
}
