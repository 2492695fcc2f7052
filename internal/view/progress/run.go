package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/plan"
)

// Options say how a run is shown while it goes on.
type Options struct {
	// TTY says that the output is a terminal: then there is a live line below
	// what is written. Elsewhere there is one line for each action.
	TTY bool
	// Width returns the terminal's width in cells; nil stands for 80.
	Width func() int
	Color bool
	// Total is the number of actions, if RunStarted does not say it.
	Total int
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
}

// Run shows a run while it goes on, from its events. It never shows a
// message's text. Its methods may be called concurrently.
type Run struct {
	w    io.Writer
	opts Options
	ink  text.Palette

	mu      sync.Mutex
	tally   tally
	live    *live // nil where there is no terminal
	printed map[apply.EventType]int
}

// tally is what a run has come to so far.
type tally struct {
	total, ended                        int
	done, skipped, refused, doubt, held int

	doubtful map[*plan.Change]bool // in doubt so far: the run may settle them yet
}

// NewRun returns a display that writes to w. It must be closed.
func NewRun(w io.Writer, opts Options) *Run {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Width == nil {
		opts.Width = func() int { return 80 }
	}
	p := &Run{
		w: w, opts: opts, ink: text.NewPalette(opts.Color),
		tally:   tally{total: opts.Total, doubtful: make(map[*plan.Change]bool)},
		printed: make(map[apply.EventType]int),
	}
	if opts.TTY {
		p.live = startLive(p)
	}
	return p
}

// Observe shows one event.
func (p *Run) Observe(e apply.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.add(e)
	line := p.eventLine(e)
	if p.live == nil {
		if line != "" {
			_, _ = io.WriteString(p.w, line+"\n") // a terminal that is gone has nobody to tell
		}
		return
	}
	p.live.observe(e, line)
}

// Close ends the display: the live line is taken away.
func (p *Run) Close() {
	if p.live != nil {
		p.live.stop()
	}
}

// add counts an event. An action that was in doubt and is settled counts as
// what it was settled to; one that the plan itself holds is no action of the run.
func (t *tally) add(e apply.Event) {
	switch e.Type {
	case apply.RunStarted:
		t.total = e.Total
	case apply.ActionDone:
		t.end(e, &t.done)
	case apply.ActionSkipped:
		t.end(e, &t.skipped)
	case apply.ActionRefused:
		t.end(e, &t.refused)
	case apply.ActionInDoubt:
		t.end(e, &t.doubt)
		t.doubtful[e.Change] = true
	case apply.ActionHeld:
		t.end(e, &t.held)
	case apply.EventInvalid, apply.ActionStarted, apply.ActionAbsent, apply.AccountWaiting, apply.AccountSlowed, apply.AccountPaused,
		apply.AccountStopped, apply.Interrupted, apply.RunEnded:
	}
}

func (t *tally) end(e apply.Event, n *int) {
	*n++
	switch {
	case e.Change == nil:
	case t.doubtful[e.Change]:
		t.doubt--
		delete(t.doubtful, e.Change)
		return
	case e.Change.Held():
		return
	case e.Change.Action.RecordOnly():
		*n-- // no call, so not among the total
		return
	}
	t.ended++
}

// eventLine is what is written for an event, "" for nothing.
func (p *Run) eventLine(e apply.Event) string {
	switch e.Type {
	case apply.ActionDone:
		return p.action(e, p.ink.Green, receipt.DoneWord(e)+receipt.IDNote(e.MessageID))
	case apply.ActionSkipped:
		return p.action(e, p.ink.Dim, "done before")
	case apply.ActionRefused:
		return p.action(e, p.ink.Red, "refused"+receipt.OutcomeCodes(e.Outcome))
	case apply.ActionInDoubt:
		return p.action(e, p.ink.Yellow, "in doubt"+receipt.OutcomeCodes(e.Outcome))
	case apply.ActionAbsent:
		return p.action(e, p.ink.Yellow, "proven not to have arrived")
	case apply.ActionHeld:
		return p.action(e, p.ink.Yellow, "held"+because(e))
	case apply.AccountWaiting:
		return p.account(e) + p.ink.Paint(p.ink.Yellow, fmt.Sprintf("rate limit reached: %s %s", receipt.Waits(e), span(e.For)))
	case apply.AccountSlowed:
		return p.account(e) + p.ink.Paint(p.ink.Yellow, receipt.Slowed(e))
	case apply.AccountPaused:
		return p.account(e) + p.ink.Paint(p.ink.Yellow, "too much is in doubt: nothing new is sent until some of it is settled")
	case apply.AccountStopped:
		return p.account(e) + p.ink.Paint(p.ink.Red, "stopped"+safe.Line(receipt.OutcomeCodes(e.Outcome)))
	case apply.Interrupted:
		return p.ink.Paint(p.ink.Yellow, "Interrupted: nothing new is sent; waiting for calls in flight. A second interrupt leaves at once.")
	case apply.EventInvalid, apply.RunStarted, apply.ActionStarted, apply.RunEnded:
	}
	return ""
}

// action is one line about an action: message.welcome["ana"]: sent [3/10]
func (p *Run) action(e apply.Event, style, words string) string {
	address := "?"
	if e.Change != nil {
		address = e.Change.Key().String()
	}
	line := p.ink.Paint(p.ink.Bold, safe.Line(address)+":") + " " + p.ink.Paint(style, safe.Line(words))
	if p.tally.total > 0 && (e.Change == nil || !e.Change.Action.RecordOnly()) {
		line += p.ink.Paint(p.ink.Dim, fmt.Sprintf(" [%s/%s]", content.Thousands(p.tally.ended), content.Thousands(p.tally.total)))
	}
	return line
}

func (p *Run) account(e apply.Event) string {
	name := "account"
	if e.Account != nil {
		name = "account " + e.Account.Name
	}
	return p.ink.Paint(p.ink.Bold, safe.Line(name)+":") + " "
}

func because(e apply.Event) string {
	switch {
	case e.Because != nil && (e.Change == nil || e.Because.Key() != e.Change.Key()):
		return ": it waits for " + e.Because.Addr.String()
	case e.Outcome.Explain != "":
		return ": " + e.Outcome.Explain
	case e.Change != nil && e.Change.Held():
		return ": it waits for " + e.Change.HeldBy.String()
	}
	return ""
}

// span writes a duration in whole seconds, or in minutes and seconds.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", max(0, int(d/time.Second)))
	}
	return fmt.Sprintf("%d min %02d s", int(d/time.Minute), int(d%time.Minute/time.Second))
}
