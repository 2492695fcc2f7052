package htmlpage

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"strings"
	"sync"

	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

//go:embed html
var htmlFiles embed.FS

// htmlPages returns the templates, read once and only if a page is written.
var htmlPages = sync.OnceValues(func() (*template.Template, error) {
	less := func(a, b int) string { return content.Thousands(b - a) }
	return template.New("").Funcs(template.FuncMap{"less": less}).ParseFS(htmlFiles, "html/*.gohtml")
})

// How much of a plan a page unfolds.
const (
	openThreads  = 12  // conversations that are unfolded
	looseThreads = 50  // those that stand in the page itself
	threadGroup  = 100 // those in each fold behind them
)

// htmlSheet is a page in the making: it is written part by part, so that a
// long plan is never in memory as a whole.
type htmlSheet struct {
	w     *bufio.Writer
	guard *lineGuard
	pages *template.Template
	err   error
}

func newSheet(w io.Writer) (*htmlSheet, error) {
	pages, err := htmlPages()
	if err != nil {
		return nil, err
	}
	guard := &lineGuard{w: w}
	return &htmlSheet{w: bufio.NewWriterSize(guard, 1<<16), guard: guard, pages: pages}, nil
}

// part writes one template; after an error it does nothing.
func (s *htmlSheet) part(name string, data any) {
	if s.err == nil {
		s.err = s.pages.ExecuteTemplate(s.w, name, data)
	}
}

// end returns the first error of the page.
func (s *htmlSheet) end() error {
	if s.err != nil {
		return s.err
	}
	return errors.Join(s.w.Flush(), s.guard.Flush())
}

// htmlTop is what stands at the head of every page.
type htmlTop struct {
	Title  string
	Style  template.CSS
	Policy string
}

// newTop reads the style of all pages, and names it in the policy: the page
// may use this style and nothing else, from wherever it is opened.
func newTop(title string) (htmlTop, error) {
	style, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		return htmlTop{}, err
	}
	sum := sha256.Sum256(style)
	return htmlTop{
		Title: title,
		Style: template.CSS(style), //nolint:gosec // it is our own file
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
			"base-uri 'none'; form-action 'none'",
	}, nil
}

// summaryParts cuts a summary where its line may break.
func summaryParts(s string) []string {
	parts := strings.SplitAfter(s, ", ")
	for i := range parts {
		parts[i] = strings.TrimSuffix(parts[i], " ")
	}
	return parts
}

// htmlPlan is a plan's page without its conversations.
type htmlPlan struct {
	htmlTop
	Summary                 []string
	Rest, NoRecord, Expires string
	Digest                  []htmlRun
	Warnings                [][]htmlWord
	Accounts                []htmlAccount
	Diagnostics             []htmlDiagnostic
	Conversations           int
	Heading                 string
	Since                   []htmlWord
	Moves                   []htmlMove
}

type htmlAccount struct{ Name, IGID, Endpoint, Version []htmlRun }

type htmlMove struct{ From, To []htmlRun }

// Plan writes a plan as one page that stands by itself, for a browser, a
// mail or an archive: what each person will get as they will see it, message
// below message, with all that a reviewer has to know beside it. Nothing on
// the page is fetched and nothing in it runs: pictures and sounds are places
// with their link, and a policy in the page forbids everything but its own
// style. The page is written as it is made. The same document is the same
// bytes.
func Plan(w io.Writer, d *view.PlanDoc) error {
	s, err := newSheet(w)
	if err != nil {
		return err
	}
	page, err := planHead(d)
	if err != nil {
		return err
	}
	s.part("plan-head", page)
	s.since(d)
	s.part("threads-head", page)
	s.threads(d)
	s.part("plan-foot", page)
	return s.end()
}

func planHead(d *view.PlanDoc) (*htmlPlan, error) {
	top, err := newTop("Herald: " + d.Summary())
	if err != nil {
		return nil, err
	}
	p := &htmlPlan{
		htmlTop: top, Summary: summaryParts(d.Summary()), Rest: d.Rest(), NoRecord: d.NoRecord(), Digest: htmlLine(d.ID),
		Conversations: len(d.Conversations), Heading: heading(d), Since: htmlWords(d.SinceSummary()),
		Diagnostics: htmlDiagnostics(d.Diagnostics, d.Sources),
	}
	for _, warning := range append(d.Warnings(), d.MarkedWarning()...) {
		p.Warnings = append(p.Warnings, htmlWords(warning))
	}
	if !d.Expires.IsZero() {
		p.Expires = wording.Moment(d.Expires)
	}
	for _, a := range d.Accounts {
		p.Accounts = append(p.Accounts, htmlAccount{htmlLine(a.Name), htmlLine(a.IGID), htmlLine(a.Endpoint), htmlLine(a.APIVersion)})
	}
	for _, m := range d.Moves {
		p.Moves = append(p.Moves, htmlMove{htmlLine(m.From.String()), htmlLine(m.To.String())})
	}
	return p, nil
}

// heading says what the conversations of the page are.
func heading(d *view.PlanDoc) string {
	switch n := d.Counts; {
	case len(d.Conversations) == 0:
		return "No conversation has anything new"
	case n.Pending()+n.Held > 0:
		return "What each person will get, in this order"
	case n.Import+n.Forget > 0:
		return "What is recorded, and nothing is sent"
	}
	return "Nothing is done about these"
}

// threads writes the conversations: the first are unfolded, the next
// folded, and those behind them folded by the hundred.
func (s *htmlSheet) threads(d *view.PlanDoc) {
	changes := make(map[state.Conversation][]*plan.Change, len(d.Conversations))
	for _, c := range d.Changes {
		changes[c.Conversation()] = append(changes[c.Conversation()], c)
	}
	for i, conv := range d.Conversations {
		inGroup := i - looseThreads
		if inGroup >= 0 && inGroup%threadGroup == 0 {
			s.part("group-head", group(d, i))
		}
		t := thread(d, conv, changes[conv.Changes[0].Conversation()])
		t.Number, t.Open = i+1, i < openThreads
		s.part("thread", t)
		if inGroup >= 0 && (inGroup%threadGroup == threadGroup-1 || i == len(d.Conversations)-1) {
			s.part("group-foot", nil)
		}
	}
}

// htmlGroup is a fold with many conversations.
type htmlGroup struct {
	Numbers     string
	First, Last []htmlRun
}

func group(d *view.PlanDoc, i int) htmlGroup {
	last := min(i+threadGroup, len(d.Conversations))
	g := htmlGroup{Numbers: numbered("Conversation", "Conversations", i+1, last), First: htmlLine(title(d.Conversations[i]))}
	if last > i+1 {
		g.Last = htmlLine(title(d.Conversations[last-1]))
	}
	return g
}

// title is the person's name, or their id.
func title(conv *view.Conversation) string {
	if strings.TrimSpace(conv.Person) != "" {
		return conv.Person
	}
	return conv.Recipient
}
