package config

import (
	"strings"
	"testing"
)

// TestDeepNesting gives the parser what would fill its stack.
func TestDeepNesting(t *testing.T) {
	const n = 20_000
	for name, expr := range map[string]string{
		"parentheses":  strings.Repeat("(", n),
		"lists":        strings.Repeat("[", n),
		"sums":         "1" + strings.Repeat("+1", n),
		"negations":    strings.Repeat("!", n) + "true",
		"conditionals": strings.Repeat("true?1:", n) + "1",
		"indices":      "local.b" + strings.Repeat("[local.b]", n),
		"templates":    strings.Repeat("\"${", n),
		"directives":   "\"" + strings.Repeat("%{if true}", n) + "\"",
		"splats":       "[]" + strings.Repeat("[*]", n),
		"blocks":       "1\n}\n" + strings.Repeat("a {\n", n),
	} {
		_, diags := Load(write(t, map[string]string{"main.hcl": "locals {\n  a = " + expr + "\n}\n"}), Options{})
		if len(diags) != 1 || diags[0].Summary != "Nested too deeply" || diags[0].Subject.Start.Line < 2 {
			t.Errorf("%s: %.300s", name, text(diags))
		}
	}
	// What is long is not deep.
	var b strings.Builder
	b.WriteString("locals {\n  b = [\n")
	for range 2_000 {
		b.WriteString("    { a = -1 + 2, b = \"${1}%{ if true }x%{ else }y%{ endif }\" },\n")
	}
	b.WriteString("  ]\n}\n")
	if _, diags := Load(write(t, map[string]string{"main.hcl": b.String()}), Options{}); len(diags) > 0 {
		t.Error(text(diags))
	}
}
