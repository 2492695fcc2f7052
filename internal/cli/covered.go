package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view/safe"
	"herald/state"
)

// covered returns the messages in doubt that the arguments select, in order.
func (o *resolveOptions) covered(rec *state.Record, args []string, now time.Time) ([]*state.Entry, hcl.Diagnostics) {
	var list []*state.Entry
	for _, e := range rec.Sorted() {
		in := func(p addr.Pattern) bool { return p.Match(e.Addr) }
		if e.Addr.Kind == addr.Message && e.Status == state.Intent && slices.ContainsFunc(o.selected, in) && !slices.ContainsFunc(o.exclude, in) {
			list = append(list, e)
		}
	}
	for i, p := range o.selected {
		if !slices.ContainsFunc(list, func(e *state.Entry) bool { return p.Match(e.Addr) }) {
			return nil, notInDoubt(rec, args[i], p)
		}
	}
	switch {
	case o.sent != "" && len(list) > 1:
		return nil, fail("One id for several messages", fmt.Sprintf("An id belongs to one message, and %s and %s more are in doubt there. Name one by its whole address, or leave the id out:\n\n  herald resolve %s -sent",
			list[0].Key(), content.Thousands(len(list)-1), shellWord(args[0])))
	case o.sent != "":
		if problem := o.idProblem(rec, list[0]); problem != "" {
			return nil, fail("Invalid message id", problem)
		}
	case o.notSent && !o.gone:
		for _, e := range list {
			if mayBeSent(e, now) {
				return nil, stillClaimed(e)
			}
		}
	}
	return list, nil
}

// notInDoubt says why an argument selects nothing that can be resolved.
func notInDoubt(rec *state.Record, arg string, p addr.Pattern) hcl.Diagnostics {
	var there *state.Entry
	n := 0
	for e := range rec.All() {
		if p.Match(e.Addr) {
			there = e
			n++
		}
	}
	at, err := addr.Parse(arg)
	switch exact := err == nil && len(rec.Revisions(at)) > 0; {
	case n == 0 && err == nil:
		return unknownAddress(rec, at)
	case n == 0:
		return fail("Nothing selected", fmt.Sprintf("%s matches nothing in the record. What it holds is listed by:\n\n  herald state list", arg))
	case there.Addr.Kind == addr.Reaction:
		return fail("Nothing to resolve", "A reaction in doubt is no danger: to react twice is to react once. The next apply simply repeats it.")
	case exact:
		return fail("Nothing in doubt", fmt.Sprintf("%s is not in doubt: it is recorded as %s. There is nothing to resolve.", at, rec.Latest(at).Status))
	}
	return fail("Nothing in doubt", fmt.Sprintf("Of what %s selects, nothing is in doubt. There is nothing to resolve.", arg))
}

// said returns the entry with what the person said.
func (o *resolveOptions) said(e *state.Entry, now time.Time) state.Entry {
	next := e.Next(e.PlanID)
	next.Status, next.MessageID = state.Absent, ""
	if o.arrived {
		next.Status, next.MessageID = state.Sent, o.sent
	}
	next.SettledAt, next.SettledBy, next.Note = now.UTC(), state.ByResolve, o.reason
	return next
}

// told says what was recorded.
func (o *resolveOptions) told(list []*state.Entry) string {
	what, are, it := list[0].Key().String(), "is", "It"
	if len(list) > 1 {
		what, are, it = content.Thousands(len(list))+" messages", "are", "They"
	}
	switch {
	case o.notSent && len(list) > 1:
		return what + " are recorded as not sent. The next apply sends those that the configuration still declares."
	case o.notSent:
		return what + " is recorded as not sent. The next apply sends it."
	case o.sent == "":
		return fmt.Sprintf("%s %s recorded as sent, without an id: no reaction can be added by %s. %s will not be sent again.", what, are, map[bool]string{true: "their addresses", false: "its address"}[len(list) > 1], it)
	}
	return what + " is recorded as sent. It will not be sent again."
}

// mostShown is how many messages are listed before a question.
const mostShown = 20

// agreed asks about messages that were not named one by one. Errors mean that
// nothing is changed.
func (a *App) agreed(o *resolveOptions, list []*state.Entry, args []string) hcl.Diagnostics {
	if len(list) == 1 && len(args) == 1 && list[0].Addr.String() == args[0] {
		return nil
	}
	as := "not sent, so that the next apply sends what of it is declared"
	if o.arrived {
		as = "sent, so that it is not sent again"
	}
	n := content.Thousands(len(list)) + " messages"
	if len(list) == 1 {
		n = "1 message"
	}
	a.say("In doubt, and to be recorded as " + as + ":\n\n" + shown(list, o.verbose) + "\n" + n + ".")
	if o.autoApprove {
		return nil
	}
	if !o.input || !isTerminal(a.Stdin) {
		return fail("Nobody to ask", "More than what a single address names is resolved after a question only, and here there is no terminal to ask at (or -input=false forbids it). Nothing was changed. To do without the question, add -auto-approve.")
	}
	explain := "Only \"yes\" is taken as a yes."
	if o.notSent {
		explain = "What had arrived after all would be read twice. " + explain
	}
	if !a.ask(a.Stdout, "Do you want to record this?", explain) {
		return fail("Resolve cancelled", "Nothing was changed.")
	}
	return nil
}

// shown lists the messages, each with its person and since when or why it is in
// doubt; of many the first, unless all are wanted.
func shown(list []*state.Entry, all bool) string {
	var b strings.Builder
	for i, e := range list {
		if i == mostShown && !all {
			fmt.Fprintf(&b, "  … and %s more (-verbose shows all)\n", content.Thousands(len(list)-i))
			break
		}
		fmt.Fprintf(&b, "  %s  to %s\n", safe.Line(e.Key().String()), safe.Line(e.Recipient))
		switch {
		case e.LeftOpen():
			fmt.Fprintf(&b, "      left open by recover: %s\n", safe.Line(e.Note))
		case !e.IntendedAt.IsZero():
			fmt.Fprintf(&b, "      a call was begun at %s\n", e.IntendedAt.UTC().Format(time.RFC3339))
		}
	}
	return b.String()
}
