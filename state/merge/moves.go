package merge

import (
	"maps"
	"slices"
	"time"

	"herald/config/addr"
	"herald/state"
)

// places says under which address a side of a merge has what the base has
// under another.
type places map[addr.Instance]addr.Instance

// align makes the moves of each side on the other side and on the base, so
// that afterwards one key is one story on all three. The arguments stay as
// they are. A move is not made where its target is taken by something else: it
// is undone then on the side that made it, so that two stories do not become
// one entry. Where that cannot be either, or both sides have moved something
// to different places, the entry stays under both addresses: that shows in the
// next plan, and nothing is sent twice.
func align(base, ours, theirs *state.Record) (b, o, t *state.Record) {
	mo, mt := moves(base, ours), moves(base, theirs)
	if len(mo)+len(mt) == 0 {
		return base, ours, theirs
	}
	onlyO, onlyT, common := places{}, places{}, places{}
	for from, to := range mo {
		if there, ok := mt[from]; !ok {
			onlyO[from] = to
		} else if there == to {
			common[from] = to
		}
	}
	for from, to := range mt {
		if _, ok := mo[from]; !ok {
			onlyT[from] = to
		}
	}
	okO, okT := possible(theirs, onlyO, mt), possible(ours, onlyT, mo)
	o = relocate(ours, okT)
	t = relocate(theirs, okO)
	o = relocate(o, possible(o, inverted(onlyO, okO), nil))
	t = relocate(t, possible(t, inverted(onlyT, okT), nil))
	maps.Copy(common, okO)
	maps.Copy(common, okT)
	return relocate(base, possible(base, common, nil)), o, t
}

// possible returns those of the moves that can be made in r at once: whose
// target is free there, or is freed by another of them. A source that r itself
// has filled by a move of its own holds another story.
func possible(r *state.Record, want, own places) places {
	ok := maps.Clone(want)
	for _, to := range own {
		delete(ok, to)
	}
	for again := true; again; {
		again = false
		for from, to := range ok {
			if _, freed := ok[to]; !freed && len(r.Revisions(to)) > 0 {
				delete(ok, from)
				again = true
			}
		}
	}
	return ok
}

// inverted returns the ways back of the moves that are not among those made.
func inverted(all, made places) places {
	back := places{}
	for from, to := range all {
		if _, ok := made[from]; !ok {
			back[to] = from
		}
	}
	return back
}

// relocate returns r with the entries under their new addresses, or r itself if
// two would come to one key.
func relocate(r *state.Record, to places) *state.Record {
	if len(to) == 0 {
		return r
	}
	next := state.NewRecord(r.Lineage)
	next.Serial, next.Origin, next.Endpoints = r.Serial, r.Origin, r.Endpoints
	for e := range r.All() {
		if place, ok := to[e.Addr]; ok {
			moved := e.MovedTo(place)
			e = &moved
		}
		if next.Get(e.Key()) != nil {
			return r
		}
		next.Adopt(e)
	}
	return next
}

// story is what stays the same of a send, wherever it is recorded and whatever
// becomes of it: its message id, or its content and when it was first tried.
type story struct {
	kind  addr.Kind
	id    string
	print string
	first time.Time
}

// stories returns those of an entry, and those of what it was before the plan
// that wrote it: an address that was sent anew is still that address.
func stories(e *state.Entry) []story {
	var list []story
	for _, id := range ids(e) {
		list = append(list, story{kind: e.Addr.Kind, id: id})
	}
	if !e.FirstIntendedAt.IsZero() {
		list = append(list, story{kind: e.Addr.Kind, print: e.Fingerprint, first: e.FirstIntendedAt.UTC()})
	}
	if e.Before != nil {
		list = append(list, stories(e.Before)...)
	}
	return list
}

// goesOn reports whether e, which may be nil, tells the same story as the base.
// A sent message is known by its id.
func goesOn(e, base *state.Entry) bool {
	if e == nil || e.Addr.Kind != base.Addr.Kind {
		return false
	}
	switch {
	case base.MessageID != "" && slices.Contains(ids(e), base.MessageID):
		return true
	case base.Status != state.Sent && !base.FirstIntendedAt.IsZero() && e.FirstIntendedAt.Equal(base.FirstIntendedAt) &&
		e.Fingerprint == base.Fingerprint:
		return true
	}
	return goesOn(e.Before, base)
}

// moves finds what the side has moved since the base. An instance has moved if
// its story does not go on under its address, and goes on under exactly one
// other that had another story, or none.
func moves(base, side *state.Record) places {
	found := places{}
	var known map[story][]addr.Instance
	for e := range base.All() {
		if _, ok := found[e.Addr]; ok || goesOn(side.Get(e.Key()), e) || sameEntry(side.Get(e.Key()), e) {
			continue
		}
		if known == nil {
			known = whereabouts(side)
		}
		if to, ok := movedTo(base, side, e.Addr, known); ok {
			found[e.Addr] = to
		}
	}
	sources := make(map[addr.Instance]int)
	for _, to := range found {
		sources[to]++
	}
	maps.DeleteFunc(found, func(_, to addr.Instance) bool { return sources[to] > 1 })
	return found
}

// whereabouts says under which addresses each story is told.
func whereabouts(r *state.Record) map[story][]addr.Instance {
	known := make(map[story][]addr.Instance, 2*r.Len())
	for e := range r.All() {
		for _, s := range stories(e) {
			known[s] = append(known[s], e.Addr)
		}
	}
	return known
}

// movedTo returns the one address under which the side goes on with all that
// the base has of from.
func movedTo(base, side *state.Record, from addr.Instance, known map[story][]addr.Instance) (addr.Instance, bool) {
	revisions := base.Revisions(from)
	targets := make(map[addr.Instance]bool)
	for _, e := range revisions {
		for _, s := range stories(e) {
			for _, to := range known[s] {
				if to != from && movedWhole(base, side, revisions, to) {
					targets[to] = true
				}
			}
		}
	}
	if len(targets) != 1 {
		return addr.Instance{}, false
	}
	for to := range targets {
		return to, true
	}
	return addr.Instance{}, false
}

// movedWhole reports whether every revision goes on under the address to, at
// least one of them for certain. One that nothing is to be feared of may have
// become another attempt meanwhile.
func movedWhole(base, side *state.Record, revisions []*state.Entry, to addr.Instance) bool {
	certain := false
	for _, e := range revisions {
		k := state.Key{Addr: to, Revision: e.Revision}
		now := side.Get(k)
		if now == nil || goesOn(base.Get(k), e) {
			return false
		}
		switch {
		case goesOn(now, e):
			certain = true
		case e.Status != state.Absent && e.Status != state.Rejected, now.Account != e.Account, now.Recipient != e.Recipient:
			return false
		}
	}
	return certain
}
