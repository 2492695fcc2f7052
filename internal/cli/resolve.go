package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/state"
)

// resolveOptions are the flags of the resolve command.
type resolveOptions struct {
	recordFlags
	sandbox bool
	sent    string
	notSent bool
	gone    bool // the run that prepared it
	reason  string
}

func (a *App) resolveCommand() command {
	o := &resolveOptions{}
	flags := []flag{
		stringFlag(&o.sent, "sent", "MESSAGE_ID", "It arrived: the id that Instagram has for it."),
		boolFlag(&o.notSent, "not-sent", "It did not arrive. The next apply sends it."),
		boolFlag(&o.gone, "runner-is-gone", "With -not-sent, of a message that another run has prepared: that run has ended and its claim file is gone, so it sends nothing more. Without it, -not-sent is refused until the run may no longer send."),
		stringFlag(&o.reason, "reason", "TEXT", "Why you know; it is kept in the record, so no message text."),
		boolFlag(&o.sandbox, "sandbox", "Use the record of the local Instagram."),
	}
	return command{
		name: "resolve", args: "ADDRESS", min: 1, max: 1, synopsis: "Say whether a message that is in doubt was sent.",
		help: `A message is in doubt when its call was made and no answer was recorded. Look into the conversation, in the app, and say what you see: -sent=MESSAGE_ID if it is there, -not-sent if it is not.

A message that another run has prepared may be sent by it at any moment, for 30 minutes: until then it proves nothing that it is not there.

If you are not sure, leave it in doubt: then nothing is sent twice.`,
		flags:  append(flags, o.recordFlags.write()...),
		action: func(ctx context.Context, args []string) int { return a.runResolve(ctx, o, args[0]) },
	}
}

func (a *App) runResolve(ctx context.Context, o *resolveOptions, address string) int {
	at, err := addr.Parse(address)
	if err != nil {
		a.report(fail("Invalid address", sentence(err.Error())))
		return exitError
	}
	if (o.sent == "") == !o.notSent {
		a.report(fail("Sent or not?", fmt.Sprintf("Say one of the two:\n\n  herald resolve '%s' -sent=MESSAGE_ID\n  herald resolve '%s' -not-sent", at, at)))
		return exitError
	}
	if o.gone && !o.notSent {
		a.report(fail("Option without its answer", "The option -runner-is-gone says why a message that was prepared is not sent any more, and goes with -not-sent."))
		return exitError
	}
	return a.edit(ctx, o.recordFlags, o.sandbox, "resolve", func(rec *state.Record) (string, hcl.Diagnostics) {
		e, diags := o.decide(rec, at, a.Now())
		if diags.HasErrors() {
			return "", diags
		}
		e.SettledAt, e.SettledBy, e.Note = a.Now().UTC(), "resolve", o.reason
		rec.Put(e)
		if e.Status == state.Sent {
			return fmt.Sprintf("%s is recorded as sent. It will not be sent again.", e.Key()), nil
		}
		return fmt.Sprintf("%s is recorded as not sent. The next apply sends it.", e.Key()), nil
	})
}

// decide returns the entry in doubt with what the person said. Now is the time.
func (o *resolveOptions) decide(rec *state.Record, at addr.Instance, now time.Time) (state.Entry, hcl.Diagnostics) {
	var doubt *state.Entry
	for _, e := range rec.Revisions(at) {
		if e.Status == state.Intent {
			doubt = e
		}
	}
	switch {
	case len(rec.Revisions(at)) == 0:
		return state.Entry{}, unknownAddress(rec, at)
	case doubt == nil:
		return state.Entry{}, fail("Nothing in doubt", fmt.Sprintf("%s is not in doubt: it is recorded as %s. There is nothing to resolve.", at, rec.Latest(at).Status))
	case at.Kind == addr.Reaction:
		return state.Entry{}, fail("Nothing to resolve", "A reaction in doubt is no danger: to react twice is to react once. The next apply simply repeats it.")
	}
	next := doubt.Next(doubt.PlanID)
	if o.notSent {
		if !o.gone && mayBeSent(doubt, now) {
			return state.Entry{}, stillClaimed(doubt)
		}
		next.Status = state.Absent
		return next, nil
	}
	if problem := o.idProblem(rec, doubt); problem != "" {
		return state.Entry{}, fail("Invalid message id", problem)
	}
	next.Status, next.MessageID = state.Sent, o.sent
	return next, nil
}

// mayBeSent reports whether the run that prepared an entry may be sending it
// now, as far as this machine's clock tells.
func mayBeSent(e *state.Entry, now time.Time) bool {
	return e.Claim != "" && (e.IntendedAt.IsZero() || now.Before(e.IntendedAt.Add(apply.ClaimLease)))
}

// stillClaimed refuses to take a message for not sent that another run may be
// sending.
func stillClaimed(e *state.Entry) hcl.Diagnostics {
	when := "It is not recorded when, so it may be sent at any time"
	wait := ""
	if !e.IntendedAt.IsZero() {
		until := e.IntendedAt.Add(apply.ClaimLease).UTC().Format(time.RFC3339)
		when = fmt.Sprintf("That was at %s, and it may be sent until %s", e.IntendedAt.UTC().Format(time.RFC3339), until)
		wait = " Wait until then: after that an apply reads the conversation itself, and this command takes your word again."
	}
	return fail("Message may still be sent", fmt.Sprintf("Another run has prepared %s. %s: that it is not in the conversation now proves nothing, and if it counted as not sent, both runs would send it.%s On the machine that prepared it, apply goes on with it. Only if you know that the run has ended, and that its machine sends nothing more:\n\n  herald resolve %s -not-sent -runner-is-gone",
		e.Key(), when, wait, shellWord(e.Addr.String())))
}

// idProblem says why the id cannot be that of the message, or "".
func (o *resolveOptions) idProblem(rec *state.Record, doubt *state.Entry) string {
	if len(o.sent) < 8 || len(o.sent) > 512 || strings.ContainsFunc(o.sent, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "A message id is a long word of letters and digits, as the Conversations API and webhooks give it (160 characters or so). Copy the whole of it."
	}
	if other := state.NewIndex(rec).MessageID(o.sent); other != nil && other.Key() != doubt.Key() {
		return fmt.Sprintf("That id is already recorded for %s. A message has one address: look again which of the two it is.", other.Key())
	}
	return ""
}

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

// unknownAddress says that the record has no such address, and names the
// nearest.
func unknownAddress(rec *state.Record, at addr.Instance) hcl.Diagnostics {
	var names []string
	for e := range rec.All() {
		names = append(names, e.Addr.String())
	}
	return fail("Unknown address", fmt.Sprintf("The record holds nothing at %s.%s What it holds is listed by:\n\n  herald state list", at, didYouMean(at.String(), names, "")))
}
