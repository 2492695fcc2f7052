package instagram_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/apply"
	"herald/apply/instagram"
	"herald/config/content"
	"herald/internal/sandbox"
)

// ticker is a clock that a test moves.
type ticker struct{ at time.Time }

func (c *ticker) now() time.Time          { return c.at }
func (c *ticker) forward(d time.Duration) { c.at = c.at.Add(d) }
func newTicker() *ticker                  { return &ticker{time.Date(2025, 7, 28, 22, 44, 49, 0, time.UTC)} }

func mustSend(t *testing.T, o apply.Outcome) string {
	t.Helper()
	if o.Class != apply.Accepted {
		t.Fatalf("not sent: %+v", o)
	}
	return o.MessageID
}

func texts(l apply.Listing) []string {
	var out []string
	for _, m := range l.Messages {
		out = append(out, m.Text)
	}
	return out
}

// Every kind comes back as what it was sent as, under the id that the send was
// answered with, and a person's messages are told from ours.
func TestSandboxReadsEveryKind(t *testing.T) {
	for _, shape := range []sandbox.MeShape{sandbox.MeFlat, sandbox.MeDataObject, sandbox.MeDataList} {
		clock := newTicker()
		s, account := start(t, sandbox.Options{Clock: clock.now, MeShape: shape, Accounts: []sandbox.Account{{IGID: shop, Token: secret}}}, "")
		c := newClient(t, instagram.Options{})
		theirs, err := s.PersonWrites(shop, ana, "hi")
		if err != nil {
			t.Fatal(err)
		}
		want := []apply.Received{{ID: theirs, At: clock.at, Kind: content.Text, Text: "hi"}}
		text := " Grüße <&>\n\"👋🏽\"\u2028"
		for _, call := range []apply.Call{
			send(content.Text, text),
			send(content.Link, "https://example.com/?a=1&b=2"),
			send(content.Image, "https://cdn.example.com/a.gif"),
			send(content.Audio, "https://cdn.example.com/a.m4a"),
			send(content.Video, "https://cdn.example.com/a.mp4"),
			send(content.Sticker, content.Like),
			send(content.Post, "17918195224117851"),
		} {
			clock.forward(time.Second)
			r := apply.Received{At: clock.at, FromUs: true, Kind: call.Content.Kind.Wire(), ID: mustSend(t, c.Do(t.Context(), account, call))}
			if r.Kind == content.Text {
				r.Text = call.Content.Value
			}
			want = append(want, r)
		}
		clock.forward(time.Second)
		typed, err := s.BusinessTypes(shop, ana, text)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, apply.Received{ID: typed, At: clock.at, FromUs: true, Kind: content.Text, Text: text})
		slices.Reverse(want)
		l := c.Conversation(t.Context(), account, ana)
		if !l.Known || !l.Complete || l.Recipient != ana || l.Outcome.Class != apply.Accepted || !l.Outcome.Date.Equal(clock.at) {
			t.Errorf("listing is %+v", l.Outcome)
		}
		if diff := cmp.Diff(want, l.Messages); diff != "" {
			t.Errorf("shape %d (- want, + got):\n%s", shape, diff)
		}
	}
}

// Of more than 20 messages the newest 20 are read, and the listing says that
// there are older ones.
func TestSandboxReadsTheNewest(t *testing.T) {
	for _, bare := range []bool{false, true} {
		s, account := start(t, sandbox.Options{BareOldItems: bare}, "")
		c := newClient(t, instagram.Options{})
		mustSend(t, c.Do(t.Context(), account, send(content.Text, "first")))
		want := []string{"first"}
		for i := range 25 {
			text := fmt.Sprintf("%d", i)
			if _, err := s.BusinessTypes(shop, ana, text); err != nil {
				t.Fatal(err)
			}
			want = append([]string{text}, want...)
			l := c.Conversation(t.Context(), account, ana)
			if complete := len(want) <= 20; l.Outcome.Class != apply.Accepted || !l.Known || l.Complete != complete {
				t.Errorf("of %d messages: %+v", len(want), l)
			}
			if diff := cmp.Diff(want[:min(20, len(want))], texts(l)); diff != "" {
				t.Errorf("(- want, + got):\n%s", diff)
			}
		}
	}
}

// A conversation that reads do not show yet, or that does not exist, is not an
// empty one.
func TestSandboxReadsLag(t *testing.T) {
	clock := newTicker()
	people := []sandbox.Account{{IGID: shop, Token: secret, People: []sandbox.Person{{IGSID: ana}}}}
	s, account := start(t, sandbox.Options{Clock: clock.now, ReadLag: 10 * time.Second, Window: 24 * time.Hour, Accounts: people}, "")
	c := newClient(t, instagram.Options{})
	read := func() apply.Listing {
		t.Helper()
		l := c.Conversation(t.Context(), account, ana)
		if l.Outcome.Class != apply.Accepted || l.Recipient != ana {
			t.Errorf("listing is %+v", l)
		}
		return l
	}
	if _, err := s.PersonWrites(shop, ana, "hi"); err != nil {
		t.Fatal(err)
	}
	if l := read(); l.Known || l.Complete || l.Messages != nil {
		t.Errorf("nothing is shown yet: %+v", l)
	}
	clock.forward(20 * time.Second)
	mustSend(t, c.Do(t.Context(), account, send(content.Text, "hello")))
	if l := read(); !l.Known || !l.Complete || !slices.Equal(texts(l), []string{"hi"}) {
		t.Errorf("the answer is not shown yet: %+v", l)
	}
	clock.forward(20 * time.Second)
	if l := read(); !l.Known || !slices.Equal(texts(l), []string{"hello", "hi"}) {
		t.Errorf("both are there: %+v", l)
	}
	if l := c.Conversation(t.Context(), account, "5551230002"); l.Known || l.Outcome.Class != apply.Accepted {
		t.Errorf("a stranger: %+v", l)
	}
}

// Each fault of a read: an error is an error, and one that shows old things
// shows them.
func TestSandboxReadFaults(t *testing.T) {
	for _, tc := range []struct {
		fault  string
		class  apply.Class
		reason string
	}{
		{"listing-code-1", apply.InDoubt, ""},
		{"refuse 1", apply.InDoubt, ""},
		{"refuse 2", apply.InDoubt, ""},
		{"refuse 9000001", apply.InDoubt, ""},
		{"refuse 100", apply.InDoubt, ""},
		{"refuse 100/33", apply.InDoubt, ""},
		{"refuse 190/463", apply.AccountRefused, ""},
		{"refuse 10", apply.AccountRefused, ""},
		{"rate-limit regain=7", apply.RateLimited, ""},
		{"rate-limit 4", apply.RateLimited, ""},
		{"refuse-500", apply.InDoubt, instagram.ReasonUnparsable},
		{"refuse-drop", apply.InDoubt, instagram.ReasonReset},
		{"refuse-hang", apply.InDoubt, instagram.ReasonTimeout},
		{"refuse-garbage", apply.InDoubt, instagram.ReasonUnparsable},
		{"refuse-empty", apply.InDoubt, instagram.ReasonUnparsable},
		{"accept-then-cut", apply.InDoubt, instagram.ReasonReset},
		{"accept-then-garbage", apply.InDoubt, instagram.ReasonUnparsable},
		{"accept-then-code 1", apply.InDoubt, ""},
		{"accept-then-no-id", apply.InDoubt, instagram.ReasonListing},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			_, account := start(t, sandbox.Options{LocalisedErrors: true}, "get first=2 do "+tc.fault)
			o := instagram.Options{}
			if tc.reason == instagram.ReasonTimeout {
				o.Timeouts.Read = 500 * time.Millisecond
			}
			c := newClient(t, o)
			mustSend(t, c.Do(t.Context(), account, send(content.Text, "once")))
			c.Close() // on an idle connection, net/http would repeat a GET that is dropped
			l, p := c.Conversation(t.Context(), account, ana), c.Conversations(t.Context(), account, "")
			for _, got := range []apply.Outcome{l.Outcome, p.Outcome} {
				if got.Class != tc.class || got.Reason != tc.reason || got.Explain == "" || got.Remedy == "" {
					t.Errorf("outcome is %+v, want %s %q", got, tc.class, tc.reason)
				}
				if regain := strings.Contains(tc.fault, "regain"); (got.RegainAccess == 7*time.Minute) != regain {
					t.Errorf("regain is %v", got.RegainAccess)
				}
			}
			if l.Known || l.Complete || len(l.Messages)+len(p.Listings) > 0 {
				t.Errorf("something follows from an error: %+v %+v", l, p)
			}
			l, p = c.Conversation(t.Context(), account, ana), c.Conversations(t.Context(), account, "")
			if !slices.Equal(texts(l), []string{"once"}) || len(p.Listings) != 1 || !slices.Equal(texts(p.Listings[0]), []string{"once"}) {
				t.Errorf("the read after it: %+v %+v", l, p)
			}
		})
	}
}

func TestSandboxStaleListing(t *testing.T) {
	clock := newTicker()
	_, account := start(t, sandbox.Options{Clock: clock.now}, "get nth=1 do stale-listing 1m")
	c := newClient(t, instagram.Options{})
	mustSend(t, c.Do(t.Context(), account, send(content.Text, "old")))
	clock.forward(2 * time.Minute)
	mustSend(t, c.Do(t.Context(), account, send(content.Text, "new")))
	for _, want := range [][]string{{"old"}, {"new", "old"}} {
		if l := c.Conversation(t.Context(), account, ana); !l.Known || !slices.Equal(texts(l), want) {
			t.Errorf("read %+v, want %q", l, want)
		}
	}
}

// A text of the most bytes, all of them escaped or none.
func TestSandboxReadsLongTexts(t *testing.T) {
	_, account := start(t, sandbox.Options{}, "")
	c := newClient(t, instagram.Options{})
	var want []string
	for i := range 20 {
		text := strings.Repeat([]string{"😀", "\u2028.", "\x01\x02\x03\x04", "<&>\\"}[i%4], 250)
		mustSend(t, c.Do(t.Context(), account, send(content.Text, text)))
		want = append([]string{text}, want...)
	}
	l := c.Conversation(t.Context(), account, ana)
	if diff := cmp.Diff(want, texts(l)); diff != "" || !l.Complete {
		t.Errorf("%+v (- want, + got):\n%s", l.Outcome, diff)
	}
}

// Page by page through all of an account's conversations, newest first, each
// once, and none of another account.
func TestSandboxPages(t *testing.T) {
	const people = 45
	clock := newTicker()
	s, account := start(t, sandbox.Options{Clock: clock.now}, "")
	c := newClient(t, instagram.Options{})
	var want, got []string
	for i := range people {
		clock.forward(time.Second)
		call := send(content.Text, "to "+recipient(int64(i)))
		call.Recipient = recipient(int64(i))
		want = append([]string{call.Recipient + " " + mustSend(t, c.Do(t.Context(), account, call))}, want...)
	}
	if _, err := s.PersonWrites("17841405822304915", ana, "hi"); err != nil {
		t.Fatal(err)
	}
	pages := 0
	for after := ""; pages == 0 || after != ""; pages++ {
		p := c.Conversations(t.Context(), account, after)
		if p.Outcome.Class != apply.Accepted || pages > people {
			t.Fatalf("page %d: %+v", pages, p.Outcome)
		}
		for _, l := range p.Listings {
			if l.Outcome.Class != apply.Accepted || !l.Known || !l.Complete || len(l.Messages) != 1 || !l.Messages[0].FromUs {
				t.Errorf("%+v", l)
				continue
			}
			got = append(got, l.Recipient+" "+l.Messages[0].ID)
		}
		after = p.Next
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages (- want, + got):\n%s", pages, diff)
	}
	reads := 0
	for _, call := range s.Calls() {
		if call.Method == "GET" {
			reads++
		}
	}
	if reads != pages {
		t.Errorf("%d requests for %d pages", reads, pages)
	}
}
