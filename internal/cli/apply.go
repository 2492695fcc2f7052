package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config"
	"herald/internal/view"
	"herald/plan"
	"herald/state"
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
		boolFlag(&o.newRecord, "new-record", "Make a record if there is none. Without it a missing record is an error: it may be lost."),
		boolFlag(&o.acceptEndpoint, "accept-endpoint", "Accept that an account's endpoint is another one than was recorded."),
		intFlag(&o.parallelism, "parallelism", "N", fmt.Sprintf("How many calls may be under way at once. The default is %d.", apply.DefaultParallelism), 1),
		settlePolicy(&o.onInDoubt),
		boolFlag(&o.format.verbose, "verbose", "Show the whole plan, however long."),
	}
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.selectionFlags()...)
	flags = append(flags, o.recordFlags.write()...)
	return command{
		name: "apply", args: "[PLANFILE]", max: 1, synopsis: "Send what the plan says, each of it once.",
		help: `Plans, asks, and sends. With the file of an earlier plan -out it sends exactly that plan, without asking; the same file may be applied again after a crash or a failed job, and sends nothing twice.

Exit codes: 0 all is done; 1 an error or a declined plan, nothing was sent; 3 something was refused or is held; 4 something is in doubt; 5 refused, because of the record or because the plan is stale.`,
		flags:  flags,
		action: func(ctx context.Context, args []string) int { return a.runApply(ctx, o, args) },
	}
}

func (a *App) runApply(ctx context.Context, o *applyOptions, args []string) int {
	outliveReader()
	file := ""
	if len(args) > 0 {
		file = args[0]
		if diags := o.conflicts(); diags.HasErrors() {
			a.report(diags)
			return exitError
		}
	}
	if file == "" && !o.autoApprove && o.approved == "" && (!o.input || !isTerminal(a.Stdin)) {
		a.report(fail("Nobody to ask", "Before it sends anything, apply asks for approval, and here there is no terminal to ask at"+
			" (or -input=false forbids it). Approve a plan beforehand and apply it:\n\n  herald plan -out=FILE\n  herald apply FILE\n\nOr do without the question:\n\n  herald apply -auto-approve"))
		return exitError
	}
	r := &run{app: a, opts: o}
	var diags hcl.Diagnostics
	if file != "" {
		p, err := readPlan(a.path(file))
		if err != nil {
			a.report(failure(err))
			return exitError
		}
		r.plan, r.saved = p, true
	} else {
		r.cfg, r.want, diags = a.wanted(&o.request)
		a.reportIn(diags, sourcesOf(r.cfg))
		if diags.HasErrors() {
			return exitError
		}
	}
	return r.locked(ctx)
}

// conflicts returns an error for each option that a plan file decides.
func (o *applyOptions) conflicts() hcl.Diagnostics {
	if len(o.only)+len(o.exclude) == 0 && !o.inputs.given() && !o.retryRejected {
		return nil
	}
	return fail("Option does not go with a plan file", "A saved plan holds the variables' values and the selection that it was made with, so -var, -var-file, -only, -exclude and -retry-rejected say nothing here. Give them to the plan:\n\n  herald plan -out=FILE")
}

// run is one apply.
type run struct {
	app   *App
	opts  *applyOptions
	cfg   *config.Config // nil with a saved plan
	want  *config.Wanted // nil with a saved plan
	store state.Store
	plan  *plan.Plan
	saved bool
}

// locked takes the lock, plans, asks and sends.
func (r *run) locked(ctx context.Context) (code int) {
	a := r.app
	store, err := a.store(r.opts.recordFlags, r.opts.sandbox)
	if err != nil {
		return r.refuse(err)
	}
	r.store = store
	session, err := store.Lock(ctx, a.holder(r.operation()), r.opts.lockTimeout)
	if err != nil {
		return r.refuse(err)
	}
	defer func() {
		if err := session.Unlock(); err != nil {
			a.report(failure(err))
			code = max(code, exitError)
		}
	}()
	rec, err := session.Load(ctx)
	switch {
	case errors.Is(err, state.ErrNoRecord) && (r.opts.newRecord || r.opts.sandbox):
		rec = nil
	case errors.Is(err, state.ErrNoRecord):
		a.report(noRecord(store.Location()))
		return exitRefused
	case err != nil:
		return r.refuse(err)
	}
	if diags := unpushed(store, rec); diags.HasErrors() {
		a.report(diags)
		return exitRefused
	}
	if code, ok := r.settlePlan(rec); !ok {
		return code
	}
	return r.execute(ctx, session, rec)
}

// operation is the command that holds the lock.
func (r *run) operation() string {
	if r.opts.settleOnly {
		return "reconcile"
	}
	return "apply"
}

// settlePlan makes the plan, unless it was saved, shows it, and asks. It
// returns false, with an exit code, if nothing is to be sent.
func (r *run) settlePlan(rec *state.Record) (int, bool) {
	a := r.app
	if r.saved {
		if r.opts.approved != "" && r.opts.approved != r.plan.ID {
			a.report(notApproved(r.opts.approved, r.plan.ID))
			return exitRefused, false
		}
		return exitOK, true
	}
	base := rec
	if r.opts.approved != "" && rec != nil {
		base = plan.Rewind(rec, r.opts.approved)
	}
	p, diags := r.opts.build(r.want, base)
	a.reportIn(diags, sourcesOf(r.cfg))
	if diags.HasErrors() {
		return exitError, false
	}
	r.plan = p
	if r.opts.approved != "" && r.opts.approved != p.ID {
		a.report(notApproved(r.opts.approved, p.ID))
		return exitRefused, false
	}
	if r.opts.settleOnly {
		if doubts(p) == 0 {
			a.say("Nothing is in doubt.")
			return exitOK, false
		}
		return exitOK, true
	}
	doc := view.NewPlanDoc(p, view.PlanOptions{Diagnostics: diags, Sources: sourcesOf(r.cfg), Names: r.opts.names, Sandbox: r.opts.sandbox})
	a.show(r.opts.format, planDocument(doc))
	if p.Empty() || r.opts.autoApprove || r.opts.approved != "" {
		return exitOK, true
	}
	if !a.ask("Do you want to send this?", "Herald will do what the plan above says. Only \"yes\" is taken as a yes.") {
		a.say("\nApply cancelled. Nothing was sent.")
		return exitError, false
	}
	return exitOK, true
}

// execute carries the plan out and shows what became of it.
func (r *run) execute(ctx context.Context, session state.Session, rec *state.Record) int {
	a := r.app
	conn, err := a.connect(r.plan, slices.Collect(maps.Values(r.opts.names)), r.opts.sandbox)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	began := a.Now()
	a.say("")
	report, diags := r.send(ctx, conn, session, rec)
	a.reportIn(diags, sourcesOf(r.cfg))
	if len(report.Unrecorded) > 0 {
		a.keepErrored(r.store, report.Record)
	}
	if !report.Refused {
		r.showResult(report)
		if r.opts.sandbox {
			a.say("")
			a.show(r.opts.format, inboxDocument(r.plan, conn.sandbox, began))
			a.say(nextSteps)
		}
	}
	if err := conn.close(); err != nil {
		a.report(failure(err))
	}
	return report.ExitCode()
}

// send runs the plan with a display of its progress.
func (r *run) send(ctx context.Context, conn *connection, session state.Session, rec *state.Record) (*apply.Report, hcl.Diagnostics) {
	a := r.app
	ctx, stop := a.interruptible(ctx)
	defer stop()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)) // see apply.Run
	progress := view.NewProgress(a.Stdout, view.ProgressOptions{
		TTY: isTerminal(a.Stdout), Width: func() int { return width(a.Stdout) },
		Color: a.textOptions(a.Stdout).Color, Now: a.Now,
	})
	defer progress.Close()
	return apply.Run{
		Plan: r.plan, Session: session, Record: rec, Client: conn,
		Parallelism: r.opts.parallelism, Observe: progress.Observe, Log: conn.log,
		NewRecord: r.opts.newRecord || r.opts.sandbox, AcceptEndpoint: r.opts.acceptEndpoint,
		OnInDoubt: r.opts.onInDoubt, SettleOnly: r.opts.settleOnly,
	}.Do(ctx)
}

// showResult shows what the run did, and the outputs as they are now.
func (r *run) showResult(report *apply.Report) {
	a := r.app
	doc := view.NewRunDoc(report)
	if len(report.Results) > 0 {
		a.say("")
	}
	a.show(r.opts.format, document{
		text: func(w io.Writer, opts view.TextOptions) error { return view.RunText(w, doc, opts) },
		json: func(w io.Writer) error { return view.RunJSON(w, doc) },
	})
	if len(r.plan.Outputs) > 0 {
		a.say("")
		a.show(r.opts.format, outputsDocument(resolveOutputs(r.plan, report.Record), "Outputs:"))
	}
}

// nextSteps stands below what -sandbox did.
const nextSteps = `Where to look next:

  herald apply -sandbox        again: nothing is sent twice
  herald state list -sandbox   what is on the record
  herald plan                  what would go to the real Instagram; needs no token`

// refuse reports why the record cannot be used.
func (r *run) refuse(err error) int {
	r.app.report(failure(err))
	return exitCode(err)
}
