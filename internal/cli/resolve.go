package cli

import (
	"context"
	"errors"
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
	sandbox     bool
	arrived     bool
	sent        string // its id, "" if that was not given
	notSent     bool
	gone        bool // the run that prepared it
	reason      string
	autoApprove bool
	input       bool
	verbose     bool

	selected, exclude []addr.Pattern
}

func (a *App) resolveCommand() command {
	o := &resolveOptions{input: true}
	flags := []flag{
		o.sentFlag(),
		boolFlag(&o.notSent, "not-sent", "It did not arrive. The next apply sends it."),
		listFlag(o.except, "ADDRESS", "Not this message or block, of those that the arguments select. May be given several times.", "exclude"),
		boolFlag(&o.gone, "runner-is-gone", "With -not-sent, of a message that another run has prepared: that run has ended and its claim file is gone, so it sends nothing more. Without it, -not-sent is refused until the run may no longer send."),
		stringFlag(&o.reason, "reason", "TEXT", "Why you know; it is kept in the record, so no message text."),
		boolFlag(&o.autoApprove, "auto-approve", "Do not ask, however many messages it covers."),
		boolFlag(&o.input, "input", "-input=false never asks: without -auto-approve only a message that is named by its whole address is resolved."),
		boolFlag(&o.verbose, "verbose", "Show all that it covers, however many."),
		boolFlag(&o.sandbox, "sandbox", "Use the record of the local Instagram."),
	}
	return command{
		name: "resolve", args: "ADDRESS...", min: 1, max: -1, synopsis: "Say whether messages that are in doubt were sent.",
		help: `A message is in doubt when its call was made and no answer was recorded, or when herald recover could not tell whether it was sent. Look into the conversation, in the app, and say what you see: -sent if it is there, -not-sent if it is not.

The app shows no ids. Where you have it from elsewhere (a webhook, the output of recover), say -sent=MESSAGE_ID: a reaction to the message and an output with its id need it.

Several addresses may stand there, or whole blocks, and a star stands for anything, as with -only: herald resolve 'message.campaign["a*"]' -sent. What is in doubt of that is shown first, and asked about where it is more than one message; nothing else is touched.

A message that another run has prepared may be sent by it at any moment, for 30 minutes: until then it proves nothing that it is not there.

If you are not sure, leave it in doubt: then nothing is sent twice.`,
		flags:  append(flags, o.recordFlags.write()...),
		action: func(ctx context.Context, args []string) int { return a.runResolve(ctx, o, args) },
	}
}

// sentFlag is a switch that may be given the message's id.
func (o *resolveOptions) sentFlag() flag {
	return flag{names: []string{"sent"}, usage: "It arrived. -sent=MESSAGE_ID also records the id that Instagram has for it, of one message.", set: func(s string) error {
		switch s {
		case "false", "":
			return errors.New("it takes nothing, or the id of one message: -sent or -sent=MESSAGE_ID")
		case "true":
			o.arrived = true
		default:
			o.arrived, o.sent = true, s
		}
		return nil
	}}
}

// except adds a pattern of what is left alone.
func (o *resolveOptions) except(s string) error {
	p, err := addr.ParsePattern(s)
	if err == nil {
		o.exclude = append(o.exclude, p)
	}
	return err
}

func (a *App) runResolve(ctx context.Context, o *resolveOptions, args []string) int {
	if diags := o.check(args); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	return a.edit(ctx, o.recordFlags, o.sandbox, "resolve", func(rec *state.Record) (string, hcl.Diagnostics) {
		list, diags := o.covered(rec, args, a.Now())
		if diags.HasErrors() {
			return "", diags
		}
		if diags := a.agreed(o, list, args); diags.HasErrors() {
			return "", diags
		}
		for _, e := range list {
			rec.Put(o.said(e, a.Now()))
		}
		return o.told(list), nil
	})
}

// check reads the arguments, and says what is wrong with them.
func (o *resolveOptions) check(args []string) hcl.Diagnostics {
	for _, arg := range args {
		p, err := addr.ParsePattern(arg)
		if err != nil {
			return fail("Invalid address", sentence(err.Error()))
		}
		o.selected = append(o.selected, p)
	}
	switch {
	case o.arrived == o.notSent:
		words := make([]string, len(args))
		for i, arg := range args {
			words[i] = shellWord(arg)
		}
		what := strings.Join(words, " ")
		return fail("Sent or not?", fmt.Sprintf("Say one of the two:\n\n  herald resolve %[1]s -sent\n  herald resolve %[1]s -not-sent", what))
	case o.gone && !o.notSent:
		return fail("Option without its answer", "The option -runner-is-gone says why a message that was prepared is not sent any more, and goes with -not-sent.")
	}
	return nil
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

// unknownAddress says that the record has no such address, and names the
// nearest.
func unknownAddress(rec *state.Record, at addr.Instance) hcl.Diagnostics {
	var names []string
	for e := range rec.All() {
		names = append(names, e.Addr.String())
	}
	return fail("Unknown address", fmt.Sprintf("The record holds nothing at %s.%s What it holds is listed by:\n\n  herald state list", at, didYouMean(at.String(), names, "")))
}
