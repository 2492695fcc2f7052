package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/internal/view/jsondoc"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/viewtest"
	"herald/plan"
)

func sampleStream(w io.Writer) *Stream {
	return New(w, Options{Version: "0.1.0", Now: viewtest.AClock(), Sources: viewtest.SampleSource})
}

// sampleRun writes the run of sampleReport as it goes on.
func sampleRun(s *Stream) *receipt.RunDoc {
	rep := viewtest.SampleReport()
	at := func(i int) *plan.Change { return rep.Results[i].Change }
	shop := &plan.Account{Name: "shop", IGID: viewtest.ShopID}
	s.Observe(apply.Event{Type: apply.RunStarted, Total: 9})
	s.Observe(apply.Event{Type: apply.ActionStarted, Change: at(0), Account: shop})
	s.Observe(apply.Event{Type: apply.AccountWaiting, Account: shop, Outcome: apply.Outcome{Class: apply.RateLimited, HTTP: 429, Code: 4}, For: 1500 * time.Millisecond})
	s.Observe(apply.Event{Type: apply.ActionStarted, Change: at(0), Account: shop})
	s.Observe(apply.Event{Type: apply.ActionDone, Change: at(0), MessageID: rep.Results[0].MessageID})
	s.Observe(apply.Event{Type: apply.ActionSkipped, Change: at(1), MessageID: "m2"})
	s.Observe(apply.Event{Type: apply.ActionStarted, Change: at(2)})
	s.Observe(apply.Event{Type: apply.ActionRefused, Change: at(2), Outcome: rep.Results[2].Outcome})
	s.Observe(apply.Event{Type: apply.ActionHeld, Change: at(3), Because: at(2)})
	s.Observe(apply.Event{Type: apply.ActionHeld, Change: at(4), Because: at(2)})
	s.Observe(apply.Event{Type: apply.ActionStarted, Change: at(5)})
	s.Observe(apply.Event{Type: apply.ActionDone, Change: at(5)})
	s.Observe(apply.Event{Type: apply.AccountSlowed, Account: shop, Outcome: apply.Outcome{Usage: 91}, Rate: 2.5})
	s.Observe(apply.Event{Type: apply.AccountSlowed, Account: shop})
	s.Observe(apply.Event{Type: apply.AccountWaiting, Account: shop, For: time.Second, Reading: true})
	s.Observe(apply.Event{Type: apply.AccountPaused, Account: shop, Outcome: apply.Outcome{Reason: "doubts", Explain: "Too much is in doubt."}})
	s.Observe(apply.Event{Type: apply.ActionInDoubt, Change: at(7), Outcome: rep.Results[7].Outcome, For: time.Minute})
	s.Observe(apply.Event{Type: apply.ActionAbsent, Change: at(7)})
	s.Observe(apply.Event{Type: apply.ActionInDoubt, Change: at(7), Outcome: rep.Results[7].Outcome, Undecided: "Its conversation could not be read."})
	s.Observe(apply.Event{Type: apply.AccountStopped, Account: &plan.Account{Name: "ca\nfe##[x", IGID: viewtest.CafeID}, Outcome: rep.Results[8].Outcome})
	s.Observe(apply.Event{Type: apply.Interrupted})
	s.Observe(apply.Event{Type: apply.RunEnded})
	d := receipt.NewRunDoc(rep)
	s.Run(d)
	return d
}

func TestStream(t *testing.T) {
	viewtest.Golden(t, "stream.jsonl", func(w io.Writer) error {
		s := sampleStream(w)
		s.Diagnostics(viewtest.SampleDiagnostics()[4:6])
		s.Plan(viewtest.SampleDoc())
		sampleRun(s)
		s.Diagnostics(viewtest.SampleDiagnostics()[:1])
		s.Outputs(viewtest.SampleOutputs())
		s.Outputs(nil)
		return s.Err()
	})
}

// TestStreamTellsEachEnd holds that each action of a run ends once, with or
// without an event.
func TestStreamTellsEachEnd(t *testing.T) {
	for _, told := range []bool{true, false} {
		var b bytes.Buffer
		s := sampleStream(&b)
		d := receipt.NewRunDoc(viewtest.SampleReport())
		if told {
			d = sampleRun(s)
		} else {
			s.Run(d)
		}
		ends := make(map[string][]string)
		for line := range strings.SplitSeq(strings.TrimSpace(b.String()), "\n") {
			var l struct {
				Type string
				Hook struct {
					Resource struct{ Addr string }
					Result   string
				}
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			switch l.Type {
			case "apply_complete":
				ends[l.Hook.Resource.Addr] = append(ends[l.Hook.Resource.Addr], "done")
			case "apply_errored", "apply_skipped":
				ends[l.Hook.Resource.Addr] = append(ends[l.Hook.Resource.Addr], l.Hook.Result)
			}
		}
		for i := range d.Receipts {
			r := &d.Receipts[i]
			if got, want := ends[r.Change.Addr.String()], []string{jsondoc.ResultName(r.Result)}; !slices.Equal(got, want) {
				t.Errorf("%s ended as %q, not as %q", r.Change.Addr, got, want)
			}
		}
	}
}

// TestStreamHoldsNoContent looks for the texts, recipients and what is
// sensitive.
func TestStreamHoldsNoContent(t *testing.T) {
	var b bytes.Buffer
	s := sampleStream(&b)
	s.Plan(viewtest.SampleDoc())
	sampleRun(s)
	s.Outputs(viewtest.SampleOutputs())
	for _, c := range viewtest.SamplePlan().Changes {
		for _, secret := range []string{c.Recipient, c.Content.Value} {
			if data, err := json.Marshal(secret); err != nil || secret != "" && bytes.Contains(b.Bytes(), bytes.Trim(data, `"`)) {
				t.Errorf("the stream holds %q of %s (%v)", secret, c.Addr, err)
			}
		}
	}
	if strings.Contains(b.String(), "psst") {
		t.Error("the stream holds a sensitive output")
	}
}

func TestStreamOfAHostilePlan(t *testing.T) {
	var b bytes.Buffer
	s := New(&b, Options{Version: "0.1.0"})
	d := viewtest.EvilPlan(viewtest.Hostile + "##[error]\n::error::")
	d.ID = viewtest.SamplePlan().ID
	s.Plan(d)
	s.Diagnostics(d.Diagnostics)
	viewtest.CheckStream(t, b.Bytes())
	for line := range strings.SplitSeq(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if !strings.HasPrefix(line, "{") || strings.Contains(line, "##") {
			t.Errorf("a runner may take %s for a command", line)
		}
		for _, r := range line {
			if safe.Odd(r) {
				t.Errorf("%U in %s", r, line)
			}
		}
	}
}

// TestStreamTellsOfWhatTakesLong waits through a minute of a rate limit and of
// settling.
func TestStreamTellsOfWhatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := New(&b, Options{Version: "0.1.0"})
		c := viewtest.SamplePlan().Changes
		shop := &plan.Account{Name: "shop", IGID: viewtest.ShopID}
		s.Observe(apply.Event{Type: apply.RunStarted})
		s.Observe(apply.Event{Type: apply.ActionStarted, Change: c[0]})
		time.Sleep(5 * time.Second)
		s.Observe(apply.Event{Type: apply.ActionInDoubt, Change: c[6], For: time.Minute})
		time.Sleep(8 * time.Second)
		s.Observe(apply.Event{Type: apply.AccountWaiting, Account: shop, For: 12500 * time.Millisecond})
		time.Sleep(13 * time.Second)
		s.Observe(apply.Event{Type: apply.ActionDone, Change: c[0], MessageID: "m"})
		time.Sleep(10 * time.Second)
		s.Observe(apply.Event{Type: apply.RunEnded})
		time.Sleep(time.Hour)
		var got []string
		for line := range strings.SplitSeq(strings.TrimSpace(b.String()), "\n") {
			var l struct {
				Message string `json:"@message"`
				Hook    struct {
					State string
					Wait  int `json:"wait_seconds"`
				}
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			got = append(got, l.Message+" "+l.Hook.State)
			if l.Hook.Wait > 0 && l.Hook.Wait != 6 {
				t.Errorf("%s: %d seconds are left, not 6", l.Message, l.Hook.Wait)
			}
		}
		want := []string{
			"Herald 0.1.0 ",
			`message.welcome["ana"]: Sending... `,
			`message.welcome["bob"]: Still settling... [0s elapsed] settling`,
			`message.welcome["ana"]: Still sending... [10s elapsed] sending`,
			"account shop: waits 13s for a rate limit ",
			`message.welcome["bob"]: Still settling... [10s elapsed] settling`,
			`message.welcome["ana"]: Still waiting for the rate limit... [20s elapsed] waiting`,
			`message.welcome["bob"]: Still settling... [20s elapsed] settling`,
			`message.welcome["ana"]: sent after 26s [id=m] `,
			`message.welcome["bob"]: Still settling... [30s elapsed] settling`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// brokenPipe takes some bytes and then none.
type brokenPipe struct{ left int }

var errPipe = errors.New("broken pipe")

func (p *brokenPipe) Write(b []byte) (int, error) {
	if p.left -= len(b); p.left < 0 {
		return 0, errPipe
	}
	return len(b), nil
}

func TestStreamKeepsTheFirstError(t *testing.T) {
	p := &brokenPipe{left: 300}
	s := sampleStream(p)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	s.Plan(viewtest.SampleDoc())
	left := p.left
	sampleRun(s)
	if err := s.Err(); !errors.Is(err, errPipe) || err.Error() != "writing the JSON lines: broken pipe" {
		t.Errorf("the error is %v", err)
	}
	if p.left != left {
		t.Error("more was written after the error")
	}
}

func TestStreamFromManySides(t *testing.T) {
	var b bytes.Buffer
	s := New(&b, Options{Version: "0.1.0"})
	s.Observe(apply.Event{Type: apply.RunStarted})
	var all sync.WaitGroup
	for _, c := range viewtest.SamplePlan().Changes {
		all.Go(func() {
			s.Observe(apply.Event{Type: apply.ActionStarted, Change: c})
			s.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "x"}})
			s.Observe(apply.Event{Type: apply.ActionDone, Change: c})
		})
	}
	all.Wait()
	s.Observe(apply.Event{Type: apply.RunEnded})
	s.Close()
	viewtest.CheckStream(t, b.Bytes())
	if got, want := strings.Count(b.String(), "\n"), 1+3*len(viewtest.SamplePlan().Changes); got != want {
		t.Errorf("%d lines, not %d", got, want)
	}
}
