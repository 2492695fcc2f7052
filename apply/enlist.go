package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/plan"
	"herald/state"
)

// enlist makes in the record what the plan says without a call, for a run that
// shares it, and returns the ledger. Whoever comes first makes it: the store
// lets only one snapshot follow another, and what is loaded after it needs
// none. The conversations of what is moved or recorded are claimed meanwhile,
// so that nobody is sending there. The diagnostics refuse the run.
func (r *Run) enlist(ctx context.Context, m state.Member) (*ledger, hcl.Diagnostics, error) {
	if diags := r.check(); diags.HasErrors() {
		return nil, diags, nil
	}
	touched := r.touched()
	book, changed := r.sharedBook()
	if !changed {
		return book, nil, nil
	}
	for wait := pollFirst; ; wait = min(2*wait, pollMost) {
		book, diags, err := r.enlistOnce(ctx, m, touched)
		var conflict *state.ConflictError
		switch {
		case errors.As(err, &conflict):
		case err != nil || book != nil || diags.HasErrors():
			return book, diags, err
		}
		if !sleep(ctx, wait) {
			return nil, nil, context.Cause(ctx)
		}
		if m.Context().Err() != nil {
			return nil, nil, context.Cause(m.Context())
		}
	}
}

// sharedBook is open on a copy of the record, so that it can be tried again.
func (r *Run) sharedBook() (*ledger, bool) {
	again := *r
	if r.Record != nil {
		again.Record = r.Record.Clone()
	}
	return again.open()
}

// enlistOnce tries once. It returns no ledger if another run has a conversation
// that is needed.
func (r *Run) enlistOnce(ctx context.Context, m state.Member, touched []state.Conversation) (*ledger, hcl.Diagnostics, error) {
	got, err := r.claimAll(ctx, m, touched)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = m.Release(context.WithoutCancel(ctx), got...) }() // leaving gives them back as well
	if len(got) < len(touched) {
		return nil, nil, nil
	}
	if err := r.reload(ctx, m); err != nil {
		return nil, nil, err
	}
	if diags := r.check(); diags.HasErrors() {
		return nil, diags, nil
	}
	fresh := r.Record == nil
	book, changed := r.sharedBook()
	if !changed {
		return book, nil, nil
	}
	ctx = context.WithoutCancel(ctx)
	if err := m.Snapshot(ctx, book.record); err != nil {
		return nil, nil, err
	}
	if fresh {
		return book, nil, nil // its entries are part of what was stored
	}
	var list []state.Entry
	for c := range book.made {
		list = append(list, *book.record.Get(c.Key()))
	}
	slices.SortFunc(list, func(a, b state.Entry) int { return a.Key().Compare(b.Key()) })
	if len(list) > 0 {
		err = m.Append(ctx, list...)
	}
	return book, nil, err
}

// claimAll claims the conversations, or those of them that nobody has.
func (r *Run) claimAll(ctx context.Context, m state.Member, list []state.Conversation) ([]state.Conversation, error) {
	if len(list) == 0 || r.Record == nil {
		return list, nil // there is no record, and so nobody who sends
	}
	return m.Claim(ctx, list, len(list))
}

// touched returns the conversations of what the plan moves or records.
func (r *Run) touched() []state.Conversation {
	seen := make(map[state.Conversation]bool)
	var list []state.Conversation
	add := func(at state.Conversation) {
		if !seen[at] {
			seen[at] = true
			list = append(list, at)
		}
	}
	if r.Record != nil {
		for _, mv := range r.Plan.Moves {
			for _, e := range r.Record.Revisions(mv.From) {
				add(e.Conversation())
			}
		}
	}
	for _, c := range r.Plan.Changes {
		if c.Action.RecordOnly() {
			add(c.Conversation())
		}
	}
	return list
}

// reload reads the record again, as much of it as was read before.
func (r *Run) reload(ctx context.Context, m state.Member) error {
	loader, partly := m.(state.PartLoader)
	var record *state.Record
	var err error
	if partly && r.Record != nil && r.Record.Rest > 0 {
		record, err = loader.LoadPart(ctx, PartOf(r.Plan))
	} else {
		record, err = m.Load(ctx)
	}
	if errors.Is(err, state.ErrNoRecord) && r.Record == nil {
		return nil
	}
	if err == nil {
		r.Record = record
	}
	return err
}

// PartOf returns the part of a record that a run of the plan begins with.
func PartOf(p *plan.Plan) state.Part {
	part := state.Part{PlanID: p.ID}
	seen := make(map[state.Conversation]bool)
	for _, o := range p.Outputs {
		part.Addrs = append(part.Addrs, o.Refs...)
	}
	for _, c := range p.Changes {
		if c.Target.IsRef() {
			part.Addrs = append(part.Addrs, c.Target.Ref)
		}
		if c.Action == plan.NoOp {
			continue
		}
		part.Addrs = append(part.Addrs, c.Addr)
		if c.Fingerprint != "" {
			part.Fingerprints = append(part.Fingerprints, c.Fingerprint)
		}
		if c.ImportID != "" {
			part.MessageIDs = append(part.MessageIDs, c.ImportID)
		}
		if at := c.Conversation(); !seen[at] {
			seen[at] = true
			part.Conversations = append(part.Conversations, at)
		}
	}
	for _, m := range p.Moves {
		part.Addrs = append(part.Addrs, m.From, m.To)
	}
	return part
}

// doShared is Do for a run that shares the record with others.
func (r Run) doShared(ctx context.Context, m state.Member, rep *Report) (*Report, hcl.Diagnostics) {
	book, diags, err := r.enlist(ctx, m)
	if diags.HasErrors() {
		rep.Refused = true
		return rep, diags
	}
	if err != nil {
		if rep.Interrupted = ctx.Err() != nil; !rep.Interrupted {
			rep.Broken, diags = err, hcl.Diagnostics{unwritable(err)}
		}
		return rep, diags
	}
	r.Record = book.record
	rep.Record, rep.Results = book.record, r.unreached()
	e := r.engine(ctx, book, rep)
	e.muster(m)
	e.observe(Event{Type: RunStarted, Total: e.pending()})
	e.carry(ctx)
	_ = e.conclude(context.WithoutCancel(ctx)) // there is nothing to fold
	e.observe(Event{Type: RunEnded})
	return rep, e.diagnostics(nil)
}

// disperse gives back what the run holds at its end.
func (e *engine) disperse(ctx context.Context) {
	f := e.fleet
	var back []state.Conversation
	for _, s := range f.shares {
		if s.phase == held || s.phase == leaving {
			back = append(back, s.at...)
		}
	}
	if f.member.Context().Err() != nil {
		return // they are given back by the end of the lease
	}
	ctx, cancel := context.WithTimeout(ctx, disperseMost)
	defer cancel()
	if err := f.member.Release(ctx, back...); err != nil {
		e.log.Debug("conversations were not given back", "error", err.Error())
	}
}

// disperseMost bounds how long a run tries to give back what it holds: leaving
// the record does so as well.
const disperseMost = 5 * time.Second
