package apply

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/hcl/v2"

	"herald/plan"
	"herald/state"
)

// refusedWith checks that nothing was called or written, and why.
func refusedWith(t *testing.T, w *world, rep *Report, diags hcl.Diagnostics, want string) {
	t.Helper()
	code(t, rep, 5)
	if len(w.server.posts)+len(w.server.asked) > 0 || w.session.snapshots > 0 || len(w.session.journal) > 0 {
		t.Errorf("a refused run called or wrote")
	}
	if len(diags) != 1 {
		t.Fatalf("diagnostics: %s", summaries(diags))
	}
	equal(t, "diagnostic", diags[0].Summary+": "+diags[0].Detail, want)
}

func TestRefusals(t *testing.T) {
	base := func(status state.Status) state.Entry {
		return state.Entry{Addr: msg("a"), Revision: 1, Account: shop, Recipient: "1", Status: status, Change: 3, PlanID: "sha256:other"}
	}
	for name, tc := range map[string]struct {
		arrange func(w *world, d *draft)
		want    string
	}{
		"no record": {
			func(w *world, d *draft) { w.session.stored = nil; d.p.Lineage = "" },
			"No record: There is no record of what was sent. If it is lost, everything would be sent a second time, so nothing was sent.\n\n" +
				"If there was a record, put it back (from git, or from its backup), and apply again. If this is the first apply, say so:\n\n  herald apply -new-record",
		},
		"lost record": {
			func(w *world, d *draft) {
				w.session.stored = nil
				w.edit = func(r *Run) { r.NewRecord = true }
			},
			"Plan belongs to another record: Nothing was sent: the plan was made for the record with lineage lineage, and there is no record. What one record knows as sent, another would send again.\n\n" +
				"Put back the record that the plan was made for, or plan again with this one:\n\n  herald plan",
		},
		"another record": {
			func(_ *world, d *draft) { d.p.Lineage = "elsewhere" },
			"Plan belongs to another record: Nothing was sent: the plan was made for the record with lineage elsewhere, and the record has lineage lineage. What one record knows as sent, another would send again.\n\n" +
				"Put back the record that the plan was made for, or plan again with this one:\n\n  herald plan",
		},
		"stale": {
			func(w *world, _ *draft) { w.session.stored.Put(base(state.Sent)) },
			"Plan is stale: The record has changed since the plan was made, so the plan may no longer say what is missing. Nothing was sent.\n\n" +
				"  message.a was not recorded when the plan was made and is sent now\n\nPlan again, and look at what is left:\n\n  herald plan",
		},
		"endpoint": {
			func(w *world, _ *draft) { w.session.stored.Endpoints[shop] = "http://127.0.0.1:8080" },
			"Endpoint changed: The record tells of messages that went to another endpoint than the plan's, and what was sent to a simulator would count as sent for real. Nothing was sent.\n\n" +
				"  account \"shop\": recorded http://127.0.0.1:8080, planned https://graph.instagram.com\n\nGive the account its recorded endpoint, or accept the new one:\n\n  herald apply -accept-endpoint",
		},
		"account": {
			func(_ *world, d *draft) { d.p.Changes[0].Account = "42" },
			"Unknown account: message.a belongs to the account \"42\", which the plan does not name. Plan again.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				d := newDraft("sha256:p1")
				d.send("a", "1")
				tc.arrange(w, d)
				rep, diags := w.apply(d)
				refusedWith(t, w, rep, diags, tc.want)
			})
		})
	}
}

func TestNewRecordBeginsWithThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.session.stored = nil
		w.edit = func(r *Run) { r.NewRecord = true }
		d := newDraft("sha256:p1")
		d.p.Lineage = ""
		d.send("a", "1")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		r, _ := w.session.Load(t.Context())
		if r.Lineage != "new-lineage" || r.Origin != d.p.ID || r.Endpoints[shop] != "https://graph.instagram.com" || rep.Record.Lineage != r.Lineage {
			t.Errorf("record %+v", r)
		}
		w.edit = nil
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "again", ends(rep), "message.a skipped")
	})
}

func TestMovesAndEndpointsAreWrittenBeforeAnythingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.session.stored.Put(state.Entry{Addr: msg("old"), Revision: 1, Account: shop, Recipient: "9", Status: state.Sent, MessageID: "m", Fingerprint: "f", Change: 2})
		w.session.stored.Endpoints[shop] = "http://127.0.0.1:1"
		w.edit = func(r *Run) { r.AcceptEndpoint = true }
		d := newDraft("sha256:p1")
		d.p.Moves = []plan.Move{{From: msg("old"), To: msg("new")}}
		d.send("a", "1")
		w.session.before = func(state.Entry) error {
			if w.session.stored.Get(state.Key{Addr: msg("new"), Revision: 1}) == nil || w.session.stored.Endpoints[shop] != d.p.Accounts[0].Endpoint {
				return errors.New("an intent came before the moves")
			}
			return nil
		}
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.new sent m")
		rep, _ = w.apply(d)
		code(t, rep, 0)
	})
}

func TestRecordThatCannotBeWrittenStopsBeforeTheFirstCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.session.snapshotErr = errors.New("no space left on device")
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, diags := w.apply(d)
		code(t, rep, 1)
		equal(t, "diagnostic", diags[0].Detail, "The run stopped: no space left on device. What cannot be recorded is not sent, or it would be sent again. Make the record writable, then apply again.")
		if len(w.server.posts) > 0 {
			t.Error("sent")
		}
	})
}

func TestLimitsOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.p.Limits.MaxSends = 2
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "2")
		rep, diags := w.apply(d)
		code(t, rep, 1)
		equal(t, "diagnostic", diags[0].Summary+": "+diags[0].Detail, "Too many sends: Nothing was sent: the run would send 3 messages, and max_sends = 2. Select fewer with -only, or raise the limit in the herald block.")
		d.p.Limits = plan.Limits{MaxSendsPerRecipient: 1}
		rep, diags = w.apply(d)
		code(t, rep, 1)
		equal(t, "diagnostic", diags[0].Detail, "Nothing was sent: the run would send more than max_sends_per_recipient = 1 messages to 1. Select fewer with -only, or raise the limit in the herald block.")
		d.p.Limits = plan.Limits{StopAfterFailures: 1}
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: Final, Code: 100} }
		rep, diags = w.apply(d)
		code(t, rep, 3)
		equal(t, "diagnostics", summaries(diags), "Too many failures; Message refused; Not sent yet")
		equal(t, "ends", ends(rep), "message.a rejected, message.b held by message.a, message.c stopped")
	})
}

func TestLostLockStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		w.server.answer = func(int, Call) Outcome { w.session.lose(state.ErrLockLost); return Outcome{Class: Accepted} }
		rep, diags := w.applyUntil(context.Background(), d)
		code(t, rep, 4)
		if !errors.Is(rep.Broken, state.ErrLockLost) {
			t.Errorf("broken: %v", rep.Broken)
		}
		equal(t, "ends", ends(rep), "message.a in doubt, message.b stopped")
		equal(t, "diagnostics", summaries(diags), "Record cannot be written; Outcome not recorded")
		if len(rep.Unrecorded) != 1 || rep.Unrecorded[0].MessageID != "mid.a.1" || rep.Unrecorded[0].Status != state.Sent {
			t.Errorf("unrecorded %+v", rep.Unrecorded)
		}
	})
}
