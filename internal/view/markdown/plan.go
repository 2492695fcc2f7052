package markdown

import (
	"io"
	"strings"

	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
	"herald/plan"
)

// Plan writes a plan for a pull request or a job's summary: behind the
// marker what to beware of, the counts, what differs from the plan that was
// reviewed before, a table by person, each conversation folded, and the digest.
// It keeps the budget and says what it left out. Every name stands in a code
// span and every text in a fence, so that none of them can mention, link, close
// or fold anything.
func Plan(w io.Writer, d *view.PlanDoc, opts Options) error {
	s := newSheet(PlanMarker, opts, planEnd(d))
	for _, warning := range d.Warnings() {
		s.beware(warning)
	}
	s.add("### Herald: ", strings.TrimPrefix(d.Summary(), "Plan: "), "\n\n")
	if note := d.NoRecord(); note != "" {
		s.add("> ", note, "\n\n")
	}
	for _, warning := range d.MarkedWarning() {
		s.beware(warning)
	}
	s.diagnostics(d.Diagnostics, d.Sources)
	s.since(d)
	if len(d.Conversations) > 0 {
		s.table(d)
		s.conversations(d)
	}
	s.moves(d)
	return s.writeTo(w)
}

// planEnd is the end of a plan: what is not shown, and the digest.
func planEnd(d *view.PlanDoc) string {
	var end string
	if rest := d.Rest(); rest != "" {
		end = rest + "\n\n"
	}
	if d.ID != "" {
		end += "Plan " + codeSpan(d.ID) + "\n"
	}
	return end
}

// table writes a row for each conversation, within half of what is left.
func (s *sheet) table(d *view.PlanDoc) {
	room := s.left() / 2
	s.add("| To | From | |\n|---|---|---|\n")
	for i, conv := range d.Conversations {
		to := codeCell(conv.Recipient)
		if conv.Person != "" {
			to = codeCell(conv.Person) + " " + to
		}
		row := "| " + to + " | " + codeCell(conv.Account) + " | " + counts(d, conv) + " |\n"
		if room -= len(row); i == maxRows || room < 0 {
			s.add("| … and ", wording.Count(len(d.Conversations)-i, "more", "more"), " | | |\n")
			break
		}
		s.add(row)
	}
	s.add("\n")
}

// counts says how much of what a conversation holds.
func counts(d *view.PlanDoc, conv *view.Conversation) string {
	var n view.Counts
	odd := 0
	for _, c := range conv.Changes {
		n.Add(c)
		if d.Marks(c) != nil {
			odd++
		}
	}
	if odd > 0 {
		return n.Short() + ", **" + wording.Count(odd, "looks odd", "look odd") + "**"
	}
	return n.Short()
}

// conversations writes conversations, each folded, until the budget is
// spent. The first one that does not fit is written in part.
func (s *sheet) conversations(d *view.PlanDoc) {
	for i, conv := range d.Conversations {
		title := conv.Recipient
		if conv.Person != "" {
			title = conv.Person + " (" + conv.Recipient + ")"
		}
		begin := fold("To ", title, ", "+strings.ReplaceAll(counts(d, conv), "**", ""))
		var items strings.Builder
		n := 0
		for _, c := range conv.Changes {
			one := item(d, c)
			if items.Len()+len(one)+len(begin)+len(foldEnd) > s.left() {
				break
			}
			items.WriteString(one)
			n++
		}
		whole := n == len(conv.Changes)
		if n > 0 {
			s.add(begin, items.String())
			if !whole {
				rest := conv.Changes[n:]
				s.add("… and ", content.Thousands(len(rest)), " more in this conversation", d.OddRest(rest), ".\n\n")
			}
			s.add(foldEnd)
			i++
		}
		if rest := d.Conversations[i:]; !whole {
			if len(rest) > 0 {
				s.add("… and ", wording.Count(len(rest), "more conversation, which does", "more conversations, which do"), " not fit here.\n\n")
			}
			return
		}
	}
}

func item(d *view.PlanDoc, c *plan.Change) string {
	var b strings.Builder
	it := d.Item(c)
	b.WriteString(codeSpan(it.Symbol) + " " + codeSpan(it.Address) + " " + inline(it.What) + "\n\n")
	switch {
	case it.Was != "":
		b.WriteString(wordDiff(it.Was, it.Body))
	case it.Body != "":
		b.WriteString(safe.Fence("text", it.Body) + "\n")
	}
	if len(it.Links) > 0 {
		b.WriteString("Links:")
		for _, link := range it.Links {
			b.WriteString(" " + safe.Code(link))
		}
		b.WriteString("\n\n")
	}
	for _, note := range wording.MarkNotes(it.Marks, it.Body) {
		b.WriteString("> **" + note[0].Text + "**" + inline(note[1:]) + "\n\n")
	}
	for _, note := range it.Notes {
		b.WriteString(inline(note) + "\n\n")
	}
	if len(it.Commands) > 0 {
		b.WriteString(safe.Fence("sh", strings.Join(it.Commands, "\n")) + "\n")
	}
	return b.String()
}

// wordDiff shows what became of a text, with the signs of a word diff.
func wordDiff(was, now string) string {
	lines := wording.WordDiffLines(was, now)
	if lines == nil {
		return "Was:\n\n" + safe.Fence("text", was) + "\nIs:\n\n" + safe.Fence("text", now) + "\n"
	}
	return safe.Fence("text", strings.Join(lines, "\n")) + "\n"
}

// moves writes the moves in the record.
func (s *sheet) moves(d *view.PlanDoc) {
	if len(d.Moves) == 0 {
		return
	}
	s.add("Moved in the record, without sending:\n\n")
	for i, m := range d.Moves {
		line := "- " + codeSpan(m.From.String()) + " to " + codeSpan(m.To.String()) + "\n"
		if i == maxRows || len(line) > s.left() {
			s.add("- … and ", content.Thousands(len(d.Moves)-i), " more\n")
			break
		}
		s.add(line)
	}
	s.add("\n")
}
