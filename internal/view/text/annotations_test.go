package text

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/viewtest"
)

func TestAnnotations(t *testing.T) {
	viewtest.Golden(t, "annotations.txt", func(w io.Writer) error {
		return Annotations(w, viewtest.SampleDiagnostics()[:6], AnnotationOptions{Dir: "campaigns/spring"})
	})
}

func TestAnnotationsPlaces(t *testing.T) {
	at := func(file string, l1, c1, l2, c2 int) *hcl.Range {
		return &hcl.Range{Filename: file, Start: hcl.Pos{Line: l1, Column: c1}, End: hcl.Pos{Line: l2, Column: c2}}
	}
	for _, c := range []struct {
		dir  string
		at   *hcl.Range
		want string
	}{
		{"", nil, "::error title=Odd::100%25 wrong%0Aand long\n"},
		{"a", at(".", 1, 1, 1, 1), "::error title=Odd::100%25 wrong%0Aand long\n"},
		{".", at("main.hcl", 3, 5, 3, 9), "::error file=main.hcl,line=3,endLine=3,col=5,endColumn=9,title=Odd::100%25 wrong%0Aand long\n"},
		{"a/b", at("main.hcl", 3, 5, 6, 2), "::error file=a/b/main.hcl,line=3,endLine=6,title=Odd::100%25 wrong%0Aand long\n"},
		{"a/b", at("main.hcl", 3, 5, 6, 1), "::error file=a/b/main.hcl,line=3,endLine=5,title=Odd::100%25 wrong%0Aand long\n"},
		{"", at("main.hcl", 3, 5, 4, 1), "::error file=main.hcl,line=3,title=Odd::100%25 wrong%0Aand long\n"},
		{"", at("main.hcl", 0, 0, 0, 0), "::error file=main.hcl,title=Odd::100%25 wrong%0Aand long\n"},
		{"x,line=1::y", at("a:b,c%.hcl\n::stop-commands::x", 1, 1, 1, 2), "::error file=x%2Cline=1%3A%3Ay/a%3Ab%2Cc%25.hcl⏎%3A%3Astop-commands%3A%3Ax,line=1,endLine=1,col=1,endColumn=2,title=Odd::100%25 wrong%0Aand long\n"},
	} {
		var b bytes.Buffer
		diags := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Odd", Detail: "100% wrong\nand long", Subject: c.at}}
		if err := Annotations(&b, diags, AnnotationOptions{Dir: c.dir}); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("got  %swant %s", b.String(), c.want)
		}
	}
}

var olderCommand = regexp.MustCompile(`##[A-Za-z]*\[`)

// FuzzAnnotations holds that a diagnostic is one line, which begins with its
// own command, and that no other command is in it.
func FuzzAnnotations(f *testing.F) {
	for _, s := range []string{"", viewtest.Hostile, "a\r\n::error::b", "##[error]x", "%0A::debug::", "x::y,title=z", "\u2028::warning::", "##vso[task.complete]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		diags := hcl.Diagnostics{
			{Severity: hcl.DiagError, Summary: s, Detail: s, Subject: &hcl.Range{Filename: s, Start: hcl.InitialPos, End: hcl.InitialPos}},
			{Severity: hcl.DiagWarning, Summary: s},
		}
		if err := Annotations(&b, diags, AnnotationOptions{Dir: s}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		if len(lines) != 3 || lines[2] != "" {
			t.Fatalf("%d lines: %q", len(lines), b.String())
		}
		for i, command := range []string{"::error ", "::warning "} {
			line := lines[i]
			if !strings.HasPrefix(line, command) || strings.Contains(line, "\r") || olderCommand.MatchString(line) {
				t.Errorf("another command: %q", line)
			}
			properties, _, _ := strings.Cut(strings.TrimPrefix(line, command), "::")
			if n := strings.Count(properties, "title="); n < 1 || strings.Count(properties, ",") > 5 {
				t.Errorf("other properties: %q", properties)
			}
		}
		viewtest.CheckRunes(t, b.String())
	})
}
