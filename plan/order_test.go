package plan

import (
	"strings"
	"testing"

	"herald/config"
	"herald/config/addr"
	"herald/state"
)

// names returns the addresses of a plan in order, in one line.
func names(p *Plan) string {
	var s []string
	for _, c := range p.Changes {
		s = append(s, strings.TrimPrefix(c.Addr.String(), "message."))
	}
	return strings.Join(s, " ")
}

func TestOrder(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(w *world)
		want string
	}{
		{"declaration", func(w *world) {
			w.message("message.b", "1")
			w.message("message.a", "2")
			w.message("message.c", "3").Recipient = ben
		}, "b a c"},
		{"a dependency within the conversation comes first", func(w *world) {
			w.message("message.a", "1", "message.c")
			w.message("message.b", "2")
			w.message("message.c", "3")
		}, "b c a"},
		{"between conversations only dependencies count", func(w *world) {
			w.message("message.a", "1", "message.c")
			w.message("message.b", "2").Recipient = ben
			w.message("message.c", "3").Recipient = ben
			w.message("message.d", "4")
		}, "b c a d"},
		{"a dependency that leads through another conversation", func(w *world) {
			w.message("message.a", "1", "message.x")
			w.message("message.x", "2", "message.b").Recipient = ben
			w.message("message.b", "3")
		}, "b x a"},
		{"a whole block", func(w *world) {
			w.message("message.last", "0", "message.each")
			w.message(`message.each["1"]`, "1")
			w.message(`message.each["2"]`, "2").Recipient = ben
		}, `each["1"] each["2"] last`},
		{"an empty block", func(w *world) {
			w.message("message.last", "0", "message.each")
			w.wanted.Blocks[addr.Block{Kind: addr.Message, Name: "each"}] = true
		}, `last`},
		{"one instance", func(w *world) {
			w.message("message.last", "0", `message.each["2"]`).Recipient = ben
			w.message(`message.each["1"]`, "1")
			w.message(`message.each["2"]`, "2")
		}, `each["1"] each["2"] last`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			tc.set(w)
			if got := names(w.plan()); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestCircles(t *testing.T) {
	const advice = "\n\nTake out one of the depends_on or reaction targets, or change the order in which the blocks stand in the files: messages to one person are sent in that order."
	for _, tc := range []struct {
		name string
		set  func(w *world)
		want string
	}{
		{"depends_on", func(w *world) {
			w.message("message.a", "1", "message.b")
			w.message("message.b", "2", "message.a")
		}, "  message.a waits for message.b (depends_on)\n  message.b waits for message.a (depends_on)"},
		{"itself", func(w *world) {
			w.message("message.a", "1", "message.a")
		}, "  message.a waits for message.a (depends_on)"},
		{"its own block", func(w *world) {
			w.message(`message.a["1"]`, "1", "message.a")
		}, "  message.a[\"1\"] waits for message.a[\"1\"] (depends_on = message.a)"},
		{"through another conversation", func(w *world) {
			w.message("message.a", "1", "message.b")
			w.message("message.b", "2", "message.a").Recipient = ben
		}, "  message.a waits for message.b (depends_on)\n  message.b waits for message.a (depends_on)"},
		{"with the order of two conversations", func(w *world) {
			w.message("message.a1", "1", "message.b3")
			w.message("message.a2", "2")
			w.message("message.a3", "2½")
			w.message("message.b1", "3", "message.a3").Recipient = ben
			w.message("message.b2", "4").Recipient = ben
			w.message("message.b3", "5").Recipient = ben
		}, "  message.a1 waits for message.b3 (depends_on)\n" +
			"  message.b3 waits for message.b1 (order in the conversation)\n" +
			"  message.b1 waits for message.a3 (depends_on)\n" +
			"  message.a3 waits for message.a1 (order in the conversation)"},
		{"with a whole block and a reaction", func(w *world) {
			w.message(`message.each["1"]`, "1", "reaction.r")
			w.reaction("reaction.r", "message.b")
			w.message("message.b", "2", "message.each")
		}, "  message.each[\"1\"] waits for reaction.r (depends_on)\n" +
			"  reaction.r waits for message.b (target of the reaction)\n" +
			"  message.b waits for message.each[\"1\"] (depends_on = message.each)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			tc.set(w)
			p, diags := w.build()
			want := "error: Circular dependency (main.hcl:10)\nEach of these waits for another of them, so none could be the first:\n\n" + tc.want + advice + "\n"
			if got := said(diags); p != nil || got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestHolding(t *testing.T) {
	for _, r := range []row{
		{"behind a message that was refused for good", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.message("message.c", "3")
			w.message("message.d", "4", "message.c").Recipient = ben
			w.message("message.e", "5").Recipient = "1003"
			w.entry("message.a", "1", refused(state.Final))
			w.entry("message.b", "2", nil)
		}, `
			= message.a: no-op rejected_final
			= message.b: no-op already_sent
			+ message.c: send not_sent_yet (held by message.a: rejected_final)
			+ message.d: send not_sent_yet (held by message.a: rejected_final)
			+ message.e: send not_sent_yet`, ``},

		{"behind a doubt that is settled: decided at apply", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.entry("message.a", "1", inStatus(state.Intent))
		}, `
			? message.a: settle in_doubt
			+ message.b: send not_sent_yet`, ``},

		{"behind a doubt that is left to a person", func(w *world) {
			w.message("message.a", "1").OnInDoubt = config.DoubtHold
			w.message("message.b", "2")
			w.entry("message.a", "1", inStatus(state.Intent))
		}, `
			? message.a: settle in_doubt (held by message.a: in_doubt)
			+ message.b: send not_sent_yet (held by message.a: in_doubt)`, ``},

		{"a doubt about an edited message is settled and sends nothing", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "new")
			w.entry("message.a", "1", refused(state.Final))
			w.entry("message.b", "old", inStatus(state.Intent))
		}, `
			= message.a: no-op rejected_final
			? message.b: settle in_doubt`, ``},

		{"selection skips an earlier message", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.message("message.c", "3").Recipient = ben
			w.only("message.b")
		}, `
			= message.a: no-op not_selected
			+ message.b: send not_sent_yet (held by message.a: not_selected)
			= message.c: no-op not_selected`, ``},

		{"selection skips what was sent", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.entry("message.a", "1", nil)
			w.only("message.b")
		}, `
			= message.a: no-op already_sent
			+ message.b: send not_sent_yet`, ``},

		{"selection skips a dependency", func(w *world) {
			w.message(`message.a["1"]`, "1").Recipient = ben
			w.message("message.b", "2", "message.a")
			w.only("message.b")
		}, `
			= message.a["1"]: no-op not_selected
			+ message.b: send not_sent_yet (held by message.a["1"]: not_selected)`, ``},

		{"a reaction that was refused holds no message", func(w *world) {
			w.reaction("reaction.r", "mid.x")
			w.message("message.a", "1")
			w.message("message.b", "2", "reaction.r").Recipient = ben
			w.entry("reaction.r", "mid.x", refused(state.Final))
		}, `
			= reaction.r: no-op rejected_final
			+ message.a: send not_sent_yet
			+ message.b: send not_sent_yet (held by reaction.r: rejected_final)`, ``},
	} {
		t.Run(r.name, r.test)
	}
}

func TestSelectionOfNothing(t *testing.T) {
	for _, r := range []row{
		{"a typing mistake", func(w *world) {
			w.message(`message.welcome["ana"]`, "1")
			w.only(`message.welcom["ana"]`)
		}, ``, `
error: Nothing selected
-only=message.welcom["ana"] matches no message or reaction of the configuration or the record. Did you mean this one?

  message.welcome["ana"]

In a shell, put an address with a key in single quotes.`},
		{"nothing like it", func(w *world) {
			w.message(`message.welcome["ana"]`, "1")
			p, _ := addr.ParsePattern("reaction.thumb")
			w.in.Exclude = append(w.in.Exclude, p)
		}, ``, `
error: Nothing selected
-exclude=reaction.thumb matches no message or reaction of the configuration or the record. Addresses look like message.welcome or message.welcome["ana"]; a star stands for any characters.`},
		{"an address whose block is gone", func(w *world) {
			w.entry("message.old", "1", nil)
			w.only("message.old")
		}, `retired: 1`, ``},
	} {
		t.Run(r.name, r.test)
	}
}

func TestLimits(t *testing.T) {
	for _, r := range []row{
		{"max_sends", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2").Recipient = ben
			w.message("message.c", "3").Recipient = ben
			w.wanted.Limits.MaxSends = 2
		}, ``, `
error: Too many messages for one run
The plan sends 3 messages and max_sends is 2: 1 too many. Nothing is sent. Raise the limit in the herald block if all of them are meant, or plan a part of it with -only.`},
		{"max_sends_per_recipient", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.message("message.c", "3").Recipient = ben
			w.message("message.d", "4").Recipient = ben
			w.message("message.e", "5").Recipient = ben
			w.wanted.Limits.MaxSendsPerRecipient = 1
		}, ``, `
error: Too many messages to one person (main.hcl:20)
The plan sends 2 messages to 1001 and max_sends_per_recipient is 1: 1 too many. The same goes for 1 other recipient. Nothing is sent. Raise the limit in the herald block if all of them are meant, or plan a part of it with -only.`},
		{"what is held or done does not count", func(w *world) {
			w.message("message.a", "1")
			w.message("message.b", "2")
			w.message("message.c", "3").Recipient = ben
			w.entry("message.a", "1", refused(state.Final))
			w.wanted.Limits.MaxSends = 1
		}, `
			= message.a: no-op rejected_final
			+ message.b: send not_sent_yet (held by message.a: rejected_final)
			+ message.c: send not_sent_yet`, ``},
	} {
		t.Run(r.name, r.test)
	}
}

func TestAccountOfWhatIsGone(t *testing.T) {
	row{"", func(w *world) {
		w.entry("reaction.r", "mid.x", func(e *state.Entry) { e.Account = "9" })
		w.entry("message.a", "hi", func(e *state.Entry) { e.Account, e.Status = "9", state.Intent })
		w.entry("message.b", "hi", func(e *state.Entry) { e.Account = "9" })
	}, ``, `
error: Account is no longer declared
message.a and 1 other must still be settled or taken back from account 9, and no account block has this ig_id any more. Put the account block back. If the account is gone for good, tell Herald to forget:

  herald resolve 'message.a' -not-sent
  herald state rm 'reaction.r'`}.test(t)
}

func TestAccountsOfThePlan(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "hi")
	w.entry("message.a", "hi", nil)
	w.second()
	w.message("message.b", "hi")
	p := w.plan()
	if len(p.Accounts) != 1 || p.Accounts[0].Name != "outlet" || p.Account(w.account.IGID) != &p.Accounts[0] {
		t.Errorf("the accounts are %+v; want those with something to do", p.Accounts)
	}
}
