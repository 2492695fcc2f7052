package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"herald/config/funcs"
)

// Values are where the variables get their values from. A later source wins
// over an earlier one: the default, the environment (HERALD_VAR_NAME), the
// files herald.hclvars and *.auto.hclvars (in the order of their names) of the
// configuration's directory, and Args in their order. Files whose names end in
// .json behind .hclvars hold JSON.
type Values struct {
	// Env looks up an environment variable, as os.LookupEnv does; nil knows none.
	Env func(string) (string, bool)
	// Args are -var and -var-file, in the order of the command line.
	Args []Arg
}

// Arg is one -var or -var-file. Exactly one of the two is set.
type Arg struct {
	Var  string // NAME=VALUE
	File string // a path, relative to the configuration's directory
}

// VarEnv is the beginning of the environment variables that give values.
const VarEnv = "HERALD_VAR_"

// given is a value for a variable, and where it came from.
type given struct {
	val cty.Value
	at  hcl.Range
}

// collector gathers the values of variables.
type collector struct {
	c      *Config
	root   *os.Root
	byName map[string]*variable
	given  map[string]given
	diags  hcl.Diagnostics
}

// values returns the value of each variable.
func (c *Config) values(v Values, root *os.Root) (map[string]cty.Value, hcl.Diagnostics) {
	col := &collector{c: c, root: root, byName: map[string]*variable{}, given: map[string]given{}}
	for _, v := range c.variables {
		col.byName[v.name] = v
	}
	col.environment(v.Env)
	col.directory()
	for _, arg := range v.Args {
		if arg.File != "" {
			col.argFile(arg.File)
		} else {
			col.argVar(arg.Var)
		}
	}
	out := make(map[string]cty.Value, len(c.variables))
	for _, v := range c.variables {
		out[v.name] = col.final(v)
	}
	return out, col.diags
}

func (col *collector) add(d *hcl.Diagnostic) { col.diags = append(col.diags, d) }

func (col *collector) environment(env func(string) (string, bool)) {
	if env == nil {
		return
	}
	for _, v := range col.c.variables {
		if text, ok := env(VarEnv + v.name); ok {
			col.text(v, text, "<environment "+VarEnv+v.name+">")
		}
	}
}

// text reads the value of a variable that was given as text: the text itself
// for a variable of a primitive type or none, an expression for the others.
func (col *collector) text(v *variable, text, where string) {
	src := newSource(where, []byte(text))
	if v.sensitive {
		src.mask(0, len(text))
	}
	col.c.sources[where] = src
	at := hcl.Range{Filename: where, Start: hcl.InitialPos, End: advance(src.bytes, hcl.InitialPos)}
	if !v.typed || v.typ.IsPrimitiveType() {
		col.set(v, given{cty.StringVal(text), at})
		return
	}
	if deep := funcs.CheckDepth(src.bytes, where, hcl.InitialPos); len(deep) > 0 {
		col.diags = append(col.diags, deep...)
		return
	}
	expr, diags := hclsyntax.ParseExpression(src.bytes, where, hcl.InitialPos)
	if diags.HasErrors() {
		col.add(errorf(at, "Invalid value", "The variable %s has the type %s, so its value is written as in HCL, and this is not: %s", v.name, typeexpr.TypeString(v.typ), diags[0].Detail))
		return
	}
	col.expression(v, expr)
}

// expression evaluates a value given as HCL.
func (col *collector) expression(v *variable, expr hclsyntax.Expression) {
	col.given[v.name] = given{cty.DynamicVal, expr.Range()} // until it proves to be good
	if refs := expr.Variables(); len(refs) > 0 {
		col.add(errorAt(refs[0].SourceRange(), "Value is not constant", "The value of a variable is a plain value: it may refer to nothing. A string stands in quotes."))
		return
	}
	if at, ok := firstCall(expr); ok {
		col.add(errorAt(at, "Value is not constant", "The value of a variable is a plain value, and calls no function."))
		return
	}
	if bad := funcs.CheckExpression(expr); len(bad) > 0 {
		col.diags = append(col.diags, bad...)
		return
	}
	val, diags := evaluate(expr, nil)
	if diags.HasErrors() {
		col.diags = append(col.diags, diags...)
		return
	}
	col.set(v, given{val, expr.Range()})
}

// set converts and keeps a value; it replaces an earlier one.
func (col *collector) set(v *variable, g given) {
	val, err := v.convert(g.val)
	if err != nil {
		col.add(errorf(g.at, "Wrong type of value", "The value does not fit the variable %s, declared at %s with the type %s: %s.", v.name, place(v.decl.at()), typeexpr.TypeString(v.typ), err))
		val = cty.DynamicVal
	}
	col.given[v.name] = given{val, g.at}
}

// final returns the value that holds: the last one given, or the default.
func (col *collector) final(v *variable) cty.Value {
	g, ok := col.given[v.name]
	switch {
	case !ok && v.value == cty.NilVal:
		// The placement of quotes follows the shell's: the whole argument is quoted.
		col.add(errorf(v.decl.at(), "No value for a variable", "The variable %s has no default, and no value was given. Give one with -var '%s=VALUE', in a file herald.hclvars, or in the environment as %s%s.", v.name, v.name, VarEnv, v.name))
		return cty.UnknownVal(v.typ)
	case !ok:
		g.val = v.value
	case g.val.IsKnown() && g.val.IsNull() && !v.nullable:
		if v.value == cty.NilVal {
			col.add(errorf(g.at, "Null for a variable", "The variable %s says nullable = false and has no default, so null is no value for it.", v.name))
			return cty.UnknownVal(v.typ)
		}
		g.val = v.value
	}
	if v.sensitive {
		return g.val.Mark(sensitive)
	}
	return g.val
}

// directory reads the value files of the configuration's directory.
func (col *collector) directory() {
	entries, err := fs.ReadDir(col.root.FS(), ".")
	if err != nil {
		col.add(errorf(dirRange(), "Unreadable directory", "The directory of the configuration cannot be read: %s.", reason(err)))
		return
	}
	var main, auto []string
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir() || strings.HasPrefix(name, "."):
		case name == "herald.hclvars" || name == "herald.hclvars.json":
			main = append(main, name)
		case strings.HasSuffix(name, ".auto.hclvars") || strings.HasSuffix(name, ".auto.hclvars.json"):
			auto = append(auto, name)
		}
	}
	slices.Sort(main)
	slices.Sort(auto)
	for _, name := range append(main, auto...) {
		src, diag := readSource(col.root, name)
		if diag != nil {
			col.add(diag)
			continue
		}
		col.file(src)
	}
}

// argFile reads a file given with -var-file.
func (col *collector) argFile(path string) {
	at := hcl.Range{Filename: path, Start: hcl.InitialPos, End: hcl.InitialPos}
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(col.c.dir, path)
	}
	f, err := openRegular(os.Stat, os.Open, full)
	if err != nil {
		col.add(errorf(at, "Unreadable file", "The file given with -var-file cannot be read: %s.", reason(err)))
		return
	}
	defer f.Close() //nolint:errcheck // it was only read from
	src, err := readBounded(f, path)
	if err != nil {
		col.add(errorf(at, "Unreadable file", "The file given with -var-file cannot be read: %s.", reason(err)))
		return
	}
	col.file(src)
}

// argVar reads NAME=VALUE.
func (col *collector) argVar(arg string) {
	name, text, ok := strings.Cut(arg, "=")
	where := "<-var " + name + ">"
	at := hcl.Range{Filename: where, Start: hcl.InitialPos, End: hcl.InitialPos}
	if !ok {
		col.add(errorAt(at, "Invalid -var", "-var takes a name, an equals sign and a value, as in -var 'name=value'; there is no equals sign in this one."))
		return
	}
	v := col.byName[name]
	if v == nil {
		col.add(errorf(at, "Unknown variable", "-var gives a value for the variable %s, which is not declared.%s", name, didYouMean(name, col.c.varNames.list)))
		return
	}
	col.text(v, text, where)
}

// file reads the values that a file gives.
func (col *collector) file(src *source) {
	col.c.sources[src.name] = src
	if bad := src.checkText(); bad.HasErrors() {
		col.c.nameTokens(nil, bad)
		col.diags = append(col.diags, bad...)
		return
	}
	if strings.HasSuffix(src.name, ".json") {
		col.jsonFile(src)
		return
	}
	if deep := funcs.CheckDepth(src.bytes, src.name, hcl.InitialPos); len(deep) > 0 {
		col.diags = append(col.diags, deep...)
		return
	}
	f, diags := hclsyntax.ParseConfig(src.bytes, src.name, hcl.InitialPos)
	if diags.HasErrors() {
		col.diags = append(col.diags, diags...)
		return
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for _, b := range body.Blocks {
		col.add(errorf(b.TypeRange, "Block in a file of values", "A file of values holds name = value lines. A variable is declared in a file whose name ends in .hcl; a map is written %s = { … } with an equals sign.", b.Type))
	}
	attrs := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		attrs = append(attrs, a)
	}
	slices.SortFunc(attrs, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	for _, a := range attrs {
		v := col.declared(a.Name, a.NameRange)
		if v == nil {
			continue
		}
		if v.sensitive {
			r := a.Expr.Range()
			src.mask(r.Start.Byte, r.End.Byte)
		}
		col.expression(v, a.Expr)
	}
}

// declared returns the variable of that name; a file may hold values for
// variables of other configurations, so an unknown one is a warning.
func (col *collector) declared(name string, at hcl.Range) *variable {
	v := col.byName[name]
	if v == nil {
		col.add(warningAt(at, "Value for an unknown variable", fmt.Sprintf("No variable %s is declared, so this value is not used.%s", name, didYouMean(name, col.c.varNames.list))))
	}
	return v
}

// jsonFile reads the values that a JSON file gives: one object, with a member
// for each variable.
func (col *collector) jsonFile(src *source) {
	members, err := funcs.DecodeJSONObject(src.bytes)
	if err != nil {
		at := src.rangeOf(min(err.Offset, len(src.bytes)), min(err.Offset, len(src.bytes)))
		col.add(errorf(at, "Invalid JSON", "A file of values in JSON is one object with a member for each variable, and this cannot be read as one: %s.", err.Reason))
		return
	}
	for _, m := range members {
		at := src.rangeOf(m.Start, m.End)
		v := col.declared(m.Name, at)
		if v == nil {
			continue
		}
		if v.sensitive {
			src.mask(m.Start, m.End)
		}
		col.set(v, given{m.Value, at})
	}
}
