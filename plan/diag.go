package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/config/content"
)

// fail adds an error. A zero range is a place outside the configuration.
func (b *builder) fail(at hcl.Range, summary, detail string) {
	b.report(hcl.DiagError, at, summary, detail)
}

// warn adds a warning.
func (b *builder) warn(at hcl.Range, summary, detail string) {
	b.report(hcl.DiagWarning, at, summary, detail)
}

func (b *builder) report(severity hcl.DiagnosticSeverity, at hcl.Range, summary, detail string) {
	d := &hcl.Diagnostic{Severity: severity, Summary: summary, Detail: detail}
	if at.Filename != "" {
		d.Subject = &at
	}
	b.diags = append(b.diags, d)
}

// sorted returns the diagnostics, errors first, each by its place.
func (b *builder) sorted() hcl.Diagnostics {
	slices.SortStableFunc(b.diags, func(x, y *hcl.Diagnostic) int {
		if c := cmp.Compare(x.Severity, y.Severity); c != 0 {
			return c
		}
		switch {
		case x.Subject == nil && y.Subject == nil:
			return 0
		case x.Subject == nil:
			return 1
		case y.Subject == nil:
			return -1
		}
		return cmp.Or(
			strings.Compare(x.Subject.Filename, y.Subject.Filename),
			cmp.Compare(x.Subject.Start.Line, y.Subject.Start.Line),
			cmp.Compare(x.Subject.Start.Byte, y.Subject.Start.Byte),
		)
	})
	return b.diags
}

// place writes a range for the middle of a sentence: main.hcl, line 12.
func place(r hcl.Range) string {
	if r.Filename == "" {
		return "the configuration"
	}
	return fmt.Sprintf("%s, line %d", r.Filename, r.Start.Line)
}

// block writes lines to be pasted, set off from the sentences around them.
func block(lines ...string) string {
	return "\n\n  " + strings.Join(lines, "\n  ") + "\n\n"
}

// movedBlock is the moved block that says an address has a new name.
func movedBlock(from, to fmt.Stringer) string {
	return block("moved {", "  from = "+from.String(), "  to   = "+to.String(), "}")
}

// andOthers writes the first of n addresses and how many there are beside it.
func andOthers(a addr.Instance, n int) string {
	switch n {
	case 1:
		return a.String()
	case 2:
		return a.String() + " and 1 other"
	}
	return fmt.Sprintf("%s and %s others", a, content.Thousands(n-1))
}

// others counts what is not named: 1 other recipient, 2 other recipients.
func others(n int, what string) string {
	if n == 1 {
		return "1 other " + what
	}
	return content.Thousands(n) + " other " + what + "s"
}
