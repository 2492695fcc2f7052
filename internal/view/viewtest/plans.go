package viewtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/apply/survey"
	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/plan"
	"herald/state"
)

// OldPlan and NewPlan are two plans of one configuration: the first was
// reviewed and in part applied, then files were edited.
func OldPlan() *plan.Plan {
	return &plan.Plan{
		ID: "sha256:" + strings.Repeat("0123456789abcdef", 4), Lineage: "l", Accounts: ShopAccount(),
		Changes: []*plan.Change{
			SendText(MessageOf("welcome", "ana"), "1001", "Hi Ana, your order is on its way.\nSee https://shop.example/4711."),
			SendText(MessageOf("welcome", "bob"), "1002", "Hi Bob, your order is on its way."),
			SendText(MessageOf("welcome", "cy"), "1003", "Hi Cy, your order is on its way."),
			SendText(MessageOf("signs", "cy"), "1003", "Choose [-A-] or {+B+}."),
			SendText(MessageOf("gone", "cy"), "1003", "It was a mistake."),
		},
	}
}

// NewPlan is the later one: see OldPlan.
func NewPlan() *plan.Plan {
	edited := SendText(MessageOf("welcome", "ana"), "1001", "Hi Ana, your order will be with you tomorrow.\nSee https://shop.example/4712.")
	edited.Action, edited.Reason = plan.NoOp, plan.EditedAfterSent
	sent := OldPlan().Changes[0]
	edited.Base = &state.Entry{
		Addr: edited.Addr, Revision: 1, Account: ShopID, Recipient: "1001", Status: state.Sent, SettledAt: Day(9),
		Fingerprint: content.Fingerprint(ShopID, "1001", sent.Content), MessageID: "m1",
	}
	byHand := SendText(MessageOf("hello", "dee"), "1004", "Hello from me.")
	byHand.Action, byHand.Reason, byHand.ImportID = plan.Import, plan.Imported, "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0"
	forget := &plan.Change{
		Addr: ReactionAt("old"), Revision: 1, Action: plan.Forget, Reason: plan.Forgotten, Account: ShopID, Recipient: "1004", React: "love", Target: plan.Target{ID: "m7"},
	}
	forget.Base = &state.Entry{Addr: forget.Addr, Revision: 1, Account: ShopID, Recipient: "1004", Status: state.Reacted, Reaction: "love", Target: "m7"}
	unfinished := SendText(Message("unfinished"), "1005", "Hi ,\nyour order {{order.number}} is at %s.\nPay at www.shop.example or http://pаy.example/a?b=1, not elsewhere.")
	p := OldPlan()
	p.ID, p.Limits.MaxSends = "sha256:"+strings.Repeat("fedcba9876543210", 4), 5
	p.Expires = time.Date(2026, 9, 15, 9, 30, 0, 0, time.UTC)
	done := OldPlan().Changes[2]
	done.Action, done.Reason = plan.NoOp, plan.AlreadySent
	p.Changes = []*plan.Change{
		edited, done,
		SendText(MessageOf("welcome", "bob"), "1022", "Hi Bob, your parcel is on its way."),
		SendText(MessageOf("signs", "cy"), "1003", "Choose [-A-] or {+C+}."),
		byHand, forget, unfinished,
	}
	return p
}

// ShopAccount is the account that most of the plans here send from.
func ShopAccount() []plan.Account {
	return []plan.Account{{Name: "shop", IGID: ShopID, Endpoint: view.DefaultEndpoint, APIVersion: "v24.0"}}
}

// SendText sends a text to a person.
func SendText(a addr.Instance, to, text string) *plan.Change {
	return &plan.Change{
		Addr: a, Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: ShopID, Recipient: to,
		Content: content.Content{Kind: content.Text, Value: text},
		Range:   hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 3, Column: 1}},
	}
}

// OtherEnds are runs that leave something for later on purpose.
func OtherEnds() []*apply.Report {
	p := NewPlan()
	result := func(i int, r apply.Result) apply.ChangeResult {
		return apply.ChangeResult{Change: p.Changes[i], Result: r, Ended: Day(12)}
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

// EvilPlan has s wherever a plan holds a text of unknown origin.
func EvilPlan(s string) *view.PlanDoc {
	key := MessageOf("evil", s)
	id := plan.Target{ID: s}
	return view.NewPlanDoc(&plan.Plan{
		ID: s, Lineage: s,
		Accounts:  []plan.Account{{Name: s, IGID: "1", Endpoint: s}},
		Selection: plan.Selection{Only: []string{s}},
		Changes: []*plan.Change{
			{Addr: key, Revision: 2, Action: plan.Send, Account: "1", Recipient: s, Content: content.Content{Kind: content.Text, Value: s}, MovedFrom: MessageOf("old", s)},
			{Addr: MessageOf("post", s), Action: plan.Send, Account: "1", Recipient: s, Content: content.Content{Kind: content.Post, Value: s}, HeldBy: key, HeldWhy: plan.InDoubt},
			{Addr: MessageOf("doubt", s), Action: plan.Settle, Reason: plan.InDoubt, Account: s, Recipient: "2", Content: content.Content{Kind: content.Image, Value: s}, Base: &state.Entry{}},
			{Addr: ReactionAt("r"), Action: plan.Rereact, Account: s, Recipient: "2", React: s, Target: id, Base: &state.Entry{Reaction: s, Target: s}},
			{Addr: ReactionAt("r2"), Action: plan.Retarget, Account: s, Recipient: "2", React: s, Target: id, Base: &state.Entry{Reaction: s, Target: s}},
			{Addr: MessageOf("code", s), Action: plan.NoOp, Reason: plan.RejectedFinal, Account: s, Recipient: "2", Content: content.Content{Kind: content.Link, Value: s}, Base: &state.Entry{Refusal: &state.Refusal{Reason: s}}},
		},
		Moves: []plan.Move{{From: MessageOf("old", s), To: key}},
	}, view.PlanOptions{
		Diagnostics: hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: s, Detail: s, Subject: &hcl.Range{Filename: s, Start: hcl.InitialPos, End: hcl.InitialPos}}},
		Sources:     func(string) []byte { return []byte(s) },
	})
}

// LongPlan sends one text to each of n people.
func LongPlan(n int) *plan.Plan {
	p := &plan.Plan{ID: "sha256:0", Lineage: "l", Accounts: []plan.Account{{Name: "shop", IGID: ShopID, Endpoint: view.DefaultEndpoint}}}
	for i := range n {
		p.Changes = append(p.Changes, &plan.Change{
			Addr: MessageOf("campaign", fmt.Sprintf("person-%d", i)), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet,
			Account: ShopID, Recipient: fmt.Sprint(1000 + i), Content: content.Content{Kind: content.Text, Value: fmt.Sprintf("Hi, number %d. See you soon! 🚚", i)},
		})
	}
	return p
}

// SmallSurvey is what was found about three messages and a reaction.
func SmallSurvey() *survey.Report {
	const ana, bob = "6543210987654321", "6543210987654322"
	send := func(name, recipient string) *plan.Change {
		return &plan.Change{
			Addr: Message(name), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: ShopID, Recipient: recipient,
			Content: content.Content{Kind: content.Text, Value: "Nobody may see this."},
		}
	}
	hi := send("hi", ana)
	hi.Addr = MessageOf("welcome", "ana")
	heart := &plan.Change{Addr: ReactionAt("thanks"), Revision: 1, Action: plan.React, Account: ShopID, Recipient: ana, React: "love", Target: plan.Target{Ref: hi.Addr}}
	return &survey.Report{
		Read: 2, Total: 2, Now: Day(12), Clock: true,
		Findings: []survey.Finding{
			{Change: hi, Verdict: survey.Found, ID: "aWdfZAG1faXRlbToxOk1", At: Day(9)},
			{
				Change: send("bye", bob), Why: survey.OtherMessages, Explain: "Its text is not there, but a message of the account's that no record has.",
				Candidates: []apply.Received{{ID: "aWdfZAG1faXRlbToxOk2", At: Day(10), Kind: content.Text}},
			},
			{Change: send("more", bob), Verdict: survey.Absent},
		},
		Reactions: []survey.Reaction{{Change: heart, Target: "aWdfZAG1faXRlbToxOk1"}},
	}
}

// SmallRecovery is the document of SmallSurvey.
func SmallRecovery() *view.RecoverDoc {
	return view.NewRecoverDoc(SmallSurvey(), nil, view.RecoverOptions{
		Names: map[string]string{ShopID: "shop"}, New: true, Lineage: "0d1b9f6e5a3c4c07a1f57b1f0f3b8f11", Recorded: true,
	})
}
