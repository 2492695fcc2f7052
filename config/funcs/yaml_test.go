package funcs

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestRepeatedYAMLKeys(t *testing.T) {
	for src, want := range map[string]int{
		"ana: 1\nben: 2\nana: 3\n":                       3,
		"\"ana\": 1\r\nana: 2\r\n":                       2,
		"'1': a\n1: b\n":                                 2,
		"é: 1\ne\u0301: 2\n":                             2,
		"a:\n  x: 1\n  y: 2\n  x: 3\n":                   4,
		"a:\n  x: 1\nb:\n  x: 1\n":                       0,
		"- x: 1\n  y: 2\n- x: 1\n  y: 2\n":               0,
		"- x: 1\n  y: 2\n  x: 1\n":                       3,
		"a:\n- x: 1\n- x: 1\nb:\n- x: 1\n":               0,
		"a:\n- x: 1\na: 2\n":                             3,
		"- - x: 1\n    x: 2\n":                           2,
		"a: |\n  b: 1\n  b: 2\nb: 3\n":                   0,
		"- a: >-\n    b: 1\n    b: 2\n  b: 3\n  a: 4\n":  5,
		"- |\n  b: 1\n  b: 2\n- 1\n":                     0,
		"a: \"x\n  b: 1\n  b: 2\"\n":                     0,
		"a: {\n  b: 1, c: 2 }\n":                         0,
		"# ana: 1\nana: 2 # ana: 3\n":                    0,
		"a: https://example.com\nb: https://example.com": 0,
		"<<: &x {a: 1}\n<<: *x\n":                        0,
	} {
		if got := repeatedYAMLKey(src); got != want {
			t.Errorf("%q: line %d, want %d", src, got, want)
		}
	}
	if _, err := yamlDecode([]cty.Value{cty.StringVal("ana: 1\nana: 2\n")}); err == nil || err.Error() != "a key is given twice, so that one of the two values would be lost (line 2 of the text)" {
		t.Errorf("got %v", err)
	}
}
