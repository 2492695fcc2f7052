package batch

import (
	"runtime"
	"sync"

	"herald/state"
)

// Queue gathers calls while a write is under way. New makes one. It is safe for
// concurrent use; it has no goroutine while nobody waits.
type Queue[T any] struct {
	most  func(waiting []T) int
	write func(batch []T, tell func(i int, err error))

	mu      sync.Mutex
	waiting []T
	ends    []chan error // of each that waits
	writing bool
}

// New returns a queue whose batches write writes, one after the other. most
// says how many of those that wait, from the first and at least one, are in the
// next batch. write tells each call of a batch its end, once; it may do so after
// it has returned, and the next batch begins meanwhile.
func New[T any](most func(waiting []T) int, write func(batch []T, tell func(i int, err error))) *Queue[T] {
	return &Queue[T]{most: most, write: write}
}

// Do has v written with the next batch, and returns what it is told.
func (q *Queue[T]) Do(v T) error {
	end := make(chan error, 1)
	q.mu.Lock()
	q.waiting, q.ends = append(q.waiting, v), append(q.ends, end)
	start := !q.writing
	q.writing = true
	q.mu.Unlock()
	if start {
		go q.run()
	}
	return <-end
}

// run writes batch after batch until nobody waits.
func (q *Queue[T]) run() {
	for {
		// Those who were told about the batch before get the chance to be in
		// this one.
		runtime.Gosched()
		batch, ends := q.take()
		if len(batch) == 0 {
			return
		}
		q.write(batch, func(i int, err error) { ends[i] <- err })
	}
}

// take returns the calls of the next batch, none if nobody waits: then run has
// to end.
func (q *Queue[T]) take() ([]T, []chan error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.writing = false
		return nil, nil
	}
	n := q.most(q.waiting)
	batch, ends := q.waiting[:n:n], q.ends[:n:n]
	q.waiting, q.ends = q.waiting[n:], q.ends[n:]
	return batch, ends
}

// Lines are the entries of one call, as a file has them.
type Lines struct {
	Lines [][]byte
	Size  int // bytes of all lines
}

// Encode returns the lines of the entries. The error is that of Entry.Check.
func Encode(entries []state.Entry) (*Lines, error) {
	l := &Lines{Lines: make([][]byte, 0, len(entries))}
	buf := make([]byte, 0, 640*len(entries))
	for i := range entries {
		start := len(buf)
		var err error
		if buf, err = state.AppendEntry(buf, &entries[i]); err != nil {
			return nil, err
		}
		l.Lines = append(l.Lines, buf[start:len(buf):len(buf)])
	}
	l.Size = len(buf)
	return l, nil
}

// maxBytes is how many bytes of lines are written at once.
const maxBytes = 4 << 20

// MostLines is for New: batches of up to 4 MiB, and of one call at least.
func MostLines(waiting []*Lines) int {
	n, size := 0, 0
	for n < len(waiting) && (n == 0 || size+waiting[n].Size <= maxBytes) {
		size += waiting[n].Size
		n++
	}
	return n
}
