package cli

import (
	"context"

	"github.com/hashicorp/hcl/v2"

	"herald/state"
)

// edit changes the record under its lock: change alters what it is given and
// returns what to tell, or errors.
func (a *App) edit(ctx context.Context, flags recordFlags, sandbox bool, operation string, change func(*state.Record) (string, hcl.Diagnostics)) int {
	store, err := a.store(flags, sandbox)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	session, err := store.Lock(ctx, a.holder(operation), flags.lockTimeout)
	if err != nil {
		a.report(lockFailure(store, err))
		return exitCode(err)
	}
	told, code := a.editLocked(ctx, store, session, change)
	if err := session.Unlock(); err != nil {
		a.report(failure(err))
		return max(code, exitError)
	}
	if told != "" {
		a.say(told)
	}
	return code
}

func (a *App) editLocked(ctx context.Context, store state.Store, session state.Session, change func(*state.Record) (string, hcl.Diagnostics)) (string, int) {
	rec, err := session.Load(ctx)
	if err != nil {
		return "", a.failed(store, err)
	}
	told, diags := change(rec)
	a.report(diags)
	if diags.HasErrors() {
		return "", exitError
	}
	if err := session.Snapshot(ctx, rec); err != nil {
		a.report(failure(err))
		return "", exitCode(err)
	}
	return told, exitOK
}
