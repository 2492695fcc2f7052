package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"herald/config/addr"
	"herald/config/content"
)

// items expands every block to its instances.
func (e *evaluator) items() {
	blocks := e.c.blocks
	e.w.Blocks = make(map[addr.Block]bool, len(blocks))
	single := 0
	for i := range blocks {
		keyed := blocks[i].get("for_each") != nil
		e.w.Blocks[blocks[i].address()] = keyed
		if !keyed {
			single++
		}
	}
	slab := make([]Item, single)
	e.w.Items = make([]*Item, 0, single)
	for i := range blocks {
		d := &blocks[i]
		b := &builder{e: e, d: d, header: d.at(), part: "instance"}
		if a := d.get("for_each"); a != nil {
			b.each(a)
			continue
		}
		item := &slab[0]
		slab = slab[1:]
		item.Addr = d.address().Only()
		b.build(item, e.ctx)
		b.flush()
		e.w.Items = append(e.w.Items, item)
	}
}

// builder makes the items of one block.
type builder struct {
	e      *evaluator
	d      *decl
	header hcl.Range
	// problems holds the diagnostics of the block, one for each place and
	// summary, with how many instances have it.
	problems []problem
	// part is what the block is made of: "instance", or "element" of an import.
	part string
}

type problem struct {
	diag  *hcl.Diagnostic
	first string // the instance or element that has it, "" for the only one
	count int
}

// report keeps what was found since n diagnostics for a part of the block.
func (b *builder) report(part string, n int) {
	found := b.e.diags[n:]
	b.e.diags = b.e.diags[:n]
	for _, d := range found {
		i := slices.IndexFunc(b.problems, func(p problem) bool { return p.diag.Summary == d.Summary && *p.diag.Subject == *d.Subject })
		if i >= 0 {
			b.problems[i].count++
			continue
		}
		b.problems = append(b.problems, problem{d, part, 1})
	}
}

// flush hands the diagnostics of the block over.
func (b *builder) flush() {
	for _, p := range b.problems {
		if p.first != "" {
			others := "."
			switch {
			case p.count == 2:
				others = ", and another one has the same problem."
			case p.count > 2:
				others = fmt.Sprintf(", and %s others have the same problem.", content.Thousands(p.count-1))
			}
			p.diag.Detail += fmt.Sprintf(" The %s is %s%s", b.part, p.first, others)
		}
		b.e.diags = append(b.e.diags, p.diag)
	}
	b.problems = nil
}

// each expands a block with for_each.
func (b *builder) each(a *attr) {
	e := b.e
	val, ok := e.value(a, e.ctx)
	if !ok {
		return
	}
	if d := b.checkCollection(a, val); d != nil {
		e.add(d)
		return
	}
	if !val.IsKnown() {
		b.unknownEach(val)
		return
	}
	n := val.LengthInt()
	items := make([]Item, n)
	keys := make([]string, 0, n)
	e.w.Items = slices.Grow(e.w.Items, n)
	set := val.Type().IsSetType()
	vars := map[string]cty.Value{}
	ctx := e.ctx.NewChild()
	ctx.Variables = vars
	i := 0
	for it := val.ElementIterator(); it.Next(); i++ {
		k, v := it.Element()
		if set {
			k = v
		}
		item := &items[i]
		keys = append(keys, k.AsString())
		item.Addr = b.d.address().Each(k.AsString())
		vars["each"] = cty.ObjectVal(map[string]cty.Value{"key": k, "value": v})
		b.build(item, ctx)
		e.w.Items = append(e.w.Items, item)
	}
	b.flush()
	e.keys[b.d.address()] = keys
}

// unknownEach checks a block once, with a key and value that are not known.
func (b *builder) unknownEach(val cty.Value) {
	value := unknownElement(val.Type())
	ctx := b.e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": value})}
	item := &Item{Addr: b.d.address().Only()}
	b.build(item, ctx)
	b.flush()
}

// checkCollection checks what for_each is given.
func (b *builder) checkCollection(a *attr, val cty.Value) *hcl.Diagnostic {
	at := b.d.valueAt(a)
	t := val.Type()
	switch {
	case val.IsMarked():
		return errorAt(at, "Sensitive for_each",
			"The keys of for_each stand in addresses, which every plan and the record show, so they cannot come from a sensitive value. Only the elements may be sensitive: build the map from keys that are no secret, or say nonsensitive(…) if none of it is one.")
	case val.IsNull() && t != cty.DynamicPseudoType || val.IsKnown() && val.IsNull():
		return errorAt(at, "Null for_each", "for_each is a map or a set of strings, and this is null. For no instances at all give an empty map, {}.")
	case t == cty.DynamicPseudoType:
		return nil // only while variables are unknown
	case t.IsObjectType() || t.IsMapType():
		return nil
	case t.IsSetType() && (t.ElementType() == cty.String || t.ElementType() == cty.DynamicPseudoType):
		if val.IsKnown() && val.LengthInt() > 0 && !val.IsWhollyKnown() {
			return nil
		}
		if val.IsKnown() && t.ElementType() == cty.String {
			for it := val.ElementIterator(); it.Next(); {
				if _, v := it.Element(); v.IsNull() {
					return errorAt(at, "Null in for_each", "The set holds null, which is no key. Take it out.")
				}
			}
		}
		return nil
	case t.IsSetType():
		return errorf(at, "Wrong type of for_each", "for_each takes a map, or a set of strings, and this is %s. The elements of a set are the keys, so they are strings.", article(t.FriendlyNameForConstraint()))
	case t.IsTupleType() || t.IsListType():
		return errorf(at, "Wrong type of for_each",
			"for_each takes a map, or a set of strings, and this is %s: its elements are told apart by their number, which another one inherits when one is taken out. "+
				"For strings write toset(…); for objects make a map with a key that stays with the person: { for p in … : p.igsid => p }.", article(kindOfList(t)))
	}
	return errorf(at, "Wrong type of for_each", "for_each takes a map, or a set of strings, and this is %s.", article(t.FriendlyNameForConstraint()))
}

func kindOfList(t cty.Type) string {
	if t.IsTupleType() {
		return "tuple"
	}
	return "list"
}

// build evaluates one instance.
func (b *builder) build(item *Item, ctx *hcl.EvalContext) {
	n := len(b.e.diags)
	b.fill(item, ctx)
	if len(b.e.diags) == n {
		return
	}
	part := ""
	if item.Addr.Keyed {
		part = item.Addr.String()
	}
	b.report(part, n)
}

func (b *builder) fill(item *Item, ctx *hcl.EvalContext) {
	item.Range = b.header
	item.Revision = 1
	b.account(item, ctx)
	found := 0
	for i := range b.d.attrs {
		a := &b.d.attrs[i]
		switch a.name {
		case "recipient":
			b.recipient(item, a, ctx)
		case "message_id":
			b.target(item, a, ctx)
		case "reaction":
			b.reaction(item, a, ctx)
		case "revision":
			b.revision(item, a, ctx)
		case "depends_on":
			b.dependsOn(item, a, ctx)
		case "account", "for_each":
		default:
			b.content(item, a, ctx, &found)
		}
	}
	switch b.d.schema.typ {
	case blockMessage:
		if found == 0 {
			b.e.add(errorf(b.header, "No content", "A message needs something to send, and what this one has is null. Exactly one of %s has a value.", orList(kindNames())))
		}
		if lc := b.d.nested("lifecycle"); lc != nil {
			b.lifecycle(item, lc)
		}
	case blockReaction:
		if item.React == "" {
			item.React = content.Love
		}
	}
}

// account finds the account of an instance.
func (b *builder) account(item *Item, ctx *hcl.EvalContext) {
	a := b.d.get("account")
	if isNull(a) {
		if len(b.e.w.Accounts) == 1 {
			item.Account = b.e.w.Accounts[0]
		}
		return
	}
	if name, ok := accountRef(a); ok {
		item.Account = b.e.accounts[name]
		return
	}
	name, secret, ok := b.e.text(b.d, a, ctx)
	switch {
	case secret:
		b.e.add(sensitiveError(b.d, a, "stands in every plan"))
	case !ok:
		if len(b.e.w.Accounts) == 1 {
			item.Account = b.e.w.Accounts[0]
		} else if !b.e.unknown {
			b.e.add(errorf(b.d.valueAt(a), "Missing account", "There are several accounts, and this is null: it names one of %s.", orList(b.e.c.accountRefs())))
		}
	default:
		item.Account = b.e.accounts[name]
		if item.Account == nil {
			b.e.diags = append(b.e.diags, b.e.c.checkAccountName(name, b.d.valueAt(a))...)
		}
	}
}

// recipient evaluates the person that an instance goes to.
func (b *builder) recipient(item *Item, a *attr, ctx *hcl.EvalContext) {
	at := b.d.valueAt(a)
	item.RecipientRange = at
	val, ok := b.e.value(a, ctx)
	if !ok {
		return
	}
	if val.ContainsMarked() {
		b.e.add(sensitiveError(b.d, a, "stands in every plan and in the record"))
		return
	}
	switch {
	case !val.IsKnown() && (val.Type() == cty.DynamicPseudoType || val.Type() == cty.String):
		return
	case val.Type() == cty.Number:
		b.e.add(errorAt(at, "Recipient is a number", "A recipient is a string of digits, in quotes: \"17841400000000001\". An id has more digits than many programs keep of a number, and one wrong digit is another person."))
		return
	case val.IsNull():
		b.e.add(errorAt(at, "No recipient", "The recipient is null. It is the person's Instagram-scoped id, a string of digits."))
		return
	case val.Type() != cty.String:
		b.e.add(errorf(at, "Wrong type of argument", "recipient is a string of digits, the person's Instagram-scoped id, and this is %s.", article(val.Type().FriendlyNameForConstraint())))
		return
	}
	item.Recipient = val.AsString()
	if item.Recipient == "" {
		b.e.add(errorAt(at, "Recipient is empty", "The recipient is an empty string. It is the person's Instagram-scoped id, a string of digits."))
	} else if !content.Digits(item.Recipient) {
		b.e.add(errorAt(at, "Invalid recipient", "A recipient is the person's Instagram-scoped id: a string of digits and nothing else, as in \"17841400000000001\". A user name, or an id with blanks around it, reaches nobody."))
	} else if item.Recipient[0] == '0' {
		b.e.add(errorAt(at, "Invalid recipient", "This id begins with a zero, and no id of Instagram does: with and without it two people would seem to be meant, and each be sent to. Take the zero off, or see what has put it there, such as a column of fixed width."))
	}
}

// content evaluates one of the attributes that say what a message holds.
func (b *builder) content(item *Item, a *attr, ctx *hcl.EvalContext, found *int) {
	kind := content.KindOf(a.name)
	n := len(b.e.diags)
	s, secret, ok := b.e.text(b.d, a, ctx)
	if !ok {
		// What is unknown, or has an error of its own, may still be the content.
		if b.e.unknown && a.expr != nil || len(b.e.diags) > n {
			*found++
		}
		return
	}
	*found++
	if *found > 1 && item.Content.Kind != content.KindInvalid {
		b.e.add(errorf(b.d.nameRange(a), "Two kinds of content",
			"A message holds one thing, and this one has %s and %s. Send them as two messages, or make all but one null.", item.Content.Kind, a.name))
		return
	}
	item.Content = content.Content{Kind: kind, Value: s}
	item.ContentRange = b.d.valueAt(a)
	item.Sensitive = secret
	if p := item.Content.Check(); p != nil {
		b.e.add(errorAt(item.ContentRange, p.Summary, p.Detail))
	}
}

// reaction evaluates the kind of a reaction.
func (b *builder) reaction(item *Item, a *attr, ctx *hcl.EvalContext) {
	s, secret, ok := b.e.text(b.d, a, ctx)
	switch {
	case secret:
		b.e.add(sensitiveError(b.d, a, "stands in every plan and in the record"))
	case ok && s != content.Love:
		b.e.add(errorf(b.d.valueAt(a), "Unknown reaction", "Version 24.0 of the API knows one reaction, \"%s\".", content.Love))
	case ok:
		item.React = s
	}
	item.ContentRange = b.d.valueAt(a)
}

func (b *builder) revision(item *Item, a *attr, ctx *hcl.EvalContext) {
	if isNull(a) {
		return
	}
	saved := b.e.ctx
	b.e.ctx = ctx
	if n, ok := b.e.whole(b.d, a); ok {
		item.Revision = n
	}
	b.e.ctx = saved
}

// lifecycle evaluates the lifecycle block of a message.
func (b *builder) lifecycle(item *Item, d *decl) {
	for i := range d.attrs {
		a := &d.attrs[i]
		if a.name == "allow_duplicate" {
			val, ok := b.e.value(a, b.e.ctx)
			if !ok {
				continue
			}
			val, _ = val.UnmarkDeep()
			conv, err := convert.Convert(val, cty.Bool)
			if err != nil {
				b.e.add(errorAt(d.valueAt(a), "Wrong type of argument", "allow_duplicate is true or false."))
			} else if conv.IsKnown() && !conv.IsNull() {
				item.AllowDuplicate = conv.True()
			}
			continue
		}
		s, _, ok := b.e.text(d, a, b.e.ctx)
		if !ok {
			continue
		}
		choices := []string{"keep", "error"}
		if a.name == "on_in_doubt" {
			choices = []string{"settle", "hold"}
		}
		switch i := slices.Index(choices, s); {
		case i < 0:
			b.e.add(errorf(d.valueAt(a), "Unknown value", "%s is \"%s\" or \"%s\".%s", a.name, choices[0], choices[1], didYouMean(s, choices)))
		case a.name == "on_edit":
			item.OnEdit = OnEdit(i)
		default:
			item.OnInDoubt = OnInDoubt(i)
		}
	}
}

// target evaluates what a reaction belongs to.
func (b *builder) target(item *Item, a *attr, ctx *hcl.EvalContext) {
	at := b.d.valueAt(a)
	if a.expr != nil && mentionsIDs(a.expr) {
		r, _ := parseRef(a.expr)
		in, ok := b.instance(r, ctx)
		if ok {
			item.Target.Ref = in
			b.e.targets[in] = true
			b.e.pending = append(b.e.pending, pending{in, item, r.at})
		}
		return
	}
	s, secret, ok := b.e.text(b.d, a, ctx)
	switch {
	case secret:
		b.e.add(sensitiveError(b.d, a, "stands in every plan and in the record"))
	case ok && s == "":
		b.e.add(errorAt(at, "Message id is empty", "message_id is an empty string. It is message.NAME.id, or the id of a message that the person sent."))
	case ok:
		item.Target.ID = s
	case !b.e.unknown && len(b.problems) == 0:
		b.e.add(errorAt(at, "No message id", "message_id is null. It is message.NAME.id, or the id of a message that the person sent."))
	}
}

// instance evaluates a reference. It is not ok where the key is unknown or has
// an error.
func (b *builder) instance(r ref, ctx *hcl.EvalContext) (addr.Instance, bool) {
	key := r.key
	if r.keyExpr != nil {
		var diags hcl.Diagnostics
		key, diags = evaluate(r.keyExpr, ctx)
		if diags.HasErrors() {
			b.e.diags = append(b.e.diags, diags...)
			return addr.Instance{}, false
		}
	}
	if key == cty.NilVal {
		return r.block.Only(), true
	}
	if !key.IsKnown() && !key.IsMarked() {
		return addr.Instance{}, false
	}
	s, err := keyString(key)
	if err != nil {
		b.e.add(errorf(r.at, "Invalid key", "A key is a string, and this is %s.", err))
		return addr.Instance{}, false
	}
	return r.block.Each(s), true
}

// dependsOn evaluates the dependencies.
func (b *builder) dependsOn(item *Item, a *attr, ctx *hcl.EvalContext) {
	list, ok := a.expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return
	}
	for _, expr := range list.Exprs {
		r, _ := parseRef(expr)
		in, ok := b.instance(r, ctx)
		if !ok {
			continue
		}
		if in.Keyed {
			b.e.pending = append(b.e.pending, pending{in, item, r.at})
		}
		if !slices.Contains(item.DependsOn, in) {
			item.DependsOn = append(item.DependsOn, in)
		}
	}
}
