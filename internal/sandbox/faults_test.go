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

	"herald/internal/sandbox/fault"
)

func script(t *testing.T, text string) *fault.Script {
	t.Helper()
	s, err := fault.Parse(text)
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

// Every kind can stand in a condition, under the name that it has here.
func TestFaultsKnowEveryKind(t *testing.T) {
	for _, kind := range []Kind{
		KindText, KindImage, KindAudio, KindVideo, KindSticker, KindPost,
		KindReact, KindUnreact, KindTypingOn, KindTypingOff, KindMarkSeen,
	} {
		met := script(t, "post kind="+string(kind)+" do refuse 1").Match(fault.Call{Method: "POST", Kind: string(kind)}, 0)
		if !met.Refuse {
			t.Errorf("a rule for %s does not find it", kind)
		}
	}
}
