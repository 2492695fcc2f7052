package text

import (
	"io"
	"testing"

	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/viewtest"
)

func TestPlanSinceAnother(t *testing.T) {
	d := view.NewPlanDoc(viewtest.NewPlan(), view.PlanOptions{Since: viewtest.OldPlan(), Saved: true})
	for _, s := range sheets {
		viewtest.Golden(t, "plan-since"+s.suffix, func(w io.Writer) error { return Plan(w, d, s.opts) })
	}
}

func TestRunThatLeavesSomething(t *testing.T) {
	viewtest.Golden(t, "run-later.txt", func(w io.Writer) error {
		for _, rep := range viewtest.OtherEnds() {
			for _, verbose := range []bool{false, true} {
				if err := Run(w, receipt.NewRunDoc(rep), Options{Width: 80, Verbose: verbose}); err != nil {
					return err
				}
				if _, err := io.WriteString(w, "--\n"); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
