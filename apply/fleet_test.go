package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// team is several runs of one plan on one record.
type team struct {
	t       *testing.T
	commons *commons
	street  *street
	draft   *draft
	edit    func(*Run)
	running sync.WaitGroup

	mu     sync.Mutex
	events []Event
}

func newTeam(t *testing.T, d *draft) *team {
	return &team{t: t, commons: newCommons(state.NewRecord("lineage")), street: newStreet(), draft: d}
}

// outturn is how one run ended.
type outturn struct {
	rep   *Report
	diags hcl.Diagnostics
}

// runs begins n runs; the channels have their ends.
func (g *team) runs(n int) []<-chan outturn {
	ends := make([]<-chan outturn, n)
	for i := range ends {
		_, ends[i] = g.run(fmt.Sprint("run ", i))
	}
	return ends
}

// run begins a run; the channel has its end.
func (g *team) run(who string) (*mate, <-chan outturn) {
	m := g.commons.join(who)
	out := make(chan outturn, 1)
	g.running.Go(func() {
		defer func() { _ = m.Unlock() }()
		record, err := m.Load(context.Background())
		if err != nil && g.commons.stored != nil {
			out <- outturn{rep: &Report{Broken: err}}
			return
		}
		r := Run{
			Plan: g.draft.p, Session: m, Record: record, Client: walker{g.street, m}, Random: func() float64 { return 0.5 },
			Lineage: func() string { return "lineage of " + who },
			Observe: func(e Event) {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.events = append(g.events, e)
			},
		}
		if g.edit != nil {
			g.edit(&r)
		}
		rep, diags := r.Do(context.Background())
		out <- outturn{rep, diags}
	})
	return m, out
}

// check fails the test unless everything was sent once, in order, with never
// two calls of a conversation at once and never more than rate in a second.
func (g *team) check(rate int) {
	g.t.Helper()
	for _, f := range g.street.faults {
		g.t.Error(f)
	}
	next := make(map[string]int)
	for _, p := range g.street.posts {
		to := p.call.Recipient
		var n int
		if _, err := fmt.Sscanf(p.call.Content.Value, "text %d", &n); err == nil && n < next[to] {
			g.t.Errorf("%s comes after text %d", wire(p.call), next[to])
		}
		next[to] = n
	}
	for _, c := range g.draft.p.Changes {
		key := c.Recipient + ":" + c.Content.Value
		if n := len(g.street.accepted[key]); n != 1 {
			g.t.Errorf("%s was delivered %d times", key, n)
		}
		if e := g.commons.stored.Get(c.Key()); e == nil || e.Status != state.Sent {
			g.t.Errorf("%s is recorded as %+v", c.Key(), e)
		}
	}
	if most := busiest(g.street.posts, func(post) bool { return true }); rate > 0 && most > rate {
		g.t.Errorf("%d calls in one second", most)
	}
}

// many is a plan of n messages to each of so many people.
func many(people, n int) *draft {
	d := newDraft("sha256:p1")
	for i := range n {
		block := addr.Block{Kind: addr.Message, Name: fmt.Sprintf("m%d", i)}
		for p := range people {
			d.sendAt(block.Each(fmt.Sprint(p)), shop, fmt.Sprint(p), fmt.Sprintf("text %d", i))
		}
	}
	return d
}

func TestRunsShareAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTeam(t, many(200, 5))
		g.street.latency = 200 * time.Millisecond
		began := time.Now()
		ends := g.runs(4)
		posts := 0
		for i, end := range ends {
			e := <-end
			code(t, e.rep, 0)
			equal(t, "diagnostics", summaries(e.diags), "")
			for _, r := range e.rep.Results {
				if r.Result != ResultDone && r.Result != ResultSkipped {
					t.Errorf("run %d ends %s with %v", i, r.Change.Key(), r.Result)
				}
			}
			t.Logf("run %d: %d posts", i, e.rep.Posts)
			if e.rep.Posts < 50 {
				t.Errorf("run %d did %d of 1000", i, e.rep.Posts)
			}
			posts += e.rep.Posts
		}
		took := time.Since(began)
		t.Logf("the last call came after %s", g.street.posts[len(g.street.posts)-1].at.Sub(began))
		t.Logf("%d posts in %s; asked for: %v; places: %v", posts, took, g.commons.asked, g.commons.places)
		g.check(100)
		if last := g.street.posts[len(g.street.posts)-1].at.Sub(began); last > 11*time.Second || took > last+2*time.Second { // who waits looks once a second
			t.Errorf("the last call came after %s, the last run ended after %s, and 1000 calls at 100 a second take 10", last, took)
		}
		if n := g.commons.places["messages"]; n > 1080 {
			t.Errorf("%d places were reserved for 1000 calls", n)
		}
	})
}

func TestRunsShareThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTeam(t, many(1000, 3))
		g.street.latency = 150 * time.Millisecond
		g.commons.spread = 30
		began := time.Now()
		ends := g.runs(3)
		for _, end := range ends {
			code(t, (<-end).rep, 0)
		}
		g.check(100)
		n := len(g.street.posts) * 9 / 10 // at the end there is not always something to send
		rate := float64(n) / g.street.posts[n].at.Sub(g.street.posts[0].at).Seconds()
		t.Log(perSecond(g.street.posts))
		t.Logf("%.2f a second, %s, places: %v", rate, time.Since(began), g.commons.places)
		if rate < 99 {
			t.Errorf("%.2f calls a second", rate)
		}
	})
}

// TestRunsThatDie kills runs at any moment, stops others past their lease and
// lets them go on, and loses answers.
func TestRunsThatDie(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runsThatDie(t, seed) })
		})
	}
}

func runsThatDie(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	g := newTeam(t, many(60, 5))
	for i := range g.draft.p.Accounts {
		g.draft.p.Accounts[i].Rates.Reads = 50
	}
	g.street.latency = 100 * time.Millisecond
	g.commons.random = rand.New(rand.NewPCG(seed, 8))
	fate := rand.New(rand.NewPCG(seed, 9))
	g.street.fate = func(Call) (bool, Class) {
		switch fate.IntN(20) {
		case 0:
			return true, InDoubt
		case 1:
			return false, InDoubt
		case 2:
			return false, RateLimited
		}
		return true, Accepted
	}
	type running struct {
		m   *mate
		end <-chan outturn
	}
	var all []running
	begin := func() {
		m, end := g.run(fmt.Sprint("run ", len(all)))
		all = append(all, running{m, end})
	}
	for range 4 {
		begin()
	}
	dead := make(map[int]bool)
	for range 6 {
		time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
		i := random.IntN(len(all))
		if dead[i] {
			continue
		}
		dead[i] = true
		if random.IntN(3) > 0 {
			all[i].m.kill()
		} else {
			all[i].m.freeze()
			wait := time.Duration(random.IntN(100)) * time.Second
			m := all[i].m
			g.running.Go(func() {
				time.Sleep(wait)
				m.thaw()
			})
		}
		begin()
	}
	begin()
	for i, r := range all {
		e := <-r.end
		t.Logf("run %d: exit code %d, %d posts, broken %v, %s", i, e.rep.ExitCode(), e.rep.Posts, e.rep.Broken, summaries(e.diags))
		// What was proven absent again and again is left for the next run.
		if c := e.rep.ExitCode(); !dead[i] && c != exitDone && c != exitUndelivered {
			t.Errorf("run %d: exit code %d (%s)", i, c, ends(e.rep))
		}
	}
	g.running.Wait()
	for left := 3; ; left-- {
		_, end := g.run(fmt.Sprint("last run ", left))
		if e := <-end; e.rep.ExitCode() == exitDone || left == 0 {
			code(t, e.rep, 0)
			break
		}
	}
	g.running.Wait()
	g.check(100)
	t.Logf("%d posts; asked for: %v; places: %v", len(g.street.posts), g.commons.asked, g.commons.places)
}

// TestRunsWaitForEachOther has conversations wait for others that any run may
// have, in both directions.
func TestRunsWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDraft("sha256:p1")
		for i := range 6 {
			block := addr.Block{Kind: addr.Message, Name: fmt.Sprintf("m%d", i)}
			for p := range 24 {
				c := d.sendAt(block.Each(fmt.Sprint(p)), shop, fmt.Sprint(p), fmt.Sprintf("text %d", i))
				if i > 0 {
					before := addr.Block{Kind: addr.Message, Name: fmt.Sprintf("m%d", i-1)}
					c.DependsOn = []addr.Instance{before.Each(fmt.Sprint((p + 5*i) % 24))}
				}
			}
		}
		g := newTeam(t, d)
		g.street.latency = 50 * time.Millisecond
		ends := g.runs(3)
		for _, end := range ends {
			e := <-end
			code(t, e.rep, 0)
			t.Logf("%d posts in %s", e.rep.Posts, e.rep.Ended.Sub(e.rep.Began))
		}
		g.check(100)
		g.running.Wait()
		sent := make(map[addr.Instance]time.Time)
		for _, p := range g.street.posts {
			i := slices.IndexFunc(d.p.Changes, func(c *plan.Change) bool {
				return c.Recipient == p.call.Recipient && c.Content == p.call.Content
			})
			c := d.p.Changes[i]
			for _, dep := range c.DependsOn {
				if sent[dep].IsZero() {
					t.Errorf("%s is sent before %s", c.Addr, dep)
				}
			}
			sent[c.Addr] = p.at
		}
	})
}

// TestRunsAndRefusals has one run's refusals be all runs' refusals: nothing
// that was refused in one is tried in another.
func TestRunsAndRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTeam(t, many(40, 3))
		g.street.latency = 100 * time.Millisecond
		g.street.fate = func(c Call) (bool, Class) {
			switch {
			case c.Content.Value != "text 1":
			case c.Recipient == "7":
				return false, Hold
			case c.Recipient == "8":
				return false, Final
			}
			return true, Accepted
		}
		ends := g.runs(3)
		for _, end := range ends {
			e := <-end
			code(t, e.rep, 3)
			equal(t, "diagnostics", summaries(e.diags), "Message refused; Message refused; Not sent yet; Not sent yet")
		}
		for _, who := range []string{"7", "8"} {
			n := 0
			for _, p := range g.street.posts {
				if p.call.Recipient == who && p.call.Content.Value == "text 1" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("the refused message to %s was tried %d times", who, n)
			}
		}
	})
}

// TestRunsMakeTheRecord has several runs begin where there is no record, with
// something to move and to import.
func TestRunsMakeTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTeam(t, many(20, 2))
		g.commons.stored, g.draft.p.Lineage = nil, ""
		g.edit = func(r *Run) { r.NewRecord = true }
		ends := g.runs(3)
		for _, end := range ends {
			e := <-end
			code(t, e.rep, 0)
			equal(t, "diagnostics", summaries(e.diags), "")
			equal(t, "lineage", e.rep.Record.Lineage, g.commons.stored.Lineage)
		}
		g.check(100)
		if !strings.HasPrefix(g.commons.stored.Lineage, "lineage of run") {
			t.Errorf("the lineage is %s", g.commons.stored.Lineage)
		}
	})
}

func perSecond(posts []post) (list []int) {
	for _, p := range posts {
		n := int(p.at.Sub(posts[0].at) / time.Second)
		for len(list) <= n {
			list = append(list, 0)
		}
		list[n]++
	}
	return list
}

// TestRunsMoveAndImport: of several runs one moves and imports, while nobody
// sends in the conversations that this concerns, and the others see it done.
func TestRunsMoveAndImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := many(20, 2)
		imported := d.sendAt(msg("by_hand"), shop, "3", "by hand")
		imported.Action, imported.ImportID = plan.Import, "mid.hand"
		d.p.Moves = []plan.Move{{From: msg("old"), To: msg("new")}}
		g := newTeam(t, d)
		g.commons.stored.Put(state.Entry{
			Addr: msg("old"), Revision: 1, Account: shop, Recipient: "5", Fingerprint: "sha256:old", Status: state.Sent, MessageID: "mid.old", Change: 2,
		})
		rival := g.commons.join("a run of another plan")
		if _, err := rival.Claim(t.Context(), []state.Conversation{{Account: shop, Recipient: "5"}}, 1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ends := g.runs(3)
		time.Sleep(5 * time.Second)
		if g.commons.stored.Get(state.Key{Addr: msg("new"), Revision: 1}) != nil {
			t.Error("it was moved while another run had its conversation")
		}
		_ = rival.Unlock()
		made := 0
		for _, end := range ends {
			e := <-end
			code(t, e.rep, 0)
			equal(t, "diagnostics", summaries(e.diags), "")
			for _, r := range e.rep.Results {
				if r.Change == imported && r.Result == ResultDone {
					made++
				}
			}
		}
		if made == 0 || time.Since(began) > 15*time.Second {
			t.Errorf("%d runs imported, in %s", made, time.Since(began))
		}
		for k, want := range map[string]string{"old": "", "new": "mid.old", "by_hand": "mid.hand"} {
			equal(t, k, messageID(g.commons.stored.Get(state.Key{Addr: msg(k), Revision: 1})), want)
		}
	})
}

// TestRunsOfTwoPlans has a run go on with what another plan has done meanwhile:
// the same message is done, and one that was edited is not sent over it.
func TestRunsOfTwoPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTeam(t, many(30, 2))
		g.street.latency = 100 * time.Millisecond
		other := newDraft("sha256:other")
		same := other.send("x", "7")
		same.Addr, same.Content, same.Fingerprint = g.draft.p.Changes[37].Addr, g.draft.p.Changes[37].Content, g.draft.p.Changes[37].Fingerprint
		edited := other.sendAt(g.draft.p.Changes[38].Addr, shop, "8", "edited")
		write := func(c *plan.Change, id string) {
			g.commons.mu.Lock()
			defer g.commons.mu.Unlock()
			e := (*state.Entry)(nil).Next(other.p.ID)
			e.Addr, e.Revision, e.Account, e.Recipient, e.Fingerprint = c.Addr, 1, shop, c.Recipient, c.Fingerprint
			e.Status, e.MessageID = state.Sent, id
			g.commons.stored.Put(e)
		}
		rival := g.commons.join("a run of another plan")
		mine := []state.Conversation{same.Conversation(), edited.Conversation()}
		if _, err := rival.Claim(t.Context(), mine, 2); err != nil {
			t.Fatal(err)
		}
		_, end := g.run("run")
		time.Sleep(3 * time.Second)
		write(same, "mid.same")
		write(edited, "mid.edited")
		_ = rival.Unlock()
		e := <-end
		for _, key := range []string{"7:text 1", "8:text 1"} {
			if n := len(g.street.accepted[key]); n != 0 {
				t.Errorf("%s was sent", key)
			}
		}
		for _, r := range e.rep.Results {
			want := ResultDone
			if r.Change.Addr == same.Addr || r.Change.Addr == edited.Addr {
				want = ResultSkipped
			}
			if r.Result != want {
				t.Errorf("%s ends with %v: %+v", r.Change.Key(), r.Result, r.Outcome)
			}
		}
	})
}
