package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/hcl/v2"

	"herald/state"
)

// pushOptions are the flags of state pull and state push.
type pushOptions struct {
	stateOptions
	force bool
}

func (a *App) statePullCommand() command {
	o := &pushOptions{}
	return command{
		name: "pull", synopsis: "Write the whole record to standard output.",
		help:   "Writes the record, what the journal holds included, in the form of the record's file. It takes no lock and changes nothing.",
		flags:  append([]flag{o.sandboxFlag()}, o.recordFlags.read()...),
		action: func(ctx context.Context, _ []string) int { return a.runStatePull(ctx, o) },
	}
}

func (a *App) runStatePull(ctx context.Context, o *pushOptions) int {
	rec, code := a.record(ctx, &o.stateOptions)
	if rec == nil {
		return code
	}
	if err := state.Encode(a.Stdout, rec); err != nil {
		a.report(failure(err))
		return exitError
	}
	return exitOK
}

func (a *App) statePushCommand() command {
	o := &pushOptions{}
	return command{
		name: "push", args: "FILE", min: 1, max: 1, synopsis: "Put a record from a file in the place of the present one.",
		help: `Replaces the record by the one in the file, or on standard input where the file is -. It is how a record that a run could not write is put back.

The file must be of the same lineage, know at least as much of every entry as the present one, and not merely be an older one: otherwise something that was sent would be sent again. With -force it is taken all the same.`,
		flags: append([]flag{
			o.sandboxFlag(),
			boolFlag(&o.force, "force", "Take the file although something would be lost."),
		}, o.recordFlags.write()...),
		action: func(ctx context.Context, args []string) int { return a.runStatePush(ctx, o, args[0]) },
	}
}

func (a *App) runStatePush(ctx context.Context, o *pushOptions, file string) int {
	pushed, err := a.readRecord(file)
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	store, err := a.store(o.recordFlags, o.sandbox)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	session, err := store.Lock(ctx, a.holder("state push"), o.lockTimeout)
	if err != nil {
		a.report(lockFailure(store, err))
		return exitCode(err)
	}
	code := a.push(ctx, session, pushed, o.force)
	if err := session.Unlock(); err != nil {
		a.report(failure(err))
		code = max(code, exitError)
	}
	return code
}

// readRecord decodes the record in a file, or on standard input.
func (a *App) readRecord(file string) (*state.Record, error) {
	var src []byte
	var err error
	name := file
	if file == "-" {
		name = "standard input"
		src, err = io.ReadAll(a.Stdin)
	} else {
		src, err = os.ReadFile(a.path(file))
	}
	if err != nil {
		return nil, err
	}
	if src, err = a.unseal(src, name); err != nil {
		return nil, err
	}
	rec, err := state.Decode(bytes.NewReader(src), name)
	if err == nil {
		rec.Mark = nil // it is that of the place that the file comes from
	}
	var damaged *state.FormatError
	if errors.As(err, &damaged) {
		// It is no record in its place, which has a backup and a history.
		told := *damaged
		told.Advice = "Name a record that is whole: one that herald state pull has written, or a run that could not write it in its place. Nothing was sent, and the present record is as it was."
		return nil, &told
	}
	return rec, err
}

// push replaces the session's record.
func (a *App) push(ctx context.Context, session state.Session, pushed *state.Record, force bool) int {
	present, err := session.Load(ctx)
	switch {
	case errors.Is(err, state.ErrNoRecord):
		fresh := pushed.Clone()
		fresh.Serial = 0
		err = session.Snapshot(ctx, fresh)
	case err == nil:
		if diags := pushable(present, pushed); diags.HasErrors() && !force {
			a.report(diags)
			return exitRefused
		}
		next := pushed.Clone()
		next.Lineage, next.Serial = present.Lineage, present.Serial
		err = session.Snapshot(ctx, next)
	}
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	a.say(fmt.Sprintf("The record now holds what the file knows: %s.", counted(pushed.Len(), "entry", "entries")))
	return exitOK
}

// pushable says why a record cannot take the place of the present one. An older
// serial is refused unless the file knows of something that the record does not:
// what a run has kept apart may be older than what was resolved since.
func pushable(present, pushed *state.Record) hcl.Diagnostics {
	const refused = " Nothing was changed."
	if present.Lineage != pushed.Lineage {
		return fail("Another record", fmt.Sprintf("The file is a record of lineage %s, and the present one has lineage %s: it knows nothing of what was sent from here.%s", pushed.Lineage, present.Lineage, refused))
	}
	for e := range present.All() {
		if have := pushed.Get(e.Key()); have == nil || have.Change < e.Change {
			return fail("Record knows less", fmt.Sprintf("The file has serial %d, the present record %d, and the file does not hold what the record says of %s: it would be sent again.%s", pushed.Serial, present.Serial, e.Key(), refused))
		}
	}
	if pushed.Serial < present.Serial && missingIn(present, pushed) == nil {
		return fail("Record is older", fmt.Sprintf("The file has serial %d, and the present record %d: it was written before, and knows of nothing that the record does not hold.%s", pushed.Serial, present.Serial, refused))
	}
	return nil
}
