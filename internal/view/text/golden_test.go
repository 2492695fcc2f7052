package text

import (
	"io"
	"testing"

	"herald/apply"
	"herald/internal/view"
	"herald/internal/view/receipt"
	"herald/internal/view/viewtest"
)

var sheets = []struct {
	suffix string
	opts   Options
}{
	{".txt", Options{Width: 80}},
	{".color.txt", Options{Width: 80, Color: true}},
}

func TestPlanText(t *testing.T) {
	for _, s := range sheets {
		viewtest.Golden(t, "plan"+s.suffix, func(w io.Writer) error {
			return Plan(w, view.NewPlanDoc(viewtest.SamplePlan(), view.PlanOptions{}), s.opts)
		})
	}
}

func TestRunText(t *testing.T) {
	for _, s := range sheets {
		viewtest.Golden(t, "run"+s.suffix, func(w io.Writer) error { return Run(w, receipt.NewRunDoc(viewtest.SampleReport()), s.opts) })
	}
}

func TestPlanTextWithoutARecord(t *testing.T) {
	p := viewtest.SamplePlan()
	p.Lineage, p.Moves, p.Changes = "", nil, p.Changes[:1]
	p.Accounts = p.Accounts[1:]
	p.Selection.Only = []string{`message.welcome["ana"]`}
	viewtest.Golden(t, "plan-norecord.txt", func(w io.Writer) error {
		return Plan(w, view.NewPlanDoc(p, view.PlanOptions{Sandbox: true}), Options{Width: 80})
	})
}

func TestPlanTextWithNothingToDo(t *testing.T) {
	p := viewtest.SamplePlan()
	p.Moves, p.Changes = nil, append(p.Changes[6:7:7], p.Changes[8], p.Changes[13])
	viewtest.Golden(t, "plan-nothing.txt", func(w io.Writer) error { return Plan(w, view.NewPlanDoc(p, view.PlanOptions{}), Options{Width: 80}) })
}

func TestPlanTextOfALostRecord(t *testing.T) {
	p := viewtest.SamplePlan()
	p.Lineage, p.Moves, p.Changes = "", nil, p.Changes[11:12]
	p.Changes[0].HeldBy = p.Changes[0].Addr
	p.RetryRejected = true
	viewtest.Golden(t, "plan-lost.txt", func(w io.Writer) error { return Plan(w, view.NewPlanDoc(p, view.PlanOptions{}), Options{Width: 80}) })
}

func TestRunTextOfOtherEnds(t *testing.T) {
	viewtest.Golden(t, "run-ends.txt", func(w io.Writer) error {
		done := viewtest.SampleReport()
		done.Results = done.Results[:1]
		cut := viewtest.SampleReport()
		cut.Interrupted, cut.Results = true, append(cut.Results[:1:1], apply.ChangeResult{Change: cut.Results[1].Change})
		broken := viewtest.SampleReport()
		broken.Broken, broken.Results = viewtest.ErrDisk, broken.Results[:1]
		refused := viewtest.SampleReport()
		refused.Refused, refused.Results = true, nil
		for _, rep := range []*apply.Report{done, cut, broken, refused, {}} {
			if err := Run(w, receipt.NewRunDoc(rep), Options{Width: 80}); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "--\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDiagnosticsText(t *testing.T) {
	for _, s := range sheets {
		viewtest.Golden(t, "diagnostics"+s.suffix, func(w io.Writer) error {
			return Diagnostics(w, viewtest.SampleDiagnostics(), viewtest.SampleSource, s.opts)
		})
	}
}

func TestInboxText(t *testing.T) {
	for _, s := range sheets {
		viewtest.Golden(t, "inbox"+s.suffix, func(w io.Writer) error { return Inbox(w, viewtest.SampleInbox(), s.opts) })
	}
}

func TestEntriesText(t *testing.T) {
	viewtest.Golden(t, "entries.txt", func(w io.Writer) error {
		entries := viewtest.SampleRecord().Sorted()
		if err := Entries(w, entries, Options{}); err != nil {
			return err
		}
		if err := Entries(w, entries, Options{Verbose: true}); err != nil {
			return err
		}
		return Entry(w, entries, Options{})
	})
}

func TestOutputs(t *testing.T) {
	viewtest.Golden(t, "outputs.txt", func(w io.Writer) error { return Outputs(w, viewtest.SampleOutputs(), "Outputs:", Options{}) })
}
