package view_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/htmlpage"
	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/receipt"
	"herald/internal/view/stream"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
	"herald/plan"
	"herald/state"
)

// preparedPlan has one message that a run has prepared, in doubt for any other.
func preparedPlan() *plan.Plan {
	c := viewtest.SendText(viewtest.MessageOf("welcome", "ana"), "1001", "Hi Ana.")
	c.Action, c.Reason = plan.Settle, plan.InDoubt
	c.Base = &state.Entry{
		Addr: c.Addr, Revision: 1, Account: viewtest.ShopID, Recipient: "1001", Status: state.Intent, Change: 1, PlanID: "sha256:11",
		Claim: "0123456789abcdef", FirstIntendedAt: viewtest.Day(9).Add(time.Second), IntendedAt: viewtest.Day(9).Add(time.Second),
		Fingerprint: content.Fingerprint(viewtest.ShopID, "1001", c.Content),
	}
	return &plan.Plan{ID: "sha256:22", Lineage: "l", Accounts: viewtest.ShopAccount(), Changes: []*plan.Change{c}}
}

// TestPreparedIsNoOrdinaryDoubt holds that each format tells that a message may
// be sent at this moment, and until when, and offers no way to say that it was
// not.
func TestPreparedIsNoOrdinaryDoubt(t *testing.T) {
	for format, text := range planFormats(t, view.NewPlanDoc(preparedPlan(), view.PlanOptions{})) {
		wants := []string{"Prepared by another run at 2026-09-14 09:30 UTC; it may be sent until 2026-09-14 10:01 UTC.", "On the machine that prepared it, apply goes on.", "wait until then"}
		if format == "JSON" {
			wants = []string{"claim", "prepared_at 2026-09-14T09:30:01Z", "may_be_sent_until 2026-09-14T10:00:01Z"}
		}
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range wants {
			if !strings.Contains(flat, want) {
				t.Errorf("the %s does not say %q:\n%s", format, want, text)
			}
		}
		for _, not := range []string{"herald resolve message", "herald resolve 'message", "-not-sent", "In doubt since"} {
			if strings.Contains(text, not) {
				t.Errorf("the %s says %q", format, not)
			}
		}
	}
	held := preparedPlan()
	held.Changes[0].HeldBy, held.Changes[0].HeldWhy = held.Changes[0].Addr, plan.InDoubt
	for format, text := range planFormats(t, view.NewPlanDoc(held, view.PlanOptions{})) {
		if strings.Contains(text, "-not-sent") || format != "JSON" && !strings.Contains(text, "look into the conversation") {
			t.Errorf("the %s of one left to a person:\n%s", format, text)
		}
	}
	here := viewtest.Render(t, func(w io.Writer) error {
		return text.Plan(w, view.NewPlanDoc(preparedPlan(), view.PlanOptions{Claimed: "sha256:11"}), text.Options{})
	})
	if want := "Prepared by this machine at 2026-09-14 09:30 UTC; it may be sent until 2026-09-14 10:01 UTC. An apply on this machine goes on with it"; !strings.Contains(here, want) {
		t.Errorf("no %q in\n%s", want, here)
	}
}

// TestPreparedEntry holds that an entry which was only prepared is not said to
// have been tried.
func TestPreparedEntry(t *testing.T) {
	entries := []*state.Entry{preparedPlan().Changes[0].Base}
	entry := viewtest.Render(t, func(w io.Writer) error { return text.Entry(w, entries, text.Options{}) })
	for _, want := range []string{"prepared by a run", "prepared at        2026-09-14 09:30 UTC", "may be sent until  2026-09-14 10:01 UTC"} {
		if !strings.Contains(entry, want) {
			t.Errorf("no %q in\n%s", want, entry)
		}
	}
	if strings.Contains(entry, "tried") || strings.Contains(entry, "doubt") {
		t.Errorf("it was neither tried nor is the doubt ordinary:\n%s", entry)
	}
	list := viewtest.Render(t, func(w io.Writer) error { return text.Entries(w, entries, text.Options{Verbose: true}) })
	if want := "prepared by a run at 2026-09-14 09:30 UTC, may be sent until 2026-09-14 10:01 UTC"; !strings.Contains(list, want) {
		t.Errorf("no %q in\n%s", want, list)
	}
	rec := state.NewRecord("l")
	doc := viewtest.Render(t, func(w io.Writer) error { return jsondoc.Entries(w, rec, entries) })
	if want := `"prepared_at":"2026-09-14T09:30:01Z","may_be_sent_until":"2026-09-14T10:00:01Z"`; !strings.Contains(doc, want) {
		t.Errorf("no %q in %s", want, doc)
	}
}

// claimReport is a run that had a claim and could not send all with it.
func claimReport(reason string) *apply.Report {
	one, two := viewtest.SendText(viewtest.MessageOf("m", "1"), "1001", "One."), viewtest.SendText(viewtest.MessageOf("m", "2"), "1002", "Two.")
	return &apply.Report{PlanID: "sha256:22", Began: viewtest.Day(12), Ended: viewtest.Day(12), Posts: 1, Results: []apply.ChangeResult{
		{Change: one, Result: apply.ResultDone, MessageID: "m1", Ended: viewtest.Day(12)},
		{Change: two, Result: apply.ResultHeld, Because: two, Outcome: apply.Outcome{Reason: reason}},
	}}
}

// TestNotPreparedIsSaid holds that a message without a claim is said to lack
// one: it waits for nothing else, and to apply again would send it without.
func TestNotPreparedIsSaid(t *testing.T) {
	for reason, title := range map[string]string{
		"not_prepared": "Not sent: they were not prepared under this run's claim",
		"claim_over":   "Not sent: the claim under which they were prepared has ended",
	} {
		d := receipt.NewRunDoc(claimReport(reason))
		d.Prepares = "herald apply -prepare p.plan"
		for format, text := range runFormats(t, d) {
			if format != "JSON" && (!strings.Contains(text, title) || !strings.Contains(text, "herald apply -prepare p.plan")) {
				t.Errorf("%s: the %s says neither %q nor how to go on:\n%s", reason, format, title, text)
			}
			for _, not := range []string{"aits for message", "what they wait for", "Run apply again", "held_by"} {
				if strings.Contains(text, not) {
					t.Errorf("%s: the %s says %q:\n%s", reason, format, not, text)
				}
			}
		}
		var lines strings.Builder
		s := stream.New(&lines, stream.Options{Version: "0.1.0", Now: func() time.Time { return viewtest.Day(12) }})
		rep := claimReport(reason)
		s.Observe(apply.Event{Type: apply.ActionHeld, Change: rep.Results[1].Change, Because: rep.Results[1].Change, Outcome: rep.Results[1].Outcome})
		s.Run(receipt.NewRunDoc(rep))
		if text := lines.String(); strings.Contains(text, "held_by") || !strings.Contains(text, "held: ") || !strings.Contains(text, "prepared") {
			t.Errorf("%s: the stream says\n%s", reason, text)
		}
	}
	for reason, want := range map[string]string{"clock_ahead": "Set the clock", "no_time": "Apply without preparing"} {
		rep := claimReport(reason)
		rep.Results[1].Result, rep.Results[1].Because = apply.ResultStopped, nil
		d := receipt.NewRunDoc(rep)
		if next, command := d.Next(); !strings.Contains(next, want) || (reason == "clock_ahead") != strings.Contains(command, "-prepare") {
			t.Errorf("%s: %q, %q", reason, next, command)
		}
	}
}

// runFormats returns what a reader of each format learns about a run.
func runFormats(t *testing.T, d *receipt.RunDoc) map[string]string {
	return map[string]string{
		"text":     viewtest.Render(t, func(w io.Writer) error { return text.Run(w, d, text.Options{Verbose: true}) }),
		"Markdown": seenMarkdown(t, viewtest.Render(t, func(w io.Writer) error { return markdown.Run(w, d, markdown.Options{}) })),
		"JSON":     seenJSON(t, viewtest.Render(t, func(w io.Writer) error { return jsondoc.Run(w, d) })),
		"HTML":     seen(t, viewtest.Render(t, func(w io.Writer) error { return htmlpage.Run(w, d) })),
	}
}

// TestNoLineOfAPageIsACommand holds that a page on standard output begins no
// line with what a runner takes for a command, however its lines are cut, and
// that its reader sees the text as it is.
func TestNoLineOfAPageIsACommand(t *testing.T) {
	text := "Hi\n::error file=x::pwn\n \t::add-mask::y\n:one\n::\nend :: here"
	p := &plan.Plan{ID: "sha256:1", Lineage: "l", Accounts: viewtest.ShopAccount(), Changes: []*plan.Change{viewtest.SendText(viewtest.Message("evil"), "1001", text)}}
	page := viewtest.Render(t, func(w io.Writer) error { return htmlpage.Plan(w, view.NewPlanDoc(p, view.PlanOptions{})) })
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("a line of the page is %q", line)
		}
	}
	for _, want := range []string{"\n::error file=x::pwn\n", "\n:one\n::\nend :: here"} {
		if !strings.Contains(seen(t, page), want) {
			t.Errorf("the page does not tell %q", want)
		}
	}
}

// TestBlankEdges holds that blanks around a text are marked at its ends and
// nowhere else.
func TestBlankEdges(t *testing.T) {
	p := &plan.Plan{ID: "sha256:1", Lineage: "l", Accounts: viewtest.ShopAccount(), Changes: []*plan.Change{viewtest.SendText(viewtest.Message("edges"), "1001", "\n\nHi Ana, and Ben. ")}}
	d := view.NewPlanDoc(p, view.PlanOptions{})
	text := viewtest.Render(t, func(w io.Writer) error { return text.Plan(w, d, text.Options{}) })
	if want := "Begins or ends with something that nobody sees: 2 line breaks (line 1), 1 blank (line 3)"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}
