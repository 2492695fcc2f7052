package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/rogpeppe/go-internal/diff"

	"herald/config"
	"herald/internal/view/safe"
)

// formatter is one run of fmt.
type formatter struct {
	app                         *App
	check, diff, recurse, write bool
	list                        bool
	changed                     bool
	failed                      bool
}

func (a *App) fmtCommand() command {
	f := &formatter{app: a, write: true, list: true}
	return command{
		name: "fmt", args: "[PATH...]", max: -1,
		synopsis: "Rewrite configuration files in the usual style.",
		help: `Rewrites the *.hcl and *.hclvars files of the directory, or the files and directories that are named, in the usual style, and lists those that changed. The argument - formats standard input to standard output.

Exit code 3 with -check says that something is not in style.`,
		flags: []flag{
			boolFlag(&f.check, "check", "Change nothing; exit with 3 if something would change."),
			boolFlag(&f.diff, "diff", "Show what changes, as a unified diff."),
			boolFlag(&f.recurse, "recursive", "Go into directories below as well."),
			boolFlag(&f.write, "write", "-write=false changes no file."),
			boolFlag(&f.list, "list", "-list=false names no file."),
		},
		action: func(_ context.Context, args []string) int { return f.run(args) },
	}
}

func (f *formatter) run(args []string) int {
	if len(args) == 1 && args[0] == "-" {
		src, err := io.ReadAll(io.LimitReader(f.app.Stdin, config.MaxFileBytes+1))
		if err != nil {
			f.app.report(failure(err))
			return exitError
		}
		f.write = false
		f.source("<stdin>", "", src, !f.check && !f.diff)
	} else {
		if len(args) == 0 {
			args = []string{"."}
		}
		for _, arg := range args {
			f.path(arg)
		}
	}
	switch {
	case f.failed:
		return exitError
	case f.check && f.changed:
		return exitStyle
	}
	return exitOK
}

// exitStyle is the exit code of fmt -check for files that are not in style, as
// Terraform has it.
const exitStyle = 3

// path formats a file, or the files of a directory.
func (f *formatter) path(arg string) {
	path := f.app.path(arg)
	info, err := os.Stat(path)
	if err != nil {
		f.fail(err)
		return
	}
	if !info.IsDir() {
		if !formattable(path) {
			f.failed = true
			f.app.report(fail("Not a configuration file", fmt.Sprintf("%s is neither a *.hcl nor a *.hclvars file, so it is left as it is.", arg)))
			return
		}
		f.file(path, arg)
		return
	}
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != path && (!f.recurse || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.Type().IsRegular() && formattable(p) && !strings.HasPrefix(d.Name(), "."):
			rel, _ := filepath.Rel(path, p)
			f.file(p, filepath.Join(arg, rel))
		}
		return nil
	})
	if err != nil {
		f.fail(err)
	}
}

func formattable(path string) bool {
	return strings.HasSuffix(path, ".hcl") || strings.HasSuffix(path, ".hclvars")
}

func (f *formatter) file(path, shown string) {
	src, err := os.ReadFile(path)
	if err != nil {
		f.fail(err)
		return
	}
	f.source(shown, path, src, false)
}

// source formats one text. It goes back to the file at path, or to standard
// output.
func (f *formatter) source(shown, path string, src []byte, print bool) {
	if _, diags := hclsyntax.ParseConfig(src, shown, hcl.InitialPos); diags.HasErrors() {
		f.failed = true
		f.app.reportIn(diags, func(string) []byte { return src })
		return
	}
	out := config.Format(src)
	if print {
		_, _ = f.app.Stdout.Write(out)
	}
	if bytes.Equal(out, src) {
		return
	}
	f.changed = true
	if f.list && path != "" {
		f.app.say(safe.Output(safe.Line(shown)))
	}
	if f.diff {
		f.app.say(diffText(shown, src, out))
	}
	if f.write && !f.check && path != "" {
		if err := renameio.WriteFile(path, out, 0o666, renameio.WithExistingPermissions()); err != nil {
			f.fail(err)
		}
	}
}

// diffText is the unified diff of a file, no line of which is a command to the
// runner of a pipeline: a line that did not change begins with a blank, and a
// runner looks behind it.
func diffText(shown string, src, out []byte) string {
	name := safe.Line(shown)
	var b strings.Builder
	for line := range strings.Lines(string(diff.Diff("old/"+name, src, "new/"+name, out))) {
		b.WriteString(safe.Output(line))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *formatter) fail(err error) {
	f.failed = true
	f.app.report(failure(err))
}
