package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"herald/apply"
	"herald/internal/view/viewtest"
	"herald/plan"
)

// sampleEvents is a run with an event of every sort.
func sampleEvents() []apply.Event {
	p := viewtest.SamplePlan()
	shop := &p.Accounts[0]
	ev := func(t apply.EventType, i int) apply.Event {
		return apply.Event{Type: t, Change: p.Changes[i], Account: shop}
	}
	with := func(e apply.Event, o apply.Outcome) apply.Event { e.Outcome = o; return e }
	sent := ev(apply.ActionDone, 0)
	arrived := ev(apply.ActionDone, 10)
	arrived.Settled = apply.SettledArrived
	slow := apply.Event{Type: apply.AccountSlowed, Account: &plan.Account{Name: "cafe"}, Outcome: apply.Outcome{Usage: 85}, Rate: 62.5}
	full := apply.Event{Type: apply.AccountSlowed, Account: &plan.Account{Name: "cafe"}}
	reads := apply.Event{Type: apply.AccountWaiting, Account: &plan.Account{Name: "cafe"}, For: 2 * time.Second, Reading: true}
	paused := apply.Event{Type: apply.AccountPaused, Account: &plan.Account{Name: "cafe"}}
	sent.MessageID = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0"
	held := ev(apply.ActionHeld, 3)
	held.Because = p.Changes[2]
	return []apply.Event{
		{Type: apply.RunStarted, Total: 9},
		ev(apply.ActionStarted, 0), sent,
		ev(apply.ActionSkipped, 1),
		with(ev(apply.ActionRefused, 2), apply.Outcome{Code: 100, Subcode: 2018047, Explain: "The media is of a type that Instagram does not take.", Remedy: "Give another file."}),
		held,
		{Type: apply.AccountWaiting, Account: shop, For: 75 * time.Second},
		with(ev(apply.ActionInDoubt, 10), apply.Outcome{Reason: "timeout", Explain: "The answer did not come in time."}),
		ev(apply.ActionHeld, 11), // held by the plan already: no action of the run
		arrived,
		ev(apply.ActionDone, 4), ev(apply.ActionDone, 9),
		with(ev(apply.ActionRefused, 13), apply.Outcome{Code: 100, Subcode: 2018047, Explain: "The media is of a type that Instagram does not take.", Remedy: "Give another file."}),
		{Type: apply.AccountStopped, Account: shop, Outcome: apply.Outcome{Code: 190, Explain: "The token has expired.\x1b[2J"}},
		ev(apply.ActionDone, 16),
		ev(apply.ActionAbsent, 10), slow, full, reads, paused,
		{Type: apply.Interrupted},
		{Type: apply.RunEnded},
	}
}

func TestProgressOnNoTerminal(t *testing.T) {
	for _, color := range []bool{false, true} {
		name := map[bool]string{false: "progress.txt", true: "progress.color.txt"}[color]
		viewtest.Golden(t, name, func(w io.Writer) error {
			p := NewRun(w, Options{Color: color})
			for _, e := range sampleEvents() {
				p.Observe(e)
			}
			p.Close()
			return nil
		})
	}
}

// sharedBuffer is a terminal that is read while it is written to.
type sharedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// screen plays what a terminal would show: lines, of which the last is live.
func screen(t *testing.T, out string) []string {
	t.Helper()
	lines := []string{""}
	for i := 0; i < len(out); i++ {
		last := len(lines) - 1
		switch {
		case out[i] == '\n':
			lines = append(lines, "")
		case strings.HasPrefix(out[i:], "\r\x1b[K"):
			lines[last] = ""
			i += len("\r\x1b[K") - 1
		case out[i] == '\r' || out[i] == '\x1b':
			t.Fatalf("an unexpected sequence at %q", out[i:min(len(out), i+12)])
		default:
			lines[last] += out[i : i+1]
		}
	}
	return lines
}

func TestProgressOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b sharedBuffer
		width := 120
		p := NewRun(&b, Options{TTY: true, Width: func() int { return width }})
		var plain bytes.Buffer
		q := NewRun(&plain, Options{})
		var seen []string
		for _, e := range sampleEvents() {
			p.Observe(e)
			q.Observe(e)
			time.Sleep(910 * time.Millisecond) // never at the moment of a tick
			lines := screen(t, b.String())
			seen = append(seen, lines[len(lines)-1])
		}
		p.Close()
		p.Close()
		if got, want := strings.Join(screen(t, b.String()), "\n"), plain.String(); got != want {
			t.Errorf("above the live line stood\n%s\nand on no terminal\n%s", got, want)
		}
		for i, want := range map[int]string{
			0:  "▕░░░░░░░░░░░░░░░░░░░░▏ 0/9  0 done",
			6:  "▕████████░░░░░░░░░░░░▏ 4/9  1 done  1 done before  1 refused  1 held  shop waits 1 min 15 s",
			7:  "▕███████████░░░░░░░░░▏ 5/9  1 done  1 done before  1 in doubt  1 refused  1 held  shop waits 1 min 14 s",
			14: "▕████████████████████▏ 9/9  5 done  1 done before  2 refused  2 held  1/s  shop waits 1 min 07 s",
		} {
			if seen[i] != want {
				t.Errorf("after event %d the live line is\n%s\nwant\n%s", i, seen[i], want)
			}
		}
	})
}

// Many actions do not scroll by one by one, and the terminal is drawn at most
// ten times a second.
func TestProgressOfManyActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b sharedBuffer
		p := NewRun(&b, Options{TTY: true, Width: func() int { return 40 }})
		p.Observe(apply.Event{Type: apply.RunStarted, Total: 5000})
		for i := range 5000 {
			e := apply.Event{Type: apply.ActionDone, Change: &plan.Change{Addr: viewtest.MessageOf("campaign", fmt.Sprint(i)), Action: plan.Send}}
			if i%10 == 0 {
				e.Type = apply.ActionHeld
			}
			p.Observe(e)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		lines := screen(t, b.String())
		p.Close()
		if got, want := lines[len(lines)-1], "▕████████████████████▏ 5,000/5,000  4,…"; got != want {
			t.Errorf("the live line is %q, want %q", got, want)
		}
		if len(lines) != maxScroll+1 {
			t.Errorf("%d lines stand on the screen:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		if draws := strings.Count(b.String(), "\r"); draws > 65 {
			t.Errorf("drawn %d times in six seconds", draws)
		}
	})
}

// TestProgressOfRecordOnly holds that what is only recorded is told and not
// counted among the calls.
func TestProgressOfRecordOnly(t *testing.T) {
	var b strings.Builder
	p := NewRun(&b, Options{})
	imported := viewtest.NewPlan().Changes[4]
	if imported.Action != plan.Import {
		t.Fatalf("the sample's change is a %s", imported.Action)
	}
	sent := viewtest.NewPlan().Changes[2]
	p.Observe(apply.Event{Type: apply.RunStarted, Total: 1})
	p.Observe(apply.Event{Type: apply.ActionDone, Change: imported, MessageID: "m0"})
	p.Observe(apply.Event{Type: apply.ActionDone, Change: sent, MessageID: "m1"})
	p.Close()
	want := "message.hello[\"dee\"]: recorded as sent by hand (id m0)\nmessage.welcome[\"bob\"]: sent (id m1) [1/1]\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
