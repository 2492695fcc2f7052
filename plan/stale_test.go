package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"herald/state"
)

// run does to the record what an apply of the plan does for one change: an
// intent, then the outcome unless the run is killed between the two.
func run(r *state.Record, p *Plan, c *Change, outcome state.Status) {
	write := func(s state.Status) {
		e := r.Get(c.Key()).Next(p.ID)
		e.Addr, e.Revision, e.Account, e.Recipient, e.Fingerprint = c.Addr, c.Revision, c.Account, c.Recipient, c.Fingerprint
		e.Status, e.Attempts, e.Refusal, e.MessageID = s, e.Attempts+1, nil, ""
		if c.Action == Send || c.Action == Settle {
			if s == state.Sent {
				e.MessageID = "mid." + c.Key().String()
			}
		} else {
			e.Target, e.Reaction = c.Target.ID, c.React
			if c.Target.IsRef() {
				e.Target = sentID(r, c.Target.Ref)
			}
		}
		if s == state.Rejected {
			e.Refusal = &state.Refusal{Class: state.Final, Code: 100}
		}
		r.Put(e)
	}
	write(state.Intent)
	if outcome != state.Intent {
		write(outcome)
	}
}

// prepare does to the record what an apply does before anything is sent: the
// moves, the imports and what is forgotten. It returns how many there were.
func prepare(r *state.Record, p *Plan) int {
	n := len(p.Moves)
	for _, m := range p.Moves {
		r.Move(m.From, m.To)
	}
	for _, c := range p.Changes {
		if !c.Action.RecordOnly() {
			continue
		}
		n++
		e := r.Get(c.Key()).Next(p.ID)
		e.Addr, e.Revision, e.Account, e.Recipient, e.Fingerprint = c.Addr, c.Revision, c.Account, c.Recipient, c.Fingerprint
		e.Refusal = nil
		if c.Action == Import {
			e.Status, e.MessageID, e.SettledBy = state.Sent, c.ImportID, "import"
		} else {
			e.Status, e.SettledBy = state.Absent, "removed"
		}
		r.Put(e)
	}
	return n
}

// foreign is a write by another plan.
func foreign(r *state.Record, k state.Key, s state.Status) {
	e := r.Get(k).Next("sha256:other")
	e.Addr, e.Revision, e.Account, e.Recipient, e.Fingerprint = k.Addr, k.Revision, shop, ana, "v1:sha256:other"
	e.Status, e.MessageID = s, ""
	if s == state.Sent {
		e.MessageID = "mid.other"
	}
	r.Put(e)
}

func TestStale(t *testing.T) {
	key := func(a string, rev int) state.Key { return state.Key{Addr: address(t, a), Revision: rev} }
	for _, tc := range []struct {
		name string
		set  func(w *world)
		then func(p *Plan, r *state.Record)
		want string
	}{
		{"nothing happened", func(w *world) {
			w.message("message.a", "1")
		}, func(*Plan, *state.Record) {}, ""},
		{"this plan sent it", func(w *world) {
			w.message("message.a", "1")
		}, func(p *Plan, r *state.Record) { run(r, p, p.Changes[0], state.Sent) }, ""},
		{"this plan sent it after a refusal", func(w *world) {
			w.message("message.a", "1")
			w.entry("message.a", "1", refused(state.Hold))
		}, func(p *Plan, r *state.Record) { run(r, p, p.Changes[0], state.Sent) }, ""},
		{
			"another plan sent it", func(w *world) {
				w.message("message.a", "1")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Sent) },
			"message.a was not recorded when the plan was made and is sent now",
		},
		{
			"another plan sent it, and it was refused before", func(w *world) {
				w.message("message.a", "1")
				w.entry("message.a", "1", refused(state.Hold))
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Sent) },
			"message.a was rejected when the plan was made and is sent now",
		},
		{
			"another plan tried it again", func(w *world) {
				w.message("message.a", "1")
				w.entry("message.a", "1", inStatus(state.Absent))
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Absent) },
			"message.a was absent when the plan was made, and was written again since",
		},
		{
			"another plan sent the next revision", func(w *world) {
				w.message("message.a", "1")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 2), state.Sent) },
			"message.a was not recorded when the plan was made and is sent at revision 2 now",
		},
		{
			"the former revision was written", func(w *world) {
				w.message("message.a", "1").Revision = 2
				w.entry("message.a", "0", nil)
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Absent) },
			"message.a was sent when the plan was made and is absent now",
		},
		{"this plan sent it, then another wrote it", func(w *world) {
			w.message("message.a", "1")
		}, func(p *Plan, r *state.Record) {
			run(r, p, p.Changes[0], state.Sent)
			foreign(r, key("message.a", 1), state.Absent)
		}, "message.a was not recorded when the plan was made and is absent now"},
		{"a person resolved what this plan left in doubt", func(w *world) {
			w.message("message.a", "1")
		}, func(p *Plan, r *state.Record) {
			run(r, p, p.Changes[0], state.Intent)
			run(r, p, p.Changes[0], state.Absent) // resolve keeps the plan's id
		}, ""},
		{"a no-op was written", func(w *world) {
			w.message("message.a", "1")
			w.entry("message.a", "1", nil)
		}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Absent) }, ""},
		{
			"the entry is gone", func(w *world) {
				w.message("message.a", "1")
				w.entry("message.a", "1", inStatus(state.Intent))
			}, func(p *Plan, r *state.Record) { *r = *state.NewRecord(r.Lineage) },
			"message.a was intent when the plan was made and is not recorded now",
		},
		{"this plan imported it", func(w *world) {
			w.message("message.a", "1")
			w.entry("message.a", "1", refused(state.Final))
			w.imports("message.a", "mid.1")
		}, func(p *Plan, r *state.Record) { prepare(r, p) }, ""},
		{
			"another plan sent what is imported", func(w *world) {
				w.message("message.a", "1")
				w.imports("message.a", "mid.1")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Sent) },
			"message.a was not recorded when the plan was made and is sent now",
		},
		{
			"the imported id was recorded elsewhere", func(w *world) {
				w.message("message.a", "1")
				w.imports("message.a", "mid.other")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.z", 1), state.Sent) },
			"message.a is imported under a message id that is recorded for message.z now",
		},
		{"this plan forgot it", func(w *world) {
			w.entry("reaction.a", "mid.1", nil)
			w.removed("reaction.a")
		}, func(p *Plan, r *state.Record) { prepare(r, p) }, ""},
		{
			"what is forgotten was written", func(w *world) {
				w.entry("reaction.a", "mid.1", nil)
				w.removed("reaction.a")
			}, func(p *Plan, r *state.Record) {
				e := r.Get(key("reaction.a", 1)).Next("sha256:other")
				e.Status = state.Absent
				r.Put(e)
			},
			"reaction.a was reacted when the plan was made and is absent now",
		},
		{"imported after its move", func(w *world) {
			w.message("message.b", "1")
			w.entry("message.a", "1", refused(state.Hold))
			w.moved("message.a", "message.b")
			w.imports("message.b", "mid.1")
		}, func(p *Plan, r *state.Record) { prepare(r, p) }, ""},
		{"before its move", func(w *world) {
			w.message("message.b", "1")
			w.entry("message.a", "1", refused(state.Hold))
			w.moved("message.a", "message.b")
		}, func(*Plan, *state.Record) {}, ""},
		{"after its move", func(w *world) {
			w.message("message.b", "1")
			w.entry("message.a", "1", refused(state.Hold))
			w.moved("message.a", "message.b")
		}, func(p *Plan, r *state.Record) {
			r.Move(address(t, "message.a"), address(t, "message.b"))
			run(r, p, p.Changes[0], state.Sent)
		}, ""},
		{
			"its source was written before its move", func(w *world) {
				w.message("message.b", "1")
				w.entry("message.a", "1", refused(state.Hold))
				w.moved("message.a", "message.b")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.a", 1), state.Sent) },
			"message.b was rejected when the plan was made and is sent now",
		},
		{
			"its target was written before its move", func(w *world) {
				w.message("message.b", "1")
				w.entry("message.a", "1", refused(state.Hold))
				w.moved("message.a", "message.b")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.b", 1), state.Sent) },
			"message.b was rejected when the plan was made and is sent now",
		},
		{
			"the target of a move without an action was written", func(w *world) {
				w.message("message.b", "1")
				w.entry("message.a", "1", nil)
				w.moved("message.a", "message.b")
			}, func(p *Plan, r *state.Record) { foreign(r, key("message.b", 1), state.Sent) },
			"message.b was not recorded when the plan was made and is sent now",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			tc.set(w)
			p := saved(t, w.plan())
			tc.then(p, w.record)
			var lines []string
			for _, s := range p.Stale(w.record) {
				lines = append(lines, s.String())
			}
			if got := strings.Join(lines, "\n"); got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestCheckRecord(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "1")
	with := w.plan()
	mine := w.record
	w.record = nil
	without := w.plan()
	other := state.NewRecord("lineage-2")
	other.Origin = "sha256:other"
	made := state.NewRecord("lineage-3")
	made.Origin = without.ID
	for _, tc := range []struct {
		plan   *Plan
		record *state.Record
		want   string
	}{
		{with, mine, ""},
		{with, other, "the plan was made for the record with lineage lineage-1, and the record has lineage lineage-2"},
		{with, nil, "the plan was made for the record with lineage lineage-1, and there is no record"},
		{without, nil, ""},
		{without, made, ""},
		{without, other, "the plan was made when there was no record, and the record with lineage lineage-2 began with another plan"},
	} {
		err := tc.plan.CheckRecord(tc.record)
		var lineage *LineageError
		switch {
		case tc.want == "" && err == nil:
		case !errors.As(err, &lineage) || err.Error() != tc.want:
			t.Errorf("got %v\nwant %s", err, tc.want)
		}
	}
}

// A plan made without a record, then applied in part, has the same id when it
// is made again from what there was before.
func TestRewindOfTheFirstApply(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "1")
	w.message("message.b", "2")
	w.record = nil
	p := w.plan()
	r := state.NewRecord("lineage-9")
	r.Origin, r.Serial = p.ID, 1
	run(r, p, p.Changes[0], state.Sent)
	w.record = Rewind(r, p.ID)
	again := w.plan()
	if again.ID != p.ID {
		t.Errorf("the id is %s, was %s", again.ID, p.ID)
	}
	if err := again.CheckRecord(r); err != nil {
		t.Error(err)
	}
	if stale := again.Stale(r); len(stale) > 0 {
		t.Errorf("stale: %v", stale)
	}
	if r.Lineage != "lineage-9" || r.Len() != 1 {
		t.Error("Rewind changed the record")
	}
	if Rewind(nil, p.ID) != nil {
		t.Error("no record rewinds to one")
	}
}

func TestDigest(t *testing.T) {
	base := func() *world {
		w := newWorld(t)
		w.message("message.a", "1")
		w.message("message.b", "2").Recipient = ben
		w.entry("message.c", "3", nil)
		return w
	}
	id := base().plan().ID
	if !isDigest(id) {
		t.Fatalf("%q is no digest", id)
	}
	for name, set := range map[string]func(w *world){
		"a text":      func(w *world) { w.wanted.Items[0].Content.Value = "one" },
		"a recipient": func(w *world) { w.wanted.Items[0].Recipient = "77" },
		"a revision":  func(w *world) { w.wanted.Items[0].Revision = 2 },
		"an address":  func(w *world) { w.wanted.Items[0].Addr = address(t, "message.z") },
		"the order":   func(w *world) { w.wanted.Items[0], w.wanted.Items[1] = w.wanted.Items[1], w.wanted.Items[0] },
		"a dependency": func(w *world) {
			w.wanted.Items[1].DependsOn = addresses(t, []string{"message.a"})
		},
		"the endpoint":    func(w *world) { w.account.Endpoint = "http://127.0.0.1:8080" },
		"the API version": func(w *world) { w.account.APIVersion = "v25.0" },
		"the pace":        func(w *world) { w.account.Limits.Messages = 99 },
		"a limit":         func(w *world) { w.wanted.Limits.StopAfterFailures = 9 },
		"the selection":   func(w *world) { w.only("message.*") },
		"a policy":        func(w *world) { w.wanted.Items[0].AllowDuplicate = true },
		"-retry-rejected": func(w *world) { w.in.RetryRejected = true },
		"the lineage":     func(w *world) { w.record.Lineage = "lineage-2" },
		"no record":       func(w *world) { w.record = nil },
		"an import":       func(w *world) { w.imports("message.a", "mid.1") },
		"what is forgotten": func(w *world) {
			w.entry("reaction.a", "mid.1", nil)
			w.removed("reaction.a")
		},
		"a base entry": func(w *world) { w.entry("message.a", "1", refused(state.Hold)) },
	} {
		w := base()
		set(w)
		if w.plan().ID == id {
			t.Errorf("%s is not in the digest", name)
		}
	}
	for name, set := range map[string]func(w *world){
		"the serial":        func(w *world) { w.record.Serial = 99 },
		"a file's name":     func(w *world) { w.wanted.Items[0].Range.Filename = "other.hcl" },
		"a line":            func(w *world) { w.wanted.Items[0].Range.Start.Line = 99 },
		"the grace time":    func(w *world) { w.account.SettleAfter *= 2 },
		"an account's name": func(w *world) { w.account.Name = "store" },
		"a no-op":           func(w *world) { w.message("message.c", "3") },
		"what is shown":     func(w *world) { w.wanted.Items[0].Sensitive = true },
		"what is retired":   func(w *world) { w.entry("message.d", "4", nil) },
		"an import that is done": func(w *world) {
			w.message("message.c", "3")
			w.imports("message.c", "mid.message.c")
		},
		"a removed block that names nothing recorded": func(w *world) { w.removed("reaction.a") },
		"the move of a no-op": func(w *world) {
			w.message("message.d", "3")
			w.moved("message.c", "message.d")
		},
	} {
		w := base()
		set(w)
		if got := w.plan().ID; got != id {
			t.Errorf("%s is in the digest", name)
		}
	}
}

// The actions of a digest are written canonical: Canonicalize finds nothing to
// change, whatever is in them.
func TestDigestIsCanonical(t *testing.T) {
	check := func(p *Plan) {
		t.Helper()
		for _, c := range p.Changes {
			var w writer
			digestAction(&w, c, p.Account(c.Account))
			v := jsontext.Value(w.buf).Clone()
			if err := v.Canonicalize(); err != nil || string(v) != string(w.buf) {
				t.Fatalf("%v\ngot  %s\nwant %s", err, w.buf, v)
			}
		}
	}
	check(sample(t))
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		it := w.message("message.a", "")
		it.Content.Value = rapid.String().Draw(rt, "text")
		it.Addr = it.Addr.Each(rapid.String().Draw(rt, "key"))
		check(w.plan())
	})
}

// Moves are made before anything is sent. A plan made again after them, from
// the rewound record, has nothing to move and the same id.
func TestRewindAfterMoves(t *testing.T) {
	w := newWorld(t)
	w.message("message.b", "1")
	w.message("message.c", "2")
	w.message("message.d", "3")
	w.entry("message.a", "1", refused(state.Hold))
	w.entry("message.was", "3", nil)
	w.moved("message.a", "message.b")
	w.moved("message.was", "message.d")
	p := w.plan()
	for _, m := range p.Moves {
		w.record.Move(m.From, m.To)
	}
	run(w.record, p, p.Changes[0], state.Sent)
	r := w.record
	w.record = Rewind(r, p.ID)
	again := w.plan()
	if again.ID != p.ID || len(again.Moves) != 0 || len(p.Moves) != 2 {
		t.Errorf("made again:\n%s%s\nat first:\n%s%s", again.ID, shown(again), p.ID, shown(p))
	}
	if stale := append(again.Stale(r), p.Stale(r)...); len(stale) > 0 {
		t.Errorf("stale: %v", stale)
	}
}

// Imports and what is forgotten are written before anything is sent, as moves
// are. Whether a run is killed before or after that, the plan is not stale, and
// made again from the rewound record it has the same id.
func TestRewindAfterImports(t *testing.T) {
	w := newWorld(t)
	w.message("message.b", "1")
	w.message("message.c", "2")
	w.reaction("reaction.c", "message.b")
	w.entry("message.a", "1", refused(state.Final))
	w.entry("reaction.a", "mid.9", nil)
	w.moved("message.a", "message.b")
	w.moved("reaction.a", "reaction.b")
	w.imports("message.b", "mid.1")
	w.removed("reaction.b")
	p := w.plan()
	want := ". reaction.b: forget forgotten\n< message.b: import imported as mid.1\n" +
		"+ message.c: send not_sent_yet\n+ reaction.c: react not_reacted_yet\n"
	if got := shown(p); !strings.HasPrefix(got, want) {
		t.Fatalf("plan\n%s", got)
	}
	before := w.record.Clone()
	prepare(w.record, p)
	half := w.record.Clone()
	run(w.record, p, p.Changes[2], state.Sent)
	run(w.record, p, p.Changes[3], state.Reacted)
	for _, r := range []*state.Record{before, half, w.record} {
		w.record = Rewind(r, p.ID)
		again := w.plan()
		if again.ID != p.ID {
			t.Errorf("made again:\n%s%s\nat first:\n%s%s", again.ID, shown(again), p.ID, shown(p))
		}
		if stale := append(again.Stale(r), p.Stale(r)...); len(stale) > 0 {
			t.Errorf("stale: %v", stale)
		}
		if err := p.CheckRecord(r); err != nil {
			t.Error(err)
		}
		if stale := saved(t, p).Stale(r); len(stale) > 0 {
			t.Errorf("saved, it is stale: %v", stale)
		}
	}
	if e := w.record.Latest(address(t, "message.b")); e == nil || e.Status != state.Rejected {
		t.Errorf("rewound, message.b is %+v", e)
	}
	// The next plan has nothing to import and nothing to forget.
	w.record = half
	for _, c := range w.plan().Changes {
		if c.Action.RecordOnly() {
			t.Errorf("%s is still to do: %s", c.Key(), c.Action)
		}
	}
}
