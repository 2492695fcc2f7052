package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// story is a record and an Instagram over many runs, each of which may die
// at any append, on machines whose clocks differ.
type story struct {
	t       *rapid.T
	session *session
	gram    *gram
	wanted  *config.Wanted
	muddled bool // texts came back changed, or a person wrote beside Herald
	only    bool // the next run is a reconcile
	dead    bool
	failure string
}

// troubles are what may become of a POST, reads what of a read.
var (
	troubles = []fate{
		{true, InDoubt}, {false, InDoubt}, {true, InDoubt}, {true, Accepted}, {false, NotWritten}, {false, RateLimited}, {false, Hold}, {false, AccountRefused},
	}
	badReads = []Outcome{
		{Class: InDoubt, Code: 1}, {Class: NotWritten}, {Class: RateLimited}, {Class: Accepted, Reason: "unknown"}, {Class: Accepted}, {Class: AccountRefused, Code: 190},
	}
)

// TestSettlingNeverSendsTwice lets an Instagram mislead in every way that the
// API sheet names, in its answers and in what it lists, while processes die and
// plans are applied again: a message that was accepted is never proven absent.
func TestSettlingNeverSendsTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// A bubble each: the fake time of all of them would be years, and the
		// checks end after a day.
		var failure any
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }()
			settlingNeverSendsTwice(rt)
		})
		switch {
		case failure == nil:
		case fmt.Sprintf("%T", failure) == "rapid.invalidData":
			panic(failure) // rapid tries fewer draws, and tells failures by their place
		default:
			rt.Fatal(failure)
		}
	})
}

func settlingNeverSendsTwice(t *rapid.T) {
	s := &story{t: t, session: newSession(state.NewRecord("lineage")), gram: newGram(), wanted: drawWanted(t)}
	s.gram.pageSize = rapid.IntRange(1, 3).Draw(t, "page size")
	s.gram.lag = time.Duration(rapid.IntRange(0, 58).Draw(t, "lag")) * time.Second
	s.gram.reading = time.Duration(rapid.IntRange(0, 14).Draw(t, "read takes")) * time.Second
	s.gram.latency = time.Duration(rapid.IntRange(0, 20).Draw(t, "send takes")) * time.Second
	if rapid.IntRange(0, 4).Draw(t, "changes") == 0 {
		s.muddled = true
		s.gram.change = func(text string) string { return text + "." }
	}
	if rapid.IntRange(0, 2).Draw(t, "crowd") == 0 {
		s.crowd(rapid.IntRange(9, 14).Draw(t, "people"))
	}
	s.vary()
	s.misfortune()
	var saved *plan.Plan
	for range rapid.IntRange(1, 5).Draw(t, "runs") {
		if saved == nil || rapid.Bool().Draw(t, "plan afresh") {
			saved = s.plan()
		}
		s.person()
		s.machine()
		s.only = rapid.IntRange(0, 4).Draw(t, "reconcile") == 0
		s.run(saved, rapid.IntRange(-1, 14).Draw(t, "crash at"), rapid.Bool().Draw(t, "durable"))
	}
	s.finish()
}

// crowd adds a message each to more people, so that pages are read.
func (s *story) crowd(n int) {
	for i := range n {
		it := *s.wanted.Items[0]
		it.Addr, it.Recipient = msg(fmt.Sprintf("c%d", i)), fmt.Sprint(100+i)
		it.Content = content.Content{Kind: content.Text, Value: "hello " + it.Recipient}
		it.Range.Start.Line = len(s.wanted.Items) + 1
		s.wanted.Items = append(s.wanted.Items, &it)
		s.wanted.Blocks[it.Addr.Block] = false
	}
}

// vary makes some messages equal to their neighbours, which is allowed, and
// some pictures.
func (s *story) vary() {
	var before *config.Item
	for _, it := range s.wanted.Items {
		if it.Addr.Kind != addr.Message {
			continue
		}
		switch rapid.IntRange(0, 5).Draw(s.t, "varied") {
		case 0:
			it.Content = content.Content{Kind: content.Image, Value: "https://example.com/" + it.Addr.Block.Name + ".png"}
		case 1:
			if before != nil && before.Recipient == it.Recipient {
				it.Content, it.AllowDuplicate, before.AllowDuplicate = before.Content, true, true
			}
		}
		before = it
	}
}

// sends lists what POSTs the configuration wants.
func (s *story) sends() (list []string) {
	for _, it := range s.wanted.Items {
		if it.Addr.Kind == addr.Message {
			list = append(list, it.Recipient+":"+it.Content.Value)
		}
	}
	return list
}

// misfortune draws what becomes of POSTs and reads.
func (s *story) misfortune() {
	posts := rapid.SliceOfN(rapid.SampledFrom(troubles), 0, 24).Draw(s.t, "posts")
	reads := rapid.SliceOfN(rapid.SampledFrom(badReads), 0, 12).Draw(s.t, "reads")
	s.gram.fate = func(call Call) (bool, Class) {
		if s.only {
			s.failure = wire(call) + " was sent by a reconcile"
		}
		if s.dead {
			s.failure = wire(call) + " was called after the record could not be written"
		}
		if len(posts) == 0 {
			return true, Accepted
		}
		f := posts[0]
		posts = posts[1:]
		if call.Verb != SendMessage {
			return true, Accepted
		}
		return f.effect, f.answer
	}
	s.gram.heed = func(int, string) Outcome {
		if len(reads) == 0 {
			return Outcome{Class: Accepted}
		}
		o := reads[0]
		reads = reads[1:]
		return o
	}
}

// person writes in the app: the text of a message, another, or a lot.
func (s *story) person() {
	if rapid.IntRange(0, 5).Draw(s.t, "person") > 0 {
		return
	}
	it := s.wanted.Items[rapid.IntRange(0, len(s.wanted.Items)-1).Draw(s.t, "beside")]
	at := state.Conversation{Account: shop, Recipient: it.Recipient}
	wait := time.Duration(rapid.IntRange(0, 70).Draw(s.t, "after")) * time.Second
	n, text := 1, "something else"
	switch rapid.IntRange(0, 2).Draw(s.t, "writes") {
	case 0:
		text = it.Content.Value
	case 1:
		n = 25
	}
	fromUs := text == it.Content.Value || rapid.Bool().Draw(s.t, "from us")
	s.muddled = true
	time.AfterFunc(wait, func() {
		for range n {
			s.gram.types(at, text, fromUs)
		}
	})
}

// machine is the one that runs next: its clock is up to five minutes off.
func (s *story) machine() {
	ahead := time.Duration(rapid.IntRange(-300, 300).Draw(s.t, "clock")) * time.Second
	if back := s.gram.ahead - ahead; back > 0 {
		time.Sleep(back) // the server's time goes on
	}
	s.gram.mu.Lock()
	s.gram.ahead = ahead
	s.gram.mu.Unlock()
}

func (s *story) plan() *plan.Plan {
	r, _ := s.session.Load(context.Background())
	p, diags := plan.Build(plan.Input{Wanted: s.wanted, Record: r, RetryRejected: true})
	if diags.HasErrors() {
		s.t.Fatal(diags)
	}
	return p
}

// run applies the plan in a process that dies at the n-th append.
func (s *story) run(p *plan.Plan, n int, durable bool) *Report {
	x := s.session
	x.broken, x.snapshotErr, s.dead = nil, nil, false
	crashed := errors.New("crashed")
	die := func(state.Entry) error {
		if n--; n == -1 {
			x.snapshotErr = crashed
			s.gram.mu.Lock()
			s.dead = true
			s.gram.mu.Unlock()
			return crashed
		}
		return nil
	}
	x.before, x.after = die, nil
	if durable {
		x.before, x.after = nil, die
	}
	record, _ := x.Load(context.Background())
	rep, diags := Run{Plan: p, Session: x, Record: record, Client: s.gram, SettleOnly: s.only, Random: func() float64 { return 0.5 }}.Do(context.Background())
	x.before, x.after = nil, nil
	if rep.Refused && diags[0].Summary != "Plan is stale" {
		s.t.Fatalf("refused: %s", summaries(diags))
	}
	s.check()
	return rep
}

// check compares the record with what arrived.
func (s *story) check() {
	s.gram.mu.Lock() // somebody may still write in the app
	defer s.gram.mu.Unlock()
	if s.failure != "" {
		s.t.Fatal(s.failure)
	}
	if twice := s.gram.twice(s.sends()...); twice != nil {
		s.t.Fatalf("delivered twice: %v", twice)
	}
	r, _ := s.session.Load(context.Background())
	ids, standing := make(map[string]state.Key), make(map[string]int)
	for _, it := range s.wanted.Items {
		k := state.Key{Addr: it.Addr, Revision: 1}
		e := r.Get(k)
		if it.Addr.Kind != addr.Message {
			continue
		}
		arrived := s.gram.accepted[it.Recipient+":"+it.Content.Value]
		if e != nil && (e.Status == state.Sent || e.Status == state.Intent) {
			standing[it.Recipient+":"+it.Content.Value]++
		}
		if e == nil || e.Status != state.Sent {
			continue
		}
		if other, taken := ids[e.MessageID]; taken {
			s.t.Fatalf("%s and %s are both %s", other, k, e.MessageID)
		}
		ids[e.MessageID] = k
		if !s.muddled && !slices.Contains(arrived, e.MessageID) {
			s.t.Fatalf("%s is recorded as %s, and what arrived is %v", k, e.MessageID, arrived)
		}
		if !s.stands(it, e.MessageID) {
			s.t.Fatalf("%s is recorded as %s, which does not say that", k, e.MessageID)
		}
	}
	for what, arrived := range s.gram.accepted {
		if standing[what] < len(arrived) {
			s.t.Fatalf("%s arrived %d times, and the record knows of %d", what, len(arrived), standing[what])
		}
	}
}

// stands reports whether the conversation has a message with that id and text.
func (s *story) stands(it *config.Item, id string) bool {
	for _, m := range s.gram.talks[state.Conversation{Account: shop, Recipient: it.Recipient}] {
		if m.ID == id {
			return m.Kind == content.Image && it.Content.Kind == content.Image || m.Text == it.Content.Value || s.gram.change != nil && m.Text == s.gram.change(it.Content.Value)
		}
	}
	return false
}

// finish lets everything come to its end. Where nothing muddles a conversation
// one apply after the last trouble is enough; else a person says what arrived.
func (s *story) finish() {
	s.gram.fate, s.gram.heed, s.only = nil, nil, false
	time.Sleep(10 * time.Minute)
	rep := s.run(s.plan(), -1, false)
	if !s.muddled && rep.ExitCode() != 0 {
		s.t.Fatalf("exit code %d in the end: %s", rep.ExitCode(), ends(rep))
	}
	for range 3 {
		if rep.ExitCode() != 0 {
			s.resolve()
			rep = s.run(s.plan(), -1, false)
		}
	}
	if rep.ExitCode() != 0 || !s.plan().Empty() {
		s.t.Fatalf("exit code %d in the very end: %s", rep.ExitCode(), ends(rep))
	}
}

func (s *story) resolve() {
	s.gram.mu.Lock()
	defer s.gram.mu.Unlock()
	r, _ := s.session.Load(context.Background())
	for _, e := range r.Sorted() {
		if e.Addr.Kind != addr.Message || e.Status != state.Intent {
			continue
		}
		next := e.Next(e.PlanID)
		next.Status, next.SettledBy = state.Absent, "resolve"
		for _, it := range s.wanted.Items {
			for _, id := range s.gram.accepted[it.Recipient+":"+it.Content.Value] {
				if it.Addr == e.Addr && !s.recorded(id) {
					next.Status, next.MessageID = state.Sent, id
				}
			}
		}
		s.session.journal = append(s.session.journal, next)
	}
}

// recorded reports whether an entry has the id.
func (s *story) recorded(id string) bool {
	r, _ := s.session.Load(context.Background())
	for e := range r.All() {
		if e.MessageID == id {
			return true
		}
	}
	return false
}
