package view

import (
	"strings"
	"unicode/utf8"

	"herald/internal/view/safe"
)

// Words are a sentence, or a part of one, in which names of unknown origin
// (addresses, ids, endpoints) are told from Herald's own words: formats set
// them apart in different ways.
type Words []Word

// Word is a run of Herald's own words, or a name.
type Word struct {
	Text string
	Name bool
}

func plain(s string) Word { return Word{Text: s} }

func named(s string) Word { return Word{Text: s, Name: true} }

// String returns the words as they are, for the use of programs.
func (ws Words) String() string {
	var b strings.Builder
	for _, w := range ws {
		b.WriteString(w.Text)
	}
	return b.String()
}

// Line returns the words as one safe line for a terminal.
func (ws Words) Line() string { return safe.Line(ws.String()) }

// maxName is how many bytes of a name Markdown shows, marks counted as they are
// written: a name may be as long as its author likes, and a budget is kept.
const maxName = 160

// short is a name as one safe line of at most so many bytes.
func short(s string) string {
	s = safe.Line(safe.Clip(s, maxName))
	if len(s) <= maxName {
		return s
	}
	end := maxName
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// Markdown returns the words with each name in a code span, of long ones the
// beginning.
func (ws Words) Markdown() string {
	var b strings.Builder
	for _, w := range ws {
		if w.Name {
			b.WriteString(codeSpan(w.Text))
		} else {
			b.WriteString(w.Text)
		}
	}
	return b.String()
}

// codeSpan is a name in a code span of Markdown, codeCell one within a table.
func codeSpan(s string) string { return safe.Code(short(s)) }

func codeCell(s string) string { return safe.Cell(short(s)) }
