package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"herald/apply"
	"herald/state"
)

// A store that several runs can share is shared: apply and reconcile join
// those that are at work already, and each sends what it claims. Every other
// command that writes waits for its lock until they have ended.

// enter takes the run's place on the record: beside others where the store has
// room for several, else alone.
func (r *run) enter(ctx context.Context) (state.Session, error) {
	who := r.app.holder(r.operation())
	sharer, ok := r.store.(state.Sharer)
	switch {
	case !ok:
		return r.store.Lock(ctx, who, r.opts.lockTimeout)
	case r.opts.prepare:
		return nil, fail("Nothing to prepare for", fmt.Sprintf("With -prepare a run says in a record that travels through git what it is about to send. This record is kept where every run sees it at once (%s): each takes what it sends there, and two never send the same. Leave -prepare out:\n\n  herald apply", r.store.Location()))
	}
	return sharer.Join(ctx, who, r.opts.lockTimeout)
}

// load reads the record: what a saved plan is about, or what planning looks at,
// where a part can be read, else all of it.
func (r *run) load(ctx context.Context, session state.Session) (*state.Record, error) {
	if r.file == "" {
		return r.app.loadFor(ctx, r.store, session, &r.opts.request, r.want, r.opts.approved)
	}
	loader, ok := session.(state.PartLoader)
	if _, err := os.Lstat(r.app.erroredPath(r.store)); !ok || !errors.Is(err, fs.ErrNotExist) {
		return session.Load(ctx)
	}
	return loader.LoadPart(ctx, apply.PartOf(r.plan))
}

// shared reports whether the run has the record beside others. What it knows
// and could not record is then found by another run, or by the next one, in the
// conversations; a record kept apart would only be older than what they write.
func (h *claimHold) shared() bool {
	_, shared := h.Session.(state.Member)
	return shared
}

// Bounds of a lease: one that is too short is lost by a pause, and one that is
// too long keeps what a dead run had from the others.
const (
	shortestLease = time.Second
	longestLease  = time.Hour
)

// lease is how long a run that is not heard of keeps its place on the record,
// as HERALD_STATE_LEASE says; 0 is the store's own.
func (a *App) lease() (time.Duration, error) {
	text := a.env("HERALD_STATE_LEASE")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < shortestLease || d > longestLease {
		return 0, fail("Unusable lease", fmt.Sprintf("HERALD_STATE_LEASE is %q, and it takes how long a run that is not heard of keeps its place on the record, from %s to %s, as in 30s.", text, shortestLease, longestLease))
	}
	return d, nil
}
