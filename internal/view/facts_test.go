package view_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	mdhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/htmlpage"
	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/odd"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
	"herald/internal/view/wording"
	"herald/plan"
)

// seen returns the text of a page as a reader sees it.
func seen(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && slices.Contains([]string{"p", "div", "li", "td", "tr", "pre", "summary", "dd", "dt", "h1", "h2", "h3", "article", "section"}, n.Data):
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// seenMarkdown returns the text of a Markdown document as a reader sees it.
func seenMarkdown(t *testing.T, doc string) string {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(mdhtml.WithUnsafe()))
	var b bytes.Buffer
	if err := md.Convert([]byte(doc), &b); err != nil {
		t.Fatal(err)
	}
	return seen(t, b.String())
}

// seenJSON returns every name and value of a JSON document, a line for each, marked
// as the other formats mark them.
func seenJSON(t *testing.T, doc string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(mapKeys(v)) {
				b.WriteString(k + "\n")
				walk(v[k])
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case string:
			b.WriteString(safe.Text(v) + "\n" + safe.Line(v) + "\n")
		case float64:
			fmt.Fprintf(&b, "%s\n", content.Thousands(int(v)))
		}
	}
	walk(v)
	return b.String()
}

func mapKeys(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// planFormats returns what a reader of each format learns about a plan.
func planFormats(t *testing.T, d *view.PlanDoc) map[string]string {
	return map[string]string{
		"text":     viewtest.Render(t, func(w io.Writer) error { return text.Plan(w, d, text.Options{Verbose: true}) }),
		"Markdown": seenMarkdown(t, viewtest.Render(t, func(w io.Writer) error { return markdown.Plan(w, d, markdown.Options{Budget: 1 << 20}) })),
		"JSON":     seenJSON(t, viewtest.Render(t, func(w io.Writer) error { return jsondoc.Plan(w, d) })),
		"HTML":     seen(t, viewtest.Render(t, func(w io.Writer) error { return htmlpage.Plan(w, d) })),
	}
}

// A fact is something that each format tells.
type fact struct{ what, text string }

// planFacts are the facts of a plan.
func planFacts(d *view.PlanDoc) []fact {
	facts := []fact{{"the digest", d.ID}, {"the counts", strings.TrimPrefix(d.Summary(), "Plan: ")}}
	for _, a := range d.Elsewhere {
		facts = append(facts, fact{"the endpoint of " + a.Name, a.Endpoint})
	}
	for _, m := range d.Moves {
		facts = append(facts, fact{"a move", m.From.String()}, fact{"a move", m.To.String()})
	}
	for _, conv := range d.Conversations {
		facts = append(facts, fact{"a recipient", conv.Recipient}, fact{"an account", safe.Line(conv.Account)})
		for _, c := range conv.Changes {
			facts = append(facts, changeFacts(c, d.Item(c))...)
		}
	}
	for _, x := range d.NotDone() {
		facts = append(facts, fact{"a difference", safe.Line(x.Addr.String())})
	}
	return facts
}

func changeFacts(c *plan.Change, it view.Item) []fact {
	name := c.Addr.String()
	facts := []fact{{"the address", safe.Line(name)}}
	if it.Was == "" {
		for line := range strings.SplitSeq(safe.Text(it.Body), "\n") {
			facts = append(facts, fact{name + ": a line", line})
		}
	}
	for _, piece := range wording.WordDiff(it.Was, it.Body) {
		if it.Was != "" && piece.New {
			facts = append(facts, fact{name + ": new words", piece.Text})
		}
	}
	for _, m := range it.Marks {
		facts = append(facts, fact{name + ": a mark", safe.Line(m.Text)})
	}
	if c.React != "" {
		facts = append(facts, fact{name + ": the reaction", safe.Line(c.React)})
	}
	if c.Content.Kind == content.Text && !c.Sensitive {
		facts = append(facts, fact{name + ": the bytes", content.Thousands(len(c.Content.Value))})
	}
	if c.Held() {
		facts = append(facts, fact{name + ": what holds it", safe.Line(c.HeldBy.String())})
	}
	return facts
}

// TestFormatsTellTheSameFacts compares the four formats of one plan: what one
// tells, each tells.
func TestFormatsTellTheSameFacts(t *testing.T) {
	for name, d := range map[string]*view.PlanDoc{
		"sample": viewtest.SampleDoc(),
		"since":  view.NewPlanDoc(viewtest.NewPlan(), view.PlanOptions{Since: viewtest.OldPlan()}),
		"evil":   viewtest.EvilPlan("Hi {{name}} \u202e`|<b>\n::error::x ##[group] paypаl"),
	} {
		facts := planFacts(d)
		for format, text := range planFormats(t, d) {
			for _, f := range facts {
				if !strings.Contains(text, safe.Line(f.text)) && !strings.Contains(text, safe.Text(f.text)) {
					t.Errorf("%s: the %s does not tell %s: %q", name, format, f.what, f.text)
				}
			}
			if strings.Contains(text, strings.Repeat("s", 50)) {
				t.Errorf("%s: the %s tells a sensitive text", name, format)
			}
		}
	}
}

// TestFormatsKeepTheOrder holds that addresses come in the plan's order in all
// formats; JSON has them in the order of execution.
func TestFormatsKeepTheOrder(t *testing.T) {
	d := view.NewPlanDoc(viewtest.LongPlan(30), view.PlanOptions{})
	for format, text := range planFormats(t, d) {
		last := -1
		for _, c := range d.Changes {
			at := strings.Index(text, c.Content.Value)
			if at < last {
				t.Errorf("%s: %s comes before the one before it", format, c.Addr)
			}
			last = at
		}
	}
}

// TestMarksAreToldEverywhere holds that each kind of mark is explained in the
// same words where words are used.
func TestMarksAreToldEverywhere(t *testing.T) {
	p := &plan.Plan{ID: "sha256:1", Lineage: "l", Accounts: viewtest.ShopAccount(), Changes: []*plan.Change{
		viewtest.SendText(viewtest.Message("odd"), "1", "Hi ,\n{{x}} \u202e\u200b\x01 pаypal\n "),
	}}
	d := view.NewPlanDoc(p, view.PlanOptions{})
	kinds := map[odd.Kind]bool{}
	for _, m := range d.Item(p.Changes[0]).Marks {
		kinds[m.Kind] = true
	}
	formats := planFormats(t, d)
	for _, kind := range []odd.Kind{odd.Placeholder, odd.EmptyName, odd.MixedScript, odd.Bidirectional, odd.Invisible, odd.Control, odd.BlankEdges} {
		if !kinds[kind] {
			t.Errorf("no mark of kind %s", kind)
		}
		for format, text := range formats {
			want := wording.MarkTitle(kind)
			if format == "JSON" {
				want = string(kind)
			}
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not tell %q", format, want)
			}
		}
	}
}

// TestRunFormatsTellTheSameFacts compares the four formats of one run.
func TestRunFormatsTellTheSameFacts(t *testing.T) {
	for _, rep := range append(viewtest.OtherEnds(), viewtest.SampleReport()) {
		d := receipt.NewRunDoc(rep)
		facts := []fact{{"the digest", d.PlanID}, {"the summary", d.Summary()}}
		for i := range d.Receipts {
			r := &d.Receipts[i]
			name := r.Change.Addr.String()
			facts = append(facts, fact{"the address", safe.Line(name)}, fact{name + ": the recipient", r.Change.Recipient})
			if r.Result == apply.ResultHeld && !r.Because.IsZero() {
				facts = append(facts, fact{name + ": what it waits for", safe.Line(r.Because.String())})
			}
			if r.Outcome.Code != 0 {
				facts = append(facts, fact{name + ": the code", fmt.Sprint(r.Outcome.Code)})
			}
		}
		for format, text := range map[string]string{
			"text":     viewtest.Render(t, func(w io.Writer) error { return text.Run(w, d, text.Options{Verbose: true}) }) + d.PlanID, // the plan has been shown before
			"Markdown": seenMarkdown(t, viewtest.Render(t, func(w io.Writer) error { return markdown.Run(w, d, markdown.Options{}) })),
			"JSON":     seenJSON(t, viewtest.Render(t, func(w io.Writer) error { return jsondoc.Run(w, d) })),
			"HTML":     seen(t, viewtest.Render(t, func(w io.Writer) error { return htmlpage.Run(w, d) })),
		} {
			for _, f := range facts {
				if !strings.Contains(text, f.text) && !strings.Contains(text, strings.ReplaceAll(f.text, "|", "⟨U+007C⟩")) {
					t.Errorf("the %s does not tell %s: %q", format, f.what, f.text)
				}
			}
		}
	}
}
