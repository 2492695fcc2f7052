package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"herald/state"
)

// Replace stores a record as it is, as state.Replacer says. What was appended
// and has not been loaded in this session it refuses to forget. The backup stays as
// it is.
func (x *session) Replace(ctx context.Context, r *state.Record) error {
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
	st, err := x.forget(ctx)
	if err != nil {
		return err
	}
	x.stored = st
	if err := x.replace(r, false); err != nil {
		if errors.As(err, new(*mismatch)) {
			err = fmt.Errorf("%s was changed by something else while the record was locked", x.store.url(x.store.snapshotKey()))
		}
		return x.kill(x.ended(err))
	}
	return nil
}

// forget returns what is stored, of which nothing has to be readable, with all
// of its journal as read.
func (x *session) forget(ctx context.Context) (*stored, error) {
	s := x.store
	listed, err := x.client.list(ctx, s.journalPrefix())
	if err != nil {
		return nil, s.failure(s.journalPrefix(), "s3:ListBucket", err)
	}
	o, err := x.client.get(ctx, s.snapshotKey())
	if err != nil {
		return nil, s.failure(s.snapshotKey(), "s3:GetObject", err)
	}
	st := &stored{folded: marks{}, seen: marks{}}
	if x.stored != nil {
		st.folded = x.stored.folded
		for g, n := range x.stored.seen {
			st.seen[g] = n
		}
	}
	if o != nil {
		st.etag = o.etag
	}
	for _, text := range listed {
		m, ok := parseName(text)
		switch {
		case !ok || !st.seen.covers(m):
			return nil, &state.FormatError{
				Path: s.url(s.journalPrefix() + text), Problem: "this belongs to the record that is to be replaced, and was not read",
				Advice: "It may hold sends that nothing else knows of. Load the record, or move the object to a safe place. Nothing was changed.",
			}
		case st.folded.covers(m):
			st.spent = append(st.spent, s.journalKey(m))
		default:
			st.live = append(st.live, m)
		}
	}
	return st, nil
}

// sealed returns the text of a record, encrypted if it is to be.
func (s *Store) sealed(r *state.Record) ([]byte, error) {
	var text bytes.Buffer
	if err := state.Encode(&text, r); err != nil {
		return nil, err
	}
	return s.seal(text.Bytes())
}
