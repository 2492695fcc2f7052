package apply

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/plan"
	"herald/state"
)

// recordOnlyDraft imports a, to which b reacts and after which c is sent, and
// forgets the reaction f.
func recordOnlyDraft(w *world) *draft {
	d := newDraft("sha256:p1")
	a := d.send("a", "1")
	a.Action, a.Reason, a.ImportID = plan.Import, plan.Imported, "mid.by.hand"
	d.react(plan.React, "b", "1", plan.Target{Ref: msg("a")}, "love")
	d.send("c", "2", msg("a"))
	old := state.Entry{
		Addr: rea("f"), Revision: 1, Account: shop, Recipient: "4", Fingerprint: "v1:x", Status: state.Reacted, Target: "mid.x", Reaction: "love", Change: 2, PlanID: "sha256:p0",
	}
	w.session.stored.Put(old)
	f := d.react(plan.Forget, "f", "4", plan.Target{ID: "mid.x"}, "love")
	f.Reason, f.Base, f.BaseChange = plan.Forgotten, &old, 2
	return d
}

func TestRecordOnlyChangesComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := recordOnlyDraft(w)
		w.session.before = func(e state.Entry) error {
			r := w.session.stored
			if i := r.Get(state.Key{Addr: msg("a"), Revision: 1}); i == nil || i.Status != state.Sent {
				t.Errorf("an intent came before the import")
			}
			if f := r.Get(state.Key{Addr: rea("f"), Revision: 1}); f.Status != state.Absent {
				t.Errorf("an intent came before a reaction was forgotten")
			}
			return nil
		}
		rep, diags := w.apply(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		equal(t, "ends", ends(rep), "message.a done, reaction.b done, message.c done, reaction.f done")
		equal(t, "record", w.record(), "message.a sent mid.by.hand\nmessage.c sent mid.c.1\nreaction.b reacted love on mid.by.hand\nreaction.f absent love on mid.x")
		if len(w.server.posts) != 2 {
			t.Errorf("called for %s", w.server.seen())
		}
		if rep.Results[0].MessageID != "mid.by.hand" {
			t.Errorf("result %+v", rep.Results[0])
		}
		a := w.entry("a")
		if a.SettledBy != "import" || a.PlanID != d.p.ID || a.Change != 1 || a.Fingerprint != d.p.Changes[0].Fingerprint || a.SettledAt.IsZero() || a.Before != nil {
			t.Errorf("imported %+v", a)
		}
		r, _ := w.session.Load(t.Context())
		if f := r.Get(state.Key{Addr: rea("f"), Revision: 1}); f.SettledBy != "removed" || f.Change != 3 || f.Before == nil || f.Before.Status != state.Reacted {
			t.Errorf("forgotten %+v", f)
		}
		before := w.session.snapshots
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "again", ends(rep), "message.a skipped, reaction.b skipped, message.c skipped, reaction.f skipped")
		if w.session.snapshots != before {
			t.Error("the second apply wrote")
		}
		if back := plan.Rewind(r, d.p.ID); back.Len() != 1 || back.Sorted()[0].Status != state.Reacted {
			t.Errorf("rewound: %+v", back.Sorted())
		}
	})
}

// A plan with nothing to call needs no client, no token and no account.
func TestRecordOnlyPlanCallsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := recordOnlyDraft(w)
		d.p.Changes = []*plan.Change{d.p.Changes[0], d.p.Changes[3]}
		d.p.Accounts = nil
		w.edit = func(r *Run) { r.Client = nil }
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "ends", ends(rep), "message.a done, reaction.f done")
		equal(t, "events", w.story(), "run, done message.a, done reaction.f, end")
	})
}

// An import neither waits for its conversation nor holds it, and what fails
// before it holds what comes after it all the same.
func TestImportIsNoLinkOfItsConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		i := d.send("i", "1")
		i.Action, i.ImportID = plan.Import, "mid.by.hand"
		d.send("c", "1")
		w.server.answer = func(_ int, call Call) Outcome { return Outcome{Class: Hold, Code: 10} }
		rep, _ := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a rejected, message.i done, message.c held by message.a")
	})
}

func TestSettlingMakesNoImports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := recordOnlyDraft(w)
		w.edit = func(r *Run) { r.SettleOnly = true }
		rep, _ := w.apply(d)
		if len(rep.Results) > 0 || strings.Contains(w.record(), "message.a") || !strings.Contains(w.record(), "reaction.f reacted") {
			t.Errorf("%s\n%s", ends(rep), w.record())
		}
	})
}

// Each id of a message that was delivered twice is taken when a conversation is
// read: neither is what is in doubt.
func TestIdsOfAMessageDeliveredTwiceAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, g := newWorld(t), newGram()
		at := state.Conversation{Account: shop, Recipient: "1"}
		d := newDraft("sha256:p1")
		b := d.send("b", "1")
		b.AllowDuplicate, b.Content.Value = true, "a"
		b.Fingerprint = d.sendAt(msg("a"), shop, "1", "a").Fingerprint
		d.p.Changes = d.p.Changes[:1]
		first, second := g.types(at, "a", true), g.types(at, "a", true)
		w.session.stored.Put(state.Entry{Addr: msg("a"), Revision: 1, Account: shop, Recipient: "1", Fingerprint: b.Fingerprint, Status: state.Sent, MessageID: first, AlsoSent: []string{second}, Change: 2})
		now := time.Now().UTC()
		w.session.stored.Put(state.Entry{Addr: msg("b"), Revision: 1, Account: shop, Recipient: "1", Fingerprint: b.Fingerprint, Status: state.Intent, Change: 1, PlanID: d.p.ID, FirstIntendedAt: now, IntendedAt: now, Attempts: 1})
		w.edit = foreign(g)
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "record", w.record(), "message.a sent mid.1\nmessage.b sent mid.3")

		// And the guard knows it as sent.
		c := d.sendAt(msg("c"), shop, "1", "a")
		rep, _ = w.apply(d)
		if code(t, rep, 3); rep.Results[1].Outcome.Reason != "duplicate" || rep.Results[1].Change != c {
			t.Errorf("%s", ends(rep))
		}
	})
}
