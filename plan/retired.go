package plan

import (
	"fmt"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/state"
)

// retire looks at the entries whose block is gone.
func (b *builder) retire() {
	var act []*state.Entry
	b.goneSent = make(map[state.Conversation][]*state.Entry)
	for e := range b.record.All() {
		if _, wanted := b.items[e.Addr]; wanted {
			continue
		}
		switch e.Status {
		case state.Sent:
			b.goneSent[e.Conversation()] = append(b.goneSent[e.Conversation()], e)
			b.retired++
		case state.Rejected:
			b.retired++
		case state.Intent, state.Reacted:
			act = append(act, e)
		case state.Absent, state.StatusInvalid:
		}
	}
	slices.SortFunc(act, func(x, y *state.Entry) int { return x.Key().Compare(y.Key()) })
	for _, e := range act {
		change := int64(0)
		for _, f := range b.record.Revisions(e.Addr) {
			change += f.Change
		}
		if e.Addr.Kind == addr.Message {
			b.gone = append(b.gone, b.settle(e, nil, change))
			continue
		}
		if b.removed.forgets(e.Addr) {
			b.gone = append(b.gone, b.forget(e, change))
			continue
		}
		b.gone = append(b.gone, b.unreact(e, change))
	}
}

// checkHosts reports changes that belong to an account without a block: its
// endpoint, and the name of its token, stand there.
func (b *builder) checkHosts() {
	ids := make([]string, 0, len(b.noHost))
	for id := range b.noHost {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		list := slices.DeleteFunc(slices.Clone(b.noHost[id]), func(a addr.Instance) bool { return !b.selected(a) })
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, addr.Instance.Compare)
		var commands []string
		for _, a := range list[:min(len(list), 3)] {
			commands = append(commands, remedyWithoutAccount(a))
		}
		b.fail(b.rangeOf(list[0]), "Account is no longer declared", fmt.Sprintf(
			"%s must still be settled or taken back from account %s, and no account block has this ig_id any more. "+
				"Put the account block back. If the account is gone for good, tell Herald to forget:",
			andOthers(list[0], len(list)), id)+strings.TrimRight(block(commands...), "\n"))
	}
}

func remedyWithoutAccount(a addr.Instance) string {
	if a.Kind == addr.Message {
		return "herald resolve '" + a.String() + "' -not-sent"
	}
	return "herald state rm '" + a.String() + "'"
}
