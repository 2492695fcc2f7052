package apply

import (
	"strings"
	"testing"
	"testing/synctest"

	"herald/plan"
	"herald/state"
)

func TestReactionsMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		log := history(w.session)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "wire", w.server.seen(), "1:a; 1:+love on mid.a.1")
		equal(t, "record", w.record(), "message.a sent mid.a.1\nreaction.r reacted love on mid.a.1")

		stored := func() *state.Entry { return w.session.stored.Get(state.Key{Addr: rea("r"), Revision: 1}) }
		d2 := newDraft("sha256:p2")
		c := d2.react(plan.Retarget, "r", "1", plan.Target{ID: "mid.x"}, "love")
		c.Base, c.BaseChange = stored(), stored().Change
		rep, _ = w.apply(d2)
		code(t, rep, 0)
		equal(t, "record", w.record(), "message.a sent mid.a.1\nreaction.r reacted love on mid.x")
		equal(t, "events", w.story(), "run, start reaction.r, done reaction.r, end")
		rep, _ = w.apply(d2)
		equal(t, "again", ends(rep), "reaction.r skipped")

		d3 := newDraft("sha256:p3")
		c = d3.react(plan.Unreact, "r", "1", plan.Target{ID: "mid.x"}, "love")
		c.Base, c.BaseChange = stored(), stored().Change
		rep, _ = w.apply(d3)
		code(t, rep, 0)
		rep, _ = w.apply(d3)
		equal(t, "again", ends(rep), "reaction.r skipped")
		equal(t, "wire", w.server.seen(), "1:a; 1:+love on mid.a.1; 1:- on mid.a.1; 1:+love on mid.x; 1:- on mid.x")
		equal(t, "journal", log(), "intent, sent by answer, intent love@mid.a.1, reacted love@mid.a.1 by answer, "+
			"intent @mid.a.1, absent @mid.a.1 by answer, intent love@mid.x, reacted love@mid.x by answer, intent @mid.x, absent @mid.x by answer")
	})
}

func TestDoubtfulReactionIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		works := 3
		w.server.answer = func(n int, _ Call) Outcome {
			if n < works {
				return Outcome{Class: InDoubt, Code: 2}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.react(plan.React, "r", "1", plan.Target{ID: "mid.x"}, "love")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		if len(w.server.posts) != 3 {
			t.Errorf("%d calls", len(w.server.posts))
		}
		works = 100
		d = newDraft("sha256:p2")
		d.react(plan.React, "s", "1", plan.Target{ID: "mid.y"}, "love")
		d.send("a", "1")
		rep, diags := w.apply(d)
		code(t, rep, 4)
		equal(t, "ends", ends(rep), "reaction.s in doubt, message.a in doubt")
		equal(t, "record", w.record(), "message.a intent\nreaction.r reacted love on mid.x\nreaction.s intent love on mid.y")
		if !strings.HasSuffix(diags[0].Detail, "A reaction may be repeated freely, and the next apply does so.") {
			t.Errorf("detail %s", diags[0].Detail)
		}
		works = 0
		rep, _ = w.apply(d)
		equal(t, "again", ends(rep), "reaction.s done, message.a in doubt")
	})
}

func TestSecondReactionOnOneMessageIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		d.react(plan.React, "s", "1", plan.Target{ID: "mid.a.1"}, "love")
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, reaction.r done, reaction.s held by reaction.r")
		equal(t, "diagnostic", diags[0].Detail, "Not tried: reaction.s. reaction.r reacts to the same message, and an account has one reaction to a message: the second would replace the first.\n\n"+
			"Take one of the two reactions out of the configuration, then plan again.")
	})
}

func TestRefusedReactionHoldsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Verb != SendMessage {
				return Outcome{Class: Final, Code: 100, Subcode: 33}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.react(plan.React, "r", "1", plan.Target{ID: "mid.x"}, "love")
		d.send("a", "1")
		d.send("b", "2", rea("r"))
		d.send("c", "2")
		rep, _ := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "reaction.r rejected, message.a done, message.b held by reaction.r, message.c held by reaction.r")
	})
}

func TestUnreactThatIsLimitedLeavesTheReaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		base := state.Entry{Addr: rea("r"), Revision: 1, Account: shop, Recipient: "1", Status: state.Reacted, Target: "mid.x", Reaction: "love", Change: 2, PlanID: "sha256:p0"}
		w.session.stored.Put(base)
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: Hold, Code: 551} }
		log := history(w.session)
		d := newDraft("sha256:p1")
		c := d.react(plan.Unreact, "r", "1", plan.Target{ID: "mid.x"}, "love")
		c.Base, c.BaseChange = &base, base.Change
		rep, _ := w.apply(d)
		code(t, rep, 3)
		equal(t, "journal", log(), "intent @mid.x, reacted love@mid.x by answer")
		w.server.answer = nil
		rep, _ = w.apply(d)
		code(t, rep, 0)
		equal(t, "record", w.record(), "reaction.r absent  on mid.x")
	})
}

func TestStoppedAccountEndsWhatItsReactionsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Verb == AddReaction {
				return Outcome{Class: InDoubt}
			}
			return Outcome{Class: AccountRefused, Code: 190}
		}
		d := newDraft("sha256:p1")
		d.react(plan.React, "r", "1", plan.Target{ID: "mid.x"}, "love")
		d.send("a", "1")
		d.send("b", "2")
		rep, _ := w.apply(d)
		code(t, rep, 4)
		equal(t, "ends", ends(rep), "reaction.r in doubt, message.a stopped, message.b stopped")
	})
}

func TestReactionFollowsItsMessageToANewRevision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		w.apply(d)

		stored := func(k state.Key) *state.Entry { return w.session.stored.Get(k) }
		d2 := newDraft("sha256:p2")
		c := d2.send("a", "1")
		c.Base, c.BaseChange = stored(c.Key()), stored(c.Key()).Change
		c.Revision, c.Reason = 2, plan.RevisionRaised
		c = d2.react(plan.Retarget, "r", "1", plan.Target{Ref: msg("a")}, "love")
		c.Base, c.BaseChange = stored(c.Key()), stored(c.Key()).Change
		rep, _ := w.apply(d2)
		equal(t, "ends", ends(rep), "message.a revision 2 done, reaction.r done")
		equal(t, "wire", w.server.seen(), "1:a; 1:+love on mid.a.1; 1:a; 1:- on mid.a.1; 1:+love on mid.a.2")
		rep, _ = w.apply(d2)
		equal(t, "again", ends(rep), "message.a revision 2 skipped, reaction.r skipped")
	})
}
