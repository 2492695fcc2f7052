package text

import (
	"bytes"
	"io"
	"strings"

	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// Options say how a document is written for a terminal.
type Options struct {
	// Color allows colours and underlining.
	Color bool
	// Width is that of the terminal in cells; 0 wraps nothing.
	Width int
	// Verbose shows everything, however long.
	Verbose bool
}

// Palette holds the escape sequences that a text is painted with, all empty
// where there is no colour.
type Palette struct {
	Bold, Dim, Red, Green, Yellow, Cyan, Underline, Reset string
}

// NewPalette returns the sequences that a terminal takes, or, without colour, none.
func NewPalette(color bool) Palette {
	if !color {
		return Palette{}
	}
	return Palette{
		Bold: "\x1b[1m", Dim: "\x1b[2m", Red: "\x1b[31m", Green: "\x1b[32m", Yellow: "\x1b[33m",
		Cyan: "\x1b[36m", Underline: "\x1b[4m", Reset: "\x1b[0m",
	}
}

// Paint returns s in the style, one or more sequences of the palette.
func (p Palette) Paint(style, s string) string {
	if style == "" || s == "" {
		return s
	}
	return style + s + p.Reset
}

// page is a text document in the making. What is put on it is safe already.
type page struct {
	Palette
	width int
	buf   bytes.Buffer
}

func newPage(opts Options) *page {
	return &page{Palette: NewPalette(opts.Color), width: opts.Width}
}

// beside returns an empty page of the same kind.
func (p *page) beside() *page { return &page{Palette: p.Palette, width: p.width} }

// line writes the parts as one line.
func (p *page) line(parts ...string) {
	for _, part := range parts {
		p.buf.WriteString(part)
	}
	p.buf.WriteByte('\n')
}

// para writes s, which may have several lines, wrapped behind the indent and
// painted. A line that begins with a space is a command, and is not wrapped.
func (p *page) para(indent, style, s string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" {
			p.line(strings.TrimRight(indent, " "))
			continue
		}
		wrapped := []string{line}
		if line[0] != ' ' {
			wrapped = safe.Wrap(line, p.room(indent))
		}
		for _, w := range wrapped {
			p.line(indent, p.Paint(style, w))
		}
	}
}

// quote writes a text of unknown origin, each of its lines behind a bar, and
// behind a broken bar where a line was only wrapped. Of more than most lines it
// writes the first, and how many follow; 0 is no bound.
func (p *page) quote(indent, s string, most int) {
	p.quoted(indent, strings.Split(safe.Text(s), "\n"), most, func(line string) string { return line })
}

// quoted writes safe lines as quote does, each painted after it was wrapped.
func (p *page) quoted(indent string, lines []string, most int, paint func(line string) string) {
	n := 0
	for _, line := range lines {
		bar := "│ "
		for _, w := range safe.Wrap(line, p.room(indent+bar)) {
			if n++; most > 0 && n > most {
				continue
			}
			p.line(indent, p.Paint(p.Dim, strings.TrimRight(bar, cut(w))), paint(w))
			bar = "┆ "
		}
	}
	if most > 0 && n > most {
		p.line(indent, p.Paint(p.Dim, "┆ … and "+wording.Count(n-most, "more line", "more lines")+" (-verbose shows all)"))
	}
}

// cut is the cutset by which a bar loses its space before an empty line.
func cut(line string) string {
	if line == "" {
		return " "
	}
	return ""
}

// room is the width that is left behind the indent; 0 is no bound.
func (p *page) room(indent string) int {
	if p.width <= 0 {
		return 0
	}
	return max(20, p.width-safe.Width(indent))
}

// lines is how many lines the page has.
func (p *page) lines() int { return bytes.Count(p.buf.Bytes(), []byte{'\n'}) }

// writeTo writes the page, no line of which is a command to the runner of a
// pipeline.
func (p *page) writeTo(w io.Writer) error {
	if !bytes.Contains(p.buf.Bytes(), []byte("::")) {
		_, err := w.Write(p.buf.Bytes())
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(p.buf.String()) {
		out.WriteString(safe.Output(line))
	}
	_, err := w.Write(out.Bytes())
	return err
}
