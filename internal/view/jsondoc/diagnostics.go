package jsondoc

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// FormatVersion stands in every JSON document. Within one major version names
// are added and none is taken away; docs/json.md has the whole promise.
const FormatVersion = "1.0"

// validateJSON has the names of Terraform's validate -json.
type validateJSON struct {
	FormatVersion string       `json:"format_version"`
	Valid         bool         `json:"valid"`
	ErrorCount    int          `json:"error_count"`
	WarningCount  int          `json:"warning_count"`
	Diagnostics   []Diagnostic `json:"diagnostics"`
}

// Diagnostic is a diagnostic as every document has it.
type Diagnostic struct {
	Severity string       `json:"severity"` // "error" or "warning"
	Summary  string       `json:"summary"`
	Detail   string       `json:"detail"`
	Range    *rangeJSON   `json:"range,omitempty"`
	Snippet  *snippetJSON `json:"snippet,omitempty"`
}

type rangeJSON struct {
	Filename string  `json:"filename"`
	Start    posJSON `json:"start"`
	End      posJSON `json:"end"`
}

type posJSON struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// snippetJSON has byte offsets into Code.
type snippetJSON struct {
	Context              *string    `json:"context"`
	Code                 string     `json:"code"`
	StartLine            int        `json:"start_line"`
	HighlightStartOffset int        `json:"highlight_start_offset"`
	HighlightEndOffset   int        `json:"highlight_end_offset"`
	Values               []struct{} `json:"values"` // always empty: a value may be sensitive
}

// Diagnostics writes the diagnostics as Terraform's validate -json does,
// all of them: valid, counts, and each with its range and snippet. It is the
// document of validate -json, and of any command that fails under -json.
func Diagnostics(w io.Writer, diags hcl.Diagnostics, sources func(file string) []byte) error {
	doc := validateJSON{FormatVersion: FormatVersion, Diagnostics: DiagnosticList(diags, sources)}
	for _, d := range doc.Diagnostics {
		if d.Severity == "error" {
			doc.ErrorCount++
		} else {
			doc.WarningCount++
		}
	}
	doc.Valid = doc.ErrorCount == 0
	return Write(w, doc)
}

// DiagnosticList gives diagnostics as they stand in a document; it is never nil.
// sources returns the bytes of a file of the configuration, or nil; it may be nil
// itself.
func DiagnosticList(diags hcl.Diagnostics, sources func(string) []byte) []Diagnostic {
	out := make([]Diagnostic, 0, len(diags))
	for _, diag := range diags {
		d := Diagnostic{Severity: "error", Summary: diag.Summary, Detail: diag.Detail}
		if diag.Severity == hcl.DiagWarning {
			d.Severity = "warning"
		}
		if diag.Subject != nil {
			d.Range = &rangeJSON{Filename: diag.Subject.Filename, Start: posJSON(diag.Subject.Start), End: posJSON(diag.Subject.End)}
			d.Snippet = snippetOf(wording.SnippetOf(diag, sources))
		}
		out = append(out, d)
	}
	return out
}

// snippetOf joins the lines of a snippet; a nil snippet is none.
func snippetOf(s *wording.Snippet) *snippetJSON {
	if s == nil {
		return nil
	}
	j := &snippetJSON{StartLine: s.Line, Values: []struct{}{}}
	if s.Context != "" {
		j.Context = &s.Context
	}
	var b strings.Builder
	for i, line := range s.Lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line.Before)
		if i == 0 {
			j.HighlightStartOffset = b.Len()
		}
		b.WriteString(line.Marked)
		j.HighlightEndOffset = b.Len()
		b.WriteString(line.After)
	}
	j.Code = b.String()
	return j
}

// Write writes a document as one line. Characters that HTML or a terminal
// would act upon are escapes within its strings.
func Write(w io.Writer, doc any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(doc); err != nil {
		return err
	}
	_, err := w.Write(safe.JSON(b.Bytes()))
	return err
}
