package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view"
	"herald/plan"
)

// planOptions are the flags of the plan command.
type planOptions struct {
	request
	refreshOptions
	out              string
	since            string
	expires          time.Duration
	detailedExitcode bool
	format           format
}

func (a *App) planCommand() command {
	o := &planOptions{}
	flags := []flag{
		stringFlag(&o.out, "out", "FILE", "Write the plan to a file, for apply. The file holds message texts; only its owner can read it."),
		expiresFlag(&o.expires),
		sinceFlag(&o.since),
		boolFlag(&o.detailedExitcode, "detailed-exitcode", "Exit with 2 if there is something to do, 0 if not, 1 on errors."),
	}
	flags = append(flags, o.refreshOptions.flags()...)
	flags = append(flags, o.format.flags()...)
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.selectionFlags()...)
	flags = append(flags, o.recordFlags.read()...)
	ignored := false
	flags = append(flags, hidden(boolFlag(&ignored, "input", "A plan never asks; the option is taken for Terraform's sake.")))
	return command{
		name: "plan", synopsis: "Show what would be sent.",
		help: `Compares the configuration with the record and shows what apply would send, in the order in which it would, and why.

It needs no token, opens no connection and writes no file but those that -out and -json-into name. With -refresh it does need the token, and reads the conversations of those to whom something would be sent.

Exit codes: 0 the plan is made; 1 an error; 2 with -detailed-exitcode: there is something to do.`,
		flags:  flags,
		action: func(ctx context.Context, _ []string) int { return a.runPlan(ctx, o) },
	}
}

// longestExpiry bounds -expires: who plans for longer has mistyped it.
const longestExpiry = 366 * 24 * time.Hour

// expiresFlag takes how long a saved plan is accepted.
func expiresFlag(dst *time.Duration) flag {
	const form = "it takes how long from now on, from 1s to a year, as in 24h"
	return listFlag(func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d < time.Second || d > longestExpiry {
			return errors.New(form)
		}
		*dst = d
		return nil
	}, "DURATION", "With -out: apply refuses the plan later than that from now on, as in 24h.", "expires")
}

func (a *App) runPlan(ctx context.Context, o *planOptions) int {
	if diags := o.check(a); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	p, cfg, want, diags := a.planNow(ctx, &o.request)
	if diags.HasErrors() {
		a.reportIn(diags, sourcesOf(cfg))
		return exitError
	}
	since, more := a.planSince(o.since, p)
	if more.HasErrors() {
		a.report(more)
		return exitError
	}
	refresh, more := a.refreshed(ctx, o, p)
	if diags = append(diags, more...); diags.HasErrors() {
		a.report(more)
		return exitError
	}
	if o.expires > 0 {
		p.Expires = a.Now().Add(o.expires).UTC().Truncate(time.Second)
	}
	if o.out != "" {
		if err := planFile.write(a.path(o.out), a.sealing(p.Encryption, p.Encode)); err != nil {
			a.report(failure(err))
			return exitError
		}
	}
	if o.format.text() {
		a.reportIn(diags, sourcesOf(cfg))
	} else {
		a.annotate(diags)
	}
	doc := view.NewPlanDoc(p, view.PlanOptions{Diagnostics: diags, Sources: sourcesOf(cfg), Names: o.names, Sandbox: o.sandbox, Since: since, Refresh: refresh, Claimed: o.claimed, Variables: o.format.variables(want)})
	if code := a.show(o.format, planDocument(doc)); code != exitOK {
		return code
	}
	if o.out != "" && o.format.text() {
		a.say(o.savedAs(p))
	}
	if o.detailedExitcode && !p.Empty() {
		return exitChanges
	}
	return exitOK
}

// check returns an error if the options contradict each other, or if a file is
// named that must not be written.
func (o *planOptions) check(a *App) hcl.Diagnostics {
	if diags := o.format.check(a); diags.HasErrors() {
		return diags
	}
	switch {
	case o.expires > 0 && o.out == "":
		return fail("Nothing that could expire", "The option -expires says how long a saved plan is accepted, and no file for the plan is named:\n\n  herald plan -out=FILE -expires=24h")
	case o.out != "" && filepath.Clean(a.path(o.out)) == filepath.Clean(a.path(o.format.into)) && o.format.into != "":
		return fail("One file for two things", "The options -out and -json-into name the same file. The saved plan, for apply, and the JSON document, for policies, are two things: give each its own file.")
	case o.out != "":
		if err := planFile.check(a.path(o.out)); err != nil {
			return failure(err)
		}
	}
	return nil
}

// savedAs says what is to be done with the saved plan.
func (o *planOptions) savedAs(p *plan.Plan) string {
	until := ""
	if !p.Expires.IsZero() {
		until = ", which is accepted until " + p.Expires.Format(time.RFC3339)
	}
	return fmt.Sprintf("\nSaved the plan to %s%s. To send exactly this:\n\n  herald apply %q", o.out, until, o.out)
}
