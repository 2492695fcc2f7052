package cut

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pieces cuts a source wherever it can be cut.
func pieces(src string) []string {
	var out []string
	from := 0
	c := New([]byte(src))
	for c.Next(c.Pos) {
		out = append(out, src[from:c.Pos])
		from = c.Pos
	}
	return append(out, src[from:])
}

func TestNext(t *testing.T) {
	for _, tc := range []struct {
		name string
		want []string
	}{
		{"nothing", []string{""}},
		{"one block", []string{"a {\n}\n"}},
		{"two blocks", []string{"a {\n}\n", "b {}\n"}},
		{"a block in a block", []string{"a {\n  b {\n  }\n}\n", "c {}\n"}},
		{"blanks behind the brace", []string{"a {} \t\r\n", "b {}\n"}},
		{"a comment behind the brace is not sure enough", []string{"a {} # x\nb {}\n", "c {}\n"}},
		{"braces in strings", []string{"a {\n  x = \"}\"\n}\n", "b {}\n"}},
		{"braces in templates", []string{"a {\n  x = \"${ { y = \"}\" } }\"\n}\n", "b {}\n"}},
		{"escaped templates", []string{"a {\n  x = \"$${ %%{\"\n}\n", "b {}\n"}},
		{"braces in comments", []string{"a {\n  # }\n  // }\n  /* }\n} */\n}\n", "b {}\n"}},
		{"braces in a heredoc", []string{"a {\n  x = <<EOT\n}\nb {\n  EOT\n}\n", "c {}\n"}},
		{"a bracket that does not fit", []string{"a {\n  x = [}\n}\nb {}\nc {}\n"}},
		{"a string that does not end", []string{"a {\n  x = \"\n}\nb {}\n"}},
	} {
		src := ""
		for _, piece := range tc.want {
			src += piece
		}
		if diff := cmp.Diff(tc.want, pieces(src)); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", tc.name, diff)
		}
	}
}

// The limit says from where on a cut is wanted, and the line goes along.
func TestNextBehindALimit(t *testing.T) {
	c := New([]byte("a {\n}\nb {\n}\nc {\n}\nd {}\n"))
	if !c.Next(8) || c.Pos != 12 || c.Line != 5 {
		t.Errorf("cut at byte %d, line %d", c.Pos, c.Line)
	}
	if !c.Next(c.Pos) || c.Pos != 18 || c.Line != 7 {
		t.Errorf("cut at byte %d, line %d", c.Pos, c.Line)
	}
	if c.Next(c.Pos) || c.Pos != 23 {
		t.Errorf("at the end: byte %d", c.Pos)
	}
}
