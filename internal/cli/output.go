package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/text"
	"herald/plan"
	"herald/state"
)

// outputOptions are the flags of the output command.
type outputOptions struct {
	request
	json, raw bool
}

func (a *App) outputCommand() command {
	o := &outputOptions{}
	flags := []flag{
		boolFlag(&o.json, "json", "Write the value, or all of them, as JSON."),
		boolFlag(&o.raw, "raw", "Write a single string, number or bool as it is, without quotes or a line break."),
		boolFlag(&o.sandbox, "sandbox", "Use the record of the local Instagram."),
	}
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.recordFlags.read()...)
	return command{
		name: "output", args: "[NAME]", max: 1, synopsis: "Show output values.",
		help:   "Shows the configuration's outputs with the message ids that are on the record. One that waits for a message that is not sent is not known yet.",
		flags:  flags,
		action: func(ctx context.Context, args []string) int { return a.runOutput(ctx, o, args) },
	}
}

func (a *App) runOutput(ctx context.Context, o *outputOptions, args []string) int {
	cfg, want, diags := a.wanted(&o.request)
	a.reportIn(diags, sourcesOf(cfg))
	if diags.HasErrors() {
		return exitError
	}
	rec, code := a.record(ctx, &stateOptions{recordFlags: o.recordFlags, sandbox: o.sandbox, inUse: true})
	if rec == nil {
		return code
	}
	p, diags := plan.Build(plan.Input{Wanted: want, Record: rec})
	if diags.HasErrors() {
		a.reportIn(diags, sourcesOf(cfg))
		return exitError
	}
	outputs := resolveOutputs(p, rec)
	if len(args) == 0 {
		if o.raw {
			a.report(fail("Which output?", "The option -raw writes one value: name the output."))
			return exitError
		}
		return a.show(format{json: o.json}, outputsDocument(outputs, ""))
	}
	return a.showOutput(o, outputs, args[0])
}

func outputsDocument(outputs []view.Output, title string) document {
	return document{
		text: func(w io.Writer, opts text.Options) error { return text.Outputs(w, outputs, title, opts) },
		json: func(w io.Writer) error { return jsondoc.Outputs(w, outputs) },
	}
}

// resolveOutputs returns the plan's outputs with the ids on the record.
func resolveOutputs(p *plan.Plan, rec *state.Record) []view.Output {
	var outputs []view.Output
	for _, out := range plan.ResolveOutputs(p.Outputs, rec) {
		outputs = append(outputs, view.Output(out))
	}
	return outputs
}

func (a *App) showOutput(o *outputOptions, outputs []view.Output, name string) int {
	i := slices.IndexFunc(outputs, func(out view.Output) bool { return out.Name == name })
	if i < 0 {
		var names []string
		for _, out := range outputs {
			names = append(names, out.Name)
		}
		a.report(fail("Unknown output", fmt.Sprintf("The configuration has no output %q.%s", name, didYouMean(name, names, ""))))
		return exitError
	}
	out := outputs[i]
	if !out.Known {
		a.report(fail("Output is not known yet", fmt.Sprintf("The output %q holds the id of a message that is not on the record as sent.", name)))
		return exitError
	}
	if o.raw {
		if err := text.Raw(a.Stdout, out); err != nil {
			a.report(failure(err))
			return exitError
		}
		return exitOK
	}
	return a.show(format{json: o.json}, document{
		text: func(w io.Writer, _ text.Options) error { return text.Output(w, out) },
		json: func(w io.Writer) error { return jsondoc.Output(w, out) },
	})
}
