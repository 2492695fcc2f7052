package view_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"

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

var (
	anyAction = rapid.SampledFrom([]plan.Action{
		plan.NoOp, plan.Send, plan.React, plan.Rereact, plan.Retarget, plan.Unreact, plan.Settle, plan.Repeat, plan.Import, plan.Forget,
	})
	anyReason = rapid.SampledFrom([]plan.Reason{
		"", plan.NotSentYet, plan.AlreadySent, plan.EditedAfterSent, plan.RevisionRaised, plan.RevisionLowered, plan.RejectedBefore,
		plan.RejectedFinal, plan.InDoubt, plan.MaybeRenamed, plan.NotReactedYet, plan.AlreadyReacted, plan.ReactionChanged, plan.TargetChanged,
		plan.Removed, plan.NotSelected, plan.Imported, plan.Forgotten,
	})
	anyResult = rapid.SampledFrom([]apply.Result{
		apply.ResultNone, apply.ResultDone, apply.ResultSkipped, apply.ResultRejected, apply.ResultInDoubt, apply.ResultHeld, apply.ResultStopped, apply.ResultLater,
	})
	anyStatus = rapid.SampledFrom([]state.Status{state.Intent, state.Sent, state.Reacted, state.Rejected, state.Absent})
	anyID     = rapid.StringMatching(`[0-9]{1,17}`)
	anyDigest = rapid.StringMatching(`sha256:[0-9a-f]{64}`)
	anyText   = rapid.String()
	anyTime   = rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "no time") {
			return time.Time{}
		}
		return time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time"))
	})
)

func anyAddr(t *rapid.T, kind addr.Kind) addr.Instance {
	b := addr.Block{Kind: kind, Name: rapid.StringMatching(`[a-z_]{1,8}`).Draw(t, "name")}
	if rapid.Bool().Draw(t, "keyed") {
		return b.Each(anyText.Draw(t, "key"))
	}
	return b.Only()
}

func anyRefusal(t *rapid.T) *state.Refusal {
	if rapid.Bool().Draw(t, "no refusal") {
		return nil
	}
	return &state.Refusal{
		Class: rapid.SampledFrom([]state.Class{state.Hold, state.Final}).Draw(t, "class"), HTTP: rapid.IntRange(0, 599).Draw(t, "http"),
		Code: rapid.IntRange(0, 1e6).Draw(t, "code"), Subcode: rapid.IntRange(0, 1e7).Draw(t, "subcode"), TraceID: anyText.Draw(t, "trace"), Reason: anyText.Draw(t, "why"),
	}
}

func anyEntry(t *rapid.T, a addr.Instance) *state.Entry {
	return &state.Entry{
		Addr: a, Revision: rapid.IntRange(0, 9).Draw(t, "revision"), Account: anyID.Draw(t, "account"), Recipient: anyID.Draw(t, "recipient"),
		Fingerprint: anyText.Draw(t, "fingerprint"), Status: anyStatus.Draw(t, "status"), MessageID: anyText.Draw(t, "id"),
		AlsoSent: rapid.SliceOfN(anyText, 0, 2).Draw(t, "also sent"), Target: anyText.Draw(t, "target"), Reaction: anyText.Draw(t, "reaction"),
		Change: rapid.Int64Range(0, 99).Draw(t, "change"), PlanID: anyText.Draw(t, "plan"), Claim: anyText.Draw(t, "claim"),
		FirstIntendedAt: anyTime.Draw(t, "first"), IntendedAt: anyTime.Draw(t, "intended"), DoubtAt: anyTime.Draw(t, "doubt"), SettledAt: anyTime.Draw(t, "settled"),
		SettledBy: anyText.Draw(t, "by"), Note: anyText.Draw(t, "note"), Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"), Refusal: anyRefusal(t),
	}
}

func anyChange(t *rapid.T) *plan.Change {
	kind := rapid.SampledFrom([]addr.Kind{addr.Message, addr.Reaction}).Draw(t, "kind")
	c := &plan.Change{
		Addr: anyAddr(t, kind), Revision: rapid.IntRange(0, 9).Draw(t, "revision"), Action: anyAction.Draw(t, "action"), Reason: anyReason.Draw(t, "reason"),
		Account: anyID.Draw(t, "account"), Recipient: anyID.Draw(t, "recipient"), Sensitive: rapid.Bool().Draw(t, "sensitive"), ImportID: anyText.Draw(t, "import"),
	}
	if kind == addr.Message {
		c.Content = content.Content{
			Kind:  rapid.SampledFrom(append(content.Kinds(), content.KindInvalid)).Draw(t, "content"),
			Value: rapid.OneOf(anyText, rapid.SampledFrom([]string{viewtest.Hostile, "Hi {{name}} ,", "##[error]"})).Draw(t, "value"),
		}
	} else {
		c.React, c.Target.ID = anyText.Draw(t, "react"), anyText.Draw(t, "target")
		if rapid.Bool().Draw(t, "by reference") {
			c.Target = plan.Target{Ref: anyAddr(t, addr.Message)}
		}
	}
	if rapid.Bool().Draw(t, "recorded") {
		c.Base = anyEntry(t, c.Addr)
	}
	if rapid.Bool().Draw(t, "moved") {
		c.MovedFrom = anyAddr(t, kind)
	}
	if rapid.Bool().Draw(t, "held") {
		c.HeldBy, c.HeldWhy = anyAddr(t, addr.Message), anyReason.Draw(t, "why")
	}
	if rapid.Bool().Draw(t, "somewhere") {
		c.Range = hcl.Range{Filename: anyText.Draw(t, "file"), Start: hcl.Pos{Line: rapid.IntRange(1, 99).Draw(t, "line")}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "dependencies") {
		c.DependsOn = append(c.DependsOn, anyAddr(t, addr.Message))
	}
	return c
}

func anyPlan(t *rapid.T) *plan.Plan {
	p := &plan.Plan{
		ID: anyDigest.Draw(t, "id"), Lineage: anyText.Draw(t, "lineage"), Expires: anyTime.Draw(t, "expires"), RetryRejected: rapid.Bool().Draw(t, "retry"),
		Selection: plan.Selection{Only: rapid.SliceOfN(anyText, 0, 2).Draw(t, "only"), Exclude: rapid.SliceOfN(anyText, 0, 2).Draw(t, "exclude")},
		Changes:   rapid.SliceOfN(rapid.Custom(anyChange), 0, 6).Draw(t, "changes"), Retired: rapid.IntRange(0, 9).Draw(t, "retired"),
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "accounts") {
		p.Accounts = append(p.Accounts, plan.Account{Name: anyText.Draw(t, "account"), IGID: fmt.Sprint(i), Endpoint: rapid.OneOf(anyText, rapid.Just(view.DefaultEndpoint)).Draw(t, "endpoint")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "moves") {
		p.Moves = append(p.Moves, plan.Move{From: anyAddr(t, addr.Message), To: anyAddr(t, addr.Message)})
	}
	for range rapid.IntRange(0, 3).Draw(t, "outputs") {
		o := plan.Output{Name: anyText.Draw(t, "output"), Sensitive: rapid.Bool().Draw(t, "sensitive"), JSON: []byte(`[1,null,"x"]`)}
		if rapid.Bool().Draw(t, "with an id") && len(p.Changes) > 0 {
			o.Refs = []addr.Instance{p.Changes[0].Addr}
			o.JSON = []byte("[\"" + openRef + "message.x" + closeRef + "\"]")
		}
		p.Outputs = append(p.Outputs, o)
	}
	return p
}

func anyDiagnostics(t *rapid.T) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for range rapid.IntRange(0, 2).Draw(t, "diagnostics") {
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: anyText.Draw(t, "summary"), Detail: anyText.Draw(t, "detail")}
		if rapid.Bool().Draw(t, "warning") {
			d.Severity = hcl.DiagWarning
		}
		if rapid.Bool().Draw(t, "somewhere") {
			d.Subject = viewtest.At(rapid.SampledFrom([]string{"txt", "message", "<<-EOT\n    One\n    Two\n  EOT\n", "}"}).Draw(t, "subject"))
		}
		diags = append(diags, d)
	}
	return diags
}

func anyOutcome(t *rapid.T) apply.Outcome {
	if rapid.Bool().Draw(t, "no outcome") {
		return apply.Outcome{}
	}
	return apply.Outcome{
		HTTP: rapid.IntRange(0, 599).Draw(t, "http"), Code: rapid.IntRange(0, 1e6).Draw(t, "code"), Subcode: rapid.IntRange(0, 1e7).Draw(t, "subcode"),
		TraceID: anyText.Draw(t, "trace"), Reason: anyText.Draw(t, "why"), Explain: anyText.Draw(t, "explain"), Remedy: anyText.Draw(t, "remedy"),
	}
}

// anyReport is a run of the plan that ended in any way.
func anyReport(t *rapid.T, p *plan.Plan) *apply.Report {
	rep := &apply.Report{
		PlanID: p.ID, Posts: rapid.IntRange(0, 9).Draw(t, "posts"), Prepared: rapid.IntRange(0, 9).Draw(t, "prepared"),
		Interrupted: rapid.Bool().Draw(t, "interrupted"), Refused: rapid.Bool().Draw(t, "refused"),
	}
	if rapid.Bool().Draw(t, "broken") {
		rep.Broken = viewtest.ErrDisk
	}
	for _, c := range p.Changes {
		if c.Action == plan.NoOp {
			continue
		}
		r := apply.ChangeResult{Change: c, Result: anyResult.Draw(t, "result"), Outcome: anyOutcome(t), MessageID: anyText.Draw(t, "id"), Ended: anyTime.Draw(t, "ended"), Undecided: anyText.Draw(t, "undecided")}
		r.Settled = rapid.SampledFrom([]apply.Settlement{apply.NotSettled, apply.SettledArrived, apply.SettledAbsent}).Draw(t, "settled")
		if rapid.Bool().Draw(t, "because") {
			r.Because = p.Changes[0]
		}
		rep.Results = append(rep.Results, r)
	}
	return rep
}

// TestAnyDocumentFitsItsSchema writes plans and runs that no planner would
// make.
func TestAnyDocumentFitsItsSchema(t *testing.T) {
	planSchema, runSchema, streamSchema, stateSchema := viewtest.Compiled(t, "plan"), viewtest.Compiled(t, "run"), viewtest.Compiled(t, "stream"), viewtest.Compiled(t, "state")
	rapid.Check(t, func(t *rapid.T) {
		check := func(err error, doc []byte) {
			if err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
		}
		p := anyPlan(t)
		opts := view.PlanOptions{Diagnostics: anyDiagnostics(t), Sources: viewtest.SampleSource, Sandbox: rapid.Bool().Draw(t, "sandbox"), Saved: rapid.Bool().Draw(t, "saved")}
		for range rapid.IntRange(0, 2).Draw(t, "variables") {
			opts.Variables = append(opts.Variables, view.Variable{Name: anyText.Draw(t, "variable"), Sensitive: rapid.Bool().Draw(t, "sensitive"), JSON: []byte(`{"a":1}`)})
		}
		if rapid.Bool().Draw(t, "since") {
			opts.Since = anyPlan(t)
		}
		d := view.NewPlanDoc(p, opts)
		var b bytes.Buffer
		check(jsondoc.Plan(&b, d), nil)
		check(viewtest.Fits(planSchema, b.Bytes()), b.Bytes())

		run := receipt.NewRunDoc(anyReport(t, p))
		run.Diagnostics, run.Outputs = anyDiagnostics(t), viewtest.SampleOutputs()
		b.Reset()
		check(jsondoc.Run(&b, run), nil)
		check(viewtest.Fits(runSchema, b.Bytes()), b.Bytes())

		b.Reset()
		s := stream.New(&b, stream.Options{Version: "0.1.0", Sources: viewtest.SampleSource})
		s.Plan(d)
		s.Run(run)
		s.Diagnostics(run.Diagnostics)
		s.Outputs(run.Outputs)
		for _, line := range bytes.Split(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("\n")) {
			check(viewtest.Fits(streamSchema, line), line)
		}

		r := state.NewRecord(p.Lineage)
		for _, c := range p.Changes {
			if c.Base != nil {
				r.Put(*c.Base)
			}
		}
		b.Reset()
		check(jsondoc.Entries(&b, r, r.Sorted()), nil)
		check(viewtest.Fits(stateSchema, b.Bytes()), b.Bytes())
	})
}
