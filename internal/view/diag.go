package view

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
	"herald/internal/view/safe"
)

// The most diagnostics with one summary that are written out in a row; those
// behind them are counted.
const (
	maxAlikeWarnings = 3
	maxAlikeErrors   = 10
)

// maxSnippetLines is how many lines of a source are shown at the most.
const maxSnippetLines = 6

// Diagnostics writes each diagnostic in a frame: what is wrong, where, the
// lines of the source with the place underlined, and the detail wrapped to the
// width. Lines of the detail that begin with a space are commands and are not
// wrapped. Of many in a row with one summary the first are written and the
// rest are counted, unless opts.Verbose. sources returns the bytes of a file
// of the configuration, or nil; it may be nil itself.
func Diagnostics(w io.Writer, diags hcl.Diagnostics, sources func(file string) []byte, opts TextOptions) error {
	p := newPage(opts)
	for i := 0; i < len(diags); {
		alike := 1
		for i+alike < len(diags) && diags[i+alike].Severity == diags[i].Severity && diags[i+alike].Summary == diags[i].Summary {
			alike++
		}
		show := alike
		if most := mostAlike(diags[i].Severity); alike > most+1 && !opts.Verbose {
			show = most
		}
		for j, diag := range diags[i : i+show] {
			more := 0
			if j == show-1 {
				more = alike - show
			}
			p.diagnostic(diag, sources, more)
		}
		i += alike
	}
	return p.writeTo(w)
}

func mostAlike(severity hcl.DiagnosticSeverity) int {
	if severity == hcl.DiagWarning {
		return maxAlikeWarnings
	}
	return maxAlikeErrors
}

// source returns the bytes of the file that the diagnostic is about, or nil.
func source(sources func(string) []byte, diag *hcl.Diagnostic) []byte {
	if sources == nil || diag.Subject == nil {
		return nil
	}
	return sources(diag.Subject.Filename)
}

// diagnostic writes one frame; more counts those like it that are left out.
func (p *page) diagnostic(diag *hcl.Diagnostic, sources func(string) []byte, more int) {
	style, word := p.red, "Error"
	if diag.Severity == hcl.DiagWarning {
		style, word = p.yellow, "Warning"
	}
	edge := p.paint(style, "│")
	p.line(p.paint(style, "╷"))
	p.line(edge, " ", p.paint(p.bold+style, word+": "), p.paint(p.bold, safe.Line(diag.Summary)))
	if inFile(diag) {
		p.line(edge)
		p.place(edge, diag, sources)
	}
	if diag.Detail != "" {
		p.line(edge)
		p.para(edge+" ", "", safe.Text(diag.Detail))
	}
	if more > 0 {
		p.line(edge)
		p.line(edge, fmt.Sprintf(" (and %s more like it)", content.Thousands(more)))
	}
	p.line(p.paint(style, "╵"))
}

// diagnosticBlock returns a diagnostic without a frame and colours, wrapped to
// the width, for a format that sets it apart in its own way. sources is as for
// Diagnostics.
func diagnosticBlock(diag *hcl.Diagnostic, sources func(file string) []byte, width int) string {
	p := newPage(TextOptions{Width: width})
	word := "Error: "
	if diag.Severity == hcl.DiagWarning {
		word = "Warning: "
	}
	p.line(word, safe.Line(diag.Summary))
	if diag.Subject != nil {
		p.line()
		p.place("", diag, sources)
	}
	if diag.Detail != "" {
		p.line()
		p.para("", "", diag.Detail)
	}
	return p.buf.String()
}

// place writes where the diagnostic points, and the lines of the source there.
func (p *page) place(edge string, diag *hcl.Diagnostic, sources func(string) []byte) {
	s := snippetOf(diag, sources)
	where := fmt.Sprintf("  on %s line %d", safe.Line(diag.Subject.Filename), diag.Subject.Start.Line)
	if s == nil {
		p.line(edge, " ", where)
		return
	}
	if s.context != "" {
		where += ", in " + safe.Line(s.context)
	}
	p.line(edge, " ", where, ":")
	digits := len(fmt.Sprint(s.line + len(s.lines) - 1))
	for i, line := range s.lines {
		number := fmt.Sprintf("  %*d: ", max(3, digits), s.line+i)
		if i > 0 { // of a further line the indent is not meant
			text := strings.TrimLeft(line.marked, " \t")
			line.before, line.marked = line.before+line.marked[:len(line.marked)-len(text)], text
		}
		before, marked, after := safe.Source(line.before), safe.Source(line.marked), safe.Source(line.after)
		if before+marked+after == "" {
			number = strings.TrimRight(number, " ")
		}
		p.line(edge, " ", number, before, p.paint(p.underline, marked), after)
		if w := safe.Width(marked); w > 0 && p.reset == "" {
			p.line(edge, " ", strings.Repeat(" ", len(number)+safe.Width(before)), strings.Repeat("^", w))
		}
	}
	if s.more {
		p.line(edge, " ", p.paint(p.dim, strings.Repeat(" ", digits)+"    …"))
	}
}

// directory is the file name of a diagnostic that is about the configuration's
// directory as a whole.
const directory = "."

// inFile reports whether a diagnostic is about a place in a file, and not about
// the configuration as a whole.
func inFile(diag *hcl.Diagnostic) bool {
	return diag.Subject != nil && diag.Subject.Filename != directory
}

// snippet is the part of a source file that a diagnostic is about.
type snippet struct {
	context string // the block's header: message "welcome"; "" if there is none
	line    int    // the number of the first line
	lines   []snippetLine
	more    bool // the range goes on behind the last line
}

// snippetLine is a line of a source, cut around the part that is meant.
type snippetLine struct{ before, marked, after string }

// snippetOf cuts the lines that the diagnostic's subject stands on out of the
// source. It returns nil if there is no source, or it does not have that place.
// sources returns the bytes of a file of the configuration, or nil; it may be
// nil itself.
func snippetOf(diag *hcl.Diagnostic, sources func(file string) []byte) *snippet {
	src := source(sources, diag)
	if src == nil {
		return nil
	}
	start, end := diag.Subject.Start.Byte, diag.Subject.End.Byte
	if start < 0 || end < start || end > len(src) || diag.Subject.Start.Line < 1 {
		return nil
	}
	if end == start && end < len(src) && src[end] != '\n' {
		end++ // an empty range points at the character behind it
	}
	begin := bytes.LastIndexByte(src[:start], '\n') + 1
	s := &snippet{context: blockAround(src[:begin]), line: diag.Subject.Start.Line}
	if headerLine.Match(firstLine(src[begin:])) {
		s.context = ""
	}
	for at := begin; at <= end && at <= len(src); {
		if len(s.lines) == maxSnippetLines {
			s.more = true
			break
		}
		line := firstLine(src[at:])
		from, to := min(max(start-at, 0), len(line)), min(max(end-at, 0), len(line))
		if at > begin && to == 0 {
			break // the range ends at the line break before
		}
		s.lines = append(s.lines, cutLine(line, from, to))
		at += len(line) + 1
	}
	return s
}

// maxSide and maxMarked bound what is shown of one line: generated files may
// have lines of megabytes.
const maxSide, maxMarked = 160, 240

// cutLine cuts a line in three, and what is too long of each of them.
func cutLine(line []byte, from, to int) snippetLine {
	before, marked, after := string(line[:from]), string(line[from:to]), string(bytes.TrimSuffix(line[to:], []byte("\r")))
	if len(before) > maxSide {
		before = "…" + strings.ToValidUTF8(before[len(before)-maxSide:], "")
	}
	if len(marked) > maxMarked {
		marked = strings.ToValidUTF8(marked[:maxMarked], "") + "…"
	}
	if len(after) > maxSide {
		after = strings.ToValidUTF8(after[:maxSide], "") + "…"
	}
	return snippetLine{before, marked, after}
}

// firstLine returns the bytes before the first line break.
func firstLine(src []byte) []byte {
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		return src[:i]
	}
	return src
}

var headerLine = regexp.MustCompile(`^([A-Za-z_]+(?:[ \t]+"[^"]*"|[ \t]+[A-Za-z_][\w-]*)*)[ \t]*\{`)

// blockAround returns the header of the top-level block that is still open at
// the end of src: message "welcome". It goes by the form that fmt writes, a
// header and its closing brace at the beginning of a line, and returns "" for
// another: it is a help to the eye only.
func blockAround(src []byte) string {
	for len(src) > 0 {
		begin := bytes.LastIndexByte(src[:len(src)-1], '\n') + 1
		line := src[begin:]
		if m := headerLine.FindSubmatch(line); m != nil && line[0] != ' ' {
			if bytes.Contains(line, []byte("}")) {
				return ""
			}
			return string(m[1])
		}
		if line[0] == '}' {
			return ""
		}
		src = src[:begin]
	}
	return ""
}
