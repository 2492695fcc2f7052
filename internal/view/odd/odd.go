package odd

import (
	"cmp"
	"slices"
	"strings"
)

// Kind says what is odd about a piece of a text. Its values stand in JSON and
// do not change.
type Kind string

const (
	// Placeholder is a place that nothing was put into: {{name}}, ${name}, %s,
	// <name>, [NAME], lorem ipsum.
	Placeholder Kind = "placeholder"
	// EmptyName is where a name, or another value, came out empty: "Hi ,",
	// "Hello null", undefined, NaN, <no value>.
	EmptyName Kind = "empty_name"
	// Bidirectional is a character that changes the direction of what follows:
	// what is read may not be what is written.
	Bidirectional Kind = "bidirectional"
	// Invisible is a character that shows nothing, or nothing but a box.
	Invisible Kind = "invisible"
	// Control is a control character, a tab and a carriage return among them,
	// or a byte that is no UTF-8. A line break is none.
	Control Kind = "control"
	// MixedScript is a word of Latin letters with Cyrillic or Greek ones that
	// look the same, or the other way round.
	MixedScript Kind = "mixed_script"
	// BlankEdges are blanks and line breaks that a text begins or ends with,
	// but for one line break at its end.
	BlankEdges Kind = "blank_edges"
)

// Mark is one odd piece of a text.
type Mark struct {
	Kind Kind
	// Text is the piece as it stands in the text, hostile as that.
	Text string
	// Line is the line of the text that the piece begins in, from 1.
	Line int
}

// maxMarks is the most marks of one text: more say no more.
const maxMarks = 20

// Find returns what is odd in a text, in its order, each piece once, where it
// stands first, and 20 at the most. Pieces of different kinds may overlap.
func Find(text string) []Mark {
	var found []span
	found = appendEmptyNames(found, text)
	found = appendPlaceholders(found, text)
	if !ascii(text) {
		found = appendMixedWords(found, text)
	}
	found = appendHidden(found, text)
	found = appendEdges(found, text)
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var marks []Mark
	for _, s := range found {
		m := Mark{Kind: s.kind, Text: text[s.start:s.end]}
		if slices.ContainsFunc(marks, func(n Mark) bool { return n.Kind == m.Kind && n.Text == m.Text }) {
			continue
		}
		if len(marks) == maxMarks {
			break
		}
		m.Line = 1 + strings.Count(text[:s.start], "\n")
		marks = append(marks, m)
	}
	return marks
}

// span is a piece found, in bytes.
type span struct {
	kind       Kind
	start, end int
}

// free reports whether none of the spans overlaps [start, end).
func free(spans []span, start, end int) bool {
	return !slices.ContainsFunc(spans, func(s span) bool { return start < s.end && s.start < end })
}

// ascii reports whether s is ASCII throughout.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
