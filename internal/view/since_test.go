package view_test

import (
	"testing"

	"herald/internal/view"
	"herald/internal/view/viewtest"
)

func TestPlanSinceItself(t *testing.T) {
	d := view.NewPlanDoc(viewtest.OldPlan(), view.PlanOptions{Since: viewtest.OldPlan()})
	want := "This is the plan sha256:0123456789ab… that was reviewed before: nothing differs."
	if got := d.SinceSummary().Line(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
