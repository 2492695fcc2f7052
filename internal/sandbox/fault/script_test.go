package fault

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	shop  = "17841405822304914"
	ana   = "77100000000000001"
	ben   = "77100000000000002"
	other = "17841400000000222"
)

func script(t *testing.T, text string) *Script {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hits says which of n equal requests a rule fires on.
func hits(t *testing.T, text string, n int, about Call) (out []int) {
	t.Helper()
	s := script(t, text)
	for i := 1; i <= n; i++ {
		if s.Match(about, 1).Refuse {
			out = append(out, i)
		}
	}
	return out
}

func TestConditions(t *testing.T) {
	about := Call{
		Method: "POST", Path: "/v24.0/" + shop + "/messages", Account: shop,
		Recipient: ana, Kind: "text", Text: "parcel on its way",
	}
	for text, want := range map[string][]int{
		"post nth=3 do refuse 1":                       {3},
		"post first=2 do refuse 1":                     {1, 2},
		"post after=8 do refuse 1":                     {9, 10},
		"post every=4 do refuse 1":                     {4, 8},
		"post every=2 times=2 do refuse 1":             {2, 4},
		"any every=3 after=3 do refuse 1":              {6, 9},
		"get do refuse 1":                              nil,
		"post chance=0 do refuse 1":                    nil,
		"post chance=1 first=2 do refuse 1":            {1, 2},
		"post recipient=" + ben + " do refuse 1":       nil,
		"post nth=1 recipient=" + ana + " do refuse 1": {1},
		"post nth=1 account=" + shop + " do refuse 1":  {1},
		"post account=" + other + " do refuse 1":       nil,
		"post nth=1 path=/messages do refuse 1":        {1},
		"post path=/conversations do refuse 1":         nil,
		"post nth=1 kind=text do refuse 1":             {1},
		"post kind=image do refuse 1":                  nil,
		"post nth=1 text=parcel do refuse 1":           {1},
		"post text=letter do refuse 1":                 nil,
		"# nothing\n\npost nth=2 do refuse 1 # why":    {2},
	} {
		if diff := cmp.Diff(want, hits(t, text, 10, about)); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
	once := hits(t, "post chance=0.3 seed=7 do refuse 1", 1000, about)
	if n := len(once); n < 200 || n > 400 {
		t.Errorf("a chance of 0.3 came %d times in 1000", n)
	}
	if diff := cmp.Diff(once, hits(t, "post chance=0.3 seed=7 do refuse 1", 1000, about)); diff != "" {
		t.Error("the same seed gives other draws")
	}
	if cmp.Equal(once, hits(t, "post chance=0.3 seed=8 do refuse 1", 1000, about)) {
		t.Error("another seed gives the same draws")
	}
}

func TestDelaysAddUpAndTheFirstRuleDecides(t *testing.T) {
	s := script(t, "post do delay 1s\npost nth=1 do refuse 1\npost do rate-limit\nany do delay 2s")
	about := Call{Method: "POST"}
	for _, code := range []int{1, 613} {
		got := s.Match(about, 0)
		if got.Delay != 3*time.Second || got.Error.Code != code {
			t.Errorf("%+v", got)
		}
	}
}

func TestScriptMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"put do refuse 1":               `line 1: "put": a rule begins with post, get or any`,
		"\n\npost refuse 1":             `line 3: "refuse" is no condition`,
		"post":                          "line 1: there is no do",
		"post do":                       "there is no action behind do",
		"post do explode":               `the action "explode" is unknown`,
		"post do accept-then-explode":   `the action "accept-then-explode" is unknown`,
		"post do refuse-cut":            `the action "refuse-cut" is unknown`,
		"post do accept-then-drop now":  "accept-then-drop takes nothing behind it",
		"post do refuse":                "refuse needs a code",
		"post do refuse status=400":     "refuse needs a code first",
		"post do refuse x":              `"x" is no error code`,
		"post do refuse 1/x":            `"1/x" is no error code`,
		"post do refuse 1 status=9":     "status=9 is no HTTP status",
		"post do refuse 1 colour=9":     `refuse does not know "colour=9"`,
		"post do rate-limit regain=0":   "regain=0: it must be a whole number from 1",
		"post nth=0 do refuse 1":        "nth=0: it must be a whole number from 1",
		"post chance=2 do refuse 1":     "chance=2: it must be a number from 0 to 1",
		"post chance=NaN do refuse 1":   "chance=NaN: it must be a number from 0 to 1",
		"post seed=x do refuse 1":       "seed=x: it must be a whole number from 0",
		"post kind=gif do refuse 1":     "kind=gif is no kind",
		"post colour=red do refuse 1":   `the condition "colour" is unknown`,
		"get do stale-listing":          "stale-listing takes one duration",
		"get do delay soon":             "delay soon: that is no duration above 0",
		"get do identity me":            "identity takes one account id",
		"get do listing-code-1 forever": "listing-code-1 takes nothing behind it",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzScript(f *testing.F) {
	f.Add("post nth=3 recipient=77 do rate-limit 4/1 regain=3 # x")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse(text); err == nil {
			s.Match(Call{Method: "POST"}, 1)
		}
	})
}
