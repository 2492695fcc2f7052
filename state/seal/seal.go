package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"filippo.io/age"

	"herald/state"
)

// Options say who may read. Where there are recipients they are sealed for;
// else the first passphrase is. Every identity and every passphrase opens, so
// that keys can be changed: with the former one still there for reading, the
// next writing seals for the present ones.
type Options struct {
	// Recipients are public keys of age: age1…
	Recipients []string
	// Identities are secret keys, AGE-SECRET-KEY-1…, one a line, as age-keygen
	// writes them: the text of HERALD_AGE_IDENTITY, and of the file that
	// HERALD_AGE_IDENTITY_FILE names.
	Identities string
	// Passphrases, one a line, are the text of HERALD_AGE_PASSPHRASE, or of the
	// file that HERALD_AGE_PASSPHRASE_FILE names: the present one first, former
	// ones below it.
	Passphrases string
	// WorkFactor is scrypt's, as a power of two; age's own if 0. For tests.
	WorkFactor int
}

const (
	identityFrom = "HERALD_AGE_IDENTITY holds one, AGE-SECRET-KEY-1…, or HERALD_AGE_IDENTITY_FILE names the file with it."
	phraseFrom   = "HERALD_AGE_PASSPHRASE holds it, or HERALD_AGE_PASSPHRASE_FILE names the file with it."
	nothingSent  = " Nothing was sent."
)

// sealer is a state.Sealer.
type sealer struct {
	recipients  []age.Recipient
	identities  []age.Identity
	passphrases []string
	work        int

	mu    sync.Mutex
	own   *key            // what a passphrase seals with; nil as long as there is none
	known map[string]*key // by what the passphrase has sealed
}

// New returns what seals and opens as the options say. The error is a
// *state.SealError.
func New(o Options) (state.Sealer, error) {
	s, err := read(o)
	if err != nil {
		return nil, err
	}
	if len(s.recipients) == 0 && len(s.passphrases) == 0 {
		return nil, noPassphrase()
	}
	return s, nil
}

// Opener returns what opens, for files that are found without the configuration
// which says for whom they were sealed: Options.Recipients may be missing, and
// passphrases too. The error is a *state.SealError.
func Opener(o Options) (state.Sealer, error) {
	s, err := read(o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Own returns what opens as Opener's does and seals for the keys that it opens
// with, the first passphrase or the identities, for a record of which nothing
// says any more for whom it is sealed. The error is a *state.SealError.
func Own(o Options) (state.Sealer, error) {
	o.Recipients = nil
	s, err := read(o)
	if err != nil {
		return nil, err
	}
	if len(s.passphrases) > 0 {
		return s, nil
	}
	for _, i := range s.identities {
		switch i := i.(type) {
		case *age.X25519Identity:
			s.recipients = append(s.recipients, i.Recipient())
		case *age.HybridIdentity:
			if len(s.recipients) == 0 {
				s.recipients = append(s.recipients, i.Recipient())
				return s, nil // such a key stands alone
			}
		}
	}
	if len(s.recipients) == 0 {
		return nil, &state.SealError{Problem: "there is no key to open the record with", Advice: identityFrom + " " + phraseFrom + nothingSent}
	}
	return s, nil
}

func noPassphrase() error {
	return &state.SealError{
		Problem: "the record is to be encrypted by a passphrase, and there is none",
		Advice:  phraseFrom + " To encrypt for keys instead, name them in the herald block:\n\n  encryption {\n    recipients = [\"age1…\"]\n  }",
	}
}

// read takes the keys out of the options.
func read(o Options) (*sealer, error) {
	s := &sealer{work: o.WorkFactor, known: make(map[string]*key)}
	for _, line := range strings.Split(o.Passphrases, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			s.passphrases = append(s.passphrases, line)
		}
	}
	for i, text := range o.Recipients {
		r, err := recipient(strings.TrimSpace(text), i+1)
		if err != nil {
			return nil, err
		}
		s.recipients = append(s.recipients, r)
	}
	if len(s.recipients) > 0 {
		if _, err := age.Encrypt(io.Discard, s.recipients...); err != nil {
			return nil, &state.SealError{
				Problem: "the recipients cannot be used together: " + err.Error(),
				Advice:  "Those with a key against quantum computers, age1pq1…, stand alone: name either kind, not both.", Err: err,
			}
		}
	}
	var err error
	if s.identities, err = identities(o.Identities); err != nil {
		return nil, err
	}
	return s, nil
}

// recipient reads the public key that is the n-th of those named.
func recipient(text string, n int) (age.Recipient, error) {
	const form = "A recipient is a public key of age, which begins with age1: age-keygen prints it, and writes it into the file with the identity."
	switch {
	case strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-"):
		return nil, &state.SealError{
			Problem: fmt.Sprintf("recipient %d is a secret key", n),
			Advice:  form + " Whoever could read the configuration has the secret key now: make another with age-keygen, and name its public key here.",
		}
	case strings.HasPrefix(text, "ssh-"):
		return nil, &state.SealError{Problem: fmt.Sprintf("recipient %d is a key of SSH", n), Advice: form}
	}
	list, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil || len(list) != 1 {
		return nil, &state.SealError{Problem: fmt.Sprintf("recipient %d is no public key of age", n), Advice: form + " Look whether all of it was copied."}
	}
	return list[0], nil
}

// identities reads secret keys. No error repeats any of them.
func identities(text string) ([]age.Identity, error) {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, nil
	}
	list, err := age.ParseIdentities(strings.NewReader(strings.Join(lines, "\n")))
	if err == nil {
		return list, nil
	}
	problem := "the identity is no secret key of age"
	switch first := lines[0]; {
	case strings.HasPrefix(first, "age-encryption.org/"), strings.HasPrefix(first, "-----BEGIN AGE ENCRYPTED FILE"):
		problem = "the identity is itself encrypted"
	case strings.HasPrefix(first, "age1"):
		problem = "the identity is a recipient: the public key, which does not open anything"
	case strings.HasPrefix(first, "-----BEGIN"):
		problem = "the identity is a key of another kind, perhaps of SSH"
	}
	return nil, &state.SealError{Problem: problem, Advice: identityFrom + " age-keygen makes one. Look whether all of it was copied."}
}

// Seal encrypts for the recipients, or by the passphrase.
func (s *sealer) Seal(plain []byte) ([]byte, error) {
	if len(s.recipients) > 0 {
		return encrypt(make([]byte, 0, len(plain)+1024), plain, s.recipients...)
	}
	k, err := s.sealing()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 0, len(k.header)+len(plain)+1024)
	return encrypt(append(buf, k.header...), plain, k.identity.Recipient())
}

// encrypt appends a file of age to buf.
func encrypt(buf, plain []byte, to ...age.Recipient) ([]byte, error) {
	out := bytes.NewBuffer(buf)
	w, err := age.Encrypt(out, to...)
	if err == nil {
		if _, err = w.Write(plain); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return nil, &state.SealError{Problem: "nothing could be encrypted: " + err.Error(), Advice: "What cannot be recorded is not sent.", Err: err}
	}
	return out.Bytes(), nil
}

// Open decrypts what Seal returned: for recipients, a file of age; by a
// passphrase, a line "herald-sealed/v1", a line with the base64 of a file of
// age that the passphrase opens and that holds an identity, and a file of age
// that this identity opens. The error is a *state.SealError.
func (s *sealer) Open(sealed []byte) ([]byte, error) {
	if !state.IsSealed(sealed) {
		return nil, &state.SealError{Problem: "this is not encrypted, although it should be", Advice: "Something else has written here." + nothingSent}
	}
	header, rest, by, err := split(sealed)
	if err != nil {
		return nil, err
	}
	if header == nil {
		if len(s.identities) == 0 {
			return nil, &state.SealError{
				Problem: "this is encrypted for recipients, and there is no identity to open it",
				Advice:  identityFrom + " It belongs to one of the recipients for whom the record was encrypted." + nothingSent,
			}
		}
		return decrypt(rest, s.identities...)
	}
	k, err := s.opening(header, by)
	if err != nil {
		return nil, err
	}
	return decrypt(rest, k.identity)
}

// decrypt opens a file of age, all of it.
func decrypt(file []byte, by ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(file), by...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, &state.SealError{
			Problem: "no identity that is there opens this",
			Advice: identityFrom + " Several may stand there, one a line: after a change of keys the former one is needed until everything was written anew." +
				" If the record was encrypted for others, one of them has to open it." + nothingSent, Err: err,
		}
	}
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, damaged(err)
	}
	return plain, nil
}

func damaged(err error) error {
	return &state.SealError{
		Problem: "what is encrypted is damaged: it was changed or cut off, and none of it can be trusted",
		Advice:  "Keep a copy of it, and put back what it was, from version control, the backup or a former version." + nothingSent, Err: err,
	}
}
