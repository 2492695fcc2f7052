package config

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// polish rewrites what HCL says of an expression that cannot be evaluated: it
// adds the name that was probably meant, and takes out what a function says of
// a sensitive value. It drops the evaluation context, which holds values.
func polish(diags hcl.Diagnostics) hcl.Diagnostics {
	out := make(hcl.Diagnostics, 0, len(diags))
	for _, d := range diags {
		n := *d
		switch d.Summary {
		case "Unsupported attribute":
			n.Summary = "Unknown attribute"
			n.Detail += nearAttribute(d)
		case "Error in function call", "Invalid function argument", "Duplicate object key":
			if ofSensitive(d) {
				n.Detail = "This fails for a value that is sensitive, so what there is to say of it is not shown."
			}
		case "Invalid index":
			n.Detail = strings.ReplaceAll(n.Detail, "The given key does not identify an element in this collection value", "There is no element with this key")
		}
		if n.Subject == nil {
			n.Subject = n.Context
		}
		n.Expression, n.EvalContext, n.Extra = nil, nil, nil
		out = append(out, &n)
	}
	return out
}

var namedAttribute = regexp.MustCompile(`named "([^"]+)"`)

// nearAttribute proposes the attribute that was probably meant.
func nearAttribute(d *hcl.Diagnostic) string {
	m := namedAttribute.FindStringSubmatch(d.Detail)
	if m == nil || d.EvalContext == nil {
		return ""
	}
	var obj cty.Value
	switch e := d.Expression.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		obj = walk(e.Traversal, d.EvalContext, m[1])
	case *hclsyntax.RelativeTraversalExpr:
		src, diags := e.Source.Value(d.EvalContext)
		if diags.HasErrors() {
			return ""
		}
		obj = walkFrom(src, e.Traversal, m[1])
	}
	if obj == cty.NilVal || !obj.Type().IsObjectType() {
		return ""
	}
	var names []string
	for name := range obj.Type().AttributeTypes() {
		names = append(names, name)
	}
	return didYouMean(m[1], names)
}

// walk follows a traversal from its root up to the step with that name.
func walk(t hcl.Traversal, ctx *hcl.EvalContext, name string) cty.Value {
	for c := ctx; c != nil; c = c.Parent() {
		if root, ok := c.Variables[t.RootName()]; ok {
			return walkFrom(root, t[1:], name)
		}
	}
	return cty.NilVal
}

func walkFrom(val cty.Value, steps hcl.Traversal, name string) cty.Value {
	for _, step := range steps {
		if s, ok := step.(hcl.TraverseAttr); ok && s.Name == name {
			val, _ := val.Unmark()
			return val
		}
		next, diags := step.TraversalStep(val)
		if diags.HasErrors() {
			return cty.NilVal
		}
		val = next
	}
	return cty.NilVal
}

// ofSensitive reports whether the expression that failed is sensitive, or an
// argument of the call that failed.
func ofSensitive(d *hcl.Diagnostic) bool {
	if d.EvalContext == nil || d.Expression == nil {
		return false
	}
	exprs := []hcl.Expression{d.Expression}
	if call, ok := d.Expression.(*hclsyntax.FunctionCallExpr); ok {
		for _, arg := range call.Args {
			exprs = append(exprs, arg)
		}
	}
	for _, e := range exprs {
		if val, _ := e.Value(d.EvalContext); val.ContainsMarked() {
			return true
		}
	}
	return false
}
