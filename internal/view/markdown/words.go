package markdown

import (
	"strings"
	"unicode/utf8"

	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

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

// inline returns the words with each name in a code span, of long ones the
// beginning.
func inline(ws wording.Words) string {
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
