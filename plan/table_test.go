package plan

import (
	"strings"
	"testing"

	"herald/config"
	"herald/state"
)

// row is one row of the design's table: what is wanted and recorded, what the
// plan says of each address, and what is told to the reader.
type row struct {
	name string
	set  func(w *world)
	plan string // changes, a line each
	told string // diagnostics
}

func (r row) test(t *testing.T) {
	t.Helper()
	w := newWorld(t)
	r.set(w)
	p, diags := w.build()
	if got := strings.TrimSpace(said(diags)); got != strings.TrimSpace(r.told) {
		t.Errorf("told\n%s\nwant\n%s", got, strings.TrimSpace(r.told))
	}
	got := ""
	if p != nil {
		got = shown(p)
		if back := shown(saved(t, p)); back != got {
			t.Errorf("saved and read again:\n%s\nwas\n%s", back, got)
		}
	}
	want := strings.Split(strings.TrimSpace(r.plan), "\n")
	for i := range want {
		want[i] = strings.TrimPrefix(want[i], "\t\t\t")
	}
	if got := strings.TrimSpace(got); got != strings.Join(want, "\n") {
		t.Errorf("plan\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestTableOfMessages is the design's table for messages.
func TestTableOfMessages(t *testing.T) {
	for _, r := range []row{
		{"nothing recorded", func(w *world) {
			w.message("message.a", "hi")
		}, `+ message.a: send not_sent_yet`, ``},

		{"no record", func(w *world) {
			w.message("message.a", "hi")
			w.record = nil
		}, `+ message.a: send not_sent_yet`, ``},

		{"absent", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", inStatus(state.Absent))
		}, `+ message.a: send not_sent_yet`, ``},

		{"sent, same fingerprint", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", nil)
		}, `= message.a: no-op already_sent`, ``},

		{"sent, another fingerprint", func(w *world) {
			w.message("message.a", "hello")
			w.entry("message.a", "hi", nil)
		}, `= message.a: no-op edited_after_sent`, ``},

		{"sent, another recipient", func(w *world) {
			w.message("message.a", "hi").Recipient = ben
			w.entry("message.a", "hi", nil)
		}, `= message.a: no-op edited_after_sent`, ``},

		{"sent, another fingerprint, on_edit = error", func(w *world) {
			w.message("message.a", "hello").OnEdit = config.EditError
			w.entry("message.a", "hi", nil)
		}, ``, `
error: Message was edited after it was sent (main.hcl:10)
message.a was sent with another content, recipient or account, and its lifecycle block has on_edit = "error". A sent message cannot be changed. Put back what was sent, or send the new one as well with revision = 2.`},

		{"sent at a lower revision", func(w *world) {
			w.message("message.a", "hello").Revision = 2
			w.entry("message.a", "hi", nil)
		}, `+ message.a revision 2: send revision_raised`, ``},

		{"sent at a lower revision, the same content", func(w *world) {
			w.message("message.a", "hi").Revision = 2
			w.entry("message.a", "hi", nil)
		}, `+ message.a revision 2: send revision_raised`, ``},

		{"sent at a higher revision", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", nil)
			w.entry("message.a", "hello", atRevision(2))
		}, `= message.a: no-op revision_lowered`, `
warning: Revision is lower than the one sent (main.hcl:10)
message.a has revision = 1, but revision 2 was sent. A sent message cannot be taken back, so nothing is sent. Set revision = 2 to say what was sent, or revision = 3 to send the message once more.`},

		{"refused at a higher revision, sent at this one", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", nil)
			w.entry("message.a", "hello", func(e *state.Entry) { e.Revision = 2; refused(state.Final)(e) })
		}, `= message.a: no-op already_sent`, ``},

		{"rejected, hold", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", refused(state.Hold))
		}, `+ message.a: send rejected_before`, ``},

		{"rejected, final", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", refused(state.Final))
		}, `= message.a: no-op rejected_final`, ``},

		{"rejected, final, content changed", func(w *world) {
			w.message("message.a", "hello")
			w.entry("message.a", "hi", refused(state.Final))
		}, `+ message.a: send rejected_before`, ``},

		{"rejected, final, recipient changed", func(w *world) {
			w.message("message.a", "hi").Recipient = ben
			w.entry("message.a", "hi", refused(state.Final))
		}, `+ message.a: send rejected_before`, ``},

		{"rejected, final, revision changed", func(w *world) {
			w.message("message.a", "hi").Revision = 2
			w.entry("message.a", "hi", refused(state.Final))
		}, `+ message.a revision 2: send revision_raised`, ``},

		{"rejected, final, -retry-rejected", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", refused(state.Final))
			w.in.RetryRejected = true
		}, `+ message.a: send rejected_before`, ``},

		{"in doubt", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `? message.a: settle in_doubt`, ``},

		{"in doubt, on_in_doubt = hold", func(w *world) {
			w.message("message.a", "hi").OnInDoubt = config.DoubtHold
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `? message.a: settle in_doubt (held by message.a: in_doubt)`, ``},

		{"in doubt, its block gone", func(w *world) {
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `? message.a: settle in_doubt`, ``},

		{"in doubt, a higher revision waits", func(w *world) {
			w.message("message.a", "hello").Revision = 2
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `
			? message.a: settle in_doubt
			+ message.a revision 2: send revision_raised`, ``},

		{"in doubt with hold, a higher revision is held", func(w *world) {
			it := w.message("message.a", "hello")
			it.Revision, it.OnInDoubt = 2, config.DoubtHold
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `
			? message.a: settle in_doubt (held by message.a: in_doubt)
			+ message.a revision 2: send revision_raised (held by message.a: in_doubt)`, ``},

		{"in doubt at a higher revision", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hello", func(e *state.Entry) { e.Revision, e.Status = 2, state.Intent })
		}, `
			? message.a revision 2: settle in_doubt
			+ message.a: send not_sent_yet (held by message.a: in_doubt)`, ``},

		{"its fingerprint sent under an address whose block is gone", func(w *world) {
			w.message("message.b", "hi")
			w.entry("message.a", "hi", nil)
		}, ``, `
error: Message has another address in the record (main.hcl:10)
message.b is the same message to the same person as message.a, which was sent and whose block is gone. Under the new address it would reach the person again. If the block was renamed, add this to the configuration:

  moved {
    from = message.a
    to   = message.b
  }

If the person should receive it once more, write allow_duplicate = true into the lifecycle block of message.b.`},

		{"its fingerprint in doubt under an address whose block is gone", func(w *world) {
			w.message("message.b", "hi")
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, ``, `
error: Message has another address in the record (main.hcl:10)
message.b is the same message to the same person as message.a, which may have been sent (its outcome is in doubt) and whose block is gone. Under the new address it would reach the person again. If the block was renamed, add this to the configuration:

  moved {
    from = message.a
    to   = message.b
  }

If the person should receive it once more, write allow_duplicate = true into the lifecycle block of message.b.`},

		{"its fingerprint sent under another address of the files", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi")
			w.entry("message.a", "hi", nil)
		}, ``, `
error: Duplicate message (main.hcl:20)
message.b is the same message to the same person as message.a, which was sent. The person would read it twice. Take out one of the two, or write allow_duplicate = true into the lifecycle block of message.b if it is meant.`},

		{"another create of the plan with its fingerprint", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi")
		}, ``, `
error: Duplicate message (main.hcl:20)
message.b is the same message to the same person as message.a (main.hcl, line 10), and both are still to be sent. The person would read it twice. Take out one of the two, or write allow_duplicate = true into the lifecycle block of message.b if it is meant.`},

		{"allow_duplicate", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi").AllowDuplicate = true
			w.message("message.c", "hi").AllowDuplicate = true
			w.entry("message.a", "hi", nil)
		}, `
			= message.a: no-op already_sent
			+ message.b: send not_sent_yet
			+ message.c: send not_sent_yet`, ``},

		{"to another person it is no duplicate", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi").Recipient = ben
		}, `
			+ message.a: send not_sent_yet
			+ message.b: send not_sent_yet`, ``},

		{"absent under another address it is no duplicate", func(w *world) {
			w.message("message.b", "hi")
			w.entry("message.a", "hi", inStatus(state.Absent))
		}, `+ message.b: send not_sent_yet`, ``},

		{"an entry of the same conversation lost its block", func(w *world) {
			w.message("message.b", "hello")
			w.entry("message.a", "hi", nil)
		}, `
			+ message.b: send maybe_renamed
			retired: 1`, `
warning: Message may be a renamed one (main.hcl:10)
message.b is new, and the same person was sent message.a, whose block is gone. If it is another message, all is well: it will be sent. If the block was renamed and edited, the person would receive both; then add this to the configuration, and nothing is sent:

  moved {
    from = message.a
    to   = message.b
  }`},

		{"an entry of another conversation lost its block", func(w *world) {
			w.message("message.b", "hello").Recipient = ben
			w.entry("message.a", "hi", nil)
		}, `
			+ message.b: send not_sent_yet
			retired: 1`, ``},

		{"no block: sent, rejected and absent", func(w *world) {
			w.entry("message.a", "a", nil)
			w.entry("message.b", "b", refused(state.Final))
			w.entry("message.c", "c", inStatus(state.Absent))
		}, `retired: 2`, ``},
	} {
		t.Run(r.name, r.test)
	}
}

// TestTableOfReactions is the design's table for reactions.
func TestTableOfReactions(t *testing.T) {
	for _, r := range []row{
		{"nothing recorded", func(w *world) {
			w.reaction("reaction.r", "mid.x")
		}, `+ reaction.r: react not_reacted_yet`, ``},

		{"absent", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.entry("reaction.r", "mid.x", inStatus(state.Absent))
		}, `+ reaction.r: react not_reacted_yet`, ``},

		{"reacted, the same", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.entry("reaction.r", "mid.x", nil)
		}, `= reaction.r: no-op already_reacted`, ``},

		{"reacted, other target", func(w *world) {
			w.reaction("reaction.r", "mid.y")
			w.entry("reaction.r", "mid.x", nil)
		}, `-/+ reaction.r: move reaction target_changed`, ``},

		{"reacted, other reaction", func(w *world) {
			w.reaction("reaction.r", "mid.x").React = "haha"
			w.entry("reaction.r", "mid.x", nil)
		}, `~ reaction.r: change reaction reaction_changed`, ``},

		{"in doubt", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.entry("reaction.r", "mid.x", inStatus(state.Intent))
		}, `? reaction.r: repeat in_doubt`, ``},

		{"in doubt, its block gone", func(w *world) {
			w.entry("reaction.r", "mid.x", inStatus(state.Intent))
		}, `? reaction.r: repeat in_doubt`, ``},

		{"reacted, its block gone", func(w *world) {
			w.entry("reaction.r", "mid.x", nil)
		}, `- reaction.r: unreact removed`, ``},

		{"unreacted, its block gone", func(w *world) {
			w.entry("reaction.r", "mid.x", inStatus(state.Absent))
		}, ``, ``},

		{"rejected, final", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.entry("reaction.r", "mid.x", refused(state.Final))
		}, `= reaction.r: no-op rejected_final`, ``},

		{"rejected, hold", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.entry("reaction.r", "mid.x", refused(state.Hold))
		}, `+ reaction.r: react rejected_before`, ``},

		{"its message sent before", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a")
			w.entry("message.a", "hi", nil)
			w.entry("reaction.r", "mid.message.a", nil)
		}, `
			= message.a: no-op already_sent
			= reaction.r: no-op already_reacted`, ``},

		{"its message edited after it was sent", func(w *world) {
			w.message("message.a", "hello")
			w.reaction("reaction.r", "message.a")
			w.entry("message.a", "hi", nil)
		}, `
			= message.a: no-op edited_after_sent
			+ reaction.r: react not_reacted_yet`, ``},

		{"its message still to be sent, and declared later", func(w *world) {
			w.reaction("reaction.r", "message.a")
			w.message("message.a", "hi")
		}, `
			+ message.a: send not_sent_yet
			+ reaction.r: react not_reacted_yet`, ``},

		{"its message sent again", func(w *world) {
			w.message("message.a", "hello").Revision = 2
			w.reaction("reaction.r", "message.a")
			w.entry("message.a", "hi", nil)
			w.entry("reaction.r", "mid.message.a", nil)
		}, `
			+ message.a revision 2: send revision_raised
			-/+ reaction.r: move reaction target_changed`, ``},

		{"its message in doubt", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a")
			w.entry("message.a", "hi", inStatus(state.Intent))
		}, `
			? message.a: settle in_doubt
			+ reaction.r: react not_reacted_yet`, ``},

		{"its message refused for good", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a")
			w.entry("message.a", "hi", refused(state.Final))
		}, `
			= message.a: no-op rejected_final
			+ reaction.r: react not_reacted_yet (held by message.a: rejected_final)`, ``},

		{"another block reacts to the message that one left", func(w *world) {
			w.reaction("reaction.new", "mid.x")
			w.entry("reaction.old", "mid.x", nil)
		}, `
			- reaction.old: unreact removed
			+ reaction.new: react not_reacted_yet`, ``},

		{"a message changes hands in the wrong order of declaration", func(w *world) {
			w.reaction("reaction.a", "mid.x")
			w.reaction("reaction.b", "mid.y")
			w.entry("reaction.b", "mid.x", nil)
		}, `
			-/+ reaction.b: move reaction target_changed
			+ reaction.a: react not_reacted_yet`, ``},

		{"what leaves the message is not selected", func(w *world) {
			w.reaction("reaction.new", "mid.x")
			w.entry("reaction.old", "mid.x", nil)
			w.only("reaction.new")
		}, `
			= reaction.old: no-op not_selected
			+ reaction.new: react not_reacted_yet (held by reaction.old: not_selected)`, ``},

		{"two reactions change places", func(w *world) {
			w.reaction("reaction.a", "mid.y")
			w.reaction("reaction.b", "mid.x")
			w.entry("reaction.a", "mid.x", nil)
			w.entry("reaction.b", "mid.y", nil)
		}, ``, `
error: Reactions change places (main.hcl:10)
Each of these reactions moves to a message that another of them still has:

  reaction.a from mid.x to mid.y
  reaction.b from mid.y to mid.x

Instagram keeps one reaction of an account on a message, so none of them can go first. Do it in two applies: take out reaction.a and apply, which takes it back and moves the rest; then put it in again and apply. (Every one of the messages keeps a reaction of the account either way: if the recipient shall see no change, put the blocks back as they were.)`},

		{"two reactions change places, one taken out for now", func(w *world) {
			w.reaction("reaction.b", "mid.x")
			w.entry("reaction.a", "mid.x", nil)
			w.entry("reaction.b", "mid.y", nil)
		}, `
			- reaction.a: unreact removed
			-/+ reaction.b: move reaction target_changed`, ``},

		{"two reactions change places, the one put back", func(w *world) {
			w.reaction("reaction.a", "mid.y")
			w.reaction("reaction.b", "mid.x")
			w.entry("reaction.a", "mid.x", inStatus(state.Absent))
			w.entry("reaction.b", "mid.x", nil)
		}, `
			+ reaction.a: react not_reacted_yet
			= reaction.b: no-op already_reacted`, ``},

		{"two reactions to one message, by reference", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a")
			w.reaction("reaction.s", "message.a")
		}, ``, `
error: Two reactions to one message (main.hcl:30)
reaction.r and reaction.s both react to message.a from account shop. Instagram keeps one reaction of an account on a message: the second would replace the first, and each apply would undo the other. Take out one of the two.`},

		{"two reactions to one message, by reference and by id", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a")
			w.reaction("reaction.s", "mid.message.a")
			w.entry("message.a", "hi", nil)
		}, ``, `
error: Two reactions to one message (main.hcl:30)
reaction.r and reaction.s both react to mid.message.a from account shop. Instagram keeps one reaction of an account on a message: the second would replace the first, and each apply would undo the other. Take out one of the two.`},

		{"its message goes to another person", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "message.a").Recipient = ben
		}, ``, `
error: Reaction in another conversation (main.hcl:20)
reaction.r has recipient 1002, and its target message.a is a message to 1001. A reaction belongs to the conversation of its message. Give both the same recipient.`},

		{"the message of its id went to another person", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.r", "mid.message.a").Recipient = ben
			w.entry("message.a", "hi", nil)
		}, ``, `
error: Reaction in another conversation (main.hcl:20)
reaction.r has recipient 1002, and its target mid.message.a is a message to 1001. A reaction belongs to the conversation of its message. Give both the same recipient.`},

		{"its message is another account's", func(w *world) {
			w.message("message.a", "hi")
			w.second()
			w.reaction("reaction.r", "message.a")
		}, ``, `
error: Reaction from another account (main.hcl:20)
reaction.r reacts from account 17841400000000002 to message.a, a message of account 17841405822304914. An account sees its own conversations only. Give the reaction the account of its message.`},

		{"it changed its account", func(w *world) {
			w.entry("reaction.r", "mid.x", nil)
			w.second()
			w.reaction("reaction.r", "mid.y")
		}, ``, `
error: Reaction changed its account (main.hcl:10)
reaction.r was made from account 17841405822304914 and now belongs to account 17841400000000002. One change has one account. Take the block out and apply, which takes the reaction back; then put it in again.`},
	} {
		t.Run(r.name, r.test)
	}
}
