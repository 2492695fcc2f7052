package view_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/receipt"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
	"herald/plan"
)

func TestLongPlanIsNoBook(t *testing.T) {
	d := view.NewPlanDoc(viewtest.LongPlan(10_000), view.PlanOptions{})
	var b bytes.Buffer
	if err := text.Plan(&b, d, text.Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	_, end, _ := strings.Cut(b.String(), "number 1000. See you soon! 🚚\n")
	if want := `
… and 9,998 more conversations (-verbose shows all)
      + message.campaign  9,998

Plan: 10,000 to send, 0 to react, 0 to unreact.

Plan sha256:0
`; end != want {
		t.Errorf("the plan ends with\n%s\nwant\n%s", end, want)
	}
	b.Reset()
	if err := text.Plan(&b, d, text.Options{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "number 9999. ") {
		t.Error("the last message is missing from the verbose plan")
	}
}

func TestOneLongConversationIsCut(t *testing.T) {
	p := viewtest.LongPlan(300)
	for _, c := range p.Changes {
		c.Recipient = "1001"
	}
	p.Changes[250].Content.Value = "Hi {{name}}"
	var b bytes.Buffer
	if err := text.Plan(&b, view.NewPlanDoc(p, view.PlanOptions{}), text.Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"number 19. See you soon! 🚚\n\n      … and 280 more in this conversation, 1 of which looks odd (-verbose shows all)\n",
		"! 1 message looks odd: message.campaign[\"person-250\"].\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("not in the plan: %s\nbut\n%s", want, b.String())
		}
	}
}

// TestPageOfAManifoldPlan holds that a plan of many sorts of conversations, long
// texts, moves and marks is a page of about a hundred lines.
func TestPageOfAManifoldPlan(t *testing.T) {
	p := viewtest.LongPlan(10_000)
	for i, c := range p.Changes {
		c.Addr = viewtest.MessageOf(fmt.Sprintf("block_%d", i%70), fmt.Sprintf("person-%d", i))
		if i%3 == 0 {
			c.Content.Value = strings.Repeat("A line\n", 140)
		}
		if i%7000 == 7 {
			c.Content.Value = "Hi , \u202e{{name}} pаypal \x00"
		}
		p.Moves = append(p.Moves, plan.Move{From: viewtest.Message("a"), To: viewtest.Message("b")})
	}
	for _, width := range []int{0, 40, 80, 140} {
		var b bytes.Buffer
		if err := text.Plan(&b, view.NewPlanDoc(p, view.PlanOptions{}), text.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(b.String(), "\n"); lines > 110 || lines < 60 {
			t.Errorf("%d lines at a width of %d:\n%s", lines, width, b.String())
		}
		if !strings.Contains(b.String(), "more lines (-verbose shows all)") {
			t.Errorf("a long text is not cut at a width of %d", width)
		}
	}
}

func TestMarkdownKeepsItsBudget(t *testing.T) {
	for _, n := range []int{1, 100, 10_000} {
		for _, budget := range []int{0, 8_000, 65_536} {
			p := viewtest.LongPlan(n)
			for range 30 {
				p.Moves = append(p.Moves, plan.Move{From: viewtest.Message("a"), To: viewtest.Message("b")})
			}
			var b bytes.Buffer
			if err := markdown.Plan(&b, view.NewPlanDoc(p, view.PlanOptions{Diagnostics: viewtest.SampleDiagnostics(), Sources: viewtest.SampleSource}), markdown.Options{Budget: budget}); err != nil {
				t.Fatal(err)
			}
			if budget == 0 {
				budget = 60_000
			}
			if b.Len() > budget {
				t.Errorf("%d messages: %d bytes are over the budget of %d", n, b.Len(), budget)
			}
			if budget < 20_000 && n > 100 && !strings.Contains(b.String(), " more | | |") {
				t.Error("the table does not say what it leaves out")
			}
			folds := strings.Count(b.String(), "<details>")
			if folds < n {
				if want := fmt.Sprintf("… and %s more conversations, which do not fit here.", content.Thousands(n-folds)); !strings.Contains(b.String(), want) {
					t.Errorf("%d messages, %d shown: it does not say %q", n, folds, want)
				}
			}
			checkMarkdown(t, b.Bytes())
		}
	}
}

// TestHostileMarkdownKeepsItsBudget has long names of characters that become
// long marks, in a plan and in a run, and all else that may be long.
func TestHostileMarkdownKeepsItsBudget(t *testing.T) {
	long := strings.Repeat("\x00\u202e|`&<", 1_000)
	p := viewtest.LongPlan(500)
	p.ID, p.Lineage = long, ""
	for i, c := range p.Changes {
		c.Addr, c.Recipient = viewtest.MessageOf("x", fmt.Sprint(i)+long), fmt.Sprint(i)+long
		c.Content.Value = strings.Repeat("\x1b{{x}}\u202e", 90)
	}
	for i := range 100 {
		p.Accounts = append(p.Accounts, plan.Account{Name: fmt.Sprint(i) + long, IGID: fmt.Sprint(i), Endpoint: long})
		p.Selection.Only = append(p.Selection.Only, long)
		p.Moves = append(p.Moves, plan.Move{From: viewtest.MessageOf("a", long), To: viewtest.MessageOf("b", long)})
	}
	rep := &apply.Report{PlanID: long, Prepare: true, Prepared: 9, Broken: errors.New(long)}
	for i, c := range p.Changes {
		rep.Results = append(rep.Results, apply.ChangeResult{Change: c, Result: apply.Result(i % 8), MessageID: long, Because: c, Outcome: apply.Outcome{TraceID: long}})
	}
	diags := viewtest.SampleDiagnostics()
	diags[0].Detail = strings.Repeat(long+" ", 20)
	d := view.NewPlanDoc(p, view.PlanOptions{Since: viewtest.OldPlan(), Diagnostics: diags})
	run := receipt.NewRunDoc(rep)
	run.Again, run.Diagnostics = "herald apply "+long, diags
	for _, budget := range []int{1, 65_000, 200_000} {
		for name, write := range map[string]func(w io.Writer) error{
			"plan": func(w io.Writer) error { return markdown.Plan(w, d, markdown.Options{Budget: budget, Label: long}) },
			"run":  func(w io.Writer) error { return markdown.Run(w, run, markdown.Options{Budget: budget, Label: long}) },
		} {
			doc := viewtest.Render(t, write)
			if most := max(budget, 8_000); len(doc) > most {
				t.Errorf("the %s has %d bytes, more than %d", name, len(doc), most)
			}
			checkMarkdown(t, []byte(doc))
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	p := viewtest.LongPlan(10_000)
	for _, bm := range []struct {
		name  string
		write func(w io.Writer, d *view.PlanDoc) error
	}{
		{"text", func(w io.Writer, d *view.PlanDoc) error { return text.Plan(w, d, text.Options{Width: 80}) }},
		{"verbose", func(w io.Writer, d *view.PlanDoc) error {
			return text.Plan(w, d, text.Options{Width: 80, Verbose: true})
		}},
		{"json", jsondoc.Plan},
		{"markdown", func(w io.Writer, d *view.PlanDoc) error { return markdown.Plan(w, d, markdown.Options{}) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				if err := bm.write(io.Discard, view.NewPlanDoc(p, view.PlanOptions{})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
