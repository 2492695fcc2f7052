package view

import (
	"html"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
	"herald/internal/view/safe"
	"herald/plan"
)

// MarkdownOptions say how long a document may be.
type MarkdownOptions struct {
	// Budget is the most bytes; 0 stands for 60,000, which fits a comment on
	// a pull request. What does not fit is counted.
	Budget int
}

const (
	defaultBudget = 60_000
	maxRows       = 50
	tailBudget    = 400 // for the lines behind the conversations
)

// PlanMarkdown writes a plan for a pull request or a job's summary: the counts,
// what to beware of, a table by person, and each conversation folded. Every
// name stands in a code span and every text in a fence, so that none of them
// can mention, link, close or fold anything.
func PlanMarkdown(w io.Writer, d *PlanDoc, opts MarkdownOptions) error {
	budget := opts.Budget
	if budget <= 0 {
		budget = defaultBudget
	}
	var b strings.Builder
	b.WriteString("### Herald: " + strings.TrimPrefix(d.Summary(), "Plan: ") + "\n\n")
	for _, warning := range d.Warnings() {
		b.WriteString("> **Beware:** " + warning.Markdown() + "\n\n")
	}
	if note := d.NoRecord(); note != "" {
		b.WriteString("> " + note + "\n\n")
	}
	d.diagnosticsMarkdown(&b, budget/3)
	if len(d.Conversations) > 0 {
		d.tableMarkdown(&b, budget/2)
	}
	left := d.conversationsMarkdown(&b, budget-tailBudget)
	if left > 0 {
		b.WriteString("… and " + count(left, "more conversation, which does", "more conversations, which do") + " not fit here.\n\n")
	}
	d.movesMarkdown(&b, budget-tailBudget)
	if rest := d.Rest(); rest != "" {
		b.WriteString(rest + "\n\n")
	}
	if d.ID != "" {
		b.WriteString("Plan " + safe.Code(d.ID) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *PlanDoc) tableMarkdown(b *strings.Builder, budget int) {
	b.WriteString("| To | From | |\n|---|---|---|\n")
	for i, conv := range d.Conversations {
		if i == maxRows || b.Len() > budget {
			b.WriteString("| … and " + count(len(d.Conversations)-i, "more", "more") + " | | |\n")
			break
		}
		var n Counts
		for _, c := range conv.Changes {
			n.add(c)
		}
		to := safe.Cell(conv.Recipient)
		if conv.Person != "" {
			to = safe.Cell(conv.Person) + " " + to
		}
		b.WriteString("| " + to + " | " + safe.Cell(conv.Account) + " | " + n.short() + " |\n")
	}
	b.WriteByte('\n')
}

// short counts what a conversation holds.
func (n Counts) short() string {
	return strings.Join(appendCounts(nil, []counted{
		{n.Send, "to send"},
		{n.React, "to react"},
		{n.Unreact, "to unreact"},
		{n.Repeat, "to repeat"},
		{n.Settle, "to settle"},
		{n.Held, "held"},
		{n.Edited, "edited after sending"},
		{n.Lowered, "with a lowered revision"},
		{n.Rejected, "refused for good"},
		{n.InDoubt, "in doubt"},
	}), ", ")
}

// conversationsMarkdown writes conversations until the budget is spent, and
// returns how many are left.
func (d *PlanDoc) conversationsMarkdown(b *strings.Builder, budget int) int {
	for i, conv := range d.Conversations {
		var one strings.Builder
		summary := conv.Recipient
		if conv.Person != "" {
			summary = conv.Person + " (" + conv.Recipient + ")"
		}
		// A code element: what would mention somebody in it does not.
		one.WriteString("<details><summary>To <code>" + html.EscapeString(safe.Line(summary)) + "</code></summary>\n\n")
		for _, c := range conv.Changes {
			itemMarkdown(&one, c)
			if b.Len()+one.Len() > budget {
				return len(d.Conversations) - i
			}
		}
		one.WriteString("</details>\n\n")
		b.WriteString(one.String())
	}
	return 0
}

func itemMarkdown(b *strings.Builder, c *plan.Change) {
	it := Describe(c)
	b.WriteString(safe.Code(it.Symbol) + " " + safe.Code(it.Address) + " " + it.What.Markdown() + "\n\n")
	if it.Body != "" {
		b.WriteString(safe.Fence("text", it.Body) + "\n")
	}
	for _, note := range it.Notes {
		b.WriteString(note.Markdown() + "\n\n")
	}
	if len(it.Commands) > 0 {
		b.WriteString(safe.Fence("sh", strings.Join(it.Commands, "\n")) + "\n")
	}
}

func (d *PlanDoc) movesMarkdown(b *strings.Builder, budget int) {
	if len(d.Moves) == 0 {
		return
	}
	b.WriteString("Moved in the record, without sending:\n\n")
	for i, m := range d.Moves {
		line := "- " + safe.Code(m.From.String()) + " to " + safe.Code(m.To.String()) + "\n"
		if i == maxRows || b.Len()+len(line) > budget {
			b.WriteString("- … and " + content.Thousands(len(d.Moves)-i) + " more\n")
			break
		}
		b.WriteString(line)
	}
	b.WriteByte('\n')
}

// diagnosticsMarkdown writes the first diagnostics, each in a fence.
func (d *PlanDoc) diagnosticsMarkdown(b *strings.Builder, budget int) {
	for i, diag := range d.Diagnostics {
		word := "Error: "
		if diag.Severity == hcl.DiagWarning {
			word = "Warning: "
		}
		p := newPage(TextOptions{}) // a browser wraps
		p.line(word, safe.Line(diag.Summary))
		if diag.Subject != nil {
			p.line()
			p.place("", diag, source(d.Sources, diag))
		}
		if diag.Detail != "" {
			p.line()
			p.line(diag.Detail)
		}
		one := safe.Fence("text", p.buf.String()) + "\n"
		if i == maxAlikeErrors || b.Len()+len(one) > budget {
			b.WriteString("… and " + count(len(d.Diagnostics)-i, "more diagnostic", "more diagnostics") + ".\n\n")
			return
		}
		b.WriteString(one)
	}
}
