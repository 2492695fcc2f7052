package view_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	mdtext "github.com/yuin/goldmark/text"

	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
)

var ourHTML = regexp.MustCompile(`^(<!-- herald:(plan|run)(:[A-Za-z0-9._/-]+)? -->|` +
	`<details><summary>([A-Z][a-z ]*)?(<code>[^<>\n]*</code>)?[a-z0-9, ]*</summary>|</details>)\n*$`)

// checkMarkdown reads a document as GitHub does: apart from our own words there
// are code and fences only, and no HTML but our folds.
func checkMarkdown(t *testing.T, doc []byte) {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	root := md.Parser().Parse(mdtext.NewReader(doc))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindHTMLBlock:
			var b bytes.Buffer
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(doc))
			}
			if !ourHTML.Match(b.Bytes()) {
				t.Errorf("foreign HTML: %q", b.Bytes())
			}
		case ast.KindRawHTML, ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindCodeBlock:
			t.Errorf("a %s in the document", n.Kind())
		case ast.KindCodeSpan, ast.KindFencedCodeBlock:
			return ast.WalkSkipChildren, nil
		case ast.KindText:
			if s := n.(*ast.Text).Value(doc); bytes.ContainsAny(s, "@#`<>[]~") {
				t.Errorf("a text outside of code: %q", s)
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckRunes(t, string(doc))
}

func TestSampleMarkdownIsOurs(t *testing.T) {
	var b bytes.Buffer
	if err := markdown.Plan(&b, viewtest.SampleDoc(), markdown.Options{}); err != nil {
		t.Fatal(err)
	}
	checkMarkdown(t, b.Bytes())
}

// FuzzFormats writes a plan that is hostile throughout in every format.
func FuzzFormats(f *testing.F) {
	for _, s := range []string{
		viewtest.Hostile, "", "`", "``` @all", "a|b", "</details>\n\n<script>", "\n\n# x\n- y", "~~~", "<!-- ", "\\", "[x](y)", "&lt;", "\x1b]0;x\a",
		" ", "\t", "x\n    y", "https://example.com", "\u202e", strings.Repeat("👩‍👩‍👧", 80), "</code></summary>", "\xff\r\n", "$${x}", "::error::x", "a ::stop-commands::x y", strings.Repeat("x", 40) + "::error::", "##[error]x ##vso[y]", "pаypal {{name}} Hi ,",
	} {
		f.Add(s)
	}
	f.Fuzz(checkFormats)
}

// checkFormats writes a plan that is hostile by s.
func checkFormats(t *testing.T, s string) {
	t.Helper()
	d := viewtest.EvilPlan(s)
	var md, plain, data, diags bytes.Buffer
	if err := markdown.Plan(&md, d, markdown.Options{}); err != nil {
		t.Fatal(err)
	}
	checkMarkdown(t, md.Bytes())
	if err := text.Plan(&plain, d, text.Options{Width: 40}); err != nil {
		t.Fatal(err)
	}
	viewtest.CheckRunes(t, plain.String())
	plain.Reset()
	if err := text.Plan(&plain, d, text.Options{Width: 40, Verbose: true}); err != nil {
		t.Fatal(err)
	}
	viewtest.CheckRunes(t, plain.String())
	checkCommands(t, plain.String())
	checkLines(t, plain.String())
	if err := text.Diagnostics(&diags, d.Diagnostics, d.Sources, text.Options{}); err != nil {
		t.Fatal(err)
	}
	viewtest.CheckRunes(t, diags.String())
	for line := range strings.SplitSeq(strings.TrimSuffix(diags.String(), "\n"), "\n") {
		if !strings.HasPrefix(line, "│") && line != "╷" && line != "╵" {
			t.Errorf("a line outside of the frame: %q", line)
		}
	}
	if err := jsondoc.Plan(&data, d); err != nil {
		t.Fatal(err)
	}
	for _, r := range strings.TrimSuffix(data.String(), "\n") {
		if safe.Odd(r) {
			t.Errorf("%U in the JSON", r)
		}
	}
	var doc struct {
		ResourceChanges []struct {
			Change struct{ After map[string]any }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(data.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if got, want := doc.ResourceChanges[0].Change.After["text"], strings.ToValidUTF8(s, "\ufffd"); got != want && !strings.Contains(want, "\ufffd") {
		t.Errorf("the text became %q, not %q", got, want)
	}
}

// checkCommands holds that no line is a command to a pipeline's runner.
func checkCommands(t *testing.T, s string) {
	t.Helper()
	if found := regexp.MustCompile(`(?m)^[ \t]*::|##[A-Za-z]*\[`).FindString(s); found != "" {
		t.Errorf("a command to a runner: %q", found)
	}
}

var symbolLine = regexp.MustCompile(`^(  [+=?~…<.-] |-/\+ )`)

// checkLines holds that the symbols of changes stand before our addresses only.
func checkLines(t *testing.T, s string) {
	t.Helper()
	want := []string{"  + message.evil[", "  … message.post[", "  ? message.doubt[", "  ~ reaction.r ", "-/+ reaction.r2 ", "  = message.code["}
	for line := range strings.SplitSeq(s, "\n") {
		if !symbolLine.MatchString(line) {
			continue
		}
		if len(want) == 0 || !strings.HasPrefix(line, want[0]) {
			t.Fatalf("a forged line: %q", line)
		}
		want = want[1:]
	}
	if len(want) > 0 {
		t.Errorf("missing: %q", want)
	}
}
