package view

import (
	"io"
	"testing"
)

func TestPlanHTML(t *testing.T) {
	golden(t, "plan.html", func(w io.Writer) error { return PlanHTML(w, sampleDoc()) })
}

func TestRunHTML(t *testing.T) {
	golden(t, "run.html", func(w io.Writer) error {
		d := NewRunDoc(sampleReport())
		d.Outputs = sampleOutputs()
		d.Diagnostics, d.Sources = sampleDiagnostics()[:5], sampleSource
		return RunHTML(w, d)
	})
}
