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

// Changing is the Sealer of a record whose encryption changes in its place. It
// opens what From opens, takes what is not sealed as it is, and seals with To,
// or not at all if that is nil. What cannot be told any more is whether something
// else has put a readable record in the place of a sealed one.
type Changing struct{ From, To Sealer }

// Seal seals with To.
func (c Changing) Seal(plain []byte) ([]byte, error) {
	if c.To == nil {
		return plain, nil
	}
	return c.To.Seal(plain)
}

// Open opens what is sealed with From.
func (c Changing) Open(data []byte) ([]byte, error) {
	if !IsSealed(data) {
		return data, nil
	}
	return c.From.Open(data)
}

// Seals reports whether a store with this Sealer, which may be nil, keeps its
// record sealed.
func Seals(s Sealer) bool {
	c, ok := s.(Changing)
	return s != nil && (!ok || c.To != nil)
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
	_, changing := s.(Changing)
	switch sealed := IsSealed(data); {
	case s == nil && sealed:
		return nil, &FormatError{
			Path: path, Problem: "this is encrypted, and no encryption is configured",
			Advice: "Put the encryption block back into the herald block, and give the identity in HERALD_AGE_IDENTITY or the file that " +
				"HERALD_AGE_IDENTITY_FILE names, or the passphrase in HERALD_AGE_PASSPHRASE or the file that HERALD_AGE_PASSPHRASE_FILE names. Nothing was sent." +
				" If the record is no longer to be encrypted, with the key still there:\n\n  herald state rekey -decrypt",
		}
	case s == nil:
		return data, nil
	case !sealed && changing:
		return data, nil
	case !sealed:
		return nil, &FormatError{
			Path: path, Problem: "this is not encrypted, although encryption is configured",
			Advice: "If it was encrypted before, something else has written here. Nothing was sent. A record from before the encryption block is " +
				"encrypted in its place by this:\n\n  herald state rekey",
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
