package safe

import (
	"iter"

	"github.com/charmbracelet/x/ansi"
)

// Width returns how many cells of a terminal the text takes: two for most
// emoji, none for a combining mark or an escape sequence for colour.
func Width(s string) int { return ansi.StringWidth(s) }

// Truncate returns s cut to at most width cells, with … where it was cut.
func Truncate(s string, width int) string { return ansi.Truncate(s, width, "…") }

// Wrap cuts one line, without colours, into lines of at most width cells:
// between words, whose space is left out there, or within a word that is wider
// than a line. A character that is itself wider stays whole. A width below 1
// cuts nothing.
func Wrap(s string, width int) []string {
	if width < 1 || len(s) <= width || Width(s) <= width {
		return []string{s}
	}
	var lines []string
	start, cells := 0, 0       // of the current line
	space, spaceCells := -1, 0 // its latest space, and the cells up to and with it
	for i := 0; i < len(s); {
		cluster, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if cells+w > width && i > start {
			if cluster == " " {
				lines = append(lines, s[start:i])
				start, cells, space = i+1, 0, -1
				i++
				continue
			}
			if space > start {
				lines = append(lines, s[start:space])
				start, cells = space+1, cells-spaceCells
			} else {
				lines = append(lines, s[start:i])
				start, cells = i, 0
			}
			space = -1
			continue // the cluster again, on the line that begins
		}
		cells += w
		if cluster == " " {
			space, spaceCells = i, cells
		}
		i += len(cluster)
	}
	return append(lines, s[start:])
}

// Graphemes yields the characters of s as they are seen: an emoji of several
// code points, or a letter with its accents, is one.
func Graphemes(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
			if cluster == "" || !yield(cluster) {
				return
			}
			s = s[len(cluster):]
		}
	}
}

// Clip returns the first most characters of s, with … where there are more.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
