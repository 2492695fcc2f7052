package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Listener serves a Server on a loopback port.
type Listener struct {
	addr     string
	server   *http.Server
	stop     context.CancelFunc // ends the context of every call
	running  sync.WaitGroup     // Serve, and each connection with its calls
	served   error
	stopping sync.Once
	closed   error
}

// closingGrace is how long calls in flight may take to be answered when a
// Listener is closed.
const closingGrace = 2 * time.Second

// Listen serves s on addr, host:port with port 0 for any. The host must be a
// loopback address or localhost: what is accepted here was sent to nobody,
// and nobody else should be able to ask for it.
func Listen(addr string, s *Server) (*Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %q: the sandbox listens on loopback only: 127.0.0.1, [::1] or localhost", addr)
	}
	socket, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	bound, ok := socket.Addr().(*net.TCPAddr)
	if !ok || !bound.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("listen on %q: %s is no loopback address", addr, socket.Addr()), socket.Close())
	}
	base, stop := context.WithCancel(context.Background())
	l := &Listener{addr: bound.String(), stop: stop}
	l.server = &http.Server{
		Handler:           s,
		ConnState:         l.count,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(lineWriter{s}, "", 0),
	}
	l.running.Go(func() {
		if err := l.server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
			l.served = err
		}
	})
	return l, nil
}

// count lets Close wait for connections: a connection is new before Serve goes
// on, and closed after its last call has returned.
func (l *Listener) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.running.Done()
	case http.StateActive, http.StateIdle:
	}
}

// lineWriter gives what net/http has to say to Options.Log.
type lineWriter struct{ s *Server }

func (w lineWriter) Write(p []byte) (int, error) {
	w.s.logf("%s", strings.TrimSpace(string(p)))
	return len(p), nil
}

// Addr is the bound address, host:port.
func (l *Listener) Addr() string { return l.addr }

// URL is what an account's endpoint would say: http://host:port.
func (l *Listener) URL() string { return "http://" + l.addr }

// Close stops listening, lets calls in flight be answered for two seconds,
// drops the rest, and returns when nothing of it runs any more. The Server
// stays open.
func (l *Listener) Close() error {
	l.stopping.Do(func() {
		grace, cancel := context.WithTimeout(context.Background(), closingGrace)
		defer cancel()
		err := l.server.Shutdown(grace)
		l.stop()
		if errors.Is(err, context.DeadlineExceeded) {
			err = l.server.Close()
		}
		l.running.Wait()
		l.closed = errors.Join(err, l.served)
	})
	return l.closed
}
