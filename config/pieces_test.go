package config

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// samePieces checks that a source parsed in pieces, as small as they can be, is
// the source parsed whole.
func samePieces(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		return // refused before it is parsed
	}
	root := rootSchema()
	src := newSource("main.hcl", []byte(text))
	whole := parseWhole(root, src)
	parts, ok := parsePieces(root, src, 1)
	bad := slices.ContainsFunc(whole.diags, func(d *hcl.Diagnostic) bool { return !isOurs(d) })
	if !ok {
		return // the whole file is parsed then
	}
	if bad {
		t.Fatalf("parsed in pieces, but not whole:\n%s\n%s", text, whole.diags)
	}
	sortDiags(whole.diags)
	sortDiags(parts.diags)
	byPlace := func(a, b decl) int { return int(a.header.start.byte) - int(b.header.start.byte) }
	slices.SortFunc(whole.decls, byPlace)
	slices.SortFunc(parts.decls, byPlace)
	if len(whole.decls)+len(parts.decls) > 0 && !reflect.DeepEqual(whole.decls, parts.decls) {
		t.Fatalf("other blocks in pieces:\n%s\nwhole  %+v\npieces %+v", text, whole.decls, parts.decls)
	}
	if a, b := fmt.Sprint(whole.diags), fmt.Sprint(parts.diags); a != b {
		t.Fatalf("other diagnostics in pieces:\n%s\nwhole  %s\npieces %s", text, a, b)
	}
}

// isOurs reports whether a diagnostic was made by the decoder: those of the
// parser never reach a piece.
func isOurs(d *hcl.Diagnostic) bool {
	return slices.Contains([]string{
		"Unknown block", "Unknown argument", "Missing name", "Too many names", "Invalid name", "Repeated block", "No count", "Access token in a file",
	}, d.Summary)
}

// parts are what sources are made of: what opens, closes, and only looks so.
var parts = []string{
	"message \"a\" {\n}\n", "message \"b\" {\n  text = \"x\"\n}\n", "message \"b\" {}\n", "}", "{", "\n", " ", "\r\n", "\"", "\\\"", "\\", "$", "%", "${", "%{", "$${", "%%{", "~}", "}\n",
	"(", ")", "[", "]", "#", "//", "/*", "*/", "/", "<<EOT\n", "<<-EOT\n", "EOT\n", "  EOT\r\n", "EOT", "<", "<<", "-", "text = ", "locals {\n", "x = 1\n", "é", "\uFEFF", "\r", "'", "`",
	"reaction \"r\" {\n\n  # note\n  recipient = \"1\"\n\treaction= \"love\" \n}\n", "message \"m\" {\n  text = \"é e\u0301 👩‍👧 x\"\n  revision = 2\n  recipient = 007\n}\n", "message \"m\" {\n  text = \"a\"\n  text = \"b\"\n}\n",
	"message \"s\" {\r\n  text = \"x\"\r\n  revision=true\r\n}\r\n", "account \"x\" {\n  ig_id = \"1\"\n}\n", "herald {\n  required_version = \"1\"\n}\n", "# note\n", "\n\n", "locals {\n  a = <<EOT\n}\n{ \"\n${ \"}\" }\nEOT\n}\n",
	"locals {\n  b = <<-EOT\n    50%\n    $5 $${x} %%{y} 100%$\n    EOT\n}\n",
	"locals {\n  c = \"}${ { a = \"}\" }[\"a\"] }\" # } {\n  /* } \" */\n}\n",
	"locals {\n  d = [\n    \"}\",\n  ]\n}\n", "locals {\n  e = \"%{ if true }}%{ else }{%{ endif }\"\n}\n", "output \"o\" {\n  value = { a = { b = \"\\\"}\" } }\n} \n", "message \"c\" { text = \"one line\" }\n",
}

func TestPiecesAreTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(12) {
			b.WriteString(parts[rng.IntN(len(parts))])
		}
		samePieces(t, b.String())
	}
}

// TestPiecesAreUsed makes sure that ordinary sources are cut, so that the test
// above is about something.
func TestPiecesAreUsed(t *testing.T) {
	for _, part := range parts[len(parts)-7:] {
		text := part + part + part
		n := 0
		src := newSource("main.hcl", []byte(text))
		d := &decoder{root: rootSchema(), src: src}
		divide(d, src, 1, func(piece) { n++ })
		if n += len(d.decls); n < 3 {
			t.Errorf("cut into %d pieces:\n%s", n, text)
		}
		samePieces(t, text)
	}
}

func FuzzPieces(f *testing.F) {
	for _, p := range parts {
		f.Add(p + p)
	}
	f.Fuzz(samePieces)
}
