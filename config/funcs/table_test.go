package funcs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluator returns a function that evaluates an expression over a directory
// with a few files.
func evaluator(t *testing.T) func(string) (cty.Value, hcl.Diagnostics) {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "conf")
	for name, text := range map[string]string{
		"secret.txt":         "outside",
		"conf/hello.txt":     "Hello\n",
		"conf/sub/a.tmpl":    "Hi ${name}%{ if loud }!%{ endif }",
		"conf/sub/bad.tmpl":  "Hi ${nome}",
		"conf/sub/self.tmpl": "${templatefile(\"sub/self.tmpl\", {})}",
		"conf/binary":        "\xff",
		"conf/people.csv":    "\uFEFFname,id\nAna,1\n\"B, en\",2\n",
		"conf/nfc.json":      `{"\u00e9": 1, "e\u0301": 2}`,
		"conf/bomb.yaml":     bomb(),
		"conf/nfc.csv":       "\u00e9,e\u0301\n1,2\n",
	} {
		p := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "out.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("hello.txt", filepath.Join(dir, "in.txt")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	ctx := &hcl.EvalContext{Functions: Table(root), Variables: map[string]cty.Value{"unknown": cty.UnknownVal(cty.String), "none": cty.NullVal(cty.String)}}
	return func(src string) (cty.Value, hcl.Diagnostics) {
		expr, diags := hclsyntax.ParseExpression([]byte(src), "", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s: %s", src, diags)
		}
		return expr.Value(ctx)
	}
}

// TestDocumentedResults holds the functions against the results that Terraform
// documents for them, by expressions that must be equal.
func TestDocumentedResults(t *testing.T) {
	eval := evaluator(t)
	covered := map[string]bool{}
	for _, tc := range documented {
		got, diags := eval(tc.call)
		if diags.HasErrors() {
			t.Errorf("%s: %s", tc.call, diags)
			continue
		}
		want, diags := eval(tc.want)
		if diags.HasErrors() {
			t.Fatalf("%s: %s", tc.want, diags)
		}
		got, _ = got.UnmarkDeep()
		if conv, err := Convert(want, got.Type()); err == nil {
			want = conv
		}
		if !got.RawEquals(want) {
			t.Errorf("%s\n got %#v\nwant %#v", tc.call, got, want)
		}
		name, _, _ := strings.Cut(tc.call, "(")
		covered[name] = true
	}
	for _, name := range Names() {
		if !covered[name] {
			t.Errorf("no case for %s", name)
		}
	}
}

func TestErrorsOfFunctions(t *testing.T) {
	eval := evaluator(t)
	for call, want := range map[string]string{
		`file("../secret.txt")`:                             `../secret.txt leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.`,
		`file("out.txt")`:                                   `out.txt leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.`,
		`fileexists("out.txt")`:                             `out.txt leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.`,
		`fileexists("sub")`:                                 `sub is not a regular file.`,
		`fileset("..", "*")`:                                `.. leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.`,
		`fileset(".", "[")`:                                 `it is not a pattern, as in *.txt or **/*.txt.`,
		`file("sub/none")`:                                  `there is no file sub/none below the configuration's directory.`,
		`file("sub")`:                                       `sub is not a regular file.`,
		`file("binary")`:                                    `binary is not UTF-8, and every string is.`,
		`templatefile("sub/bad.tmpl", {name = "x"})`:        `the template needs a value for "nome" (sub/bad.tmpl, line 1).`,
		`templatefile("sub/self.tmpl", {})`:                 `sub/self.tmpl, line 1: Error in function call. Call to function "templatefile" failed: a template cannot use templatefile.`,
		`templatefile("sub/a.tmpl", {"a b" = 1})`:           `"a b" is not a name that a template can use: it must begin with a letter and hold letters, digits and underscores.`,
		`templatefile("sub/a.tmpl", "x")`:                   `the values of a template are a map.`,
		`jsondecode(file("nfc.json"))`:                      `two names in one object are the same character for character once HCL normalises them, so that one of the two values would be lost (line 1 of the text).`,
		`csvdecode(file("nfc.csv"))`:                        `two columns have the same name, "é".`,
		`yamldecode("a: [")`:                                `it is not YAML: on line 1, column 1: did not find expected node content.`,
		`jsondecode("{\n\"a\": }")`:                         `it is not valid JSON (line 2 of the text).`,
		`jsondecode("{\"a\": 1")`:                           `it ends too early (line 1 of the text).`,
		`jsondecode("1 2")`:                                 `something follows behind its end (line 1 of the text).`,
		`jsondecode(join("", [for i in range(600) : "["]))`: `it is nested too deeply (line 1 of the text).`,
		`jsondecode("1e9999999999")`:                        `a number is out of range (line 1 of the text).`,
		`jsondecode("1e99999999")`:                          `a number is out of range (line 1 of the text).`,
		`yamldecode("1e99999999")`:                          `the number is too large: a number has at most 10,000 digits before or behind the decimal point.`,
		`yamldecode("[1, 1e-99999999]")`:                    `the number is too large: a number has at most 10,000 digits before or behind the decimal point.`,
		`yamldecode("1e99999999: x")`:                       `the number is too large: a number has at most 10,000 digits before or behind the decimal point.`,
		`yamldecode(file("bomb.yaml"))`:                     `it has more than 1,000,000 elements once its aliases are put in.`,
		`tonumber("1e99999999")`:                            `the number is too large: a number has at most 10,000 digits before or behind the decimal point.`,
		`tostring(pow(10, 100000))`:                         `the number is too large: a number has at most 10,000 digits before or behind the decimal point.`,
		`indent(-1, "a\nb")`:                                `it is a number of spaces, from 0.`,
		`zipmap(["é", "e\u0301"], [1, 2])`:                  `a key is given twice, so that one of the two values would be lost.`,
		`csvdecode("")`:                                     `the line with the names of the columns is missing.`,
		`csvdecode("a,b\n1")`:                               `wrong number of fields (line 2 of the text, column 1).`,
		`lookup({a = 1}, "b")`:                              `there is no element with this key, and no default.`,
		`index(["a"], "b")`:                                 `the list does not have this value.`,
		`length(1)`:                                         `it is neither a string nor a list, set or map.`,
		`one(["a", "b"])`:                                   `it must be a list, set or tuple with one element or none.`,
		`sum([])`:                                           `it is empty.`,
		`sum(["a"])`:                                        `one of its elements is not a number.`,
		`coalesce("", none)`:                                `every argument is null or an empty string.`,
		`replace("a", "/[/", "")`:                           `what stands between the slashes is no regular expression.`,
		`tonumber("a")`:                                     `cannot convert this string to number: it is not one in decimal digits.`,
		`tobool("a")`:                                       `cannot convert this string to bool: only "true" and "false" can be.`,
		`tolist("a")`:                                       `cannot convert string to list of any single type.`,
		`base64decode("?")`:                                 `it is not base64.`,
		`base64decode("/w==")`:                              `the result is not UTF-8, and every string is.`,
		`urldecode("%zz")`:                                  `it is not URL-encoded.`,
		`timecmp("x", "y")`:                                 `it is not a time as in 2006-01-02T15:04:05Z.`,
	} {
		_, diags := eval(call)
		if !diags.HasErrors() {
			t.Errorf("%s: no error", call)
			continue
		}
		if got := diags[0].Detail; !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s\n got %s\nwant …: %s", call, got, want)
		}
	}
}

func TestRefusedFunctionsAreNotInTheTable(t *testing.T) {
	for _, name := range []string{"timestamp", "plantimestamp", "uuid", "bcrypt", "env", "abspath", "pathexpand", "rsadecrypt"} {
		if slices.Contains(Names(), name) {
			t.Errorf("%s is in the table", name)
		}
		if why := Refused(name); !strings.HasSuffix(why, ".") {
			t.Errorf("Refused(%s) = %q", name, why)
		}
	}
	if why := Refused("upper"); why != "" {
		t.Errorf("Refused(upper) = %q", why)
	}
}

func TestUnknownArguments(t *testing.T) {
	eval := evaluator(t)
	for call, want := range map[string]cty.Value{
		`length(unknown)`:                cty.UnknownVal(cty.Number),
		`jsondecode(unknown)`:            cty.DynamicVal,
		`file(unknown)`:                  cty.UnknownVal(cty.String),
		`tomap({a = unknown})`:           cty.MapVal(map[string]cty.Value{"a": cty.UnknownVal(cty.String)}),
		`lookup({a = 1}, unknown, 2)`:    cty.DynamicVal,
		`issensitive(sensitive("x"))`:    cty.True,
		`issensitive("x")`:               cty.False,
		`nonsensitive(sensitive("x"))`:   cty.StringVal("x"),
		`sensitive("x")`:                 cty.StringVal("x").Mark(Sensitive),
		`upper(sensitive("x"))`:          cty.StringVal("X").Mark(Sensitive),
		`lookup({a = sensitive(1)},"a")`: cty.NumberIntVal(1).Mark(Sensitive),
	} {
		got, diags := eval(call)
		if diags.HasErrors() {
			t.Errorf("%s: %s", call, diags)
			continue
		}
		if !got.RawEquals(want) && !(!want.IsKnown() && !got.IsKnown() && got.Type().Equals(want.Type())) {
			t.Errorf("%s\n got %#v\nwant %#v", call, got, want)
		}
	}
}

func TestConvertNamesThePath(t *testing.T) {
	want := cty.Map(cty.Object(map[string]cty.Type{"id": cty.String, "n": cty.List(cty.Number)}))
	obj := func(id, n cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"ana": cty.ObjectVal(map[string]cty.Value{"id": id, "n": n, "more": cty.True})})
	}
	got, err := Convert(obj(cty.NumberIntVal(17841400000000001), cty.TupleVal([]cty.Value{cty.StringVal("1")})), want)
	if err != nil {
		t.Fatal(err)
	}
	if id := got.Index(cty.StringVal("ana")).GetAttr("id"); !id.RawEquals(cty.StringVal("17841400000000001")) {
		t.Errorf("id is %#v", id)
	}
	for _, tc := range []struct {
		val  cty.Value
		want string
	}{
		{obj(cty.StringVal("1"), cty.TupleVal([]cty.Value{cty.True})), `at ["ana"].n[0]: number required, but have bool`},
		{obj(cty.EmptyTupleVal, cty.EmptyTupleVal), `at ["ana"].id: string required, but have tuple`},
		{cty.ObjectVal(map[string]cty.Value{"b": cty.EmptyObjectVal}), `at ["b"]: attribute "id" is required`},
		{cty.StringVal("x"), `map of object required, but have string`},
	} {
		if _, err := Convert(tc.val, want); err == nil || err.Error() != tc.want && !strings.HasPrefix(tc.want, err.Error()) {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
	mixed := cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x"), "b": cty.NumberIntVal(1), "c": cty.NullVal(cty.DynamicPseudoType)})
	got, err = Convert(mixed, cty.Map(cty.DynamicPseudoType))
	if err != nil || !got.RawEquals(cty.MapVal(map[string]cty.Value{"a": cty.StringVal("x"), "b": cty.StringVal("1"), "c": cty.NullVal(cty.String)})) {
		t.Errorf("%#v, %v", got, err)
	}
	odd := cty.TupleVal([]cty.Value{cty.EmptyTupleVal, cty.StringVal("x")})
	if _, err := Convert(odd, cty.List(cty.DynamicPseudoType)); err == nil || err.Error() != "all elements must have the same type" {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, 2.5, null, true, "x"]}`, `"\ud800"`, `[[[`, `{"a":1,"a":2}`, `1e400`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		val, err := DecodeJSON(src)
		if err == nil && !val.IsWhollyKnown() {
			t.Fatalf("%s gave an unknown value", src)
		}
		if err != nil && (err.Offset < 0 || err.Offset > len(src)) {
			t.Fatalf("offset %d of %d bytes", err.Offset, len(src))
		}
	})
}

func TestDeepNesting(t *testing.T) {
	eval := evaluator(t)
	for name, src := range map[string]string{
		"json":           `jsondecode(` + repeated("[") + `)`,
		"yaml brackets":  `yamldecode(` + repeated("[") + `)`,
		"yaml sequences": `yamldecode(` + repeated("- ") + `)`,
		"yaml keys":      `yamldecode(` + repeated("? ") + `)`,
	} {
		_, diags := eval(src)
		if !diags.HasErrors() || !strings.Contains(diags[0].Detail, "it is nested too deeply") {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

// repeated is an expression for a long run of s.
func repeated(s string) string {
	return `replace("` + strings.Repeat("x", 200_000) + `", "x", "` + s + `")`
}

// bomb is YAML whose aliases stand for 10^9 elements.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 8 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}

func TestSizeOfValues(t *testing.T) {
	row := cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NumberIntVal(1), cty.NullVal(cty.String), cty.UnknownVal(cty.Number)})
	table := cty.ObjectVal(map[string]cty.Value{"x": row, "y": row.Mark(Sensitive)})
	for left, want := range map[int]error{11: nil, 10: errLargeValue} {
		if err := checkDeep(table, &left); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	for _, val := range []cty.Value{
		cty.MustParseNumberVal("1e10001"), cty.MustParseNumberVal("-1e-10001"), cty.PositiveInfinity,
		cty.MustParseNumberVal("1e10001").Mark(Sensitive),
	} {
		if err := CheckSizeDeep(cty.ListVal([]cty.Value{val})); !errors.Is(err, errNumber) {
			t.Errorf("%#v: %v", val, err)
		}
	}
	for _, val := range []cty.Value{cty.Zero, cty.MustParseNumberVal("1e10000"), cty.MustParseNumberVal("1e-9999"), cty.StringVal(strings.Repeat("x", maxText))} {
		if err := CheckSize(val); err != nil {
			t.Errorf("%v", err)
		}
	}
	if err := CheckSize(cty.StringVal(strings.Repeat("x", maxText+1))); !errors.Is(err, errLongText) {
		t.Errorf("got %v", err)
	}
}
