package plan

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
)

// selected reports whether the plan was asked for the address.
func (b *builder) selected(a addr.Instance) bool {
	if len(b.in.Only) > 0 && !matches(b.in.Only, a) {
		return false
	}
	return !matches(b.in.Exclude, a)
}

func matches(patterns []addr.Pattern, a addr.Instance) bool {
	for _, p := range patterns {
		if p.Match(a) {
			return true
		}
	}
	return false
}

// selection returns the patterns as they were written.
func (b *builder) selection() Selection {
	var s Selection
	for _, p := range b.in.Only {
		s.Only = append(s.Only, p.String())
	}
	for _, p := range b.in.Exclude {
		s.Exclude = append(s.Exclude, p.String())
	}
	return s
}

// checkSelection refuses a pattern that selects nothing: a typing mistake
// would otherwise look like a plan with nothing to do.
func (b *builder) checkSelection() {
	check := func(flag string, patterns []addr.Pattern) {
		for _, p := range patterns {
			if b.matchesAny(p) {
				continue
			}
			detail := fmt.Sprintf("%s=%s matches no message or reaction of the configuration or the record.", flag, p)
			if near := b.near(p.String()); near != "" {
				detail += " Did you mean this one?" + block(near) + "In a shell, put an address with a key in single quotes."
			} else {
				detail += " Addresses look like message.welcome or message.welcome[\"ana\"]; a star stands for any characters."
			}
			b.fail(hcl.Range{}, "Nothing selected", detail)
		}
	}
	check("-only", b.in.Only)
	check("-exclude", b.in.Exclude)
}

func (b *builder) matchesAny(p addr.Pattern) bool {
	for _, it := range b.wanted.Items {
		if p.Match(it.Addr) {
			return true
		}
	}
	for e := range b.record.All() {
		if p.Match(e.Addr) {
			return true
		}
	}
	return false
}

// select_ takes what was not selected out of the plan.
func (b *builder) select_() {
	if len(b.in.Only) == 0 && len(b.in.Exclude) == 0 {
		return
	}
	for n := range b.nodes {
		c := b.nodes[n].change
		if c.Action != NoOp && !b.selected(c.Addr) {
			c.Action, c.Reason = NoOp, NotSelected
			c.HeldBy, c.HeldWhy = addr.Instance{}, ""
		}
	}
}

// near returns the address that looks most like the text, or "".
func (b *builder) near(text string) string {
	best, least := "", len(text)/3+1
	try := func(s string) {
		if d := distance(text, s, least); d < least || d == least && best != "" && s < best {
			best, least = s, d
		}
	}
	for block := range b.wanted.Blocks {
		try(block.String())
	}
	for _, it := range b.wanted.Items {
		try(it.Addr.String())
	}
	for e := range b.record.All() {
		try(e.Addr.String())
	}
	return best
}

// distance returns how many letters must be changed, put in or left out to
// make one text of the other, or more than limit if it is more than that.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		lowest := row[0]
		for j := range len(b) {
			step := diagonal
			if a[i] != b[j] {
				step++
			}
			diagonal = row[j+1]
			row[j+1] = min(step, row[j]+1, row[j+1]+1)
			lowest = min(lowest, row[j+1])
		}
		if lowest > limit {
			return limit + 1
		}
	}
	return row[len(b)]
}

// unknown says that an address is not there, and names one like it.
func (b *builder) unknown(who string, a addr.Instance) string {
	detail := fmt.Sprintf("%s %s, which the configuration does not declare.", who, a)
	if near := b.near(a.String()); near != "" {
		return detail + " Did you mean this one?" + block(near) + "Correct the address, or declare the block."
	}
	return detail + " Correct the address, or declare the block."
}
