package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// Mark stores the mark in the head of the record, as state.Marker says: no
// entry is touched.
func (x *session) Mark(ctx context.Context, m *state.Mark) error {
	if !x.exclusive {
		return errors.New("a record that runs share cannot be marked")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	x.write.Lock()
	defer x.write.Unlock()
	s := x.store
	next, err := x.writeOnce(0, func(ctx context.Context, tx pgx.Tx) (*stored, error) {
		if _, err := tx.Exec(ctx, s.sql("SELECT FROM herald.records WHERE record = $1 FOR UPDATE"), s.o.Record); err != nil {
			return nil, err
		}
		st, err := s.readHead(ctx, tx)
		if err != nil {
			return nil, err
		}
		r := st.record()
		r.Mark = m
		next := *st
		if next.head, err = s.with(st.head, r); err != nil {
			return nil, err
		}
		_, err = tx.Exec(ctx, s.sql("UPDATE herald.records SET head = $2 WHERE record = $1"), s.o.Record, next.stored)
		return &next, err
	})
	if err != nil {
		return err
	}
	x.known.Lock()
	defer x.known.Unlock()
	x.head = next
	if m != nil {
		x.head = nil // whoever asks for it is told
	}
	return nil
}
