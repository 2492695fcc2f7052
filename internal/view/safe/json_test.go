package safe

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONBeginsNoCommandOfARunner(t *testing.T) {
	for _, in := range []string{"##[error]x", "a ###[add-mask]b", "##vso[task.setvariable variable=x]y", `\##[debug]`, "# #1 ## ####", "\u202e##[x"} {
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		got := string(JSON(data))
		if strings.Contains(got, "##") {
			t.Errorf("%q is written as %s", in, got)
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || back != in {
			t.Errorf("%q became %q, %v", in, back, err)
		}
	}
	if got, want := string(JSON([]byte(`"a # b##[c"`))), `"a # b#\u0023[c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzJSON holds that the value stays what it is, and that nothing in it is
// taken for more than a value.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "##[error]", "#\u200b#[", "\x1b[0m\u202e😀", "a\U000e0041###"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		data, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		out := JSON(data)
		if strings.Contains(string(out), "##") {
			t.Errorf("%s", out)
		}
		for _, r := range string(out) {
			if Odd(r) {
				t.Errorf("%U in %s", r, out)
			}
		}
		var back map[string]string
		if err := json.Unmarshal(out, &back); err != nil || len(back) != 1 || back[s] != s {
			t.Errorf("%q became %q, %v", s, back, err)
		}
	})
}
