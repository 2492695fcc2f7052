package state

import (
	"bytes"
	"errors"
	"fmt"
)

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

// What sealed data begins with: a file of age (age-encryption.org/v1), or the
// header of a blob that a passphrase opens. See package state/seal.
const (
	ageHeader  = "age-encryption.org/v1"
	sealHeader = "herald-sealed/v1"
)

// IsSealed reports whether the data begins as sealed data does. A store without
// a Sealer can so say "encrypted" rather than "damaged".
func IsSealed(data []byte) bool {
	return bytes.HasPrefix(data, []byte(ageHeader)) || bytes.HasPrefix(data, []byte(sealHeader))
}

// SealError says in a person's words why data cannot be sealed or opened.
type SealError struct {
	Problem string // a sentence without a full stop
	Advice  string // what to do, in sentences
	Err     error  // nil if there is no further cause
}

// Error returns the problem.
func (e *SealError) Error() string { return e.Problem }

// Unwrap returns the cause.
func (e *SealError) Unwrap() error { return e.Err }

// Unseal opens what a store has read; s is the Sealer of the store, or nil. Data
// that is sealed where no Sealer is there, and the reverse, is refused. The
// path is for the error only, which is a *FormatError.
func Unseal(s Sealer, data []byte, path string) ([]byte, error) {
	switch sealed := IsSealed(data); {
	case s == nil && sealed:
		return nil, &FormatError{
			Path: path, Problem: "this is encrypted, and no encryption is configured",
			Advice: "Put the encryption block back into the herald block, and give the identity in HERALD_AGE_IDENTITY or the file that " +
				"HERALD_AGE_IDENTITY_FILE names, or the passphrase in HERALD_AGE_PASSPHRASE or the file that HERALD_AGE_PASSPHRASE_FILE names. Nothing was sent.",
		}
	case s == nil:
		return data, nil
	case !sealed:
		return nil, &FormatError{
			Path: path, Problem: "this is not encrypted, although encryption is configured",
			Advice: "A record from before the encryption block is encrypted by moving it to another place, as the herald block then says (a local " +
				"file may be given another name, and moved back from there):\n\n  herald state migrate -from=…\n\nIf it was encrypted before, " +
				"something else has written here. Nothing was sent.",
		}
	}
	plain, err := s.Open(data)
	var told *SealError
	if errors.As(err, &told) {
		return nil, &FormatError{Path: path, Problem: told.Problem, Advice: told.Advice}
	}
	if err != nil {
		return nil, &FormatError{Path: path, Problem: err.Error(), Advice: "Nothing was sent."}
	}
	return plain, nil
}
