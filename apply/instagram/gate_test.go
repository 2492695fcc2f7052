package instagram

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/plan"
)

// TestGate: a call whose gate shuts while it waits for its connection writes
// nothing, and says so; the next one, whose gate is open, goes.
func TestGate(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil || len(body) == 0 {
			return // headers without a message
		}
		calls.Add(1)
		_, _ = w.Write([]byte(`{"recipient_id":"61000000000001","message_id":"mid.1"}`))
	}))
	defer server.Close()
	for _, transport := range []http.RoundTripper{nil, &http.Transport{}} {
		tokens, errs := access.Environment(func(name string) (string, bool) { return "a-token-of-enough-letters", name == "HERALD_TOKEN" }, []string{"shop"})
		if errs != nil {
			t.Fatal(errs)
		}
		c, err := New(Options{Tokens: tokens, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		account := &plan.Account{Name: "shop", IGID: "17841405822304914", Endpoint: server.URL, APIVersion: "v24.0", SettleAfter: time.Second}
		call := apply.Call{Verb: apply.SendMessage, Recipient: "61000000000001", Content: content.Content{Kind: content.Text, Value: "hello"}}
		before := calls.Load()
		for _, open := range []bool{true, false, true} {
			asked := false
			o := c.Do(apply.WithGate(t.Context(), func(context.Context) bool { asked = true; return open }), account, call)
			if want := map[bool]apply.Class{true: apply.Accepted, false: apply.NotWritten}[open]; o.Class != want || !asked {
				t.Errorf("gate open %t, asked %t: %v %s, want %v", open, asked, o.Class, o.Reason, want)
			}
		}
		if n := calls.Load() - before; n != 2 {
			t.Errorf("%d calls arrived, want 2", n)
		}
		c.Close()
	}
}

// TestGateThatWaits: a call whose time ends while its gate waits writes nothing,
// even if the gate opens then.
func TestGateThatWaits(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	tokens, errs := access.Environment(func(name string) (string, bool) { return "a-token-of-enough-letters", name == "HERALD_TOKEN" }, []string{"shop"})
	if errs != nil {
		t.Fatal(errs)
	}
	c, err := New(Options{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	account := &plan.Account{Name: "shop", IGID: "17841405822304914", Endpoint: server.URL, APIVersion: "v24.0", SettleAfter: time.Second}
	call := apply.Call{Verb: apply.SendMessage, Recipient: "61000000000001", Content: content.Content{Kind: content.Text, Value: "hello"}}
	ctx, cancel := context.WithCancel(t.Context())
	o := c.Do(apply.WithGate(ctx, func(ctx context.Context) bool {
		cancel()
		<-ctx.Done()
		return true
	}), account, call)
	if o.Class != apply.NotWritten {
		t.Errorf("%v %s", o.Class, o.Reason)
	}
	c.Close()
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls arrived", n)
	}
}
