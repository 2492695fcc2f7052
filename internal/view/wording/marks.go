package wording

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"herald/internal/view/odd"
	"herald/internal/view/safe"
)

// web finds what a chat makes a link of.
var web = regexp.MustCompile(`(?i)\b(https?://|www\.)[^\s<>"]+`)

// maxLinks is how many links of one text are listed.
const maxLinks = 10

// Links returns the links within a text, each once.
func Links(text string) []string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "www.") && !strings.Contains(text, "WWW.") {
		return nil
	}
	var found []string
	for _, link := range web.FindAllString(text, 4*maxLinks) {
		link = strings.TrimRight(link, ".,;:!?)]}'*_")
		if link != text && !slices.Contains(found, link) && len(found) < maxLinks {
			found = append(found, link)
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
	{odd.BlankEdges, "Begins or ends with something that nobody sees"},
}

// MarkTitle says what a mark of that kind is about.
func MarkTitle(k odd.Kind) string {
	for _, t := range markTitles {
		if t.kind == k {
			return t.title
		}
	}
	return string(k)
}

// maxPieces is how many pieces of one kind are named.
const maxPieces = 5

// MarkNotes puts marks into sentences, one for each kind: "Looks unfinished:
// {{name}} (line 2)". Lines are told for a text of more than one.
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
		note := Words{Plain(t.title)}
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
			note = append(note, Plain(fmt.Sprintf(" and %d more", n-maxPieces)))
		}
		if n > 0 {
			notes = append(notes, note)
		}
	}
	return notes
}

// maxPiece is how many characters of a piece are shown.
const maxPiece = 40

// piece is one mark within a sentence.
func piece(m odd.Mark, first, line bool) Words {
	ws := Words{Plain(", ")}
	if first {
		ws = Words{Plain(": ")}
	}
	switch {
	case m.Text == "":
		ws = append(ws, Plain("in a sensitive text"))
	case m.Kind == odd.BlankEdges:
		ws = append(ws, Plain(blankWords(m.Text)))
	case m.Kind == odd.MixedScript:
		ws = append(ws, Named(safe.Clip(m.Text, maxPiece)), Plain(" is "), Named(safe.Clip(m.Spelled(), 4*maxPiece)))
	default:
		ws = append(ws, Named(safe.Clip(m.Text, maxPiece)))
	}
	if line {
		ws = append(ws, Plain(fmt.Sprintf(" (line %d)", m.Line)))
	}
	return ws
}

// blankWords counts the blanks and line breaks of a piece.
func blankWords(s string) string {
	breaks := strings.Count(s, "\n")
	var parts []string
	if breaks > 0 {
		parts = append(parts, Count(breaks, "line break", "line breaks"))
	}
	if blanks := len(s) - breaks; blanks > 0 {
		parts = append(parts, Count(blanks, "blank", "blanks"))
	}
	return strings.Join(parts, " and ")
}
