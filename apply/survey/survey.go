package survey

import (
	"context"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// SettledBy is what the record has as the author of what recover wrote: of a
// message that was found, and of one that is in doubt because it could not be
// told.
const SettledBy = state.ByRecover

// Survey is one reading of the conversations that a plan is about.
type Survey struct {
	Plan *plan.Plan
	// Record is what is known, nil if there is no record. It is read only.
	Record *state.Record
	Client Client
	// LostAfter says that what the record lacks was sent after that moment, so
	// that no conversation must be read further back; zero says nothing.
	LostAfter time.Time
	// Unedited says that no text was changed since it was sent: what is not there
	// word for word was not sent, whatever other texts are there.
	Unedited bool
	// Media takes a picture, sound, video, sticker or post that is the only one
	// of its kind on both sides for the declared one.
	Media bool
	// Refresh looks once, for what the plan sends now, and does not wait until an
	// absence can be believed: nothing is Absent then. It also checks that each
	// post is the account's own.
	Refresh bool
	// Observe, if it is set, is called with each event, one at a time.
	Observe func(Event)
	// Random returns a number from 0 up to 1, to spread waits; safe for
	// concurrent use. By default it is that of math/rand/v2.
	Random func() float64
}

// EventType says what happened. The zero value is no event.
type EventType uint8

const (
	// EventInvalid is the zero EventType.
	EventInvalid EventType = iota
	// Progressed: Read of Total conversations are read, and Left is about how
	// long the rest takes.
	Progressed
	// Waiting: a rate limit; For is how long.
	Waiting
	// Looking: what was not found is looked for again, For from now.
	Looking
	// Retrying: what could not be read is read again, For from now.
	Retrying
	// Stopped: nothing more is read of the account; Outcome is set.
	Stopped
	// Interrupted: the survey ends before its time.
	Interrupted
)

// Event is one thing that happened during a survey.
type Event struct {
	Type        EventType
	Account     *plan.Account // nil for Interrupted
	Read, Total int
	Left        time.Duration
	For         time.Duration
	Outcome     apply.Outcome
	// Report returns what is known at this moment. It may be called during
	// Observe only.
	Report func() *Report
}

// Concerns reports whether the survey looks for the change: a message that is
// to be sent, or that an earlier recover could not tell about; and, where the
// plan is not merely refreshed, a reaction that is to be added.
func (s *Survey) Concerns(c *plan.Change) bool {
	if s.Refresh {
		return c.Action == plan.Send && c.Pending()
	}
	return c.Action == plan.Send || c.Action == plan.React || c.Action == plan.Settle && Held(c.Base)
}

// Held reports whether the entry is a message that a recover could not tell
// about, and that nobody has settled since.
func Held(e *state.Entry) bool { return e.LeftOpen() }

// work is a survey under way.
type work struct {
	*Survey
	claimed map[string]bool
	readers []*reader

	mu       sync.Mutex // guards all below, and what the readers found
	findings map[*plan.Change]Finding
	windows  map[state.Conversation]Window
	foreign  map[*plan.Change]bool // true: not the account's; false: not known
	stopped  []Stop
	read     int
	total    int
	broken   bool
	now      time.Time // Instagram's, at came
	came     time.Time
}

// Do reads what the survey asks for. A cancelled ctx begins no new read, and the
// report has what was found until then.
func (s Survey) Do(ctx context.Context) *Report {
	if s.Random == nil {
		s.Random = mathrand.Float64
	}
	if s.Observe == nil {
		s.Observe = func(Event) {}
	}
	w := &work{
		Survey: &s, claimed: claimedIDs(s.Record, s.Plan),
		findings: make(map[*plan.Change]Finding), windows: make(map[state.Conversation]Window), foreign: make(map[*plan.Change]bool),
	}
	w.divide(time.Now())
	var wg sync.WaitGroup
	for _, r := range w.readers {
		wg.Go(func() { r.do(ctx) })
	}
	wg.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		w.broken = true
		w.tell(Event{Type: Interrupted})
	}
	return w.report()
}

// divide gives each account's conversations to a reader of its own.
func (w *work) divide(now time.Time) {
	readers := make(map[string]*reader)
	talks := make(map[state.Conversation]*talk)
	for _, c := range w.Plan.Changes {
		if !w.Concerns(c) {
			continue
		}
		account := w.Plan.Account(c.Account)
		if account == nil {
			continue // the plan refuses that
		}
		r := readers[c.Account]
		if r == nil {
			r = newReader(w, account, now)
			readers[c.Account] = r
			w.readers = append(w.readers, r)
		}
		t := talks[c.Conversation()]
		if t == nil {
			t = &talk{at: c.Conversation(), beside: make(map[string]bool)}
			talks[t.at] = t
			r.talks = append(r.talks, t)
			w.total++
		}
		if c.Addr.Kind == addr.Message {
			t.messages = append(t.messages, c)
		} else {
			t.react = append(t.react, c)
		}
	}
	if w.Record == nil {
		return
	}
	for e := range w.Record.All() {
		if t := talks[e.Conversation()]; t != nil && e.Addr.Kind == addr.Message && mayOwn(e) {
			t.beside[e.Fingerprint] = true
		}
	}
}

// mayOwn reports whether a message that is read may be that of the entry, which
// is not looked for.
func mayOwn(e *state.Entry) bool {
	return e.Status == state.Intent && !Held(e) || e.Status == state.Sent && e.MessageID == ""
}

// claimedIDs are the ids of messages that the record has, in whatever way, and
// of those that the plan imports.
func claimedIDs(rec *state.Record, p *plan.Plan) map[string]bool {
	ids := make(map[string]bool)
	claim := func(e *state.Entry) {
		if e == nil || e.Addr.Kind != addr.Message {
			return
		}
		if e.MessageID != "" {
			ids[e.MessageID] = true
		}
		for _, id := range e.AlsoSent {
			ids[id] = true
		}
	}
	if rec != nil {
		for e := range rec.All() {
			claim(e)
			claim(e.Before)
		}
	}
	for _, c := range p.Changes {
		if c.Action == plan.Import {
			ids[c.ImportID] = true
		}
	}
	return ids
}

// tell observes an event. w.mu is held.
func (w *work) tell(e Event) {
	e.Read, e.Total, e.Report = w.read, w.total, w.report
	w.Observe(e)
}

// report sums up what is known. w.mu is held.
func (w *work) report() *Report {
	rep := &Report{Stopped: append([]Stop(nil), w.stopped...), Read: w.read, Total: w.total, Interrupted: w.broken}
	for _, c := range w.Plan.Changes {
		if !w.Concerns(c) || c.Addr.Kind != addr.Message {
			continue
		}
		f, ok := w.findings[c]
		if !ok {
			f = Finding{Change: c, Why: Unread, Explain: "Its conversation was not read."}
		}
		rep.Findings = append(rep.Findings, f)
		switch foreign, asked := w.foreign[c]; {
		case asked && foreign:
			rep.Foreign = append(rep.Foreign, c)
		case asked:
			rep.Unchecked = append(rep.Unchecked, c)
		}
	}
	target := w.targets(rep.Findings)
	for _, r := range w.readers {
		for _, t := range r.talks {
			if window, ok := w.windows[t.at]; ok {
				rep.Windows = append(rep.Windows, window)
			}
			if r.listings[t] != nil {
				rep.Reactions = append(rep.Reactions, t.reactions(*r.listings[t], target)...)
			}
		}
	}
	rep.Now = time.Now()
	if !w.now.IsZero() {
		rep.Now, rep.Clock = w.now.Add(rep.Now.Sub(w.came)), true
	}
	rep.Now = rep.Now.UTC().Truncate(time.Second)
	return rep
}

// targets returns the function that gives the id of a declared message: as it
// was found, is imported, or is recorded.
func (w *work) targets(found []Finding) func(addr.Instance) string {
	ids := make(map[addr.Instance]string)
	for _, f := range found {
		if f.Verdict == Found {
			ids[f.Change.Addr] = f.ID
		}
	}
	for _, c := range w.Plan.Changes {
		if c.Action == plan.Import {
			ids[c.Addr] = c.ImportID
		}
	}
	return func(a addr.Instance) string {
		if id, ok := ids[a]; ok || w.Record == nil {
			return id
		}
		id := ""
		for _, e := range w.Record.Revisions(a) {
			if e.Status == state.Sent {
				id = e.MessageID
			}
		}
		return id
	}
}
