package htmlpage

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/viewtest"
	"herald/plan"
)

// hostilePlan sends each hostile text, the first ones in every form there is,
// to people who are named by it.
func hostilePlan() *plan.Plan {
	p := &plan.Plan{ID: "sha256:" + strings.Repeat("0", 64), Lineage: "l", Accounts: []plan.Account{{Name: "shop", IGID: viewtest.ShopID, Endpoint: view.DefaultEndpoint, APIVersion: "v24.0"}}}
	for i, s := range viewtest.HostileTexts {
		key := s
		if len(key) > 100 {
			key = fmt.Sprint("person-", i)
		}
		kinds := []content.Kind{content.Text, content.Link, content.Image, content.Audio, content.Video, content.Post}
		if i > 3 {
			kinds = kinds[:1]
		}
		for j, kind := range kinds {
			p.Changes = append(p.Changes, &plan.Change{
				Addr: viewtest.MessageOf(kind.String(), key), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: viewtest.ShopID,
				Recipient: fmt.Sprint(1000 + i), Content: content.Content{Kind: kind, Value: s}, Sensitive: i == 2 && j == 0,
			})
		}
		p.Changes = append(p.Changes, &plan.Change{
			Addr: addr.Block{Kind: addr.Reaction, Name: "r"}.Each(key), Revision: 1, Action: plan.React, Reason: plan.NotReactedYet,
			Account: viewtest.ShopID, Recipient: fmt.Sprint(1000 + i), React: s, Target: plan.Target{ID: s},
		})
	}
	return p
}

func TestPlanHTML(t *testing.T) {
	viewtest.Golden(t, "plan.html", func(w io.Writer) error { return Plan(w, viewtest.SampleDoc()) })
	viewtest.Golden(t, "plan-since.html", func(w io.Writer) error {
		return Plan(w, view.NewPlanDoc(viewtest.NewPlan(), view.PlanOptions{Since: viewtest.OldPlan(), Saved: true}))
	})
	viewtest.Golden(t, "hostile.html", func(w io.Writer) error { return Plan(w, view.NewPlanDoc(hostilePlan(), view.PlanOptions{})) })
}

func TestRunHTML(t *testing.T) {
	viewtest.Golden(t, "run.html", func(w io.Writer) error { return Run(w, sampleRunDoc()) })
}

func sampleRunDoc() *receipt.RunDoc {
	d := receipt.NewRunDoc(viewtest.SampleReport())
	d.Outputs = viewtest.SampleOutputs()
	d.Diagnostics, d.Sources = viewtest.SampleDiagnostics(), viewtest.SampleSource
	return d
}

// readPage writes a page and reads it again.
func readPage(t *testing.T, write func(w io.Writer) error) *htmlPage {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return checkHTML(t, b.Bytes())
}

func planPage(t *testing.T, d *view.PlanDoc) *htmlPage {
	t.Helper()
	return readPage(t, func(w io.Writer) error { return Plan(w, d) })
}

func TestPageIsOurs(t *testing.T) {
	d := viewtest.SampleDoc()
	p := planPage(t, d)
	p.has(t, d.Rest(), d.ID, "message.welcome[\"ana\"]", "text, 173 of 1,000 bytes", "main.hcl line 12", "An argument named \"txt\" is not expected here.",
		"Account cafe sends to http://127.0.0.1:8080, not to graph.instagram.com.", "message.old_name", "(sensitive, 214 bytes)")
	if strings.Contains(p.texts.String(), "ssssss") {
		t.Error("a sensitive text is on the page")
	}
	readPage(t, func(w io.Writer) error { return Run(w, sampleRunDoc()) }).has(t,
		"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0", "2026-09-14 12:30:00 UTC", "code 100, subcode 2018047, trace AbC", "(sensitive)")
}

func TestHostilePageIsOurs(t *testing.T) {
	p := planPage(t, view.NewPlanDoc(hostilePlan(), view.PlanOptions{}))
	want := map[string]bool{"https://shop.example/a?b=c&d=": true, "http://[::1]/x": true}
	for _, link := range p.links {
		delete(want, link)
	}
	if len(want) > 0 {
		t.Errorf("not linked: %v; the links are %q", want, p.links)
	}
	p.has(t, "<script>alert(1)</script>", "⟨ESC⟩ is written by hand, ⟨ESC⟩ is not", "⟨U+202E⟩", "⟨0xFF⟩", "⟨NUL⟩")
}

// TestEachFormIsShown asks for what a person will see of each kind of content.
func TestEachFormIsShown(t *testing.T) {
	for _, c := range []struct {
		content content.Content
		want    string
		link    string
	}{
		{content.Content{Kind: content.Text, Value: "Hi {{name}}"}, "Hi {{name}}", ""},
		{content.Content{Kind: content.Text, Value: "At https://shop.example/a."}, "At https://shop.example/a.", "https://shop.example/a"},
		{content.Content{Kind: content.Text, Value: "At https://sh\u043ep.example/a."}, "At https://sh\u043ep.example/a.", ""},
		{content.Content{Kind: content.Text, Value: "At https://shop.example/{{id}}"}, "At https://shop.example/{{id}}", ""},
		{content.Content{Kind: content.Link, Value: "https://shop.example/a"}, "https://shop.example/a", "https://shop.example/a"},
		{content.Content{Kind: content.Link, Value: "javascript:alert(1)"}, "javascript:alert(1)", ""},
		{content.Content{Kind: content.Image, Value: "https://shop.example/a.GIF?x"}, "GIF", "https://shop.example/a.GIF?x"},
		{content.Content{Kind: content.Image, Value: "https://shop.example/a.png"}, "Picture", "https://shop.example/a.png"},
		{content.Content{Kind: content.Audio, Value: "https://shop.example/a.mp3"}, "Sound", "https://shop.example/a.mp3"},
		{content.Content{Kind: content.Video, Value: "http://shop.example/a.mp4"}, "Video", "http://shop.example/a.mp4"},
		{content.Content{Kind: content.Video, Value: "data:video/mp4,x"}, "data:video/mp4,x", ""},
		{content.Content{Kind: content.Post, Value: "17918195224117851"}, "Post of the account", ""},
		{content.Content{Kind: content.Sticker, Value: content.Like}, "heart sticker", ""},
	} {
		pl := viewtest.LongPlan(1)
		pl.Changes[0].Content = c.content
		p := planPage(t, view.NewPlanDoc(pl, view.PlanOptions{}))
		p.has(t, c.want)
		if got := strings.Join(p.links, " "); got != c.link {
			t.Errorf("%v: the links are %q, want %q", c.content, got, c.link)
		}
	}
}

func TestLongPlanAsAPage(t *testing.T) {
	if testing.Short() {
		t.Skip("a page of some megabytes is read")
	}
	const n = 10_000
	d := view.NewPlanDoc(viewtest.LongPlan(n), view.PlanOptions{})
	var b bytes.Buffer
	began := time.Now()
	if err := Plan(&b, d); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("%d messages: %d bytes in %v", n, b.Len(), took)
	if perMessage := b.Len() / n; perMessage > 1500 {
		t.Errorf("a message takes %d bytes", perMessage)
	}
	p := checkHTML(t, b.Bytes())
	p.has(t, "Hi, number 0. See you soon! 🚚", "Hi, number 9999. See you soon! 🚚", "Conversations 9,951 to 10,000: person-9950 … person-9999")
}

// FuzzHTML writes a plan and a run that are hostile throughout.
func FuzzHTML(f *testing.F) {
	for _, s := range append(viewtest.HostileTexts, "\xe200100\t0" /* half of a bracket of ours */) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		planPage(t, viewtest.EvilPlan(s))
		rep := viewtest.SampleReport()
		rep.PlanID = s
		for i := range rep.Results {
			r := &rep.Results[i]
			r.Change.Addr, r.Change.Recipient, r.MessageID, r.Undecided = viewtest.MessageOf("evil", s), s, s, s
			r.Outcome.TraceID, r.Outcome.Explain, r.Outcome.Remedy, r.Outcome.Reason = s, s, s, s
		}
		d := receipt.NewRunDoc(rep)
		d.Outputs = []view.Output{{Name: s, JSON: []byte(s), Known: true}}
		d.Diagnostics, d.Sources = viewtest.EvilPlan(s).Diagnostics, func(string) []byte { return []byte(s) }
		readPage(t, func(w io.Writer) error { return Run(w, d) })
	})
}
