package plan

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// importer holds what the import blocks say.
type importer struct {
	// wanted are the imports that the plan was asked for, by address.
	wanted map[addr.Instance]*config.Import
	// byID are the changes that import a message, by its id.
	byID map[string]*Change
	// also are the entries whose message was delivered under a further id.
	also map[string]*state.Entry
	// problems are what keeps imports from being made: those of one block and
	// kind are one diagnostic.
	problems []importProblem
}

// importProblem is what is wrong with an import, and with how many of its
// block.
type importProblem struct {
	at                    hcl.Range
	summary, detail, tail string
	count                 int
}

// readImports sorts the import blocks by what they import. What a
// configuration refuses is refused here as well.
func (b *builder) readImports() {
	if len(b.wanted.Imports) == 0 {
		return
	}
	im := &b.imports
	im.wanted = make(map[addr.Instance]*config.Import, len(b.wanted.Imports))
	im.byID = make(map[string]*Change)
	ids := make(map[string]addr.Instance, len(b.wanted.Imports))
	seen := make(map[addr.Instance]bool, len(b.wanted.Imports))
	for i := range b.wanted.Imports {
		w := &b.wanted.Imports[i]
		_, declared := b.items[w.To]
		other, taken := ids[w.ID]
		switch {
		case w.To.Kind != addr.Message:
			b.fail(w.Range, "Reaction needs no import", fmt.Sprintf(
				"%s is a reaction, and to react twice changes nothing. Declare it, and the next apply makes it Herald's.", w.To))
		case !declared:
			b.fail(w.Range, "Import without its message", b.unknown("An import names", w.To))
		case content.CheckMessageID(w.ID) != nil:
			b.fail(w.Range, "Invalid message id", content.CheckMessageID(w.ID).Detail)
		case seen[w.To]:
			b.fail(w.Range, "Imported twice", fmt.Sprintf("%s is imported twice. A message was sent under one id: take out one of the two.", w.To))
		case taken:
			b.fail(w.Range, "One id for two messages", fmt.Sprintf("%s and %s are imported under one id. Every message has an id of its own: look again which of the two it belongs to.", other, w.To))
		case b.selected(w.To):
			im.wanted[w.To] = w
		}
		ids[w.ID], seen[w.To] = w.To, true
	}
	for e := range b.record.All() {
		for _, id := range e.AlsoSent {
			if im.also == nil {
				im.also = make(map[string]*state.Entry)
			}
			im.also[id] = e
		}
	}
}

// importMessage makes the change an import if a block says so and the record
// does not yet. It reports whether it did.
func (b *builder) importMessage(c *Change, h history) bool {
	w := b.imports.wanted[c.Addr]
	if w == nil {
		return false
	}
	var doubt, other *state.Entry
	for _, e := range h.all {
		switch {
		case e.Status == state.Intent:
			doubt = e
		case e.Status != state.Sent:
		case e.MessageID == w.ID || slices.Contains(e.AlsoSent, w.ID):
			return false // it is done, and the block may stay
		case e.Revision >= c.Revision:
			other = e
		}
	}
	holder := b.holderOf(w.ID)
	switch {
	case doubt != nil:
		b.failImport(w.Range, "Import of a message in doubt", fmt.Sprintf(
			"%s is in doubt: Herald has tried to send it and does not know whether it arrived. An import says that it was sent by hand, and it may have been sent by Herald. "+
				"If it is one and the same, take out the import and say so:", doubt.Key()),
			block("herald resolve '"+c.Addr.String()+"' -sent="+w.ID))
	case other != nil:
		b.failImport(w.Range, "Import of a message that was sent", fmt.Sprintf(
			"%s is recorded as sent under the id %s, and is imported under another one, %s. Both cannot be right, and what is recorded stays. "+
				"Take out the import; if it is another message, give it a block of its own.", other.Key(), other.MessageID, w.ID), "")
	case holder != nil:
		b.failHeld(w, holder)
	default:
		c.Action, c.Reason, c.ImportID, c.Base = Import, Imported, w.ID, h.own
		b.imports.byID[w.ID] = c
		return true
	}
	return false
}

// holderOf returns the entry that has the message id, or nil.
func (b *builder) holderOf(id string) *state.Entry {
	if b.record.Len() == 0 {
		return nil
	}
	if e := b.lookup().MessageID(id); e != nil {
		return e
	}
	return b.imports.also[id]
}

// failHeld reports an import of an id that another address has.
func (b *builder) failHeld(w *config.Import, e *state.Entry) {
	detail := fmt.Sprintf("%s is imported under the id that is recorded for %s. Instagram gives every message an id of its own. ", w.To, e.Addr)
	if _, live := b.items[e.Addr]; live {
		b.failImport(w.Range, "Message id belongs to another address", detail+"Look again which of the two it belongs to.", "")
		return
	}
	b.failImport(w.Range, "Message id belongs to another address", detail+fmt.Sprintf(
		"The block of %s is gone. If it was renamed, write this in the place of the import:", e.Addr), movedBlock(e.Addr, w.To))
}

// failImport notes what is wrong with an import. The tail follows the count of
// those that have the same problem.
func (b *builder) failImport(at hcl.Range, summary, detail, tail string) {
	list := &b.imports.problems
	i := slices.IndexFunc(*list, func(p importProblem) bool { return p.at == at && p.summary == summary })
	if i >= 0 {
		(*list)[i].count++
		return
	}
	*list = append(*list, importProblem{at, summary, detail, tail, 1})
}

// reportImports hands over what failImport has noted.
func (b *builder) reportImports() {
	for _, p := range b.imports.problems {
		more := ""
		if p.count > 1 {
			more = " The same goes for " + others(p.count-1, "import") + " of this block."
		}
		tail := p.tail
		if more != "" && tail != "" {
			tail, more = tail+more[1:], ""
		}
		b.fail(p.at, p.summary, p.detail+more+tail)
	}
}

// byHand returns the changes whose message was sent by hand, by fingerprint:
// those that the plan imports, and those that were not selected.
func (b *builder) byHand() map[string]*Change {
	if len(b.wanted.Imports) == 0 {
		return nil
	}
	list := make(map[string]*Change, len(b.wanted.Imports))
	for i := range b.wanted.Imports {
		c := b.main[b.items[b.wanted.Imports[i].To]]
		if list[c.Fingerprint] == nil && (c.Action == Import || c.Reason == NotSelected) {
			list[c.Fingerprint] = c
		}
	}
	return list
}

// failImported reports the send of what was sent by hand.
func (b *builder) failImported(c, sent *Change) {
	b.fail(c.Range, "Duplicate message", fmt.Sprintf(
		"%s is the same message to the same person as %s (%s), which was sent by hand, as its import block says. The person would read it twice. "+
			"Take out one of the two, or write allow_duplicate = true into the lifecycle block of %s if it is meant.",
		c.Addr, sent.Addr, place(sent.Range), c.Addr.Block))
}
