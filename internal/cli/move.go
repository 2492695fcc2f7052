package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"herald/state"
	"herald/state/filestore"
)

// move is one record on its way from one store to another. The order of its
// steps is that of state.Mark: at no moment can both places be worked with, and
// from each of them the same command goes on.
type move struct {
	app                *App
	opts               *migrateOptions
	from, to           state.Store
	fromSide, toSide   keeping
	fromPlace, toPlace string // as -from and -to take them
	source, target     mover
	plain              bool // the source is not encrypted, though the target is
	sealed             bool // the source is encrypted, and the target is not
}

// mover is a session that records move to and from. That of every store is one.
type mover interface {
	state.Marker
	state.Replacer
}

// locked takes both locks, moves the record, and gives them back.
func (m *move) locked(ctx context.Context) (err error) {
	a := m.app
	who := a.holder("state migrate")
	for _, side := range []struct {
		store   state.Store
		session *mover
	}{{m.from, &m.source}, {m.to, &m.target}} {
		session, err := side.store.Lock(ctx, who, m.opts.lockTimeout)
		if err != nil {
			return notLocked(side.store, err)
		}
		defer func() {
			if e := session.Unlock(); e != nil && err == nil {
				err = e
			}
		}()
		able, ok := session.(mover)
		if !ok {
			return fail("Record cannot move", fmt.Sprintf("The store at %s does not let one record take the place of another.", side.store.Location()))
		}
		*side.session = able
	}
	rec, err := m.load(ctx)
	if err != nil || rec == nil {
		return err
	}
	stored, err := m.store(ctx, rec)
	if err != nil {
		return err
	}
	if err := m.verify(ctx, stored); err != nil {
		return err
	}
	left, err := m.retire(ctx)
	if err != nil {
		return err
	}
	if err := m.arrive(ctx); err != nil {
		return err
	}
	a.say(fmt.Sprintf("The record has moved to %s: %s, lineage %s, serial %d.\n\n%s", m.to.Location(), counted(stored.Len(), "entry", "entries"), stored.Lineage, stored.Serial, left))
	return nil
}

// load reads the record that is to be moved, with its journal taken in. It is
// nil where it has moved already.
func (m *move) load(ctx context.Context) (*state.Record, error) {
	a := m.app
	rec, err := m.source.Load(ctx)
	var marked *state.MarkedError
	switch {
	case errors.Is(err, state.ErrNoRecord):
		return nil, m.nothingThere(ctx)
	case errors.As(err, &marked):
		return m.markedSource(ctx, marked)
	case err != nil:
		return nil, err
	}
	if diags := a.unpushed(m.from, rec); diags.HasErrors() {
		return nil, refusal(diags)
	}
	if a.claimedPlan(m.from, m.source, rec) != "" {
		return nil, refusal(fail("A plan is prepared", "What this machine has prepared (apply -prepare) it can send only while the record stays where it is; elsewhere it would all be in doubt. Nothing was changed. Send it, and move the record then:\n\n  herald apply"))
	}
	if unfolded(m.source) {
		if err := m.source.Snapshot(ctx, rec); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

// markedSource is load for a record that is marked. One that was moved to the
// same target before has moved, if that is whole; with -force what the target
// lacks is brought there once more.
func (m *move) markedSource(ctx context.Context, marked *state.MarkedError) (*state.Record, error) {
	if marked.Mark.Kind != state.Moved || marked.Record == nil || !samePlace(marked.Mark.Place, m.toSide) {
		return nil, marked
	}
	left := marked.Record
	left.Mark = nil
	there, err := state.LoadMarked(ctx, m.target)
	switch {
	case err != nil && !errors.Is(err, state.ErrNoRecord):
		return nil, err
	case err == nil && there.Lineage == left.Lineage && missingIn(there, left) == nil:
		return nil, m.arrived(ctx, there, m.from.Location())
	case m.opts.force:
		return left, nil
	}
	return nil, refusal(fail("Record has moved", fmt.Sprintf("The record at %s was moved to %s at %s, and what is there now does not hold all of it. Nothing was changed. If that one is lost, bring it back, for what was sent since the move is in no other place; the conversations know it too (herald recover). To bring there what this one holds, add -force.",
		m.from.Location(), m.to.Location(), marked.Mark.At.Format(time.RFC3339))))
}

// nothingThere tells why there is nothing to move: it has moved already, or
// never was there.
func (m *move) nothingThere(ctx context.Context) error {
	if isFile(m.from) {
		moved := lastRetired(m.from.Location())
		if there, err := state.LoadMarked(ctx, m.target); err == nil && exists(moved) {
			return m.movedAlready(ctx, moved, there)
		}
	}
	return refusal(fail("Nothing to move", fmt.Sprintf("There is no record at %s. Nothing was changed.", m.from.Location())))
}

// lastRetired returns the name of the file that the last move from the path has
// left.
func lastRetired(path string) string {
	last := filestore.RetiredName(path)
	for n := 2; ; n++ {
		next := fmt.Sprintf("%s.%d", filestore.RetiredName(path), n)
		if !exists(next) {
			return last
		}
		last = next
	}
}

// movedAlready tells that an earlier migrate has done it all, if what it has
// left behind is known to the target; nil is success.
func (m *move) movedAlready(ctx context.Context, moved string, there *state.Record) error {
	src, err := os.ReadFile(moved)
	if err != nil {
		return err
	}
	left, err := m.app.decode(src, moved)
	if err == nil && left.Lineage == there.Lineage && missingIn(there, left) == nil {
		return m.arrived(ctx, there, moved)
	}
	return refusal(fail("Nothing to move", fmt.Sprintf("There is no record at %s; %s is what an earlier move has left, and the record at %s does not know all of it. Nothing was changed. Bring both together:\n\n  herald state migrate -force -from=%s", m.from.Location(), moved, m.to.Location(), shellWord("local:"+moved))))
}

// arrived ends a move that was ended before its last step, and tells that there
// is nothing to do.
func (m *move) arrived(ctx context.Context, there *state.Record, left string) error {
	if there.Mark != nil && there.Mark.Kind == state.Moved {
		return &state.MarkedError{Location: m.to.Location(), Mark: *there.Mark}
	}
	if err := m.arrive(ctx); err != nil {
		return err
	}
	m.app.say(fmt.Sprintf("The record has moved already, from %s to %s, which knows all that %s does. There is nothing left to do.", m.from.Location(), m.to.Location(), left))
	return nil
}

// store writes the record into the target, where nobody can work with it yet,
// and returns what is stored there then.
func (m *move) store(ctx context.Context, rec *state.Record) (*state.Record, error) {
	present, err := state.LoadMarked(ctx, m.target)
	switch {
	case errors.Is(err, state.ErrNoRecord):
		return m.put(ctx, rec)
	case err != nil:
		return nil, err
	}
	mark := present.Mark
	present.Mark = nil
	if sameFile(rec, present) {
		return present, nil // an earlier run has come so far
	}
	next, err := m.join(rec, present, mark)
	if err != nil || next == present {
		return present, err
	}
	if mark == nil && unfolded(m.target) {
		if err := m.target.Snapshot(ctx, present); err != nil {
			return nil, err
		}
	}
	return m.put(ctx, next)
}

// put stores a record in the target, marked.
func (m *move) put(ctx context.Context, rec *state.Record) (*state.Record, error) {
	next := rec.Clone()
	next.Mark = m.mark(state.Arriving, m.fromPlace)
	err := m.target.Replace(ctx, next)
	next.Mark = nil
	return next, err
}

// mark returns a mark of this moment.
func (m *move) mark(kind state.MarkKind, place string) *state.Mark {
	return &state.Mark{Kind: kind, At: m.app.Now().UTC().Truncate(time.Second), Place: place}
}

// verify reads the target anew, and compares it byte by byte with what was to
// be stored.
func (m *move) verify(ctx context.Context, want *state.Record) error {
	got, err := state.LoadMarked(ctx, m.to)
	if err != nil {
		return fmt.Errorf("the record cannot be read back: %w", err)
	}
	got.Mark = nil
	if !sameFile(want, got) {
		return refusal(fail("Record was not stored as it is", fmt.Sprintf("What is read back from %s is not what was written there. The former record is in its place, unchanged, and stays the one to use; take the target's away before you try again.", m.to.Location())))
	}
	return nil
}

// retire takes the former record out of use, and says how.
func (m *move) retire(ctx context.Context) (string, error) {
	left := fmt.Sprintf("The record at %s is marked as moved: whoever still looks for it there is told where it is now, and nothing is sent. Once you have seen that all is well, delete it there.", m.from.Location())
	if s, ok := m.source.(interface {
		Retire(context.Context) (string, error)
	}); ok {
		to, err := s.Retire(ctx)
		if err != nil {
			return "", err
		}
		left = fmt.Sprintf("The former file is now %s; nothing uses it any more. If the record was in git, commit its removal together with the state block, so that nobody works with the former one.", to)
	} else if err := m.source.Mark(ctx, m.mark(state.Moved, m.toPlace)); err != nil {
		return "", err
	}
	switch {
	case m.plain:
		left += " It is not encrypted, and the new one is: delete the former one, with its backup, once you have seen that all is well."
	case m.sealed:
		left += " It is encrypted, and the new one is not."
	}
	return left, nil
}

// arrive takes the mark off the target: from now on it is the record.
func (m *move) arrive(ctx context.Context) error {
	rec, err := state.LoadMarked(ctx, m.target)
	if err != nil || rec.Mark == nil {
		return err
	}
	return m.target.Mark(ctx, nil)
}
