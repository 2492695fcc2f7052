package instagram

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"herald/apply"
	"herald/plan"
)

// over makes the client's own transport dial through wrap.
func over(c *Client, wrap func(net.Conn) net.Conn) *Client {
	c.owned.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &line{Conn: wrap(conn)}, nil
	}
	return c
}

// writes counts what is written to a connection, and lets the nth fail.
type writes struct {
	net.Conn
	count int
	fails int
	takes int // of the one that fails; from its end if negative
}

func (w *writes) Write(p []byte) (int, error) {
	if w.count++; w.count != w.fails {
		return w.Conn.Write(p)
	}
	n, _ := w.Conn.Write(p[:(len(p)+w.takes)%len(p)])
	return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

// Headers and body leave in one write.
func TestOneWrite(t *testing.T) {
	account := serve(t, answers(200, accepted))
	conn := &writes{}
	c := over(client(t, Options{}), func(c net.Conn) net.Conn { conn.Conn = c; return conn })
	for i := range 3 {
		wants(t, c.Do(background(t), account, helloCall), apply.Accepted, "")
		if conn.count != i+1 {
			t.Fatalf("%d writes for %d calls", conn.count, i+1)
		}
	}
}

// The client's own connections break while they are written to: new ones, and
// such as were used before, where net/http would like to try another.
func TestOwnBrokenWrites(t *testing.T) {
	for _, tc := range []struct {
		name   string
		takes  int
		class  apply.Class
		reason string
	}{
		{"at the first byte", 0, apply.NotWritten, ReasonNotWritten},
		{"among the headers", 20, apply.InDoubt, ReasonReset},
		{"at the last byte", -1, apply.InDoubt, ReasonReset},
	} {
		for _, earlier := range []int{0, 2} {
			t.Run(tc.name+" after "+string(rune('0'+earlier)), func(t *testing.T) {
				account := serve(t, answers(200, accepted))
				dials := 0
				c := over(client(t, Options{}), func(c net.Conn) net.Conn {
					dials++
					return &writes{Conn: c, fails: earlier + 1, takes: tc.takes}
				})
				for range earlier {
					wants(t, c.Do(background(t), account, helloCall), apply.Accepted, "")
				}
				wants(t, c.Do(background(t), account, helloCall), tc.class, tc.reason)
				if dials != 1 {
					t.Errorf("%d connections were made", dials)
				}
			})
		}
	}
}

// A transport whose goroutines go on after it has failed cannot make a liar of
// the client: neither on the connection that it had, nor on one that it gets
// later.
func TestWriteAfterVerdict(t *testing.T) {
	for _, late := range []bool{false, true} {
		below := &sink{}
		l := &line{Conn: below}
		var got func(httptrace.GotConnInfo)
		c := client(t, Options{})
		c.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			got = httptrace.ContextClientTrace(r.Context()).GotConn
			if !late {
				got(httptrace.GotConnInfo{Conn: l})
			}
			return nil, errors.New(graphMsg)
		})
		wants(t, c.Do(background(t), accountAt("http://sandbox.localhost"), helloCall), apply.NotWritten, ReasonNotWritten)
		if late {
			got(httptrace.GotConnInfo{Conn: l})
		}
		if n, err := l.Write([]byte(hello)); n != 0 || !errors.Is(err, errSealed) || len(below.data) > 0 {
			t.Errorf("%d bytes left after the verdict: %v", n, err)
		}
	}
}

// What is not certain is in doubt: a connection that is not the client's, and
// a second one after something had left on the first.
func TestUncertainConnections(t *testing.T) {
	for _, conns := range [][]net.Conn{
		{&sink{}},
		{&line{Conn: &sink{}}, &line{Conn: &sink{}}},
	} {
		c := client(t, Options{})
		c.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			for i, conn := range conns {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{Conn: conn})
				if i == 0 {
					_, _ = conn.Write([]byte(hello))
				}
			}
			return nil, io.EOF
		})
		wants(t, c.Do(background(t), accountAt("http://sandbox.localhost"), helloCall), apply.InDoubt, ReasonReset)
	}
}

// secureServer speaks TLS, as example.com and on loopback.
func secureServer(t *testing.T, c *Client) (*recorder, *httptest.Server) {
	t.Helper()
	rec := &recorder{next: answers(200, accepted)}
	s := httptest.NewTLSServer(rec)
	t.Cleanup(s.Close)
	c.owned.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return rec, s
}

// tunnel is a proxy that takes every CONNECT to the server at addr.
func tunnel(t *testing.T, addr string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there, err := net.Dial("tcp", addr)
		if err != nil || r.Method != http.MethodConnect {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		says(here, "HTTP/1.1 200 OK\r\n\r\n")
		var ends sync.WaitGroup
		ends.Go(func() { _, _ = io.Copy(there, here); there.Close() })
		ends.Go(func() { _, _ = io.Copy(here, there); here.Close() })
		ends.Wait()
	}))
	t.Cleanup(s.Close)
	return s
}

// Over TLS, directly and through a proxy: the handshakes are not taken for a
// request, and a connection that nothing more can leave on leaves no doubt.
func TestLineUnderTLS(t *testing.T) {
	var through *url.URL
	c := client(t, Options{Allow: []string{"example.com"}, Proxy: func(*http.Request) (*url.URL, error) { return through, nil }})
	rec, s := secureServer(t, c)
	through, _ = url.Parse(tunnel(t, s.Listener.Addr().String()).URL)
	for _, tc := range []struct {
		name    string
		account *plan.Account
		direct  bool
	}{
		{"directly", accountAt(s.URL), true},
		{"through a proxy", accountAt("https://example.com"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec.seen = nil
			var conn net.Conn
			var before int64
			ctx := httptrace.WithClientTrace(background(t), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				conn, before = info.Conn, lineOf(info.Conn).mark()
			}})
			wants(t, c.Do(ctx, tc.account, helloCall), apply.Accepted, "")
			own, above := conn.(*line)
			if above != tc.direct || above && before != 0 || !above && before == 0 {
				t.Errorf("the connection is %T, and %d bytes had left on it", conn, before)
			}
			if above {
				if _, ok := own.Conn.(*tls.Conn); !ok {
					t.Errorf("the line lies on %T", own.Conn)
				}
			}
			if !lineOf(conn).hasLeft(before) {
				t.Error("the request is not seen to leave")
			}
			// The same connection again; now it dies at the last moment.
			ctx = httptrace.WithClientTrace(background(t), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				if !info.Reused {
					t.Error("the connection was not kept")
				}
				lineOf(info.Conn).seal(0)
			}})
			wants(t, c.Do(ctx, tc.account, helloCall), apply.NotWritten, ReasonNotWritten)
			if seen := rec.all(); len(seen) != 1 {
				t.Errorf("the server saw %d requests", len(seen))
			}
		})
	}
}

// A handshake with a server that says nothing ends with the transport's
// time-out, and nothing was sent.
func TestTLSHandshakeHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := client(t, Options{})
	c.owned.TLSHandshakeTimeout = 50 * time.Millisecond
	wants(t, c.Do(background(t), accountAt("https://"+l.Addr().String()), helloCall), apply.NotWritten, ReasonTimeout)
}

// A success that comes while the request is still being written.
func TestAnswerDuringWrite(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			says(conn, whole(accepted))
		}
		<-over
	})
	defer done.Wait()
	defer l.Close()
	defer close(over)
	call := helloCall
	call.Content.Value = strings.Repeat("x", 16<<20)
	o := client(t, Options{}).Do(background(t), accountAt("http://"+l.Addr().String()), call)
	wants(t, o, apply.InDoubt, ReasonEarlyAnswer)
}
