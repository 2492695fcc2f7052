package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

var update = flag.Bool("update", false, "write what was seen into the fixtures")

// TestErrors checks every configuration in testdata/errors: a file is a
// configuration of its own, a directory one of all its files. What is expected
// stands in a comment on the guilty line:
//
//	text = 1 # ERROR 10-11: Summary: Detail.
//
// with the first column and the one behind the last (+N/C where it is N lines
// below), WARNING for a warning, \n for a line break in the detail, and one
// such comment after another where there are several. All diagnostics are
// compared, with their texts and columns, those of Validate too. A case is
// added by adding a file, and -update writes the comments.
func TestErrors(t *testing.T) {
	cases, err := os.ReadDir(filepath.Join("testdata", "errors"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(strings.TrimSuffix(c.Name(), ".hcl"), func(t *testing.T) {
			path := filepath.Join("testdata", "errors", c.Name())
			paths := map[string]string{}
			if c.IsDir() {
				files, err := os.ReadDir(path)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					paths[f.Name()] = filepath.Join(path, f.Name())
				}
			} else {
				paths["main.hcl"] = path
			}
			checkFixture(t, paths)
		})
	}
}

func checkFixture(t *testing.T, paths map[string]string) {
	t.Helper()
	files := map[string]string{}
	for name, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	if *update {
		for name, text := range files {
			files[name] = strip(text)
		}
	}
	dir := write(t, files)
	c, diags := Load(dir, Options{Version: "0.1.0"})
	if !diags.HasErrors() {
		_, more := c.Expand(Values{})
		diags = append(diags, more...)
	}
	if *update {
		rewrite(t, paths, files, diags)
		return
	}
	var want, got []string
	for name, text := range files {
		want = append(want, expected(name, text)...)
	}
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%s:%d: %s", d.Subject.Filename, d.Subject.Start.Line, comment(d)))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	if len(want) == 0 {
		t.Error("the fixture expects nothing")
	}
}

// comment writes a diagnostic as a fixture expects it.
func comment(d *hcl.Diagnostic) string {
	sev := "ERROR"
	if d.Severity == hcl.DiagWarning {
		sev = "WARNING"
	}
	end := fmt.Sprint(d.Subject.End.Column)
	if n := d.Subject.End.Line - d.Subject.Start.Line; n > 0 {
		end = fmt.Sprintf("+%d/%d", n, d.Subject.End.Column)
	}
	return fmt.Sprintf("# %s %d-%s: %s: %s", sev, d.Subject.Start.Column, end, d.Summary, strings.ReplaceAll(d.Detail, "\n", `\n`))
}

// expected returns the comments in a file, each behind its place.
func expected(name, text string) []string {
	var out []string
	for i, line := range strings.Split(text, "\n") {
		_, comments := splitComments(line)
		for _, c := range comments {
			out = append(out, fmt.Sprintf("%s:%d: %s", name, i+1, c))
		}
	}
	return out
}

func splitComments(line string) (code string, comments []string) {
	for {
		i := max(strings.LastIndex(line, "# ERROR "), strings.LastIndex(line, "# WARNING "))
		if i < 0 {
			return strings.TrimRight(line, " "), comments
		}
		comments = append(comments, strings.TrimRight(line[i:], " "))
		line = line[:i]
	}
}

func strip(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i], _ = splitComments(line)
	}
	return strings.Join(lines, "\n")
}

func rewrite(t *testing.T, paths, files map[string]string, diags hcl.Diagnostics) {
	t.Helper()
	for name, text := range files {
		lines := strings.Split(text, "\n")
		for _, d := range diags {
			if d.Subject.Filename == name {
				lines[d.Subject.Start.Line-1] += " " + comment(d)
			}
		}
		if err := os.WriteFile(paths[name], []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range diags {
		if _, ok := files[d.Subject.Filename]; !ok {
			t.Errorf("no file holds %s: %s", d.Subject, comment(d))
		}
	}
}

// TestGood expands every directory of testdata/good, in which want.txt says
// what is wanted.
func TestGood(t *testing.T) {
	dirs, err := os.ReadDir(filepath.Join("testdata", "good"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		t.Run(d.Name(), func(t *testing.T) {
			dir := filepath.Join("testdata", "good", d.Name())
			c, diags := Load(dir, Options{Version: "0.1.0"})
			if !diags.HasErrors() {
				diags = append(diags, c.Validate()...)
			}
			if len(diags) > 0 {
				t.Fatal(text(diags))
			}
			got := describe(expand(t, dir, Values{}))
			golden := filepath.Join(dir, "want.txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("wanted (-want +got):\n%s", diff)
			}
		})
	}
}
