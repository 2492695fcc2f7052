package cli

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"

	"herald/config"
	"herald/plan"
	"herald/state"
	"herald/state/seal"
)

// keys are what the environment holds to encrypt and to open.
func (a *App) keys() (seal.Options, error) {
	identities, err := a.secretOf("HERALD_AGE_IDENTITY")
	if err != nil {
		return seal.Options{}, err
	}
	passphrases, err := a.secretOf("HERALD_AGE_PASSPHRASE")
	return seal.Options{Identities: identities, Passphrases: passphrases}, err
}

// sealing makes encode write what it writes encrypted, as the block says.
func (a *App) sealing(e *config.Encryption, encode func(io.Writer) error) func(io.Writer) error {
	if e == nil {
		return encode
	}
	return func(w io.Writer) error {
		s, err := a.sealer(e)
		if err != nil {
			return err
		}
		var plain bytes.Buffer
		if err := encode(&plain); err != nil {
			return err
		}
		sealed, err := s.Seal(plain.Bytes())
		if err == nil {
			_, err = w.Write(sealed)
		}
		return err
	}
}

// unseal opens what a file holds if it is encrypted, by the keys of the
// environment: no configuration needs to be at hand.
func (a *App) unseal(src []byte, name string) ([]byte, error) {
	if !state.IsSealed(src) {
		return src, nil
	}
	o, err := a.keys()
	if err != nil {
		return nil, err
	}
	s, err := seal.Opener(o)
	if err != nil {
		return nil, err
	}
	return state.Unseal(s, src, name)
}

// decode reads a record from a file that may be encrypted.
func (a *App) decode(src []byte, name string) (*state.Record, error) {
	src, err := a.unseal(src, name)
	if err != nil {
		return nil, err
	}
	return state.Decode(bytes.NewReader(src), name)
}

// readPlan reads a saved plan. One that says that it is to be encrypted, and is
// not, was not written by Herald.
func (a *App) readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReaderSize(f, 1<<16)
	begin, _ := in.Peek(64) // of less, or of an error, the decoder tells
	if state.IsSealed(begin) {
		src, err := io.ReadAll(in)
		if err == nil {
			src, err = a.unseal(src, path)
		}
		var told *state.FormatError
		if errors.As(err, &told) {
			return nil, &plan.FormatError{Path: path, Problem: told.Problem, Advice: told.Advice}
		}
		if err != nil {
			return nil, err
		}
		return plan.Decode(bytes.NewReader(src), path)
	}
	p, err := plan.Decode(in, path)
	if err == nil && p.Encryption != nil {
		return nil, &plan.FormatError{
			Path: path, Problem: "the plan is not encrypted, although its configuration encrypts what Herald writes",
			Advice: "Something else has written this file. Make the plan anew:\n\n  herald plan -out=FILE\n\nNothing was sent.",
		}
	}
	return p, err
}

// base64Lines writes bytes as base64, in lines that a log keeps whole.
func base64Lines(b []byte) string {
	const width = 76
	text := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(text) > width {
		out.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return out.String() + text + "\n"
}
