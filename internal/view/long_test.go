package view

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"herald/apply"
	"herald/config/content"
	"herald/plan"
)

// longPlan sends one text to each of n people.
func longPlan(n int) *plan.Plan {
	p := &plan.Plan{ID: "sha256:0", Lineage: "l", Accounts: []plan.Account{{Name: "shop", IGID: shopID, Endpoint: defaultEndpoint}}}
	for i := range n {
		p.Changes = append(p.Changes, &plan.Change{
			Addr: messageOf("campaign", fmt.Sprintf("person-%d", i)), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet,
			Account: shopID, Recipient: fmt.Sprint(1000 + i), Content: content.Content{Kind: content.Text, Value: fmt.Sprintf("Hi, number %d. See you soon! 🚚", i)},
		})
	}
	return p
}

func TestLongPlanIsNoBook(t *testing.T) {
	d := NewPlanDoc(longPlan(10_000), PlanOptions{})
	var b bytes.Buffer
	if err := PlanText(&b, d, TextOptions{Width: 80}); err != nil {
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
	if err := PlanText(&b, d, TextOptions{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "number 9999. ") {
		t.Error("the last message is missing from the verbose plan")
	}
}

func TestOneLongConversationIsCut(t *testing.T) {
	p := longPlan(300)
	for _, c := range p.Changes {
		c.Recipient = "1001"
	}
	p.Changes[250].Content.Value = "Hi {{name}}"
	var b bytes.Buffer
	if err := PlanText(&b, NewPlanDoc(p, PlanOptions{}), TextOptions{Width: 80}); err != nil {
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
	p := longPlan(10_000)
	for i, c := range p.Changes {
		c.Addr = messageOf(fmt.Sprintf("block_%d", i%70), fmt.Sprintf("person-%d", i))
		if i%3 == 0 {
			c.Content.Value = strings.Repeat("A line\n", 140)
		}
		if i%7000 == 7 {
			c.Content.Value = "Hi , \u202e{{name}} pаypal \x00"
		}
		p.Moves = append(p.Moves, plan.Move{From: message("a"), To: message("b")})
	}
	for _, width := range []int{0, 40, 80, 140} {
		var b bytes.Buffer
		if err := PlanText(&b, NewPlanDoc(p, PlanOptions{}), TextOptions{Width: width}); err != nil {
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
			p := longPlan(n)
			for range 30 {
				p.Moves = append(p.Moves, plan.Move{From: message("a"), To: message("b")})
			}
			var b bytes.Buffer
			if err := PlanMarkdown(&b, NewPlanDoc(p, PlanOptions{Diagnostics: sampleDiagnostics(), Sources: sampleSource}), MarkdownOptions{Budget: budget}); err != nil {
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
	p := longPlan(500)
	p.ID, p.Lineage = long, ""
	for i, c := range p.Changes {
		c.Addr, c.Recipient = messageOf("x", fmt.Sprint(i)+long), fmt.Sprint(i)+long
		c.Content.Value = strings.Repeat("\x1b{{x}}\u202e", 90)
	}
	for i := range 100 {
		p.Accounts = append(p.Accounts, plan.Account{Name: fmt.Sprint(i) + long, IGID: fmt.Sprint(i), Endpoint: long})
		p.Selection.Only = append(p.Selection.Only, long)
		p.Moves = append(p.Moves, plan.Move{From: messageOf("a", long), To: messageOf("b", long)})
	}
	rep := &apply.Report{PlanID: long, Prepare: true, Prepared: 9, Broken: errors.New(long)}
	for i, c := range p.Changes {
		rep.Results = append(rep.Results, apply.ChangeResult{Change: c, Result: apply.Result(i % 8), MessageID: long, Because: c, Outcome: apply.Outcome{TraceID: long}})
	}
	diags := sampleDiagnostics()
	diags[0].Detail = strings.Repeat(long+" ", 20)
	d := NewPlanDoc(p, PlanOptions{Since: oldPlan(), Diagnostics: diags})
	run := NewRunDoc(rep)
	run.Again, run.Diagnostics = "herald apply "+long, diags
	for _, budget := range []int{1, 65_000, 200_000} {
		for name, write := range map[string]func(w io.Writer) error{
			"plan": func(w io.Writer) error { return PlanMarkdown(w, d, MarkdownOptions{Budget: budget, Label: long}) },
			"run":  func(w io.Writer) error { return RunMarkdown(w, run, MarkdownOptions{Budget: budget, Label: long}) },
		} {
			doc := render(t, write)
			if most := max(budget, 8_000); len(doc) > most {
				t.Errorf("the %s has %d bytes, more than %d", name, len(doc), most)
			}
			checkMarkdown(t, []byte(doc))
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	p := longPlan(10_000)
	for _, bm := range []struct {
		name  string
		write func(w io.Writer, d *PlanDoc) error
	}{
		{"text", func(w io.Writer, d *PlanDoc) error { return PlanText(w, d, TextOptions{Width: 80}) }},
		{"verbose", func(w io.Writer, d *PlanDoc) error { return PlanText(w, d, TextOptions{Width: 80, Verbose: true}) }},
		{"json", PlanJSON},
		{"markdown", func(w io.Writer, d *PlanDoc) error { return PlanMarkdown(w, d, MarkdownOptions{}) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				if err := bm.write(io.Discard, NewPlanDoc(p, PlanOptions{})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
