package funcs

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// texts returns the functions on strings that cty's own library does not have,
// or has with another behaviour.
func texts() map[string]function.Function {
	return map[string]function.Function{
		"basename":    stringFunc(cty.String, []string{"path"}, basename),
		"dirname":     stringFunc(cty.String, []string{"path"}, dirname),
		"endswith":    stringFunc(cty.Bool, []string{"str", "suffix"}, func(a []string) (cty.Value, error) { return cty.BoolVal(strings.HasSuffix(a[0], a[1])), nil }),
		"replace":     stringFunc(cty.String, []string{"str", "substr", "replace"}, replace),
		"startswith":  stringFunc(cty.Bool, []string{"str", "prefix"}, func(a []string) (cty.Value, error) { return cty.BoolVal(strings.HasPrefix(a[0], a[1])), nil }),
		"strcontains": stringFunc(cty.Bool, []string{"str", "substr"}, func(a []string) (cty.Value, error) { return cty.BoolVal(strings.Contains(a[0], a[1])), nil }),
		"timecmp":     stringFunc(cty.Number, []string{"timestamp_a", "timestamp_b"}, timeCompare),
	}
}

// replace replaces a substring, or, between slashes, a regular expression.
func replace(a []string) (cty.Value, error) {
	s, old, with := a[0], a[1], a[2]
	if len(old) < 2 || old[0] != '/' || old[len(old)-1] != '/' {
		if len(s)+strings.Count(s, old)*(len(with)-len(old)) > maxText {
			return cty.NilVal, errLongText
		}
		return cty.StringVal(strings.ReplaceAll(s, old, with)), nil
	}
	re, err := regexp.Compile(old[1 : len(old)-1])
	if err != nil {
		return cty.NilVal, argError(1, "what stands between the slashes is no regular expression")
	}
	return replaceMatches(re, s, with)
}

// replaceMatches replaces each match of a regular expression.
func replaceMatches(re *regexp.Regexp, s, with string) (cty.Value, error) {
	// A match is used at most once for each dollar sign.
	if most := len(s)*(1+strings.Count(with, "$")) + (len(s)+1)*len(with); most <= maxText {
		return cty.StringVal(re.ReplaceAllString(s, with)), nil
	}
	matches := re.FindAllStringSubmatchIndex(s, maxProduct+1)
	if len(matches) > maxProduct {
		return cty.NilVal, argError(1, "it fits in more than 1,000,000 places, the most that are replaced")
	}
	var out []byte
	end := 0
	for _, m := range matches {
		out = append(out, s[end:m[0]]...)
		out = re.ExpandString(out, with, s, m)
		if end = m[1]; len(out) > maxText {
			return cty.NilVal, errLongText
		}
	}
	return cty.StringVal(string(append(out, s[end:]...))), nil
}

func basename(a []string) (cty.Value, error) {
	s := strings.TrimRight(a[0], "/")
	switch {
	case a[0] == "":
		return cty.StringVal("."), nil
	case s == "":
		return cty.StringVal("/"), nil
	}
	return cty.StringVal(s[strings.LastIndexByte(s, '/')+1:]), nil
}

func dirname(a []string) (cty.Value, error) {
	i := strings.LastIndexByte(a[0], '/')
	switch {
	case i < 0:
		return cty.StringVal("."), nil
	case i == 0:
		return cty.StringVal("/"), nil
	}
	return cty.StringVal(strings.TrimRight(a[0][:i], "/")), nil
}

func timeCompare(a []string) (cty.Value, error) {
	var times [2]time.Time
	for i := range times {
		t, err := time.Parse(time.RFC3339, a[i])
		if err != nil {
			return cty.NilVal, argError(i, "it is not a time as in 2006-01-02T15:04:05Z")
		}
		times[i] = t
	}
	return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
}

// marks returns the functions on sensitive values.
func marks() map[string]function.Function {
	param := function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true}
	same := func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil }
	return map[string]function.Function{
		"sensitive": function.New(&function.Spec{
			Params: []function.Parameter{param},
			Type:   same,
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				return args[0].Mark(Sensitive), nil
			},
		}),
		"nonsensitive": function.New(&function.Spec{
			Params: []function.Parameter{param},
			Type:   same,
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				val, _ := args[0].Unmark()
				return val, nil
			},
		}),
		"issensitive": function.New(&function.Spec{
			Params: []function.Parameter{param},
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				return cty.BoolVal(args[0].HasMark(Sensitive)), nil
			},
		}),
	}
}

var errNotUTF8 = errors.New("the result is not UTF-8, and every string is")

func decodeBase64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", argError(0, "it is not base64")
	}
	return string(b), nil
}
