package state

import "fmt"

// Sealer encrypts what a store keeps. It is safe for concurrent use.
type Sealer interface {
	// Seal returns plain so that only Open of a matching Sealer reads it.
	Seal(plain []byte) ([]byte, error)
	// Open returns what was sealed. It returns nothing of data that was changed
	// in any byte: everything is read and checked before anything is trusted.
	Open(sealed []byte) ([]byte, error)
}

// StoreError says in a person's words why a store cannot be used. The cause
// stays reachable through errors.Is and errors.As.
type StoreError struct {
	Store    string // "postgres", "s3", "http"
	Location string
	Problem  string // a sentence without a full stop: "the bucket does not exist"
	Advice   string // what to do, in sentences
	Err      error
}

// Error names the place and the problem.
func (e *StoreError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Location, e.Problem)
	}
	return fmt.Sprintf("%s: %s: %v", e.Location, e.Problem, e.Err)
}

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }
