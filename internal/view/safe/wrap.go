package safe

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width returns how many cells of a terminal the text takes: two for most
// emoji, none for a combining mark or an escape sequence for colour.
func Width(s string) int { return ansi.StringWidth(s) }

// Truncate returns s cut to at most width cells, with … where it was cut.
func Truncate(s string, width int) string { return ansi.Truncate(s, width, "…") }

// Wrap cuts one line into lines of at most width cells, between words where it
// can. A width below 1 cuts nothing.
func Wrap(s string, width int) []string {
	if width < 1 || len(s) <= width || ansi.StringWidth(s) <= width {
		return []string{s}
	}
	lines := strings.Split(ansi.Wrap(s, width, ""), "\n")
	for i, line := range lines[1:] {
		lines[i+1] = strings.TrimLeft(line, " ")
	}
	return lines
}
