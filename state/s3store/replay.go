package s3store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"herald/state"
	"herald/state/merge"
)

// replay puts the segments into the record that the snapshot holds.
//
// A session's segments come in the order of their numbers, and the sessions in
// that of their generations: each had read all that those before it had
// written, and says so. What an earlier session wrote beyond that came late: the
// later one did not know of it, so it is no successor of what it follows, and
// is merged.
func (s *Store) replay(r *state.Record, st *stored, list []*segment) error {
	p := &player{store: s, record: r, st: st, by: make(map[uint64][]*segment), last: st.newestFolded()}
	for _, g := range list {
		if err := s.fits(st, g); err != nil {
			return err
		}
		p.by[g.generation] = append(p.by[g.generation], g)
	}
	generations := slices.Sorted(maps.Keys(p.by))
	for _, g := range generations {
		slices.SortFunc(p.by[g], func(a, b *segment) int { return cmp.Compare(a.n, b.n) })
		if err := s.chained(st, p.by[g]); err != nil {
			return err
		}
	}
	for _, g := range generations {
		for _, next := range p.by[g] {
			if err := p.before(next); err != nil {
				return err
			}
			// What the session after it had not seen waits for its turn.
			if p.unseen(generations, next) {
				break
			}
			if err := p.take(next); err != nil {
				return err
			}
		}
	}
	for _, g := range generations {
		for _, rest := range p.by[g] {
			if err := p.take(rest); err != nil {
				return err
			}
		}
	}
	return nil
}

// newestFolded returns the newest session of which the snapshot holds anything.
func (st *stored) newestFolded() uint64 {
	var n uint64
	for g := range st.folded {
		n = max(n, g)
	}
	return n
}

// player takes segments into a record.
type player struct {
	store  *Store
	record *state.Record
	st     *stored
	by     map[uint64][]*segment
	last   uint64 // the newest session that the record knows
}

// unseen reports whether a later session has written without having read the
// segment.
func (p *player) unseen(generations []uint64, g *segment) bool {
	for _, later := range generations {
		if later > g.generation && p.by[later][0].seen[g.generation] < g.n {
			return true
		}
	}
	return false
}

// before takes what the session had read when it wrote the segment.
func (p *player) before(g *segment) error {
	for _, pair := range g.seen.pairs() {
		for _, earlier := range p.by[pair[0]] {
			if pair[0] != g.generation && earlier.n <= pair[1] {
				if err := p.take(earlier); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// take takes a segment, once.
func (p *player) take(g *segment) error {
	if p.st.seen.covers(g.name) {
		return nil
	}
	p.st.seen.raise(g.name)
	c := content{g.name, g.entries}
	p.st.taken = append(p.st.taken, c)
	if g.generation >= p.last && g.base == p.st.serial {
		p.last = g.generation
		for _, e := range g.entries {
			p.record.Adopt(e)
		}
		return nil
	}
	p.st.late = append(p.st.late, c)
	return p.merge(g)
}

// merge takes a late segment: what the record does not know of by now is merged
// as from a merge of two records.
func (p *player) merge(g *segment) error {
	late, known := state.NewRecord(p.st.lineage), state.NewRecord(p.st.lineage)
	for _, e := range g.entries {
		late.Put(*e)
		if k := p.record.Get(e.Key()); k != nil {
			known.Put(*k)
		}
	}
	merged, _, err := merge.Records(late, known, late)
	var both *merge.Error
	if errors.As(err, &both) {
		return &state.FormatError{
			Path: p.store.url(p.store.journalKey(g.name)), Problem: "a run that had lost the lock wrote this: " + both.Problem,
			Advice: both.Advice,
		}
	}
	if err != nil {
		return err
	}
	for e := range merged.All() {
		p.record.Put(*e)
	}
	return nil
}

// fits reports a segment that does not belong to the snapshot.
func (s *Store) fits(st *stored, g *segment) error {
	var problem, advice string
	switch {
	case g.lineage != st.lineage:
		problem = fmt.Sprintf("this is the journal of another record: its lineage is %s, and that of %s is %s", g.lineage, s.url(s.snapshotKey()), st.lineage)
		advice = "If the record was replaced by mistake, put the former one back. If it was meant, move the segment to a safe place: it may hold sends of the former record. Nothing was sent."
	case g.base > st.serial:
		problem = fmt.Sprintf("the record is older than its journal: the segment goes on from serial %d, and the record has %d", g.base, st.serial)
		advice = fmt.Sprintf("Put back the record with serial %d, from a version that the bucket kept. The journal may hold sends that no other object knows of. Nothing was sent.", g.base)
	default:
		return nil
	}
	return &state.FormatError{Path: s.url(s.journalKey(g.name)), Problem: problem, Advice: advice}
}

// chained reports a gap in the segments of one session.
func (s *Store) chained(st *stored, list []*segment) error {
	for i, g := range list {
		want := g.n
		switch {
		case i > 0:
			want = list[i-1].n + 1
		case st.folded[g.generation] > 0:
			want = st.folded[g.generation] + 1
		case g.base == st.serial:
			want = g.from
		}
		if g.n != want {
			missing := name{g.base, g.generation, want}
			return &state.FormatError{
				Path:    s.url(s.journalKey(missing)),
				Problem: fmt.Sprintf("this segment of the journal is missing, for %s is there", s.url(s.journalKey(g.name))),
				Advice: "If the bucket keeps versions, bring it back. Otherwise what it said is lost: find out in Instagram what was sent " +
					"since, or it is sent again. Nothing was sent.",
			}
		}
		if i > 0 && g.previous != list[i-1].sum {
			return &state.FormatError{
				Path: s.url(s.journalKey(g.name)), Problem: "the segment does not follow the one before it: one of the two was changed",
				Advice: adviceSegment(s.url(s.journalKey(g.name))),
			}
		}
	}
	return nil
}
