package jsondoc

import (
	"io"
	"strings"
	"testing"

	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/viewtest"
	"herald/plan"
)

func TestPlanJSON(t *testing.T) {
	viewtest.Golden(t, "plan.json", func(w io.Writer) error {
		return viewtest.Indented(w, func(w io.Writer) error { return Plan(w, viewtest.SampleDoc()) })
	})
}

func TestPlanJSONSinceAnother(t *testing.T) {
	now, old := viewtest.SamplePlan(), viewtest.SamplePlan()
	old.ID = "sha256:" + strings.Repeat("01", 32)
	hi, gone, bob, secret := old.Changes[0], old.Changes[2], old.Changes[6], old.Changes[14]
	hi.Content.Value = "Hi Ana, your order is delayed."
	bob.Content.Value = "Hi Bob, your order is on its way."
	bob.Action, bob.Reason, bob.Base = plan.Send, plan.NotSentYet, nil
	secret.Content.Value, secret.Sensitive = "not a secret then", false
	old.Changes = []*plan.Change{hi, gone, bob, secret}
	now.Changes = []*plan.Change{now.Changes[0], now.Changes[1], now.Changes[6], now.Changes[14]}
	now.Changes[2].Base.Fingerprint = content.Fingerprint(bob.Account, bob.Recipient, bob.Content)
	now.Moves, now.Outputs = nil, nil
	viewtest.Golden(t, "plan-since.json", func(w io.Writer) error {
		d := view.NewPlanDoc(now, view.PlanOptions{Since: old})
		return viewtest.Indented(w, func(w io.Writer) error { return Plan(w, d) })
	})
}

func TestRunJSON(t *testing.T) {
	viewtest.Golden(t, "run.json", func(w io.Writer) error {
		d := receipt.NewRunDoc(viewtest.SampleReport())
		d.Outputs = viewtest.SampleOutputs()
		d.Diagnostics, d.Sources = viewtest.SampleDiagnostics(), viewtest.SampleSource
		return viewtest.Indented(w, func(w io.Writer) error { return Run(w, d) })
	})
}

func TestDiagnosticsJSON(t *testing.T) {
	viewtest.Golden(t, "diagnostics.json", func(w io.Writer) error {
		return viewtest.Indented(w, func(w io.Writer) error { return Diagnostics(w, viewtest.SampleDiagnostics(), viewtest.SampleSource) })
	})
}

func TestEntriesJSON(t *testing.T) {
	viewtest.Golden(t, "entries.json", func(w io.Writer) error {
		r := viewtest.SampleRecord()
		return viewtest.Indented(w, func(w io.Writer) error { return Entries(w, r, r.Sorted()) })
	})
}

func TestVersionJSON(t *testing.T) {
	viewtest.Golden(t, "version.json", func(w io.Writer) error {
		v := view.Version{Version: "0.1.0", Platform: "linux_amd64", Go: "go1.26", Commit: "6f1c5a0"}
		return viewtest.Indented(w, func(w io.Writer) error { return Version(w, v) })
	})
}

func TestOutputsJSON(t *testing.T) {
	viewtest.Golden(t, "outputs.json", func(w io.Writer) error {
		return viewtest.Indented(w, func(w io.Writer) error { return Outputs(w, viewtest.SampleOutputs()) })
	})
}
