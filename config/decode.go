package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"herald/config/addr"
	"herald/config/funcs"
)

// decl is a block as it was declared, without its syntax tree.
type decl struct {
	schema *schema
	src    *source
	name   string // the label
	header span
	attrs  []attr
	blocks []decl
}

// attr is one attribute: a constant, or an expression that is still to be
// evaluated.
type attr struct {
	name   string
	val    cty.Value
	expr   hclsyntax.Expression // nil for a constant
	at     span                 // of the expression
	nameAt pos
}

// get returns the attribute with that name, or nil.
func (d *decl) get(name string) *attr {
	for i := range d.attrs {
		if d.attrs[i].name == name {
			return &d.attrs[i]
		}
	}
	return nil
}

// nested returns the first nested block of that type, or nil.
func (d *decl) nested(typ string) *decl {
	for i := range d.blocks {
		if d.blocks[i].schema.typ == typ {
			return &d.blocks[i]
		}
	}
	return nil
}

// at returns the range of the block's header.
func (d *decl) at() hcl.Range { return d.header.in(d.src) }

// valueAt returns the range of the attribute's expression.
func (d *decl) valueAt(a *attr) hcl.Range { return a.at.in(d.src) }

// nameAt returns the range of the attribute's name.
func (d *decl) nameRange(a *attr) hcl.Range {
	start := a.nameAt.hcl()
	end := start
	end.Byte += len(a.name)
	end.Column += len(a.name) // the names of a schema are ASCII
	return hcl.Range{Filename: d.src.name, Start: start, End: end}
}

// address returns the block's address; the block is a message or a reaction.
func (d *decl) address() addr.Block {
	return addr.Block{Kind: addr.KindOf(d.schema.typ), Name: d.name}
}

// decoder turns syntax trees into declarations.
type decoder struct {
	root  *schema
	src   *source
	decls []decl
	slab  []attr
	diags hcl.Diagnostics
	masks [][2]int
	// loose says that the body had attributes outside of every block.
	loose bool
}

func (d *decoder) file(body *hclsyntax.Body) {
	for name, a := range body.Attributes {
		d.loose = true
		d.diags = append(d.diags, errorf(a.NameRange, "Unexpected argument",
			"A file of configuration holds blocks, and %s stands outside of every block.%s", name, d.looseHint(name)))
	}
	d.decls = slices.Grow(d.decls, len(body.Blocks))
	for _, b := range body.Blocks {
		s := d.schemaOf(d.root, b)
		if s == nil {
			continue
		}
		if decl, ok := d.block(s, b); ok {
			d.decls = append(d.decls, decl)
		}
	}
}

func (d *decoder) looseHint(name string) string {
	if hint := d.root.hints[name]; hint != "" {
		return " " + hint
	}
	if d.root.block(name) != nil {
		return fmt.Sprintf(" A %s is declared by a block, without the equals sign.", name)
	}
	return " Put it into the block that it belongs to; a value with a name stands in a locals block, a value for a variable in a .hclvars file."
}

// schemaOf returns the schema of a nested block; it explains one that is not
// known.
func (d *decoder) schemaOf(in *schema, b *hclsyntax.Block) *schema {
	s := in.block(b.Type)
	if s != nil {
		return s
	}
	detail := fmt.Sprintf("There is no block of type %s here.", b.Type)
	switch hint := in.hints[b.Type]; {
	case hint != "":
		detail = hint
	case slices.Contains(in.attrs, b.Type):
		detail = fmt.Sprintf("%s is an argument, not a block: write %s = … with an equals sign.", b.Type, b.Type)
	default:
		if n := near(b.Type, in.blockTypes()); n != "" {
			detail += " Did you mean " + n + "?"
		} else if len(in.blocks) > 0 {
			detail += " Herald knows " + orList(in.blockTypes()) + "."
		}
	}
	d.diags = append(d.diags, errorAt(b.TypeRange, "Unknown block", detail))
	return nil
}

func (d *decoder) block(s *schema, b *hclsyntax.Block) (decl, bool) {
	out := decl{schema: s, src: d.src, header: spanOf(b.DefRange())}
	if s.kinds != nil {
		if s = d.kindOf(s, b); s == nil {
			return out, false
		}
		out.schema = s
	}
	if !d.labels(s, b) {
		return out, false
	}
	if s.labels > 0 {
		out.name = b.Labels[0]
	}
	out.attrs = d.attributes(s, b)
	for _, nb := range b.Body.Blocks {
		ns := d.schemaOf(s, nb)
		if ns == nil {
			continue
		}
		nested, ok := d.block(ns, nb)
		if !ok {
			continue
		}
		if ns.typ != "validation" && out.nested(ns.typ) != nil {
			detail := ns.once
			if detail == "" {
				detail = fmt.Sprintf("This block has %s block already; it may have one. Put the arguments of both into one.", article(ns.typ))
			}
			d.diags = append(d.diags, errorAt(nb.TypeRange, "Repeated block", detail))
			continue
		}
		out.blocks = append(out.blocks, nested)
	}
	return out, true
}

// labels checks the labels of a block.
func (d *decoder) labels(s *schema, b *hclsyntax.Block) bool {
	switch {
	case len(b.Labels) < s.labels:
		d.diags = append(d.diags, errorf(b.TypeRange, "Missing name", "A %s block has a name, in quotes, before the opening brace: %s \"NAME\" {.", s.typ, s.typ))
		return false
	case len(b.Labels) > s.labels:
		what := "has no name"
		if s.labels == 1 {
			what = "has one name"
		}
		d.diags = append(d.diags, errorf(b.LabelRanges[s.labels], "Too many names", "A %s block %s before the opening brace. Take this one out.", s.typ, what))
		return false
	case s.labels == 1 && !addr.ValidName(b.Labels[0]):
		d.diags = append(d.diags, errorf(b.LabelRanges[0], "Invalid name",
			"%s is not a name. A name is made of letters, digits, _ and -, and begins with a letter or _: it stands in addresses, as in %s.%s.", addr.Quote(b.Labels[0]), s.typ, "welcome"))
		return false
	}
	return true
}

// attributes decodes the attributes of a block, in the order of the file.
func (d *decoder) attributes(s *schema, b *hclsyntax.Block) []attr {
	n := len(b.Body.Attributes)
	if n == 0 {
		return nil
	}
	if cap(d.slab)-len(d.slab) < n {
		d.slab = make([]attr, 0, max(256, n))
	}
	first := len(d.slab)
	for _, a := range b.Body.Attributes {
		name := a.Name
		if !s.free {
			i := slices.Index(s.attrs, name)
			if i < 0 {
				d.unknownAttribute(s, b, a)
				continue
			}
			name = s.attrs[i]
		}
		out := attr{name: name, at: spanOf(a.Expr.Range()), nameAt: posOf(a.NameRange.Start)}
		expr := a.Expr
		if bad := funcs.CheckExpression(expr); len(bad) > 0 {
			d.diags = append(d.diags, bad...)
			expr = &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: expr.Range()}
		}
		var ok bool
		if out.val, ok = constant(expr); !ok || slices.Contains(s.syntax, name) {
			out.expr = expr
		}
		d.slab = append(d.slab, out)
	}
	attrs := d.slab[first:len(d.slab):len(d.slab)]
	slices.SortFunc(attrs, func(a, b attr) int { return int(a.nameAt.byte) - int(b.nameAt.byte) })
	return attrs
}

func (d *decoder) unknownAttribute(s *schema, b *hclsyntax.Block, a *hclsyntax.Attribute) {
	if slices.Contains(s.secrets, a.Name) {
		r := a.Expr.Range()
		d.masks = append(d.masks, [2]int{r.Start.Byte, r.End.Byte})
		d.diags = append(d.diags, errorf(a.NameRange, "Access token in a file", tokenHint, TokenVariable(b.Labels[0])))
		return
	}
	if d.secretElsewhere(s, a) {
		return
	}
	detail := fmt.Sprintf("A %s block has no argument %s.", s.title(), a.Name)
	switch hint := s.hints[a.Name]; {
	case hint != "":
		detail = hint
	case s.block(a.Name) != nil:
		detail = fmt.Sprintf("%s is a block, not an argument: write %s { … } without the equals sign.", a.Name, a.Name)
	default:
		if n := near(a.Name, s.attrs); n != "" {
			detail += " Did you mean " + n + "?"
		} else if len(s.attrs) > 0 {
			detail += " It knows " + orList(s.attrs) + "."
		}
	}
	summary := "Unknown argument"
	if a.Name == "count" && s.hints["count"] != "" {
		summary = "No count"
	}
	d.diags = append(d.diags, errorAt(a.NameRange, summary, detail))
}

// constant returns the value of an expression that is a literal, or a template
// without sequences.
func constant(e hclsyntax.Expression) (cty.Value, bool) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.TemplateExpr:
		for _, part := range e.Parts {
			if _, ok := part.(*hclsyntax.LiteralValueExpr); !ok {
				return cty.NilVal, false
			}
		}
		val, diags := e.Value(nil)
		return val, !diags.HasErrors()
	}
	return cty.NilVal, false
}
