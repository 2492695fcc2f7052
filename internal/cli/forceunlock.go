package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/state"
)

// unlockOptions are the flags of the force-unlock command.
type unlockOptions struct {
	recordFlags
	force bool
}

func (a *App) forceUnlockCommand() command {
	o := &unlockOptions{}
	return command{
		name: "force-unlock", args: "NONCE", min: 1, max: 1, synopsis: "Take away the lock of a run that is gone.",
		help: `A record that is kept elsewhere can stay locked when the machine that locked it is gone. The message that says so names the lock's nonce: this command takes that lock away, and no other.

Do it only if you know that the run has ended. If it still lives, two runs send at once; the one that has lost its lock stops before its next call, and what it has in flight is in doubt.

The lock of a local file needs no such thing: the system frees it when the process ends.

Exit codes: 0 the lock is gone; 1 it was not taken away.`,
		flags:  append([]flag{boolFlag(&o.force, "force", "Do not ask.")}, o.recordFlags.read()...),
		action: func(ctx context.Context, args []string) int { return a.runForceUnlock(ctx, o, args[0]) },
	}
}

func (a *App) runForceUnlock(ctx context.Context, o *unlockOptions, nonce string) int {
	store, err := a.store(o.recordFlags, false)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	unlocker, ok := store.(state.Unlocker)
	if !ok {
		a.report(fail("Nothing to unlock", fmt.Sprintf("The lock of a local file is the system's: it is free as soon as the process that holds it has ended, however it ended, so nothing was changed.%s", a.heldBy(ctx, store))))
		return exitError
	}
	holder, err := store.Holder(ctx)
	switch {
	case err != nil:
		a.report(failure(err))
		return exitCode(err)
	case holder != nil && holder.Nonce != nonce && !shared(store):
		a.report(unlockFailure(store, nonce, &state.NonceError{Nonce: nonce, Holder: holder}))
		return exitError
	}
	if !o.force {
		if !isTerminal(a.Stdin) {
			a.report(fail("Nobody to ask", "Whether the run has ended is asked before its lock is taken away, and here there is no terminal to ask at. If you know that it has:\n\n  herald force-unlock -force "+shellWord(nonce)))
			return exitError
		}
		about := "Nobody is known to hold the lock now."
		if holder != nil && holder.Nonce != nonce {
			about = "Several runs may work on this record, and another one was first."
		} else if holder != nil {
			about = fmt.Sprintf("It is held by %s, process %d, running %s since %s.", holder.Who, holder.Process, holder.Operation, holder.Since.UTC().Format(time.RFC3339))
		}
		if !a.ask(a.Stdout, "Has that run ended, and do you want to take its lock away?", about+" If it still lives, two runs send at once. Only \"yes\" is taken as a yes.") {
			a.say("\nThe lock was left as it is.")
			return exitError
		}
	}
	if err := unlocker.ForceUnlock(ctx, nonce); err != nil {
		a.report(unlockFailure(store, nonce, err))
		return exitError
	}
	a.say("The lock is gone. What that run had in flight is in doubt, and is settled by the next apply, or by:\n\n  herald reconcile")
	return exitOK
}

// shared reports whether several runs can work on the store's record, each
// with a nonce of its own.
func shared(store state.Store) bool {
	_, ok := store.(state.Sharer)
	return ok
}

// heldBy says who holds the lock of a local file, if anybody does.
func (a *App) heldBy(ctx context.Context, store state.Store) string {
	h, err := store.Holder(ctx)
	if err != nil || h == nil {
		return " Nobody holds it now."
	}
	return fmt.Sprintf(" It is held now by %s, process %d, running %s since %s: wait for it to end, or end it.", h.Who, h.Process, h.Operation, h.Since.UTC().Format(time.RFC3339))
}

// unlockFailure says why a lock was not taken away.
func unlockFailure(store state.Store, nonce string, err error) hcl.Diagnostics {
	var other *state.NonceError
	var locked *state.LockedError
	if errors.As(err, &locked) {
		err = &state.NonceError{Nonce: nonce, Holder: locked.Holder}
	}
	switch {
	case errors.As(err, &other):
		return fail("Another lock", sentence(other.Error())+" The run that you mean has given its lock back, and this one has begun since; it may be at work. Nothing was changed.")
	case errors.Is(err, state.ErrNotLocked):
		return fail("Nothing to unlock", fmt.Sprintf("Nobody holds the lock on the record at %s: the run has given it back, or its lease has ended. Nothing was changed.", store.Location()))
	}
	return failure(err)
}

// lockFailure says why the lock on a record was not had. Where it can outlive
// its holder, it says how it is taken away.
func lockFailure(store state.Store, err error) hcl.Diagnostics {
	var locked *state.LockedError
	_, can := store.(state.Unlocker)
	if !errors.As(err, &locked) || !can || locked.Holder == nil || locked.Holder.Nonce == "" {
		return failure(err)
	}
	return fail("Record is locked", lockedText(locked)+" If you know that it has ended without giving the lock back, as when its machine is gone:\n\n  herald force-unlock "+shellWord(locked.Holder.Nonce))
}

// notLocked is lockFailure as an error, with the exit code that it has
// everywhere.
func notLocked(store state.Store, err error) error {
	diags := lockFailure(store, err)
	if exitCode(err) == exitRefused {
		return refusal(diags)
	}
	return diags
}
