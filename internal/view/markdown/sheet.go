package markdown

import (
	"html"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/internal/view/wording"
)

// Options say how long a document may be and what it is found by.
type Options struct {
	// Budget is the most bytes; 0 stands for 60,000, which fits a comment on
	// a pull request (65,536 characters on GitHub; a job's summary takes 1 MiB,
	// 1,048,576 bytes). What does not fit is counted. Less than 8,000 counts as
	// 8,000.
	Budget int
	// Label tells documents of several configurations of one repository apart:
	// it is a part of the marker.
	Label string
}

const (
	defaultBudget = 60_000
	leastBudget   = 8_000
	maxRows       = 50
)

// The first line of a Markdown document is one of these, which no reader sees:
// a pipeline finds the comment by it that it has written before, and edits it.
const (
	PlanMarker = "<!-- herald:plan -->"
	RunMarker  = "<!-- herald:run -->"
)

// Marker returns a marker with the label, in which a character other than a
// letter, a digit and . _ / - is a hyphen: <!-- herald:plan:LABEL -->. Without
// a label it is the marker itself.
func Marker(marker, label string) string {
	if label == "" {
		return marker
	}
	safeLabel := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-", r) {
			return r
		}
		return '-'
	}, safe.Clip(label, maxName))
	return strings.TrimSuffix(marker, " -->") + ":" + safeLabel + " -->"
}

// sheet is a Markdown document in the making. Every name on it stands in a code
// span and every text in a fence, so that none can mention, link, close or fold
// anything.
type sheet struct {
	b      strings.Builder
	budget int // bytes, without what stands at the end
	end    string
}

// maxDiagnostics is how many diagnostics are written out.
const maxDiagnostics = 10

// fenceWidth is how wide a sentence within a fence is: a browser does not wrap it.
const fenceWidth = 100

// moreRoom is kept for the lines that say what was left out.
const moreRoom = 600

// newSheet begins a document with the marker; end stands at its end in any case.
func newSheet(marker string, opts Options, end string) *sheet {
	budget := opts.Budget
	if budget <= 0 {
		budget = defaultBudget
	}
	s := &sheet{budget: max(budget, leastBudget) - len(end) - moreRoom, end: end}
	s.add(Marker(marker, opts.Label), "\n\n")
	return s
}

// add writes the parts, whatever the budget.
func (s *sheet) add(parts ...string) {
	for _, part := range parts {
		s.b.WriteString(part)
	}
}

// left is how many bytes are left of the budget.
func (s *sheet) left() int { return s.budget - s.b.Len() }

// beware writes a warning.
func (s *sheet) beware(ws wording.Words) { s.add("> **Beware:** ", inline(ws), "\n\n") }

func (s *sheet) writeTo(w io.Writer) error {
	s.add(s.end)
	_, err := io.WriteString(w, s.b.String())
	return err
}

// fold writes the beginning of a folded part. Its title is in a code element:
// what would mention somebody in it does not. Behind it are words of our own.
func fold(before, title, behind string) string {
	return "<details><summary>" + before + "<code>" + html.EscapeString(short(title)) + "</code>" + behind + "</summary>\n\n"
}

const foldEnd = "</details>\n\n"

// diagnostics writes the first diagnostics, each in a fence, within a third of
// what is left.
func (s *sheet) diagnostics(diags hcl.Diagnostics, sources func(string) []byte) {
	room := s.left() / 3
	for i, diag := range diags {
		one := safe.Fence("text", text.DiagnosticBlock(diag, sources, fenceWidth)) + "\n"
		if room -= len(one); i == maxDiagnostics || room < 0 {
			s.add("… and ", wording.Count(len(diags)-i, "more diagnostic", "more diagnostics"), ".\n\n")
			return
		}
		s.add(one)
	}
}
