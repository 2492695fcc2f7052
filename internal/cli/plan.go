package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/internal/view"
	"herald/plan"
)

// planOptions are the flags of the plan command.
type planOptions struct {
	request
	out              string
	detailedExitcode bool
	format           format
}

func (a *App) planCommand() command {
	o := &planOptions{}
	flags := []flag{
		stringFlag(&o.out, "out", "FILE", "Write the plan to a file, for apply. The file holds message texts; only its owner can read it."),
		boolFlag(&o.detailedExitcode, "detailed-exitcode", "Exit with 2 if there is something to do, 0 if not, 1 on errors."),
	}
	flags = append(flags, o.format.flags()...)
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.selectionFlags()...)
	flags = append(flags, o.recordFlags.read()...)
	ignored := false
	flags = append(flags, hidden(boolFlag(&ignored, "input", "A plan never asks; the option is taken for Terraform's sake.")))
	return command{
		name: "plan", synopsis: "Show what would be sent.",
		help: `Compares the configuration with the record and shows what apply would send, in the order in which it would, and why.

It needs no token, opens no connection and writes no file but the one that -out names.`,
		flags:  flags,
		action: func(ctx context.Context, _ []string) int { return a.runPlan(ctx, o) },
	}
}

func (a *App) runPlan(ctx context.Context, o *planOptions) int {
	if diags := o.format.conflict(); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	p, cfg, diags := a.planNow(ctx, &o.request)
	if diags.HasErrors() {
		a.problem(o.format, cfg, diags)
		return exitError
	}
	if o.out != "" {
		if err := writePlan(a.path(o.out), p); err != nil {
			a.problem(o.format, cfg, failure(err))
			return exitError
		}
	}
	if o.format.text() {
		a.reportIn(diags, sourcesOf(cfg))
	}
	doc := view.NewPlanDoc(p, view.PlanOptions{Diagnostics: diags, Sources: sourcesOf(cfg), Names: o.names, Sandbox: o.sandbox})
	if code := a.show(o.format, planDocument(doc)); code != exitOK {
		return code
	}
	if o.out != "" && o.format.text() {
		a.say(fmt.Sprintf("\nSaved the plan to %s. To send exactly this:\n\n  herald apply %q", o.out, o.out))
	}
	if o.detailedExitcode && !p.Empty() {
		return exitChanges
	}
	return exitOK
}

// writePlan stores a plan, readable by its owner only: it holds texts.
func writePlan(path string, p *plan.Plan) error {
	if strings.HasPrefix(filepath.Base(path), strings.TrimSuffix(stateFile, "json")) {
		return fmt.Errorf("%s is a name of the record's files, so the plan is not written there", path)
	}
	if err := replaceable(path); err != nil {
		return err
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { _ = f.Cleanup() }() // does nothing once the file is in its place
	w := bufio.NewWriterSize(f, 1<<16)
	if err := p.Encode(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// replaceable returns an error if something stands at path that is no earlier
// plan: a slip of the hand must not cost the configuration, or the record.
func replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil // nothing is there, or the writing will tell
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file, so the plan is not written there", path)
	case info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, 64)
	n, _ := f.Read(head) // what cannot be read is no plan
	if !bytes.Contains(head[:n], []byte(`"producer":"herald"`)) {
		return fmt.Errorf("%s is there already and is no saved plan, so the plan is not written over it", path)
	}
	return nil
}

// readPlan reads a saved plan.
func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return plan.Decode(bufio.NewReaderSize(f, 1<<16), path)
}

// problem writes diagnostics in the format that was asked for.
func (a *App) problem(f format, cfg *config.Config, diags hcl.Diagnostics) {
	if f.json {
		_ = view.DiagnosticsJSON(a.Stdout, diags, sourcesOf(cfg))
		return
	}
	a.reportIn(diags, sourcesOf(cfg))
}
