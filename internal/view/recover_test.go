package view_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"herald/apply"
	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/text"
	"herald/internal/view/viewtest"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// The two formats tell the same, and neither tells a text.
func TestRecoverFormatsTellTheSameFacts(t *testing.T) {
	d := viewtest.SmallRecovery()
	formats := map[string]string{
		"text": viewtest.Render(t, func(w io.Writer) error { return text.Recover(w, d, text.Options{Verbose: true}) }),
		"JSON": seenJSON(t, viewtest.Render(t, func(w io.Writer) error { return jsondoc.Recover(w, d) })),
	}
	facts := []string{d.Summary(), "reaction.thanks", "love"}
	for _, it := range d.Items {
		facts = append(facts, it.Change.Addr.String(), it.Change.Recipient)
		if it.Explain != "" {
			facts = append(facts, it.Explain, it.Candidates[0].ID)
		}
	}
	for format, text := range formats {
		for _, f := range facts {
			if !strings.Contains(text, f) {
				t.Errorf("the %s does not tell %q", format, f)
			}
		}
		if strings.Contains(text, "Nobody may see this") {
			t.Errorf("the %s tells a text", format)
		}
	}
}

func TestRecoverTextOfMany(t *testing.T) {
	rep := viewtest.SmallSurvey()
	for len(rep.Findings) < 300 {
		rep.Findings = append(rep.Findings, rep.Findings[:2]...)
	}
	text := viewtest.Render(t, func(w io.Writer) error {
		return text.Recover(w, view.NewRecoverDoc(rep, nil, view.RecoverOptions{}), text.Options{Width: 80})
	})
	if !strings.Contains(text, "… and 110 more (-verbose shows all)") || !strings.Contains(text, "… and 130 more (-verbose shows all)") {
		t.Errorf("it does not say what is left out:\n%s", text[len(text)-2000:])
	}
	if n := strings.Count(text, "\n"); n > 250 {
		t.Errorf("%d lines", n)
	}
}

// Ids, names and explanations may be hostile.
func TestRecoverIsSafe(t *testing.T) {
	rep := viewtest.SmallSurvey()
	rep.Findings[0].ID = "x\x1b[31m\u202e"
	rep.Findings[1].Candidates[0].ID = "'; rm -rf /\n::error::"
	rep.Findings[1].Change.Addr = viewtest.MessageOf("x", "\x1b]0;evil\a")
	text := viewtest.Render(t, func(w io.Writer) error {
		return text.Recover(w, view.NewRecoverDoc(rep, nil, view.RecoverOptions{}), text.Options{})
	})
	if strings.ContainsAny(text, "\x1b\u202e\a") || strings.Contains(text, "\n::error") {
		t.Errorf("not safe:\n%q", text)
	}
}

// refreshed is samplePlan's first sends with what Instagram told.
func refreshedDoc(within time.Duration, change func(*survey.Report)) *view.PlanDoc {
	p := smallPlan()
	post := &plan.Change{
		Addr: viewtest.Message("post"), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: viewtest.ShopID, Recipient: p.Changes[0].Recipient,
		Content: content.Content{Kind: content.Post, Value: "17890"},
	}
	p.Changes = append(p.Changes, post)
	rep := &survey.Report{
		Read: 1, Total: 1, Now: viewtest.Day(12), Clock: true,
		Findings: []survey.Finding{
			{Change: p.Changes[0], Verdict: survey.Found, ID: "aWdfZAG1faXRlbToxOk1", At: viewtest.Day(9)},
			{Change: post, Why: survey.MediaThere, Explain: "Media is there.", Candidates: []apply.Received{{ID: "aWdfZAG1faXRlbToxOk2", At: viewtest.Day(10), Kind: content.Post}}},
		},
		Windows: []survey.Window{{Account: viewtest.ShopID, Recipient: post.Recipient, Known: true, Wrote: viewtest.Day(12).Add(-20 * time.Hour)}},
		Foreign: []*plan.Change{post},
	}
	if change != nil {
		change(rep)
	}
	r := view.NewRefresh(rep, within)
	return view.NewPlanDoc(p, view.PlanOptions{Refresh: r, Diagnostics: r.Diagnostics()})
}

// Each format of a refreshed plan tells what Instagram told, and the plan is the
// same as without.
func TestRefreshIsToldEverywhere(t *testing.T) {
	d := refreshedDoc(time.Hour, nil)
	if d.ID != smallPlan().ID {
		t.Error("the plan's id is another one")
	}
	for format, text := range planFormats(t, d) {
		facts := []string{"Already in the conversation, word for word", "Maybe in the conversation already", "Messaging window closes at", "not among the account's own"}
		if format == "JSON" {
			facts = []string{"found", "maybe", "media", "open", viewtest.Day(12).Add(4 * time.Hour).Format(time.RFC3339), "own_post", "refreshed_at"}
		}
		for _, f := range facts {
			if !strings.Contains(text, f) {
				t.Errorf("the %s does not tell %q", format, f)
			}
		}
	}
	if err := viewtest.Fits(viewtest.Compiled(t, "plan"), []byte(viewtest.Render(t, func(w io.Writer) error { return jsondoc.Plan(w, d) }))); err != nil {
		t.Error(err)
	}
}

func TestRefreshWindows(t *testing.T) {
	for _, c := range []struct {
		name   string
		window survey.Window
		within time.Duration
		note   string
		warns  string
	}{
		{"open", survey.Window{Known: true, Wrote: viewtest.Day(12).Add(-time.Hour)}, time.Hour, "Messaging window closes at " + wording.Moment(viewtest.Day(12).Add(23*time.Hour)) + ".", ""},
		{"closing", survey.Window{Known: true, Wrote: viewtest.Day(12).Add(-23 * time.Hour)}, time.Hour, "Messaging window closes soon, at", "Messaging window closes soon"},
		{"closed", survey.Window{Known: true, Wrote: viewtest.Day(12).Add(-24 * time.Hour)}, 0, "Messaging window closed since " + wording.Moment(viewtest.Day(12)), "Messaging window is closed"},
		{"never", survey.Window{Known: true, Never: true}, 0, "the person has never written", "Messaging window is closed"},
		{"hidden", survey.Window{Known: true, Before: true, Wrote: viewtest.Day(12).Add(-time.Hour)}, 0, "or before: the person's last message is older", ""},
		{"hidden long ago", survey.Window{Known: true, Before: true, Wrote: viewtest.Day(12).Add(-25 * time.Hour)}, 0, "Messaging window closed since", "Messaging window is closed"},
		{"unknown", survey.Window{}, 0, "", ""},
	} {
		d := refreshedDoc(c.within, func(r *survey.Report) {
			c.window.Account, c.window.Recipient = r.Windows[0].Account, r.Windows[0].Recipient
			r.Windows[0] = c.window
		})
		var notes []string
		for _, conv := range d.Conversations {
			for _, change := range conv.Changes {
				for _, n := range d.Item(change).Notes {
					if strings.Contains(n.String(), "window") {
						notes = append(notes, n.String())
					}
				}
			}
		}
		if c.note == "" && len(notes) > 0 || c.note != "" && (len(notes) != 1 || !strings.Contains(notes[0], c.note)) {
			t.Errorf("%s: notes are %q", c.name, notes)
		}
		warned := ""
		for _, diag := range d.Diagnostics {
			if strings.HasPrefix(diag.Summary, "Messaging window") {
				warned = diag.Summary
				if !strings.Contains(diag.Detail, "2 messages of this plan go to") {
					t.Errorf("%s: %s", c.name, diag.Detail)
				}
			}
		}
		if warned != c.warns {
			t.Errorf("%s: warned %q", c.name, warned)
		}
	}
}

func TestHeldByRecoverIsToldInThePlan(t *testing.T) {
	c := &plan.Change{
		Addr: viewtest.Message("x"), Revision: 1, Action: plan.Settle, Reason: plan.InDoubt, Account: viewtest.ShopID, Recipient: "1",
		Base: &state.Entry{Addr: viewtest.Message("x"), Revision: 1, Status: state.Intent, SettledBy: survey.SettledBy},
	}
	if got := view.Describe(c).Notes[0].String(); !strings.Contains(got, "herald recover could not tell whether it was sent") {
		t.Errorf("it says %q", got)
	}
}
