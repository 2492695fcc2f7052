package pgstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"testing"
)

// sealer encrypts with a key, as state/seal does with people's keys.
type sealer struct{ cipher.AEAD }

func (s sealer) Seal(plain []byte) ([]byte, error)  { return s.AEAD.Seal(nil, nil, plain, nil), nil }
func (s sealer) Open(sealed []byte) ([]byte, error) { return s.AEAD.Open(nil, nil, sealed, nil) }

func testSealer(t testing.TB, key byte) sealer {
	t.Helper()
	sum := sha256.Sum256([]byte{key})
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{aead}
}
