package merge

import (
	"fmt"
	"maps"
	"slices"

	"herald/state"
)

// Twice is a message that both sides of a merge had sent, each without knowing
// of the other: the person has it more than once.
type Twice struct {
	Key state.Key
	// IDs are the ids under which it was delivered: that of the merged entry's
	// MessageID first, then those of its AlsoSent.
	IDs []string
	// Doubt says that one side had sent it and that on the other side a send of
	// its own was in doubt: it may have been delivered twice, and IDs are those
	// that are known.
	Doubt bool
	// Differ says that the two sides had sent different contents, or to
	// different people. The entry keeps the account, person and fingerprint of
	// the send that MessageID belongs to.
	Differ bool
}

// LineageError says that two records cannot be merged since they never were
// one.
type LineageError struct{ Ours, Theirs string }

// Error names both lineages.
func (e *LineageError) Error() string {
	return fmt.Sprintf("these are two records, not two versions of one: the lineage of ours is %s, and that of theirs is %s", e.Ours, e.Theirs)
}

// Error says why two records of one lineage cannot be merged.
type Error struct {
	Problem string // what both sides say, without a full stop
	Advice  string // what to do, in sentences
}

// Error returns the problem.
func (e *Error) Error() string { return e.Problem }

// Records joins two records of one lineage. The base is the record that both
// grew from, or nil where it is not known; it is not used if its lineage is
// another. No argument is changed. The result is the same, byte for byte,
// whichever side is called ours.
//
// Each key is looked at by itself. What both sides say alike is taken, and so
// is what one side alone has changed since the base: also the taking out of a
// sent message (state rm), which is a person's act. But a base may be no
// ancestor, where git picks or reverts a commit; so a sent message or a doubt
// that the other side still has gives way only to an entry that knows of it.
// See succeeds. Where both have changed an entry, or the base does not tell,
// this decides:
//
//	message     sent      intent    rejected  absent
//	sent        both ids  sent (2)  sent      sent
//	intent                intent(3) intent    intent
//	rejected                        (4)       (4)
//	absent                                    (4)
//
//	reaction    reacted   intent    rejected  absent
//	reacted     (5)       intent    reacted   (6)
//	intent                (5)       intent    intent
//	rejected                        (4)       (4)
//	absent                                    (4)
//
//	both ids: one id is one message. Two ids are kept both, the one settled
//	    earlier as MessageID (the lower where that is not known), and reported.
//	(2) Reported as Twice.Doubt if the doubt is about another send.
//	(3) In doubt since the earlier of both, with the later attempt. Two doubts
//	    about different contents are a *Error: an entry has one
//	    fingerprint, so one of them would be forgotten. Where the claims differ
//	    one stays, so that the lease of the runner that holds it is waited for;
//	    but nobody can send under it, for the doubt has begun.
//	(4) The higher change; of equal ones final before hold, rejected before
//	    absent, then the one settled later.
//	(5) The later one: a reaction is repeated without harm.
//	(6) Reacted, unless that is what the base says and the other side has taken
//	    it back.
//
// An entry that both have changed gets a change above both, and no plan unless
// it is the same on both sides: so the plans of either side are stale. An entry that is missing on one side is kept, for nothing but a move
// (state mv, a moved block) takes entries away; a move made on one side is made
// on the other too. See moves.
//
// The serial is one above both, unless nothing was merged because one side
// holds the other. Endpoints and origin are merged like entries, but where both
// sides have changed one the error is a *Error. That of two lineages is a
// *LineageError.
//
// The second result lists, by key, what this merge found to be sent twice.
func Records(base, ours, theirs *state.Record) (*state.Record, []Twice, error) {
	if ours.Lineage != theirs.Lineage {
		return nil, nil, &LineageError{ours.Lineage, theirs.Lineage}
	}
	if base != nil && base.Lineage != ours.Lineage {
		base = nil
	}
	m := merger{out: state.NewRecord(ours.Lineage), based: base != nil}
	if base == nil {
		base = state.NewRecord(ours.Lineage)
	}
	if err := m.header(base, ours, theirs); err != nil {
		return nil, nil, err
	}
	if err := m.entries(align(base, ours, theirs)); err != nil {
		return nil, nil, err
	}
	if err := complete(m.out, base, ours, theirs); err != nil {
		return nil, nil, err
	}
	m.out.Serial = m.serial(base, ours, theirs)
	return m.out, m.twice, nil
}

// serial is that of the merged record: one above both, or that of the side
// which is all of it, where the other holds nothing else than the base or this.
func (m *merger) serial(base, ours, theirs *state.Record) uint64 {
	high := max(ours.Serial, theirs.Serial)
	for _, s := range [][2]*state.Record{{ours, theirs}, {theirs, ours}} {
		side, other := s[0], s[1]
		if sameContent(m.out, side) && side.Serial == high &&
			(sameContent(side, other) || m.based && other.Serial < high && sameContent(base, other)) {
			return high
		}
	}
	return high + 1
}

// sameContent reports whether two records differ in nothing but their serial.
func sameContent(a, b *state.Record) bool {
	if a.Origin != b.Origin || a.Len() != b.Len() || !maps.Equal(a.Endpoints, b.Endpoints) {
		return false
	}
	for e := range a.All() {
		if !sameEntry(e, b.Get(e.Key())) {
			return false
		}
	}
	return true
}

// sameEntry reports whether two entries, either of which may be nil, are
// written alike.
func sameEntry(a, b *state.Entry) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return string(state.AppendUnchecked(nil, a)) == string(state.AppendUnchecked(nil, b))
}

// merger is one merge under way.
type merger struct {
	out   *state.Record
	based bool // whether there is a base
	twice []Twice
}

// header merges what the record says beside its entries.
func (m *merger) header(base, ours, theirs *state.Record) error {
	origin, ok := three(base.Origin, ours.Origin, theirs.Origin)
	if !ok {
		return &Error{
			Problem: "the two sides were begun by different plans: " + inOrder(ours.Origin, theirs.Origin),
			Advice:  "One of them is not what it says. Look into both with git log, and take the one that is right.",
		}
	}
	m.out.Origin = origin
	accounts := maps.Clone(ours.Endpoints)
	maps.Copy(accounts, theirs.Endpoints)
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		endpoint, ok := three(base.Endpoints[id], ours.Endpoints[id], theirs.Endpoints[id])
		if !ok {
			return &Error{
				Problem: fmt.Sprintf("the account %s was applied with two endpoints: %s", id, inOrder(ours.Endpoints[id], theirs.Endpoints[id])),
				Advice: "What was sent to one of them was not sent to the other, so Herald does not choose. Find out which of the two " +
					"is the account's, and take that side of the record whole.",
			}
		}
		m.out.Endpoints[id] = endpoint
	}
	return nil
}

// three merges a value; an empty one is none, which nothing goes back to.
func three(base, ours, theirs string) (string, bool) {
	switch {
	case ours == theirs, theirs == "":
		return ours, true
	case ours == "", ours == base:
		return theirs, true
	case theirs == base:
		return ours, true
	}
	return "", false
}

// inOrder names two values, the same way whichever side they come from.
func inOrder(a, b string) string { return min(a, b) + " and " + max(a, b) }

// entries merges the entries, key by key.
func (m *merger) entries(base, ours, theirs *state.Record) error {
	keys := make([]state.Key, 0, max(ours.Len(), theirs.Len()))
	for e := range ours.All() {
		keys = append(keys, e.Key())
	}
	for e := range theirs.All() {
		if k := e.Key(); ours.Get(k) == nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, state.Key.Compare)
	for _, k := range keys {
		b, o, t := base.Get(k), ours.Get(k), theirs.Get(k)
		e := o
		switch {
		case o == nil:
			e = t
		case t == nil, sameEntry(o, t), sameEntry(t, b) && succeeds(o, b):
		case sameEntry(o, b) && succeeds(t, b):
			e = t
		default:
			var err error
			if e, err = m.both(b, o, t); err != nil {
				return err
			}
		}
		m.out.Adopt(e)
	}
	return nil
}

// complete is the last guard: no id is missing from the result that one side
// has and the base has not.
func complete(out, base, ours, theirs *state.Record) error {
	known := allIDs(out)
	old := allIDs(base)
	for _, side := range []*state.Record{ours, theirs} {
		for e := range side.All() {
			for _, id := range ids(e) {
				if e.Status == state.Sent && !known[id] && !old[id] {
					return &Error{
						Problem: fmt.Sprintf("%s was sent as %s, and that would be missing from the merged record", e.Key(), id),
						Advice:  "This must not happen: Herald has a defect. Take the side that holds it, and keep both files.",
					}
				}
			}
		}
	}
	return nil
}

// allIDs returns the ids of all messages, of those taken out as well.
func allIDs(r *state.Record) map[string]bool {
	known := make(map[string]bool, r.Len())
	for e := range r.All() {
		for _, id := range ids(e) {
			known[id] = true
		}
	}
	return known
}

// ids returns the message ids of the entry, MessageID first.
func ids(e *state.Entry) []string {
	if e.MessageID == "" {
		return nil
	}
	return append([]string{e.MessageID}, e.AlsoSent...)
}
