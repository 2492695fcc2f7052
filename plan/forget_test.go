package plan

import (
	"testing"

	"herald/state"
)

// TestTableOfRemoved is what a removed block makes of what is recorded.
func TestTableOfRemoved(t *testing.T) {
	for _, r := range []row{
		{"nothing recorded", func(w *world) {
			w.removed("reaction.a")
		}, ``, ``},

		{"reacted", func(w *world) {
			w.entry("reaction.a", "mid.1", nil)
			w.removed("reaction.a")
		}, `. reaction.a: forget forgotten`, ``},

		{"in doubt", func(w *world) {
			w.entry("reaction.a", "mid.1", inStatus(state.Intent))
			w.removed("reaction.a")
		}, `. reaction.a: forget forgotten`, ``},

		{"rejected", func(w *world) {
			w.entry("reaction.a", "mid.1", refused(state.Final))
			w.removed("reaction.a")
		}, `retired: 1`, ``},

		{"forgotten before", func(w *world) {
			w.entry("reaction.a", "mid.1", func(e *state.Entry) { e.Status, e.SettledBy = state.Absent, "removed" })
			w.removed("reaction.a")
		}, ``, ``},

		{"forgotten before, and the removed block gone", func(w *world) {
			w.entry("reaction.a", "mid.1", func(e *state.Entry) { e.Status, e.SettledBy = state.Absent, "removed" })
		}, ``, ``},

		{"all of a block, and one of another", func(w *world) {
			w.entry(`reaction.a["x"]`, "mid.1", nil)
			w.entry(`reaction.a["y"]`, "mid.2", nil)
			w.entry(`reaction.b["x"]`, "mid.3", nil)
			w.entry(`reaction.b["y"]`, "mid.4", nil)
			w.removed("reaction.a")
			w.removed(`reaction.b["y"]`)
		}, `
			. reaction.a["x"]: forget forgotten
			. reaction.a["y"]: forget forgotten
			- reaction.b["x"]: unreact removed
			. reaction.b["y"]: forget forgotten`, ``},

		{"not selected", func(w *world) {
			w.entry(`reaction.a["x"]`, "mid.1", nil)
			w.entry(`reaction.a["y"]`, "mid.2", nil)
			w.removed("reaction.a")
			w.only(`reaction.a["y"]`)
		}, `
			= reaction.a["x"]: no-op not_selected
			. reaction.a["y"]: forget forgotten`, ``},

		{"its account is gone", func(w *world) {
			w.entry("reaction.a", "mid.1", func(e *state.Entry) { e.Account = "17841400000000009" })
			w.removed("reaction.a")
		}, `. reaction.a: forget forgotten`, ``},

		{"moved first", func(w *world) {
			w.entry("reaction.a", "mid.1", nil)
			w.moved("reaction.a", "reaction.b")
			w.removed("reaction.b")
		}, `
			. reaction.b: forget forgotten
			> reaction.b: moved from reaction.a`, ``},

		{"another reaction takes its message", func(w *world) {
			w.reaction("reaction.b", "mid.1")
			w.entry("reaction.a", "mid.1", nil)
			w.removed("reaction.a")
		}, `
			. reaction.a: forget forgotten
			+ reaction.b: react not_reacted_yet`, ``},

		{"behind what is held", func(w *world) {
			w.message("message.a", "hi")
			w.entry("message.a", "hi", refused(state.Final))
			w.entry("reaction.a", "mid.1", nil)
			w.removed("reaction.a")
		}, `
			. reaction.a: forget forgotten
			= message.a: no-op rejected_final`, ``},

		{"still declared", func(w *world) {
			w.reaction(`reaction.a["x"]`, "mid.1")
			w.removed(`reaction.a["y"]`)
			w.removed(`reaction.a["x"]`)
			w.removed("reaction.a")
		}, ``, `
error: Removed and still declared (removed.hcl:5)
reaction.a["x"] is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.
error: Removed and still declared (removed.hcl:9)
reaction.a is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.`},

		{"a message", func(w *world) {
			w.entry("message.a", "hi", nil)
			w.removed("message.a")
		}, ``, `
error: Message cannot be forgotten (removed.hcl:1)
message.a is a message. What was sent cannot be taken back, and stays on record so that it is never sent twice. Its block may simply be deleted. Take out this removed block.`},
	} {
		t.Run(r.name, r.test)
	}
}
