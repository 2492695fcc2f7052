package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply/survey"
	"herald/internal/view"
	"herald/plan"
)

// refreshOptions are the flags with which a plan asks Instagram.
type refreshOptions struct {
	refresh bool
	closing time.Duration
}

// closesSoon is how soon a messaging window closes that is warned of, unless
// -closing says another time.
const closesSoon = 2 * time.Hour

func (o *refreshOptions) flags() []flag {
	o.closing = closesSoon
	return []flag{
		boolFlag(&o.refresh, "refresh", "Ask Instagram whether what would be sent is in the conversations already, when each messaging window closes, and whether posts are the account's own. Needs the token; the plan and its digest stay the same."),
		durationFlag(&o.closing, "closing", "DURATION", "With -refresh: warn of a messaging window that closes within that time, as in 30m. The default is 2h."),
	}
}

// refreshed asks Instagram about what the plan sends. It returns nil without
// the option; errors mean that nothing could be asked.
func (a *App) refreshed(ctx context.Context, o *planOptions, p *plan.Plan) (*view.Refresh, hcl.Diagnostics) {
	if !o.refresh {
		return nil, nil
	}
	store, err := a.store(o.recordFlags, o.sandbox)
	if err != nil {
		return nil, failure(err)
	}
	rec, err := peek(ctx, store)
	if err != nil {
		return nil, failure(err)
	}
	conn, err := a.connect(link{plan: p, configured: slices.Collect(maps.Values(o.names)), local: o.sandbox})
	if err != nil {
		return nil, failure(err)
	}
	ctx, stop := a.interruptible(ctx)
	defer stop()
	progress := a.surveyProgress(true)
	rep := survey.Survey{Plan: p, Record: rec, Client: conn, Refresh: true, Observe: progress.Observe}.Do(ctx)
	progress.Close()
	var diags hcl.Diagnostics
	if rep.Blind() {
		diags = append(stoppedReading(rep), fail("Nothing could be looked up", "No conversation was read, so the plan would say no more than without -refresh.")...)
	}
	if err := conn.close(); err != nil {
		diags = append(diags, failure(err)...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	r := view.NewRefresh(rep, o.closing)
	return r, r.Diagnostics()
}
