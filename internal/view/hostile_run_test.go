package view_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/markdown"
	"herald/internal/view/receipt"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
	"herald/plan"
	"herald/state"
)

// evilSince is a plan with imports and reactions that differs from another in
// all that may differ, with s wherever there is a text of unknown origin.
func evilSince(s string) *view.PlanDoc {
	change := func(name string, a plan.Action, text string) *plan.Change {
		return &plan.Change{Addr: viewtest.MessageOf(name, s), Action: a, Account: s, Recipient: s, Content: content.Content{Kind: content.Text, Value: text}, ImportID: s + text}
	}
	react := func(to string) *plan.Change {
		return &plan.Change{Addr: viewtest.ReactionAt("r"), Action: plan.React, Account: s, Recipient: s, React: to, Target: plan.Target{ID: to}}
	}
	edited := change("edited", plan.NoOp, "new "+s)
	edited.Reason, edited.Base = plan.EditedAfterSent, &state.Entry{
		Recipient: s, Account: "other " + s, Fingerprint: content.Fingerprint(s, s, content.Content{Kind: content.Text, Value: s + " old"}),
	}
	imported := change("imported", plan.Import, s)
	imported.Reason = plan.Imported
	forgotten := react(s)
	forgotten.Addr, forgotten.Action, forgotten.Reason = viewtest.ReactionAt("f"), plan.Forget, plan.Forgotten
	moved := change("to", plan.Send, s)
	moved.Recipient = "2" + s
	old := &plan.Plan{ID: "0" + s, Lineage: "0", Changes: []*plan.Change{
		change("edited", plan.Send, s+" old"), change("gone", plan.Send, s), change("to", plan.Send, s+" {+x"), change("imported", plan.Import, "x"), react("1" + s),
	}}
	return view.NewPlanDoc(&plan.Plan{
		ID: s, Lineage: s, Selection: plan.Selection{Exclude: []string{s}}, Accounts: []plan.Account{{Name: s, IGID: "3", Endpoint: s}},
		Changes: []*plan.Change{edited, imported, forgotten, moved, react(s)},
	}, view.PlanOptions{Since: old, Saved: true})
}

// evilReport is a run with s wherever a run holds a text of unknown origin.
func evilReport(s string) *apply.Report {
	rep := &apply.Report{PlanID: s, Prepare: len(s)%2 == 0, Prepared: 1}
	if len(s)%3 == 0 {
		rep.Broken = errors.New(s)
	}
	for i, r := range []apply.Result{
		apply.ResultNone, apply.ResultDone, apply.ResultSkipped, apply.ResultRejected, apply.ResultInDoubt, apply.ResultHeld, apply.ResultStopped, apply.ResultLater,
	} {
		c := &plan.Change{Addr: viewtest.MessageOf("evil", s), Revision: 1 + i%2, Action: plan.Send, Account: s, Recipient: s}
		rep.Results = append(rep.Results, apply.ChangeResult{
			Change: c, Result: r, MessageID: s, Because: c, Undecided: s,
			Outcome: apply.Outcome{Code: i % 2, TraceID: s, Reason: s, Explain: s, Remedy: s},
		})
	}
	return rep
}

// FuzzRun writes a run, and a plan that is compared with another, hostile
// throughout.
func FuzzRun(f *testing.F) {
	for _, s := range []string{
		viewtest.Hostile, "", "`", "a|b", "</summary></details>", "\n# x", "<!-- -->", "::error::x", "##[error]", "[-x-]{+y+}", "\xff", "\u202e", "@all #1 GH-1",
		strings.Repeat("👩‍👩‍👧", 60), strings.Repeat("`", 300), strings.Repeat("a ", 300), "https://example.com/x www.example.com", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
	} {
		f.Add(s)
	}
	f.Fuzz(checkRun)
}

// checkRun writes a run and a compared plan that are hostile by s.
func checkRun(t *testing.T, s string) {
	t.Helper()
	run := receipt.NewRunDoc(evilReport(s))
	run.Again = "herald apply " + s
	since := evilSince(s)
	for name, write := range map[string]func(w io.Writer) error{
		"run":  func(w io.Writer) error { return markdown.Run(w, run, markdown.Options{Label: s}) },
		"plan": func(w io.Writer) error { return markdown.Plan(w, since, markdown.Options{Label: s}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), "<!-- herald:"+name) {
			t.Errorf("the %s does not begin with its marker: %.60q", name, b.String())
		}
		checkMarkdown(t, b.Bytes())
		checkCommands(t, b.String())
	}
	for _, verbose := range []bool{false, true} {
		for _, width := range []int{0, 30, 80} {
			opts := text.Options{Width: width, Verbose: verbose}
			text := viewtest.Render(t, func(w io.Writer) error {
				return errors.Join(text.Run(w, run, opts), text.Plan(w, since, opts))
			})
			viewtest.CheckRunes(t, text)
			checkCommands(t, text)
		}
	}
}

// TestHostileMixtures puts together what is hostile in more ways than one.
func TestHostileMixtures(t *testing.T) {
	pieces := []string{
		"`", "```", "~~~", "\n", "\n\n", " ", "    ", "\t", "|", "\\", "<", ">", "</", "<!--", "-->", "</details>", "</summary>", "<script>", "&lt;", "&#64;",
		"@all", "#1", "GH-1", "https://x.example", "www.x.example", "x@y.example", "[a](b)", "![a](b)", "[a]: b", "* ", "- ", "1. ", "> ", "# ", "---", "===", "$x$", ":smile:",
		"::error::", "##[x", "\x1b[1m", "\u202e", "\u200b", "\x00", "\r", "\xff", "e\u0301", "👩‍👩‍👧", "❤\ufe0f", "pаypal", "{{x}}", "Hi ,", "[-", "-]", "{+", "+}", "a", "Zeile",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		checkRun(t, b.String())
		checkFormats(t, b.String())
		if t.Failed() {
			t.Fatalf("it was %q", b.String())
		}
	}
}
