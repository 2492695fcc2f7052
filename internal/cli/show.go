package cli

import (
	"context"
	"io"

	"herald/internal/view"
	"herald/plan"
)

func (a *App) showCommand() command {
	o := &stateOptions{}
	flags := append(o.format.flags(), o.sandboxFlag())
	return command{
		name: "show", args: "[PLANFILE]", max: 1, synopsis: "Show a saved plan, or the record.",
		help:  "With a file that plan -out wrote it shows that plan, in any format; without one, what the record holds.",
		flags: append(flags, o.recordFlags.read()...),
		action: func(ctx context.Context, args []string) int {
			if len(args) == 0 {
				return a.runShowRecord(ctx, o)
			}
			p, err := readPlan(a.path(args[0]))
			if err != nil {
				a.report(failure(err))
				return exitError
			}
			return a.show(o.format, planDocument(view.NewPlanDoc(p, view.PlanOptions{Sandbox: onSandbox(p)})))
		},
	}
}

func (a *App) runShowRecord(ctx context.Context, o *stateOptions) int {
	rec, code := a.record(ctx, o)
	if rec == nil {
		return code
	}
	if o.format.markdown {
		a.report(fail("No such format", "A record cannot be shown as Markdown; a plan can."))
		return exitError
	}
	return a.show(o.format, entriesDocument(rec, rec.Sorted()))
}

func planDocument(doc *view.PlanDoc) document {
	return document{
		text:     func(w io.Writer, opts view.TextOptions) error { return view.PlanText(w, doc, opts) },
		json:     func(w io.Writer) error { return view.PlanJSON(w, doc) },
		markdown: func(w io.Writer) error { return view.PlanMarkdown(w, doc, view.MarkdownOptions{}) },
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
