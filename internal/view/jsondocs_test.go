package view_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/receipt"
	"herald/internal/view/stream"
	"herald/internal/view/viewtest"
	"herald/plan"
	"herald/state"
)

// Within a string of an output these surround an address.
const openRef, closeRef = "\ue000", "\ue001"

// smallPlan is the plan of docs/json.md.
func smallPlan() *plan.Plan {
	const ana, bob = "6543210987654321", "6543210987654322"
	hi := &plan.Change{
		Addr: viewtest.MessageOf("welcome", "ana"), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: viewtest.ShopID, Recipient: ana,
		Content: content.Content{Kind: content.Text, Value: "Hi Ana,\nyour order {{number}} is on its way."},
		Range:   hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 5, Column: 1}},
	}
	heart := &plan.Change{
		Addr: viewtest.ReactionAt("thanks"), Revision: 1, Action: plan.React, Reason: plan.NotReactedYet, Account: viewtest.ShopID, Recipient: ana, React: "love",
		Target: plan.Target{Ref: hi.Addr}, DependsOn: []addr.Instance{hi.Addr}, Range: hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 11, Column: 1}},
	}
	bye := &plan.Change{
		Addr: viewtest.Message("bye"), Revision: 1, Action: plan.NoOp, Reason: plan.AlreadySent, Account: viewtest.ShopID, Recipient: bob, MovedFrom: viewtest.Message("farewell"),
		Content: content.Content{Kind: content.Text, Value: "Bye, Bob."}, Range: hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 17, Column: 1}},
		Base: &state.Entry{
			Addr: viewtest.Message("bye"), Revision: 1, Account: viewtest.ShopID, Recipient: bob, Status: state.Sent, MessageID: "aWdfZAG1", Change: 2, SettledAt: viewtest.Day(9), SettledBy: "answer",
			Fingerprint: "v1:sha256:" + strings.Repeat("ab", 32), PlanID: "sha256:" + strings.Repeat("12", 32), Attempts: 1, FirstIntendedAt: viewtest.Day(9), IntendedAt: viewtest.Day(9),
		},
	}
	return &plan.Plan{
		ID: "sha256:" + strings.Repeat("9f86d081", 8), Lineage: "0d1b9f6e5a3c4c07a1f57b1f0f3b8f11",
		Accounts: []plan.Account{{Name: "shop", IGID: viewtest.ShopID, Endpoint: view.DefaultEndpoint, APIVersion: "v24.0"}},
		Changes:  []*plan.Change{hi, heart, bye}, Moves: []plan.Move{{From: viewtest.Message("farewell"), To: viewtest.Message("bye")}},
		Outputs: []plan.Output{{Name: "welcome_id", JSON: []byte("\"" + openRef + `message.welcome[\"ana\"]` + closeRef + "\""), Refs: []addr.Instance{hi.Addr}}},
	}
}

func smallDoc() *view.PlanDoc {
	return view.NewPlanDoc(smallPlan(), view.PlanOptions{Variables: []view.Variable{{Name: "order", JSON: []byte(`"4711"`)}, {Name: "voucher", Sensitive: true, JSON: []byte(`"x"`)}}})
}

// smallReport is a run of smallPlan in which the reaction is refused.
func smallReport() *apply.Report {
	p := smallPlan()
	return &apply.Report{
		PlanID: p.ID, Posts: 2, Began: viewtest.Day(12), Ended: viewtest.Day(12).Add(2 * time.Second),
		Results: []apply.ChangeResult{
			{Change: p.Changes[0], Result: apply.ResultDone, MessageID: "aWdfZAG2", Ended: viewtest.Day(12)},
			{Change: p.Changes[1], Result: apply.ResultRejected, Ended: viewtest.Day(12).Add(time.Second), Outcome: apply.Outcome{
				Class: apply.Hold, HTTP: 403, Code: 10, Subcode: 2534022, TraceID: "AbC", Explain: "The person has not written within 24 hours.", Remedy: "It is tried again by the next apply.",
			}},
		},
	}
}

func smallOutputs() []view.Output {
	return []view.Output{{Name: "welcome_id", JSON: []byte(`"aWdfZAG2"`), Known: true}}
}

func smallStream(w io.Writer) error {
	s := stream.New(w, stream.Options{Version: "0.1.0", Now: viewtest.AClock(), Sources: viewtest.SampleSource})
	s.Plan(smallDoc())
	rep := smallReport()
	for i, end := range []apply.EventType{apply.ActionDone, apply.ActionRefused} {
		r := rep.Results[i]
		s.Observe(apply.Event{Type: apply.ActionStarted, Change: r.Change})
		s.Observe(apply.Event{Type: end, Change: r.Change, MessageID: r.MessageID, Outcome: r.Outcome})
	}
	s.Run(receipt.NewRunDoc(rep))
	s.Outputs(smallOutputs())
	return s.Err()
}

// documented are the examples of docs/json.md by the name of their schema.
var documented = map[string]func(io.Writer) error{
	"plan": func(w io.Writer) error { return jsondoc.Plan(w, smallDoc()) },
	"run": func(w io.Writer) error {
		d := receipt.NewRunDoc(smallReport())
		d.Outputs = smallOutputs()
		return jsondoc.Run(w, d)
	},
	"stream":  smallStream,
	"recover": func(w io.Writer) error { return jsondoc.Recover(w, viewtest.SmallRecovery()) },
	"validate": func(w io.Writer) error {
		return jsondoc.Diagnostics(w, viewtest.SampleDiagnostics()[2:3], viewtest.SampleSource)
	},
	"state": func(w io.Writer) error {
		r := state.NewRecord("0d1b9f6e5a3c4c07a1f57b1f0f3b8f11")
		r.Serial = 3
		r.Put(*smallPlan().Changes[2].Base)
		return jsondoc.Entries(w, r, r.Sorted())
	},
	"outputs": func(w io.Writer) error { return jsondoc.Outputs(w, smallOutputs()) },
	"version": func(w io.Writer) error {
		return jsondoc.Version(w, view.Version{Version: "0.1.0", Platform: "linux_amd64", Go: "go1.26.0"})
	},
}

var example = regexp.MustCompile("(?s)<!-- example: ([a-z]+) -->\n```json\n(.*?)```\n")

// TestJSONDocs holds that the examples of docs/json.md are what is written,
// that each fits its schema, and that no document is without one. With -update
// the examples are written anew.
func TestJSONDocs(t *testing.T) {
	page, err := os.ReadFile(viewtest.Path("docs/json.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	now := example.ReplaceAllFunc(page, func(block []byte) []byte {
		name := string(example.FindSubmatch(block)[1])
		write := documented[name]
		if write == nil || seen[name] {
			t.Errorf("nothing writes the example %s, or it is there twice", name)
			return block
		}
		seen[name] = true
		return fmt.Appendf(nil, "<!-- example: %s -->\n```json\n%s```\n", name, written(t, name, write))
	})
	for _, name := range viewtest.SchemaNames(t) {
		if !seen[name] {
			t.Errorf("there is no example of %s", name)
		}
	}
	switch {
	case bytes.Equal(page, now):
	case viewtest.Updating():
		if err := os.WriteFile(viewtest.Path("docs/json.md"), now, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/json.md is not what is written; run the test with -update and look at it:\n%s", now)
	}
}

// written returns an example: lines of the stream as they are, another
// document indented.
func written(t *testing.T, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if name == "stream" {
		viewtest.CheckStream(t, b.Bytes())
		return b.Bytes()
	}
	if err := viewtest.Fits(viewtest.Compiled(t, name), b.Bytes()); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestJSONDocsHaveEachWord looks for the words that a reader may meet.
func TestJSONDocsHaveEachWord(t *testing.T) {
	page, err := os.ReadFile(viewtest.Path("docs/json.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		"not_sent_yet", "already_sent", "edited_after_sent", "revision_raised", "revision_lowered", "rejected_before", "rejected_final", "in_doubt",
		"maybe_renamed", "not_reacted_yet", "already_reacted", "reaction_changed", "target_changed", "removed", "not_selected", "imported", "forgotten",
		"done", "done_before", "refused", "held", "stopped", "later", "not_tried", "sending", "waiting", "settling",
		"hidden", "equal_texts", "other_messages", "media", "unlisted", "unreadable", "unread", "too_early", "adopt", "hold", "free", "not_seen", "maybe",
		"placeholder", "empty_name", "bidirectional", "invisible", "control", "mixed_script",
	}
	for _, ref := range viewtest.ReadSchema(t, "stream")["oneOf"].([]any) {
		words = append(words, strings.TrimPrefix(ref.(viewtest.Node)["$ref"].(string), "#/$defs/line_"))
	}
	for _, word := range words {
		if !bytes.Contains(page, []byte("`"+word+"`")) {
			t.Errorf("docs/json.md does not know the word %s", word)
		}
	}
}
