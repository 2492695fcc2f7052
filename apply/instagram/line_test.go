package instagram

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// sink is a connection that takes what fail lets it.
type sink struct {
	net.Conn
	mu     sync.Mutex
	data   []byte
	writes int
	fail   func(p []byte) (int, error)
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	n, err := len(p), error(nil)
	if s.fail != nil {
		n, err = s.fail(p)
	}
	s.data = append(s.data, p[:n]...)
	return n, err
}

func TestLineCountsWhatLeaves(t *testing.T) {
	broken := errors.New("broken")
	for _, tc := range []struct {
		name string
		fail func(p []byte) (int, error)
		left bool
	}{
		{"all", nil, true},
		{"nothing", func([]byte) (int, error) { return 0, broken }, false},
		{"one byte", func([]byte) (int, error) { return 1, broken }, true},
		{"all, and an error", func(p []byte) (int, error) { return len(p), broken }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			below := &sink{}
			l := &line{Conn: below}
			_, _ = l.Write([]byte("an earlier request"))
			mark := l.mark()
			if l.hasLeft(mark) {
				t.Error("an earlier request counts")
			}
			below.fail = tc.fail
			_, _ = l.Write([]byte("request"))
			if l.hasLeft(mark) != tc.left || l.seal(mark) != tc.left {
				t.Errorf("left is %v, want %v", !tc.left, tc.left)
			}
			writes := below.writes
			if n, err := l.Write([]byte("more")); n != 0 || !errors.Is(err, errSealed) || below.writes != writes {
				t.Errorf("a sealed line took %d bytes: %v", n, err)
			}
		})
	}
}

// A write that has begun may have been taken, and the seal does not wait.
func TestLineIsSealedDuringAWrite(t *testing.T) {
	here, there := net.Pipe()
	l := &line{Conn: here}
	mark := l.mark()
	var done sync.WaitGroup
	done.Go(func() { _, _ = l.Write([]byte("request")) })
	if _, err := io.ReadFull(there, make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	if !l.seal(mark) {
		t.Error("a write that is going on is not seen")
	}
	there.Close()
	done.Wait()
	here.Close()
}

// Whatever the order in which writes and the seal meet: if the seal says that
// nothing has left, nothing ever leaves.
func TestLineSealIsFinal(t *testing.T) {
	var quiet, loud int
	for range 2000 {
		below := &sink{}
		l := &line{Conn: below}
		mark := l.mark()
		var done sync.WaitGroup
		start := make(chan struct{})
		for range 3 {
			done.Go(func() { <-start; _, _ = l.Write([]byte("x")) })
		}
		close(start)
		left := l.seal(mark)
		done.Wait()
		if !left && len(below.data) > 0 {
			t.Fatalf("%d bytes left after the verdict that none had", len(below.data))
		}
		if left {
			loud++
		} else {
			quiet++
		}
	}
	t.Logf("sealed before the first write %d times, after it %d times", quiet, loud)
}
