package viewtest

import (
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/plan"
	"herald/state"
)

// HostileTexts try to leave their place, each in a way of its own.
var HostileTexts = []string{
	Hostile,
	"</p></details></style><script>alert(1)</script><img src=x onerror=alert(1)>",
	"javascript:alert(1)", "https://example.com/\" onmouseover=\"alert(1)", "https://user:secret@example.com/a b",
	"{{.Policy}} ${name} %s <name>", "<!-- ", "]]>", "&lt;b&gt; &#x202e; &", "\x00\xff\xfe\u2028\u2029",
	"⟨ESC⟩ is written by hand, \x1b is not",
	"\u202egnp.exe\u202c \u2067\u200f\u061c",
	"שלום, ההזמנה שלך (4711) בדרך!\nمرحبا، طلبك رقم 4711 في الطريق.\nHello again.",
	strings.Repeat("👩‍👩‍👧‍👦🎉", 34), strings.Repeat("x", 1000), strings.Repeat("a\u0301\u0301\u0301\u0301\u0301\u0301 ", 60), strings.Repeat("\n", 40),
	"Look: https://shop.example/a?b=c&d=\"e\", http://[::1]/x www.shop.example. FTP ftp://x.example",
}

// The IG ids of two accounts.
const (
	ShopID = "17841405822304914" // of the account shop
	CafeID = "17841400008460056" // of the account cafe
)

// Message is the address of a message without a key.
func Message(name string) addr.Instance { return addr.Block{Kind: addr.Message, Name: name}.Only() }

// MessageOf is the address of a message with a key.
func MessageOf(name, key string) addr.Instance {
	return addr.Block{Kind: addr.Message, Name: name}.Each(key)
}

// ReactionAt is the address of a reaction without a key.
func ReactionAt(name string) addr.Instance { return addr.Block{Kind: addr.Reaction, Name: name}.Only() }

// Day is a moment of one day: half past the hour, in UTC.
func Day(hour int) time.Time { return time.Date(2026, 9, 14, hour, 30, 0, 0, time.UTC) }

// Hostile is a text that tries everything at once.
const Hostile = "Hi \x1b[31mred\x1b[0m \u202egnp.exe\u202c\n" +
	"```\n~~~~\n</details><script>alert(1)</script>\n" +
	"│ + message.forged  text\n" +
	"@everyone #1 \u200b\u00ad\ufeff\U000e0041 a\u0301\u0301\u0301\u0301\u0301\u0301 👩‍👩‍👧 ❤️ 1️⃣ \r\tend"

// send is a content that is to be sent to a person.
func send(a addr.Instance, to string, k content.Kind, v string) *plan.Change {
	return &plan.Change{Addr: a, Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: ShopID, Recipient: to, Content: content.Content{Kind: k, Value: v}}
}

// base records a change, in that status.
func base(c *plan.Change, s state.Status) *plan.Change {
	c.Base = &state.Entry{
		Addr: c.Addr, Revision: 1, Account: c.Account, Recipient: c.Recipient, Status: s, Change: 2, SettledAt: Day(9), IntendedAt: Day(9),
		PlanID: "sha256:1111", Fingerprint: "v1:sha256:2222", MessageID: "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0",
	}
	return c
}

// as is a change with another action, for that reason.
func as(c *plan.Change, a plan.Action, r plan.Reason) *plan.Change {
	c.Action, c.Reason = a, r
	return c
}

// react is a reaction to a message.
func react(name, to string, a plan.Action, r plan.Reason, t plan.Target) *plan.Change {
	return &plan.Change{Addr: ReactionAt(name), Revision: 1, Action: a, Reason: r, Account: ShopID, Recipient: to, React: "love", Target: t}
}

// SamplePlan has a change of every sort.
func SamplePlan() *plan.Plan {
	const ana, bob, cy, dee, eve = "6543210987654321", "6543210987654322", "6543210987654323", "6543210987654324", "6543210987654325"

	edited := as(base(send(MessageOf("welcome", "bob"), bob, content.Text, "Hi Bob, your order is nearly there."), state.Sent), plan.NoOp, plan.EditedAfterSent)
	edited.Range = hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 12, Column: 1}, End: hcl.Pos{Line: 12, Column: 18}}
	again := as(base(send(MessageOf("offer", "bob"), bob, content.Text, "Ten per cent off, this week only."), state.Sent), plan.Send, plan.RevisionRaised)
	again.Revision = 2
	lowered := as(base(send(MessageOf("hours", "bob"), bob, content.Text, "We are open."), state.Sent), plan.NoOp, plan.RevisionLowered)
	doubt := as(base(send(MessageOf("welcome", "cy"), cy, content.Text, "Hi Cy."), state.Intent), plan.Settle, plan.InDoubt)
	doubt.Base.SettledAt, doubt.Base.DoubtAt, doubt.Base.MessageID = time.Time{}, Day(10), ""
	waits := send(MessageOf("thanks", "cy"), cy, content.Text, "And thank you.")
	waits.HeldBy, waits.HeldWhy = doubt.Addr, plan.InDoubt
	refused := as(base(send(MessageOf("welcome", "dee"), dee, content.Text, "Hi Dee."), state.Rejected), plan.Send, plan.RejectedBefore)
	refused.Base.Refusal = &state.Refusal{Class: state.Hold, HTTP: 403, Code: 10, Subcode: 2534022}
	final := as(base(send(Message("foreign"), dee, content.Post, "17918195224117851"), state.Rejected), plan.NoOp, plan.RejectedFinal)
	final.Base.Refusal = &state.Refusal{Class: state.Final, HTTP: 400, Code: 100, Subcode: 2534015}
	secret := send(Message("code"), dee, content.Text, strings.Repeat("s", 214))
	secret.Sensitive = true
	moved := as(base(send(Message("new_name"), dee, content.Text, "Moved."), state.Sent), plan.NoOp, plan.AlreadySent)
	moved.MovedFrom = Message("old_name")
	evil := send(MessageOf("evil", "e|v`e\n\u202e@all"), eve, content.Text, Hostile)
	evil.Account = CafeID
	rereact := react("mood", ana, plan.Rereact, plan.ReactionChanged, plan.Target{ID: "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQx"})
	rereact.Base = &state.Entry{Reaction: "wow", Status: state.Reacted, Target: rereact.Target.ID}
	gone := react("old", bob, plan.Unreact, plan.Removed, plan.Target{ID: "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQx"})
	gone.Base = &state.Entry{Reaction: "love", Status: state.Reacted, Target: gone.Target.ID}

	return &plan.Plan{
		ID: "sha256:" + strings.Repeat("9f86d081", 8), Lineage: "0d1b9f6e-5a3c-4c07-a1f5-7b1f0f3b8f11", Serial: 7,
		Accounts: []plan.Account{
			{Name: "shop", IGID: ShopID, Endpoint: view.DefaultEndpoint, APIVersion: "v24.0"},
			{Name: "cafe", IGID: CafeID, Endpoint: "http://127.0.0.1:8080", APIVersion: "v24.0"},
		},
		Changes: []*plan.Change{
			send(MessageOf("welcome", "ana"), ana, content.Text, "Hi Ana, your order is on its way. 🚚\nIt has left the house this morning, and if nothing goes wrong on its way it is with you tomorrow before noon.\n\nQuestions? Just answer."),
			send(Message("track"), ana, content.Link, "https://shop.example/track/4711"),
			send(Message("picture"), ana, content.Image, "https://cdn.example.com/parcel.gif"),
			send(Message("heart"), ana, content.Sticker, content.Like),
			react("thanks", ana, plan.React, plan.NotReactedYet, plan.Target{Ref: Message("picture")}),
			rereact, edited, again, lowered, gone, doubt, waits, refused, final, secret, moved, evil,
		},
		Moves:   []plan.Move{{From: Message("old_name"), To: Message("new_name")}},
		Retired: 3,
		Outputs: []plan.Output{
			{Name: "picture_id", JSON: []byte("\"\ue000message.picture\ue001\""), Refs: []addr.Instance{Message("picture")}},
			{Name: "moved_id", JSON: []byte("{\"id\":\"\ue000message.new_name\ue001\"}"), Refs: []addr.Instance{Message("new_name")}},
			{Name: "hush", Sensitive: true, JSON: []byte(`"psst"`)},
			{Name: "greeting", JSON: []byte(`"hello"`)},
		},
	}
}

// SampleReport is a run with every end that an action may have.
func SampleReport() *apply.Report {
	p := SamplePlan()
	at := func(i int) *plan.Change { return p.Changes[i] }
	return &apply.Report{
		PlanID: p.ID, Began: Day(12), Ended: Day(12).Add(3 * time.Second), Posts: 6,
		Results: []apply.ChangeResult{
			{Change: at(0), Result: apply.ResultDone, MessageID: "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0", Ended: Day(12)},
			{Change: at(1), Result: apply.ResultSkipped, MessageID: "m2"},
			{Change: at(2), Result: apply.ResultRejected, Outcome: apply.Outcome{Class: apply.Final, HTTP: 400, Code: 100, Subcode: 2018047, TraceID: "AbC", Explain: "The media is of a type that Instagram does not take.", Remedy: "Give another file."}},
			{Change: at(3), Result: apply.ResultHeld, Because: at(2)},
			{Change: at(4), Result: apply.ResultHeld, Because: at(2)},
			{Change: at(5), Result: apply.ResultDone},
			{Change: at(9), Result: apply.ResultDone},
			{Change: at(10), Result: apply.ResultInDoubt, Outcome: apply.Outcome{Class: apply.InDoubt, Reason: "timeout", Explain: "The answer did not come in time."}},
			{Change: at(16), Result: apply.ResultStopped, Outcome: apply.Outcome{Class: apply.AccountRefused, HTTP: 401, Code: 190, Explain: "The token has expired.", Remedy: "Make a new one and set HERALD_TOKEN_CAFE."}},
		},
	}
}

// ErrDisk says that the record could not be written.
var ErrDisk = errors.New("write herald.state.journal: no space left on device")

const sampleHCL = `account "shop" {
  ig_id = "17841405822304914"
}

message "welcome" {
  recipient = "1001"
	txt       = "Hi ` + "\x1b[31m\u202e" + `Ana"
  text      = <<-EOT
    One
    Two
  EOT
}
`

// SampleSource returns the bytes of the file that SampleDiagnostics are about.
func SampleSource(name string) []byte {
	if name == "main.hcl" {
		return []byte(sampleHCL)
	}
	return nil
}

// At returns the range of the first occurrence of s in the sample source.
func At(s string) *hcl.Range {
	begin := strings.Index(sampleHCL, s)
	pos := func(n int) hcl.Pos {
		head := sampleHCL[:n]
		return hcl.Pos{Line: strings.Count(head, "\n") + 1, Column: n - strings.LastIndexByte(head, '\n'), Byte: n}
	}
	return &hcl.Range{Filename: "main.hcl", Start: pos(begin), End: pos(begin + len(s))}
}

// SampleDiagnostics has diagnostics of every form.
func SampleDiagnostics() hcl.Diagnostics {
	diags := hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Unsupported argument", Subject: At("txt"),
			Detail: "An argument named \"txt\" is not expected here. Did you mean \"text\"? A message holds exactly one of text, link, image, audio, video, sticker and post.",
		},
		{Severity: hcl.DiagError, Summary: "Text is too long", Subject: At("<<-EOT\n    One\n    Two\n  EOT\n"), Detail: "The text is 1,214 bytes; Instagram takes 1,000."},
		{Severity: hcl.DiagError, Summary: "Missing recipient", Subject: At(`message "welcome"`), Detail: "A message needs a recipient."},
		{
			Severity: hcl.DiagError, Summary: "The same content twice", Subject: &hcl.Range{Filename: "lost.hcl", Start: hcl.Pos{Line: 3, Column: 1}},
			Detail: "If the block was renamed, say so:\n\n  moved {\n    from = message.a_very_long_name_that_is_not_wrapped_since_it_belongs_to_a_command\n    to   = message.b\n  }\n\nOr allow it.",
		},
		{Severity: hcl.DiagError, Summary: "The record\x1b[2J is locked", Detail: "Held by ana@host."},
	}
	for range 100 {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Perhaps renamed", Detail: "A message lost its block."})
	}
	return diags
}

// SampleDoc is the document of SamplePlan, with all that may be added to it.
func SampleDoc() *view.PlanDoc {
	return view.NewPlanDoc(SamplePlan(), view.PlanOptions{Diagnostics: SampleDiagnostics()[:1], Sources: SampleSource})
}

// SampleInbox has messages of every kind.
func SampleInbox() view.Inbox {
	chat := []view.InboxItem{
		{Kind: "text", Text: "Is it on its way?", At: Day(8)},
		{FromUs: true, Kind: "text", Text: "Hi Ana, your order is on its way. 🚚\nIt has left the house this morning, and if nothing goes wrong it is with you tomorrow.", At: Day(9)},
		{FromUs: true, Kind: "image", URL: "https://cdn.example.com/parcel.gif", At: Day(10), Reaction: "love", New: true},
		{FromUs: true, Kind: "sticker", At: Day(10), New: true},
		{FromUs: true, Kind: "text", Text: Hostile, At: Day(10), New: true},
	}
	in := view.Inbox{Conversations: []view.InboxConversation{{Account: "shop", Recipient: "6543210987654321", Person: "ana", Items: chat}}}
	long := view.InboxConversation{Account: "shop", Recipient: "1001"}
	for range 15 {
		long.Items = append(long.Items, view.InboxItem{FromUs: true, Kind: "link", Text: "https://shop.example"})
	}
	for range 11 {
		in.Conversations = append(in.Conversations, long)
		long.Items = long.Items[:1]
	}
	return in
}

// SampleRecord has an entry of every status.
func SampleRecord() *state.Record {
	r := state.NewRecord("0d1b9f6e")
	r.Serial = 7
	for _, c := range SamplePlan().Changes {
		if c.Base != nil && c.Base.Addr.Kind != addr.KindInvalid {
			r.Put(*c.Base)
		}
	}
	r.Put(state.Entry{
		Addr: ReactionAt("thanks"), Revision: 1, Account: ShopID, Recipient: "1001", Status: state.Reacted, Target: "m1", Reaction: "love",
		Change: 1, SettledAt: Day(9), SettledBy: "answer", Attempts: 1,
	})
	r.Put(state.Entry{
		Addr: MessageOf("welcome", "zed"), Revision: 2, Account: ShopID, Recipient: "1002", Status: state.Absent,
		Change: 5, SettledAt: Day(9), SettledBy: "resolve", Note: "looked in\nthe app \u202e", Attempts: 2, FirstIntendedAt: Day(7), IntendedAt: Day(8),
	})
	return r
}

// SampleOutputs has outputs of every type.
func SampleOutputs() []view.Output {
	return []view.Output{
		{Name: "greeting", JSON: []byte(`"hel\"lo\n\u202e"`), Known: true},
		{Name: "hush", JSON: []byte(`"psst"`), Known: true, Sensitive: true},
		{Name: "ids", JSON: []byte(`{"b":["m1",2,true,null,{}],"a b":[]}`), Known: true},
		{Name: "later"},
	}
}

// AClock goes on by a second with each look at it.
func AClock() func() time.Time {
	now := Day(12)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}
