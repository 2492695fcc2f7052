package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/internal/view/jsondoc"
	"herald/internal/view/text"
	"herald/state"
)

// stateOptions are the flags of the state commands.
type stateOptions struct {
	recordFlags
	format      format
	sandbox     bool
	allowResend bool
	inUse       bool // a record that has moved will not do
}

func (a *App) stateCommand() command {
	return command{
		name: "state", synopsis: "Look into the record, and mend it.",
		help: "The record says what was sent. It is read and changed with these commands, not by hand: its check would not fit any more.",
		subs: []command{a.stateListCommand(), a.stateShowCommand(), a.stateMvCommand(), a.stateRmCommand(), a.statePullCommand(), a.statePushCommand(), a.stateMergeCommand(), a.stateMigrateCommand(), a.stateRekeyCommand()},
		max:  -1,
		action: func(context.Context, []string) int {
			c := a.stateCommand()
			a.say(c.usage("herald"))
			return exitError
		},
	}
}

func (o *stateOptions) sandboxFlag() flag {
	return boolFlag(&o.sandbox, "sandbox", "Use the record of the local Instagram.")
}

func (a *App) stateListCommand() command {
	o := &stateOptions{}
	return command{
		name: "list", args: "[ADDRESS...]", max: -1, synopsis: "List the addresses in the record.",
		help:   "Lists what the record holds, or what of it the addresses select; a star stands for anything.",
		flags:  append([]flag{o.sandboxFlag(), boolFlag(&o.format.json, "json", "Write a JSON document.")}, o.recordFlags.read()...),
		action: func(ctx context.Context, args []string) int { return a.runStateList(ctx, o, args) },
	}
}

func (a *App) runStateList(ctx context.Context, o *stateOptions, args []string) int {
	var patterns []addr.Pattern
	for _, arg := range args {
		p, err := addr.ParsePattern(arg)
		if err != nil {
			a.report(fail("Invalid address", sentence(err.Error())))
			return exitError
		}
		patterns = append(patterns, p)
	}
	rec, code := a.record(ctx, o)
	if rec == nil {
		return code
	}
	entries := slices.DeleteFunc(rec.Sorted(), func(e *state.Entry) bool {
		return len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p addr.Pattern) bool { return p.Match(e.Addr) })
	})
	return a.show(o.format, entriesDocument(rec, entries))
}

func (a *App) stateShowCommand() command {
	o := &stateOptions{}
	return command{
		name: "show", args: "ADDRESS", min: 1, max: 1, synopsis: "Show all that is recorded of one address.",
		flags:  append([]flag{o.sandboxFlag(), boolFlag(&o.format.json, "json", "Write a JSON document.")}, o.recordFlags.read()...),
		action: func(ctx context.Context, args []string) int { return a.runStateShow(ctx, o, args[0]) },
	}
}

func (a *App) runStateShow(ctx context.Context, o *stateOptions, address string) int {
	at, err := addr.Parse(address)
	if err != nil {
		a.report(fail("Invalid address", sentence(err.Error())))
		return exitError
	}
	rec, code := a.record(ctx, o)
	if rec == nil {
		return code
	}
	entries := rec.Revisions(at)
	if len(entries) == 0 {
		a.report(unknownAddress(rec, at))
		return exitError
	}
	return a.show(o.format, document{
		text: func(w io.Writer, opts text.Options) error { return text.Entry(w, entries, opts) },
		json: func(w io.Writer) error { return jsondoc.Entries(w, rec, entries) },
	})
}

// record reads the record for a command that only looks. It returns nil and an
// exit code if there is none that can be read.
func (a *App) record(ctx context.Context, o *stateOptions) (*state.Record, int) {
	store, err := a.store(o.recordFlags, o.sandbox)
	if err != nil {
		a.report(failure(err))
		return nil, exitError
	}
	rec, err := state.LoadMarked(ctx, store)
	if errors.Is(err, state.ErrNoRecord) {
		rec, err = nil, nil
	}
	if err != nil {
		a.report(failure(err))
		return nil, exitCode(err)
	}
	if rec == nil {
		a.report(a.notFound(store))
		return nil, exitRefused
	}
	marked := state.Marked(rec, store.Location())
	if marked != nil && o.inUse {
		a.report(failure(marked))
		return nil, exitRefused
	}
	if marked != nil {
		a.report(asWarnings(failure(marked)))
		rec.Mark = nil
	}
	return rec, exitOK
}

func entriesDocument(rec *state.Record, entries []*state.Entry) document {
	return document{
		text: func(w io.Writer, opts text.Options) error { return text.Entries(w, entries, opts) },
		json: func(w io.Writer) error { return jsondoc.Entries(w, rec, entries) },
	}
}

func (a *App) stateMvCommand() command {
	o := &stateOptions{}
	return command{
		name: "mv", args: "FROM TO", min: 2, max: 2, synopsis: "Record under another address what was recorded under one.",
		help:   "Moves what is recorded of one instance to another address, all revisions and doubts along. Nothing is sent. A moved block in the configuration does the same for everybody who applies it.",
		flags:  append([]flag{o.sandboxFlag()}, o.recordFlags.write()...),
		action: func(ctx context.Context, args []string) int { return a.runStateMv(ctx, o, args) },
	}
}

func (a *App) runStateMv(ctx context.Context, o *stateOptions, args []string) int {
	from, err1 := addr.Parse(args[0])
	to, err2 := addr.Parse(args[1])
	for _, err := range []error{err1, err2} {
		if err != nil {
			a.report(fail("Invalid address", sentence(err.Error())))
			return exitError
		}
	}
	return a.edit(ctx, o.recordFlags, o.sandbox, "state mv", func(rec *state.Record) (string, hcl.Diagnostics) {
		switch {
		case from.Kind != to.Kind:
			return "", fail("Kinds differ", "A message stays a message and a reaction a reaction: what is recorded of one says nothing about the other.")
		case len(rec.Revisions(from)) == 0:
			return "", unknownAddress(rec, from)
		case from == to:
			return "", fail("Nothing to move", fmt.Sprintf("%s is where it is recorded already: both addresses are the same.", to))
		case len(rec.Revisions(to)) > 0:
			return "", fail("Address is taken", fmt.Sprintf("The record already holds something at %s, and two histories cannot be one.", to))
		}
		rec.Move(from, to)
		return fmt.Sprintf("What was recorded at %s is now at %s.", from, to), nil
	})
}

func (a *App) stateRmCommand() command {
	o := &stateOptions{}
	return command{
		name: "rm", args: "ADDRESS...", min: 1, max: -1, synopsis: "Record that something is not sent, so that it can be sent again.",
		help: `Sets what is recorded of the addresses to absent. A message that was sent, or that may have been, would be sent again by the next apply if its block is still there: that is done only with -allow-resend.

A reaction is forgotten, not taken back.`,
		flags: append([]flag{
			o.sandboxFlag(),
			boolFlag(&o.allowResend, "allow-resend", "Go on although a message that was sent would be sent again."),
		}, o.recordFlags.write()...),
		action: func(ctx context.Context, args []string) int { return a.runStateRm(ctx, o, args) },
	}
}

func (a *App) runStateRm(ctx context.Context, o *stateOptions, args []string) int {
	return a.edit(ctx, o.recordFlags, o.sandbox, "state rm", func(rec *state.Record) (string, hcl.Diagnostics) {
		count := 0
		for _, arg := range args {
			at, err := addr.Parse(arg)
			if err != nil {
				return "", fail("Invalid address", sentence(err.Error()))
			}
			entries := rec.Revisions(at)
			if len(entries) == 0 {
				return "", unknownAddress(rec, at)
			}
			for _, e := range entries {
				if at.Kind == addr.Message && (e.Status == state.Sent || e.Status == state.Intent) && !o.allowResend {
					return "", fail("Message would be sent again", fmt.Sprintf("%s is recorded as %s. Without that, the next apply sends it, and the person may get it twice. Nothing was changed. If that is what you want:\n\n  herald state rm -allow-resend '%s'", e.Key(), inWords(e.Status), at))
				}
				if e.Status != state.Absent {
					rec.Put(e.Removed("", a.Now()))
					count++
				}
			}
		}
		if count == 1 {
			return "1 entry is now absent.", nil
		}
		return fmt.Sprintf("%d entries are now absent.", count), nil
	})
}

func inWords(s state.Status) string {
	if s == state.Intent {
		return "in doubt: it may have been sent"
	}
	return s.String()
}
