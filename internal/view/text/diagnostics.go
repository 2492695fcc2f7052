package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// The most diagnostics with one summary that are written out in a row; those
// behind them are counted.
const (
	maxAlikeWarnings = 3
	maxAlikeErrors   = 10
)

// Diagnostics writes each diagnostic in a frame: what is wrong, where, the
// lines of the source with the place underlined, and the detail wrapped to the
// width. Lines of the detail that begin with a space are commands and are not
// wrapped. Of many in a row with one summary the first are written and the
// rest are counted, unless opts.Verbose. sources returns the bytes of a file
// of the configuration, or nil; it may be nil itself.
func Diagnostics(w io.Writer, diags hcl.Diagnostics, sources func(file string) []byte, opts Options) error {
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

// diagnostic writes one frame; more counts those like it that are left out.
func (p *page) diagnostic(diag *hcl.Diagnostic, sources func(string) []byte, more int) {
	style, word := p.Red, "Error"
	if diag.Severity == hcl.DiagWarning {
		style, word = p.Yellow, "Warning"
	}
	edge := p.Paint(style, "│")
	p.line(p.Paint(style, "╷"))
	p.line(edge, " ", p.Paint(p.Bold+style, word+": "), p.Paint(p.Bold, safe.Line(diag.Summary)))
	if wording.InFile(diag) {
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
	p.line(p.Paint(style, "╵"))
}

// DiagnosticBlock returns a diagnostic without a frame and colours, wrapped to
// the width, for a format that sets it apart in its own way. sources is as for
// Diagnostics.
func DiagnosticBlock(diag *hcl.Diagnostic, sources func(file string) []byte, width int) string {
	p := newPage(Options{Width: width})
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
	s := wording.SnippetOf(diag, sources)
	where := fmt.Sprintf("  on %s line %d", safe.Line(diag.Subject.Filename), diag.Subject.Start.Line)
	if s == nil {
		p.line(edge, " ", where)
		return
	}
	if s.Context != "" {
		where += ", in " + safe.Line(s.Context)
	}
	p.line(edge, " ", where, ":")
	digits := len(fmt.Sprint(s.Line + len(s.Lines) - 1))
	for i, line := range s.Lines {
		number := fmt.Sprintf("  %*d: ", max(3, digits), s.Line+i)
		if i > 0 { // of a further line the indent is not meant
			text := strings.TrimLeft(line.Marked, " \t")
			line.Before, line.Marked = line.Before+line.Marked[:len(line.Marked)-len(text)], text
		}
		before, marked, after := safe.Source(line.Before), safe.Source(line.Marked), safe.Source(line.After)
		if before+marked+after == "" {
			number = strings.TrimRight(number, " ")
		}
		p.line(edge, " ", number, before, p.Paint(p.Underline, marked), after)
		if w := safe.Width(marked); w > 0 && p.Reset == "" {
			p.line(edge, " ", strings.Repeat(" ", len(number)+safe.Width(before)), strings.Repeat("^", w))
		}
	}
	if s.More {
		p.line(edge, " ", p.Paint(p.Dim, strings.Repeat(" ", digits)+"    …"))
	}
}
