package funcs

import (
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What a value may be at most. Far beyond all that a message holds, these keep
// an expression that runs away an error that has a place: a program without
// memory cannot say anything.
const (
	maxText     = 16 << 20   // bytes of one text, as of a file
	maxTexts    = 512 << 20  // bytes of the texts that formatlist makes
	maxProduct  = 1_000_000  // elements of setproduct, and parts of what splits a text
	maxElements = 10_000_000 // elements of a value, with those within each other
	maxDigits   = 10_000     // of a number, before or behind the point; also of a width
	maxExponent = 33_220     // the same, in binary digits
)

var (
	errLongText   = errors.New("the result is a text of more than 16,777,216 bytes, the most that a text may have")
	errLargeValue = errors.New("the value has more than 10,000,000 elements, the most that a value may have")
	errNumber     = errors.New("the number is too large: a number has at most 10,000 digits before or behind the decimal point")
)

// CheckSize returns an error for a text, or a number, that is too large to be
// worked with. What is within a list, map or object is not looked at.
func CheckSize(val cty.Value) error {
	val, _ = val.Unmark()
	if !val.IsKnown() || val.IsNull() {
		return nil
	}
	switch val.Type() {
	case cty.String:
		if len(val.AsString()) > maxText {
			return errLongText
		}
	case cty.Number:
		if largeNumber(val.AsBigFloat()) {
			return errNumber
		}
	}
	return nil
}

// CheckSizeDeep does the same with all that is within the value, and bounds
// how many elements it has.
func CheckSizeDeep(val cty.Value) error {
	left := maxElements
	return checkDeep(val, &left)
}

func checkDeep(val cty.Value, left *int) error {
	if *left--; *left < 0 {
		return errLargeValue
	}
	val, _ = val.Unmark()
	if !val.CanIterateElements() {
		return CheckSize(val)
	}
	if t := val.Type(); t.IsCollectionType() && t.ElementType() == cty.Bool {
		return nil
	}
	for it := val.ElementIterator(); it.Next(); {
		if _, v := it.Element(); v != cty.NilVal {
			if err := checkDeep(v, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// largeNumber reports whether a number has too many digits to be written.
func largeNumber(f *big.Float) bool {
	exp := f.MantExp(nil)
	return f.IsInf() || exp > maxExponent || exp < -maxExponent
}

// bound returns the function with a check of its arguments before the call,
// for what would take all memory, and one of the size of its result.
func bound(f function.Function, check func(args []cty.Value) error) function.Function {
	allow := func(p function.Parameter) function.Parameter {
		// f itself says what it does with these.
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		return p
	}
	spec := &function.Spec{
		Type: f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if err := checkArgs(args, check); err != nil {
				return cty.NilVal, err
			}
			val, err := f.Call(args)
			if err == nil {
				err = CheckSize(val)
			}
			return val, err
		},
	}
	for _, p := range f.Params() {
		spec.Params = append(spec.Params, allow(p))
	}
	if p := f.VarParam(); p != nil {
		v := allow(*p)
		spec.VarParam = &v
	}
	return function.New(spec)
}

// checkArgs checks arguments that are all known; f explains null ones.
func checkArgs(args []cty.Value, check func(args []cty.Value) error) error {
	plain := make([]cty.Value, len(args))
	for i, a := range args {
		if err := CheckSize(a); err != nil {
			return argError(i, "%w", err)
		}
		a, _ = a.UnmarkDeep()
		if a.IsNull() || !a.IsWhollyKnown() {
			return nil
		}
		plain[i] = a
	}
	if check == nil {
		return nil
	}
	return check(plain)
}

// bounded returns those of the shared functions whose results may be far
// larger than their arguments.
func bounded(t map[string]function.Function) map[string]function.Function {
	for name, check := range map[string]func([]cty.Value) error{
		"format":     func(args []cty.Value) error { return checkFormat(args, false) },
		"formatlist": func(args []cty.Value) error { return checkFormat(args, true) },
		"indent":     checkIndent,
		"join":       checkJoin,
		"jsonencode": checkEncode,
		"log":        nil,
		"parseint":   checkParseInt,
		"pow":        nil,
		"setproduct": checkProduct,
		"split":      checkSplit,
		"yamlencode": checkEncode,
	} {
		if f, ok := t[name]; ok {
			t[name] = bound(f, check)
		}
	}
	return t
}

// written returns about how many bytes a value has when it is written out, and
// stops counting where they are too many.
func written(val cty.Value) int {
	n := 0
	return write(val, &n)
}

func write(val cty.Value, n *int) int {
	*n += 4
	val, _ = val.Unmark()
	switch {
	case !val.IsKnown() || val.IsNull():
	case val.Type() == cty.String:
		*n += len(val.AsString())
	case val.Type() == cty.Number:
		*n += abs(val.AsBigFloat().MantExp(nil))
	case val.CanIterateElements():
		for it := val.ElementIterator(); it.Next() && *n <= maxText; {
			k, v := it.Element()
			if k.Type() == cty.String && !val.Type().IsSetType() {
				*n += len(k.AsString())
			}
			write(v, n)
		}
	}
	return *n
}

func abs(n int) int { return max(n, -n) }

func checkEncode(args []cty.Value) error {
	if written(args[0]) > maxText {
		return errLongText
	}
	return nil
}

func checkIndent(args []cty.Value) error {
	spaces, _ := args[0].AsBigFloat().Float64()
	s := args[1].AsString()
	switch {
	case spaces < 0:
		return argError(0, "it is a number of spaces, from 0")
	case spaces*float64(strings.Count(s, "\n"))+float64(len(s)) > maxText || spaces > maxText:
		return errLongText
	}
	return nil
}

func checkJoin(args []cty.Value) error {
	n, sep := 0, len(args[0].AsString())
	for _, list := range args[1:] {
		for it := list.ElementIterator(); it.Next(); {
			if _, v := it.Element(); !v.IsNull() {
				n += len(v.AsString()) + sep
			}
			if n > maxText+sep {
				return errLongText
			}
		}
	}
	return nil
}

func checkSplit(args []cty.Value) error {
	if strings.Count(args[1].AsString(), args[0].AsString()) >= maxProduct {
		return errors.New("the result has more than 1,000,000 elements, the most that it may have")
	}
	return nil
}

func checkParseInt(args []cty.Value) error {
	if args[0].Type() == cty.String && len(args[0].AsString()) > maxDigits {
		return argError(0, "%w", errNumber)
	}
	return nil
}

func checkProduct(args []cty.Value) error {
	n := 1
	for _, a := range args {
		if a.CanIterateElements() {
			n *= a.LengthInt()
		}
		if n > maxProduct {
			return errors.New("the result has more than 1,000,000 elements, the most that it may have")
		}
	}
	return nil
}

// checkZipmap refuses keys that are equal: the value of one would be lost.
func checkZipmap(args []cty.Value) error {
	if !args[0].CanIterateElements() {
		return nil
	}
	seen := make(map[string]bool, args[0].LengthInt())
	for it := args[0].ElementIterator(); it.Next(); {
		_, k := it.Element()
		if k.IsNull() || k.Type() != cty.String {
			return nil
		}
		if seen[k.AsString()] {
			return argError(0, "a key is given twice, so that one of the two values would be lost")
		}
		seen[k.AsString()] = true
	}
	return nil
}

var (
	directive = regexp.MustCompile(`%[^a-zA-Z%]*`)
	digitRun  = regexp.MustCompile(`[0-9]+`)
)

// checkFormat bounds the widths and precisions of a format, and about how long
// its results are.
func checkFormat(args []cty.Value, list bool) error {
	format := strings.ReplaceAll(args[0].AsString(), "%%", "")
	length, verbs := len(format), 0
	for _, d := range directive.FindAllString(format, -1) {
		verbs++
		for _, digits := range digitRun.FindAllString(d, -1) {
			n, err := strconv.Atoi(digits)
			if err != nil || n > maxDigits {
				return argError(0, "a width or precision in it is larger than 10,000")
			}
			length += n
		}
	}
	times := 1 // that one argument may be used
	if strings.Contains(format, "[") {
		times = max(verbs, 1)
	}
	rows, lists := 1, 0
	for _, a := range args[1:] {
		t := a.Type()
		if list && (t.IsListType() || t.IsSetType() || t.IsTupleType()) {
			rows = max(rows, a.LengthInt())
			lists += written(a)
			continue
		}
		length += written(a) * times
	}
	switch {
	case length > maxText:
		return errLongText
	case length*rows+lists*times > maxTexts:
		return errors.New("the texts of the result have more than 536,870,912 bytes together, the most that they may have")
	}
	return nil
}
