package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
	"herald/config/content"
	"herald/config/funcs"
)

// local is one attribute of a locals block.
type local struct {
	decl *decl
	attr *attr
}

// nameSet is a list of names that is searched often.
type nameSet struct {
	list []string
	set  map[string]bool
}

func newNameSet(list []string) *nameSet {
	n := &nameSet{list, make(map[string]bool, len(list))}
	for _, name := range list {
		n.set[name] = true
	}
	return n
}

func (n *nameSet) has(name string) bool { return n.set[name] }

func (c *Config) collectNames() {
	vars, locals := make([]string, 0, len(c.variables)), make([]string, 0, len(c.locals))
	for _, v := range c.variables {
		vars = append(vars, v.name)
	}
	for _, l := range c.locals {
		locals = append(locals, l.attr.name)
	}
	c.varNames, c.locNames, c.functions = newNameSet(vars), newNameSet(locals), newNameSet(funcs.Names())
}

// check makes every check that needs no values.
func (c *Config) check(opts Options) hcl.Diagnostics {
	c.index = make(map[addr.Block]int, len(c.blocks))
	c.collectNames()
	diags := c.checkVersion(opts)
	diags = append(diags, c.checkStore()...)
	diags = append(diags, c.checkNames()...)
	diags = append(diags, c.checkAccounts()...)
	diags = append(diags, c.checkValueBlocks()...)
	for i := range c.blocks {
		d := &c.blocks[i]
		if d.schema.typ == blockMessage {
			diags = append(diags, c.checkMessage(d)...)
		} else {
			diags = append(diags, c.checkReaction(d)...)
		}
	}
	diags = append(diags, c.checkLocalCycles()...)
	diags = append(diags, c.checkMoves()...)
	diags = append(diags, c.checkRemoved()...)
	return append(diags, c.checkImports()...)
}

func (c *Config) checkVersion(opts Options) hcl.Diagnostics {
	if c.herald == nil {
		return nil
	}
	a := c.herald.get("required_version")
	want, diag := stringConstant(c.herald, a)
	if diag != nil {
		return hcl.Diagnostics{diag}
	}
	if a == nil {
		return nil
	}
	constraint, err := version.NewConstraint(want)
	if err != nil {
		return hcl.Diagnostics{errorAt(c.herald.valueAt(a), "Invalid version constraint",
			"required_version is a list of conditions with commas between them, as in \">= 0.1, < 2.0\" or \"~> 0.3\".")}
	}
	if opts.Version == "" {
		return nil
	}
	// A version of Herald's own that cannot be read is a development build.
	have, _ := version.NewVersion(opts.Version)
	if have == nil || constraint.Check(have.Core()) {
		return nil
	}
	return hcl.Diagnostics{errorf(c.herald.valueAt(a), "Wrong version of Herald",
		"This configuration asks for Herald %s, and this is Herald %s. Install a version that fits, or change required_version if you know that this one does.", want, opts.Version)}
}

// named keeps the place of each name that was seen.
type named map[string]hcl.Range

// add remembers a name and returns an error if it is taken.
func (n named) add(name, what string, at hcl.Range) *hcl.Diagnostic {
	if first, ok := n[name]; ok {
		return errorf(at, "Duplicate name", "There is %s %s already, at %s. Each needs a name of its own.", article(what), name, place(first))
	}
	n[name] = at
	return nil
}

// reserved are names that would read as something else in a reference.
var reserved = []string{"each", "var", "local", "message", "reaction"}

func (c *Config) checkNames() hcl.Diagnostics {
	var diags hcl.Diagnostics
	add := func(d *hcl.Diagnostic) {
		if d != nil {
			diags = append(diags, d)
		}
	}
	vars, locals, outputs := named{}, named{}, named{}
	for _, v := range c.variables {
		add(vars.add(v.name, "variable", v.decl.at()))
	}
	for _, l := range c.locals {
		add(locals.add(l.attr.name, "local", l.decl.nameRange(l.attr)))
	}
	for i := range c.outputs {
		add(outputs.add(c.outputs[i].name, "output", c.outputs[i].at()))
	}
	for i := range c.blocks {
		d := &c.blocks[i]
		b := d.address()
		if first, ok := c.index[b]; ok {
			add(errorf(d.at(), "Duplicate address", "%s is declared already, at %s. An address stands for one block; give one of them another name.", b, place(c.blocks[first].at())))
			continue
		}
		c.index[b] = i
		if slices.Contains(reserved, b.Name) {
			add(errorf(d.at(), "Reserved name", "%s has a meaning of its own in references, so no block can have it as its name. Choose another.", b.Name))
		}
	}
	return diags
}

// checkValueBlocks checks the expressions of variables, locals, outputs and the
// herald block.
func (c *Config) checkValueBlocks() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, v := range c.variables {
		for i := range v.decl.blocks {
			diags = append(diags, c.checkAttrs(&v.decl.blocks[i], scope{varsOnly: true, where: "a validation"})...)
		}
	}
	for _, l := range c.locals {
		if l.attr.expr != nil {
			diags = append(diags, c.checkExpr(l.attr.expr, scope{values: true, where: "a local"})...)
		}
	}
	for i := range c.outputs {
		d := &c.outputs[i]
		a := d.get("value")
		if a == nil {
			diags = append(diags, errorAt(d.at(), "Missing argument", "An output block says what is shown: value = message.NAME.id, for example."))
			continue
		}
		diags = append(diags, c.checkExpr(a.expr, scope{values: true, ids: true, where: "an output"})...)
		var b bool
		diags = append(diags, boolConstant(d, "sensitive", &b)...)
		if _, diag := stringConstant(d, d.get("description")); diag != nil {
			diags = append(diags, diag)
		}
	}
	if c.herald != nil {
		if limits := c.herald.nested("limits"); limits != nil {
			diags = append(diags, c.checkAttrs(limits, scope{values: true, where: "a limit"})...)
		}
	}
	return diags
}

// checkAttrs checks the expressions of all attributes of a block.
func (c *Config) checkAttrs(d *decl, s scope) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := range d.attrs {
		if d.attrs[i].expr != nil {
			diags = append(diags, c.checkExpr(d.attrs[i].expr, s)...)
		}
	}
	return diags
}

// checkMessage checks a message block.
func (c *Config) checkMessage(d *decl) hcl.Diagnostics {
	diags := c.checkCommon(d)
	kinds, constants := 0, 0
	var first *attr
	for i := range d.attrs {
		a := &d.attrs[i]
		if content.KindOf(a.name) == content.KindInvalid || isNull(a) {
			continue
		}
		kinds++
		if a.expr != nil {
			continue
		}
		constants++
		if constants == 1 {
			first = a
			continue
		}
		diags = append(diags, errorf(d.nameRange(a), "Two kinds of content",
			"A message holds one thing, and this one has %s and %s. Send them as two messages; in one conversation they arrive in the order of the file.", first.name, a.name))
	}
	if kinds == 0 {
		diags = append(diags, errorf(d.at(), "No content", "A message needs something to send: exactly one of %s.", orList(kindNames())))
	}
	if lc := d.nested("lifecycle"); lc != nil {
		diags = append(diags, c.checkAttrs(lc, scope{values: true, where: "a lifecycle"})...)
	}
	return diags
}

func kindNames() []string {
	var names []string
	for _, k := range content.Kinds() {
		names = append(names, k.String())
	}
	return names
}

func isNull(a *attr) bool { return a == nil || a.expr == nil && a.val.IsNull() }

// checkReaction checks a reaction block.
func (c *Config) checkReaction(d *decl) hcl.Diagnostics {
	diags := c.checkCommon(d)
	a := d.get("message_id")
	if a == nil {
		return append(diags, errorAt(d.at(), "Missing argument", "A reaction belongs to a message: message_id = message.NAME.id for one that Herald sends, or the id of one that the person sent."))
	}
	s := scope{values: true, each: d.get("for_each") != nil, where: "message_id"}
	if !mentionsIDs(a.expr) {
		return append(diags, c.checkExpr(a.expr, s)...)
	}
	r, ok := parseRef(a.expr)
	if !ok || r.attr != "id" && r.block.Kind == addr.Message {
		detail := "message_id holds one reference and nothing around it, because the plan keeps it as a reference: message.NAME.id, or message.NAME[each.key].id where the message has for_each."
		if ok && r.attr == "" {
			detail = fmt.Sprintf("message_id takes the message's id: write %s.id.", r.text())
		} else if ok && r.block.Kind == addr.Message {
			detail = fmt.Sprintf("A message has an id and nothing else: write %s.id.", r.text())
		}
		return append(diags, errorAt(a.expr.Range(), "Not a lone reference", detail))
	}
	return append(diags, c.checkRef(r, s)...)
}

// text writes a reference for a diagnostic, where the key is known.
func (r ref) text() string {
	if r.key != cty.NilVal && r.key.Type() == cty.String && r.key.IsKnown() && !r.key.IsNull() {
		return r.block.Each(r.key.AsString()).String()
	}
	if r.hasKey() {
		return r.block.String() + "[…]"
	}
	return r.block.String()
}

// checkRef checks that a reference leads to a block, has a key where one is
// needed, and that its key may be evaluated.
func (c *Config) checkRef(r ref, s scope) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if r.block.Kind == addr.Reaction && (r.attr != "" || s.where == "message_id") {
		return hcl.Diagnostics{errorAt(r.at, "Reaction is not a value", "Instagram gives a reaction no id, so there is nothing to refer to. It may be named in depends_on, moved and removed.")}
	}
	if d := c.checkDeclared(r.block, r.at); d != nil {
		diags = append(diags, d)
	} else if keyed := c.keyed(r.block); r.attr != "" && keyed && !r.hasKey() {
		diags = append(diags, errorf(r.at, "Missing key", "%s has for_each, so one of its messages is named with its key: %s[\"KEY\"].id, or %s[each.key].id within a block that has the same keys.", r.block, r.block, r.block))
	} else if !keyed && r.hasKey() {
		diags = append(diags, errorf(r.at, "No for_each there", "%s has no for_each, so it is one %s, without a key: write %s.", r.block, r.block.Kind, strings.TrimSuffix(r.block.String()+"."+r.attr, ".")))
	}
	if r.keyExpr != nil {
		diags = append(diags, c.checkExpr(r.keyExpr, s)...)
	}
	return diags
}

// checkCommon checks what messages and reactions have in common.
func (c *Config) checkCommon(d *decl) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if d.get("recipient") == nil {
		diags = append(diags, errorf(d.at(), "Missing argument", "A %s goes to a person: recipient = \"…\", the person's Instagram-scoped id, a string of digits.", d.schema.typ))
	}
	each := d.get("for_each") != nil
	for i := range d.attrs {
		a := &d.attrs[i]
		if a.expr == nil {
			continue
		}
		switch a.name {
		case "account":
			diags = append(diags, c.checkAccountRef(d, a)...)
		case "depends_on":
			diags = append(diags, c.checkDependsOn(d, a)...)
		case "message_id":
		case "for_each":
			diags = append(diags, c.checkExpr(a.expr, scope{values: true, where: "for_each"})...)
		default:
			diags = append(diags, c.checkExpr(a.expr, scope{values: true, each: each, where: a.name})...)
		}
	}
	return diags
}

// checkDependsOn checks a list of references.
func (c *Config) checkDependsOn(d *decl, a *attr) hcl.Diagnostics {
	const advice = "depends_on is a list of blocks or instances, without quotes: [message.first, message.welcome[\"ana\"]]."
	list, ok := a.expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		if isNullLiteral(a) {
			return nil
		}
		return hcl.Diagnostics{errorAt(d.valueAt(a), "Invalid dependency", advice)}
	}
	var diags hcl.Diagnostics
	for _, e := range list.Exprs {
		r, ok := parseRef(e)
		if !ok {
			diags = append(diags, errorAt(e.Range(), "Invalid dependency", "This is neither a message nor a reaction. "+advice))
			continue
		}
		if r.attr != "" {
			diags = append(diags, errorf(e.Range(), "Invalid dependency", "A dependency is on the block or instance, not on what it has: write %s.", r.text()))
			continue
		}
		if r.block == d.address() {
			diags = append(diags, errorf(e.Range(), "Block depends on itself", "%s would have to wait for itself. Within one conversation the instances of a block are sent in the order of their keys, without being told.", r.block))
			continue
		}
		diags = append(diags, c.checkRef(r, scope{values: true, each: d.get("for_each") != nil, where: "a key"})...)
	}
	return diags
}

func isNullLiteral(a *attr) bool {
	lit, ok := a.expr.(*hclsyntax.LiteralValueExpr)
	return ok && lit.Val.IsNull()
}

// checkLocalCycles finds locals that are made of themselves.
func (c *Config) checkLocalCycles() hcl.Diagnostics {
	edges := make(map[string][]string, len(c.locals))
	for _, l := range c.locals {
		edges[l.attr.name] = localDeps(l)
	}
	const (
		visiting = 1
		finished = 2
	)
	state := map[string]int{}
	var diags hcl.Diagnostics
	var path []string
	var visit func(l *local)
	byName := map[string]*local{}
	for _, l := range c.locals {
		byName[l.attr.name] = l
	}
	visit = func(l *local) {
		name := l.attr.name
		switch state[name] {
		case finished:
			return
		case visiting:
			cycle := append(slices.Clone(path[slices.Index(path, name):]), name)
			for i := range cycle {
				cycle[i] = "local." + cycle[i]
			}
			diags = append(diags, errorf(l.decl.nameRange(l.attr), "Cycle of locals", "These locals are made of each other, so none of them has a value: %s. Take out one of the references.", strings.Join(cycle, " → ")))
			return
		}
		state[name] = visiting
		path = append(path, name)
		for _, dep := range edges[name] {
			if next := byName[dep]; next != nil {
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[name] = finished
		c.localOrder = append(c.localOrder, l)
	}
	for _, l := range c.locals {
		visit(l)
	}
	return diags
}

// localDeps returns the names of the locals that a local refers to.
func localDeps(l *local) []string {
	if l.attr.expr == nil {
		return nil
	}
	var deps []string
	for _, t := range l.attr.expr.Variables() {
		if name, ok := attrStep(t, 1); ok && t.RootName() == "local" && !slices.Contains(deps, name) {
			deps = append(deps, name)
		}
	}
	return deps
}

// upperFirst returns s with its first letter in upper case.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
