package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/internal/view/text"
	"herald/internal/view/wording"
)

// lineEvery is how often a survey says how far it is where there is no
// terminal.
const lineEvery = 10 * time.Second

// Survey shows a survey while it reads. It must be closed. Its methods
// may be called concurrently.
type Survey struct {
	w    io.Writer
	opts Options
	ink  text.Palette

	mu    sync.Mutex
	drawn time.Time
	shown bool // the live line is on the screen
}

// NewSurvey returns a display that writes to w. Where that is no
// terminal there is a line every ten seconds, and one for each wait.
func NewSurvey(w io.Writer, opts Options) *Survey {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Width == nil {
		opts.Width = func() int { return 80 }
	}
	return &Survey{w: w, opts: opts, ink: text.NewPalette(opts.Color)}
}

// Observe shows one event.
func (p *Survey) Observe(e survey.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := ""
	if e.Account != nil {
		name = p.ink.Paint(p.ink.Bold, safe.Line("account "+e.Account.Name)+":") + " "
	}
	switch e.Type {
	case survey.Progressed:
		p.progressed(e)
	case survey.Waiting:
		p.line(name + p.ink.Paint(p.ink.Yellow, "rate limit reached: reading waits "+span(e.For)))
	case survey.Looking:
		p.line(name + "looks again in " + span(e.For) + " for what was not found: a message may appear late")
	case survey.Retrying:
		p.line(name + "reads again in " + span(e.For) + " what could not be read")
	case survey.Stopped:
		p.line(name + p.ink.Paint(p.ink.Red, "stopped"+safe.Line(receipt.OutcomeCodes(e.Outcome))))
	case survey.Interrupted:
		p.line(p.ink.Paint(p.ink.Yellow, "Interrupted: nothing more is read."))
	case survey.EventInvalid:
	}
}

// progressed says how far the survey is, not too often.
func (p *Survey) progressed(e survey.Event) {
	now := p.opts.Now()
	every := lineEvery
	if p.opts.TTY {
		every = redrawEvery
	}
	if now.Sub(p.drawn) < every {
		return
	}
	p.drawn = now
	s := fmt.Sprintf("%s of %s read", content.Thousands(e.Read), wording.Count(e.Total, "conversation", "conversations"))
	if e.Left >= time.Second {
		s += ", about " + span(e.Left) + " left"
	}
	if !p.opts.TTY {
		p.line(s)
		return
	}
	s = safe.Truncate(bar(e.Read, e.Total)+" "+s, max(1, p.opts.Width()-1))
	_, _ = io.WriteString(p.w, p.cleared()+s) // a terminal that is gone has nobody to tell
	p.shown = true
}

// line writes a line, above the live one.
func (p *Survey) line(s string) {
	_, _ = io.WriteString(p.w, p.cleared()+s+"\n")
	p.shown = false
}

func (p *Survey) cleared() string {
	if p.shown {
		return "\r\x1b[K"
	}
	return ""
}

// Close takes the live line away.
func (p *Survey) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		_, _ = io.WriteString(p.w, p.cleared())
		p.shown = false
	}
}
