package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"herald/config/addr"
)

// outputs evaluates the outputs. An id that is not known yet is a placeholder.
// Each output is evaluated with two spellings of them: where the results
// differ in more than the spelling, something was computed from an id.
func (e *evaluator) outputs() {
	if len(e.c.outputs) == 0 {
		return
	}
	p := &placeholders{}
	first, second := e.outputContexts(p)
	for i := range e.c.outputs {
		d := &e.c.outputs[i]
		if o, ok := e.output(d, p, first, second); ok {
			e.w.Outputs = append(e.w.Outputs, o)
		}
	}
}

// output evaluates one output.
func (e *evaluator) output(d *decl, p *placeholders, first, second *hcl.EvalContext) (Output, bool) {
	a := d.get("value")
	o := Output{Name: d.name, Range: d.at()}
	o.Description, _ = stringConstant(d, d.get("description"))
	_ = boolConstant(d, "sensitive", &o.Sensitive)
	n := len(e.diags)
	for _, t := range a.expr.Variables() {
		if r, ok := refOfTraversal(t[:min(len(t), 3)]); ok && r.block.Kind == addr.Message && r.key != cty.NilVal {
			if key, err := keyString(r.key); err == nil {
				e.checkInstance(pending{to: r.block.Each(key), at: t.SourceRange()})
			}
		}
	}
	if len(e.diags) > n {
		return o, false
	}
	val, diags := evaluate(a.expr, first)
	if diags.HasErrors() {
		e.diags = append(e.diags, diags...)
		return o, false
	}
	val, marks := val.UnmarkDeep()
	if len(marks) > 0 && !o.Sensitive {
		e.add(errorAt(d.valueAt(a), "Sensitive output", "The value comes from a sensitive one, and an output is shown at the end of every apply. Say sensitive = true to have it left out there, or wrap what is no secret: nonsensitive(…)."))
		return o, false
	}
	if !val.IsWhollyKnown() {
		return o, false
	}
	again, diags := evaluate(a.expr, second)
	if diags.HasErrors() {
		e.add(computed(d.valueAt(a)))
		return o, false
	}
	again, _ = again.UnmarkDeep()
	var ok bool
	if o.JSON, o.Refs, ok = p.resolve(val, again); !ok {
		if mentionsIDs(a.expr) {
			e.add(computed(d.valueAt(a)))
		} else {
			e.add(errorAt(d.valueAt(a), "Private-use character", "The value holds one of the characters U+E000 and U+E001, which stand for message ids within an output. Take it out."))
		}
		return o, false
	}
	return o, true
}

func computed(at hcl.Range) *hcl.Diagnostic {
	return errorAt(at, "Message id is not known here",
		"Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. "+
			"Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.")
}

// outputContexts returns two contexts with the messages that outputs refer to,
// one for each spelling of the placeholders.
func (e *evaluator) outputContexts(p *placeholders) (first, second *hcl.EvalContext) {
	used := map[string]bool{}
	for i := range e.c.outputs {
		for _, t := range e.c.outputs[i].get("value").expr.Variables() {
			if name, ok := attrStep(t, 1); ok && t.RootName() == blockMessage {
				used[name] = true
			}
		}
	}
	for name := range used {
		b := addr.Block{Kind: addr.Message, Name: name}
		p.blocks = append(p.blocks, b)
	}
	slices.SortFunc(p.blocks, func(a, b addr.Block) int { return a.Only().Compare(b.Only()) })
	for _, b := range p.blocks {
		if !e.c.keyed(b) {
			p.ids = append(p.ids, b.Only())
			continue
		}
		for _, key := range e.keys[b] {
			p.ids = append(p.ids, b.Each(key))
		}
	}
	return e.outputContext(p, p.first), e.outputContext(p, p.second)
}

func (e *evaluator) outputContext(p *placeholders, spell func(int) string) *hcl.EvalContext {
	i := 0
	next := func() cty.Value {
		id := cty.StringVal(spell(i))
		if e.unknown {
			id = cty.UnknownVal(cty.String).RefineNotNull()
		}
		i++
		return cty.ObjectVal(map[string]cty.Value{"id": id})
	}
	object := cty.Object(map[string]cty.Type{"id": cty.String})
	messages := make(map[string]cty.Value, len(p.blocks))
	for _, b := range p.blocks {
		if !e.c.keyed(b) {
			messages[b.Name] = next()
			continue
		}
		keys, known := e.keys[b]
		switch {
		case !known:
			messages[b.Name] = cty.UnknownVal(cty.Map(object))
		case len(keys) == 0:
			messages[b.Name] = cty.MapValEmpty(object)
		default:
			m := make(map[string]cty.Value, len(keys))
			for _, key := range keys {
				m[key] = next()
			}
			messages[b.Name] = cty.MapVal(m)
		}
	}
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"message": cty.ObjectVal(messages)}
	return ctx
}

// placeholders stand for message ids while outputs are evaluated. The two
// spellings differ in length, letters and order, and both have letters of both
// cases at both ends, so that whatever is computed from one shows.
type placeholders struct {
	blocks []addr.Block
	ids    []addr.Instance
}

const (
	firstOpen, firstClose   = "aQ" + RefOpen, RefClose + "bY"
	secondOpen, secondClose = "zJx" + RefOpen, RefClose + "wK0"
	mostIDs                 = 1_000_000_000
)

func (p *placeholders) first(i int) string { return fmt.Sprintf("%s%d%s", firstOpen, i, firstClose) }

func (p *placeholders) second(i int) string {
	return fmt.Sprintf("%s%d%s", secondOpen, mostIDs-i, secondClose)
}

// resolve returns the JSON of the value that both spellings gave, with the
// addresses put in, and reports false where they differ otherwise.
func (p *placeholders) resolve(first, second cty.Value) (out []byte, refs []addr.Instance, ok bool) {
	a, err := ctyjson.Marshal(first, first.Type())
	if err != nil {
		return nil, nil, false
	}
	b, err := ctyjson.Marshal(second, second.Type())
	if err != nil {
		return nil, nil, false
	}
	out, refs, ok = p.replace(a, firstOpen, firstClose, func(n int) int { return n })
	if !ok {
		return nil, nil, false
	}
	other, _, ok := p.replace(b, secondOpen, secondClose, func(n int) int { return mostIDs - n })
	return out, refs, ok && bytes.Equal(out, other)
}

// replace puts the addresses in place of one spelling.
func (p *placeholders) replace(src []byte, open, end string, index func(int) int) (out []byte, refs []addr.Instance, ok bool) {
	seen := map[int]bool{}
	for {
		text, rest, more := bytes.Cut(src, []byte(open))
		if bytes.Contains(text, []byte(RefOpen)) || bytes.Contains(text, []byte(RefClose)) {
			return nil, nil, false
		}
		out = append(out, text...)
		if !more {
			return out, refs, true
		}
		digits, after, closed := bytes.Cut(rest, []byte(end))
		n, err := strconv.Atoi(string(digits))
		i := index(n)
		if !closed || err != nil || i < 0 || i >= len(p.ids) {
			return nil, nil, false
		}
		name, err := json.Marshal(p.ids[i].String())
		if err != nil {
			return nil, nil, false
		}
		out = append(out, RefOpen...)
		out = append(out, name[1:len(name)-1]...)
		out = append(out, RefClose...)
		if !seen[i] {
			seen[i] = true
			refs = append(refs, p.ids[i])
		}
		src = after
	}
}
