package instagram

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/plan"
)

const accepted = `{"recipient_id":"` + igsid + `","message_id":"` + mid + `"}`

func TestIdentity(t *testing.T) {
	rec := &recorder{next: answers(200, `{"user_id":"`+igID+`","username":"shop"}`)}
	s := httptest.NewServer(rec)
	defer s.Close()
	c := client(t, Options{UserAgent: "own agent"})
	id := c.Identity(background(t), accountAt(s.URL))
	wants(t, id.Outcome, apply.Accepted, "")
	if id.IGID != igID || id.Name != "shop" || id.Outcome.Date.IsZero() {
		t.Errorf("identity is %+v", id)
	}
	c.Close()
	seen := rec.all()
	if len(seen) != 1 {
		t.Fatalf("%d requests", len(seen))
	}
	got := seen[0]
	if got.method != "GET" || got.path != "/v24.0/me" || got.query != "fields=user_id%2Cusername" || len(got.body) > 0 {
		t.Errorf("called %+v", got)
	}
	checkHeader(t, got.header, http.Header{"Authorization": {"Bearer " + secret}, "Accept": {"application/json"}, "User-Agent": {"own agent"}})
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Options{}); err == nil || err.Error() != "the client has no tokens" {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{Tokens: access.Static(access.Token{}), UserAgent: "a\r\nX: y"}); err == nil || err.Error() != "the user agent holds a character that no header can hold" {
		t.Errorf("got %v", err)
	}
}

// wire is a server by hand: it reads one whole request of each connection,
// counts it, and lets a test say what follows.
type wire struct {
	net.Listener
	requests atomic.Int64
	done     sync.WaitGroup
}

// listen serves each connection with then, which is given the connection
// after the nth request on it (from 1) was read; when it returns false the
// connection is closed.
func listen(t *testing.T, then func(conn net.Conn, nth int) bool) (*wire, *plan.Account) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l}
	w.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.done.Go(func() { w.serve(conn, then) })
		}
	})
	t.Cleanup(func() { l.Close(); w.done.Wait() })
	return w, accountAt("http://" + l.Addr().String())
}

func (w *wire) serve(conn net.Conn, then func(net.Conn, int) bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for nth := 1; ; nth++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.requests.Add(1)
		if !then(conn, nth) {
			return
		}
	}
}

func says(conn net.Conn, s string) bool {
	_, err := io.WriteString(conn, s)
	return err == nil
}

func whole(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

func itoa(n int) string {
	return strings.TrimLeft(string([]byte{'0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)}), "0")
}

// What goes wrong after the request has left: in doubt, and never a second
// request.
func TestDoubts(t *testing.T) {
	for _, tc := range []struct {
		name   string
		then   func(conn net.Conn, nth int) bool
		reason string
	}{
		{"dropped after the request", func(net.Conn, int) bool { return false }, ReasonReset},
		{"reset after the request", func(c net.Conn, _ int) bool { _ = c.(*net.TCPConn).SetLinger(0); return false }, ReasonReset},
		{"hangs", func(c net.Conn, _ int) bool { _, _ = c.Read(make([]byte, 1)); return false }, ReasonTimeout},
		{"hangs after 100 Continue", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 100 Continue\r\n\r\n")
			_, _ = c.Read(make([]byte, 1))
			return false
		}, ReasonTimeout},
		{"early hints without end", func(c net.Conn, _ int) bool {
			for says(c, "HTTP/1.1 103 Early Hints\r\n\r\n") {
			}
			return false
		}, ReasonReset},
		{"no HTTP", func(c net.Conn, _ int) bool { says(c, graphMsg+"\r\n\r\n"); return false }, ReasonReset},
		{"headers too large", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 70<<10)+"\r\n\r\n")
			return false
		}, ReasonReset},
		{"half of the headers", func(c net.Conn, _ int) bool { says(c, "HTTP/1.1 200 OK\r\nContent-"); return false }, ReasonReset},
		{"half of the body", func(c net.Conn, _ int) bool { says(c, whole(accepted)[:100]); return false }, ReasonReset},
		{"cut between chunks", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n"+accepted[:16]+"\r\n")
			return false
		}, ReasonReset},
		{"no last chunk behind a whole body", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
			return false
		}, ReasonReset},
		{"slow body", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
			for says(c, " ") {
				time.Sleep(5 * time.Millisecond)
			}
			return false
		}, ReasonTimeout},
		{"endless body", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 200 OK\r\n\r\n")
			for says(c, strings.Repeat(" ", 64<<10)) {
			}
			return false
		}, ReasonUnparsable},
		{"switches protocols", func(c net.Conn, _ int) bool {
			says(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			_, _ = c.Read(make([]byte, 1))
			return false
		}, ReasonUnparsable},
		{"redirect", func(c net.Conn, _ int) bool {
			return says(c, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
		}, ReasonRedirect},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, account := listen(t, tc.then)
			timeouts := Timeouts{}
			if tc.reason == ReasonTimeout {
				timeouts = short
			}
			c := client(t, Options{Timeouts: timeouts})
			wants(t, c.Do(background(t), account, helloCall), apply.InDoubt, tc.reason)
			c.Close()
			w.Close()
			w.done.Wait()
			if n := w.requests.Load(); n != 1 {
				t.Errorf("%d requests were made", n)
			}
		})
	}
}

// A connection that was used before and is closed after the next request was
// read: the case in which net/http replays what it takes for idempotent.
func TestNoReplayOnAReusedConnection(t *testing.T) {
	for _, linger := range []bool{true, false} {
		w, account := listen(t, func(c net.Conn, nth int) bool {
			if nth == 1 {
				return says(c, whole(accepted))
			}
			if !linger {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
			return false
		})
		c := client(t, Options{})
		wants(t, c.Do(background(t), account, helloCall), apply.Accepted, "")
		wants(t, c.Do(background(t), account, helloCall), apply.InDoubt, ReasonReset)
		wants(t, c.Do(background(t), account, helloCall), apply.Accepted, "")
		if n := w.requests.Load(); n != 3 {
			t.Errorf("%d requests were made for 3 calls", n)
		}
		c.Close()
	}
}

func TestRequestCannotBeReplayed(t *testing.T) {
	tr := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.GetBody != nil {
			t.Error("the request has GetBody")
		}
		for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
			if _, ok := r.Header[key]; ok {
				t.Errorf("the request has %s", key)
			}
		}
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		if n, err := r.Body.Read(make([]byte, 10)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("the body can be read again: %d, %v", n, err)
		}
		return answer(200, accepted), nil
	})
	wants(t, client(t, Options{Transport: tr}).Do(background(t), accountAt("http://sandbox.localhost"), helloCall), apply.Accepted, "")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// Another's transport: whether it read the body decides, for it may not tell
// a trace what it does.
func TestGivenTransport(t *testing.T) {
	var late io.Reader
	for _, tc := range []struct {
		name   string
		do     roundTripper
		class  apply.Class
		reason string
	}{
		{"fails unread", func(*http.Request) (*http.Response, error) { return nil, errors.New(graphMsg) }, apply.NotWritten, ReasonNotWritten},
		{"fails after one byte", func(r *http.Request) (*http.Response, error) {
			_, _ = r.Body.Read(make([]byte, 1))
			return nil, errors.New(graphMsg)
		}, apply.InDoubt, ReasonReset},
		{"drops after all", func(r *http.Request) (*http.Response, error) {
			_, _ = io.ReadAll(r.Body)
			return nil, io.ErrUnexpectedEOF
		}, apply.InDoubt, ReasonReset},
		{"answers unread", func(*http.Request) (*http.Response, error) { return answer(200, accepted), nil }, apply.InDoubt, ReasonEarlyAnswer},
		{"refuses unread", func(*http.Request) (*http.Response, error) { return answer(400, `{"error":{"code":190}}`), nil }, apply.AccountRefused, ""},
		{"reads too late", func(r *http.Request) (*http.Response, error) { late = r.Body; return nil, io.EOF }, apply.NotWritten, ReasonNotWritten},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := client(t, Options{Transport: tc.do})
			wants(t, c.Do(background(t), accountAt("http://sandbox.localhost"), helloCall), tc.class, tc.reason)
		})
	}
	if data, err := io.ReadAll(late); len(data) > 0 || !errors.Is(err, errSealed) {
		t.Errorf("a body could be read after its call was over: %q, %v", data, err)
	}
}

// What goes wrong before anything has left.
func TestNotWritten(t *testing.T) {
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	dials := func(err error) http.RoundTripper {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	unknown := httptest.NewUnstartedServer(answers(200, accepted))
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	defer unknown.Close()
	// net/http goes on dialling when the call is over, for the next one.
	over := make(chan struct{})
	defer close(over)
	for _, tc := range []struct {
		name, endpoint string
		transport      http.RoundTripper
		reason         string
	}{
		{"refused", "http://" + refusing.Addr().String(), nil, ReasonRefused},
		{"unresolvable", "https://graph.instagram.com", dials(&net.DNSError{Err: "no such host", Name: "graph.instagram.com", IsNotFound: true}), ReasonDNS},
		{"unreachable", "https://graph.instagram.com", dials(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}), ReasonNotWritten},
		{"dialling hangs", "http://127.0.0.1:1", &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case <-ctx.Done():
			case <-over:
			}
			return nil, net.ErrClosed
		}}, ReasonTimeout},
		{"unknown certificate", unknown.URL, nil, ReasonTLS},
		{"plain HTTP where TLS is spoken", strings.Replace(serve(t, answers(200, accepted)).Endpoint, "http:", "https:", 1), nil, ReasonTLS},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{Transport: tc.transport}
			if tc.reason == ReasonTimeout {
				o.Timeouts = short
			}
			wants(t, client(t, o).Do(background(t), accountAt(tc.endpoint), helloCall), apply.NotWritten, tc.reason)
			wants(t, client(t, o).Identity(background(t), accountAt(tc.endpoint)).Outcome, apply.NotWritten, tc.reason)
		})
	}
}

// breaking is a connection that takes so many bytes and then breaks.
type breaking struct {
	net.Conn
	takes int
}

func (b *breaking) Write(p []byte) (int, error) {
	n := min(len(p), b.takes)
	b.takes -= n
	if n < len(p) {
		return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return n, nil
}

// A connection that breaks while it is written to: as long as nothing of the
// body has left there is no doubt.
func TestBrokenWrites(t *testing.T) {
	headers := 0
	for _, tc := range []struct {
		name   string
		takes  func() int
		class  apply.Class
		reason string
	}{
		{"at the first byte", func() int { return 0 }, apply.NotWritten, ReasonNotWritten},
		{"among the headers", func() int { return 20 }, apply.NotWritten, ReasonNotWritten},
		{"behind the headers", func() int { return headers }, apply.InDoubt, ReasonReset},
		{"in the body", func() int { return headers + 10 }, apply.InDoubt, ReasonReset},
	} {
		t.Run(tc.name, func(t *testing.T) {
			here, there := net.Pipe()
			defer there.Close()
			if headers == 0 { // what the headers take, seen from a whole request
				var buf bytes.Buffer
				c := client(t, Options{})
				r := c.prepare(background(t), token(t, secret), request{method: "POST", url: &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/v24.0/" + igID + "/messages"}, body: []byte("x")}, &onceBody{data: []byte("x")})
				r.ContentLength = 93
				_ = r.Write(&buf)
				headers = bytes.Index(buf.Bytes(), []byte("\r\n\r\n")) + 4
			}
			conn := &breaking{here, tc.takes()}
			tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }, DisableCompression: true}
			wants(t, client(t, Options{Transport: tr}).Do(background(t), accountAt("http://127.0.0.1:1"), helloCall), tc.class, tc.reason)
		})
	}
}

// The handshake hangs up, and nothing was said yet.
func TestTLSHandshakeIsDropped(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			conn.Close()
		}
	})
	defer done.Wait()
	defer l.Close()
	o := client(t, Options{}).Do(background(t), accountAt("https://"+l.Addr().String()), helloCall)
	if o.Class != apply.NotWritten {
		t.Errorf("outcome is %+v", o)
	}
}

func TestOwnTransportSpeaksTLS(t *testing.T) {
	var proto atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto.Store(r.Proto)
		answers(200, accepted)(w, r)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := client(t, Options{})
	c.owned.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	wants(t, c.Do(background(t), accountAt(s.URL), helloCall), apply.Accepted, "")
	if proto.Load() != "HTTP/1.1" {
		t.Errorf("spoke %v: one broken connection then holds many calls", proto.Load())
	}
	if v := c.owned.TLSClientConfig.MinVersion; v != tls.VersionTLS12 {
		t.Errorf("takes TLS from %x", v)
	}
	c.Close()
	// A transport that was given may speak HTTP/2.
	given := s.Client().Transport.(*http.Transport)
	wants(t, client(t, Options{Transport: given}).Do(background(t), accountAt(s.URL), helloCall), apply.Accepted, "")
	if proto.Load() != "HTTP/2.0" {
		t.Errorf("spoke %v", proto.Load())
	}
	given.CloseIdleConnections()
}

func TestCancelled(t *testing.T) {
	w, account := listen(t, func(c net.Conn, _ int) bool { _, _ = c.Read(make([]byte, 1)); return false })
	c := client(t, Options{})
	ctx, cancel := context.WithCancel(background(t))
	cancel()
	wants(t, c.Do(ctx, account, helloCall), apply.NotWritten, ReasonCanceled)
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests were made after the end", n)
	}
	ctx, cancel = context.WithCancel(background(t))
	var after sync.WaitGroup
	after.Go(func() {
		for w.requests.Load() == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	})
	wants(t, c.Do(ctx, account, helloCall), apply.InDoubt, ReasonCanceled)
	after.Wait()
	o := c.Do(ctx, account, loveCall)
	wants(t, o, apply.NotWritten, ReasonCanceled)
}

func TestReactionsInDoubt(t *testing.T) {
	account := serve(t, answers(200, "nonsense"))
	o := client(t, Options{}).Do(background(t), account, loveCall)
	wants(t, o, apply.InDoubt, ReasonUnparsable)
	if want := "The answer is not one of the Graph API's. The reaction may have taken effect."; o.Explain != want {
		t.Errorf("said %q, want %q", o.Explain, want)
	}
	if want := "Apply again: a reaction can be repeated without harm."; o.Remedy != want {
		t.Errorf("said %q, want %q", o.Remedy, want)
	}
}

// Each kind has the time-out of its kind.
func TestTimeouts(t *testing.T) {
	left := make(chan time.Duration, 1)
	tr := roundTripper(func(r *http.Request) (*http.Response, error) {
		deadline, _ := r.Context().Deadline()
		left <- time.Until(deadline).Round(10 * time.Second)
		return nil, io.EOF
	})
	c := client(t, Options{Transport: tr, Timeouts: Timeouts{Read: 50 * time.Second}})
	account := accountAt("http://sandbox.localhost")
	ctx := context.Background()
	for _, k := range content.Kinds() {
		value := content.Like
		c.Do(ctx, account, apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: k, Value: value}})
		want := 30 * time.Second
		if k == content.Image || k == content.Audio || k == content.Video {
			want = 90 * time.Second
		}
		if got := <-left; got != want {
			t.Errorf("%s has %v", k, got)
		}
	}
	c.Do(ctx, account, loveCall)
	if got := <-left; got != 30*time.Second {
		t.Errorf("a reaction has %v", got)
	}
	c.Identity(ctx, account)
	if got := <-left; got != 50*time.Second {
		t.Errorf("a read has %v", got)
	}
}

// No token, or a place where it must not go: nothing is called.
func TestTokenStaysHere(t *testing.T) {
	called := false
	tr := roundTripper(func(*http.Request) (*http.Response, error) { called = true; return nil, io.EOF })
	c := client(t, Options{Transport: tr, Allow: []string{"graph.example.net"}})
	for _, endpoint := range []string{"https://evil.example", "http://graph.instagram.com", "https://graph.instagram.com@evil.example", "http://graph.example.net", "", "https://graph.instagram.com/v24.0/x?"} {
		o := c.Do(background(t), accountAt(endpoint), helloCall)
		wants(t, o, apply.AccountRefused, ReasonEndpoint)
		wants(t, c.Identity(background(t), accountAt(endpoint)).Outcome, apply.AccountRefused, ReasonEndpoint)
	}
	o := c.Do(background(t), accountAt("https://evil.example"), helloCall)
	if want := "No call was made: the endpoint is at evil.example, and a token goes only to graph.instagram.com, graph.facebook.com and to this machine."; o.Explain != want {
		t.Errorf("said %q, want %q", o.Explain, want)
	}
	tokens, _ := access.Environment(func(string) (string, bool) { return "", false }, []string{"shop"})
	c = client(t, Options{Transport: tr, Tokens: tokens})
	o = c.Do(background(t), accountAt("https://graph.instagram.com"), helloCall)
	wants(t, o, apply.AccountRefused, ReasonNoToken)
	if want := `No call was made: account "shop": its token: there is none.`; o.Explain != want {
		t.Errorf("said %q, want %q", o.Explain, want)
	}
	if want := "Set HERALD_TOKEN_SHOP or HERALD_TOKEN to the token, or HERALD_TOKEN_SHOP_FILE to the name of a file that holds it."; o.Remedy != want {
		t.Errorf("said %q, want %q", o.Remedy, want)
	}
	c = client(t, Options{Transport: tr, Tokens: source{errors.New(secret)}})
	wants(t, c.Do(background(t), accountAt("https://graph.instagram.com"), helloCall), apply.AccountRefused, ReasonNoToken)
	c = client(t, Options{Transport: tr, Tokens: source{nil}})
	wants(t, c.Do(background(t), accountAt("https://graph.instagram.com"), helloCall), apply.AccountRefused, ReasonNoToken)
	if called {
		t.Error("a call was made")
	}
}

type source struct{ err error }

func (s source) Token(string) (access.Token, error) { return access.Token{}, s.err }

// A redirect is not followed, and its target never sees the token.
func TestRedirects(t *testing.T) {
	target := &recorder{next: answers(200, accepted)}
	to := httptest.NewServer(target)
	defer to.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		account := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, to.URL, status)
		})
		c := client(t, Options{})
		o := c.Do(background(t), account, helloCall)
		wants(t, o, apply.InDoubt, ReasonRedirect)
		if o.HTTP != status {
			t.Errorf("status is %d", o.HTTP)
		}
		wants(t, c.Identity(background(t), account).Outcome, apply.InDoubt, ReasonRedirect)
		c.Close()
	}
	if seen := target.all(); len(seen) > 0 {
		t.Errorf("the redirect was followed: %+v", seen)
	}
}

func TestProxy(t *testing.T) {
	status := http.StatusProxyAuthRequired
	rec := &recorder{next: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, graphMsg, status) }}
	proxy := httptest.NewServer(rec)
	defer proxy.Close()
	asked := 0
	through := func(r *http.Request) (*url.URL, error) { asked++; return url.Parse(proxy.URL) }
	c := client(t, Options{Proxy: through})
	o := c.Do(background(t), accountAt("https://graph.instagram.com"), helloCall)
	wants(t, o, apply.NotWritten, ReasonProxy)
	seen := rec.all()
	if len(seen) != 1 || seen[0].method != "CONNECT" || seen[0].header.Get("Authorization") != "" || len(seen[0].body) > 0 {
		t.Errorf("the proxy saw %+v", seen)
	}
	proxy.Close()
	wants(t, c.Do(background(t), accountAt("https://graph.instagram.com"), helloCall), apply.NotWritten, ReasonProxy)
	// This machine is reached without it, under each of its names.
	asked = 0
	account := serve(t, answers(200, accepted))
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(account.Endpoint, "http://"))
	for _, host := range []string{"127.0.0.1", "localhost", "sandbox.localhost", "LOCALHOST"} {
		wants(t, c.Do(background(t), accountAt("http://"+host+":"+port), helloCall), apply.Accepted, "")
	}
	if asked != 0 {
		t.Errorf("the proxy was asked for %d times", asked)
	}
}

// The log has what happened and none of what was said.
func TestLog(t *testing.T) {
	var buf bytes.Buffer
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &buf, DisableTime: true})
	account := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answers(400, `{"error":{"message":"`+graphMsg+`","code":190,"error_subcode":463,"fbtrace_id":"Abc"}}`)(w, r)
	})
	at := time.Unix(0, 0)
	c := client(t, Options{Log: logger, Now: func() time.Time { at = at.Add(time.Second); return at }})
	c.Do(background(t), account, helloCall)
	c.Identity(background(t), account)
	host := strings.TrimPrefix(account.Endpoint, "http://")
	want := "[DEBUG] call: method=POST host=" + host + " path=/v24.0/" + igID + "/messages status=400 code=190 subcode=463 trace=Abc reason=\"\" duration=1s\n" +
		"[DEBUG] call: method=GET host=" + host + " path=/v24.0/me status=400 code=190 subcode=463 trace=Abc reason=\"\" duration=1s\n"
	if buf.String() != want {
		t.Errorf("log is\n%swant\n%s", buf.String(), want)
	}
}

// Many calls at once, each with its own answer.
func TestConcurrent(t *testing.T) {
	account := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id := string(body[len(`{"recipient":{"id":"`):][:4])
		answers(200, `{"recipient_id":"`+id+`","message_id":"m_`+id+`"}`)(w, r)
	})
	c := client(t, Options{})
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			call := helloCall
			call.Recipient = "1" + itoa(100+i)
			if o := c.Do(background(t), account, call); o.MessageID != "m_"+call.Recipient {
				t.Errorf("%s got %+v", call.Recipient, o)
			}
		})
	}
	all.Wait()
}
