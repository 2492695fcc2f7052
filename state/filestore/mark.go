package filestore

import (
	"context"
	"fmt"

	"herald/state"
)

// marked returns the error of writing to a record that is marked, or nil. It is
// called once it is known what is stored.
func (x *session) marked() error {
	if x.stored.mark == nil {
		return nil
	}
	return &state.MarkedError{Location: x.paths.snapshot, Mark: *x.stored.mark}
}

// Mark stores the mark in the snapshot, as state.Marker says. A journal goes on
// from the marked snapshot as from the former one, so there must be nothing in
// it: otherwise the error is a *state.FormatError, and nothing is written.
func (x *session) Mark(ctx context.Context, m *state.Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.files.Lock()
	defer x.files.Unlock()
	if err := x.ready(); err != nil {
		return x.kill(err)
	}
	r, st, err := load(ctx, x.paths, x.sealer)
	if err != nil {
		return err
	}
	if st.journal != nil && !st.spent && st.journal.entries > 0 {
		return unfoldedYet(x.paths)
	}
	x.stored = st
	next := *r
	next.Mark = m
	if err := x.put(&next); err != nil {
		return x.kill(fmt.Errorf("the record cannot be marked: %w", err))
	}
	return nil
}

// unfoldedYet says that a journal holds what no snapshot does.
func unfoldedYet(p paths) error {
	return &state.FormatError{
		Path: p.journal, Problem: "entries were appended here that no snapshot holds yet",
		Advice: "Let Herald take them in first:\n\n  herald reconcile",
	}
}
