package plan

import (
	"strings"
	"testing"

	"herald/config"
	"herald/state"
)

// TestTable is the design's table, row by row: what is wanted and recorded,
// what the plan says, and what is told to the reader.
func TestTable(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(w *world)
		plan string // changes, a line each
		told string // diagnostics
	}{
		{"nothing recorded",
			func(w *world) { w.message("message.a", "hi") },
			"+ message.a: send not_sent_yet\n", ""},
		{"absent",
			func(w *world) { w.message("message.a", "hi"); w.entry("message.a", "hi", inStatus(state.Absent)) },
			"+ message.a: send not_sent_yet\n", ""},
		{"sent, same fingerprint",
			func(w *world) { w.message("message.a", "hi"); w.entry("message.a", "hi", nil) },
			"  message.a: no-op already_sent\n", ""},
		{"sent, another fingerprint",
			func(w *world) { w.message("message.a", "hello"); w.entry("message.a", "hi", nil) },
			"  message.a: no-op edited_after_sent\n", ""},
		{"sent, another fingerprint, on_edit = error",
			func(w *world) {
				w.message("message.a", "hello").OnEdit = config.EditError
				w.entry("message.a", "hi", nil)
			},
			"", "error: Message was edited after it was sent (main.hcl:10)\n" +
				"message.a was sent with another content, recipient or account, and its lifecycle block has on_edit = \"error\". " +
				"A sent message cannot be changed. Put back what was sent, or send the new one as well with revision = 2.\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			row.set(w)
			p, diags := w.build()
			if got := said(diags); got != row.told {
				t.Errorf("told\n%s\nwant\n%s", got, row.told)
			}
			if p == nil {
				p = &Plan{}
			} else {
				saved(t, p)
			}
			if got := shown(p); strings.TrimSpace(got) != strings.TrimSpace(row.plan) {
				t.Errorf("plan\n%s\nwant\n%s", got, row.plan)
			}
		})
	}
}
