package htmlpage

import (
	"fmt"
	"io"
	"strings"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/wording"
)

// htmlRunPage is a run's page without its receipts.
type htmlRunPage struct {
	htmlTop
	Summary     []string
	Next        string
	Command     []htmlRun
	Class       string // done, undone or broken
	Broken      []htmlRun
	Digest      []htmlRun
	Took, Calls string
	Diagnostics []htmlDiagnostic
	Outputs     []htmlOutput
}

type htmlOutput struct{ Name, Value []htmlRun }

// htmlReceipt is how one action ended.
type htmlReceipt struct {
	htmlState
	Address, Recipient []htmlRun
	What               []htmlWord
	ID                 []htmlRun
	Time, Stamp        string // for a person, and RFC 3339
	Waits              []htmlRun
	Undecided          []htmlRun
	Codes              []htmlRun
	Explain            []htmlRun
	Remedy             []htmlRun
}

// Run writes what a run did as one page that stands by itself, as Plan
// does: a receipt for each action, what needs a person first, with message ids
// and times. It holds no text of a message.
func Run(w io.Writer, d *receipt.RunDoc) error {
	s, err := newSheet(w)
	if err != nil {
		return err
	}
	page, err := runHead(d)
	if err != nil {
		return err
	}
	s.part("run-head", page)
	if !d.Refused {
		for i, section := range d.Sections() {
			s.receipts(fmt.Sprintf("part%d", i+1), section)
		}
	}
	s.part("run-foot", page)
	return s.end()
}

func runHead(d *receipt.RunDoc) (*htmlRunPage, error) {
	top, err := newTop("Herald: " + d.Summary())
	if err != nil {
		return nil, err
	}
	next, command := d.Next()
	p := &htmlRunPage{
		htmlTop: top, Summary: summaryParts(d.Summary()), Next: next, Command: htmlLine(command), Class: "undone", Broken: htmlLine(d.Broken), Digest: htmlLine(d.PlanID),
		Calls: wording.Count(d.Posts, "call", "calls"), Diagnostics: htmlDiagnostics(d.Diagnostics, d.Sources),
	}
	switch {
	case d.Clean():
		p.Class = "done"
	case d.Broken != "" || d.Refused:
		p.Class = "broken"
	}
	if d.Took > 0 {
		p.Took = d.Took.Round(time.Millisecond).String()
	}
	for _, o := range d.Outputs {
		p.Outputs = append(p.Outputs, htmlOutput{htmlLine(o.Name), htmlText(view.ValueText(o, true))})
	}
	return p, nil
}

// receiptGroup is how many receipts of one sort are unfolded, and how many are
// in each fold behind them.
const receiptGroup = 200

// receipts writes the receipts of a section.
func (s *htmlSheet) receipts(name string, section receipt.Section) {
	list := section.Receipts
	if len(list) == 0 {
		return
	}
	s.part("receipts-head", struct{ Name, Title, Count string }{name, section.Title, content.Thousands(len(list))})
	for i, r := range list {
		if i%receiptGroup == 0 {
			last := min(i+receiptGroup, len(list))
			s.part("receipts-group", struct {
				Folded   bool
				From, To string
			}{i > 0, content.Thousands(i + 1), content.Thousands(last)})
		}
		s.part("receipt", receiptOf(r))
		if i == len(list)-1 || i%receiptGroup == receiptGroup-1 {
			s.part("receipts-group-end", i >= receiptGroup)
		}
	}
	s.part("receipts-foot", nil)
}

func receiptOf(r *receipt.Receipt) htmlReceipt {
	c := r.Change
	h := htmlReceipt{
		htmlState: endOf(r), Address: htmlLine(c.Key().String()), Recipient: htmlLine(c.Recipient), What: htmlWords(view.What(c)), ID: htmlLine(r.MessageID),
	}
	if !r.Ended.IsZero() {
		h.Time, h.Stamp = r.Ended.UTC().Format("2006-01-02 15:04:05 UTC"), r.Ended.UTC().Format(time.RFC3339)
	}
	if !r.Because.IsZero() {
		h.Waits = htmlLine(r.Because.String())
	}
	if !r.Done() {
		h.Codes = htmlLine(strings.TrimPrefix(receipt.OutcomeCodes(r.Outcome), ", "))
		h.Explain, h.Remedy, h.Undecided = htmlLine(r.Outcome.Explain), htmlLine(r.Outcome.Remedy), htmlLine(r.Undecided)
	}
	return h
}

// endOf says how an action ended.
func endOf(r *receipt.Receipt) htmlState {
	switch r.Result {
	case apply.ResultDone, apply.ResultSkipped:
		how := r.How()
		return htmlState{"ok", "✓", strings.ToUpper(how[:1]) + how[1:]}
	case apply.ResultRejected:
		return htmlState{"refused", "✕", "Refused"}
	case apply.ResultInDoubt:
		return htmlState{"doubt", "?", "In doubt"}
	case apply.ResultHeld:
		switch r.Outcome.Reason {
		case "not_prepared":
			return htmlState{"held", "…", "Not prepared"}
		case "claim_over":
			return htmlState{"held", "…", "Its claim has ended"}
		}
		return htmlState{"held", "…", "Held"}
	case apply.ResultLater:
		return htmlState{"skipped", "–", "Later"}
	case apply.ResultNone, apply.ResultStopped:
	}
	return htmlState{"skipped", "–", "Not tried"}
}
