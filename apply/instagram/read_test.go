package instagram

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/plan"
)

// reads makes each read once; a listing and a page both have an outcome.
func reads(ctx context.Context, c *Client, account *plan.Account) map[string]apply.Outcome {
	return map[string]apply.Outcome{
		"conversation":  c.Conversation(ctx, account, igsid).Outcome,
		"conversations": c.Conversations(ctx, account, "").Outcome,
	}
}

func TestReadRequests(t *testing.T) {
	const messages = "participants,messages.limit(20){id,created_time,from,to,message,attachments,shares}"
	rec := &recorder{next: answers(200, `{"data":[]}`)}
	s := httptest.NewServer(rec)
	defer s.Close()
	c := client(t, Options{UserAgent: "own agent"})
	l := c.Conversation(background(t), accountAt(s.URL), igsid)
	if l.Outcome.Class != apply.Accepted || l.Outcome.Date.IsZero() || l.Known || l.Recipient != igsid {
		t.Errorf("listing is %+v", l)
	}
	p := c.Conversations(background(t), accountAt(s.URL), "")
	if p.Outcome.Class != apply.Accepted || p.Outcome.Date.IsZero() || p.Listings != nil {
		t.Errorf("page is %+v", p)
	}
	c.Conversations(background(t), accountAt(s.URL), "a&b=ü /+")
	c.Close()
	want := []url.Values{
		{"user_id": {igsid}, "fields": {messages}},
		{"limit": {"20"}, "fields": {"updated_time," + messages}},
		{"limit": {"20"}, "fields": {"updated_time," + messages}, "after": {"a&b=ü /+"}},
	}
	seen := rec.all()
	if len(seen) != len(want) {
		t.Fatalf("%d requests for %d reads", len(seen), len(want))
	}
	for i, got := range seen {
		query, err := url.ParseQuery(got.query)
		if diff := cmp.Diff(want[i], query); diff != "" || err != nil {
			t.Errorf("query is %v (- want, + got):\n%s", err, diff)
		}
		if got.method != "GET" || got.path != "/v24.0/me/conversations" || len(got.body) > 0 || strings.Contains(got.query, secret) {
			t.Errorf("called %+v", got)
		}
		checkHeader(t, got.header, http.Header{"Authorization": {"Bearer " + secret}, "Accept": {"application/json"}, "User-Agent": {"own agent"}})
	}
}

// On the host of Facebook Login the conversations are below the account, and
// must be asked for as Instagram's.
func TestReadsOfFacebookLogin(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://graph.instagram.com":    "/v24.0/me/conversations ",
		"https://graph.facebook.com":     "/v24.0/" + igID + "/conversations instagram",
		"https://Graph.Facebook.com:443": "/v24.0/" + igID + "/conversations instagram",
	} {
		var got []string
		c := client(t, Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			got = append(got, r.URL.Path+" "+r.URL.Query().Get("platform"))
			return nil, io.EOF
		})})
		for name, o := range reads(background(t), c, accountAt(endpoint)) {
			if o.Class == apply.Accepted {
				t.Errorf("%s: %+v", name, o)
			}
		}
		if len(got) != 2 || got[0] != want || got[1] != want {
			t.Errorf("%s: called %q, want %q", endpoint, got, want)
		}
	}
}

// What goes wrong on the way: nothing follows, and nothing is asked twice.
func TestReadsInDoubt(t *testing.T) {
	for _, tc := range []struct {
		name   string
		then   func(conn net.Conn, nth int) bool
		reason string
	}{
		{"dropped", func(net.Conn, int) bool { return false }, ReasonReset},
		{"hangs", func(c net.Conn, _ int) bool { _, _ = c.Read(make([]byte, 1)); return false }, ReasonTimeout},
		{"half of the body", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"+conversation("", one("m_1", fromUs)))
			return false
		}, ReasonReset},
		{"cut between chunks", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"data\":[]}\r\n")
			return false
		}, ReasonReset},
		{"endless body", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\n\r\n")
			for says(c, strings.Repeat(" ", 64<<10)) {
			}
			return false
		}, ReasonUnparsable},
		{"redirect", func(c net.Conn, _ int) bool {
			return says(c, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
		}, ReasonRedirect},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, account := listen(t, tc.then)
			timeouts := Timeouts{}
			if tc.reason == ReasonTimeout {
				timeouts = short
			}
			c := client(t, Options{Timeouts: timeouts})
			for _, o := range reads(background(t), c, account) {
				wants(t, o, apply.InDoubt, tc.reason)
			}
			c.Close()
			w.Close()
			w.done.Wait()
			if n := w.requests.Load(); n != 2 && tc.reason != ReasonRedirect {
				t.Errorf("%d requests for 2 reads", n)
			}
		})
	}
}

// What never leaves.
func TestReadsNotMade(t *testing.T) {
	c := client(t, Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("called %s", r.URL)
		return nil, io.EOF
	})})
	ctx := background(t)
	account := accountAt("https://graph.instagram.com")
	for _, recipient := range []string{"", "me", igsid + "&user_id=1", "１２"} {
		wants(t, c.Conversation(ctx, account, recipient).Outcome, apply.InDoubt, ReasonInvalid)
	}
	nameless, old := *account, *account
	nameless.IGID, old.APIVersion = "me", "24"
	for _, bad := range []*plan.Account{nil, &nameless, &old} {
		for _, o := range reads(ctx, c, bad) {
			wants(t, o, apply.AccountRefused, ReasonInvalid)
		}
	}
	for _, o := range reads(ctx, c, accountAt("https://evil.example")) {
		wants(t, o, apply.AccountRefused, ReasonEndpoint)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, o := range reads(cancelled, c, account) {
		wants(t, o, apply.NotWritten, ReasonCanceled)
	}
	none := client(t, Options{Transport: c.transport, Tokens: access.Static(access.Token{})})
	for _, o := range reads(ctx, none, account) {
		wants(t, o, apply.AccountRefused, ReasonNoToken)
	}
}

func TestReadTimeout(t *testing.T) {
	var left []time.Duration
	c := client(t, Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		deadline, _ := r.Context().Deadline()
		left = append(left, time.Until(deadline).Round(5*time.Second))
		return nil, io.EOF
	})})
	reads(background(t), c, accountAt("http://sandbox.localhost"))
	if diff := cmp.Diff([]time.Duration{15 * time.Second, 15 * time.Second}, left); diff != "" {
		t.Errorf("time-outs (- want, + got):\n%s", diff)
	}
}

// An answer's address of the next page is not called, whatever it says: the
// cursor alone goes to the account's endpoint.
func TestNextPageStaysHere(t *testing.T) {
	stranger := &recorder{next: answers(200, `{"data":[]}`)}
	elsewhere := httptest.NewServer(stranger)
	defer elsewhere.Close()
	rec := &recorder{next: answers(200, `{"data":[],"paging":{"next":"`+elsewhere.URL+`/v24.0/me/conversations?after=QVFI"}}`)}
	s := httptest.NewServer(rec)
	defer s.Close()
	c := client(t, Options{})
	p := c.Conversations(background(t), accountAt(s.URL), "")
	if p.Next != "QVFI" {
		t.Errorf("page is %+v", p)
	}
	c.Conversations(background(t), accountAt(s.URL), p.Next)
	c.Close()
	seen := rec.all()
	if len(seen) != 2 || !strings.Contains(seen[1].query, "after=QVFI") || len(stranger.all()) > 0 {
		t.Errorf("called %+v and %+v", seen, stranger.all())
	}
}

// The log tells that there was a read, and neither whom nor what.
func TestReadLog(t *testing.T) {
	var buf bytes.Buffer
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &buf, DisableTime: true})
	account := serve(t, answers(200, conversation("", one("m_1", fromUs+`,"message":"`+hello+`"`), one("m_1", fromUs))))
	at := time.Unix(0, 0)
	c := client(t, Options{Log: logger, Now: func() time.Time { at = at.Add(time.Second); return at }})
	wants(t, c.Conversation(background(t), account, igsid).Outcome, apply.InDoubt, ReasonListing)
	want := "[DEBUG] call: method=GET host=" + strings.TrimPrefix(account.Endpoint, "http://") +
		" path=/v24.0/me/conversations status=200 code=0 subcode=0 trace=\"\" reason=unreadable_listing duration=1s\n"
	if buf.String() != want {
		t.Errorf("log is\n%swant\n%s", buf.String(), want)
	}
}
