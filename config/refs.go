package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
	"herald/config/funcs"
)

// scope says which names an expression may use beside functions.
type scope struct {
	values   bool // var.* and local.*
	varsOnly bool // var.*, and no local.*
	each     bool // each.key and each.value
	ids      bool // message.NAME…, as in outputs
	where    string
}

// firstCall returns the place of the first function call in an expression.
func firstCall(e hclsyntax.Expression) (hcl.Range, bool) {
	var at hcl.Range
	found := false
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && !found {
			at, found = call.NameRange, true
		}
		return nil
	})
	return at, found
}

// checkExpr checks every name in an expression: that it is known, and allowed
// where it stands.
func (c *Config) checkExpr(e hclsyntax.Expression, s scope) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, t := range e.Variables() {
		if d := c.checkTraversal(t, s); d != nil {
			diags = append(diags, d)
		}
	}
	return append(diags, c.checkCalls(e)...)
}

func (c *Config) checkCalls(e hclsyntax.Expression) hcl.Diagnostics {
	return hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok || c.functions.has(call.Name) {
			return nil
		}
		if why := funcs.Refused(call.Name); why != "" {
			return hcl.Diagnostics{errorAt(call.NameRange, "Function is not available", why)}
		}
		return hcl.Diagnostics{errorf(call.NameRange, "Unknown function", "There is no function %s.%s", call.Name, didYouMean(call.Name, c.functions.list))}
	})
}

// checkTraversal checks one reference.
func (c *Config) checkTraversal(t hcl.Traversal, s scope) *hcl.Diagnostic {
	at := t.SourceRange()
	root := t.RootName()
	name, ok := attrStep(t, 1)
	switch root {
	case "var", "local":
		return c.checkValueRef(root, name, ok, at, s)
	case "each":
		if !s.each {
			return errorAt(at, "No for_each here", "each.key and each.value are those of the instance in a block with for_each, and this is not within one."+hintEach(s))
		}
		if !ok || name != "key" && name != "value" {
			return errorAt(at, "Unknown reference", "each has a key and a value: write each.key or each.value."+didYouMean(name, []string{"key", "value"}))
		}
		return nil
	case blockMessage, blockReaction:
		return c.checkIDRef(t, s)
	case blockAccount:
		return errorAt(at, "Account is not a value", "account.NAME may stand as the account of a message or reaction, and what the account's block says is no value: nothing else can refer to it.")
	}
	return errorAt(at, "Unknown reference", c.unknownRoot(t, s))
}

func hintEach(s scope) string {
	if s.where == "for_each" {
		return " for_each itself is evaluated before there are instances."
	}
	return ""
}

func (c *Config) checkValueRef(root, name string, ok bool, at hcl.Range, s scope) *hcl.Diagnostic {
	if !s.values && !s.varsOnly || s.varsOnly && root == "local" {
		allowed := "a plain value"
		if s.varsOnly {
			allowed = "variables (var.NAME) only"
		}
		return errorf(at, "Reference not allowed here", "%s takes %s.", upperFirst(s.where), allowed)
	}
	what, names := "variable", c.varNames
	if root == "local" {
		what, names = "local", c.locNames
	}
	if !ok {
		return errorf(at, "Incomplete reference", "%s stands before the name of a %s, as in %s.NAME.", root, what, root)
	}
	if names.has(name) {
		return nil
	}
	other := ""
	switch {
	case root == "var" && c.locNames.has(name):
		other = fmt.Sprintf(" There is a local of that name: local.%s.", name)
	case root == "local" && c.varNames.has(name):
		other = fmt.Sprintf(" There is a variable of that name: var.%s.", name)
	default:
		if n := near(name, names.list); n != "" {
			other = fmt.Sprintf(" Did you mean %s.%s?", root, n)
		} else if root == "var" {
			other = fmt.Sprintf(" Declare it: variable \"%s\" { type = string }.", name)
		}
	}
	return errorf(at, "Unknown reference", "No %s %s is declared.%s", what, name, other)
}

// unknownRoot explains a reference whose first word is unknown.
func (c *Config) unknownRoot(t hcl.Traversal, s scope) string {
	root := t.RootName()
	switch root {
	case "count":
		return countHint
	case "path":
		return "The functions that read files take paths from the configuration's directory already: write file(\"name.txt\")."
	case "self":
		return "There is no self in Herald."
	case "data", "module", "terraform", "resource":
		return "Herald has no " + root + " references. Its values are var.NAME, local.NAME and each.key or each.value."
	}
	detail := fmt.Sprintf("Nothing is called %s here.", root)
	if len(t) == 1 {
		switch {
		case c.varNames.has(root):
			return detail + fmt.Sprintf(" Did you mean the variable, var.%s?", root)
		case c.locNames.has(root):
			return detail + fmt.Sprintf(" Did you mean the local, local.%s?", root)
		}
		return detail + fmt.Sprintf(" A string stands in quotes: \"%s\".", root)
	}
	known := []string{"var", "local"}
	if s.each {
		known = append(known, "each")
	}
	if s.ids {
		known = append(known, "message")
	}
	if s.where == "account" {
		known = append(known, "account")
	}
	switch root {
	case "locals":
		return detail + " Did you mean local?"
	case "variable", "vars":
		return detail + " Did you mean var?"
	}
	if n := near(root, known); n != "" {
		return detail + " Did you mean " + n + "?"
	}
	return detail + " A value is referred to by var.NAME or local.NAME, and each.key and each.value where there is for_each."
}

// checkIDRef checks a reference to a message or reaction.
func (c *Config) checkIDRef(t hcl.Traversal, s scope) *hcl.Diagnostic {
	at := t.SourceRange()
	if t.RootName() == blockReaction {
		return errorAt(at, "Reaction is not a value", "Instagram gives a reaction no id, so there is nothing to refer to. It may be named in depends_on, moved and removed.")
	}
	if !s.ids {
		return errorAt(at, "Message id is not known here",
			"A message's id is known only once it is sent, and a plan holds every text before anything is sent. So it may stand as a reaction's message_id and in outputs, and nowhere else. "+
				"To have one message sent after another, name it in depends_on.")
	}
	name, ok := attrStep(t, 1)
	if !ok {
		return errorAt(at, "Incomplete reference", "message stands before the name of a block, as in message.NAME.id.")
	}
	b := addr.Block{Kind: addr.Message, Name: name}
	if d := c.checkDeclared(b, at); d != nil {
		return d
	}
	rest := t[2:]
	if c.keyed(b) {
		if len(rest) == 0 {
			return nil
		}
		if _, ok := rest[0].(hcl.TraverseIndex); !ok {
			return errorf(at, "Missing key", "%s has for_each, so one of its messages is named with its key: %s[\"KEY\"].id.", b, b)
		}
		rest = rest[1:]
	} else if len(rest) > 0 {
		if _, ok := rest[0].(hcl.TraverseIndex); ok {
			return errorf(at, "No for_each there", "%s has no for_each, so it is one message, without a key: %s.id.", b, b)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	if step, ok := rest[0].(hcl.TraverseAttr); !ok || step.Name != "id" {
		return errorf(at, "Unknown attribute", "A message has an id and nothing else: write %s.id.", b)
	}
	return nil
}

// checkDeclared checks that there is such a block.
func (c *Config) checkDeclared(b addr.Block, at hcl.Range) *hcl.Diagnostic {
	if _, ok := c.index[b]; ok {
		return nil
	}
	var names []string
	for known := range c.index {
		if known.Kind == b.Kind {
			names = append(names, known.Name)
		}
	}
	other := addr.Block{Kind: addr.Message + addr.Reaction - b.Kind, Name: b.Name}
	hint := ""
	if _, ok := c.index[other]; ok {
		hint = fmt.Sprintf(" There is a %s of that name: %s.", other.Kind, other)
	} else if n := near(b.Name, names); n != "" {
		hint = fmt.Sprintf(" Did you mean %s.%s?", b.Kind, n)
	}
	return errorf(at, "Unknown reference", "No %s %s is declared.%s", b.Kind, b.Name, hint)
}

// keyed reports whether the declared block has for_each.
func (c *Config) keyed(b addr.Block) bool {
	i, ok := c.index[b]
	return ok && c.blocks[i].get("for_each") != nil
}

// attrStep returns the name of step i of a traversal, if it is .NAME.
func attrStep(t hcl.Traversal, i int) (string, bool) {
	if len(t) <= i {
		return "", false
	}
	step, ok := t[i].(hcl.TraverseAttr)
	return step.Name, ok
}

// ref is a reference to a block or an instance as depends_on, message_id and
// moved hold it.
type ref struct {
	block addr.Block
	// key is the key, constant or as an expression; both are empty without one.
	key     cty.Value
	keyExpr hclsyntax.Expression
	attr    string // what follows the address, "id" at best
	at      hcl.Range
}

func (r ref) hasKey() bool { return r.key != cty.NilVal || r.keyExpr != nil }

// parseRef reads an expression that is one lone reference to a message or
// reaction.
func parseRef(e hclsyntax.Expression) (ref, bool) {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return parseRef(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return parseRef(e.Wrapped)
	case *hclsyntax.ScopeTraversalExpr:
		return refOfTraversal(e.Traversal)
	case *hclsyntax.IndexExpr:
		r, ok := parseRef(e.Collection)
		if !ok || r.hasKey() || r.attr != "" {
			return ref{}, false
		}
		r.keyExpr, r.at = e.Key, e.Range()
		return r, true
	case *hclsyntax.RelativeTraversalExpr:
		r, ok := parseRef(e.Source)
		if !ok || r.attr != "" || len(e.Traversal) != 1 {
			return ref{}, false
		}
		step, ok := e.Traversal[0].(hcl.TraverseAttr)
		if !ok {
			return ref{}, false
		}
		r.attr, r.at = step.Name, e.Range()
		return r, true
	}
	return ref{}, false
}

func refOfTraversal(t hcl.Traversal) (ref, bool) {
	name, ok := attrStep(t, 1)
	r := ref{block: addr.Block{Kind: addr.KindOf(t.RootName()), Name: name}, at: t.SourceRange()}
	if !ok || r.block.Kind == addr.KindInvalid {
		return ref{}, false
	}
	rest := t[2:]
	if len(rest) > 0 {
		if step, ok := rest[0].(hcl.TraverseIndex); ok {
			r.key, rest = step.Key, rest[1:]
		}
	}
	if len(rest) > 0 {
		step, ok := rest[0].(hcl.TraverseAttr)
		if !ok || len(rest) > 1 {
			return ref{}, false
		}
		r.attr = step.Name
	}
	return r, true
}

// mentionsIDs reports whether an expression refers to a message or reaction.
func mentionsIDs(e hclsyntax.Expression) bool {
	for _, t := range e.Variables() {
		if addr.KindOf(t.RootName()) != addr.KindInvalid {
			return true
		}
	}
	return false
}
