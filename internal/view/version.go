package view

import (
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"
)

// Version says which Herald this is.
type Version struct {
	FormatVersion string `json:"format_version"`
	Version       string `json:"herald_version"` // 0.1.0, without a v
	Platform      string `json:"platform"`       // linux_amd64
	Go            string `json:"go_version"`     // go1.26
	Commit        string `json:"commit,omitempty"`
}

// VersionText writes the version as terraform version does.
func VersionText(w io.Writer, v Version) error {
	_, err := fmt.Fprintf(w, "Herald v%s\non %s, built with %s\n", v.Version, v.Platform, v.Go)
	return err
}

// VersionJSON writes the version as one line of JSON.
func VersionJSON(w io.Writer, v Version) error {
	v.FormatVersion = FormatVersion
	return writeJSON(w, v)
}

// ValidateText writes, below the diagnostics, what they come to. diags are
// those that were written.
func ValidateText(w io.Writer, diags hcl.Diagnostics, opts TextOptions) error {
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
		p.line(p.paint(p.bold+p.red, "The configuration is not valid: "), count(errors, "error", "errors"), ".")
	case warnings > 0:
		p.line(p.paint(p.bold+p.green, "Success!"), " The configuration is valid, with ", count(warnings, "warning", "warnings"), ", shown above.")
	default:
		p.line(p.paint(p.bold+p.green, "Success!"), " The configuration is valid.")
	}
	return p.writeTo(w)
}
