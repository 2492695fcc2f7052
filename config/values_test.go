package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneValue = `
account "shop" {
  ig_id = "17841405822304914"
}
variable "v" {
  type    = string
  default = "default"
}
message "m" {
  recipient = "1"
  text      = var.v
}
`

// TestPrecedence adds one source after another: each wins over those before.
func TestPrecedence(t *testing.T) {
	dir := write(t, map[string]string{"main.hcl": oneValue, "given.hclvars": `v = "-var-file"`, "given.json": `{"v": "-var-file in JSON"}`})
	var v Values
	check := func(want string) {
		t.Helper()
		if got := expand(t, dir, v).Items[0].Content.Value; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	add := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check("default")
	v.Env = env(map[string]string{"HERALD_VAR_v": "environment", "HERALD_VAR_undeclared": "x"})
	check("environment")
	add("herald.hclvars", `v = "herald.hclvars"`)
	check("herald.hclvars")
	add("herald.hclvars.json", `{"v": "herald.hclvars.json"}`)
	check("herald.hclvars.json")
	add("b.auto.hclvars", `v = "b.auto.hclvars"`)
	check("b.auto.hclvars")
	add("a.auto.hclvars", `v = "a.auto.hclvars"`)
	check("b.auto.hclvars")
	add("c.auto.hclvars.json", `{"v": "c.auto.hclvars.json"}`)
	check("c.auto.hclvars.json")
	add(".d.auto.hclvars", `v = "a dot-file"`)
	add("e.hclvars", `v = "not asked for"`)
	check("c.auto.hclvars.json")
	v.Args = append(v.Args, Arg{Var: "v=-var"})
	check("-var")
	v.Args = append(v.Args, Arg{File: "given.hclvars"})
	check("-var-file")
	v.Args = append(v.Args, Arg{Var: "v=a=b, \"c\""})
	check("a=b, \"c\"")
	v.Args = append(v.Args, Arg{File: filepath.Join(dir, "given.json")})
	check("-var-file in JSON")
}

func TestTypesOfValues(t *testing.T) {
	const main = `
account "shop" {
  ig_id = "17841405822304914"
}
variable "v" {
  type     = %s
  nullable = %s
  %s
}
message "m" {
  recipient = "1"
  text      = jsonencode(var.v)
}
`
	for _, tc := range []struct{ typ, nullable, def, arg, want string }{
		{"string", "true", "", "[1]", `"[1]"`},
		{"number", "true", "", "17841400000000001", `17841400000000001`},
		{"bool", "true", "", "true", `true`},
		{"any", "true", "", `[1, "a"]`, `[1,"a"]`},
		{"list(string)", "true", "", `[1, "a"]`, `["1","a"]`},
		{"map(number)", "true", "", `{ a = 1, "b c" = "2" }`, `{"a":1,"b c":2}`},
		{`object({ a = string, b = optional(number, 3), c = optional(string) })`, "true", "", `{ a = "x", d = 1 }`, `{"a":"x","b":3,"c":null}`},
		{`map(object({ a = optional(string, "d") }))`, "true", "", `{ x = {}, y = { a = null }, z = { a = "e" } }`, `{"x":{"a":"d"},"y":{"a":"d"},"z":{"a":"e"}}`},
		{"string", "true", `default = null`, "", `null`},
		{"map(string)", "false", `default = { a = "b" }`, "null", `{"a":"b"}`},
	} {
		dir := write(t, map[string]string{"main.hcl": fmt.Sprintf(main, tc.typ, tc.nullable, tc.def)})
		var v Values
		if tc.arg != "" {
			v.Args = []Arg{{Var: "v=" + tc.arg}}
		}
		if got := expand(t, dir, v).Items[0].Content.Value; got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.typ, got, tc.want)
		}
	}
}

func TestMistakesInValues(t *testing.T) {
	const main = `
account "shop" {
  ig_id = "17841405822304914"
}
variable "people" {
  type = map(object({ igsid = string }))
  default = {}
}
variable "code" {
  type      = number
  default   = 1
  sensitive = true
}
`
	for _, tc := range []struct {
		name string
		v    Values
		want string
	}{
		{
			"no equals sign",
			Values{Args: []Arg{{Var: "people"}}},
			"<-var people>:1,1-1: error: Invalid -var: -var takes a name, an equals sign and a value, as in -var 'name=value'; there is no equals sign in this one.\n",
		},
		{
			"unknown variable",
			Values{Args: []Arg{{Var: "peple={}"}}},
			"<-var peple>:1,1-1: error: Unknown variable: -var gives a value for the variable peple, which is not declared. Did you mean people?\n",
		},
		{
			"not HCL",
			Values{Args: []Arg{{Var: "people={a"}}},
			"<-var people>:1,1-3: error: Invalid value: The variable people has the type map(object({igsid=string})), so its value is written as in HCL, and this is not: There is no corresponding closing brace before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.\n",
		},
		{
			"wrong type",
			Values{Args: []Arg{{Var: "people={ana = {igsid = [1]}}"}}},
			"<-var people>:1,1-22: error: Wrong type of value: The value does not fit the variable people, declared at main.hcl:5 with the type map(object({igsid=string})): at [\"ana\"].igsid: string required, but have tuple.\n",
		},
		{
			"reference",
			Values{Args: []Arg{{Var: "people=local.x"}}},
			"<-var people>:1,1-8: error: Value is not constant: The value of a variable is a plain value: it may refer to nothing. A string stands in quotes.\n",
		},
		{
			"large number",
			Values{Env: env(map[string]string{"HERALD_VAR_code": "1e99999999"})},
			"<environment HERALD_VAR_code>:1,1-11: error: Wrong type of value: The value does not fit the variable code, declared at main.hcl:9 with the type number: the number is too large: a number has at most 10,000 digits before or behind the decimal point.\n",
		},
		{
			"large number in HCL",
			Values{Args: []Arg{{Var: "people={ana = {igsid = 1e99999999}}"}}},
			"<-var people>:1,17-27: error: Number is too large: A number has at most 10,000 digits before or behind the decimal point.\n",
		},
		{
			"large number in JSON",
			Values{Args: []Arg{{File: "large.json"}}},
			"large.json:1,22-22: error: Invalid JSON: A file of values in JSON is one object with a member for each variable, and this cannot be read as one: a number is out of range.\n",
		},
		{
			"key given twice",
			Values{Args: []Arg{{Var: "people={ana = {igsid = \"1\"}, \"ana\" = {igsid = \"2\"}}"}}},
			"<-var people>:1,23-28: error: Key is given twice: This map has the key already, on line 1. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.\n",
		},
		{
			"key given twice in a file",
			Values{Args: []Arg{{File: "twice.hclvars"}}},
			"twice.hclvars:3,3-6: error: Key is given twice: This map has the key already, on line 2. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.\n",
		},
		{
			"secret",
			Values{Env: env(map[string]string{"HERALD_VAR_code": "geheim"})},
			"<environment HERALD_VAR_code>:1,1-7: error: Wrong type of value: The value does not fit the variable code, declared at main.hcl:9 with the type number: a number is required.\n",
		},
		{
			"no file",
			Values{Args: []Arg{{File: "none.hclvars"}}},
			"none.hclvars:1,1-1: error: Unreadable file: The file given with -var-file cannot be read: no such file or directory.\n",
		},
		{
			"directory",
			Values{Args: []Arg{{File: "."}}},
			".:1,1-1: error: Unreadable file: The file given with -var-file cannot be read: it is not a regular file.\n",
		},
		{
			"bad JSON",
			Values{Args: []Arg{{File: "bad.json"}}},
			"bad.json:2,14-14: error: Invalid JSON: A file of values in JSON is one object with a member for each variable, and this cannot be read as one: it is not valid JSON.\n",
		},
		{
			"JSON array",
			Values{Args: []Arg{{File: "array.json"}}},
			"array.json:1,1-1: error: Invalid JSON: A file of values in JSON is one object with a member for each variable, and this cannot be read as one: it does not begin with a brace.\n",
		},
		{
			"JSON names that are equal",
			Values{Args: []Arg{{File: "nfc.json"}}},
			"nfc.json:1,35-35: error: Invalid JSON: A file of values in JSON is one object with a member for each variable, and this cannot be read as one: two names in one object are the same character for character once HCL normalises them, so that one of the two values would be lost.\n",
		},
		{
			"JSON of a wrong type",
			Values{Args: []Arg{{File: "type.json"}}},
			"type.json:3,13-23: error: Wrong type of value: The value does not fit the variable people, declared at main.hcl:5 with the type map(object({igsid=string})): at [\"ana\"]: attribute \"igsid\" is required.\n",
		},
		{
			"token",
			Values{Args: []Arg{{File: "token.hclvars"}}},
			"token.hclvars:1,11-55: error: Access token in a file: This looks like an access token of Meta's. Files are committed and read by reviewers, so a token never stands in one: take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_TOKEN_SHOP (or HERALD_TOKEN where there is one account).\n",
		},
		{
			"settle after",
			Values{Env: env(map[string]string{"HERALD_SETTLE_AFTER": "later"})},
			"<environment HERALD_SETTLE_AFTER>:1,1-6: error: Invalid duration: This is a number with a unit, above 0, as in \"60s\" or \"2m\": how long after a doubtful call its absence may be believed.\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := write(t, map[string]string{
				"main.hcl": main, "bad.json": "{\n  \"people\": {]}", "array.json": "[]", "nfc.json": `{"people": {"\u00e9": 1, "e\u0301": 2}}`,
				"large.json": `{"people": 1e99999999}`, "twice.hclvars": "people = {\n  ana = { igsid = \"1\" }\n  ana = { igsid = \"2\" }\n}\n",
				"type.json": "{\n\n  \"people\": {\"ana\":{}}}", "token.hclvars": "people = \"EAAG0123456789012345678901234567890123456789\"",
			})
			c, diags := Load(dir, Options{})
			if diags.HasErrors() {
				t.Fatal(text(diags))
			}
			_, diags = c.Expand(tc.v)
			if got := text(diags); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	dir := write(t, map[string]string{
		"main.hcl": `
account "shop" {
  ig_id        = "17841405822304914"
  access_token = "abc-def"
}
# IGQVJ0123456789012345678901234567890123456789
variable "code" {
  sensitive = true
  default   = "1234"
}
`,
	})
	c, _ := Load(dir, Options{})
	want := `
account "shop" {
  ig_id        = "17841405822304914"
  access_token = *********
}
# *********************************************
variable "code" {
  sensitive = true
  default   = ******
}
`
	if got := string(c.Sources()["main.hcl"].Bytes); got != want {
		t.Errorf("shown:\n%s", got)
	}

	dir = write(t, map[string]string{"main.hcl": "account \"a\" {\n  ig_id    = \"1\"\n  endpoint = \"https://user:1234@example.com\"\n}\n"})
	c, _ = Load(dir, Options{})
	c.Validate()
	if got := string(c.Sources()["main.hcl"].Bytes); strings.Contains(got, "1234") {
		t.Errorf("shown:\n%s", got)
	}

	dir = write(t, map[string]string{
		"main.hcl":            "variable \"code\" {\n  sensitive = true\n}\n",
		"herald.hclvars":      "code = [\n  \"1234\",\n]\n",
		"herald.hclvars.json": `{"code": {"x": "1234"}}`,
	})
	c, diags := Load(dir, Options{})
	if diags.HasErrors() {
		t.Fatal(text(diags))
	}
	if _, diags = c.Expand(Values{Env: env(map[string]string{"HERALD_VAR_code": "1234"}), Args: []Arg{{Var: "code=1234"}}}); diags.HasErrors() {
		t.Fatal(text(diags))
	}
	for name, f := range c.Sources() {
		if strings.Contains(string(f.Bytes), "1234") {
			t.Errorf("%s shows %s", name, f.Bytes)
		}
	}
}

func TestSettleAfter(t *testing.T) {
	dir := write(t, map[string]string{"main.hcl": "account \"shop\" {\n  ig_id        = \"17841405822304914\"\n  settle_after = \"2m\"\n}\n"})
	if got := expand(t, dir, Values{}).Accounts[0].SettleAfter.String(); got != "2m0s" {
		t.Errorf("settle_after is %s", got)
	}
	v := Values{Env: env(map[string]string{"HERALD_SETTLE_AFTER": "90ms"})}
	if got := expand(t, dir, v).Accounts[0].SettleAfter.String(); got != "90ms" {
		t.Errorf("the environment makes it %s", got)
	}
}
