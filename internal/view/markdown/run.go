package markdown

import (
	"io"
	"strings"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// Run writes what a run did, for a pull request or a job's summary:
// behind the marker the counts and how to go on, a table for each sort of end,
// what needs a person first, and what was done folded. It keeps the budget and
// says what it left out. It holds no text of a message.
func Run(w io.Writer, d *receipt.RunDoc, opts Options) error {
	end := ""
	if d.PlanID != "" {
		end = "Plan " + codeSpan(d.PlanID) + "\n"
	}
	s := newSheet(RunMarker, opts, end)
	s.add("### Herald: ", d.Summary(), "\n\n")
	if d.Broken != "" {
		s.beware(wording.Words{{Text: "The record could not be written: "}, {Text: d.Broken, Name: true}, {Text: ". What was sent last may be missing from it."}})
	}
	sentence, command := d.Next()
	if sentence != "" {
		s.add(sentence, "\n\n")
	}
	if command != "" {
		s.add(safe.Fence("sh", safe.Clip(command, maxName)), "\n")
	}
	s.diagnostics(d.Diagnostics, d.Sources)
	if !d.Refused {
		for _, section := range d.Sections() {
			s.receipts(section)
		}
	}
	return s.writeTo(w)
}

// receipts writes a table of the receipts of a section, within half of what
// is left.
func (s *sheet) receipts(section receipt.Section) {
	list := section.Receipts
	if len(list) == 0 {
		return
	}
	if section.Quiet {
		s.add("<details><summary>", section.Title, ", ", content.Thousands(len(list)), "</summary>\n\n")
	} else {
		s.add("**", section.Title, "**\n\n")
	}
	s.add("| | To | | At |\n|---|---|---|---|\n")
	room := s.left() / 2
	for i, r := range list {
		row := row(r)
		if room -= len(row); room < 0 {
			s.add("| … and ", content.Thousands(len(list)-i), " more | | | |\n")
			break
		}
		s.add(row)
	}
	s.add("\n")
	if section.Quiet {
		s.add(foldEnd)
	}
}

// row is a receipt as a row of a table.
func row(r *receipt.Receipt) string {
	cells := []string{codeCell(r.Change.Key().String()), codeCell(r.Change.Recipient), "", ""}
	switch {
	case r.Done():
		cells[2] = r.How()
		if r.MessageID != "" {
			cells[2] += ", id " + codeCell(wording.ShortID(r.MessageID))
		}
	case r.Result == apply.ResultHeld && !r.Because.IsZero():
		cells[2] = "waits for " + codeCell(r.Because.String())
	default:
		if codes := strings.TrimPrefix(receipt.OutcomeCodes(r.Outcome), ", "); codes != "" {
			cells[2] = codeCell(codes)
		}
	}
	if !r.Ended.IsZero() && r.Result != apply.ResultLater {
		cells[3] = wording.Moment(r.Ended)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}
