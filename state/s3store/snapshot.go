package s3store

import (
	"context"
	"errors"
	"maps"

	"herald/state"
)

// Snapshot replaces the stored record. Step by step:
//
//  1. the former snapshot is copied to the backup;
//  2. the new one is put in the place of the version that was read, together
//     with the list of the segments that it holds;
//  3. those are deleted.
//
// A crash before step 2 leaves the former record with its journal; a crash
// after it leaves the new record, and segments that are known to be spent.
func (x *session) Snapshot(ctx context.Context, r *state.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.objects.Lock()
	defer x.objects.Unlock()
	if err := x.ready(); err != nil {
		return x.kill(err)
	}
	if err := x.holds(x.ctx); err != nil {
		return x.kill(x.ended(err))
	}
	if err := x.look(ctx); err != nil {
		return err
	}
	if err := x.marked(); err != nil {
		return err
	}
	next := *r
	if st := x.stored; st.etag != "" {
		if r.Lineage != st.lineage || r.Serial != st.serial {
			return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial, StoredLineage: st.lineage, StoredSerial: st.serial}
		}
		next.Serial++
	} else if r.Serial != 0 {
		x.stored = nil
		return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial}
	}
	err := x.replace(&next, true)
	if err = x.conflict(r, err); err != nil {
		if errors.As(err, new(*state.ConflictError)) {
			return err
		}
		return x.kill(x.ended(err))
	}
	r.Serial = next.Serial
	return nil
}

// replace does the steps of Snapshot.
func (x *session) replace(r *state.Record, backup bool) error {
	if err := x.clear(); err != nil {
		return err
	}
	body, err := x.store.sealed(r)
	if err != nil {
		return err
	}
	st, key := x.stored, x.store.snapshotKey()
	if backup && st.etag != "" {
		if err := x.client.copy(x.ctx, key, x.store.backupKey(), st.etag); err != nil {
			if status(err) == 412 {
				return &mismatch{}
			}
			return x.store.failure(x.store.backupKey(), "s3:PutObject", err)
		}
	}
	folded := x.folds(r)
	etag, err := x.client.put(x.ctx, key, body, st.etag, map[string]string{metaFolded: sumOf(body) + ";" + folded.String()})
	if errors.As(err, new(*mismatch)) {
		return err
	}
	if err != nil {
		return x.store.failure(key, "s3:PutObject", err)
	}
	if err := x.inTime(); err != nil {
		return err
	}
	x.follow(r, etag, folded)
	return nil
}

// folds returns what r holds of the journal: all that was read and written in
// this session; but of a late segment only if r knows what it says, for it may
// have come after r was read.
func (x *session) folds(r *state.Record) marks {
	folded := maps.Clone(x.stored.seen)
	for _, late := range x.stored.late {
		for _, e := range late.entries {
			if k := r.Get(e.Key()); k == nil || k.Change < e.Change {
				folded[late.generation] = min(folded[late.generation], late.n-1)
			}
		}
	}
	return folded
}

// follow notes that r is stored now, and deletes the segments that it holds.
// Those that cannot be deleted are tried again before the next write; until
// then they are known to be spent.
func (x *session) follow(r *state.Record, etag string, folded marks) {
	st := &stored{etag: etag, lineage: r.Lineage, serial: r.Serial, mark: r.Mark, folded: folded, seen: maps.Clone(folded)}
	for _, m := range x.stored.live {
		if folded.covers(m) {
			st.spent = append(st.spent, x.store.journalKey(m))
		} else {
			st.live = append(st.live, m)
		}
	}
	x.stored, x.from = st, x.n+1
	if x.client.remove(x.ctx, st.spent) == nil {
		st.spent = nil
	}
}

// conflict turns the refusal of a conditional write into a ConflictError that
// says what is stored instead.
func (x *session) conflict(r *state.Record, err error) error {
	if !errors.As(err, new(*mismatch)) {
		return err
	}
	x.stored = nil
	if look := x.look(x.ctx); look != nil {
		return look
	}
	return &state.ConflictError{Lineage: r.Lineage, Serial: r.Serial, StoredLineage: x.stored.lineage, StoredSerial: x.stored.serial}
}
