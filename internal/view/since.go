package view

import (
	"strings"

	"herald/internal/view/safe"
	"herald/internal/view/wording"
	"herald/plan"
)

// DifferenceItem is one difference from the plan that was reviewed before, in
// words. Its strings may hold text of unknown origin.
type DifferenceItem struct {
	Symbol  string // + in this plan only, - in the former only, ~ in both
	Address string
	What    wording.Words // "recipient 1001, now 1002; text"
	// Was and Now are the texts, where they differ and are not sensitive; both
	// are "" otherwise.
	Was, Now string
}

// DescribeDifference puts a difference into words.
func DescribeDifference(x *plan.Difference) DifferenceItem {
	it := DifferenceItem{Address: x.Key().String()}
	switch {
	case x.Old == nil && x.New == nil:
	case x.Old == nil:
		it.Symbol, it.What = "+", append(wording.Words{wording.Plain("new: ")}, doingWhat(x.New)...)
	case x.New == nil:
		it.Symbol, it.What = "-", append(wording.Words{wording.Plain("no longer there: ")}, doingWhat(x.Old)...)
	default:
		it.Symbol = "~"
		for i, name := range x.What {
			if i > 0 {
				it.What = append(it.What, wording.Plain("; "))
			}
			it.What = append(it.What, differs(x, name)...)
		}
		o, n := x.Old.Content, x.New.Content
		if o.Value != n.Value && o.Value != "" && n.Value != "" && !x.Old.Sensitive && !x.New.Sensitive {
			it.Was, it.Now = o.Value, n.Value
		}
	}
	return it
}

// Difference describes a difference, without the texts where the conversation
// shows what became of them.
func (d *PlanDoc) Difference(x *plan.Difference) DifferenceItem {
	it := DescribeDifference(x)
	if x.New != nil && Noteworthy(x.New) && d.Item(x.New).Was == it.Was {
		it.Was, it.Now = "", ""
	}
	return it
}

// differs says what of a name differs: "recipient 1001, now 1002".
func differs(x *plan.Difference, name string) wording.Words {
	o, n := x.Old, x.New
	fromTo := func(title, was, is string) wording.Words {
		return wording.Words{wording.Plain(title + " "), wording.Named(was), wording.Plain(", now "), wording.Named(is)}
	}
	switch name {
	case "action":
		return wording.Words{wording.Plain("action " + doing(o) + ", now " + doing(n))}
	case "account":
		return fromTo("account", o.Account, n.Account)
	case "recipient":
		return fromTo("recipient", o.Recipient, n.Recipient)
	case "kind":
		return wording.Words{wording.Plain("kind " + o.Content.Kind.String() + ", now " + n.Content.Kind.String())}
	case "reaction":
		return fromTo("reaction", o.React, n.React)
	case "import_id":
		return fromTo("import", wording.ShortID(o.ImportID), wording.ShortID(n.ImportID))
	case "target":
		ws := append(wording.Words{wording.Plain("on ")}, target(o.Target)...)
		return append(append(ws, wording.Plain(", now ")), target(n.Target)...)
	case "order":
		return wording.Words{wording.Plain("its place in the conversation")}
	case "held_by":
		return wording.Words{wording.Plain("what holds it")}
	case "record":
		return wording.Words{wording.Plain("what is recorded of it")}
	}
	return wording.Words{wording.Plain(strings.ReplaceAll(name, "_", " "))}
}

// doingWhat says what a change does where its symbol does not.
func doingWhat(c *plan.Change) wording.Words {
	if c.Action == plan.Import || c.Action == plan.Settle || c.Action == plan.Repeat {
		return append(wording.Words{wording.Plain(c.Action.String() + ", ")}, What(c)...)
	}
	return What(c)
}

// doneSince reports whether all that differs is that the address is done.
func doneSince(x *plan.Difference) bool {
	return x.Old != nil && x.New != nil && x.New.Action == plan.NoOp && len(x.What) == 1 && x.What[0] == "action" &&
		(x.New.Reason == plan.AlreadySent || x.New.Reason == plan.AlreadyReacted)
}

// NotDone are the differences apart from what was done since.
func (d *PlanDoc) NotDone() []*plan.Difference {
	var list []*plan.Difference
	for i := range d.Differences {
		if x := &d.Differences[i]; !doneSince(x) {
			list = append(list, x)
		}
	}
	return list
}

// shortDigest shortens a plan's id where it only names a plan.
func shortDigest(id string) string { return safe.Clip(id, len("sha256:")+12) }

// doing is a change's action, and of one that does nothing why.
func doing(c *plan.Change) string {
	if c.Action == plan.NoOp {
		return "nothing (" + strings.ReplaceAll(string(c.Reason), "_", " ") + ")"
	}
	return c.Action.String()
}

// SinceSummary says in one line how the plan differs from the one that was
// reviewed before: "Since the plan sha256:…: 1 added, 2 changed, 3 done since."
// It is nil without such a plan.
func (d *PlanDoc) SinceSummary() wording.Words {
	if d.Since == nil {
		return nil
	}
	head := wording.Words{wording.Plain("Since the plan "), wording.Named(shortDigest(d.Since.ID)), wording.Plain(": ")}
	if d.Since.ID == d.ID {
		return wording.Words{wording.Plain("This is the plan "), wording.Named(shortDigest(d.ID)), wording.Plain(" that was reviewed before: nothing differs.")}
	}
	var added, gone, changed, done int
	for i := range d.Differences {
		switch x := &d.Differences[i]; {
		case doneSince(x):
			done++
		case x.Old == nil:
			added++
		case x.New == nil:
			gone++
		default:
			changed++
		}
	}
	parts := wording.AppendCounts(nil, []wording.Counted{{added, "added"}, {gone, "no longer there"}, {changed, "changed"}, {done, "done since"}})
	if len(d.Settings) > 0 {
		parts = append(parts, wording.Count(len(d.Settings), "setting", "settings")+" changed")
	}
	if len(parts) == 0 {
		parts = []string{"the digest differs, and neither an address nor a setting does"}
	}
	return append(head, wording.Plain(strings.Join(parts, ", ")+"."))
}

// SettingWords puts a setting that differs into words.
func (d *PlanDoc) SettingWords(s plan.Setting) wording.Words {
	switch {
	case s.Name == "order":
		return wording.Words{wording.Plain("The order of conversations differs.")}
	case s.Name == "lineage" && s.Old == "":
		return wording.Words{wording.Plain("There was no record then.")}
	case s.Name == "lineage" && s.New == "":
		return wording.Words{wording.Plain("There was a record then, and there is none now.")}
	}
	ws := wording.Words{wording.Plain(strings.ReplaceAll(s.Name, "_", " "))}
	if s.Account != "" {
		ws = append(ws, wording.Plain(" of "), wording.Named(d.AccountName(s.Account)))
	}
	for i, value := range []string{s.Old, s.New} {
		ws = append(ws, wording.Plain([]string{": ", ", now "}[i]))
		if value == "" {
			ws = append(ws, wording.Plain("none"))
		} else {
			ws = append(ws, wording.Named(value))
		}
	}
	return ws
}
