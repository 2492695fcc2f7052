package funcs

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// Sensitive is the mark of a value that is not shown.
const Sensitive = mark("sensitive")

// mark is a type of its own, so that no other mark equals one of these.
type mark string

// stringFunc returns a function of strings.
func stringFunc(typ cty.Type, names []string, impl func(args []string) (cty.Value, error)) function.Function {
	params := make([]function.Parameter, 0, len(names))
	for _, name := range names {
		params = append(params, function.Parameter{Name: name, Type: cty.String})
	}
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(typ),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			texts := make([]string, len(args))
			for i, a := range args {
				texts[i] = a.AsString()
			}
			val, err := impl(texts)
			if err == nil {
				err = CheckSize(val)
			}
			return val, err
		},
	})
}

// dynamicFunc returns a function whose result has the type that it happens to
// have; it is unknown as long as an argument is.
func dynamicFunc(params []function.Parameter, impl func(args []cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return impl(args)
		},
	})
}

// anyParam is a parameter of any type.
func anyParam(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType}
}

// toFunc returns a function that converts to a type.
func toFunc(want cty.Type) function.Function {
	param := anyParam("v")
	// Marks are kept element by element: to look for them in all of a large value
	// takes as long as to convert it.
	param.AllowNull, param.AllowDynamicType, param.AllowMarked = true, true, true
	return function.New(&function.Spec{
		Params: []function.Parameter{param},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !want.HasDynamicTypes() || args[0].Type().Equals(want) {
				return want, nil
			}
			if !args[0].IsKnown() {
				// The element type shows once the value does.
				if conv := convert.GetConversionUnsafe(args[0].Type(), want); conv == nil && args[0].Type() != cty.DynamicPseudoType {
					return cty.NilType, cannot(args[0], want)
				}
			}
			return cty.DynamicPseudoType, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			out, err := Convert(args[0], want)
			if errors.Is(err, errNumber) {
				return cty.NilVal, argError(0, "%w", err)
			}
			if err != nil {
				return cty.NilVal, cannot(args[0], want)
			}
			return out, nil
		},
	})
}

func cannot(val cty.Value, want cty.Type) error {
	switch t := val.Type(); {
	case t == cty.String && want == cty.Bool:
		return function.NewArgErrorf(0, `cannot convert this string to bool: only "true" and "false" can be`)
	case t == cty.String && want == cty.Number:
		return function.NewArgErrorf(0, "cannot convert this string to number: it is not one in decimal digits")
	default:
		return function.NewArgErrorf(0, "cannot convert %s to %s", t.FriendlyName(), want.FriendlyNameForConstraint())
	}
}

// argError is an error about one argument.
func argError(i int, format string, args ...any) error {
	return function.NewArgError(i, fmt.Errorf(format, args...))
}
