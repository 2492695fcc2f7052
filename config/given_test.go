package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariablesOfAWantedState(t *testing.T) {
	dir := write(t, map[string]string{"main.hcl": `
variable "names" { type = map(object({ igsid = string, age = optional(number, 30) })) }
variable "secret" {
  sensitive = true
  default   = "psst"
}
variable "nothing" { default = null }
variable "any" { default = [1, "x", true, 12345678901234567890] }
`})
	c, diags := Load(dir, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	w, diags := c.Expand(Values{Args: []Arg{{Var: `names={ana={igsid="1"}}`}}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	type given struct {
		Name      string
		Sensitive bool
		JSON      string
	}
	var got []given
	for _, v := range w.Variables() {
		got = append(got, given{v.Name, v.Sensitive, string(v.JSON)})
	}
	want := []given{
		{"names", false, `{"ana":{"age":30,"igsid":"1"}}`},
		{"secret", true, ""},
		{"nothing", false, "null"},
		{"any", false, `[1,"x",true,12345678901234567890]`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
