package state

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"herald/config/addr"
)

// Record is everything that is known: the entries, and which record it is. It
// is not safe for concurrent use.
type Record struct {
	// Lineage is the random identity of the record; it never changes.
	Lineage string
	// Serial counts the snapshots written, from 0.
	Serial uint64
	// Origin is the id of the plan whose apply made the record, or "".
	Origin string
	// Endpoints holds, by IG id, the endpoint that the account was first
	// applied with, or that was accepted since.
	Endpoints map[string]string
	// Rest counts the entries that the store holds and that were not loaded; 0
	// where the whole record was. See PartLoader.
	Rest int
	// Mark says that the record must not be worked with where it is stored; nil
	// of every other. See Marker.
	Mark *Mark

	entries map[Key]*Entry
	// latest holds the highest revision of an address that has one above 1.
	latest map[addr.Instance]int
}

// NewRecord returns an empty record of that lineage.
func NewRecord(lineage string) *Record {
	return newRecord(lineage, 0)
}

// newRecord returns an empty record with room for n entries.
func newRecord(lineage string, n int) *Record {
	return &Record{
		Lineage:   lineage,
		Endpoints: make(map[string]string),
		entries:   make(map[Key]*Entry, n),
		latest:    make(map[addr.Instance]int),
	}
}

// Len returns the number of entries.
func (r *Record) Len() int { return len(r.entries) }

// Get returns the entry with the key, or nil. It must not be changed.
func (r *Record) Get(k Key) *Entry { return r.entries[k] }

// Latest returns the entry of the address with the highest revision, or nil.
func (r *Record) Latest(a addr.Instance) *Entry {
	return r.entries[Key{a, r.top(a)}]
}

// top returns the highest revision of the address, at least 1.
func (r *Record) top(a addr.Instance) int { return max(1, r.latest[a]) }

// Put stores a copy of the entry under its key.
func (r *Record) Put(e Entry) { r.Adopt(&e) }

// Adopt stores the entry itself, not a copy: nobody may change it afterwards.
func (r *Record) Adopt(e *Entry) {
	r.entries[e.Key()] = e
	if e.Revision > 1 && e.Revision > r.latest[e.Addr] {
		r.latest[e.Addr] = e.Revision
	}
}

// All yields the entries in no particular order.
func (r *Record) All() iter.Seq[*Entry] { return maps.Values(r.entries) }

// Sorted returns the entries by address and revision.
func (r *Record) Sorted() []*Entry {
	list := make([]*Entry, 0, len(r.entries))
	for _, e := range r.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, compareEntries)
	return list
}

// Revisions returns the entries of one address, lowest revision first.
func (r *Record) Revisions(a addr.Instance) []*Entry {
	top := r.top(a)
	var out []*Entry
	if top <= len(r.entries) {
		for rev := 1; rev <= top; rev++ {
			if e := r.entries[Key{a, rev}]; e != nil {
				out = append(out, e)
			}
		}
		return out
	}
	for k, e := range r.entries {
		if k.Addr == a {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y *Entry) int { return cmp.Compare(x.Revision, y.Revision) })
	return out
}

// Delete takes the entry with the key out of r, if there is one.
func (r *Record) Delete(k Key) {
	delete(r.entries, k)
	if r.latest[k.Addr] != k.Revision {
		return
	}
	delete(r.latest, k.Addr)
	for rev := k.Revision - 1; rev > 1; rev-- {
		if r.entries[Key{k.Addr, rev}] != nil {
			r.latest[k.Addr] = rev
			return
		}
	}
}

// Move puts every revision of one address under another, Before included. The
// entries' Change stays: nothing about the send itself was written. It reports
// whether there was anything to move; the target must have no entry.
func (r *Record) Move(from, to addr.Instance) bool {
	moved := r.Revisions(from)
	for _, e := range moved {
		delete(r.entries, e.Key())
		r.Put(e.MovedTo(to))
	}
	delete(r.latest, from)
	return len(moved) > 0
}

// MovedTo returns the entry as it is recorded under another address.
func (e *Entry) MovedTo(to addr.Instance) Entry {
	next := *e
	next.Addr = to
	if e.Before != nil {
		before := *e.Before
		before.Addr = to
		next.Before = &before
	}
	return next
}

// Clone returns a copy that shares no mutable part with r.
func (r *Record) Clone() *Record {
	c := *r
	c.Endpoints = maps.Clone(r.Endpoints)
	c.entries = maps.Clone(r.entries)
	c.latest = maps.Clone(r.latest)
	if r.Mark != nil {
		mark := *r.Mark
		c.Mark = &mark
	}
	return &c
}
