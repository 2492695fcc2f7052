package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herald/apply"
	"herald/config/content"
	"herald/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what write writes with testdata/name.
func golden(t *testing.T, name string, write func(w io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got); look at it, and run the test with -update if it is right:\n%s", name, diff)
	}
}

var sheets = []struct {
	suffix string
	opts   TextOptions
}{
	{".txt", TextOptions{Width: 80}},
	{".color.txt", TextOptions{Width: 80, Color: true}},
}

func TestPlanText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "plan"+s.suffix, func(w io.Writer) error { return PlanText(w, NewPlanDoc(samplePlan(), PlanOptions{}), s.opts) })
	}
}

func TestRunText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "run"+s.suffix, func(w io.Writer) error { return RunText(w, NewRunDoc(sampleReport()), s.opts) })
	}
}

func TestPlanTextWithoutARecord(t *testing.T) {
	p := samplePlan()
	p.Lineage, p.Moves, p.Changes = "", nil, p.Changes[:1]
	p.Accounts = p.Accounts[1:]
	p.Selection.Only = []string{`message.welcome["ana"]`}
	golden(t, "plan-norecord.txt", func(w io.Writer) error {
		return PlanText(w, NewPlanDoc(p, PlanOptions{Sandbox: true}), TextOptions{Width: 80})
	})
}

func TestPlanTextWithNothingToDo(t *testing.T) {
	p := samplePlan()
	p.Moves, p.Changes = nil, append(p.Changes[6:7:7], p.Changes[8], p.Changes[13])
	golden(t, "plan-nothing.txt", func(w io.Writer) error { return PlanText(w, NewPlanDoc(p, PlanOptions{}), TextOptions{Width: 80}) })
}

func TestPlanTextOfALostRecord(t *testing.T) {
	p := samplePlan()
	p.Lineage, p.Moves, p.Changes = "", nil, p.Changes[11:12]
	p.Changes[0].HeldBy = p.Changes[0].Addr
	p.RetryRejected = true
	golden(t, "plan-lost.txt", func(w io.Writer) error { return PlanText(w, NewPlanDoc(p, PlanOptions{}), TextOptions{Width: 80}) })
}

func TestRunTextOfOtherEnds(t *testing.T) {
	golden(t, "run-ends.txt", func(w io.Writer) error {
		done := sampleReport()
		done.Results = done.Results[:1]
		cut := sampleReport()
		cut.Interrupted, cut.Results = true, append(cut.Results[:1:1], apply.ChangeResult{Change: cut.Results[1].Change})
		broken := sampleReport()
		broken.Broken, broken.Results = errDisk, broken.Results[:1]
		refused := sampleReport()
		refused.Refused, refused.Results = true, nil
		for _, rep := range []*apply.Report{done, cut, broken, refused, {}} {
			if err := RunText(w, NewRunDoc(rep), TextOptions{Width: 80}); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "--\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestPlanMarkdown(t *testing.T) {
	golden(t, "plan.md", func(w io.Writer) error { return PlanMarkdown(w, sampleDoc(), MarkdownOptions{}) })
}

func TestPlanJSON(t *testing.T) {
	golden(t, "plan.json", func(w io.Writer) error {
		return indented(w, func(w io.Writer) error { return PlanJSON(w, sampleDoc()) })
	})
}

func TestPlanJSONSinceAnother(t *testing.T) {
	now, old := samplePlan(), samplePlan()
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
	golden(t, "plan-since.json", func(w io.Writer) error {
		d := NewPlanDoc(now, PlanOptions{Since: old})
		return indented(w, func(w io.Writer) error { return PlanJSON(w, d) })
	})
}

func TestRunJSON(t *testing.T) {
	golden(t, "run.json", func(w io.Writer) error {
		d := NewRunDoc(sampleReport())
		d.Outputs = sampleOutputs()
		d.Diagnostics, d.Sources = sampleDiagnostics(), sampleSource
		return indented(w, func(w io.Writer) error { return RunJSON(w, d) })
	})
}

func TestDiagnosticsText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "diagnostics"+s.suffix, func(w io.Writer) error { return Diagnostics(w, sampleDiagnostics(), sampleSource, s.opts) })
	}
}

func TestDiagnosticsJSON(t *testing.T) {
	golden(t, "diagnostics.json", func(w io.Writer) error {
		return indented(w, func(w io.Writer) error { return DiagnosticsJSON(w, sampleDiagnostics(), sampleSource) })
	})
}

func TestInboxText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "inbox"+s.suffix, func(w io.Writer) error { return InboxText(w, sampleInbox(), s.opts) })
	}
}

func TestEntriesText(t *testing.T) {
	golden(t, "entries.txt", func(w io.Writer) error {
		entries := sampleRecord().Sorted()
		if err := EntriesText(w, entries, TextOptions{}); err != nil {
			return err
		}
		if err := EntriesText(w, entries, TextOptions{Verbose: true}); err != nil {
			return err
		}
		return EntryText(w, entries, TextOptions{})
	})
}

func TestEntriesJSON(t *testing.T) {
	golden(t, "entries.json", func(w io.Writer) error {
		r := sampleRecord()
		return indented(w, func(w io.Writer) error { return EntriesJSON(w, r, r.Sorted()) })
	})
}

func TestVersionJSON(t *testing.T) {
	golden(t, "version.json", func(w io.Writer) error {
		v := Version{Version: "0.1.0", Platform: "linux_amd64", Go: "go1.26", Commit: "6f1c5a0"}
		return indented(w, func(w io.Writer) error { return VersionJSON(w, v) })
	})
}

func TestOutputs(t *testing.T) {
	golden(t, "outputs.txt", func(w io.Writer) error { return OutputsText(w, sampleOutputs(), "Outputs:", TextOptions{}) })
}

func TestOutputsJSON(t *testing.T) {
	golden(t, "outputs.json", func(w io.Writer) error {
		return indented(w, func(w io.Writer) error { return OutputsJSON(w, sampleOutputs()) })
	})
}

// indented writes one line of JSON so that a person can read and compare it.
func indented(w io.Writer, write func(w io.Writer) error) error {
	var line, b bytes.Buffer
	if err := write(&line); err != nil {
		return err
	}
	if err := json.Indent(&b, line.Bytes(), "", "  "); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
