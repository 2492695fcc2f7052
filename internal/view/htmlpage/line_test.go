package htmlpage

import (
	"io"
	"strings"
	"testing"

	"herald/internal/view"
	"herald/internal/view/viewtest"
	"herald/plan"
)

// TestNoLineOfTheStyleIsACommand holds the same of what is not a text, and of
// text that comes in pieces.
func TestNoLineOfTheStyleIsACommand(t *testing.T) {
	style, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(style)) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("the style has the line %q, in which a reference would stand for itself", line)
		}
	}
	for _, size := range []int{1, 2, 3} {
		var b strings.Builder
		g := &lineGuard{w: &b}
		for rest := "a::b\n::c\n :d\n:"; rest != ""; {
			n := min(size, len(rest))
			if _, err := io.WriteString(g, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := g.Flush(); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), "a::b\n&#58;:c\n :d\n:"; got != want {
			t.Errorf("in pieces of %d it wrote %q, want %q", size, got, want)
		}
	}
}

// TestBlankEdgesOfABubble holds that the two ends are marked on the page.
func TestBlankEdgesOfABubble(t *testing.T) {
	p := &plan.Plan{ID: "sha256:1", Lineage: "l", Accounts: viewtest.ShopAccount(), Changes: []*plan.Change{viewtest.SendText(viewtest.Message("edges"), "1001", "\n\nHi Ana, and Ben. ")}}
	d := view.NewPlanDoc(p, view.PlanOptions{})
	if got := len(markSpans(d.Item(p.Changes[0]))); got != 2 {
		t.Errorf("%d pieces are marked, not the two ends", got)
	}
}
