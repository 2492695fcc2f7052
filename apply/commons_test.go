package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"herald/plan"
	"herald/state"
)

// commons is a record in memory on which several runs may work at once, each
// with a lease. It keeps the contract of state.Sharer by the clock of its
// bubble, and nothing of it survives the test.
type commons struct {
	lease  time.Duration
	random *rand.Rand
	least  int // milliseconds that anything asked of it takes
	spread int // and up to so many more

	mu     sync.Mutex
	stored *state.Record // nil: none
	claims map[state.Conversation]*mate
	mates  map[*mate]bool
	paces  map[[2]string]time.Time
	places map[string]int // reserved, by lane
	asked  map[string]int // how often anything was asked for
}

func newCommons(r *state.Record) *commons {
	return &commons{
		lease: 30 * time.Second, random: rand.New(rand.NewPCG(1, 2)), least: 1, spread: 4, stored: r,
		claims: make(map[state.Conversation]*mate), mates: make(map[*mate]bool), paces: make(map[[2]string]time.Time),
		places: make(map[string]int), asked: make(map[string]int),
	}
}

// mate is the session of one run. Frozen is a process that was stopped, dead
// one that was killed: neither renews its lease.
type mate struct {
	*commons
	who    string
	ctx    context.Context
	cancel context.CancelCauseFunc
	until  time.Time // by the store
	good   time.Time // by the process
	frozen chan struct{}
	dead   bool
}

var (
	_ state.Member     = (*mate)(nil)
	_ state.PartLoader = (*mate)(nil)

	errDead = errors.New("the process was killed")
)

func (c *commons) join(who string) *mate {
	m := &mate{commons: c, who: who}
	ctx, cancel := context.WithCancelCause(context.Background())
	m.ctx, m.cancel = mateContext{ctx, m}, cancel
	c.mu.Lock()
	c.mates[m] = true
	m.renew()
	c.mu.Unlock()
	go func() { // the keeper
		for sleep(ctx, c.lease/6) {
			m.mu.Lock()
			if m.frozen == nil && !m.dead && m.living() {
				m.renew()
			}
			m.mu.Unlock()
			if m.ctx.Err() != nil {
				return
			}
		}
	}()
	return m
}

// mateContext tells the end of a lease as soon as it is asked.
type mateContext struct {
	context.Context
	m *mate
}

func (c mateContext) Err() error {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if !time.Now().Before(c.m.good) {
		c.m.cancel(state.ErrLockLost)
	}
	return c.Context.Err()
}

func (m *mate) renew() {
	now := time.Now()
	m.until, m.good = now.Add(m.lease), now.Add(m.lease*2/3)
}

// living reports whether the store still knows the run; all that are over are
// taken out. mu is held.
func (m *mate) living() bool {
	for other := range m.mates {
		if !time.Now().Before(other.until) {
			m.drop(other)
		}
	}
	return m.mates[m]
}

func (c *commons) drop(m *mate) {
	delete(c.mates, m)
	maps.DeleteFunc(c.claims, func(_ state.Conversation, by *mate) bool { return by == m })
}

func (m *mate) freeze() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen = make(chan struct{})
}

func (m *mate) thaw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.frozen)
	m.frozen = nil
}

func (m *mate) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// runs waits as long as the process is stopped.
func (m *mate) runs() error {
	m.mu.Lock()
	frozen := m.frozen
	m.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	return nil
}

// ask does something of the store's, which takes its time.
func (m *mate) ask(what string, f func() error) error {
	if err := m.runs(); err != nil {
		return err
	}
	m.mu.Lock()
	m.asked[what]++
	d := time.Duration(m.least+m.random.IntN(m.spread+1)) * time.Millisecond
	m.mu.Unlock()
	time.Sleep(d)
	if m.ctx.Err() != nil {
		return context.Cause(m.ctx)
	}
	err := func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.living() {
			m.cancel(state.ErrLockLost)
			return state.ErrLockLost
		}
		return f()
	}()
	return errors.Join(err, m.runs())
}

func (m *mate) Context() context.Context { return m.ctx }

func (m *mate) Unlock() error {
	m.cancel(context.Canceled)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dead && m.frozen == nil {
		m.drop(m)
	}
	return nil
}

func (m *mate) Load(context.Context) (*state.Record, error) {
	var r *state.Record
	err := m.ask("load", func() error {
		if m.stored == nil {
			return state.ErrNoRecord
		}
		r = m.stored.Clone()
		return nil
	})
	return r, err
}

func (m *mate) LoadPart(_ context.Context, p state.Part) (*state.Record, error) {
	var r *state.Record
	err := m.ask("part", func() error {
		if m.stored == nil {
			return state.ErrNoRecord
		}
		r = state.NewRecord(m.stored.Lineage)
		r.Serial, r.Origin, r.Endpoints = m.stored.Serial, m.stored.Origin, maps.Clone(m.stored.Endpoints)
		addrs, fingerprints, talks := set(p.Addrs), set(p.Fingerprints), set(p.Conversations)
		for e := range m.stored.All() {
			if addrs[e.Addr] || fingerprints[e.Fingerprint] || talks[e.Conversation()] || p.PlanID != "" && p.PlanID == e.PlanID ||
				slices.Contains(p.MessageIDs, e.MessageID) || e.Status == state.Intent || e.Status == state.Reacted {
				r.Put(*e)
			}
		}
		r.Rest = m.stored.Len() - r.Len()
		return nil
	})
	return r, err
}

func set[K comparable](list []K) map[K]bool {
	s := make(map[K]bool, len(list))
	for _, k := range list {
		s[k] = true
	}
	return s
}

func (m *mate) Append(_ context.Context, entries ...state.Entry) error {
	return m.ask("append", func() error {
		for _, e := range entries {
			before := int64(0)
			if old := m.stored.Get(e.Key()); old != nil {
				before = old.Change
			}
			if e.Status == state.Intent && e.DoubtAt.IsZero() && (m.claims[e.Conversation()] != m || e.Change != before+1) {
				return &state.ClaimedError{Key: e.Key()}
			}
		}
		for _, e := range entries {
			m.stored.Put(e)
		}
		return nil
	})
}

// Snapshot stores what is beside the entries, and what was moved.
func (m *mate) Snapshot(_ context.Context, r *state.Record) error {
	return m.ask("snapshot", func() error {
		if m.stored == nil && r.Serial == 0 {
			m.stored = r.Clone()
			return nil
		}
		if m.stored == nil || m.stored.Lineage != r.Lineage || m.stored.Serial != r.Serial {
			return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial}
		}
		for _, e := range m.stored.Sorted() {
			if r.Get(e.Key()) != nil {
				continue
			}
			for to := range r.All() {
				if to.Fingerprint == e.Fingerprint && m.stored.Get(to.Key()) == nil {
					m.stored.Delete(e.Key())
					m.stored.Put(*to)
					break
				}
			}
		}
		m.stored.Endpoints = maps.Clone(r.Endpoints)
		m.stored.Serial++
		r.Serial = m.stored.Serial
		return nil
	})
}

func (m *mate) Claim(_ context.Context, from []state.Conversation, most int) ([]state.Conversation, error) {
	var got []state.Conversation
	err := m.ask("claim", func() error {
		for _, at := range from {
			if len(got) == most {
				break
			}
			if m.claims[at] == nil {
				m.claims[at] = m
				got = append(got, at)
			}
		}
		return nil
	})
	return got, err
}

func (m *mate) Release(_ context.Context, list ...state.Conversation) error {
	if len(list) == 0 {
		return nil
	}
	return m.ask("release", func() error {
		for _, at := range list {
			if m.claims[at] == m {
				delete(m.claims, at)
			}
		}
		return nil
	})
}

func (m *mate) Reserve(_ context.Context, account, lane string, n int, rate float64) (time.Duration, error) {
	var due time.Time
	err := m.ask("reserve", func() error {
		k := [2]string{account, lane}
		due = time.Now()
		if m.paces[k].After(due) {
			due = m.paces[k]
		}
		m.paces[k] = due.Add(time.Duration(float64(n)/rate*float64(time.Second)) + 1)
		m.places[lane] += n
		return nil
	})
	return max(0, time.Until(due)), err
}

func (m *mate) Others(context.Context) (int, error) {
	n := 0
	err := m.ask("others", func() error { n = len(m.mates) - 1; return nil })
	return n, err
}

// street is the Instagram that all runs of a commons send to. It sees who
// calls whom at the same time.
type street struct {
	*gram
	mu     sync.Mutex
	busy   map[state.Conversation]string
	faults []string
}

func newStreet() *street {
	return &street{gram: newGram(), busy: make(map[state.Conversation]string)}
}

// walker calls it for one run.
type walker struct {
	*street
	m *mate
}

func (w walker) Identity(ctx context.Context, a *plan.Account) Identity {
	if w.m.runs() != nil {
		return Identity{Outcome: Outcome{Class: NotWritten}}
	}
	return w.street.Identity(ctx, a)
}

func (w walker) Do(ctx context.Context, a *plan.Account, call Call) Outcome {
	if w.m.runs() != nil || GateOpen(ctx) == nil || !GateOpen(ctx)() {
		return Outcome{Class: NotWritten, Reason: "canceled"}
	}
	at := state.Conversation{Account: a.IGID, Recipient: call.Recipient}
	w.mu.Lock()
	if other := w.busy[at]; other != "" {
		w.faults = append(w.faults, fmt.Sprintf("%s calls %s while %s does", w.m.who, call.Recipient, other))
	}
	w.busy[at] = w.m.who
	w.mu.Unlock()
	o := w.gram.Do(ctx, a, call)
	w.mu.Lock()
	delete(w.busy, at)
	w.mu.Unlock()
	_ = w.m.runs()
	return o
}

func (w walker) Conversation(ctx context.Context, a *plan.Account, recipient string) Listing {
	if w.m.runs() != nil {
		return Listing{Outcome: Outcome{Class: NotWritten}}
	}
	return w.street.Conversation(ctx, a, recipient)
}

func (w walker) Conversations(ctx context.Context, a *plan.Account, after string) Page {
	if w.m.runs() != nil {
		return Page{Outcome: Outcome{Class: NotWritten}}
	}
	return w.street.Conversations(ctx, a, after)
}
