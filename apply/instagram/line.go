package instagram

import (
	"errors"
	"net"
	"sync"
)

var errSealed = errors.New("the call is over")

// line is a connection of the client's own transport. It knows how much has
// left on it, and can be sealed: then nothing leaves on it any more, whatever
// net/http's goroutines still try. Both together make "nothing was sent"
// certain, for any order in which a failed round trip and a write meet.
//
// It lies above TLS where it can (transport.go), so that a handshake or the
// alert that closes a connection is not taken for a request.
type line struct {
	net.Conn
	mu      sync.Mutex
	left    int64 // bytes that were taken below, ever
	writing int   // writes that have begun and not ended
	sealed  bool
	// gate is asked before the first write of a request, and seals the line
	// where it is shut; nil is open.
	gate func() bool
}

// Write writes, unless the line is sealed. A write that failed counts for what
// it says it has written: the rest of it was not taken by the kernel, or is
// part of a TLS record that nobody can open without its end.
func (l *line) Write(p []byte) (int, error) {
	shut := !l.open()
	l.mu.Lock()
	l.sealed = l.sealed || shut
	if l.sealed {
		l.mu.Unlock()
		return 0, errSealed
	}
	l.writing++
	l.mu.Unlock()
	n, err := l.Conn.Write(p)
	l.mu.Lock()
	l.writing--
	l.left += int64(n)
	l.mu.Unlock()
	return n, err
}

// open asks the gate of a request that begins to be written. The line can be
// sealed while that waits.
func (l *line) open() bool {
	l.mu.Lock()
	gate, sealed := l.gate, l.sealed
	l.gate = nil
	l.mu.Unlock()
	return sealed || gate == nil || gate()
}

// mark returns the place from which a request counts what leaves.
func (l *line) mark() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left
}

// guard lets the next request leave only if its gate is open then.
func (l *line) guard(gate func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = gate
}

// hasLeft reports whether anything left since the mark, or may be leaving.
func (l *line) hasLeft(mark int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writing > 0 || l.left != mark
}

// seal lets no write begin any more, and reports what hasLeft does; from then
// on a false stays false. It does not wait for a write that has begun.
func (l *line) seal(mark int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = true
	return l.writing > 0 || l.left != mark
}

// lineOf returns the line that a connection is, or lies on, or nil.
func lineOf(conn net.Conn) *line {
	for {
		switch c := conn.(type) {
		case *line:
			return c
		case interface{ NetConn() net.Conn }: // *tls.Conn
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
