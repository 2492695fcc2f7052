package progress

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"herald/apply"
	"herald/config/content"
	"herald/internal/view/safe"
)

const (
	redrawEvery = 100 * time.Millisecond // at most ten times a second
	tickEvery   = 500 * time.Millisecond // so that waiting times go on
	rateOver    = 5                      // seconds that the rate is taken over
	maxScroll   = 20                     // lines of one sort, where many actions run
	manyActions = 200
	barCells    = 20
)

// live is the line at the bottom of a terminal that is drawn again and again.
// The cursor is left alone, so that no way out can leave it hidden.
type live struct {
	p       *Run
	drawn   time.Time
	shown   bool // the live line is on the screen
	pending strings.Builder
	began   time.Time
	seconds [rateOver + 1]int // POSTs answered, by second modulo its length
	second  int64             // the latest second in seconds
	waiting map[string]time.Time

	quit chan struct{}
	done sync.WaitGroup
	once sync.Once
}

func startLive(p *Run) *live {
	l := &live{p: p, began: p.opts.Now(), waiting: make(map[string]time.Time), quit: make(chan struct{})}
	l.second = l.began.Unix()
	l.done.Go(l.tick)
	return l
}

// tick redraws the line while nothing happens.
func (l *live) tick() {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-l.quit:
			return
		case <-t.C:
			l.p.mu.Lock()
			l.draw(l.p.opts.Now())
			l.p.mu.Unlock()
		}
	}
}

// observe notes an event; the line about it, if any, scrolls above.
func (l *live) observe(e apply.Event, line string) {
	now := l.p.opts.Now()
	switch e.Type {
	case apply.ActionDone, apply.ActionRefused, apply.ActionInDoubt:
		l.advance(now)
		l.seconds[now.Unix()%int64(len(l.seconds))]++
	case apply.AccountWaiting:
		if e.Account != nil && !e.Reading {
			l.waiting[e.Account.Name] = now.Add(e.For)
		}
	case apply.EventInvalid, apply.RunStarted, apply.ActionStarted, apply.ActionSkipped, apply.ActionHeld, apply.ActionAbsent,
		apply.AccountSlowed, apply.AccountPaused, apply.AccountStopped, apply.Interrupted, apply.RunEnded:
	}
	if line != "" && l.scrolls(e.Type) {
		l.pending.WriteString(line)
		l.pending.WriteByte('\n')
	}
	if now.Sub(l.drawn) >= redrawEvery || e.Type == apply.Interrupted || e.Type == apply.RunEnded {
		l.draw(now)
	}
}

// scrolls reports whether a line is written above: of many actions only what
// needs a person's eye, and of that the first of each sort.
func (l *live) scrolls(t apply.EventType) bool {
	if l.p.tally.total <= manyActions {
		return true
	}
	switch t {
	case apply.ActionDone, apply.ActionSkipped, apply.AccountWaiting:
		return false
	case apply.ActionRefused, apply.ActionInDoubt, apply.ActionAbsent, apply.ActionHeld:
		l.p.printed[t]++
		return l.p.printed[t] <= maxScroll
	case apply.EventInvalid, apply.RunStarted, apply.ActionStarted, apply.AccountSlowed, apply.AccountPaused, apply.AccountStopped,
		apply.Interrupted, apply.RunEnded:
	}
	return true
}

// advance empties the seconds that have passed since the latest.
func (l *live) advance(now time.Time) {
	n := int64(len(l.seconds))
	for s := max(l.second+1, now.Unix()-n+1); s <= now.Unix(); s++ {
		l.seconds[s%n] = 0
	}
	l.second = max(l.second, now.Unix())
}

// rate is the number of POSTs answered a second, over the last full seconds.
func (l *live) rate(now time.Time) int {
	l.advance(now)
	n := int64(len(l.seconds))
	sum := 0
	for s := now.Unix() - rateOver; s < now.Unix(); s++ {
		sum += l.seconds[s%n]
	}
	full := min(int64(rateOver), now.Unix()-l.began.Unix())
	if full < 1 {
		return l.seconds[now.Unix()%n]
	}
	return sum / int(full)
}

// draw writes what is pending and the line below it, in one write.
func (l *live) draw(now time.Time) {
	var b strings.Builder
	l.clear(&b)
	if l.p.tally.total > 0 {
		b.WriteString(l.status(now))
		l.shown = true
	}
	l.drawn = now
	if b.Len() == 0 {
		return
	}
	_, _ = io.WriteString(l.p.w, b.String()) // a terminal that is gone has nobody to tell
}

// clear takes the live line away and writes what scrolls above it.
func (l *live) clear(b *strings.Builder) {
	if l.shown {
		b.WriteString("\r\x1b[K")
	}
	b.WriteString(l.pending.String())
	l.pending.Reset()
	l.shown = false
}

// status is the live line, cut to the terminal's width.
func (l *live) status(now time.Time) string {
	p, t := l.p, l.p.tally
	parts := []string{p.ink.Paint(p.ink.Green, content.Thousands(t.done)+" done")}
	for _, c := range []struct {
		n     int
		style string
		word  string
	}{{t.skipped, p.ink.Dim, "done before"}, {t.doubt, p.ink.Yellow, "in doubt"}, {t.refused, p.ink.Red, "refused"}, {t.held, p.ink.Yellow, "held"}} {
		if c.n > 0 {
			parts = append(parts, p.ink.Paint(c.style, content.Thousands(c.n)+" "+c.word))
		}
	}
	if rate := l.rate(now); rate > 0 {
		parts = append(parts, p.ink.Paint(p.ink.Dim, content.Thousands(rate)+"/s"))
	}
	parts = append(parts, l.waits(now)...)
	line := bar(t.ended, t.total) + fmt.Sprintf(" %s/%s  ", content.Thousands(t.ended), content.Thousands(t.total)) + strings.Join(parts, "  ")
	return safe.Truncate(line, max(1, p.opts.Width()-1)) + p.ink.Reset
}

// waits says which accounts wait for a rate limit, and how long.
func (l *live) waits(now time.Time) []string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(l.waiting)) {
		if left := l.waiting[name].Sub(now); left > 0 {
			parts = append(parts, l.p.ink.Paint(l.p.ink.Yellow, fmt.Sprintf("%s waits %s", safe.Line(name), span(left+time.Second/2))))
		}
	}
	return parts
}

// bar is a bar of barCells cells.
func bar(ended, total int) string {
	full := 0
	if total > 0 {
		full = min(barCells, ended*barCells/total)
	}
	return "▕" + strings.Repeat("█", full) + strings.Repeat("░", barCells-full) + "▏"
}

// stop ends the redrawing and takes the line away.
func (l *live) stop() {
	l.once.Do(func() {
		close(l.quit)
		l.done.Wait()
		l.p.mu.Lock()
		defer l.p.mu.Unlock()
		var b strings.Builder
		l.clear(&b)
		_, _ = io.WriteString(l.p.w, b.String()) // a terminal that is gone has nobody to tell
	})
}
