package apply

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

const (
	shop = "17841405822304914"
	bar  = "17841400000000002"
)

// session is a store in memory. What is appended or snapshotted is durable;
// load returns what a later run would find.
type session struct {
	mu      sync.Mutex
	stored  *state.Record // nil: no record
	journal []state.Entry
	latency func() time.Duration
	// before and after run around each append; an error of before loses the
	// entry, one of after does not.
	before, after func(state.Entry) error
	snapshotErr   error
	broken        error
	snapshots     int

	ctx  context.Context
	lose context.CancelCauseFunc
}

func newSession(r *state.Record) *session {
	s := &session{}
	s.ctx, s.lose = context.WithCancelCause(context.Background())
	if r != nil {
		s.stored = r.Clone()
	}
	return s
}

func (s *session) Context() context.Context { return s.ctx }
func (s *session) Unlock() error            { s.lose(context.Canceled); return nil }

// Unfolded makes the session one that a crash may have left a journal in.
func (s *session) Unfolded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.journal) > 0
}

func (s *session) Load(context.Context) (*state.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored == nil {
		return nil, state.ErrNoRecord
	}
	r := s.stored.Clone()
	for _, e := range s.journal {
		r.Put(e)
	}
	return r, nil
}

func (s *session) Append(_ context.Context, entries ...state.Entry) error {
	s.mu.Lock()
	wait := time.Duration(0)
	if s.latency != nil {
		wait = s.latency()
	}
	s.mu.Unlock()
	time.Sleep(wait)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	for _, e := range entries {
		if s.broken != nil {
			return s.broken
		}
		if s.before != nil {
			if s.broken = s.before(e); s.broken != nil {
				return s.broken
			}
		}
		s.journal = append(s.journal, e)
		if s.after != nil {
			if s.broken = s.after(e); s.broken != nil {
				return s.broken
			}
		}
	}
	return nil
}

func (s *session) Snapshot(_ context.Context, r *state.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if s.snapshotErr != nil {
		return s.snapshotErr
	}
	if s.stored != nil {
		if s.stored.Serial != r.Serial {
			return fmt.Errorf("serial %d, want %d", r.Serial, s.stored.Serial)
		}
		r.Serial++
	}
	s.stored, s.journal = r.Clone(), nil
	s.snapshots++
	return nil
}

// post is a call as the server saw it.
type post struct {
	account string
	call    Call
	at      time.Time
	outcome Outcome
}

// server is Instagram: answer decides what comes of the n-th call of its kind
// to the same recipient with the same content, counted from 1.
type server struct {
	mu       sync.Mutex
	posts    []post
	asked    []string
	answer   func(n int, call Call) Outcome
	latency  time.Duration
	identity func(n int, a *plan.Account) Identity
	noDate   bool
	ahead    time.Duration // of the server's clock
	inFlight int
	most     int
}

func (s *server) date() time.Time {
	if s.noDate {
		return time.Time{}
	}
	return time.Now().Add(s.ahead).UTC().Truncate(time.Second)
}

func (s *server) Identity(_ context.Context, a *plan.Account) Identity {
	s.mu.Lock()
	s.asked = append(s.asked, a.Name)
	n := len(s.asked)
	s.mu.Unlock()
	if s.identity != nil {
		id := s.identity(n, a)
		id.Outcome.Date = s.date()
		return id
	}
	return Identity{Outcome: Outcome{Class: Accepted, Date: s.date()}, IGID: a.IGID, Name: a.Name}
}

func (s *server) Do(ctx context.Context, a *plan.Account, call Call) Outcome {
	s.mu.Lock()
	n := 1
	for _, p := range s.posts {
		if p.call == call {
			n++
		}
	}
	o := Outcome{Class: Accepted}
	if s.answer != nil {
		o = s.answer(n, call)
	}
	if o.Class == Accepted && call.Verb == SendMessage && o.MessageID == "" && o.Reason == "" {
		o.MessageID = fmt.Sprintf("mid.%s.%d", call.Content.Value, n)
	}
	s.posts = append(s.posts, post{a.IGID, call, time.Now(), o})
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.inFlight--; s.mu.Unlock() }()
	if s.latency > 0 && !sleep(ctx, s.latency) {
		return Outcome{Class: InDoubt, Reason: "timeout"}
	}
	o.Date = s.date()
	return o
}

// seen lists what the server was called for, in order.
func (s *server) seen() string {
	var list []string
	for _, p := range s.posts {
		list = append(list, wire(p.call))
	}
	return strings.Join(list, "; ")
}

func wire(c Call) string {
	switch c.Verb {
	case SendMessage:
		return c.Recipient + ":" + c.Content.Value
	case AddReaction:
		return fmt.Sprintf("%s:+%s on %s", c.Recipient, c.Reaction, c.MessageID)
	case RemoveReaction:
		return fmt.Sprintf("%s:- on %s", c.Recipient, c.MessageID)
	case VerbInvalid:
	}
	return "invalid"
}

// draft builds plans by hand.
type draft struct{ p *plan.Plan }

func newDraft(id string) *draft {
	return &draft{&plan.Plan{ID: id, Lineage: "lineage", Accounts: []plan.Account{
		{Name: "shop", IGID: shop, Endpoint: "https://graph.instagram.com", APIVersion: "v24.0", Rates: plan.Rates{Messages: 100, Media: 10, Reads: 2}},
		{Name: "bar", IGID: bar, Endpoint: "https://graph.instagram.com", APIVersion: "v24.0", Rates: plan.Rates{Messages: 100, Media: 10, Reads: 2}},
	}}}
}

func msg(name string) addr.Instance { return addr.Block{Kind: addr.Message, Name: name}.Only() }
func rea(name string) addr.Instance { return addr.Block{Kind: addr.Reaction, Name: name}.Only() }

func (d *draft) send(name, recipient string, deps ...addr.Instance) *plan.Change {
	return d.sendAt(msg(name), shop, recipient, name, deps...)
}

func (d *draft) sendAt(a addr.Instance, account, recipient, text string, deps ...addr.Instance) *plan.Change {
	c := &plan.Change{
		Addr: a, Revision: 1, Action: plan.Send, Reason: plan.NotSentYet, Account: account, Recipient: recipient,
		Content: content.Content{Kind: content.Text, Value: text}, DependsOn: deps,
		Range: hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: len(d.p.Changes) + 1, Column: 1}},
	}
	c.Fingerprint = content.Fingerprint(account, recipient, c.Content)
	d.p.Changes = append(d.p.Changes, c)
	return c
}

func (d *draft) react(action plan.Action, name, recipient string, target plan.Target, reaction string) *plan.Change {
	c := &plan.Change{
		Addr: rea(name), Revision: 1, Action: action, Account: shop, Recipient: recipient, Target: target, React: reaction,
		Range: hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: len(d.p.Changes) + 1, Column: 1}},
	}
	if target.IsRef() {
		c.DependsOn = append(c.DependsOn, target.Ref)
	}
	d.p.Changes = append(d.p.Changes, c)
	return c
}

// world is one record and one server over several runs.
type world struct {
	t       *testing.T
	session *session
	server  *server
	events  []Event
	edit    func(*Run)
}

func newWorld(t *testing.T) *world {
	return &world{t: t, session: newSession(state.NewRecord("lineage")), server: &server{}}
}

// apply runs the plan on what is stored now, under a lock of its own.
func (w *world) apply(d *draft) (*Report, hcl.Diagnostics) {
	w.t.Helper()
	return w.applyUntil(context.Background(), d)
}

func (w *world) applyUntil(ctx context.Context, d *draft) (*Report, hcl.Diagnostics) {
	w.t.Helper()
	if w.session.ctx.Err() != nil {
		w.session.ctx, w.session.lose = context.WithCancelCause(context.Background())
	}
	record, err := w.session.Load(ctx)
	if err != nil {
		record = nil
	}
	w.events = nil
	r := Run{
		Plan: d.p, Session: w.session, Record: record, Client: w.server,
		Observe: func(e Event) { w.events = append(w.events, e) },
		Random:  func() float64 { return 0.5 },
		Lineage: func() string { return "new-lineage" },
	}
	if w.edit != nil {
		w.edit(&r)
	}
	rep, diags := r.Do(ctx)
	if w.session.snapshotErr == nil && w.session.broken == nil && w.session.ctx.Err() == nil && !rep.Refused && len(w.session.journal) > 0 {
		w.t.Errorf("the run left a journal of %d entries", len(w.session.journal))
	}
	return rep, diags
}

// record is what a later run would find, one line an entry.
func (w *world) record() string {
	r, err := w.session.Load(context.Background())
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, e := range r.Sorted() {
		line := fmt.Sprintf("%s %s", e.Key(), e.Status)
		if e.MessageID != "" {
			line += " " + e.MessageID
		}
		if e.Target != "" {
			line += fmt.Sprintf(" %s on %s", e.Reaction, e.Target)
		}
		if e.Refusal != nil && e.Refusal.Class != state.ClassNone {
			line += fmt.Sprintf(" (%s %d)", e.Refusal.Class, e.Refusal.Code)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

var resultNames = [...]string{"none", "done", "skipped", "rejected", "in doubt", "held", "stopped", "later"}

// ends lists how each change ended.
func ends(rep *Report) string {
	var list []string
	for _, r := range rep.Results {
		s := r.Change.Key().String() + " " + resultNames[r.Result]
		if r.Because != nil {
			s += " by " + r.Because.Addr.String()
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

var eventNames = [...]string{"invalid", "run", "start", "done", "skip", "refused", "doubt", "held", "waiting", "stopped", "interrupted", "end", "absent", "slowed", "paused"}

func (w *world) story() string {
	var list []string
	for _, e := range w.events {
		s := eventNames[e.Type]
		if e.Change != nil {
			s += " " + e.Change.Addr.String()
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func summaries(diags hcl.Diagnostics) string {
	var list []string
	for _, d := range diags {
		list = append(list, d.Summary)
	}
	return strings.Join(list, "; ")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func code(t *testing.T, rep *Report, want int) {
	t.Helper()
	if got := rep.ExitCode(); got != want {
		t.Errorf("exit code %d, want %d (%s)", got, want, ends(rep))
	}
}
