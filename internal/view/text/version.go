package text

import (
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view"
	"herald/internal/view/wording"
)

// Version writes the version as terraform version does.
func Version(w io.Writer, v view.Version) error {
	_, err := fmt.Fprintf(w, "Herald v%s\non %s, built with %s\n", v.Version, v.Platform, v.Go)
	return err
}

// Validate writes, below the diagnostics, what they come to. diags are
// those that were written.
func Validate(w io.Writer, diags hcl.Diagnostics, opts Options) error {
	p := newPage(opts)
	errors, warnings := 0, 0
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errors++
		} else {
			warnings++
		}
	}
	switch {
	case errors > 0:
		p.line(p.Paint(p.Bold+p.Red, "The configuration is not valid: "), wording.Count(errors, "error", "errors"), ".")
	case warnings > 0:
		p.line(p.Paint(p.Bold+p.Green, "Success!"), " The configuration is valid, with ", wording.Count(warnings, "warning", "warnings"), ", shown above.")
	default:
		p.line(p.Paint(p.Bold+p.Green, "Success!"), " The configuration is valid.")
	}
	return p.writeTo(w)
}
