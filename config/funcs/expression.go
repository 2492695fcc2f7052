package funcs

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// CheckExpression returns errors for what HCL would take without a word, or
// not survive: a key that an object is given twice, so that the first of two
// people would be lost, and a number that is too large to be written out.
func CheckExpression(e hclsyntax.Expression) hcl.Diagnostics {
	return hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.LiteralValueExpr:
			return checkNumber(n.Val, n.SrcRange)
		case *hclsyntax.ScopeTraversalExpr:
			return checkSteps(n.Traversal)
		case *hclsyntax.RelativeTraversalExpr:
			return checkSteps(n.Traversal)
		case *hclsyntax.ObjectConsExpr:
			return checkKeys(n, literalKey)
		}
		return nil
	})
}

// CheckEvaluatedKeys does the same for keys that are computed: it evaluates
// those of every object within e that is evaluated whenever e is.
func CheckEvaluatedKeys(e hcl.Expression, ctx *hcl.EvalContext) hcl.Diagnostics {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return CheckEvaluatedKeys(e.Expression, ctx)
	case *hclsyntax.TupleConsExpr:
		return checkEach(e.Exprs, ctx)
	case *hclsyntax.FunctionCallExpr:
		return checkEach(e.Args, ctx)
	case *hclsyntax.ObjectConsExpr:
		computed := false
		var diags hcl.Diagnostics
		for _, item := range e.Items {
			if _, ok := literalKey(item.KeyExpr); !ok {
				computed = true
			}
			diags = append(diags, CheckEvaluatedKeys(item.ValueExpr, ctx)...)
		}
		if !computed {
			return diags
		}
		return append(checkKeys(e, func(key hclsyntax.Expression) (string, bool) {
			val, diags := key.Value(ctx)
			if diags.HasErrors() {
				return "", false
			}
			return keyOf(val)
		}), diags...)
	}
	return nil
}

func checkEach(exprs []hclsyntax.Expression, ctx *hcl.EvalContext) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, e := range exprs {
		diags = append(diags, CheckEvaluatedKeys(e, ctx)...)
	}
	return diags
}

func checkNumber(val cty.Value, at hcl.Range) hcl.Diagnostics {
	if val.Type() != cty.Number || !val.IsKnown() || val.IsNull() || !largeNumber(val.AsBigFloat()) {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Subject: &at, Summary: "Number is too large",
		Detail: "A number has at most 10,000 digits before or behind the decimal point.",
	}}
}

func checkSteps(t hcl.Traversal) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, step := range t {
		if s, ok := step.(hcl.TraverseIndex); ok {
			diags = append(diags, checkNumber(s.Key, s.SrcRange)...)
		}
	}
	return diags
}

// checkKeys returns an error for every key that the object has already.
func checkKeys(e *hclsyntax.ObjectConsExpr, key func(hclsyntax.Expression) (string, bool)) hcl.Diagnostics {
	if len(e.Items) < 2 {
		return nil
	}
	seen := make(map[string]hcl.Range, len(e.Items))
	var diags hcl.Diagnostics
	for _, item := range e.Items {
		name, ok := key(item.KeyExpr)
		if !ok {
			continue
		}
		at := item.KeyExpr.Range()
		first, taken := seen[name]
		if !taken {
			seen[name] = at
			continue
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Subject: &at, Summary: "Key is given twice",
			Detail: fmt.Sprintf("This map has the key already, on line %d. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.", first.Start.Line),
		})
	}
	return diags
}

// literalKey returns a key that is written out, with quotes or without.
func literalKey(e hclsyntax.Expression) (string, bool) {
	switch e := e.(type) {
	case *hclsyntax.ObjectConsKeyExpr:
		if name := hcl.ExprAsKeyword(e.Wrapped); name != "" && !e.ForceNonLiteral {
			return cty.NormalizeString(name), true
		}
		return literalKey(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		return literalKey(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return literalKey(e.Wrapped)
	case *hclsyntax.LiteralValueExpr:
		return keyOf(e.Val)
	case *hclsyntax.TemplateExpr:
		for _, part := range e.Parts {
			lit, ok := part.(*hclsyntax.LiteralValueExpr)
			if !ok || lit.Val.Type() != cty.String {
				return "", false
			}
		}
		val, diags := e.Value(nil)
		if diags.HasErrors() {
			return "", false
		}
		return keyOf(val)
	}
	return "", false
}

// keyOf returns a value as HCL makes it a key.
func keyOf(val cty.Value) (string, bool) {
	val, _ = val.Unmark()
	if CheckSize(val) != nil {
		return "", false
	}
	val, err := convert.Convert(val, cty.String)
	if err != nil || val.IsNull() || !val.IsKnown() {
		return "", false
	}
	return val.AsString(), true
}
