package s3store

import (
	"context"
	"errors"
	"fmt"

	"herald/state"
)

// marked returns the error of writing to a record that is marked, or nil. It is
// called once it is known what is stored.
func (x *session) marked() error {
	if x.stored.mark == nil {
		return nil
	}
	return &state.MarkedError{Location: x.store.Location(), Mark: *x.stored.mark}
}

// Mark stores the mark in the snapshot, as state.Marker says, together with what
// the journal holds. The backup stays as it is.
func (x *session) Mark(ctx context.Context, m *state.Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.objects.Lock()
	defer x.objects.Unlock()
	err := x.ready()
	if err == nil {
		err = x.holds(x.ctx)
	}
	if err != nil {
		return x.kill(x.ended(err))
	}
	r, st, err := x.store.load(ctx, x.client)
	if err != nil {
		return err
	}
	x.stored = st
	r.Mark = m
	if err := x.replace(r, false); err != nil {
		if errors.As(err, new(*mismatch)) {
			err = fmt.Errorf("%s was changed by something else while the record was locked", x.store.url(x.store.snapshotKey()))
		}
		return x.kill(x.ended(err))
	}
	return nil
}
