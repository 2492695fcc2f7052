package markdown

import (
	"io"
	"testing"

	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/viewtest"
)

func TestPlanMarkdownSinceAnother(t *testing.T) {
	d := view.NewPlanDoc(viewtest.NewPlan(), view.PlanOptions{Since: viewtest.OldPlan(), Saved: true})
	viewtest.Golden(t, "plan-since.md", func(w io.Writer) error { return Plan(w, d, Options{Label: "shop/de: @all -->"}) })
}

func TestRunMarkdownThatLeavesSomething(t *testing.T) {
	viewtest.Golden(t, "run-later.md", func(w io.Writer) error {
		for _, rep := range viewtest.OtherEnds() {
			d := receipt.NewRunDoc(rep)
			d.Again = "herald apply plan.herald"
			if err := Run(w, d, Options{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestRunMarkdown(t *testing.T) {
	viewtest.Golden(t, "run.md", func(w io.Writer) error {
		rep := viewtest.SampleReport()
		rep.Broken = viewtest.ErrDisk
		d := receipt.NewRunDoc(rep)
		d.Diagnostics, d.Sources = viewtest.SampleDiagnostics()[:1], viewtest.SampleSource
		return Run(w, d, Options{Label: "shop"})
	})
}

func TestPlanMarkdown(t *testing.T) {
	viewtest.Golden(t, "plan.md", func(w io.Writer) error { return Plan(w, viewtest.SampleDoc(), Options{}) })
}
