package plan

import (
	"testing"

	"herald/state"
)

func TestMoves(t *testing.T) {
	for _, r := range []row{
		{"a renamed block", func(w *world) {
			w.message("message.b", "hi")
			w.entry("message.a", "hi", nil)
			w.moved("message.a", "message.b")
		}, `
			= message.b: no-op already_sent
			> message.b: moved from message.a`, ``},

		{"all revisions and doubts", func(w *world) {
			w.message("message.b", "hello").Revision = 2
			w.entry("message.a", "hi", inStatus(state.Intent))
			w.moved("message.a", "message.b")
		}, `
			? message.b: settle in_doubt
			+ message.b revision 2: send revision_raised
			> message.b: moved from message.a`, ``},

		{"a whole block with for_each, key by key", func(w *world) {
			w.message(`message.b["ana"]`, "hi")
			w.message(`message.b["ben"]`, "hi").Recipient = ben
			w.entry(`message.a["ana"]`, "hi", nil)
			w.entry(`message.a["old"]`, "gone", nil)
			w.moved("message.a", "message.b")
		}, `
			= message.b["ana"]: no-op already_sent
			+ message.b["ben"]: send not_sent_yet
			> message.b["ana"]: moved from message.a["ana"]
			> message.b["old"]: moved from message.a["old"]
			retired: 1`, ``},

		{"one instance out of a block", func(w *world) {
			w.message(`message.a["ben"]`, "hi").Recipient = ben
			w.message("message.ana", "hi")
			w.entry(`message.a["ana"]`, "hi", nil)
			w.moved(`message.a["ana"]`, "message.ana")
		}, `
			+ message.a["ben"]: send not_sent_yet
			= message.ana: no-op already_sent
			> message.ana: moved from message.a["ana"]`, ``},

		{"a block that got for_each", func(w *world) {
			w.message(`message.a["ana"]`, "hi")
			w.entry("message.a", "hi", nil)
			w.moved("message.a", `message.a["ana"]`)
		}, `
			= message.a["ana"]: no-op already_sent
			> message.a["ana"]: moved from message.a`, ``},

		{"a chain, from its beginning and its middle", func(w *world) {
			w.message(`message.c["1"]`, "one")
			w.message(`message.c["2"]`, "two")
			w.entry(`message.a["1"]`, "one", nil)
			w.entry(`message.b["2"]`, "two", nil)
			w.moved("message.b", "message.c")
			w.moved("message.a", "message.b")
		}, `
			= message.c["1"]: no-op already_sent
			= message.c["2"]: no-op already_sent
			> message.c["1"]: moved from message.a["1"]
			> message.c["2"]: moved from message.b["2"]`, ``},

		{"an instance's own move goes before its block's", func(w *world) {
			w.message(`message.b["1"]`, "one")
			w.message("message.two", "two")
			w.entry(`message.a["1"]`, "one", nil)
			w.entry(`message.a["2"]`, "two", nil)
			w.moved("message.a", "message.b")
			w.moved(`message.a["2"]`, "message.two")
		}, `
			= message.b["1"]: no-op already_sent
			= message.two: no-op already_sent
			> message.b["1"]: moved from message.a["1"]
			> message.two: moved from message.a["2"]`, ``},

		{"a reaction", func(w *world) {
			w.reaction("reaction.b", "mid.x")
			w.entry("reaction.a", "mid.x", nil)
			w.moved("reaction.a", "reaction.b")
		}, `
			= reaction.b: no-op already_reacted
			> reaction.b: moved from reaction.a`, ``},

		{"nothing to move: it may stay in the files", func(w *world) {
			w.message("message.b", "hi")
			w.entry("message.b", "hi", nil)
			w.moved("message.a", "message.b")
		}, `= message.b: no-op already_sent`, ``},

		{"both have an entry", func(w *world) {
			w.message("message.b", "hello")
			w.entry("message.a", "hi", nil)
			w.entry("message.b", "hello", inStatus(state.Absent))
			w.moved("message.a", "message.b")
		}, ``, `
error: Both addresses are recorded (moved.hcl:1)
message.a cannot be moved to message.b: the record has an entry for each (sent and absent), and neither may be lost. Take out the moved block. To see both entries:

  herald state show 'message.a'
  herald state show 'message.b'`},

		{"two to one address", func(w *world) {
			w.message("message.c", "hi")
			w.entry("message.a", "hi", nil)
			w.entry("message.b", "ho", nil)
			w.moved("message.a", "message.c")
			w.moved("message.b", "message.c")
		}, ``, `
error: Two moves to one address (moved.hcl:5)
What was sent as message.a and as message.b would both belong to message.c. One address stands for one message. Move one of them elsewhere, or leave it where it is.`},

		{"the kinds differ", func(w *world) {
			w.moved("message.a", "reaction.b")
		}, ``, `
error: Move between kinds (moved.hcl:1)
message.a cannot become reaction.b: a message that was sent is no reaction. Both addresses of a moved block have the same kind.`},

		{"a circle", func(w *world) {
			w.moved("message.a", "message.b")
			w.moved("message.b", "message.a")
		}, ``, `
error: Circular moves (moved.hcl:1)
These moved blocks lead in a circle, so where the entries belong is not said:

  message.a to message.b (moved.hcl, line 1)
  message.b to message.a (moved.hcl, line 5)

Take out the one that is no longer true.`},

		{"a circle of a block and an instance", func(w *world) {
			w.moved("message.a", "message.b")
			w.moved(`message.b["x"]`, `message.a["x"]`)
		}, ``, `
error: Circular moves (moved.hcl:5)
These moved blocks lead in a circle, so where the entries belong is not said:

  message.b["x"] to message.a["x"] (moved.hcl, line 5)
  message.a["x"] to message.b["x"] (moved.hcl, line 1)

Take out the one that is no longer true.`},

		{"from twice", func(w *world) {
			w.moved("message.a", "message.b")
			w.moved("message.a", "message.c")
		}, ``, `
error: Moved twice (moved.hcl:5)
message.a is moved to message.b in moved.hcl, line 1 and to message.c here. What was sent can belong to one address only. Take out one of the two.`},

		{"still declared", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", nil)
			w.moved("message.a", "message.b")
		}, ``, `
error: Moved block is still declared (moved.hcl:1)
message.a is moved to message.b and is declared as well. What was sent as message.a would belong to message.b, and message.a would be sent again. Take out the moved block, or give the block a name of its own.`},

		{"a renamed block with for_each, without moved: one error", func(w *world) {
			for _, p := range []string{"1", "2", "3"} {
				w.message(`message.new["`+p+`"]`, "hi").Recipient = p
				w.entry(`message.old["`+p+`"]`, "hi", func(e *state.Entry) { e.Recipient = p })
			}
		}, ``, `
error: Message has another address in the record (main.hcl:10)
message.new["1"] is the same message to the same person as message.old["1"], which was sent and whose block is gone. Under the new address it would reach the person again. The same goes for 2 other instances. If the block was renamed, add this to the configuration:

  moved {
    from = message.old
    to   = message.new
  }

If the person should receive it once more, write allow_duplicate = true into the lifecycle block of message.new.`},

		{"a renamed key, without moved", func(w *world) {
			w.message(`message.a["anna"]`, "hi")
			w.entry(`message.a["ana"]`, "hi", nil)
		}, ``, `
error: Message has another address in the record (main.hcl:10)
message.a["anna"] is the same message to the same person as message.a["ana"], which was sent and whose block is gone. Under the new address it would reach the person again. If the block was renamed, add this to the configuration:

  moved {
    from = message.a["ana"]
    to   = message.a["anna"]
  }

If the person should receive it once more, write allow_duplicate = true into the lifecycle block of message.a.`},
	} {
		t.Run(r.name, r.test)
	}
}

// A move is made in a copy: the record that Build was given stays.
func TestBuildLeavesTheRecord(t *testing.T) {
	w := newWorld(t)
	w.message("message.b", "hi")
	w.entry("message.a", "hi", nil)
	w.moved("message.a", "message.b")
	p := w.plan()
	if w.record.Latest(address(t, "message.a")) == nil || w.record.Latest(address(t, "message.b")) != nil {
		t.Error("the record was changed")
	}
	c := p.Changes[0]
	if c.MovedFrom.String() != "message.a" || c.Base == nil || c.Base.Addr.String() != "message.b" {
		t.Errorf("moved from %s, base %+v", c.MovedFrom, c.Base)
	}
	if p.Empty() {
		t.Error("a plan with a move is not empty")
	}
}
