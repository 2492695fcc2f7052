package stream

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/internal/view/jsondoc"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/plan"
)

type startLine struct {
	head
	Hook hookJSON `json:"hook"`
}

// hookJSON is what every line about an action holds.
type hookJSON struct {
	Resource resourceJSON `json:"resource"`
	Action   string       `json:"action"`
	Revision int          `json:"revision"`
}

type progressLine struct {
	head
	Hook progressHook `json:"hook"`
}

type progressHook struct {
	hookJSON
	Elapsed int    `json:"elapsed_seconds"`
	State   string `json:"state"`                  // sending, waiting or settling
	Wait    int    `json:"wait_seconds,omitempty"` // with waiting: how long yet
}

type completeLine struct {
	head
	Hook completeHook `json:"hook"`
}

type completeHook struct {
	hookJSON
	IDKey   string `json:"id_key,omitempty"` // always "id"
	IDValue string `json:"id_value,omitempty"`
	Elapsed int    `json:"elapsed_seconds"`
	Settled string `json:"settled,omitempty"` // arrived or absent: nothing was sent for it
}

type erroredLine struct {
	head
	Hook erroredHook `json:"hook"`
}

type erroredHook struct {
	hookJSON
	Elapsed   int            `json:"elapsed_seconds"`
	Result    string         `json:"result"` // refused, in_doubt, held or stopped
	HeldBy    string         `json:"held_by,omitempty"`
	Undecided string         `json:"undecided,omitempty"`
	Error     *jsondoc.Error `json:"error,omitempty"`
}

type skippedLine struct {
	head
	Hook skippedHook `json:"hook"`
}

type skippedHook struct {
	hookJSON
	IDKey   string `json:"id_key,omitempty"` // always "id"
	IDValue string `json:"id_value,omitempty"`
	Result  string `json:"result"` // done_before, later or not_tried
}

type accountLine struct {
	head
	Account accountEventJSON `json:"account"`
}

type accountEventJSON struct {
	Name    string         `json:"name"`
	IGID    string         `json:"ig_id"`
	Wait    int            `json:"wait_seconds,omitempty"`
	Reading bool           `json:"reading,omitempty"`          // it is the reading that waits; sending goes on
	Rate    float64        `json:"calls_per_second,omitempty"` // from now on; none: the full rate
	Usage   int            `json:"usage_percent,omitempty"`
	Error   *jsondoc.Error `json:"error,omitempty"`
}

type interruptedLine struct{ head }

// Observe writes what an event of a run tells. It is meant for apply.Run.
func (s *Stream) Observe(e apply.Event) {
	if e.Type == apply.RunEnded {
		s.Close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Type {
	case apply.RunStarted:
		s.tick()
	case apply.ActionStarted:
		s.start(e.Change)
	case apply.ActionInDoubt:
		if e.For > 0 {
			s.settling(e.Change)
			return
		}
		s.observeEnd(e, apply.ResultInDoubt)
	case apply.ActionAbsent:
		if a := s.active[e.Change]; a != nil {
			a.settling = false
		}
	case apply.ActionDone:
		s.observeEnd(e, apply.ResultDone)
	case apply.ActionSkipped:
		s.observeEnd(e, apply.ResultSkipped)
	case apply.ActionRefused:
		s.observeEnd(e, apply.ResultRejected)
	case apply.ActionHeld:
		s.observeEnd(e, apply.ResultHeld)
	case apply.AccountWaiting, apply.AccountSlowed, apply.AccountPaused, apply.AccountStopped:
		s.account(e)
	case apply.Interrupted:
		s.write(interruptedLine{s.head("warn", "interrupted", "Interrupted: nothing new is sent; waiting for calls in flight.")})
	case apply.EventInvalid, apply.RunEnded:
	}
}

func hook(c *plan.Change) hookJSON {
	return hookJSON{Resource: resource(c.Addr), Action: streamAction(c.Action), Revision: max(1, c.Revision)}
}

// start tells the beginning of an action, once: what is tried again goes on.
func (s *Stream) start(c *plan.Change) {
	if c == nil || s.active[c] != nil {
		return
	}
	s.active[c] = &activity{began: s.opts.Now()}
	s.write(startLine{s.head("info", "apply_start", subject(c)+startWords(c.Action)), hook(c)})
}

func subject(c *plan.Change) string { return safe.Line(c.Key().String()) + ": " }

func startWords(a plan.Action) string {
	switch a {
	case plan.Send:
		return "Sending..."
	case plan.React, plan.Rereact, plan.Retarget, plan.Repeat:
		return "Reacting..."
	case plan.Unreact:
		return "Unreacting..."
	case plan.Settle:
		return "Settling..."
	case plan.NoOp, plan.Import, plan.Forget:
	}
	return "Starting..."
}

// settling notes that an action is in doubt and that its conversation is read.
func (s *Stream) settling(c *plan.Change) {
	if c == nil {
		return
	}
	a := s.active[c]
	if a == nil {
		a = &activity{began: s.opts.Now()}
		s.active[c] = a
	}
	a.settling = true
	s.progress(c, a)
}

// progress tells that an action goes on, unless it was told lately.
func (s *Stream) progress(c *plan.Change, a *activity) {
	now := s.opts.Now()
	if !a.told.IsZero() && now.Sub(a.told) < progressEvery {
		return
	}
	a.told = now
	h := progressHook{hookJSON: hook(c), Elapsed: seconds(now.Sub(a.began)), State: "sending"}
	words := "Still sending"
	switch wait := s.waiting[c.Account].Sub(now); {
	case a.settling:
		h.State, words = "settling", "Still settling"
	case wait > 0:
		h.State, h.Wait, words = "waiting", seconds(wait+time.Second-1), "Still waiting for the rate limit"
	}
	s.write(progressLine{s.head("info", "apply_progress", fmt.Sprintf("%s%s... [%ds elapsed]", subject(c), words, h.Elapsed)), h})
}

func seconds(d time.Duration) int { return max(0, int(d/time.Second)) }

// tick tells, until Close, of actions that take long.
func (s *Stream) tick() {
	if s.quit != nil {
		return
	}
	quit := make(chan struct{})
	s.quit = quit
	s.ticking.Go(func() {
		t := time.NewTicker(progressEvery / 10)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
				s.tellLong()
			}
		}
	})
}

// tellLong tells of each action that nothing was heard of for long, those that
// began first before the others.
func (s *Stream) tellLong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	var long []*plan.Change
	for c, a := range s.active {
		if now.Sub(a.began) >= progressEvery {
			long = append(long, c)
		}
	}
	slices.SortFunc(long, func(a, b *plan.Change) int {
		return cmp.Or(s.active[a].began.Compare(s.active[b].began), a.Key().Compare(b.Key()))
	})
	for _, c := range long {
		s.progress(c, s.active[c])
	}
}

// Close ends what goes on beside the calls. Lines may be written after it; it
// may be called again.
func (s *Stream) Close() {
	s.mu.Lock()
	quit := s.quit
	s.quit = nil
	s.mu.Unlock()
	if quit != nil {
		close(quit)
		s.ticking.Wait()
	}
}

// ending is how an action ended.
type ending struct {
	result    apply.Result
	outcome   apply.Outcome
	id        string
	because   addr.Instance
	settled   apply.Settlement
	undecided string
}

func (s *Stream) observeEnd(e apply.Event, result apply.Result) {
	if e.Change == nil {
		return
	}
	end := ending{result: result, outcome: e.Outcome, id: e.MessageID, settled: e.Settled, undecided: e.Undecided}
	if e.Because != nil && e.Because.Key() != e.Change.Key() {
		end.because = e.Because.Addr
	}
	s.end(e.Change, end)
}

// end tells how an action ended.
func (s *Stream) end(c *plan.Change, e ending) {
	elapsed := 0
	if a := s.active[c]; a != nil {
		elapsed = seconds(s.opts.Now().Sub(a.began))
	}
	delete(s.active, c)
	s.ended[c] = true
	key, id := "", e.id
	if id != "" {
		key = "id"
	}
	switch e.result {
	case apply.ResultDone:
		words := receipt.DoneWord(apply.Event{Change: c, Settled: e.settled})
		s.write(completeLine{
			s.head("info", "apply_complete", fmt.Sprintf("%s%s after %ds%s", subject(c), words, elapsed, bracketed(id))),
			completeHook{hookJSON: hook(c), IDKey: key, IDValue: id, Elapsed: elapsed, Settled: jsondoc.SettlementName(e.settled)},
		})
	case apply.ResultSkipped, apply.ResultLater, apply.ResultNone:
		s.write(skippedLine{
			s.head("info", "apply_skipped", subject(c)+resultWords(e.result)+bracketed(id)),
			skippedHook{hookJSON: hook(c), IDKey: key, IDValue: id, Result: jsondoc.ResultName(e.result)},
		})
	case apply.ResultRejected, apply.ResultInDoubt, apply.ResultHeld, apply.ResultStopped:
		s.write(s.errored(c, e, elapsed))
	}
}

func (s *Stream) errored(c *plan.Change, e ending, elapsed int) erroredLine {
	h := erroredHook{hookJSON: hook(c), Elapsed: elapsed, Result: jsondoc.ResultName(e.result), Undecided: e.undecided, Error: jsondoc.ErrorOf(e.outcome)}
	words := resultWords(e.result)
	switch {
	case e.result != apply.ResultHeld:
		words += safe.Line(receipt.OutcomeCodes(e.outcome))
	case !e.because.IsZero():
		h.HeldBy = e.because.String()
	case c.Held():
		h.HeldBy = c.HeldBy.String()
	}
	switch {
	case h.HeldBy == "" && e.result == apply.ResultHeld:
		words += lacking(e.outcome)
	case h.HeldBy != "":
		words += " by " + safe.Line(h.HeldBy)
	}
	level := "error"
	if e.result == apply.ResultHeld {
		level = "warn"
	}
	return erroredLine{s.head(level, "apply_errored", subject(c)+words), h}
}

func bracketed(id string) string {
	if id == "" {
		return ""
	}
	return " [id=" + safe.Line(id) + "]"
}

// resultWords says how an action ended, where it was not done.
func resultWords(r apply.Result) string {
	switch r {
	case apply.ResultSkipped:
		return "done before"
	case apply.ResultRejected:
		return "refused"
	case apply.ResultInDoubt:
		return "in doubt"
	case apply.ResultHeld:
		return "held"
	case apply.ResultStopped:
		return "not tried: the account or the run stopped"
	case apply.ResultLater:
		return "left for a later run"
	case apply.ResultNone, apply.ResultDone:
	}
	return "not tried"
}

// lacking says why a change was held that waits for no other.
func lacking(o apply.Outcome) string {
	switch o.Reason {
	case "not_prepared":
		return ": it was not prepared under this run's claim"
	case "claim_over":
		return ": the claim under which it was prepared has ended"
	}
	return safe.Line(receipt.OutcomeCodes(o))
}

// account writes what an event tells of an account.
func (s *Stream) account(e apply.Event) {
	if e.Account == nil {
		return
	}
	j := accountEventJSON{Name: e.Account.Name, IGID: e.Account.IGID}
	who := "account " + safe.Line(e.Account.Name) + ": "
	switch e.Type {
	case apply.AccountWaiting:
		j.Wait, j.Reading, j.Error = seconds(e.For+time.Second-1), e.Reading, jsondoc.ErrorOf(e.Outcome)
		if !e.Reading {
			s.waiting[e.Account.IGID] = s.opts.Now().Add(e.For)
		}
		s.write(accountLine{s.head("warn", "account_waiting", fmt.Sprintf("%s%s %ds for a rate limit", who, receipt.Waits(e), j.Wait)), j})
	case apply.AccountSlowed:
		j.Rate, j.Usage = e.Rate, e.Outcome.Usage
		s.write(accountLine{s.head("warn", "account_slowed", who+receipt.Slowed(e)), j})
	case apply.AccountPaused:
		j.Error = jsondoc.ErrorOf(e.Outcome)
		s.write(accountLine{s.head("warn", "account_paused", who+"too much is in doubt: nothing new is sent until some of it is settled"), j})
	case apply.AccountStopped:
		j.Error = jsondoc.ErrorOf(e.Outcome)
		s.write(accountLine{s.head("error", "account_stopped", who+"stopped"+safe.Line(receipt.OutcomeCodes(e.Outcome))), j})
	case apply.EventInvalid, apply.RunStarted, apply.ActionStarted, apply.ActionDone, apply.ActionSkipped, apply.ActionRefused,
		apply.ActionInDoubt, apply.ActionAbsent, apply.ActionHeld, apply.Interrupted, apply.RunEnded:
	}
}
