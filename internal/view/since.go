package view

import (
	"strings"

	"herald/config/content"
	"herald/internal/view/safe"
	"herald/plan"
)

// DifferenceItem is one difference from the plan that was reviewed before, in
// words. Its strings may hold text of unknown origin.
type DifferenceItem struct {
	Symbol  string // + in this plan only, - in the former only, ~ in both
	Address string
	What    Words // "recipient 1001, now 1002; text"
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
		it.Symbol, it.What = "+", append(Words{plain("new: ")}, doingWhat(x.New)...)
	case x.New == nil:
		it.Symbol, it.What = "-", append(Words{plain("no longer there: ")}, doingWhat(x.Old)...)
	default:
		it.Symbol = "~"
		for i, name := range x.What {
			if i > 0 {
				it.What = append(it.What, plain("; "))
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

// difference describes a difference, without the texts where the conversation
// shows what became of them.
func (d *PlanDoc) difference(x *plan.Difference) DifferenceItem {
	it := DescribeDifference(x)
	if x.New != nil && noteworthy(x.New) && d.Item(x.New).Was == it.Was {
		it.Was, it.Now = "", ""
	}
	return it
}

// differs says what of a name differs: "recipient 1001, now 1002".
func differs(x *plan.Difference, name string) Words {
	o, n := x.Old, x.New
	fromTo := func(title, was, is string) Words {
		return Words{plain(title + " "), named(was), plain(", now "), named(is)}
	}
	switch name {
	case "action":
		return Words{plain("action " + doing(o) + ", now " + doing(n))}
	case "account":
		return fromTo("account", o.Account, n.Account)
	case "recipient":
		return fromTo("recipient", o.Recipient, n.Recipient)
	case "kind":
		return Words{plain("kind " + o.Content.Kind.String() + ", now " + n.Content.Kind.String())}
	case "reaction":
		return fromTo("reaction", o.React, n.React)
	case "import_id":
		return fromTo("import", shortID(o.ImportID), shortID(n.ImportID))
	case "target":
		ws := append(Words{plain("on ")}, target(o.Target)...)
		return append(append(ws, plain(", now ")), target(n.Target)...)
	case "order":
		return Words{plain("its place in the conversation")}
	case "held_by":
		return Words{plain("what holds it")}
	case "record":
		return Words{plain("what is recorded of it")}
	}
	return Words{plain(strings.ReplaceAll(name, "_", " "))}
}

// doingWhat says what a change does where its symbol does not.
func doingWhat(c *plan.Change) Words {
	if c.Action == plan.Import || c.Action == plan.Settle || c.Action == plan.Repeat {
		return append(Words{plain(c.Action.String() + ", ")}, what(c)...)
	}
	return what(c)
}

// doneSince reports whether all that differs is that the address is done.
func doneSince(x *plan.Difference) bool {
	return x.Old != nil && x.New != nil && x.New.Action == plan.NoOp && len(x.What) == 1 && x.What[0] == "action" &&
		(x.New.Reason == plan.AlreadySent || x.New.Reason == plan.AlreadyReacted)
}

// notDone are the differences apart from what was done since.
func (d *PlanDoc) notDone() []*plan.Difference {
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
func (d *PlanDoc) SinceSummary() Words {
	if d.Since == nil {
		return nil
	}
	head := Words{plain("Since the plan "), named(shortDigest(d.Since.ID)), plain(": ")}
	if d.Since.ID == d.ID {
		return Words{plain("This is the plan "), named(shortDigest(d.ID)), plain(" that was reviewed before: nothing differs.")}
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
	parts := appendCounts(nil, []counted{{added, "added"}, {gone, "no longer there"}, {changed, "changed"}, {done, "done since"}})
	if len(d.Settings) > 0 {
		parts = append(parts, count(len(d.Settings), "setting", "settings")+" changed")
	}
	if len(parts) == 0 {
		parts = []string{"the digest differs, and neither an address nor a setting does"}
	}
	return append(head, plain(strings.Join(parts, ", ")+"."))
}

// SettingWords puts a setting that differs into words.
func (d *PlanDoc) SettingWords(s plan.Setting) Words {
	switch {
	case s.Name == "order":
		return Words{plain("The order of conversations differs.")}
	case s.Name == "lineage" && s.Old == "":
		return Words{plain("There was no record then.")}
	case s.Name == "lineage" && s.New == "":
		return Words{plain("There was a record then, and there is none now.")}
	}
	ws := Words{plain(strings.ReplaceAll(s.Name, "_", " "))}
	if s.Account != "" {
		ws = append(ws, plain(" of "), named(d.accountName(s.Account)))
	}
	for i, value := range []string{s.Old, s.New} {
		ws = append(ws, plain([]string{": ", ", now "}[i]))
		if value == "" {
			ws = append(ws, plain("none"))
		} else {
			ws = append(ws, named(value))
		}
	}
	return ws
}

// maxDifferences is how many differences a page shows, maxDiffBody how many
// lines of each text.
const maxDifferences, maxDiffBody = 6, 4

// sinceText writes what differs from the plan that was reviewed before.
func (d *PlanDoc) sinceText(p *page, verbose bool) {
	if d.Since == nil {
		return
	}
	p.para("", p.bold, d.SinceSummary().Line())
	p.line()
	body := maxDiffBody
	if verbose {
		body = 0
	}
	differences := d.notDone()
	for i, x := range differences {
		if i == maxDifferences && !verbose {
			p.line("      … and "+count(len(differences)-i, "more difference", "more differences"), " (-verbose shows all)")
			break
		}
		it := d.difference(x)
		style := map[string]string{"+": p.green, "-": p.red, "~": p.yellow}[it.Symbol]
		p.line("  ", p.paint(style, it.Symbol), " ", p.paint(p.bold, safe.Line(it.Address)), "  ", p.paint(p.dim, it.What.Line()))
		if it.Was != "" {
			p.wordDiff("      ", it.Was, it.Now, body)
		}
	}
	for _, s := range d.Settings {
		p.para("  ", "", d.SettingWords(s).Line())
	}
	if len(differences)+len(d.Settings) > 0 {
		p.line()
	}
}

// sinceMarkdown writes the differences folded, within a third of what is left.
func (d *PlanDoc) sinceMarkdown(s *sheet) {
	if d.Since == nil {
		return
	}
	s.add(d.SinceSummary().Markdown(), "\n\n")
	differences := d.notDone()
	if len(differences)+len(d.Settings) == 0 {
		return
	}
	room := s.left() / 3
	s.add("<details><summary>What differs</summary>\n\n")
	for _, setting := range d.Settings {
		one := "- " + d.SettingWords(setting).Markdown() + "\n"
		room -= len(one)
		s.add(one)
	}
	s.add("\n")
	for i, x := range differences {
		it := d.difference(x)
		one := codeSpan(it.Symbol) + " " + codeSpan(it.Address) + " " + it.What.Markdown() + "\n\n"
		if it.Was != "" {
			one += diffMarkdown(it.Was, it.Now)
		}
		if room -= len(one); room < 0 {
			s.add("… and ", content.Thousands(len(differences)-i), " more that differ.\n\n")
			break
		}
		s.add(one)
	}
	s.add(foldEnd)
}
