package wording

import (
	"strings"
	"testing"
)

func TestWordDiff(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"Hi Bob, it is on its way.", "Hi Bob, it is nearly there.", "Hi Bob, it is [-on its way-]{+nearly there+}."},
		{"a b c", "a b c", "a b c"},
		{"", "new", "{+new+}"},
		{"old", "", "[-old-]"},
		{"one\ntwo", "one\nand\ntwo\n", "one\n{+and⏎+}\ntwo{+⏎+}\n"},
		{"one\ntwo", "one two", "one[-⏎-]{+ +}two"},
		{"5 % 👩‍👩‍👧", "5 % 👩‍👧", "5 % [-👩‍👩‍👧-]{+👩‍👧+}"},
		{"x\u202ey", "xy", "[-x⟨U+202E⟩y-]{+xy+}"},
	} {
		if got := strings.Join(WordDiffLines(c.old, c.now), "\n"); got != c.want {
			t.Errorf("from %q to %q:\n got %q\nwant %q", c.old, c.now, got, c.want)
		}
	}
	if got := WordDiffLines("a [-b-]", "a"); got != nil {
		t.Errorf("signs within the text: got %q", got)
	}
}

func FuzzWordDiff(f *testing.F) {
	f.Add("Hi Bob.", "Hi Ana, hi.")
	f.Add("a\n\nb 👩‍👩‍👧", "\xff\u0301 b\n")
	f.Add(strings.Repeat("a b ", 100), strings.Repeat("b c ", 90))
	f.Fuzz(func(t *testing.T, old, now string) {
		var a, b strings.Builder
		for _, p := range WordDiff(old, now) {
			if !p.New {
				a.WriteString(p.Text)
			}
			if !p.Gone {
				b.WriteString(p.Text)
			}
		}
		if a.String() != old || b.String() != now {
			t.Fatalf("from %q to %q became %q to %q", old, now, a.String(), b.String())
		}
	})
}
