package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// sandboxEndpoint stands for the local Instagram in plans made with -sandbox.
// The name is loopback wherever it is looked up, and the same in every run.
const sandboxEndpoint = "http://sandbox.localhost"

// request is what plan and apply are asked for: which configuration, with
// which values, against which record, and which part of it.
type request struct {
	inputs
	recordFlags
	only, exclude []addr.Pattern
	retryRejected bool
	sandbox       bool

	names   map[string]string // of the configuration's accounts, by IG id
	claimed string            // of planNow: the plan that this machine prepared and may still send, or ""
}

func (r *request) selectionFlags() []flag {
	add := func(list *[]addr.Pattern) func(string) error {
		return func(s string) error {
			p, err := addr.ParsePattern(s)
			if err == nil {
				*list = append(*list, p)
			}
			return err
		}
	}
	return []flag{
		listFlag(add(&r.only), "ADDRESS", "Only this message, reaction or block; a star stands for anything, as in 'message.campaign[\"a*\"]'. May be given several times.", "only", "target"),
		listFlag(add(&r.exclude), "ADDRESS", "Everything but this. May be given several times.", "exclude"),
		boolFlag(&r.retryRejected, "retry-rejected", "Try again what Instagram refused for good."),
		boolFlag(&r.sandbox, "sandbox", "Use a local Instagram within this process, with a record and an inbox of its own in .herald/. Needs no account."),
	}
}

// wanted loads and expands the configuration. The Config is never nil.
func (a *App) wanted(r *request) (*config.Config, *config.Wanted, hcl.Diagnostics) {
	cfg, want, diags := a.expand(&r.inputs)
	if want == nil || diags.HasErrors() {
		return cfg, nil, diags
	}
	r.names = make(map[string]string, len(want.Accounts))
	for _, account := range want.Accounts {
		r.names[account.IGID] = account.Name
		if r.sandbox {
			account.Endpoint = sandboxEndpoint
		}
	}
	return cfg, want, diags
}

// build plans the wanted state against the record.
func (r *request) build(want *config.Wanted, rec *state.Record) (*plan.Plan, hcl.Diagnostics) {
	return plan.Build(plan.Input{
		Wanted: want, Record: rec, Only: r.only, Exclude: r.exclude, RetryRejected: r.retryRejected,
	})
}

// planNow plans without a lock, as every command does that only looks.
func (a *App) planNow(ctx context.Context, r *request) (*plan.Plan, *config.Config, *config.Wanted, hcl.Diagnostics) {
	cfg, want, diags := a.wanted(r)
	if diags.HasErrors() {
		return nil, cfg, nil, diags
	}
	store, err := a.store(r.recordFlags, r.sandbox)
	if err != nil {
		return nil, cfg, nil, append(diags, failure(err)...)
	}
	rec, err := a.peekFor(ctx, store, r, want)
	if err != nil {
		return nil, cfg, nil, append(diags, failure(err)...)
	}
	if holder, err := store.Holder(ctx); err == nil && holder != nil {
		diags = append(diags, beingApplied(holder))
	}
	if rec == nil {
		if elsewhere := a.elsewhere(store); elsewhere.HasErrors() { // all would seem to be unsent
			return nil, cfg, nil, append(diags, elsewhere...)
		}
	}
	diags = append(diags, asWarnings(a.unpushed(store, rec))...)
	r.claimed = a.claimedHere(store, rec)
	p, more := r.build(want, rec)
	return p, cfg, want, append(diags, more...)
}

// peekFor reads, without a lock, what of the record a plan looks at. A missing
// record is nil.
func (a *App) peekFor(ctx context.Context, store state.Store, r *request, want *config.Wanted) (*state.Record, error) {
	rec, err := a.loadFor(ctx, store, store, r, want, "")
	if errors.Is(err, state.ErrNoRecord) {
		return nil, nil
	}
	return rec, err
}

// recordReader is a store, or a session of one.
type recordReader interface {
	Load(ctx context.Context) (*state.Record, error)
}

// loadFor reads what of the record a plan looks at: a part, where from can read
// one and it will do, else all of it. The plan is made on what was before the
// plan planID, "" for none, so what that wrote belongs to it.
func (a *App) loadFor(ctx context.Context, store state.Store, from recordReader, r *request, want *config.Wanted, planID string) (*state.Record, error) {
	loader, ok := from.(state.PartLoader)
	in := plan.Input{Wanted: want, Only: r.only, Exclude: r.exclude}
	part, enough := plan.PartOf(in)
	if _, err := os.Lstat(a.erroredPath(store)); !ok || !enough || !errors.Is(err, fs.ErrNotExist) {
		return from.Load(ctx)
	}
	part.PlanID = planID
	rec, err := loader.LoadPart(ctx, part)
	if err != nil {
		return nil, err
	}
	in.Record = plan.Rewind(rec, planID)
	if more, _ := plan.PartOf(in); len(more.Addrs) > len(part.Addrs) {
		more.PlanID = planID
		rec, err = loader.LoadPart(ctx, more)
	}
	return rec, err
}

// claimedHere returns the id of the plan that this machine has prepared and, as
// far as can be seen without the lock, may still send; "" if there is none. It
// is for showing only: claimFor decides.
func (a *App) claimedHere(store state.Store, rec *state.Record) string {
	c, _ := readClaim(a.claimPath(store))
	if c == nil || rec == nil || c.Used || c.Lineage != rec.Lineage || c.Serial != rec.Serial {
		return ""
	}
	return c.PlanID
}
