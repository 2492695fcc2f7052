package instagram

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"herald/apply"
	"herald/apply/instagram/access"
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
func (c *Client) exchange(ctx context.Context, token access.Token, r request) reply {
	if ctx.Err() != nil {
		return reply{reason: ReasonCanceled}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errTimeout)
	defer cancel()
	w := c.witness(r.body, apply.GateOpen(ctx))
	answer, err := c.transport.RoundTrip(c.prepare(w.trace(ctx), token, r, w.body()))
	wrote, whole := w.over(err != nil)
	out := reply{wrote: wrote, whole: whole}
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
func (c *Client) prepare(ctx context.Context, token access.Token, r request, body io.ReadCloser) *http.Request {
	const asJSON = "application/json"
	v := [...]string{"Bearer " + token.Reveal(), asJSON, c.userAgent, asJSON}
	h := http.Header{"Authorization": v[0:1:1], "Accept": v[1:2:2], "User-Agent": v[2:3:3]}
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if r.body != nil {
		h["Content-Type"] = v[3:4:4]
		req.Body = body
		req.ContentLength = int64(len(r.body))
	}
	return req.WithContext(ctx)
}
