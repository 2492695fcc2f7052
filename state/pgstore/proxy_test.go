package pgstore

import (
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"herald/state/pgstore/pgtest"
)

// proxy stands between a store and the server, and can be told to fail.
type proxy struct {
	listener net.Listener
	all      sync.WaitGroup

	mu     sync.Mutex
	server string     // where new connections lead
	moved  *sync.Cond // the state changed
	held   bool       // nothing is forwarded
	cut    bool       // every connection fails
	conns  map[net.Conn]bool

	dropRequest atomic.Bool // the next request ends its connection before it is sent
	dropAnswer  atomic.Bool // the next request is sent, and its answer is not
	dropped     atomic.Int64
}

func newProxy(t *testing.T, server *pgtest.Server) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, conns: make(map[net.Conn]bool)}
	p.leadTo(server)
	p.moved = sync.NewCond(&p.mu)
	p.all.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.set(false, true)
		p.all.Wait()
	})
	return p
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// leadTo makes new connections lead to another server.
func (p *proxy) leadTo(server *pgtest.Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port()))
}

// set changes what is done with data.
func (p *proxy) set(held, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.cut = held, cut
	if cut {
		for c := range p.conns {
			_ = c.Close()
		}
		clear(p.conns)
	}
	p.moved.Broadcast()
}

func (p *proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.mu.Lock()
		server := p.server
		p.mu.Unlock()
		out, err := net.Dial("tcp", server)
		p.mu.Lock()
		if err != nil || p.cut {
			p.mu.Unlock()
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			continue
		}
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		var answer atomic.Bool // this connection's next answer is dropped
		p.all.Go(func() { p.forward(out, in, func() bool { return p.request(&answer) }) })
		p.all.Go(func() {
			p.forward(in, out, func() bool {
				if answer.Load() {
					p.dropped.Add(1)
				}
				return answer.Load()
			})
		})
	}
}

func (p *proxy) request(answer *atomic.Bool) (drop bool) {
	if p.dropAnswer.CompareAndSwap(true, false) {
		answer.Store(true)
	}
	if p.dropRequest.CompareAndSwap(true, false) {
		p.dropped.Add(1)
		return true
	}
	return false
}

// forward copies until the end, or until drop says so of some data.
func (p *proxy) forward(to, from net.Conn, drop func() bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.held && !p.cut {
			p.moved.Wait()
		}
		cut := p.cut
		p.mu.Unlock()
		if n == 0 || cut || drop() {
			return
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
}
