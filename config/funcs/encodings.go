package funcs

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// encodings returns the functions that encode, decode and hash.
func encodings() map[string]function.Function {
	return map[string]function.Function{
		"base64decode": stringFunc(cty.String, []string{"str"}, func(a []string) (cty.Value, error) {
			s, err := decodeBase64(a[0])
			if err == nil && !utf8.ValidString(s) {
				err = errNotUTF8
			}
			return cty.StringVal(s), err
		}),
		"base64encode": textFunc(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
		"base64sha256": textFunc(func(s string) string {
			h := sha256.Sum256([]byte(s))
			return base64.StdEncoding.EncodeToString(h[:])
		}),
		"base64sha512": textFunc(func(s string) string {
			h := sha512.Sum512([]byte(s))
			return base64.StdEncoding.EncodeToString(h[:])
		}),
		"md5": textFunc(func(s string) string {
			h := md5.Sum([]byte(s))
			return hex.EncodeToString(h[:])
		}),
		"sha1": textFunc(func(s string) string {
			h := sha1.Sum([]byte(s))
			return hex.EncodeToString(h[:])
		}),
		"sha256": textFunc(func(s string) string {
			h := sha256.Sum256([]byte(s))
			return hex.EncodeToString(h[:])
		}),
		"sha512": textFunc(func(s string) string {
			h := sha512.Sum512([]byte(s))
			return hex.EncodeToString(h[:])
		}),
		"urlencode": textFunc(url.QueryEscape),
		"urldecode": stringFunc(cty.String, []string{"str"}, func(a []string) (cty.Value, error) {
			s, err := url.QueryUnescape(a[0])
			if err != nil {
				return cty.NilVal, argError(0, "it is not URL-encoded")
			}
			if !utf8.ValidString(s) {
				return cty.NilVal, errNotUTF8
			}
			return cty.StringVal(s), nil
		}),
		"csvdecode":  dynamicFunc([]function.Parameter{{Name: "str", Type: cty.String}}, csvDecode),
		"jsondecode": dynamicFunc([]function.Parameter{{Name: "str", Type: cty.String}}, jsonDecode),
		"yamldecode": dynamicFunc([]function.Parameter{{Name: "src", Type: cty.String}}, yamlDecode),
	}
}

func textFunc(f func(string) string) function.Function {
	return stringFunc(cty.String, []string{"str"}, func(a []string) (cty.Value, error) { return cty.StringVal(f(a[0])), nil })
}

// utf8BOM is the mark that spreadsheets put before what they export as UTF-8.
const utf8BOM = "\uFEFF"

func jsonDecode(args []cty.Value) (cty.Value, error) {
	src := []byte(strings.TrimPrefix(args[0].AsString(), utf8BOM))
	val, err := DecodeJSON(src)
	if err != nil {
		before := src[:min(err.Offset, len(src))]
		return cty.NilVal, argError(0, "%s (line %d of the text)", err.Reason, bytes.Count(before, []byte{'\n'})+1)
	}
	return val, nil
}

// csvDecode returns a list with an object for each row, with an attribute for
// each column that the first row names.
func csvDecode(args []cty.Value) (cty.Value, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(args[0].AsString(), utf8BOM)))
	r.ReuseRecord = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return cty.NilVal, argError(0, "the line with the names of the columns is missing")
	}
	if err != nil {
		return cty.NilVal, csvError(err)
	}
	names := make([]string, len(head))
	types := make(map[string]cty.Type, len(head))
	for i, name := range head {
		names[i] = cty.NormalizeString(name)
		if _, taken := types[names[i]]; taken {
			return cty.NilVal, argError(0, "two columns have the same name, %q", names[i])
		}
		types[names[i]] = cty.String
	}
	r.FieldsPerRecord = len(names)
	var rows []cty.Value
	for {
		cols, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cty.NilVal, csvError(err)
		}
		row := make(map[string]cty.Value, len(cols))
		for i, col := range cols {
			row[names[i]] = cty.StringVal(col)
		}
		rows = append(rows, cty.ObjectVal(row))
	}
	if len(rows) == 0 {
		return cty.ListValEmpty(cty.Object(types)), nil
	}
	return cty.ListVal(rows), nil
}

func csvError(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return argError(0, "%w (line %d of the text, column %d)", pe.Err, pe.Line, pe.Column)
	}
	return argError(0, "it is not CSV")
}

// largeInYAML finds numbers that the library would write out where they are
// keys, before it can be asked what it has read.
var largeInYAML = regexp.MustCompile(`(?m)(?:^|[\s\[{,:?-])[-+]?[0-9.][0-9_.]*[eE][-+]?[0-9_]{6,}(?:$|[\s,\]}:])`)

// yamlDecode reads YAML. Whatever the library that reads it panics on is an
// error.
func yamlDecode(args []cty.Value) (val cty.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			val, err = cty.NilVal, argError(0, "it holds what no value of HCL stands for")
		}
	}()
	src := []byte(strings.TrimPrefix(args[0].AsString(), utf8BOM))
	if yamlTooDeep(string(src)) {
		return cty.NilVal, argError(0, "it is nested too deeply")
	}
	if largeInYAML.Match(src) {
		return cty.NilVal, argError(0, "%w", errNumber)
	}
	t, err := ctyyaml.Standard.ImpliedType(src)
	if left := maxProduct; err == nil && !fewElements(t, &left) {
		return cty.NilVal, argError(0, "it has more than 1,000,000 elements once its aliases are put in")
	}
	if err == nil {
		val, err = ctyyaml.Standard.Unmarshal(src, t)
	}
	if err != nil {
		return cty.NilVal, argError(0, "it is not YAML: %s", fmt.Sprint(err))
	}
	if err := CheckSizeDeep(val); err != nil {
		return cty.NilVal, argError(0, "%w", err)
	}
	if line := repeatedYAMLKey(string(src)); line > 0 {
		return cty.NilVal, argError(0, "a key is given twice, so that one of the two values would be lost (line %d of the text)", line)
	}
	return val, nil
}

// fewElements reports whether a type has no more elements than are left. In the
// type that is read from YAML an alias costs nothing; in its value it does.
func fewElements(t cty.Type, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch {
	case t.IsTupleType():
		for _, e := range t.TupleElementTypes() {
			if !fewElements(e, left) {
				return false
			}
		}
	case t.IsObjectType():
		for _, a := range t.AttributeTypes() {
			if !fewElements(a, left) {
				return false
			}
		}
	}
	return true
}
