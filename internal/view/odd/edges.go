package odd

import "strings"

// edge are the characters that nobody sees at an end of a text.
const edge = " \t\n"

// appendEdges appends the blanks and line breaks that a text begins or ends
// with. One line break at the end is none: every text that is written over
// several lines has it.
func appendEdges(found []span, text string) []span {
	rest := strings.TrimLeft(text, edge)
	if start := len(text) - len(rest); start > 0 {
		found = append(found, span{BlankEdges, 0, start})
	}
	end := len(strings.TrimRight(rest, edge))
	if tail := rest[end:]; tail != "" && tail != "\n" {
		found = append(found, span{BlankEdges, len(text) - len(tail), len(text)})
	}
	return found
}
