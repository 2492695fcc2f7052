package cli

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config"
	"herald/internal/view/progress"
	"herald/plan"
	"herald/state"
)

// run is one apply, or one reconcile.
type run struct {
	app   *App
	opts  *applyOptions
	file  string         // the saved plan's, "" for none
	cfg   *config.Config // nil with a saved plan
	want  *config.Wanted // nil with a saved plan
	store state.Store
	plan  *plan.Plan
	since *plan.Plan // what the plan is compared with, or nil

	hold    *claimHold // what was prepared on this machine
	lineage string     // of the record, "" if there is none

	planDiags hcl.Diagnostics // of the plan
	told      hcl.Diagnostics // all that was reported, for the receipt
	receipt   bool            // it is written
	untold    bool            // it could not be written, or not whole
}

// begin reads what is wanted, and goes on under the lock.
func (r *run) begin(ctx context.Context) int {
	a := r.app
	if r.file != "" {
		p, err := a.readPlan(a.path(r.file))
		if err != nil {
			return r.refuse(err)
		}
		r.plan = p
		return r.locked(ctx)
	}
	cfg, want, diags := a.wanted(&r.opts.request)
	r.cfg, r.want = cfg, want
	r.report(diags)
	if diags.HasErrors() {
		return exitError
	}
	return r.locked(ctx)
}

// locked takes the lock, plans, asks and sends.
func (r *run) locked(ctx context.Context) (code int) {
	a := r.app
	store, err := r.openStore()
	if err != nil {
		return r.refuse(err)
	}
	r.store = store
	session, err := r.enter(ctx)
	if err != nil {
		r.report(lockFailure(store, err))
		return exitCode(err)
	}
	defer func() {
		if err := session.Unlock(); err != nil {
			r.report(failure(err))
			code = max(code, exitError)
		}
	}()
	rec, err := r.load(ctx, session)
	switch {
	case errors.Is(err, state.ErrNoRecord) && (r.opts.newRecord || r.opts.sandbox):
		if diags := a.elsewhere(store); diags.HasErrors() {
			r.report(diags)
			return exitRefused
		}
		rec = nil
	case errors.Is(err, state.ErrNoRecord):
		r.report(a.notFound(store))
		return exitRefused
	case err != nil:
		return r.refuse(err)
	}
	if diags := a.unpushed(store, rec); diags.HasErrors() {
		r.report(diags)
		return exitRefused
	}
	if code, ok := r.settlePlan(ctx, session, rec); !ok {
		return code
	}
	hold, diags := a.claimFor(store, session, rec, r.plan, r.opts.prepare)
	r.report(diags)
	if diags.HasErrors() {
		return exitError
	}
	r.hold = hold
	return r.execute(ctx, rec)
}

// openStore opens the store of the plan's record, or of the configuration's.
func (r *run) openStore() (state.Store, error) {
	if r.file != "" {
		return r.app.planStore(r.plan, r.opts.recordFlags, r.opts.sandbox)
	}
	return r.app.store(r.opts.recordFlags, r.opts.sandbox)
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
func (r *run) settlePlan(ctx context.Context, session state.Session, rec *state.Record) (int, bool) {
	o := r.opts
	if rec != nil {
		r.lineage = rec.Lineage
	}
	if r.file == "" {
		r.plan, r.planDiags = r.build(session, rec)
		r.report(r.planDiags)
		if r.planDiags.HasErrors() {
			return exitError, false
		}
	}
	since, diags := r.app.planSince(o.since, r.plan)
	if diags.HasErrors() {
		r.report(diags)
		return exitError, false
	}
	r.since = since
	switch now := r.app.Now(); {
	case o.approved != "" && o.approved != r.plan.ID:
		r.showPlan()
		if rec != nil && rec.Rest > 0 {
			// Which plan came between, all of the record tells.
			if whole, err := session.Load(ctx); err == nil {
				rec = whole
			}
		}
		r.report(r.unapproved(rec))
		return exitRefused, false
	case r.file != "" && r.plan.Expired(now):
		r.report(expired(r.plan, now))
		return exitRefused, false
	case o.settleOnly && doubts(r.plan, rec) == 0:
		r.say("Nothing is in doubt.")
		r.nothingToDo()
		return exitOK, false
	case o.settleOnly:
		return exitOK, true
	}
	return r.approve()
}

// build plans: what was approved or prepared, if the configuration still says
// so, and else what is missing now.
func (r *run) build(session state.Session, rec *state.Record) (*plan.Plan, hcl.Diagnostics) {
	o := r.opts
	if o.approved != "" {
		return o.build(r.want, plan.Rewind(rec, o.approved))
	}
	if id := r.app.claimedPlan(r.store, session, rec); id != "" && !o.settleOnly {
		if p, diags := o.build(r.want, plan.Rewind(rec, id)); !diags.HasErrors() && p.ID == id {
			return p, diags
		}
	}
	return o.build(r.want, rec)
}

// approve shows the plan and asks, where it was not approved before.
func (r *run) approve() (int, bool) {
	if r.file == "" || r.since != nil || r.opts.format.json {
		r.showPlan()
	}
	if r.file != "" || r.plan.Empty() || r.opts.autoApprove || r.opts.approved != "" {
		return exitOK, true
	}
	if !r.app.ask(r.prose(), "Do you want to send this?", "Herald will do what the plan above says. Only \"yes\" is taken as a yes.") {
		r.say("\nApply cancelled. Nothing was sent.")
		return exitError, false
	}
	return exitOK, true
}

// execute carries the plan out and shows what became of it.
func (r *run) execute(ctx context.Context, rec *state.Record) int {
	a := r.app
	conn, err := a.connect(link{
		plan: r.plan, configured: slices.Collect(maps.Values(r.opts.names)), local: r.opts.sandbox, silent: r.opts.prepare,
	})
	if err != nil {
		return r.refuse(err)
	}
	began := a.Now()
	r.say("")
	report, diags := r.send(ctx, conn, rec)
	r.report(diags)
	if err := r.hold.release(report); err != nil {
		r.report(failure(err))
	}
	if len(report.Unrecorded) > 0 && !r.hold.shared() {
		r.keepErrored(report.Record)
	}
	r.showResult(report)
	if r.opts.sandbox && !report.Refused && !r.opts.prepare {
		r.showInbox(conn, began)
	}
	if err := conn.close(); err != nil {
		r.report(failure(err))
	}
	return report.ExitCode()
}

// send runs the plan with a display of its progress.
func (r *run) send(ctx context.Context, conn *connection, rec *state.Record) (*apply.Report, hcl.Diagnostics) {
	ctx, stop := r.app.interruptible(ctx)
	defer stop()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)) // see apply.Run
	observe, end := r.progress()
	defer end()
	do := apply.Run{
		Plan: r.plan, Record: rec, Client: conn,
		Parallelism: r.opts.parallelism, Observe: observe, Log: conn.log,
		NewRecord: r.opts.newRecord || r.opts.sandbox, AcceptEndpoint: r.opts.acceptEndpoint,
		OnInDoubt: r.opts.onInDoubt, SettleOnly: r.opts.settleOnly, SettleForPlan: r.file != "",
		Canary: r.opts.canary,
	}
	r.hold.set(&do)
	return do.Do(ctx)
}

// refuse reports why the run cannot go on.
func (r *run) refuse(err error) int {
	r.report(failure(err))
	return exitCode(err)
}

// progress shows what happens: as lines of JSON with -json, else for a person.
func (r *run) progress() (observe func(apply.Event), end func()) {
	a := r.app
	if r.opts.format.json {
		return a.stream().Observe, a.stream().Close
	}
	w := r.prose()
	p := progress.NewRun(w, progress.Options{
		TTY: isTerminal(w), Width: func() int { return width(w) }, Color: a.textOptions(w).Color, Now: a.Now,
	})
	return p.Observe, p.Close
}
