package view

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"herald/apply"
	"herald/apply/survey"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// smallSurvey is what was found about three messages and a reaction.
func smallSurvey() *survey.Report {
	const ana, bob = "6543210987654321", "6543210987654322"
	send := func(name, recipient string) *plan.Change {
		return &plan.Change{
			Addr: message(name), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: shopID, Recipient: recipient,
			Content: content.Content{Kind: content.Text, Value: "Nobody may see this."},
		}
	}
	hi := send("hi", ana)
	hi.Addr = messageOf("welcome", "ana")
	heart := &plan.Change{Addr: reactionAt("thanks"), Revision: 1, Action: plan.React, Account: shopID, Recipient: ana, React: "love", Target: plan.Target{Ref: hi.Addr}}
	return &survey.Report{
		Read: 2, Total: 2, Now: day(12), Clock: true,
		Findings: []survey.Finding{
			{Change: hi, Verdict: survey.Found, ID: "aWdfZAG1faXRlbToxOk1", At: day(9)},
			{
				Change: send("bye", bob), Why: survey.OtherMessages, Explain: "Its text is not there, but a message of the account's that no record has.",
				Candidates: []apply.Received{{ID: "aWdfZAG1faXRlbToxOk2", At: day(10), Kind: content.Text}},
			},
			{Change: send("more", bob), Verdict: survey.Absent},
		},
		Reactions: []survey.Reaction{{Change: heart, Target: "aWdfZAG1faXRlbToxOk1"}},
	}
}

func smallRecovery() *RecoverDoc {
	return NewRecoverDoc(smallSurvey(), nil, RecoverOptions{
		Names: map[string]string{shopID: "shop"}, New: true, Lineage: "0d1b9f6e5a3c4c07a1f57b1f0f3b8f11", Recorded: true,
	})
}

func TestRecoverText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "recover"+s.suffix, func(w io.Writer) error {
			d := smallRecovery()
			if err := RecoverText(w, d, s.opts); err != nil {
				return err
			}
			_, err := io.WriteString(w, d.Result()+"\n")
			return err
		})
	}
}

// The two formats tell the same, and neither tells a text.
func TestRecoverFormatsTellTheSameFacts(t *testing.T) {
	d := smallRecovery()
	formats := map[string]string{
		"text": render(t, func(w io.Writer) error { return RecoverText(w, d, TextOptions{Verbose: true}) }),
		"JSON": seenJSON(t, render(t, func(w io.Writer) error { return RecoverJSON(w, d) })),
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
	rep := smallSurvey()
	for len(rep.Findings) < 300 {
		rep.Findings = append(rep.Findings, rep.Findings[:2]...)
	}
	text := render(t, func(w io.Writer) error {
		return RecoverText(w, NewRecoverDoc(rep, nil, RecoverOptions{}), TextOptions{Width: 80})
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
	rep := smallSurvey()
	rep.Findings[0].ID = "x\x1b[31m\u202e"
	rep.Findings[1].Candidates[0].ID = "'; rm -rf /\n::error::"
	rep.Findings[1].Change.Addr = messageOf("x", "\x1b]0;evil\a")
	text := render(t, func(w io.Writer) error {
		return RecoverText(w, NewRecoverDoc(rep, nil, RecoverOptions{}), TextOptions{})
	})
	if strings.ContainsAny(text, "\x1b\u202e\a") || strings.Contains(text, "\n::error") {
		t.Errorf("not safe:\n%q", text)
	}
}

func TestSurveyProgress(t *testing.T) {
	now := day(1)
	var b bytes.Buffer
	p := NewSurveyProgress(&b, ProgressOptions{Now: func() time.Time { return now }})
	account := &plan.Account{Name: "shop"}
	for i := range 4 {
		p.Observe(survey.Event{Type: survey.Progressed, Account: account, Read: i + 1, Total: 4, Left: time.Duration(90-i) * time.Second})
		now = now.Add(6 * time.Second)
	}
	p.Observe(survey.Event{Type: survey.Waiting, Account: account, For: 3 * time.Second})
	p.Observe(survey.Event{Type: survey.Looking, Account: account, For: 58 * time.Second})
	p.Observe(survey.Event{Type: survey.Stopped, Account: account, Outcome: apply.Outcome{Code: 190}})
	p.Observe(survey.Event{Type: survey.Interrupted})
	p.Close()
	want := `1 of 4 conversations read, about 1 min 30 s left
3 of 4 conversations read, about 1 min 28 s left
account shop: rate limit reached: reading waits 3 s
account shop: looks again in 58 s for what was not found: a message may appear late
account shop: stopped, code 190
Interrupted: nothing more is read.
`
	if b.String() != want {
		t.Errorf("it says\n%s", b.String())
	}
	b.Reset()
	p = NewSurveyProgress(&b, ProgressOptions{TTY: true, Now: func() time.Time { return now }})
	p.Observe(survey.Event{Type: survey.Progressed, Account: account, Read: 2, Total: 4})
	p.Close()
	if got := b.String(); !strings.Contains(got, "2 of 4 conversations read") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("on a terminal it says %q", got)
	}
}

// refreshed is samplePlan's first sends with what Instagram told.
func refreshedDoc(within time.Duration, change func(*survey.Report)) *PlanDoc {
	p := smallPlan()
	post := &plan.Change{
		Addr: message("post"), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: shopID, Recipient: p.Changes[0].Recipient,
		Content: content.Content{Kind: content.Post, Value: "17890"},
	}
	p.Changes = append(p.Changes, post)
	rep := &survey.Report{
		Read: 1, Total: 1, Now: day(12), Clock: true,
		Findings: []survey.Finding{
			{Change: p.Changes[0], Verdict: survey.Found, ID: "aWdfZAG1faXRlbToxOk1", At: day(9)},
			{Change: post, Why: survey.MediaThere, Explain: "Media is there.", Candidates: []apply.Received{{ID: "aWdfZAG1faXRlbToxOk2", At: day(10), Kind: content.Post}}},
		},
		Windows: []survey.Window{{Account: shopID, Recipient: post.Recipient, Known: true, Wrote: day(12).Add(-20 * time.Hour)}},
		Foreign: []*plan.Change{post},
	}
	if change != nil {
		change(rep)
	}
	r := NewRefresh(rep, within)
	return NewPlanDoc(p, PlanOptions{Refresh: r, Diagnostics: r.Diagnostics()})
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
			facts = []string{"found", "maybe", "media", "open", day(12).Add(4 * time.Hour).Format(time.RFC3339), "own_post", "refreshed_at"}
		}
		for _, f := range facts {
			if !strings.Contains(text, f) {
				t.Errorf("the %s does not tell %q", format, f)
			}
		}
	}
	if err := fits(compiled(t, "plan"), []byte(render(t, func(w io.Writer) error { return PlanJSON(w, d) }))); err != nil {
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
		{"open", survey.Window{Known: true, Wrote: day(12).Add(-time.Hour)}, time.Hour, "Messaging window closes at " + moment(day(12).Add(23*time.Hour)) + ".", ""},
		{"closing", survey.Window{Known: true, Wrote: day(12).Add(-23 * time.Hour)}, time.Hour, "Messaging window closes soon, at", "Messaging window closes soon"},
		{"closed", survey.Window{Known: true, Wrote: day(12).Add(-24 * time.Hour)}, 0, "Messaging window closed since " + moment(day(12)), "Messaging window is closed"},
		{"never", survey.Window{Known: true, Never: true}, 0, "the person has never written", "Messaging window is closed"},
		{"hidden", survey.Window{Known: true, Before: true, Wrote: day(12).Add(-time.Hour)}, 0, "or before: the person's last message is older", ""},
		{"hidden long ago", survey.Window{Known: true, Before: true, Wrote: day(12).Add(-25 * time.Hour)}, 0, "Messaging window closed since", "Messaging window is closed"},
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
		Addr: message("x"), Revision: 1, Action: plan.Settle, Reason: plan.InDoubt, Account: shopID, Recipient: "1",
		Base: &state.Entry{Addr: message("x"), Revision: 1, Status: state.Intent, SettledBy: survey.SettledBy},
	}
	if got := Describe(c).Notes[0].String(); !strings.Contains(got, "herald recover could not tell whether it was sent") {
		t.Errorf("it says %q", got)
	}
}
