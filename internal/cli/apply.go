package cli

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
)

// applyOptions are the flags of the apply command.
type applyOptions struct {
	request
	format         format
	autoApprove    bool
	input          bool
	newRecord      bool
	acceptEndpoint bool
	approved       string
	since          string
	canary         int
	prepare        bool
	parallelism    int
	onInDoubt      apply.DoubtPolicy
	settleOnly     bool // the command is reconcile
}

func (a *App) applyCommand() command {
	o := &applyOptions{input: true, parallelism: apply.DefaultParallelism}
	flags := []flag{
		boolFlag(&o.autoApprove, "auto-approve", "Do not ask before sending."),
		boolFlag(&o.input, "input", "-input=false never asks: without -auto-approve or a plan file nothing is sent."),
		digestFlag(&o.approved, "approved", "Send only if the plan's digest is this one, as a reviewed plan shows it (sha256:…)."),
		sinceFlag(&o.since),
		intFlag(&o.canary, "canary", "N", "Send to the first N conversations of the plan only, and say how to go on.", 1),
		boolFlag(&o.prepare, "prepare", "Record what the plan sends as about to be sent, and send nothing: for a record that is pushed to git before the apply. Needs no token."),
		boolFlag(&o.newRecord, "new-record", "Make a record if there is none. Without it a missing record is an error: it may be lost."),
		boolFlag(&o.acceptEndpoint, "accept-endpoint", "Accept that an account's endpoint is another one than was recorded."),
		intFlag(&o.parallelism, "parallelism", "N", fmt.Sprintf("How many calls may be under way at once. The default is %d.", apply.DefaultParallelism), 1),
		settlePolicy(&o.onInDoubt),
	}
	flags = append(flags, o.format.receiptFlags()...)
	flags = append(flags, boolFlag(&o.format.verbose, "verbose", "Show the whole plan, however long."))
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.selectionFlags()...)
	flags = append(flags, o.recordFlags.write()...)
	return command{
		name: "apply", args: "[PLANFILE]", max: 1, synopsis: "Send what the plan says, each of it once.", stream: true,
		help: `Plans, asks, and sends. With the file of an earlier plan -out it sends exactly that plan, without asking; the same file may be applied again after a crash or a failed job, and sends nothing twice.

With -approved=DIGEST it plans afresh and goes on only if the plan is the one that was reviewed. If it is another, nothing is sent and the difference is explained.

Exit codes: 0 all is done; 1 an error or a declined plan, nothing was sent; 3 something was refused or is held; 4 something is in doubt; 5 refused, because of the record or because the plan is stale, has expired or is not the approved one.`,
		flags:  flags,
		action: func(ctx context.Context, args []string) int { return a.runApply(ctx, o, args) },
	}
}

func (a *App) runApply(ctx context.Context, o *applyOptions, args []string) int {
	outliveReader()
	r := &run{app: a, opts: o}
	if len(args) > 0 {
		r.file = args[0]
	}
	if diags := r.check(); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	return r.receipted(r.begin(ctx))
}

// check returns an error if the options contradict each other, or if nobody
// has approved and nobody can be asked.
func (r *run) check() hcl.Diagnostics {
	o, a := r.opts, r.app
	if diags := o.format.check(a); diags.HasErrors() {
		return diags
	}
	if r.file != "" {
		return o.decidedByFile()
	}
	const how = " Approve a plan beforehand and apply it:\n\n  herald plan -out=FILE\n  herald apply %[1]sFILE\n\nOr do without the question:\n\n  herald apply %[1]s-auto-approve"
	switch {
	case o.settleOnly || o.autoApprove || o.approved != "":
		return nil
	case o.format.json:
		return fail("Nobody to ask", "Before it sends anything, apply asks for approval, and with -json it cannot ask: every line that it writes is JSON."+fmt.Sprintf(how, "-json "))
	case o.prepare:
		return fail("Nobody to ask", "With -prepare apply does not ask for approval: what is prepared is meant to be sent."+fmt.Sprintf(how, "-prepare "))
	case !o.input || !isTerminal(a.Stdin):
		return fail("Nobody to ask", "Before it sends anything, apply asks for approval, and here there is no terminal to ask at (or -input=false forbids it)."+fmt.Sprintf(how, ""))
	}
	return nil
}

// decidedByFile returns an error for each option that a plan file decides.
func (o *applyOptions) decidedByFile() hcl.Diagnostics {
	if len(o.only)+len(o.exclude) == 0 && !o.inputs.given() && !o.retryRejected {
		return nil
	}
	return fail("Option does not go with a plan file", "A saved plan holds the variables' values and the selection that it was made with, so -var, -var-file, -only, -exclude and -retry-rejected say nothing here. Give them to the plan:\n\n  herald plan -out=FILE")
}
