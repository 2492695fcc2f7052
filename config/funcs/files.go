package funcs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxFileBytes is the size of the largest file that a function reads.
const maxFileBytes = 16 << 20

// files reads files below one directory. It keeps what it has read, so that
// one evaluation sees each file once, as it was; it is not for several
// goroutines at once.
type files struct {
	root      *os.Root
	read      map[string]result
	templates map[string]hclsyntax.Expression
}

type result struct {
	text string
	err  error
}

func newFiles(root *os.Root) *files {
	return &files{root, map[string]result{}, map[string]hclsyntax.Expression{}}
}

func (f *files) functions() map[string]function.Function {
	return map[string]function.Function{
		"file": f.function(cty.String, func(p string) (cty.Value, error) {
			text, err := f.text(p)
			return cty.StringVal(text), err
		}),
		"fileexists": f.function(cty.Bool, f.exists),
		"fileset":    stringFunc(cty.Set(cty.String), []string{"path", "pattern"}, f.set),
	}
}

// function returns a function of a path. The result is marked as the path is.
func (f *files) function(t cty.Type, impl func(p string) (cty.Value, error)) function.Function {
	return stringFunc(t, []string{"path"}, func(a []string) (cty.Value, error) { return impl(a[0]) })
}

// text returns what a file holds.
func (f *files) text(p string) (string, error) {
	if f.root == nil {
		return "", errors.New("no files can be read here")
	}
	p = clean(p)
	r, ok := f.read[p]
	if !ok {
		r.text, r.err = f.load(p)
		f.read[p] = r
	}
	return r.text, r.err
}

func clean(p string) string { return path.Clean(strings.ReplaceAll(p, "\\", "/")) }

func (f *files) load(p string) (string, error) {
	// To open a pipe waits until another program writes to it, for ever perhaps.
	info, err := f.root.Stat(p)
	if err != nil {
		return "", openError(p, err)
	}
	if !info.Mode().IsRegular() {
		return "", argError(0, "%s is not a regular file", p)
	}
	file, err := f.root.Open(p)
	if err != nil {
		return "", openError(p, err)
	}
	defer file.Close() //nolint:errcheck // it was only read from
	b, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	switch {
	case err != nil:
		return "", openError(p, err)
	case len(b) > maxFileBytes:
		return "", argError(0, "%s has more than 16,777,216 bytes, the most that a file may have", p)
	case !utf8.Valid(b):
		return "", argError(0, "%s is not UTF-8, and every string is", p)
	}
	return string(b), nil
}

// openError says why a file cannot be read.
func openError(p string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return argError(0, "there is no file %s below the configuration's directory", p)
	case escapes(p, err):
		return argError(0, "%s leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine", p)
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return argError(0, "%s cannot be read: %w", p, err)
}

// escapes reports whether a path, or a link on it, leads out of the root: the
// os package tells it in words only.
func escapes(p string, err error) bool {
	return path.IsAbs(p) || !fs.ValidPath(p) || strings.Contains(err.Error(), "escapes")
}

func (f *files) exists(p string) (cty.Value, error) {
	if f.root == nil {
		return cty.NilVal, errors.New("no files can be read here")
	}
	p = clean(p)
	info, err := f.root.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cty.False, nil
	case err != nil:
		return cty.NilVal, openError(p, err)
	case !info.Mode().IsRegular():
		return cty.NilVal, argError(0, "%s is not a regular file", p)
	}
	return cty.True, nil
}

// set returns the files below a directory whose paths match a pattern.
func (f *files) set(a []string) (cty.Value, error) {
	if f.root == nil {
		return cty.NilVal, errors.New("no files can be read here")
	}
	dir, pattern := clean(a[0]), path.Clean(a[1])
	if !fs.ValidPath(dir) {
		return cty.NilVal, openError(dir, fs.ErrInvalid)
	}
	sub, err := fs.Sub(f.root.FS(), dir)
	if err != nil {
		return cty.NilVal, openError(dir, err)
	}
	found, err := doublestar.Glob(sub, pattern, doublestar.WithFilesOnly())
	if err != nil {
		return cty.NilVal, argError(1, "it is not a pattern, as in *.txt or **/*.txt")
	}
	// A link that leads out is no file here.
	found = slices.DeleteFunc(found, func(name string) bool {
		_, err := f.root.Stat(path.Join(dir, name))
		return err != nil
	})
	if len(found) == 0 {
		return cty.SetValEmpty(cty.String), nil
	}
	vals := make([]cty.Value, 0, len(found))
	for _, name := range found {
		vals = append(vals, cty.StringVal(name))
	}
	return cty.SetVal(vals), nil
}

// noRecursion stands for templatefile within a template.
var noRecursion = dynamicFunc([]function.Parameter{{Name: "path", Type: cty.String}, anyParam("vars")}, func([]cty.Value) (cty.Value, error) {
	return cty.NilVal, errors.New("a template cannot use templatefile")
})

// templateFile returns a function that renders a file with the given values.
func (f *files) templateFile(inner map[string]function.Function) function.Function {
	params := []function.Parameter{{Name: "path", Type: cty.String}, anyParam("vars")}
	return dynamicFunc(params, func(args []cty.Value) (cty.Value, error) {
		t := args[1].Type()
		if !t.IsObjectType() && !t.IsMapType() {
			return cty.NilVal, argError(1, "the values of a template are a map")
		}
		expr, err := f.template(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		vars := map[string]cty.Value{}
		for name, val := range args[1].AsValueMap() {
			if !hclsyntax.ValidIdentifier(name) {
				return cty.NilVal, argError(1, "%q is not a name that a template can use: it must begin with a letter and hold letters, digits and underscores", name)
			}
			vars[name] = val
		}
		for _, ref := range expr.Variables() {
			if _, ok := vars[ref.RootName()]; !ok {
				return cty.NilVal, argError(1, "the template needs a value for %q (%s, line %d)", ref.RootName(), ref[0].SourceRange().Filename, ref[0].SourceRange().Start.Line)
			}
		}
		val, diags := expr.Value(&hcl.EvalContext{Variables: vars, Functions: inner})
		if diags.HasErrors() {
			return cty.NilVal, templateError(diags)
		}
		return val, CheckSize(val)
	})
}

func (f *files) template(p string) (hclsyntax.Expression, error) {
	p = clean(p)
	if expr, ok := f.templates[p]; ok {
		return expr, nil
	}
	text, err := f.text(p)
	if err != nil {
		return nil, err
	}
	if diags := checkTemplateDepth([]byte(text), p); diags.HasErrors() {
		return nil, templateError(diags)
	}
	expr, diags := hclsyntax.ParseTemplate([]byte(text), p, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, templateError(diags)
	}
	if diags := CheckExpression(expr); diags.HasErrors() {
		return nil, templateError(diags)
	}
	f.templates[p] = expr
	return expr, nil
}

// templateError turns the first error within a template into one of the call.
func templateError(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			where := ""
			if d.Subject != nil {
				where = fmt.Sprintf("%s, line %d: ", d.Subject.Filename, d.Subject.Start.Line)
			}
			return fmt.Errorf("%s%s. %s", where, d.Summary, strings.TrimSuffix(d.Detail, "."))
		}
	}
	return diags
}
