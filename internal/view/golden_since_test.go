package view

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// oldPlan and newPlan are two plans of one configuration: the first was
// reviewed and in part applied, then files were edited.
func oldPlan() *plan.Plan {
	return &plan.Plan{
		ID: "sha256:" + strings.Repeat("0123456789abcdef", 4), Lineage: "l", Accounts: shopAccount(),
		Changes: []*plan.Change{
			sendText(messageOf("welcome", "ana"), "1001", "Hi Ana, your order is on its way.\nSee https://shop.example/4711."),
			sendText(messageOf("welcome", "bob"), "1002", "Hi Bob, your order is on its way."),
			sendText(messageOf("welcome", "cy"), "1003", "Hi Cy, your order is on its way."),
			sendText(messageOf("signs", "cy"), "1003", "Choose [-A-] or {+B+}."),
			sendText(messageOf("gone", "cy"), "1003", "It was a mistake."),
		},
	}
}

func newPlan() *plan.Plan {
	edited := sendText(messageOf("welcome", "ana"), "1001", "Hi Ana, your order will be with you tomorrow.\nSee https://shop.example/4712.")
	edited.Action, edited.Reason = plan.NoOp, plan.EditedAfterSent
	sent := oldPlan().Changes[0]
	edited.Base = &state.Entry{
		Addr: edited.Addr, Revision: 1, Account: shopID, Recipient: "1001", Status: state.Sent, SettledAt: day(9),
		Fingerprint: content.Fingerprint(shopID, "1001", sent.Content), MessageID: "m1",
	}
	byHand := sendText(messageOf("hello", "dee"), "1004", "Hello from me.")
	byHand.Action, byHand.Reason, byHand.ImportID = plan.Import, plan.Imported, "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0"
	forget := &plan.Change{
		Addr: reactionAt("old"), Revision: 1, Action: plan.Forget, Reason: plan.Forgotten, Account: shopID, Recipient: "1004", React: "love", Target: plan.Target{ID: "m7"},
	}
	forget.Base = &state.Entry{Addr: forget.Addr, Revision: 1, Account: shopID, Recipient: "1004", Status: state.Reacted, Reaction: "love", Target: "m7"}
	unfinished := sendText(message("unfinished"), "1005", "Hi ,\nyour order {{order.number}} is at %s.\nPay at www.shop.example or http://pаy.example/a?b=1, not elsewhere.")
	p := oldPlan()
	p.ID, p.Limits.MaxSends = "sha256:"+strings.Repeat("fedcba9876543210", 4), 5
	p.Expires = time.Date(2026, 9, 15, 9, 30, 0, 0, time.UTC)
	done := oldPlan().Changes[2]
	done.Action, done.Reason = plan.NoOp, plan.AlreadySent
	p.Changes = []*plan.Change{
		edited, done,
		sendText(messageOf("welcome", "bob"), "1022", "Hi Bob, your parcel is on its way."),
		sendText(messageOf("signs", "cy"), "1003", "Choose [-A-] or {+C+}."),
		byHand, forget, unfinished,
	}
	return p
}

func shopAccount() []plan.Account {
	return []plan.Account{{Name: "shop", IGID: shopID, Endpoint: defaultEndpoint, APIVersion: "v24.0"}}
}

func sendText(a addr.Instance, to, text string) *plan.Change {
	return &plan.Change{
		Addr: a, Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: shopID, Recipient: to,
		Content: content.Content{Kind: content.Text, Value: text},
		Range:   hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 3, Column: 1}},
	}
}

func TestPlanSinceAnother(t *testing.T) {
	d := NewPlanDoc(newPlan(), PlanOptions{Since: oldPlan(), Saved: true})
	for _, s := range sheets {
		golden(t, "plan-since"+s.suffix, func(w io.Writer) error { return PlanText(w, d, s.opts) })
	}
}

func TestPlanMarkdownSinceAnother(t *testing.T) {
	d := NewPlanDoc(newPlan(), PlanOptions{Since: oldPlan(), Saved: true})
	golden(t, "plan-since.md", func(w io.Writer) error { return PlanMarkdown(w, d, MarkdownOptions{Label: "shop/de: @all -->"}) })
}

func TestPlanSinceItself(t *testing.T) {
	d := NewPlanDoc(oldPlan(), PlanOptions{Since: oldPlan()})
	want := "This is the plan sha256:0123456789ab… that was reviewed before: nothing differs."
	if got := d.SinceSummary().Line(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// otherEnds are runs that leave something for later on purpose.
func otherEnds() []*apply.Report {
	p := newPlan()
	result := func(i int, r apply.Result) apply.ChangeResult {
		return apply.ChangeResult{Change: p.Changes[i], Result: r, Ended: day(12)}
	}
	canary := &apply.Report{PlanID: p.ID, Later: 2, Results: []apply.ChangeResult{
		result(2, apply.ResultDone), result(4, apply.ResultDone), result(5, apply.ResultDone), result(3, apply.ResultLater), result(6, apply.ResultLater),
	}}
	canary.Results[0].MessageID = "m1"
	prepared := &apply.Report{PlanID: p.ID, Prepare: true, Prepared: 2, Results: []apply.ChangeResult{
		result(4, apply.ResultDone), result(2, apply.ResultLater), result(3, apply.ResultLater),
	}}
	inPart := &apply.Report{PlanID: p.ID, Prepare: true, Prepared: 1, Results: []apply.ChangeResult{
		result(2, apply.ResultLater), result(3, apply.ResultInDoubt),
	}}
	return []*apply.Report{canary, prepared, inPart}
}

func TestRunThatLeavesSomething(t *testing.T) {
	golden(t, "run-later.txt", func(w io.Writer) error {
		for _, rep := range otherEnds() {
			for _, verbose := range []bool{false, true} {
				if err := RunText(w, NewRunDoc(rep), TextOptions{Width: 80, Verbose: verbose}); err != nil {
					return err
				}
				if _, err := io.WriteString(w, "--\n"); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func TestRunMarkdownThatLeavesSomething(t *testing.T) {
	golden(t, "run-later.md", func(w io.Writer) error {
		for _, rep := range otherEnds() {
			d := NewRunDoc(rep)
			d.Again = "herald apply plan.herald"
			if err := RunMarkdown(w, d, MarkdownOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestRunMarkdown(t *testing.T) {
	golden(t, "run.md", func(w io.Writer) error {
		rep := sampleReport()
		rep.Broken = errDisk
		d := NewRunDoc(rep)
		d.Diagnostics, d.Sources = sampleDiagnostics()[:1], sampleSource
		return RunMarkdown(w, d, MarkdownOptions{Label: "shop"})
	})
}
