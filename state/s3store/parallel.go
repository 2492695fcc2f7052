package s3store

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

const workers = 16

// parallel calls f for each item, several at a time, until one call fails, and
// returns the first error.
func parallel[T any](items []T, f func(i int, item T) error) error {
	var next atomic.Int64
	var first error
	var once sync.Once
	var failed atomic.Bool
	var all sync.WaitGroup
	for range min(workers, len(items)) {
		all.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if err := f(i, items[i]); err != nil {
					once.Do(func() { first = err })
					failed.Store(true)
				}
			}
		})
	}
	all.Wait()
	return first
}

// escapePath escapes a key for the header that names the source of a copy.
func escapePath(key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
