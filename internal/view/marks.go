package view

import (
	"fmt"
	"slices"

	"herald/config/content"
	"herald/internal/view/odd"
	"herald/plan"
)

// marks are what is odd about what a change would send, or would have sent. Of
// a sensitive text the kinds and lines are told.
func marks(c *plan.Change) []odd.Mark {
	if c.Content.Kind == content.KindInvalid || c.Content.Kind == content.Sticker {
		return nil
	}
	found := odd.Find(c.Content.Value)
	if c.Sensitive {
		for i := range found {
			found[i].Text = ""
		}
	}
	return found
}

// markTitles say what a mark is about, kind by kind, in the order in which they
// are told.
var markTitles = [...]struct {
	kind  odd.Kind
	title string
}{
	{odd.Placeholder, "Looks unfinished"},
	{odd.EmptyName, "Something seems to be missing"},
	{odd.MixedScript, "Letters of another script that only look alike"},
	{odd.Bidirectional, "Turns the direction of the text"},
	{odd.Invisible, "Cannot be seen"},
	{odd.Control, "Control characters"},
}

// maxPieces is how many pieces of one kind are named.
const maxPieces = 5

// MarkNotes puts marks into sentences, one for each kind: "Looks unfinished:
// {{name}} (line 2)." Lines are told for a text of more than one.
func MarkNotes(marks []odd.Mark, text string) []Words {
	lines := 1
	for _, m := range marks {
		lines = max(lines, m.Line)
	}
	if slices.Contains([]byte(text), '\n') {
		lines = max(lines, 2)
	}
	var notes []Words
	for _, t := range markTitles {
		note := Words{plain(t.title)}
		n := 0
		for _, m := range marks {
			if m.Kind != t.kind {
				continue
			}
			n++
			if n <= maxPieces {
				note = append(note, piece(m, n == 1, lines > 1)...)
			}
		}
		if n > maxPieces {
			note = append(note, plain(fmt.Sprintf(" and %d more", n-maxPieces)))
		}
		if n > 0 {
			notes = append(notes, append(note, plain(".")))
		}
	}
	return notes
}

// piece is one mark within a sentence.
func piece(m odd.Mark, first, line bool) Words {
	ws := Words{plain(", ")}
	if first {
		ws = Words{plain(": ")}
	}
	switch {
	case m.Text == "":
		ws = append(ws, plain("in a sensitive text"))
	case m.Kind == odd.MixedScript:
		ws = append(ws, named(m.Text), plain(" is "), named(m.Spelled()))
	default:
		ws = append(ws, named(m.Text))
	}
	if line {
		ws = append(ws, plain(fmt.Sprintf(" (line %d)", m.Line)))
	}
	return ws
}
