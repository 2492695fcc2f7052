package cli

import (
	"context"
	"io"

	"herald/internal/view/jsondoc"
	"herald/internal/view/text"
)

func (a *App) validateCommand() command {
	f := format{}
	return command{
		name: "validate", synopsis: "Check the configuration.",
		help:   "Checks the configuration's files on their own: without values for variables, without the record, without the network.",
		flags:  []flag{boolFlag(&f.json, "json", "Write a JSON document, in the shape of Terraform's.")},
		action: func(context.Context, []string) int { return a.runValidate(f) },
	}
}

func (a *App) runValidate(f format) int {
	cfg, diags := a.load()
	if !diags.HasErrors() {
		diags = append(diags, cfg.Validate()...)
	}
	sources := sourcesOf(cfg)
	if !f.json {
		a.reportIn(diags, sources)
	}
	code := a.show(f, document{
		text: func(w io.Writer, opts text.Options) error {
			return text.Validate(w, diags, opts)
		},
		json: func(w io.Writer) error { return jsondoc.Diagnostics(w, diags, sources) },
	})
	if diags.HasErrors() {
		return exitError
	}
	return code
}
