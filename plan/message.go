package plan

import (
	"fmt"

	"herald/config"
	"herald/config/content"
	"herald/state"
)

// history is what the record knows of one message's address.
type history struct {
	all      []*state.Entry // lowest revision first
	own      *state.Entry   // of the wanted revision
	lower    *state.Entry   // the highest lower one that was sent or refused or is in doubt
	higher   *state.Entry   // the highest one that was sent at a higher revision
	doubtLow bool           // a lower revision is in doubt
	doubtTop bool           // a higher one is
	change   int64          // the sum of the entries' changes
}

func (b *builder) history(it *config.Item) history {
	var h history
	latest := b.record.Latest(it.Addr)
	switch {
	case latest == nil:
		return h
	case latest.Revision == 1:
		h.all = []*state.Entry{latest}
	default:
		h.all = b.record.Revisions(it.Addr)
	}
	for _, e := range h.all {
		h.change += e.Change
		switch {
		case e.Revision == it.Revision:
			h.own = e
		case e.Status == state.Absent:
		case e.Revision < it.Revision:
			h.lower = e
			h.doubtLow = h.doubtLow || e.Status == state.Intent
		case e.Status == state.Sent:
			h.higher = e
		case e.Status == state.Intent:
			h.doubtTop = true
		}
	}
	return h
}

// message gives a message its row of the table, and returns how many entries
// of the record belong to it.
func (b *builder) message(i int32, it *config.Item) int {
	c := b.change(it)
	c.Content = it.Content
	c.Fingerprint = fingerprint(it)
	b.main[i] = c
	h := b.history(it)
	c.Base, c.BaseChange = h.own, h.change
	if b.importMessage(c, h) {
		return len(h.all)
	}
	if h.all == nil {
		c.Action, c.Reason = Send, NotSentYet
		return 0
	}
	for _, e := range h.all {
		if e.Status == state.Intent && e != h.own {
			b.extra = append(b.extra, extra{i, b.settle(e, it, h.change)})
		}
	}
	switch {
	case h.own != nil && h.own.Status == state.Intent:
		b.ownDoubt(c, it, h)
	case h.higher != nil:
		c.Base, c.Reason = h.higher, RevisionLowered
		b.warnLowered(it, h.higher)
	case h.own == nil || h.own.Status == state.Absent:
		c.Action, c.Reason = Send, NotSentYet
		if h.lower != nil {
			c.Reason = RevisionRaised
			if h.own == nil {
				c.Base = h.lower
			}
		}
	case h.own.Status == state.Rejected:
		c.Action, c.Reason = Send, RejectedBefore
		if b.refusedForGood(h.own) && h.own.Fingerprint == c.Fingerprint {
			c.Action, c.Reason = NoOp, RejectedFinal
		}
	case h.own.Fingerprint == c.Fingerprint:
		c.Reason = AlreadySent
	default:
		c.Reason = EditedAfterSent
		b.checkEdit(it, h.own)
	}
	if c.Content.Kind != 0 && c.Action != NoOp && (h.doubtLow || h.doubtTop) {
		b.waitFor(c, h.doubtTop)
	}
	return len(h.all)
}

// fingerprint returns what a message's entry is compared by.
func fingerprint(it *config.Item) string {
	return content.Fingerprint(it.Account.IGID, it.Recipient, it.Content)
}

// ownDoubt settles the wanted revision. Proven absent it may be sent again at
// once, but only as it was: what was edited meanwhile, or has a later revision,
// is for the next plan.
func (b *builder) ownDoubt(c *Change, it *config.Item, h history) {
	if h.own.Fingerprint != c.Fingerprint || h.higher != nil || h.doubtTop {
		*c = *b.settle(h.own, it, h.change)
		return
	}
	c.Action, c.Reason = Settle, InDoubt
}

// settle returns the change that finds out about the entry and sends nothing.
// The item is nil if the block is gone.
func (b *builder) settle(e *state.Entry, it *config.Item, change int64) *Change {
	c := b.blank()
	c.Addr, c.Revision, c.Action, c.Reason = e.Addr, e.Revision, Settle, InDoubt
	c.Account, c.Recipient, c.Fingerprint = e.Account, e.Recipient, e.Fingerprint
	c.Base, c.BaseChange = e, change
	c.MovedFrom = b.moved[e.Addr]
	if it != nil {
		c.OnInDoubt, c.Sensitive, c.Range = it.OnInDoubt, it.Sensitive, it.Range
	}
	b.need(e.Account, e.Addr)
	return c
}

// waitFor marks a send that another revision of its address decides about. A
// lower revision is settled first; a higher one decides for good, so this plan
// does not send.
func (b *builder) waitFor(c *Change, higher bool) {
	if b.raised == nil {
		b.raised = make(map[*Change]bool)
	}
	b.raised[c] = true
	if higher {
		c.HeldBy, c.HeldWhy = c.Addr, InDoubt
	}
}

// refusedForGood reports whether the refusal stands until something changes.
func (b *builder) refusedForGood(e *state.Entry) bool {
	return !b.in.RetryRejected && (e.Refusal == nil || e.Refusal.Class != state.Hold)
}

func (b *builder) warnLowered(it *config.Item, e *state.Entry) {
	if !b.selected(it.Addr) {
		return
	}
	b.warn(it.Range, "Revision is lower than the one sent", fmt.Sprintf(
		"%s has revision = %d, but revision %d was sent. A sent message cannot be taken back, so nothing is sent. "+
			"Set revision = %d to say what was sent, or revision = %d to send the message once more.",
		it.Addr, it.Revision, e.Revision, e.Revision, e.Revision+1))
}

func (b *builder) checkEdit(it *config.Item, e *state.Entry) {
	if it.OnEdit != config.EditError || !b.selected(it.Addr) {
		return
	}
	at := it.ContentRange
	if at.Filename == "" {
		at = it.Range
	}
	b.fail(at, "Message was edited after it was sent", fmt.Sprintf(
		"%s was sent with another content, recipient or account, and its lifecycle block has on_edit = \"error\". "+
			"A sent message cannot be changed. Put back what was sent, or send the new one as well with revision = %d.",
		it.Addr, e.Revision+1))
}
