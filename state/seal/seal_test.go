package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"herald/state"
)

const work = 8 // so that a test takes no second for each passphrase

func newKey(t testing.TB) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t testing.TB, o Options, text string) []byte {
	t.Helper()
	b, err := open(t, o).Seal([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, o Options) state.Sealer {
	t.Helper()
	o.WorkFactor = work
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// modes are the two ways to seal, each with what opens it.
func modes(t *testing.T) map[string]Options {
	k := newKey(t)
	return map[string]Options{
		"recipients": {Recipients: []string{k.Recipient().String()}, Identities: k.String()},
		"passphrase": {Passphrases: "correct horse battery staple\n"},
	}
}

func TestRoundTrip(t *testing.T) {
	for name, o := range modes(t) {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{"", "a", strings.Repeat("message.welcome ", 20_000)} {
				b := sealed(t, o, text)
				if !state.IsSealed(b) {
					t.Errorf("it is not known as sealed: %.30q", b)
				}
				if text != "" && bytes.Contains(b, []byte("message.welcome")) {
					t.Error("it can be read")
				}
				plain, err := open(t, o).Open(b)
				if err != nil || string(plain) != text {
					t.Errorf("opened: %d bytes, %v", len(plain), err)
				}
			}
		})
	}
}

// Whatever byte is changed, taken away or added, nothing is returned.
func TestEveryByteCounts(t *testing.T) {
	for name, o := range modes(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, o)
			b, err := s.Seal([]byte("message.welcome was sent"))
			if err != nil {
				t.Fatal(err)
			}
			refused := func(what string, b []byte) {
				t.Helper()
				plain, err := s.Open(b)
				var told *state.SealError
				if plain != nil || !errors.As(err, &told) || told.Problem == "" || told.Advice == "" {
					t.Errorf("%s: %q, %v", what, plain, err)
				}
			}
			for i := range b {
				for _, bit := range []byte{1, 0x80} {
					c := bytes.Clone(b)
					c[i] ^= bit
					refused(fmt.Sprintf("byte %d ^ %#x", i, bit), c)
				}
				refused(fmt.Sprintf("cut off at %d", i), b[:i])
			}
			refused("a byte more", append(bytes.Clone(b), 0))
			refused("twice", append(bytes.Clone(b), b...))
			c := bytes.Replace(b, []byte("\n"), []byte("\r\n"), 2)
			refused("a carriage return", c)
		})
	}
}

func TestKeysChange(t *testing.T) {
	former, present := newKey(t), newKey(t)
	b := sealed(t, Options{Recipients: []string{former.Recipient().String()}}, "text")
	both := Options{Recipients: []string{present.Recipient().String()}, Identities: "# former\n" + former.String() + "\r\n\n" + present.String() + "\n"}
	s := open(t, both)
	plain, err := s.Open(b)
	if err != nil || string(plain) != "text" {
		t.Fatalf("with both keys: %q, %v", plain, err)
	}
	if b, err = s.Seal(plain); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, Options{Recipients: both.Recipients, Identities: present.String()}).Open(b); err != nil {
		t.Errorf("what was written anew, with the present key: %v", err)
	}
	if _, err := open(t, Options{Recipients: both.Recipients, Identities: former.String()}).Open(b); err == nil {
		t.Error("the former key opens what was written for the present one")
	}

	// From the one passphrase to another, and to recipients.
	b = sealed(t, Options{Passphrases: "first"}, "text")
	s = open(t, Options{Passphrases: "second\nfirst\n"})
	if _, err := s.Open(b); err != nil {
		t.Fatalf("with the former passphrase as second: %v", err)
	}
	if b, err = s.Seal([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, Options{Passphrases: "first"}).Open(b); err == nil {
		t.Error("the former passphrase opens what was written by the present one")
	}
	if _, err := open(t, Options{Passphrases: "second", Recipients: both.Recipients}).Open(b); err != nil {
		t.Errorf("the passphrase beside recipients: %v", err)
	}
}

// Whoever has opened something by the passphrase seals with the key that it
// found, so that a record needs scrypt once.
func TestOneKeyForARecord(t *testing.T) {
	o := Options{Passphrases: "first"}
	b := sealed(t, o, "text")
	s := open(t, o)
	if _, err := s.Open(b); err != nil {
		t.Fatal(err)
	}
	again, err := s.Seal([]byte("more"))
	if err != nil {
		t.Fatal(err)
	}
	line := func(b []byte) string { return strings.SplitN(string(b), "\n", 3)[1] }
	if line(b) != line(again) {
		t.Error("a second key was made")
	}
	if bytes.Equal(sealed(t, o, "text"), b) || line(sealed(t, o, "text")) == line(b) {
		t.Error("two processes without a record have one key")
	}
}

func TestConcurrentUse(t *testing.T) {
	for name, o := range modes(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, o)
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					text := fmt.Sprint("entry ", i)
					b, err := s.Seal([]byte(text))
					if err != nil {
						t.Error(err)
						return
					}
					if plain, err := s.Open(b); err != nil || string(plain) != text {
						t.Errorf("%q, %v", plain, err)
					}
				})
			}
			all.Wait()
		})
	}
}

func TestRefusals(t *testing.T) {
	k, other := newKey(t), newKey(t)
	forK := []string{k.Recipient().String()}
	for _, tc := range []struct {
		name, want, advice string
		o                  Options
		open               []byte
	}{
		{name: "nothing to seal by", want: "the record is to be encrypted by a passphrase, and there is none", advice: "HERALD_AGE_PASSPHRASE_FILE"},
		{name: "secret key as recipient", want: "recipient 1 is a secret key", advice: "make another", o: Options{Recipients: []string{k.String()}}},
		{name: "SSH", want: "recipient 2 is a key of SSH", advice: "begins with age1", o: Options{Recipients: []string{forK[0], "ssh-ed25519 AAAA"}}},
		{name: "typing error", want: "recipient 1 is no public key of age", advice: "copied", o: Options{Recipients: []string{"age1qqqq"}}},
		{name: "public key as identity", want: "the identity is a recipient: the public key, which does not open anything", advice: "HERALD_AGE_IDENTITY", o: Options{Recipients: forK, Identities: forK[0]}},
		{name: "encrypted identity", want: "the identity is itself encrypted", advice: "age-keygen", o: Options{Recipients: forK, Identities: "age-encryption.org/v1\n-> scrypt x 18"}},
		{name: "cut identity", want: "the identity is no secret key of age", advice: "copied", o: Options{Recipients: forK, Identities: k.String()[:40]}},
		{
			name: "no identity", want: "this is encrypted for recipients, and there is no identity to open it", advice: "HERALD_AGE_IDENTITY_FILE",
			o: Options{Recipients: forK}, open: sealed(t, Options{Recipients: forK}, "x"),
		},
		{
			name: "another identity", want: "no identity that is there opens this", advice: "HERALD_AGE_IDENTITY_FILE",
			o: Options{Recipients: forK, Identities: other.String()}, open: sealed(t, Options{Recipients: forK}, "x"),
		},
		{
			name: "no passphrase", want: "this is encrypted by a passphrase, and there is none to open it", advice: "HERALD_AGE_PASSPHRASE",
			o: Options{Recipients: forK, Identities: k.String()}, open: sealed(t, Options{Passphrases: "p"}, "x"),
		},
		{
			name: "another passphrase", want: "the passphrase does not open this", advice: "Former ones may stand below it",
			o: Options{Passphrases: "q"}, open: sealed(t, Options{Passphrases: "p"}, "x"),
		},
		{name: "plain", want: "this is not encrypted, although it should be", advice: "Something else", o: Options{Passphrases: "q"}, open: []byte("{\n\"version\":1")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.WorkFactor = work
			s, err := New(tc.o)
			if err == nil {
				_, err = s.Open(tc.open)
			}
			var told *state.SealError
			if !errors.As(err, &told) || told.Problem != tc.want || !strings.Contains(told.Advice, tc.advice) {
				t.Fatalf("got  %v, %+v\nwant %s", err, told, tc.want)
			}
			for _, secret := range []string{k.String()[:30], other.String()[:30]} {
				if strings.Contains(told.Problem+told.Advice, secret) {
					t.Errorf("a secret key is told: %v", told)
				}
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	k := newKey(f)
	o := Options{Recipients: []string{k.Recipient().String()}, Identities: k.String(), Passphrases: "p"}
	f.Add(sealed(f, o, "text"))
	f.Add(sealed(f, Options{Passphrases: "p"}, "text"))
	f.Add([]byte("herald-sealed/v1\n\nage-encryption.org/v1\n"))
	s := open(f, o)
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, err := s.Open(b)
		if err == nil {
			t.Skip(len(plain)) // only what was sealed opens
		}
		var told *state.SealError
		if !errors.As(err, &told) || plain != nil {
			t.Errorf("%q, %v", plain, err)
		}
	})
}

// BenchmarkSeal measures a journal's batch, an entry of 400 bytes.
func BenchmarkSeal(b *testing.B) {
	k := newKey(b)
	for name, o := range map[string]Options{
		"recipients=1": {Recipients: []string{k.Recipient().String()}, Identities: k.String()},
		"passphrase":   {Passphrases: "p"},
	} {
		s := open(b, o)
		plain := make([]byte, 400)
		one, err := s.Seal(plain)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/seal", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Seal(plain); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(one)-len(plain)), "bytes-more")
		})
		b.Run(name+"/open", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Open(one); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
