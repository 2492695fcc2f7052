package instagram

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// witness sees what of one request leaves Herald.
type witness interface {
	// trace returns the context that the request is made with.
	trace(ctx context.Context) context.Context
	// body is the request's, which can be read one time.
	body() io.ReadCloser
	// over ends the round trip, which failed or was answered. Wrote says that
	// some of the request may have left; where it is false, nothing did, and
	// nothing will. Whole says that all of the request was taken.
	over(failed bool) (wrote, whole bool)
}

// witness returns the one for a request with this body; nil is a GET's. Nothing
// of the request leaves once the gate is shut; nil is always open.
func (c *Client) witness(body []byte, gate func() bool) witness {
	switch {
	case c.owned != nil:
		return &watch{data: body, gate: gate}
	case body == nil: // there is no body to watch
		return &headers{}
	}
	return &onceBody{data: body, gate: gate}
}

// watch is the witness of the client's own transport: it watches the line. The
// body is one that net/http knows to be in memory, so that it and the headers
// leave in one write; any other would cost a second one, for net/http sends
// the headers before it asks for a body that may be slow.
type watch struct {
	data  []byte
	gate  func() bool
	hooks httptrace.ClientTrace

	mu    sync.Mutex
	line  *line
	mark  int64
	wrote bool // on an earlier line, or on one that is not the client's
	ended bool
	told  bool          // net/http has said how the writing ended
	taken bool          // and that all was written
	late  chan struct{} // closed when it says so, where somebody waits for that
}

// patience is how long an answer waits for net/http to say how the writing of
// its request ended; a server may be quicker with its answer than that.
const patience = 100 * time.Millisecond

func (w *watch) trace(ctx context.Context) context.Context {
	w.hooks.GotConn = w.got
	w.hooks.WroteRequest = w.took
	return httptrace.WithClientTrace(ctx, &w.hooks)
}

func (w *watch) body() io.ReadCloser {
	return io.NopCloser(bytes.NewReader(w.data))
}

// got is told of the connection before net/http writes to it. It comes once
// for a POST; net/http may send a GET again on another connection.
func (w *watch) got(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.line != nil && w.line.seal(w.mark) {
		w.wrote = true
	}
	w.line = lineOf(info.Conn)
	if w.line == nil {
		w.wrote = true
		return
	}
	w.mark = w.line.mark()
	w.line.guard(w.gate)
	if w.ended {
		w.line.seal(w.mark)
	}
}

// took is told that the request was written, at least to a buffer.
func (w *watch) took(info httptrace.WroteRequestInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.taken = true, info.Err == nil
	if w.late != nil {
		close(w.late)
		w.late = nil
	}
}

func (w *watch) over(failed bool) (wrote, whole bool) {
	if !failed {
		w.await()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	switch {
	case w.line == nil: // nothing was written, unless net/http told us otherwise
		return w.wrote || w.told, w.taken
	case failed:
		wrote = w.line.seal(w.mark)
	default: // it will be used again
		wrote = w.line.hasLeft(w.mark)
	}
	return wrote || w.wrote, wrote && w.taken
}

// await gives net/http the time to say how the writing ended.
func (w *watch) await() {
	w.mu.Lock()
	if w.told {
		w.mu.Unlock()
		return
	}
	late := make(chan struct{})
	w.late = late
	w.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-late:
	case <-timer.C:
	}
}

// headers is the witness of a GET on another's transport.
type headers struct{ wrote atomic.Bool }

func (h *headers) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { h.wrote.Store(true) }})
}

func (*headers) body() io.ReadCloser { return http.NoBody }

func (h *headers) over(bool) (wrote, whole bool) { return h.wrote.Load(), true }

// onceBody is the witness of a POST on another's transport, as the body that
// it is asked for. Whom a message goes to and what it says stand in the body
// alone: where no byte of it was given away, and none can be any more, nothing
// was delivered, even if headers have left. That holds for every transport,
// traced or not; net/http's asks for the body when it has a connection and has
// written the headers to it, so a connection that turns out to be dead is seen
// in time.
type onceBody struct {
	mu     sync.Mutex
	data   []byte
	gate   func() bool
	given  int
	sealed bool
}

func (*onceBody) trace(ctx context.Context) context.Context { return ctx }

func (b *onceBody) body() io.ReadCloser { return b }

// Read gives the next bytes, until the body is sealed.
func (b *onceBody) Read(p []byte) (int, error) {
	shut := !b.open()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.given == len(b.data) { // net/http asks once more, when the answer may be there
		return 0, io.EOF
	}
	b.sealed = b.sealed || shut
	if b.sealed {
		return 0, errSealed
	}
	n := copy(p, b.data[b.given:])
	b.given += n
	return n, nil
}

// open asks the gate when the first bytes are wanted. The body can be sealed
// while that waits.
func (b *onceBody) open() bool {
	b.mu.Lock()
	gate, sealed := b.gate, b.sealed
	b.gate = nil
	b.mu.Unlock()
	return sealed || gate == nil || gate()
}

// Close does nothing: net/http closes bodies that it has not read, too.
func (b *onceBody) Close() error { return nil }

// over lets nobody read any more.
func (b *onceBody) over(bool) (wrote, whole bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.given > 0, b.given == len(b.data)
}
