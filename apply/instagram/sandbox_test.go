package instagram_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/apply"
	"herald/apply/instagram"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/internal/sandbox"
	"herald/internal/sandbox/fault"
	"herald/plan"
)

const (
	shop   = "17841405822304914"
	ana    = "5551230001"
	secret = "IGAAtestingtestingtestingtesting0123456789"
)

func start(t testing.TB, o sandbox.Options, faults string) (*sandbox.Server, *plan.Account) {
	t.Helper()
	var err error
	if o.Faults, err = fault.Parse(faults); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := sandbox.Listen("127.0.0.1:0", s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, &plan.Account{Name: "shop", IGID: shop, Endpoint: l.URL(), APIVersion: "v24.0"}
}

func newClient(t testing.TB, o instagram.Options) *instagram.Client {
	t.Helper()
	token, err := access.NewToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	o.Tokens = access.Static(token)
	c, err := instagram.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func send(k content.Kind, value string) apply.Call {
	return apply.Call{Verb: apply.SendMessage, Recipient: ana, Content: content.Content{Kind: k, Value: value}}
}

// Every kind, a reaction and its end, as the person sees them.
func TestSandboxTakesEveryKind(t *testing.T) {
	s, account := start(t, sandbox.Options{Accounts: []sandbox.Account{{IGID: shop, Username: "shop.example", Token: secret}}}, "")
	c := newClient(t, instagram.Options{})
	ctx := t.Context()
	if id := c.Identity(ctx, account); id.IGID != shop || id.Name != "shop.example" || id.Outcome.Class != apply.Accepted {
		t.Errorf("identity is %+v", id)
	}
	calls := []apply.Call{
		send(content.Text, "Grüße <&> 👋🏽"),
		send(content.Link, "https://example.com/?a=1&b=2"),
		send(content.Image, "https://cdn.example.com/a.gif"),
		send(content.Audio, "https://cdn.example.com/a.m4a"),
		send(content.Video, "https://cdn.example.com/a.mp4"),
		send(content.Sticker, content.Like),
		send(content.Post, "17918195224117851"),
	}
	var ids, want []string
	for _, call := range calls {
		o := c.Do(ctx, account, call)
		if o.Class != apply.Accepted || o.MessageID == "" || o.Date.IsZero() {
			t.Errorf("%s: %+v", call.Content.Kind, o)
		}
		ids = append(ids, o.MessageID)
		want = append(want, call.Content.Kind.Wire().String()+" "+call.Content.Value)
	}
	react := apply.Call{Verb: apply.AddReaction, Recipient: ana, MessageID: ids[0], Reaction: content.Love}
	for range 2 {
		if o := c.Do(ctx, account, react); o.Class != apply.Accepted || o.MessageID != "" {
			t.Errorf("react: %+v", o)
		}
	}
	items := s.Conversations()[0].Items
	if n := len(items[0].Reactions); n != 1 {
		t.Errorf("%d reactions", n)
	}
	react.Verb = apply.RemoveReaction
	if o := c.Do(ctx, account, react); o.Class != apply.Accepted {
		t.Errorf("unreact: %+v", o)
	}
	items = s.Conversations()[0].Items
	var got, gotIDs []string
	for _, it := range items {
		value := it.Text + it.URL + it.PostID
		if it.Kind == sandbox.KindSticker {
			value = content.Like
		}
		got, gotIDs = append(got, string(it.Kind)+" "+value), append(gotIDs, it.ID)
		if len(it.Reactions) > 0 {
			t.Errorf("a reaction stands: %+v", it)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the person sees (- want, + got):\n%s", diff)
	}
	if diff := cmp.Diff(ids, gotIDs); diff != "" {
		t.Errorf("ids (- told, + true):\n%s", diff)
	}
}

// Each fault, and what the client makes of it. Whatever was delivered is
// accepted or in doubt; what is called not delivered was not.
func TestSandboxFaults(t *testing.T) {
	for _, tc := range []struct {
		fault  string
		class  apply.Class
		reason string
	}{
		{"accept-then-drop", apply.InDoubt, instagram.ReasonReset},
		{"accept-then-hang", apply.InDoubt, instagram.ReasonTimeout},
		{"accept-then-cut", apply.InDoubt, instagram.ReasonReset},
		{"accept-then-500", apply.InDoubt, instagram.ReasonUnparsable},
		{"accept-then-garbage", apply.InDoubt, instagram.ReasonUnparsable},
		{"accept-then-empty", apply.InDoubt, instagram.ReasonUnparsable},
		{"accept-then-no-id", apply.InDoubt, instagram.ReasonNoMessageID},
		{"accept-then-code 1/1357046", apply.InDoubt, ""},
		{"accept-then-code 2 status=200", apply.InDoubt, ""},
		{"accept-then-code 98765", apply.InDoubt, ""},
		{"refuse 10/2534022", apply.Hold, ""},
		{"refuse 10/2534022 status=200", apply.Hold, ""},
		{"refuse 190/463", apply.AccountRefused, ""},
		{"refuse 100/2534015", apply.Final, ""},
		{"refuse 100/2018008", apply.RefetchMedia, ""},
		{"refuse 2 status=503", apply.InDoubt, ""},
		{"refuse-500", apply.InDoubt, instagram.ReasonUnparsable},
		{"refuse-drop", apply.InDoubt, instagram.ReasonReset},
		{"refuse-hang", apply.InDoubt, instagram.ReasonTimeout},
		{"refuse-garbage", apply.InDoubt, instagram.ReasonUnparsable},
		{"refuse-empty", apply.InDoubt, instagram.ReasonUnparsable},
		{"rate-limit regain=7", apply.RateLimited, ""},
		{"delay 1ms", apply.Accepted, ""},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			s, account := start(t, sandbox.Options{LocalisedErrors: true}, "post nth=1 do "+tc.fault)
			o := instagram.Options{}
			if tc.reason == instagram.ReasonTimeout {
				o.Timeouts.Call = 500 * time.Millisecond
			}
			c := newClient(t, o)
			got := c.Do(context.Background(), account, send(content.Text, "once"))
			if got.Class != tc.class || got.Reason != tc.reason {
				t.Errorf("outcome is %s %q, want %s %q", got.Class, got.Reason, tc.class, tc.reason)
			}
			if want := map[bool]time.Duration{true: 7 * time.Minute}[strings.Contains(tc.fault, "regain")]; got.RegainAccess != want {
				t.Errorf("regain is %v", got.RegainAccess)
			}
			delivered := len(s.Accepted())
			if delivered > 1 || delivered == 1 && got.Class != apply.Accepted && got.Class != apply.InDoubt {
				t.Errorf("%d delivered of a message that is %s", delivered, got.Class)
			}
			if got := c.Do(context.Background(), account, send(content.Text, "twice")); got.Class != apply.Accepted {
				t.Errorf("the call after it: %+v", got)
			}
			for _, call := range s.Calls() {
				if call.IdempotencyKey || !call.Authorized {
					t.Errorf("called %+v", call)
				}
			}
			if n := len(s.Calls()); n != 2 {
				t.Errorf("%d requests for 2 calls", n)
			}
		})
	}
}

// What the sandbox refuses by its own rules.
func TestSandboxRefusals(t *testing.T) {
	_, account := start(t, sandbox.Options{
		Accounts: []sandbox.Account{{IGID: shop, Token: secret, People: []sandbox.Person{{IGSID: ana}}}},
		Window:   24 * time.Hour,
	}, "")
	c := newClient(t, instagram.Options{})
	stranger := send(content.Text, "hi")
	stranger.Recipient = "5551230002"
	for _, tc := range []struct {
		call      apply.Call
		class     apply.Class
		code, sub int
	}{
		{send(content.Text, "hi"), apply.Hold, 10, 2534022},
		{stranger, apply.Final, 100, 2534014},
		{send(content.Text, strings.Repeat("x", 1001)), apply.Final, 100, 0},
	} {
		o := c.Do(t.Context(), account, tc.call)
		if o.Class != tc.class || o.Code != tc.code || o.Subcode != tc.sub || o.TraceID == "" || o.HTTP == 0 {
			t.Errorf("%+v", o)
		}
	}
	other := *account
	other.IGID = "17841405822304915"
	if o := c.Do(t.Context(), &other, send(content.Text, "hi")); o.Class == apply.Accepted || o.Class == apply.InDoubt {
		t.Errorf("another account: %+v", o)
	}
}

func TestSandboxIdentities(t *testing.T) {
	for _, shape := range []sandbox.MeShape{sandbox.MeFlat, sandbox.MeDataObject, sandbox.MeDataList} {
		_, account := start(t, sandbox.Options{MeShape: shape, Accounts: []sandbox.Account{{IGID: shop, Token: secret}}}, "")
		if id := newClient(t, instagram.Options{}).Identity(t.Context(), account); id.IGID != shop {
			t.Errorf("shape %d: %+v", shape, id)
		}
	}
}

// BenchmarkClient compares the client, with 64 calls in flight over loopback,
// with net/http alone making the same requests.
func BenchmarkClient(b *testing.B) {
	ctx := context.Background()
	run := func(b *testing.B, post func(recipient string) error) {
		b.SetParallelism(32)
		b.ReportAllocs()
		var n atomic.Int64
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := post(recipient(n.Add(1))); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
	}
	b.Run("herald", func(b *testing.B) {
		_, account := start(b, sandbox.Options{ForgetBodies: true}, "")
		c := newClient(b, instagram.Options{})
		run(b, func(recipient string) error {
			call := send(content.Text, "Your order is on its way.")
			call.Recipient = recipient
			if o := c.Do(ctx, account, call); o.Class != apply.Accepted {
				b.Errorf("%+v", o)
			}
			return nil
		})
	})
	b.Run("bare", func(b *testing.B) {
		_, account := start(b, sandbox.Options{ForgetBodies: true}, "")
		tr := &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256}
		defer tr.CloseIdleConnections()
		client := &http.Client{Transport: tr}
		run(b, func(recipient string) error {
			body := `{"recipient":{"id":"` + recipient + `"},"message":{"text":"Your order is on its way."}}`
			req, err := http.NewRequest(http.MethodPost, account.Endpoint+"/v24.0/"+shop+"/messages", strings.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer "+secret)
			req.Header.Set("Content-Type", "application/json")
			answer, err := client.Do(req)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			return err
		})
	})
}

func recipient(n int64) string {
	digits := []byte("77100000000")
	for i := len(digits) - 1; n > 0; i-- {
		digits[i] = '0' + byte(n%10)
		n /= 10
	}
	return string(digits)
}
