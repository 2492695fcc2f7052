package plan

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"herald/config"
	"herald/config/content"
	"herald/state"
)

// compared writes what two plans do differently, a line for each.
func compared(old, now *Plan) string {
	var b strings.Builder
	for _, d := range Compare(old, now) {
		o, n := "-", "-"
		if d.Old != nil {
			o = d.Old.Action.String()
		}
		if d.New != nil {
			n = d.New.Action.String()
		}
		fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%s: %s to %s: %s", d.Key(), o, n, strings.Join(d.What, " "))))
	}
	for _, s := range CompareSettings(old, now) {
		fmt.Fprintf(&b, "%s %s: %q to %q\n", s.Name, s.Account, s.Old, s.New)
	}
	return strings.TrimSpace(b.String())
}

func TestCompare(t *testing.T) {
	for _, tc := range []struct {
		name     string
		base     func(w *world)
		set      func(w *world)
		want     string
		sameLike bool // the ids are the same
	}{
		{"nothing", nil, func(*world) {}, "", true},
		{"a text", nil, func(w *world) { w.wanted.Items[0].Content.Value = "one" }, "message.a: send to send: text", false},
		{"a kind", nil, func(w *world) {
			w.wanted.Items[0].Content = content.Content{Kind: content.Image, Value: "https://example.com/a.png"}
		}, "message.a: send to send: kind", false},
		{"a link", func(w *world) {
			w.wanted.Items[0].Content = content.Content{Kind: content.Link, Value: "https://example.com/a"}
		}, func(w *world) { w.wanted.Items[0].Content.Value = "https://example.com/b" }, "message.a: send to send: link", false},
		{
			"a recipient and its text", nil, func(w *world) {
				w.wanted.Items[1].Recipient, w.wanted.Items[1].Content.Value = "77", "two"
			}, "message.b: send to send: recipient text", false,
		},
		{"a policy", nil, func(w *world) {
			w.wanted.Items[0].AllowDuplicate, w.wanted.Items[0].OnInDoubt = true, config.DoubtHold
		}, "message.a: send to send: allow_duplicate on_in_doubt", false},
		{"a new one, and one gone", nil, func(w *world) {
			w.message("message.d", "4").Recipient = ben
			w.wanted.Items = w.wanted.Items[1:]
		}, "message.d: - to send:\nmessage.a: send to -:", false},
		{"another revision", nil, func(w *world) { w.wanted.Items[0].Revision = 2 }, "message.a revision 2: - to send:\nmessage.a: send to -:", false},
		{
			"sent meanwhile", nil, func(w *world) { w.entry("message.a", "1", nil) },
			"message.a: send to no-op: action", false,
		},
		{
			"sent meanwhile, and edited", nil, func(w *world) {
				w.entry("message.a", "1", nil)
				w.wanted.Items[0].Content.Value = "one"
			}, "message.a: send to no-op: action text", false,
		},
		{"edited, and sent before", func(w *world) { w.entry("message.a", "1", nil) }, func(w *world) { w.wanted.Items[0].Content.Value = "one" }, "", true},
		{"refused meanwhile", nil, func(w *world) { w.entry("message.a", "1", refused(state.Hold)) }, "message.a: send to send: record", false},
		{"in doubt meanwhile, and its block gone", nil, func(w *world) {
			w.entry("message.a", "1", inStatus(state.Intent))
			w.wanted.Items = w.wanted.Items[1:]
		}, "message.a: send to settle: action text record", false},
		{"the endpoint and the version", nil, func(w *world) {
			w.account.Endpoint, w.account.APIVersion = "http://127.0.0.1:8080", "v25.0"
			w.wanted.Items = w.wanted.Items[:1]
		}, "message.a: send to send: endpoint api_version\nmessage.b: send to -:\nreaction.r: react to -:", false},
		{"a dependency", nil, func(w *world) { w.wanted.Items[1].DependsOn = addresses(t, []string{"message.a"}) }, "message.b: send to send: depends_on", false},
		{"what holds it", func(w *world) {
			w.message("message.x", "x")
			w.message("message.y", "y")
		}, func(w *world) {
			w.entry("message.x", "x", refused(state.Final))
		}, "message.x: send to no-op: action\nmessage.y: send to send: held_by", false},
		{
			"another target, another account", nil, func(w *world) {
				w.wanted.Items[2].Target.ID = "mid.z"
				w.second()
				w.wanted.Items[1].Account = w.account
			}, "message.b: send to send: account\nreaction.r: react to react: target", false,
		},
		{"an import", nil, func(w *world) { w.imports("message.a", "mid.1") }, "message.a: send to import: action import_id", false},
		{"another id of an import", func(w *world) { w.imports("message.a", "mid.1") }, func(w *world) { w.wanted.Imports[0].ID = "mid.2" }, "message.a: import to import: import_id", false},
		{"forgotten instead of taken back", func(w *world) { w.entry("reaction.gone", "mid.9", nil) }, func(w *world) { w.removed("reaction.gone") }, "reaction.gone: unreact to forget: action", false},
		{"order in a conversation", func(w *world) {
			for i := range 4 {
				w.message(fmt.Sprintf("message.o%d", i), fmt.Sprint("o", i))
			}
		}, func(w *world) {
			w.wanted.Items = append(w.wanted.Items[6:7:7], w.wanted.Items[:6]...)
		}, "message.o3: send to send: order", false},
		{"order between conversations", nil, func(w *world) { w.wanted.Items[0], w.wanted.Items[1] = w.wanted.Items[1], w.wanted.Items[0] }, `order : "" to ""`, false},
		{"settings", nil, func(w *world) {
			w.record.Lineage = "lineage-2"
			w.only("message.*", "reaction.*")
			w.wanted.Limits = config.Limits{MaxSends: 1000, MaxSendsPerRecipient: 9, StopAfterFailures: 1}
			w.in.RetryRejected = true
			w.account.Limits.Media = 0.5
		}, `
lineage : "lineage-1" to "lineage-2"
only : "" to "message.* reaction.*"
max_sends : "" to "1,000"
max_sends_per_recipient : "" to "9"
stop_after_failures : "" to "1"
retry_rejected : "false" to "true"
limits 17841405822304914: "messages 100, media 10, reads 2" to "messages 100, media 0.5, reads 2"`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			build := func(set func(w *world)) *Plan {
				w := newWorld(t)
				w.message("message.a", "1")
				w.message("message.b", "2").Recipient = ben
				w.reaction("reaction.r", "mid.r").Recipient = ben
				w.entry("message.c", "3", nil)
				if tc.base != nil {
					tc.base(w)
				}
				set(w)
				return w.plan()
			}
			old, now := build(func(*world) {}), build(tc.set)
			if got := compared(old, now); got != strings.TrimSpace(tc.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if (old.ID == now.ID) != tc.sameLike {
				t.Errorf("the ids are %s and %s", old.ID, now.ID)
			}
			if old = saved(t, old); compared(old, now) != strings.TrimSpace(tc.want) {
				t.Errorf("saved, it is\n%s", compared(old, now))
			}
		})
	}
}

// Two plans have the same id exactly if nothing differs.
func TestCompareExplainsTheID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		old, _ := w.build()
		if old == nil {
			return
		}
		for range rapid.IntRange(0, 2).Draw(rt, "edits") {
			drawEdit(rt, w)
		}
		now, _ := w.build()
		if now == nil {
			return
		}
		if got := compared(old, now); (got == "") != (old.ID == now.ID) {
			rt.Fatalf("ids %s and %s, and the differences are %q\n%s\n%s", old.ID, now.ID, got, encoded(t, old), encoded(t, now))
		}
	})
}

func drawEdit(t *rapid.T, w *world) {
	if len(w.wanted.Items) == 0 {
		return
	}
	i := rapid.IntRange(0, len(w.wanted.Items)-1).Draw(t, "edited")
	it := w.wanted.Items[i]
	switch rapid.IntRange(0, 7).Draw(t, "edit") {
	case 0:
		if it.React == "" {
			it.Content.Value += "!"
		}
	case 1:
		if it.React == "" {
			it.Recipient = "3"
		}
	case 2:
		j := rapid.IntRange(0, len(w.wanted.Items)-1).Draw(t, "with")
		w.wanted.Items[i], w.wanted.Items[j] = w.wanted.Items[j], w.wanted.Items[i]
	case 3:
		if it.React == "" {
			w.entry(it.Addr.String(), it.Content.Value, func(e *state.Entry) { e.Recipient, e.Change = it.Recipient, 9 })
		}
	case 4:
		it.DependsOn = nil
	case 5:
		it.OnInDoubt = config.DoubtHold
	case 6:
		w.wanted.Limits.StopAfterFailures++
	case 7:
		w.wanted.Imports = nil
	}
}
