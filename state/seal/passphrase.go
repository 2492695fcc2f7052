package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"filippo.io/age"

	"herald/state"
)

// headerLine is what a blob begins with that a passphrase opens.
const headerLine = "herald-sealed/v1\n"

// key stands between the passphrase and what is sealed.
type key struct {
	header   []byte // the lines that a blob begins with
	identity *age.X25519Identity
}

// split takes a blob apart. The header is nil, and all of it rest, if it is a
// file of age and nothing else; by is what the passphrase opens.
func split(blob []byte) (header, rest, by []byte, err error) {
	after, ok := bytes.CutPrefix(blob, []byte(headerLine))
	if !ok {
		if !bytes.HasPrefix(blob, []byte("age-encryption.org/v1\n")) {
			return nil, nil, nil, damaged(nil)
		}
		return nil, blob, nil, nil
	}
	line, rest, ok := bytes.Cut(after, []byte{'\n'})
	if ok {
		by, err = base64.StdEncoding.DecodeString(string(line))
	}
	// The decoder skips some bytes; what is not as it was written is refused.
	if !ok || err != nil || base64.StdEncoding.EncodeToString(by) != string(line) {
		return nil, nil, nil, damaged(err)
	}
	return blob[:len(blob)-len(rest)], rest, by, nil
}

// sealing returns the key to seal with. One that was found in the record is
// used again, if it is sealed by the present passphrase; else one is made.
func (s *sealer) sealing() (*key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != nil {
		return s.own, nil
	}
	if len(s.passphrases) == 0 {
		return nil, noPassphrase()
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	to, err := age.NewScryptRecipient(s.passphrases[0])
	if err != nil {
		return nil, err
	}
	if s.work > 0 {
		to.SetWorkFactor(s.work)
	}
	sealed, err := encrypt(nil, []byte(identity.String()), to)
	if err != nil {
		return nil, err
	}
	header := append([]byte(headerLine), base64.StdEncoding.EncodeToString(sealed)...)
	s.own = &key{header: append(header, '\n'), identity: identity}
	s.known[string(s.own.header)] = s.own
	return s.own, nil
}

// opening returns the key of a blob.
func (s *sealer) opening(header, by []byte) (*key, error) {
	if len(s.passphrases) == 0 {
		return nil, &state.SealError{
			Problem: "this is encrypted by a passphrase, and there is none to open it",
			Advice:  phraseFrom + nothingSent,
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.known[string(header)]; k != nil {
		return k, nil
	}
	for i, passphrase := range s.passphrases {
		with, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return nil, err
		}
		r, err := age.Decrypt(bytes.NewReader(by), with)
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			continue
		}
		k := &key{header: bytes.Clone(header)}
		if err == nil {
			k.identity, err = readKey(r)
		}
		if err != nil {
			return nil, damaged(err)
		}
		s.known[string(header)] = k
		if i == 0 && s.own == nil && len(s.recipients) == 0 {
			s.own = k
		}
		return k, nil
	}
	return nil, &state.SealError{
		Problem: "the passphrase does not open this",
		Advice: phraseFrom + " Former ones may stand below it, one a line: after a change of the passphrase they are needed until everything was written anew." +
			nothingSent,
	}
}

func readKey(r io.Reader) (*age.X25519Identity, error) {
	text, err := io.ReadAll(io.LimitReader(r, 1<<10))
	if err != nil {
		return nil, err
	}
	return age.ParseX25519Identity(string(text))
}
