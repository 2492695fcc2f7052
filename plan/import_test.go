package plan

import (
	"testing"

	"herald/config"
	"herald/state"
)

// TestTableOfImports is what an import block makes of each row.
func TestTableOfImports(t *testing.T) {
	for _, r := range []row{
		{"nothing recorded", func(w *world) {
			w.message("message.a", "hi")
			w.imports("message.a", "mid.1")
		}, `< message.a: import imported as mid.1`, ``},

		{"no record", func(w *world) {
			w.message("message.a", "hi")
			w.imports("message.a", "mid.1")
			w.record = nil
		}, `< message.a: import imported as mid.1`, ``},

		{"rejected for good", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", refused(state.Final))
			w.imports("message.a", "mid.1")
		}, `< message.a: import imported as mid.1`, ``},

		{"absent, and its id kept", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", func(e *state.Entry) { e.Status, e.MessageID = state.Absent, "mid.1" })
			w.imports("message.a", "mid.1")
		}, `< message.a: import imported as mid.1`, ``},

		{"recorded under this id", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
		}, `= message.a: no-op already_sent`, ``},

		{"recorded under this id, and edited since", func(w *world) {
			w.message("message.a", "hello")
			w.entry("message.a", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
		}, `= message.a: no-op edited_after_sent`, ``},

		{"delivered twice, once under this id", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", func(e *state.Entry) { e.MessageID, e.AlsoSent = "mid.0", []string{"mid.1"} })
			w.imports("message.a", "mid.1")
		}, `= message.a: no-op already_sent`, ``},

		{"recorded under this id, and its revision raised", func(w *world) {
			w.message("message.a", "hello").Revision = 2
			w.entry("message.a", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
		}, `+ message.a revision 2: send revision_raised`, ``},

		{"a lower revision was sent", func(w *world) {
			w.message("message.a", "hello").Revision = 2
			w.entry("message.a", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.2")
		}, `< message.a revision 2: import imported as mid.2`, ``},

		{"recorded under another id", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", nil)
			w.imports("message.a", "mid.1")
		}, ``, `
error: Import of a message that was sent (import.hcl:1)
message.a is recorded as sent under the id mid.message.a, and is imported under another one, mid.1. Both cannot be right, and what is recorded stays. Take out the import; if it is another message, give it a block of its own.`},

		{"a higher revision was sent", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hello", atRevision(2))
			w.imports("message.a", "mid.1")
		}, ``, `
error: Import of a message that was sent (import.hcl:1)
message.a revision 2 is recorded as sent under the id mid.message.a revision 2, and is imported under another one, mid.1. Both cannot be right, and what is recorded stays. Take out the import; if it is another message, give it a block of its own.
warning: Revision is lower than the one sent (main.hcl:10)
message.a has revision = 1, but revision 2 was sent. A sent message cannot be taken back, so nothing is sent. Set revision = 2 to say what was sent, or revision = 3 to send the message once more.`},

		{"in doubt", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", inStatus(state.Intent))
			w.imports("message.a", "mid.1")
		}, ``, `
error: Import of a message in doubt (import.hcl:1)
message.a is in doubt: Herald has tried to send it and does not know whether it arrived. An import says that it was sent by hand, and it may have been sent by Herald. If it is one and the same, take out the import and say so:

  herald resolve 'message.a' -sent=mid.1`},

		{"in doubt, and not selected", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.entry("message.a", "hi", inStatus(state.Intent))
			w.imports("message.a", "mid.1")
			w.only("message.b")
		}, `
			= message.a: no-op not_selected
			+ message.b: send not_sent_yet (held by message.a: not_selected)`, ``},

		{"instances in doubt", func(w *world) {
			for _, key := range []string{"x", "y", "z"} {
				a := `message.a["` + key + `"]`
				w.message(a, "hi "+key)
				w.entry(a, "hi "+key, inStatus(state.Intent))
				w.imports(a, "mid."+key)
			}
			w.wanted.Imports[1].Range = w.wanted.Imports[0].Range
			w.wanted.Imports[2].Range = w.wanted.Imports[0].Range
		}, ``, `
error: Import of a message in doubt (import.hcl:1)
message.a["x"] is in doubt: Herald has tried to send it and does not know whether it arrived. An import says that it was sent by hand, and it may have been sent by Herald. If it is one and the same, take out the import and say so:

  herald resolve 'message.a["x"]' -sent=mid.x

The same goes for 2 other imports of this block.`},

		{"the id of another address", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.entry("message.b", "ho", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
		}, ``, `
error: Message id belongs to another address (import.hcl:1)
message.a is imported under the id that is recorded for message.b. Instagram gives every message an id of its own. Look again which of the two it belongs to.`},

		{"the further id of another address", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.entry("message.b", "ho", func(e *state.Entry) { e.MessageID, e.AlsoSent = "mid.0", []string{"mid.1"} })
			w.imports("message.a", "mid.1")
		}, ``, `
error: Message id belongs to another address (import.hcl:1)
message.a is imported under the id that is recorded for message.b. Instagram gives every message an id of its own. Look again which of the two it belongs to.`},

		{"the id of an address whose block is gone", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.b", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
		}, ``, `
error: Message id belongs to another address (import.hcl:1)
message.a is imported under the id that is recorded for message.b. Instagram gives every message an id of its own. The block of message.b is gone. If it was renamed, write this in the place of the import:

  moved {
    from = message.b
    to   = message.a
  }`},

		{"the id has moved here", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.b", "hi", func(e *state.Entry) { e.MessageID = "mid.1" })
			w.imports("message.a", "mid.1")
			w.moved("message.b", "message.a")
		}, `
			= message.a: no-op already_sent
			> message.a: moved from message.b`, ``},

		{"what was refused has moved here", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.b", "hi", refused(state.Hold))
			w.imports("message.a", "mid.1")
			w.moved("message.b", "message.a")
		}, `
			< message.a: import imported as mid.1
			> message.a: moved from message.b`, ``},

		{"undeclared", func(w *world) {
			w.message("message.b", "hi")
			w.imports("message.a", "mid.1")
		}, ``, `
error: Import without its message (import.hcl:1)
An import names message.a, which the configuration does not declare. Did you mean this one?

  message.b

Correct the address, or declare the block.`},

		{"a reaction, an impossible id, one message twice, one id twice", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.reaction("reaction.a", "mid.0")
			w.imports("reaction.a", "mid.1")
			w.imports("message.a", "mid 1")
			w.imports("message.a", "mid.1")
			w.imports("message.b", "mid.1")
		}, ``, `
error: Reaction needs no import (import.hcl:1)
reaction.a is a reaction, and to react twice changes nothing. Declare it, and the next apply makes it Herald's.
error: Invalid message id (import.hcl:5)
A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this one holds a blank, a line break or another character that is never part of one. Copy it again; trimspace(…) takes away what surrounds it.
error: Imported twice (import.hcl:9)
message.a is imported twice. A message was sent under one id: take out one of the two.
error: One id for two messages (import.hcl:13)
message.a and message.b are imported under one id. Every message has an id of its own: look again which of the two it belongs to.`},
	} {
		t.Run(r.name, r.test)
	}
}

// TestImportsAndTheirNeighbours is what an import means for what stands around
// it: it counts as sent.
func TestImportsAndTheirNeighbours(t *testing.T) {
	for _, r := range []row{
		{"the conversation goes on behind it", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.imports("message.a", "mid.1")
		}, `
			< message.a: import imported as mid.1
			+ message.b: send not_sent_yet`, ``},

		{"it is never held, and lets nothing pass", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho", "message.a")
			w.message("message.c", "hm")
			w.entry("message.a", "hi", refused(state.Final))
			w.imports("message.b", "mid.1")
		}, `
			= message.a: no-op rejected_final
			< message.b: import imported as mid.1
			+ message.c: send not_sent_yet (held by message.a: rejected_final)`, ``},

		{"not selected", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.message("message.c", "hm").Recipient = ben
			w.reaction("reaction.a", "message.a").DependsOn = addresses(t, []string{"message.c"})
			w.imports("message.a", "mid.1")
			w.only("message.b", "message.c", "reaction.a")
		}, `
			= message.a: no-op not_selected
			+ message.b: send not_sent_yet (held by message.a: not_selected)
			+ message.c: send not_sent_yet
			+ reaction.a: react not_reacted_yet (held by message.a: not_selected)`, ``},

		{"the same content is still to be sent", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi")
			w.imports("message.b", "mid.1")
		}, ``, `
error: Duplicate message (main.hcl:10)
message.a is the same message to the same person as message.b (main.hcl, line 20), which was sent by hand, as its import block says. The person would read it twice. Take out one of the two, or write allow_duplicate = true into the lifecycle block of message.a if it is meant.`},

		{"the same content is still to be sent, and the import not selected", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi")
			w.imports("message.b", "mid.1")
			w.only("message.a")
		}, ``, `
error: Duplicate message (main.hcl:10)
message.a is the same message to the same person as message.b (main.hcl, line 20), which was sent by hand, as its import block says. The person would read it twice. Take out one of the two, or write allow_duplicate = true into the lifecycle block of message.a if it is meant.`},

		{"the same content is meant to be sent", func(w *world) {
			w.message("message.a", "hi").AllowDuplicate = true
			w.message("message.b", "hi")
			w.imports("message.b", "mid.1")
		}, `
			+ message.a: send not_sent_yet
			< message.b: import imported as mid.1`, ``},

		{"the same content was sent by hand twice, and by Herald", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "hi")
			w.message("message.c", "hi")
			w.entry("message.c", "hi", nil)
			w.imports("message.a", "mid.1")
			w.imports("message.b", "mid.2")
		}, `
			< message.a: import imported as mid.1
			< message.b: import imported as mid.2
			= message.c: no-op already_sent`, ``},

		{"imports are no sends", func(w *world) {
			w.message("message.a", "hi")
			w.message("message.b", "ho")
			w.imports("message.a", "mid.1")
			w.wanted.Limits = config.Limits{MaxSends: 1, MaxSendsPerRecipient: 1}
		}, `
			< message.a: import imported as mid.1
			+ message.b: send not_sent_yet`, ``},

		{"an imported message is no renamed one", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.gone", "ho", nil)
			w.imports("message.a", "mid.1")
		}, `
			< message.a: import imported as mid.1
			retired: 1`, ``},

		{"a reaction on it stands already", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.a", "message.a")
			w.entry("reaction.a", "mid.1", nil)
			w.imports("message.a", "mid.1")
		}, `
			< message.a: import imported as mid.1
			= reaction.a: no-op already_reacted`, ``},

		{"two reactions on it, one by its id", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.a", "message.a")
			w.reaction("reaction.b", "mid.1")
			w.imports("message.a", "mid.1")
		}, ``, `
error: Two reactions to one message (main.hcl:30)
reaction.a and reaction.b both react to mid.1 from account shop. Instagram keeps one reaction of an account on a message: the second would replace the first, and each apply would undo the other. Take out one of the two.`},

		{"a reaction to its id in another conversation", func(w *world) {
			w.message("message.a", "hi")
			w.reaction("reaction.a", "mid.1").Recipient = ben
			w.imports("message.a", "mid.1")
		}, ``, `
error: Reaction in another conversation (main.hcl:20)
reaction.a has recipient 1002, and its target mid.1 is a message to 1001. A reaction belongs to the conversation of its message. Give both the same recipient.`},
	} {
		t.Run(r.name, r.test)
	}
}
