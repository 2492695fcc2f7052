package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view"
	"herald/internal/view/htmlpage"
	"herald/internal/view/jsondoc"
	"herald/internal/view/markdown"
	"herald/internal/view/text"
	"herald/plan"
)

// showOptions are the flags of the show command.
type showOptions struct {
	stateOptions
	since string
}

func (a *App) showCommand() command {
	o := &showOptions{}
	flags := append(o.format.flags(), sinceFlag(&o.since), o.sandboxFlag())
	return command{
		name: "show", args: "[PLANFILE]", max: 1, synopsis: "Show a saved plan, or the record.",
		help: `With a file that plan -out wrote it shows that plan, in any format; without one, what the record holds, as text or JSON.

A plan that is shown needs neither the configuration nor the record: show -markdown -budget=1000000 PLANFILE makes a job's summary of the plan that another job has made.`,
		flags:  append(flags, o.recordFlags.read()...),
		action: func(ctx context.Context, args []string) int { return a.runShow(ctx, o, args) },
	}
}

func (a *App) runShow(ctx context.Context, o *showOptions, args []string) int {
	if diags := o.format.check(a); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	if len(args) == 0 {
		return a.runShowRecord(ctx, o)
	}
	p, err := a.readPlan(a.path(args[0]))
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	since, diags := a.planSince(o.since, p)
	if diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	diags = expiry(p, a.Now())
	if o.format.text() {
		a.report(diags)
	} else {
		a.annotate(diags)
	}
	return a.show(o.format, planDocument(view.NewPlanDoc(p, view.PlanOptions{Sandbox: onSandbox(p), Diagnostics: diags, Since: since, Saved: true})))
}

func (a *App) runShowRecord(ctx context.Context, o *showOptions) int {
	switch {
	case o.format.markdown || o.format.html:
		a.report(fail("No such format", "A record is shown as text or as JSON; a plan can be shown as Markdown and as a page too:\n\n  herald show -markdown PLANFILE"))
		return exitError
	case o.since != "":
		a.report(fail("Nothing to compare", "The option -since compares two plans, and no plan is named:\n\n  herald show -since=PLANFILE PLANFILE"))
		return exitError
	}
	rec, code := a.record(ctx, &o.stateOptions)
	if rec == nil {
		return code
	}
	return a.show(o.format, entriesDocument(rec, rec.Sorted()))
}

func planDocument(doc *view.PlanDoc) document {
	return document{
		text:     func(w io.Writer, opts text.Options) error { return text.Plan(w, doc, opts) },
		json:     func(w io.Writer) error { return jsondoc.Plan(w, doc) },
		markdown: func(w io.Writer, opts markdown.Options) error { return markdown.Plan(w, doc, opts) },
		html:     func(w io.Writer) error { return htmlpage.Plan(w, doc) },
	}
}

// onSandbox reports whether the plan is one for the local Instagram.
func onSandbox(p *plan.Plan) bool {
	for _, account := range p.Accounts {
		if account.Endpoint == sandboxEndpoint {
			return true
		}
	}
	return false
}

// sinceFlag names the plan that was reviewed before.
func sinceFlag(dst *string) flag {
	return stringFlag(dst, "since", "PLANFILE", "Show what has changed since the plan in the file, which was looked at before.")
}

// planSince reads the plan that p is compared with; nil if none is named. A
// plan of another record is an error.
func (a *App) planSince(file string, p *plan.Plan) (*plan.Plan, hcl.Diagnostics) {
	if file == "" {
		return nil, nil
	}
	old, err := a.readPlan(a.path(file))
	if err != nil {
		return nil, failure(err)
	}
	// A plan from before the first record has no lineage.
	if old.Lineage != "" && p.Lineage != old.Lineage {
		is := "there is no record"
		if p.Lineage != "" {
			is = "this plan is for the record with lineage " + p.Lineage
		}
		return nil, fail("Plans of two records", fmt.Sprintf("The plan in %s was made for the record with lineage %s, and %s: what is new in one says nothing about the other.", file, old.Lineage, is))
	}
	return old, nil
}

// expiry warns of a plan that apply does not take any more.
func expiry(p *plan.Plan, now time.Time) hcl.Diagnostics {
	if !p.Expired(now) {
		return nil
	}
	return hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Plan has expired", Detail: expiredSince(p, now) + " apply refuses it. Make a new one:\n\n  herald plan -out=FILE"}}
}

// expiredSince says when a plan expired, and how long ago that is.
func expiredSince(p *plan.Plan, now time.Time) string {
	at := p.Expires.UTC().Format(time.RFC3339)
	if ago := now.Sub(p.Expires).Round(time.Second); ago >= time.Second {
		return fmt.Sprintf("The plan was accepted until %s, %s ago.", at, ago)
	}
	return fmt.Sprintf("The plan was accepted until %s.", at)
}
