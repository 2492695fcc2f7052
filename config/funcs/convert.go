package funcs

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Convert brings a value to a type, as cty's convert does, but element by
// element: the conversion of a large object to a map takes time in proportion
// to its size. An error begins with the path to what does not fit.
func Convert(val cty.Value, want cty.Type) (cty.Value, error) {
	return ConvertWithDefaults(val, want, nil)
}

// ConvertWithDefaults does the same with the defaults of a type constraint
// applied on the way, as they are where the constraint declares them.
func ConvertWithDefaults(val cty.Value, want cty.Type, d *typeexpr.Defaults) (cty.Value, error) {
	out, err := convertTo(val, want, d)
	var pe cty.PathError
	if errors.As(err, &pe) && len(pe.Path) > 0 {
		return cty.DynamicVal, fmt.Errorf("at %s: %s", pathString(pe.Path), pe.Error())
	}
	return out, err
}

// pathString writes a path as HCL does, behind a leading dot or bracket.
func pathString(path cty.Path) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + s.Name)
		case cty.IndexStep:
			switch {
			case s.Key.IsMarked() || !s.Key.IsKnown() || s.Key.IsNull():
				b.WriteString("[…]")
			case s.Key.Type() == cty.String:
				fmt.Fprintf(&b, "[%q]", s.Key.AsString())
			case s.Key.Type() == cty.Number:
				fmt.Fprintf(&b, "[%s]", s.Key.AsBigFloat().Text('f', -1))
			default:
				b.WriteString("[…]")
			}
		}
	}
	return b.String()
}

func convertTo(val cty.Value, want cty.Type, d *typeexpr.Defaults) (cty.Value, error) {
	if want == cty.DynamicPseudoType && d == nil {
		return val, nil
	}
	if val.IsMarked() {
		val, marks := val.Unmark()
		out, err := convertTo(val, want, d)
		if err != nil {
			return cty.DynamicVal, err
		}
		return out.WithMarks(marks), nil
	}
	if !val.IsKnown() || val.IsNull() {
		return convert.Convert(val, want)
	}
	t := val.Type()
	switch {
	case want.IsMapType() && (t.IsObjectType() || t.IsMapType()):
		return toMap(val, want.ElementType(), child(d, ""))
	case want.IsObjectType() && (t.IsObjectType() || t.IsMapType()):
		return toObject(val, want, d)
	case want.IsListType() && (t.IsTupleType() || t.IsListType() || t.IsSetType()),
		want.IsSetType() && (t.IsTupleType() || t.IsListType() || t.IsSetType()):
		return toSequence(val, want, child(d, ""))
	}
	if d != nil {
		val = d.Apply(val)
	}
	if err := CheckSize(val); err != nil {
		return cty.DynamicVal, err
	}
	if want == cty.Number && val.Type() == cty.String && len(val.AsString()) > 2*maxDigits {
		return cty.DynamicVal, errNumber
	}
	out, err := convert.Convert(val, want)
	if err == nil {
		err = CheckSize(out)
	}
	return out, err
}

// child returns the defaults of what is within a type.
func child(d *typeexpr.Defaults, name string) *typeexpr.Defaults {
	if d == nil {
		return nil
	}
	return d.Children[name]
}

// toMap converts the elements of an object or map to one type.
func toMap(val cty.Value, elem cty.Type, d *typeexpr.Defaults) (cty.Value, error) {
	out := make(map[string]cty.Value, val.LengthInt())
	var types []cty.Type
	for it := val.ElementIterator(); it.Next(); {
		k, v := it.Element()
		conv, err := convertTo(v, elem, d)
		if err != nil {
			return cty.DynamicVal, at(cty.IndexStep{Key: k}, err)
		}
		out[k.AsString()] = conv
		types = addType(types, conv.Type())
	}
	if len(out) == 0 {
		return cty.MapValEmpty(elem), nil
	}
	if len(types) > 1 {
		common, err := unify(types)
		if err != nil {
			return cty.DynamicVal, err
		}
		for k, v := range out {
			conv, err := convertTo(v, common, nil)
			if err != nil {
				return cty.DynamicVal, at(cty.IndexStep{Key: cty.StringVal(k)}, err)
			}
			out[k] = conv
		}
		if !sameTypes(maps.Values(out)) {
			return mixed(maps.Values(out), cty.Map(elem))
		}
	}
	return cty.MapVal(out), nil
}

// toObject converts the attributes that the type has, and leaves the others
// out. Of several errors it returns that of the first name.
func toObject(val cty.Value, want cty.Type, d *typeexpr.Defaults) (cty.Value, error) {
	have := val.AsValueMap()
	out := make(map[string]cty.Value, len(have))
	var first string
	var failed error
	for name, t := range want.AttributeTypes() {
		conv, err := toAttribute(have, name, t, want.AttributeOptional(name), d)
		if err != nil && (failed == nil || name < first) {
			first, failed = name, err
		}
		out[name] = conv
	}
	if failed != nil {
		return cty.DynamicVal, failed
	}
	return cty.ObjectVal(out), nil
}

func toAttribute(have map[string]cty.Value, name string, t cty.Type, optional bool, d *typeexpr.Defaults) (cty.Value, error) {
	v, ok := have[name]
	if d != nil && (!ok || v.IsNull()) {
		if def, has := d.DefaultValues[name]; has {
			v, ok = def, true
		}
	}
	if !ok && optional {
		return cty.NullVal(t.WithoutOptionalAttributesDeep()), nil
	}
	if !ok {
		return cty.DynamicVal, fmt.Errorf("attribute %q is required", name)
	}
	conv, err := convertTo(v, t, child(d, name))
	if err != nil {
		return cty.DynamicVal, at(cty.GetAttrStep{Name: name}, err)
	}
	return conv, nil
}

// toSequence converts elements to those of a list or set.
func toSequence(val cty.Value, want cty.Type, d *typeexpr.Defaults) (cty.Value, error) {
	elem := want.ElementType()
	out := make([]cty.Value, 0, val.LengthInt())
	var types []cty.Type
	for it := val.ElementIterator(); it.Next(); {
		k, v := it.Element()
		conv, err := convertTo(v, elem, d)
		if err != nil {
			return cty.DynamicVal, at(cty.IndexStep{Key: k}, err)
		}
		out = append(out, conv)
		types = addType(types, conv.Type())
	}
	if len(types) > 1 {
		common, err := unify(types)
		if err != nil {
			return cty.DynamicVal, err
		}
		for i, v := range out {
			conv, err := convertTo(v, common, nil)
			if err != nil {
				return cty.DynamicVal, at(cty.IndexStep{Key: cty.NumberIntVal(int64(i))}, err)
			}
			out[i] = conv
		}
		if !sameTypes(slices.Values(out)) {
			return mixed(slices.Values(out), want)
		}
	}
	switch {
	case want.IsSetType() && len(out) == 0:
		return cty.SetValEmpty(elem), nil
	case want.IsSetType():
		return cty.SetVal(out), nil
	case len(out) == 0:
		return cty.ListValEmpty(elem), nil
	}
	return cty.ListVal(out), nil
}

// at puts a step before the path of an error.
func at(step cty.PathStep, err error) error {
	var pe cty.PathError
	if errors.As(err, &pe) {
		return append(cty.Path{step}, pe.Path...).NewErrorf("%s", pe.Error())
	}
	return cty.Path{step}.NewError(err)
}

// addType adds a type that is not among the types yet.
func addType(types []cty.Type, t cty.Type) []cty.Type {
	for _, have := range types {
		if have.Equals(t) {
			return types
		}
	}
	return append(types, t)
}

var errNoCommonType = errors.New("all elements must have the same type")

func unify(types []cty.Type) (cty.Type, error) {
	common, _ := convert.UnifyUnsafe(types)
	if common == cty.NilType {
		return cty.NilType, errNoCommonType
	}
	return common, nil
}

func sameTypes(vals iter.Seq[cty.Value]) bool {
	var types []cty.Type
	for v := range vals {
		types = addType(types, v.Type())
	}
	return len(types) < 2
}

// mixed is the result where no one type was found: unknown while an element
// is, an error otherwise.
func mixed(vals iter.Seq[cty.Value], want cty.Type) (cty.Value, error) {
	for v := range vals {
		if !v.IsWhollyKnown() {
			return cty.UnknownVal(want), nil
		}
	}
	return cty.DynamicVal, errNoCommonType
}
