package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func script(t *testing.T, text string) *Script {
	t.Helper()
	s, err := ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wire makes one real call and says what came of it, in words.
func wire(t *testing.T, client *http.Client, method, url, body string, timeout time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return "timeout"
		}
		return "no answer"
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Sprintf("%d cut", resp.StatusCode)
	}
	text := string(raw)
	switch {
	case text == "":
		text = "empty"
	case strings.Contains(text, "<html>"):
		text = "page"
	case strings.Contains(text, `"message_id"`):
		text = "sent"
	case strings.Contains(text, `"error_subcode":1357046`):
		text = "code 1/1357046"
	case strings.Contains(text, `"code":2,`):
		text = "code 2"
	case strings.Contains(text, `"code":613,`):
		text = "code 613"
	case strings.Contains(text, `"code":10,"error_subcode":2534022`):
		text = "code 10/2534022"
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, text)
}

// Each action once, over a real connection: what the sender sees, and
// whether the person got the message.
func TestActions(t *testing.T) {
	for _, test := range []struct {
		action, want string
		delivered    bool
	}{
		{"accept-then-drop", "no answer", true},
		{"accept-then-hang", "timeout", true},
		{"accept-then-cut", "200 cut", true},
		{"accept-then-500", "500 page", true},
		{"accept-then-garbage", "200 page", true},
		{"accept-then-empty", "200 empty", true},
		{"accept-then-no-id", `200 {"recipient_id":"0"}`, true},
		{"accept-then-code 1/1357046", "500 code 1/1357046", true},
		{"accept-then-code 2 status=200", "200 code 2", true},
		{"refuse 10/2534022", "403 code 10/2534022", false},
		{"refuse 2 status=503", "503 code 2", false},
		{"refuse-500", "500 page", false},
		{"refuse-drop", "no answer", false},
		{"refuse-hang", "timeout", false},
		{"refuse-garbage", "200 page", false},
		{"refuse-empty", "200 empty", false},
		{"rate-limit", "429 code 613", false},
		{"delay 1ms", "200 sent", true},
	} {
		t.Run(test.action, func(t *testing.T) {
			s := start(t, Options{Faults: script(t, "post nth=1 do "+test.action)})
			l := serve(t, s)
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			timeout := 10 * time.Second
			if test.want == "timeout" {
				timeout = 200 * time.Millisecond
			}
			url := l.URL() + "/v24.0/" + shop + "/messages"
			if got := wire(t, client, "POST", url, textBody(ana, "once"), timeout); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			var texts []string
			for _, c := range s.Conversations() {
				for _, it := range c.Items {
					texts = append(texts, it.Text)
				}
			}
			want := []string{"once"}
			if !test.delivered {
				want = nil
			}
			if diff := cmp.Diff(want, texts); diff != "" || len(s.Accepted()) != len(want) {
				t.Error(diff)
			}
			if got := wire(t, client, "POST", url, textBody(ana, "twice"), 10*time.Second); got != "200 sent" {
				t.Errorf("the call after it: %s", got)
			}
		})
	}
}

// What is refused for its own mistakes is answered as such, also where a
// fault would spoil the answer.
func TestFaultsDoNotHideRefusals(t *testing.T) {
	s := start(t, Options{Faults: script(t, "post do accept-then-empty")})
	wantError(t, post(t, s, textBody(shop, "to itself")), 400, 100, 2534014)
}

func TestRateLimitTellsWhenItEnds(t *testing.T) {
	s := start(t, Options{Faults: script(t, "post do rate-limit 4/1349210 regain=19")})
	r := post(t, s, textBody(ana, "a"))
	wantError(t, r, 429, 4, 1349210)
	if got := r.header.Get("X-Business-Use-Case-Usage"); !strings.Contains(got, `"estimated_time_to_regain_access":19`) {
		t.Error(got)
	}
}

func TestReadFaults(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	mid := sent(t, s, ana, "old")
	c.forward(time.Minute)
	sent(t, s, ana, "new")
	list := "/v24.0/me/conversations?user_id=" + ana + "&fields=messages{message}"
	texts := func() []any {
		t.Helper()
		var out []any
		for _, m := range at(t, get(t, s, list).body, "data", 0, "messages", "data").([]any) {
			out = append(out, at(t, m, "message"))
		}
		return out
	}
	s.SetFaults(script(t, "get first=1 do stale-listing 30s"))
	if diff := cmp.Diff([]any{"old"}, texts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"new", "old"}, texts()); diff != "" {
		t.Error(diff)
	}
	s.SetFaults(script(t, "get do listing-code-1"))
	wantError(t, get(t, s, list), 500, 1, 0)
	wantError(t, get(t, s, "/v24.0/"+s.Conversations()[0].ID), 500, 1, 0)
	if r := get(t, s, "/v24.0/"+mid); r.status != 200 {
		t.Error(r.raw)
	}
	s.SetFaults(script(t, "get path=/me do identity "+other))
	if got := get(t, s, "/v24.0/me?fields=user_id").raw; got != `{"user_id":"`+other+`"}` {
		t.Error(got)
	}
	s.SetFaults(nil)
	if got := get(t, s, "/v24.0/me?fields=user_id").raw; got != `{"user_id":"`+shop+`"}` {
		t.Error(got)
	}
}

// hits says which of n equal requests a rule fires on.
func hits(t *testing.T, text string, n int, about subject) (out []int) {
	t.Helper()
	s := script(t, text)
	for i := 1; i <= n; i++ {
		if s.match(about, 1).refuse {
			out = append(out, i)
		}
	}
	return out
}

func TestConditions(t *testing.T) {
	about := subject{
		method: "POST", path: "/v24.0/" + shop + "/messages", account: shop,
		recipient: ana, kind: KindText, text: "parcel on its way",
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
	about := subject{method: "POST"}
	for _, code := range []int{1, 613} {
		got := s.match(about, 0)
		if got.delay != 3*time.Second || got.err.code != code {
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
		if _, err := ParseScript(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzScript(f *testing.F) {
	f.Add("post nth=3 recipient=77 do rate-limit 4/1 regain=3 # x")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseScript(text); err == nil {
			s.match(subject{method: "POST"}, 1)
		}
	})
}
