package instagram

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// maxAnswer is the most that is read of an answer where the request says
// nothing else; the real ones have a few hundred bytes.
const maxAnswer = 1 << 20

// errTimeout is why a call's own time-out cancels it.
var errTimeout = errors.New("time-out")

// request is one HTTP request, before it has a token.
type request struct {
	method  string
	url     *url.URL
	body    []byte // nil for a GET
	timeout time.Duration
	most    int64 // bytes that are read of the answer; 0 is maxAnswer
}

// reply is what came back: a whole answer, or the reason why there is none.
// Status and header are there whenever the answer had begun.
type reply struct {
	status int
	header http.Header
	body   []byte
	// reason is "" for a whole answer.
	reason string
	// wrote says that some of the request may have left Herald. Where it is
	// false, nothing can have been delivered.
	wrote bool
	// whole says that all of the request's body was taken.
	whole bool
}

// exchange makes one request and reads its answer. It follows no redirect.
func (c *Client) exchange(ctx context.Context, token Token, r request) reply {
	if ctx.Err() != nil {
		return reply{reason: ReasonCanceled}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errTimeout)
	defer cancel()
	var wroteHeaders atomic.Bool
	traced := ctx
	if r.body == nil { // a GET has no body to watch
		traced = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wroteHeaders.Store(true) }})
	}
	body := &onceBody{data: r.body}
	answer, err := c.transport.RoundTrip(c.prepare(traced, token, r, body))
	given := body.seal()
	out := reply{wrote: given > 0 || wroteHeaders.Load(), whole: given == len(r.body)}
	if err != nil {
		out.reason = cause(ctx, err, out.wrote)
		return out
	}
	defer answer.Body.Close()
	out.wrote = true
	out.status, out.header = answer.StatusCode, answer.Header
	if answer.StatusCode < 200 { // 101: what follows is another protocol
		return out
	}
	most := cmp.Or(r.most, maxAnswer)
	data, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case err != nil:
		out.reason = cause(ctx, err, true)
	case int64(len(data)) > most:
		out.reason = ReasonUnparsable
	default:
		out.body = data
	}
	return out
}

// prepare makes the HTTP request. It is the one place where a token is
// put into one. There is no GetBody and no Idempotency-Key, so that net/http
// cannot send the request a second time by itself.
func (c *Client) prepare(ctx context.Context, token Token, r request, body *onceBody) *http.Request {
	h := http.Header{
		"Authorization": {"Bearer " + token.reveal()},
		"Accept":        {"application/json"},
		"User-Agent":    {c.userAgent},
	}
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if r.body != nil {
		h["Content-Type"] = []string{"application/json"}
		req.Body = body
		req.ContentLength = int64(len(r.body))
	}
	return req.WithContext(ctx)
}

// onceBody is a request's body that can be read once, and the witness of
// whether it was. Whom a message goes to and what it says stand in the body
// alone: where no byte of it was given away, and none can be any more, nothing
// was delivered, even if headers have left. That holds for every transport,
// traced or not; net/http's asks for the body when it has a connection and has
// written the headers to it, so a connection that turns out to be dead is seen
// in time.
type onceBody struct {
	mu     sync.Mutex
	data   []byte
	given  int
	sealed bool
}

var errSealed = errors.New("the call is over")

// Read gives the next bytes, until the body is sealed.
func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.given == len(b.data) { // net/http asks once more, when the answer may be there
		return 0, io.EOF
	}
	if b.sealed {
		return 0, errSealed
	}
	n := copy(p, b.data[b.given:])
	b.given += n
	return n, nil
}

// Close does nothing: net/http closes bodies that it has not read, too.
func (b *onceBody) Close() error { return nil }

// seal lets nobody read any more and returns how many bytes were read.
func (b *onceBody) seal() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.given
}
