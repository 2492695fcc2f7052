package plan

import (
	"fmt"

	"herald/config/addr"
	"herald/state"
)

// LineageError says that a plan was made for another record than the one it is
// to be applied to.
type LineageError struct {
	// Plan is the lineage that the plan was made for, "" for none.
	Plan string
	// Record is that of the record, "" if there is none.
	Record string
}

// Error says what the plan was made for and what there is.
func (e *LineageError) Error() string {
	switch {
	case e.Record == "":
		return fmt.Sprintf("the plan was made for the record with lineage %s, and there is no record", e.Plan)
	case e.Plan == "":
		return fmt.Sprintf("the plan was made when there was no record, and the record with lineage %s began with another plan", e.Record)
	}
	return fmt.Sprintf("the plan was made for the record with lineage %s, and the record has lineage %s", e.Plan, e.Record)
}

// CheckRecord reports with a *LineageError that the record, nil for none, is
// not the one the plan was made for. A plan without lineage belongs to no
// record, or to the one that its own apply made.
func (p *Plan) CheckRecord(r *state.Record) error {
	switch {
	case r == nil && p.Lineage == "":
		return nil
	case r == nil:
		return &LineageError{Plan: p.Lineage}
	case p.Lineage == "" && r.Origin == p.ID && p.ID != "":
		return nil
	case p.Lineage == "" || p.Lineage != r.Lineage:
		return &LineageError{Plan: p.Lineage, Record: r.Lineage}
	}
	return nil
}

// Staleness is an address that is not as the plan found it.
type Staleness struct {
	Addr addr.Instance
	// Planned is the entry that the plan was made on, nil for none.
	Planned *state.Entry
	// Now is the entry that changed, nil if it is gone.
	Now *state.Entry
	// ImportID is set where nothing changed at the address, which imports a
	// message under this id, and where Now is the entry of another address
	// that has got the id.
	ImportID string

	change *Change
}

// String says what changed, in a sentence without a full stop.
func (s Staleness) String() string {
	describe := func(e *state.Entry) string {
		if e == nil {
			return "not recorded"
		}
		text := e.Status.String()
		if e.Revision > 1 {
			text = fmt.Sprintf("%s at revision %d", text, e.Revision)
		}
		return text
	}
	if s.ImportID != "" {
		return fmt.Sprintf("%s is imported under a message id that is recorded for %s now", s.Addr, s.Now.Addr)
	}
	was, is := describe(s.Planned), describe(s.Now)
	if was == is {
		return fmt.Sprintf("%s was %s when the plan was made, and was written again since", s.Addr, was)
	}
	return fmt.Sprintf("%s was %s when the plan was made and is %s now", s.Addr, was, is)
}

// Stale returns the addresses with something to do, or to move, that changed
// since the plan was made by anything but this plan; none if it is fresh. What
// this plan has done itself does not count, so a plan can be applied again. A
// nil record is one without entries.
func (p *Plan) Stale(r *state.Record) []Staleness {
	if r == nil {
		r = state.NewRecord(p.Lineage)
	}
	var list []Staleness
	seen := make(map[addr.Instance]bool)
	for _, c := range p.Changes {
		if c.Action == NoOp {
			continue
		}
		if c.BaseChange == 0 && c.MovedFrom.IsZero() && r.Latest(c.Addr) == nil || seen[c.Addr] {
			continue
		}
		seen[c.Addr] = true
		if now, stale := p.stale(c, r); stale {
			list = append(list, Staleness{Addr: c.Addr, Planned: c.Base, Now: now, change: c})
		}
	}
	list = append(list, p.staleImports(r, list)...)
	for _, m := range p.Moves {
		from, to := r.Latest(m.From), r.Latest(m.To)
		if from != nil && to != nil && !seen[m.To] {
			list = append(list, Staleness{Addr: m.To, Now: to})
		}
	}
	return list
}

// staleImports returns the imports whose message id another address has got
// since the plan was made; not those of list, which are stale anyhow.
func (p *Plan) staleImports(r *state.Record, list []Staleness) []Staleness {
	ids := make(map[string]*Change)
	for _, c := range p.Changes {
		if c.Action == Import {
			ids[c.ImportID] = c
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for _, s := range list {
		if c := s.change; c.Action == Import {
			delete(ids, c.ImportID)
		}
	}
	var held []Staleness
	for _, e := range r.Sorted() {
		if e.Status != state.Sent {
			continue
		}
		for _, id := range append([]string{e.MessageID}, e.AlsoSent...) {
			if c := ids[id]; c != nil && e.Addr != c.Addr && e.Addr != c.MovedFrom {
				held = append(held, Staleness{Addr: c.Addr, Planned: c.Base, Now: e, ImportID: id, change: c})
				delete(ids, id)
			}
		}
	}
	return held
}

// stale compares the sum of the address's changes, those of this plan taken
// back, with what the plan found. It returns the entry to show.
func (p *Plan) stale(c *Change, r *state.Record) (*state.Entry, bool) {
	at := c.Addr
	entries := r.Revisions(at)
	if !c.MovedFrom.IsZero() {
		if former := r.Revisions(c.MovedFrom); len(former) > 0 {
			if len(entries) > 0 {
				return entries[len(entries)-1], true
			}
			entries = former // the move is still to be made
		}
	}
	sum := int64(0)
	var other, own *state.Entry
	for _, e := range entries {
		if e.PlanID == p.ID {
			if e.Before != nil {
				sum += e.Before.Change
			}
		} else {
			sum += e.Change
			if c.Base == nil || e.Revision != c.Base.Revision || e.Change != c.Base.Change {
				other = e
			}
		}
		if e.Revision == c.Revision {
			own = e
		}
	}
	if sum == c.BaseChange {
		return nil, false
	}
	if other == nil {
		other = own
	}
	return other, true
}

// Rewind returns the record as it was before the plan with the id touched it:
// its entries are put back to their Before, or taken out if they had none. If
// that plan's apply made the record, the result has no lineage, as before. The
// plan made from it and the same configuration has the same id. A nil record
// stays nil; r is not changed.
func Rewind(r *state.Record, planID string) *state.Record {
	if r == nil {
		return nil
	}
	back := state.NewRecord(r.Lineage)
	back.Serial, back.Origin, back.Rest = r.Serial, r.Origin, r.Rest
	for id, endpoint := range r.Endpoints {
		back.Endpoints[id] = endpoint
	}
	if planID != "" && r.Origin == planID {
		back.Lineage = ""
	}
	for e := range r.All() {
		switch {
		case planID == "" || e.PlanID != planID:
			back.Put(*e)
		case e.Before != nil:
			back.Put(*e.Before)
		}
	}
	return back
}
