package text

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// AnnotationOptions say where a configuration lies.
type AnnotationOptions struct {
	// Dir is the configuration's folder below the root of the repository, with
	// slashes; "" or "." is the root itself.
	Dir string
}

// Annotations writes each diagnostic as a workflow command of GitHub Actions,
// one a line, so that a pull request shows it beside the line that it is
// about: ::error file=a/main.hcl,line=3,title=Summary::Detail. What comes from
// a configuration cannot begin a command of its own: package safe sees to the
// older form, "##[error]", which is one wherever it stands.
//
// Source: the workflow commands of GitHub's documentation. Columns are left
// out where the range has several lines, since GitHub takes them within one
// line only.
func Annotations(w io.Writer, diags hcl.Diagnostics, o AnnotationOptions) error {
	var b strings.Builder
	for _, d := range diags {
		command := "error"
		if d.Severity == hcl.DiagWarning {
			command = "warning"
		}
		var properties []string
		if r := d.Subject; wording.InFile(d) && r.Filename != "" {
			properties = append(properties, "file="+commandProperty(path.Join(o.Dir, r.Filename)))
			properties = append(properties, annotationPlace(r)...)
		}
		properties = append(properties, "title="+commandProperty(safe.Line(d.Summary)))
		message := d.Detail
		if message == "" {
			message = d.Summary
		}
		fmt.Fprintf(&b, "::%s %s::%s\n", command, strings.Join(properties, ","), commandData(safe.Text(message)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// annotationPlace gives the properties for the lines and columns of a range; both count
// from 1, and endColumn is the one behind the range, as in hcl.
func annotationPlace(r *hcl.Range) []string {
	if r.Start.Line < 1 {
		return nil
	}
	properties := []string{fmt.Sprintf("line=%d", r.Start.Line)}
	last := r.End.Line
	if r.End.Column == 1 && last > r.Start.Line {
		last-- // the range ends with the line break before
	}
	switch {
	case last > r.Start.Line:
		return append(properties, fmt.Sprintf("endLine=%d", last))
	case r.End.Line == r.Start.Line && r.Start.Column >= 1 && r.End.Column >= r.Start.Column:
		return append(properties, fmt.Sprintf("endLine=%d", last), fmt.Sprintf("col=%d", r.Start.Column), fmt.Sprintf("endColumn=%d", r.End.Column))
	}
	return properties
}

// commandData escapes the text of a command, which ends with its line. "##[" would
// begin a command of the older form, wherever it stands in a line.
func commandData(s string) string {
	s = strings.ReplaceAll(s, "##", "# #")
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes the value of a property, which a colon or comma would end.
func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(safe.Line(s)))
}
