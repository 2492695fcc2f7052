package plan

import (
	"fmt"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// Difference is an address about which two plans do not do the same.
type Difference struct {
	Addr     addr.Instance
	Revision int
	// Old and New are the changes of the two plans; nil: not in that plan.
	Old, New *Change
	// What names what differs, if both plans have the address: "action",
	// "account", "recipient", "kind" or, where the kind is the same, the kind
	// whose content differs ("text", "link", "image", …), "target",
	// "reaction", "import_id", "endpoint", "api_version", "depends_on",
	// "order" (within the conversation), "held_by", "record" (what is recorded
	// of it), "allow_duplicate", "on_in_doubt"; in this order.
	What []string
}

// Key returns the key of the entry that the difference is about.
func (d *Difference) Key() state.Key { return state.Key{Addr: d.Addr, Revision: d.Revision} }

// Setting is something that differs between two plans and belongs to no
// address.
type Setting struct {
	// Name is "lineage", "only", "exclude", "max_sends",
	// "max_sends_per_recipient", "stop_after_failures", "retry_rejected",
	// "limits" of an account, or "order": of actions in different
	// conversations, which wait for nothing of each other.
	Name     string
	Account  string // of limits: the IG id
	Old, New string // for people; empty for nothing, and for order
}

// Compare returns what two plans do differently about their addresses: only
// where one of them does something. It is in the order of now, then what is
// only in old. With CompareSettings it says why two plans have different ids;
// plans with the same id do not differ.
func Compare(old, now *Plan) []Difference {
	before := make(map[state.Key]*Change, len(old.Changes))
	for _, c := range old.Changes {
		before[c.Key()] = c
	}
	moved := reordered(old, now, before)
	var list []Difference
	found := make(map[state.Key]bool)
	add := func(o, n *Change, what []string) {
		c := n
		if c == nil {
			c = o
		}
		list = append(list, Difference{Addr: c.Addr, Revision: c.Revision, Old: o, New: n, What: what})
	}
	for _, n := range now.Changes {
		o := before[n.Key()]
		found[n.Key()] = true
		switch {
		case o == nil && n.Action != NoOp:
			add(nil, n, nil)
		case o != nil && (o.Action != NoOp || n.Action != NoOp):
			if what := differs(old, now, o, n, moved[n.Key()]); len(what) > 0 {
				add(o, n, what)
			}
		}
	}
	for _, o := range old.Changes {
		if !found[o.Key()] && o.Action != NoOp {
			add(o, nil, nil)
		}
	}
	return list
}

// differs names what two changes of one address do differently. What only
// matters to an action is compared where both have one.
func differs(old, now *Plan, o, n *Change, moved bool) []string {
	var what []string
	note := func(name string, differ bool) {
		if differ {
			what = append(what, name)
		}
	}
	note("action", o.Action != n.Action)
	note("account", o.Account != n.Account)
	note("recipient", o.Recipient != n.Recipient)
	note(contentDiffers(o.Content, n.Content))
	note("target", o.Target != n.Target)
	note("reaction", o.React != n.React)
	note("import_id", o.ImportID != n.ImportID)
	if o.Action == NoOp || n.Action == NoOp {
		return what
	}
	if o.Action.Calls() && n.Action.Calls() {
		a, b := old.Account(o.Account), now.Account(n.Account)
		note("endpoint", a != nil && b != nil && a.Endpoint != b.Endpoint)
		note("api_version", a != nil && b != nil && a.APIVersion != b.APIVersion)
	}
	note("depends_on", !slices.Equal(o.DependsOn, n.DependsOn))
	note("order", moved)
	note("held_by", o.HeldBy != n.HeldBy)
	note("record", !sameBase(o, n))
	if n.Addr.Kind == addr.Message {
		note("allow_duplicate", o.AllowDuplicate != n.AllowDuplicate)
		note("on_in_doubt", o.OnInDoubt != n.OnInDoubt)
	}
	return what
}

// contentDiffers names the difference of two contents, if there is one.
func contentDiffers(o, n content.Content) (string, bool) {
	switch {
	case o.Kind == n.Kind:
		return n.Kind.String(), o.Value != n.Value
	case o.Kind == content.KindInvalid:
		return n.Kind.String(), true
	case n.Kind == content.KindInvalid:
		return o.Kind.String(), true
	}
	return "kind", true
}

// sameBase reports whether two changes rest on the same recorded entry, as far
// as their digest says.
func sameBase(o, n *Change) bool {
	var a, b writer
	digestBase(&a, o)
	digestBase(&b, n)
	return string(a.buf) == string(b.buf)
}

// reordered returns the keys that both plans act on and that stand elsewhere
// among the others of their conversation: the fewest that explain it.
func reordered(old, now *Plan, before map[state.Key]*Change) map[state.Key]bool {
	at := make(map[state.Key]int, len(old.Changes))
	for i, c := range old.Changes {
		at[c.Key()] = i
	}
	convs := make(map[state.Conversation][]state.Key)
	for _, n := range now.Changes {
		o := before[n.Key()]
		if o != nil && o.Action != NoOp && n.Action != NoOp && o.Conversation() == n.Conversation() {
			convs[n.Conversation()] = append(convs[n.Conversation()], n.Key())
		}
	}
	moved := make(map[state.Key]bool)
	for _, keys := range convs {
		places := make([]int, len(keys))
		for i, k := range keys {
			places[i] = at[k]
		}
		if slices.IsSorted(places) {
			continue
		}
		stays := longestRise(places)
		for i, k := range keys {
			if !stays[i] {
				moved[k] = true
			}
		}
	}
	return moved
}

// longestRise marks the elements of a longest rising subsequence.
func longestRise(list []int) []bool {
	var ends []int // index of the lowest last element of a rise of each length
	prev := make([]int, len(list))
	for i, v := range list {
		n, _ := slices.BinarySearchFunc(ends, v, func(j, v int) int { return list[j] - v })
		prev[i] = -1
		if n > 0 {
			prev[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	mark := make([]bool, len(list))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = prev[i] {
			mark[i] = true
		}
	}
	return mark
}

// CompareSettings returns what differs between two plans beside their
// addresses.
func CompareSettings(old, now *Plan) []Setting {
	var list []Setting
	note := func(name, account, o, n string) {
		if o != n {
			list = append(list, Setting{Name: name, Account: account, Old: o, New: n})
		}
	}
	note("lineage", "", old.Lineage, now.Lineage)
	note("only", "", patterns(old.Selection.Only), patterns(now.Selection.Only))
	note("exclude", "", patterns(old.Selection.Exclude), patterns(now.Selection.Exclude))
	for _, l := range []struct {
		name string
		o, n int
	}{
		{"max_sends", old.Limits.MaxSends, now.Limits.MaxSends},
		{"max_sends_per_recipient", old.Limits.MaxSendsPerRecipient, now.Limits.MaxSendsPerRecipient},
		{"stop_after_failures", old.Limits.StopAfterFailures, now.Limits.StopAfterFailures},
	} {
		note(l.name, "", limit(l.o), limit(l.n))
	}
	note("retry_rejected", "", fmt.Sprint(old.RetryRejected), fmt.Sprint(now.RetryRejected))
	for i := range now.Accounts {
		n := &now.Accounts[i]
		if o := old.Account(n.IGID); o != nil {
			note("limits", n.IGID, rates(o.Rates), rates(n.Rates))
		}
	}
	if interleaved(old, now) {
		list = append(list, Setting{Name: "order"})
	}
	return list
}

// interleaved reports whether what both plans act on comes in another order, and
// no conversation shows it.
func interleaved(old, now *Plan) bool {
	before := make(map[state.Key]*Change, len(old.Changes))
	at := make(map[state.Key]int, len(old.Changes))
	for i, c := range old.Changes {
		before[c.Key()], at[c.Key()] = c, i
	}
	last, rising := -1, true
	for _, n := range now.Changes {
		if o := before[n.Key()]; o != nil && o.Action != NoOp && n.Action != NoOp {
			rising = rising && last < at[n.Key()]
			last = at[n.Key()]
		}
	}
	return !rising && len(reordered(old, now, before)) == 0
}

// patterns writes a selection; which comes first says nothing.
func patterns(list []string) string { return strings.Join(sortedCopy(list), " ") }

func limit(n int) string {
	if n == 0 {
		return ""
	}
	return content.Thousands(n)
}

func rates(r Rates) string {
	return fmt.Sprintf("messages %g, media %g, reads %g", r.Messages, r.Media, r.Reads)
}
