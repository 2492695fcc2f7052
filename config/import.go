package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
	"herald/config/content"
)

// checkImports makes the checks of the import blocks that need no values.
func (c *Config) checkImports() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := range c.imports {
		diags = append(diags, c.checkImport(&c.imports[i])...)
	}
	return diags
}

// checkImport checks one import block.
func (c *Config) checkImport(d *decl) hcl.Diagnostics {
	var diags hcl.Diagnostics
	to, id, each := d.get("to"), d.get("id"), d.get("for_each")
	if to == nil {
		diags = append(diags, errorAt(d.at(), "Missing argument", "An import block says which message was sent by hand, and under which id: to = message.welcome and id = \"…\". to is missing."))
	} else {
		diags = append(diags, c.checkImportTarget(d, to, each != nil)...)
	}
	if id == nil {
		diags = append(diags, errorAt(d.at(), "Missing argument", "An import block says which message was sent by hand, and under which id: to = message.welcome and id = \"…\". id is missing; the Conversations API and webhooks give it."))
	} else if id.expr != nil {
		diags = append(diags, c.checkExpr(id.expr, scope{values: true, each: each != nil, where: "id"})...)
	}
	if each != nil && each.expr != nil {
		diags = append(diags, c.checkExpr(each.expr, scope{values: true, where: "for_each"})...)
	}
	return diags
}

// checkImportTarget checks the address that an import belongs to.
func (c *Config) checkImportTarget(d *decl, a *attr, each bool) hcl.Diagnostics {
	var r ref
	ok := false
	if a.expr != nil {
		r, ok = parseRef(a.expr)
	}
	if !ok || r.attr != "" {
		return hcl.Diagnostics{errorAt(d.valueAt(a), "Invalid address", "To is the address of a message, without quotes around it: message.welcome, or message.welcome[\"ana\"] for one instance. Where the import has for_each, the key may be each.key.")}
	}
	if r.block.Kind == addr.Reaction {
		return hcl.Diagnostics{errorAt(d.valueAt(a), "Reaction needs no import", "To react twice changes nothing: Instagram keeps one reaction of an account on a message. So declare the reaction, and the next apply makes it Herald's. Take out this import block.")}
	}
	if diag := c.checkDeclared(r.block, r.at); diag != nil {
		diag.Detail += " An import says under which id a message was sent, and the message's own block to whom it went and what it said: declare it as it was sent, or take out this import."
		return hcl.Diagnostics{diag}
	}
	if c.keyed(r.block) && !r.hasKey() {
		return hcl.Diagnostics{errorf(r.at, "Missing key", "%s has for_each, so one of its messages is named with its key: %s[\"KEY\"], or %s[each.key] in an import with for_each.", r.block, r.block, r.block)}
	}
	return c.checkRef(r, scope{values: true, each: each, where: "a key"})
}

// importer expands import blocks and remembers what they name.
type importer struct {
	e    *evaluator
	to   map[addr.Instance]Import
	byID map[string]Import
}

// imports expands every import block.
func (e *evaluator) imports() {
	if len(e.c.imports) == 0 {
		return
	}
	im := &importer{e: e, to: make(map[addr.Instance]Import), byID: make(map[string]Import)}
	for i := range e.c.imports {
		d := &e.c.imports[i]
		b := &builder{e: e, d: d, header: d.at(), part: "element"}
		if a := d.get("for_each"); a != nil {
			im.each(b, a)
		} else {
			im.one(b, e.ctx, "")
		}
		b.flush()
	}
}

// each expands an import block with for_each: over a map or a set of strings
// as in a message, or over a list too, for the addresses do not depend on how
// the elements are counted.
func (im *importer) each(b *builder, a *attr) {
	val, ok := im.e.value(a, im.e.ctx)
	if !ok {
		return
	}
	t := val.Type()
	list := (t.IsTupleType() || t.IsListType()) && !val.IsMarked() && !val.IsNull()
	if !list {
		if d := b.checkCollection(a, val); d != nil {
			im.e.add(d)
			return
		}
	}
	ctx := im.e.ctx.NewChild()
	within := func(k, v cty.Value) {
		ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": k, "value": v})}
	}
	if !val.IsKnown() {
		within(cty.DynamicVal, unknownElement(t))
		im.one(b, ctx, "")
		return
	}
	for it := val.ElementIterator(); it.Next(); {
		k, v := it.Element()
		if t.IsSetType() {
			k = v
		}
		within(k, v)
		im.one(b, ctx, elementName(k))
	}
}

// unknownElement returns what an element of a collection that is not known is.
func unknownElement(t cty.Type) cty.Value {
	switch {
	case t.IsMapType(), t.IsListType():
		return cty.UnknownVal(t.ElementType())
	case t.IsSetType():
		return cty.UnknownVal(cty.String)
	}
	return cty.DynamicVal
}

// elementName writes a key for a diagnostic.
func elementName(k cty.Value) string {
	switch {
	case !k.IsKnown():
		return ""
	case k.Type() == cty.String:
		return addr.Quote(k.AsString())
	}
	return "number " + k.AsBigFloat().Text('f', 0) + ", counted from 0"
}

// one evaluates an import, or one element of it.
func (im *importer) one(b *builder, ctx *hcl.EvalContext, element string) {
	e := im.e
	n := len(e.diags)
	r, _ := parseRef(b.d.get("to").expr)
	to, ok := b.instance(r, ctx)
	id, idOK := im.id(b, ctx)
	if ok {
		e.checkInstance(pending{to: to, at: r.at})
	}
	if ok && idOK && len(e.diags) == n {
		im.add(Import{To: to, ID: id, Range: b.header})
	}
	if len(e.diags) > n {
		b.report(element, n)
	}
}

// id evaluates the id that an import gives.
func (im *importer) id(b *builder, ctx *hcl.EvalContext) (string, bool) {
	a := b.d.get("id")
	at := b.d.valueAt(a)
	val, ok := im.e.value(a, ctx)
	if !ok {
		return "", false
	}
	switch {
	case val.ContainsMarked():
		im.e.add(sensitiveError(b.d, a, "stands in every plan and in the record"))
	case val.IsKnown() && val.IsNull():
		im.e.add(errorAt(at, "No message id", "The id is null. It is the id that Instagram gave the message when it was sent, a string of about 160 characters."))
	case val.Type() == cty.Number:
		im.e.add(errorAt(at, "Message id is a number", "A message id is a string, in quotes: as a number it could lose digits, and another id is another message."))
	case !val.IsKnown():
		return "", false
	case val.Type() != cty.String:
		im.e.add(errorf(at, "Wrong type of argument", "id is a string, and this is %s.", article(val.Type().FriendlyNameForConstraint())))
	default:
		if p := content.CheckMessageID(val.AsString()); p != nil {
			im.e.add(errorAt(at, p.Summary, p.Detail))
			return "", false
		}
		return val.AsString(), true
	}
	return "", false
}

// add keeps an import, unless its message or its id is imported already.
func (im *importer) add(i Import) {
	if first, ok := im.to[i.To]; ok {
		im.e.add(errorf(i.Range, "Imported twice", "%s is imported already, at %s. A message was sent under one id: take out one of the two.", i.To, place(first.Range)))
		return
	}
	if first, ok := im.byID[i.ID]; ok {
		im.e.add(errorf(i.Range, "One id for two messages", "%s is imported under the id that %s has, at %s. Instagram gives every message an id of its own: look again which of the two it belongs to.", i.To, first.To, place(first.Range)))
		return
	}
	im.to[i.To], im.byID[i.ID] = i, i
	im.e.w.Imports = append(im.e.w.Imports, i)
}
