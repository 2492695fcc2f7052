package htmlpage

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/wording"
)

// htmlDiagnostic is a diagnostic on a page.
type htmlDiagnostic struct {
	Class   string // error or warning
	Word    string // the same for a reader
	Summary []htmlRun
	File    []htmlRun // "" where it is about no place in a file
	Line    int
	Block   []htmlRun
	Source  []htmlSource
	More    bool
	Detail  []htmlPara
}

// htmlSource is a line of a source, with the part that is meant.
type htmlSource struct {
	Number                int
	Before, Marked, After []htmlRun
}

// htmlPara is a paragraph of a detail, or lines that are commands.
type htmlPara struct {
	Code bool
	Runs []htmlRun
}

func htmlDiagnostics(diags hcl.Diagnostics, sources func(string) []byte) []htmlDiagnostic {
	out := make([]htmlDiagnostic, 0, len(diags))
	for _, diag := range diags {
		d := htmlDiagnostic{Class: "error", Word: "Error", Summary: htmlLine(diag.Summary), Detail: htmlParas(diag.Detail)}
		if diag.Severity == hcl.DiagWarning {
			d.Class, d.Word = "warning", "Warning"
		}
		if wording.InFile(diag) {
			d.File, d.Line = htmlLine(diag.Subject.Filename), diag.Subject.Start.Line
			if s := wording.SnippetOf(diag, sources); s != nil {
				d.Block, d.More = htmlLine(s.Context), s.More
				for i, line := range s.Lines {
					d.Source = append(d.Source, htmlSource{s.Line + i, htmlSourceRuns(line.Before), htmlSourceRuns(line.Marked), htmlSourceRuns(line.After)})
				}
			}
		}
		out = append(out, d)
	}
	return out
}

// htmlSourceRuns splits a part of a line of a source, in which tabs are meant.
func htmlSourceRuns(s string) []htmlRun { return htmlLine(strings.ReplaceAll(s, "\t", "  ")) }

// htmlParas cuts a detail into its paragraphs. Lines that begin with a space
// are commands, and stand together with the empty lines between them.
func htmlParas(detail string) []htmlPara {
	var out []htmlPara
	for para := range strings.SplitSeq(detail, "\n\n") {
		code := strings.HasPrefix(para, " ")
		if last := len(out) - 1; code && last >= 0 && out[last].Code {
			out[last].Runs = append(out[last].Runs, htmlText("\n\n"+para)...)
			continue
		}
		if para != "" {
			out = append(out, htmlPara{code, htmlText(para)})
		}
	}
	return out
}
