package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"herald/config/funcs"
)

// sensitive is the mark of a value that is not shown; the function sensitive
// sets the same.
const sensitive = funcs.Sensitive

// variable is a declared input variable.
type variable struct {
	decl      *decl
	name      string
	typ       cty.Type
	typed     bool // a type was declared
	defaults  *typeexpr.Defaults
	value     cty.Value // the default; NilVal if the variable is required
	sensitive bool
	nullable  bool
}

// newVariable decodes a variable block.
func newVariable(d *decl) (*variable, hcl.Diagnostics) {
	v := &variable{decl: d, name: d.name, typ: cty.DynamicPseudoType, nullable: true}
	var diags hcl.Diagnostics
	if a := d.get("type"); a != nil {
		typ, defaults, more := typeexpr.TypeConstraintWithDefaults(a.expr)
		diags = append(diags, typeDiags(d, a, more)...)
		if !more.HasErrors() {
			v.typ, v.defaults, v.typed = typ, defaults, true
		}
	}
	diags = append(diags, boolConstant(d, "sensitive", &v.sensitive)...)
	diags = append(diags, boolConstant(d, "nullable", &v.nullable)...)
	if _, diag := stringConstant(d, d.get("description")); diag != nil {
		diags = append(diags, diag)
	}
	if a := d.get("default"); a != nil {
		if v.sensitive {
			d.src.mask(int(a.at.start.byte), int(a.at.end.byte))
		}
		v.value = cty.DynamicVal
		if !diags.HasErrors() {
			diags = append(diags, v.setDefault(a)...)
		}
	}
	diags = append(diags, v.checkValidations()...)
	return v, diags
}

func (v *variable) setDefault(a *attr) hcl.Diagnostics {
	if refs := a.expr.Variables(); len(refs) > 0 {
		return hcl.Diagnostics{errorAt(refs[0].SourceRange(), "Default is not constant",
			"The default of a variable is a plain value: it may refer to nothing, because variables get their values first. A value that is made of others is a local.")}
	}
	if r, ok := firstCall(a.expr); ok {
		return hcl.Diagnostics{errorAt(r, "Default is not constant",
			"The default of a variable is a plain value, and calls no function. A value that is made with a function is a local.")}
	}
	val, diags := evaluate(a.expr, nil)
	if diags.HasErrors() {
		return diags
	}
	val, err := v.convert(val)
	if err != nil {
		return hcl.Diagnostics{errorf(v.decl.valueAt(a), "Wrong type of default", "The default does not fit the variable's type, %s: %s.", typeexpr.TypeString(v.typ), err)}
	}
	if val.IsNull() && !v.nullable {
		return hcl.Diagnostics{errorAt(v.decl.valueAt(a), "Default is null", "The variable says nullable = false, so its default cannot be null. Take out one of the two.")}
	}
	v.value = val
	return nil
}

// convert brings a value to the variable's type.
func (v *variable) convert(val cty.Value) (cty.Value, error) {
	return funcs.ConvertWithDefaults(val, v.typ, v.defaults)
}

func (v *variable) checkValidations() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := range v.decl.blocks {
		b := &v.decl.blocks[i]
		for _, name := range []string{"condition", "error_message"} {
			if b.get(name) == nil {
				diags = append(diags, errorf(b.at(), "Missing argument",
					"A validation block says what must hold and what to tell whoever breaks it: condition = … and error_message = \"…\". %s is missing.", name))
			}
		}
	}
	return diags
}

// typeDiags rewrites what typeexpr says of a type constraint.
func typeDiags(d *decl, a *attr, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError {
			continue
		}
		diag.Summary = "Invalid type"
		if a.val != cty.NilVal {
			r := d.valueAt(a)
			diag.Subject = &r
			diag.Detail = "A type is written without quotes, as in type = string."
			continue
		}
		diag.Detail += " A type is any, string, number, bool, or made of them: list(string), set(string), map(string), object({ name = string, note = optional(string, \"\") })."
	}
	return diags
}

// boolConstant stores the value of an attribute that must be true or false.
func boolConstant(d *decl, name string, into *bool) hcl.Diagnostics {
	a := d.get(name)
	if a == nil || a.expr == nil && a.val.IsNull() {
		return nil
	}
	if a.expr != nil || a.val.Type() != cty.Bool {
		return hcl.Diagnostics{errorf(d.valueAt(a), "Wrong type of argument", "%s is true or false, written out: it holds for every run, so it cannot depend on a value.", name)}
	}
	*into = a.val.True()
	return nil
}

// stringConstant returns the value of an attribute that must be a literal
// string, or an empty one where there is no attribute.
func stringConstant(d *decl, a *attr) (string, *hcl.Diagnostic) {
	if a == nil || a.expr == nil && a.val.IsNull() {
		return "", nil
	}
	if a.expr != nil || a.val.Type() != cty.String {
		return "", errorAt(d.valueAt(a), "Wrong type of argument", fmt.Sprintf("%s is a string, written out: it cannot depend on a value.", a.name))
	}
	return a.val.AsString(), nil
}
